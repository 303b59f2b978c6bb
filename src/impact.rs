//! What breaks if this breaks: the impact law, computed.
//!
//! Pure functions of an estate's dependency index: [`impact()`] answers an [`ImpactQuestion`] with
//! an [`ImpactReport`], in delta rounds (section 2.9 of the law) whose cost is linear in the arcs
//! they touch. The report explains itself on demand: witnesses and absorbed groups come from the
//! same rounds. A bounded answer is a sound lower bound and says that it is bounded.
//!
//! A [`Probe`] puts many questions to one starting state: it takes each failure back again in the
//! time of what it touched. Single points of failure, cut sets and probable causes are made of it.
//!
//! [`lints()`] looks at the model itself: where redundancy is not what it seems. [`standing()`] is
//! what a watch of a service compares from commit to commit.

mod absorbed;
mod bounds;
mod cfia;
mod counters;
mod cut_sets;
mod dependence;
mod dependencies;
mod evaluation;
mod given;
mod ladder;
mod lint;
mod potential;
mod probable_cause;
mod probe;
mod proof;
mod propagate;
mod question;
mod reading;
mod report;
mod rises;
mod scratch;
mod spof;
mod standing;
mod structure;
mod ungrounded;
mod warning;
mod weakened;
mod witness;

pub use absorbed::{Absorbed, AbsorbedMembers, HeldPin};
pub use cfia::{Cfia, CfiaQuestion, CfiaRow, CfiaService, cfia};
pub use cut_sets::{CutSetQuestion, CutSets, cut_sets};
pub use dependencies::{Dependencies, Dependency, DependencyLink, DependencyRole, DependencyStep, dependencies};
pub use lint::{LintCode, LintCount, LintFinding, LintReport, LintSeverity, lints};
pub use potential::{Potential, potential_impact};
pub use probable_cause::{
    CauseError, CauseLimit, CauseQuestion, Fit, FitCounts, JointCause, ObservationWeight, ProbableCauses, RankedCause,
    Score, probable_causes,
};
pub use probe::{Mark, Probe, ProbeError};
pub use proof::{Proof, ProofCause, ProofNode};
pub use propagate::impact;
pub use question::{AtRiskReading, Budget, FailedCi, ImpactError, ImpactQuestion, ImpactView, Premises, StartingState};
pub use report::{Counts, ImpactReport, ImpactedCi, Phase, StateCounts, Truncated, TruncationReason};
pub use scratch::{Scratch, ScratchPool};
pub use spof::{SinglePoint, SinglePoints, SinglePointsOfFailure, single_points_of_failure};
pub use standing::{GroupStanding, Standing, standing};
pub use structure::{Incomplete, Stage};
pub use warning::{ImpactWarning, WarningCode, WarningSample};
pub use weakened::Weakened;
pub use witness::{Cause, Origin, Witness, WitnessStep};

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;
