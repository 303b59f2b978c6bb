//! Whatever the estate and the question: the engine says what the oracle says.

use proptest::prelude::*;

use super::random::{cases, model_and_question};
use crate::graph::Slot;
use crate::graph::dependency::Carrier;
use crate::impact::oracle::{Evaluated, Model, slot, strength};
use crate::impact::{
    Budget, Cause, Counts, ImpactQuestion, ImpactReport, ImpactView, ImpactedCi, Origin, Phase, Scratch,
    TruncationReason, Witness, impact,
};
use crate::model::ImpactState;

/// Every impacted CI in the stated order, by sorting.
fn in_order(model: &Model, truth: &Evaluated) -> Vec<ImpactedCi> {
    let mut impacted: Vec<ImpactedCi> = (0..model.rows.len())
        .filter(|ci| truth.after()[*ci] > truth.before[*ci])
        .map(|ci| ImpactedCi {
            slot: slot(ci),
            depth: u32::try_from(truth.depth(ci)).expect("small"),
            before: truth.before[ci],
            after: truth.after()[ci],
        })
        .collect();
    impacted.sort_by_key(|ci| {
        let row = model.rows[ci.slot.index()];
        (3 - ci.after.level(), row.tier.unwrap_or(9), ci.depth, row.id)
    });
    impacted
}

fn check_counts(model: &Model, counts: &Counts, impacted: &[ImpactedCi]) {
    let count = |state: ImpactState, keep: &dyn Fn(Slot) -> bool| {
        impacted.iter().filter(|ci| ci.after == state && keep(ci.slot)).count() as u64
    };
    let row = |slot: Slot| model.rows[slot.index()];
    assert_eq!(counts.all.down, count(ImpactState::Down, &|_| true));
    assert_eq!(counts.all.at_risk, count(ImpactState::AtRisk, &|_| true));
    assert_eq!(counts.all.total(), impacted.len() as u64);
    assert_eq!(
        counts.by_type.iter().map(|(_, counts)| counts.total()).sum::<u64>(),
        counts.all.total()
    );
    for (ci_type, counts) in &counts.by_type {
        assert_eq!(
            counts.degraded,
            count(ImpactState::Degraded, &|slot| row(slot).ci_type == *ci_type)
        );
    }
    for (tier, counts) in (0u8..).zip(counts.by_tier) {
        assert_eq!(
            counts.down,
            count(ImpactState::Down, &|slot| row(slot).tier.unwrap_or(0) == tier)
        );
    }
}

/// A witness is as long as its CI's depth, and each step is an arc or membership of the model that
/// could carry it in its round.
fn check_witness(model: &Model, question: &ImpactQuestion, truth: &Evaluated, ci: &ImpactedCi, witness: &Witness) {
    assert_eq!(witness.steps.len(), ci.depth as usize, "{witness:?}");
    let mut place = witness.start;
    let mut at = None;
    for (step, round) in witness.steps.iter().zip(1u32..) {
        assert_eq!((step.source, step.round), (place, round));
        let failed = round == 1 && witness.origin == Origin::FailedRelationship;
        let carried = model
            .arcs
            .iter()
            .filter(|arc| arc.source == step.source && arc.target == step.target);
        let mut carrying = carried.filter(|arc| match (step.cause, arc.carrier) {
            (Cause::Relationship { relationship_type }, Carrier::Plain) => {
                let source = if failed {
                    ImpactState::Down
                } else {
                    at.unwrap_or(truth.rounds[0][step.source.index()])
                };
                arc.relationship_type == relationship_type
                    && strength(question, arc).apply(source) >= step.state
                    && failed <= question.failed_arcs.contains(arc)
            }
            (
                Cause::Group {
                    group,
                    gate,
                    up,
                    needed,
                    ..
                },
                Carrier::Member { group: of, .. },
            ) => {
                let values = model.gate(question, &truth.rounds[round as usize - 1], group);
                group == of
                    && up < needed
                    && values.output >= step.state
                    && values.thresholds == [gate.up_min, gate.capacity_min, gate.spare_min, gate.total]
            }
            (Cause::Relationship { .. } | Cause::Group { .. }, Carrier::Plain | Carrier::Member { .. }) => false,
        });
        assert!(carrying.next().is_some(), "no arc carries {step:?}");
        if matches!(step.cause, Cause::Relationship { .. }) && !failed {
            let before = &truth.rounds[round as usize - 1];
            let rivals = model.arcs.iter().filter(|arc| {
                let hits = strength(question, arc).apply(before[arc.source.index()]) >= step.state;
                arc.target == step.target && arc.carrier == Carrier::Plain && hits
            });
            let least = rivals.map(|arc| model.rows[arc.source.index()].id).min();
            assert_eq!(least, Some(model.rows[step.source.index()].id));
        }
        assert!(truth.rounds[round as usize][step.target.index()] >= step.state);
        assert!(truth.rounds[round as usize - 1][step.target.index()] < step.state);
        (place, at) = (step.target, Some(step.state));
    }
    assert_eq!(place, ci.slot);
    if witness.origin == Origin::Failed {
        assert!(question.failed.iter().any(|failed| failed.slot == witness.start));
    }
}

fn check_absorbed(
    model: &Model,
    question: &ImpactQuestion,
    truth: &Evaluated,
    view: ImpactView<'_>,
    report: &ImpactReport,
) {
    let mut expected: Vec<_> = model
        .groups
        .iter()
        .map(|(key, _)| (*key, model.gate(question, truth.after(), *key)))
        .filter(|(_, values)| values.worst >= ImpactState::Degraded && values.output < values.worst)
        .map(|(key, values)| (key, values.up, values.thresholds, values.output, values.worst))
        .collect();
    let found = report.absorbed(view).into_iter();
    let mut found: Vec<_> = found
        .map(|one| {
            let thresholds = [one.up_min, one.capacity_min, one.spare_min, one.total];
            let members = report.absorbed_members(view, &one.group);
            assert!(members.lost.len() + members.degraded.len() > 0);
            (one.group, one.up, thresholds, one.output, one.worst)
        })
        .collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
}

pub(super) fn check(model: &Model, question: &ImpactQuestion, scratch: &mut Scratch) {
    let truth = model.evaluate(question);
    model.with_view(|view| {
        let report = impact(view, question, &Budget::UNLIMITED, scratch).expect("no conflict");
        for ci in 0..model.rows.len() {
            assert_eq!(report.before(slot(ci)), truth.before[ci], "before of {ci}");
            assert_eq!(report.after(slot(ci)), truth.after()[ci], "after of {ci}");
        }
        let expected = in_order(model, &truth);
        assert_eq!(report.page(view, 0..usize::MAX), expected);
        let pages: Vec<ImpactedCi> = (0..=expected.len() / 3)
            .flat_map(|page| report.page(view, page * 3..page * 3 + 3))
            .collect();
        assert_eq!(pages, expected);
        check_counts(model, &report.counts, &expected);
        for ci in &expected {
            let witness = report.witness(view, ci.slot).expect("impacted");
            check_witness(model, question, &truth, ci, &witness);
        }
        check_absorbed(model, question, &truth, view, &report);
        let unbounded = ImpactQuestion {
            depth_max: None,
            ..question.clone()
        };
        assert_eq!(
            report.is_complete(),
            model.evaluate(&unbounded).after() == truth.after()
        );
    });
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn the_engine_says_what_the_oracle_says((model, question) in model_and_question()) {
        check(&model, &question, &mut Scratch::default());
    }

    #[test]
    fn a_scratch_keeps_nothing_of_the_last_question(
        (first, asked) in model_and_question(),
        (second, question) in model_and_question(),
    ) {
        let mut scratch = Scratch::default();
        check(&first, &asked, &mut scratch);
        check(&second, &question, &mut scratch);
        check(&first, &asked, &mut scratch);
    }

    /// Any limit on arcs or results gives states that are at most the true ones, equal to those of
    /// the round that is named, and leaves the scratch clean.
    #[test]
    fn a_truncated_answer_is_the_truth_of_an_earlier_round(
        (model, question) in model_and_question(),
        limit in 0..12u64,
        by_results in any::<bool>(),
    ) {
        let truth = model.evaluate(&question);
        let mut scratch = Scratch::default();
        model.with_view(|view| {
            let mut budget = Budget::UNLIMITED;
            if by_results { budget.results_max = limit } else { budget.arcs_visited_max = limit }
            let report = impact(view, &question, &budget, &mut scratch).expect("no conflict");
            let round = match report.truncated {
                Some(truncated) if truncated.phase == Phase::Before => {
                    assert_eq!(report.counts.all.total(), 0);
                    return;
                }
                Some(truncated) if truncated.reason != TruncationReason::Depth => truncated.round as usize,
                Some(_) | None => truth.rounds.len() - 1,
            };
            for ci in 0..model.rows.len() {
                assert_eq!(report.after(slot(ci)), truth.rounds[round][ci]);
            }
            // A round that was given up leaves no trace in the arithmetic of the groups.
            if report.truncated.is_some_and(|truncated| truncated.reason == TruncationReason::Arcs) {
                let counted = round.checked_sub(1).map_or(&truth.before, |round| &truth.rounds[round]);
                let plain = ImpactQuestion { failed_arcs: Vec::new(), ..question.clone() };
                let asked = if round == 0 { &plain } else { &question };
                for one in report.absorbed(view) {
                    assert_eq!(one.up, model.gate(asked, counted, one.group).up);
                }
            }
        });
        check(&model, &question, &mut scratch);
    }
}
