//! Where a CI stands is what the definitions say of the present.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::random::{cases, grounded_model_and_question};
use crate::impact::oracle::{Model, id_of, slot};
use crate::impact::{
    Budget, FailedCi, ImpactQuestion, Premises, Scratch, Stage, StartingState, TruncationReason, standing,
};
use crate::model::{CiId, ImpactState};

fn now(starting_state: StartingState, failed: Vec<FailedCi>) -> ImpactQuestion {
    ImpactQuestion {
        failed,
        premises: Premises {
            starting_state,
            ..Premises::default()
        },
        ..ImpactQuestion::default()
    }
}

/// The CIs whose failure alone brings `target` to `level`, tried one by one.
fn points(model: &Model, target: usize, level: ImpactState, starting: StartingState) -> BTreeSet<usize> {
    let state = ImpactState::Down;
    let falls = |ci: &usize| {
        let failed = vec![FailedCi { slot: slot(*ci), state }];
        let (before, after) = model.evaluate_grounded(&now(starting, failed));
        *ci != target && before[target] < level && after[target] >= level
    };
    (0..model.rows.len()).filter(falls).collect()
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn a_standing_is_what_the_present_is(
        (model, _) in grounded_model_and_question(),
        target in 0..12usize,
        level in prop_oneof![Just(ImpactState::Down), Just(ImpactState::Degraded)],
        structural in any::<bool>(),
    ) {
        let target = target % model.rows.len();
        let starting = if structural { StartingState::Structural } else { StartingState::Current };
        let found = model.with_view(|view| {
            standing(view, slot(target), level, starting, &Budget::UNLIMITED, &mut Scratch::default())
        });
        let found = found.expect("no conflict");
        prop_assert_eq!(found.incomplete, None);
        let (states, _) = model.evaluate_grounded(&now(StartingState::Current, Vec::new()));
        prop_assert_eq!(found.state, Some(states[target]));
        let found_points: BTreeSet<usize> = found.points.iter().map(|point| point.slot.index()).collect();
        prop_assert_eq!(found_points, points(&model, target, level, starting));
        let on: BTreeSet<CiId> = (0..model.rows.len())
            .filter(|ci| model.reachable([slot(*ci)]).contains(&slot(target)))
            .map(id_of)
            .collect();
        prop_assert_eq!(found.stands_on, on.iter().copied().collect::<Vec<_>>());
        let stated = model.groups.iter().filter(|(_, group)| {
            group.thresholds.up_min.is_some() && on.contains(&id_of(group.consumer.index()))
        });
        prop_assert_eq!(found.groups.len(), stated.clone().count());
        for (key, _) in stated {
            let standing = found.groups.iter().find(|standing| standing.group == *key).expect("it is told");
            let truth = model.gate(&now(StartingState::Current, Vec::new()), &states, *key);
            let [k, _, _, total] = truth.thresholds;
            prop_assert_eq!((standing.up_min, standing.total, standing.up), (k, total, truth.up));
            prop_assert_eq!(standing.output, truth.output);
        }
    }

    #[test]
    fn a_standing_that_is_cut_short_says_so_and_what_is_in_it_stands(
        (model, _) in grounded_model_and_question(),
        target in 0..12usize,
        links in 0..120u64,
    ) {
        let target = slot(target % model.rows.len());
        let level = ImpactState::Down;
        let budget = Budget { arcs_visited_max: links, ..Budget::UNLIMITED };
        let (part, whole) = model.with_view(|view| {
            let ask = |budget: &Budget<'_>| {
                let found = standing(view, target, level, StartingState::Current, budget, &mut Scratch::default());
                found.expect("no conflict")
            };
            (ask(&budget), ask(&Budget::UNLIMITED))
        });
        prop_assert!(part.points.iter().all(|point| whole.points.iter().any(|other| other.slot == point.slot)));
        prop_assert!(part.groups.iter().all(|group| whole.groups.contains(group)));
        prop_assert!(part.stands_on.iter().all(|ci| whole.stands_on.contains(ci)));
        prop_assert!(part.state.is_none() || part.state == whole.state);
        match part.incomplete {
            None => prop_assert_eq!(part.points, whole.points),
            Some(incomplete) => {
                prop_assert_eq!(incomplete.reason, TruncationReason::Arcs);
                prop_assert_eq!(part.state.is_none(), incomplete.stage == Stage::Start && part.stands_on.is_empty());
            }
        }
    }
}
