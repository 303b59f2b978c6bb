//! `linchpin lints`: where is the model not what it seems?

use std::process::ExitCode;

use clap::Args;
use clap::builder::PossibleValuesParser;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::impact::LintCode;

use super::answer::{Long, Page, ShortCi};
use super::backend::{Backend, Document};
use super::format::{Format, row};
use super::output::Output;

const LINTS: Document = Document {
    operation: "Lints",
    text: include_str!("queries/lints.graphql"),
};

/// Largest page that is asked for at once.
const PAGE: u64 = 200;

/// Look for redundancy that is none, and for other places where the model is not what it seems.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Codes, by severity:
  ERROR    PEER_HARD_EDGE          members of a group take each other down
           GROUP_UNDERSIZED        a group needs more than it has
           UNGROUNDED_AT_BASELINE  CIs are supplied by nothing but each other
  WARNING  ZERO_HEADROOM           a group needs all it has
           SHARED_FATE             one CI takes a whole group down
           CYCLIC_GROUP            a group may be held up by what it holds up
  INFO     FORGOTTEN_GROUP         like CIs carry a dependent, each alone

Exit code 1: something was found, or not everything was looked at.

Examples:
  linchpin lints
  linchpin lints --code SHARED_FATE,ZERO_HEADROOM --tier 1,2
  linchpin lints --min-severity ERROR --json
  linchpin lints --limit 0 --format csv > lints.csv")]
pub(super) struct Lints {
    /// Look for these only.
    #[arg(long = "code", value_name = "CODE", value_delimiter = ',', ignore_case = true,
        value_parser = PossibleValuesParser::new(LintCode::ALL.map(LintCode::as_str)))]
    codes: Vec<String>,
    /// About CIs of one of these types or their subtypes; a group is about its consumer.
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    types: Vec<String>,
    /// About CIs in one of these tiers.
    #[arg(long = "tier", value_name = "TIER", value_delimiter = ',', value_parser = clap::value_parser!(u8).range(1..=4))]
    tiers: Vec<u8>,
    /// About one of these CIs, or with one of them among those concerned.
    #[arg(long = "ci", value_name = "CI", value_delimiter = ',')]
    cis: Vec<String>,
    /// That matter at least so much.
    #[arg(long, value_name = "SEVERITY", ignore_case = true,
        value_parser = PossibleValuesParser::new(["INFO", "WARNING", "ERROR"]))]
    min_severity: Option<String>,
    /// Show so many at most; 0: all. Counts are always complete.
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: u64,
    /// In which form to write it; --json is --format json.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    code: String,
    severity: String,
    ci: ShortCi,
    group: Option<Group>,
    cis: Vec<ShortCi>,
    ci_count: Long,
    explanation: String,
    remedy: String,
}

#[derive(Debug, Deserialize)]
struct Group {
    name: String,
}

#[derive(Debug, Deserialize)]
struct OfCode {
    code: String,
    severity: String,
    count: Long,
    complete: bool,
}

pub(super) fn run(options: &Lints, backend: &Backend, output: &Output) -> anyhow::Result<ExitCode> {
    let limit = if options.limit == 0 { u64::MAX } else { options.limit };
    let (codes, filter) = (codes(options), filter(options));
    let (mut after, mut all) = (Value::Null, Vec::new());
    let (mut report, total) = loop {
        let left = limit - all.len() as u64;
        let variables = json!({ "codes": codes, "filter": filter, "first": left.min(PAGE), "after": after });
        let mut data: Value = backend.ask(LINTS, &variables)?;
        let mut report = data["lints"].take();
        let page: Page<Value> = serde_json::from_value(report["findings"].take())?;
        all.extend(page.nodes);
        if !page.end.has_next_page || all.len() as u64 >= limit {
            break (report, page.total_count.unwrap_or_default().0);
        }
        after = json!(page.end.end_cursor);
    };
    report["totalCount"] = json!(total);
    report["findings"] = json!(all);
    if options.format == Format::Json && !output.is_json() {
        output.raw(&format!("{report:#}"));
    } else {
        output.json(&report);
    }
    let counts: Vec<OfCode> = serde_json::from_value(report["counts"].take())?;
    let found: Vec<Found> = serde_json::from_value(Value::Array(all))?;
    match options.format {
        Format::Table => show(&counts, found, output),
        Format::Csv if !output.is_json() => output.raw(csv(&found).trim_end()),
        Format::Csv | Format::Json => {}
    }
    output.note(&format!("{} of {total}", limit.min(total)));
    let complete = report["complete"] == json!(true);
    if !complete {
        let (reason, way) = (&report["truncatedReason"], &report["howToGoOn"]);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        output.note(&format!("not complete ({}): {}", text(reason), text(way)));
    }
    Ok(if total == 0 && complete {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(super::NO)
    })
}

fn show(counts: &[OfCode], found: Vec<Found>, output: &Output) {
    let counted = counts.iter().filter(|count| count.count.0 > 0 || !count.complete);
    let counted = counted.map(|count| {
        let more = if count.complete { "" } else { " or more" };
        vec![
            count.severity.clone(),
            count.code.clone(),
            format!("{}{more}", count.count),
        ]
    });
    output.table(&["SEVERITY", "CODE", "FOUND"], counted.collect());
    let mut code = String::new();
    for finding in found {
        if finding.code != code {
            output.line(&format!("\n{} {}", finding.severity, finding.code));
            output.line(&format!("  to do: {}", finding.remedy));
            code = finding.code;
        }
        output.line(&format!("  {}", finding.explanation));
    }
}

/// A line for each finding, for spreadsheets.
fn csv(found: &[Found]) -> String {
    let headings = [
        "severity",
        "code",
        "ci",
        "group",
        "cis",
        "ci_count",
        "explanation",
        "remedy",
    ];
    let mut text = row(headings.map(str::to_owned));
    for one in found {
        let cis: Vec<String> = one.cis.iter().map(ShortCi::reference).collect();
        text.push_str(&row([
            one.severity.clone(),
            one.code.clone(),
            one.ci.reference(),
            one.group.as_ref().map(|group| group.name.clone()).unwrap_or_default(),
            cis.join(" "),
            one.ci_count.to_string(),
            one.explanation.clone(),
            one.remedy.clone(),
        ]));
    }
    text
}

/// Absent: all.
fn codes(options: &Lints) -> Option<Vec<String>> {
    let codes = options.codes.iter().map(|code| code.to_uppercase());
    (!options.codes.is_empty()).then(|| codes.collect())
}

fn filter(options: &Lints) -> Value {
    let mut filter = Map::new();
    let mut set = |name: &str, value: Value| {
        let absent = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        if !absent {
            filter.insert(name.to_owned(), value);
        }
    };
    set("types", json!(options.types));
    set("tiers", json!(options.tiers));
    set("refs", json!(options.cis));
    set(
        "minSeverity",
        json!(options.min_severity.as_ref().map(|severity| severity.to_uppercase())),
    );
    Value::Object(filter)
}
