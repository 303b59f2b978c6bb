//! Many failures tried on one starting state.

use crate::graph::Slot;
use crate::model::ImpactState;

use super::evaluation::Evaluation;
use super::given::Given;
use super::question::{Budget, FailedCi, ImpactError, ImpactView, Premises};
use super::reading::Reading;
use super::report::{Truncated, TruncationReason};
use super::scratch::{INSIDE, PINNED, Scratch, before, now};

/// Why there is nothing to try failures on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProbeError {
    /// The premises contradict themselves.
    #[error(transparent)]
    Impact(#[from] ImpactError),
    /// The budget ran out while the starting state was worked out.
    #[error("the budget ran out ({}) before the starting state was known", _0.reason.as_str())]
    Truncated(Truncated),
}

/// A place in the course of a probe to come back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    rises: usize,
    rounds: usize,
    groups: usize,
    in_doubt: [usize; 3],
}

/// Works out the state before once, and then tries failures on it, one after the other or on top of
/// each other (section 2.6 of the law: extending a fixpoint gives the same as starting anew).
///
/// A failure and its undoing cost what they touch and allocate nothing for it. The budget is that
/// of the probe's whole life.
pub struct Probe<'a> {
    view: ImpactView<'a>,
    evaluation: Evaluation<'a>,
}

impl std::fmt::Debug for Probe<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Probe")
            .field("mark", &self.mark())
            .finish_non_exhaustive()
    }
}

impl<'a> Probe<'a> {
    /// Works out the state before.
    ///
    /// States better than `floor` are not told apart from `OK`: what is at least that bad depends on
    /// nothing better, so this is exact, and much less is touched. `AT_RISK` tells all apart.
    ///
    /// # Errors
    ///
    /// Where an assumption contradicts another, and where the budget does not last.
    pub fn new(
        view: ImpactView<'a>,
        premises: &Premises,
        floor: ImpactState,
        budget: &'a Budget<'a>,
        scratch: &'a mut Scratch,
    ) -> Result<Self, ProbeError> {
        let given = Given::new(view, premises)?;
        let evaluation = Evaluation::new(view, Reading::new(premises, floor), budget, scratch);
        let mut probe = Self { view, evaluation };
        match probe.evaluation.start(given.pins(view), &given.start) {
            None => Ok(probe),
            Some(truncated) => Err(ProbeError::Truncated(truncated)),
        }
    }

    /// Only these CIs, and no others, can be hit; to be said before anything fails. What is outside is not visited; so the
    /// states inside are right only where the set is closed under dependencies, as all that a
    /// service depends on and the service are. Failures of CIs outside still count.
    pub fn confine(&mut self, inside: impl IntoIterator<Item = Slot>) {
        let scratch = &mut *self.evaluation.scratch;
        for slot in scratch.inside.drain(..) {
            scratch.cells[slot.index()] &= !INSIDE;
        }
        for slot in inside {
            scratch.cells[slot.index()] |= INSIDE;
            scratch.inside.push(slot);
        }
    }

    /// The state of a CI with nothing failed.
    #[inline]
    pub fn before(&self, slot: Slot) -> ImpactState {
        ImpactState::from_level(before(self.evaluation.scratch.cells[slot.index()]))
    }

    /// The state of a CI with what has failed so far.
    #[inline]
    pub fn state(&self, slot: Slot) -> ImpactState {
        ImpactState::from_level(now(self.evaluation.scratch.cells[slot.index()]))
    }

    /// Links looked at so far.
    pub fn arcs_visited(&self) -> u64 {
        self.evaluation.arcs_visited
    }

    /// Counts links that were looked at besides, for the same question.
    pub(super) fn charge(&mut self, arcs: u64) -> Result<(), TruncationReason> {
        self.evaluation.charge(arcs)
    }

    pub(super) fn view(&self) -> ImpactView<'a> {
        self.view
    }

    pub(super) fn reading(&self) -> &Reading {
        &self.evaluation.reading
    }

    /// Whether a CI can get worse: it takes part and is not assumed to be in some state.
    pub(super) fn can_fail(&self, slot: Slot) -> bool {
        self.view.columns.takes_part(slot) && self.evaluation.scratch.cells[slot.index()] & PINNED == 0
    }

    /// Whether a failure elsewhere can make a CI worse: it can fail, and is inside of what the probe
    /// is confined to.
    pub(super) fn can_be_hit(&self, slot: Slot) -> bool {
        let Scratch { cells, inside, .. } = &*self.evaluation.scratch;
        self.can_fail(slot) && (inside.is_empty() || cells[slot.index()] & INSIDE != 0)
    }

    /// The place reached so far.
    pub fn mark(&self) -> Mark {
        let Scratch { rises, counters, .. } = &*self.evaluation.scratch;
        Mark {
            rises: rises.log.len(),
            rounds: rises.starts.len(),
            groups: counters.touched().len(),
            in_doubt: self.evaluation.in_doubt(),
        }
    }

    /// Lets these fail on top of what has failed, to the end, or until `until` says of a CI that
    /// just got worse that this is enough; says whether it did. CIs that are assumed or do not take
    /// part do not fail. After a stop or an error nothing but [`Probe::undo`] makes sense.
    ///
    /// # Errors
    ///
    /// Where the budget does not last.
    pub fn fail(
        &mut self,
        failed: &[FailedCi],
        until: impl FnMut(Slot, ImpactState) -> bool,
    ) -> Result<bool, TruncationReason> {
        let can_fail = |one: &FailedCi| self.can_fail(one.slot);
        let run = if failed.iter().all(can_fail) {
            self.evaluation.run(failed, None, until)
        } else {
            let failed: Vec<FailedCi> = failed.iter().copied().filter(can_fail).collect();
            self.evaluation.run(&failed, None, until)
        };
        run.map_err(|truncated| truncated.reason)
    }

    /// Lets one CI go down, see [`Probe::fail`].
    ///
    /// # Errors
    ///
    /// Where the budget does not last.
    pub fn fail_down(
        &mut self,
        slot: Slot,
        until: impl FnMut(Slot, ImpactState) -> bool,
    ) -> Result<bool, TruncationReason> {
        let state = ImpactState::Down;
        self.fail(&[FailedCi { slot, state }], until)
    }

    /// Who got worse since the mark, and to which state, in order; a CI may come again, in a worse
    /// state.
    pub fn risen_since(&self, mark: Mark) -> impl Iterator<Item = (Slot, ImpactState)> + '_ {
        let log = &self.evaluation.scratch.rises.log;
        let since = log.get(mark.rises..).unwrap_or_default().iter();
        since.map(|rise| (Slot::new(rise.slot), ImpactState::from_level(rise.to)))
    }

    /// Who got worse since the mark, from which to which state; a CI may come again, from there.
    pub(super) fn rises_since(&self, mark: Mark) -> impl Iterator<Item = (Slot, [ImpactState; 2])> + '_ {
        let log = &self.evaluation.scratch.rises.log;
        let since = log.get(mark.rises..).unwrap_or_default().iter();
        since.map(|rise| (Slot::new(rise.slot), [rise.from, rise.to].map(ImpactState::from_level)))
    }

    /// Who came to the floor or beyond since the mark and had not been there, each once, in order.
    pub fn newly_bad_since(&self, mark: Mark) -> impl Iterator<Item = Slot> + '_ {
        let log = &self.evaluation.scratch.rises.log;
        let since = log.get(mark.rises..).unwrap_or_default().iter();
        since.filter(|rise| rise.from == 0).map(|rise| Slot::new(rise.slot))
    }

    /// Takes back whatever failed since the mark.
    pub fn undo(&mut self, mark: Mark) {
        self.evaluation.undo_to(mark.rises, mark.rounds, mark.in_doubt);
        self.evaluation.scratch.counters.forget_since(mark.groups);
    }
}

impl Drop for Probe<'_> {
    fn drop(&mut self) {
        let scratch = &mut *self.evaluation.scratch;
        scratch.put_back();
        scratch.rises.clear();
    }
}
