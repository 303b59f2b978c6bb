//! The command line on a store in a folder, as a person or a pipeline uses it.

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::process::{linchpin, run_on};

/// The repository.
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A store with the shop of the README in it.
struct Shop {
    folder: tempfile::TempDir,
}

impl Shop {
    fn new() -> Self {
        let shop = Self {
            folder: tempfile::tempdir().expect("it is there"),
        };
        let imported = shop.run(&["import", &format!("{ROOT}/fixtures/shop/shop.ndjson")]);
        assert_eq!(code(&imported), 0, "{imported:?}");
        shop
    }

    fn run(&self, arguments: &[&str]) -> Output {
        run_on(&self.folder.path().join("data"), arguments)
    }
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code")
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// Compares with a snapshot in which identities and times are words.
macro_rules! assert_shown {
    ($text:expr) => {{
        let mut settings = insta::Settings::clone_current();
        settings.add_filter("ci:[0-9a-f-]{36}", "ci:ID");
        settings.add_filter("group:[0-9a-f-]{36}", "group:ID");
        settings.add_filter("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z", "TIME");
        settings.add_filter("\"(end|start)?[cC]ursor\": \"[0-9a-f]+\"", "CURSOR");
        settings.add_filter("in [0-9]+[.][0-9] s", "in SECONDS s");
        settings.add_filter("[^ ]+/fixtures/", "fixtures/");
        settings.bind(|| insta::assert_snapshot!($text));
    }};
}

#[test]
fn the_answer_to_an_impact_question_is_for_people_and_for_scripts() {
    let shop = Shop::new();
    let answer = shop.run(&["impact", "physical_server:host-01"]);
    assert_eq!(code(&answer), 0, "{answer:?}");
    assert_shown!(out(&answer));
    let answer = shop.run(&["impact", "switch:sw-01", "--json"]);
    assert_eq!((code(&answer), err(&answer).as_str()), (0, ""));
    let answer: Value = serde_json::from_str(&out(&answer)).unwrap();
    assert_eq!(
        (&answer["complete"], &answer["counts"]["down"]),
        (&Value::from(true), &Value::from(13)),
        "{answer:#}"
    );
}

#[test]
fn probable_causes_are_shown_and_their_absence_is_an_exit_code() {
    let shop = Shop::new();
    // No two causes fit alike here: such go by identities, which differ from store to store.
    let asked = ["cause", "application:shop-app", "--healthy", "business_service:payment"];
    let answer = shop.run(&[&asked[..], &["--level", "DOWN"]].concat());
    assert_eq!(code(&answer), 0, "{answer:?}");
    assert_shown!(out(&answer));
    let asked = ["cause", "application:shop-app", "business_service:payment"];
    let answer = shop.run(&[&asked[..], &["--first", "2", "--max-causes", "1", "--json"]].concat());
    assert_eq!((code(&answer), err(&answer).as_str()), (0, ""));
    let answer: Value = serde_json::from_str(&out(&answer)).unwrap();
    assert_eq!(answer["ranking"][0]["ci"]["name"], "shop-db", "{answer:#}");
    assert_eq!(answer["ranking"][0]["score"], "20/21");
    assert_eq!(answer["ranking"].as_array().unwrap().len(), 2);
    assert_eq!(answer["causes"].as_array().unwrap().len(), 1);
    let weighed = [
        "cause",
        "application:shop-app=9",
        "--healthy",
        "business_service:payment=4",
    ];
    let answer = shop.run(&[&weighed[..], &["--level", "DOWN"]].concat());
    assert_eq!(code(&answer), 0, "{answer:?}");
    assert!(
        out(&answer).contains("EXPLAINS (WEIGHT)") && out(&answer).contains("1 (9)"),
        "{answer:?}"
    );
    let nothing = shop.run(&["cause", "application:shop-app=0"]);
    assert_eq!(code(&nothing), 2, "{nothing:?}");
    assert!(err(&nothing).contains("`0` is no weight"), "{nothing:?}");
    let none = shop.run(&["cause", "rack:rack-01", "--assume", "rack:rack-01=OK"]);
    assert_eq!(code(&none), 1, "{none:?}");
    let both = shop.run(&["cause", "rack:rack-01", "--healthy", "rack:rack-01"]);
    assert_eq!(code(&both), 3, "{both:?}");
    assert!(err(&both).contains("OBSERVATION_CONFLICT"), "{both:?}");
    let nobody = shop.run(&["cause", "rack:rack-99"]);
    assert_eq!(code(&nobody), 4, "{nobody:?}");
}

#[test]
fn what_a_service_stands_on_is_a_list_and_a_tree() {
    let shop = Shop::new();
    let list = shop.run(&["dependencies", "business_service:shop"]);
    assert_eq!(code(&list), 0, "{list:?}");
    assert_shown!(out(&list) + &err(&list));
    let tree = shop.run(&["dependencies", "business_service:shop", "--tree"]);
    assert_eq!(code(&tree), 0, "{tree:?}");
    assert_shown!(out(&tree));
    let asked = ["dependencies", "business_service:shop", "--role", "REDUNDANT", "--json"];
    let answer = shop.run(&asked);
    let answer: Value = serde_json::from_str(&out(&answer)).unwrap();
    let nodes = answer["nodes"].as_array().unwrap();
    assert_eq!(answer["redundant"], nodes.len(), "{answer:#}");
    assert!(
        nodes
            .iter()
            .all(|one| one["potential"] == "DOWN" && one["actual"] != "DOWN")
    );
    assert_eq!(code(&shop.run(&["dependencies", "business_service:nobody"])), 4);
}

#[test]
fn single_points_of_failure_and_cut_sets_are_found() {
    let shop = Shop::new();
    let tier = shop.run(&["spof", "--tier", "1"]);
    assert_eq!(code(&tier), 0, "{tier:?}");
    assert_shown!(out(&tier) + &err(&tier));
    let cuts = shop.run(&["cut-sets", "database_cluster:shop-db"]);
    assert_eq!(code(&cuts), 0, "{cuts:?}");
    assert_shown!(out(&cuts) + &err(&cuts));
    let points = |arguments: &[&str]| {
        let answer = shop.run(&[&["spof", "database_cluster:shop-db", "--json"], arguments].concat());
        let answer: Value = serde_json::from_str(&out(&answer)).unwrap();
        assert_eq!(answer["complete"], true, "{answer:#}");
        let points = answer["targets"][0]["points"].as_array().unwrap().iter();
        points
            .map(|point| point["ci"]["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert!(!points(&[]).contains(&"db-02".to_owned()));
    assert!(points(&["--starting-failed", "database_instance:db-01"]).contains(&"db-02".to_owned()));
    let bounded = shop.run(&["cut-sets", "business_service:shop", "--max-count", "1"]);
    assert!(err(&bounded).contains("not complete (COUNT)"), "{bounded:?}");
    for refused in [
        &["spof", "business_service:shop", "--level", "OK"][..],
        &["cut-sets", "business_service:shop", "--max-size", "6"],
    ] {
        assert_eq!(code(&shop.run(refused)), 3, "{refused:?}");
    }
    assert_eq!(code(&shop.run(&["spof"])), 2);
    assert_eq!(code(&shop.run(&["spof", "--tier", "5"])), 2);
}

#[test]
fn the_matrix_of_failures_and_services_is_a_table_and_a_spreadsheet() {
    let shop = Shop::new();
    let table = shop.run(&["cfia", "--tier", "1"]);
    assert_eq!(code(&table), 0, "{table:?}");
    assert_shown!(out(&table) + &err(&table));
    let csv = shop.run(&["cfia", "--tier", "1", "--format", "csv"]);
    let mut reader = csv::Reader::from_reader(csv.stdout.as_slice());
    let headings = reader.headers().unwrap().clone();
    assert!(
        headings.iter().any(|heading| heading == "business_service:shop"),
        "{headings:?}"
    );
    let rows = reader
        .records()
        .filter(|row| row.as_ref().is_ok_and(|row| row.len() == headings.len()))
        .count();
    let json = shop.run(&["cfia", "--tier", "1", "--format", "json"]);
    let json: Value = serde_json::from_str(&out(&json)).unwrap();
    assert_eq!(json["rows"].as_array().unwrap().len(), rows, "{json:#}");
    let rows = [
        "cfia",
        "business_service:shop",
        "--ci",
        "rack:rack-01",
        "--min-state",
        "DOWN",
        "--json",
    ];
    let json: Value = serde_json::from_str(&out(&shop.run(&rows))).unwrap();
    assert_eq!(json["rows"][0]["cells"][0]["state"], "DOWN", "{json:#}");
    let bounded = shop.run(&["cfia", "--tier", "1", "--max-rows", "2"]);
    assert!(err(&bounded).contains("not complete (COUNT)"), "{bounded:?}");
}

#[test]
fn a_pipeline_is_stopped_by_the_conditions_it_names() {
    let shop = Shop::new();
    let of = |arguments: &[&str]| code(&shop.run(&[&["impact"], arguments].concat()));
    assert_eq!(of(&["switch:sw-01", "--fail-on", "tier1-down"]), 10);
    assert_eq!(of(&["physical_server:host-01", "--fail-on", "tier1-down"]), 0);
    assert_eq!(
        of(&["physical_server:host-01", "--fail-on", "tier1-down,any-at-risk"]),
        10
    );
    assert_eq!(of(&["physical_server:host-01", "--fail-on", "tier9-gone"]), 2);
}

#[test]
fn a_ci_is_shown_and_cis_are_listed() {
    let shop = Shop::new();
    let shown = shop.run(&["ci", "show", "application:shop-app"]);
    assert_eq!(code(&shown), 0, "{shown:?}");
    let listed = shop.run(&["ci", "list", "--type", "business_service", "--tier", "1"]);
    assert_eq!(code(&listed), 0, "{listed:?}");
    assert_shown!(format!("{}\n{}", out(&shown), out(&listed)));
    let none = shop.run(&["ci", "list", "--name-contains", "nowhere"]);
    assert_eq!((code(&none), out(&none).as_str()), (1, ""));
    let json = shop.run(&["ci", "list", "--limit", "2", "--json"]);
    let json: Value = serde_json::from_str(&out(&json)).unwrap();
    assert_eq!(json["totalCount"], 15);
    assert_eq!(json["configurationItems"].as_array().unwrap().len(), 2);
}

#[test]
fn a_path_is_shown_and_its_absence_is_an_exit_code() {
    let shop = Shop::new();
    let path = shop.run(&["path", "business_service:shop", "switch:sw-01"]);
    assert_eq!(code(&path), 0, "{path:?}");
    assert_shown!(out(&path));
    let none = shop.run(&[
        "path",
        "rack:rack-01",
        "business_service:shop",
        "--direction",
        "outgoing",
    ]);
    assert_eq!(code(&none), 1, "{none:?}");
}

#[test]
fn what_is_not_there_or_not_clear_is_told_with_a_code_and_a_way_out() {
    let shop = Shop::new();
    for (arguments, expected, told) in [
        (&["ci", "show", "server:nothing"][..], 4, "CI_NOT_FOUND"),
        (&["impact", "server:nothing"], 4, "_NOT_FOUND"),
        (&["path", "server:nothing", "switch:sw-01"], 4, "CI_NOT_FOUND"),
        (&["ci", "list", "--type", "spaceship"], 3, "UNKNOWN_CI_TYPE"),
        (&["import", "no-such-file"], 2, "FILE_UNUSABLE"),
        (&["impact"], 2, "Usage"),
    ] {
        let answer = shop.run(arguments);
        assert_eq!(code(&answer), expected, "{arguments:?}: {answer:?}");
        assert!(err(&answer).contains(told), "{arguments:?}: {answer:?}");
    }
    let twin = r#"{"source":"other"}
{"ci":{"key":"x","type":"person","name":"Ada"}}
{"ci":{"key":"y","type":"person","name":"Ada"}}
"#;
    let file = shop.folder.path().join("twins.ndjson");
    std::fs::write(&file, twin).unwrap();
    let imported = shop.run(&["import", file.to_str().unwrap()]);
    assert_eq!(code(&imported), 0, "{imported:?}");
    let answer = shop.run(&["ci", "show", "person:Ada", "--json"]);
    assert_eq!(code(&answer), 4, "{answer:?}");
    let told: Value = serde_json::from_str(&err(&answer)).unwrap();
    assert_eq!(told["error"]["code"], "AMBIGUOUS_REFERENCE");
    assert_eq!(told["error"]["candidates"].as_array().unwrap().len(), 2, "{told}");
}

#[test]
fn an_import_reports_what_it_did_and_refused() {
    let shop = Shop::new();
    let again = shop.run(&["import", &format!("{ROOT}/fixtures/shop/shop.ndjson")]);
    assert_eq!(code(&again), 0);
    assert!(out(&again).contains("all"), "{again:?}");
    let file = shop.folder.path().join("bad.ndjson");
    let bad = r#"{"source":"scanner-1"}
{"ci":{"key":"a","type":"physical_server","name":"a"}}
{"ci":{"key":"b","type":"spaceship","name":"b"}}
{"relationship":{"from":"a","type":"runs_on","to":"nowhere"}}
not JSON
"#;
    std::fs::write(&file, bad).unwrap();
    let file = file.to_str().unwrap();
    let atomic = shop.run(&["import", file, "--mode", "ATOMIC"]);
    assert_ne!(code(&atomic), 0, "{atomic:?}");
    assert_eq!(
        code(&shop.run(&["ci", "show", "physical_server:a"])),
        4,
        "nothing is in"
    );
    let partial = shop.run(&["import", file]);
    assert_eq!(code(&partial), 1, "{partial:?}");
    for told in ["UNKNOWN_CI_TYPE", "DANGLING_EDGE", "MALFORMED_JSON"] {
        assert!(out(&partial).contains(told), "{told}: {partial:?}");
    }
    assert_eq!(code(&shop.run(&["ci", "show", "physical_server:a"])), 0);
}

#[test]
fn the_store_is_verified_and_damage_is_an_exit_code() {
    let shop = Shop::new();
    let clean = shop.run(&["verify"]);
    assert_eq!(code(&clean), 0, "{clean:?}");
    assert!(out(&clean).starts_with("clean:"), "{clean:?}");
    let folder = tempfile::tempdir().unwrap();
    let missing = run_on(&folder.path().join("nothing"), &["verify"]);
    assert_eq!(code(&missing), 2, "{missing:?}");
}

#[test]
fn schema_and_configuration_are_what_the_repository_holds() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let schema = run_on(&data, &["schema"]);
    let written = std::fs::read_to_string(Path::new(ROOT).join("schema/schema.graphql")).unwrap();
    assert_eq!(out(&schema).trim_end(), written.trim_end());
    let config = run_on(&data, &["config"]);
    assert_eq!(code(&config), 0, "{config:?}");
    let parsed: toml::Value = toml::from_str(&out(&config)).unwrap();
    assert_eq!(parsed["server"]["listen"].as_str(), Some("127.0.0.1:8080"));
    assert!(
        out(&config).contains("flag"),
        "where a value came from: {}",
        out(&config)
    );
    assert!(!data.exists(), "neither opens a store");
}

#[test]
fn help_is_there_for_every_command() {
    let help = linchpin().arg("--help").output().unwrap();
    assert_eq!(code(&help), 0);
    for command in [
        "serve",
        "impact",
        "ci",
        "path",
        "lints",
        "import",
        "push",
        "export",
        "identify",
        "duplicates",
        "merge",
        "unmerge",
        "generate",
        "verify",
        "schema",
        "config",
    ] {
        assert!(out(&help).contains(&format!("\n  {command} ")), "{command}");
        let own = linchpin().args([command, "--help"]).output().unwrap();
        assert!(code(&own) == 0 && out(&own).contains("Usage: linchpin"), "{own:?}");
    }
}
