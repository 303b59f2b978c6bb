//! What questions about structure have in common.

use super::probe::{Probe, ProbeError};
use super::question::{Budget, ImpactError, ImpactView, Premises};
use super::report::TruncationReason;
use super::scratch::Scratch;
use crate::graph::Slot;
use crate::model::ImpactState;

/// How far an answer about structure got before a limit ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The state with nothing failed was not worked out: nothing is known.
    Start,
    /// Not all that the target depends on was found: what is listed is a part.
    Dependencies,
    /// All that the target depends on was found, but not all failures of it were tried.
    Failures,
}

impl Stage {
    /// The name in API, files and pages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "START",
            Self::Dependencies => "DEPENDENCIES",
            Self::Failures => "FAILURES",
        }
    }
}

/// Why an answer about structure is not whole. What is in it stands; what is not in it may be so as
/// well, and must not be taken for safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incomplete {
    /// The limit that was met.
    pub reason: TruncationReason,
    /// How far the answer got.
    pub stage: Stage,
}

impl Incomplete {
    pub(super) const fn at(stage: Stage, reason: TruncationReason) -> Self {
        Self { reason, stage }
    }
}

/// Whether anything can make a CI worse: it takes part, and its state is not assumed.
pub(super) fn can_fail(view: ImpactView<'_>, premises: &Premises, slot: Slot) -> bool {
    view.columns.takes_part(slot) && premises.assumed.iter().all(|pin| pin.slot != slot)
}

/// A probe, or why there is none: a limit bounds the answer, a contradiction forbids it.
pub(super) fn probe<'a>(
    view: ImpactView<'a>,
    premises: &Premises,
    floor: ImpactState,
    budget: &'a Budget<'a>,
    scratch: &'a mut Scratch,
) -> Result<Result<Probe<'a>, Incomplete>, ImpactError> {
    match Probe::new(view, premises, floor, budget, scratch) {
        Ok(probe) => Ok(Ok(probe)),
        Err(ProbeError::Truncated(truncated)) => Ok(Err(Incomplete::at(Stage::Start, truncated.reason))),
        Err(ProbeError::Impact(error)) => Err(error),
    }
}

impl<'a> Budget<'a> {
    /// What is left of it after so many links. CIs touched do not bound a question about structure:
    /// each failure is taken back before the next.
    pub(super) fn rest(&self, arcs_visited: u64) -> Budget<'a> {
        Budget {
            arcs_visited_max: self.arcs_visited_max.saturating_sub(arcs_visited),
            results_max: u64::MAX,
            out_of_time: self.out_of_time,
        }
    }
}
