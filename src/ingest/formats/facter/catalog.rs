//! A catalog of `PuppetDB`: what Puppet keeps on a node, and what of it comes before what.
//!
//! What resources hold (parameters, contents of files) is not taken over: it is full of secrets.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::app::ErrorCode;
use crate::ingest::formats::document::Findings;
use crate::ingest::formats::inventory::{Fields, Machine, Notes, fqdn_of, host_and_domain, list_of, moment};
use crate::ingest::observation::{Problem, RecordKind};
use crate::ingest::payload::{CiRecord, RelationshipRecord};

/// Relationships of a catalog in which the source comes first, so that the target needs it.
const ORDER: [&str; 4] = ["before", "required-by", "notifies", "subscription-of"];

/// Whether a JSON document is a catalog.
pub(super) fn is_one(value: &Value) -> bool {
    let listed = |name: &str| {
        value
            .get(name)
            .is_some_and(|list| list.is_array() || list.get("data").is_some())
    };
    value.get("certname").is_some_and(Value::is_string) && listed("resources") && listed("edges")
}

/// Records the node, its resources and their order.
pub(super) fn tell(value: &Value, notes: &mut Notes, findings: &mut Findings<'_>) {
    let text = |name: &str| value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let Some(certname) = text("certname") else {
        let problem = Problem::new(ErrorCode::BadUserInput, "a catalog of no node").of_field("certname");
        findings.unreadable(RecordKind::Ci, None, problem);
        return;
    };
    let machine = Machine {
        key: certname.to_owned(),
        name: certname.to_owned(),
        ci_type: "server",
        observed_at: text("producer_timestamp").and_then(moment),
    };
    let mut fields = Fields::default();
    fields.text("fqdn", fqdn_of([Some(certname)]).as_deref());
    if let Some((host, domain)) = host_and_domain(certname) {
        fields.text("host_name", Some(&host));
        fields.text("domain", domain.as_deref());
    }
    machine.tell(fields, findings);
    let catalog = Catalog { machine };
    for resource in rows(value, "resources") {
        catalog.resource(resource, findings);
    }
    let mut told = BTreeSet::new();
    for edge in rows(value, "edges") {
        catalog.edge(edge, &mut told, notes, findings);
    }
}

/// Rows as the wire format lists them, or as an answer to a query does.
fn rows<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    let listed = value.get(name);
    list_of(listed.and_then(|listed| listed.get("data")).or(listed))
}

struct Catalog {
    machine: Machine,
}

impl Catalog {
    fn key(&self, resource: &(String, String)) -> String {
        format!("resource:{}/{}[{}]", self.machine.key, resource.0, resource.1)
    }

    fn resource(&self, value: &Value, findings: &mut Findings<'_>) {
        let Some(resource) = named(value, "type", "title") else {
            let problem =
                Problem::new(ErrorCode::BadUserInput, "a resource without type and title").of_field("resources");
            findings.unreadable(RecordKind::Ci, None, problem.of_value(&value.to_string()));
            return;
        };
        let mut fields = Fields::default();
        fields.text("resource_type", Some(&resource.0));
        fields.text("title", Some(&resource.1));
        findings.ci(CiRecord {
            key: Some(self.key(&resource)),
            ci_type: "managed_resource".to_owned(),
            name: Some(
                format!("{}[{}]", resource.0, resource.1)
                    .chars()
                    .filter(|c| !c.is_control())
                    .take(120)
                    .collect(),
            ),
            attributes: fields.finish(),
            observed_at: self.machine.observed_at,
            ..CiRecord::default()
        });
        self.relate(self.key(&resource), "hosted_on", self.machine.key.clone(), findings);
    }

    fn edge(
        &self,
        edge: &Value,
        told: &mut BTreeSet<(String, &'static str, String)>,
        notes: &mut Notes,
        findings: &mut Findings<'_>,
    ) {
        let end = |name: &str| match edge.get(name) {
            Some(end) => named(end, "type", "title"),
            None => named(edge, &format!("{name}_type"), &format!("{name}_title")),
        };
        let kind = edge.get("relationship").and_then(Value::as_str).unwrap_or_default();
        let (Some(source), Some(target)) = (end("source"), end("target")) else {
            let problem = Problem::new(ErrorCode::BadUserInput, "an edge without source and target").of_field("edges");
            findings.unreadable(RecordKind::Relationship, None, problem.of_value(&edge.to_string()));
            return;
        };
        let relationship_type = match kind {
            "contains" => "part_of",
            kind if ORDER.contains(&kind) => "depends_on",
            _ => {
                notes.add("IGNORED", "an edge of an unknown kind is passed over", kind);
                return;
            }
        };
        // Both say that the target stands on the source or belongs to it.
        let relationship = (self.key(&target), relationship_type, self.key(&source));
        if told.insert(relationship.clone()) {
            self.relate(relationship.0, relationship.1, relationship.2, findings);
        }
    }

    fn relate(&self, from: String, relationship_type: &str, to: String, findings: &mut Findings<'_>) {
        findings.relationship_record(RelationshipRecord {
            from,
            relationship_type: relationship_type.to_owned(),
            to,
            observed_at: self.machine.observed_at,
            ..RelationshipRecord::default()
        });
    }
}

fn named(value: &Value, kind: &str, title: &str) -> Option<(String, String)> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    Some((text(kind)?.to_owned(), text(title)?.to_owned()))
}
