//! Scenarios that were asked about a moment ago: a scenario is a copy of the estate, and several
//! questions are usually put to the same.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;

use super::connection::QuestionHash;
use crate::app::Done;
use crate::graph::Snapshot;
use crate::model::{Delta, Revision};

/// Scenarios kept.
const SCENARIOS_MAX: usize = 2;

/// The estate as it would be.
#[derive(Debug)]
pub(super) struct Planned {
    /// Tells it from others of the same revision.
    pub(super) hash: QuestionHash,
    /// With all commands.
    pub(super) view: Snapshot,
    /// What each command would do.
    pub(super) done: Vec<Done>,
    /// What they would change together.
    pub(super) delta: Arc<Delta>,
}

/// The kept scenarios, the last asked first.
#[derive(Debug, Default)]
pub(super) struct Scenarios(Mutex<VecDeque<Arc<Planned>>>);

impl Scenarios {
    pub(super) fn find(&self, revision: Revision, hash: QuestionHash) -> Option<Arc<Planned>> {
        let kept = self.0.lock();
        let found = kept
            .iter()
            .find(|planned| planned.view.revision() == revision && planned.hash == hash);
        found.cloned()
    }

    pub(super) fn keep(&self, planned: &Arc<Planned>) {
        let mut kept = self.0.lock();
        kept.push_front(Arc::clone(planned));
        kept.truncate(SCENARIOS_MAX);
    }

    /// Lets go of the scenarios of revisions before this one.
    pub(super) fn forget_before(&self, revision: Revision) {
        self.0.lock().retain(|planned| planned.view.revision() >= revision);
    }
}
