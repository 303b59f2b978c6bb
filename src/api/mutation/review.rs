//! Decisions on the review queue.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::options::{WriteOptions, digest, write_one};
use crate::api::context::{current, editor, resolve};
use crate::api::error::{ApiError, ApiResult};
use crate::api::scalars::Long;
use crate::api::types::ReviewObject;
use crate::app::{CommandError, ErrorCode};
use crate::graph::Estate;
use crate::ingest::review::{decided, to_create};
use crate::model::{Command, ReviewCommand, ReviewId, ReviewItem};

#[derive(Debug, Default)]
pub(super) struct ReviewMutation;

/// Which CI the record of a review item speaks of.
#[derive(InputObject, Clone, Debug)]
pub struct ResolveReviewInput {
    /// The item.
    pub id: ID,
    /// A CI that is there: its id, `type:name`, or an identifier.
    pub ci: Option<String>,
    /// Whether the record is of a CI that is not recorded yet: then it is created from the record.
    #[graphql(default)]
    pub create_new: bool,
}

/// A review item to put aside for good.
#[derive(InputObject, Clone, Debug)]
pub struct DismissReviewInput {
    /// The item.
    pub id: ID,
    /// Why.
    pub reason: String,
}

/// What a decision did.
#[derive(Clone, Debug, SimpleObject)]
pub struct ReviewPayload {
    /// The commit that holds it.
    pub revision: Long,
    /// Whether anything changed.
    pub changed: bool,
    /// The item as it is now.
    pub review: Option<ReviewObject>,
}

/// The review queue.
#[Object]
impl ReviewMutation {
    /// Decides which CI a record speaks of. The source's key is given to that CI, so the next push of
    /// the record finds it; the source is that of the item, with feed and scope.
    async fn resolve_review(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The decision.")] input: ResolveReviewInput,
        #[graphql(desc = "What can be said about any write; the source is the item's.")] options: Option<WriteOptions>,
    ) -> ApiResult<ReviewPayload> {
        let digest_of = digest(&("resolve_review", &input));
        let view = current(ctx)?;
        let item = item_of(&view, &input.id)?;
        let review = item.id;
        let command = match (&input.ci, input.create_new) {
            (Some(reference), false) => {
                let ci = view.ci_id(resolve(&view, "ci", reference)?);
                Ok(ReviewCommand::ResolveTo { review, ci })
            }
            (None, true) => {
                let new = to_create(&item.record).ok().flatten();
                let new = new.ok_or_else(|| ApiError::input("createNew", "the item holds no record of a CI"))?;
                Ok(ReviewCommand::ResolveNew {
                    review,
                    new: Box::new(new),
                })
            }
            (Some(_), true) | (None, false) => Err(ApiError::input("ci", "say either `ci` or `createNew: true`")),
        };
        let command = command.map(Command::Review);
        decide(ctx, command, options, digest_of, item).await
    }

    /// Puts an item aside for good: its record is passed over from now on.
    async fn dismiss_review(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The item.")] input: DismissReviewInput,
        #[graphql(desc = "What can be said about any write; the source is the item's.")] options: Option<WriteOptions>,
    ) -> ApiResult<ReviewPayload> {
        let digest_of = digest(&("dismiss_review", &input));
        let view = current(ctx)?;
        let item = item_of(&view, &input.id)?;
        let command = Command::Review(ReviewCommand::Dismiss {
            review: item.id,
            reason: input.reason,
        });
        decide(ctx, Ok(command), options, digest_of, item).await
    }
}

fn item_of<'v>(view: &'v Estate, id: &ID) -> ApiResult<&'v ReviewItem> {
    let review: ReviewId = id.parse().map_err(|error: crate::model::id::IdError| {
        ApiError::new(ErrorCode::ReviewNotFound, error.to_string()).with("field", "id")
    })?;
    let item = view.review(review).map(std::convert::AsRef::as_ref);
    item.ok_or_else(|| CommandError::ReviewNotFound { review }.into())
}

/// Writes in the name of the source that brought the item up: the key is that source's.
async fn decide(
    ctx: &Context<'_>,
    command: ApiResult<Command>,
    options: Option<WriteOptions>,
    digest: [u8; 32],
    item: &ReviewItem,
) -> ApiResult<ReviewPayload> {
    let options = options.unwrap_or_default();
    let dry_run = options.dry_run;
    let options = WriteOptions {
        on_behalf_of: Some(item.source.clone()),
        ..options
    };
    let (written, done) = write_one(ctx, command, Some(options), digest).await?;
    if let Some(ci) = done.and_then(|done| done.ci).filter(|_| !dry_run) {
        decided(&editor(ctx)?, item, ci);
    }
    let review = written.view.review(item.id);
    Ok(ReviewPayload {
        revision: written.outcome.revision.into(),
        changed: written.outcome.changed,
        review: review.map(|review| ReviewObject::new(&written.view, review)),
    })
}
