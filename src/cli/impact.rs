//! `linchpin impact`: what breaks if this breaks?

mod condition;
mod show;

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use crate::model::ImpactState;

use super::backend::{Backend, Document};
use super::output::Output;
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
  linchpin impact router:fra1-rtr-1 --current --assume business_service:billing=OK --json")]
pub(super) struct Impact {
    /// The CIs that fail: each an id, `type:name` or an identifier.
    #[arg(required = true, value_name = "CI")]
    cis: Vec<String>,
    /// The state they fall into.
    #[arg(long, value_name = "STATE", default_value = "DOWN")]
    state: ImpactState,
    /// Start from the recorded lifecycle stages: what is down already is no news.
    #[arg(long)]
    current: bool,
    /// These fail before the question is asked, as targets of other changes do.
    #[arg(long, value_name = "CI", value_delimiter = ',')]
    starting_failed: Vec<String>,
    /// Take the state of a CI as given, whatever it stands on.
    #[arg(long, value_name = "CI=STATE", value_parser = assumption)]
    assume: Vec<Assumption>,
    /// Follow the failure so many steps only.
    #[arg(long, value_name = "N")]
    depth: Option<u32>,
    /// Relationships of these types carry nothing.
    #[arg(long = "exclude-type", value_name = "TYPE", value_delimiter = ',')]
    exclude_types: Vec<String>,
    /// How far `AT_RISK` is passed on: everywhere, or only where redundancy was lost.
    #[arg(long, value_enum, default_value_t)]
    at_risk: AtRisk,
    /// Leave out failed CIs that do not exist, with a warning.
    #[arg(long)]
    ignore_missing: bool,
    /// List impacted CIs from this state on; counts are always complete.
    #[arg(long, value_name = "STATE", default_value = "DEGRADED")]
    min_state: ImpactState,
    /// List so many impacted CIs at most.
    #[arg(long, value_name = "N", default_value_t = 50)]
    first: u32,
    /// Exit with code 10 if one of these conditions is met.
    #[arg(long, value_name = "CONDITION", value_delimiter = ',')]
    fail_on: Vec<Condition>,
}

/// How far `AT_RISK` is passed on.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum AtRisk {
    /// Along every relationship that passes states on.
    #[default]
    Transitive,
    /// Not at all.
    Local,
}

#[derive(Clone, Debug)]
struct Assumption {
    ci: String,
    state: ImpactState,
}

/// References may hold `=` themselves, so the last one parts.
fn assumption(text: &str) -> Result<Assumption, String> {
    let (ci, state) = text.rsplit_once('=').ok_or_else(|| "write it as CI=STATE".to_owned())?;
    Ok(Assumption {
        ci: ci.to_owned(),
        state: state.parse().map_err(|error| format!("{error}"))?,
    })
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
    output.json(&answer);
    show::show(&report, options.min_state, output);
    if met.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    output.note(&format!("condition met: {}", met.join(", ")));
    Ok(ExitCode::from(super::CONDITION_MET))
}

fn variables(options: &Impact) -> Value {
    let named = |ci: &String| json!({ "ref": ci, "state": options.state.as_str() });
    let starting = |ci: &String| json!({ "ref": ci, "state": ImpactState::Down.as_str() });
    let assumed = |assumed: &Assumption| json!({ "ref": assumed.ci, "state": assumed.state.as_str() });
    json!({
        "failed": options.cis.iter().map(named).collect::<Vec<_>>(),
        "startingState": if options.current { "CURRENT" } else { "STRUCTURAL" },
        "startingFailed": options.starting_failed.iter().map(starting).collect::<Vec<_>>(),
        "assume": options.assume.iter().map(assumed).collect::<Vec<_>>(),
        "maxDepth": options.depth,
        "excludeTypes": options.exclude_types,
        "atRisk": match options.at_risk { AtRisk::Transitive => "TRANSITIVE", AtRisk::Local => "LOCAL" },
        "ignoreMissing": options.ignore_missing,
        "filter": { "minState": options.min_state.as_str() },
        "first": options.first,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assumption_is_parted_at_its_last_equals_sign() {
        let read = assumption("service:a=b=AT_RISK").expect("an assumption");
        assert_eq!((read.ci.as_str(), read.state), ("service:a=b", ImpactState::AtRisk));
        assert!(assumption("service:a").is_err());
        assert!(assumption("service:a=broken").is_err());
    }
}
