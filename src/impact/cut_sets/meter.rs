//! What the algebra of cut sets may cost.

use crate::impact::probe::Probe;
use crate::impact::report::TruncationReason;

/// Steps of one computation, at most: what needs more is searched for set by set.
const STEPS_MAX: u64 = 1 << 24;

/// Sets in one family, at most, for the same reason.
const HELD_MAX: usize = 1 << 20;

/// Why a computation was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The budget of the question does not last.
    Limit(TruncationReason),
    /// It does not fit: another way may.
    TooLarge,
}

impl From<TruncationReason> for Stop {
    fn from(reason: TruncationReason) -> Self {
        Self::Limit(reason)
    }
}

/// Counts steps, for the question and for the computation.
#[derive(Debug)]
pub(super) struct Meter<'p, 'a> {
    pub(super) probe: &'p mut Probe<'a>,
    left: u64,
    held_max: usize,
}

impl<'p, 'a> Meter<'p, 'a> {
    /// `sets_max`: what the question may hold.
    pub(super) fn new(probe: &'p mut Probe<'a>, sets_max: u64) -> Self {
        let sets_max = usize::try_from(sets_max).unwrap_or(usize::MAX);
        Self {
            probe,
            left: STEPS_MAX,
            held_max: sets_max.min(HELD_MAX),
        }
    }

    /// Begins another computation.
    pub(super) fn begin(&mut self) {
        self.left = STEPS_MAX;
    }

    pub(super) fn spend(&mut self, steps: usize) -> Result<(), Stop> {
        let steps = steps as u64;
        self.probe.charge(steps)?;
        self.left = self.left.checked_sub(steps).ok_or(Stop::TooLarge)?;
        Ok(())
    }

    pub(super) fn hold(&self, sets: usize) -> Result<(), Stop> {
        if sets > self.held_max {
            Err(Stop::TooLarge)
        } else {
            Ok(())
        }
    }
}
