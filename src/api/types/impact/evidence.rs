//! What a whole impact answer rests on, and how fresh that is.

use std::collections::BTreeSet;

use async_graphql::SimpleObject;

use super::Answer;
use super::witness::{WitnessRelationship, carrier, describe};
use crate::api::scalars::Long;
use crate::api::types::CiObject;
use crate::graph::budget::Budget;
use crate::graph::{RelationshipRef, Slot};
use crate::impact::{Cause, ImpactReport, WitnessStep};
use crate::model::RelationshipId;

/// What an impact answer rests on: of every impacted CI the relationship that put it into its state, as the
/// last step of its witness has it.
#[derive(Clone, Debug, Default, SimpleObject)]
pub struct ImpactEvidence {
    /// Whether every impacted CI was looked at. If not, the question's budget ended before; a weaker one may
    /// be among the rest.
    pub complete: bool,
    /// How many relationships the answer rests on.
    pub relationships: Long,
    /// How many impacted CIs are stale: every source that knew them has stopped speaking of them.
    pub stale_cis: Long,
    /// The weakest and oldest of it; absent where no relationship carried anything.
    pub weakest: Option<WeakestEvidence>,
}

/// The relationship of an answer of which all sources have been silent longest; of several, the one that fewest
/// speak of, then the one with the least id.
#[derive(Clone, Debug, SimpleObject)]
pub struct WeakestEvidence {
    /// The relationship.
    pub relationship: WitnessRelationship,
    /// The CI whose failure it carried.
    pub source: CiObject,
    /// The CI that it put into its state.
    pub target: CiObject,
}

impl ImpactEvidence {
    /// Looks at every impacted CI: costs what leads to each and the members of its groups.
    pub(super) fn new(answer: &Answer, budget: &Budget) -> Self {
        let mut evidence = Self {
            complete: true,
            ..Self::default()
        };
        let (mut known, mut stale) = (BTreeSet::<RelationshipId>::new(), 0_u64);
        let mut weakest: Option<(RelationshipRef<'_>, WitnessStep)> = None;
        for impacted in answer.report.impacted_unordered() {
            let cost = ImpactReport::last_step_cost(answer.impact_view(), impacted.slot);
            if budget.spend(1 + cost).is_err() {
                evidence.complete = false;
                break;
            }
            stale += u64::from(answer.view.ci_in(impacted.slot).is_some_and(|ci| ci.is_stale()));
            let Some((carried, step)) = carried_to(answer, impacted.slot) else {
                continue;
            };
            known.insert(carried.id());
            if weakest
                .as_ref()
                .is_none_or(|(least, _)| weakness(&carried) < weakness(least))
            {
                weakest = Some((carried, step));
            }
        }
        evidence.relationships = known.len().into();
        evidence.stale_cis = Long(stale);
        evidence.weakest = weakest.map(|(carried, step)| WeakestEvidence {
            relationship: describe(answer, &carried, step.target),
            source: CiObject::at(&answer.view, step.source),
            target: CiObject::at(&answer.view, step.target),
        });
        evidence
    }
}

/// The relationship that put a CI into its state; none where the CI failed by itself, or a group lists it.
fn carried_to(answer: &Answer, slot: Slot) -> Option<(RelationshipRef<'_>, WitnessStep)> {
    let step = answer.report.last_step(answer.impact_view(), slot)?;
    let (Cause::Relationship { relationship_type } | Cause::Group { relationship_type, .. }) = step.cause;
    let carried = carrier(&answer.view, step.source, step.target, relationship_type)?;
    Some((carried, step))
}

/// The less, the weaker.
fn weakness(relationship: &RelationshipRef<'_>) -> (jiff::Timestamp, usize, RelationshipId) {
    (
        relationship.last_seen(),
        relationship.also_said_by().len(),
        relationship.id(),
    )
}
