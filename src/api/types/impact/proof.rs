//! The whole proof of a CI's state, as a graph.

use async_graphql::{ComplexObject, SimpleObject};

use super::Answer;
use super::witness::{WitnessGroup, WitnessKind, WitnessRelationship, begins_as, carried_by, evidence};
use crate::api::scalars::Long;
use crate::api::types::drawing::{DrawnEdge, DrawnNode, Graph};
use crate::api::types::{CiObject, Drawing, DrawingFormat, ImpactState};
use crate::graph::Slot;
use crate::impact::{Cause, Proof, ProofNode};

/// Causes that follow from one another without any cycle: everything that put one CI into its state.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Proof", complex)]
pub struct ProofObject {
    /// The CI asked about first, then by the number of causes between.
    pub nodes: Vec<ProofNodeObject>,
    /// Whether all causes are there.
    pub complete: bool,
    /// How to go on, if not.
    pub how_to_go_on: Option<String>,
    #[graphql(skip)]
    pub(super) graph: Graph,
}

/// A CI of a proof, in the state that matters there.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "ProofNode")]
pub struct ProofNodeObject {
    /// Its place in the proof, from 0: what causes name it by.
    pub place: i32,
    /// The CI.
    pub ci: CiObject,
    /// The state it came to, as far as it matters to what follows from it.
    pub state: ImpactState,
    /// The round in which it came to it: greater than that of all its causes' sources.
    pub round: u32,
    /// What it begins with, where it has no causes of the usual kind.
    pub kind: Option<WitnessKind>,
    /// Its causes: each of them would have been enough.
    pub causes: Vec<ProofCauseObject>,
    /// Where `kind` is `UNGROUNDED`: the places of those that fell together with it, because they held
    /// up nothing but each other.
    pub together: Vec<i32>,
    /// How many more of those there are than the proof has room for.
    pub together_omitted: Long,
}

/// A sufficient cause.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "ProofCause")]
pub struct ProofCauseObject {
    /// What carried it.
    pub kind: WitnessKind,
    /// The places of the CIs whose states it carried, all together.
    pub sources: Vec<i32>,
    /// How many more there are than the proof has room for.
    pub sources_omitted: Long,
    /// The relationship that carried it, where it was one.
    pub relationship: Option<WitnessRelationship>,
    /// The group that no longer held, with its arithmetic.
    pub group: Option<WitnessGroup>,
}

/// The proof in other forms.
#[ComplexObject]
impl ProofObject {
    /// The proof as a picture.
    async fn drawing(&self, #[graphql(desc = "How it is written.")] format: DrawingFormat) -> Drawing {
        self.graph.draw(format)
    }
}

impl ProofObject {
    pub(super) fn new(answer: &Answer, slot: Slot, nodes_max: usize) -> Option<Self> {
        let proof = answer.report.proof(answer.impact_view(), slot, nodes_max)?;
        let nodes: Vec<ProofNodeObject> = (0..proof.nodes.len())
            .map(|place| node(answer, &proof, place))
            .collect();
        Some(Self {
            graph: graph(answer, &proof, &nodes),
            complete: proof.complete,
            how_to_go_on: (!proof.complete)
                .then(|| "raise `maxNodes`, or ask for the proof of a CI on the way".to_owned()),
            nodes,
        })
    }
}

fn place(place: usize) -> i32 {
    i32::try_from(place).unwrap_or(i32::MAX)
}

fn node(answer: &Answer, proof: &Proof, at: usize) -> ProofNodeObject {
    let node = &proof.nodes[at];
    let causes = node.causes.iter().map(|cause| {
        let (kind, relationship_type, group) = carried_by(answer, cause.cause, node.state);
        let only = match cause.sources.as_slice() {
            [only] if cause.sources_omitted == 0 => Some(proof.nodes[*only].slot),
            _ => None,
        };
        ProofCauseObject {
            kind,
            sources: cause.sources.iter().copied().map(place).collect(),
            sources_omitted: cause.sources_omitted.into(),
            relationship: only.and_then(|source| evidence(answer, source, node.slot, relationship_type)),
            group,
        }
    });
    ProofNodeObject {
        place: place(at),
        ci: CiObject::at(&answer.view, node.slot),
        state: node.state.into(),
        round: node.round,
        kind: node.origin.map(begins_as),
        causes: causes.collect(),
        together: node.together.iter().copied().map(place).collect(),
        together_omitted: node.together_omitted.into(),
    }
}

/// The proof as a picture: an edge leads from each source to what follows from it.
fn graph(answer: &Answer, proof: &Proof, nodes: &[ProofNodeObject]) -> Graph {
    let label = |node: &ProofNode| DrawnNode::of(&answer.view, node.slot, Some(node.state));
    let mut graph = Graph {
        nodes: proof.nodes.iter().map(label).collect(),
        edges: Vec::new(),
        complete: proof.complete,
    };
    for (target, (node, told)) in proof.nodes.iter().zip(nodes).enumerate() {
        for (cause, told) in node.causes.iter().zip(&told.causes) {
            let label = match (cause.cause, &told.relationship, &told.group) {
                (Cause::Group { .. }, _, Some(group)) => format!("{}: {}", group.name, group.sentence),
                (_, Some(relationship), _) => relationship.relationship_type.clone(),
                (_, None, _) => String::new(),
            };
            graph.edges.extend(cause.sources.iter().map(|source| DrawnEdge {
                source: *source,
                target,
                label: label.clone(),
            }));
        }
    }
    graph
}
