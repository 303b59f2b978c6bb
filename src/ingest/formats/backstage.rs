//! Backstage software catalogs: `catalog-info.yaml` files, several documents each, or entities as the
//! catalog's API answers them.

mod entity;
mod reference;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::app::ErrorCode;
use crate::ingest::observation::{Problem, RecordKind};

use super::attributes::{Tally, at, list_at, text_at};
use super::document::{Adapter, Content, Findings};
use reference::Reference;

/// The format's entry in the table.
pub(super) const ADAPTER: Adapter = Adapter {
    name: "backstage",
    label: "Backstage catalog entities",
    recognises,
    read,
};

const API_PREFIX: &str = "backstage.io/";

/// Duplicates that a warning names.
const NAMED_MAX: usize = 20;

/// A field that refers to other entities.
struct Link {
    /// The kind of entity that has it, in lower case; empty: any.
    of: &'static str,
    field: &'static str,
    /// The kind that is meant where the reference states none.
    kind: &'static str,
    relationship_type: &'static str,
    /// Whether the entity named is where the relationship starts.
    reversed: bool,
}

const fn link(of: &'static str, field: &'static str, kind: &'static str, relationship_type: &'static str) -> Link {
    Link {
        of,
        field,
        kind,
        relationship_type,
        reversed: false,
    }
}

const fn back(of: &'static str, field: &'static str, kind: &'static str, relationship_type: &'static str) -> Link {
    Link {
        reversed: true,
        ..link(of, field, kind, relationship_type)
    }
}

const LINKS: [Link; 14] = [
    link("", "owner", "group", "owned_by"),
    link("", "system", "system", "part_of"),
    link("system", "domain", "domain", "part_of"),
    link("domain", "subdomainOf", "domain", "part_of"),
    link("component", "subcomponentOf", "component", "part_of"),
    link("component", "providesApis", "api", "provides"),
    link("component", "consumesApis", "api", "consumes"),
    link("", "dependsOn", "component", "depends_on"),
    back("", "dependencyOf", "component", "depends_on"),
    link("group", "parent", "group", "belongs_to"),
    back("group", "children", "group", "belongs_to"),
    back("group", "members", "user", "belongs_to"),
    link("user", "memberOf", "group", "belongs_to"),
    link("user", "memberships", "group", "belongs_to"),
];

fn recognises(content: &Content) -> bool {
    let is_entity = |value: &Value| {
        text_at(value, &["kind"]).is_some()
            && text_at(value, &["apiVersion"]).is_some_and(|version| version.starts_with(API_PREFIX))
    };
    let mut entities = entities(content.values()).peekable();
    entities.peek().is_some() && entities.all(is_entity)
}

/// The entities of documents: themselves, lists of them, or pages as the API answers them.
fn entities(values: &[Value]) -> impl Iterator<Item = &Value> {
    values.iter().flat_map(|value| {
        let listed = value
            .as_array()
            .or_else(|| value.get("items").and_then(Value::as_array));
        let alone = if listed.is_none() { Some(value) } else { None };
        listed.into_iter().flatten().chain(alone)
    })
}

fn read(content: &Content, findings: &mut Findings<'_>) -> Result<(), Problem> {
    let mut tally = Tally::default();
    let found = distinct(entities(content.require_values()?), findings, &mut tally);
    let mut told = BTreeSet::new();
    for (reference, entity) in &found {
        entity::record(reference, entity, findings);
    }
    for (reference, entity) in &found {
        links(reference, entity, &mut told, findings);
    }
    tally.report(findings);
    Ok(())
}

/// The entities that become CIs, each once and in the order of the documents. Where several have one
/// name, the last one counts, as it does for Backstage.
fn distinct<'d>(
    entities: impl Iterator<Item = &'d Value>,
    findings: &mut Findings<'_>,
    tally: &mut Tally,
) -> Vec<(Reference, &'d Value)> {
    let mut found: Vec<(Reference, &Value)> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut repeated: BTreeSet<String> = BTreeSet::new();
    let mut repetitions = 0;
    for entity in entities {
        let reference = match named(entity) {
            Ok(reference) => reference,
            Err(problem) => {
                findings.unreadable(RecordKind::Ci, None, problem);
                continue;
            }
        };
        if entity::ci_type(&reference, entity).is_none() {
            tally.count(
                "IGNORED",
                format!("entities of kind {}, which is not read", reference.kind),
            );
            continue;
        }
        let key = reference.key();
        if let Some(slot) = places.get(&key).and_then(|place| found.get_mut(*place)) {
            slot.1 = entity;
            repetitions += 1;
            repeated.insert(key);
            continue;
        }
        places.insert(key, found.len());
        found.push((reference, entity));
    }
    if repetitions > 0 {
        let names: Vec<&str> = repeated.iter().take(NAMED_MAX).map(String::as_str).collect();
        let more = repeated.len().saturating_sub(NAMED_MAX);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let message = format!(
            "entities that have the name of another one, of which the last counts: {repetitions} ({}{more})",
            names.join(", ")
        );
        findings.warn("DUPLICATE_RECORD", message);
    }
    found
}

/// What an entity is called.
fn named(entity: &Value) -> Result<Reference, Problem> {
    let lacking = |field: &str| {
        let message = format!("an entity states `{field}`, a text; this one does not");
        Problem::new(ErrorCode::BadUserInput, message).of_field(field)
    };
    let kind = text_at(entity, &["kind"]).filter(|kind| !kind.trim().is_empty());
    let kind = kind.ok_or_else(|| lacking("kind"))?;
    let name = text_at(entity, &["metadata", "name"]).filter(|name| !name.trim().is_empty());
    let name = name.ok_or_else(|| lacking("metadata.name"))?;
    Ok(Reference::new(kind, text_at(entity, &["metadata", "namespace"]), name))
}

/// Tells what an entity refers to, each relationship once however many sides state it.
fn links(
    reference: &Reference,
    entity: &Value,
    told: &mut BTreeSet<(String, &'static str, String)>,
    findings: &mut Findings<'_>,
) {
    for link in &LINKS {
        if !link.of.is_empty() && link.of != reference.kind {
            continue;
        }
        for stated in stated(entity, link.field) {
            let Some(target) = Reference::of_value(stated, link.kind, &reference.namespace) else {
                let message = "a reference to an entity is `[kind:][namespace/]name`; this is none";
                let problem = Problem::new(ErrorCode::BadUserInput, message)
                    .of_field(format!("spec.{}", link.field))
                    .of_value(&stated.to_string());
                findings.unreadable(RecordKind::Relationship, Some(reference.key()), problem);
                continue;
            };
            let (from, to) = if link.reversed {
                (target.key(), reference.key())
            } else {
                (reference.key(), target.key())
            };
            if told.insert((from.clone(), link.relationship_type, to.clone())) {
                findings.relationship(from, link.relationship_type, to);
            }
        }
    }
}

/// The references of a field: one, or a list of them.
fn stated<'v>(entity: &'v Value, field: &str) -> Vec<&'v Value> {
    match at(entity, &["spec", field]) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(_)) => list_at(entity, &["spec", field]).iter().collect(),
        Some(one) => vec![one],
    }
}

#[cfg(test)]
mod tests;
