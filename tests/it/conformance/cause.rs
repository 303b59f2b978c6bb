//! Cases about causes: single ones ranked, and several put together.

use serde_json::{Value, json};

use super::case::Outcome;
use super::estate::{Recorded, Refused, code_of, record};
use crate::process::Client;

const CAUSES: &str = "query Case(
  $symptoms: [String!]!, $healthy: [String!], $level: ImpactState!, $causes: Int!, $start: StartingState!,
  $before: [FailedCi!], $assume: [FailedCi!]
) {
  probableCauses(
    symptoms: $symptoms, healthy: $healthy, level: $level, maxCauses: $causes, startingState: $start,
    startingFailed: $before, assume: $assume, first: 200
  ) {
    complete
    ranking { ci { id } score explains misses falseAlarms unobserved }
    causes { ci { id } }
    unexplained { id }
  }
}";

/// Checks a case whose operation is `root_cause` or `explain`.
pub(super) fn check(client: &Client, file: &Value, case: &Value, prefix: &str) -> Outcome {
    let (query, expect) = (&case["query"], &case["expect"]);
    let recorded = match record(client, file, case, prefix) {
        Ok(recorded) => recorded,
        Err(Refused(code)) => return Outcome::Differs(format!("refused with {code}")),
    };
    let answer = ask(client, query, &recorded);
    if let Some(code) = code_of(&answer) {
        return match expect["error"].as_str() {
            Some(expected) if expected == code => Outcome::Agrees,
            expected => Outcome::Differs(format!("refused with {code}, expected {expected:?}")),
        };
    }
    let found = &answer["data"]["probableCauses"];
    let mut differ = Vec::new();
    if !expect["ranking"].is_null() {
        let ranking: Vec<Value> = list(&found["ranking"]).map(|cause| ranked(cause, &recorded)).collect();
        let expected: Vec<&Value> = list(&expect["ranking"]).collect();
        let alike = |(found, expected): (&Value, &&Value)| {
            let expected = expected.as_object().expect("a ranked cause");
            expected.iter().all(|(key, value)| found[key] == *value)
        };
        if ranking.len() != expected.len() || !ranking.iter().zip(&expected).all(alike) {
            differ.push(format!("the ranking is {ranking:?}"));
        }
    }
    let mut same = |what: &str, found: Vec<String>| {
        if !expect[what].is_null() && json!(found) != expect[what] {
            differ.push(format!("{what} are {found:?}, expected {}", expect[what]));
        }
    };
    let causes = list(&found["causes"]).map(|cause| name(&cause["ci"], &recorded));
    same("causes", causes.collect());
    same(
        "unexplained",
        list(&found["unexplained"]).map(|ci| name(ci, &recorded)).collect(),
    );
    if differ.is_empty() {
        Outcome::Agrees
    } else {
        Outcome::Differs(differ.join("; "))
    }
}

fn ask(client: &Client, query: &Value, recorded: &Recorded) -> Value {
    let named = |key: &str| -> Vec<&String> {
        let names = list(&query[key]).filter_map(Value::as_str);
        names.filter_map(|name| recorded.cis.get(name)).collect()
    };
    let states = |key: &str| -> Vec<Value> {
        let given = list(&query[key]).filter_map(|one| {
            let name = one.as_str().or(one["ci"].as_str())?;
            let state = one["state"].as_str().unwrap_or("DOWN");
            Some(json!({ "ref": recorded.cis.get(name)?, "state": state }))
        });
        given.collect()
    };
    let variables = json!({
        "symptoms": named("symptoms"),
        "healthy": named("healthy"),
        "level": query["level"].as_str().unwrap_or("DEGRADED"),
        "causes": query["max_causes"].as_u64().unwrap_or(3),
        "start": if query["current"] == true { "CURRENT" } else { "STRUCTURAL" },
        "before": states("baseline"),
        "assume": states("assume"),
    });
    client.graphql(CAUSES, &variables)
}

/// A ranked cause in the words of the cases.
fn ranked(cause: &Value, recorded: &Recorded) -> Value {
    json!({
        "ci": name(&cause["ci"], recorded),
        "score": cause["score"],
        "explains": cause["explains"],
        "misses": cause["misses"],
        "false": cause["falseAlarms"],
        "unobserved": cause["unobserved"],
    })
}

fn name(ci: &Value, recorded: &Recorded) -> String {
    let known = recorded.cis.iter().find(|(_, id)| ci["id"] == id.as_str());
    known.map_or_else(|| "?".to_owned(), |(name, _)| name.clone())
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
