//! Why a CI is in the state it is in.

use async_graphql::{Enum, ID, SimpleObject};

use super::Answer;
use super::absorbed::sentence;
use crate::api::scalars::{DateTime, Duration, Long};
use crate::api::types::{CiObject, ImpactState, RelationshipAuthority};
use crate::app;
use crate::graph::{RelationshipRef, Slot, Snapshot};
use crate::impact::{self, Cause, Origin};
use crate::model::RelationshipTypeId;

/// What put a CI of a witness into its state.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum WitnessKind {
    /// The question lets it fail.
    Root,
    /// It was in this state before.
    StartingState,
    /// It is assumed to be in its state.
    Assumed,
    /// It did not fail itself: a relationship with it did.
    FailedRelationship,
    /// Nothing but CIs that it held up itself still held it up: see `ungrounded`.
    Ungrounded,
    /// A relationship carried the state of the CI before.
    Relationship,
    /// A redundancy group lost the CI before, and no longer holds.
    Group,
}

/// The relationship that carried a step.
#[derive(Clone, Debug, SimpleObject)]
pub struct WitnessRelationship {
    /// Its identity.
    pub id: ID,
    /// The name of its type.
    #[graphql(name = "type")]
    pub relationship_type: String,
    /// Its phrase, read from the CI of this step to the CI of the step before.
    pub phrase: String,
    /// Who said so first.
    pub source: String,
    /// How many sources, feeds and scopes say so.
    pub said_by: Long,
    /// When it was first said.
    pub first_seen: DateTime,
    /// When its source last said so.
    pub last_seen: DateTime,
    /// How long ago that was, at the moment asked about.
    pub age: Duration,
    /// How much it counts who says so.
    pub authority: RelationshipAuthority,
    /// The place of its best source in the rules of authority about the CIs it connects, from 1; absent
    /// where `authority` is not RANKED.
    pub authority_place: Option<u32>,
    #[graphql(skip)]
    pub(super) weight: app::RelationshipAuthority,
}

impl WitnessRelationship {
    /// The less, the longer all who say so have been silent; of alike ones, the fewer they are.
    fn silence(&self) -> (jiff::Timestamp, u64) {
        (self.last_seen.0, self.said_by.0)
    }
}

/// The redundancy group that carried a step, with its arithmetic.
#[derive(Clone, Debug, SimpleObject)]
pub struct WitnessGroup {
    /// The group: its id, or for an implicit group the pool and the consumer.
    pub id: String,
    /// Its name, or its pool's.
    pub name: String,
    /// Weight that was up when the step happened, counting members better than `lostAt`.
    pub up: Long,
    /// The threshold that it is below.
    pub needed: Long,
    /// A member counts as lost here when it is this bad.
    pub lost_at: ImpactState,
    /// k: weight needed to work at all.
    pub up_min: Long,
    /// d: weight needed for full capacity.
    pub capacity_min: Long,
    /// r: weight from which on a loss is worth a flag.
    pub spare_min: Long,
    /// n: the whole weight.
    pub total: Long,
    /// The arithmetic in words: `1 of 3 up, needs 2: down`.
    pub sentence: String,
}

/// One CI of a witness.
#[derive(Clone, Debug, SimpleObject)]
pub struct WitnessStep {
    /// What put the CI into its state.
    pub kind: WitnessKind,
    /// The CI.
    pub ci: CiObject,
    /// Its state.
    pub state: ImpactState,
    /// The relationship that carried the state of the CI before.
    pub relationship: Option<WitnessRelationship>,
    /// The group that lost the CI before.
    pub group: Option<WitnessGroup>,
}

/// A path of causes. Its first step is what it begins with; each further one follows from the one
/// before.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Witness")]
pub struct WitnessObject {
    /// How many causes lead from the first CI to the last: the last one's depth.
    pub length: Long,
    /// The CIs, from what failed to what was asked about.
    pub steps: Vec<WitnessStep>,
    /// Where the first step is `UNGROUNDED`: the CIs, it among them, that fell together because they
    /// held up nothing but each other. Empty else.
    #[graphql(complexity = "20 * child_complexity")]
    pub ungrounded: Vec<CiObject>,
    /// The weakest evidence on the way: of the relationships that carried it, the one of which all
    /// sources have been silent longest; of several, the one that fewest speak of.
    pub weakest_evidence: Option<WitnessRelationship>,
    /// The least authoritative evidence on the way: of the relationships that carried it, the one whose
    /// `authority` is the least; of several RANKED ones that with the last place, then that of which its
    /// sources have been silent longest.
    pub least_authoritative_evidence: Option<WitnessRelationship>,
}

impl WitnessObject {
    pub(super) fn new(answer: &Answer, slot: Slot) -> Option<Self> {
        let found = answer.report.witness(answer.impact_view(), slot)?;
        let state = match found.origin {
            Origin::Failed => root_state(answer, found.start),
            Origin::Ungrounded | Origin::Assumed => answer.report.after(found.start),
            Origin::Starting | Origin::FailedRelationship => answer.report.before(found.start),
        };
        let mut steps = vec![WitnessStep {
            kind: begins_as(found.origin),
            ci: CiObject::at(&answer.view, found.start),
            state: state.into(),
            relationship: None,
            group: None,
        }];
        steps.extend(found.steps.iter().map(|step| witness_step(answer, step)));
        let evidence = steps.iter().filter_map(|step| step.relationship.as_ref());
        let oldest = evidence.clone().min_by_key(|evidence| evidence.silence());
        let least = evidence.min_by_key(|evidence| (evidence.weight, evidence.silence()));
        Some(Self {
            weakest_evidence: oldest.cloned(),
            least_authoritative_evidence: least.cloned(),
            length: found.steps.len().into(),
            steps,
            ungrounded: found
                .ungrounded
                .iter()
                .map(|slot| CiObject::at(&answer.view, *slot))
                .collect(),
        })
    }
}

fn root_state(answer: &Answer, slot: Slot) -> crate::model::ImpactState {
    let given = answer
        .roots
        .iter()
        .filter(|root| root.slot == slot)
        .map(|root| root.state)
        .max();
    given
        .unwrap_or_else(|| answer.report.after(slot))
        .max(answer.report.before(slot))
}

fn witness_step(answer: &Answer, step: &impact::WitnessStep) -> WitnessStep {
    let (kind, relationship_type, group) = carried_by(answer, step.cause, step.state);
    WitnessStep {
        kind,
        ci: CiObject::at(&answer.view, step.target),
        state: step.state.into(),
        relationship: evidence(answer, step.source, step.target, relationship_type),
        group,
    }
}

/// What carried a state to a CI.
pub(super) fn carried_by(
    answer: &Answer,
    cause: Cause,
    state: crate::model::ImpactState,
) -> (WitnessKind, Option<RelationshipTypeId>, Option<WitnessGroup>) {
    match cause {
        Cause::Relationship { relationship_type } => (WitnessKind::Relationship, relationship_type, None),
        Cause::Group {
            group,
            relationship_type,
            gate,
            up,
            lost_at,
            needed,
        } => {
            let arithmetic = WitnessGroup {
                id: answer.group_id(group),
                name: answer.group_name(group),
                up: Long(up),
                needed: Long(needed),
                lost_at: lost_at.into(),
                up_min: Long(gate.up_min),
                capacity_min: Long(gate.capacity_min),
                spare_min: Long(gate.spare_min),
                total: Long(gate.total),
                sentence: sentence(up, gate.total, needed, state),
            };
            (WitnessKind::Group, relationship_type, Some(arithmetic))
        }
    }
}

/// The relationship that carried a state from one CI to another.
pub(super) fn evidence(
    answer: &Answer,
    source: Slot,
    target: Slot,
    relationship_type: Option<RelationshipTypeId>,
) -> Option<WitnessRelationship> {
    let carried = carrier(&answer.view, source, target, relationship_type)?;
    Some(describe(answer, &carried, target))
}

/// What a witness or a proof begins with.
pub(super) const fn begins_as(origin: Origin) -> WitnessKind {
    match origin {
        Origin::Failed => WitnessKind::Root,
        Origin::Ungrounded => WitnessKind::Ungrounded,
        Origin::Starting => WitnessKind::StartingState,
        Origin::Assumed => WitnessKind::Assumed,
        Origin::FailedRelationship => WitnessKind::FailedRelationship,
    }
}

/// The relationship over which a failure of `source` hits `target`: the least id of several.
pub(super) fn carrier(
    view: &Snapshot,
    source: Slot,
    target: Slot,
    relationship_type: Option<RelationshipTypeId>,
) -> Option<RelationshipRef<'_>> {
    let carries = |relationship: &RelationshipRef<'_>| {
        let arcs = view.arcs_of(relationship);
        arcs.iter()
            .flatten()
            .any(|arc| arc.source == source && arc.target == target)
    };
    if let Some(of_type) = relationship_type {
        let ways = [(target, source), (source, target)].into_iter();
        let between = ways.flat_map(|(from, to)| view.relationships_of_type(of_type, from, to));
        return between.filter(carries).min_by_key(RelationshipRef::id);
    }
    // Looked for at the target: the source may be a hub, and every CI that it hits is asked about.
    let stated = view.relationships_from(target).filter(|found| found.to() == source);
    let between = stated.chain(view.relationships_to(target).filter(|found| found.from() == source));
    between.filter(carries).min_by_key(RelationshipRef::id)
}

/// A relationship as evidence, read from the CI that it hits.
pub(super) fn describe(answer: &Answer, relationship: &RelationshipRef<'_>, target: Slot) -> WitnessRelationship {
    let view = &answer.view;
    let definition = view.catalog().relationship_type(relationship.relationship_type());
    let phrase = definition.map(|definition| {
        if relationship.from() == target {
            definition.forward_phrase.clone()
        } else {
            definition.reverse_phrase.clone()
        }
    });
    let last_seen = relationship.last_seen();
    let authority = app::Authorities::new(view).of(relationship);
    let source = view.source(relationship.source()).map(|source| source.name.to_string());
    WitnessRelationship {
        id: ID(relationship.id().to_string()),
        relationship_type: definition
            .map(|definition| definition.name.to_string())
            .unwrap_or_default(),
        phrase: phrase.unwrap_or_default(),
        source: source.unwrap_or_default(),
        said_by: (1 + relationship.also_said_by().len()).into(),
        first_seen: DateTime(relationship.first_seen()),
        last_seen: DateTime(last_seen),
        authority: authority.into(),
        authority_place: authority.place(),
        weight: authority,
        age: Duration(answer.at.duration_since(last_seen).max(jiff::SignedDuration::ZERO)),
    }
}
