//! Two failures that are harmless alone: where redundancy was lost, the cause is a pair.

use std::cmp::Ordering;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::graph::Slot;
use crate::graph::dependency::DependencyIndex;
use crate::impact::probe::Mark;
use crate::impact::report::TruncationReason;
use crate::model::{CiId, ImpactState};

use super::candidates::{Classes, class_of};
use super::fit::{Fit, Observation};
use super::{CauseLimit, Search, Tried, climb};

/// Pairs tried in one step, at most, the most promising first; that there are more is said.
const PAIRS_MAX: usize = 5_000;

/// Pairs in the first batch of a step; each further one goes to four times as many.
const BATCH: usize = 32;

/// Pairs held in one step until the least promising are forgotten.
const HELD_MAX: usize = 16 * PAIRS_MAX;

/// Pairs considered in one step, at most.
const CONSIDERED_MAX: usize = 1 << 22;

/// Places where candidates take redundancy away, counted for each candidate, at most.
const PLACES_MAX: usize = 1 << 20;

/// Where two failures can meet so that both together do what neither does: a group that holds
/// without some of its members, or CIs that hold each other up through grounded groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Meeting {
    Group(u32),
    Component(u32),
}

impl Meeting {
    fn of(index: &DependencyIndex, group: u32) -> Option<Self> {
        let gate = index.gate_of(group);
        let grounded = index.triggers()[group as usize].grounded;
        let place = grounded.then(|| index.grounding().place(gate.consumer)).flatten();
        match place {
            Some(place) => Some(Self::Component(place.component)),
            // All are needed: the group is as bad as its worst member, and no two are worse.
            None => (gate.up_min < gate.total).then_some(Self::Group(group)),
        }
    }
}

/// Where candidates can meet, by group, and the symptoms behind each of these places.
pub(super) fn meetings(
    index: &DependencyIndex,
    groups: &[(u32, Classes)],
) -> (FxHashMap<u32, Meeting>, FxHashMap<Meeting, Classes>) {
    let (mut meetings, mut behind) = (FxHashMap::default(), FxHashMap::<Meeting, Classes>::default());
    for (group, classes) in groups {
        if let Some(meeting) = Meeting::of(index, *group) {
            meetings.insert(*group, meeting);
            *behind.entry(meeting).or_default() |= classes;
        }
    }
    (meetings, behind)
}

/// A candidate that takes redundancy away somewhere, on top of the hypothesis.
struct Half {
    slot: Slot,
    fit: Fit,
    at: Vec<Meeting>,
    /// The symptoms behind these places.
    behind: Classes,
    /// The symptoms that this one alone brings about.
    brought: Classes,
}

/// What the rungs up to a height do.
#[derive(Clone, Copy, Default)]
struct Height {
    /// Places where they take redundancy away.
    taken: usize,
    behind: Classes,
    brought: Classes,
}

/// Two causes behind a loss of redundancy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    /// The one that fits better alone first.
    pub(super) slots: [Slot; 2],
    /// How the hypothesis fits with both.
    pub(super) fit: Fit,
}

/// Two candidates and the best that may be hoped of them.
struct Hope {
    best: Fit,
    /// Places among the halves.
    pair: [usize; 2],
    /// Of the two, the least first.
    ids: [CiId; 2],
}

impl Hope {
    /// The most promising first.
    fn rank(&self, other: &Self) -> Ordering {
        let by_fit = self.best.rank(&other.best);
        by_fit.then(self.ids.cmp(&other.ids))
    }
}

impl Search<'_> {
    /// The two candidates that together, and neither alone, bring a symptom about and raise the
    /// joint score most, if they raise it above `bar`; the one that fits better alone comes first.
    ///
    /// Two failures can do together what neither does only where both take something from one group
    /// (or one component of grounded groups), so only such pairs are tried, and of these only those
    /// whose false and unseen predictions leave room for a higher score.
    pub(super) fn best_pair(&mut self, joint: Fit, bar: Fit) -> Result<Option<Pair>, TruncationReason> {
        if self.meetings.is_empty() {
            return Ok(None);
        }
        let halves = self.halves(joint, bar)?;
        let mut hopes = self.hopes(&halves, joint, bar);
        let columns = self.view.columns;
        hopes.sort_unstable_by(Hope::rank);
        let best = self.try_hopes(&hopes, &halves, (joint, bar))?;
        Ok(best.map(|(fit, hope)| {
            let mut pair = hope.pair.map(|half| &halves[half]);
            pair.sort_by(|one, other| {
                let by_fit = one.fit.rank(&other.fit);
                by_fit.then_with(|| columns.id(one.slot).cmp(&columns.id(other.slot)))
            });
            Pair {
                slots: pair.map(|half| half.slot),
                fit,
            }
        }))
    }

    /// The best of the pairs, if it is better than `bar`; of those that fit alike the first.
    ///
    /// Batch by batch, the most promising first, because a good one shows most of the rest to be
    /// hopeless. All pairs of one candidate in a batch are tried on top of its failure, and of two
    /// candidates the one that brings about more is failed first, so that a hub falls once in a batch
    /// and not for each of its mates.
    fn try_hopes<'h>(
        &mut self,
        hopes: &'h [Hope],
        halves: &[Half],
        (joint, bar): (Fit, Fit),
    ) -> Result<Option<(Fit, &'h Hope)>, TruncationReason> {
        let weight = |half: usize| {
            let fit = halves[half].fit;
            fit.hits + fit.false_alarms + fit.unseen
        };
        let mut best: Option<(Fit, usize)> = None;
        let (mut begin, mut end) = (0, BATCH);
        while let Some(batch) = hopes.get(begin..hopes.len().min(end)).filter(|batch| !batch.is_empty()) {
            if is_hopeless(&batch[0], best) {
                break;
            }
            let mut by_base: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
            let mut bases = Vec::new();
            for (number, hope) in (begin..).zip(batch) {
                let [one, other] = hope.pair;
                let base = if weight(one) >= weight(other) { one } else { other };
                let mates = by_base.entry(base).or_default();
                if mates.is_empty() {
                    bases.push(base);
                }
                mates.push(number);
            }
            for base in bases {
                let numbers = by_base.remove(&base).unwrap_or_default();
                let start = self.probe.mark();
                let tried = self.try_base(hopes, halves, (base, &numbers), (joint, bar), &mut best);
                self.probe.undo(start);
                tried?;
            }
            (begin, end) = (end, (end * 4).min(PAIRS_MAX));
        }
        if hopes.get(PAIRS_MAX).is_some_and(|next| !is_hopeless(next, best)) {
            self.limit_pairs();
        }
        Ok(best.map(|(fit, number)| (fit, &hopes[number])))
    }

    /// Tries the pairs of these numbers, all with one base, which is left failed.
    fn try_base(
        &mut self,
        hopes: &[Hope],
        halves: &[Half],
        (base, numbers): (usize, &[usize]),
        (joint, bar): (Fit, Fit),
        best: &mut Option<(Fit, usize)>,
    ) -> Result<(), TruncationReason> {
        let start = self.probe.mark();
        for number in numbers {
            let hope = &hopes[*number];
            if is_hopeless(hope, *best) {
                break;
            }
            if self.probe.mark() == start {
                self.probe.fail_down(halves[base].slot, |_, _| false)?;
            }
            let [one, other] = hope.pair;
            let mate = &halves[if one == base { other } else { one }];
            let Some(fit) = self.try_mate(&halves[base], mate, hope, (bar, *best))? else {
                continue;
            };
            let order = best.map_or(Ordering::Less, |(known, first)| {
                fit.rank(&known).then(hope.ids.cmp(&hopes[first].ids))
            });
            if fit.beats(&bar)
                && order.is_lt()
                && fit.hits > joint.hits + self.count_alone(&halves[base], mate, start)?
            {
                *best = Some((fit, *number));
            }
        }
        Ok(())
    }

    /// The candidates that take redundancy away and can be part of something better than `bar`, the
    /// most promising first.
    fn halves(&mut self, joint: Fit, bar: Fit) -> Result<Vec<Half>, TruncationReason> {
        let (index, columns, hits_max) = (self.view.index, self.view.columns, self.hits_max);
        let (observed, places) = (&self.observed, self.symptom_places());
        let (meetings, behind) = (&self.meetings, &self.behind);
        let horizon = self.horizon(joint);
        let route = self.ladder.to(|slot| self.hope_of_half(slot, &horizon).beats(&bar));
        let mut halves: Vec<Half> = Vec::new();
        // What the rungs stood on take away, and by height how much of it was found up to there.
        let mut taken: Vec<Meeting> = Vec::new();
        let mut known: FxHashSet<Meeting> = FxHashSet::default();
        let mut heights: Vec<Height> = Vec::new();
        let (mut counted, mut too_many) = (0, false);
        climb(
            (&self.ladder, Some(&route)),
            &mut self.probe,
            observed,
            joint,
            |probe, Tried { step, fit }| {
                heights.truncate(step.height);
                let mut height = heights.last().copied().unwrap_or_default();
                for left in taken.drain(height.taken..) {
                    known.remove(&left);
                }
                if too_many || !fit.best_beyond(&fit, hits_max).beats(&bar) {
                    heights.push(height);
                    return false;
                }
                for (slot, _) in probe.risen_since(step.mark) {
                    let groups = index.outgoing(slot).iter().filter(|link| link.is_group());
                    for meeting in groups.filter_map(|link| meetings.get(&link.other)) {
                        if known.insert(*meeting) {
                            taken.push(*meeting);
                            height.behind |= behind[meeting];
                        }
                    }
                }
                let newly = probe.newly_bad_since(step.mark);
                let newly = newly.filter(|slot| observed.of(*slot) == Observation::Symptom);
                height.brought |= newly.fold(0, |all, slot| all | class_of(places[&slot]));
                height.taken = taken.len();
                heights.push(height);
                if step.is_candidate && !taken.is_empty() {
                    counted += taken.len();
                    too_many = counted > PLACES_MAX;
                    halves.push(Half {
                        slot: step.slot,
                        fit,
                        at: taken.clone(),
                        behind: height.behind,
                        brought: height.brought,
                    });
                }
                true
            },
        )?;
        if too_many {
            self.limit_pairs();
        }
        halves.sort_by(|one, other| {
            let hope = |half: &Half| half.fit.best_beyond(&half.fit, hits_max);
            let by_hope = hope(one).rank(&hope(other));
            by_hope.then_with(|| columns.id(one.slot).cmp(&columns.id(other.slot)))
        });
        Ok(halves)
    }

    /// Where each symptom stands in the order of ids.
    fn symptom_places(&self) -> FxHashMap<Slot, usize> {
        let symptoms = self.observed.symptoms.iter().enumerate();
        symptoms.map(|(place, slot)| (*slot, place)).collect()
    }

    /// The pairs that meet somewhere and may be better than `bar`. What neither of the two brings about
    /// can only be behind a place where both take something away.
    fn hopes(&mut self, halves: &[Half], joint: Fit, bar: Fit) -> Vec<Hope> {
        let sizes = self.class_sizes();
        let are_exact = self.observed.symptoms.len() <= sizes.len();
        let mut considered = 0;
        let mut here: FxHashMap<Meeting, Vec<usize>> = FxHashMap::default();
        let mut hopes = Vec::new();
        // Per half: the last one it was paired with, so that two that meet twice are one pair.
        let mut paired_with = vec![usize::MAX; halves.len()];
        for (number, half) in halves.iter().enumerate() {
            for meeting in &half.at {
                let before = here.entry(*meeting).or_default();
                considered += before.len();
                if considered > CONSIDERED_MAX {
                    self.limit_pairs();
                    return hopes;
                }
                for other in before.iter().copied() {
                    if std::mem::replace(&mut paired_with[other], number) == number {
                        continue;
                    }
                    let mate = &halves[other];
                    let mut only_both = half.behind & mate.behind;
                    if are_exact {
                        only_both &= !(half.brought | mate.brought);
                    }
                    if only_both == 0 {
                        continue;
                    }
                    let more = size(&sizes, only_both);
                    let alone = half.fit.hits + mate.fit.hits - joint.hits;
                    let best = half.fit.best_beyond(&mate.fit, self.hits_max.min(alone + more));
                    if more > 0 && best.beats(&bar) {
                        let mut ids = [half.slot, mate.slot].map(|slot| self.view.columns.id(slot));
                        ids.sort_unstable();
                        hopes.push(Hope {
                            best,
                            pair: [other, number],
                            ids,
                        });
                        if hopes.len() >= HELD_MAX {
                            // One more than are tried, to say that there are more.
                            hopes.select_nth_unstable_by(PAIRS_MAX, Hope::rank);
                            hopes.truncate(PAIRS_MAX + 1);
                        }
                    }
                }
                before.push(number);
            }
        }
        hopes
    }

    /// How a pair fits whose base has failed, if it explains more than each of the two. Given up as soon
    /// as more has fallen than a pair may predict that is better than `bar` and the best.
    fn try_mate(
        &mut self,
        base: &Half,
        mate: &Half,
        hope: &Hope,
        (bar, best): (Fit, Option<(Fit, usize)>),
    ) -> Result<Option<Fit>, TruncationReason> {
        let mark = self.probe.mark();
        // A CI rises once for each level from the one asked about to the worst, at most.
        let rises_max = u64::from(ImpactState::Down.level() - self.level.level() + 1);
        // None weighs less than 1, so there are not more symptoms than weight.
        let symptoms = hope.best.hits.saturating_sub(base.fit.hits);
        let mut rises = 0;
        let failed = self.probe.fail_down(mate.slot, |_, _| {
            rises += 1;
            let unseen = base.fit.unseen + (rises / rises_max).saturating_sub(symptoms);
            let at_best = Fit {
                unseen: unseen.max(hope.best.unseen),
                ..hope.best
            };
            !at_best.beats(&bar) || best.is_some_and(|(best, _)| best.beats(&at_best))
        });
        let fit = self.observed.extend(base.fit, self.probe.newly_bad_since(mark));
        self.probe.undo(mark);
        let given_up = failed?;
        Ok((!given_up && fit.hits > base.fit.hits.max(mate.fit.hits)).then_some(fit))
    }

    /// The symptoms that the two bring about, each alone, on top of what had failed at `start`, by
    /// weight. Leaves the base failed.
    fn count_alone(&mut self, base: &Half, mate: &Half, start: Mark) -> Result<u64, TruncationReason> {
        let mut alone: FxHashSet<Slot> = FxHashSet::default();
        for half in [mate, base] {
            self.probe.undo(start);
            self.probe.fail_down(half.slot, |_, _| false)?;
            let newly = self.probe.newly_bad_since(start);
            alone.extend(newly.filter(|slot| self.observed.of(*slot) == Observation::Symptom));
        }
        Ok(alone.iter().map(|slot| self.observed.weight(*slot)).sum())
    }

    /// The symptoms of each class that nothing explains so far, by weight.
    pub(super) fn class_sizes(&self) -> [u64; 64] {
        let mut sizes = [0; 64];
        for (place, slot) in self.observed.symptoms.iter().enumerate() {
            if self.probe.state(*slot) < self.level {
                sizes[place % 64] += self.observed.weight(*slot);
            }
        }
        sizes
    }

    fn limit_pairs(&mut self) {
        let limit = &mut self.answer.limit;
        *limit = Some(limit.unwrap_or(CauseLimit::Pairs));
    }
}

/// The symptoms of these classes, by weight.
pub(super) fn size(sizes: &[u64; 64], classes: Classes) -> u64 {
    let sizes = sizes.iter().enumerate();
    let within = sizes.filter(|(class, _)| classes & class_of(*class) != 0);
    within.map(|(_, size)| size).sum()
}

/// Whether a pair cannot be better than the best, which is given with its number.
fn is_hopeless(hope: &Hope, best: Option<(Fit, usize)>) -> bool {
    best.is_some_and(|(best, _)| best.beats(&hope.best))
}
