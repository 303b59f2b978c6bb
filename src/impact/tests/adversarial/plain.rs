//! Every question on stars, chains, cliques and diamonds.

use super::{LARGE, Shape, on_a_small_stack, plain};
use crate::impact::{DependencyRole, LintCode};
use crate::model::ImpactState;

/// CIs that all take each other down. A debug build has a sixteenth of the arcs.
const CLIQUE: u32 = if cfg!(debug_assertions) { 500 } else { 2_000 };

/// All questions about the last CI of an estate in which every other CI takes it down: so many links.
fn all_take_down(shape: &Shape, last: u32, links: u64) {
    let everybody: Vec<u32> = (0..last).collect();
    let sorted = |mut cis: Vec<u32>| {
        cis.sort_unstable();
        cis
    };
    // Each link backwards.
    assert_eq!(sorted(shape.points(last, 2 * links)), everybody);
    // Backwards for what there is, and again for the way there.
    let dependencies = shape.dependencies(last, 3 * links).dependencies;
    let alone = |role| role == Some(DependencyRole::SinglePointOfFailure);
    assert!(
        dependencies
            .iter()
            .all(|one| alone(one.role) && one.actual == Some(ImpactState::Down))
    );
    assert_eq!(
        sorted(super::numbers(dependencies.iter().map(|one| one.slot))),
        everybody
    );
    let cuts = shape.cuts(last, 2 * links);
    assert_eq!(cuts, everybody.iter().map(|ci| vec![*ci]).collect::<Vec<_>>());
}

#[test]
fn a_star_turned_inwards_depends_on_every_ray() {
    on_a_small_stack(|| {
        let (last, links) = (LARGE - 1, u64::from(LARGE));
        let shape = Shape::new(LARGE, (0..last).map(|ray| plain(ray, last)));
        assert_eq!(shape.falls(7), (2, 1));
        all_take_down(&shape, last, links);
        assert!(
            shape
                .dependencies(last, 3 * links)
                .dependencies
                .iter()
                .all(|one| one.depth == 1)
        );
        // Each ray explains the symptom and one more CI than was seen; the symptom itself fits best.
        let answer = shape.causes(&[last], 5 * links);
        assert_eq!(answer.ranking.len(), LARGE as usize);
        assert_eq!(answer.ranking[0].slot.number(), last);
        assert!(answer.ranking[1..].iter().all(|cause| cause.fit.unseen == 1));
        assert_eq!(shape.lints(20 * links), []);
    });
}

#[test]
fn a_star_turned_outwards_has_one_cause() {
    on_a_small_stack(|| {
        let links = u64::from(LARGE);
        let shape = Shape::new(LARGE, (1..LARGE).map(|ray| plain(0, ray)));
        assert_eq!(shape.falls(0), (links, links - 1));
        assert_eq!(shape.points(LARGE - 1, 10), [0]);
        assert_eq!(shape.dependencies(LARGE - 1, 10).dependencies.len(), 1);
        assert_eq!(shape.cuts(LARGE - 1, 10), [[0]]);
        let all: Vec<u32> = (1..LARGE).collect();
        let answer = shape.causes(&all, 10 * links);
        assert_eq!((answer.causes.len(), answer.causes[0].slot.number()), (1, 0));
        assert_eq!(answer.causes[0].explained.len(), all.len());
        assert_eq!(shape.lints(20 * links), []);
    });
}

#[test]
fn a_chain_is_asked_everything_about_its_end() {
    on_a_small_stack(|| {
        let (last, links) = (LARGE - 1, u64::from(LARGE));
        let shape = Shape::new(LARGE, (1..LARGE).map(|ci| plain(ci - 1, ci)));
        assert_eq!(shape.falls(0), (links, links - 1));
        all_take_down(&shape, last, links);
        let answer = shape.causes(&[last], 10 * links);
        // The nearer the end, the fewer fall that were not seen.
        let expected = (0..LARGE).map(|unseen| (last - unseen, u64::from(unseen)));
        let ranking = answer
            .ranking
            .iter()
            .map(|cause| (cause.slot.number(), cause.fit.unseen));
        assert!(ranking.eq(expected));
        assert_eq!(shape.lints(20 * links), []);
    });
}

#[test]
fn a_chain_below_a_pair_is_one_fate_told_in_linear_time() {
    on_a_small_stack(|| {
        let (links, top) = (u64::from(LARGE), LARGE - 1);
        let mut shape = Shape::new(LARGE, (1..LARGE - 3).map(|ci| plain(ci - 1, ci)));
        let (end, pair) = (LARGE - 4, [LARGE - 3, LARGE - 2]);
        for member in pair {
            shape.index.add(&plain(end, member));
        }
        shape.one_of(top, pair);
        assert_eq!(shape.falls(0).0, links);
        let below: Vec<u32> = (0..=end).rev().collect();
        assert_eq!(shape.points(top, 10 * links), below);
        let findings = shape.lints(30 * links);
        assert_eq!(findings, [(LintCode::SharedFate, top, below)]);
        let mut cuts: Vec<Vec<u32>> = (0..=end).map(|ci| vec![ci]).collect();
        cuts.push(pair.to_vec());
        assert_eq!(shape.cuts(top, 30 * links), cuts);
        let roles = shape.dependencies(top, 10 * links).dependencies;
        let redundant = |role| role == Some(DependencyRole::Redundant);
        assert_eq!(roles.iter().filter(|one| redundant(one.role)).count(), 2);
        let answer = shape.causes(&[top], 20 * links);
        // The members of the pair do not bring it down.
        assert_eq!(answer.ranking.len(), LARGE as usize - 2);
    });
}

#[test]
fn a_clique_falls_as_one_and_each_arc_is_looked_at_a_few_times() {
    on_a_small_stack(|| {
        let pairs = (0..CLIQUE).flat_map(|one| (0..CLIQUE).map(move |other| (one, other)));
        let arcs = pairs.filter(|(one, other)| one != other);
        let shape = Shape::new(CLIQUE, arcs.map(|(one, other)| plain(one, other)));
        let links = u64::from(CLIQUE) * u64::from(CLIQUE - 1);
        assert_eq!(shape.falls(0), (u64::from(CLIQUE), links));
        all_take_down(&shape, CLIQUE - 1, links);
        let answer = shape.causes(&[CLIQUE - 1], 8 * links);
        // All fit alike: by id.
        let ranking = answer
            .ranking
            .iter()
            .map(|cause| (cause.slot.number(), cause.fit.unseen));
        assert!(ranking.eq((0..CLIQUE).map(|ci| (ci, u64::from(CLIQUE) - 1))));
        assert_eq!(shape.lints(20 * links), []);
    });
}

const LAYERS: u32 = 40;

/// Top, two below it, the next top, and so on, 40 deep.
fn diamonds(redundant: bool) -> Shape {
    let halves = (0..LAYERS).flat_map(|layer| [(3 * layer, 3 * layer + 1), (3 * layer, 3 * layer + 2)]);
    let joins = (0..LAYERS).flat_map(|layer| [(3 * layer + 1, 3 * layer + 3), (3 * layer + 2, 3 * layer + 3)]);
    let joins = joins.filter(|_| !redundant);
    let arcs = halves.chain(joins).map(|(source, target)| plain(source, target));
    let mut shape = Shape::new(3 * LAYERS + 1, arcs);
    for layer in (0..LAYERS).filter(|_| redundant) {
        shape.one_of(3 * layer + 3, [3 * layer + 1, 3 * layer + 2]);
    }
    shape
}

#[test]
fn diamonds_of_plain_arcs_are_linear_though_their_paths_are_not() {
    on_a_small_stack(|| {
        let (last, links) = (3 * LAYERS, u64::from(4 * LAYERS));
        let shape = diamonds(false);
        assert_eq!(shape.falls(0), (u64::from(last) + 1, links));
        all_take_down(&shape, last, links);
        let answer = shape.causes(&[last], 10 * links);
        assert_eq!(answer.ranking.len(), last as usize + 1);
        assert_eq!(answer.ranking[0].slot.number(), last);
        // Nobody says that one of two would do: each join may be meant as a group.
        let joins = (1..=LAYERS).map(|layer| (LintCode::ForgottenGroup, 3 * layer, vec![3 * layer - 2, 3 * layer - 1]));
        assert_eq!(shape.lints(20 * links), joins.collect::<Vec<_>>());
    });
}

#[test]
fn diamonds_that_need_one_of_two_fall_by_tops_and_by_pairs() {
    on_a_small_stack(|| {
        let (last, links) = (3 * LAYERS, u64::from(4 * LAYERS));
        let shape = diamonds(true);
        assert_eq!(shape.falls(0).0, u64::from(last) + 1);
        assert_eq!(shape.falls(1).0, 1);
        let tops: Vec<u32> = (0..LAYERS).map(|layer| 3 * layer).collect();
        let nearest_first: Vec<u32> = tops.iter().rev().copied().collect();
        assert_eq!(shape.points(last, 10 * links), nearest_first);
        // A half leaves all that follows at risk, which tells nothing of the other halves: for each of
        // them what follows is looked at, so this is the number of layers more.
        let roles = shape.dependencies(last, 60 * links).dependencies;
        for one in &roles {
            let is_top = one.slot.number().is_multiple_of(3);
            let expected = if is_top {
                DependencyRole::SinglePointOfFailure
            } else {
                DependencyRole::Redundant
            };
            assert_eq!(one.role, Some(expected));
        }
        let singles = tops.iter().map(|top| vec![*top]);
        let pairs = tops.iter().map(|top| vec![top + 1, top + 2]);
        assert_eq!(
            shape.cuts(last, 10_000 * links),
            singles.chain(pairs).collect::<Vec<_>>()
        );
        // That both halves take the next top down is no sure consequence of one, so that each top falls
        // with all that follows.
        let answer = shape.causes(&[last], 60 * links);
        assert_eq!(super::numbers(answer.ranking.iter().map(|cause| cause.slot)), {
            let mut expected = vec![last];
            expected.extend(&nearest_first);
            expected
        });
        // Every top below a pair takes it down at once; the nearest takes the fewest others along.
        let fates = (0..LAYERS).map(|layer| {
            let below = (0..=layer).rev().map(|layer| 3 * layer).collect();
            (LintCode::SharedFate, 3 * layer + 3, below)
        });
        assert_eq!(shape.lints(100 * links), fates.collect::<Vec<_>>());
    });
}
