//! The relationship.

use std::sync::Arc;

use async_graphql::{ID, Object};

use super::attribute::{relationship_attributes_json, source_name};
use super::{CiObject, GroupObject, RelationshipTypeObject, ValidityObject};
use crate::api::error::{ApiError, ApiResult};
use crate::api::scalars::{DateTime, Json};
use crate::graph::{RelationshipRef, Snapshot};
use crate::model::{CiId, Relationship};

/// A relationship of a snapshot, or one that a dry run would make.
#[derive(Clone, Debug)]
pub struct RelationshipObject {
    view: Snapshot,
    relationship: Arc<Relationship>,
}

impl RelationshipObject {
    pub(in crate::api) fn new(view: &Snapshot, relationship: Arc<Relationship>) -> Self {
        Self {
            view: view.clone(),
            relationship,
        }
    }

    pub(in crate::api) fn of(view: &Snapshot, relationship: RelationshipRef<'_>) -> Self {
        Self::new(view, Arc::new(relationship.to_relationship()))
    }

    fn end(&self, id: CiId) -> ApiResult<CiObject> {
        let slot = self
            .view
            .slot_of(id)
            .ok_or_else(|| ApiError::internal("an end of the relationship is not there"))?;
        Ok(CiObject::at(&self.view, slot))
    }

    fn type_object(&self) -> Option<RelationshipTypeObject> {
        RelationshipTypeObject::of(&self.view, self.relationship.relationship_type)
    }
}

/// A directed, typed link between two CIs.
#[Object(name = "Relationship")]
impl RelationshipObject {
    /// Its identity: `rel:` and a number.
    pub async fn id(&self) -> ID {
        ID(self.relationship.id.to_string())
    }

    /// Its type.
    #[graphql(name = "type")]
    async fn relationship_type(&self) -> Option<RelationshipTypeObject> {
        self.type_object()
    }

    /// The name of its type.
    async fn type_name(&self) -> String {
        let definition = self
            .view
            .catalog()
            .relationship_type(self.relationship.relationship_type);
        definition
            .map(|definition| definition.name.to_string())
            .unwrap_or_default()
    }

    /// Where it starts: the subject of the type's forward phrase.
    async fn from(&self) -> ApiResult<CiObject> {
        self.end(self.relationship.from)
    }

    /// Where it ends: the subject of the type's reverse phrase.
    async fn to(&self) -> ApiResult<CiObject> {
        self.end(self.relationship.to)
    }

    /// Tells parallel relationships of one type apart; mostly empty.
    async fn qualifier(&self) -> &str {
        &self.relationship.qualifier
    }

    /// How much of a failure of `from` hits `to`, if not as the type says.
    async fn forward_strength(&self) -> Option<String> {
        self.relationship.forward.map(|strength| strength.to_string())
    }

    /// How much of a failure of `to` hits `from`, if not as the type says.
    async fn reverse_strength(&self) -> Option<String> {
        self.relationship.reverse.map(|strength| strength.to_string())
    }

    /// How much it counts in its redundancy group.
    async fn weight(&self) -> u32 {
        self.relationship.weight.get()
    }

    /// The redundancy group it belongs to.
    async fn redundancy_group(&self) -> Option<GroupObject> {
        let group = self.view.group(self.relationship.group?)?;
        Some(GroupObject::new(&self.view, Arc::clone(group)))
    }

    /// Its attributes as one object by name; secret values are shown as `***`.
    async fn attributes(&self) -> Json {
        let relationship = &self.relationship;
        Json(relationship_attributes_json(
            self.view.catalog(),
            relationship.relationship_type,
            &relationship.attributes,
        ))
    }

    /// Who said so first.
    async fn source(&self) -> String {
        source_name(&self.view, self.relationship.source)
    }

    /// All who say so, in the order in which they began.
    async fn said_by(&self) -> Vec<String> {
        let others = self.relationship.also_said_by.iter().map(|said| said.source);
        let sources = [self.relationship.source].into_iter().chain(others);
        sources.map(|source| source_name(&self.view, source)).collect()
    }

    /// Whether nobody says so but a rule that derives it from attribute values.
    async fn is_derived(&self) -> bool {
        self.relationship.also_said_by.is_empty()
            && source_name(&self.view, self.relationship.source) == crate::app::DERIVED
    }

    /// When it was first said.
    async fn first_seen(&self) -> DateTime {
        DateTime(self.relationship.first_seen)
    }

    /// When any of those who say so last said it.
    async fn last_seen(&self) -> DateTime {
        let live = self.view.relationship(self.relationship.id);
        DateTime(live.map_or(self.relationship.first_seen, |live| live.last_seen()))
    }

    /// When it holds; absent: always.
    async fn validity(&self) -> Option<ValidityObject> {
        self.relationship.validity.map(Into::into)
    }
}
