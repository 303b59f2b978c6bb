//! Scenarios: each is a copy of the estate. Those that were asked about a moment ago are kept, because
//! several questions are usually put to the same; how many there are at a time is limited.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::connection::QuestionHash;
use crate::app::Done;
use crate::graph::Snapshot;
use crate::model::{Delta, Revision};

/// Scenarios kept.
const KEPT_MAX: usize = 2;

/// CIs of all scenarios that live at a time, together: with what belongs to it each takes about 250 bytes.
const CIS_MAX: usize = 10_000_000;

/// Different scenarios in one request, where the estate is small.
const PER_REQUEST_MAX: usize = 10;

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
    /// The right to hold the copy.
    pub(super) _room: Room,
}

/// The right to hold a copy of the estate, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Room {
    _held: OwnedSemaphorePermit,
}

/// The scenarios that live, and those of them that are kept, the last asked first.
#[derive(Debug)]
pub(super) struct Scenarios {
    kept: Mutex<VecDeque<Arc<Planned>>>,
    room: Arc<Semaphore>,
}

impl Default for Scenarios {
    fn default() -> Self {
        Self {
            kept: Mutex::default(),
            room: Arc::new(Semaphore::new(CIS_MAX)),
        }
    }
}

/// Different scenarios that one request may hold of an estate of so many CIs: half of all there may be,
/// so that a request never waits for itself.
pub(super) fn per_request_max(cis: usize) -> usize {
    (CIS_MAX / 2 / cis.max(1)).clamp(1, PER_REQUEST_MAX)
}

impl Scenarios {
    /// Room for a copy of so many CIs, once there is some. `None`: not within this time.
    pub(super) async fn room(&self, cis: usize, time_max: Duration) -> Option<Room> {
        let size = u32::try_from(cis.clamp(1, CIS_MAX)).unwrap_or(u32::MAX);
        if self.room.available_permits() < cis.clamp(1, CIS_MAX) {
            // What is only kept for somebody who may ask again makes room for who does ask.
            self.kept.lock().clear();
        }
        let waiting = Arc::clone(&self.room).acquire_many_owned(size);
        let held = tokio::time::timeout(time_max, waiting).await.ok()?.ok()?;
        Some(Room { _held: held })
    }

    pub(super) fn find(&self, revision: Revision, hash: QuestionHash) -> Option<Arc<Planned>> {
        let kept = self.kept.lock();
        let found = kept
            .iter()
            .find(|planned| planned.view.revision() == revision && planned.hash == hash);
        found.cloned()
    }

    pub(super) fn keep(&self, planned: &Arc<Planned>) {
        let mut kept = self.kept.lock();
        kept.push_front(Arc::clone(planned));
        kept.truncate(KEPT_MAX);
    }

    /// Lets go of the scenarios of revisions before this one.
    pub(super) fn forget_before(&self, revision: Revision) {
        self.kept.lock().retain(|planned| planned.view.revision() >= revision);
    }
}
