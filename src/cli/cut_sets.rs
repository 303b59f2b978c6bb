//! `linchpin cut-sets`: what takes this down together?

use std::process::ExitCode;

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::model::ImpactState;

use super::answer::{ShortCi, cannot_fail};
use super::backend::{Backend, Document};
use super::output::Output;
use super::premises::Premises;

const CUT_SETS: Document = Document {
    operation: "CutSets",
    text: include_str!("queries/cut_sets.graphql"),
};

/// Find the smallest combinations of failures that take a CI down.
#[derive(Args, Debug)]
#[command(after_long_help = "\
A cut set is a set of CIs that together bring a CI DOWN, or to the state given by --level, and none
of which can be left out. Those of one CI are the single points of failure.

Examples:
  linchpin cut-sets business_service:shop
  linchpin cut-sets business_service:shop --max-size 2 --json")]
pub(super) struct CutSets {
    /// The CI: an id, `type:name` or an identifier.
    target: String,
    /// The state that the failures bring it to.
    #[arg(long, value_name = "STATE", default_value = "DOWN")]
    level: ImpactState,
    /// So many CIs in a set at most, up to 5: larger sets take very much longer.
    #[arg(long, value_name = "N", default_value_t = 3)]
    max_size: u32,
    /// Find so many sets at most, the smallest first; up to 10,000.
    #[arg(long, value_name = "N", default_value_t = 100)]
    max_count: u32,
    #[command(flatten)]
    premises: Premises,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    target: ShortCi,
    before: String,
    can_fail: bool,
    cut_sets: Vec<CutSet>,
    complete: bool,
    truncated_reason: Option<String>,
    how_to_go_on: Option<String>,
}

#[derive(Debug, Deserialize)]
struct CutSet {
    cis: Vec<ShortCi>,
}

pub(super) fn run(options: &CutSets, backend: &Backend, output: &Output) -> anyhow::Result<ExitCode> {
    let mut variables = options.premises.variables();
    let own = json!({
        "target": options.target,
        "level": options.level.as_str(),
        "maxSize": options.max_size,
        "maxCount": options.max_count,
    });
    variables.extend(own.as_object().cloned().unwrap_or_default());
    let mut data: Value = backend.ask(CUT_SETS, &variables.into())?;
    let answer = data["cutSets"].take();
    output.json(&answer);
    let found: Found = serde_json::from_value(answer)?;
    let rows = found.cut_sets.iter().map(|cut| {
        let cis: Vec<String> = cut.cis.iter().map(ShortCi::reference).collect();
        vec![cis.len().to_string(), cis.join(" + ")]
    });
    output.table(&["SIZE", "CUT SET"], rows.collect());
    let target = found.target.reference();
    if !found.can_fail {
        output.note(&cannot_fail(&target));
    } else if found.before != "OK" {
        output.note(&format!("{target} is {} with nothing failed", found.before));
    } else if found.complete && found.cut_sets.is_empty() {
        let size = options.max_size;
        output.note(&format!(
            "no {size} failures or fewer bring {target} to {}",
            options.level
        ));
    }
    if !found.complete {
        output.note(&format!(
            "not complete ({}): {}",
            found.truncated_reason.as_deref().unwrap_or_default(),
            found.how_to_go_on.as_deref().unwrap_or_default()
        ));
    }
    Ok(ExitCode::SUCCESS)
}
