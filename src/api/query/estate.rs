//! The estate as a whole, and its history.

use std::sync::Arc;

use async_graphql::{Context, Object};

use crate::api::context::{api, snapshot};
use crate::api::error::{ApiError, ApiResult};
use crate::api::scalars::Long;
use crate::api::types::{Counts, EstateObject, JournalEntryObject, SourceObject};

#[derive(Debug, Default)]
pub(super) struct EstateQuery;

/// The estate as a whole, and its history.
#[Object]
impl EstateQuery {
    /// The estate as this request sees it.
    async fn estate(&self, ctx: &Context<'_>) -> ApiResult<EstateObject> {
        Ok(EstateObject(snapshot(ctx)?.clone()))
    }

    /// How many CIs there are of which type, in which stage, from which source.
    async fn counts(&self, ctx: &Context<'_>) -> ApiResult<Counts> {
        Ok(Counts(snapshot(ctx)?.clone()))
    }

    /// All sources, by name, feed and scope.
    async fn sources(&self, ctx: &Context<'_>) -> ApiResult<Vec<SourceObject>> {
        let view = snapshot(ctx)?;
        let runs = api(ctx)?.cmdb.reader();
        let mut sources: Vec<SourceObject> = view
            .sources()
            .filter_map(|source| SourceObject::new(view, runs.runs(), source.id))
            .collect();
        sources.sort_by(|a, b| (&a.name, &a.feed, &a.scope).cmp(&(&b.name, &b.feed, &b.scope)));
        Ok(sources)
    }

    /// The record of a commit; null if there is none.
    async fn journal_entry(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number of the commit.")] revision: Long,
    ) -> ApiResult<Option<JournalEntryObject>> {
        let reader = api(ctx)?.cmdb.reader();
        // The journal is on disk.
        let read = tokio::task::spawn_blocking(move || reader.entry(revision.into())).await;
        let unreadable = || ApiError::internal("the journal cannot be read");
        let entry = read.map_err(|_| unreadable())?.map_err(|_| unreadable())?;
        let view = snapshot(ctx)?;
        Ok(entry.map(|entry| JournalEntryObject::new(view, Arc::new(entry), None)))
    }
}
