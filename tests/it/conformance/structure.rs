//! Cases that ask about structure: dependencies, single points of failure, cut sets.

use serde_json::{Map, Value, json};

use super::case::premises;
use super::estate::Recorded;
use super::words::Operation;
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

pub(super) fn ask(client: &Client, operation: Operation, query: &Value, recorded: &Recorded) -> Value {
    let mut variables = premises(query, recorded);
    let own = json!({
        "target": recorded.reference(&query["target"]),
        "level": or_else(&query["level"], json!("DOWN")),
        "size": or_else(&query["max_size"], json!(3)),
        "cuts": operation == Operation::CutSets,
        "points": operation == Operation::SinglePoints,
        "dependencies": operation == Operation::Dependencies,
    });
    variables.extend(own.as_object().cloned().unwrap_or_default());
    client.graphql(STRUCTURE, &variables.into())
}

/// What a case says, or what is meant where it says nothing.
fn or_else(said: &Value, otherwise: Value) -> Value {
    if said.is_null() { otherwise } else { said.clone() }
}

/// Everything in which an answer differs from what is expected.
pub(super) fn compare(operation: Operation, expect: &Value, recorded: &Recorded, data: &Value) -> Vec<String> {
    let (answer, found, expected) = match operation {
        Operation::Dependencies => {
            let answer = &data["dependencies"];
            let expected = &expect["dependencies"];
            let nodes = list(&answer["nodes"]);
            // A case may leave out what it is not about; what it names must be told and be the same.
            let told = nodes.map(|one| {
                let name = recorded.name(&one["ci"]);
                let told: Map<String, Value> = fields(&expected[&name])
                    .map(|(field, _)| (field.clone(), one[field].clone()))
                    .collect();
                (name, told.into())
            });
            (answer, told.collect::<Map<String, Value>>().into(), expected.clone())
        }
        Operation::SinglePoints => {
            let answer = &data["singlePointsOfFailure"];
            let points = list(&answer["targets"][0]["points"]);
            let found = points.map(|point| recorded.name(&point["ci"]).into());
            (
                answer,
                sorted(found.collect()),
                sorted(list(&expect["spof"]).cloned().collect()),
            )
        }
        Operation::CutSets => {
            let answer = &data["cutSets"];
            let found = list(&answer["cutSets"]).map(|cut| {
                let cis = list(&cut["cis"]);
                sorted(cis.map(|ci| recorded.name(ci).into()).collect())
            });
            let expected = list(&expect["cut_sets"]).map(|cut| sorted(list(cut).cloned().collect()));
            (answer, sorted(found.collect()), sorted(expected.collect()))
        }
        Operation::Impact | Operation::RootCause | Operation::Explain => return vec!["not of structure".to_owned()],
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

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn fields(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// In one order, whichever it had: of these answers only what they hold is compared.
fn sorted(mut values: Vec<Value>) -> Value {
    values.sort_by_key(Value::to_string);
    values.into()
}
