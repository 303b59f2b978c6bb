//! What a CI depends on, and what a failure there could do to it: a walk backwards.
//!
//! Two tables are composed on the way, each from the state of a dependency to the state of the
//! target. `potential` leaves redundancy out: every membership counts as if its group needed all.
//! `certain` follows plain arcs, and memberships whose loss alone breaks the gate. What one failure
//! really does lies between the two, because equations are monotone (section 2.6 of the law); where
//! they agree, nothing needs to be tried.
//!
//! There are 14 tables and none has more than six others below it, so a CI is looked at again at most
//! a dozen times; nearly always it is once.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::graph::Slot;
use crate::graph::dependency::{Gate, Link};
use crate::model::{CiId, ImpactState, Strength};

use super::probe::Probe;
use super::reading::Carry;
use super::report::TruncationReason;

const IDENTITY: Carry = [0, 1, 2, 3];

pub(super) const NOTHING: Carry = [0; 4];

/// The state, as a level, that a table gives for a source that is down.
pub(super) const fn when_down(table: Carry) -> u8 {
    table[3]
}

/// A way in which a failure reaches a CI directly.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    /// Whose failure.
    pub(super) source: Slot,
    /// What arrives if there is no redundancy.
    pub(super) carries: Carry,
    /// What arrives when nothing else has failed.
    pub(super) alone: Carry,
    /// The plain arc, or the member's link in its group.
    pub(super) link: Link,
    /// The group, if it is a membership.
    pub(super) group: Option<u32>,
}

/// A CI on which a target depends, or a target.
#[derive(Clone, Debug)]
pub(super) struct Dependency {
    pub(super) slot: Slot,
    /// Hops backwards over what carries anything; 0 for a target.
    pub(super) depth: u32,
    pub(super) potential: Carry,
    pub(super) certain: Carry,
    /// Whether a target depends on it: not so of a target on which no target depends.
    pub(super) on_the_way: bool,
    /// Whether its own dependencies have been looked at with these tables.
    spread: bool,
}

/// Everything that targets depend on.
#[derive(Debug, Default)]
pub(super) struct Dependence {
    /// The targets first, then by depth and CI id; but within the deepest level of an unfinished walk.
    found: Vec<Dependency>,
    places: FxHashMap<u32, u32>,
}

pub(super) fn compose(first: Carry, then: Carry) -> Carry {
    first.map(|level| then[usize::from(level & 3)])
}

fn join(one: Carry, other: Carry) -> Carry {
    [0, 1, 2, 3].map(|state: usize| one[state].max(other[state]))
}

/// What a consumer is hit by when its group is hit like this.
fn through(strength: Strength, arriving: Carry, floor: u8) -> Carry {
    arriving.map(|level| {
        let level = strength.apply(ImpactState::from_level(level)).level();
        if level < floor { 0 } else { level }
    })
}

/// What a consumer is hit by when this member of its group fails and no other.
fn by_one(gate: &Gate, weight: u32, arriving: Carry, floor: u8) -> Carry {
    arriving.map(|level| {
        let bad = [1, 2, 3].map(|line| if level >= line { u64::from(weight) } else { 0 });
        let level = gate.output(bad).level();
        if level < floor { 0 } else { level }
    })
}

/// Shows all ways in which failures reach `slot` directly, in no stated order. Nothing reaches a CI
/// that is assumed or does not take part, and such a CI does not fail.
///
/// Costs the links that lead to the CI and the members of its groups.
pub(super) fn each_way(probe: &mut Probe<'_>, slot: Slot, mut show: impl FnMut(Way)) -> Result<(), TruncationReason> {
    if !probe.can_fail(slot) {
        return Ok(());
    }
    let index = probe.view().index;
    let incoming = index.incoming(slot);
    probe.charge(incoming.len() as u64)?;
    for link in incoming.iter().filter(|link| !link.is_group()) {
        let carries = probe.reading().plain(*link);
        let source = Slot::new(link.other);
        if carries != NOTHING && probe.can_fail(source) {
            show(Way {
                source,
                carries,
                alone: carries,
                link: *link,
                group: None,
            });
        }
    }
    for group in incoming.iter().filter(|link| link.is_group()).map(|link| link.other) {
        let (gate, members) = (index.gate_of(group), index.members(group));
        probe.charge(members.len() as u64)?;
        let reading = probe.reading();
        for link in members {
            let arriving = reading.member(index, *link, group, link.other);
            let carries = through(gate.strength, arriving, reading.floor);
            let source = Slot::new(link.other);
            if carries != NOTHING && probe.can_fail(source) {
                let weight = index.weight(*link, group, link.other);
                show(Way {
                    source,
                    carries,
                    alone: by_one(&gate, weight, arriving, reading.floor),
                    link: *link,
                    group: Some(group),
                });
            }
        }
    }
    Ok(())
}

impl Dependence {
    /// Finds what `targets` depend on. Where the budget does not last, what was found stands: tables
    /// are lower bounds then, and CIs are missing.
    ///
    /// Costs each link of the CIs found once, and again for each time that a table of its target rises.
    pub(super) fn find(probe: &mut Probe<'_>, targets: &[Slot]) -> (Self, Option<TruncationReason>) {
        let mut dependence = Self::default();
        for target in targets {
            let place = dependence.place_or_new(*target, 0);
            let target = &mut dependence.found[place];
            (target.potential, target.certain) = (IDENTITY, IDENTITY);
        }
        let stopped = dependence.walk(probe).err();
        (dependence, stopped)
    }

    /// The targets and all they depend on, by depth and CI id.
    pub(super) fn found(&self) -> &[Dependency] {
        &self.found
    }

    pub(super) fn place(&self, slot: Slot) -> Option<usize> {
        self.places.get(&slot.number()).map(|place| *place as usize)
    }

    pub(super) fn slots(&self) -> impl Iterator<Item = Slot> + '_ {
        self.found.iter().map(|one| one.slot)
    }

    fn place_or_new(&mut self, slot: Slot, depth: u32) -> usize {
        if let Some(place) = self.place(slot) {
            return place;
        }
        let place = self.found.len();
        self.places
            .insert(slot.number(), u32::try_from(place).unwrap_or(u32::MAX));
        self.found.push(Dependency {
            slot,
            depth,
            potential: NOTHING,
            certain: NOTHING,
            on_the_way: depth > 0,
            spread: false,
        });
        place
    }

    fn walk(&mut self, probe: &mut Probe<'_>) -> Result<(), TruncationReason> {
        // Whose tables rose after they were looked at.
        let mut again: VecDeque<usize> = VecDeque::new();
        let mut level = 0..self.found.len();
        while !level.is_empty() {
            let view = probe.view();
            self.sort(level.clone(), |slot| view.columns.id(slot));
            for place in level.clone() {
                self.look_at(probe, place, &mut again)?;
            }
            level = level.end..self.found.len();
        }
        while let Some(place) = again.pop_front() {
            self.look_at(probe, place, &mut again)?;
        }
        Ok(())
    }

    /// Sorts the CIs of one depth, none of which has been looked at.
    fn sort(&mut self, level: std::ops::Range<usize>, id: impl Fn(Slot) -> CiId) {
        self.found[level.clone()].sort_unstable_by_key(|one| id(one.slot));
        for place in level {
            let slot = self.found[place].slot;
            self.places
                .insert(slot.number(), u32::try_from(place).unwrap_or(u32::MAX));
        }
    }

    fn look_at(
        &mut self,
        probe: &mut Probe<'_>,
        place: usize,
        again: &mut VecDeque<usize>,
    ) -> Result<(), TruncationReason> {
        let target = &mut self.found[place];
        target.spread = true;
        let Dependency {
            slot,
            depth,
            potential,
            certain,
            ..
        } = *target;
        each_way(probe, slot, |way| {
            let source = self.place_or_new(way.source, depth + 1);
            let source_place = source;
            let source = &mut self.found[source_place];
            source.on_the_way |= source_place != place;
            let before = (source.potential, source.certain);
            source.potential = join(source.potential, compose(way.carries, potential));
            source.certain = join(source.certain, compose(way.alone, certain));
            if source.spread && before != (source.potential, source.certain) {
                source.spread = false;
                again.push_back(source_place);
            }
        })
    }
}
