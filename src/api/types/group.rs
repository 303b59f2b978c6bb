//! The redundancy group.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};

use super::{CiObject, RelationshipObject, ValidityObject};
use crate::api::connection::{page_size, rows};
use crate::api::context::api;
use crate::api::error::{ApiError, ApiResult};
use crate::api::scalars::Long;
use crate::graph::Snapshot;
use crate::graph::dependency::GroupKey;
use crate::model::RedundancyGroup;

/// The id of a group; an implicit one is named by its pool and its consumer.
pub(in crate::api) fn group_id(view: &Snapshot, key: GroupKey) -> String {
    match key {
        GroupKey::Explicit(id) => id.to_string(),
        GroupKey::Pool { consumer, .. } => format!("{}:{}", group_name(view, key), view.ci_id(consumer)),
    }
}

/// The name of a group, or of the pool of an implicit one.
pub(in crate::api) fn group_name(view: &Snapshot, key: GroupKey) -> String {
    match key {
        GroupKey::Explicit(id) => view.group(id).map(|group| group.name.to_string()).unwrap_or_default(),
        GroupKey::Pool { pool, .. } => {
            let pool = view.catalog().pool(pool);
            pool.map(|pool| pool.name.to_string()).unwrap_or_default()
        }
    }
}

/// A CI that helps to carry a redundancy group's consumer.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "GroupMember")]
pub struct GroupMemberObject {
    /// The member.
    pub ci: CiObject,
    /// How much it counts.
    pub weight: u32,
    /// How much of its failure counts; absent for a member by relationship: as the relationship says.
    pub strength: Option<String>,
    /// The relationship that makes it a member; absent for a listed one.
    pub relationship: Option<RelationshipObject>,
}

/// A group of a snapshot, or one that a dry run would make.
#[derive(Clone, Debug)]
pub struct GroupObject {
    view: Snapshot,
    group: Arc<RedundancyGroup>,
}

impl GroupObject {
    pub(in crate::api) fn new(view: &Snapshot, group: Arc<RedundancyGroup>) -> Self {
        Self {
            view: view.clone(),
            group,
        }
    }
}

/// Several CIs of which one consumer needs some: k of n.
#[Object(name = "RedundancyGroup")]
impl GroupObject {
    /// Its identity: `group:` and a UUID.
    pub async fn id(&self) -> ID {
        ID(self.group.id.to_string())
    }

    /// Its name, unique among its consumer's groups.
    async fn name(&self) -> &str {
        self.group.name.as_str()
    }

    /// The CI that needs the members.
    async fn consumer(&self) -> ApiResult<CiObject> {
        let slot = self.view.slot_of(self.group.consumer);
        let slot = slot.ok_or_else(|| ApiError::internal("the group's consumer is not there"))?;
        Ok(CiObject::at(&self.view, slot))
    }

    /// Its members: the listed ones by CI id, then those by relationship.
    #[graphql(complexity = "rows(first, child_complexity)")]
    async fn members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items of the page: 50 if not said, at most 1,000.")] first: Option<i32>,
        #[graphql(desc = "So many members are skipped.", default = 0)] offset: i32,
    ) -> ApiResult<Vec<GroupMemberObject>> {
        let first = page_size(first, api(ctx)?.limits.page_max)?;
        let offset = usize::try_from(offset)
            .map_err(|_| ApiError::input("offset", "`offset` must not be negative").with("value", offset))?;
        let listed = self.group.members.iter().filter_map(|member| {
            Some(GroupMemberObject {
                ci: CiObject::at(&self.view, self.view.slot_of(member.ci)?),
                weight: member.weight.get(),
                strength: Some(member.strength.to_string()),
                relationship: None,
            })
        });
        let consumer = self.view.slot_of(self.group.consumer);
        let related = self.view.relationships_naming(self.group.id).map(|relationship| {
            let (from, to) = (relationship.from(), relationship.to());
            let member = if consumer == Some(from) { to } else { from };
            GroupMemberObject {
                ci: CiObject::at(&self.view, member),
                weight: relationship.weight().get(),
                strength: None,
                relationship: Some(RelationshipObject::of(&self.view, relationship)),
            }
        });
        Ok(listed.chain(related).skip(offset).take(first).collect())
    }

    /// How many members it has.
    async fn member_count(&self) -> Long {
        (self.group.members.len() + self.view.relationships_naming(self.group.id).count()).into()
    }

    /// k: with less weight up, the group is DOWN. A number, or a percentage of the whole weight;
    /// absent: all are needed.
    async fn up_min(&self) -> Option<String> {
        self.group.thresholds.up_min.map(|threshold| threshold.to_string())
    }

    /// d: with less weight up, the group is DEGRADED; absent: as k.
    async fn capacity_min(&self) -> Option<String> {
        self.group
            .thresholds
            .capacity_min
            .map(|threshold| threshold.to_string())
    }

    /// r: with less weight undegraded, the group is `AT_RISK`; absent: all.
    async fn spare_min(&self) -> Option<String> {
        self.group.thresholds.spare_min.map(|threshold| threshold.to_string())
    }

    /// How much of the group's state reaches the consumer.
    async fn strength(&self) -> String {
        self.group.strength.to_string()
    }

    /// Whether support must be derivable from something that needs none.
    async fn grounded(&self) -> bool {
        self.group.grounded
    }

    /// When it holds; absent: always.
    async fn validity(&self) -> Option<ValidityObject> {
        self.group.validity.map(Into::into)
    }
}
