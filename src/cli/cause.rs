//! `linchpin cause`: what probably caused these symptoms?

use std::process::ExitCode;

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::model::ImpactState;

use super::answer::{Long, ShortCi};
use super::backend::{Backend, Document};
use super::output::Output;
use super::premises::Premises;

const CAUSES: Document = Document {
    operation: "ProbableCauses",
    text: include_str!("queries/probable_causes.graphql"),
};

/// Ask what probably caused these symptoms.
#[derive(Args, Debug)]
#[command(after_long_help = "\
First the causes that explain the symptoms together, then single causes by score. A score compares
what a failure would bring about with what was observed: 1 is a perfect fit. Name CIs that are well
with --healthy: they tell the switch from the site. A CI that would be hit and was not looked at
counts little, so name what you know.

Exit code 1: nothing explains any of the symptoms.

Examples:
  linchpin cause application:shop-app business_service:payment
  linchpin cause business_service:shop --healthy web_server:web-01,technical_service:dns --json
  linchpin cause web_server:web-01 --level DOWN --max-causes 1")]
pub(super) struct Cause {
    /// The CIs observed to be bad: each an id, `type:name` or an identifier.
    #[arg(required = true, value_name = "SYMPTOM")]
    symptoms: Vec<String>,
    /// CIs observed to be well.
    #[arg(long, value_name = "CI", value_delimiter = ',')]
    healthy: Vec<String>,
    /// From which state on a CI is bad.
    #[arg(long, value_name = "STATE", default_value = "DEGRADED")]
    level: ImpactState,
    /// Put so many causes together at most.
    #[arg(long, value_name = "N", default_value_t = 3)]
    max_causes: u32,
    /// Try so many candidates at most, the nearest to the symptoms.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    max_candidates: u32,
    /// List so many single causes at most.
    #[arg(long, value_name = "N", default_value_t = 10)]
    first: u32,
    #[command(flatten)]
    premises: Premises,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    complete: bool,
    truncated_reason: Option<String>,
    how_to_go_on: Option<String>,
    total_candidates: Long,
    candidates_considered: Long,
    ranking_count: Long,
    ranking: Vec<Ranked>,
    causes: Vec<Joint>,
    unexplained: Vec<ShortCi>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ranked {
    ci: ShortCi,
    score: String,
    score_value: f64,
    explains: Long,
    misses: Long,
    false_alarms: Long,
    unobserved: Long,
    recent_changes: Vec<Change>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Joint {
    ci: ShortCi,
    #[serde(rename = "jointScore")]
    score: String,
    #[serde(rename = "jointScoreValue")]
    score_value: f64,
    explains: Vec<ShortCi>,
    paired_with: Option<ShortCi>,
}

#[derive(Debug, Deserialize)]
struct Change {
    at: String,
    actor: String,
    source: String,
    kind: String,
    #[serde(rename = "change")]
    what: String,
}

impl Change {
    /// `RELATIONSHIP CREATED by scanner (discovery) at 2026-01-31T12:00:00Z`
    fn told(&self) -> String {
        let Self {
            at,
            actor,
            source,
            kind,
            what,
        } = self;
        format!("{kind} {what} by {actor} ({source}) at {at}")
    }
}

pub(super) fn run(options: &Cause, backend: &Backend, output: &Output) -> anyhow::Result<ExitCode> {
    let mut variables = options.premises.variables();
    let own = json!({
        "symptoms": options.symptoms,
        "healthy": options.healthy,
        "level": options.level.as_str(),
        "maxCauses": options.max_causes,
        "maxCandidates": options.max_candidates,
        "first": options.first,
    });
    variables.extend(own.as_object().cloned().unwrap_or_default());
    let mut data: Value = backend.ask(CAUSES, &variables.into())?;
    let answer = data["probableCauses"].take();
    output.json(&answer);
    let found: Found = serde_json::from_value(answer)?;
    show(&found, output);
    if found.ranking_count.0 == 0 {
        output.note("nothing explains any of the symptoms");
        return Ok(ExitCode::from(super::NO));
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows the causes together, the ranking, what is left over.
fn show(found: &Found, output: &Output) {
    let causes = found.causes.iter().map(|cause| {
        let explained: Vec<String> = cause.explains.iter().map(ShortCi::reference).collect();
        let pair = cause.paired_with.as_ref();
        let pair = pair.map(|other| format!("only together with {}", other.reference()));
        vec![
            cause.ci.reference(),
            scored(cause.score_value, &cause.score),
            explained.join(", "),
            pair.unwrap_or_default(),
        ]
    });
    let headings = ["TOGETHER", "SCORE SO FAR", "EXPLAINS", "NOTE"];
    output.table(&headings, causes.collect());
    for symptom in &found.unexplained {
        output.line(&format!("unexplained: {}", symptom.reference()));
    }
    if !found.causes.is_empty() {
        output.line("");
    }
    let ranking = found.ranking.iter().map(|cause| {
        let newest = cause.recent_changes.first();
        vec![
            cause.ci.reference(),
            scored(cause.score_value, &cause.score),
            cause.explains.to_string(),
            cause.misses.to_string(),
            cause.false_alarms.to_string(),
            cause.unobserved.to_string(),
            newest.map(Change::told).unwrap_or_default(),
        ]
    });
    let headings = [
        "CAUSE",
        "SCORE",
        "EXPLAINS",
        "MISSES",
        "FALSE",
        "UNOBSERVED",
        "LAST CHANGE",
    ];
    output.table(&headings, ranking.collect());
    let listed = found.ranking.len() as u64;
    if found.ranking_count.0 > listed {
        output.note(&format!("{listed} of {}; --first shows more", found.ranking_count));
    }
    if !found.complete {
        output.note(&format!(
            "not complete ({}), {} of {} candidates were tried: {}",
            found.truncated_reason.as_deref().unwrap_or_default(),
            found.candidates_considered,
            found.total_candidates,
            found.how_to_go_on.as_deref().unwrap_or_default()
        ));
    }
}

/// `0.930 (40/43)`
fn scored(value: f64, exact: &str) -> String {
    format!("{value:.3} ({exact})")
}
