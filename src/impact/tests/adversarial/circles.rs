//! Every question on deep circles through groups, of both readings.

use super::{Shape, numbers, on_a_small_stack};
use crate::impact::{LintCode, TruncationReason};
use crate::model::Threshold;

/// Switches in a line. What grounding does to a CI far down the line is told only by deriving the
/// line anew, for each failure: so a line to which all questions are put is no longer than this.
const SWITCHES: u32 = if cfg!(debug_assertions) { 300 } else { 1_000 };

/// CIs in a ring.
const RING: u32 = if cfg!(debug_assertions) { 20_000 } else { 200_000 };

/// A line whose CIs list their neighbours on both sides and need one of them; CI 0 needs nobody.
fn line(cis: u32, grounded: bool) -> Shape {
    let mut shape = Shape::new(cis, std::iter::empty());
    for ci in 1..cis {
        let neighbours = [Some(ci - 1), Some(ci + 1).filter(|next| *next < cis)];
        let one = (0, Threshold::Count(1), grounded);
        shape.needs(ci, one, neighbours.into_iter().flatten());
    }
    shape
}

/// A ring whose CIs need the one before them, in a group of one.
fn ring(grounded: bool) -> Shape {
    let mut shape = Shape::new(RING, std::iter::empty());
    for ci in 0..RING {
        let before = ci.checked_sub(1).unwrap_or(RING - 1);
        shape.needs(ci, (0, Threshold::Count(1), grounded), std::iter::once(before));
    }
    shape
}

#[test]
fn a_ring_of_groups_of_one_falls_as_a_ring_of_plain_arcs() {
    on_a_small_stack(|| {
        let (last, links) = (RING - 1, u64::from(RING));
        for grounded in [false, true] {
            let shape = ring(grounded);
            assert_eq!(shape.falls(7).0, links);
            let nearest_first: Vec<u32> = (0..last).rev().collect();
            assert_eq!(shape.points(last, 10 * links), nearest_first);
            assert_eq!(shape.dependencies(last, 20 * links).dependencies.len(), last as usize);
            let cuts = shape.cuts(last, 10 * links);
            assert!(cuts.into_iter().eq((0..last).map(|ci| vec![ci])));
            let answer = shape.causes(&[last], 30 * links);
            assert!(answer.ranking.iter().map(|cause| cause.slot.number()).eq(0..RING));
            // Nothing grounds the ring, whatever has failed.
            let islands = (0..RING).map(|ci| {
                let before = ci.checked_sub(1).unwrap_or(last);
                (LintCode::UngroundedAtBaseline, ci, vec![before])
            });
            let expected: Vec<_> = islands.filter(|_| grounded).collect();
            assert!(shape.lints(30 * links) == expected);
        }
    });
}

#[test]
fn a_line_that_is_not_grounded_holds_itself_up() {
    on_a_small_stack(|| {
        let (last, links) = (RING - 1, 2 * u64::from(RING));
        let shape = line(RING, false);
        assert_eq!(shape.falls(0).0, 1);
        assert_eq!(shape.falls(last - 1).0, 2);
        assert_eq!(shape.points(last, 10 * links), [last - 1]);
        assert_eq!(shape.dependencies(last, 20 * links).dependencies.len(), last as usize);
        let answer = shape.causes(&[last], 30 * links);
        assert_eq!(numbers(answer.ranking.iter().map(|cause| cause.slot)), [last, last - 1]);
        // All but the ends are redundant, and held up by those they hold up.
        let circles = (1..last).map(|ci| {
            let in_circle = [ci - 1, ci + 1].into_iter().filter(|neighbour| *neighbour > 0);
            (LintCode::CyclicGroup, ci, in_circle.collect())
        });
        assert!(shape.lints(40 * links) == circles.collect::<Vec<_>>());
    });
}

#[test]
fn a_grounded_line_falls_from_where_it_is_cut() {
    on_a_small_stack(|| {
        let last = SWITCHES - 1;
        let shape = line(SWITCHES, true);
        let links = 2 * u64::from(SWITCHES);
        assert_eq!(shape.falls(0).0, u64::from(SWITCHES));
        assert_eq!(shape.falls(last - 2).0, 3);
        // Each of the others is tried, and what falls beyond it is derived anew.
        let trials = 40 * links * u64::from(SWITCHES);
        let nearest_first: Vec<u32> = (0..last).rev().collect();
        assert_eq!(shape.points(last, trials), nearest_first);
        let cuts = shape.cuts(last, trials);
        assert_eq!(cuts, (0..last).map(|ci| vec![ci]).collect::<Vec<_>>());
        let answer = shape.causes(&[last], trials);
        let ranking = answer
            .ranking
            .iter()
            .map(|cause| (cause.slot.number(), cause.fit.unseen));
        assert!(ranking.eq((0..SWITCHES).map(|unseen| (last - unseen, u64::from(unseen)))));
        let found = shape.lints(trials);
        // Who is cut off takes both neighbours of everybody beyond along: for each CI of the line all
        // that stand before its nearer neighbour, the nearest first.
        let fates = (2..last).map(|ci| (LintCode::SharedFate, ci, (0..ci - 1).rev().collect::<Vec<_>>()));
        assert_eq!(found, fates.collect::<Vec<_>>());
        let part = shape.limited_lints(5 * links);
        assert_eq!(part.truncated, Some(TruncationReason::Arcs));
    });
}
