//! What a whole impact answer rests on, and how fresh and how well vouched for that is.

use async_graphql::{Enum, SimpleObject};

use super::Answer;
use super::witness::{WitnessRelationship, carrier, describe};
use crate::api::scalars::Long;
use crate::api::types::CiObject;
use crate::app::{self, Authorities};
use crate::graph::budget::{Budget, BudgetReason};
use crate::graph::{RelationshipRef, Slot};
use crate::impact::{Cause, ImpactReport, WitnessStep};
use crate::model::RelationshipId;

/// Impacted CIs that are looked at in the order of their places in the tables, which lie near each other
/// there: a question that hits many of them mostly waits for memory.
const TOGETHER: usize = 16_384;

/// How much it counts who says that a relationship is there. Of several who say so the greatest counts.
/// Ordered, the least first.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelationshipAuthority {
    /// Whoever says so has stopped speaking of one of the CIs that it connects.
    Stale,
    /// A rule derives it from attribute values.
    Derived,
    /// A source says so that no rule of authority names.
    Unranked,
    /// A source says so that rules of authority about the types of the CIs it connects name; the first place
    /// is the greatest.
    Ranked,
    /// A person, or a script that writes as one, says so.
    Manual,
}

impl From<app::RelationshipAuthority> for RelationshipAuthority {
    fn from(authority: app::RelationshipAuthority) -> Self {
        match authority {
            app::RelationshipAuthority::Stale => Self::Stale,
            app::RelationshipAuthority::Derived => Self::Derived,
            app::RelationshipAuthority::Unranked => Self::Unranked,
            app::RelationshipAuthority::Ranked(_) => Self::Ranked,
            app::RelationshipAuthority::Manual => Self::Manual,
        }
    }
}

/// Why evidence is the weakest.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceWeakness {
    /// All who say so have been silent longest.
    Oldest,
    /// It counts least who says so.
    LeastAuthoritative,
}

/// What an impact answer rests on: of every impacted CI the relationship that put it into its state, as the
/// last step of its witness has it.
#[derive(Clone, Debug, Default, SimpleObject)]
pub struct ImpactEvidence {
    /// Whether every impacted CI was looked at. If not, the question's budget ended before; a weaker one may
    /// be among the rest.
    pub complete: bool,
    /// How to go on, if not.
    pub how_to_go_on: Option<String>,
    /// How many relationships the answer rests on.
    pub relationships: Long,
    /// How many impacted CIs are stale: every source that knew them has stopped speaking of them.
    pub stale_cis: Long,
    /// The oldest of it: the relationship of which all sources have been silent longest; of several, the one
    /// that fewest speak of, then the one with the least id. Absent where no relationship carried anything.
    pub weakest: Option<WeakestEvidence>,
    /// The least authoritative of it: the relationship whose `authority` is the least; of several RANKED ones
    /// that with the last place; of alike ones the oldest. Absent where no relationship carried anything.
    pub least_authoritative: Option<WeakestEvidence>,
}

/// The weakest relationship of an answer, in one respect.
#[derive(Clone, Debug, SimpleObject)]
pub struct WeakestEvidence {
    /// In which respect.
    pub reason: EvidenceWeakness,
    /// The relationship.
    pub relationship: WitnessRelationship,
    /// The CI whose failure it carried.
    pub source: CiObject,
    /// The CI that it put into its state.
    pub target: CiObject,
}

impl ImpactEvidence {
    /// Looks at every impacted CI, the worst first: costs what leads to each and the members of its groups.
    pub(super) fn new(answer: &Answer, budget: &Budget) -> Self {
        let mut found = Found {
            answer,
            authorities: Authorities::new(&answer.view),
            known: Vec::new(),
            stale: 0,
            oldest: None,
            least: None,
        };
        let mut ended = None;
        let mut slots: Vec<Slot> = Vec::new();
        'all: for together in answer.report.impacted_unordered().chunks(TOGETHER) {
            slots.clear();
            slots.extend(together.iter().map(|impacted| impacted.slot));
            slots.sort_unstable();
            for slot in &slots {
                let cost = ImpactReport::last_step_cost(answer.impact_view(), *slot);
                if let Err(exceeded) = budget.spend(1 + cost) {
                    ended = Some(exceeded.reason);
                    break 'all;
                }
                found.look_at(*slot);
            }
        }
        found.evidence(ended)
    }
}

/// What was found so far.
struct Found<'a> {
    answer: &'a Answer,
    authorities: Authorities<'a>,
    known: Vec<RelationshipId>,
    stale: u64,
    oldest: Option<(Silence, Slots)>,
    least: Option<((app::RelationshipAuthority, Silence), Slots)>,
}

/// The less, the weaker: when somebody last said so, how many say so beside the first, the id.
type Silence = (jiff::Timestamp, usize, RelationshipId);

/// Source and target of what a relationship carried.
type Slots = (Slot, Slot);

impl Found<'_> {
    fn look_at(&mut self, slot: Slot) {
        let view = &self.answer.view;
        self.stale += u64::from(view.ci_in(slot).is_some_and(|ci| ci.is_stale()));
        let Some((carried, step)) = carried_to(self.answer, slot) else {
            return;
        };
        self.known.push(carried.id());
        let ends = (step.source, step.target);
        let silence = (carried.last_seen(), carried.also_said_by().len(), carried.id());
        let authority = self.authorities.of(&carried);
        if self.oldest.is_none_or(|(oldest, _)| silence < oldest) {
            self.oldest = Some((silence, ends));
        }
        if self.least.is_none_or(|(least, _)| (authority, silence) < least) {
            self.least = Some(((authority, silence), ends));
        }
    }

    fn evidence(mut self, ended: Option<BudgetReason>) -> ImpactEvidence {
        // One that failed itself may have put both of its ends into their states.
        self.known.sort_unstable();
        self.known.dedup();
        let oldest = self.oldest.map(|((.., id), ends)| (id, ends));
        let least = self.least.map(|((_, (.., id)), ends)| (id, ends));
        ImpactEvidence {
            complete: ended.is_none(),
            how_to_go_on: ended.map(|reason| how_to_go_on(reason).to_owned()),
            relationships: self.known.len().into(),
            stale_cis: Long(self.stale),
            weakest: self.weakest(EvidenceWeakness::Oldest, oldest),
            least_authoritative: self.weakest(EvidenceWeakness::LeastAuthoritative, least),
        }
    }

    fn weakest(&self, reason: EvidenceWeakness, found: Option<(RelationshipId, Slots)>) -> Option<WeakestEvidence> {
        let (id, (source, target)) = found?;
        let view = &self.answer.view;
        Some(WeakestEvidence {
            reason,
            relationship: describe(self.answer, &view.relationship(id)?, target),
            source: CiObject::at(view, source),
            target: CiObject::at(view, target),
        })
    }
}

const fn how_to_go_on(ended: BudgetReason) -> &'static str {
    match ended {
        BudgetReason::Steps => {
            "raise `limits.question_steps_max` in the server's configuration, ask for less (a smaller `maxDepth`, fewer \
             failed CIs), or ask for `impacted { witness { weakestEvidence } }` page by page"
        }
        BudgetReason::Time => {
            "ask again when the server is less busy, raise `limits.question_timeout_ms` in its configuration, or ask for \
             `impacted { witness { weakestEvidence } }` page by page"
        }
    }
}

/// The relationship that put a CI into its state; none where the CI failed by itself, or a group lists it.
fn carried_to(answer: &Answer, slot: Slot) -> Option<(RelationshipRef<'_>, WitnessStep)> {
    let step = answer.report.last_step(answer.impact_view(), slot)?;
    let (Cause::Relationship { relationship_type } | Cause::Group { relationship_type, .. }) = step.cause;
    let carried = carrier(&answer.view, step.source, step.target, relationship_type)?;
    Some((carried, step))
}
