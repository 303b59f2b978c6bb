//! One case: the question put, and the answer compared with what the case expects.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::estate::{Recorded, Refused, code_of, moment, record};
use super::structure;
use crate::process::Client;

/// How a case went.
pub(crate) enum Outcome {
    /// As expected.
    Agrees,
    /// Otherwise.
    Differs(String),
    /// The product does not answer such questions yet.
    NotAskedYet(&'static str),
}

const IMPACT: &str = "query Case(
  $failed: [FailedCi!]!, $broken: [ID!], $start: StartingState!, $before: [FailedCi!], $assume: [FailedCi!],
  $at: DateTime, $depth: Int, $exclude: [String!], $atRisk: AtRiskReading!, $grounded: Boolean!, $ignore: Boolean!
) {
  impact(
    failed: $failed, failedRelationships: $broken, startingState: $start, startingFailed: $before, assume: $assume,
    at: $at, maxDepth: $depth, excludeTypes: $exclude, atRisk: $atRisk, grounded: $grounded,
    ignoreMissing: $ignore,
    filter: { minState: AT_RISK }
  ) {
    complete
    impacted(first: 200) {
      totalCount
      edges { node { ci { id } depth witness { length steps { kind ci { id } } } } }
    }
    states { ci { id } before after }
    absorbed {
      group name upMin capacityMin spareMin total up headroom output consumer { id } lost { id } degraded { id }
    }
    warnings { code }
  }
}";

pub(crate) fn check(client: &Client, file: &Value, case: &Value, prefix: &str) -> Outcome {
    let query = &case["query"];
    let structural = structure::is_one(query);
    match query["op"].as_str() {
        Some("impact") => {}
        Some("root_cause" | "explain") => return super::cause::check(client, file, case, prefix),
        _ if structural => {}
        _ => return Outcome::NotAskedYet("a later question"),
    }
    let expect = &case["expect"];
    let answer = record(client, file, case, prefix).and_then(|recorded| {
        let answer = if structural {
            structure::ask(client, query, &recorded)
        } else {
            ask(client, query, &recorded)
        };
        match code_of(&answer) {
            Some(code) => Err(Refused(as_the_law_says(&code, query))),
            None => Ok((recorded, answer)),
        }
    });
    let found = match (answer, expect["error"].as_str()) {
        (Err(Refused(code)), Some(expected)) if code == expected => return Outcome::Agrees,
        (Err(Refused(code)), expected) => {
            let expected = expected.unwrap_or("an answer");
            return Outcome::Differs(format!("refused with {code}, expected {expected}"));
        }
        (Ok(_), Some(expected)) => return Outcome::Differs(format!("answered, expected the error {expected}")),
        (Ok(found), None) => found,
    };
    let (recorded, answer) = found;
    let differences = if structural {
        structure::compare(query, expect, &recorded, &answer["data"])
    } else {
        compare(expect, &recorded, &answer["data"]["impact"])
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

/// The premises of a case's question.
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
    let nobody = format!("ci:{}", uuid::Uuid::nil());
    let list = query[key].as_array().into_iter().flatten();
    list.map(|one| {
        let name = one.as_str().or(one["ci"].as_str()).unwrap_or_default();
        let state = one["state"].as_str().unwrap_or("DOWN");
        json!({ "ref": recorded.cis.get(name).unwrap_or(&nobody), "state": state })
    })
    .collect()
}

fn excluded<'a>(query: &Value, recorded: &'a Recorded) -> Vec<&'a String> {
    let excluded = query["exclude_types"].as_array().into_iter().flatten();
    let excluded = excluded.filter_map(Value::as_str);
    excluded.filter_map(|name| recorded.types.get(name)).collect()
}

fn ask(client: &Client, query: &Value, recorded: &Recorded) -> Value {
    let broken = ["failed_edges", "failed_relationships", "broken"]
        .iter()
        .flat_map(|key| query[*key].as_array().into_iter().flatten())
        .filter_map(|edge| recorded.edges.get(usize::try_from(edge.as_u64()?).ok()?)?.clone());
    let broken: Vec<String> = broken.collect();
    let mut variables = premises(query, recorded);
    let own = json!({
        "failed": states(query, "failed", recorded),
        "broken": broken,
        "depth": query["max_depth"],
        "ignore": query["ignore_missing"] == true,
    });
    variables.extend(own.as_object().cloned().unwrap_or_default());
    client.graphql(IMPACT, &variables.into())
}

/// Everything in which an answer differs from what is expected.
fn compare(expect: &Value, recorded: &Recorded, report: &Value) -> Vec<String> {
    let names = recorded
        .cis
        .iter()
        .map(|(name, id)| (id.as_str(), name.as_str()))
        .collect();
    let mut comparison = Comparison {
        expect,
        report,
        names,
        differ: Vec::new(),
    };
    comparison.states();
    comparison.impacted();
    comparison.warnings(recorded);
    comparison.absorbed();
    comparison.differ
}

struct Comparison<'a> {
    expect: &'a Value,
    report: &'a Value,
    /// The case's names of CIs by id.
    names: BTreeMap<&'a str, &'a str>,
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
        let id = ci["id"].as_str().unwrap_or_default();
        self.names.get(id).copied().unwrap_or("?").to_owned()
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

    fn warnings(&mut self, recorded: &Recorded) {
        let warned = self.report["warnings"].as_array().into_iter().flatten();
        let warned = warned.filter_map(|warning| warning["code"].as_str());
        let warned: BTreeSet<&str> = warned.chain(recorded.warnings.iter().map(String::as_str)).collect();
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
