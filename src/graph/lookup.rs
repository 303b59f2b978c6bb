//! Hash tables that find CIs by what people and sources call them.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;

use super::Slot;
use super::shared::SharedTable;

/// From the hash of a key to the CIs that may have it. The keys themselves stay in the CIs: an
/// entry is half a hash and a slot, and whoever looks up compares the CI with the key.
#[derive(Clone, Debug, Default)]
pub(super) struct Lookup {
    table: SharedTable<(u32, Slot)>,
    hasher: RandomState,
}

impl Lookup {
    pub(super) fn insert(&mut self, key: impl Hash, slot: Slot) {
        let tag = self.tag(key);
        self.table.insert(spread(tag), (tag, slot), |(tag, _)| spread(*tag));
    }

    pub(super) fn remove(&mut self, key: impl Hash, slot: Slot) {
        let tag = self.tag(key);
        self.table.remove(spread(tag), |found| *found == (tag, slot));
    }

    /// The CIs that may have the key: all that have it, and seldom others.
    pub(super) fn candidates(&self, key: impl Hash) -> impl Iterator<Item = Slot> + '_ {
        let tag = self.tag(key);
        self.table
            .candidates(spread(tag))
            .filter(move |(found, _)| *found == tag)
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
