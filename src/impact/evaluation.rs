//! The fixpoint in delta rounds: section 2.9 of the law.
//!
//! Round 0 is what was given. Each round looks at the arcs of those who rose in the round before:
//! a plain arc raises its target, a membership adds to the counter of its group, whose gate raises
//! the consumer. Every arc is looked at once per rise of its source, at most three times; time is
//! linear in the arcs touched, memory outside the scratch in the CIs touched. No recursion.
//!
//! Where nothing rises any more, grounded groups that lost something are looked at once again
//! ([`super::ungrounded`]); whoever falls there rises in a round of its own, and rounds go on.

use std::hint::black_box;
use std::ops::Range;

use crate::graph::Slot;
use crate::graph::dependency::{DependencyIndex, Link};
use crate::model::ImpactState;

use super::question::{Budget, FailedCi, ImpactView};
use super::reading::{Carry, FailedMember, Reading};
use super::report::{Phase, Truncated, TruncationReason};
use super::rises::Rise;
use super::scratch::{Cell, INSIDE, PINNED, Scratch, before, now, pending, settled};
use super::ungrounded::{Shake, Ungrounded};

/// CIs whose links are fetched together.
const TOGETHER: usize = 16;

/// One evaluation under way.
pub(super) struct Evaluation<'a> {
    pub(super) index: &'a DependencyIndex,
    pub(super) reading: Reading,
    budget: &'a Budget<'a>,
    pub(super) scratch: &'a mut Scratch,
    pub(super) arcs_visited: u64,
    arcs_unchecked: u64,
    phase: Phase,
    /// The rises whose links have been looked at.
    spread: usize,
    /// `None` until a grounded group loses something.
    pub(super) ungrounded: Option<Ungrounded<'a>>,
}

/// Raises a CI in the round under way; of a confined evaluation only one that is inside.
#[inline]
fn raise<const CONFINED: bool>(cells: &mut [Cell], raised: &mut Vec<u32>, slot: u32, level: u8) {
    let cell = &mut cells[slot as usize];
    if level > pending(*cell) && (!CONFINED || *cell & INSIDE != 0) {
        if pending(*cell) == now(*cell) {
            raised.push(slot);
        }
        *cell = *cell & !3 | level;
    }
}

impl<'a> Evaluation<'a> {
    pub(super) fn new(
        view: ImpactView<'a>,
        reading: Reading,
        budget: &'a Budget<'a>,
        scratch: &'a mut Scratch,
    ) -> Self {
        scratch.fit(view.index.slots().max(view.columns.len()), view.index.group_numbers());
        Self {
            index: view.index,
            ungrounded: None,
            reading,
            budget,
            scratch,
            arcs_visited: 0,
            arcs_unchecked: 0,
            phase: Phase::Before,
            spread: 0,
        }
    }

    /// Works out the state before anything fails.
    pub(super) fn start(&mut self, assumed: impl Iterator<Item = FailedCi>, given: &[FailedCi]) -> Option<Truncated> {
        self.pin(assumed);
        let truncated = self.run(given, None, |_, _| false).err();
        self.settle_before();
        truncated
    }

    /// Holds the assumed CIs in their states.
    fn pin(&mut self, assumed: impl Iterator<Item = FailedCi>) {
        self.scratch.rises.starts.push(0);
        for FailedCi { slot, state } in assumed {
            let level = state.level();
            let level = if level < self.reading.floor { 0 } else { level };
            self.scratch.pinned.push(slot);
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

    /// Rounds from what is given, on top of what there is, to the end, to a limit, or until `until`
    /// says of a CI that just rose that this is enough: then the answer is `true`.
    pub(super) fn run(
        &mut self,
        given: &[FailedCi],
        depth_max: Option<u32>,
        mut until: impl FnMut(Slot, ImpactState) -> bool,
    ) -> Result<bool, Truncated> {
        let Scratch {
            cells, raised, rises, ..
        } = &mut *self.scratch;
        for FailedCi { slot, state } in given {
            if state.level() >= self.reading.floor {
                raise::<false>(cells, raised, slot.number(), state.level());
            }
        }
        if self.phase == Phase::After || rises.starts.is_empty() {
            rises.starts.push(rises.log.len());
        }
        let mut round = 0;
        loop {
            if self.commit(&mut until) {
                return Ok(true);
            }
            if let Err(reason) = self.next_round(round == 0) {
                return Err(self.truncated(reason, round));
            }
            if self.scratch.raised.is_empty() {
                return Ok(false);
            }
            let rises = &mut self.scratch.rises;
            let reason = if depth_max == Some(round) {
                Some(TruncationReason::Depth)
            } else if (rises.log.len() + self.scratch.raised.len()) as u64 > self.budget.results_max {
                Some(TruncationReason::Results)
            } else {
                None
            };
            if let Some(reason) = reason {
                self.abandon_round();
                return Err(self.truncated(reason, round));
            }
            rises.starts.push(rises.log.len());
            round += 1;
        }
    }

    fn truncated(&self, reason: TruncationReason, round: u32) -> Truncated {
        Truncated {
            reason,
            round,
            phase: self.phase,
        }
    }

    /// Raises whom the links of the last round raise; where there are none, whom nothing but each
    /// other still holds up.
    fn next_round(&mut self, first: bool) -> Result<(), TruncationReason> {
        self.relax(self.spread, first)?;
        self.spread = self.scratch.rises.log.len();
        if !self.scratch.raised.is_empty() || self.scratch.shaken.is_empty() && self.ungrounded.is_none() {
            return Ok(());
        }
        if !self.reading.grounded {
            self.scratch.shaken.clear();
            return Ok(());
        }
        let known = self.ungrounded.take();
        let mut ungrounded = known.unwrap_or_else(|| Ungrounded::new(self.index, &self.reading));
        let visited = ungrounded.find(self.index, &self.reading, self.scratch, self.phase);
        let falls = !ungrounded.fallen.is_empty();
        if falls {
            let next = u32::try_from(self.scratch.rises.starts.len()).unwrap_or(u32::MAX);
            self.scratch.rises.grounding.push(next);
        }
        let Scratch { cells, raised, .. } = &mut *self.scratch;
        for slot in ungrounded.fallen.drain(..) {
            raise::<false>(cells, raised, slot.number(), ungrounded.level);
        }
        self.ungrounded = Some(ungrounded);
        let charged = self.charge(visited);
        if charged.is_err() {
            self.abandon_round();
        }
        charged
    }

    /// How many came into doubt for want of ground so far, by level.
    pub(super) fn in_doubt(&self) -> [usize; 3] {
        self.ungrounded.as_ref().map_or([0; 3], Ungrounded::in_doubt)
    }

    /// Takes back all but the first so many rises, rounds and doubts: O(what they touched).
    pub(super) fn undo_to(&mut self, rises: usize, rounds: usize, in_doubt: [usize; 3]) {
        self.scratch.shaken.clear();
        if let Some(ungrounded) = &mut self.ungrounded {
            ungrounded.forget_since(in_doubt);
        }
        let special = self.reading.is_special();
        for position in (rises..self.scratch.rises.log.len()).rev() {
            let rise = self.scratch.rises.log[position];
            let cell = &mut self.scratch.cells[rise.slot as usize];
            *cell = settled(*cell, rise.from);
            if position < self.spread {
                self.take_back(rise, special);
            }
        }
        self.scratch.rises.truncate(rises, rounds);
        self.spread = self.spread.min(rises);
    }

    fn take_back(&mut self, rise: Rise, special: bool) {
        let (index, links) = (self.index, self.index.outgoing(Slot::new(rise.slot)));
        let confined = !self.scratch.inside.is_empty();
        for link in links.iter().filter(|link| link.is_group()) {
            if confined && self.scratch.cells[index.consumer(link.other).index()] & INSIDE == 0 {
                continue;
            }
            let (from, to) = if special {
                levels(index, &self.reading, self.phase, rise, *link)
            } else {
                let [from, to] = [rise.from, rise.to].map(|level| self.reading.arriving_from(level));
                (from.over(*link), to.over(*link))
            };
            if to > from {
                let weight = index.weight(*link, link.other, rise.slot);
                self.scratch.counters.take_back(link.other, from..to, weight);
            }
        }
    }

    /// What was reached is `before`; what comes now is after.
    fn settle_before(&mut self) {
        self.spread = 0;
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

    /// Ends a round: who was raised is now in that state. Says whether that is enough.
    fn commit(&mut self, until: &mut impl FnMut(Slot, ImpactState) -> bool) -> bool {
        let Scratch {
            cells, raised, rises, ..
        } = &mut *self.scratch;
        let mut enough = false;
        for slot in raised.drain(..) {
            let cell = &mut cells[slot as usize];
            let (from, to) = (now(*cell), pending(*cell));
            rises.log.push(Rise { slot, from, to });
            *cell = settled(*cell, to);
            enough |= until(Slot::new(slot), ImpactState::from_level(to));
        }
        enough
    }

    /// Gives a round up: who was raised stays in the state of the round before.
    fn abandon_round(&mut self) {
        let rounds = self.scratch.rises.starts.len();
        if self
            .scratch
            .rises
            .grounding
            .last()
            .is_some_and(|round| *round as usize == rounds)
        {
            self.scratch.rises.grounding.pop();
        }
        let Scratch { cells, raised, .. } = &mut *self.scratch;
        for slot in raised.drain(..) {
            let cell = &mut cells[slot as usize];
            *cell = settled(*cell, now(*cell));
        }
    }

    /// Looks at the arcs of all who rose in the last round. At a limit the round is undone.
    fn relax(&mut self, frontier: usize, first: bool) -> Result<(), TruncationReason> {
        let special = self.reading.is_special();
        let confined = !self.scratch.inside.is_empty();
        if first && self.phase == Phase::After {
            self.fail_arcs();
        }
        match (special, confined) {
            (false, false) => self.relax_all::<false, false>(frontier, first),
            (false, true) => self.relax_all::<false, true>(frontier, first),
            (true, false) => self.relax_all::<true, false>(frontier, first),
            (true, true) => self.relax_all::<true, true>(frontier, first),
        }
    }

    #[inline]
    fn relax_all<const SPECIAL: bool, const CONFINED: bool>(
        &mut self,
        frontier: usize,
        first: bool,
    ) -> Result<(), TruncationReason> {
        let end = self.scratch.rises.log.len();
        for start in (frontier..end).step_by(TOGETHER) {
            let runs = self.fetch(start..end.min(start + TOGETHER));
            let links = runs.iter().map(|links| links.len() as u64).sum();
            if let Err(reason) = self.charge(links) {
                self.undo(frontier, start, first);
                return Err(reason);
            }
            for (position, links) in (start..end).zip(runs) {
                let rise = self.scratch.rises.log[position];
                self.spread::<SPECIAL, CONFINED>(rise, links);
            }
        }
        Ok(())
    }

    /// The links of a few who rose, one after the other in the log. On a large estate each of them is
    /// a wait for memory; touched together, they are waited for together.
    #[inline]
    fn fetch(&self, positions: Range<usize>) -> [&'a [Link]; TOGETHER] {
        let mut runs: [&[Link]; TOGETHER] = [&[]; TOGETHER];
        let rises = &self.scratch.rises.log[positions];
        for (run, rise) in runs.iter_mut().zip(rises) {
            *run = self.index.outgoing(Slot::new(rise.slot));
        }
        let touched = runs.iter().filter_map(|run| run.first()).map(|link| link.strength);
        black_box(touched.fold(0, |sum, strength| sum ^ strength));
        runs
    }

    pub(super) fn charge(&mut self, arcs: u64) -> Result<(), TruncationReason> {
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
    fn spread<const SPECIAL: bool, const CONFINED: bool>(&mut self, rise: Rise, links: &[Link]) {
        let (index, triggers) = (self.index, self.index.triggers());
        let Scratch {
            cells,
            counters,
            raised,
            shaken,
            ..
        } = &mut *self.scratch;
        let floor = self.reading.floor;
        let [arrived, arriving] = [rise.from, rise.to].map(|level| self.reading.arriving_from(level));
        for link in links {
            let (from, to) = if SPECIAL {
                levels(index, &self.reading, self.phase, rise, *link)
            } else {
                (arrived.over(*link), arriving.over(*link))
            };
            if to <= from {
                continue;
            }
            if !link.is_group() {
                raise::<CONFINED>(cells, raised, link.other, to);
                continue;
            }
            let trigger = &triggers[link.other as usize];
            if CONFINED && cells[trigger.consumer.index()] & INSIDE == 0 {
                continue;
            }
            // Counters only grow within a round, so the last look at the gate is the round's.
            let weight = index.weight(*link, link.other, rise.slot);
            let output = counters.add(index, link.other, from..to, weight);
            if output >= floor {
                raise::<CONFINED>(cells, raised, trigger.consumer.number(), output);
            }
            if trigger.grounded {
                shaken.push(Shake {
                    group: link.other,
                    member: rise.slot,
                    from,
                    to,
                });
            }
        }
    }

    /// The arcs that failed act in round 1, whatever their sources do.
    fn fail_arcs(&mut self) {
        let index = self.index;
        let Scratch {
            cells,
            counters,
            raised,
            shaken,
            ..
        } = &mut *self.scratch;
        for arc in &self.reading.failed_plain {
            raise::<false>(cells, raised, arc.target, arc.level);
        }
        for failed in &self.reading.failed_members {
            let before = before(cells[failed.member as usize]);
            let (levels, weight) = failed_weight(index, &self.reading, before, *failed);
            if levels.is_empty() {
                continue;
            }
            let from = levels.start;
            let output = counters.add(index, failed.group, levels, weight);
            raise::<false>(cells, raised, index.consumer(failed.group).number(), output);
            shaken.push(Shake {
                group: failed.group,
                member: failed.member,
                from,
                to: failed.level,
            });
        }
    }

    /// Takes back what the links of `frontier..position` added to the counters, and the raises.
    fn undo(&mut self, frontier: usize, position: usize, first: bool) {
        let index = self.index;
        for position in frontier..position {
            self.take_back(self.scratch.rises.log[position], true);
        }
        if first && self.phase == Phase::After {
            for failed in &self.reading.failed_members {
                let before = before(self.scratch.cells[failed.member as usize]);
                let (levels, weight) = failed_weight(index, &self.reading, before, *failed);
                self.scratch.counters.take_back(failed.group, levels, weight);
            }
        }
        self.abandon_round();
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
fn failed_weight(index: &DependencyIndex, reading: &Reading, before: u8, failed: FailedMember) -> (Range<u8>, u32) {
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
