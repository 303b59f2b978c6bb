//! Why a CI is impacted: a path of causes whose length is exactly its depth (section 3 of the law).
//!
//! A CI that came to state n in round i has a cause that was new in round i - 1. Following it, with
//! the state that it needed to be in, rounds go down by one and the path ends in what was given.

use std::cmp::Reverse;

use crate::graph::Slot;
use crate::graph::dependency::{Gate, GroupKey, Link};
use crate::model::{ImpactState, RelationshipTypeId};

use super::question::ImpactView;
use super::reading::Carry;
use super::report::ImpactReport;

/// Where a witness begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A CI that the question lets fail (the law's `ROOT`).
    Failed,
    /// A CI that was in this state before (the law's `BASELINE`).
    Starting,
    /// A CI that is assumed to be in its state.
    Assumed,
    /// A relationship that the question lets fail (the law's `BROKEN_RELATIONSHIP`); the first
    /// step's source has not failed itself.
    FailedRelationship,
    /// A CI that only others held up which it held up itself: see [`Witness::ungrounded`]. The law
    /// gives depths and witnesses in the plain reading only; what follows from such a fall has as
    /// depth the round of the evaluation that went on from it.
    Ungrounded,
}

/// What carried a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A relationship, by itself.
    Relationship {
        /// Its type.
        relationship_type: Option<RelationshipTypeId>,
    },
    /// A group that no longer holds.
    Group {
        /// The group.
        group: GroupKey,
        /// The type of the relationship that makes the source a member; `None` for the group's own
        /// list, or several.
        relationship_type: Option<RelationshipTypeId>,
        /// Its arithmetic.
        gate: Gate,
        /// Weight up: of the members better than `lost_at`, when the step happened.
        up: u64,
        /// A member counts as lost here when its contribution is this bad.
        lost_at: ImpactState,
        /// The threshold that `up` is below.
        needed: u64,
    },
}

/// One step of a witness: the source's state put the target into its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WitnessStep {
    /// Whose failure was carried.
    pub source: Slot,
    /// Who was hit.
    pub target: Slot,
    /// The state the target came to.
    pub state: ImpactState,
    /// The round in which it did: 1 for the first step.
    pub round: u32,
    /// By what.
    pub cause: Cause,
}

/// A path of causes from something given to one CI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// How it begins.
    pub origin: Origin,
    /// The CI it begins at.
    pub start: Slot,
    /// The steps, in the order in which they happened; as many as the CI's depth, except after
    /// [`Origin::Ungrounded`].
    pub steps: Vec<WitnessStep>,
    /// The CIs, the start among them, that fell together because they held up nothing but each
    /// other, by CI id. Empty but for [`Origin::Ungrounded`].
    pub ungrounded: Vec<Slot>,
}

/// A cause under consideration: who, in which state, and whether by a relationship that failed.
#[derive(Clone, Copy, Debug)]
struct Found {
    source: Slot,
    state: ImpactState,
    cause: Cause,
    by_failed: bool,
}

impl Found {
    /// The step that it is the cause of.
    const fn step(&self, target: Slot, state: ImpactState, round: u32) -> WitnessStep {
        WitnessStep {
            source: self.source,
            target,
            state,
            round,
            cause: self.cause,
        }
    }
}

/// The least state of the source from which `wanted` arrives.
pub(super) fn needed(carry: Carry, wanted: ImpactState) -> Option<ImpactState> {
    let mut states = ImpactState::ALL.into_iter();
    states.find(|state| carry[usize::from(state.level())] >= wanted.level())
}

pub(super) fn type_of(link: Link) -> Option<RelationshipTypeId> {
    (link.relationship_type < Link::SEVERAL).then(|| RelationshipTypeId::new(link.relationship_type))
}

impl ImpactReport {
    /// Why this CI is in the state it is in; `None` for one that is `OK`.
    ///
    /// Costs, per step, what leads to the CI and the members of its groups.
    pub fn witness(&self, view: ImpactView<'_>, slot: Slot) -> Option<Witness> {
        let mut state = self.after(slot);
        if state == ImpactState::Ok {
            return None;
        }
        let mut witness = Witness {
            origin: Origin::Failed,
            start: slot,
            steps: Vec::new(),
            ungrounded: Vec::new(),
        };
        if self.assumed.contains(&slot) {
            witness.origin = Origin::Assumed;
            return Some(witness);
        }
        let Some(mut round) = self.finder().reached(&self.rises, slot, state) else {
            witness.origin = Origin::Starting;
            return Some(witness);
        };
        while round > 0 {
            if self.rises.grounding.contains(&round) {
                witness.origin = Origin::Ungrounded;
                witness.ungrounded = self.fell_together(view, witness.start, round);
                break;
            }
            // The law proves that there is one; without it the path ends where it stands.
            let Some(found) = self.cause(view, witness.start, state, round) else {
                break;
            };
            witness.steps.push(found.step(witness.start, state, round));
            (witness.start, state) = (found.source, found.state);
            round -= 1;
            if found.by_failed {
                witness.origin = Origin::FailedRelationship;
                break;
            }
        }
        witness.steps.reverse();
        Some(witness)
    }

    /// What put this CI into the state it is in: the last step of its [`ImpactReport::witness`], which
    /// may have none.
    ///
    /// Costs what leads to the CI and the members of its groups.
    pub fn last_step(&self, view: ImpactView<'_>, slot: Slot) -> Option<WitnessStep> {
        let state = self.after(slot);
        if state == ImpactState::Ok || self.assumed.contains(&slot) {
            return None;
        }
        let round = self.finder().reached(&self.rises, slot, state)?;
        if round == 0 || self.rises.grounding.contains(&round) {
            return None;
        }
        let found = self.cause(view, slot, state, round)?;
        Some(found.step(slot, state, round))
    }

    /// How many links and members [`ImpactReport::last_step`] may have to look at.
    pub fn last_step_cost(view: ImpactView<'_>, slot: Slot) -> u64 {
        let links = view.index.incoming(slot);
        let members = links.iter().filter(|link| link.is_group());
        let members: usize = members.map(|link| view.index.members(link.other).len()).sum();
        (links.len() + members) as u64
    }

    /// The CIs of the same component that fell in the same round.
    pub(super) fn fell_together(&self, view: ImpactView<'_>, slot: Slot, round: u32) -> Vec<Slot> {
        let component = |slot: Slot| view.index.grounding().place(slot).map(|place| place.component);
        let fallen = self.rises.round(round as usize).iter().map(|rise| Slot::new(rise.slot));
        let mut fallen: Vec<Slot> = fallen.filter(|other| component(*other) == component(slot)).collect();
        fallen.sort_unstable_by_key(|slot| view.columns.id(*slot));
        fallen
    }

    /// What a member counts as in its group after a round.
    pub(super) fn contribution(&self, view: ImpactView<'_>, group: u32, link: Link, round: u32) -> ImpactState {
        let carry = self.reading.member(view.index, link, group, link.other);
        let level = carry[usize::from(self.state_at(Slot::new(link.other), round).level())];
        ImpactState::from_level(level.max(self.reading.member_floor(group, link.other)))
    }

    fn cause(&self, view: ImpactView<'_>, target: Slot, state: ImpactState, round: u32) -> Option<Found> {
        let plain = self.plain_cause(view, target, state, round);
        let groups = || {
            let links = view.index.incoming(target).iter().filter(|link| link.is_group());
            let mut groups: Vec<(GroupKey, u32)> = links
                .filter_map(|link| Some((view.index.group_key(link.other)?, link.other)))
                .collect();
            groups.sort_unstable();
            let mut causes = groups.into_iter();
            causes.find_map(|(key, group)| self.group_cause(view, (key, group), state, round))
        };
        plain
            .or_else(groups)
            .or_else(|| self.failed_cause(view, target, state, round))
    }

    /// The plain arc whose source, of the least CI id, came to the needed state the round before; of
    /// parallel arcs of one type the one that needs the worst, as in a proof.
    fn plain_cause(&self, view: ImpactView<'_>, target: Slot, state: ImpactState, round: u32) -> Option<Found> {
        let links = view.index.incoming(target).iter().filter(|link| !link.is_group());
        let causes = links.filter_map(|link| {
            let (source, needed) = (Slot::new(link.other), needed(self.reading.plain(*link), state)?);
            let reached = self.finder().reached(&self.rises, source, needed)?;
            (reached + 1 == round).then_some((*link, source, needed))
        });
        let least = causes
            .min_by_key(|(link, source, needed)| (view.columns.id(*source), link.relationship_type, Reverse(*needed)));
        least.map(|(link, source, state)| Found {
            source,
            state,
            cause: Cause::Relationship {
                relationship_type: type_of(link),
            },
            by_failed: false,
        })
    }

    /// The member that, of the least CI id, newly broke the group's first broken rule.
    fn group_cause(
        &self,
        view: ImpactView<'_>,
        (key, group): (GroupKey, u32),
        state: ImpactState,
        round: u32,
    ) -> Option<Found> {
        let gate = view.index.gate_of(group);
        let mut bad = [0; 3];
        for link in view.index.members(group) {
            let level = self.contribution(view, group, *link, round - 1).level();
            let weight = view.index.weight(*link, group, link.other);
            for bad in &mut bad[..usize::from(level)] {
                *bad += u64::from(weight);
            }
        }
        if gate.output(bad) < state {
            return None;
        }
        let (lost_at, needed_weight) = broken_rule(&gate, bad, gate.strength.needed(state)?)?;
        let lost = view.index.members(group).iter().filter_map(|link| {
            let new = self.newly_lost(view, group, *link, lost_at, round - 1)?;
            Some((*link, new))
        });
        let (link, (state, by_failed)) = lost.min_by_key(|(link, _)| view.columns.id(Slot::new(link.other)))?;
        Some(Found {
            source: Slot::new(link.other),
            state,
            cause: Cause::Group {
                group: key,
                relationship_type: type_of(link),
                gate,
                up: gate.total - bad[usize::from(lost_at.level()) - 1],
                lost_at,
                needed: needed_weight,
            },
            by_failed,
        })
    }

    /// Whether a member came to count as `lost_at` in this very round: with which state of its own,
    /// and whether only because its membership failed.
    fn newly_lost(
        &self,
        view: ImpactView<'_>,
        group: u32,
        link: Link,
        lost_at: ImpactState,
        round: u32,
    ) -> Option<(ImpactState, bool)> {
        let member = Slot::new(link.other);
        let carry = self.reading.member(view.index, link, group, link.other);
        let needed = needed(carry, lost_at);
        let reached = needed.and_then(|needed| self.finder().reached(&self.rises, member, needed));
        let fails = self.reading.member_floor(group, link.other) >= lost_at.level();
        let was = carry[usize::from(self.before(member).level())] >= lost_at.level();
        match (needed, reached) {
            (Some(needed), Some(reached)) if reached == round && (round == 0 || !fails) => Some((needed, false)),
            (_, _) if fails && round == 0 && !was => Some((ImpactState::Ok, true)),
            (_, _) => None,
        }
    }

    /// The failed plain arc, of the least source, that hits the target by itself.
    fn failed_cause(&self, view: ImpactView<'_>, target: Slot, state: ImpactState, round: u32) -> Option<Found> {
        let failed = self.reading.failed_plain.iter();
        let hitting = failed.filter(|arc| round == 1 && arc.target == target.number() && arc.level >= state.level());
        let least = hitting.min_by_key(|arc| (view.columns.id(Slot::new(arc.source)), arc.relationship_type));
        least.map(|arc| Found {
            source: Slot::new(arc.source),
            state: ImpactState::Ok,
            cause: Cause::Relationship {
                relationship_type: arc.relationship_type,
            },
            by_failed: true,
        })
    }
}

/// The first broken rule of the gate's line for `state`: from which contribution on a member
/// counts as lost in it, and the weight it asks for. Worse lines are broken only if this one is.
pub(super) fn broken_rule(gate: &Gate, bad: [u64; 3], state: ImpactState) -> Option<(ImpactState, u64)> {
    let up = |lost_at: ImpactState| gate.total - bad[usize::from(lost_at.level()) - 1];
    let rules: &[(ImpactState, u64)] = match state {
        ImpactState::Ok => &[],
        ImpactState::AtRisk => &[
            (ImpactState::AtRisk, gate.up_min),
            (ImpactState::Degraded, gate.spare_min),
        ],
        ImpactState::Degraded => &[
            (ImpactState::Degraded, gate.up_min),
            (ImpactState::Down, gate.capacity_min),
        ],
        ImpactState::Down => &[(ImpactState::Down, gate.up_min)],
    };
    rules.iter().copied().find(|(lost_at, needed)| up(*lost_at) < *needed)
}
