//! The review queue.

use async_graphql::{Context, Object};

use crate::api::connection::{Connection, Cursors, QuestionHash, page_size, rows};
use crate::api::context::{api, snapshot};
use crate::api::error::ApiResult;
use crate::api::types::{ReviewKind, ReviewObject, ReviewStateName};
use crate::model;

#[derive(Debug, Default)]
pub(super) struct ReviewQuery;

/// The review queue.
#[Object]
impl ReviewQuery {
    /// What waits for a person's decision, the oldest first.
    #[graphql(complexity = "rows(first.or(Some(50)), child_complexity)")]
    async fn review_queue(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "In which state: `OPEN` if not said; null for any.",
            default_with = "Some(ReviewStateName::Open)"
        )]
        state: Option<ReviewStateName>,
        #[graphql(desc = "Only items of this kind.")] kind: Option<ReviewKind>,
        #[graphql(desc = "Only what this source brought up.")] source: Option<String>,
        #[graphql(desc = "Items of the page: 50 if not said.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page begins.")] after: Option<String>,
    ) -> ApiResult<Connection<ReviewObject>> {
        let view = snapshot(ctx)?;
        let first = page_size(first, api(ctx)?.limits.page_max)?;
        let wanted = kind.map(model::review::ReviewKind::from);
        let found: Vec<_> = view
            .reviews()
            .filter(|item| state.is_none_or(|state| ReviewStateName::from(&item.state) == state))
            .filter(|item| wanted.is_none_or(|wanted| item.kind == wanted))
            .filter(|item| source.as_ref().is_none_or(|source| item.source.name.as_str() == source))
            .collect();
        let cursors = Cursors {
            revision: view.revision(),
            question: QuestionHash::of(&("reviewQueue", state, wanted, &source)),
        };
        cursors.page(after.as_deref(), first, found.len(), |place| {
            ReviewObject::new(view, found[place])
        })
    }
}
