//! `linchpin path`: how two CIs hang together.

use std::process::ExitCode;

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Long, Phrases, ShortCi};
use super::backend::{Backend, Document};
use super::output::Output;

const PATHS: Document = Document {
    operation: "Paths",
    text: include_str!("queries/paths.graphql"),
};

/// Show the shortest paths between two CIs.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Exit code 1: there is no path.

Examples:
  linchpin path business_service:shop switch:sw-01
  linchpin path web_server:web-01 rack:rack-01 --type runs_on,located_in --direction outgoing")]
pub(super) struct Path {
    /// Where the paths begin.
    from: String,
    /// Where they end.
    to: String,
    /// Only along relationships of these types.
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    types: Vec<String>,
    /// Which way to follow relationships.
    #[arg(long, value_enum, default_value_t)]
    direction: Direction,
    /// Show so many paths at most.
    #[arg(long, value_name = "N", default_value_t = 5)]
    first: u32,
}

/// Which way to follow relationships.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub(super) enum Direction {
    /// From start to end, as the forward phrase reads.
    Outgoing,
    /// From end to start, as the reverse phrase reads.
    Incoming,
    /// Both.
    #[default]
    Both,
}

impl Direction {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Outgoing => "OUTGOING",
            Self::Incoming => "INCOMING",
            Self::Both => "BOTH",
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    paths: Vec<Hops>,
    length: Option<Long>,
    complete: bool,
    truncated_reason: Option<String>,
    how_to_go_on: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Hops {
    from: ShortCi,
    steps: Vec<Step>,
}

#[derive(Debug, Deserialize)]
struct Step {
    forward: bool,
    relationship: Link,
    ci: ShortCi,
}

#[derive(Debug, Deserialize)]
struct Link {
    #[serde(rename = "type")]
    phrases: Phrases,
}

pub(super) fn run(options: &Path, backend: &Backend, output: &Output) -> anyhow::Result<ExitCode> {
    let types = (!options.types.is_empty()).then_some(&options.types);
    let variables = json!({
        "from": options.from, "to": options.to, "relationshipTypes": types,
        "direction": options.direction.as_str(), "first": options.first,
    });
    let mut data: Value = backend.ask(PATHS, &variables)?;
    let answer = data["paths"].take();
    output.json(&answer);
    let found: Found = serde_json::from_value(answer)?;
    for path in &found.paths {
        output.line(&told(path));
    }
    if !found.complete {
        let reason = found.truncated_reason.unwrap_or_default();
        output.note(&format!(
            "not complete ({reason}): {}",
            found.how_to_go_on.unwrap_or_default()
        ));
    }
    if found.length.is_none() {
        output.note("no path");
        return Ok(ExitCode::from(super::NO));
    }
    Ok(ExitCode::SUCCESS)
}

/// `business_service:shop --depends on--> application:shop-app <--runs on-- ...`
fn told(path: &Hops) -> String {
    let mut text = path.from.reference();
    for step in &path.steps {
        let phrases = &step.relationship.phrases;
        let phrase = if step.forward {
            &phrases.forward_phrase
        } else {
            &phrases.reverse_phrase
        };
        text = format!("{text}\n  {phrase} {}", step.ci.reference());
    }
    text
}
