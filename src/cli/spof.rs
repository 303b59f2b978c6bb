//! `linchpin spof`: what takes this down alone?

use std::process::ExitCode;

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::model::ImpactState;

use super::answer::{Long, ShortCi, cannot_fail};
use super::backend::{Backend, Document};
use super::output::Output;
use super::premises::Premises;

const SINGLE_POINTS: Document = Document {
    operation: "SinglePointsOfFailure",
    text: include_str!("queries/single_points_of_failure.graphql"),
};

/// Find single points of failure.
#[derive(Args, Debug)]
#[command(after_long_help = "\
A single point of failure of a CI is another one whose failure alone brings it DOWN, or to the state
given by --level. With --starting-failed the question is N-1: what becomes one once these are gone?

Examples:
  linchpin spof business_service:shop
  linchpin spof --tier 1,2 --json
  linchpin spof business_service:shop --starting-failed switch:sw-01
  linchpin spof business_service:shop --level DEGRADED")]
pub(super) struct Spof {
    /// The CIs: each an id, `type:name` or an identifier.
    #[arg(required_unless_present = "tiers", value_name = "CI")]
    targets: Vec<String>,
    /// All CIs in use of these tiers.
    #[arg(long = "tier", value_name = "TIER", value_delimiter = ',', value_parser = clap::value_parser!(u8).range(1..=4))]
    tiers: Vec<u8>,
    /// The state that a single failure brings them to.
    #[arg(long, value_name = "STATE", default_value = "DOWN")]
    level: ImpactState,
    /// Look at so many CIs at most.
    #[arg(long, value_name = "N", default_value_t = 100)]
    max_targets: u32,
    /// List so many single points of failure of each at most.
    #[arg(long, value_name = "N", default_value_t = 100)]
    first: u32,
    #[command(flatten)]
    premises: Premises,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    targets: Vec<Target>,
    total_targets: Long,
    complete: bool,
    truncated_reason: Option<String>,
    how_to_go_on: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Target {
    #[serde(rename = "target")]
    ci: ShortCi,
    before: String,
    can_fail: bool,
    points: Vec<Point>,
    total_count: Long,
    undecided: Long,
    complete: bool,
}

#[derive(Debug, Deserialize)]
struct Point {
    ci: ShortCi,
    depth: u32,
}

pub(super) fn run(options: &Spof, backend: &Backend, output: &Output) -> anyhow::Result<ExitCode> {
    let mut variables = options.premises.variables();
    let own = json!({
        "targets": options.targets,
        "tiers": (!options.tiers.is_empty()).then_some(&options.tiers),
        "level": options.level.as_str(),
        "maxTargets": options.max_targets,
        "first": options.first,
    });
    variables.extend(own.as_object().cloned().unwrap_or_default());
    let mut data: Value = backend.ask(SINGLE_POINTS, &variables.into())?;
    let answer = data["singlePointsOfFailure"].take();
    output.json(&answer);
    let found: Found = serde_json::from_value(answer)?;
    let rows = found.targets.iter().flat_map(|target| {
        let points = target
            .points
            .iter()
            .map(|point| vec![target.ci.reference(), point.depth.to_string(), point.ci.reference()]);
        points.collect::<Vec<_>>()
    });
    output.table(&["CI", "DEPTH", "SINGLE POINT OF FAILURE"], rows.collect());
    for target in &found.targets {
        remark(target, output);
    }
    if !found.complete {
        output.note(&format!(
            "not complete ({}), {} of {} CIs were looked at: {}",
            found.truncated_reason.as_deref().unwrap_or_default(),
            found.targets.len(),
            found.total_targets,
            found.how_to_go_on.as_deref().unwrap_or_default()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// What a table of single points of failure cannot say of a CI.
fn remark(target: &Target, output: &Output) {
    let name = target.ci.reference();
    let listed = target.points.len() as u64;
    if !target.can_fail {
        output.note(&cannot_fail(&name));
    } else if !target.complete {
        output.note(&format!(
            "{name}: not complete, {} CIs are undecided; there may be more",
            target.undecided
        ));
    } else if target.before != "OK" {
        output.note(&format!("{name}: {} with nothing failed", target.before));
    } else if target.total_count.0 == 0 {
        output.note(&format!("{name}: no single point of failure"));
    }
    if target.total_count.0 > listed {
        output.note(&format!(
            "{name}: {listed} of {}; --first shows more",
            target.total_count
        ));
    }
}
