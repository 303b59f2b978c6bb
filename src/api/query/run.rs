//! Runs of sources.

use async_graphql::{Context, Object};

use crate::api::connection::page_size;
use crate::api::context::{api, snapshot};
use crate::api::error::{ApiError, ApiResult};
use crate::api::types::{RunObject, SyncSessionObject};

#[derive(Debug, Default)]
pub(super) struct RunQuery;

/// Runs and sync sessions.
#[Object]
impl RunQuery {
    /// The last runs of sources, the last one first; of each source, feed and scope the last 100 are
    /// kept.
    #[graphql(complexity = "crate::api::connection::rows(first, child_complexity)")]
    async fn runs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this source.")] source: Option<String>,
        #[graphql(desc = "How many: 50 if not said, at most 1,000.")] first: Option<i32>,
        #[graphql(desc = "How many of the last ones to pass over.", default)] offset: u32,
    ) -> ApiResult<Vec<RunObject>> {
        let first = page_size(first, api(ctx)?.limits.page_max)?;
        if let Some(source) = &source
            && snapshot(ctx)?.sources_named(source).next().is_none()
            && api(ctx)?.cmdb.reader().runs().of(Some(source)).is_empty()
        {
            let message = format!("there is no source `{source}`");
            return Err(ApiError::input("source", message).with("value", source.clone()));
        }
        let runs = api(ctx)?.cmdb.reader().runs().of(source.as_deref());
        Ok(runs
            .into_iter()
            .skip(offset as usize)
            .take(first)
            .map(RunObject)
            .collect())
    }

    /// The sync sessions that are open, in the order in which they began.
    async fn sync_sessions(&self, ctx: &Context<'_>) -> ApiResult<Vec<SyncSessionObject>> {
        let sessions = api(ctx)?.cmdb.reader().sessions().open();
        Ok(sessions.into_iter().map(SyncSessionObject).collect())
    }
}
