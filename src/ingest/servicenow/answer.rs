//! The answers, in `ServiceNow`'s words.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::ingest::report::{Attempt, AttemptResult, ItemLine, Outcome as RecordOutcome};
use crate::model::CiId;

use super::prepare::{Remark, shown};
use super::work::{ItemOutcome, Outcome, RelationOutcome};
use super::{Commit, Terms};

/// What stands where there is no identity.
const UNKNOWN: &str = "Unknown";

/// The answer to a request.
pub(super) fn of_push(outcome: &Outcome, terms: &Terms) -> Value {
    let is_written = match terms.commit {
        Commit::Simulate => false,
        Commit::Whole => !outcome.has_error(),
        Commit::Partial => true,
    };
    // Items that turned out to be one CI are one item of the answer.
    let mut places: Vec<Vec<usize>> = Vec::new();
    let mut by_ci: BTreeMap<CiId, usize> = BTreeMap::new();
    for (place, item) in outcome.items.iter().enumerate() {
        match item.ci.filter(|_| item.errors.is_empty()) {
            Some(ci) => {
                let group = *by_ci.entry(ci).or_insert_with(|| {
                    places.push(Vec::new());
                    places.len() - 1
                });
                if let Some(group) = places.get_mut(group) {
                    group.push(place);
                }
            }
            None => places.push(vec![place]),
        }
    }
    let items = places.iter().map(|indices| item(outcome, indices, is_written));
    let relations = outcome.relations.iter().map(|made| relation(made, is_written));
    let mut result = json!({
        "items": items.collect::<Vec<_>>(),
        "relations": relations.collect::<Vec<_>>(),
        "additionalCommittedItems": [],
        "additionalCommittedRelations": [],
        "hasError": outcome.has_error(),
        "hasWarning": outcome.has_warning(),
    });
    if terms.summary
        && let Some(fields) = result.as_object_mut()
    {
        fields.insert("summary".to_owned(), summary(outcome));
    }
    json!({ "result": result })
}

/// The answer to a single CI, and whether it is good.
pub(super) fn of_instance(outcome: &Outcome) -> (bool, Value) {
    let Some(item) = outcome.items.first() else {
        return (
            false,
            json!({ "error": { "message": "there is no item", "detail": "" } }),
        );
    };
    if outcome.has_error() {
        let relations = outcome.relations.iter().flat_map(|made| &made.errors);
        let errors: Vec<String> = item
            .errors
            .iter()
            .chain(relations)
            .map(|error| format!("{}: {}", error.code, error.message))
            .collect();
        return (
            false,
            json!({ "error": { "message": "the CI was not recorded", "detail": errors.join("; ") }, "status": "failure" }),
        );
    }
    let mut attributes = item.values.clone();
    attributes.insert("sys_id".to_owned(), Value::from(sys_id(item.ci)));
    attributes.insert("sys_class_name".to_owned(), Value::from(item.class.as_str()));
    let related = |from_item: bool| -> Vec<Value> {
        let of_side = outcome
            .relations
            .iter()
            .filter(|made| (made.ends.first().copied().flatten() == item.ci) == from_item);
        let shown = of_side.map(|made| {
            let [from, to] = made.ends;
            let target = if from_item { to } else { from };
            let id = made.line.as_ref().and_then(|line| line.id.clone());
            json!({ "sys_id": id, "type": { "display_value": made.label }, "target": { "value": sys_id(target) } })
        });
        shown.collect()
    };
    (
        true,
        json!({ "result": {
            "attributes": attributes,
            "outbound_relations": related(true),
            "inbound_relations": related(false),
        } }),
    )
}

fn item(outcome: &Outcome, indices: &[usize], is_written: bool) -> Value {
    let items: Vec<&ItemOutcome> = indices.iter().filter_map(|place| outcome.items.get(*place)).collect();
    let Some(first) = items.first() else { return Value::Null };
    let operations: Vec<Option<&str>> = items.iter().map(|item| operation(item)).collect();
    // What was created by the first and completed by the second is created.
    let operation = [
        Some("INSERT"),
        Some("INSERT_AS_INCOMPLETE"),
        Some("UPDATE"),
        Some("NO_CHANGE"),
    ]
    .into_iter()
    .find(|wanted| operations.contains(wanted))
    .flatten();
    let is_new = matches!(operation, Some("INSERT"));
    let is_there = first.ci.filter(|_| is_written || !is_new);
    let attempts = first.line.as_ref().map_or(&[][..], |line| &line.attempts);
    let matched = attempts.iter().find(|attempt| attempt.result == AttemptResult::Matched);
    let remarks = |of: fn(&ItemOutcome) -> &Vec<Remark>| -> Vec<Value> {
        items.iter().flat_map(|item| of(item)).map(remark).collect()
    };
    let errors = remarks(|item| &item.errors);
    let mut warnings = remarks(|item| &item.warnings);
    if outcome.reference_items > 0 && indices.first() == Some(&0) {
        let message = "`referenceItems` are passed over: send relations instead";
        warnings.push(remark(&Remark::new("REFERENCE_ITEMS_PASSED_OVER", message)));
    }
    let mut shown = json!({
        "className": first.class,
        "sysId": is_there.map_or_else(|| UNKNOWN.to_owned(), |ci| sys_id(Some(ci))),
        "inputIndices": indices,
        "identifierEntrySysId": matched.map_or(UNKNOWN, |attempt| attempt.rule.as_str()),
        "identificationAttempts": attempts.iter().map(|one| attempt(one, &first.class)).collect::<Vec<_>>(),
        "errorCount": errors.len(),
        "warningCount": warnings.len(),
        "markers": [],
    });
    if let Some(fields) = shown.as_object_mut() {
        if let Some(operation) = operation {
            fields.insert("operation".to_owned(), Value::from(operation));
        }
        if !errors.is_empty() {
            fields.insert("errors".to_owned(), Value::from(errors));
        }
        if !warnings.is_empty() {
            fields.insert("warnings".to_owned(), Value::from(warnings));
        }
        let candidates = first.line.as_ref().map_or(&[][..], |line| &line.candidates);
        if !candidates.is_empty() {
            let ids = candidates.iter().filter_map(|id| id.parse().ok()).map(shown_id);
            fields.insert("duplicateIndices".to_owned(), json!([]));
            fields.insert("candidates".to_owned(), ids.collect());
        }
    }
    shown
}

fn shown_id(id: CiId) -> Value {
    Value::from(shown(id))
}

fn operation(item: &ItemOutcome) -> Option<&'static str> {
    let line = item.line.as_ref()?;
    let is_staged = line.problems.iter().any(|problem| problem.code == "NO_MATCH");
    operation_of(line, is_staged)
}

fn operation_of(line: &ItemLine, is_staged: bool) -> Option<&'static str> {
    match line.outcome {
        RecordOutcome::Created => Some("INSERT"),
        RecordOutcome::Updated => Some("UPDATE"),
        RecordOutcome::Unchanged | RecordOutcome::Replayed => Some("NO_CHANGE"),
        RecordOutcome::Review if is_staged => Some("INSERT_AS_INCOMPLETE"),
        RecordOutcome::Review | RecordOutcome::Refused | RecordOutcome::NotApplied => None,
    }
}

fn attempt(attempt: &Attempt, class: &str) -> Value {
    let result = match attempt.result {
        AttemptResult::Matched => "MATCHED",
        AttemptResult::NoMatch | AttemptResult::OtherKey => "NO_MATCH",
        AttemptResult::Skipped | AttemptResult::Junk => "SKIPPED",
        AttemptResult::MultiMatch => "MULTI_MATCH",
    };
    json!({
        "identifierName": attempt.rule,
        "attemptResult": result,
        "attributes": attempt.attributes,
        "searchOnTable": class,
    })
}

fn relation(made: &RelationOutcome, is_written: bool) -> Value {
    let line = made.line.as_ref();
    let operation = if made.came_with_item && made.errors.is_empty() {
        Some("INSERT")
    } else {
        line.and_then(|line| operation_of(line, false))
    };
    let id = line
        .and_then(|line| line.id.clone())
        .filter(|_| is_written || operation != Some("INSERT"));
    let [from, to] = made.ends;
    let mut shown = json!({
        "type": made.label,
        "className": "cmdb_rel_ci",
        "sysId": id.unwrap_or_else(|| UNKNOWN.to_owned()),
        "from": sys_id(from),
        "to": sys_id(to),
        "errorCount": made.errors.len(),
    });
    if let Some(fields) = shown.as_object_mut() {
        if let Some(operation) = operation {
            fields.insert("operation".to_owned(), Value::from(operation));
        }
        if !made.errors.is_empty() {
            fields.insert("errors".to_owned(), made.errors.iter().map(remark).collect());
        }
    }
    shown
}

fn remark(remark: &Remark) -> Value {
    json!({ "error": remark.code, "message": remark.message })
}

fn sys_id(ci: Option<CiId>) -> String {
    ci.map_or_else(|| UNKNOWN.to_owned(), shown)
}

fn summary(outcome: &Outcome) -> Value {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for item in &outcome.items {
        *counts.entry(operation(item).unwrap_or("ERROR")).or_default() += 1;
    }
    json!({
        "itemsReceived": outcome.items.len(),
        "relationsReceived": outcome.relations.len(),
        "itemsByOperation": counts,
    })
}
