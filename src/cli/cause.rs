//! `linchpin cause`: what probably caused these symptoms?

use std::process::ExitCode;

use clap::Args;
use clap::builder::{NonEmptyStringValueParser, TypedValueParser};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::model::redundancy::WeightError;
use crate::model::{ImpactState, Weight};

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

An observation counts 1, or as much as is written behind it: how surely or how badly it was seen, such
as the deviation of a metric. CI=3 counts like three plain observations that agree, from 1 to 1000000.

Exit code 1: nothing explains any of the symptoms.

Examples:
  linchpin cause application:shop-app business_service:payment
  linchpin cause business_service:shop --healthy web_server:web-01,technical_service:dns --json
  linchpin cause application:shop-app=12 business_service:payment=3 --healthy web_server:web-01=5
  linchpin cause web_server:web-01 --level DOWN --max-causes 1")]
pub(super) struct Cause {
    /// The CIs observed to be bad: each an id, `type:name` or an identifier, with its weight if that is
    /// not 1.
    #[arg(required = true, value_name = "SYMPTOM[=WEIGHT]", value_parser = CiAndWeight::parser())]
    symptoms: Vec<CiAndWeight>,
    /// CIs observed to be well, with their weights if they are not 1.
    #[arg(long, value_name = "CI[=WEIGHT]", value_delimiter = ',', value_parser = CiAndWeight::parser())]
    healthy: Vec<CiAndWeight>,
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

/// A CI that was observed, and what that counts as if it is said.
#[derive(Clone, Debug, PartialEq, Eq)]
struct CiAndWeight {
    ci: String,
    weight: Option<Weight>,
}

impl CiAndWeight {
    /// Reads `CI` or `CI=WEIGHT`. References may hold `=` themselves, so only a number behind the last
    /// one is taken for a weight.
    fn read(text: &str) -> Result<Self, WeightError> {
        let number = text.rsplit_once('=').filter(|(_, tail)| tail.parse::<f64>().is_ok());
        let Some((ci, number)) = number else {
            return Ok(Self {
                ci: text.to_owned(),
                weight: None,
            });
        };
        let whole = number.parse().map_err(|_| WeightError(number.to_owned()))?;
        Ok(Self {
            ci: ci.to_owned(),
            weight: Some(Weight::new(whole)?),
        })
    }

    /// Reads an argument as [`CiAndWeight::read`] does.
    fn parser() -> impl TypedValueParser<Value = Self> {
        NonEmptyStringValueParser::new().try_map(|text| Self::read(&text))
    }

    /// As the API takes it, if a weight is said.
    fn to_json(&self) -> Option<Value> {
        let weight = self.weight?.get();
        Some(json!({ "ref": self.ci, "weight": weight }))
    }
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
    explains_weight: Long,
    misses_weight: Long,
    false_alarms_weight: Long,
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
    let cis = |observed: &[CiAndWeight]| -> Vec<String> { observed.iter().map(|one| one.ci.clone()).collect() };
    let observed = options.symptoms.iter().chain(&options.healthy);
    let weights: Vec<Value> = observed.filter_map(CiAndWeight::to_json).collect();
    let are_weighed = !weights.is_empty();
    let own = json!({
        "symptoms": cis(&options.symptoms),
        "healthy": cis(&options.healthy),
        "weights": weights,
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
    show(&found, are_weighed, output);
    if found.ranking_count.0 == 0 {
        output.note("nothing explains any of the symptoms");
        return Ok(ExitCode::from(super::NO));
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows the causes together, the ranking, what is left over.
fn show(found: &Found, are_weighed: bool, output: &Output) {
    show_together(found, output);
    show_ranking(found, are_weighed, output);
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

fn show_together(found: &Found, output: &Output) {
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
}

/// Shows the single causes; what observations weigh where weights were given.
fn show_ranking(found: &Found, are_weighed: bool, output: &Output) {
    let counted = |count: Long, weight: Long| {
        if are_weighed {
            format!("{count} ({weight})")
        } else {
            count.to_string()
        }
    };
    let ranking = found.ranking.iter().map(|cause| {
        let newest = cause.recent_changes.first();
        vec![
            cause.ci.reference(),
            scored(cause.score_value, &cause.score),
            counted(cause.explains, cause.explains_weight),
            counted(cause.misses, cause.misses_weight),
            counted(cause.false_alarms, cause.false_alarms_weight),
            cause.unobserved.to_string(),
            newest.map(Change::told).unwrap_or_default(),
        ]
    });
    let headings = if are_weighed {
        ["EXPLAINS (WEIGHT)", "MISSES (WEIGHT)", "FALSE (WEIGHT)"]
    } else {
        ["EXPLAINS", "MISSES", "FALSE"]
    };
    let [explains, misses, false_alarms] = headings;
    let headings = [
        "CAUSE",
        "SCORE",
        explains,
        misses,
        false_alarms,
        "UNOBSERVED",
        "LAST CHANGE",
    ];
    output.table(&headings, ranking.collect());
}

/// `0.930 (40/43)`
fn scored(value: f64, exact: &str) -> String {
    format!("{value:.3} ({exact})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_behind_the_last_equals_sign_is_a_weight() {
        let read = |text: &str| {
            let read = CiAndWeight::read(text).expect("readable");
            (read.ci, read.weight.map(Weight::get))
        };
        assert_eq!(
            read("application:shop-app=12"),
            ("application:shop-app".to_owned(), Some(12))
        );
        for text in ["application:shop-app", "label:a=b", "label:a=b=", "label:a="] {
            assert_eq!(read(text), (text.to_owned(), None));
        }
        assert_eq!(read("label:a=b=3"), ("label:a=b".to_owned(), Some(3)));
        for (text, number) in [
            ("a=0", "0"),
            ("a=-1", "-1"),
            ("a=1.5", "1.5"),
            ("a=1000001", "1000001"),
            ("a=99999999999999999999", "99999999999999999999"),
        ] {
            let refused = CiAndWeight::read(text).expect_err("no weight").to_string();
            let expected = format!("`{number}` is no weight: use a whole number from 1 to 1000000");
            assert_eq!(refused, expected);
        }
    }
}
