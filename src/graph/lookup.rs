//! Hash tables that find CIs by what people and sources call them.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;

use super::Slot;
use super::shared::SharedTable;

/// From the hash of a key to the CIs that may have it. The keys themselves stay in the CIs: an
/// entry is half a hash and a slot, and whoever looks up compares the CI with the key.
#[derive(Clone, Debug, Default)]
pub(super) struct Lookup {
    /// One CI of each half hash.
    table: SharedTable<(u32, Slot)>,
    /// The others, where many CIs have one key (the domain of all hosts): a hash table would look at
    /// every one of them to add the next.
    others: BTreeSet<(u32, Slot)>,
    hasher: RandomState,
}

impl Lookup {
    pub(super) fn insert(&mut self, key: impl Hash, slot: Slot) {
        let tag = self.tag(key);
        if self.first(tag).is_some() {
            self.others.insert((tag, slot));
        } else {
            self.table.insert(spread(tag), (tag, slot), |(tag, _)| spread(*tag));
        }
    }

    pub(super) fn remove(&mut self, key: impl Hash, slot: Slot) {
        let tag = self.tag(key);
        if self.others.remove(&(tag, slot)) || self.first(tag) != Some(slot) {
            return;
        }
        self.table.remove(spread(tag), |found| *found == (tag, slot));
        let next = self.others_of(tag).next();
        if let Some(next) = next {
            self.others.remove(&(tag, next));
            self.table.insert(spread(tag), (tag, next), |(tag, _)| spread(*tag));
        }
    }

    /// The CIs that may have the key: all that have it, and seldom others.
    pub(super) fn candidates(&self, key: impl Hash) -> impl Iterator<Item = Slot> + '_ {
        let tag = self.tag(key);
        // The others are looked for only where the first is not the one: few keys have any.
        let others = std::iter::once_with(move || self.others_of(tag)).flatten();
        self.first(tag).into_iter().chain(others)
    }

    fn first(&self, tag: u32) -> Option<Slot> {
        self.table
            .find(spread(tag), |(found, _)| *found == tag)
            .map(|(_, slot)| *slot)
    }

    fn others_of(&self, tag: u32) -> impl Iterator<Item = Slot> + '_ {
        self.others
            .range((tag, Slot::new(0))..=(tag, Slot::new(u32::MAX)))
            .map(|(_, slot)| *slot)
    }

    fn tag(&self, key: impl Hash) -> u32 {
        let hash = self.hasher.hash_one(key).to_le_bytes();
        u32::from_le_bytes([hash[0], hash[1], hash[2], hash[3]])
    }
}

/// Spreads half a hash over the bits that the table uses.
fn spread(tag: u32) -> u64 {
    u64::from(tag).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_many_share_finds_them_all_and_forgets_one_at_a_time() {
        let mut lookup = Lookup::default();
        for number in 0..50 {
            lookup.insert("example.com", Slot::new(number));
        }
        lookup.insert("other", Slot::new(7));
        let mut left: BTreeSet<Slot> = (0..50).map(Slot::new).collect();
        for number in (0..50).step_by(3).chain([1, 1]) {
            lookup.remove("example.com", Slot::new(number));
            left.remove(&Slot::new(number));
            let found: BTreeSet<Slot> = lookup.candidates("example.com").collect();
            assert_eq!(found, left);
        }
        assert_eq!(lookup.candidates("other").collect::<Vec<_>>(), [Slot::new(7)]);
    }
}
