//! The fixpoint in delta rounds: section 2.9 of the law.
//!
//! Round 0 is what was given. Each round looks at the arcs of those who rose in the round before:
//! a plain arc raises its target, a membership adds to the counter of its group, whose gate raises
//! the consumer. Every arc is looked at once per rise of its source, at most three times; time is
//! linear in the arcs touched, memory outside the scratch in the CIs touched. No recursion.

use std::cmp::Reverse;
use std::ops::Range;

use crate::graph::Slot;
use crate::graph::dependency::{DependencyIndex, Link};
use crate::model::ImpactState;

use super::question::{Budget, FailedCi, ImpactError, ImpactQuestion, ImpactView, StartingState};
use super::reading::{Carry, Reading};
use super::report::{ImpactReport, Phase, Truncated, TruncationReason};
use super::rises::Rise;
use super::scratch::{Cell, PINNED, Scratch, before, now, pending, settled};
use super::warning::{WarningCode, Warnings};

/// Answers a question: `before` first, then from there on what the failures add.
///
/// Unknown CIs are the caller's matter; a CI that does not take part has no effect and is
/// reported. Time is linear in the arcs and memberships touched, each at most three times.
pub fn impact(
    view: ImpactView<'_>,
    question: &ImpactQuestion,
    budget: &Budget<'_>,
    scratch: &mut Scratch,
) -> Result<ImpactReport, ImpactError> {
    let mut warnings = Warnings::default();
    let given = Given::new(view, question, &mut warnings)?;
    scratch.fit(view.index.slots().max(view.columns.len()), view.index.group_numbers());
    let mut evaluation = Evaluation {
        index: view.index,
        reading: Reading::new(view.index, question),
        budget,
        scratch,
        arcs_visited: 0,
        arcs_unchecked: 0,
        phase: Phase::Before,
    };
    evaluation.pin(&given.assumed);
    let mut truncated = evaluation.run(&given.start, None);
    evaluation.settle_before();
    if truncated.is_none() {
        truncated = evaluation.run(&given.failed, question.depth_max);
    }
    let Evaluation {
        reading,
        arcs_visited,
        scratch,
        ..
    } = evaluation;
    Ok(ImpactReport::collect(
        view,
        scratch,
        reading,
        warnings,
        truncated,
        arcs_visited,
    ))
}

/// What is given rather than computed, by slot: only CIs that take part, each once.
#[derive(Debug)]
struct Given {
    assumed: Vec<FailedCi>,
    start: Vec<FailedCi>,
    failed: Vec<FailedCi>,
}

impl Given {
    fn new(view: ImpactView<'_>, question: &ImpactQuestion, warnings: &mut Warnings) -> Result<Self, ImpactError> {
        let conflict = |slot: Slot, assumed: ImpactState, other: ImpactState| ImpactError::AssumeConflict {
            ci: view.columns.id(slot),
            assumed,
            other,
        };
        let mut assumed = question.assumed.clone();
        assumed.sort_by_key(|pin| pin.slot);
        assumed.dedup();
        if let Some([one, other]) = assumed.array_windows().find(|[one, other]| one.slot == other.slot) {
            return Err(conflict(one.slot, one.state, other.state));
        }
        let mut start = question.starting_failed.clone();
        if question.starting_state == StartingState::Current {
            start.extend(view.columns.impaired().map(|slot| FailedCi {
                slot,
                state: view.columns.current(slot),
            }));
        }
        keep_worst(&mut start, |_| {});
        let mut failed = question.failed.clone();
        for root in failed.iter().filter(|root| root.state > ImpactState::Ok) {
            if let Ok(found) = assumed.binary_search_by_key(&root.slot, |pin| pin.slot) {
                return Err(conflict(root.slot, assumed[found].state, root.state));
            }
        }
        keep_worst(&mut failed, |slot| {
            warnings.add_ci(view, WarningCode::DuplicateRoot, slot);
        });
        for root in failed.iter().filter(|root| !view.columns.takes_part(root.slot)) {
            warnings.add_ci(view, WarningCode::RootExcluded, root.slot);
        }
        for list in [&mut assumed, &mut start, &mut failed] {
            list.retain(|ci| view.columns.takes_part(ci.slot));
        }
        Ok(Self { assumed, start, failed })
    }
}

/// Sorts by slot and keeps each CI once, in the worst state it is given.
fn keep_worst(list: &mut Vec<FailedCi>, mut given_again: impl FnMut(Slot)) {
    list.sort_unstable_by_key(|ci| (ci.slot, Reverse(ci.state)));
    list.dedup_by(|again, kept| {
        let same = again.slot == kept.slot;
        if same {
            given_again(again.slot);
        }
        same
    });
}

/// One evaluation under way.
struct Evaluation<'a> {
    index: &'a DependencyIndex,
    reading: Reading,
    budget: &'a Budget<'a>,
    scratch: &'a mut Scratch,
    arcs_visited: u64,
    arcs_unchecked: u64,
    phase: Phase,
}

/// Raises a CI in the round under way.
#[inline]
fn raise(cells: &mut [Cell], raised: &mut Vec<u32>, slot: u32, level: u8) {
    let cell = &mut cells[slot as usize];
    if level > pending(*cell) {
        if pending(*cell) == now(*cell) {
            raised.push(slot);
        }
        *cell = *cell & !3 | level;
    }
}

impl Evaluation<'_> {
    /// Holds the assumed CIs in their states.
    fn pin(&mut self, assumed: &[FailedCi]) {
        self.scratch.rises.starts.push(0);
        for FailedCi { slot, state } in assumed {
            let level = state.level();
            self.scratch.pinned.push(*slot);
            self.scratch.cells[slot.index()] = settled(PINNED, level);
            if level > 0 {
                let rise = Rise {
                    slot: slot.number(),
                    from: 0,
                    to: level,
                };
                self.scratch.rises.log.push(rise);
            }
        }
    }

    /// Rounds from what is given to the end, or to a limit.
    fn run(&mut self, given: &[FailedCi], depth_max: Option<u32>) -> Option<Truncated> {
        let Scratch {
            cells, raised, rises, ..
        } = &mut *self.scratch;
        for FailedCi { slot, state } in given {
            raise(cells, raised, slot.number(), state.level());
        }
        if rises.starts.is_empty() {
            rises.starts.push(0);
        }
        self.commit();
        let mut round = 0;
        let mut frontier = 0;
        loop {
            if let Err(reason) = self.relax(frontier, round == 0) {
                return Some(Truncated {
                    reason,
                    round,
                    phase: self.phase,
                });
            }
            if self.scratch.raised.is_empty() {
                return None;
            }
            if depth_max == Some(round) {
                self.abandon_raised();
                return Some(Truncated {
                    reason: TruncationReason::Depth,
                    round,
                    phase: self.phase,
                });
            }
            let rises = &mut self.scratch.rises;
            frontier = rises.log.len();
            if (frontier + self.scratch.raised.len()) as u64 > self.budget.results_max {
                self.abandon_raised();
                return Some(Truncated {
                    reason: TruncationReason::Results,
                    round,
                    phase: self.phase,
                });
            }
            rises.starts.push(frontier);
            self.commit();
            round += 1;
        }
    }

    /// What was reached is `before`; what comes now is after.
    fn settle_before(&mut self) {
        let Scratch {
            cells, start, rises, ..
        } = &mut *self.scratch;
        for rise in &rises.log {
            let cell = &mut cells[rise.slot as usize];
            *cell = *cell & !0b11_0000 | now(*cell) << 4;
        }
        std::mem::swap(start, rises);
        self.phase = Phase::After;
    }

    /// Ends a round: who was raised is now in that state.
    fn commit(&mut self) {
        let Scratch {
            cells, raised, rises, ..
        } = &mut *self.scratch;
        for slot in raised.drain(..) {
            let cell = &mut cells[slot as usize];
            let (from, to) = (now(*cell), pending(*cell));
            rises.log.push(Rise { slot, from, to });
            *cell = settled(*cell, to);
        }
    }

    /// Gives a round up: who was raised stays in the state of the round before.
    fn abandon_raised(&mut self) {
        let Scratch { cells, raised, .. } = &mut *self.scratch;
        for slot in raised.drain(..) {
            let cell = &mut cells[slot as usize];
            *cell = settled(*cell, now(*cell));
        }
    }

    /// Looks at the arcs of all who rose in the last round. At a limit the round is undone.
    fn relax(&mut self, frontier: usize, first: bool) -> Result<(), TruncationReason> {
        let special = self.reading.is_special();
        if first && self.phase == Phase::After {
            self.fail_arcs();
        }
        for position in frontier..self.scratch.rises.log.len() {
            let rise = self.scratch.rises.log[position];
            let links = self.index.outgoing(Slot::new(rise.slot));
            if let Err(reason) = self.charge(links.len() as u64) {
                self.undo(frontier, position, first);
                return Err(reason);
            }
            if special {
                self.spread::<true>(rise, links);
            } else {
                self.spread::<false>(rise, links);
            }
        }
        Ok(())
    }

    fn charge(&mut self, arcs: u64) -> Result<(), TruncationReason> {
        if self.arcs_visited + arcs > self.budget.arcs_visited_max {
            return Err(TruncationReason::Arcs);
        }
        self.arcs_visited += arcs;
        self.arcs_unchecked += arcs + 1;
        if self.arcs_unchecked >= Budget::ARCS_PER_TIME_CHECK {
            self.arcs_unchecked = 0;
            if (self.budget.out_of_time)() {
                return Err(TruncationReason::Time);
            }
        }
        Ok(())
    }

    #[inline]
    fn spread<const SPECIAL: bool>(&mut self, rise: Rise, links: &[Link]) {
        let (index, triggers) = (self.index, self.index.triggers());
        let Scratch {
            cells,
            counters,
            raised,
            ..
        } = &mut *self.scratch;
        for link in links {
            let (from, to) = if SPECIAL {
                levels(index, &self.reading, self.phase, rise, *link)
            } else {
                ends(self.reading.carry[usize::from(link.strength & 15)], rise)
            };
            if to <= from {
                continue;
            }
            if !link.is_group() {
                raise(cells, raised, link.other, to);
                continue;
            }
            // Counters only grow within a round, so the last look at the gate is the round's.
            let weight = index.weight(*link, link.other, rise.slot);
            let output = counters.add(index, link.other, from..to, weight);
            raise(cells, raised, triggers[link.other as usize].consumer.number(), output);
        }
    }

    /// The arcs that failed act in round 1, whatever their sources do.
    fn fail_arcs(&mut self) {
        let index = self.index;
        let Scratch {
            cells,
            counters,
            raised,
            ..
        } = &mut *self.scratch;
        for arc in &self.reading.failed_plain {
            raise(cells, raised, arc.target, arc.level);
        }
        for failed in &self.reading.failed_members {
            let before = before(cells[failed.member as usize]);
            let (levels, weight) = failed_weight(index, &self.reading, before, *failed);
            if levels.is_empty() {
                continue;
            }
            let output = counters.add(index, failed.group, levels, weight);
            raise(cells, raised, index.consumer(failed.group).number(), output);
        }
    }

    /// Takes back what the links of `frontier..position` added to the counters, and the raises.
    fn undo(&mut self, frontier: usize, position: usize, first: bool) {
        let index = self.index;
        for rise in &self.scratch.rises.log[frontier..position] {
            for link in index
                .outgoing(Slot::new(rise.slot))
                .iter()
                .filter(|link| link.is_group())
            {
                let (from, to) = levels(index, &self.reading, self.phase, *rise, *link);
                let weight = index.weight(*link, link.other, rise.slot);
                self.scratch.counters.take_back(link.other, from..to, weight);
            }
        }
        if first && self.phase == Phase::After {
            for failed in &self.reading.failed_members {
                let before = before(self.scratch.cells[failed.member as usize]);
                let (levels, weight) = failed_weight(index, &self.reading, before, *failed);
                self.scratch.counters.take_back(failed.group, levels, weight);
            }
        }
        self.abandon_raised();
    }
}

#[inline]
fn ends(carry: Carry, rise: Rise) -> (u8, u8) {
    (carry[usize::from(rise.from & 3)], carry[usize::from(rise.to & 3)])
}

/// From which to which level a link's contribution rises, with everything the question says.
fn levels(index: &DependencyIndex, reading: &Reading, phase: Phase, rise: Rise, link: Link) -> (u8, u8) {
    if !link.is_group() {
        return ends(reading.plain(link), rise);
    }
    let (from, to) = ends(reading.member(index, link, link.other, rise.slot), rise);
    match phase {
        Phase::Before => (from, to),
        Phase::After => {
            let floor = reading.member_floor(link.other, rise.slot);
            (from.max(floor), to.max(floor))
        }
    }
}

/// What a failed membership adds to its group's counters, beyond what the member's state before
/// counts for: at which levels, and how much.
fn failed_weight(
    index: &DependencyIndex,
    reading: &Reading,
    before: u8,
    failed: super::reading::FailedMember,
) -> (Range<u8>, u32) {
    let link = index
        .members(failed.group)
        .iter()
        .find(|link| link.other == failed.member)
        .copied();
    let (from, weight) = link.map_or((3, 0), |link| {
        let carry = reading.member(index, link, failed.group, failed.member);
        (
            carry[usize::from(before & 3)],
            index.weight(link, failed.group, failed.member),
        )
    });
    (from..failed.level, weight)
}
