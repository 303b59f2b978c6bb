//! Where one CI stands at present: its state, what alone would bring it down now, and how much
//! redundancy is left below it. What a watch compares from commit to commit.

use crate::graph::Slot;
use crate::graph::dependency::GroupKey;
use crate::model::{CiId, ImpactState, Strength};

use super::probe::Probe;
use super::question::{Budget, ImpactError, ImpactView, Premises, StartingState};
use super::report::TruncationReason;
use super::scratch::Scratch;
use super::spof::{SinglePoint, single_points_of_failure};
use super::structure::{Incomplete, Stage, probe};

/// How a group that says how many of its members it needs stands at present. Numbers are weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupStanding {
    /// The group.
    pub group: GroupKey,
    /// Who needs it.
    pub consumer: Slot,
    /// k: weight needed to work at all.
    pub up_min: u64,
    /// n: the whole weight.
    pub total: u64,
    /// Weight that is up.
    pub up: u64,
    /// What reaches the consumer.
    pub output: ImpactState,
}

/// Where one CI stands at present.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The CI that was asked about.
    pub target: Slot,
    /// Its present state; `None` where the budget did not last.
    pub state: Option<ImpactState>,
    /// What alone would bring it to the level asked about, by depth, then CI id: see
    /// [`single_points_of_failure`].
    pub points: Vec<SinglePoint>,
    /// Groups of the target and of all it stands on, by the consumer's CI id, then by group.
    pub groups: Vec<GroupStanding>,
    /// The target and all whose failure could matter to it, without regard to strengths, by CI id.
    pub stands_on: Vec<CiId>,
    /// `None`: this is all. [`Stage::Failures`]: single points of failure may be missing. Before that,
    /// groups and CIs it stands on may be missing as well.
    pub incomplete: Option<Incomplete>,
    /// Links looked at.
    pub arcs_visited: u64,
}

/// Works out where a CI stands. `starting` says on what single points of failure are looked for; the
/// state and the groups are those of the present.
///
/// One evaluation of what is impaired at present, one walk backwards over all links, and
/// [`single_points_of_failure`].
///
/// # Errors
///
/// None at present: nothing is assumed, so nothing contradicts it.
pub fn standing(
    view: ImpactView<'_>,
    target: Slot,
    level: ImpactState,
    starting: StartingState,
    budget: &Budget<'_>,
    scratch: &mut Scratch,
) -> Result<Standing, ImpactError> {
    let mut answer = Standing {
        target,
        state: None,
        points: Vec::new(),
        groups: Vec::new(),
        stands_on: Vec::new(),
        incomplete: None,
        arcs_visited: 0,
    };
    let present = Premises {
        starting_state: StartingState::Current,
        ..Premises::default()
    };
    match probe(view, &present, ImpactState::AtRisk, budget, scratch)? {
        Err(incomplete) => answer.incomplete = Some(incomplete),
        Ok(mut probe) => {
            answer.state = Some(probe.before(target));
            let walked = walk(&mut probe, &mut answer);
            answer.incomplete = walked.err().map(|reason| Incomplete {
                stage: Stage::Dependencies,
                reason,
            });
            answer.arcs_visited = probe.arcs_visited();
        }
    }
    if answer.incomplete.is_some() {
        return Ok(answer);
    }
    let premises = Premises {
        starting_state: starting,
        ..Premises::default()
    };
    let rest = budget.rest(answer.arcs_visited);
    let found = single_points_of_failure(view, &[target], level, &premises, &rest, scratch)?;
    answer.arcs_visited += found.arcs_visited;
    for points in found.targets {
        answer.points = points.points;
        answer.incomplete = points.incomplete;
    }
    Ok(answer)
}

/// Goes back over all links, also those that carry nothing: their members count in n.
fn walk(probe: &mut Probe<'_>, answer: &mut Standing) -> Result<(), TruncationReason> {
    let view = probe.view();
    let mut is_found = vec![false; view.index.slots().max(answer.target.index() + 1)];
    is_found[answer.target.index()] = true;
    let mut found = vec![answer.target];
    let mut next = 0;
    let mut stopped = Ok(());
    while let Some(slot) = found.get(next).copied() {
        next += 1;
        stopped = step(probe, slot, answer, |source| {
            if !std::mem::replace(&mut is_found[source.index()], true) {
                found.push(source);
            }
        });
        if stopped.is_err() {
            break;
        }
    }
    answer.stands_on = found.into_iter().map(|slot| view.columns.id(slot)).collect();
    answer.stands_on.sort_unstable();
    answer.groups.sort_unstable_by_key(|standing| {
        let group = match standing.group {
            GroupKey::Explicit(id) => (0, Some(id), None),
            GroupKey::Pool { pool, .. } => (1, None, Some(pool)),
        };
        (view.columns.id(standing.consumer), group)
    });
    stopped
}

/// Shows what one CI is hit by, and notes its groups.
fn step(
    probe: &mut Probe<'_>,
    slot: Slot,
    answer: &mut Standing,
    mut show: impl FnMut(Slot),
) -> Result<(), TruncationReason> {
    let index = probe.view().index;
    let links = index.incoming(slot);
    probe.charge(1 + links.len() as u64)?;
    for link in links {
        if !link.is_group() {
            show(Slot::new(link.other));
            continue;
        }
        let (group, members) = (link.other, index.members(link.other));
        probe.charge(members.len() as u64)?;
        let mut bad = [0; 3];
        for link in members {
            let member = Slot::new(link.other);
            show(member);
            let strength = Strength::from_number(link.strength).unwrap_or(Strength::NONE);
            let level = strength.apply(probe.before(member)).level();
            for bad in &mut bad[..usize::from(level)] {
                *bad += u64::from(index.weight(*link, group, link.other));
            }
        }
        let says_how_many = index
            .group_parameters(group)
            .is_some_and(|parameters| parameters.thresholds.up_min.is_some());
        if let Some(key) = index.group_key(group).filter(|_| says_how_many) {
            let gate = index.gate_of(group);
            answer.groups.push(GroupStanding {
                group: key,
                consumer: slot,
                up_min: gate.up_min,
                total: gate.total,
                up: gate.total - bad[2],
                output: gate.output(bad),
            });
        }
    }
    Ok(())
}
