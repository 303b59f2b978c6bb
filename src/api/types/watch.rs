//! Events of a watched service.

use async_graphql::{Context, ID, Object, SimpleObject};

use super::ImpactState;
use crate::api::connection::{page_size, rows};
use crate::api::context::api;
use crate::api::error::{ApiError, ApiResult};
use crate::api::scalars::{DateTime, Long};
use crate::api::watch::{Change, GroupNow, WatchedCi};
use crate::impact::TruncationReason;

/// A CI as it was named when it was looked at; it may be gone since.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "WatchedCi")]
pub struct WatchedCiObject {
    /// Its identity.
    pub id: ID,
    /// Its name.
    pub name: String,
    /// The name of its type.
    pub type_name: String,
}

impl From<&WatchedCi> for WatchedCiObject {
    fn from(ci: &WatchedCi) -> Self {
        Self {
            id: ID(ci.id.to_string()),
            name: ci.name.clone(),
            type_name: ci.type_name.clone(),
        }
    }
}

/// How a redundancy group stands at present. Numbers are weights; they are counts where every weight is
/// 1.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "WatchedGroup")]
pub struct WatchedGroupObject {
    /// Its id, or for an implicit group the pool and the consumer.
    pub id: String,
    /// Its name, or its pool's.
    pub name: String,
    /// The CI that needs it.
    pub consumer: WatchedCiObject,
    /// k: weight needed to work at all.
    pub up_min: Long,
    /// n: the whole weight.
    pub total: Long,
    /// Weight that is up.
    pub up: Long,
    /// What can still be lost before the group is down; below 0 it is down.
    pub headroom: i32,
    /// What reaches the consumer.
    pub output: ImpactState,
}

impl From<&GroupNow> for WatchedGroupObject {
    fn from(group: &GroupNow) -> Self {
        let headroom = i128::from(group.up) - i128::from(group.up_min);
        Self {
            id: group.id.clone(),
            name: group.name.clone(),
            consumer: (&group.consumer).into(),
            up_min: Long(group.up_min),
            total: Long(group.total),
            up: Long(group.up),
            headroom: i32::try_from(headroom).unwrap_or(i32::MAX),
            output: group.output.into(),
        }
    }
}

/// A redundancy group before and after.
#[derive(Clone, Debug, SimpleObject)]
pub struct RedundancyChange {
    /// As it was; absent: it was not there, or did not say how many it needs.
    pub before: Option<WatchedGroupObject>,
    /// As it is; absent: it is gone, or does not say how many it needs any more.
    pub after: Option<WatchedGroupObject>,
}

impl From<&(Option<GroupNow>, Option<GroupNow>)> for RedundancyChange {
    fn from((before, after): &(Option<GroupNow>, Option<GroupNow>)) -> Self {
        Self {
            before: before.as_ref().map(Into::into),
            after: after.as_ref().map(Into::into),
        }
    }
}

/// How a watched service stands, and what is different from the event before. Lists may be taken in
/// parts, under aliases of one field; counts are of all.
#[derive(Clone, Debug)]
pub struct WatchEvent(pub(in crate::api) Change);

fn part<'a, T, U: From<&'a T>>(ctx: &Context<'_>, first: i32, offset: i32, items: &'a [T]) -> ApiResult<Vec<U>> {
    let first = page_size(Some(first), api(ctx)?.limits.page_max)?;
    let offset = usize::try_from(offset)
        .map_err(|_| ApiError::input("offset", "`offset` must not be negative").with("value", offset))?;
    Ok(items.iter().skip(offset).take(first).map(U::from).collect())
}

/// How a watched service stands, and what is different from the event before. Lists may be taken in
/// parts, under aliases of one field; counts are of all.
#[Object]
impl WatchEvent {
    /// The commit after which it was looked at; of several in a burst the last.
    async fn revision(&self) -> Long {
        self.0.now.revision.into()
    }

    /// When it was looked at.
    async fn at(&self) -> DateTime {
        DateTime(self.0.now.at)
    }

    /// Whether this is the first event, which tells the present and no changes.
    async fn is_first(&self) -> bool {
        self.0.is_first
    }

    /// The service that is watched.
    async fn service(&self) -> WatchedCiObject {
        (&self.0.now.service).into()
    }

    /// Whether the service's lifecycle stage takes part in impact; if not, it stands on nothing.
    async fn takes_part(&self) -> bool {
        self.0.now.takes_part
    }

    /// Its present state, with all recorded lifecycle stages; absent: not known.
    async fn state(&self) -> Option<ImpactState> {
        self.0.now.state.map(Into::into)
    }

    /// Its state at the event before; absent at the first.
    async fn state_before(&self) -> Option<ImpactState> {
        self.0.state_before.map(Into::into)
    }

    /// What alone would bring it to the level, by depth and id. None, where it is there already.
    #[graphql(complexity = "rows(Some(first), child_complexity)")]
    async fn single_points_of_failure(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many at most, up to 1,000.", default = 100)] first: i32,
        #[graphql(desc = "So many are skipped.", default = 0)] offset: i32,
    ) -> ApiResult<Vec<WatchedCiObject>> {
        part(ctx, first, offset, &self.0.now.points)
    }

    /// How many single points of failure there are.
    async fn single_points_of_failure_count(&self) -> Long {
        self.0.now.points.len().into()
    }

    /// Single points of failure that were none at the event before, by depth and id.
    #[graphql(complexity = "rows(Some(first), child_complexity)")]
    async fn new_single_points_of_failure(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many at most, up to 1,000.", default = 100)] first: i32,
        #[graphql(desc = "So many are skipped.", default = 0)] offset: i32,
    ) -> ApiResult<Vec<WatchedCiObject>> {
        part(ctx, first, offset, &self.0.appeared)
    }

    /// How many are new.
    async fn new_single_points_of_failure_count(&self) -> Long {
        self.0.appeared.len().into()
    }

    /// Single points of failure of the event before that are none any more, by id. Where the answer is
    /// not complete, none is said to be.
    #[graphql(complexity = "rows(Some(first), child_complexity)")]
    async fn vanished_single_points_of_failure(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many at most, up to 1,000.", default = 100)] first: i32,
        #[graphql(desc = "So many are skipped.", default = 0)] offset: i32,
    ) -> ApiResult<Vec<WatchedCiObject>> {
        part(ctx, first, offset, &self.0.vanished)
    }

    /// How many vanished.
    async fn vanished_single_points_of_failure_count(&self) -> Long {
        self.0.vanished.len().into()
    }

    /// The redundancy groups of the service and of all it stands on that say how many they need, by the
    /// consumer's id.
    #[graphql(complexity = "rows(Some(first), child_complexity)")]
    async fn redundancy(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many at most, up to 1,000.", default = 100)] first: i32,
        #[graphql(desc = "So many are skipped.", default = 0)] offset: i32,
    ) -> ApiResult<Vec<WatchedGroupObject>> {
        part(ctx, first, offset, &self.0.now.groups)
    }

    /// How many such groups there are.
    async fn redundancy_count(&self) -> Long {
        self.0.now.groups.len().into()
    }

    /// The groups that stand differently than at the event before, by id, those that are gone last.
    #[graphql(complexity = "rows(Some(first), child_complexity)")]
    async fn redundancy_changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many at most, up to 1,000.", default = 100)] first: i32,
        #[graphql(desc = "So many are skipped.", default = 0)] offset: i32,
    ) -> ApiResult<Vec<RedundancyChange>> {
        part(ctx, first, offset, &self.0.groups)
    }

    /// How many groups stand differently.
    async fn redundancy_change_count(&self) -> Long {
        self.0.groups.len().into()
    }

    /// Whether everything was looked at. If not, what is told stands, and there may be more; nothing
    /// that is missing is safe.
    async fn complete(&self) -> bool {
        self.0.now.incomplete.is_none()
    }

    /// The limit that was met, if one was: ARCS or TIME.
    async fn truncated_reason(&self) -> Option<&'static str> {
        self.0.now.incomplete.map(|incomplete| incomplete.reason.as_str())
    }

    /// How to see the rest, if not everything was looked at.
    async fn how_to_go_on(&self) -> Option<&'static str> {
        self.0.now.incomplete.map(|incomplete| match incomplete.reason {
            TruncationReason::Depth | TruncationReason::Arcs | TruncationReason::Results | TruncationReason::Count => {
                "raise the server's limit of steps in its configuration"
            }
            TruncationReason::Time => {
                "it is looked at again with the next commit that touches the service; or raise the time in the \
                 server's configuration"
            }
        })
    }
}
