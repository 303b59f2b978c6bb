//! `linchpin impact`: what breaks if this breaks?

mod condition;
mod evidence;
mod proof;
mod show;

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use crate::model::ImpactState;

use super::backend::{Backend, Document};
use super::drawing::Drawing;
use super::output::Output;
use super::premises::{CiAndState, Premises};
use condition::Condition;
use show::ImpactReport;

const IMPACT: Document = Document {
    operation: "Impact",
    text: include_str!("queries/impact.graphql"),
};

/// Ask what breaks if these CIs break.
#[derive(Args, Debug)]
#[command(after_long_help = "\
States, best to worst: OK, AT_RISK (works, but has lost redundancy), DEGRADED (works worse), DOWN.
A CI is impacted if it is worse off after the failure than before. Every impacted CI comes with its
depth (how many steps the failure took to it) and the cause of its last step.

Conditions of --fail-on: a scope, a dash, and the state from which it is met.
  tier1-down        a service of tier 1 goes DOWN; tier2-down: of tier 1 or 2, and so on
  service-degraded  a CI with any tier becomes DEGRADED or worse
  any-at-risk       any CI becomes AT_RISK or worse
  incomplete        a limit was met, so there may be more
Exit code 10: a condition is met.

Examples:
  linchpin impact physical_server:host-01
  linchpin impact switch:sw-01 --fail-on tier1-down,incomplete
  linchpin impact web_server:web-01 web_server:web-02 --state DEGRADED --min-state AT_RISK
  linchpin impact router:fra1-rtr-1 --current --assume business_service:billing=OK --json
  linchpin impact physical_server:host-01 --prove business_service:shop
  linchpin impact switch:sw-01 --min-state AT_RISK --draw mermaid")]
pub(super) struct Impact {
    /// The CIs that fail: each an id, `type:name` or an identifier, with a state if it is not that of
    /// --state.
    #[arg(required_unless_present = "relationships", value_name = "CI[=STATE]", value_parser = CiAndState::parser())]
    cis: Vec<CiAndState>,
    /// The state they fall into.
    #[arg(long, value_name = "STATE", default_value = "DOWN")]
    state: ImpactState,
    /// These relationships fail: ids.
    #[arg(long = "relationship", value_name = "ID", value_delimiter = ',')]
    relationships: Vec<String>,
    /// Follow the failure so many steps only.
    #[arg(long, value_name = "N")]
    depth: Option<u32>,
    /// Look at so many links at most; the answer is then a lower bound.
    #[arg(long, value_name = "N")]
    max_links: Option<u64>,
    /// Follow the failure until so many CIs are touched; the answer is then a lower bound.
    #[arg(long, value_name = "N")]
    max_cis: Option<u64>,
    /// Leave out failed CIs that do not exist, with a warning.
    #[arg(long)]
    ignore_missing: bool,
    #[command(flatten)]
    premises: Premises,
    /// List impacted CIs from this state on; counts are always complete.
    #[arg(long, value_name = "STATE", default_value = "DEGRADED")]
    min_state: ImpactState,
    /// List only CIs of these types or their subtypes.
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    types: Vec<String>,
    /// List only CIs with all these tags.
    #[arg(long = "tag", value_name = "TAG", value_delimiter = ',')]
    tags: Vec<String>,
    /// List so many impacted CIs at most.
    #[arg(long, value_name = "N", default_value_t = 50)]
    first: u32,
    /// Write the listed CIs as a picture instead, for drawing programs.
    #[arg(long, value_enum, value_name = "FORMAT")]
    draw: Option<Drawing>,
    /// Show, instead of the report, everything that put this CI into its state, not only one path.
    #[arg(long, value_name = "CI", conflicts_with = "draw")]
    prove: Option<String>,
    /// Exit with code 10 if one of these conditions is met.
    #[arg(long, value_name = "CONDITION", value_delimiter = ',')]
    fail_on: Vec<Condition>,
}

pub(super) fn run(options: &Impact, backend: &Backend, output: &Output) -> anyhow::Result<ExitCode> {
    let mut data: Value = backend.ask(IMPACT, &variables(options))?;
    let mut answer = data["impact"].take();
    let report: ImpactReport = serde_json::from_value(answer.clone())?;
    let met: Vec<String> = options
        .fail_on
        .iter()
        .filter(|condition| condition.is_met(&report))
        .map(ToString::to_string)
        .collect();
    if !options.fail_on.is_empty() {
        answer["conditionsMet"] = json!(met);
    }
    if let Some(drawing) = answer["drawing"]["text"].as_str() {
        output.raw(drawing);
    } else {
        output.json(&answer);
        match &options.prove {
            Some(ci) => show::show_proof(&report, ci, output),
            None => show::show(&report, options.min_state, output),
        }
    }
    if met.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    output.note(&format!("condition met: {}", met.join(", ")));
    Ok(ExitCode::from(super::CONDITION_MET))
}

fn variables(options: &Impact) -> Value {
    let failed: Vec<Value> = options.cis.iter().map(|ci| ci.to_json(options.state)).collect();
    let some = |list: &[String]| (!list.is_empty()).then(|| list.to_vec());
    let mut variables = options.premises.variables();
    let own = json!({
        "failed": failed,
        "failedRelationships": options.relationships,
        "maxDepth": options.depth,
        "ignoreMissing": options.ignore_missing,
        "filter": {
            "minState": options.min_state.as_str(),
            "types": some(&options.types),
            "tags": some(&options.tags),
        },
        "limits": { "maxLinks": options.max_links, "maxCis": options.max_cis },
        "first": options.first,
        "drawing": options.draw.unwrap_or(Drawing::Dot).as_str(),
        "draw": options.draw.is_some(),
        "proven": options.prove.as_deref().unwrap_or_default(),
        "prove": options.prove.is_some(),
    });
    variables.extend(own.as_object().cloned().unwrap_or_default());
    variables.into()
}
