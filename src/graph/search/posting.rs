//! Sorted sets of slots that stay cheap to change when they are large.

use std::sync::Arc;

use crate::graph::Slot;

/// Slots of one chunk at most: moving a chunk's tail costs less than a cache miss or two.
const CHUNK_MAX: usize = 1024;

/// A sorted set of slots in chunks, so that a change moves one chunk and not the whole set.
#[derive(Clone, Debug, Default)]
pub(super) struct PostingList {
    /// None is empty. Two states share those in which they agree.
    chunks: Vec<Arc<Vec<Slot>>>,
    length: usize,
}

impl PostingList {
    pub(super) fn of_two(one: Slot, other: Slot) -> Self {
        Self {
            chunks: vec![Arc::new(vec![one.min(other), one.max(other)])],
            length: 2,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.length
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Slot> + '_ {
        self.chunks.iter().flat_map(|chunk| chunk.iter()).copied()
    }

    /// The one slot of a list of one.
    pub(super) fn only(&self) -> Option<Slot> {
        self.iter().next().filter(|_| self.length == 1)
    }

    pub(super) fn insert(&mut self, slot: Slot) {
        if self.append(slot) {
            return;
        }
        let Some(at) = self.chunk_of(slot) else {
            self.chunks.push(Arc::new(vec![slot]));
            self.length += 1;
            return;
        };
        if let Err(place) = self.chunks[at].binary_search(&slot) {
            let chunk = Arc::make_mut(&mut self.chunks[at]);
            chunk.insert(place, slot);
            self.length += 1;
            if chunk.len() > CHUNK_MAX {
                let tail = chunk.split_off(CHUNK_MAX / 2);
                self.chunks.insert(at + 1, Arc::new(tail));
            }
        }
    }

    /// Takes a slot behind all others up, as slots come mostly: nothing but the end is looked at.
    fn append(&mut self, slot: Slot) -> bool {
        let Some(chunk) = self.chunks.last_mut() else {
            return false;
        };
        if chunk.last().is_none_or(|last| *last >= slot) {
            return false;
        }
        if chunk.len() < CHUNK_MAX {
            Arc::make_mut(chunk).push(slot);
        } else {
            self.chunks.push(Arc::new(vec![slot]));
        }
        self.length += 1;
        true
    }

    pub(super) fn remove(&mut self, slot: Slot) {
        let Some(at) = self.chunk_of(slot) else { return };
        if let Ok(place) = self.chunks[at].binary_search(&slot) {
            let chunk = Arc::make_mut(&mut self.chunks[at]);
            chunk.remove(place);
            self.length -= 1;
            if chunk.is_empty() {
                self.chunks.remove(at);
            }
        }
    }

    /// The chunk that has the slot or should.
    fn chunk_of(&self, slot: Slot) -> Option<usize> {
        let last = self.chunks.len().checked_sub(1)?;
        // Slots come in rising order mostly.
        if self.chunks[last][0] <= slot {
            return Some(last);
        }
        let behind = self.chunks.partition_point(|chunk| chunk[0] <= slot);
        Some(behind.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_posting_list_is_a_sorted_set(steps in prop::collection::vec((any::<bool>(), 0u32..5000), 0..6000)) {
            let mut list = PostingList::default();
            let mut naive = BTreeSet::new();
            for (insert, number) in steps {
                let slot = Slot::new(number);
                if insert {
                    list.insert(slot);
                    naive.insert(slot);
                } else {
                    list.remove(slot);
                    naive.remove(&slot);
                }
            }
            prop_assert_eq!(list.len(), naive.len());
            prop_assert!(list.iter().eq(naive));
        }
    }
}
