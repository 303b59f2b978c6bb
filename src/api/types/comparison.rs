//! A scenario beside today.

use std::collections::BTreeSet;

use async_graphql::SimpleObject;

use super::{CiObject, ImpactCounts, ImpactState, ImpactWarning};
use crate::api::scalars::Long;
use crate::graph::Snapshot;
use crate::impact::{ImpactReport, SinglePoints};
use crate::model::{self, CiId};

/// Today and a scenario side by side.
#[derive(Clone, Debug, SimpleObject)]
pub struct ScenarioComparison {
    /// What the failures do today.
    pub today: Side,
    /// What the same failures do in the scenario.
    pub planned: Side,
    /// CIs that end in another state in the scenario than today, or are in one of the two only and not
    /// OK there: the worst first, then by id. As many as `first` says.
    pub differing: Vec<Compared>,
    /// How many these are.
    pub differing_count: Long,
    /// The services compared: by tier and id, or as named.
    pub services: Vec<ServiceCompared>,
    /// Whether everything was compared. What is listed stands, but for single points of failure of a
    /// service that is not complete.
    pub complete: bool,
    /// How to go on, if not.
    pub how_to_go_on: Option<String>,
}

/// One side of a comparison.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "ComparedSide")]
pub struct Side {
    /// CIs by how the failures hit them.
    pub counts: ImpactCounts,
    /// Whether they were followed to the end.
    pub complete: bool,
    /// What is to be known beside: `ROOT_NOT_FOUND` names CIs that the question lets fail or takes for given
    /// and this side does not have, `ROOT_EXCLUDED` those that take no part there, as retired ones. Neither
    /// fails on this side, so that it looks better than it is.
    pub warnings: Vec<ImpactWarning>,
}

/// A CI that differs.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "ComparedCi")]
pub struct Compared {
    /// The CI, as it would be; as it is, where the scenario does not have it.
    pub ci: CiObject,
    /// Its state today; absent if today does not have it, or it takes no part, as one that is planned.
    pub today: Option<ImpactState>,
    /// Its state in the scenario; absent if that does not have it, or it takes no part, as one that is
    /// retired.
    pub planned: Option<ImpactState>,
}

/// The single points of failure of a service, today and in the scenario.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "ComparedService")]
pub struct ServiceCompared {
    /// The service.
    pub service: CiObject,
    /// Its state today before anything fails, as far as it is at the level asked about, or else OK; absent if
    /// today does not have it, or it takes no part.
    pub today: Option<ImpactState>,
    /// The same in the scenario.
    pub planned: Option<ImpactState>,
    /// What would become a single point of failure, by id.
    pub new_single_points_of_failure: Vec<CiObject>,
    /// What would no longer be one, by id. Nothing is said to vanish with the service itself: where it is
    /// at the level before any failure in the scenario, is not there or takes no part.
    pub vanished_single_points_of_failure: Vec<CiObject>,
    /// How many stay.
    pub common_count: Long,
    /// Whether all were found on both sides. If not, what came or went may be so for want of looking.
    pub complete: bool,
}

impl ScenarioComparison {
    pub(in crate::api) const HOW_TO_GO_ON: &'static str =
        "name fewer `services` at a time, or raise the server's limits in its configuration";
}

impl Side {
    /// `missing`: what the question names and this side does not have, as it was written.
    pub(in crate::api) fn new(report: &ImpactReport, view: &Snapshot, missing: &[String]) -> Self {
        let found = report.warnings.iter().map(|found| ImpactWarning::new(view, found));
        let missing = (!missing.is_empty()).then(|| ImpactWarning::missing(missing));
        let mut warnings: Vec<ImpactWarning> = found.chain(missing).collect();
        warnings.sort_by(|a, b| a.code.cmp(&b.code));
        Self {
            counts: ImpactCounts::new(report.counts.all, view.ci_count()),
            complete: report.is_complete(),
            warnings,
        }
    }
}

/// A CI of one of two estates, the first if it has it.
fn ci_of(first: &Snapshot, second: &Snapshot, id: CiId) -> Option<CiObject> {
    let of = |view: &Snapshot| view.slot_of(id).map(|slot| CiObject::at(view, slot));
    of(first).or_else(|| of(second))
}

impl Compared {
    pub(in crate::api) fn new(
        planned: &Snapshot,
        today: &Snapshot,
        id: CiId,
        states: [Option<ImpactState>; 2],
    ) -> Option<Self> {
        Some(Self {
            ci: ci_of(planned, today, id)?,
            today: states[0],
            planned: states[1],
        })
    }
}

impl ServiceCompared {
    pub(in crate::api) fn new(
        [today, planned]: [&Snapshot; 2],
        id: CiId,
        points: [Option<&SinglePoints>; 2],
        level: model::ImpactState,
    ) -> Option<Self> {
        let ids = |view: &Snapshot, points: Option<&SinglePoints>| -> BTreeSet<CiId> {
            let points = points.into_iter().flat_map(|points| &points.points);
            points.map(|point| view.ci_id(point.slot)).collect()
        };
        let (before, after) = (ids(today, points[0]), ids(planned, points[1]));
        let come = after.difference(&before);
        // One that fails already has no single points of failure, and has not won anything by it.
        let stands = points[1].is_some_and(|points| points.before < level);
        let gone = before.difference(&after).filter(|_| stands);
        Some(Self {
            service: ci_of(planned, today, id)?,
            today: points[0].map(|points| points.before.into()),
            planned: points[1].map(|points| points.before.into()),
            new_single_points_of_failure: come.filter_map(|id| ci_of(planned, today, *id)).collect(),
            vanished_single_points_of_failure: gone.filter_map(|id| ci_of(planned, today, *id)).collect(),
            common_count: before.intersection(&after).count().into(),
            complete: points.into_iter().flatten().all(|points| points.incomplete.is_none()),
        })
    }
}
