//! Relationships that weakened a failure on its way.

use async_graphql::SimpleObject;

use super::Answer;
use super::witness::{WitnessRelationship, evidence};
use crate::api::types::{CiObject, ImpactState};
use crate::impact::Weakened;

/// A relationship that passed on less than it took, to a CI that ends better than where it came from.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Weakened")]
pub struct WeakenedObject {
    /// The CI whose failure was weakened.
    pub source: CiObject,
    /// The CI that would have been hit harder.
    pub target: CiObject,
    /// The relationship; absent for a member that the group itself lists.
    pub relationship: Option<WitnessRelationship>,
    /// The name of the group, or of its pool, for a membership.
    pub group: Option<String>,
    /// Its strength: a state it caps at, SOFT, WEAK, NONE, or a table of its own.
    pub strength: String,
    /// The state of the source.
    pub took: ImpactState,
    /// What arrives at the target.
    pub passed: ImpactState,
}

impl WeakenedObject {
    pub(super) fn list(answer: &Answer, offset: usize, first: usize) -> Vec<Self> {
        let weakened = answer.weakened().iter().skip(offset).take(first);
        weakened.map(|weakened| Self::new(answer, weakened)).collect()
    }

    fn new(answer: &Answer, weakened: &Weakened) -> Self {
        let Weakened { source, target, .. } = *weakened;
        Self {
            source: CiObject::at(&answer.view, source),
            target: CiObject::at(&answer.view, target),
            relationship: evidence(answer, source, target, weakened.relationship_type),
            group: weakened.group.map(|group| answer.group_name(group)),
            strength: weakened.strength.to_string(),
            took: weakened.took.into(),
            passed: weakened.passed.into(),
        }
    }
}
