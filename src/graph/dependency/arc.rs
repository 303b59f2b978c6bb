//! What the index is told: arcs, and how each carries.

use crate::graph::Slot;
use crate::model::{RelationshipTypeId, Strength, Weight};

use super::GroupKey;

/// How an arc carries: by itself, or as one member of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Carrier {
    /// What arrives counts fully.
    Plain,
    /// What arrives counts in a group of the target.
    Member {
        /// The group; its consumer is the arc's target.
        group: GroupKey,
        /// How much the member counts.
        weight: Weight,
    },
}

/// One way in which a failure travels: when `source` fails, `target` is hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImpactArc {
    /// The CI whose failure is carried.
    pub source: Slot,
    /// The CI that is hit.
    pub target: Slot,
    /// How much of the failure is carried.
    pub strength: Strength,
    /// The type of the relationship behind it; `None` for a member its group lists by itself.
    pub relationship_type: Option<RelationshipTypeId>,
    /// By itself or in a group.
    pub carrier: Carrier,
}

/// One reason why a CI is a member of a group: a relationship, or the group's own list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contribution {
    /// The relationship's type; `None` for the group's own list.
    pub relationship_type: Option<RelationshipTypeId>,
    /// How much of the member's failure counts.
    pub strength: Strength,
    /// How much the member counts.
    pub weight: Weight,
}
