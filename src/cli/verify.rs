//! `linchpin verify`: is everything that is stored as it was written?

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::app::{ErrorCode, verify};

use super::Failure;
use super::output::Output;

/// Check the store: the journal's chain, the checkpoint, and that they belong together.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Reads everything and changes nothing. No server may hold the store.

Exit code 5: something is wrong, or the store cannot be opened.

Examples:
  linchpin verify
  linchpin verify --data /var/lib/linchpin --json")]
pub(super) struct Verify {}

pub(super) fn run(_: &Verify, folder: &Path, output: &Output) -> anyhow::Result<ExitCode> {
    if !folder.is_dir() {
        let message = format!("there is no store at {}", folder.display());
        return Err(Failure::new(ErrorCode::FileUnusable, message).into());
    }
    let report = verify(folder).map_err(|error| Failure::of(error.code(), &error))?;
    let findings: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    output.json(&json!({
        "clean": report.is_clean(),
        "revision": report.end.number(),
        "journalEntries": report.entries,
        "journalBytes": report.journal_bytes,
        "checkpointChunks": report.chunks,
        "findingsTotal": report.findings_total,
        "findings": findings,
    }));
    for finding in &findings {
        output.line(finding);
    }
    if report.is_clean() {
        output.line(&format!(
            "clean: {} journal entries up to revision {}, {} checkpoint chunks",
            report.entries, report.end, report.chunks
        ));
        return Ok(ExitCode::SUCCESS);
    }
    let message = format!("{} things are wrong", report.findings_total);
    Err(Failure::new(ErrorCode::StoreDamaged, message).into())
}
