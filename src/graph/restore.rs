//! How the estate is built from what was saved: everything in the place it had.
//!
//! Places are kept because a checkpoint saves only the parts that changed since the one before.

use std::sync::Arc;

use jiff::Timestamp;
use petgraph::stable_graph::{EdgeIndex, NodeIndex};

use super::estate::{edge_slot, node};
use super::{Estate, Slot};
use crate::model::{ConfigurationItem, Delta, DeltaItem, Relationship, Revision};

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
        ci: crate::model::CiId,
    },
}

/// An estate being restored: catalog and sources first, then CIs by place, groups, relationships by
/// place.
#[derive(Debug, Default)]
pub struct Restorer {
    estate: Estate,
    empty_cis: Vec<NodeIndex>,
    empty_relationships: Vec<EdgeIndex>,
}

impl Restorer {
    /// Takes catalog definitions, sources or groups.
    pub fn items(&mut self, items: Vec<DeltaItem>) {
        self.estate.apply(&Delta { items });
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
        if self.estate.slot_of(ci.id()).is_some() {
            return Err(RestoreError::Twice { ci: ci.id() });
        }
        // Places are the store's own and dense but for removed CIs, so this loop is short.
        for _ in filled..place as usize {
            self.empty_cis.push(self.estate.graph.add_node(()));
        }
        self.estate.insert_ci(&Arc::new(ci));
        Ok(())
    }

    /// Takes the relationship of a place; `from` and `to` are places of CIs.
    pub fn relationship(
        &mut self,
        place: u32,
        from: u32,
        to: u32,
        fill: impl FnOnce(&Estate) -> Relationship,
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
        let relationship = fill(&self.estate);
        let edge = self
            .estate
            .graph
            .add_edge(node(from), node(to), relationship.relationship_type);
        self.estate.place_relationship(edge_slot(edge), &relationship, from, to);
        Ok(())
    }

    /// The estate, with the empty places free to be used again.
    pub fn finish(mut self, revision: Revision, at: Timestamp, next_relationship: u64) -> Estate {
        while let Some(edge) = self.empty_relationships.pop() {
            self.estate.graph.remove_edge(edge);
        }
        while let Some(node) = self.empty_cis.pop() {
            self.estate.graph.remove_node(node);
        }
        self.estate.reserve_relationship_ids(next_relationship);
        self.estate.stamp(revision, at);
        drop(self.estate.take_marks());
        self.estate
    }
}

const NO_TYPE: crate::model::RelationshipTypeId = crate::model::RelationshipTypeId::new(u16::MAX);
