//! A scenario beside today: what a plan makes better and worse.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_graphql::{Context, Object};

use super::premises::{Missing, PremisesArguments, root};
use super::subject::{Asked, Subject, impact_view};
use super::targets::failing_level;
use crate::api::connection::{page_size, rows};
use crate::api::context::{api, snapshot};
use crate::api::error::ApiResult;
use crate::api::scalars::DateTime;
use crate::api::scenarios::Planned;
use crate::api::types::{
    AtRiskReading, Compared, FailedCiInput, ImpactState, ScenarioComparison, ServiceCompared, Side, StartingState,
    bounded,
};
use crate::app::ErrorCode;
use crate::graph::{Slot, Snapshot};
use crate::impact::{
    FailedCi, ImpactQuestion, ImpactReport, Premises, SinglePoints, impact, potential_impact, single_points_of_failure,
};
use crate::model::{self, CiId, Delta, DeltaItem};

/// The comparison of a scenario with the estate it was tried on.
#[derive(Debug)]
pub(super) struct ComparisonQuery {
    pub(super) subject: Subject,
    pub(super) planned: Arc<Planned>,
}

/// What a comparison counts as in the cost of a document, beside its lists.
const COMPARISON_COST: usize = 2_000;

/// Services compared at most, if none are named: each costs its single points of failure, twice.
const SERVICES_MAX: usize = 200;

/// Comparison.
#[Object]
impl ComparisonQuery {
    /// Today and the scenario side by side: what the same failures do to each, and which single points
    /// of failure come and go. Services are those that the plan can touch, at most 200, if none are named.
    /// A reference means today's CI, and the plan's where today has none. `INVALID_STATE` where `level` is
    /// `OK`, `ROOT_NOT_FOUND` for a CI that neither has.
    ///
    /// Example: `{ scenario(commands: [{ moveConfigurationItem: { ref: "physical_server:host-02", stage:
    /// MAINTENANCE } }]) { compare { services { service { name } newSinglePointsOfFailure { name } } } } }`
    #[graphql(complexity = "COMPARISON_COST.saturating_add(rows(Some(first), child_complexity))")]
    #[expect(
        clippy::too_many_arguments,
        reason = "the question of the impact law has as many parts"
    )]
    async fn compare(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "CIs that fail, in both: those that one of the two does not have fail in the other.")]
        failed: Option<Vec<FailedCiInput>>,
        #[graphql(desc = "Services, or any CIs, whose single points of failure are compared; an empty list: none.")]
        services: Option<Vec<String>>,
        #[graphql(
            desc = "From which state of a service on a failure counts.",
            default_with = "ImpactState::Down"
        )]
        level: ImpactState,
        #[graphql(desc = "CIs listed whose state differs, at most; up to 1,000.", default = 100)] first: i32,
        #[graphql(
            desc = "From what state to start: what is recorded, so that a planned move through life shows.",
            default_with = "StartingState::Current"
        )]
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
    ) -> ApiResult<ScenarioComparison> {
        let question = ComparisonArguments {
            failed: failed.unwrap_or_default(),
            services,
            level: failing_level("level", level)?,
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
        bounded("failed", Some(&question.failed))?;
        bounded("services", question.services.as_deref())?;
        let (today, planned) = (snapshot(ctx)?.clone(), Arc::clone(&self.planned));
        self.subject
            .ask(ctx, at, move |asked| question.answer(asked, &today, &planned.delta))
            .await
    }
}

/// A question as it was written.
#[derive(Debug)]
struct ComparisonArguments {
    failed: Vec<FailedCiInput>,
    services: Option<Vec<String>>,
    level: model::ImpactState,
    first: usize,
    premises: PremisesArguments,
}

/// One of the two estates, with what was asked of it.
struct Half<'a> {
    view: &'a Snapshot,
    premises: Premises,
    report: ImpactReport,
    /// The identities of CIs that the question names and this estate does not have.
    missing: Vec<String>,
}

impl Half<'_> {
    /// A CI, if this estate has it and it takes part.
    fn taking_part(&self, id: CiId) -> Option<Slot> {
        let slot = self.view.slot_of(id);
        slot.filter(|slot| self.view.columns().takes_part(*slot))
    }

    fn state(&self, id: CiId) -> Option<model::ImpactState> {
        self.taking_part(id).map(|slot| self.report.after(slot))
    }

    fn side(&self, written: &BTreeMap<String, String>) -> Side {
        let missing = self.missing.iter().map(|id| written.get(id).unwrap_or(id).clone());
        let missing: Vec<String> = missing.collect();
        Side::new(&self.report, self.view, &missing)
    }
}

impl ComparisonArguments {
    fn answer(mut self, asked: &Asked<'_>, today: &Snapshot, delta: &Delta) -> ApiResult<ScenarioComparison> {
        let today = asked.recorded(today);
        let written = self.settle(&today, asked.view)?;
        let halves = [self.half(asked, &today)?, self.half(asked, asked.view)?];
        let (services, all_services) = self.services(asked, &halves, delta)?;
        let points = [
            self.points(asked, &halves[0], &services)?,
            self.points(asked, &halves[1], &services)?,
        ];
        let [today, planned] = &halves;
        let compared = services.iter().enumerate().filter_map(|(place, id)| {
            let points = [points[0][place].as_ref(), points[1][place].as_ref()];
            ServiceCompared::new([today.view, planned.view], *id, points, self.level)
        });
        let differing = differing(&halves);
        let reports = [&today.report, &planned.report];
        let all_points = points
            .iter()
            .flatten()
            .flatten()
            .all(|points| points.incomplete.is_none());
        let complete = all_services && all_points && reports.iter().all(|report| report.is_complete());
        Ok(ScenarioComparison {
            differing_count: differing.len().into(),
            differing: differing
                .into_iter()
                .take(self.first)
                .filter_map(|id| compared_state(&halves, id))
                .collect(),
            today: today.side(&written),
            planned: planned.side(&written),
            services: compared.collect(),
            complete,
            how_to_go_on: (!complete).then(|| ScenarioComparison::HOW_TO_GO_ON.to_owned()),
        })
    }

    /// Puts the identity of each CI in the place of what names it: today's, if today has it, so that a CI
    /// which the plan renames is taken for the same. What neither has is an error. Gives what was written,
    /// by identity.
    fn settle(&mut self, today: &Snapshot, planned: &Snapshot) -> ApiResult<BTreeMap<String, String>> {
        let mut written = BTreeMap::new();
        let premises = &mut self.premises;
        let named = [&mut self.failed, &mut premises.starting_failed, &mut premises.assume];
        for (field, named) in ["failed", "startingFailed", "assume"].into_iter().zip(named) {
            for one in named {
                let id = of_either(today, planned, field, &one.reference)?.to_string();
                written.insert(id.clone(), std::mem::replace(&mut one.reference, id));
            }
        }
        Ok(written)
    }

    fn half<'a>(&self, asked: &Asked<'_>, view: &'a Snapshot) -> ApiResult<Half<'a>> {
        let mut missing = Missing::Ignored(Vec::new());
        let failed: Vec<FailedCi> = missing.states(view, "failed", &self.failed)?;
        let premises = self.premises.read(view, &mut missing)?;
        let question = ImpactQuestion {
            failed,
            premises: premises.clone(),
            ..ImpactQuestion::default()
        };
        let report = asked
            .scratches
            .with(|scratch| impact(impact_view(view), &question, &asked.budget, scratch))?;
        Ok(Half {
            view,
            premises,
            report,
            missing: missing.noted(),
        })
    }

    /// The services to compare, by id, and whether these are all.
    fn services(&self, asked: &Asked<'_>, halves: &[Half<'_>; 2], delta: &Delta) -> ApiResult<(Vec<CiId>, bool)> {
        if let Some(named) = &self.services {
            let [today, planned] = halves;
            let find = |reference: &String| of_either(today.view, planned.view, "services", reference);
            return Ok((named.iter().map(find).collect::<ApiResult<_>>()?, true));
        }
        let touched = touched(delta);
        let mut found = BTreeSet::new();
        let mut complete = true;
        for half in halves {
            let from: Vec<Slot> = match &touched {
                Some(touched) => touched.iter().filter_map(|id| half.view.slot_of(*id)).collect(),
                None => half.view.slots_by_id().to_vec(),
            };
            let potential = asked.scratches.with(|scratch| {
                potential_impact(impact_view(half.view), &from, &half.premises, &asked.budget, scratch)
            });
            complete &= potential.truncated.is_none();
            let services = potential
                .reached
                .into_iter()
                .filter(|slot| half.view.tier_of(*slot).is_some());
            found.extend(services.map(|slot| (half.view.tier_of(slot), half.view.ci_id(slot))));
        }
        let mut services: Vec<CiId> = Vec::new();
        for (_, id) in found {
            if !services.contains(&id) {
                services.push(id);
            }
            if services.len() == SERVICES_MAX {
                complete = false;
                break;
            }
        }
        Ok((services, complete))
    }

    /// The single points of failure of each service, where the estate has it.
    fn points(&self, asked: &Asked<'_>, half: &Half<'_>, services: &[CiId]) -> ApiResult<Vec<Option<SinglePoints>>> {
        let slots: Vec<Option<Slot>> = services.iter().map(|id| half.taking_part(*id)).collect();
        let targets: Vec<Slot> = slots.iter().copied().flatten().collect();
        let (view, level) = (impact_view(half.view), self.level);
        let found = asked
            .scratches
            .with(|scratch| single_points_of_failure(view, &targets, level, &half.premises, &asked.budget, scratch))?;
        let mut found = found.targets.into_iter();
        Ok(slots.into_iter().map(|slot| slot.and_then(|_| found.next())).collect())
    }
}

/// The CIs that a plan names; `None` if it changes what relationships mean, and so may touch all.
fn touched(delta: &Delta) -> Option<BTreeSet<CiId>> {
    let mut touched = BTreeSet::new();
    for item in &delta.items {
        match item {
            DeltaItem::Ci(item) => touched.extend(item.either().map(|ci| ci.id())),
            DeltaItem::Relationship(item) => {
                for side in [&item.before, &item.after].into_iter().flatten() {
                    touched.extend([side.from, side.to]);
                }
            }
            DeltaItem::Group(item) => {
                for side in [&item.before, &item.after].into_iter().flatten() {
                    touched.insert(side.consumer);
                }
            }
            DeltaItem::Source(_)
            | DeltaItem::CiType(_)
            | DeltaItem::IngestRule(_)
            | DeltaItem::Review(_)
            | DeltaItem::Merge(_)
            | DeltaItem::Distinction(_) => {}
            DeltaItem::RelationshipType(_) | DeltaItem::Pool(_) | DeltaItem::Lifecycle(_) => return None,
        }
    }
    Some(touched)
}

/// The CIs that end in another state in the one than in the other, or are in one only and not `OK`.
fn differing(halves: &[Half<'_>; 2]) -> Vec<CiId> {
    let mut ids = BTreeSet::new();
    for half in halves {
        let impacted = half.report.impacted_unordered().iter().map(|found| found.slot);
        let impaired = half.report.impaired_before().iter().map(|(slot, _)| *slot);
        ids.extend(impacted.chain(impaired).map(|slot| half.view.ci_id(slot)));
    }
    ids.retain(|id| halves[0].state(*id) != halves[1].state(*id));
    let worst = |id: &CiId| {
        let states = halves.iter().filter_map(|half| half.state(*id));
        std::cmp::Reverse(states.max())
    };
    let mut ids: Vec<CiId> = ids.into_iter().collect();
    ids.sort_by_cached_key(|id| (worst(id), *id));
    ids
}

fn compared_state(halves: &[Half<'_>; 2], id: CiId) -> Option<Compared> {
    let [today, planned] = halves;
    let states = [today, planned].map(|half| half.state(id).map(Into::into));
    Compared::new(planned.view, today.view, id, states)
}

/// The CI of a reference: today's, or else the plan's.
fn of_either(today: &Snapshot, planned: &Snapshot, field: &'static str, reference: &str) -> ApiResult<CiId> {
    match root(today, field, reference) {
        Ok(slot) => Ok(today.ci_id(slot)),
        Err(error) if error.code() == ErrorCode::RootNotFound => {
            let slot = root(planned, field, reference)?;
            Ok(planned.ci_id(slot))
        }
        Err(error) => Err(error),
    }
}
