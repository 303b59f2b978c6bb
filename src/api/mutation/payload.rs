//! What a mutation answers: the thing changed, the revision, and the delta.

use std::sync::Arc;

use async_graphql::SimpleObject;

use super::options::Written;
use crate::api::scalars::Long;
use crate::api::types::{CiObject, DeltaObject, GroupObject, RelationshipObject};
use crate::app::Done;
use crate::model::DeltaItem;

/// What a write on a CI did.
#[derive(Clone, Debug, SimpleObject)]
pub struct ConfigurationItemPayload {
    /// The CI after the write, or as it would be; absent if it is gone.
    pub configuration_item: Option<CiObject>,
    /// The commit that holds the write; where nothing changed, the last one.
    pub revision: Long,
    /// Whether anything changed, or would.
    pub changed: bool,
    /// Whether the request was recognised by its idempotency key and not done again.
    pub replayed: bool,
    /// What changed, or would.
    pub delta: DeltaObject,
}

/// What a write on a relationship did.
#[derive(Clone, Debug, SimpleObject)]
pub struct RelationshipPayload {
    /// The relationship after the write, or as it would be; absent if it is gone.
    pub relationship: Option<RelationshipObject>,
    /// The commit that holds the write; where nothing changed, the last one.
    pub revision: Long,
    /// Whether anything changed, or would.
    pub changed: bool,
    /// Whether the request was recognised by its idempotency key and not done again.
    pub replayed: bool,
    /// What changed, or would.
    pub delta: DeltaObject,
}

/// What a write on a redundancy group did.
#[derive(Clone, Debug, SimpleObject)]
pub struct RedundancyGroupPayload {
    /// The group after the write, or as it would be; absent if it is gone.
    pub redundancy_group: Option<GroupObject>,
    /// The commit that holds the write; where nothing changed, the last one.
    pub revision: Long,
    /// Whether anything changed, or would.
    pub changed: bool,
    /// Whether the request was recognised by its idempotency key and not done again.
    pub replayed: bool,
    /// What changed, or would.
    pub delta: DeltaObject,
}

/// What a write on the catalog did.
#[derive(Clone, Debug, SimpleObject)]
pub struct CatalogPayload {
    /// The commit that holds the write; where nothing changed, the last one.
    pub revision: Long,
    /// Whether anything changed, or would.
    pub changed: bool,
    /// Whether the request was recognised by its idempotency key and not done again.
    pub replayed: bool,
    /// What changed, or would: definitions, and CIs that were migrated.
    pub delta: DeltaObject,
}

impl Written {
    pub(super) fn delta(&self) -> DeltaObject {
        DeltaObject::new(&self.view, Arc::clone(&self.outcome.delta))
    }
}

/// The CI that a write was about: as the delta leaves it, else as the estate has it. A repeated
/// request has no `done`: the first CI of its delta is meant.
impl From<(Written, Option<Done>)> for ConfigurationItemPayload {
    fn from((written, done): (Written, Option<Done>)) -> Self {
        let wanted = done.and_then(|done| done.ci);
        let mut in_delta = written.outcome.delta.items.iter().filter_map(DeltaItem::as_ci);
        let in_delta =
            in_delta.find(|change| wanted.is_none_or(|wanted| change.either().is_some_and(|ci| ci.id() == wanted)));
        let ci = match in_delta {
            Some(change) => change.after.clone(),
            None => wanted.and_then(|id| written.view.ci(id).cloned()),
        };
        Self {
            configuration_item: ci.map(|ci| CiObject::loose(&written.view, ci)),
            revision: written.outcome.revision.into(),
            changed: written.outcome.changed,
            replayed: written.outcome.replayed,
            delta: written.delta(),
        }
    }
}

impl From<(Written, Option<Done>)> for RelationshipPayload {
    fn from((written, done): (Written, Option<Done>)) -> Self {
        let wanted = done.and_then(|done| done.relationship);
        let mut in_delta = written
            .outcome
            .delta
            .items
            .iter()
            .filter_map(DeltaItem::as_relationship);
        let in_delta = in_delta.find(|change| {
            wanted.is_none_or(|wanted| change.either().is_some_and(|relationship| relationship.id == wanted))
        });
        let relationship = match in_delta {
            Some(change) => change.after.clone(),
            None => wanted.and_then(|id| Some(Arc::new(written.view.relationship(id)?.to_relationship()))),
        };
        Self {
            relationship: relationship.map(|relationship| RelationshipObject::new(&written.view, relationship)),
            revision: written.outcome.revision.into(),
            changed: written.outcome.changed,
            replayed: written.outcome.replayed,
            delta: written.delta(),
        }
    }
}

impl From<(Written, Option<Done>)> for RedundancyGroupPayload {
    fn from((written, done): (Written, Option<Done>)) -> Self {
        let wanted = done.and_then(|done| done.group);
        let mut in_delta = written.outcome.delta.items.iter().filter_map(DeltaItem::as_group);
        let in_delta =
            in_delta.find(|change| wanted.is_none_or(|wanted| change.either().is_some_and(|group| group.id == wanted)));
        let group = match in_delta {
            Some(change) => change.after.clone(),
            None => wanted.and_then(|id| written.view.group(id).cloned()),
        };
        Self {
            redundancy_group: group.map(|group| GroupObject::new(&written.view, group)),
            revision: written.outcome.revision.into(),
            changed: written.outcome.changed,
            replayed: written.outcome.replayed,
            delta: written.delta(),
        }
    }
}

impl From<(Written, Option<Done>)> for CatalogPayload {
    fn from((written, _): (Written, Option<Done>)) -> Self {
        Self {
            revision: written.outcome.revision.into(),
            changed: written.outcome.changed,
            replayed: written.outcome.replayed,
            delta: written.delta(),
        }
    }
}
