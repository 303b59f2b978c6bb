//! The properties of section 2.6 of the law, each on random estates.

use proptest::prelude::*;

use super::random::{cases, model, model_and_question};
use super::{ask, states_after};
use crate::graph::dependency::Carrier;
use crate::impact::oracle::{Model, slot, strength};
use crate::impact::{Budget, FailedCi, ImpactQuestion, Premises, Scratch, StartingState, potential_impact};
use crate::model::{ImpactState, Strength, Threshold, Thresholds, Weight};

fn failing(failed: &[FailedCi]) -> ImpactQuestion {
    ImpactQuestion {
        failed: failed.to_vec(),
        ..ImpactQuestion::default()
    }
}

fn worst(failed: &[FailedCi]) -> ImpactState {
    failed.iter().map(|failed| failed.state).max().unwrap_or_default()
}

fn every_arc_plain(model: &Model) -> Model {
    let mut plain = model.clone();
    plain.groups.clear();
    for arc in &mut plain.arcs {
        arc.carrier = Carrier::Plain;
    }
    plain
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn the_potential_impact_is_what_can_be_reached((model, question) in model_and_question()) {
        let mut carrying = model.clone();
        carrying.arcs.retain(|arc| strength(&question, arc).apply(ImpactState::Down) > ImpactState::Ok);
        let failed: Vec<_> = question.failed.iter().map(|failed| failed.slot).collect();
        let mut scratch = Scratch::default();
        model.with_view(|view| {
            let potential = potential_impact(view, &failed, &question.premises, &Budget::UNLIMITED, &mut scratch);
            let reached: std::collections::BTreeSet<_> = potential.reached.iter().copied().collect();
            assert_eq!(reached.len(), potential.reached.len());
            assert_eq!(reached, carrying.reachable(failed.iter().copied()));
            let again = potential_impact(view, &[], &question.premises, &Budget::UNLIMITED, &mut scratch);
            assert_eq!(again.reached, []);
        });
    }

    #[test]
    fn the_order_of_insertion_changes_nothing(
        (model, question) in model_and_question(),
        seed in any::<u64>(),
    ) {
        let mut shuffled = model.clone();
        let mut random = fastrand::Rng::with_seed(seed);
        random.shuffle(&mut shuffled.arcs);
        random.shuffle(&mut shuffled.groups);
        let facts = |model: &Model| {
            let report = ask(model, &question);
            model.with_view(|view| {
                let page = report.page(view, 0..usize::MAX);
                let witnesses: Vec<_> = page.iter().map(|ci| report.witness(view, ci.slot)).collect();
                (page, witnesses, report.absorbed(view), report.warnings.clone(), report.held_pins.clone())
            })
        };
        prop_assert_eq!(facts(&model), facts(&shuffled));
    }

    #[test]
    fn more_or_worse_failures_make_nothing_better((model, question) in model_and_question(), extra in 0..12usize) {
        let mut more = question.clone();
        for failed in &mut more.failed {
            failed.state = ImpactState::Down;
        }
        let extra = slot(extra % model.rows.len());
        if more.premises.assumed.iter().all(|pin| pin.slot != extra) {
            more.failed.push(FailedCi { slot: extra, state: ImpactState::Down });
        }
        more.failed_arcs.extend(model.arcs.first());
        let (less, more) = (
            states_after(&model, &ImpactQuestion { depth_max: None, ..question }),
            states_after(&model, &ImpactQuestion { depth_max: None, ..more }),
        );
        prop_assert!(less.iter().zip(&more).all(|(less, more)| less <= more));
    }

    #[test]
    fn nothing_gets_worse_than_the_worst_root((model, question) in model_and_question()) {
        let after = states_after(&model, &failing(&question.failed));
        prop_assert!(after.iter().all(|state| *state <= worst(&question.failed)));
    }

    #[test]
    fn without_groups_impacts_superpose((model, question) in model_and_question(), cut in 0..4usize) {
        let model = every_arc_plain(&model);
        let (left, right) = question.failed.split_at(cut.min(question.failed.len()));
        let left = states_after(&model, &failing(left));
        let right = states_after(&model, &failing(right));
        let both = states_after(&model, &failing(&question.failed));
        let joined: Vec<ImpactState> = left.iter().zip(&right).map(|(left, right)| *left.max(right)).collect();
        prop_assert_eq!(both, joined);
    }

    #[test]
    fn groups_that_need_all_are_plain_arcs((model, question) in model_and_question()) {
        let mut all = model.clone();
        for (_, parameters) in &mut all.groups {
            parameters.thresholds = Thresholds { up_min: Some(Threshold::Percent(100)), ..Thresholds::default() };
            parameters.strength = Strength::DOWN;
        }
        let plain = every_arc_plain(&model);
        let question = failing(&question.failed);
        prop_assert_eq!(states_after(&all, &question), states_after(&plain, &question));
    }

    #[test]
    fn what_is_hit_is_reachable_from_what_failed((model, question) in model_and_question()) {
        let question = failing(&question.failed);
        let reachable = model.reachable(question.failed.iter().map(|failed| failed.slot));
        let after = states_after(&model, &question);
        for (ci, state) in after.iter().enumerate() {
            prop_assert!(*state == ImpactState::Ok || reachable.contains(&slot(ci)));
        }
    }

    #[test]
    fn two_steps_are_as_one((model, question) in model_and_question()) {
        let stepwise = ImpactQuestion {
            failed: question.failed.clone(),
            premises: Premises {
                starting_failed: question.premises.starting_failed.clone(),
                starting_state: StartingState::Current,
                ..Premises::default()
            },
            ..ImpactQuestion::default()
        };
        let at_once = ImpactQuestion {
            failed: Vec::new(),
            premises: Premises {
                starting_failed: [question.failed, question.premises.starting_failed].concat(),
                ..stepwise.premises.clone()
            },
            ..stepwise.clone()
        };
        prop_assert_eq!(states_after(&model, &stepwise), states_after(&model, &at_once));
    }

    #[test]
    fn a_bounded_depth_is_a_prefix_of_the_rounds((model, question) in model_and_question(), depth_max in 0..6u32) {
        let bounded = ImpactQuestion { depth_max: Some(depth_max), ..question.clone() };
        let rounds = model.evaluate(&ImpactQuestion { depth_max: None, ..question }).rounds;
        let round = rounds.len().min(depth_max as usize + 1) - 1;
        prop_assert_eq!(&states_after(&model, &bounded), &rounds[round]);
    }

    #[test]
    fn weights_beyond_a_byte_count_like_others(model in model(), failed in 0..12usize) {
        let scale = |factor: i64| {
            let mut scaled = model.clone();
            for arc in &mut scaled.arcs {
                if let Carrier::Member { weight, .. } = &mut arc.carrier {
                    *weight = Weight::new(factor).expect("in range");
                }
            }
            for (_, parameters) in &mut scaled.groups {
                parameters.thresholds = Thresholds { up_min: Some(Threshold::Percent(50)), ..Thresholds::default() };
            }
            scaled
        };
        let slot = slot(failed % model.rows.len());
        let question = failing(&[FailedCi { slot, state: ImpactState::Down }]);
        prop_assert_eq!(states_after(&scale(1), &question), states_after(&scale(1000), &question));
    }
}
