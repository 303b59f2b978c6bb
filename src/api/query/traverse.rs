//! Surroundings and paths.

use async_graphql::{Context, Object};

use super::relationships::follow;
use crate::api::connection::{page_size, rows};
use crate::api::context::{api, ask, resolve, snapshot};
use crate::api::error::{ApiError, ApiResult};
use crate::api::types::{Direction, NeighbourhoodObject, PathsObject};
use crate::app::ErrorCode;
use crate::graph::traverse;

/// Paths listed if no number is said.
const PATHS_DEFAULT: i32 = 10;

/// What a neighbourhood counts as in the cost of a document: most are smaller.
const NEIGHBOURHOOD_ROWS: i32 = 500;

#[derive(Debug, Default)]
pub(super) struct TraverseQuery;

/// Surroundings and paths.
#[Object]
impl TraverseQuery {
    /// All CIs within so many steps of one, over relationships of any strength.
    #[graphql(complexity = "rows(Some(NEIGHBOURHOOD_ROWS), child_complexity)")]
    async fn neighbourhood(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            name = "ref",
            desc = "The CI to start from: an id, `type:name` or `attribute:value`."
        )]
        reference: String,
        #[graphql(desc = "So many steps at most.", default = 1)] depth: i32,
        #[graphql(desc = "Which way to follow relationships.", default_with = "Direction::Both")] direction: Direction,
        #[graphql(desc = "Only over relationships of these types.")] relationship_types: Option<Vec<String>>,
    ) -> ApiResult<NeighbourhoodObject> {
        let view = snapshot(ctx)?;
        let start = resolve(view, "ref", &reference)?;
        let depth = u32::try_from(depth).map_err(|_| {
            ApiError::new(ErrorCode::InvalidDepth, "`depth` must not be negative")
                .with("field", "depth")
                .with("value", depth)
        })?;
        let follow = follow(view, direction, relationship_types.as_deref())?;
        let cis_max = api(ctx)?.limits.neighbourhood_max;
        ask(ctx, view, move |view, budget| {
            let found = traverse::neighbourhood(view, start, depth, &follow, cis_max, budget);
            Ok(NeighbourhoodObject::new(view, &found))
        })
        .await
    }

    /// The shortest paths between two CIs.
    #[graphql(complexity = "rows(Some(first), child_complexity)")]
    async fn paths(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where they begin: an id, `type:name` or `attribute:value`.")] from: String,
        #[graphql(desc = "Where they end.")] to: String,
        #[graphql(desc = "Only over relationships of these types.")] relationship_types: Option<Vec<String>>,
        #[graphql(desc = "Which way to follow relationships.", default_with = "Direction::Both")] direction: Direction,
        #[graphql(desc = "So many paths at most, up to 1,000.", default_with = "PATHS_DEFAULT")] first: i32,
    ) -> ApiResult<PathsObject> {
        let view = snapshot(ctx)?;
        let from = resolve(view, "from", &from)?;
        let to = resolve(view, "to", &to)?;
        let first = page_size(Some(first), api(ctx)?.limits.page_max)?;
        let follow = follow(view, direction, relationship_types.as_deref())?;
        ask(ctx, view, move |view, budget| {
            let found = traverse::shortest_paths(view, from, to, &follow, first, budget);
            Ok(PathsObject::new(view, &found))
        })
        .await
    }
}
