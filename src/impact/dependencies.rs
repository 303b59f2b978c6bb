//! What a CI depends on: how near, what each could do to it, and what each does (section 4 of the
//! law).

use std::collections::BTreeMap;

use crate::graph::Slot;
use crate::graph::dependency::{Gate, GroupKey, Link};
use crate::model::{CiId, ImpactState, RelationshipTypeId};

use super::bounds::Bounds;
use super::dependence::{Dependence, NOTHING, Way, compose, each_way, when_down};
use super::probe::Probe;
use super::question::{Budget, ImpactError, ImpactView, Premises};
use super::report::TruncationReason;
use super::scratch::Scratch;
use super::structure::{Incomplete, Stage, can_fail, probe};

/// What a dependency is to the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DependencyRole {
    /// Its failure alone takes the target down.
    SinglePointOfFailure,
    /// It would take the target down, if redundancy did not hold.
    Redundant,
    /// It can make the target worse, and not take it down.
    Supporting,
}

impl DependencyRole {
    /// The name in API, files and pages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SinglePointOfFailure => "SINGLE_POINT_OF_FAILURE",
            Self::Redundant => "REDUNDANT",
            Self::Supporting => "SUPPORTING",
        }
    }
}

/// What makes one CI depend on another directly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DependencyLink {
    /// A relationship, by itself.
    Relationship {
        /// Its type.
        relationship_type: Option<RelationshipTypeId>,
    },
    /// A group of the dependent.
    Group {
        /// The group.
        group: GroupKey,
        /// The type of the relationship that makes the dependency a member; `None` for the group's
        /// own list, or several.
        relationship_type: Option<RelationshipTypeId>,
        /// Its arithmetic.
        gate: Gate,
    },
}

/// The next CI on the way to the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DependencyStep {
    /// Who depends directly: the target, or another of its dependencies.
    pub dependent: Slot,
    /// By what.
    pub link: DependencyLink,
}

/// A CI whose failure can make the target worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// The CI.
    pub slot: Slot,
    /// Least hops backwards over what carries anything; a group is one hop.
    pub depth: u32,
    /// The target's state if this CI is down and there were no redundancy; never `OK`.
    pub potential: ImpactState,
    /// The target's state if this CI alone is down; `None` where the budget did not last.
    pub actual: Option<ImpactState>,
    /// What it is to the target; `None` where that is not known, or the target is down already.
    pub role: Option<DependencyRole>,
    /// The next CI on a shortest way over which its failure can make the target worse: of several
    /// the least CI id. Following these ends at the target. `None` only in an answer without all
    /// dependencies.
    pub via: Option<DependencyStep>,
}

/// What a CI depends on.
#[derive(Clone, Debug)]
pub struct Dependencies {
    /// The CI that was asked about.
    pub target: Slot,
    /// Its state with nothing failed.
    pub before: ImpactState,
    /// Whether anything can make it worse: not if it takes no part, or its state is assumed. That there is
    /// nothing to report of such a CI says nothing of its safety.
    pub can_fail: bool,
    /// By depth, then CI id. Assumed CIs are not among them, because they do not change; neither
    /// does an assumed target depend on anything.
    pub dependencies: Vec<Dependency>,
    /// `None`: the answer is complete. [`Stage::Dependencies`]: CIs are missing, and `potential` is
    /// at least that bad. [`Stage::Failures`]: `actual` is missing.
    pub incomplete: Option<Incomplete>,
    /// Links looked at.
    pub arcs_visited: u64,
}

/// Finds all CIs whose failure can make `target` worse.
///
/// The walk backwards is linear in what it finds. What each failure does is mostly told by the walk;
/// where redundancy leaves it open, failures are tried: worst level first, because little gets that
/// bad, and confined to what was found.
///
/// # Errors
///
/// Where an assumption contradicts another.
pub fn dependencies(
    view: ImpactView<'_>,
    target: Slot,
    premises: &Premises,
    budget: &Budget<'_>,
    scratch: &mut Scratch,
) -> Result<Dependencies, ImpactError> {
    let mut answer = Dependencies {
        target,
        before: ImpactState::Ok,
        can_fail: can_fail(view, premises, target),
        dependencies: Vec::new(),
        incomplete: None,
        arcs_visited: 0,
    };
    let whole = budget.rest(0);
    let mut start = match probe(view, premises, ImpactState::AtRisk, &whole, scratch)? {
        Ok(start) => start,
        Err(incomplete) => {
            answer.incomplete = Some(incomplete);
            return Ok(answer);
        }
    };
    answer.before = start.before(target);
    let (dependence, stopped) = Dependence::find(&mut start, &[target]);
    let stopped = stopped.map(|reason| Incomplete::at(Stage::Dependencies, reason));
    let mut steps = BTreeMap::new();
    answer.incomplete = stopped.or_else(|| {
        let stopped = find_steps(&mut start, &dependence, &mut steps).err();
        stopped.map(|reason| Incomplete::at(Stage::Dependencies, reason))
    });
    answer.arcs_visited = start.arcs_visited();
    drop(start);
    let mut bounds = Bounds::new(&dependence, answer.before);
    if answer.incomplete.is_none() {
        answer.incomplete = decide(
            view,
            premises,
            budget,
            scratch,
            &dependence,
            &mut bounds,
            &mut answer.arcs_visited,
        )?;
    }
    let walked = answer
        .incomplete
        .is_none_or(|incomplete| incomplete.stage == Stage::Failures);
    answer.dependencies = list(&dependence, &bounds, &steps, answer.before, walked);
    Ok(answer)
}

/// Decides of every dependency what its failure does, one level after the other.
fn decide(
    view: ImpactView<'_>,
    premises: &Premises,
    budget: &Budget<'_>,
    scratch: &mut Scratch,
    dependence: &Dependence,
    bounds: &mut Bounds,
    arcs_visited: &mut u64,
) -> Result<Option<Incomplete>, ImpactError> {
    for level in [ImpactState::Down, ImpactState::Degraded, ImpactState::AtRisk] {
        if bounds.open(level) == 0 {
            continue;
        }
        let rest = budget.rest(*arcs_visited);
        let stopped = match probe(view, premises, level, &rest, scratch)? {
            Ok(mut probe) => {
                probe.confine(dependence.slots());
                let decided = bounds.decide(&mut probe, dependence, level);
                *arcs_visited += probe.arcs_visited();
                decided.err()
            }
            Err(incomplete) => Some(incomplete.reason),
        };
        if let Some(reason) = stopped {
            return Ok(Some(Incomplete::at(Stage::Failures, reason)));
        }
    }
    Ok(None)
}

/// A candidate for the next CI on the way: a plain arc before a group, then the least type and group.
type Rank = (bool, Option<GroupKey>, u16);

fn rank(probe: &Probe<'_>, way: &Way) -> Rank {
    let key = way.group.and_then(|group| probe.view().index.group_key(group));
    (way.group.is_some(), key, way.link.relationship_type)
}

/// Finds for each dependency the next CI on a shortest way over which it can hit the target.
///
/// Hops over ways that arrive, which are at least as many as the hops over what carries anything:
/// where two weak links in a row carry nothing, the way is another one.
fn find_steps(
    probe: &mut Probe<'_>,
    dependence: &Dependence,
    steps: &mut BTreeMap<usize, DependencyStep>,
) -> Result<(), TruncationReason> {
    let view = probe.view();
    let id = |place: &usize| -> CiId { view.columns.id(dependence.found()[*place].slot) };
    let mut level = vec![0];
    while !level.is_empty() {
        let mut next: BTreeMap<usize, (usize, Rank, Way)> = BTreeMap::new();
        for place in level {
            let dependent = &dependence.found()[place];
            let mut ways = Vec::new();
            each_way(probe, dependent.slot, |way| {
                if compose(way.carries, dependent.potential) != NOTHING {
                    ways.push(way);
                }
            })?;
            for way in ways {
                let Some(source) = dependence.place(way.source) else {
                    continue;
                };
                if source == 0 || steps.contains_key(&source) {
                    continue;
                }
                let rank = rank(probe, &way);
                let better = next
                    .get(&source)
                    .is_none_or(|(known, known_rank, _)| *known == place && rank < *known_rank);
                if better {
                    next.insert(source, (place, rank, way));
                }
            }
        }
        level = next.keys().copied().collect();
        level.sort_unstable_by_key(id);
        for (source, (place, _, way)) in next {
            let dependent = dependence.found()[place].slot;
            let link = link(probe, &way);
            steps.insert(source, DependencyStep { dependent, link });
        }
    }
    Ok(())
}

fn link(probe: &Probe<'_>, way: &Way) -> DependencyLink {
    let number = way.link.relationship_type;
    let relationship_type = (number < Link::SEVERAL).then(|| RelationshipTypeId::new(number));
    let index = probe.view().index;
    let group = way
        .group
        .and_then(|group| Some((index.group_key(group)?, index.gate_of(group))));
    match group {
        None => DependencyLink::Relationship { relationship_type },
        Some((group, gate)) => DependencyLink::Group {
            group,
            relationship_type,
            gate,
        },
    }
}

fn list(
    dependence: &Dependence,
    bounds: &Bounds,
    steps: &BTreeMap<usize, DependencyStep>,
    before: ImpactState,
    walked: bool,
) -> Vec<Dependency> {
    let found = dependence.found().iter().enumerate().skip(1);
    let hitting = found.filter(|(_, one)| one.potential != NOTHING);
    hitting
        .map(|(place, one)| {
            let potential = ImpactState::from_level(when_down(one.potential));
            let actual = bounds.known(place).filter(|_| walked);
            Dependency {
                slot: one.slot,
                depth: one.depth,
                potential,
                actual,
                role: role(before, potential, actual),
                via: steps.get(&place).copied(),
            }
        })
        .collect()
}

fn role(before: ImpactState, potential: ImpactState, actual: Option<ImpactState>) -> Option<DependencyRole> {
    if potential < ImpactState::Down {
        return Some(DependencyRole::Supporting);
    }
    match actual? {
        _ if before == ImpactState::Down => None,
        ImpactState::Down => Some(DependencyRole::SinglePointOfFailure),
        ImpactState::Ok | ImpactState::AtRisk | ImpactState::Degraded => Some(DependencyRole::Redundant),
    }
}
