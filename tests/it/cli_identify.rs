//! `linchpin identify`, as whoever runs discovery uses it before the first push.

use std::path::PathBuf;
use std::process::Output;

use serde_json::{Value, json};

use crate::process::{Process, run_on};

const ONE: &str = "564d0101-0000-4000-8000-000000000001";
const CLONED: &str = "564d0101-0000-4000-8000-000000000002";

/// One machine, and two clones that their source tells apart by key alone.
fn machines() -> String {
    let machine = |key: &str, uuid: &str| json!({ "ci": { "key": key, "type": "virtual_machine", "name": format!("web-{key}"), "attributes": { "uuid": uuid } } });
    let lines = [
        json!({ "source": "vcenter" }),
        machine("1", ONE),
        machine("2", CLONED),
        machine("3", CLONED),
    ];
    lines.map(|line| line.to_string() + "\n").concat()
}

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().expect("a folder"));
        let file = place.0.path().join("machines.ndjson");
        std::fs::write(&file, machines()).expect("it is written");
        let imported = run_on(&place.store(), &["import", file.to_str().expect("UTF-8")]);
        assert!(imported.status.success(), "{imported:?}");
        place
    }

    fn store(&self) -> PathBuf {
        self.0.path().join("data")
    }

    /// What becomes of a virtual machine of a source: the exit code, and what is printed.
    fn identify(&self, source: &str, further: &[&str]) -> (i32, String) {
        let asked = ["identify", "--source", source, "--type", "virtual_machine"];
        shown(&run_on(&self.store(), &[&asked[..], further].concat()))
    }
}

fn shown(output: &Output) -> (i32, String) {
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{output:?}");
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    (output.status.code().expect("an exit code"), text)
}

/// The lines without the ids of CIs, which differ from store to store.
fn lines(text: &str) -> Vec<String> {
    let id = regex::Regex::new("ci:[0-9a-f-]{36}").expect("a pattern");
    text.lines()
        .map(|line| id.replace_all(line, "ci:ID").trim_end().to_owned())
        .collect()
}

fn uuid(value: &str) -> String {
    format!("uuid={value}")
}

#[test]
fn a_record_that_one_ci_matches_says_by_which_rule() {
    let place = Place::new();
    let (code, text) = place.identify("scanner", &["--name", "web", "--attribute", &uuid(ONE)]);
    assert_eq!(code, 0, "{text}");
    let lines = lines(&text);
    assert!(lines.contains(&format!("uuid MATCHED: uuid = {ONE}")), "{text}");
    assert_eq!(lines.last().map(String::as_str), Some("UPDATE virtual_machine:web-1"));

    let (code, text) = place.identify("vcenter", &["--key", "1"]);
    assert_eq!(
        (code, text.as_str()),
        (0, "native_key MATCHED\nNO_CHANGE virtual_machine:web-1\n")
    );
}

#[test]
fn a_record_that_none_matches_would_be_a_new_ci() {
    let place = Place::new();
    let new = "564d0101-0000-4000-8000-000000000009";
    let (code, text) = place.identify("scanner", &["--key", "9", "--attribute", &uuid(new)]);
    assert_eq!(code, 0, "{text}");
    let lines = lines(&text);
    assert_eq!(lines.first().map(String::as_str), Some("native_key NO_MATCH"), "{text}");
    assert!(lines.contains(&format!("uuid NO_MATCH: uuid = {new}")), "{text}");
    assert!(lines.iter().any(|line| line.contains(" SKIPPED: ")), "{text}");
    assert_eq!(lines.last().map(String::as_str), Some("INSERT"));
}

#[test]
fn a_record_that_several_match_would_wait_for_a_person() {
    let place = Place::new();
    let asked = ["--name", "web", "--attribute", &uuid(CLONED)];
    let (code, text) = place.identify("scanner", &asked);
    assert_eq!(code, 1, "{text}");
    let lines = lines(&text);
    let rule = format!("uuid MULTI_MATCH: uuid = {CLONED} -> ci:ID, ci:ID");
    assert!(lines.contains(&rule), "{text}");
    let candidates: Vec<&String> = lines.iter().filter(|line| line.starts_with("candidate ")).collect();
    assert_eq!(
        candidates,
        ["candidate virtual_machine:web-2", "candidate virtual_machine:web-3"]
    );
    assert_eq!(lines.last().map(String::as_str), Some("REVIEW"));
    assert!(lines.iter().any(|line| line.starts_with("MULTI_MATCH: ")), "{text}");
}

#[test]
fn a_record_that_would_be_refused_says_why() {
    let place = Place::new();
    let (code, text) = place.identify("scanner", &["--key", "9", "--attribute", "colour=red"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("\nUNKNOWN_ATTRIBUTE: "), "{text}");
    assert!(text.ends_with("\nREFUSED\n"), "{text}");
    let asked = ["identify", "--source", "scanner", "--type", "spaceship", "--key", "9"];
    let (code, text) = shown(&run_on(&place.store(), &asked));
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains("UNKNOWN_CI_TYPE: ") && text.ends_with("REFUSED\n"),
        "{text}"
    );
}

#[test]
fn the_answer_for_scripts_is_that_of_the_api_and_a_server_gives_the_same() {
    let place = Place::new();
    let asked = ["--key", "x", "--attribute", &uuid(CLONED), "--json"];
    let (code, text) = place.identify("scanner", &asked);
    assert_eq!(code, 1, "{text}");
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&answer["operation"], &answer["ci"]), (&json!("REVIEW"), &Value::Null));
    let names: Vec<&Value> = answer["candidates"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|candidate| &candidate["name"])
        .collect();
    assert_eq!(names, ["web-2", "web-3"]);
    let attempts = answer["attempts"].as_array().expect("a list");
    let decided = attempts
        .iter()
        .find(|attempt| attempt["rule"] == "uuid")
        .expect("it is tried");
    assert_eq!(
        (&decided["result"], &decided["values"]),
        (&json!("MULTI_MATCH"), &json!([CLONED]))
    );
    assert_eq!(decided["candidates"][0], answer["candidates"][0]["id"]);
    assert_eq!(answer["problems"][0]["code"], "MULTI_MATCH");

    let before = run_on(&place.store(), &["export"]).stdout;
    let server = Process::start(&place.store());
    let revision = server.client().revision();
    let url = server.client().url;
    let remote = [
        "--url",
        &url,
        "identify",
        "--source",
        "scanner",
        "--type",
        "virtual_machine",
    ];
    let remote = shown(&run_on(&place.store(), &[&remote[..], &asked].concat()));
    assert_eq!(remote, (code, text));
    assert_eq!(server.client().revision(), revision, "nothing is written");
    assert!(server.stop().success());
    assert_eq!(run_on(&place.store(), &["export"]).stdout, before);
}

#[test]
fn what_cannot_be_asked_is_an_exit_code_of_its_own() {
    let place = Place::new();
    let wrong = |arguments: &[&str]| run_on(&place.store(), arguments);
    let unspoken = wrong(&["identify", "--type", "server"]);
    assert_eq!(unspoken.status.code(), Some(2), "{unspoken:?}");
    let pair = wrong(&["identify", "--source", "s", "--type", "server", "--attribute", "uuid"]);
    assert_eq!(pair.status.code(), Some(2), "{pair:?}");
    assert!(
        String::from_utf8_lossy(&pair.stderr).contains("write NAME=VALUE"),
        "{pair:?}"
    );
    let source = wrong(&["identify", "--source", "No Name", "--type", "server"]);
    assert_eq!(source.status.code(), Some(3), "{source:?}");
    assert!(
        String::from_utf8_lossy(&source.stderr).contains("INVALID_NAME"),
        "{source:?}"
    );
}
