//! `linchpin scenario`: what would a plan change?

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::ErrorCode;
use crate::model::ImpactState;

use super::Failure;
use super::answer::{Long, ShortCi};
use super::backend::{Backend, Document};
use super::output::Output;
use super::premises::{CiAndState, Premises};

const SCENARIO: Document = Document {
    operation: "Scenario",
    text: include_str!("queries/scenario.graphql"),
};

/// Ask what a plan would change, without writing anything.
#[derive(Args, Debug)]
#[command(after_long_help = "\
A plan is a file with a JSON list of commands, each as the mutation `execute` takes it:
  [ { \"unrelate\": { \"id\": \"rel:17\" } },
    { \"moveConfigurationItem\": { \"ref\": \"switch:sw-01\", \"stage\": \"MAINTENANCE\" } } ]
Its commands are checked and refused like any others; each sees those before it, and names a CI that
one of them creates by type:name, or by the id given to it there. Then today and the plan are
compared: what the failures named by --fail do to each, and which single points of failure come and
go. The recorded lifecycle stages count, so that a planned move through life shows; with
--structural every CI starts well.

Examples:
  linchpin scenario plan.json
  linchpin scenario plan.json --fail switch:sw-01
  linchpin scenario plan.json --service business_service:shop --level DEGRADED --json")]
pub(super) struct Scenario {
    /// The file of the plan.
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// These fail, in both: each an id, `type:name` or an identifier, DOWN if no state is said.
    #[arg(long = "fail", value_name = "CI[=STATE]", value_delimiter = ',', value_parser = CiAndState::parser())]
    failed: Vec<CiAndState>,
    /// Compare the single points of failure of these services, instead of all that the plan can touch.
    #[arg(long = "service", value_name = "CI", value_delimiter = ',')]
    services: Vec<String>,
    /// From which state of a service on a failure counts.
    #[arg(long, value_name = "STATE", default_value = "DOWN")]
    level: ImpactState,
    /// Start with every CI well, instead of from the recorded lifecycle stages.
    #[arg(long, conflicts_with = "current")]
    structural: bool,
    /// List so many CIs at most whose state differs.
    #[arg(long, value_name = "N", default_value_t = 50)]
    first: u32,
    #[command(flatten)]
    premises: Premises,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Comparison {
    complete: bool,
    how_to_go_on: Option<String>,
    today: Side,
    planned: Side,
    differing_count: Long,
    differing: Vec<Differing>,
    services: Vec<Service>,
}

#[derive(Debug, Deserialize)]
struct Side {
    counts: Counts,
    warnings: Vec<Warning>,
}

#[derive(Debug, Deserialize)]
struct Warning {
    code: String,
    count: Long,
    samples: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    at_risk: Long,
    degraded: Long,
    down: Long,
}

#[derive(Debug, Deserialize)]
struct Differing {
    ci: ShortCi,
    today: Option<String>,
    planned: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Service {
    #[serde(rename = "service")]
    ci: ShortCi,
    today: Option<String>,
    planned: Option<String>,
    new_single_points_of_failure: Vec<ShortCi>,
    vanished_single_points_of_failure: Vec<ShortCi>,
    common_count: Long,
}

impl Comparison {
    fn has_failures(&self) -> bool {
        let hits = |side: &Side| side.counts.at_risk.0 + side.counts.degraded.0 + side.counts.down.0;
        hits(&self.today) + hits(&self.planned) > 0
    }
}

pub(super) fn run(options: &Scenario, backend: &Backend, output: &Output) -> anyhow::Result<ExitCode> {
    let failed = options.failed.iter().map(|ci| ci.to_json(ImpactState::Down));
    let mut variables = options.premises.variables();
    let own = json!({
        "commands": plan(&options.plan)?,
        "failed": failed.collect::<Vec<_>>(),
        "services": (!options.services.is_empty()).then_some(&options.services),
        "level": options.level.as_str(),
        "first": options.first,
        "startingState": if options.structural { "STRUCTURAL" } else { "CURRENT" },
    });
    variables.extend(own.as_object().cloned().unwrap_or_default());
    let mut data: Value = backend.ask(SCENARIO, &variables.into())?;
    let answer = data["scenario"].take();
    output.json(&answer);
    let comparison: Comparison = serde_json::from_value(answer["compare"].clone())?;
    show(&comparison, output);
    Ok(ExitCode::SUCCESS)
}

fn plan(path: &PathBuf) -> Result<Value, Failure> {
    let unusable = |error: &dyn std::fmt::Display| {
        let message = format!("{}: {error}", path.display());
        Failure::new(ErrorCode::FileUnusable, message)
    };
    let text = std::fs::read(path).map_err(|error| unusable(&error))?;
    serde_json::from_slice(&text).map_err(|error| unusable(&error))
}

/// Shows what differs: counts, CIs, single points of failure.
fn show(comparison: &Comparison, output: &Output) {
    let side = |name: &str, side: &Side| {
        let Counts {
            at_risk,
            degraded,
            down,
        } = &side.counts;
        vec![
            name.to_owned(),
            down.to_string(),
            degraded.to_string(),
            at_risk.to_string(),
        ]
    };
    if comparison.has_failures() {
        let sides = vec![side("today", &comparison.today), side("planned", &comparison.planned)];
        output.table(&["FAILURE HITS", "DOWN", "DEGRADED", "AT_RISK"], sides);
    }
    for (name, side) in [("today", &comparison.today), ("planned", &comparison.planned)] {
        for warning in side.warnings.iter().filter(|warning| warning.code.starts_with("ROOT_")) {
            let samples = warning.samples.join(", ");
            let count = warning.count;
            output.note(&format!(
                "{name}: {count} cannot fail there ({}): {samples}",
                warning.code
            ));
        }
    }
    let state = |state: &Option<String>| state.clone().unwrap_or_else(|| "-".to_owned());
    let differing = comparison.differing.iter();
    let differing = differing.map(|one| vec![one.ci.reference(), state(&one.today), state(&one.planned)]);
    output.table(&["CI", "TODAY", "PLANNED"], differing.collect());
    let listed = comparison.differing.len() as u64;
    if comparison.differing_count.0 > listed {
        output.note(&format!(
            "{listed} of {} that differ; --first shows more",
            comparison.differing_count
        ));
    }
    let names = |cis: &[ShortCi]| {
        let names: Vec<String> = cis.iter().map(ShortCi::reference).collect();
        names.join(", ")
    };
    let services = comparison.services.iter().map(|one| {
        vec![
            one.ci.reference(),
            format!("{} -> {}", state(&one.today), state(&one.planned)),
            names(&one.new_single_points_of_failure),
            names(&one.vanished_single_points_of_failure),
            one.common_count.to_string(),
        ]
    });
    let headings = [
        "SERVICE",
        "BEFORE ANY FAILURE",
        "NEW SINGLE POINTS OF FAILURE",
        "VANISHED",
        "UNCHANGED",
    ];
    output.table(&headings, services.collect());
    if !comparison.complete {
        output.note(&format!(
            "not complete: {}",
            comparison.how_to_go_on.as_deref().unwrap_or_default()
        ));
    }
}
