//! The review queue of an estate: by identity, and by what an item is about.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Estate;
use crate::model::review::ReviewItem;
use crate::model::{BeforeAfter, Name, ReviewId};

/// Items by identity, which is by age, and by what they are about.
#[derive(Clone, Debug, Default)]
pub(super) struct ReviewTable {
    items: Arc<BTreeMap<ReviewId, Arc<ReviewItem>>>,
    subjects: Arc<BTreeMap<(Name, Box<str>), ReviewId>>,
    open: usize,
}

impl ReviewTable {
    /// Applies a change. The tables are copied where another state of the estate shares them.
    pub(super) fn apply(&mut self, change: &BeforeAfter<ReviewItem>) {
        let items = Arc::make_mut(&mut self.items);
        let subjects = Arc::make_mut(&mut self.subjects);
        if let Some(before) = &change.before
            && items.remove(&before.id).is_some()
        {
            subjects.remove(&(before.source.name.clone(), before.subject.clone()));
            self.open -= usize::from(before.is_open());
        }
        if let Some(after) = &change.after {
            subjects.insert((after.source.name.clone(), after.subject.clone()), after.id);
            items.insert(after.id, Arc::clone(after));
            self.open += usize::from(after.is_open());
        }
    }
}

/// The review queue.
impl Estate {
    /// An item of the review queue.
    pub fn review(&self, id: ReviewId) -> Option<&Arc<ReviewItem>> {
        self.reviews.items.get(&id)
    }

    /// The item about a subject of a source, whichever of its feeds brought it up.
    pub fn review_about(&self, source: &Name, subject: &str) -> Option<&Arc<ReviewItem>> {
        let id = self.reviews.subjects.get(&(source.clone(), subject.into()))?;
        self.review(*id)
    }

    /// All items of the review queue, decided ones included, by age.
    pub fn reviews(&self) -> impl DoubleEndedIterator<Item = &Arc<ReviewItem>> {
        self.reviews.items.values()
    }

    /// How many items the review queue has, decided ones included.
    pub fn review_count(&self) -> usize {
        self.reviews.items.len()
    }

    /// How many items wait.
    pub fn open_review_count(&self) -> usize {
        self.reviews.open
    }
}
