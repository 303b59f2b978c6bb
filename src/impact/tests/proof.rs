//! A proof holds all causes, has no cycle, and what it ends in suffices.

use proptest::prelude::*;

use super::random::{cases, grounded_model_and_question, model_and_question};
use crate::graph::dependency::Carrier;
use crate::impact::oracle::{Model, slot, strength};
use crate::impact::{
    Budget, Cause, FailedCi, ImpactQuestion, ImpactReport, ImpactView, Origin, Proof, ProofNode, Scratch, Weakened,
    impact,
};
use crate::model::ImpactState;

/// The failures that a proof ends in, asked alone.
fn its_leaves(question: &ImpactQuestion, proof: &Proof) -> ImpactQuestion {
    let ends_in = |origin: Origin| move |node: &&ProofNode| node.origin == Some(origin);
    let failed = proof.nodes.iter().filter(ends_in(Origin::Failed));
    let broken = proof
        .nodes
        .iter()
        .any(|node| node.origin == Some(Origin::FailedRelationship));
    ImpactQuestion {
        failed: failed
            .map(|node| FailedCi {
                slot: node.slot,
                state: node.state,
            })
            .collect(),
        failed_arcs: if broken {
            question.failed_arcs.clone()
        } else {
            Vec::new()
        },
        ..question.clone()
    }
}

fn check_shape(proof: &Proof) {
    for node in &proof.nodes {
        assert!(node.origin.is_some() || !node.causes.is_empty());
        for cause in &node.causes {
            for source in &cause.sources {
                let source = &proof.nodes[*source];
                assert!(source.round < node.round, "{proof:?}");
            }
            if let Cause::Group { up, needed, .. } = cause.cause {
                assert!(up < needed);
            }
        }
        for other in &node.together {
            assert_eq!(
                (proof.nodes[*other].origin, proof.nodes[*other].round),
                (Some(Origin::Ungrounded), node.round)
            );
        }
    }
}

fn report(view: ImpactView<'_>, question: &ImpactQuestion) -> ImpactReport {
    impact(view, question, &Budget::UNLIMITED, &mut Scratch::default()).expect("no conflict")
}

/// The links that weaken, straight from the list of arcs.
fn weakened(model: &Model, question: &ImpactQuestion, report: &ImpactReport) -> Vec<(ImpactState, usize, usize)> {
    let arcs = model.arcs.iter().filter(|arc| {
        let (took, before) = (report.after(arc.source), report.before(arc.source));
        let excluded = |id| question.premises.excluded_types.contains(&id);
        took > before
            && took >= ImpactState::Degraded
            && report.after(arc.target) < took
            && arc.carrier == Carrier::Plain
            && !arc.relationship_type.is_some_and(excluded)
            && arc.strength.apply(took) < took
    });
    let mut found: Vec<_> = arcs
        .map(|arc| (report.after(arc.source), arc.target.index(), arc.source.index()))
        .collect();
    found.sort_unstable();
    found
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn what_a_proof_ends_in_suffices((model, question) in model_and_question()) {
        let question = ImpactQuestion { depth_max: None, ..question };
        model.with_view(|view| {
            let report = report(view, &question);
            for ci in 0..model.rows.len() {
                let Some(proof) = report.proof(view, slot(ci), 1_000) else {
                    assert_eq!(report.after(slot(ci)), ImpactState::Ok);
                    continue;
                };
                assert!(proof.complete);
                check_shape(&proof);
                let alone = model.evaluate(&its_leaves(&question, &proof));
                assert!(alone.after()[ci] >= report.after(slot(ci)), "{proof:?}");
                for node in &proof.nodes {
                    for cause in &node.causes {
                        check_plain_causes(&model, &question, &proof, node, cause.cause, &cause.sources);
                    }
                }
            }
            let found = report.weakened(view);
            let plain = found.iter().filter(|one| one.group.is_none());
            let mut plain: Vec<_> = plain
                .map(|one: &Weakened| (one.took, one.target.index(), one.source.index()))
                .collect();
            plain.sort_unstable();
            assert_eq!(plain, weakened(&model, &question, &report));
        });
    }

    #[test]
    fn what_a_proof_of_the_grounded_reading_ends_in_suffices((model, question) in grounded_model_and_question()) {
        model.with_view(|view| {
            let report = report(view, &question);
            for ci in 0..model.rows.len() {
                let Some(proof) = report.proof(view, slot(ci), 1_000) else { continue };
                check_shape(&proof);
                let (_, alone) = model.evaluate_grounded(&its_leaves(&question, &proof));
                assert!(alone[ci] >= report.after(slot(ci)), "{proof:?}");
            }
        });
    }

    #[test]
    fn a_proof_without_room_says_what_it_leaves_out((model, question) in model_and_question(), room in 1..6usize) {
        model.with_view(|view| {
            let report = report(view, &question);
            for ci in 0..model.rows.len() {
                let (Some(proof), Some(whole)) =
                    (report.proof(view, slot(ci), room), report.proof(view, slot(ci), 1_000))
                else {
                    continue;
                };
                assert!(proof.nodes.len() <= room);
                assert_eq!(proof.complete, whole.nodes.len() <= room);
                let omitted = proof.nodes.iter().flat_map(|node| &node.causes).map(|cause| cause.sources_omitted);
                assert_eq!(proof.complete, omitted.sum::<usize>() == 0);
            }
        });
    }
}

/// A plain cause is an arc of the model that carries its source's state to at least the node's.
fn check_plain_causes(
    model: &Model,
    question: &ImpactQuestion,
    proof: &Proof,
    node: &ProofNode,
    cause: Cause,
    sources: &[usize],
) {
    let Cause::Relationship { relationship_type } = cause else {
        return;
    };
    let source = &proof.nodes[sources[0]];
    let failed = source.origin == Some(Origin::FailedRelationship);
    let carried = model.arcs.iter().any(|arc| {
        let state = if failed { ImpactState::Down } else { source.state };
        arc.carrier == Carrier::Plain
            && (arc.source, arc.target, arc.relationship_type) == (source.slot, node.slot, relationship_type)
            && strength(question, arc).apply(state) >= node.state
    });
    assert!(carried, "{node:?}");
}
