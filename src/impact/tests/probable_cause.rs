//! Probable causes: the law's cases, brute force, and estates that would hurt.

mod weights;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use super::random::{cases, grounded_model_and_question, model_and_question};
use crate::graph::Slot;
use crate::graph::dependency::{Carrier, GroupKey, GroupParameters, ImpactArc};
use crate::impact::oracle::{Model, NaiveCauses, NaiveRow, slot};
use crate::impact::{
    Budget, CauseError, CauseLimit, CauseQuestion, FailedCi, Fit, ImpactQuestion, ObservationWeight, Premises,
    ProbableCauses, Scratch, probable_causes,
};
use crate::model::{ImpactState, PoolId, RelationshipTypeId, Strength, Threshold, Thresholds, Weight};

fn plain(source: usize, target: usize) -> ImpactArc {
    ImpactArc {
        source: slot(source),
        target: slot(target),
        strength: Strength::DOWN,
        relationship_type: Some(RelationshipTypeId::new(0)),
        carrier: Carrier::Plain,
    }
}

/// `consumer` needs one of `members`.
fn one_of(model: &mut Model, consumer: usize, members: &[usize]) {
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
    let carrier = Carrier::Member {
        group,
        weight: Weight::ONE,
    };
    model.arcs.extend(members.iter().map(|member| ImpactArc {
        carrier,
        ..plain(*member, consumer)
    }));
}

fn slots(numbers: &[usize]) -> Vec<Slot> {
    numbers.iter().map(|number| slot(*number)).collect()
}

fn observed(symptoms: &[usize], healthy: &[usize]) -> CauseQuestion {
    CauseQuestion {
        symptoms: slots(symptoms),
        healthy: slots(healthy),
        ..CauseQuestion::default()
    }
}

/// The question with weights, by CI.
fn weighed(question: CauseQuestion, weights: &[(usize, i64)]) -> CauseQuestion {
    let weights = weights.iter().map(|(ci, weight)| ObservationWeight {
        slot: slot(*ci),
        weight: Weight::new(*weight).expect("a weight"),
    });
    CauseQuestion {
        weights: weights.collect(),
        ..question
    }
}

fn ask(model: &Model, question: &CauseQuestion) -> ProbableCauses {
    let unlimited = &Budget::UNLIMITED;
    model.with_view(|view| probable_causes(view, question, unlimited, &mut Scratch::default()).expect("consistent"))
}

fn row(slot: Slot, fit: Fit) -> NaiveRow {
    (slot, [fit.hits, fit.misses, fit.false_alarms, fit.unseen])
}

fn causes(answer: &ProbableCauses) -> Vec<usize> {
    answer.causes.iter().map(|cause| cause.slot.index()).collect()
}

/// A site with a switch and three hosts, each with an application.
fn site() -> Model {
    let [site, switch, h1, h2, h3, a1, a2, a3] = [0, 1, 2, 3, 4, 5, 6, 7];
    let mut model = Model::of(8);
    let arcs = [
        (site, switch),
        (site, h3),
        (switch, h1),
        (switch, h2),
        (h1, a1),
        (h2, a2),
        (h3, a3),
    ];
    model.arcs = arcs.map(|(source, target)| plain(source, target)).to_vec();
    model
}

#[test]
fn the_switch_explains_both_applications_and_the_site_too_much() {
    let answer = ask(&site(), &observed(&[5, 6, 5], &[7, 4]));
    let first = answer.ranking.first().expect("a cause");
    assert_eq!(row(first.slot, first.fit), (slot(1), [2, 0, 0, 3]));
    assert_eq!(first.fit.score().to_string(), "40/43");
    assert!((first.fit.score().value() - 40.0 / 43.0).abs() < 1e-12);
    // Then the applications themselves, then their hosts, then the site: by CI id where alike.
    let mut order: Vec<usize> = answer.ranking.iter().map(|cause| cause.slot.index()).collect();
    order[1..3].sort_unstable();
    order[3..5].sort_unstable();
    assert_eq!(order, [1, 5, 6, 2, 3, 0]);
    assert_eq!((answer.candidates_considered, answer.candidates_total), (6, 6));
    assert_eq!(answer.limit, None);
    assert_eq!(causes(&answer), [1]);
    assert_eq!(answer.causes[0].explained.len(), 2);
    assert_eq!(answer.unexplained, []);
}

#[test]
fn two_independent_causes_are_found_one_after_the_other() {
    let mut model = Model::of(6);
    model.arcs = [(0, 2), (0, 3), (1, 4), (1, 5)]
        .map(|(source, target)| plain(source, target))
        .to_vec();
    let answer = ask(&model, &observed(&[2, 3, 4, 5], &[]));
    assert_eq!(causes(&answer), [0, 1]);
    let joint: Vec<String> = answer
        .causes
        .iter()
        .map(|cause| cause.joint.score().to_string())
        .collect();
    assert_eq!(joint, ["40/61", "40/41"]);
    assert!(answer.causes.iter().all(|cause| cause.paired_with.is_none()));
    let one = CauseQuestion {
        causes_max: 1,
        ..observed(&[2, 3, 4, 5], &[])
    };
    let mut unexplained = ask(&model, &one).unexplained;
    unexplained.sort_unstable();
    assert_eq!(unexplained, slots(&[4, 5]));
}

#[test]
fn where_redundancy_was_lost_the_cause_is_the_pair() {
    // Two hosts, each on a rack; three applications that need one of the hosts.
    let mut model = Model::of(7);
    model.arcs = vec![plain(0, 2), plain(1, 3)];
    for application in 4..7 {
        one_of(&mut model, application, &[2, 3]);
    }
    let answer = ask(&model, &observed(&[4, 5, 6], &[]));
    let mut found = causes(&answer);
    found.sort_unstable();
    assert_eq!(found, [2, 3]);
    let [first, second] = answer.causes.as_slice() else {
        panic!("two causes: {answer:?}");
    };
    assert_eq!(
        (first.paired_with, second.paired_with),
        (Some(second.slot), Some(first.slot))
    );
    assert_eq!((first.explained.len(), second.explained.len()), (0, 3));
    assert_eq!(second.joint.score().to_string(), "30/31");
    // One of them is seen to be up: then it must be the applications themselves.
    let answer = ask(&model, &observed(&[4, 5, 6], &[2, 0]));
    assert_eq!(answer.causes.len(), 3);
    assert_eq!(answer.unexplained, []);
    // With room for one cause there is no room for a pair.
    let one = CauseQuestion {
        causes_max: 1,
        ..observed(&[4, 5, 6], &[])
    };
    assert_eq!(ask(&model, &one).causes.len(), 1);
}

#[test]
fn a_pair_does_not_displace_two_causes_that_fit_better_one_after_the_other() {
    // Server 2 needs 0 or 1 and carries 1; 3 stands on 0. Both 0 and 1 explain 1, 2 and 3, but 0 was
    // not seen to be bad.
    let mut model = Model::of(4);
    one_of(&mut model, 2, &[0, 1]);
    model.arcs.extend([plain(2, 1), plain(0, 3)]);
    let answer = ask(&model, &observed(&[1, 2, 3], &[]));
    assert_eq!(causes(&answer), [2, 3]);
    assert!(answer.causes.iter().all(|cause| cause.paired_with.is_none()));
    assert_eq!(answer.causes[1].joint.score().to_string(), "1/1");
}

#[test]
fn two_uplinks_of_routers_that_list_each_other_are_a_pair() {
    // Router 2 needs uplink 0 or router 3, router 3 needs uplink 1 or router 2: the uplinks meet in
    // no group, only in the circle.
    let mut model = Model::of(9);
    one_of(&mut model, 2, &[0, 3]);
    one_of(&mut model, 3, &[1, 2]);
    model
        .arcs
        .extend([plain(2, 4), plain(3, 5), plain(2, 6), plain(0, 7), plain(1, 8)]);
    let answer = ask(&model, &observed(&[2, 3, 4, 5, 6, 7, 8], &[]));
    let mut found = causes(&answer);
    found.sort_unstable();
    assert_eq!(found, [0, 1]);
    assert!(answer.causes.iter().all(|cause| cause.paired_with.is_some()));
    assert_eq!(answer.limit, None);
    assert_eq!(answer.unexplained, []);
}

#[test]
fn contradictions_are_refused() {
    let model = site();
    model.with_view(|view| {
        let ask = |question: &CauseQuestion| {
            probable_causes(view, question, &Budget::UNLIMITED, &mut Scratch::default()).expect_err("refused")
        };
        let ci = model.rows[5].id;
        assert_eq!(ask(&observed(&[5], &[5])), CauseError::ObservationConflict { ci });
        let unobserved = weighed(observed(&[6], &[7]), &[(6, 2), (5, 2)]);
        assert_eq!(ask(&unobserved), CauseError::WeightUnobserved { ci });
        let nobody = weighed(observed(&[], &[]), &[(5, 1)]);
        assert_eq!(ask(&nobody), CauseError::WeightUnobserved { ci });
        let question = CauseQuestion {
            level: ImpactState::Ok,
            ..observed(&[5], &[])
        };
        assert_eq!(ask(&question), CauseError::LevelOk);
        let pin = |state| FailedCi { slot: slot(5), state };
        let question = CauseQuestion {
            premises: Premises {
                assumed: vec![pin(ImpactState::Ok), pin(ImpactState::Down)],
                ..Premises::default()
            },
            ..observed(&[], &[])
        };
        assert!(matches!(ask(&question), CauseError::Impact(_)));
    });
}

#[test]
fn nothing_explains_what_cannot_fail() {
    let mut model = site();
    assert_eq!(ask(&model, &observed(&[], &[7])), ProbableCauses::default());
    model.arcs.retain(|arc| arc.target != slot(5));
    model.rows[5].takes_part = false;
    let premises = Premises {
        assumed: vec![FailedCi {
            slot: slot(6),
            state: ImpactState::Down,
        }],
        ..Premises::default()
    };
    let question = CauseQuestion {
        premises,
        ..observed(&[5, 6], &[])
    };
    let answer = ask(&model, &question);
    assert_eq!(
        (answer.ranking.len(), answer.causes.len(), answer.candidates_total),
        (0, 0, 0)
    );
    assert_eq!(answer.unexplained.len(), 2);
    // A symptom that can be explained counts those that cannot as missed.
    let question = CauseQuestion {
        symptoms: slots(&[5, 6, 7]),
        ..question
    };
    let best = ask(&model, &question).ranking[0];
    assert_eq!(row(best.slot, best.fit), (slot(7), [1, 2, 0, 0]));
}

#[test]
fn many_candidates_that_bring_one_hub_down_cost_one_fall_of_it() {
    // 300 power feeds, each in line with the next, all above a switch with 1,000 hosts.
    const FEEDS: usize = 300;
    const HOSTS: usize = 1_000;
    let mut model = Model::of(FEEDS + 1 + HOSTS);
    for feed in 0..FEEDS {
        model.arcs.push(plain(feed, (feed + 7).min(FEEDS)));
        model.arcs.push(plain(feed, feed + 1));
    }
    model.arcs.extend((0..HOSTS).map(|host| plain(FEEDS, FEEDS + 1 + host)));
    let symptoms: Vec<usize> = (FEEDS + 1..FEEDS + 51).collect();
    let question = CauseQuestion {
        causes_max: 1,
        ..observed(&symptoms, &[])
    };
    let budget = Budget {
        arcs_visited_max: 20_000,
        ..Budget::UNLIMITED
    };
    model.with_view(|view| {
        let answer = probable_causes(view, &question, &budget, &mut Scratch::default()).expect("consistent");
        assert_eq!(answer.limit, None);
        assert_eq!(answer.candidates_considered, 351);
        assert_eq!(answer.ranking[0].slot, slot(FEEDS));
        let last = answer
            .ranking
            .iter()
            .find(|cause| cause.slot == slot(0))
            .expect("ranked");
        assert_eq!(last.fit.hits + last.fit.unseen, (FEEDS + 1 + HOSTS) as u64);
    });
}

/// Consumers that each need one of two, on providers with plain arcs between them, and what the
/// failure of two providers brings about as symptoms.
fn broken_pair() -> impl Strategy<Value = (Model, CauseQuestion)> {
    // Half of the consumers stand on the two that fail.
    let groups = vec((0..6usize, 0..6usize, any::<bool>()), 6);
    let plains = vec((0..6usize, 0..12usize), 0..5);
    let weights = prop_oneof![Just(Vec::new()), vec((0..12usize, 1..200i64), 1..6)];
    let failed = (0..6usize, 0..6usize);
    (groups, plains, failed, any::<u16>(), weights).prop_map(|(groups, plains, (one, other), unseen, weights)| {
        let mut model = Model::of(12);
        for (consumer, (member, spare, is_of_the_two)) in (6..12).zip(groups) {
            let members = if is_of_the_two { [one, other] } else { [member, spare] };
            one_of(&mut model, consumer, &members);
        }
        // The oracle takes much longer for grounded groups.
        model.groups.iter_mut().for_each(|(_, group)| group.grounded = false);
        let plains = plains.into_iter().filter(|(source, target)| source != target);
        model.arcs.extend(plains.map(|(source, target)| plain(source, target)));
        let failed = [one, other].map(|ci| FailedCi {
            slot: slot(ci),
            state: ImpactState::Down,
        });
        let question = ImpactQuestion {
            failed: failed.to_vec(),
            ..ImpactQuestion::default()
        };
        let after = model.evaluate(&question).after().clone();
        let bad = (0..12).filter(|ci| after[*ci] >= ImpactState::Degraded && unseen & 1 << ci == 0);
        let bad: Vec<usize> = bad.collect();
        let seen = weights.into_iter().filter(|(ci, _)| bad.contains(ci));
        let question = weighed(observed(&bad, &[]), &seen.collect::<Vec<_>>());
        (model, question)
    })
}

#[test]
fn brute_force_finds_the_same_pairs() {
    let config = cases(200);
    let count = config.cases;
    let mut pairs = 0;
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    for _ in 0..count {
        let (model, question) = broken_pair().new_tree(&mut runner).expect("a case").current();
        let answer = ask(&model, &question);
        pairs += u32::from(answer.causes.iter().any(|cause| cause.paired_with.is_some()));
        let causes: Vec<NaiveRow> = answer.causes.iter().map(|cause| row(cause.slot, cause.joint)).collect();
        assert_eq!(
            causes,
            NaiveCauses::new(&model, &question).explain(),
            "{model:?} {question:?}"
        );
    }
    assert!(pairs > count / 10, "only {pairs} of the cases have a pair");
}

/// A question of any level on a random model, some groups of which are grounded.
fn asked() -> impl Strategy<Value = (Model, CauseQuestion)> {
    let base = prop_oneof![grounded_model_and_question(), model_and_question()];
    let level = (1..4u8).prop_map(ImpactState::from_level);
    let weight = prop_oneof![1..4i64, 1..300i64, Just(i64::from(Weight::MAX))];
    let weights = prop_oneof![Just(Vec::new()), vec((0..12usize, weight), 1..8)];
    let observations = (vec(0..12usize, 1..6), vec(0..12usize, 0..4), weights);
    (base, level, observations, 0..5usize, any::<bool>()).prop_map(
        |((model, impact), level, (symptoms, healthy, weights), causes_max, bare)| {
            let cis = model.rows.len();
            let symptoms: Vec<Slot> = symptoms.iter().map(|ci| slot(ci % cis)).collect();
            let healthy = healthy.iter().map(|ci| slot(ci % cis));
            let healthy: Vec<Slot> = healthy.filter(|ci| !symptoms.contains(ci)).collect();
            let is_seen = |ci: usize| symptoms.contains(&slot(ci)) || healthy.contains(&slot(ci));
            let weights: Vec<_> = weights.into_iter().filter(|(ci, _)| is_seen(*ci)).collect();
            let question = CauseQuestion {
                healthy,
                symptoms,
                level,
                causes_max,
                candidates_max: usize::MAX,
                premises: if bare { Premises::default() } else { premises(impact) },
                ..CauseQuestion::default()
            };
            (model, weighed(question, &weights))
        },
    )
}

fn premises(question: ImpactQuestion) -> Premises {
    question.premises
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn brute_force_finds_the_same_causes((model, question) in asked()) {
        let answer = ask(&model, &question);
        let mut naive = NaiveCauses::new(&model, &question);
        let ranking: Vec<NaiveRow> = answer.ranking.iter().map(|cause| row(cause.slot, cause.fit)).collect();
        prop_assert_eq!(ranking, naive.ranking());
        let causes: Vec<NaiveRow> = answer.causes.iter().map(|cause| row(cause.slot, cause.joint)).collect();
        prop_assert_eq!(causes, naive.explain());
        prop_assert_eq!(answer.candidates_total, naive.candidates() as u64);
        prop_assert_eq!(answer.candidates_considered, answer.candidates_total);
        prop_assert_eq!(answer.limit, None);
    }

    #[test]
    fn the_order_of_the_observations_does_not_matter((model, question) in asked()) {
        let mut turned = question.clone();
        turned.symptoms.reverse();
        turned.symptoms.extend(question.symptoms.iter().copied());
        turned.healthy.reverse();
        turned.weights.reverse();
        turned.weights.extend(question.weights.iter().copied());
        prop_assert_eq!(ask(&model, &question), ask(&model, &turned));
    }

    #[test]
    fn causes_explain_step_by_step_and_account_for_every_symptom((model, question) in asked()) {
        let answer = ask(&model, &question);
        let mut explained: Vec<Slot> = Vec::new();
        let mut last = 0.0;
        for cause in &answer.causes {
            explained.extend(&cause.explained);
            prop_assert_eq!(cause.joint.counts.hits, explained.len() as u64);
            prop_assert!(cause.paired_with.is_some() || cause.joint.score().value() > last);
            last = cause.joint.score().value();
        }
        prop_assert!(answer.causes.len() <= question.causes_max);
        explained.extend(&answer.unexplained);
        explained.sort_unstable();
        let mut symptoms = question.symptoms.clone();
        symptoms.sort_unstable();
        symptoms.dedup();
        prop_assert_eq!(explained, symptoms);
    }

    /// Seeing a CI healthy that was not looked at takes it out as a candidate and makes no other
    /// candidate fit better.
    #[test]
    fn a_healthy_observation_never_raises_a_score((model, question) in asked(), seen in 0..12usize) {
        let seen = slot(seen % model.rows.len());
        prop_assume!(!question.symptoms.contains(&seen));
        let more = CauseQuestion { healthy: [question.healthy.clone(), vec![seen]].concat(), ..question.clone() };
        let (before, after) = (ask(&model, &question), ask(&model, &more));
        for cause in &after.ranking {
            let known = before.ranking.iter().find(|known| known.slot == cause.slot).expect("ranked before");
            prop_assert!(cause.fit.score().value() <= known.fit.score().value());
            prop_assert_eq!(cause.fit.hits, known.fit.hits);
            prop_assert!(cause.slot != seen);
        }
    }

    /// Fewer candidates: what is shown is exact, and it is said that there are more.
    #[test]
    fn the_nearest_candidates_are_ranked_as_among_all((model, question) in asked(), nearest in 0..6usize) {
        let all = ask(&model, &question);
        let few = ask(&model, &CauseQuestion { candidates_max: nearest, ..question });
        prop_assert_eq!(few.candidates_total, all.candidates_total);
        prop_assert_eq!(few.candidates_considered, all.candidates_total.min(nearest as u64));
        prop_assert_eq!(few.limit, (all.candidates_total > nearest as u64).then_some(CauseLimit::Candidates));
        let kept: Vec<_> = few.ranking.iter().map(|few| few.slot).collect();
        let among: Vec<_> = all.ranking.into_iter().filter(|one| kept.contains(&one.slot)).collect();
        prop_assert_eq!(few.ranking, among);
    }

    /// A budget that runs out: everything that is said is true, and the scratch is clean.
    #[test]
    fn what_is_said_on_a_small_budget_is_true((model, question) in asked(), limit in 0..60u64) {
        let all = ask(&model, &question);
        let budget = Budget { arcs_visited_max: limit, ..Budget::UNLIMITED };
        let mut scratch = Scratch::default();
        let few = model.with_view(|view| probable_causes(view, &question, &budget, &mut scratch)).expect("consistent");
        prop_assert!(few.ranking.iter().all(|one| all.ranking.contains(one)));
        match few.limit {
            None => prop_assert_eq!(&few, &all),
            Some(limit) => prop_assert_eq!(limit.as_str(), "ARCS"),
        }
        let shared = model.with_view(|view| probable_causes(view, &question, &Budget::UNLIMITED, &mut scratch));
        prop_assert_eq!(shared.expect("consistent"), all);
    }
}
