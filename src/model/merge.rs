//! Two CIs that are one, and two that only look like one: what is remembered of either decision.

use jiff::Timestamp;

use super::{CiId, ConfigurationItem, RedundancyGroup, Relationship};

/// One of the two CIs of a merge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MergeSide {
    /// The CI that stays.
    Survivor,
    /// The CI that becomes part of it.
    Absorbed,
}

/// A choice of a merge: whose value counts, by the attribute's name; `name`, `stage`, `tags` and
/// `validity` among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeChoice {
    /// The attribute.
    pub attribute: String,
    /// Whose value.
    pub take: MergeSide,
}

/// A merge that was made: all that is needed to take it back. Found by the absorbed CI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merge {
    /// The absorbed CI as it was.
    pub absorbed: ConfigurationItem,
    /// The survivor as it was.
    pub before: ConfigurationItem,
    /// The survivor as the merge left it.
    pub after: ConfigurationItem,
    /// The relationships of the absorbed CI, with what became of them.
    pub relationships: Vec<MergedRelationship>,
    /// The redundancy groups that the absorbed CI carried or helped to carry.
    pub groups: Vec<MergedGroup>,
    /// Who decided it.
    pub by: Box<str>,
    /// Why; empty if nothing was said.
    pub reason: Box<str>,
}

impl Merge {
    /// The identity that is an alias now.
    pub fn alias(&self) -> CiId {
        self.absorbed.id()
    }

    /// When it was made, to the second.
    pub fn at(&self) -> Timestamp {
        self.after.changed().at
    }
}

/// A relationship of an absorbed CI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedRelationship {
    /// As it was.
    pub before: Relationship,
    /// What became of it.
    pub fate: RelationshipFate,
}

/// What becomes of a relationship of an absorbed CI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RelationshipFate {
    /// It is one of the survivor's.
    Moved,
    /// It connected the two CIs, and would lead from the survivor to itself.
    Dropped,
    /// The survivor had the same.
    United {
        /// The survivor's as it was.
        before: Box<Relationship>,
        /// The survivor's as the merge left it.
        after: Box<Relationship>,
    },
}

/// A redundancy group of an absorbed CI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedGroup {
    /// As it was.
    pub before: RedundancyGroup,
    /// As the merge left it.
    pub after: RedundancyGroup,
}

/// Two CIs of which somebody said that they are not one, whatever they have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distinction {
    /// The two, the lesser first.
    pub cis: [CiId; 2],
    /// When it was said, to the second.
    pub at: Timestamp,
    /// By whom.
    pub by: Box<str>,
    /// Why.
    pub reason: Box<str>,
}
