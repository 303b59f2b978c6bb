//! Sync sessions, and values that are fixed against all sources.

use std::sync::Arc;

use async_graphql::{Context, ID, Object};

use super::options::{WriteOptions, digest, write_one};
use super::payload::ConfigurationItemPayload;
use crate::api::context::{current, editor, resolve};
use crate::api::error::{ApiError, ApiResult};
use crate::api::types::{CompleteSyncPayload, RunObject, SyncSessionObject, source_name};
use crate::app::ErrorCode;
use crate::ingest::run::FEED_BYTES_MAX;
use crate::ingest::sync::{self, SweepOptions, SyncError};
use crate::model::{Command, Name};

#[derive(Debug, Default)]
pub(super) struct SyncMutation;

/// Sync sessions and pins.
#[Object]
impl SyncMutation {
    /// Opens a sync session: push to it with `POST /ingest?session=ID`, then complete it. A session
    /// that the same source, feed and scope had open is abandoned.
    async fn begin_sync(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who speaks.")] source: String,
        #[graphql(desc = "Which of the source's feeds.")] feed: Option<String>,
        #[graphql(desc = "Of which part of the world: only what was pushed with the same scope before can go.")]
        scope: Option<String>,
    ) -> ApiResult<SyncSessionObject> {
        let name = Name::new(&source)
            .map_err(|error| ApiError::new(ErrorCode::InvalidName, error.to_string()).with("field", "source"))?;
        for (field, text) in [("feed", &feed), ("scope", &scope)] {
            let text = text.as_deref().unwrap_or_default();
            if text.len() > FEED_BYTES_MAX || text.chars().any(char::is_control) {
                let message = format!("`{field}` has at most {FEED_BYTES_MAX} bytes and no control characters");
                return Err(ApiError::input(field, message));
            }
        }
        let editor = editor(ctx)?;
        let session = sync::begin(&editor, source_name(name, feed, scope), editor.now());
        Ok(SyncSessionObject(session.map_err(|error| refusal(&error))?))
    }

    /// Completes a sync session: what its source, feed and scope spoke of before and did not mention in
    /// it becomes stale, and what has been stale for longer than the grace of its type is retired. Refused
    /// with `SESSION_INCOMPLETE` while something is pushed to it, and after a push to it broke off, until it
    /// is pushed again. Asked again of a session that is completed, it gives the run of that.
    async fn complete_sync(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The session.")] session: ID,
        #[graphql(
            desc = "Most CIs that may be let go for the first time, in percent of what the source, feed and scope speak of: what the source's rule says, if not said, and 20 without one."
        )]
        share_max: Option<u8>,
        #[graphql(desc = "Only say what would happen; the session stays open.", default)] dry_run: bool,
    ) -> ApiResult<CompleteSyncPayload> {
        if share_max.is_some_and(|share| share > 100) {
            return Err(ApiError::input("shareMax", "`shareMax` is a percentage from 0 to 100"));
        }
        let editor = editor(ctx)?;
        let id = parse(&session)?;
        let options = SweepOptions { share_max, dry_run };
        let completed = tokio::task::spawn_blocking(move || sync::complete(&editor, id, options, editor.now()));
        let completed = completed
            .await
            .map_err(|_| ApiError::internal("the sweep failed by an error of ours"))?;
        Ok(CompleteSyncPayload(completed.map_err(|error| refusal(&error))?))
    }

    /// Gives a sync session up: nothing is swept, and what was pushed stays.
    async fn abort_sync(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The session.")] session: ID,
    ) -> ApiResult<RunObject> {
        let editor = editor(ctx)?;
        let run = sync::abort(&editor, parse(&session)?, editor.now()).map_err(|error| refusal(&error))?;
        Ok(RunObject(Arc::new(run)))
    }

    /// Fixes values of a CI: no source changes them until they are let go.
    async fn pin_attributes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The CI: its id, `TYPE:NAME` or `ATTRIBUTE:VALUE`.")] configuration_item: String,
        #[graphql(desc = "Attributes to fix at their present value; `name`, `stage` and `tags` are among them.")]
        attributes: Vec<String>,
        #[graphql(desc = "What can be said about any write.")] options: Option<WriteOptions>,
    ) -> ApiResult<ConfigurationItemPayload> {
        let digest = digest(&("pin_attributes", &configuration_item, &attributes));
        pin(ctx, &configuration_item, (attributes, Vec::new()), options, digest).await
    }

    /// Lets values of a CI go: the sources decide again, at once.
    async fn unpin_attributes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The CI: its id, `TYPE:NAME` or `ATTRIBUTE:VALUE`.")] configuration_item: String,
        #[graphql(desc = "Attributes to let go.")] attributes: Vec<String>,
        #[graphql(desc = "What can be said about any write.")] options: Option<WriteOptions>,
    ) -> ApiResult<ConfigurationItemPayload> {
        let digest = digest(&("unpin_attributes", &configuration_item, &attributes));
        pin(ctx, &configuration_item, (Vec::new(), attributes), options, digest).await
    }
}

async fn pin(
    ctx: &Context<'_>,
    reference: &str,
    (pin, unpin): (Vec<String>, Vec<String>),
    options: Option<WriteOptions>,
    digest: [u8; 32],
) -> ApiResult<ConfigurationItemPayload> {
    let view = current(ctx)?;
    let by = editor(ctx)?.actor().name.to_string();
    let command = resolve(&view, "configurationItem", reference).map(|slot| Command::PinCi {
        ci: view.ci_id(slot),
        pin,
        unpin,
        by,
    });
    Ok(write_one(ctx, command, options, digest).await?.into())
}

fn parse(session: &ID) -> ApiResult<uuid::Uuid> {
    session.parse().map_err(|_| {
        ApiError::input("session", "`session` is the id that `beginSync` gave").with("value", session.to_string())
    })
}

fn refusal(error: &SyncError) -> ApiError {
    let mut refusal = ApiError::new(error.code(), error.to_string());
    if let Some(session) = error.session() {
        refusal = refusal.with("field", "session").with("value", session.to_string());
    }
    if let SyncError::Guard {
        affected,
        members,
        share_max,
    } = error
    {
        refusal = refusal
            .with("affected", *affected)
            .with("members", *members)
            .with("shareMax", usize::from(*share_max));
    }
    refusal
}
