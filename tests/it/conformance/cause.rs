//! Cases about causes: single ones ranked, and several put together.

use serde_json::{Value, json};

use super::case::premises;
use super::estate::Recorded;
use crate::process::Client;

const CAUSES: &str = "query Case(
  $symptoms: [String!]!, $healthy: [String!], $level: ImpactState!, $causes: Int!, $start: StartingState!,
  $before: [FailedCi!], $assume: [FailedCi!], $at: DateTime, $exclude: [String!], $atRisk: AtRiskReading!,
  $grounded: Boolean!
) {
  probableCauses(
    symptoms: $symptoms, healthy: $healthy, level: $level, maxCauses: $causes, startingState: $start,
    startingFailed: $before, assume: $assume, at: $at, excludeTypes: $exclude, atRisk: $atRisk,
    grounded: $grounded, first: 200
  ) {
    complete
    ranking { ci { id } score explains misses falseAlarms unobserved }
    causes { ci { id } }
    unexplained { id }
  }
}";

pub(super) fn ask(client: &Client, query: &Value, recorded: &Recorded) -> Value {
    let named = |key: &str| -> Vec<String> { list(&query[key]).map(|name| recorded.reference(name)).collect() };
    let mut variables = premises(query, recorded);
    let own = json!({
        "symptoms": named("symptoms"),
        "healthy": named("healthy"),
        "level": if query["level"].is_null() { json!("DEGRADED") } else { query["level"].clone() },
        "causes": if query["max_causes"].is_null() { json!(3) } else { query["max_causes"].clone() },
    });
    variables.extend(own.as_object().cloned().unwrap_or_default());
    client.graphql(CAUSES, &variables.into())
}

/// Everything in which an answer differs from what is expected.
pub(super) fn compare(expect: &Value, recorded: &Recorded, found: &Value) -> Vec<String> {
    let mut differ = Vec::new();
    if found["complete"] != true {
        differ.push("the answer is not complete".to_owned());
    }
    if !expect["ranking"].is_null() {
        let ranking: Vec<Value> = list(&found["ranking"]).map(|cause| ranked(cause, recorded)).collect();
        let expected: Vec<&Value> = list(&expect["ranking"]).collect();
        let alike = |(found, expected): (&Value, &&Value)| {
            let mut expected = expected.as_object().into_iter().flatten();
            expected.all(|(key, value)| match key.as_str() {
                "score" => same_score(&found["score"], value),
                _ => found[spelling(key)] == *value,
            })
        };
        if ranking.len() != expected.len() || !ranking.iter().zip(&expected).all(alike) {
            differ.push(format!(
                "the ranking is {}, expected {}",
                json!(ranking),
                expect["ranking"]
            ));
        }
    }
    let mut same = |what: &str, found: Vec<String>| {
        if !expect[what].is_null() && json!(found) != expect[what] {
            differ.push(format!("{what} are {found:?}, expected {}", expect[what]));
        }
    };
    let causes = list(&found["causes"]).map(|cause| recorded.name(&cause["ci"]));
    same("causes", causes.collect());
    let unexplained = list(&found["unexplained"]).map(|ci| recorded.name(ci));
    same("unexplained", unexplained.collect());
    differ
}

/// A ranked cause in the words of the cases.
fn ranked(cause: &Value, recorded: &Recorded) -> Value {
    json!({
        "ci": recorded.name(&cause["ci"]),
        "score": cause["score"],
        "explains": cause["explains"],
        "misses": cause["misses"],
        "false": cause["falseAlarms"],
        "unobserved": cause["unobserved"],
    })
}

/// The law's own words for what is counted are understood beside those of its sample.
fn spelling(key: &str) -> &str {
    match key {
        "hit" => "explains",
        "miss" => "misses",
        "false_alarms" => "false",
        "unseen" => "unobserved",
        _ => key,
    }
}

/// Whether two scores are the same number: `1`, `1/1` and `2/2` are.
fn same_score(one: &Value, other: &Value) -> bool {
    let parts = |score: &Value| -> Option<(u64, u64)> {
        let text = score.as_str().map_or_else(|| score.to_string(), str::to_owned);
        let (above, below) = text.split_once('/').unwrap_or((&text, "1"));
        Some((above.trim().parse().ok()?, below.trim().parse().ok()?))
    };
    match (parts(one), parts(other)) {
        (Some((a, b)), Some((c, d))) => u128::from(a) * u128::from(d) == u128::from(c) * u128::from(b),
        _ => one == other,
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[test]
fn a_score_is_a_number_however_it_is_written() {
    assert!(same_score(&json!("1/1"), &json!(1)));
    assert!(same_score(&json!("40/43"), &json!("80/86")));
    assert!(!same_score(&json!("40/43"), &json!("40/44")));
    assert!(!same_score(&json!("40/43"), &json!("good")));
}
