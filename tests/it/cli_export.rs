//! What is exported can be imported, and is the same estate.

use std::path::Path;
use std::process::Output;

use crate::ingest_support::Database;
use crate::process::{Process, run_on};

fn done(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    assert!(output.status.success(), "{output:?}");
    (text(&output.stdout), text(&output.stderr))
}

fn import(store: &Path, file: &Path) {
    done(&run_on(store, &["import", file.to_str().expect("it is there")]));
}

/// Sources of their own, a secret, weights, strengths, validity, a disposed CI with a past.
const SPECIAL: &str = r#"{"source":"by-hand"}
{"catalog":"[[ci_type]]\nname = \"lift\"\nparent = \"facility\"\nlabel = \"Lift\"\nattributes = [{ name = \"load\", type = \"decimal\" }]\n"}
{"ci":{"key":"lift","type":"lift","name":"North \"lift\" ü","attributes":{"load":1250.50},"tags":["b","a"],"valid_from":"2026-01-01T00:00:00Z"}}
{"ci":{"key":"sw","type":"switch","name":"special-switch","attributes":{"snmp_community":"swordfish","serial_number":"S-1"}}}
{"ci":{"key":"old","type":"physical_server","name":"special-old","stage":"retired"}}
{"ci":{"key":"svc","type":"business_service","name":"special","stage":"planned","attributes":{"tier":2}}}
{"ci":{"key":"w1","type":"web_server","name":"special-w1"}}
{"ci":{"key":"w2","type":"web_server","name":"special-w2"}}
{"relationship":{"from":"old","type":"connects_to","to":"sw"}}
{"group":{"name":"pair","consumer":"svc","members":["w1",{"ci":"w2","weight":2,"strength":"DEGRADED"}],"up_min":"50%","spare_min":3,"grounded":true}}
{"relationship":{"from":"svc","type":"depends_on","to":"sw","qualifier":"night","weight":3,"reverse":"WEAK","valid_to":"2030-01-01T00:00:00Z","group":"pair"}}
{"source":"scanner-1"}
{"ci":{"key":"0815","type":"switch","attributes":{"serial_number":"S-1","description":"seen by the scanner"}}}
{"ci":{"key":"0816","type":"physical_server","name":"seen-only-by-the-scanner"}}
{"relationship":{"from":"0816","type":"connects_to","to":"0815"}}
{"source":"by-hand"}
{"ci":{"key":"old","type":"physical_server","stage":"disposed"}}
"#;

#[test]
fn an_export_is_taken_back_into_an_equal_estate() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (first, second) = (at("first"), at("second"));
    done(&run_on(
        &first,
        &[
            "generate",
            "--cis",
            "600",
            "--seed",
            "7",
            "-o",
            at("made").to_str().unwrap(),
        ],
    ));
    std::fs::write(at("special"), SPECIAL).unwrap();
    import(&first, &at("made"));
    import(&first, &at("special"));

    let (exported, told) = done(&run_on(&first, &["export"]));
    assert!(told.contains("1 secret attributes"), "{told}");
    assert!(!exported.contains("swordfish"));
    std::fs::write(at("exported"), &exported).unwrap();
    import(&second, &at("exported"));
    let (again, told) = done(&run_on(&second, &["export", "-o", at("again").to_str().unwrap()]));
    assert_eq!(again, "");
    assert!(!told.contains("secret"), "{told}");
    let again = std::fs::read_to_string(at("again")).unwrap();
    for (line, (one, other)) in exported.lines().zip(again.lines()).enumerate() {
        assert_eq!(one, other, "line {}", line + 1);
    }
    assert_eq!(exported.len(), again.len());

    for ours in [
        r#""tags":["a","b"]"#,
        r#""load":1250.5"#,
        r#""stage":"disposed""#,
        r#""up_min":"50%""#,
        r#""spare_min":3"#,
        r#""grounded":true"#,
        r#""qualifier":"night""#,
        r#""reverse":"WEAK""#,
        r#""key":"0815""#,
        r#""valid_to":"2030-01-01T00:00:00Z""#,
        r#""name":"North \"lift\" ü""#,
    ] {
        assert!(exported.contains(ours), "{ours}");
    }
}

#[test]
fn a_server_exports_what_its_store_does() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("data");
    import(
        &store,
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/shop/shop.ndjson")),
    );
    let (local, _) = done(&run_on(&store, &["export"]));
    let server = Process::start(&store);
    let (remote, _) = done(&run_on(&store, &["--url", &server.client().url, "export"]));
    assert!(server.stop().success());
    assert_eq!(local, remote);
}

#[test]
fn made_up_estates_and_fixtures_load_without_a_refusal() {
    let mut made = Vec::new();
    for record in linchpin::generate::estate(3_000, 1) {
        linchpin::ingest::payload::write_line(&mut made, &record).unwrap();
    }
    let fixture = |name: &str| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
    let (shop, estate) = (
        fixture("fixtures/shop/shop.ndjson"),
        fixture("fixtures/estate/estate.ndjson"),
    );
    let demo = [shop.as_str(), estate.as_str()];
    let large = [std::str::from_utf8(&made).unwrap()];
    for payloads in [&large[..], &demo[..]] {
        let database = Database::new();
        for payload in payloads {
            let report = database.load(payload);
            assert!(report.summary.error.is_none(), "{:?}", report.summary.error);
            assert!(report.items().is_empty(), "{}", report.text());
        }
    }
}

#[test]
fn what_a_source_may_do_does_not_keep_out_what_it_has_done() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let made = "{\"source\":\"scanner\",\"feed\":\"ports\",\"scope\":\"dc-north\"}
{\"ci\":{\"key\":\"s1\",\"type\":\"switch\",\"name\":\"s1\",\"attributes\":{\"serial_number\":\"N1\"}}}
";
    std::fs::write(at("made"), made).expect("it is written");
    let rule = "[[source]]\nname = \"scanner\"\nmay_create = false\nmay_update = false\n";
    let rule = serde_json::json!({ "catalog": rule });
    std::fs::write(at("rule"), format!("{rule}\n")).expect("it is written");
    let (first, second) = (at("first"), at("second"));
    import(&first, &at("made"));
    import(&first, &at("rule"));
    let (exported, _) = done(&run_on(&first, &["export"]));
    assert!(exported.starts_with("{\"source\":\"scanner\",\"feed\":\"ports\",\"scope\":\"dc-north\"}\n"));
    std::fs::write(at("exported"), &exported).expect("it is written");
    import(&second, &at("exported"));
    let (again, _) = done(&run_on(&second, &["export"]));
    assert_eq!(again, exported);
}

/// A CI that two sources know, and one with a secret.
const MADE: &str = "{\"source\":\"ansible\"}
{\"ci\":{\"key\":\"h1\",\"type\":\"server\",\"name\":\"h1\",\"attributes\":{\"serial_number\":\"N1\",\"operating_system\":\"Debian 12\"}}}
{\"ci\":{\"key\":\"h2\",\"type\":\"switch\",\"name\":\"h2\",\"stage\":\"retired\",\"attributes\":{\"serial_number\":\"N2\",\"snmp_community\":\"swordfish\"}}}
{\"source\":\"vcenter\"}
{\"ci\":{\"key\":\"vm-1\",\"type\":\"virtual_machine\",\"attributes\":{\"serial_number\":\"N1\",\"cpu_count\":4}}}
";

/// Only one of them may say its size; what identifies it is junk.
const RULES: &str = "[[authority]]\nname = \"size\"\nci_type = \"server\"\nattributes = [\"cpu_count\"]\n\
    policy = \"locked_to_source\"\nsources = [\"vcenter\"]\n\
    [[junk]]\nname = \"ours\"\nattributes = [\"serial_number\"]\nvalues = [\"N2\"]\n";

#[test]
fn what_a_person_fixed_and_what_counts_survive_a_migration() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let write = |name: &str, text: &str| std::fs::write(at(name), text).expect("it is written");
    let (first, second) = (at("first"), at("second"));
    write("made", MADE);
    write("rules", &format!("{}\n", serde_json::json!({ "catalog": RULES })));
    import(&first, &at("made"));
    import(&first, &at("rules"));
    let server = Process::start(&first);
    let (client, none) = (server.client(), serde_json::Value::Null);
    let pin = "mutation($ci: String!, $of: [String!]!) { pinAttributes(configurationItem: $ci, attributes: $of) { changed } }";
    let fixed = [
        (
            "serial_number:N1",
            serde_json::json!(["operating_system", "name", "os_version"]),
        ),
        ("switch:h2", serde_json::json!(["stage", "snmp_community"])),
    ];
    let dispose = "mutation { moveConfigurationItem(input: { ref: \"switch:h2\", stage: DISPOSED }) { changed } }";
    client.data(dispose, &none);
    for (ci, of) in fixed {
        let pinned = client.data(pin, &serde_json::json!({ "ci": ci, "of": of }));
        assert_eq!(pinned["pinAttributes"]["changed"], true, "{pinned}");
    }
    let question = "{ configurationItems(first: 10) { nodes { name stage attributes pins { attribute at by } } } }";
    let mut known = client.data(question, &none)["configurationItems"]["nodes"].clone();
    assert_eq!(known[0]["attributes"]["cpu_count"], 4, "{known}");
    assert!(server.stop().success());

    let (exported, _) = done(&run_on(&first, &["export"]));
    write("exported", &exported);
    import(&second, &at("exported"));
    let (again, _) = done(&run_on(&second, &["export"]));
    assert_eq!(again, exported);
    import(&second, &at("exported"));
    assert_eq!(done(&run_on(&second, &["export"])).0, exported, "taken in twice");

    let server = Process::start(&second);
    let client = server.client();
    let taken = client.data(question, &none)["configurationItems"]["nodes"].clone();
    // A secret stays behind, and with it what would keep its place empty.
    let switch = known
        .as_array_mut()
        .expect("a list")
        .iter_mut()
        .find(|ci| ci["name"] == "h2");
    let switch = switch.expect("it is there");
    assert_eq!(switch["stage"], "DISPOSED");
    let attributes = switch["attributes"].as_object_mut().expect("an object");
    assert!(attributes.remove("snmp_community").is_some());
    let pins = switch["pins"].as_array_mut().expect("a list");
    pins.retain(|pin| pin["attribute"] != "snmp_community");
    assert_eq!(pins.len(), 1, "{pins:?}");
    assert_eq!(taken, known);
    assert_eq!(taken[0]["pins"].as_array().map(Vec::len), Some(3), "{taken}");

    // And it holds against those who say otherwise.
    let other = MADE
        .replace("Debian 12", "Debian 13")
        .replace("cpu_count\":4", "cpu_count\":8");
    let pushed: Vec<&str> = other.split("{\"source\":\"vcenter\"}\n").collect();
    client.ingest("?source=ansible", pushed[0]);
    client.ingest("?source=vcenter", pushed[1]);
    let held = client.data(question, &none)["configurationItems"]["nodes"].clone();
    assert_eq!(held[0]["attributes"]["operating_system"], "Debian 12", "{held}");
    assert_eq!(held[0]["attributes"]["cpu_count"], 8, "{held}");
    assert!(server.stop().success());
}
