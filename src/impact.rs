//! What breaks if this breaks: the impact law, computed.
//!
//! Pure functions of an estate's dependency index: [`impact()`] answers an [`ImpactQuestion`] with
//! an [`ImpactReport`], in delta rounds (section 2.9 of the law) whose cost is linear in the arcs
//! they touch. The report explains itself on demand: witnesses and absorbed groups come from the
//! same rounds. A bounded answer is a sound lower bound and says that it is bounded.
//!
//! This is the plain reading: groups that say `grounded` are read like any other.

mod absorbed;
mod counters;
mod propagate;
mod question;
mod reading;
mod report;
mod rises;
mod scratch;
mod warning;
mod witness;

pub use absorbed::{Absorbed, AbsorbedMembers, HeldPin};
pub use propagate::impact;
pub use question::{AtRiskReading, Budget, FailedCi, ImpactError, ImpactQuestion, ImpactView, StartingState};
pub use report::{Counts, ImpactReport, ImpactedCi, Phase, StateCounts, Truncated, TruncationReason};
pub use scratch::{Scratch, ScratchPool};
pub use warning::{ImpactWarning, WarningCode, WarningSample};
pub use witness::{Cause, Origin, Witness, WitnessStep};

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;
