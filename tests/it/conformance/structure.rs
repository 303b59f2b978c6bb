//! Cases that ask about structure: dependencies, single points of failure, cut sets.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::case::premises;
use super::estate::Recorded;
use crate::process::Client;

const STRUCTURE: &str = "query Case(
  $target: String!, $level: ImpactState!, $size: Int!, $cuts: Boolean!, $points: Boolean!, $dependencies: Boolean!,
  $start: StartingState!, $before: [FailedCi!], $assume: [FailedCi!], $at: DateTime, $exclude: [String!],
  $atRisk: AtRiskReading!, $grounded: Boolean!
) {
  dependencies(
    target: $target, startingState: $start, startingFailed: $before, assume: $assume, at: $at,
    excludeTypes: $exclude, atRisk: $atRisk, grounded: $grounded
  ) @include(if: $dependencies) {
    complete
    nodes(first: 1000) { ci { id } depth potential actual }
  }
  singlePointsOfFailure(
    target: $target, level: $level, startingState: $start, startingFailed: $before, assume: $assume, at: $at,
    excludeTypes: $exclude, atRisk: $atRisk, grounded: $grounded
  ) @include(if: $points) {
    complete
    targets { points(first: 1000) { ci { id } } }
  }
  cutSets(
    target: $target, level: $level, maxSize: $size, maxCount: 200, startingState: $start, startingFailed: $before,
    assume: $assume, at: $at, excludeTypes: $exclude, atRisk: $atRisk, grounded: $grounded
  ) @include(if: $cuts) {
    complete
    cutSets { cis { id } }
  }
}";

const OPERATIONS: [&str; 3] = ["dependencies", "spof", "cut_sets"];

pub(super) fn is_one(query: &Value) -> bool {
    OPERATIONS.iter().any(|operation| query["op"] == *operation)
}

pub(super) fn ask(client: &Client, query: &Value, recorded: &Recorded) -> Value {
    let target = query["target"].as_str().and_then(|name| recorded.cis.get(name));
    let mut variables = premises(query, recorded);
    let own = json!({
        "target": target,
        "level": query["level"].as_str().unwrap_or("DOWN"),
        "size": query["max_size"].as_u64().unwrap_or(3),
        "cuts": query["op"] == "cut_sets",
        "points": query["op"] == "spof",
        "dependencies": query["op"] == "dependencies",
    });
    variables.extend(own.as_object().cloned().unwrap_or_default());
    client.graphql(STRUCTURE, &variables.into())
}

/// Everything in which an answer differs from what is expected.
pub(super) fn compare(query: &Value, expect: &Value, recorded: &Recorded, data: &Value) -> Vec<String> {
    let names: BTreeMap<&str, &str> = recorded
        .cis
        .iter()
        .map(|(name, id)| (id.as_str(), name.as_str()))
        .collect();
    let name = |ci: &Value| -> String {
        let id = ci["id"].as_str().unwrap_or_default();
        names.get(id).copied().unwrap_or("?").to_owned()
    };
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    let (answer, found, expected) = match query["op"].as_str().unwrap_or_default() {
        "dependencies" => {
            let answer = &data["dependencies"];
            let found: Map<String, Value> = list(&answer["nodes"])
                .iter()
                .map(|one| {
                    let told = json!({ "depth": one["depth"], "potential": one["potential"], "actual": one["actual"] });
                    (name(&one["ci"]), told)
                })
                .collect();
            (answer, Value::Object(found), expect["dependencies"].clone())
        }
        "spof" => {
            let answer = &data["singlePointsOfFailure"];
            let points = list(&answer["targets"][0]["points"]);
            let found = sorted(points.iter().map(|one| name(&one["ci"])).collect());
            let expected = list(&expect["spof"])
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect();
            (answer, json!(found), json!(sorted(expected)))
        }
        _ => {
            let answer = &data["cutSets"];
            let mut found: Vec<Vec<String>> = list(&answer["cutSets"])
                .iter()
                .map(|cut| sorted(list(&cut["cis"]).iter().map(name).collect()))
                .collect();
            found.sort_by_key(|cut| (cut.len(), cut.clone()));
            (answer, json!(found), expect["cut_sets"].clone())
        }
    };
    let mut differ = Vec::new();
    if answer["complete"] != true {
        differ.push("the answer is not complete".to_owned());
    }
    if found != expected {
        differ.push(format!("found {found}, expected {expected}"));
    }
    differ
}
