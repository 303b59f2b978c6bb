//! Single points of failure (section 5 of the law).

use crate::graph::Slot;
use crate::model::ImpactState;

use super::bounds::Bounds;
use super::dependence::{Dependence, when_down};
use super::probe::Probe;
use super::question::{Budget, ImpactError, ImpactView, Premises};
use super::scratch::Scratch;
use super::structure::{Incomplete, Stage, can_fail, probe};

/// A CI whose failure alone brings a target to the level asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SinglePoint {
    /// The CI.
    pub slot: Slot,
    /// Least hops from the target backwards over what carries the level.
    pub depth: u32,
}

/// The single points of failure of one target.
#[derive(Clone, Debug)]
pub struct SinglePoints {
    /// The CI that was asked about.
    pub target: Slot,
    /// Its state with nothing failed; states better than the level asked about are told as `OK`.
    /// Where it is at the level already, nothing is a single point of failure.
    pub before: ImpactState,
    /// Whether anything can make it worse: not if it takes no part, or its state is assumed. That there is
    /// nothing to report of such a CI says nothing of its safety.
    pub can_fail: bool,
    /// By depth, then CI id. Assumed CIs cannot fail and are not among them.
    pub points: Vec<SinglePoint>,
    /// CIs found that may or may not be single points of failure.
    pub undecided: u64,
    /// `None`: these are all. Otherwise there may be more, among the undecided ones and, unless the
    /// stage is [`Stage::Failures`], among CIs that were not found.
    pub incomplete: Option<Incomplete>,
}

/// Single points of failure of several targets.
#[derive(Clone, Debug)]
pub struct SinglePointsOfFailure {
    /// One answer a target, in the order given.
    pub targets: Vec<SinglePoints>,
    /// Links looked at.
    pub arcs_visited: u64,
}

/// Finds every CI that, down alone, brings a target to `level` or worse.
///
/// Of each target one walk backwards, over what carries the level, which decides all CIs on plain
/// arcs and most others; where redundancy leaves it open, a failure is tried, in which only what
/// gets that bad is touched, and which decides others as well. The budget is that of all targets
/// together; `level` `OK` finds nothing.
///
/// # Errors
///
/// Where an assumption contradicts another.
pub fn single_points_of_failure(
    view: ImpactView<'_>,
    targets: &[Slot],
    level: ImpactState,
    premises: &Premises,
    budget: &Budget<'_>,
    scratch: &mut Scratch,
) -> Result<SinglePointsOfFailure, ImpactError> {
    let budget = budget.rest(0);
    let mut probe = match probe(view, premises, level, &budget, scratch)? {
        Ok(probe) => probe,
        Err(incomplete) => return Ok(unknown(view, premises, targets, incomplete)),
    };
    let mut answers: Vec<SinglePoints> = Vec::with_capacity(targets.len());
    for target in targets {
        let can_fail = can_fail(view, premises, *target);
        let before = probe.before(*target);
        let stopped = answers.last().and_then(|answer: &SinglePoints| answer.incomplete);
        let answer = match stopped {
            // One budget for all: what has run out stays so.
            Some(incomplete) => SinglePoints {
                before,
                ..nothing_known(*target, Incomplete::at(Stage::Dependencies, incomplete.reason))
            },
            None => single_points(&mut probe, *target, level),
        };
        answers.push(SinglePoints { can_fail, ..answer });
    }
    Ok(SinglePointsOfFailure {
        targets: answers,
        arcs_visited: probe.arcs_visited(),
    })
}

fn unknown(
    view: ImpactView<'_>,
    premises: &Premises,
    targets: &[Slot],
    incomplete: Incomplete,
) -> SinglePointsOfFailure {
    let targets = targets.iter().map(|target| SinglePoints {
        can_fail: can_fail(view, premises, *target),
        ..nothing_known(*target, incomplete)
    });
    SinglePointsOfFailure {
        targets: targets.collect(),
        arcs_visited: 0,
    }
}

fn nothing_known(target: Slot, incomplete: Incomplete) -> SinglePoints {
    SinglePoints {
        target,
        before: ImpactState::Ok,
        can_fail: true,
        points: Vec::new(),
        undecided: 0,
        incomplete: Some(incomplete),
    }
}

fn single_points(probe: &mut Probe<'_>, target: Slot, level: ImpactState) -> SinglePoints {
    let before = probe.before(target);
    let mut answer = SinglePoints {
        target,
        before,
        can_fail: true,
        points: Vec::new(),
        undecided: 0,
        incomplete: None,
    };
    if before >= level {
        return answer;
    }
    let decided = Decided::new(probe, target, level);
    answer.points = decided.points(level);
    answer.undecided = decided.bounds.open(level) as u64;
    answer.incomplete = decided.incomplete;
    answer
}

/// What a target depends on, and which of it alone brings it to a level.
pub(super) struct Decided {
    pub(super) dependence: Dependence,
    pub(super) bounds: Bounds,
    pub(super) incomplete: Option<Incomplete>,
}

impl Decided {
    /// Leaves the probe confined to what the target depends on.
    pub(super) fn new(probe: &mut Probe<'_>, target: Slot, level: ImpactState) -> Self {
        let before = probe.before(target);
        let (dependence, stopped) = Dependence::find(probe, &[target]);
        let mut bounds = Bounds::new(&dependence, before);
        let incomplete = if let Some(reason) = stopped {
            Some(Incomplete::at(Stage::Dependencies, reason))
        } else {
            probe.confine(dependence.slots());
            let decided = bounds.decide(probe, &dependence, level);
            decided.err().map(|reason| Incomplete::at(Stage::Failures, reason))
        };
        Self {
            dependence,
            bounds,
            incomplete,
        }
    }

    /// The single points of failure found, by depth and CI id.
    pub(super) fn points(&self, level: ImpactState) -> Vec<SinglePoint> {
        let found = self.dependence.found().iter().enumerate().skip(1);
        let points = found.filter(|(place, _)| self.bounds.reaches(*place, level));
        let points = points.map(|(_, one)| SinglePoint {
            slot: one.slot,
            depth: one.depth,
        });
        points.collect()
    }

    /// The CIs that can take part in bringing the target to the level, though not alone.
    pub(super) fn others(&self, level: ImpactState) -> impl Iterator<Item = (Slot, u32)> + '_ {
        let found = self.dependence.found().iter().enumerate().skip(1);
        let others = found.filter(move |(place, one)| {
            when_down(one.potential) >= level.level() && !self.bounds.reaches(*place, level)
        });
        others.map(|(_, one)| (one.slot, one.depth))
    }
}
