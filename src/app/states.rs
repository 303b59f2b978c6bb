//! Two states in turn: one is published, the writer changes the other, and they swap.
//!
//! A commit thus costs what it changes, twice, and never a copy of the estate; readers take no lock.
//! Only a reader that holds a snapshot longer than two commits forces one copy.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;

use crate::graph::{Estate, Snapshot};
use crate::model::JournalEntry;

/// How long the writer waits for readers of the other state before it copies the published one:
/// about as long as copying a small estate takes.
const READERS_WAIT: Duration = Duration::from_millis(5);

/// The published state, for readers.
#[derive(Clone, Debug)]
pub(super) struct Published(Arc<ArcSwap<Estate>>);

impl Published {
    pub(super) fn new(estate: Estate) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(estate)))
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot::new(self.0.load_full())
    }
}

/// The writer's side of the two states.
#[derive(Debug)]
pub(super) struct States {
    published: Published,
    /// The state to change next; `None` where it must be copied from the published one.
    spare: Option<Arc<Estate>>,
    /// What the spare has not seen.
    missed: Vec<Arc<JournalEntry>>,
}

impl States {
    pub(super) fn new(published: Published) -> Self {
        Self {
            published,
            spare: None,
            missed: Vec::new(),
        }
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        self.published.snapshot()
    }

    /// The state to change, equal to the published one until it is changed. Whoever changes it ends
    /// with [`States::publish`] or [`States::discard`], or takes the changes back.
    pub(super) fn spare(&mut self) -> &mut Estate {
        self.release();
        let published = &self.published;
        let spare = self.spare.get_or_insert_with(|| {
            self.missed.clear();
            Arc::new(Estate::clone(&published.snapshot()))
        });
        // `release` left no spare that anyone else holds, so this copies nothing.
        let estate = Arc::make_mut(spare);
        if !self.missed.is_empty() {
            for entry in self.missed.drain(..) {
                estate.apply(&entry.delta);
                estate.stamp(entry.revision, entry.at);
            }
            // These changes were marked for saving when they were made the first time.
            drop(estate.take_marks());
        }
        estate
    }

    /// Lets the spare see what it missed, while nobody waits for it; unless readers still hold it.
    pub(super) fn catch_up(&mut self) {
        if self.spare.as_mut().is_some_and(|spare| Arc::get_mut(spare).is_some()) {
            self.spare();
        }
    }

    /// Publishes the changed spare; `entries` are what it was changed by.
    pub(super) fn publish(&mut self, entries: Vec<Arc<JournalEntry>>) {
        if let Some(changed) = self.spare.take() {
            self.spare = Some(self.published.0.swap(changed));
            self.missed = entries;
        }
    }

    /// Throws the changed spare away.
    pub(super) fn discard(&mut self) {
        self.spare = None;
        self.missed.clear();
    }

    /// Waits a little for readers to leave the spare; gives it up to them where they stay.
    fn release(&mut self) {
        let Some(spare) = &mut self.spare else { return };
        let deadline = Instant::now() + READERS_WAIT;
        while Arc::get_mut(spare).is_none() {
            if Instant::now() >= deadline {
                self.discard();
                return;
            }
            std::thread::yield_now();
        }
    }
}
