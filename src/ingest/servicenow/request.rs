//! The requests as they arrive. Keys that are not listed here are passed over, as `ServiceNow` does.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{ITEMS_MAX, RELATIONS_MAX};

/// CIs and how they hang together.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Request {
    /// The CIs.
    #[serde(default)]
    pub items: Vec<Item>,
    /// How they hang together.
    #[serde(default)]
    pub relations: Vec<Relation>,
    /// Fields that refer to other items.
    #[serde(default, rename = "referenceItems")]
    pub reference_items: Vec<Value>,
}

/// One CI.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Item {
    /// Its class.
    #[serde(default, rename = "className")]
    pub class_name: String,
    /// What the request's relations call it.
    #[serde(default)]
    pub internal_id: Option<String>,
    /// Its fields.
    #[serde(default)]
    pub values: Map<String, Value>,
    /// Further fields, by the names that people read.
    #[serde(default)]
    pub display_values: Map<String, Value>,
    /// Records that identify it.
    #[serde(default)]
    pub lookup: Vec<Part>,
    /// Records that belong to it.
    #[serde(default)]
    pub related: Vec<Part>,
    /// Who says so.
    #[serde(default)]
    pub sys_object_source_info: SourceInfo,
}

/// A record beside a CI.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Part {
    /// Its class.
    #[serde(default, rename = "className")]
    pub class_name: String,
    /// Its fields.
    #[serde(default)]
    pub values: Map<String, Value>,
}

/// Where a CI comes from.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct SourceInfo {
    /// The source's own key.
    #[serde(default)]
    pub source_native_key: Option<String>,
    /// When it was observed: `2026-01-31 12:00:00`.
    #[serde(default)]
    pub source_recency_timestamp: Option<String>,
}

/// How two items hang together. Each end is an index, an internal id, or a `sys_id`.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Relation {
    /// The label: `Runs on::Runs`.
    #[serde(default, rename = "type")]
    pub label: String,
    /// The place of the parent among the items.
    #[serde(default)]
    pub parent: Option<Value>,
    /// The place of the child.
    #[serde(default)]
    pub child: Option<Value>,
    /// The internal id of the parent.
    #[serde(default)]
    pub parent_id: Option<String>,
    /// The internal id of the child.
    #[serde(default)]
    pub child_id: Option<String>,
}

/// One CI with relations to recorded ones.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Instance {
    /// Its fields.
    #[serde(default)]
    pub attributes: Map<String, Value>,
    /// Relations in which it is the child.
    #[serde(default)]
    pub inbound_relations: Vec<InstanceRelation>,
    /// Relations in which it is the parent.
    #[serde(default)]
    pub outbound_relations: Vec<InstanceRelation>,
    /// Who says so.
    #[serde(default)]
    pub source: Option<String>,
}

/// A relation to a recorded CI.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct InstanceRelation {
    /// The label.
    #[serde(default, rename = "type")]
    pub label: String,
    /// The `sys_id` of the other CI.
    #[serde(default)]
    pub target: String,
}

/// A body is no request.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// It is not JSON, or of another shape.
    #[error("the body is no request: {0}")]
    Json(#[from] serde_json::Error),
    /// It is too large.
    #[error("the request has {count} {what}, the limit is {limit}: send it in parts")]
    TooLarge {
        /// Of what.
        what: &'static str,
        /// How many.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
}

impl Request {
    /// Reads a body.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        let request: Self = serde_json::from_slice(body)?;
        let within = |what, count, limit| {
            if count > limit {
                return Err(RequestError::TooLarge { what, count, limit });
            }
            Ok(())
        };
        within("items", request.items.len(), ITEMS_MAX)?;
        within("relations", request.relations.len(), RELATIONS_MAX)?;
        Ok(request)
    }
}

impl Instance {
    /// Reads a body.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        Ok(serde_json::from_slice(body)?)
    }

    pub(super) fn into_request(self, class: &str) -> Request {
        let inbound = self.inbound_relations.into_iter().map(|relation| Relation {
            label: relation.label,
            parent: Some(Value::from(relation.target)),
            child: Some(Value::from(0)),
            ..Relation::default()
        });
        let outbound = self.outbound_relations.into_iter().map(|relation| Relation {
            label: relation.label,
            parent: Some(Value::from(0)),
            child: Some(Value::from(relation.target)),
            ..Relation::default()
        });
        Request {
            relations: inbound.chain(outbound).take(RELATIONS_MAX).collect(),
            items: vec![Item {
                class_name: class.to_owned(),
                values: self.attributes,
                ..Item::default()
            }],
            reference_items: Vec::new(),
        }
    }
}
