//! `linchpin import`: files into the estate.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser};
use indicatif::ProgressBar;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::ErrorCode;
use crate::ingest::formats::document::ADAPTERS;
use crate::ingest::payload::IngestMode;

use super::Failure;
use super::backend::{Backend, IngestTerms};
use super::output::Output;
use super::payloads::Payloads;

/// Most refused records that are shown to people.
const REFUSALS_SHOWN: usize = 20;

/// Bring files of configuration items and relationships in.
#[derive(Args, Debug)]
#[command(after_long_help = "\
The format follows from the file's name: `.csv` is CSV, `.ndjson`, `.jsonl` and names without an ending
are the native payload, one JSON record a line; what any other file is, is found out from what it holds. Sending a file twice changes nothing the second time. `-` is standard input. A file
of the native payload may hold several, one behind the other, each begun by its header, as exports
of estates with several sources do; each has a report of its own.

Exit code 1: some records were refused; the others are in, unless the mode is ATOMIC.

Examples:
  linchpin import inventory.ndjson
  linchpin import --source cmdb-old --format csv servers.csv --dry-run
  linchpin export | linchpin --url http://other:8080 import -")]
pub(super) struct Import {
    /// The files, each a payload of its own, in this order.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Who speaks, where the payload does not say.
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Which of the source's feeds this is.
    #[arg(long, value_name = "NAME")]
    feed: Option<String>,
    /// PARTIAL: good records land, bad ones are reported. ATOMIC: all or none.
    #[arg(long, value_name = "MODE")]
    mode: Option<IngestMode>,
    /// Only say what would happen.
    #[arg(long)]
    dry_run: bool,
    /// The format of the files: detect, ndjson, csv, or one of the documents that docs/formats.md lists.
    #[arg(long, value_name = "FORMAT", value_parser = format_names())]
    format: Option<String>,
    /// What a document does not say of itself: the name of the cluster or site it was taken from.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// A TOML file that says what the columns of CSV mean.
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
}

/// The names that `--format` takes.
pub(super) fn format_names() -> PossibleValuesParser {
    let documents = ADAPTERS
        .iter()
        .map(|adapter| PossibleValue::new(adapter.name).help(adapter.label));
    let streams = [
        PossibleValue::new("detect").help("found out from what the document holds"),
        PossibleValue::new("ndjson").help("the native payload, one JSON record a line"),
        PossibleValue::new("csv").help("comma-separated values with a line of headings"),
    ];
    PossibleValuesParser::new(streams.into_iter().chain(documents))
}

/// A line of the report, as far as it is shown.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ReportLine {
    Progress(serde::de::IgnoredAny),
    Item(Item),
    Summary(Box<Summary>),
}

#[derive(Debug, Deserialize)]
struct Item {
    line: u64,
    key: Option<String>,
    outcome: String,
    #[serde(default)]
    problems: Vec<Problem>,
}

#[derive(Debug, Deserialize)]
struct Problem {
    code: String,
    message: String,
}

type Outcomes = BTreeMap<String, u64>;

#[derive(Debug, Deserialize)]
struct Summary {
    complete: bool,
    revision: u64,
    records: u64,
    duration_ms: u64,
    dry_run: bool,
    outcomes: Outcomes,
    #[serde(default)]
    ci_types: BTreeMap<String, Outcomes>,
    #[serde(default)]
    relationship_types: BTreeMap<String, Outcomes>,
    #[serde(default)]
    groups: Outcomes,
    error: Option<Problem>,
}

pub(super) fn run(options: &Import, backend: &Backend, output: &Output) -> anyhow::Result<ExitCode> {
    let mut all_in = true;
    for file in &options.files {
        all_in &= import(options, file, backend, output)?;
    }
    Ok(if all_in {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(super::NO)
    })
}

fn import(options: &Import, file: &Path, backend: &Backend, output: &Output) -> anyhow::Result<bool> {
    let unusable = |error: io::Error| Failure::new(ErrorCode::FileUnusable, format!("{}: {error}", file.display()));
    let (input, bytes): (Box<dyn Read + Send>, Option<u64>) = if file.as_os_str() == "-" {
        (Box::new(io::stdin()), None)
    } else {
        let opened = File::open(file).map_err(unusable)?;
        let bytes = opened.metadata().map_err(unusable)?.len();
        (Box::new(opened), Some(bytes))
    };
    let bar = output.progress(bytes);
    bar.set_message(file.display().to_string());
    let counted = Counted {
        input,
        bar: bar.clone(),
    };
    let terms = terms(options, file)?;
    let name = file.display().to_string();
    let mut payloads = Payloads::new(counted, terms.format == "ndjson");
    let mut all_in = true;
    loop {
        let mut report = Report::default();
        backend.ingest(&terms, &mut payloads, &mut |line| report.take(line))?;
        let more = payloads.begin_next().map_err(unusable)?;
        if !more {
            bar.finish_and_clear();
        }
        all_in &= bar.suspend(|| report.show(&name, output))?;
        if !more {
            return Ok(all_in);
        }
    }
}

fn terms(options: &Import, file: &Path) -> anyhow::Result<IngestTerms> {
    Ok(IngestTerms {
        source: options.source.clone(),
        feed: options.feed.clone(),
        mode: options.mode,
        dry_run: options.dry_run,
        format: options
            .format
            .clone()
            .unwrap_or_else(|| format_of_name(file).to_owned()),
        name: options.name.clone(),
        mapping: options.mapping.as_deref().map(read_mapping).transpose()?,
        ..IngestTerms::default()
    })
}

/// The format that a file's name tells of.
pub(super) fn format_of_name(file: &Path) -> &'static str {
    let extension = file
        .extension()
        .map(|extension| extension.to_string_lossy().to_lowercase());
    match extension.as_deref() {
        Some("csv") => "csv",
        Some("ndjson" | "jsonl") | None => "ndjson",
        Some(_) => "detect",
    }
}

/// The text of a mapping for CSV.
pub(super) fn read_mapping(path: &Path) -> anyhow::Result<String> {
    let unusable = |error| Failure::new(ErrorCode::FileUnusable, format!("{}: {error}", path.display()));
    Ok(std::fs::read_to_string(path).map_err(unusable)?)
}

/// Moves the bar by what is read.
struct Counted {
    input: Box<dyn Read + Send>,
    bar: ProgressBar,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.bar.inc(read as u64);
        Ok(read)
    }
}

/// The report so far.
#[derive(Debug, Default)]
pub(super) struct Report {
    items: Vec<Item>,
    refused: u64,
    raw: Vec<Value>,
    summary: Option<Summary>,
}

impl Report {
    pub(super) fn take(&mut self, line: &str) -> anyhow::Result<()> {
        let raw: Value = serde_json::from_str(line)?;
        match serde_json::from_value(raw.clone())? {
            ReportLine::Progress(_) => return Ok(()),
            ReportLine::Item(item) => {
                self.refused += u64::from(item.outcome == "REFUSED");
                if self.items.len() < REFUSALS_SHOWN {
                    self.items.push(item);
                }
            }
            ReportLine::Summary(summary) => self.summary = Some(*summary),
        }
        self.raw.push(raw);
        Ok(())
    }

    /// Shows the report and says whether everything is in.
    fn show(&self, file: &str, output: &Output) -> anyhow::Result<bool> {
        output.json(&json!({ "file": file, "report": self.raw }));
        self.show_refusals(output);
        let Some(summary) = &self.summary else {
            return self.finish().map(|_| false);
        };
        output.table(&["WHAT", "CREATED", "UPDATED", "UNCHANGED", "REFUSED"], counts(summary));
        let verb = if summary.dry_run { "would be" } else { "is" };
        let (seconds, tenths) = (summary.duration_ms / 1_000, summary.duration_ms / 100 % 10);
        output.note(&format!(
            "{} records of {file} in {seconds}.{tenths} s; the estate {verb} at revision {}",
            summary.records, summary.revision
        ));
        let complete = summary.complete;
        Ok(self.finish()? == 0 && complete)
    }

    /// Shows the records that were refused, or need attention.
    pub(super) fn show_refusals(&self, output: &Output) {
        let rows = self.items.iter().map(|item| {
            let problems: Vec<String> = item
                .problems
                .iter()
                .map(|problem| format!("{} {}", problem.code, problem.message))
                .collect();
            let key = item.key.clone().unwrap_or_default();
            vec![
                item.line.to_string(),
                key,
                item.outcome.to_lowercase(),
                problems.join("; "),
            ]
        });
        output.table(&["LINE", "KEY", "OUTCOME", "WHY"], rows.collect());
        if self.raw_items() > self.items.len() {
            output.note(&format!(
                "{} more; --json shows all",
                self.raw_items() - self.items.len()
            ));
        }
    }

    /// How many records were refused or held back; an error if the load did not come to its end.
    pub(super) fn finish(&self) -> anyhow::Result<u64> {
        let Some(summary) = &self.summary else {
            let message = "the report has no end: some records may be in";
            return Err(Failure::new(ErrorCode::OutcomeUnknown, message).into());
        };
        if let Some(problem) = &summary.error {
            let code = ErrorCode::ALL.iter().find(|code| code.as_str() == problem.code);
            let code = code.copied().unwrap_or(ErrorCode::Internal);
            return Err(Failure::new(code, problem.message.clone()).into());
        }
        let refused = ["REFUSED", "NOT_APPLIED"]
            .iter()
            .filter_map(|outcome| summary.outcomes.get(*outcome));
        Ok(refused.sum())
    }

    fn raw_items(&self) -> usize {
        self.raw.iter().filter(|line| line.get("item").is_some()).count()
    }
}

fn counts(summary: &Summary) -> Vec<Vec<String>> {
    let row = |what: &str, outcomes: &Outcomes| {
        let of = |outcome: &str| outcomes.get(outcome).copied().unwrap_or(0).to_string();
        let refused = ["REFUSED", "NOT_APPLIED"]
            .iter()
            .filter_map(|outcome| outcomes.get(*outcome))
            .sum::<u64>();
        vec![
            what.to_owned(),
            of("CREATED"),
            of("UPDATED"),
            of("UNCHANGED"),
            refused.to_string(),
        ]
    };
    let mut rows: Vec<Vec<String>> = summary
        .ci_types
        .iter()
        .chain(&summary.relationship_types)
        .map(|(name, outcomes)| row(name, outcomes))
        .collect();
    if !summary.groups.is_empty() {
        rows.push(row("redundancy groups", &summary.groups));
    }
    rows.push(row("all", &summary.outcomes));
    rows
}
