//! What may be hoped of a candidate on top of what has failed, known before it is tried.
//!
//! What a candidate brings about alone it brings about on top of others too. More comes only of groups
//! that both take something from: where neither alone brings a CI to a state and both do, the first such
//! CI stands on a group with members lost on either side. So the symptoms that come in addition are
//! behind what the candidate can reach at all and behind groups that lost something to what has failed.

use crate::graph::Slot;
use crate::graph::dependency::CiColumns;
use crate::impact::report::TruncationReason;

use super::candidates::Classes;
use super::fit::Fit;
use super::pairs::size;
use super::{RankedCause, Search, Tried, climb};

/// Candidates tried before all others, those that fit best alone: a good one shows most of the rest to
/// be hopeless.
const FIRST: usize = 16;

/// Whether a candidate is to be taken rather than the best so far, or rather than none.
fn is_better(columns: &CiColumns, joint: Fit, one: RankedCause, best: Option<RankedCause>) -> bool {
    best.map_or(one.fit.beats(&joint), |best| {
        let by_fit = one.fit.rank(&best.fit);
        by_fit
            .then_with(|| columns.id(one.slot).cmp(&columns.id(best.slot)))
            .is_lt()
    })
}

impl Search<'_> {
    /// The candidate that raises the joint score most, if any does.
    pub(super) fn best_single(&mut self, joint: Fit) -> Result<Option<RankedCause>, TruncationReason> {
        let columns = self.view.columns;
        let hits_max = self.hits_max;
        let mut best = self.best_of_first(joint)?;
        let bar = best.map_or(joint, |best| best.fit);
        let horizon = self.horizon(joint);
        let route = self.ladder.to(|slot| !bar.beats(&self.hope(slot, &horizon)));
        let ladder = (&self.ladder, Some(&route));
        climb(ladder, &mut self.probe, &self.observed, joint, |_, tried| {
            let Tried { fit, step } = tried;
            let slot = step.slot;
            let bar = best.map_or(joint, |best| best.fit);
            if bar.beats(&fit.best_beyond(&fit, hits_max)) {
                return false;
            }
            let one = RankedCause { slot, fit };
            if step.is_candidate && is_better(columns, joint, one, best) {
                best = Some(one);
            }
            true
        })?;
        Ok(best)
    }

    /// The best of those that fit best alone, if any raises the joint score.
    fn best_of_first(&mut self, joint: Fit) -> Result<Option<RankedCause>, TruncationReason> {
        let mut best = None;
        let first: Vec<Slot> = self.answer.ranking.iter().take(FIRST).map(|one| one.slot).collect();
        for slot in first {
            let mark = self.probe.mark();
            let failed = self.probe.fail_down(slot, |_, _| false);
            let fit = self.observed.extend(joint, self.probe.newly_bad_since(mark));
            self.probe.undo(mark);
            failed?;
            let one = RankedCause { slot, fit };
            if is_better(self.view.columns, joint, one, best) {
                best = Some(one);
            }
        }
        Ok(best)
    }

    /// What can be said of candidates on top of what has failed, of which `joint` is the fit.
    pub(super) fn horizon(&self, joint: Fit) -> Horizon {
        let (index, found) = (self.view.index, &self.found);
        let mut met = if found.behind.is_empty() { Classes::MAX } else { 0 };
        for (slot, _) in self.probe.risen_since(self.bottom) {
            let groups = index.outgoing(slot).iter().filter(|link| link.is_group());
            let meetings = groups.filter_map(|link| self.meetings.get(&link.other));
            met |= meetings.fold(0, |met, meeting| met | self.behind[meeting]);
        }
        let singles = self.answer.ranking.iter().map(|one| one.fit.hits);
        Horizon {
            joint,
            met,
            open: self.class_sizes(),
            single_hits_max: singles.max().unwrap_or(0),
            hits_max: self.hits_max,
        }
    }

    /// The best fit that a candidate can have.
    fn hope(&self, slot: Slot, horizon: &Horizon) -> Fit {
        let more = |single: &Fit| single.hits + size(&horizon.open, self.found.behind(slot) & horizon.met);
        horizon.best(self.singles.get(&slot), more)
    }

    /// The best fit that a pair can have of which a candidate is one half. The other half adds what it
    /// brings about alone, or with what has failed; what only both bring about, the candidate can reach.
    pub(super) fn hope_of_half(&self, slot: Slot, horizon: &Horizon) -> Fit {
        let of_other = horizon.single_hits_max + size(&horizon.open, horizon.met);
        let more = |_: &Fit| of_other + size(&horizon.open, self.found.behind(slot));
        horizon.best(self.singles.get(&slot), more)
    }
}

/// What can be said of candidates on top of what has failed, without trying them.
pub(super) struct Horizon {
    /// The fit of what has failed.
    joint: Fit,
    /// The symptoms behind groups that lost something to it.
    met: Classes,
    /// The symptoms of each class that it does not explain, by weight.
    open: [u64; 64],
    /// The most symptoms that one candidate explains alone, by weight.
    single_hits_max: u64,
    hits_max: u64,
}

impl Horizon {
    /// The best fit of a hypothesis with a candidate that fits so alone, and at most so many symptoms more
    /// than what has failed.
    fn best(&self, single: Option<&Fit>, more: impl Fn(&Fit) -> u64) -> Fit {
        single.map_or_else(
            || self.joint.best_beyond(&self.joint, self.hits_max),
            |single| single.best_beyond(&self.joint, self.hits_max.min(self.joint.hits + more(single))),
        )
    }
}
