//! Duplicates and merges, by GraphQL and on the command line.

use serde_json::{Value, json};

use crate::process::{Process, run_on};

/// Two servers that are one, known to two sources; the service depends on both.
const ESTATE: &str = r#"{"source":"scanner"}
{"ci":{"id":"ci:00000000-0000-7000-8000-000000000001","key":"s1","type":"physical_server","name":"web-01","attributes":{"fqdn":"web-01.example.com","os_version":"12"},"tags":["dc"]}}
{"ci":{"id":"ci:00000000-0000-7000-8000-000000000003","key":"shop","type":"business_service","name":"shop"}}
{"relationship":{"from":"shop","type":"depends_on","to":"s1"}}
{"source":"import"}
{"ci":{"id":"ci:00000000-0000-7000-8000-000000000002","key":"i1","type":"server","name":"WEB-01.example.com","attributes":{"os_version":"11"}}}
{"relationship":{"from":"business_service:shop","type":"depends_on","to":"i1"}}
"#;

const SURVIVOR: &str = "ci:00000000-0000-7000-8000-000000000001";
const ABSORBED: &str = "ci:00000000-0000-7000-8000-000000000002";

struct Store(tempfile::TempDir);

impl Store {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("estate.ndjson");
        std::fs::write(&file, ESTATE).expect("it is written");
        let store = Self(folder);
        store.run(&["import", file.to_str().expect("UTF-8")], 0);
        store
    }

    fn path(&self) -> std::path::PathBuf {
        self.0.path().join("store")
    }

    /// Runs a command to its expected exit code.
    fn run(&self, arguments: &[&str], code: i32) -> String {
        let output = run_on(&self.path(), arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    fn json(&self, arguments: &[&str], code: i32) -> Value {
        let arguments: Vec<&str> = ["--json"].iter().chain(arguments).copied().collect();
        serde_json::from_str(&self.run(&arguments, code)).expect("JSON")
    }
}

#[test]
fn a_pair_is_found_previewed_merged_and_taken_apart_on_the_command_line() {
    let store = Store::new();
    let found = store.json(&["duplicates"], 1);
    assert_eq!(found["totalCount"], 1, "{found}");
    assert_eq!(found["duplicates"][0]["reasons"][0]["kind"], "NAME_ALIKE");
    let before = store.run(&["export"], 0);

    let merge = [
        "merge",
        SURVIVOR,
        ABSORBED,
        "--take",
        "absorbed:os_version",
        "--reason",
        "one machine",
    ];
    let preview = store.json(&[&merge[..], &["--dry-run"]].concat(), 0);
    let field = |name: &str| {
        let fields = preview["fields"].as_array().expect("fields");
        fields
            .iter()
            .find(|field| field["name"] == name)
            .cloned()
            .expect("the field is told")
    };
    assert_eq!(
        field("os_version"),
        json!({"name": "os_version", "survivor": "12", "absorbed": "11", "taken": "ABSORBED"})
    );
    assert_eq!(field("name")["taken"], "SURVIVOR");
    assert_eq!(preview["relationships"][0]["fate"], "UNITED");
    assert_eq!(store.run(&["export"], 0), before);

    let merged = store.json(&merge, 0);
    assert_eq!(merged["configurationItem"]["aliases"], json!([ABSORBED]));
    let shown = store.json(&["ci", "show", ABSORBED], 0);
    assert_eq!(
        (&shown["id"], &shown["attributes"]["os_version"]),
        (&json!(SURVIVOR), &json!("11"))
    );
    assert_eq!(store.json(&["duplicates"], 0)["totalCount"], 0);
    store.run(&merge, 3);

    // What is exported now is an equal estate elsewhere, aliases and all.
    let exported = store.run(&["export"], 0);
    assert!(
        exported.contains(&format!("\"aliases\":[\"{ABSORBED}\"]")),
        "{exported}"
    );
    let file = store.0.path().join("exported.ndjson");
    std::fs::write(&file, &exported).expect("it is written");
    let other = store.0.path().join("other");
    assert!(
        run_on(&other, &["import", file.to_str().expect("UTF-8")])
            .status
            .success()
    );
    let again = run_on(&other, &["export"]);
    assert_eq!(String::from_utf8(again.stdout).expect("UTF-8"), exported);
    assert!(run_on(&other, &["ci", "show", ABSORBED]).status.success());

    let reverted = store.json(&["unmerge", ABSORBED], 0);
    assert_eq!(reverted["lost"], json!([]));
    assert_eq!(store.run(&["export"], 0), before);
    store.run(&["unmerge", ABSORBED], 4);

    store.run(
        &["duplicates", "dismiss", SURVIVOR, ABSORBED, "--reason", "seen both"],
        0,
    );
    assert_eq!(store.json(&["duplicates"], 0)["totalCount"], 0);
    let dismissed = store.json(&["duplicates", "--dismissed"], 1);
    assert_eq!(dismissed["duplicates"][0]["distinction"]["reason"], "seen both");
    store.run(&["duplicates", "reopen", SURVIVOR, ABSORBED], 0);
    assert_eq!(store.json(&["duplicates"], 1)["totalCount"], 1);
}

#[test]
fn a_push_by_either_key_reaches_the_survivor() {
    let store = Store::new();
    let server = Process::start(&store.path());
    let query =
        "mutation ($input: MergeInput!) { mergeCis(input: $input) { configurationItem { id } absorbed changed } }";
    let input = json!({ "input": { "survivor": SURVIVOR, "absorbed": ABSORBED } });
    let merged = server.data(query, &input);
    assert_eq!(merged["mergeCis"]["absorbed"], ABSORBED);
    let push = "{\"ci\":{\"key\":\"i1\",\"type\":\"server\",\"attributes\":{\"os_version\":\"13\"}}}\n\
                {\"relationship\":{\"from\":\"ci:00000000-0000-7000-8000-000000000002\",\"type\":\"connects_to\",\"to\":\"physical_server:web-01\"}}\n";
    let summary = server.ingest("?source=import", push).summary();
    assert_eq!(summary["complete"], true, "{summary}");
    let question = "query ($ref: String!) { configurationItem(ref: $ref) { id attributes aliases \
                    mergedFrom { alias name by reason } origins { source nativeKey } } }";
    let found = server.data(question, &json!({ "ref": ABSORBED }));
    let ci = &found["configurationItem"];
    assert_eq!(ci["id"], SURVIVOR);
    assert_eq!(ci["attributes"]["os_version"], "13", "{summary} {ci}");
    assert_eq!(ci["origins"].as_array().map(Vec::len), Some(2));
    assert_eq!(ci["mergedFrom"][0]["name"], "WEB-01.example.com");
    let refused = server.graphql(query, &input);
    assert_eq!(refused["errors"][0]["extensions"]["code"], "MERGE_SELF", "{refused}");
    let types = json!({ "input": { "survivor": SURVIVOR, "absorbed": "business_service:shop" } });
    let refused = server.graphql(query, &types);
    assert_eq!(refused["errors"][0]["extensions"]["code"], "TYPE_CONFLICT", "{refused}");
}
