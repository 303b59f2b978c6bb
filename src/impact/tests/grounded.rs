//! Groups whose members must not hold each other up: section 2.10 of the law.

use proptest::prelude::*;

use super::random::{cases, grounded_model_and_question};
use super::{ask, states_after};
use crate::graph::dependency::{Carrier, GroupKey, GroupParameters, ImpactArc};
use crate::impact::oracle::{Model, slot};
use crate::impact::{Budget, FailedCi, ImpactQuestion, Origin, Premises, Probe, Scratch, WarningCode, impact};
use crate::model::{ImpactState, PoolId, RelationshipTypeId, Strength, Threshold, Thresholds, Weight};

const TYPE: Option<RelationshipTypeId> = Some(RelationshipTypeId::new(0));

pub(super) fn plain(source: usize, target: usize) -> ImpactArc {
    ImpactArc {
        source: slot(source),
        target: slot(target),
        strength: Strength::DOWN,
        relationship_type: TYPE,
        carrier: Carrier::Plain,
    }
}

/// A grounded group that needs one of its members.
pub(super) fn one_of(model: &mut Model, consumer: usize, members: &[usize]) {
    let group = GroupKey::Pool {
        consumer: slot(consumer),
        pool: PoolId::new(0),
    };
    let parameters = GroupParameters {
        consumer: slot(consumer),
        thresholds: Thresholds {
            up_min: Some(Threshold::Count(1)),
            ..Thresholds::default()
        },
        strength: Strength::DOWN,
        grounded: true,
    };
    model.groups.push((group, parameters));
    model.arcs.extend(members.iter().map(|member| ImpactArc {
        carrier: Carrier::Member {
            group,
            weight: Weight::ONE,
        },
        ..plain(*member, consumer)
    }));
}

fn down(cis: &[usize]) -> ImpactQuestion {
    let failed = cis.iter().map(|ci| FailedCi {
        slot: slot(*ci),
        state: ImpactState::Down,
    });
    ImpactQuestion {
        failed: failed.collect(),
        ..ImpactQuestion::default()
    }
}

fn read_plainly(question: ImpactQuestion) -> ImpactQuestion {
    ImpactQuestion {
        premises: Premises {
            grounded: false,
            ..question.premises
        },
        ..question
    }
}

/// Two routers, each with an uplink and each other; and an application on one of them.
fn routers() -> Model {
    let mut model = Model::of(5);
    one_of(&mut model, 2, &[0, 3]);
    one_of(&mut model, 3, &[1, 2]);
    model.arcs.push(plain(3, 4));
    model
}

#[test]
fn routers_that_list_each_other_fall_when_both_uplinks_are_gone() {
    let model = routers();
    let report = ask(&model, &down(&[0, 1]));
    for ci in 0..5 {
        assert_eq!(report.after(slot(ci)), ImpactState::Down);
    }
    let plain = ask(&model, &read_plainly(down(&[0, 1])));
    assert_eq!(plain.after(slot(2)), ImpactState::AtRisk);
    assert_eq!(ask(&model, &down(&[0])).after(slot(2)), ImpactState::AtRisk);
}

#[test]
fn a_fall_for_want_of_ground_is_explained_by_the_set_that_fell() {
    let model = routers();
    let report = ask(&model, &down(&[0, 1]));
    model.with_view(|view| {
        let witness = report.witness(view, slot(4)).expect("it is down");
        assert_eq!((witness.origin, witness.start), (Origin::Ungrounded, slot(3)));
        let mut fallen = witness.ungrounded.clone();
        fallen.sort_unstable();
        assert_eq!(fallen, [slot(2), slot(3)]);
        assert_eq!(witness.steps.len(), 1);
    });
}

#[test]
fn the_end_of_a_spur_falls_though_neighbours_are_listed_both_ways() {
    // 0 is the core, 1 - 2 - 3 a spur, 4 a server on it.
    let mut model = Model::of(5);
    one_of(&mut model, 1, &[0, 2]);
    one_of(&mut model, 2, &[1, 3]);
    one_of(&mut model, 3, &[2]);
    one_of(&mut model, 4, &[3]);
    let report = ask(&model, &down(&[1]));
    let states: Vec<_> = (1..5).map(|ci| report.after(slot(ci))).collect();
    assert_eq!(states, [ImpactState::Down; 4]);
    assert_eq!(report.after(slot(0)), ImpactState::Ok);
}

#[test]
fn an_island_stands_as_before_and_is_reported() {
    // 0 and 1 list only each other; 2 has them and an uplink, 3.
    let mut model = Model::of(4);
    one_of(&mut model, 0, &[1, 2]);
    one_of(&mut model, 1, &[0]);
    let report = ask(&model, &down(&[3]));
    assert_eq!(report.counts.all.total(), 1);
    let mut island = Model::of(4);
    one_of(&mut island, 0, &[1]);
    one_of(&mut island, 1, &[0]);
    one_of(&mut island, 2, &[0, 3]);
    let report = ask(&island, &down(&[3]));
    assert_eq!(report.after(slot(2)), ImpactState::AtRisk);
    let report = ask(&island, &down(&[0]));
    assert_eq!(report.after(slot(1)), ImpactState::Down);
    let codes: Vec<WarningCode> = report.warnings.iter().map(|warning| warning.code).collect();
    assert_eq!(codes, [WarningCode::UngroundedAtBaseline]);
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn the_second_pass_says_what_the_definition_says((model, question) in grounded_model_and_question()) {
        let (before, after) = model.evaluate_grounded(&question);
        let report = ask(&model, &question);
        for ci in 0..model.rows.len() {
            prop_assert_eq!(report.before(slot(ci)), before[ci], "before of {}", ci);
            prop_assert_eq!(report.after(slot(ci)), after[ci], "after of {}", ci);
        }
    }

    #[test]
    fn the_grounded_reading_is_never_better_than_the_plain_one((model, question) in grounded_model_and_question()) {
        let plain = states_after(&model, &read_plainly(question.clone()));
        let truth = model.evaluate(&question);
        prop_assert_eq!(&plain, truth.after());
        let grounded = states_after(&model, &question);
        prop_assert!(plain.iter().zip(&grounded).all(|(plain, grounded)| plain <= grounded));
        if model.index().grounding().is_empty() {
            prop_assert_eq!(plain, grounded);
        }
    }

    #[test]
    fn a_probe_reads_grounded_groups_as_a_question_does(
        (model, question) in grounded_model_and_question(),
        tried in prop::collection::vec((0..12usize, any::<bool>()), 1..6),
    ) {
        let premises = question.premises;
        let pinned = |ci: usize| premises.assumed.iter().any(|pin| pin.slot == slot(ci));
        let mut scratch = Scratch::default();
        model.with_view(|view| {
            let floor = ImpactState::AtRisk;
            let mut probe =
                Probe::new(view, &premises, floor, &Budget::UNLIMITED, &mut scratch).expect("no conflict");
            let mut places = vec![(probe.mark(), Vec::new())];
            for (ci, back) in tried {
                let ci = ci % model.rows.len();
                if back {
                    places.truncate(1.max(places.len() - 1));
                    probe.undo(places.last().expect("the start").0);
                } else if !pinned(ci) {
                    probe.fail_down(slot(ci), |_, _| false).expect("no limit");
                    let mut failed = places.last().expect("the start").1.clone();
                    failed.extend(down(&[ci]).failed);
                    places.push((probe.mark(), failed));
                }
                let failed = places.last().expect("the start").1.clone();
                let asked = ImpactQuestion { failed, premises: premises.clone(), ..ImpactQuestion::default() };
                let (_, after) = model.evaluate_grounded(&asked);
                for (ci, state) in after.iter().enumerate() {
                    assert_eq!(probe.state(slot(ci)), *state, "{ci}");
                }
            }
        });
    }

    #[test]
    fn a_grounded_answer_that_is_cut_short_says_no_more_than_the_truth(
        (model, question) in grounded_model_and_question(),
        limit in 0..40u64,
    ) {
        let (_, after) = model.evaluate_grounded(&question);
        let mut scratch = Scratch::default();
        let budget = Budget { arcs_visited_max: limit, ..Budget::UNLIMITED };
        model.with_view(|view| {
            let report = impact(view, &question, &budget, &mut scratch).expect("no conflict");
            for (ci, truth) in after.iter().enumerate() {
                let found = report.after(slot(ci));
                assert!(if report.is_complete() { found == *truth } else { found <= *truth });
            }
            let whole = impact(view, &question, &Budget::UNLIMITED, &mut scratch).expect("no conflict");
            for (ci, truth) in after.iter().enumerate() {
                assert_eq!(whole.after(slot(ci)), *truth);
            }
        });
    }
}

/// A circle that stands on another circle, which falls only because it has no ground: its last support is
/// lost by that, and not by the rounds.
#[test]
fn a_circle_falls_with_the_circle_it_stood_on() {
    let mut model = Model::of(7);
    one_of(&mut model, 0, &[1, 4, 5]);
    one_of(&mut model, 4, &[0]);
    one_of(&mut model, 1, &[2]);
    one_of(&mut model, 2, &[1, 3, 6]);
    for failing in [vec![3, 5, 6], vec![3, 6], vec![5, 6], vec![3, 5]] {
        let question = down(&failing);
        let (_, expected) = model.evaluate_grounded(&question);
        assert_eq!(states_after(&model, &question), expected, "{failing:?}");
    }
    assert_eq!(states_after(&model, &down(&[3, 5, 6]))[0], ImpactState::Down);
}
