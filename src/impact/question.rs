//! What is asked (section 2.8 of the law), on what, and how much it may cost.

use std::fmt;

use crate::graph::Slot;
use crate::graph::dependency::{CiColumns, DependencyIndex, ImpactArc};
use crate::model::{CiId, ImpactState, RelationshipTypeId};

/// What a question runs on: one estate at one revision.
#[derive(Clone, Copy, Debug)]
pub struct ImpactView<'a> {
    /// The arcs and groups.
    pub index: &'a DependencyIndex,
    /// The facts of each CI.
    pub columns: &'a CiColumns,
}

/// A CI in a state that is given, not computed: a failure, or an assumption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailedCi {
    /// The CI.
    pub slot: Slot,
    /// Its state.
    pub state: ImpactState,
}

/// Where the question starts (the law's baseline).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StartingState {
    /// Every CI that takes part is `OK`.
    #[default]
    Structural,
    /// What is impaired at present counts.
    Current,
}

/// How far `AT_RISK` travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AtRiskReading {
    /// As far as strengths and groups carry it.
    #[default]
    Transitive,
    /// No arc and no membership carries it: it shows where redundancy was lost, and there only.
    Local,
}

/// What a question takes for granted, whatever it lets fail.
#[derive(Clone, Debug)]
pub struct Premises {
    /// Where to start.
    pub starting_state: StartingState,
    /// What has failed before the question (the law's `baselineFailed`).
    pub starting_failed: Vec<FailedCi>,
    /// Pins: whatever happens, these CIs are in these states.
    pub assumed: Vec<FailedCi>,
    /// Relationship types that carry nothing; their members stay in n and count as up.
    pub excluded_types: Vec<RelationshipTypeId>,
    /// How far `AT_RISK` travels.
    pub at_risk: AtRiskReading,
    /// Whether groups that say `grounded` are read so (section 2.10 of the law): their members
    /// cannot hold each other up. Otherwise they are read like any other group.
    pub grounded: bool,
}

impl Default for Premises {
    fn default() -> Self {
        Self {
            starting_state: StartingState::default(),
            starting_failed: Vec::new(),
            assumed: Vec::new(),
            excluded_types: Vec::new(),
            at_risk: AtRiskReading::default(),
            grounded: true,
        }
    }
}

/// What breaks if these break?
#[derive(Clone, Debug, Default)]
pub struct ImpactQuestion {
    /// The CIs that fail.
    pub failed: Vec<FailedCi>,
    /// The relationships that fail: their arcs, as the index holds them.
    pub failed_arcs: Vec<ImpactArc>,
    /// Rounds to go; 0 is the failed CIs only, `None` goes to the end.
    pub depth_max: Option<u32>,
    /// What is taken for granted.
    pub premises: Premises,
}

/// How much a question may cost. Reaching a limit bounds the answer, and the answer says so.
#[derive(Clone, Copy)]
pub struct Budget<'a> {
    /// Links looked at, at most.
    pub arcs_visited_max: u64,
    /// CIs touched, at most.
    pub results_max: u64,
    /// Whether time is up; asked every [`Budget::ARCS_PER_TIME_CHECK`] links or so.
    pub out_of_time: &'a dyn Fn() -> bool,
}

impl Budget<'_> {
    /// Links between two looks at the time: about a tenth of a millisecond.
    pub const ARCS_PER_TIME_CHECK: u64 = 1 << 14;

    /// No limit: what a question costs is bounded by the estate.
    pub const UNLIMITED: Budget<'static> = Budget {
        arcs_visited_max: u64::MAX,
        results_max: u64::MAX,
        out_of_time: &|| false,
    };
}

impl fmt::Debug for Budget<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget")
            .field("arcs_visited_max", &self.arcs_visited_max)
            .field("results_max", &self.results_max)
            .finish_non_exhaustive()
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImpactError {
    /// A CI is assumed to be in one state and given another by the same question.
    #[error("{ci} is assumed to be {assumed} and cannot be {other} as well: leave one of the two out")]
    AssumeConflict {
        /// The CI.
        ci: CiId,
        /// The state it is assumed to be in.
        assumed: ImpactState,
        /// The state it is said to fail to, or assumed to be in a second time.
        other: ImpactState,
    },
}
