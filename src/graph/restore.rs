//! How the estate is built from what was saved: everything in the place it had.
//!
//! Places are kept because a checkpoint saves only the parts that changed since the one before.

use std::sync::Arc;

use jiff::Timestamp;
use petgraph::stable_graph::{EdgeIndex, NodeIndex};

use super::estate::{edge_slot, node};
use super::{Estate, Slot};
use crate::model::{CiId, ConfigurationItem, Delta, DeltaItem, RedundancyGroup, Relationship, Revision};

/// What was saved does not fit together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// Places must rise.
    #[error("place {place} of {what} comes after place {bound} was filled")]
    OutOfOrder {
        /// CIs or relationships.
        what: &'static str,
        /// The place that came.
        place: u32,
        /// The place it should have come before.
        bound: usize,
    },
    /// An end of a relationship is an empty place.
    #[error("relationship place {place} has an end at the empty CI place {end}")]
    NoEnd {
        /// The relationship's place.
        place: u32,
        /// The CI's.
        end: u32,
    },
    /// A CI with this id is there already.
    #[error("{ci} is saved twice")]
    Twice {
        /// The CI.
        ci: CiId,
    },
}

/// An estate being restored: catalog and sources first, then CIs by place, groups, relationships by
/// place.
#[derive(Debug, Default)]
pub struct Restorer {
    estate: Estate,
    groups: Vec<Arc<RedundancyGroup>>,
    empty_cis: Vec<NodeIndex>,
    empty_relationships: Vec<EdgeIndex>,
}

impl Restorer {
    /// Takes catalog definitions, sources or groups.
    pub fn items(&mut self, items: Vec<DeltaItem>) {
        let mut others = Vec::new();
        for item in items {
            if let DeltaItem::Group(group) = item {
                self.groups.extend(group.after);
            } else {
                others.push(item);
            }
        }
        self.estate.apply(&Delta { items: others });
    }

    /// Takes the CI of a place.
    pub fn ci(&mut self, place: u32, ci: ConfigurationItem) -> Result<(), RestoreError> {
        let filled = self.estate.graph.node_count();
        if filled > place as usize {
            return Err(RestoreError::OutOfOrder {
                what: "CIs",
                place,
                bound: filled,
            });
        }
        // Places are the store's own and dense but for removed CIs, so this loop is short.
        for _ in filled..place as usize {
            self.empty_cis.push(self.estate.graph.add_node(()));
        }
        self.estate.graph.add_node(());
        self.estate.cis.set(place as usize, Some(Arc::new(ci)), &None);
        Ok(())
    }

    /// Takes the relationship of a place; `from` and `to` are places of CIs.
    pub fn relationship(
        &mut self,
        place: u32,
        from: u32,
        to: u32,
        relationship: &Relationship,
    ) -> Result<(), RestoreError> {
        let filled = self.estate.graph.edge_count();
        if filled > place as usize {
            return Err(RestoreError::OutOfOrder {
                what: "relationships",
                place,
                bound: filled,
            });
        }
        for end in [from, to] {
            if self.estate.ci_in(Slot::new(end)).is_none() {
                return Err(RestoreError::NoEnd { place, end });
            }
        }
        let (from, to) = (Slot::new(from), Slot::new(to));
        for _ in filled..place as usize {
            self.empty_relationships
                .push(self.estate.graph.add_edge(node(from), node(from), NO_TYPE));
        }
        let edge = self
            .estate
            .graph
            .add_edge(node(from), node(to), relationship.relationship_type);
        self.estate.relationships.fill(edge_slot(edge), relationship, from, to);
        Ok(())
    }

    /// The id of the CI of a place; the nil id where there is none.
    pub fn ci_id(&self, place: u32) -> CiId {
        let ci = self.estate.ci_in(Slot::new(place));
        ci.map_or(CiId::from_uuid(uuid::Uuid::nil()), |ci| ci.id())
    }

    /// The estate, with the empty places free to be used again.
    pub fn finish(mut self, revision: Revision, at: Timestamp, next_relationship: u64) -> Result<Estate, RestoreError> {
        while let Some(edge) = self.empty_relationships.pop() {
            self.estate.graph.remove_edge(edge);
        }
        while let Some(node) = self.empty_cis.pop() {
            self.estate.graph.remove_node(node);
        }
        self.estate
            .build(self.groups)
            .map_err(|ci| RestoreError::Twice { ci })?;
        self.estate.reserve_relationship_ids(next_relationship);
        self.estate.stamp(revision, at);
        drop(self.estate.take_marks());
        Ok(self.estate)
    }
}

const NO_TYPE: crate::model::RelationshipTypeId = crate::model::RelationshipTypeId::new(u16::MAX);
