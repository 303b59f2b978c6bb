//! Documents that must say what the program does.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use linchpin::app::ErrorCode;
use linchpin::ingest::payload::{PayloadError, parse_line};
use linchpin::model::LifecycleStage;
use serde_json::{Value, json};

use crate::process::{isolated, linchpin, run_on};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn the_document_of_errors_is_the_table_of_the_program() {
    let mut text = "# Errors

Every error a client can see has one code: `extensions.code` in GraphQL, `code` in problem+json and in
the reports of `POST /ingest`, `error.code` in the command line's `--json` output. The status is that
of an HTTP answer that is nothing but this error; a GraphQL answer with data has status 200.

| code | HTTP status | exit code | what to do |
|---|---|---|---|
"
    .to_owned();
    for code in ErrorCode::ALL {
        writeln!(
            text,
            "| `{code}` | {} | {} | {} |",
            code.http_status(),
            code.exit_code(),
            code.remedy().replace('|', "\\|")
        )
        .unwrap();
    }
    let path = Path::new(ROOT).join("docs/errors.md");
    if std::env::var_os("LINCHPIN_UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap();
    assert_eq!(written, text, "run the tests with LINCHPIN_UPDATE=1");
}

fn schema() -> Value {
    let path = Path::new(ROOT).join("schema/ingest.schema.json");
    serde_json::from_str(&std::fs::read_to_string(path).expect("it is there")).expect("it is there")
}

/// The fields that the program knows at a place, as it says itself when it meets another.
fn known(line: &Value) -> BTreeSet<String> {
    match parse_line(line.to_string().as_bytes()) {
        Err(PayloadError::UnknownField { known, .. }) => known.iter().map(|field| (*field).to_owned()).collect(),
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn the_schema_of_payloads_names_the_fields_that_are_read() {
    let schema = schema();
    let fields = |name: &str| -> BTreeSet<String> {
        let definition = &schema["$defs"][name];
        assert_eq!(definition["additionalProperties"], false, "{name}");
        definition["properties"].as_object().unwrap().keys().cloned().collect()
    };
    for name in ["ci", "relationship", "group"] {
        assert_eq!(fields(name), known(&json!({ name: { "~": 1 } })), "{name}");
    }
    let member = json!({"group": {"name": "g", "consumer": "c", "members": [{"~": 1}]}});
    assert_eq!(fields("member"), known(&member));
    for (field, name) in [("related", "related"), ("pins", "pin")] {
        let line = json!({"ci": {"type": "t", field: [{"~": 1}]}});
        assert_eq!(fields(name), known(&line), "{field}");
    }
    let lines: BTreeSet<String> = ["ci", "relationship", "group", "catalog"].map(str::to_owned).into();
    let line: BTreeSet<String> = lines.union(&fields("header")).cloned().collect();
    assert_eq!(line, known(&json!({ "~": 1 })));
    let stages = LifecycleStage::ALL.map(|stage| Value::from(stage.as_str()));
    assert_eq!(schema["$defs"]["stage"]["enum"].as_array().unwrap(), &stages);
}

#[test]
fn the_schema_of_payloads_requires_what_the_program_requires() {
    let schema = schema();
    for (name, whole) in [
        ("ci", json!({"type": "switch"})),
        ("relationship", json!({"from": "a", "type": "runs_on", "to": "b"})),
        ("group", json!({"name": "g", "consumer": "c", "members": []})),
    ] {
        let required = schema["$defs"][name]["required"].as_array().unwrap();
        let required: BTreeSet<&str> = required.iter().map(|field| field.as_str().unwrap()).collect();
        let given: BTreeSet<&str> = whole.as_object().unwrap().keys().map(String::as_str).collect();
        for field in &given {
            let mut record = whole.clone();
            record.as_object_mut().unwrap().remove(*field);
            let missing = matches!(
                parse_line(json!({ name: record }).to_string().as_bytes()),
                Err(PayloadError::MissingField { .. })
            );
            assert_eq!(missing, required.contains(field), "{name}.{field}");
        }
        assert!(required.is_subset(&given), "{name}");
        assert!(parse_line(json!({ name: whole }).to_string().as_bytes()).is_ok());
    }
}

/// A line of a document that runs a command.
const PROMPT: &str = "$ linchpin ";

/// What a command prints, without the moment at which it does.
fn printed(store: &Path, arguments: &str) -> String {
    let arguments: Vec<&str> = arguments.split_whitespace().collect();
    let mut command = isolated(linchpin());
    let output = command
        .current_dir(ROOT)
        .arg("--data")
        .arg(store)
        .args(&arguments)
        .output();
    let output = output.expect("it runs");
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8(told).expect("UTF-8");
    let moment = regex::Regex::new("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z").expect("a pattern");
    let told = moment.replace_all(&told, "2026-03-01T09:00:00Z");
    let lines = told.lines().map(str::trim_end);
    lines.flat_map(|line| [line, "\n"]).collect()
}

#[test]
fn the_commands_of_the_document_on_impact_print_what_it_shows() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("store");
    let shop = format!("{ROOT}/fixtures/shop/shop.ndjson");
    assert!(run_on(&store, &["import", &shop]).status.success());
    let path = Path::new(ROOT).join("docs/impact.md");
    let written = std::fs::read_to_string(&path).expect("the document");
    let mut text = String::new();
    let mut lines = written.lines();
    let mut commands = 0;
    while let Some(line) = lines.next() {
        writeln!(text, "{line}").expect("a text");
        if line != "```console" {
            continue;
        }
        let command = lines.next().expect("a command");
        let arguments = command.strip_prefix(PROMPT).expect("a command of this program");
        write!(text, "{command}\n{}```\n", printed(&store, arguments)).expect("a text");
        lines
            .by_ref()
            .find(|line| *line == "```")
            .expect("the end of the block");
        commands += 1;
    }
    assert!(commands > 5, "{commands}");
    if std::env::var_os("LINCHPIN_UPDATE").is_some() {
        std::fs::write(&path, &text).expect("the document is written");
    }
    assert_eq!(written, text, "run the tests with LINCHPIN_UPDATE=1");
}
