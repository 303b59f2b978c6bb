//! Relationships, compactly: three million of them are held twice.
//!
//! What every relationship has stands in a dense table by edge number; what few have (strengths of
//! their own, a group, attributes) stands beside it, and an empty place has number 0. Two hash tables of bare edge numbers find one
//! by id, or by type, ends and qualifier.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::Hasher;

use super::Slot;
use super::shared::{SharedTable, SharedVec};
use crate::model::{
    Attributes, GroupId, Relationship, RelationshipId, RelationshipTypeId, SaidBy, SourceId, Strength, Validity, Weight,
};

/// Number of a relationship's place in the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct EdgeSlot(pub(super) u32);

impl EdgeSlot {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Rows that are copied together when one of them changes in one of two states.
const ROWS_PER_PART: usize = 512;

/// What every relationship has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) id: RelationshipId,
    pub(super) from: Slot,
    pub(super) to: Slot,
    pub(super) relationship_type: RelationshipTypeId,
    pub(super) source: SourceId,
    /// Seconds since 1970; enough until 2106.
    first_seen_s: u32,
}

impl Row {
    /// An empty place: relationships are numbered from 1.
    const VACANT: Self = Self {
        id: RelationshipId::new(0),
        from: Slot::new(u32::MAX),
        to: Slot::new(u32::MAX),
        relationship_type: RelationshipTypeId::new(u16::MAX),
        source: SourceId::new(u16::MAX),
        first_seen_s: 0,
    };

    fn is_used(&self) -> bool {
        self.id != Self::VACANT.id
    }

    fn key_hash(&self) -> u64 {
        hash_of_key(self.relationship_type, self.from, self.to)
    }

    pub(super) fn first_seen(&self) -> Timestamp {
        Timestamp::from_second(i64::from(self.first_seen_s)).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// What few relationships have.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Extras {
    pub(super) qualifier: Box<str>,
    pub(super) forward: Option<Strength>,
    pub(super) reverse: Option<Strength>,
    pub(super) weight: Weight,
    pub(super) group: Option<GroupId>,
    pub(super) attributes: Attributes,
    pub(super) also_said_by: Vec<SaidBy>,
    pub(super) validity: Option<Validity>,
}

/// All relationships of an estate, by edge number.
#[derive(Clone, Debug, Default)]
pub(super) struct RelationshipTable {
    rows: SharedVec<Row, ROWS_PER_PART>,
    extras: FxHashMap<u32, Arc<Extras>>,
    by_id: SharedTable<u32>,
    by_key: SharedTable<u32>,
    count: usize,
    /// Relationships that name a group, by group.
    naming: FxHashMap<GroupId, Vec<EdgeSlot>>,
    /// Relationships from a CI to itself.
    self_edges: BTreeSet<u32>,
    /// Relationships that do not hold always.
    pub(super) bounded: usize,
}

impl RelationshipTable {
    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn row(&self, edge: EdgeSlot) -> Option<&Row> {
        self.rows.get(edge.index()).filter(|row| row.is_used())
    }

    pub(super) fn extras(&self, edge: EdgeSlot) -> Option<&Extras> {
        self.extras.get(&edge.0).map(Arc::as_ref)
    }

    pub(super) fn edges(&self) -> impl Iterator<Item = EdgeSlot> + '_ {
        (0u32..)
            .zip(self.rows.iter())
            .filter(|(_, row)| row.is_used())
            .map(|(edge, _)| EdgeSlot(edge))
    }

    /// Length of the dense table, holes included.
    pub(super) fn bound(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn by_id(&self, id: RelationshipId) -> Option<EdgeSlot> {
        let found = self.by_id.find(hash_of_id(id), |edge| {
            self.row_at(*edge).is_some_and(|row| row.id == id)
        });
        found.copied().map(EdgeSlot)
    }

    pub(super) fn by_key(
        &self,
        relationship_type: RelationshipTypeId,
        from: Slot,
        to: Slot,
        qualifier: &str,
    ) -> Option<EdgeSlot> {
        let same = |edge: &u32| {
            let row = self.row_at(*edge);
            row.is_some_and(|row| row.from == from && row.to == to && row.relationship_type == relationship_type)
                && self.extras.get(edge).map_or("", |extras| &extras.qualifier) == qualifier
        };
        self.by_key
            .find(hash_of_key(relationship_type, from, to), same)
            .copied()
            .map(EdgeSlot)
    }

    /// All between two CIs in this direction, whatever their qualifiers are; in no stated order.
    pub(super) fn between(
        &self,
        relationship_type: RelationshipTypeId,
        from: Slot,
        to: Slot,
    ) -> impl Iterator<Item = EdgeSlot> + '_ {
        let alike = self.by_key.of_hash(hash_of_key(relationship_type, from, to));
        let same = move |row: &Row| row.from == from && row.to == to && row.relationship_type == relationship_type;
        alike
            .copied()
            .map(EdgeSlot)
            .filter(move |edge| self.row(*edge).is_some_and(same))
    }

    pub(super) fn self_edges(&self) -> impl Iterator<Item = EdgeSlot> + '_ {
        self.self_edges.iter().copied().map(EdgeSlot)
    }

    pub(super) fn naming(&self, group: GroupId) -> &[EdgeSlot] {
        self.naming.get(&group).map_or(&[], Vec::as_slice)
    }

    /// The groups that relationships name, ascending.
    pub(super) fn named_groups(&self) -> Vec<GroupId> {
        let mut groups: Vec<GroupId> = self.naming.keys().copied().collect();
        groups.sort_unstable();
        groups
    }

    pub(super) fn insert(&mut self, edge: EdgeSlot, relationship: &Relationship, from: Slot, to: Slot) {
        self.fill(edge, relationship, from, to);
        self.index(edge);
    }

    /// Fills a place without making it found by id and key: [`RelationshipTable::index_all`] does.
    pub(super) fn fill(&mut self, edge: EdgeSlot, relationship: &Relationship, from: Slot, to: Slot) {
        let row = Row {
            id: relationship.id,
            from,
            to,
            relationship_type: relationship.relationship_type,
            source: relationship.source,
            first_seen_s: u32::try_from(relationship.first_seen.as_second().max(0)).unwrap_or(u32::MAX),
        };
        self.rows.set(edge.index(), row, &Row::VACANT);
        if from == to {
            self.self_edges.insert(edge.0);
        }
        self.count += 1;
        self.set_extras(edge, relationship);
    }

    /// Makes every filled place found by id and key, anew.
    pub(super) fn index_all(&mut self) {
        self.by_id = SharedTable::default();
        self.by_key = SharedTable::default();
        for edge in 0..u32::try_from(self.rows.len()).unwrap_or(u32::MAX) {
            self.index(EdgeSlot(edge));
        }
    }

    fn index(&mut self, edge: EdgeSlot) {
        let Some(row) = self.row(edge).copied() else { return };
        let rows = &self.rows;
        let row_at = |edge: &u32| rows.get(*edge as usize).copied().unwrap_or(Row::VACANT);
        self.by_id
            .insert(hash_of_id(row.id), edge.0, |edge| hash_of_id(row_at(edge).id));
        self.by_key
            .insert(row.key_hash(), edge.0, |edge| row_at(edge).key_hash());
    }

    /// Replaces what may change of a relationship: everything but id, type, ends and qualifier.
    pub(super) fn replace(&mut self, edge: EdgeSlot, relationship: &Relationship) {
        self.clear_extras(edge);
        if let Some(row) = self.rows.get_mut(edge.index()).filter(|row| row.is_used()) {
            row.source = relationship.source;
            row.first_seen_s = u32::try_from(relationship.first_seen.as_second().max(0)).unwrap_or(u32::MAX);
        }
        self.set_extras(edge, relationship);
    }

    pub(super) fn remove(&mut self, edge: EdgeSlot) {
        let Some(row) = self.row(edge).copied() else { return };
        self.by_id.remove(hash_of_id(row.id), |found| *found == edge.0);
        self.by_key.remove(row.key_hash(), |found| *found == edge.0);
        self.rows.set(edge.index(), Row::VACANT, &Row::VACANT);
        self.self_edges.remove(&edge.0);
        self.clear_extras(edge);
        self.count -= 1;
    }

    fn row_at(&self, edge: u32) -> Option<&Row> {
        self.row(EdgeSlot(edge))
    }

    fn set_extras(&mut self, edge: EdgeSlot, relationship: &Relationship) {
        let extras = Extras {
            qualifier: relationship.qualifier.clone(),
            forward: relationship.forward,
            reverse: relationship.reverse,
            weight: relationship.weight,
            group: relationship.group,
            attributes: relationship.attributes.clone(),
            also_said_by: relationship.also_said_by.clone(),
            validity: relationship.validity,
        };
        if let Some(group) = extras.group {
            self.naming.entry(group).or_default().push(edge);
        }
        self.bounded += usize::from(extras.validity.is_some());
        if extras != Extras::default() {
            self.extras.insert(edge.0, Arc::new(extras));
        }
    }

    fn clear_extras(&mut self, edge: EdgeSlot) {
        let Some(extras) = self.extras.remove(&edge.0) else {
            return;
        };
        self.bounded -= usize::from(extras.validity.is_some());
        if let Some(group) = extras.group
            && let Some(edges) = self.naming.get_mut(&group)
        {
            edges.retain(|other| *other != edge);
            if edges.is_empty() {
                self.naming.remove(&group);
            }
        }
    }
}

fn hash_of_id(id: RelationshipId) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write_u64(id.number());
    hasher.finish()
}

fn hash_of_key(relationship_type: RelationshipTypeId, from: Slot, to: Slot) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write_u64(u64::from(from.number()) << 32 | u64::from(to.number()));
    hasher.write_u16(relationship_type.number());
    hasher.finish()
}
