//! Cases of the impact law, put to a real server through its public API.
//!
//! `LINCHPIN_CASES` names a file of the format `impact-cases/1`; without it the project's own cases
//! run, and a sample beside the project where there is one. Every case that differs is listed.

mod case;
mod cause;
mod estate;
mod structure;
mod words;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Process, note};
use case::{Outcome, check};

/// The files to run.
fn files() -> Vec<PathBuf> {
    if let Some(file) = std::env::var_os("LINCHPIN_CASES") {
        return vec![file.into()];
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![root.join("fixtures/impact/cases.json")];
    let sample = root.join("../shared/impact-cases-sample.json");
    if sample.exists() {
        files.push(sample);
    } else {
        note("skipped: there is no sample of conformance cases beside the project");
    }
    files
}

#[test]
fn every_case_of_the_impact_law_is_answered_as_it_says() {
    let folder = TempDir::new().expect("a folder");
    let server = Process::start(&folder.path().join("store"));
    let mut differ = Vec::new();
    let mut ran = 0;
    let mut skipped = Vec::new();
    for (number, file) in files().iter().enumerate() {
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let cases: Value = serde_json::from_str(&text).expect("a file of cases");
        assert_eq!(cases["format"], "impact-cases/1", "{}", file.display());
        for case in cases["cases"].as_array().expect("a list of cases") {
            let id = case["id"].as_str().expect("an id");
            match check(&server, &cases, case, &format!("f{number}-{id}")) {
                Outcome::Agrees => ran += 1,
                Outcome::Differs(how) => differ.push(format!("{id}: {how}")),
                Outcome::NotAsked(what) => skipped.push(format!("{id} ({what})")),
            }
        }
    }
    note(&format!(
        "{ran} cases agree; not asked, being about something else: {}",
        skipped.join(" ")
    ));
    assert!(
        differ.is_empty(),
        "{} cases differ:\n{}",
        differ.len(),
        differ.join("\n")
    );
    assert!(ran > 0, "no case ran");
}
