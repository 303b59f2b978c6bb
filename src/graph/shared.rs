//! Tables that several states share as far as they agree.
//!
//! A table is cut into parts behind `Arc`s. Cloning it clones the pointers; whoever changes a part
//! that another state has too copies that part first. So the second state costs what it differs in,
//! in memory as in time.

use std::sync::Arc;

use hashbrown::HashTable;

/// A dense table in parts of `PART` rows.
#[derive(Clone, Debug)]
pub(super) struct SharedVec<T, const PART: usize> {
    parts: Vec<Arc<Vec<T>>>,
    length: usize,
}

impl<T, const PART: usize> Default for SharedVec<T, PART> {
    fn default() -> Self {
        Self {
            parts: Vec::new(),
            length: 0,
        }
    }
}

impl<T: Clone, const PART: usize> SharedVec<T, PART> {
    pub(super) fn len(&self) -> usize {
        self.length
    }

    pub(super) fn get(&self, index: usize) -> Option<&T> {
        self.parts.get(index / PART)?.get(index % PART)
    }

    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        Arc::make_mut(self.parts.get_mut(index / PART)?).get_mut(index % PART)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.parts.iter().flat_map(|part| part.iter())
    }

    pub(super) fn push(&mut self, row: T) {
        if self.length.is_multiple_of(PART) {
            self.parts.push(Arc::new(Vec::with_capacity(PART)));
        }
        if let Some(part) = self.parts.last_mut() {
            Arc::make_mut(part).push(row);
            self.length += 1;
        }
    }

    /// Writes a row, and fills rows before it that there are not yet.
    pub(super) fn set(&mut self, index: usize, row: T, filler: &T) {
        while self.length < index {
            self.push(filler.clone());
        }
        match self.get_mut(index) {
            Some(place) => *place = row,
            None => self.push(row),
        }
    }
}

/// Parts of a hash table: few enough to clone in a moment, enough that a part of a million entries
/// copies in microseconds.
const PARTS: usize = 512;

/// A hash table whose hashes the caller computes.
#[derive(Clone, Debug)]
pub(super) struct SharedTable<T> {
    parts: Vec<Arc<HashTable<T>>>,
}

impl<T> Default for SharedTable<T> {
    fn default() -> Self {
        // All parts are one at first.
        Self {
            parts: vec![Arc::default(); PARTS],
        }
    }
}

/// Which part holds a hash: by bits above those by which the table within it places the hash, and
/// which a multiplication with a rotation behind it fills best.
fn part_of(hash: u64) -> usize {
    (hash >> 17) as usize % PARTS
}

impl<T: Clone> SharedTable<T> {
    pub(super) fn insert(&mut self, hash: u64, value: T, hash_of: impl Fn(&T) -> u64) {
        Arc::make_mut(&mut self.parts[part_of(hash)]).insert_unique(hash, value, hash_of);
    }

    pub(super) fn remove(&mut self, hash: u64, is_it: impl FnMut(&T) -> bool) {
        let part = Arc::make_mut(&mut self.parts[part_of(hash)]);
        if let Ok(entry) = part.find_entry(hash, is_it) {
            entry.remove();
        }
    }

    pub(super) fn find(&self, hash: u64, is_it: impl FnMut(&T) -> bool) -> Option<&T> {
        self.parts[part_of(hash)].find(hash, is_it)
    }

    /// Everything that may have this hash: what it really has must be looked at.
    pub(super) fn of_hash(&self, hash: u64) -> impl Iterator<Item = &T> {
        self.parts[part_of(hash)].iter_hash(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_vector_leaves_its_clone_alone_and_shares_the_rest() {
        let mut one = SharedVec::<u32, 4>::default();
        one.set(9, 9, &0);
        let two = one.clone();
        one.set(5, 5, &0);
        one.push(10);
        assert_eq!(two.iter().copied().collect::<Vec<_>>(), [0, 0, 0, 0, 0, 0, 0, 0, 0, 9]);
        assert_eq!(
            one.iter().copied().collect::<Vec<_>>(),
            [0, 0, 0, 0, 0, 5, 0, 0, 0, 9, 10]
        );
        assert_eq!((one.len(), two.len(), two.get(10)), (11, 10, None));
        assert!(Arc::ptr_eq(&one.parts[0], &two.parts[0]) && !Arc::ptr_eq(&one.parts[1], &two.parts[1]));
    }

    #[test]
    fn a_changed_hash_table_leaves_its_clone_alone() {
        let hash = |number: &u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut one = SharedTable::default();
        for number in 0..10_000 {
            one.insert(hash(&number), number, hash);
        }
        let two = one.clone();
        one.remove(hash(&77), |number| *number == 77);
        assert_eq!(one.find(hash(&77), |number| *number == 77), None);
        assert_eq!(two.find(hash(&77), |number| *number == 77), Some(&77));
        assert!((0..10_000).all(|number| two.find(hash(&number), |found| *found == number).is_some()));
        let shared = one
            .parts
            .iter()
            .zip(&two.parts)
            .filter(|(one, two)| Arc::ptr_eq(one, two));
        assert_eq!(shared.count(), PARTS - 1);
    }
}
