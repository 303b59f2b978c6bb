//! Which parts of the estate changed since they were last saved.

use std::collections::BTreeSet;

use super::Slot;
use super::relationship_table::EdgeSlot;

/// CIs that are saved together, by slot.
pub const CIS_PER_MARK: u32 = 4_096;

/// Relationships that are saved together, by place.
pub const RELATIONSHIPS_PER_MARK: u32 = 32_768;

/// Marks of what changed, in the units in which it is saved.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each part of the estate is saved or not by itself"
)]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeMarks {
    /// Numbers of the groups of [`CIS_PER_MARK`] CIs.
    pub cis: BTreeSet<u32>,
    /// Numbers of the groups of [`RELATIONSHIPS_PER_MARK`] relationships.
    pub relationships: BTreeSet<u32>,
    /// Numbers of the chunks of merges and distinctions.
    pub identities: BTreeSet<u32>,
    /// Whether a redundancy group changed.
    pub groups: bool,
    /// Whether the review queue changed.
    pub reviews: bool,
    /// Whether the catalog changed.
    pub catalog: bool,
    /// Whether a source was added.
    pub sources: bool,
}

impl ChangeMarks {
    /// Adds the marks of another.
    pub fn merge(&mut self, other: Self) {
        self.cis.extend(other.cis);
        self.relationships.extend(other.relationships);
        self.identities.extend(other.identities);
        self.groups |= other.groups;
        self.reviews |= other.reviews;
        self.catalog |= other.catalog;
        self.sources |= other.sources;
    }

    pub(super) fn ci(&mut self, slot: Slot) {
        self.cis.insert(slot.number() / CIS_PER_MARK);
    }

    pub(super) fn relationship(&mut self, edge: EdgeSlot) {
        self.relationships.insert(edge.0 / RELATIONSHIPS_PER_MARK);
    }
}
