//! What can be said about any write, and how it is handed to the writer.

use std::sync::Arc;

use async_graphql::{Context, InputObject};
use sha2::{Digest, Sha256};

use crate::api::answers::Answers;
use crate::api::context::editor;
use crate::api::error::{ApiError, ApiResult};
use crate::app::{BatchMode, Done, ErrorCode, Reader, SHORT_TEXT_BYTES_MAX, Work, WriteOutcome, WriteRequest};
use crate::graph::Snapshot;
use crate::model::{Command, Delta, IdempotencyKey, Name, Revision, SourceName};

/// What can be said about any write.
#[derive(InputObject, Clone, Debug, Default)]
pub struct WriteOptions {
    /// Only say what would happen: nothing is written.
    #[graphql(default)]
    pub dry_run: bool,
    /// Why, for the record.
    pub reason: Option<String>,
    /// The name of the source behind it: `manual` if not said.
    pub source: Option<String>,
    /// The source with feed and scope, where the thing that is written about has one: it goes before the
    /// name.
    #[graphql(skip)]
    pub on_behalf_of: Option<SourceName>,
    /// A key of 1 to 200 bytes under which the same request, sent again, is recognised and not done
    /// twice.
    pub idempotency_key: Option<String>,
}

impl WriteOptions {
    fn request(self, commands: Vec<Command>, mode: BatchMode, digest: [u8; 32]) -> ApiResult<WriteRequest> {
        let too_long = self
            .reason
            .as_ref()
            .is_some_and(|reason| reason.len() > SHORT_TEXT_BYTES_MAX);
        if too_long {
            let message = format!("`reason` has at most {SHORT_TEXT_BYTES_MAX} bytes");
            return Err(ApiError::input("reason", message).with("limit", SHORT_TEXT_BYTES_MAX));
        }
        let source = self.source.as_deref().map(Name::new).transpose();
        let key = self.idempotency_key.as_deref().map(IdempotencyKey::new).transpose();
        Ok(WriteRequest {
            work: Work::Commands(commands),
            mode,
            dry_run: self.dry_run,
            source: match self.on_behalf_of {
                Some(source) => Some(source),
                None => source
                    .map_err(|error| ApiError::new(ErrorCode::InvalidName, error.to_string()).with("field", "source"))?
                    .map(SourceName::plain),
            },
            reason: self.reason,
            idempotency_key: key.map_err(|error| ApiError::input("idempotencyKey", error.to_string()))?,
            request_digest: digest,
        })
    }
}

/// Identifies a request, to tell its repetition from another one under the same key.
pub(super) fn digest(request: &impl std::fmt::Debug) -> [u8; 32] {
    Sha256::digest(format!("{request:?}")).into()
}

/// What a write did, and the estate after it.
pub(super) struct Written {
    pub(super) outcome: WriteOutcome,
    pub(super) view: Snapshot,
}

/// Hands commands to the writer and waits until they are durable and visible.
pub(super) async fn write(
    ctx: &Context<'_>,
    commands: Vec<Command>,
    mode: BatchMode,
    options: Option<WriteOptions>,
    digest: [u8; 32],
) -> ApiResult<Written> {
    let editor = editor(ctx)?;
    let request = options.unwrap_or_default().request(commands, mode, digest)?;
    let mut outcome = editor.write(request).await?;
    if outcome.replayed {
        outcome.delta = recorded(editor.reader().clone(), outcome.revision).await?;
    }
    let view = editor.reader().snapshot();
    if let Some(answers) = ctx.data_opt::<Arc<Answers>>() {
        answers.forget_before(view.revision());
    }
    Ok(Written { outcome, view })
}

/// What a commit changed, from the journal on disk.
async fn recorded(reader: Reader, revision: Revision) -> ApiResult<Arc<Delta>> {
    let read = tokio::task::spawn_blocking(move || reader.entry(revision)).await;
    let unreadable = || ApiError::internal("the journal cannot be read");
    let entry = read.map_err(|_| unreadable())?.map_err(|_| unreadable())?;
    Ok(entry.map(|entry| entry.delta).unwrap_or_default())
}

/// As [`write`], for one command: its refusal is the error. `None`: the request was seen before.
///
/// A repeated request may name what its first run removed or renamed. Its command cannot be read any
/// more, but its key is still known, so the writer is asked about the key with nothing to do.
pub(super) async fn write_one(
    ctx: &Context<'_>,
    command: ApiResult<Command>,
    options: Option<WriteOptions>,
    digest: [u8; 32],
) -> ApiResult<(Written, Option<Done>)> {
    let keyed = options
        .as_ref()
        .is_some_and(|options| options.idempotency_key.is_some());
    let command = match command {
        Ok(command) => command,
        Err(error) if keyed => {
            let written = write(ctx, Vec::new(), BatchMode::Atomic, options, digest).await?;
            return if written.outcome.replayed {
                Ok((written, None))
            } else {
                Err(error)
            };
        }
        Err(error) => return Err(error),
    };
    let mut written = write(ctx, vec![command], BatchMode::Atomic, options, digest).await?;
    let done = match written.outcome.commands.pop() {
        None => None,
        Some(Ok(done)) => Some(done),
        Some(Err(error)) => return Err(error.into()),
    };
    Ok((written, done))
}
