//! Every question on groups with many members, and on CIs with many groups.

use super::{Shape, numbers, on_a_small_stack, plain};
use crate::impact::{CauseLimit, DependencyRole, TruncationReason};
use crate::model::Threshold;

/// A debug build has a tenth of the members and groups.
const MEMBERS: u32 = if cfg!(debug_assertions) { 10_000 } else { 100_000 };

const GROUPS: u32 = if cfg!(debug_assertions) { 1_000 } else { 10_000 };

/// Members that all stand on CI 0, in a group of which so many are needed.
fn pool(consumers: u32, up_min: u32) -> Shape {
    let members = 1..=MEMBERS;
    let mut shape = Shape::new(MEMBERS + 1 + consumers, members.clone().map(|member| plain(0, member)));
    for consumer in MEMBERS + 1..=MEMBERS + consumers {
        shape.needs(consumer, (0, Threshold::Count(up_min), false), members.clone());
    }
    shape
}

#[test]
fn a_wide_group_is_asked_everything_on_a_budget_of_its_links() {
    on_a_small_stack(|| {
        let (consumer, links) = (MEMBERS + 1, 2 * u64::from(MEMBERS));
        let shape = pool(1, MEMBERS / 2);
        assert_eq!(shape.falls(0), (u64::from(MEMBERS) + 2, links));
        assert_eq!(shape.falls(7), (1, 1));
        assert_eq!(shape.points(consumer, 4 * links), [0]);
        let roles = shape.dependencies(consumer, 6 * links).dependencies;
        let redundant = |role| role == Some(DependencyRole::Redundant);
        assert_eq!(roles.iter().filter(|one| redundant(one.role)).count(), MEMBERS as usize);
        assert_eq!(roles.iter().filter(|one| !redundant(one.role)).count(), 1);
        let answer = shape.causes(&[consumer], 10 * links);
        assert_eq!(numbers(answer.ranking.iter().map(|cause| cause.slot)), [consumer, 0]);
        let fate = shape.lints(30 * links);
        assert_eq!(fate.len(), 1);
        assert_eq!((fate[0].1, fate[0].2.as_slice()), (consumer, &[0][..]));
    });
}

/// That no two of three members are a cut is a question for each of the triples: the search ends at
/// its budget and says so, and what it has found by then stands.
#[test]
fn cut_sets_of_a_wide_group_end_at_their_budget_and_say_so() {
    on_a_small_stack(|| {
        let shape = pool(1, MEMBERS / 2);
        let answer = shape.cut_sets(MEMBERS + 1, 50 * u64::from(MEMBERS));
        let reason = answer.incomplete.expect("there are too many").reason;
        assert!(matches!(reason, TruncationReason::Arcs | TruncationReason::Results));
        assert_eq!(answer.cut_sets.into_iter().map(numbers).collect::<Vec<_>>(), [[0]]);
    });
}

/// Any two of the members take both consumers down, so any pair may be the cause: not all are tried,
/// and the answer says so.
#[test]
fn too_many_pairs_behind_a_loss_are_said_to_be_too_many() {
    on_a_small_stack(|| {
        let shape = pool(3, MEMBERS - 1);
        let symptoms: Vec<u32> = (MEMBERS + 1..=MEMBERS + 3).collect();
        let answer = shape.limited_causes(&symptoms, 1_000 * u64::from(MEMBERS));
        assert_eq!(answer.limit, Some(CauseLimit::Pairs));
        // Two members explain three symptoms with two CIs that were not seen.
        let pair: Vec<u32> = numbers(answer.causes.iter().map(|cause| cause.slot));
        assert_eq!(pair, [1, 2]);
        assert_eq!(answer.unexplained, []);
    });
}

#[test]
fn a_ci_of_many_groups_is_asked_everything_on_a_budget_of_its_links() {
    on_a_small_stack(|| {
        let (consumer, links) = (2 * GROUPS, u64::from(4 * GROUPS));
        let mut shape = Shape::new(2 * GROUPS + 1, std::iter::empty());
        for group in 0..GROUPS {
            let number = u16::try_from(group).expect("so many pools");
            let pair = [2 * group, 2 * group + 1];
            shape.needs(consumer, (number, Threshold::Count(1), false), pair.into_iter());
        }
        assert_eq!(shape.falls(0), (1, 1));
        assert!(shape.points(consumer, 4 * links).is_empty());
        let roles = shape.dependencies(consumer, 8 * links).dependencies;
        assert_eq!(roles.len(), 2 * GROUPS as usize);
        assert!(roles.iter().all(|one| one.role == Some(DependencyRole::Redundant)));
        let answer = shape.causes(&[consumer], 10 * links);
        assert_eq!(numbers(answer.ranking.iter().map(|cause| cause.slot)), [consumer]);
        assert_eq!(shape.lints(30 * links), []);
        let pairs = (0..GROUPS).map(|group| vec![2 * group, 2 * group + 1]);
        assert_eq!(shape.cuts(consumer, 100 * links), pairs.collect::<Vec<_>>());
    });
}

#[test]
fn a_hundred_groups_are_cut_at_each_of_them() {
    on_a_small_stack(|| {
        const PAIRS: u16 = 100;
        let consumer = 2 * u32::from(PAIRS);
        let mut shape = Shape::new(consumer + 1, std::iter::empty());
        for group in 0..PAIRS {
            let pair = [2 * u32::from(group), 2 * u32::from(group) + 1];
            shape.needs(consumer, (group, Threshold::Count(1), false), pair.into_iter());
        }
        let cuts = shape.cuts(consumer, 10_000_000);
        let pairs = (0..u32::from(PAIRS)).map(|group| vec![2 * group, 2 * group + 1]);
        assert_eq!(cuts, pairs.collect::<Vec<_>>());
    });
}
