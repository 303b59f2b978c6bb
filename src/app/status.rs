//! What the threads say of themselves, for health checks and metrics.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use parking_lot::Mutex;

use crate::model::Revision;

/// Shared by the writer, the checkpointer and everybody who asks.
#[derive(Debug)]
pub(super) struct Status {
    revision: AtomicU64,
    checkpoint: AtomicU64,
    queue: AtomicUsize,
    unusable: Mutex<Option<String>>,
}

/// How the database is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// Why the storage takes no writes; `None` while it does.
    pub unusable: Option<String>,
    /// The last commit.
    pub revision: Revision,
    /// The commit of the last checkpoint.
    pub checkpoint_revision: Revision,
    /// Writes that wait.
    pub queue_depth: usize,
}

impl Health {
    /// Whether writes can be made.
    pub fn is_writable(&self) -> bool {
        self.unusable.is_none()
    }
}

impl Status {
    pub(super) fn new(revision: Revision, checkpoint: Revision) -> Self {
        Self {
            revision: AtomicU64::new(revision.number()),
            checkpoint: AtomicU64::new(checkpoint.number()),
            queue: AtomicUsize::new(0),
            unusable: Mutex::new(None),
        }
    }

    pub(super) fn revision(&self) -> Revision {
        Revision::new(self.revision.load(Ordering::Acquire))
    }

    pub(super) fn committed(&self, revision: Revision) {
        self.revision.store(revision.number(), Ordering::Release);
    }

    pub(super) fn checkpointed(&self, revision: Revision) {
        self.checkpoint.store(revision.number(), Ordering::Release);
    }

    pub(super) fn queued(&self) {
        self.queue.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn taken(&self, count: usize) {
        self.queue.fetch_sub(count, Ordering::Relaxed);
    }

    pub(super) fn set_unusable(&self, because: Option<&str>) {
        *self.unusable.lock() = because.map(str::to_owned);
    }

    pub(super) fn health(&self) -> Health {
        Health {
            unusable: self.unusable.lock().clone(),
            revision: self.revision(),
            checkpoint_revision: Revision::new(self.checkpoint.load(Ordering::Acquire)),
            queue_depth: self.queue.load(Ordering::Relaxed),
        }
    }
}
