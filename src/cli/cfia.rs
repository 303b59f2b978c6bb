//! `linchpin cfia`: which failure does what to which service?

use std::process::ExitCode;

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::model::ImpactState;

use super::answer::{Long, ShortCi, cannot_fail};
use super::backend::{Backend, Document};
use super::format::Format;
use super::output::Output;
use super::premises::Premises;

const CFIA: Document = Document {
    operation: "Cfia",
    text: include_str!("queries/cfia.graphql"),
};

/// Columns that a table for people shows; CSV and JSON show all.
const COLUMNS_SHOWN: usize = 12;

/// Write the matrix of component failure impact analysis: rows fail, columns are hit.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Each row is a CI that fails alone, each column a service, each cell the state of the service then;
blank where it gets no worse.

Examples:
  linchpin cfia --tier 1
  linchpin cfia business_service:shop business_service:billing --format csv > cfia.csv
  linchpin cfia --tier 1,2 --ci switch:sw-01,rack:rack-01 --min-state DOWN")]
pub(super) struct Cfia {
    /// The columns: each an id, `type:name` or an identifier.
    #[arg(required_unless_present = "tiers", value_name = "SERVICE")]
    services: Vec<String>,
    /// Also all CIs in use of these tiers.
    #[arg(long = "tier", value_name = "TIER", value_delimiter = ',', value_parser = clap::value_parser!(u8).range(1..=4))]
    tiers: Vec<u8>,
    /// The rows; absent: all CIs that a service depends on.
    #[arg(long = "ci", value_name = "CI", value_delimiter = ',')]
    cis: Vec<String>,
    /// Leave cells with better states blank.
    #[arg(long, value_name = "STATE", default_value = "AT_RISK")]
    min_state: ImpactState,
    /// So many rows at most, the nearest to the services; up to 100,000.
    #[arg(long, value_name = "N", default_value_t = 500)]
    max_rows: u32,
    /// In which form to write it; --json is --format json.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    premises: Premises,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    services: Vec<Service>,
    #[serde(default)]
    rows: Vec<Row>,
    csv: Option<String>,
    untried: Long,
    complete: bool,
    truncated_reason: Option<String>,
    how_to_go_on: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Service {
    ci: ShortCi,
    before: String,
    can_fail: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    ci: ShortCi,
    can_fail: bool,
    cells: Vec<Cell>,
    down: Long,
    degraded: Long,
    at_risk: Long,
}

#[derive(Debug, Deserialize)]
struct Cell {
    column: usize,
    state: String,
}

pub(super) fn run(options: &Cfia, backend: &Backend, output: &Output) -> anyhow::Result<ExitCode> {
    let csv = options.format == Format::Csv;
    let mut variables = options.premises.variables();
    let own = json!({
        "services": options.services,
        "tiers": (!options.tiers.is_empty()).then_some(&options.tiers),
        "cis": (!options.cis.is_empty()).then_some(&options.cis),
        "minState": options.min_state.as_str(),
        "maxRows": options.max_rows,
        "csv": csv,
        "rows": !csv,
    });
    variables.extend(own.as_object().cloned().unwrap_or_default());
    let mut data: Value = backend.ask(CFIA, &variables.into())?;
    let answer = data["cfia"].take();
    if options.format == Format::Json && !output.is_json() {
        output.raw(&format!("{answer:#}"));
    } else {
        output.json(&answer);
    }
    let found: Found = serde_json::from_value(answer)?;
    match options.format {
        Format::Table => table(&found, output),
        Format::Csv if !output.is_json() => output.raw(found.csv.as_deref().unwrap_or_default().trim_end()),
        Format::Csv | Format::Json => {}
    }
    if !found.complete {
        output.note(&format!(
            "not complete ({}), {} CIs were not tried: {}",
            found.truncated_reason.as_deref().unwrap_or_default(),
            found.untried,
            found.how_to_go_on.as_deref().unwrap_or_default()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn table(found: &Found, output: &Output) {
    let shown = found.services.len().min(COLUMNS_SHOWN);
    let services: Vec<String> = found.services[..shown]
        .iter()
        .map(|service| service.ci.reference())
        .collect();
    let mut headings = vec!["CI", "DOWN", "DEGRADED", "AT RISK"];
    headings.extend(services.iter().map(String::as_str));
    let rows = found.rows.iter().map(|row| {
        let mut fields = vec![
            row.ci.reference(),
            row.down.to_string(),
            row.degraded.to_string(),
            row.at_risk.to_string(),
        ];
        let blank = if row.can_fail { "" } else { "cannot fail" };
        let mut states = vec![blank.to_owned(); shown];
        for cell in row.cells.iter().filter(|cell| cell.column < shown) {
            states[cell.column].clone_from(&cell.state);
        }
        fields.extend(states);
        fields
    });
    output.table(&headings, rows.collect());
    if found.services.len() > shown {
        output.note(&format!(
            "{shown} of {} services shown; counts are of all, and --format csv shows all",
            found.services.len()
        ));
    }
    for service in found.services.iter().filter(|service| !service.can_fail) {
        output.note(&cannot_fail(&service.ci.reference()));
    }
    for service in found.services.iter().filter(|service| service.before != "OK") {
        output.note(&format!(
            "{} is {} with nothing failed",
            service.ci.reference(),
            service.before
        ));
    }
}
