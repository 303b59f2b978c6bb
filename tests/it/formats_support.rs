//! What the tests of document formats share: loads of fixtures and samples by the format's name, and
//! counts of what they made.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use linchpin::ingest::IngestOptions;
use linchpin::ingest::formats::Format;
use linchpin::ingest::formats::document::{DocumentOptions, adapter_named};
use linchpin::ingest::report::Outcome;

use crate::ingest_support::{Database, Report};

/// A file of the format's fixtures: `good/a.json`.
pub(crate) fn fixture(format: &str, name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/ingest")
        .join(format)
        .join(name);
    read(&path)
}

pub(crate) fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files of a folder with an ending, in order.
pub(crate) fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.to_string_lossy().ends_with(ending) && !path.ends_with("KNOWN.json"))
        .collect();
    files.sort();
    files
}

/// Options for a format, found out from the document if `format` is empty.
pub(crate) fn options(format: &str, name: Option<&str>) -> IngestOptions {
    IngestOptions {
        source: Some("tester".to_owned()),
        format: Format::Document(DocumentOptions {
            adapter: (!format.is_empty()).then(|| adapter_named(format).expect("a format")),
            name: name.map(str::to_owned),
        }),
        ..IngestOptions::default()
    }
}

impl Database {
    /// Loads a document whose format is found out, and checks that nothing is refused.
    pub(crate) fn load_well(&self, text: &str, name: Option<&str>) -> Report {
        let report = self.load_as(text, options("", name));
        assert!(report.summary.complete, "{}", report.text());
        assert_eq!(report.summary.of(Outcome::Refused), 0, "{}", report.text());
        report
    }

    /// Loads a document again and checks that nothing changes.
    pub(crate) fn load_again(&self, text: &str, name: Option<&str>) {
        let before = self.revision();
        let report = self.load_as(text, options("", name));
        assert_eq!(
            report.summary.of(Outcome::Unchanged),
            report.summary.records,
            "{}",
            report.text()
        );
        assert_eq!(self.revision(), before, "a second load writes nothing");
    }

    /// How many CIs there are of each type.
    pub(crate) fn census(&self) -> BTreeMap<String, usize> {
        let snapshot = self.cmdb.reader().snapshot();
        let mut census = BTreeMap::new();
        for slot in snapshot.slots_by_id() {
            let ci_type = snapshot.catalog().ci_type(snapshot.ci_at(*slot).ci_type());
            *census.entry(ci_type.expect("known").name.to_string()).or_default() += 1;
        }
        census
    }

    /// How many relationships there are of each type.
    pub(crate) fn links(&self) -> BTreeMap<String, usize> {
        let snapshot = self.cmdb.reader().snapshot();
        let mut links = BTreeMap::new();
        for relationship in snapshot.relationships() {
            let definition = snapshot.catalog().relationship_type(relationship.relationship_type());
            *links.entry(definition.expect("known").name.to_string()).or_default() += 1;
        }
        links
    }

    /// The lines of the dump that contain a text.
    pub(crate) fn lines_with(&self, text: &str) -> Vec<String> {
        let lines = self.dump();
        lines.into_iter().filter(|line| line.contains(text)).collect()
    }
}

/// `a 1, b 2` of a census, for comparisons that can be read.
pub(crate) fn told(census: &BTreeMap<String, usize>) -> String {
    let parts: Vec<String> = census.iter().map(|(name, count)| format!("{name} {count}")).collect();
    parts.join(", ")
}

/// The codes of all problems of a report, the fatal one too, without repetition.
pub(crate) fn codes(report: &Report) -> Vec<String> {
    let mut codes: Vec<String> = report
        .items()
        .iter()
        .flat_map(|item| item.problems.iter().map(|problem| problem.code.clone()))
        .collect();
    codes.extend(report.summary.error.iter().map(|error| error.code.clone()));
    codes.sort();
    codes.dedup();
    codes
}
