//! What the tests of document formats share: fixtures with what is expected of each beside them, and
//! loads of samples.

use std::fs;
use std::path::{Path, PathBuf};

use linchpin::ingest::IngestOptions;
use linchpin::ingest::formats::Format;
use linchpin::ingest::formats::document::{DocumentOptions, adapter_named};
use linchpin::ingest::report::Outcome;

use crate::ingest_support::{Database, Report};

/// How a document is loaded; without a format it is found out.
pub(crate) fn options(format: Option<&str>, name: Option<&str>) -> IngestOptions {
    let adapter = format.map(|format| adapter_named(format).expect("a format"));
    IngestOptions {
        source: Some("fixture".to_owned()),
        format: Format::Document(DocumentOptions {
            adapter,
            name: name.map(str::to_owned),
        }),
        ..IngestOptions::default()
    }
}

fn fixtures(format: &str, kind: &str) -> (PathBuf, Vec<PathBuf>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/ingest")
        .join(format)
        .join(kind);
    let entries = fs::read_dir(&folder).expect("fixtures");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a fixture").path())
        .filter(|path| path.extension().is_some_and(|extension| extension != "snap"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    (folder, paths)
}

fn compare(folder: &Path, path: &Path, what: &str, text: &str) {
    let name = path.file_name().expect("a name").to_string_lossy();
    insta::with_settings!({ snapshot_path => folder, prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(format!("{name}.{what}"), text);
    });
}

/// A database with what fixtures of a format refer to, if anything is stated beside them.
fn prepared(format: &str) -> Database {
    let database = Database::new();
    let before = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/ingest")
        .join(format)
        .join("before.ndjson");
    if let Ok(payload) = fs::read_to_string(before) {
        let report = database.load(&payload);
        assert!(report.items().is_empty(), "{}", report.text());
    }
    database
}

/// Every good fixture is recognised, lands as a whole, and changes nothing when it comes again; its
/// report and what is recorded then are as expected. Every bad one is reported as expected.
pub(crate) fn check(format: &str) {
    let (folder, paths) = fixtures(format, "good");
    for path in paths {
        let text = fs::read_to_string(&path).expect("a fixture");
        let database = prepared(format);
        let report = database.load_as(&text, options(None, Some("site-1")));
        assert!(report.summary.complete, "{}: {}", path.display(), report.text());
        compare(&folder, &path, "report", &report.text());
        compare(&folder, &path, "estate", &database.dump().join("\n"));
        again(&database, &text, &options(Some(format), Some("site-1")));
    }
    let (folder, paths) = fixtures(format, "bad");
    for path in paths {
        let text = fs::read_to_string(&path).expect("a fixture");
        let database = prepared(format);
        let report = database.load_as(&text, options(Some(format), Some("site-1")));
        compare(&folder, &path, "report", &report.text());
    }
}

/// Loads a document again, which changes nothing.
pub(crate) fn again(database: &Database, text: &str, options: &IngestOptions) {
    let before = database.revision();
    let summary = database.load_as(text, options.clone()).summary;
    assert_eq!(summary.of(Outcome::Created) + summary.of(Outcome::Updated), 0);
    assert_eq!(database.revision(), before);
}

/// The lines of a report that refuse something.
pub(crate) fn refused(report: &Report) -> Vec<String> {
    let items = report.items().into_iter();
    let refused = items.filter(|item| item.outcome == Outcome::Refused);
    refused
        .map(|item| {
            let codes: Vec<&str> = item.problems.iter().map(|problem| problem.code.as_str()).collect();
            format!("{} {}", codes.join("+"), item.key.as_deref().unwrap_or_default())
        })
        .collect()
}
