//! Dependencies and single points of failure against the oracle and the law's cases.

use proptest::prelude::*;

use super::random::{cases, grounded_model_and_question, model_and_question};
use crate::graph::Slot;
use crate::graph::dependency::{Carrier, ImpactArc};
use crate::impact::oracle::{Model, id_of, slot};
use crate::impact::{
    Budget, CfiaQuestion, Dependencies, DependencyLink, DependencyRole, FailedCi, Premises, Scratch, SinglePoints,
    SinglePointsOfFailure, Stage, TruncationReason, cfia, dependencies, single_points_of_failure,
};
use crate::model::{CiId, ImpactState, Strength};

/// Any premises, on a model with groups of both kinds.
pub(super) fn model_and_premises() -> impl Strategy<Value = (Model, Premises)> {
    let plain = model_and_question().prop_map(|(model, question)| (model, question.premises));
    let grounded = (grounded_model_and_question(), any::<bool>()).prop_map(|((model, question), healthy)| {
        // With nothing failed before, redundancy holds more often.
        let premises = if healthy {
            Premises::default()
        } else {
            question.premises
        };
        (model, premises)
    });
    prop_oneof![plain, grounded]
}

pub(super) fn level() -> impl Strategy<Value = ImpactState> {
    prop_oneof![
        2 => Just(ImpactState::Down),
        1 => Just(ImpactState::Degraded),
        1 => Just(ImpactState::AtRisk)
    ]
}

fn id(ci: Slot) -> CiId {
    id_of(ci.index())
}

fn ask_dependencies(model: &Model, target: Slot, premises: &Premises, budget: &Budget<'_>) -> Dependencies {
    model.with_view(|view| dependencies(view, target, premises, budget, &mut Scratch::default()).expect("no conflict"))
}

fn ask_points(
    model: &Model,
    targets: &[Slot],
    level: ImpactState,
    premises: &Premises,
    budget: &Budget<'_>,
) -> SinglePointsOfFailure {
    model.with_view(|view| {
        single_points_of_failure(view, targets, level, premises, budget, &mut Scratch::default()).expect("no conflict")
    })
}

fn slots(points: &SinglePoints) -> Vec<Slot> {
    points.points.iter().map(|point| point.slot).collect()
}

pub(super) fn limited(links: u64) -> Budget<'static> {
    Budget {
        arcs_visited_max: links,
        ..Budget::UNLIMITED
    }
}

/// The single points of failure by trying all.
fn points_by_trying(model: &Model, premises: &Premises, target: Slot, level: ImpactState) -> Vec<Slot> {
    let candidates = model.candidates(premises, target).into_iter();
    let mut points: Vec<Slot> = candidates
        .filter(|ci| {
            let (before, after) = model.hit(premises, target, &[*ci]);
            before < level && after >= level
        })
        .collect();
    points.sort_by_key(|ci| id(*ci));
    points
}

fn by_id(mut cis: Vec<Slot>) -> Vec<Slot> {
    cis.sort_by_key(|ci| id(*ci));
    cis
}

/// Following the steps ends at the target, over links of the model.
fn check_steps(model: &Model, answer: &Dependencies) {
    for dependency in &answer.dependencies {
        let (mut at, mut steps) = (*dependency, 0);
        loop {
            let step = at.via.expect("all dependencies were found");
            assert!(
                model.arcs.iter().any(|arc| arc.source == at.slot
                    && arc.target == step.dependent
                    && match (arc.carrier, step.link) {
                        (Carrier::Plain, DependencyLink::Relationship { relationship_type }) =>
                            arc.relationship_type == relationship_type,
                        (Carrier::Member { group, .. }, DependencyLink::Group { group: known, .. }) => group == known,
                        _ => false,
                    }),
                "{step:?}"
            );
            steps += 1;
            if step.dependent == answer.target {
                break;
            }
            assert!(steps <= model.rows.len(), "a circle");
            at = *answer
                .dependencies
                .iter()
                .find(|other| other.slot == step.dependent)
                .expect("every step is a dependency");
        }
        assert!(steps >= dependency.depth as usize);
    }
}

fn check_dependencies(model: &Model, premises: &Premises, target: Slot) {
    let answer = ask_dependencies(model, target, premises, &Budget::UNLIMITED);
    assert_eq!(answer.incomplete, None);
    assert_eq!(answer.before, model.hit(premises, target, &[]).0);
    let healthy = Premises {
        starting_state: crate::impact::StartingState::Structural,
        starting_failed: Vec::new(),
        // What is assumed does not change, and what it does is there before.
        assumed: premises
            .assumed
            .iter()
            .map(|pin| FailedCi {
                state: ImpactState::Ok,
                ..*pin
            })
            .collect(),
        ..premises.clone()
    };
    let plain = model.without_redundancy();
    let hops = model.hops_back(premises, target);
    let mut expected = Vec::new();
    for (depth, cis) in hops.iter().enumerate().skip(1) {
        for ci in by_id(cis.iter().copied().collect()) {
            let potential = plain.hit(&healthy, target, &[ci]).1;
            if potential > ImpactState::Ok && !premises.assumed.iter().any(|pin| pin.slot == target) {
                let actual = model.hit(premises, target, &[ci]).1;
                expected.push((ci, depth, potential, Some(actual)));
            }
        }
    }
    let found: Vec<_> = answer
        .dependencies
        .iter()
        .map(|one| (one.slot, one.depth as usize, one.potential, one.actual))
        .collect();
    assert_eq!(found, expected);
    for one in &answer.dependencies {
        assert!(one.actual <= Some(one.potential.max(answer.before)));
        let role = match (one.potential, one.actual) {
            (ImpactState::Down, _) if answer.before == ImpactState::Down => None,
            (ImpactState::Down, Some(ImpactState::Down)) => Some(DependencyRole::SinglePointOfFailure),
            (ImpactState::Down, _) => Some(DependencyRole::Redundant),
            _ => Some(DependencyRole::Supporting),
        };
        assert_eq!(one.role, role);
    }
    check_steps(model, &answer);
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn dependencies_are_what_trying_all_finds((model, premises) in model_and_premises(), target in 0..12usize) {
        check_dependencies(&model, &premises, slot(target % model.rows.len()));
    }

    #[test]
    fn single_points_are_what_trying_all_finds((model, premises) in model_and_premises(), level in level()) {
        let targets: Vec<Slot> = (0..model.rows.len()).map(slot).collect();
        let together = ask_points(&model, &targets, level, &premises, &Budget::UNLIMITED);
        let outcomes: Vec<_> = targets.iter().map(|ci| model.outcome(&premises, &[*ci])).collect();
        for (target, points) in targets.iter().zip(&together.targets) {
            assert_eq!((points.target, points.undecided, points.incomplete), (*target, 0, None));
            let candidates = model.candidates(&premises, *target).into_iter();
            let truth = candidates.filter(|ci| {
                let (before, after) = &outcomes[ci.index()];
                before[target.index()] < level && after[target.index()] >= level
            });
            assert_eq!(by_id(slots(points)), by_id(truth.collect()), "of {target:?}");
            let alone = ask_points(&model, &[*target], level, &premises, &Budget::UNLIMITED);
            assert_eq!(&alone.targets[0].points, &points.points);
            let mut order = points.points.clone();
            order.sort_by_key(|point| (point.depth, id(point.slot)));
            assert_eq!(&order, &points.points);
        }
    }

    #[test]
    fn what_a_limit_leaves_out_is_said(
        (model, premises) in model_and_premises(),
        level in level(),
        links in 0..120u64,
        target in 0..12usize,
    ) {
        let target = slot(target % model.rows.len());
        let truth = points_by_trying(&model, &premises, target, level);
        let limited_points = ask_points(&model, &[target], level, &premises, &limited(links));
        let points = &limited_points.targets[0];
        let found = slots(points);
        assert!(found.iter().all(|ci| truth.contains(ci)));
        if points.incomplete.is_none() {
            assert_eq!(found.len(), truth.len());
        } else if points.incomplete.map(|incomplete| incomplete.stage) == Some(Stage::Failures) {
            assert!(found.len() as u64 + points.undecided >= truth.len() as u64);
            assert!(points.undecided > 0 || found.len() == truth.len());
        }
        let whole = ask_dependencies(&model, target, &premises, &Budget::UNLIMITED);
        let part = ask_dependencies(&model, target, &premises, &limited(links));
        match part.incomplete.map(|incomplete| incomplete.stage) {
            None => assert_eq!(part.dependencies, whole.dependencies),
            Some(Stage::Failures) => {
                assert_eq!(part.dependencies.len(), whole.dependencies.len());
                for (part, whole) in part.dependencies.iter().zip(&whole.dependencies) {
                    assert!(part.actual.is_none() || part.actual == whole.actual);
                    assert_eq!((part.slot, part.potential, part.via), (whole.slot, whole.potential, whole.via));
                }
            }
            Some(Stage::Start | Stage::Dependencies) => {
                for part in &part.dependencies {
                    let whole = whole.dependencies.iter().find(|whole| whole.slot == part.slot).expect("found");
                    assert!(part.potential <= whole.potential && part.actual.is_none());
                }
            }
        }
    }

    #[test]
    fn groups_that_need_all_are_plain_arcs((mut model, premises) in model_and_premises(), target in 0..12usize) {
        for (_, group) in &mut model.groups {
            group.thresholds = crate::model::Thresholds::default();
        }
        let target = slot(target % model.rows.len());
        let plain = model.without_redundancy();
        let level = ImpactState::Down;
        let grouped = ask_points(&model, &[target], level, &premises, &Budget::UNLIMITED);
        let plain = ask_points(&plain, &[target], level, &premises, &Budget::UNLIMITED);
        assert_eq!(grouped.targets[0].points, plain.targets[0].points);
    }
}

/// Case H01 of the law: a database of two nodes on two hosts, and name service.
#[test]
fn redundant_and_supporting_dependencies_are_told_apart() {
    // 0 app, 1 db, 2 dns, 3 n1, 4 n2, 5 host1, 6 host2
    let mut model = Model::of(7);
    let plain = |source: usize, target: usize, strength: Strength| ImpactArc {
        source: slot(source),
        target: slot(target),
        strength,
        relationship_type: Some(crate::model::RelationshipTypeId::new(0)),
        carrier: Carrier::Plain,
    };
    model.arcs.push(plain(1, 0, Strength::DOWN));
    model.arcs.push(plain(2, 0, Strength::DEGRADED));
    model.arcs.push(plain(5, 3, Strength::DOWN));
    model.arcs.push(plain(6, 4, Strength::DOWN));
    super::grounded::one_of(&mut model, 1, &[3, 4]);
    let answer = ask_dependencies(&model, slot(0), &Premises::default(), &Budget::UNLIMITED);
    let mut told: Vec<_> = answer
        .dependencies
        .iter()
        .map(|one| (one.depth, one.slot.index(), one.potential, one.actual, one.role))
        .collect();
    told.sort_unstable();
    let redundant = (Some(ImpactState::AtRisk), Some(DependencyRole::Redundant));
    let (down, degraded) = (ImpactState::Down, ImpactState::Degraded);
    assert_eq!(
        told,
        [
            (1, 1, down, Some(down), Some(DependencyRole::SinglePointOfFailure)),
            (1, 2, degraded, Some(degraded), Some(DependencyRole::Supporting)),
            (2, 3, down, redundant.0, redundant.1),
            (2, 4, down, redundant.0, redundant.1),
            (3, 5, down, redundant.0, redundant.1),
            (3, 6, down, redundant.0, redundant.1),
        ]
    );
    let host = answer
        .dependencies
        .iter()
        .find(|one| one.slot == slot(5))
        .expect("it is one");
    assert_eq!(host.via.map(|step| step.dependent), Some(slot(3)));
    let node = answer
        .dependencies
        .iter()
        .find(|one| one.slot == slot(3))
        .expect("it is one");
    let Some(DependencyLink::Group { gate, .. }) = node.via.map(|step| step.link) else {
        panic!("{node:?}");
    };
    assert_eq!((gate.up_min, gate.total), (1, 2));
}

#[test]
fn with_one_node_lost_the_other_is_a_single_point_of_failure() {
    let mut model = Model::of(3);
    super::grounded::one_of(&mut model, 0, &[1, 2]);
    let healthy = ask_points(
        &model,
        &[slot(0)],
        ImpactState::Down,
        &Premises::default(),
        &Budget::UNLIMITED,
    );
    assert_eq!(slots(&healthy.targets[0]), []);
    let premises = Premises {
        starting_failed: vec![FailedCi {
            slot: slot(1),
            state: ImpactState::Down,
        }],
        ..Premises::default()
    };
    let n_minus_1 = ask_points(&model, &[slot(0)], ImpactState::Down, &premises, &Budget::UNLIMITED);
    assert_eq!(slots(&n_minus_1.targets[0]), [slot(2)]);
}

#[test]
fn what_ran_out_for_one_target_is_not_safe_for_the_next() {
    let mut model = Model::of(4);
    super::grounded::one_of(&mut model, 0, &[1, 2]);
    super::grounded::one_of(&mut model, 3, &[1]);
    let premises = Premises::default();
    let answer = ask_points(&model, &[slot(0), slot(3)], ImpactState::Down, &premises, &limited(3));
    for points in &answer.targets {
        let incomplete = points.incomplete.expect("three links do not suffice");
        assert_eq!(incomplete.reason, TruncationReason::Arcs);
    }
    assert_eq!(answer.targets.len(), 2);
}

fn check_cfia(model: &Model, premises: &Premises, services: &[Slot], state_min: ImpactState, all: bool) {
    let cis = (!all).then(|| (0..model.rows.len()).map(slot).collect());
    let question = CfiaQuestion {
        services: services.to_vec(),
        cis,
        state_min,
        rows_max: usize::MAX,
    };
    let matrix = model
        .with_view(|view| cfia(view, &question, premises, &Budget::UNLIMITED, &mut Scratch::default()))
        .expect("no conflict");
    assert_eq!((matrix.untried, matrix.incomplete), (0, None));
    let mut order = matrix.rows.clone();
    order.sort_by_key(|row| {
        let counts = row.counts;
        (
            std::cmp::Reverse((counts.down, counts.degraded, counts.at_risk)),
            id(row.slot),
        )
    });
    assert_eq!(order, matrix.rows);
    for ci in (0..model.rows.len()).map(slot) {
        let failing: &[Slot] = if is_assumed(premises, ci) { &[] } else { &[ci] };
        let (before, after) = model.outcome(premises, failing);
        let told = |state: ImpactState| if state < state_min { ImpactState::Ok } else { state };
        let expected: Vec<(usize, ImpactState)> = services
            .iter()
            .enumerate()
            .map(|(column, service)| (column, told(before[service.index()]), told(after[service.index()])))
            .filter(|(_, before, after)| after > before)
            .map(|(column, _, after)| (column, after))
            .collect();
        let Some(row) = matrix.rows.iter().find(|row| row.slot == ci) else {
            assert!(
                all && expected.iter().all(|(column, _)| services[*column] == ci),
                "{ci:?} is missing"
            );
            continue;
        };
        assert_eq!(row.cells, expected);
        assert_eq!(row.counts.total(), expected.len() as u64);
        assert!(row.can_fail || expected.is_empty());
    }
}

fn is_assumed(premises: &Premises, ci: Slot) -> bool {
    premises.assumed.iter().any(|pin| pin.slot == ci)
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn the_matrix_is_one_question_a_row(
        (model, premises) in model_and_premises(),
        services in prop::collection::btree_set(0..12usize, 1..4),
        state_min in level(),
        all in any::<bool>(),
    ) {
        let cis = model.rows.len();
        let services: Vec<Slot> = services.into_iter().filter(|ci| *ci < cis).map(slot).collect();
        check_cfia(&model, &premises, &services, state_min, all);
    }

    #[test]
    fn a_matrix_cut_short_says_how_many_rows_are_missing(
        (model, premises) in model_and_premises(),
        links in 0..300u64,
        rows_max in 0..12usize,
    ) {
        let cis: Vec<Slot> = (0..model.rows.len()).map(slot).collect();
        let question = CfiaQuestion {
            services: vec![slot(0)],
            cis: Some(cis.clone()),
            state_min: ImpactState::AtRisk,
            rows_max,
        };
        let matrix = model
            .with_view(|view| cfia(view, &question, &premises, &limited(links), &mut Scratch::default()))
            .expect("no conflict");
        assert_eq!(matrix.rows.len() as u64 + matrix.untried, cis.len() as u64);
        assert_eq!(matrix.incomplete.is_none(), matrix.untried == 0);
        assert!(matrix.rows.len() <= rows_max);
    }
}

/// Nothing is reported of what cannot fail; that must not look like safety.
#[test]
fn a_target_that_nothing_can_hit_is_said_to_be_one() {
    let mut model = Model::of(3);
    model.arcs.push(super::grounded::plain(1, 0));
    let (unlimited, none) = (Budget::UNLIMITED, limited(0));
    let pinned = Premises {
        assumed: vec![FailedCi {
            slot: slot(0),
            state: ImpactState::Ok,
        }],
        ..Premises::default()
    };
    let mut retired = model.clone();
    retired.rows[0].takes_part = false;
    for (model, premises, expected) in [
        (&model, &Premises::default(), true),
        (&model, &pinned, false),
        (&retired, &Premises::default(), false),
    ] {
        let points = ask_points(model, &[slot(0)], ImpactState::Down, premises, &unlimited);
        assert_eq!(points.targets[0].can_fail, expected);
        assert!(expected || points.targets[0].points.is_empty());
        assert_eq!(
            ask_dependencies(model, slot(0), premises, &unlimited).can_fail,
            expected
        );
        let cut_short = ask_points(model, &[slot(0)], ImpactState::Down, premises, &none);
        assert_eq!(cut_short.targets[0].can_fail, expected);
    }
}
