//! Minimal cut sets against trying every set.

use proptest::prelude::*;

use super::grounded::{one_of, plain};
use super::random::cases;
use super::structure::{level, limited, model_and_premises};
use crate::graph::Slot;
use crate::graph::dependency::{Carrier, GroupKey, ImpactArc};
use crate::impact::oracle::{Model, slot};
use crate::impact::{
    Budget, CutSetQuestion, CutSets, FailedCi, Premises, Scratch, Stage, TruncationReason, cut_sets,
    single_points_of_failure,
};
use crate::model::{ImpactState, PoolId, Strength, Threshold, Thresholds, Weight};

fn ask(model: &Model, question: CutSetQuestion, premises: &Premises, budget: &Budget<'_>) -> CutSets {
    model.with_view(|view| cut_sets(view, question, premises, budget, &mut Scratch::default()).expect("no conflict"))
}

fn question(target: Slot, level: ImpactState) -> CutSetQuestion {
    CutSetQuestion {
        target,
        level,
        size_max: CutSetQuestion::SIZE_MAX_DEFAULT,
        count_max: usize::MAX,
    }
}

/// The model with its first CIs only, so that every set can be tried.
fn small(mut model: Model) -> Model {
    const CIS_MAX: usize = 9;
    model.rows.truncate(CIS_MAX);
    model.groups.retain(|(_, group)| group.consumer.index() < CIS_MAX);
    let groups = model.groups.clone();
    let known = |carrier: Carrier| match carrier {
        Carrier::Plain => true,
        Carrier::Member { group, .. } => groups.iter().any(|(key, _)| *key == group),
    };
    model
        .arcs
        .retain(|arc| arc.source.index() < CIS_MAX && arc.target.index() < CIS_MAX && known(arc.carrier));
    model
}

fn small_model_and_premises() -> impl Strategy<Value = (Model, Premises)> {
    model_and_premises().prop_map(|(model, mut premises)| {
        let model = small(model);
        premises
            .starting_failed
            .retain(|one| one.slot.index() < model.rows.len());
        premises.assumed.retain(|one| one.slot.index() < model.rows.len());
        (model, premises)
    })
}

/// Layers of CIs, each of which needs one or two of the layer below: cut sets of several sizes.
fn layers(cis: usize) -> impl Strategy<Value = Model> {
    let links = prop::collection::vec((0..cis, 0..cis, any::<bool>()), 6..cis * 5 / 2);
    (links, prop::collection::vec((1..3u32, any::<bool>()), cis)).prop_map(move |(links, needs)| {
        let mut model = Model::of(cis);
        for (consumer, (count, grounded)) in needs.into_iter().enumerate() {
            let members: std::collections::BTreeSet<usize> = links
                .iter()
                .filter(|(from, to, upward)| *from == consumer && from != to && (*upward || to > from))
                .map(|(_, to, _)| *to)
                .collect();
            if members.is_empty() {
                continue;
            }
            one_of(&mut model, consumer, &members.into_iter().collect::<Vec<_>>());
            let (_, group) = model.groups.last_mut().expect("just added");
            group.thresholds.up_min = Some(Threshold::Count(count));
            group.grounded = grounded;
        }
        model
    })
}

/// Layers whose groups count weights, want capacity and spares, and pass on less than they take.
fn weighted_layers() -> impl Strategy<Value = Model> {
    let share = || prop::option::of((0..=100u8).prop_map(Threshold::Percent));
    let strength = prop_oneof![4 => Just(Strength::DOWN), 1 => Just(Strength::SOFT), 1 => Just(Strength::DEGRADED)];
    let groups = prop::collection::vec((share(), share(), share(), strength), 9);
    (layers(9), groups, prop::collection::vec(1..5i64, 24)).prop_map(|(mut model, groups, weights)| {
        for ((_, group), (up_min, capacity_min, spare_min, strength)) in model.groups.iter_mut().zip(groups) {
            group.thresholds = Thresholds {
                up_min,
                capacity_min,
                spare_min,
            };
            group.strength = strength;
        }
        for (number, arc) in model.arcs.iter_mut().enumerate() {
            if let Carrier::Member { weight, .. } = &mut arc.carrier {
                *weight = Weight::new(weights[number % weights.len()]).expect("at least 1");
            }
        }
        model
    })
}

fn check(model: &Model, premises: &Premises, target: Slot, level: ImpactState, size_max: usize) {
    let question = CutSetQuestion {
        size_max,
        ..question(target, level)
    };
    let answer = ask(model, question, premises, &Budget::UNLIMITED);
    assert_eq!(answer.incomplete, None);
    let truth = model.cut_sets(premises, target, level, question.size_max);
    assert_eq!(answer.cut_sets, truth);
    let points = model.with_view(|view| {
        let scratch = &mut Scratch::default();
        single_points_of_failure(view, &[target], level, premises, &Budget::UNLIMITED, scratch).expect("no conflict")
    });
    let single = answer.cut_sets.iter().filter(|cut| cut.len() == 1).flatten();
    let mut points: Vec<Slot> = points.targets[0].points.iter().map(|point| point.slot).collect();
    points.sort_by_key(|ci| model.rows[ci.index()].id);
    assert_eq!(single.copied().collect::<Vec<_>>(), points);
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn cut_sets_are_what_trying_all_sets_finds(
        (model, premises) in small_model_and_premises(),
        target in 0..9usize,
        level in level(),
        size_max in 1..=5usize,
    ) {
        check(&model, &premises, slot(target % model.rows.len()), level, size_max);
    }

    #[test]
    fn cut_sets_of_layers_are_what_trying_all_sets_finds(
        model in layers(9),
        target in 0..3usize,
        size_max in 1..=5usize,
    ) {
        check(&model, &Premises::default(), slot(target), ImpactState::Down, size_max);
    }

    #[test]
    fn cut_sets_of_weighted_layers_are_what_trying_all_sets_finds(
        model in weighted_layers(),
        (target, started) in (0..3usize, 3..9usize),
        state in level(),
        level in level(),
        size_max in 1..=5usize,
    ) {
        check(&model, &Premises::default(), slot(target), level, size_max);
        let starting_failed = vec![FailedCi { slot: slot(started), state }];
        let started = Premises { starting_failed, ..Premises::default() };
        check(&model, &started, slot(target), level, size_max);
    }

    /// What is put together from the bottom up, and what is searched for set by set, which sets of five always are.
    #[test]
    fn both_ways_find_the_same(model in layers(20), target in 0..4usize) {
        let up_to = |size_max| CutSetQuestion { size_max, ..question(slot(target), ImpactState::Down) };
        let [small, large] = [4, 5].map(|size| {
            ask(&model, up_to(size), &Premises::default(), &Budget::UNLIMITED)
        });
        assert_eq!((small.incomplete, large.incomplete), (None, None));
        let mut cut_sets = large.cut_sets;
        cut_sets.retain(|cut| cut.len() <= 4);
        assert_eq!(small.cut_sets, cut_sets);
    }

    /// One that has no room for what lies between falls back on the search, and says what it missed.
    #[test]
    fn without_room_the_search_takes_over(model in layers(9), sets_max in 0..8u64) {
        let whole = ask(&model, question(slot(0), ImpactState::Down), &Premises::default(), &Budget::UNLIMITED);
        let narrow = Budget { results_max: sets_max, ..Budget::UNLIMITED };
        let part = ask(&model, question(slot(0), ImpactState::Down), &Premises::default(), &narrow);
        assert!(part.cut_sets.iter().all(|cut| whole.cut_sets.contains(cut)));
        if part.incomplete.is_none() {
            assert_eq!(part.cut_sets, whole.cut_sets);
        }
    }

    #[test]
    fn a_limit_never_looks_like_safety(model in layers(9), links in 0..400u64, count_max in 0..6usize) {
        let whole = ask(&model, question(slot(0), ImpactState::Down), &Premises::default(), &Budget::UNLIMITED);
        let wanted = CutSetQuestion { count_max, ..question(slot(0), ImpactState::Down) };
        let part = ask(&model, wanted, &Premises::default(), &limited(links));
        assert!(part.cut_sets.len() <= count_max);
        assert!(part.cut_sets.iter().all(|cut| whole.cut_sets.contains(cut)));
        if part.incomplete.is_none() {
            assert_eq!(part.cut_sets, whole.cut_sets);
        }
        let counted = ask(&model, wanted, &Premises::default(), &Budget::UNLIMITED);
        let enough = whole.cut_sets.len() <= count_max;
        assert_eq!(counted.incomplete.is_none(), enough);
        assert_eq!(counted.cut_sets, whole.cut_sets[..whole.cut_sets.len().min(count_max)]);
        if let Some(incomplete) = counted.incomplete {
            assert_eq!((incomplete.reason, incomplete.stage), (TruncationReason::Count, Stage::Failures));
        }
    }
}

/// Case H13 of the law: x needs a or y, y needs x and b.
#[test]
fn a_circle_has_the_cut_sets_of_the_law() {
    let (a, b, x, y) = (0, 1, 2, 3);
    let mut model = Model::of(4);
    one_of(&mut model, x, &[a, y]);
    one_of(&mut model, y, &[b]);
    for (_, group) in &mut model.groups {
        group.grounded = false;
    }
    model.arcs.push(plain(x, y));
    let answer = ask(
        &model,
        question(slot(x), ImpactState::Down),
        &Premises::default(),
        &Budget::UNLIMITED,
    );
    let mut cuts: Vec<Vec<usize>> = answer
        .cut_sets
        .iter()
        .map(|cut| cut.iter().map(|slot| slot.index()).collect())
        .collect();
    for cut in &mut cuts {
        cut.sort_unstable();
    }
    cuts.sort();
    assert_eq!(cuts, [[a, b], [a, y]]);
}

/// Sixty pairs in a row, each of which needs one of the pair before: many cut sets, none large.
#[test]
fn a_ladder_is_cut_at_each_of_its_rungs() {
    const RUNGS: usize = 60;
    let mut model = Model::of(2 * RUNGS + 1);
    let top = 2 * RUNGS;
    for rung in 1..RUNGS {
        for side in 0..2 {
            one_of(&mut model, 2 * rung + side, &[2 * rung - 2, 2 * rung - 1]);
        }
    }
    one_of(&mut model, top, &[top - 2, top - 1]);
    let answer = ask(
        &model,
        question(slot(top), ImpactState::Down),
        &Premises::default(),
        &Budget::UNLIMITED,
    );
    assert_eq!(answer.incomplete, None);
    assert_eq!(answer.cut_sets.len(), RUNGS);
    assert!(answer.arcs_visited < 2_000_000, "{}", answer.arcs_visited);
    for cut in &answer.cut_sets {
        let [one, other] = cut.as_slice() else {
            panic!("{cut:?}");
        };
        assert_eq!(one.index() / 2, other.index() / 2);
    }
}

/// A failure that brings nobody down but only degrades tells nothing of what going down would do.
#[test]
fn a_harmless_failure_clears_only_those_that_it_takes_down() {
    // The shop needs one of m1 and m2, which use the disk, and one of feed and spare. The cooler
    // degrades the disk, and takes the feed down by the engine.
    let (shop, m1, m2, disk, cooler, engine, feed, spare) = (0, 1, 2, 3, 4, 5, 6, 7);
    let mut model = Model::of(8);
    one_of(&mut model, shop, &[m1, m2]);
    let (group, parameters) = *model.groups.last().expect("just added");
    let second = GroupKey::Pool {
        consumer: slot(shop),
        pool: PoolId::new(1),
    };
    model.groups.push((second, parameters));
    let members: Vec<ImpactArc> = [feed, spare]
        .map(|member| ImpactArc {
            carrier: Carrier::Member {
                group: second,
                weight: Weight::ONE,
            },
            ..plain(member, shop)
        })
        .into();
    assert_ne!(group, second);
    model.arcs.extend(members);
    let soft = |source: usize, target: usize, strength: Strength| ImpactArc {
        strength,
        ..plain(source, target)
    };
    model.arcs.extend([
        soft(disk, m1, Strength::SOFT),
        soft(disk, m2, Strength::SOFT),
        soft(cooler, disk, Strength::DEGRADED),
        plain(cooler, engine),
        plain(engine, feed),
    ]);
    check(&model, &Premises::default(), slot(shop), ImpactState::Degraded, 3);
    let answer = ask(
        &model,
        question(slot(shop), ImpactState::Degraded),
        &Premises::default(),
        &Budget::UNLIMITED,
    );
    assert!(answer.cut_sets.contains(&vec![slot(disk)]) && !answer.cut_sets.contains(&vec![slot(cooler)]));
}

/// Grounded groups in two circles, one of which stands on the other: whatever the search tries and takes
/// back, it finds the set of three.
#[test]
fn circles_on_circles_fall_in_any_order() {
    let mut model = Model::of(7);
    one_of(&mut model, 0, &[1, 4, 5]);
    one_of(&mut model, 1, &[2]);
    one_of(&mut model, 2, &[1, 3, 6]);
    one_of(&mut model, 4, &[0]);
    for size_max in 1..=5 {
        check(&model, &Premises::default(), slot(0), ImpactState::Down, size_max);
    }
}
