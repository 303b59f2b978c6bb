//! The words of a case: one spelling for what may be said in several, and a refusal of what is not understood.
//!
//! A key that nobody reads would make a case agree with a question that was never put, so every key
//! of the model, the query and the expectation is either known here or reported.

use serde_json::{Map, Value, json};

/// What a case asks, by its operation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Impact,
    Dependencies,
    SinglePoints,
    CutSets,
    RootCause,
    Explain,
}

impl Operation {
    pub(super) fn of(query: &Value) -> Option<Self> {
        Some(match query["op"].as_str()? {
            "impact" => Self::Impact,
            "dependencies" => Self::Dependencies,
            "spof" => Self::SinglePoints,
            "cut_sets" => Self::CutSets,
            "root_cause" => Self::RootCause,
            "explain" => Self::Explain,
            _ => return None,
        })
    }

    /// What a query may say beside its premises.
    fn query_keys(self) -> &'static [&'static str] {
        match self {
            Self::Impact => &["failed", "failed_edges", "max_depth", "ignore_missing", "min_state"],
            Self::Dependencies => &["target"],
            Self::SinglePoints => &["target", "level"],
            Self::CutSets => &["target", "level", "max_size"],
            Self::RootCause | Self::Explain => &["symptoms", "healthy", "level", "max_causes"],
        }
    }

    /// What may be expected beside an error.
    fn expect_keys(self) -> &'static [&'static str] {
        match self {
            Self::Impact => &[
                "states", "before", "impacted", "depth", "witness", "absorbed", "warnings", "complete",
            ],
            Self::Dependencies => &["dependencies"],
            Self::SinglePoints => &["spof"],
            Self::CutSets => &["cut_sets"],
            Self::RootCause | Self::Explain => &["ranking", "causes", "unexplained"],
        }
    }
}

/// The spellings of one key, the one used here first.
fn spellings(key: &str) -> &'static [&'static str] {
    match key {
        "level" => &["level", "state", "min_state", "at_least"],
        "max_size" => &["max_size", "size"],
        "max_causes" => &["max_causes", "causes"],
        "max_depth" => &["max_depth", "depth"],
        "failed_edges" => &["failed_edges", "failed_relationships", "broken"],
        "baseline" => &["baseline", "baseline_failed", "starting_failed"],
        "current" => &["current"],
        "spof" => &["spof", "single_points_of_failure"],
        _ => &[],
    }
}

/// What a query of any operation may say.
const PREMISES: [&str; 8] = [
    "op",
    "current",
    "baseline",
    "assume",
    "at",
    "exclude_types",
    "at_risk",
    "grounded",
];

/// The query in one spelling, or what of it is not understood.
pub(super) fn query(operation: Operation, query: &Value) -> Result<Value, String> {
    let mut query = query.clone();
    // `baseline` names a starting state, or what has failed before.
    if let Some(start) = query["baseline"].as_str().map(str::to_owned) {
        let current = match start.as_str() {
            "CURRENT" => true,
            "STRUCTURAL" => false,
            _ => return Err(format!("does not understand the baseline `{start}`")),
        };
        let fields = query.as_object_mut().expect("a query");
        fields.remove("baseline");
        fields.insert("current".to_owned(), current.into());
    }
    let known = [&PREMISES[..], operation.query_keys()].concat();
    let query = one_spelling(&query, &known, "query")?;
    for key in ["current", "grounded", "ignore_missing"] {
        if !query[key].is_null() && !query[key].is_boolean() {
            return Err(format!("does not understand `{key}: {}` of the query", query[key]));
        }
    }
    for key in ["failed", "baseline", "assume"] {
        let listed = query[key].as_array().into_iter().flatten();
        keys_of(listed.filter(|one| !one.is_string()), &["ci", "state"], key)?;
    }
    Ok(query)
}

/// The expectation in one spelling, or what of it is not understood.
pub(super) fn expectation(operation: Operation, expect: &Value) -> Result<Value, String> {
    let known = [&["error"], operation.expect_keys()].concat();
    let expect = one_spelling(expect, &known, "expectation")?;
    if expect.as_object().is_none_or(Map::is_empty) {
        return Err("expects nothing".to_owned());
    }
    Ok(expect)
}

fn one_spelling(value: &Value, known: &[&str], what: &str) -> Result<Value, String> {
    let mut spelled = Map::new();
    for (key, value) in value.as_object().into_iter().flatten() {
        let plain = |known: &&&str| **known == key;
        let variant = |known: &&&str| spellings(known).contains(&key.as_str());
        let Some(name) = known.iter().find(plain).or_else(|| known.iter().find(variant)) else {
            return Err(format!("does not understand `{key}` of the {what}"));
        };
        if spelled.insert((*name).to_owned(), value.clone()).is_some() {
            return Err(format!("does not understand a {what} that says `{name}` twice"));
        }
    }
    Ok(spelled.into())
}

/// Refuses a model that says what recording it would pass over.
pub(super) fn model(file: &Value, case: &Value) -> Result<(), String> {
    // The part about changes says nothing to the questions that are asked here.
    let parts = [
        "id",
        "title",
        "cis",
        "edges",
        "groups",
        "types",
        "pools",
        "query",
        "expect",
        "changes",
        "maintenance",
    ];
    keys_of([case].into_iter(), &parts, "case")?;
    let of = |key: &str| if case[key].is_null() { &file[key] } else { &case[key] };
    let named = |key: &str| of(key).as_object().into_iter().flatten().map(|(_, value)| value);
    keys_of(named("types"), &["fwd", "rev", "pool"], "relationship type")?;
    keys_of(named("pools"), &["k", "d", "r", "grounded"], "pool")?;
    let listed = |key: &str| case[key].as_array().into_iter().flatten();
    let ci = [
        "id",
        "lifecycle",
        "min_up",
        "tier",
        "cost_per_hour",
        "rto",
        "users",
        "valid_from",
        "valid_to",
    ];
    keys_of(listed("cis").filter(|ci| !ci.is_string()), &ci, "CI")?;
    let group = [
        "id",
        "consumer",
        "members",
        "k",
        "d",
        "r",
        "strength",
        "grounded",
        "valid_from",
        "valid_to",
    ];
    keys_of(listed("groups"), &group, "group")?;
    let members = listed("groups").flat_map(|group| group["members"].as_array().into_iter().flatten());
    keys_of(
        members.filter(|member| !member.is_string()),
        &["ci", "weight", "strength"],
        "member",
    )?;
    let edge = [
        "from",
        "type",
        "to",
        "fwd",
        "rev",
        "weight",
        "group",
        "valid_from",
        "valid_to",
    ];
    let extras = listed("edges").map(|edge| if edge.is_array() { &edge[3] } else { edge });
    keys_of(extras.filter(|extra| !extra.is_null()), &edge, "edge")
}

fn keys_of<'a>(objects: impl Iterator<Item = &'a Value>, known: &[&str], what: &str) -> Result<(), String> {
    for object in objects {
        let Some(fields) = object.as_object() else {
            return Err(format!("does not understand the {what} {object}"));
        };
        if let Some(key) = fields.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(format!("does not understand `{key}` of a {what}"));
        }
    }
    Ok(())
}

#[test]
fn one_thing_said_in_two_ways_is_one_question() {
    let cases = [
        (
            Operation::SinglePoints,
            json!({ "op": "spof", "target": "a", "at_least": "DEGRADED" }),
            json!({ "op": "spof", "target": "a", "level": "DEGRADED" }),
        ),
        (
            Operation::CutSets,
            json!({ "op": "cut_sets", "target": "a", "size": 2, "baseline": "CURRENT" }),
            json!({ "op": "cut_sets", "target": "a", "max_size": 2, "current": true }),
        ),
        (
            Operation::Impact,
            json!({ "op": "impact", "failed": ["a"], "min_state": "DOWN", "baseline": ["b"] }),
            json!({ "op": "impact", "failed": ["a"], "min_state": "DOWN", "baseline": ["b"] }),
        ),
    ];
    for (operation, said, meant) in cases {
        assert_eq!(query(operation, &said), Ok(meant));
    }
}

#[test]
fn what_is_not_understood_is_told() {
    let spof = |said: Value| query(Operation::SinglePoints, &said).expect_err("not understood");
    assert_eq!(
        spof(json!({ "op": "spof", "target": "a", "colour": "red" })),
        "does not understand `colour` of the query"
    );
    assert_eq!(
        spof(json!({ "op": "spof", "level": "DOWN", "state": "DOWN" })),
        "does not understand a query that says `level` twice"
    );
    assert_eq!(
        spof(json!({ "op": "spof", "baseline": "YESTERDAY" })),
        "does not understand the baseline `YESTERDAY`"
    );
    assert_eq!(
        expectation(Operation::Impact, &json!({ "spof": [] })),
        Err("does not understand `spof` of the expectation".to_owned())
    );
    assert_eq!(
        expectation(Operation::Impact, &json!({})),
        Err("expects nothing".to_owned())
    );
    let case = json!({ "id": "x", "cis": [{ "id": "a", "colour": "red" }] });
    assert_eq!(
        model(&json!({}), &case),
        Err("does not understand `colour` of a CI".to_owned())
    );
}
