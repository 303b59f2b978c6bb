//! Commands on CIs that are one, and on CIs that only look like one.

use async_graphql::{Context, ID, Object};

use super::convert::ci;
use super::options::{WriteOptions, Written, digest, write_one};
use super::payload::CatalogPayload;
use crate::api::context::{current, editor};
use crate::api::error::{ApiError, ApiResult};
use crate::api::types::{CiObject, MergeInput, MergePayload, RevertMergePayload};
use crate::app::Done;
use crate::graph::Estate;
use crate::model::{CiId, Command, DeltaItem, MergeChoice};

#[derive(Debug, Default)]
pub(super) struct MergeMutation;

/// Merges and duplicates.
#[Object]
impl MergeMutation {
    /// Makes one of two CIs that are one: keys, claims, pins, tags, relationships and groups of the
    /// absorbed CI go to the survivor, and references by its identity lead there. `mergePreview` says
    /// what would happen; `revertMerge` takes it back.
    async fn merge_cis(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The two CIs.")] input: MergeInput,
        #[graphql(desc = "What can be said about any write. The reason is kept with the merge.")] options: Option<
            WriteOptions,
        >,
    ) -> ApiResult<MergePayload> {
        let digest = digest(&("merge_cis", &input));
        let by = editor(ctx)?.actor().name.to_string();
        let reason = options.as_ref().and_then(|options| options.reason.clone());
        let command = merge(&*current(ctx)?, input, by, reason);
        let (written, done) = write_one(ctx, command, options, digest).await?;
        let mut merges = written.outcome.delta.items.iter().filter_map(DeltaItem::as_merge);
        let absorbed = merges.find_map(|change| change.after.as_ref().map(|merge| ID(merge.alias().to_string())));
        Ok(MergePayload {
            configuration_item: after(&written, done.as_ref()),
            absorbed,
            revision: written.outcome.revision.into(),
            changed: written.outcome.changed,
            replayed: written.outcome.replayed,
            delta: written.delta(),
        })
    }

    /// Takes a merge back: the absorbed CI returns with its identity and with what came from it and is
    /// still there. What was changed since stays with the survivor, and is listed.
    async fn revert_merge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The identity of the CI that was absorbed: one of the survivor's aliases.")] absorbed: ID,
        #[graphql(desc = "What can be said about any write.")] options: Option<WriteOptions>,
    ) -> ApiResult<RevertMergePayload> {
        let digest = digest(&("revert_merge", &absorbed));
        let command = absorbed.parse().map(|absorbed| Command::RevertMerge { absorbed });
        let command = command.map_err(|error| ApiError::from(error).with("field", "absorbed"));
        let (written, done) = write_one(ctx, command, options, digest).await?;
        let lost = done.as_ref().map(|done| done.lost.clone()).unwrap_or_default();
        Ok(RevertMergePayload {
            configuration_item: after(&written, done.as_ref()),
            lost: lost.into_iter().map(Into::into).collect(),
            revision: written.outcome.revision.into(),
            changed: written.outcome.changed,
            replayed: written.outcome.replayed,
            delta: written.delta(),
        })
    }

    /// Says that two CIs are not one, whatever they have in common: they are not told as duplicates any
    /// more.
    async fn not_a_duplicate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The two CIs: ids, `type:name` or `attribute:value`.")] cis: Vec<String>,
        #[graphql(desc = "Why.")] reason: String,
        #[graphql(desc = "What can be said about any write.")] options: Option<WriteOptions>,
    ) -> ApiResult<CatalogPayload> {
        let digest = digest(&("not_a_duplicate", &cis, &reason));
        let by = editor(ctx)?.actor().name.to_string();
        let command = pair(&*current(ctx)?, &cis).map(|cis| Command::TellApart { cis, by, reason });
        Ok(write_one(ctx, command, options, digest).await?.into())
    }

    /// Takes back that two CIs are not one.
    async fn reopen_duplicate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The two CIs: ids, `type:name` or `attribute:value`.")] cis: Vec<String>,
        #[graphql(desc = "What can be said about any write.")] options: Option<WriteOptions>,
    ) -> ApiResult<CatalogPayload> {
        let digest = digest(&("reopen_duplicate", &cis));
        let command = pair(&*current(ctx)?, &cis).map(|cis| Command::ReopenDuplicate { cis });
        Ok(write_one(ctx, command, options, digest).await?.into())
    }
}

fn merge(view: &Estate, input: MergeInput, by: String, reason: Option<String>) -> ApiResult<Command> {
    Ok(Command::MergeCis {
        survivor: ci(view, "survivor", &input.survivor)?,
        absorbed: ci(view, "absorbed", &input.absorbed)?,
        choices: choices(input),
        by,
        reason,
    })
}

/// The choices of a merge, as commands have them.
pub(in crate::api) fn choices(input: MergeInput) -> Vec<MergeChoice> {
    let choices = input.take.into_iter().map(|choice| MergeChoice {
        attribute: choice.attribute,
        take: choice.from.into(),
    });
    choices.collect()
}

fn pair(view: &Estate, cis: &[String]) -> ApiResult<[CiId; 2]> {
    let [one, other] = cis else {
        let message = format!("`cis` names two CIs, not {}", cis.len());
        return Err(ApiError::input("cis", message).with("value", cis.len()));
    };
    Ok([ci(view, "cis", one)?, ci(view, "cis", other)?])
}

/// The CI that a command was about, as the write leaves it.
fn after(written: &Written, done: Option<&Done>) -> Option<CiObject> {
    let wanted = done.and_then(|done| done.ci)?;
    let steps = written.outcome.delta.items.iter().filter_map(DeltaItem::as_ci);
    let mut changed = steps.filter_map(|change| change.after.clone());
    let ci = changed.find(|ci| ci.id() == wanted);
    let ci = ci.or_else(|| written.view.ci(wanted).cloned())?;
    Some(CiObject::loose(&written.view, ci))
}
