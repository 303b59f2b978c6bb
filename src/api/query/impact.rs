//! What breaks if these break?

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use async_graphql::{Context, ID, Object};
use jiff::Timestamp;

use super::relationships;
use crate::api::answers::Answers;
use crate::api::connection::QuestionHash;
use crate::api::context::{ApiLimits, api, ask, snapshot};
use crate::api::error::{ApiError, ApiResult};
use crate::api::scalars::DateTime;
use crate::api::types::{
    Answer, AtRiskReading, FailedCiInput, ImpactFilterInput, ImpactLimitsInput, ImpactReportObject, ResultFilter,
    StartingState, bounded, ci_types,
};
use crate::app::ErrorCode;
use crate::graph::{ReferenceError, Snapshot};
use crate::impact::{self, FailedCi, ImpactQuestion, ImpactView, Premises};
use crate::model::RelationshipId;

#[derive(Debug, Default)]
pub(super) struct ImpactQuery;

/// What a report counts as in the cost of a document, beside its lists.
const REPORT_COST: usize = 100;

/// Impact.
#[Object]
impl ImpactQuery {
    /// What breaks if these break: the whole answer, counted, explained and redundancy-aware.
    #[graphql(complexity = "REPORT_COST.saturating_add(child_complexity)")]
    #[expect(
        clippy::too_many_arguments,
        reason = "the question of the impact law has as many parts"
    )]
    async fn impact(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The CIs that fail, each with its state: DOWN if not said.")] failed: Vec<FailedCiInput>,
        #[graphql(desc = "Ids of the relationships that fail.")] failed_relationships: Option<Vec<ID>>,
        #[graphql(desc = "From what state to start.", default_with = "StartingState::Structural")]
        starting_state: StartingState,
        #[graphql(desc = "What has failed before the question, as the targets of other changes.")]
        starting_failed: Option<Vec<FailedCiInput>>,
        #[graphql(desc = "CIs that are in a state whatever happens.")] assume: Option<Vec<FailedCiInput>>,
        #[graphql(desc = "The moment of valid time to ask about; now if not said.")] at: Option<DateTime>,
        #[graphql(desc = "Rounds to go; 0: only what fails itself. To the end if not said.")] max_depth: Option<i32>,
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
        #[graphql(
            desc = "Whether failed CIs that do not exist are a warning and not an error.",
            default
        )]
        ignore_missing: bool,
        #[graphql(desc = "Which impacted CIs are listed; counts are always complete.")] filter: Option<
            ImpactFilterInput,
        >,
        #[graphql(desc = "How much the question may cost, below what the server allows.")] limits: Option<
            ImpactLimitsInput,
        >,
    ) -> ApiResult<ImpactReportObject> {
        let asked = Asked {
            failed,
            failed_relationships: failed_relationships.unwrap_or_default(),
            starting_state,
            starting_failed: starting_failed.unwrap_or_default(),
            assume: assume.unwrap_or_default(),
            max_depth: depth(max_depth)?,
            exclude_types: exclude_types.unwrap_or_default(),
            at_risk,
            grounded,
            ignore_missing,
            filter: filter.unwrap_or_default(),
            limits: limits.unwrap_or_default(),
        };
        asked.check_sizes()?;
        let (context, view) = (api(ctx)?, snapshot(ctx)?);
        let now = context.clock.now();
        let bounded_in_time = view.has_bounded_validity();
        // Where nothing is limited in valid time, every moment has the same answer.
        let moment = bounded_in_time.then(|| at.map(|at| at.0));
        let question = QuestionHash::of(&(&asked, moment));
        let at = at.map_or(now, |at| at.0);
        let answers: Arc<Answers> = Arc::clone(
            ctx.data_opt()
                .ok_or_else(|| ApiError::internal("no cache of answers"))?,
        );
        // An answer for "now" holds only now, if anything is limited in time.
        let keep = moment != Some(None);
        if let Some(known) = answers.find(view.revision(), question).filter(|_| keep) {
            return Ok(ImpactReportObject(known));
        }
        let limits = context.limits.clone();
        let answer = ask(ctx, view, move |view, _| {
            let as_of = view.as_of(at).map(|estate| Snapshot::new(Arc::new(estate)));
            let answer = asked.answer(as_of.as_ref().unwrap_or(view), at, question, &limits, &answers)?;
            let answer = Arc::new(answer);
            if keep && answer.report.is_complete() {
                answers.keep(question, &answer);
            }
            Ok(answer)
        })
        .await?;
        Ok(ImpactReportObject(answer))
    }
}

/// A question as it was written.
#[derive(Debug)]
struct Asked {
    failed: Vec<FailedCiInput>,
    failed_relationships: Vec<ID>,
    starting_state: StartingState,
    starting_failed: Vec<FailedCiInput>,
    assume: Vec<FailedCiInput>,
    max_depth: Option<u32>,
    exclude_types: Vec<String>,
    at_risk: AtRiskReading,
    grounded: bool,
    ignore_missing: bool,
    filter: ImpactFilterInput,
    limits: ImpactLimitsInput,
}

fn depth(max_depth: Option<i32>) -> ApiResult<Option<u32>> {
    let check = |depth: i32| {
        u32::try_from(depth).map_err(|_| {
            ApiError::new(ErrorCode::InvalidDepth, "`maxDepth` must not be negative")
                .with("field", "maxDepth")
                .with("value", depth)
        })
    };
    max_depth.map(check).transpose()
}

impl Asked {
    fn check_sizes(&self) -> ApiResult<()> {
        bounded("failed", Some(&self.failed))?;
        bounded("failedRelationships", Some(&self.failed_relationships))?;
        bounded("startingFailed", Some(&self.starting_failed))?;
        bounded("assume", Some(&self.assume))?;
        Ok(())
    }

    fn answer(
        &self,
        view: &Snapshot,
        at: Timestamp,
        hash: QuestionHash,
        limits: &ApiLimits,
        answers: &Answers,
    ) -> ApiResult<Answer> {
        let mut missing = Vec::new();
        let roots = self.states(view, "failed", &self.failed, &mut missing)?;
        let question = ImpactQuestion {
            failed: roots.clone(),
            failed_arcs: self.failed_arcs(view, &mut missing)?,
            depth_max: self.max_depth,
            premises: Premises {
                starting_state: self.starting_state.into(),
                starting_failed: self.states(view, "startingFailed", &self.starting_failed, &mut missing)?,
                assumed: self.states(view, "assume", &self.assume, &mut missing)?,
                excluded_types: relationships::types(view, Some(&self.exclude_types))?.unwrap_or_default(),
                at_risk: self.at_risk.into(),
                grounded: self.grounded,
            },
        };
        let deadline = Instant::now().checked_add(limits.time_max);
        let out_of_time = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
        let budget = impact::Budget {
            arcs_visited_max: self
                .limits
                .max_links
                .map_or(limits.steps_max, |links| links.0.min(limits.steps_max)),
            results_max: self.limits.max_cis.map_or(u64::MAX, |cis| cis.0),
            out_of_time: &out_of_time,
        };
        let impact_view = ImpactView {
            index: view.dependency_index(),
            columns: view.columns(),
        };
        let report = answers
            .scratches
            .with(|scratch| impact::impact(impact_view, &question, &budget, scratch))?;
        Ok(Answer {
            view: view.clone(),
            at,
            report,
            roots,
            missing,
            filter: self.result_filter(view)?,
            question: hash,
            filtered: OnceLock::new(),
        })
    }

    fn result_filter(&self, view: &Snapshot) -> ApiResult<ResultFilter> {
        Ok(ResultFilter {
            types: self
                .filter
                .types
                .as_deref()
                .map(|names| ci_types(view, names, true))
                .transpose()?,
            min_state: self.filter.min_state.into(),
            tags: self.filter.tags.clone().unwrap_or_default(),
        })
    }

    fn states(
        &self,
        view: &Snapshot,
        field: &'static str,
        given: &[FailedCiInput],
        missing: &mut Vec<String>,
    ) -> ApiResult<Vec<FailedCi>> {
        let mut states = Vec::new();
        for one in given {
            match view.resolve(&one.reference) {
                Ok(slot) => states.push(FailedCi {
                    slot,
                    state: one.state.into(),
                }),
                Err(ReferenceError::NotFound { reference }) if self.ignore_missing => missing.push(reference),
                Err(error @ ReferenceError::NotFound { .. }) => {
                    return Err(ApiError::new(ErrorCode::RootNotFound, error.to_string())
                        .with("field", field)
                        .with("value", one.reference.clone()));
                }
                Err(error) => return Err(ApiError::from(error).with("field", field)),
            }
        }
        Ok(states)
    }

    fn failed_arcs(
        &self,
        view: &Snapshot,
        missing: &mut Vec<String>,
    ) -> ApiResult<Vec<crate::graph::dependency::ImpactArc>> {
        let mut arcs = Vec::new();
        for id in &self.failed_relationships {
            let field = "failedRelationships";
            let parsed: RelationshipId = id.parse().map_err(|error| ApiError::from(error).with("field", field))?;
            match view.relationship(parsed) {
                Some(relationship) => arcs.extend(view.arcs_of(&relationship).into_iter().flatten()),
                None if self.ignore_missing => missing.push(id.to_string()),
                None => {
                    let message = format!("no relationship {parsed}");
                    return Err(ApiError::new(ErrorCode::RelationshipNotFound, message)
                        .with("field", field)
                        .with("value", id.to_string()));
                }
            }
        }
        Ok(arcs)
    }
}
