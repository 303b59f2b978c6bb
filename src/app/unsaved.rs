//! What the next checkpoint must save, agreed between the writer and the checkpointer.

use parking_lot::Mutex;

use super::states::Published;
use crate::graph::Snapshot;
use crate::graph::marks::ChangeMarks;
use crate::store::Head;

/// What was published since the last checkpoint.
#[derive(Debug)]
pub(super) struct Unsaved {
    published: Published,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    marks: ChangeMarks,
    head: Head,
}

/// A published state, the journal's head that belongs to it, and what changed in it.
#[derive(Debug)]
pub(super) struct ToSave {
    pub(super) snapshot: Snapshot,
    pub(super) head: Head,
    pub(super) marks: ChangeMarks,
}

impl Unsaved {
    pub(super) fn new(published: Published, head: Head, marks: ChangeMarks) -> Self {
        Self {
            published,
            inner: Mutex::new(Inner { marks, head }),
        }
    }

    /// Publishes a commit and notes what it changed, at once: who takes one sees both or neither.
    pub(super) fn publish(&self, marks: ChangeMarks, head: Head, publish: impl FnOnce()) {
        let mut inner = self.inner.lock();
        inner.marks.merge(marks);
        inner.head = head;
        publish();
    }

    /// Takes everything that is to be saved.
    pub(super) fn take(&self) -> ToSave {
        let mut inner = self.inner.lock();
        let snapshot = self.published.snapshot();
        ToSave {
            snapshot,
            head: inner.head,
            marks: std::mem::take(&mut inner.marks),
        }
    }

    /// Puts back what could not be saved.
    pub(super) fn put_back(&self, marks: ChangeMarks) {
        self.inner.lock().marks.merge(marks);
    }
}
