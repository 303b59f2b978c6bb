//! What a CI depends on, and what single failures, or several, bring it down.

use async_graphql::{Context, Object};

use super::premises::{Missing, PremisesArguments, number, root};
use super::subject::Subject;
use super::targets::{Targets, failing_level};
use crate::api::connection::rows;
use crate::api::error::{ApiError, ApiResult};
use crate::api::scalars::DateTime;
use crate::api::types::{
    AtRiskReading, CutSetsObject, DependenciesObject, FailedCiInput, ImpactState, SinglePointsOfFailureObject,
    StartingState,
};
use crate::impact::{Budget, CutSetQuestion, cut_sets, dependencies, single_points_of_failure};

/// Questions about structure, on the estate of the request or on a scenario.
#[derive(Debug, Default)]
pub(in crate::api) struct StructureQuery(pub(super) Subject);

/// What such a question counts as in the cost of a document, beside its lists.
const STRUCTURE_COST: usize = 500;

/// Targets if no number is said.
const TARGETS_DEFAULT: i32 = 100;

/// Targets at most.
const TARGETS_MAX: usize = 10_000;

/// CIs in a cut set if no number is said.
const CUT_SIZE_DEFAULT: i32 = 3;

/// CIs in a cut set at most: the search grows with the power of it.
const CUT_SIZE_MAX: usize = 5;

/// Cut sets if no number is said.
const CUT_SETS_DEFAULT: i32 = 50;

/// Cut sets at most.
const CUT_SETS_MAX: usize = 10_000;

/// Sets that the search for cut sets may hold at a time: about a hundred bytes each.
const SETS_HELD_MAX: u64 = 500_000;

/// How many targets a question has at most, as far as it says.
fn targets_asked(targets: Option<&Vec<String>>, tiers: Option<&Vec<i32>>, max_targets: i32) -> i32 {
    let named = targets.map_or(0, Vec::len).saturating_add(1);
    match tiers {
        Some(_) => max_targets,
        None => max_targets.min(i32::try_from(named).unwrap_or(i32::MAX)),
    }
}

/// Questions about structure.
#[Object]
impl StructureQuery {
    /// What a CI depends on: everything whose failure can make it worse, what it could do if there
    /// were no redundancy, and what it does.
    /// Errors: `ROOT_NOT_FOUND`, `ASSUME_CONFLICT`, `UNKNOWN_TYPE`. With `complete: false` there may be more.
    ///
    /// Example: `{ dependencies(target: "business_service:shop") { complete totalCount nodes(first: 20) { ci { name }
    /// depth potential actual } } }`
    #[graphql(complexity = "STRUCTURE_COST.saturating_add(child_complexity)")]
    #[expect(
        clippy::too_many_arguments,
        reason = "the question of the impact law has as many parts"
    )]
    async fn dependencies(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The CI: an id, `type:name` or `attribute:value`.")] target: String,
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
    ) -> ApiResult<DependenciesObject> {
        let premises = PremisesArguments::new(
            starting_state,
            starting_failed,
            assume,
            exclude_types,
            at_risk,
            grounded,
        )?;
        self.0
            .ask(ctx, at, move |asked| {
                let view = asked.view;
                let target = root(view, "target", &target)?;
                let premises = premises.read(view, &mut Missing::Refused)?;
                let found = asked
                    .scratches
                    .with(|scratch| dependencies(asked.impact_view(), target, &premises, &asked.budget, scratch))?;
                Ok(DependenciesObject {
                    view: view.clone(),
                    at: DateTime(asked.at),
                    found,
                })
            })
            .await
    }

    /// The CIs each of which brings a target to a level by its failure alone. With `startingFailed`
    /// the question is N-1: what is a single point of failure once these are gone?
    /// Say `target`, `targets` or `tiers`, or several of them. Errors: `ROOT_NOT_FOUND`, `INVALID_STATE` (a level of
    /// `OK`), `ASSUME_CONFLICT`, `UNKNOWN_TYPE`. With `complete: false`, what is not listed may be one all the same.
    ///
    /// Example: `{ singlePointsOfFailure(targets: ["business_service:shop"], startingFailed: [{ ref:
    /// "physical_server:host-01" }]) { complete targets { target { name } points(first: 50) { ci { name } depth } } } }`
    #[graphql(
        complexity = "STRUCTURE_COST.saturating_add(rows(Some(targets_asked(targets.as_ref(), tiers.as_ref(), max_targets)), child_complexity))"
    )]
    #[expect(
        clippy::too_many_arguments,
        reason = "the question of the impact law has as many parts"
    )]
    async fn single_points_of_failure(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The CI: an id, `type:name` or `attribute:value`.")] target: Option<String>,
        #[graphql(desc = "Several CIs.")] targets: Option<Vec<String>>,
        #[graphql(desc = "All CIs in use of these tiers, 1 to 4.")] tiers: Option<Vec<i32>>,
        #[graphql(
            desc = "The level: DEGRADED for what at least degrades it. Not OK.",
            default_with = "ImpactState::Down"
        )]
        level: ImpactState,
        #[graphql(
            desc = "So many targets at most, up to 10,000; the answer says if there are more.",
            default_with = "TARGETS_DEFAULT"
        )]
        max_targets: i32,
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
    ) -> ApiResult<SinglePointsOfFailureObject> {
        let premises = PremisesArguments::new(
            starting_state,
            starting_failed,
            assume,
            exclude_types,
            at_risk,
            grounded,
        )?;
        let level = failing_level("level", level)?;
        let targets_max = number("maxTargets", max_targets, TARGETS_MAX)?;
        let mut named = targets.unwrap_or_default();
        named.splice(0..0, target);
        let targets = Targets::new("targets", named, tiers)?;
        self.0
            .ask(ctx, at, move |asked| {
                let view = asked.view;
                let mut targets = targets.read(view)?;
                let total = targets.len();
                targets.truncate(targets_max);
                let premises = premises.read(view, &mut Missing::Refused)?;
                let found = asked.scratches.with(|scratch| {
                    let impact_view = asked.impact_view();
                    single_points_of_failure(impact_view, &targets, level, &premises, &asked.budget, scratch)
                })?;
                let at = DateTime(asked.at);
                Ok(SinglePointsOfFailureObject::new(view, at, found, total))
            })
            .await
    }

    /// The minimal sets of CIs that bring a target to a level together: what must fail at the same
    /// time for redundancy not to help.
    /// Those of size one are the single points of failure. Errors: `ROOT_NOT_FOUND`, `INVALID_STATE` (a level of
    /// `OK`), `ASSUME_CONFLICT`, `UNKNOWN_TYPE`. With `complete: false` there may be more sets.
    ///
    /// Example: `{ cutSets(target: "business_service:payment", maxSize: 2) { complete cutSets { size cis { name } } } }`
    #[graphql(complexity = "STRUCTURE_COST.saturating_add(rows(Some(max_count), child_complexity))")]
    #[expect(
        clippy::too_many_arguments,
        reason = "the question of the impact law has as many parts"
    )]
    async fn cut_sets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The CI: an id, `type:name` or `attribute:value`.")] target: String,
        #[graphql(
            desc = "The level: DEGRADED for what at least degrades it. Not OK.",
            default_with = "ImpactState::Down"
        )]
        level: ImpactState,
        #[graphql(desc = "CIs in a set at most, 1 to 5.", default_with = "CUT_SIZE_DEFAULT")] max_size: i32,
        #[graphql(
            desc = "So many sets at most, the first of all, up to 10,000; the answer says if there are more.",
            default_with = "CUT_SETS_DEFAULT"
        )]
        max_count: i32,
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
    ) -> ApiResult<CutSetsObject> {
        let premises = PremisesArguments::new(
            starting_state,
            starting_failed,
            assume,
            exclude_types,
            at_risk,
            grounded,
        )?;
        let level = failing_level("level", level)?;
        let size_max = number("maxSize", max_size, CUT_SIZE_MAX)?;
        if size_max == 0 {
            let refused = "`maxSize` is 0, and no set is that small: state 1 to 5".to_owned();
            return Err(ApiError::input("maxSize", refused).with("value", max_size));
        }
        let count_max = number("maxCount", max_count, CUT_SETS_MAX)?;
        self.0
            .ask(ctx, at, move |asked| {
                let view = asked.view;
                let question = CutSetQuestion {
                    target: root(view, "target", &target)?,
                    level,
                    size_max,
                    count_max,
                };
                let premises = premises.read(view, &mut Missing::Refused)?;
                let budget = Budget {
                    results_max: SETS_HELD_MAX,
                    ..asked.budget
                };
                let found = asked
                    .scratches
                    .with(|scratch| cut_sets(asked.impact_view(), question, &premises, &budget, scratch))?;
                Ok(CutSetsObject::new(view, DateTime(asked.at), &found))
            })
            .await
    }
}
