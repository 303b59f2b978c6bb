//! What breaks if these break?

use std::sync::{Arc, OnceLock};

use async_graphql::{Context, ID, Object};

use super::premises::{Missing, PremisesArguments};
use super::subject::{Asked, Subject, answers};
use crate::api::connection::QuestionHash;
use crate::api::error::{ApiError, ApiResult};
use crate::api::scalars::DateTime;
use crate::api::types::{
    Answer, AtRiskReading, FailedCiInput, ImpactFilterInput, ImpactLimitsInput, ImpactReportObject, ResultFilter,
    StartingState, bounded, ci_types,
};
use crate::app::ErrorCode;
use crate::graph::Snapshot;
use crate::impact::{self, ImpactQuestion};

/// Impact, on the estate of the request or on a scenario.
#[derive(Debug, Default)]
pub(in crate::api) struct ImpactQuery(pub(super) Subject);

/// What a report counts as in the cost of a document, beside its lists.
const REPORT_COST: usize = 100;

/// Impact.
#[Object]
impl ImpactQuery {
    /// What breaks if these break: the whole answer, counted, explained and redundancy-aware.
    /// `failed: []` has nothing fail. Errors: `ROOT_NOT_FOUND` (a warning with `ignoreMissing`), `INVALID_DEPTH`,
    /// `ASSUME_CONFLICT` (assumed and failed at once), `UNKNOWN_TYPE`. With `complete: false` the answer is a lower
    /// bound: at least this breaks.
    ///
    /// Example: `{ impact(failed: [{ ref: "physical_server:host-02" }]) { complete counts { down degraded atRisk }
    /// impacted(first: 10) { nodes { ci { name } before after depth } } } }`
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
            desc = "Whether CIs and relationships that do not exist, failed or assumed, are a warning and not an error.",
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
        let question = ImpactArguments {
            failed,
            failed_relationships: failed_relationships.unwrap_or_default(),
            premises: PremisesArguments::new(
                starting_state,
                starting_failed,
                assume,
                exclude_types,
                at_risk,
                grounded,
            )?,
            max_depth: depth(max_depth)?,
            ignore_missing,
            filter: filter.unwrap_or_default(),
            limits: limits.unwrap_or_default(),
        };
        question.check_sizes()?;
        let view = self.0.view(ctx)?;
        // Where nothing is limited in valid time, every moment has the same answer.
        let moment = view.has_bounded_validity().then(|| at.map(|at| at.0));
        let hash = self.0.hash(&(&question, moment));
        let answers = answers(ctx)?;
        // An answer for "now" holds only now, if anything is limited in time.
        let keep = moment != Some(None);
        if let Some(known) = answers.find(view.revision(), hash).filter(|_| keep) {
            return Ok(ImpactReportObject(known));
        }
        let put = self.0.ask(ctx, at, move |asked| question.answer(asked, hash));
        let answer = Arc::new(put.await?);
        if keep && answer.report.is_complete() && self.0.may_keep(ctx, &answer.view)? {
            answers.keep(hash, &answer);
        }
        Ok(ImpactReportObject(answer))
    }
}

/// A question as it was written.
#[derive(Debug)]
struct ImpactArguments {
    failed: Vec<FailedCiInput>,
    failed_relationships: Vec<ID>,
    premises: PremisesArguments,
    max_depth: Option<u32>,
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

impl ImpactArguments {
    fn check_sizes(&self) -> ApiResult<()> {
        bounded("failed", Some(&self.failed))?;
        bounded("failedRelationships", Some(&self.failed_relationships))?;
        Ok(())
    }

    fn answer(&self, asked: &Asked<'_>, hash: QuestionHash) -> ApiResult<Answer> {
        let view = asked.view;
        let mut missing = if self.ignore_missing {
            Missing::Ignored(Vec::new())
        } else {
            Missing::Refused
        };
        let roots = missing.states(view, "failed", &self.failed)?;
        let question = ImpactQuestion {
            failed: roots.clone(),
            failed_arcs: missing.arcs(view, "failedRelationships", &self.failed_relationships)?,
            depth_max: self.max_depth,
            premises: self.premises.read(view, &mut missing)?,
        };
        let links_max = self.limits.max_links.map_or(u64::MAX, |links| links.0);
        let budget = impact::Budget {
            arcs_visited_max: links_max.min(asked.budget.arcs_visited_max),
            results_max: self.limits.max_cis.map_or(u64::MAX, |cis| cis.0),
            ..asked.budget
        };
        let evaluate = |scratch: &mut impact::Scratch| impact::impact(asked.impact_view(), &question, &budget, scratch);
        let report = asked.scratches.with(evaluate)?;
        Ok(Answer {
            view: view.clone(),
            at: asked.at,
            report,
            roots,
            premises: question.premises,
            missing: missing.noted(),
            filter: self.result_filter(view)?,
            question: hash,
            filtered: OnceLock::new(),
            weakened: OnceLock::new(),
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
}
