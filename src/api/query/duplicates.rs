//! Which CIs are probably one, and what merging them would do.

use std::sync::Arc;

use async_graphql::{Context, Object};

use super::subject::answers;
use crate::api::connection::{Connection, Cursors, QuestionHash, page_size, rows};
use crate::api::context::{api, ask, editor, resolve, snapshot};
use crate::api::error::{ApiError, ApiResult};
use crate::api::mutation::choices;
use crate::api::types::{
    AmbiguousDerivationObject, DuplicateObject, DuplicateState, MergeInput, MergePreview, ci_types,
};
use crate::app::{Duplicate, MergeRequest, ambiguous_derivations, preview_merge};
use crate::graph::{Slot, Snapshot};
use crate::model::CiTypeId;

#[derive(Debug, Default)]
pub(super) struct DuplicateQuery;

/// What the first question costs beside its list: it looks at every CI.
const SCAN_COST: usize = 500;

/// Duplicates and merges.
#[Object]
impl DuplicateQuery {
    /// Pairs of CIs that are probably one: by the rules that identify CIs, or because they are called and
    /// addressed alike. The strongest first.
    #[graphql(complexity = "SCAN_COST.saturating_add(rows(first, child_complexity))")]
    async fn duplicates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items of the page: 50 if not said, at most 1,000.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page begins.")] after: Option<String>,
        #[graphql(name = "type", desc = "Only of CIs of this type or its subtypes.")] ci_type: Option<String>,
        #[graphql(desc = "Only with this CI: an id, `type:name` or `attribute:value`.")] ci: Option<String>,
        #[graphql(desc = "Only in this state.", default_with = "DuplicateState::Open")] state: DuplicateState,
    ) -> ApiResult<Connection<DuplicateObject>> {
        let view = snapshot(ctx)?;
        let first = page_size(first, api(ctx)?.limits.page_max)?;
        let types = ci_type.as_deref().map(|name| ci_types(view, &[name.to_owned()], true));
        let question = Filter {
            types: types.transpose()?,
            ci: ci.as_deref().map(|ci| resolve(view, "ci", ci)).transpose()?,
            state,
        };
        let (queue, reader) = (Arc::clone(&answers(ctx)?.duplicates), api(ctx)?.cmdb.reader());
        let cursors = Cursors {
            revision: view.revision(),
            question: QuestionHash::of(&("duplicates", &ci_type, &ci, state)),
        };
        let found = ask(ctx, view, move |view, _| {
            let found = queue.at(&reader, view);
            let found = found.map_err(|_| ApiError::internal("the journal cannot be read"))?;
            Ok(question.select(view, found))
        });
        let found = found.await?;
        cursors.page(after.as_deref(), first, found.len(), |place| {
            DuplicateObject::new(view, found[place].clone())
        })
    }

    /// Values that name several CIs under a derivation: nothing follows from them. By rule and CI.
    #[graphql(complexity = "SCAN_COST.saturating_add(rows(first, child_complexity))")]
    async fn ambiguous_derivations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items of the page: 50 if not said, at most 1,000.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page begins.")] after: Option<String>,
    ) -> ApiResult<Connection<AmbiguousDerivationObject>> {
        let view = snapshot(ctx)?;
        let first = page_size(first, api(ctx)?.limits.page_max)?;
        let cursors = Cursors {
            revision: view.revision(),
            question: QuestionHash::of(&"ambiguousDerivations"),
        };
        let found = ask(ctx, view, |view, _| Ok(ambiguous_derivations(view))).await?;
        cursors.page(after.as_deref(), first, found.len(), |place| {
            AmbiguousDerivationObject::new(view, &found[place])
        })
    }

    /// What merging two CIs would do. Nothing is changed.
    async fn merge_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The two CIs.")] input: MergeInput,
    ) -> ApiResult<MergePreview> {
        let view = snapshot(ctx)?;
        let survivor = view.ci_id(resolve(view, "survivor", &input.survivor)?);
        let absorbed = view.ci_id(resolve(view, "absorbed", &input.absorbed)?);
        let by = editor(ctx)?.actor().name.to_string();
        let choices = choices(input);
        let plan = ask(ctx, view, move |view, _| {
            let request = MergeRequest {
                survivor,
                absorbed,
                choices: &choices,
                by: &by,
                reason: None,
            };
            preview_merge(view, &request).map_err(ApiError::from)
        });
        Ok(MergePreview::new(view, plan.await?))
    }
}

/// Which pairs are asked for.
struct Filter {
    types: Option<Vec<CiTypeId>>,
    ci: Option<Slot>,
    state: DuplicateState,
}

impl Filter {
    fn select(&self, view: &Snapshot, mut found: Vec<Duplicate>) -> Vec<Duplicate> {
        found.retain(|duplicate| {
            let [one, other] = duplicate.cis.map(|ci| view.slot_of(ci));
            one.zip(other).is_some_and(|(one, other)| self.passes(view, one, other))
        });
        found.sort_by_key(|duplicate| (std::cmp::Reverse(duplicate.score), duplicate.cis));
        found
    }

    fn passes(&self, view: &Snapshot, one: Slot, other: Slot) -> bool {
        let dismissed = view.are_told_apart(one, other).is_some();
        let of_types = |slot| {
            let types = self.types.as_ref();
            types.is_none_or(|types| types.contains(&view.ci_type_of(slot)))
        };
        dismissed == (self.state == DuplicateState::Dismissed)
            && (of_types(one) || of_types(other))
            && self.ci.is_none_or(|ci| ci == one || ci == other)
    }
}
