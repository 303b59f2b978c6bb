//! Payloads with the report expected of each beside them.

use std::fs;
use std::path::{Path, PathBuf};

use linchpin::ingest::IngestOptions;
use linchpin::ingest::formats::Format;

use crate::ingest_support::Database;

/// Compares the report of each payload in a folder with the one beside it.
fn check(folder: &str, format: &Format) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/ingest")
        .join(folder);
    let mut payloads: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("fixtures")
        .map(|entry| entry.expect("a fixture").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "ndjson" || extension == "csv")
        })
        .collect();
    payloads.sort();
    assert!(!payloads.is_empty());
    for path in payloads {
        let database = Database::new();
        let options = IngestOptions {
            format: format.clone(),
            ..IngestOptions::default()
        };
        let report = database.load_as(&fs::read_to_string(&path).expect("a fixture"), options);
        let name = path.file_stem().expect("a name").to_string_lossy();
        insta::with_settings!({ snapshot_path => &folder, prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(format!("{name}.report"), report.text());
        });
    }
}

#[test]
fn good_native_payloads_load_without_remark() {
    check("native/good", &Format::Ndjson);
}

#[test]
fn bad_native_payloads_say_what_is_wrong_where() {
    check("native/bad", &Format::Ndjson);
}

#[test]
fn good_csv_loads_without_remark() {
    check("csv/good", &Format::Csv(Box::default()));
}

#[test]
fn bad_csv_says_what_is_wrong_where() {
    check("csv/bad", &Format::Csv(Box::default()));
}
