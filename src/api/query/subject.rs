//! What a question is put to: the estate of the request, or a scenario of it; as of a moment.

use std::sync::Arc;
use std::time::Instant;

use async_graphql::Context;
use jiff::Timestamp;

use crate::api::answers::Answers;
use crate::api::connection::QuestionHash;
use crate::api::context::{api, ask, snapshot};
use crate::api::error::{ApiError, ApiResult};
use crate::api::moments::Moments;
use crate::api::scalars::DateTime;
use crate::graph::Snapshot;
use crate::impact::{Budget, ImpactView, ScratchPool};

/// The estate that questions are put to.
#[derive(Clone, Debug, Default)]
pub(in crate::api) struct Subject {
    /// A scenario, and what tells it from others of the same revision. `None`: the request's estate.
    scenario: Option<(Snapshot, QuestionHash)>,
}

impl Subject {
    /// A scenario of the request's estate.
    pub(in crate::api) fn scenario(view: Snapshot, hash: QuestionHash) -> Self {
        Self {
            scenario: Some((view, hash)),
        }
    }

    /// The estate, whatever holds when.
    pub(in crate::api) fn view<'a>(&'a self, ctx: &Context<'a>) -> ApiResult<&'a Snapshot> {
        match &self.scenario {
            Some((view, _)) => Ok(view),
            None => snapshot(ctx),
        }
    }

    /// Whether an answer about `view` may be kept: only one about the estate as it is published. One
    /// about a scenario or another moment would keep a copy of the estate in memory.
    pub(in crate::api) fn may_keep(&self, ctx: &Context<'_>, view: &Snapshot) -> ApiResult<bool> {
        Ok(self.scenario.is_none() && snapshot(ctx)?.is_same(view))
    }

    /// The hash of a question put to this.
    pub(in crate::api) fn hash(&self, question: &impl std::fmt::Debug) -> QuestionHash {
        match &self.scenario {
            Some((_, scenario)) => QuestionHash::of(&(scenario, question)),
            None => QuestionHash::of(question),
        }
    }

    /// Answers a question on a thread of its own, on what holds at a moment: now, if none is said.
    pub(in crate::api) async fn ask<T: Send + 'static>(
        &self,
        ctx: &Context<'_>,
        at: Option<DateTime>,
        question: impl FnOnce(&Asked<'_>) -> ApiResult<T> + Send + 'static,
    ) -> ApiResult<T> {
        let context = api(ctx)?;
        let at = at.map_or_else(|| context.clock.now(), |at| at.0);
        let (steps_max, time_max) = (context.limits.steps_max, context.limits.time_max);
        let answers = answers(ctx)?;
        let scenario = self.scenario.as_ref().map(|(_, hash)| *hash);
        ask(ctx, self.view(ctx)?, move |view, _| {
            let view = answers.moments.as_of(view, scenario, at);
            let deadline = Instant::now().checked_add(time_max);
            let out_of_time = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
            question(&Asked {
                view: &view,
                at,
                budget: Budget {
                    arcs_visited_max: steps_max,
                    results_max: u64::MAX,
                    out_of_time: &out_of_time,
                },
                scratches: &answers.scratches,
                moments: &answers.moments,
            })
        })
        .await
    }
}

/// What a question has at hand while it is answered.
#[derive(Debug)]
pub(in crate::api) struct Asked<'a> {
    /// The estate as it holds at the moment.
    pub(in crate::api) view: &'a Snapshot,
    /// The moment.
    pub(in crate::api) at: Timestamp,
    /// What the server allows.
    pub(in crate::api) budget: Budget<'a>,
    /// The engine's working memory.
    pub(in crate::api) scratches: &'a ScratchPool,
    moments: &'a Moments,
}

impl Asked<'_> {
    /// The estate as the engine sees it.
    pub(in crate::api) fn impact_view(&self) -> ImpactView<'_> {
        impact_view(self.view)
    }

    /// What of the estate that is recorded holds at the moment.
    pub(in crate::api) fn recorded(&self, view: &Snapshot) -> Snapshot {
        self.moments.as_of(view, None, self.at)
    }
}

/// An estate as the engine sees it.
pub(in crate::api) fn impact_view(view: &Snapshot) -> ImpactView<'_> {
    ImpactView {
        index: view.dependency_index(),
        columns: view.columns(),
    }
}

pub(in crate::api) fn answers(ctx: &Context<'_>) -> ApiResult<Arc<Answers>> {
    let answers = ctx.data_opt::<Arc<Answers>>().map(Arc::clone);
    answers.ok_or_else(|| ApiError::internal("no cache of answers"))
}
