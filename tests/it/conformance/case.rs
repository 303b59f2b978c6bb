//! One case: the question put, and the answer compared with what the case expects.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::estate::{Recorded, Refused, code_of, moment, record};
use super::words::{self, Operation};
use super::{cause, structure};
use crate::process::Client;

/// How a case went.
pub(crate) enum Outcome {
    /// As expected.
    Agrees,
    /// Otherwise.
    Differs(String),
    /// It is no question about impact.
    NotAsked(String),
}

const IMPACT: &str = "query Case(
  $failed: [FailedCi!]!, $broken: [ID!], $start: StartingState!, $before: [FailedCi!], $assume: [FailedCi!],
  $at: DateTime, $depth: Int, $exclude: [String!], $atRisk: AtRiskReading!, $grounded: Boolean!, $ignore: Boolean!,
  $min: ImpactState!, $offset: Int!
) {
  impact(
    failed: $failed, failedRelationships: $broken, startingState: $start, startingFailed: $before, assume: $assume,
    at: $at, maxDepth: $depth, excludeTypes: $exclude, atRisk: $atRisk, grounded: $grounded,
    ignoreMissing: $ignore,
    filter: { minState: $min }
  ) {
    complete
    impacted(first: 200) {
      totalCount
      edges { node { ci { id } depth witness { length steps { kind ci { id } } } } }
    }
    states(first: 1000, offset: $offset) { ci { id } before after }
    absorbed {
      group name upMin capacityMin spareMin total up headroom output consumer { id } lost { id } degraded { id }
    }
    warnings { code }
  }
}";

pub(crate) fn check(client: &Client, file: &Value, case: &Value, prefix: &str) -> Outcome {
    let Some(operation) = Operation::of(&case["query"]) else {
        return Outcome::NotAsked(format!("the operation {}", case["query"]["op"]));
    };
    let understood = words::model(file, case)
        .and_then(|()| words::query(operation, &case["query"]))
        .and_then(|query| Ok((query, words::expectation(operation, &case["expect"])?)));
    let (query, expect) = match understood {
        Ok(understood) => understood,
        Err(how) => return Outcome::Differs(how),
    };
    let answer = record(client, file, case, prefix).and_then(|recorded| {
        let answer = match operation {
            Operation::Impact => ask(client, &query, &recorded),
            Operation::Dependencies | Operation::SinglePoints | Operation::CutSets => {
                structure::ask(client, operation, &query, &recorded)
            }
            Operation::RootCause | Operation::Explain => cause::ask(client, &query, &recorded),
        };
        match code_of(&answer) {
            Some(code) => Err(Refused(as_the_law_says(&code, &query))),
            None => Ok((recorded, answer)),
        }
    });
    let (recorded, answer) = match (answer, expect["error"].as_str()) {
        (Err(Refused(code)), Some(expected)) if code == expected => return Outcome::Agrees,
        (Err(Refused(code)), expected) => {
            let expected = expected.unwrap_or("an answer");
            return Outcome::Differs(format!("refused with {code}, expected {expected}"));
        }
        (Ok(_), Some(expected)) => return Outcome::Differs(format!("answered, expected the error {expected}")),
        (Ok(found), None) => found,
    };
    let data = &answer["data"];
    let differences = match operation {
        Operation::Impact => compare(&expect, &recorded, &data["impact"]),
        Operation::Dependencies | Operation::SinglePoints | Operation::CutSets => {
            structure::compare(operation, &expect, &recorded, data)
        }
        Operation::RootCause | Operation::Explain => cause::compare(&expect, &recorded, &data["probableCauses"]),
    };
    if differences.is_empty() {
        Outcome::Agrees
    } else {
        Outcome::Differs(differences.join("; "))
    }
}

/// A state outside the law never reaches the engine: GraphQL itself refuses the unknown word.
fn as_the_law_says(code: &str, query: &Value) -> String {
    let known = ["OK", "AT_RISK", "DEGRADED", "DOWN"];
    let named = ["failed", "assume", "baseline"]
        .iter()
        .flat_map(|key| query[*key].as_array().into_iter().flatten());
    let strange = named
        .filter_map(|one| one["state"].as_str())
        .any(|state| !known.contains(&state));
    let refused_by_graphql = ["BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"].contains(&code);
    if strange && refused_by_graphql {
        "INVALID_STATE".to_owned()
    } else {
        code.to_owned()
    }
}

/// The premises of a case's question, which all operations share.
pub(super) fn premises(query: &Value, recorded: &Recorded) -> Map<String, Value> {
    let variables = json!({
        "start": if query["current"] == true { "CURRENT" } else { "STRUCTURAL" },
        "before": states(query, "baseline", recorded),
        "assume": states(query, "assume", recorded),
        "at": moment(&query["at"]),
        "exclude": excluded(query, recorded),
        "atRisk": query["at_risk"].as_str().unwrap_or("TRANSITIVE"),
        "grounded": query["grounded"] == true,
    });
    variables.as_object().cloned().unwrap_or_default()
}

/// CIs of a case, and their states.
fn states(query: &Value, key: &str, recorded: &Recorded) -> Vec<Value> {
    let list = query[key].as_array().into_iter().flatten();
    list.map(|one| {
        let name = if one.is_string() { one } else { &one["ci"] };
        let state = one["state"].as_str().unwrap_or("DOWN");
        json!({ "ref": recorded.reference(name), "state": state })
    })
    .collect()
}

/// Excluded types; one that the case does not define is asked for as it is.
fn excluded(query: &Value, recorded: &Recorded) -> Vec<String> {
    let excluded = query["exclude_types"].as_array().into_iter().flatten();
    let excluded = excluded.map(|name| name.as_str().expect("a type's name"));
    excluded
        .map(|name| recorded.types.get(name).cloned().unwrap_or_else(|| name.to_owned()))
        .collect()
}

fn ask(client: &Client, query: &Value, recorded: &Recorded) -> Value {
    // A relationship that could not be recorded cannot fail; a number beyond the last is a slip of the case.
    let broken = query["failed_edges"].as_array().into_iter().flatten();
    let broken: Vec<String> = broken
        .filter_map(|edge| {
            let number = edge.as_u64().and_then(|number| usize::try_from(number).ok());
            let edge = number.and_then(|number| recorded.edges.get(number));
            edge.expect("failed edges by their place in the case").clone()
        })
        .collect();
    let mut variables = premises(query, recorded);
    let own = json!({
        "failed": states(query, "failed", recorded),
        "broken": broken,
        "depth": query["max_depth"],
        "ignore": query["ignore_missing"] == true,
        "min": query["min_state"].as_str().unwrap_or("AT_RISK"),
    });
    variables.extend(own.as_object().cloned().unwrap_or_default());
    // Every case of the file is in the one store, so the states may be more than one page.
    let mut answer: Option<Value> = None;
    for offset in (0..).step_by(1000) {
        variables.insert("offset".to_owned(), json!(offset));
        let mut page = client.graphql(IMPACT, &variables.clone().into());
        let states = page["data"]["impact"]["states"].as_array_mut().map(std::mem::take);
        let states = states.unwrap_or_default();
        let is_last = states.len() < 1000;
        let known = answer.get_or_insert(page);
        if let Some(all) = known["data"]["impact"]["states"].as_array_mut() {
            all.extend(states);
        }
        if is_last {
            break;
        }
    }
    answer.expect("the first page")
}

/// Everything in which an answer differs from what is expected.
fn compare(expect: &Value, recorded: &Recorded, report: &Value) -> Vec<String> {
    let mut comparison = Comparison {
        expect,
        report,
        recorded,
        differ: Vec::new(),
    };
    comparison.states();
    comparison.impacted();
    comparison.warnings();
    comparison.absorbed();
    comparison.differ
}

struct Comparison<'a> {
    expect: &'a Value,
    report: &'a Value,
    recorded: &'a Recorded,
    differ: Vec<String>,
}

impl Comparison<'_> {
    /// Notes a difference; what the case does not name may be anything.
    fn same(&mut self, what: &str, expected: &Value, found: &Value) {
        if !expected.is_null() && expected != found {
            self.differ.push(format!("{what} is {found}, expected {expected}"));
        }
    }

    fn name(&self, ci: &Value) -> String {
        self.recorded.name(ci)
    }

    fn states(&mut self) {
        // Other cases' CIs are in the same store; those not in order are in every answer from CURRENT.
        let states: Vec<&Value> = self.report["states"].as_array().into_iter().flatten().collect();
        for (side, key) in [("after", "states"), ("before", "before")] {
            let own = states
                .iter()
                .filter(|state| self.name(&state["ci"]) != "?" && state[side] != "OK");
            let found: Map<String, Value> = own
                .map(|state| (self.name(&state["ci"]), state[side].clone()))
                .collect();
            self.same(key, &self.expect[key], &found.into());
        }
    }

    fn impacted(&mut self) {
        let edges = self.report["impacted"]["edges"].as_array().into_iter().flatten();
        let impacted: Vec<&Value> = edges.map(|edge| &edge["node"]).collect();
        let mut listed: Vec<String> = impacted.iter().map(|one| self.name(&one["ci"])).collect();
        listed.sort();
        self.same("impacted", &self.expect["impacted"], &json!(listed));
        for key in ["depth", "witness"] {
            let named = self.expect[key].as_object().into_iter().flatten();
            for (ci, _) in named.filter(|(ci, said)| !said.is_null() && !listed.contains(*ci)) {
                self.differ
                    .push(format!("{ci} is not impacted, and a {key} is expected"));
            }
        }
        for one in impacted {
            let ci = self.name(&one["ci"]);
            let (depth, witness) = (&self.expect["depth"][&ci], &self.expect["witness"][&ci]);
            self.same(&format!("depth of {ci}"), depth, &one["depth"]);
            let steps = one["witness"]["steps"].as_array().into_iter().flatten();
            let steps: Vec<String> = steps.map(|step| self.name(&step["ci"])).collect();
            self.same(&format!("witness of {ci}"), witness, &json!(steps));
            // Depth and witness are of the plain reading; a fall for want of ground has neither.
            if one["witness"]["steps"][0]["kind"] != "UNGROUNDED" {
                self.same(
                    &format!("length of the witness of {ci}"),
                    &one["depth"],
                    &one["witness"]["length"],
                );
            }
        }
    }

    fn warnings(&mut self) {
        let warned = self.report["warnings"].as_array().into_iter().flatten();
        let warned = warned.filter_map(|warning| warning["code"].as_str());
        let warned: BTreeSet<&str> = warned
            .chain(self.recorded.warnings.iter().map(String::as_str))
            .collect();
        for code in self.expect["warnings"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            if !warned.contains(code) {
                self.differ.push(format!("there is no warning {code}"));
            }
        }
        self.same("complete", &self.expect["complete"], &self.report["complete"]);
    }

    fn absorbed(&mut self) {
        let found = self.report["absorbed"].as_array().into_iter().flatten();
        let found: Vec<Value> = found.map(|one| absorbed(one, &|ci| self.name(ci))).collect();
        for expected in self.expect["absorbed"].as_array().into_iter().flatten() {
            let fields = expected.as_object().expect("an absorbed group");
            if !found
                .iter()
                .any(|one| fields.iter().all(|(key, value)| one[key] == *value))
            {
                self.differ.push(format!("absorbed are {found:?}, expected {expected}"));
            }
        }
    }
}

/// An absorbed group in the words of the cases.
fn absorbed(group: &Value, name: &impl Fn(&Value) -> String) -> Value {
    let listed = |key: &str| {
        let mut names: Vec<String> = group[key].as_array().into_iter().flatten().map(name).collect();
        names.sort();
        names
    };
    let consumer = name(&group["consumer"]);
    let known = group["name"].as_str().unwrap_or_default();
    // Pools of a case have its tag before their name, and their groups are named by pool and consumer.
    let pool = known
        .strip_prefix('c')
        .and_then(|rest| rest.split_once('_'))
        .map(|(_, pool)| format!("{pool}:{consumer}"));
    let is_pool = !group["group"].as_str().is_some_and(|id| id.starts_with("group:"));
    json!({
        "group": pool.filter(|_| is_pool).unwrap_or_else(|| known.to_owned()),
        "consumer": consumer,
        "lost": listed("lost"),
        "degraded": listed("degraded"),
        "up": group["up"],
        "k": group["upMin"],
        "d": group["capacityMin"],
        "r": group["spareMin"],
        "n": group["total"],
        "headroom": group["headroom"],
        "output": group["output"],
    })
}
