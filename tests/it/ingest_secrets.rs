//! Credentials never reach the store, whatever format brings them.

use std::fs;

use linchpin::ingest::IngestOptions;
use linchpin::ingest::formats::Format;
use linchpin::ingest::report::Outcome;

use crate::ingest_support::{Database, Report, detected};

const NDJSON: &str = r#"{"ci":{"key":"a","type":"physical_server","name":"a","attributes":{"bmc_password":"kept-secret","root_password":"hunter2","custom":{"db":{"password":"hunter2","user":"bob"},"dsn":"postgres://bob:hunter2@db/shop"}}}}
{"ci":{"key":"b","type":"server","name":"b","attributes":{"description":"no password policy"}}}
{"relationship":{"from":"a","type":"connects_to","to":"b","attributes":{"cable":"token=hunter2;x=1"}}}
"#;

const CSV: &str = "key;type;name;api_key;documentation_url;description\n\
    a;server;a;hunter2;https://bob:hunter2@wiki/a;\"Server=db;Password=hunter2;\"\n\
    b;server;b;;https://wiki/b;token_ttl=5\n";

fn codes(report: &Report) -> Vec<String> {
    let items = report.items();
    let problems = items.iter().flat_map(|item| &item.problems);
    problems
        .map(|problem| format!("{} {}", problem.code, problem.field.as_deref().unwrap_or_default()))
        .collect()
}

/// Loads it, and looks for the secret in the answer and in every byte of the store.
fn leaks_nothing(text: &str, options: IngestOptions) -> (Database, Report) {
    let database = Database::new();
    let report = database.load_as(text, options);
    assert!(
        report.summary.complete && report.summary.of(Outcome::Refused) == 0,
        "{}",
        report.text()
    );
    assert!(!report.text().contains("hunter2"), "{}", report.text());
    assert!(!database.dump().join("\n").contains("hunter2"), "{:?}", database.dump());
    let mut files = 0;
    for file in fs::read_dir(database.folder()).expect("a store") {
        let path = file.expect("a file").path();
        if path.is_file() {
            files += 1;
            let bytes = fs::read(&path).expect("a file");
            assert!(
                !bytes.windows(7).any(|window| window == b"hunter2"),
                "{}",
                path.display()
            );
        }
    }
    assert!(files > 0, "a store is files");
    (database, report)
}

#[test]
fn secrets_in_ndjson_are_dropped_or_masked_and_reported() {
    let (database, report) = leaks_nothing(NDJSON, IngestOptions::default());
    assert_eq!(
        codes(&report),
        [
            "SECRET_DROPPED root_password",
            "SECRET_DROPPED custom.db.password",
            "SECRET_MASKED custom.dsn",
            "SECRET_MASKED cable",
        ]
    );
    assert_eq!(report.summary.warnings.get("SECRET_DROPPED"), Some(&2));
    let dump = database.dump().join("\n");
    assert!(
        dump.contains("postgres://bob:***@db/shop") && dump.contains("bob"),
        "{dump}"
    );
    assert!(
        dump.contains("bmc_password"),
        "what the catalog keeps secret is kept: {dump}"
    );
    let before = database.revision();
    let again = database.load(NDJSON).summary;
    assert_eq!((again.of(Outcome::Unchanged), again.changed), (3, false));
    assert_eq!(database.revision(), before);
}

#[test]
fn secrets_in_csv_and_documents_are_dropped_or_masked_and_reported() {
    let csv = IngestOptions {
        format: Format::Csv(Box::default()),
        ..IngestOptions::default()
    };
    let (_, report) = leaks_nothing(CSV, csv);
    let expected = [
        "SECRET_DROPPED api_key",
        "SECRET_MASKED documentation_url",
        "SECRET_MASKED description",
    ];
    assert_eq!(codes(&report), expected);
    let document = format!("[{}]", NDJSON.trim().replace('\n', ","));
    let (_, report) = leaks_nothing(&document, detected("scan"));
    assert_eq!(codes(&report).len(), 4);
    let atomic = IngestOptions {
        mode: Some(linchpin::ingest::payload::IngestMode::Atomic),
        ..IngestOptions::default()
    };
    leaks_nothing(NDJSON, atomic);
}
