//! How a watched service stands at one revision, in names that outlive its snapshot.

use jiff::Timestamp;

use crate::api::types::{group_id, group_name};
use crate::graph::{Slot, Snapshot};
use crate::impact::{GroupStanding, Incomplete, Stage, Standing};
use crate::model::{CiId, ImpactState, Revision};

/// A CI by its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::api) struct WatchedCi {
    pub(in crate::api) id: CiId,
    pub(in crate::api) name: String,
    pub(in crate::api) type_name: String,
}

/// A group that says how many of its members it needs. Numbers are weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::api) struct GroupNow {
    pub(in crate::api) id: String,
    pub(in crate::api) name: String,
    pub(in crate::api) consumer: WatchedCi,
    pub(in crate::api) up_min: u64,
    pub(in crate::api) total: u64,
    pub(in crate::api) up: u64,
    pub(in crate::api) output: ImpactState,
}

/// How the service stands.
#[derive(Debug)]
pub(in crate::api) struct Picture {
    pub(in crate::api) revision: Revision,
    pub(in crate::api) at: Timestamp,
    pub(in crate::api) service: WatchedCi,
    /// Whether its lifecycle stage takes part.
    pub(in crate::api) takes_part: bool,
    pub(in crate::api) state: Option<ImpactState>,
    /// By depth, then CI id.
    pub(in crate::api) points: Vec<WatchedCi>,
    /// By the consumer's CI id, then by group.
    pub(in crate::api) groups: Vec<GroupNow>,
    /// All that could matter to it, and itself, by CI id.
    pub(in crate::api) stands_on: Vec<CiId>,
    pub(in crate::api) incomplete: Option<Incomplete>,
    /// The next moment at which it may stand differently without any commit.
    pub(in crate::api) next_edge: Option<Timestamp>,
}

impl Picture {
    pub(super) fn new(view: &Snapshot, at: Timestamp, found: Standing) -> Self {
        Self {
            revision: view.revision(),
            at,
            service: WatchedCi::new(view, found.target),
            takes_part: view.columns().takes_part(found.target),
            state: found.state,
            points: found
                .points
                .iter()
                .map(|point| WatchedCi::new(view, point.slot))
                .collect(),
            groups: found.groups.iter().map(|group| GroupNow::new(view, group)).collect(),
            stands_on: found.stands_on,
            incomplete: found.incomplete,
            next_edge: None,
        }
    }

    /// Notes when something begins or ceases to hold, as the estate records it with all validities.
    pub(super) fn with_next_edge(mut self, recorded: &Snapshot) -> Self {
        self.next_edge = if self.has_all_groups() {
            recorded.next_edge_below(&self.stands_on, self.at)
        } else {
            // It is not known what it stands on.
            recorded.next_edge(self.at)
        };
        self
    }

    /// Whether it is what a look at this revision and moment would find.
    pub(super) fn holds(&self, revision: Revision, at: Timestamp) -> bool {
        self.revision == revision && self.at <= at && self.next_edge.is_none_or(|edge| at < edge)
    }

    /// Whether a single point of failure that is not listed is none.
    pub(super) fn has_all_points(&self) -> bool {
        self.incomplete.is_none()
    }

    /// Whether everything that it stands on is known, with all groups.
    pub(super) fn has_all_groups(&self) -> bool {
        self.incomplete
            .is_none_or(|incomplete| incomplete.stage == Stage::Failures)
    }
}

impl WatchedCi {
    fn new(view: &Snapshot, slot: Slot) -> Self {
        let definition = view.catalog().ci_type(view.ci_type_of(slot));
        Self {
            id: view.ci_id(slot),
            name: view.ci_at(slot).name().to_owned(),
            type_name: definition.map(|found| found.name.to_string()).unwrap_or_default(),
        }
    }
}

impl GroupNow {
    fn new(view: &Snapshot, standing: &GroupStanding) -> Self {
        Self {
            id: group_id(view, standing.group),
            name: group_name(view, standing.group),
            consumer: WatchedCi::new(view, standing.consumer),
            up_min: standing.up_min,
            total: standing.total,
            up: standing.up,
            output: standing.output,
        }
    }
}
