//! The relationship: a directed, typed link between two configuration items.

use jiff::Timestamp;

use super::{Attributes, CiId, GroupId, RelationshipId, RelationshipTypeId, SourceId, Strength, Validity, Weight};

/// Another source that speaks of a relationship.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaidBy {
    /// The source.
    pub source: SourceId,
    /// When it first said so, to the second.
    pub first_seen: Timestamp,
}

/// A relationship. Type, ends and qualifier name it: there is at most one of each combination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relationship {
    /// Its identity.
    pub id: RelationshipId,
    /// Its type.
    pub relationship_type: RelationshipTypeId,
    /// Where it starts: the subject of the type's forward phrase.
    pub from: CiId,
    /// Where it ends: the subject of the type's reverse phrase.
    pub to: CiId,
    /// Tells parallel relationships of one type apart, as two cables; mostly empty.
    pub qualifier: Box<str>,
    /// How much of a failure of `from` hits `to`, if not as the type says.
    pub forward: Option<Strength>,
    /// How much of a failure of `to` hits `from`, if not as the type says.
    pub reverse: Option<Strength>,
    /// How much it counts in its group.
    pub weight: Weight,
    /// The redundancy group it belongs to.
    pub group: Option<GroupId>,
    /// Attributes of its own.
    pub attributes: Attributes,
    /// Who said so first.
    pub source: SourceId,
    /// When it was first said, to the second.
    pub first_seen: Timestamp,
    /// Who else says so, in the order in which they began.
    pub also_said_by: Vec<SaidBy>,
    /// When it holds; `None`: always.
    pub validity: Option<Validity>,
}
