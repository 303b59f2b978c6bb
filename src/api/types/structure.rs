//! What a CI depends on, its single points of failure, its cut sets.

mod picture;

use async_graphql::{Object, SimpleObject};

use super::{CiObject, DependencyRole, Drawing, DrawingFormat, ImpactState, group_id, group_name};
use crate::api::connection::{at_most, rows};
use crate::api::error::ApiResult;
use crate::api::scalars::{DateTime, Long};
use crate::graph::Snapshot;
use crate::impact::{self, DependencyLink, DependencyStep, Incomplete, Stage, TruncationReason};

/// CIs of one list at most.
const LIST_MAX: usize = 1_000;

/// Why an answer is not complete, and what to do about it.
pub(super) fn how_to_go_on(incomplete: Incomplete) -> String {
    let missing = match incomplete.stage {
        Stage::Start => "nothing is known; ",
        Stage::Dependencies => "not all that it depends on was found; ",
        Stage::Failures => "not every failure was tried; ",
    };
    let way = match incomplete.reason {
        TruncationReason::Count => "raise the number asked for (`maxCount`, `maxRows`), or ask a narrower question",
        TruncationReason::Depth | TruncationReason::Arcs | TruncationReason::Results | TruncationReason::Time => {
            "ask for fewer CIs at a time, smaller sets or a worse level, exclude relationship types, or raise the \
             server's limits in its configuration"
        }
    };
    format!("{missing}what is not listed may be so as well: {way}")
}

/// The redundancy group by which one CI depends on another, with its arithmetic.
#[derive(Clone, Debug, SimpleObject)]
pub struct DependencyGroup {
    /// The group: its id, or for an implicit group the pool and the consumer.
    pub id: String,
    /// Its name, or its pool's.
    pub name: String,
    /// k: weight needed to work at all.
    pub up_min: Long,
    /// d: weight needed for full capacity.
    pub capacity_min: Long,
    /// r: weight from which on a loss is worth a flag.
    pub spare_min: Long,
    /// n: the whole weight.
    pub total: Long,
}

/// The next CI on the way from a dependency to the target.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "DependencyStep")]
pub struct DependencyStepObject {
    /// Who depends directly: the target, or another of its dependencies.
    pub dependent: CiObject,
    /// The name of the type of the relationship between the two; absent for a member that its group
    /// lists by itself, or by several relationships.
    pub relationship_type: Option<String>,
    /// The redundancy group of the dependent; absent where the relationship counts by itself.
    pub group: Option<DependencyGroup>,
}

impl DependencyStepObject {
    fn new(view: &Snapshot, step: &DependencyStep) -> Self {
        let (relationship_type, group) = match step.link {
            DependencyLink::Relationship { relationship_type } => (relationship_type, None),
            DependencyLink::Group {
                group,
                relationship_type,
                gate,
            } => {
                let group = DependencyGroup {
                    id: group_id(view, group),
                    name: group_name(view, group),
                    up_min: Long(gate.up_min),
                    capacity_min: Long(gate.capacity_min),
                    spare_min: Long(gate.spare_min),
                    total: Long(gate.total),
                };
                (relationship_type, Some(group))
            }
        };
        let relationship_type = relationship_type.and_then(|id| view.catalog().relationship_type(id));
        Self {
            dependent: CiObject::at(view, step.dependent),
            relationship_type: relationship_type.map(|known| known.name.to_string()),
            group,
        }
    }
}

/// A CI whose failure can make the target worse.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Dependency")]
pub struct DependencyObject {
    /// The CI.
    pub ci: CiObject,
    /// The least number of hops to it, over what carries anything; a redundancy group is one hop.
    pub depth: u32,
    /// The target's state if this CI is down and there were no redundancy.
    pub potential: ImpactState,
    /// The target's state if this CI alone is down; absent if that is not known.
    pub actual: Option<ImpactState>,
    /// What it is to the target; absent if that is not known, or the target is down already.
    pub role: Option<DependencyRole>,
    /// The next CI on a shortest way to the target. Following these makes a tree.
    pub via: Option<DependencyStepObject>,
}

/// What a CI depends on.
#[derive(Debug)]
pub struct DependenciesObject {
    pub(in crate::api) view: Snapshot,
    pub(in crate::api) at: DateTime,
    pub(in crate::api) found: impact::Dependencies,
}

impl DependenciesObject {
    fn count(&self, role: Option<impact::DependencyRole>) -> Long {
        let all = self.found.dependencies.iter();
        all.filter(|one| one.role == role).count().into()
    }
}

/// What a CI depends on: everything whose failure can make it worse.
#[Object(name = "Dependencies")]
impl DependenciesObject {
    /// The CI that was asked about.
    async fn target(&self) -> CiObject {
        CiObject::at(&self.view, self.found.target)
    }

    /// Its state with nothing failed.
    async fn before(&self) -> ImpactState {
        self.found.before.into()
    }

    /// Whether anything can make it worse: not if it is not in use, or its state is assumed. That nothing
    /// is reported of such a CI says nothing of its safety.
    async fn can_fail(&self) -> bool {
        self.found.can_fail
    }

    /// The dependencies, by depth and then by id, so that each comes after the CI it leads to.
    #[graphql(complexity = "rows(Some(first), child_complexity)")]
    async fn nodes(
        &self,
        #[graphql(desc = "So many at most, up to 1,000.", default = 50)] first: i32,
        #[graphql(desc = "So many are skipped.", default = 0)] offset: i32,
        #[graphql(desc = "Only dependencies of these roles.")] roles: Option<Vec<DependencyRole>>,
    ) -> ApiResult<Vec<DependencyObject>> {
        let first = at_most("first", first, LIST_MAX)?;
        let offset = at_most("offset", offset, usize::MAX)?;
        let wanted = |role: Option<impact::DependencyRole>| match (&roles, role) {
            (None, _) => true,
            (Some(roles), Some(role)) => roles.contains(&role.into()),
            (Some(_), None) => false,
        };
        let listed = self.found.dependencies.iter().filter(|one| wanted(one.role));
        let listed = listed.skip(offset).take(first).map(|one| DependencyObject {
            ci: CiObject::at(&self.view, one.slot),
            depth: one.depth,
            potential: one.potential.into(),
            actual: one.actual.map(Into::into),
            role: one.role.map(Into::into),
            via: one.via.map(|step| DependencyStepObject::new(&self.view, &step)),
        });
        Ok(listed.collect())
    }

    /// The target and its nearest dependencies as a picture: an arrow leads from each to the next CI on
    /// the way to the target, and each is in the state that its failure alone brings the target to.
    #[graphql(complexity = "rows(Some(max_nodes), child_complexity)")]
    async fn drawing(
        &self,
        #[graphql(desc = "How it is written.")] format: DrawingFormat,
        #[graphql(desc = "So many CIs at most, up to 1,000.", default = 100)] max_nodes: i32,
    ) -> ApiResult<Drawing> {
        let nodes_max = at_most("maxNodes", max_nodes, LIST_MAX)?;
        Ok(self.graph(nodes_max).draw(format))
    }

    /// How many dependencies there are.
    async fn total_count(&self) -> Long {
        self.found.dependencies.len().into()
    }

    /// How many of them take the target down alone.
    async fn single_points_of_failure(&self) -> Long {
        self.count(Some(impact::DependencyRole::SinglePointOfFailure))
    }

    /// How many of them would take the target down, if redundancy did not hold.
    async fn redundant(&self) -> Long {
        self.count(Some(impact::DependencyRole::Redundant))
    }

    /// How many of them can make the target worse, but not take it down.
    async fn supporting(&self) -> Long {
        self.count(Some(impact::DependencyRole::Supporting))
    }

    /// The moment of valid time that was asked about.
    async fn at(&self) -> DateTime {
        self.at
    }

    /// The revision of the estate that was read.
    async fn revision(&self) -> Long {
        self.view.revision().into()
    }

    /// Whether these are all, and all that they do is known.
    async fn complete(&self) -> bool {
        self.found.incomplete.is_none()
    }

    /// Why not: ARCS or TIME.
    async fn truncated_reason(&self) -> Option<String> {
        let incomplete = self.found.incomplete;
        incomplete.map(|incomplete| incomplete.reason.as_str().to_owned())
    }

    /// How to go on, if not.
    async fn how_to_go_on(&self) -> Option<String> {
        self.found.incomplete.map(how_to_go_on)
    }
}

/// A CI whose failure alone brings the target to the level.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "SinglePoint")]
pub struct SinglePointObject {
    /// The CI.
    pub ci: CiObject,
    /// The least number of hops to it, over what carries the level.
    pub depth: u32,
}

/// The single points of failure of one CI.
#[derive(Clone, Debug)]
pub struct SinglePointsObject {
    pub(in crate::api) view: Snapshot,
    pub(in crate::api) found: impact::SinglePoints,
}

/// The single points of failure of one CI.
#[Object(name = "SinglePoints")]
impl SinglePointsObject {
    /// The CI that was asked about.
    async fn target(&self) -> CiObject {
        CiObject::at(&self.view, self.found.target)
    }

    /// Its state with nothing failed, OK if it is better than the level. If it is at the level
    /// already, nothing is a single point of failure.
    async fn before(&self) -> ImpactState {
        self.found.before.into()
    }

    /// Whether anything can make it worse: not if it is not in use, or its state is assumed. That nothing
    /// is reported of such a CI says nothing of its safety.
    async fn can_fail(&self) -> bool {
        self.found.can_fail
    }

    /// The single points of failure, by depth and then by id.
    #[graphql(complexity = "rows(Some(first), child_complexity)")]
    async fn points(
        &self,
        #[graphql(desc = "So many at most, up to 1,000.", default = 200)] first: i32,
        #[graphql(desc = "So many are skipped.", default = 0)] offset: i32,
    ) -> ApiResult<Vec<SinglePointObject>> {
        let first = at_most("first", first, LIST_MAX)?;
        let offset = at_most("offset", offset, usize::MAX)?;
        let listed = self.found.points.iter().skip(offset).take(first);
        let listed = listed.map(|point| SinglePointObject {
            ci: CiObject::at(&self.view, point.slot),
            depth: point.depth,
        });
        Ok(listed.collect())
    }

    /// How many there are.
    async fn total_count(&self) -> Long {
        self.found.points.len().into()
    }

    /// CIs of which it is not known whether they are single points of failure.
    async fn undecided(&self) -> Long {
        Long(self.found.undecided)
    }

    /// Whether these are all. If not, what is not listed may be one as well.
    async fn complete(&self) -> bool {
        self.found.incomplete.is_none()
    }

    /// Why not: ARCS or TIME.
    async fn truncated_reason(&self) -> Option<String> {
        let incomplete = self.found.incomplete;
        incomplete.map(|incomplete| incomplete.reason.as_str().to_owned())
    }

    /// How to go on, if not.
    async fn how_to_go_on(&self) -> Option<String> {
        self.found.incomplete.map(how_to_go_on)
    }
}

/// Single points of failure of several CIs.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "SinglePointsOfFailure")]
pub struct SinglePointsOfFailureObject {
    /// One answer for each target: those named in the order given, then those of the tiers by tier
    /// and id.
    pub targets: Vec<SinglePointsObject>,
    /// How many targets the question has.
    pub total_targets: Long,
    /// The revision of the estate that was read.
    pub revision: Long,
    /// The moment of valid time that was asked about.
    pub at: DateTime,
    /// Whether every target was looked at and every answer is complete.
    pub complete: bool,
    /// Why not: COUNT, ARCS or TIME.
    pub truncated_reason: Option<String>,
    /// How to go on, if not.
    pub how_to_go_on: Option<String>,
}

impl SinglePointsOfFailureObject {
    pub(in crate::api) fn new(
        view: &Snapshot,
        at: DateTime,
        found: impact::SinglePointsOfFailure,
        total_targets: usize,
    ) -> Self {
        let left_out = total_targets > found.targets.len();
        let incomplete = found.targets.iter().find_map(|target| target.incomplete);
        let targets = found.targets.into_iter().map(|found| SinglePointsObject {
            view: view.clone(),
            found,
        });
        let reason = incomplete.map(|incomplete| incomplete.reason);
        let reason = reason.or(left_out.then_some(TruncationReason::Count));
        let too_many = || "ask for fewer tiers, or raise `maxTargets`".to_owned();
        Self {
            targets: targets.collect(),
            total_targets: total_targets.into(),
            revision: view.revision().into(),
            at,
            complete: reason.is_none(),
            truncated_reason: reason.map(|reason| reason.as_str().to_owned()),
            how_to_go_on: incomplete.map(how_to_go_on).or(left_out.then(too_many)),
        }
    }
}

/// CIs that together bring the target to the level, none of which can be left out.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "CutSet")]
pub struct CutSetObject {
    /// The CIs, by id.
    pub cis: Vec<CiObject>,
    /// How many there are.
    pub size: Long,
}

/// The minimal cut sets of a CI.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "CutSets")]
pub struct CutSetsObject {
    /// The CI that was asked about.
    pub target: CiObject,
    /// Its state with nothing failed, OK if it is better than the level. If it is at the level
    /// already, there is no cut set.
    pub before: ImpactState,
    /// Whether anything can make it worse: not if it is not in use, or its state is assumed. That nothing
    /// is reported of such a CI says nothing of its safety.
    pub can_fail: bool,
    /// The cut sets, by size and then by ids. Those of one CI are the single points of failure. If there
    /// are more than asked for, these are the first; if a limit of the server was met, all up to some size.
    pub cut_sets: Vec<CutSetObject>,
    /// The revision of the estate that was read.
    pub revision: Long,
    /// The moment of valid time that was asked about.
    pub at: DateTime,
    /// Whether these are all up to the size asked for.
    pub complete: bool,
    /// Why not: COUNT, RESULTS, ARCS or TIME.
    pub truncated_reason: Option<String>,
    /// How to go on, if not.
    pub how_to_go_on: Option<String>,
}

impl CutSetsObject {
    pub(in crate::api) fn new(view: &Snapshot, at: DateTime, found: &impact::CutSets) -> Self {
        let cut_sets = found.cut_sets.iter().map(|cut| CutSetObject {
            cis: cut.iter().map(|slot| CiObject::at(view, *slot)).collect(),
            size: cut.len().into(),
        });
        Self {
            target: CiObject::at(view, found.target),
            before: found.before.into(),
            can_fail: found.can_fail,
            cut_sets: cut_sets.collect(),
            revision: view.revision().into(),
            at,
            complete: found.incomplete.is_none(),
            truncated_reason: found.incomplete.map(|incomplete| incomplete.reason.as_str().to_owned()),
            how_to_go_on: found.incomplete.map(|incomplete| match incomplete.reason {
                TruncationReason::Count => "there are more, and these are the first: raise `maxCount`".to_owned(),
                TruncationReason::Depth
                | TruncationReason::Arcs
                | TruncationReason::Results
                | TruncationReason::Time => how_to_go_on(incomplete),
            }),
        }
    }
}
