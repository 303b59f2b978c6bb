//! The configuration item.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};

use super::attribute::{attributes_json, source_name};
use super::claim::{self, ClaimObject, PinObject};
use super::{AttributeObject, CiTypeObject, Direction, GroupObject, LifecycleStage, RelationshipObject};
use crate::api::connection::{Connection, Cursors, QuestionHash, page_size, rows};
use crate::api::context::api;
use crate::api::error::ApiResult;
use crate::api::query::relationships;
use crate::api::scalars::{DateTime, Json, Long};
use crate::graph::{Slot, Snapshot};
use crate::model::{ConfigurationItem, Origin, Stamp, Validity};

/// When something was written.
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(name = "Stamp")]
pub struct StampObject {
    /// The commit.
    pub revision: Long,
    /// Its time.
    pub at: DateTime,
}

impl From<Stamp> for StampObject {
    fn from(stamp: Stamp) -> Self {
        Self {
            revision: stamp.revision.into(),
            at: DateTime(stamp.at),
        }
    }
}

/// When something holds: from the first moment on, and before the second.
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(name = "Validity")]
pub struct ValidityObject {
    /// The first moment at which it holds; absent: since ever.
    pub from: Option<DateTime>,
    /// The first moment at which it no longer holds; absent: for ever.
    pub to: Option<DateTime>,
}

impl From<Validity> for ValidityObject {
    fn from(validity: Validity) -> Self {
        Self {
            from: validity.from().map(DateTime),
            to: validity.to().map(DateTime),
        }
    }
}

/// One source's knowledge of a CI.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Origin")]
pub struct OriginObject {
    /// The source.
    pub source: String,
    /// Which of the source's feeds; null: none is named.
    pub feed: Option<String>,
    /// Of which part of the world the feed speaks; null: none is named.
    pub scope: Option<String>,
    /// The source's own key for the CI, if it has one.
    pub native_key: Option<String>,
    /// When the source first spoke of the CI.
    pub first_seen: DateTime,
    /// When the source last spoke of the CI.
    pub last_seen: DateTime,
    /// Since when the source has stopped speaking of the CI: a sync session was completed without
    /// mentioning it. Null: it still speaks of it.
    pub stale_since: Option<DateTime>,
}

/// A CI of a snapshot, or one that a dry run would make.
#[derive(Clone, Debug)]
pub struct CiObject {
    view: Snapshot,
    slot: Option<Slot>,
    ci: Arc<ConfigurationItem>,
}

impl CiObject {
    /// The CI in a slot of a snapshot.
    pub(in crate::api) fn at(view: &Snapshot, slot: Slot) -> Self {
        Self {
            view: view.clone(),
            slot: Some(slot),
            ci: Arc::clone(view.ci_at(slot)),
        }
    }

    /// A CI as a delta holds it: what the snapshot has of it besides is taken from there.
    pub(in crate::api) fn loose(view: &Snapshot, ci: Arc<ConfigurationItem>) -> Self {
        Self {
            view: view.clone(),
            slot: view.slot_of(ci.id()),
            ci,
        }
    }

    fn origin(&self, origin: &Origin) -> OriginObject {
        let last_seen = self.slot.and_then(|slot| self.view.last_seen_ci(slot, origin.source));
        let source = self.view.source(origin.source);
        let stated = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let stale = self
            .ci
            .standing()
            .and_then(|standing| standing.stale_since(origin.source));
        OriginObject {
            source: source_name(&self.view, origin.source),
            feed: source.and_then(|source| stated(&source.feed)),
            scope: source.and_then(|source| stated(&source.scope)),
            native_key: Some(origin.native_key.to_string()).filter(|key| !key.is_empty()),
            first_seen: DateTime(origin.first_seen),
            last_seen: DateTime(last_seen.map_or(origin.first_seen, |seen| seen.max(origin.first_seen))),
            stale_since: stale.map(DateTime),
        }
    }

    fn details(&self, attribute: &crate::model::Attribute) -> AttributeObject {
        let definition = self.view.catalog().attribute_by_id(self.ci.ci_type(), attribute.id);
        let last_seen = self
            .slot
            .and_then(|slot| self.view.last_seen_ci(slot, attribute.source));
        AttributeObject::new(&self.view, definition.map(AsRef::as_ref), attribute, last_seen)
    }
}

/// Anything under configuration management.
#[Object(name = "ConfigurationItem")]
impl CiObject {
    /// Its identity, stable for its whole life: `ci:` and a UUID.
    pub async fn id(&self) -> ID {
        ID(self.ci.id().to_string())
    }

    /// Its name.
    async fn name(&self) -> &str {
        self.ci.name()
    }

    /// Its type.
    #[graphql(name = "type")]
    async fn ci_type(&self) -> Option<CiTypeObject> {
        CiTypeObject::of(&self.view, self.ci.ci_type())
    }

    /// The name of its type.
    async fn type_name(&self) -> String {
        let definition = self.view.catalog().ci_type(self.ci.ci_type());
        definition
            .map(|definition| definition.name.to_string())
            .unwrap_or_default()
    }

    /// Where it stands in its life.
    async fn stage(&self) -> LifecycleStage {
        self.ci.stage().into()
    }

    /// How critical it is, 1 (most critical) to 4: what it states, else its type's default.
    async fn tier(&self) -> Option<u8> {
        match self.slot {
            Some(slot) => self.view.tier_of(slot),
            None => self.view.catalog().default_tier(self.ci.ci_type()),
        }
    }

    /// Its labels, sorted.
    async fn tags(&self) -> Vec<&str> {
        self.ci.tags().collect()
    }

    /// Its attributes as one object by name; secret values are shown as `***`.
    async fn attributes(
        &self,
        #[graphql(desc = "Only these, in any order; those it has not are left out.")] names: Option<Vec<String>>,
    ) -> Json {
        let catalog = self.view.catalog();
        Json(attributes_json(
            catalog,
            self.ci.ci_type(),
            self.ci.attributes(),
            names.as_deref(),
        ))
    }

    /// One attribute with its provenance.
    async fn attribute(&self, #[graphql(desc = "Its name.")] name: String) -> Option<AttributeObject> {
        let id = self.view.catalog().attribute_id(&name)?;
        self.ci.attributes().get(id).map(|attribute| self.details(&attribute))
    }

    /// All attributes with their provenance, by name.
    #[graphql(complexity = "20 * child_complexity")]
    async fn attribute_details(&self) -> Vec<AttributeObject> {
        let mut details: Vec<AttributeObject> = self
            .ci
            .attributes()
            .iter()
            .map(|attribute| self.details(&attribute))
            .collect();
        details.sort_by(|a, b| a.name.cmp(&b.name));
        details
    }

    /// Who knows it, by source and key.
    async fn origins(&self) -> Vec<OriginObject> {
        self.ci.origins().map(|origin| self.origin(&origin)).collect()
    }

    /// What each source says of it, by attribute: what counts first, then what does not.
    #[graphql(complexity = "20 * child_complexity")]
    async fn claims(
        &self,
        #[graphql(desc = "Only of this attribute; `name`, `stage` and `tags` are among them.")] attribute: Option<
            String,
        >,
    ) -> Vec<ClaimObject> {
        let mut claims = claim::claims(&self.view, self.slot, &self.ci);
        claims.retain(|claim| attribute.as_ref().is_none_or(|name| claim.attribute == *name));
        claims
    }

    /// Values that a person fixed against all sources.
    async fn pins(&self) -> Vec<PinObject> {
        claim::pins(&self.view, &self.ci)
    }

    /// Whether every source that knew it has stopped speaking of it.
    async fn is_stale(&self) -> bool {
        self.ci.is_stale()
    }

    /// When it was first written.
    async fn created(&self) -> StampObject {
        self.ci.created().into()
    }

    /// When it was last written.
    async fn changed(&self) -> StampObject {
        self.ci.changed().into()
    }

    /// When it holds; absent: always.
    async fn validity(&self) -> Option<ValidityObject> {
        self.ci.validity().map(Into::into)
    }

    /// Its relationships, by id.
    #[graphql(complexity = "rows(first, child_complexity)")]
    async fn relationships(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which way, seen from this CI.", default_with = "Direction::Both")] direction: Direction,
        #[graphql(desc = "Only of these types, by name.")] types: Option<Vec<String>>,
        #[graphql(desc = "Items of the page: 50 if not said, at most 1,000.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page begins.")] after: Option<String>,
    ) -> ApiResult<Connection<RelationshipObject>> {
        let first = page_size(first, api(ctx)?.limits.page_max)?;
        let cursors = Cursors {
            revision: self.view.revision(),
            question: QuestionHash::of(&("relationships", self.ci.id(), direction, &types)),
        };
        let follow = relationships::follow(&self.view, direction, types.as_deref())?;
        relationships::page(ctx, &self.view, self.slot, follow, cursors, after.as_deref(), first).await
    }

    /// The redundancy groups that carry it, by id.
    #[graphql(complexity = "10 * child_complexity")]
    async fn redundancy_groups(&self) -> Vec<GroupObject> {
        let groups = self
            .slot
            .into_iter()
            .flat_map(|slot| self.view.groups_of_consumer(slot));
        groups
            .take(GROUPS_MAX)
            .map(|group| GroupObject::new(&self.view, Arc::clone(group)))
            .collect()
    }

    /// The redundancy groups that list it as a member, by id; the first 1,000.
    #[graphql(complexity = "10 * child_complexity")]
    async fn group_memberships(&self) -> Vec<GroupObject> {
        let groups = self
            .slot
            .into_iter()
            .flat_map(|slot| self.view.groups_with_member(slot));
        groups
            .take(GROUPS_MAX)
            .map(|group| GroupObject::new(&self.view, Arc::clone(group)))
            .collect()
    }

    /// The team that owns it: the end of its `owned_by` relationship, the least id of several.
    async fn owner(&self) -> Option<CiObject> {
        let owner = relationships::owner(&self.view, self.slot?)?;
        Some(CiObject::at(&self.view, owner))
    }
}

/// Most groups of one CI that are listed.
const GROUPS_MAX: usize = 1_000;
