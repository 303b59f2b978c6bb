//! What probably caused these symptoms?

use async_graphql::{Context, Object};

use super::premises::{Missing, PremisesArguments, number, root, roots};
use super::subject::{Asked, Subject};
use crate::api::connection::{page_size, rows};
use crate::api::context::api;
use crate::api::error::{ApiError, ApiResult};
use crate::api::recent_changes::RecentChanges;
use crate::api::scalars::DateTime;
use crate::api::types::{
    AtRiskReading, FailedCiInput, ImpactState, ObservationWeightInput, ProbableCausesObject, StartingState, bounded,
};
use crate::app::{ErrorCode, Reader};
use crate::graph::Snapshot;
use crate::impact::{CauseQuestion, ObservationWeight, probable_causes};
use crate::model::Weight;

/// Probable causes, on the estate of the request or on a scenario.
#[derive(Debug, Default)]
pub(in crate::api) struct ProbableCauseQuery(pub(super) Subject);

/// What the question counts as in the cost of a document, beside its lists.
const CAUSES_COST: usize = 1_000;

/// Causes listed if no number is said.
const FIRST_DEFAULT: i32 = 50;

/// Causes put together if no number is said.
const CAUSES_DEFAULT: i32 = 3;

/// Causes put together at most: each costs a trial of every candidate.
const CAUSES_MAX: usize = 20;

/// Candidates tried if no number is said.
const CANDIDATES_DEFAULT: i32 = 10_000;

/// Probable causes.
#[Object]
impl ProbableCauseQuery {
    /// What probably caused these symptoms: single causes ranked by how well their failure fits what
    /// was observed, and several causes put together where one does not explain all. CIs seen healthy
    /// tell causes apart.
    /// Scores are exact fractions between 0 and 1. Errors: `ROOT_NOT_FOUND`, `INVALID_STATE` (a level of `OK`),
    /// `ASSUME_CONFLICT`, `UNKNOWN_TYPE`. With `complete: false`, a candidate that was not tried may fit better.
    ///
    /// Example: `{ probableCauses(symptoms: ["business_service:shop", "business_service:payment"], healthy:
    /// ["web_server:web-01"]) { complete ranking { ci { name } score explains misses falseAlarms } causes { ci { name } }
    /// } }`
    #[graphql(complexity = "CAUSES_COST.saturating_add(rows(Some(first), child_complexity))")]
    #[expect(
        clippy::too_many_arguments,
        reason = "the question of the impact law has as many parts"
    )]
    async fn probable_causes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The CIs observed to be bad.")] symptoms: Vec<String>,
        #[graphql(desc = "CIs observed to be well.")] healthy: Option<Vec<String>>,
        #[graphql(
            desc = "What observations count as where they do not count 1: how surely or how badly something was seen."
        )]
        weights: Option<Vec<ObservationWeightInput>>,
        #[graphql(
            desc = "From which state on a CI is bad: not OK.",
            default_with = "ImpactState::Degraded"
        )]
        level: ImpactState,
        #[graphql(desc = "Causes put together at most, up to 20.", default_with = "CAUSES_DEFAULT")] max_causes: i32,
        #[graphql(
            desc = "Candidates tried at most, the nearest to the symptoms.",
            default_with = "CANDIDATES_DEFAULT"
        )]
        max_candidates: i32,
        #[graphql(desc = "Single causes listed at most, up to 1,000.", default_with = "FIRST_DEFAULT")] first: i32,
        #[graphql(desc = "From what state to start.", default_with = "StartingState::Structural")]
        starting_state: StartingState,
        #[graphql(desc = "What has failed before the question, as the targets of other changes.")]
        starting_failed: Option<Vec<FailedCiInput>>,
        #[graphql(desc = "CIs that are in a state whatever happens.")] assume: Option<Vec<FailedCiInput>>,
        #[graphql(desc = "The moment of valid time to ask about; now if not said.")] at: Option<DateTime>,
        #[graphql(desc = "Relationship types that carry nothing; members by them count as up.")] exclude_types: Option<
            Vec<String>,
        >,
        #[graphql(desc = "How far AT_RISK is passed on.", default_with = "AtRiskReading::Transitive")]
        at_risk: AtRiskReading,
        #[graphql(
            desc = "Whether groups that say `grounded` are read so: their members cannot hold each other up.",
            default = true
        )]
        grounded: bool,
    ) -> ApiResult<ProbableCausesObject> {
        let question = CauseArguments {
            symptoms,
            healthy: healthy.unwrap_or_default(),
            weights: weights.unwrap_or_default(),
            level,
            causes_max: number("maxCauses", max_causes, CAUSES_MAX)?,
            candidates_max: number("maxCandidates", max_candidates, usize::MAX)?,
            first: page_size(Some(first), api(ctx)?.limits.page_max)?,
            premises: PremisesArguments::new(
                starting_state,
                starting_failed,
                assume,
                exclude_types,
                at_risk,
                grounded,
            )?,
        };
        bounded("symptoms", Some(&question.symptoms))?;
        bounded("healthy", Some(&question.healthy))?;
        bounded("weights", Some(&question.weights))?;
        // The journal is on disk, so it is read only for those who ask.
        let fields = ctx.look_ahead();
        let changes = fields.field("ranking").field("recentChanges").exists() || fields.field("changesSince").exists();
        let reader = changes.then(|| api(ctx).map(|api| api.cmdb.reader())).transpose()?;
        self.0
            .ask(ctx, at, move |asked| question.answer(asked, reader.as_ref()))
            .await
    }
}

/// A question as it was written.
#[derive(Debug)]
struct CauseArguments {
    symptoms: Vec<String>,
    healthy: Vec<String>,
    weights: Vec<ObservationWeightInput>,
    level: ImpactState,
    causes_max: usize,
    candidates_max: usize,
    first: usize,
    premises: PremisesArguments,
}

impl CauseArguments {
    fn weights(&self, view: &Snapshot) -> ApiResult<Vec<ObservationWeight>> {
        let read = |given: &ObservationWeightInput| {
            let weight = Weight::new(i64::from(given.weight)).map_err(|error| {
                ApiError::new(ErrorCode::InvalidWeight, error.to_string())
                    .with("field", "weights")
                    .with("value", given.weight)
            })?;
            let slot = root(view, "weights", &given.reference)?;
            Ok(ObservationWeight { slot, weight })
        };
        self.weights.iter().map(read).collect()
    }

    fn answer(&self, asked: &Asked<'_>, reader: Option<&Reader>) -> ApiResult<ProbableCausesObject> {
        let view = asked.view;
        let question = CauseQuestion {
            symptoms: roots(view, "symptoms", &self.symptoms)?,
            healthy: roots(view, "healthy", &self.healthy)?,
            weights: self.weights(view)?,
            level: self.level.into(),
            causes_max: self.causes_max,
            candidates_max: self.candidates_max,
            premises: self.premises.read(view, &mut Missing::Refused)?,
        };
        let found = asked
            .scratches
            .with(|scratch| probable_causes(asked.impact_view(), &question, &asked.budget, scratch))?;
        let shown = found.ranking.iter().take(self.first);
        let shown = shown.map(|cause| view.ci_id(cause.slot));
        let enough = asked.budget.out_of_time;
        let mut changes = reader
            .map(|reader| RecentChanges::look_back(reader, view.revision(), shown, enough))
            .transpose()?;
        let changes_since = changes.as_ref().map(|changes| changes.since.into());
        let answer = ProbableCausesObject::new(view, &found, self.first, |cause| {
            let changes = changes.as_mut();
            changes.map_or_else(Vec::new, |changes| changes.take(view.ci_id(cause.slot)))
        });
        Ok(ProbableCausesObject {
            changes_since,
            ..answer
        })
    }
}
