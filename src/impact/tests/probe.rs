//! A probe says what questions of their own would say, whatever was tried and taken back before.

use proptest::collection::vec;
use proptest::prelude::*;

use super::random::{cases, model_and_question};
use crate::graph::Slot;
use crate::impact::oracle::{Model, States, slot};
use crate::impact::{Budget, FailedCi, ImpactQuestion, Probe, Scratch, TruncationReason};
use crate::model::ImpactState;

/// A failure on top of the others, or a step back.
#[derive(Clone, Debug)]
enum Step {
    Fail(Vec<(usize, ImpactState)>),
    StopAt(usize, usize),
    Back,
}

fn step() -> impl Strategy<Value = Step> {
    let state = prop_oneof![
        Just(ImpactState::Down),
        Just(ImpactState::Degraded),
        Just(ImpactState::AtRisk)
    ];
    prop_oneof![
        3 => vec((0..12usize, state), 1..3).prop_map(Step::Fail),
        1 => (0..12usize, 0..12usize).prop_map(|(ci, at)| Step::StopAt(ci, at)),
        2 => Just(Step::Back),
    ]
}

/// The states with only those of `floor` or worse told apart from OK.
fn above(states: &States, floor: ImpactState) -> States {
    let keep = |state: &ImpactState| if *state < floor { ImpactState::Ok } else { *state };
    states.iter().map(keep).collect()
}

/// What a probe says of all CIs.
fn all(probe: &Probe<'_>, model: &Model) -> States {
    (0..model.rows.len()).map(|ci| probe.state(slot(ci))).collect()
}

/// The CIs that `target` depends on, and itself.
fn with_dependencies(model: &Model, target: Slot) -> Vec<Slot> {
    let cis = (0..model.rows.len()).map(slot);
    cis.filter(|ci| model.reachable([*ci]).contains(&target)).collect()
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn failures_tried_and_taken_back_are_as_questions_of_their_own(
        (model, question) in model_and_question(),
        steps in vec(step(), 1..8),
        floor in prop_oneof![Just(ImpactState::AtRisk), Just(ImpactState::Degraded), Just(ImpactState::Down)],
    ) {
        let premises = question.premises;
        let mut scratch = Scratch::default();
        model.with_view(|view| {
            let mut probe =
                Probe::new(view, &premises, floor, &Budget::UNLIMITED, &mut scratch).expect("no conflict");
            let mut places = vec![(probe.mark(), Vec::<FailedCi>::new())];
            for step in &steps {
                let (mark, failed) = places.last().expect("the start").clone();
                let cis = model.rows.len();
                match step {
                    Step::Fail(more) => {
                        let pinned = |ci: Slot| premises.assumed.iter().any(|pin| pin.slot == ci);
                        let more = more.iter().map(|(ci, state)| FailedCi { slot: slot(ci % cis), state: *state });
                        let more: Vec<FailedCi> = more.filter(|one| !pinned(one.slot)).collect();
                        assert!(!probe.fail(&more, |_, _| false).expect("no limit"));
                        places.push((probe.mark(), [failed, more].concat()));
                    }
                    Step::StopAt(ci, at) => {
                        let at = slot(at % cis);
                        let stopped = probe.fail_down(slot(ci % cis), |slot, _| slot == at).expect("no limit");
                        assert_eq!(stopped, probe.risen_since(mark).any(|(slot, _)| slot == at));
                        probe.undo(mark);
                    }
                    Step::Back => {
                        places.truncate(1.max(places.len() - 1));
                        probe.undo(places.last().expect("the start").0);
                    }
                }
                let failed = places.last().expect("the start").1.clone();
                let asked = ImpactQuestion { failed, premises: premises.clone(), ..ImpactQuestion::default() };
                let truth = model.evaluate(&asked);
                assert_eq!(all(&probe, &model), above(truth.after(), floor));
                for ci in 0..cis {
                    assert_eq!(probe.before(slot(ci)), above(&truth.before, floor)[ci]);
                }
            }
        });
        // And nothing of it is left in the scratch.
        let asked = ImpactQuestion { premises, ..ImpactQuestion::default() };
        super::agreement::check(&model, &asked, &mut scratch);
    }

    #[test]
    fn a_confined_probe_is_right_about_what_it_is_confined_to(
        (model, question) in model_and_question(),
        target in 0..12usize,
        failing in vec(0..12usize, 1..4),
    ) {
        let target = slot(target % model.rows.len());
        let inside = with_dependencies(&model, target);
        let premises = question.premises;
        let pinned = |ci: Slot| premises.assumed.iter().any(|pin| pin.slot == ci);
        let failing = failing.iter().map(|ci| slot(ci % model.rows.len())).filter(|ci| !pinned(*ci));
        let failed: Vec<FailedCi> =
            failing.map(|slot| FailedCi { slot, state: ImpactState::Down }).collect();
        model.with_view(|view| {
            let mut scratch = Scratch::default();
            let floor = ImpactState::AtRisk;
            let mut probe =
                Probe::new(view, &premises, floor, &Budget::UNLIMITED, &mut scratch).expect("no conflict");
            probe.confine(inside.iter().copied());
            let start = probe.mark();
            for one in &failed {
                probe.fail(&[*one], |_, _| false).expect("no limit");
                probe.undo(start);
            }
            probe.fail(&failed, |_, _| false).expect("no limit");
            let asked = ImpactQuestion { failed, premises: premises.clone(), ..ImpactQuestion::default() };
            let truth = model.evaluate(&asked);
            for ci in inside {
                assert_eq!(probe.state(ci), truth.after()[ci.index()]);
            }
        });
    }

    #[test]
    fn a_probe_that_runs_out_of_budget_can_be_taken_back(
        (model, question) in model_and_question(),
        limit in 0..40u64,
        failing in vec(0..12usize, 1..6),
    ) {
        let budget = Budget { arcs_visited_max: limit, ..Budget::UNLIMITED };
        let mut scratch = Scratch::default();
        model.with_view(|view| {
            let floor = ImpactState::AtRisk;
            let Ok(mut probe) = Probe::new(view, &question.premises, floor, &budget, &mut scratch) else {
                return;
            };
            let start = probe.mark();
            for ci in &failing {
                let run = probe.fail_down(slot(ci % model.rows.len()), |_, _| false);
                assert!(run.is_ok() || run == Err(TruncationReason::Arcs));
                probe.undo(start);
                for ci in 0..model.rows.len() {
                    assert_eq!(probe.state(slot(ci)), probe.before(slot(ci)));
                }
            }
        });
        let asked = ImpactQuestion { premises: question.premises, ..ImpactQuestion::default() };
        super::agreement::check(&model, &asked, &mut scratch);
    }
}
