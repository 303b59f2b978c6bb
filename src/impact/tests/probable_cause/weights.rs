//! Observations that weigh more than others: an addition to the law that leaves it as it is where
//! everything weighs 1.

use proptest::prelude::*;

use super::super::random::cases;
use super::{ask, asked, observed, row, site, weighed};
use crate::impact::oracle::{NaiveRow, slot};
use crate::impact::{CauseQuestion, Fit, FitCounts, ObservationWeight, ProbableCauses};
use crate::model::Weight;

#[test]
fn a_symptom_that_weighs_more_leads_to_what_explains_it() {
    // Without weights it is the switch; a third application that is far worse off leads to its host.
    let plain = observed(&[5, 6, 7], &[]);
    let answer = ask(&site(), &plain);
    assert_eq!(
        row(answer.ranking[0].slot, answer.ranking[0].fit),
        (slot(0), [3, 0, 0, 5])
    );
    let answer = ask(&site(), &weighed(plain.clone(), &[(7, 3), (7, 50), (7, 2)]));
    let fits: Vec<NaiveRow> = answer.ranking.iter().map(|cause| row(cause.slot, cause.fit)).collect();
    assert_eq!(fits[0], (slot(0), [52, 0, 0, 5]));
    assert_eq!(fits[1], (slot(7), [50, 2, 0, 0]));
    assert_eq!(fits[2], (slot(4), [50, 2, 0, 1]));
    assert_eq!(fits[3], (slot(1), [2, 50, 0, 3]));
    let counts = FitCounts {
        hits: 1,
        misses: 2,
        false_alarms: 0,
    };
    assert_eq!(answer.ranking[1].fit.counts, counts);
    assert_eq!(answer.ranking[1].fit.score().to_string(), "50/51");
    // A CI that is surely well tells the site from the hosts.
    let question = weighed(observed(&[5, 6, 7], &[3]), &[(7, 50), (3, 40)]);
    let answer = ask(&site(), &question);
    assert_eq!(answer.ranking[0].slot, slot(7));
    let site_fit = answer
        .ranking
        .iter()
        .find(|cause| cause.slot == slot(0))
        .expect("ranked");
    assert_eq!(row(slot(0), site_fit.fit), (slot(0), [52, 0, 40, 4]));
    assert_eq!(site_fit.fit.counts.false_alarms, 1);
    // The largest weights there are do not overflow.
    let largest = i64::from(Weight::MAX);
    let answer = ask(&site(), &weighed(plain, &[(5, largest), (6, largest), (7, largest)]));
    assert_eq!(answer.ranking[0].fit.score().to_string(), "12000000/12000001");
}

proptest! {
    #![proptest_config(cases(400))]

    /// Saying that everything weighs 1 says nothing.
    #[test]
    fn weights_of_one_change_nothing((model, question) in asked()) {
        let plain = CauseQuestion { weights: Vec::new(), ..question };
        let seen = plain.symptoms.iter().chain(&plain.healthy);
        let weights = seen.map(|slot| ObservationWeight { slot: *slot, weight: Weight::ONE }).collect();
        let ones = CauseQuestion { weights, ..plain.clone() };
        let answer = ask(&model, &plain);
        for cause in &answer.ranking {
            let Fit { hits, misses, false_alarms, counts, .. } = cause.fit;
            prop_assert_eq!(FitCounts { hits, misses, false_alarms }, counts);
        }
        prop_assert_eq!(answer, ask(&model, &ones));
    }

    /// A symptom that weighs more raises who explains it and lowers who does not.
    #[test]
    fn a_heavier_symptom_favours_who_explains_it((model, question) in asked(), heavy in 0..6usize) {
        let heavy = question.symptoms[heavy % question.symptoms.len()];
        let known = question.weights.iter().filter(|one| one.slot == heavy).map(|one| one.weight).max();
        let known = i64::from(known.unwrap_or(Weight::ONE).get());
        let Ok(weight) = Weight::new(known * 2) else { return Ok(()) };
        let mut more = question.clone();
        more.weights.push(ObservationWeight { slot: heavy, weight });
        let (before, after) = (ask(&model, &question), ask(&model, &more));
        prop_assert_eq!(before.ranking.len(), after.ranking.len());
        for cause in &after.ranking {
            let before = before.ranking.iter().find(|before| before.slot == cause.slot).expect("ranked before");
            let more = u64::try_from(known).expect("positive");
            let explains = cause.fit.hits > before.fit.hits;
            prop_assert_eq!(cause.fit.hits, before.fit.hits + if explains { more } else { 0 });
            prop_assert_eq!(cause.fit.misses, before.fit.misses + if explains { 0 } else { more });
            prop_assert_eq!(cause.fit.counts, before.fit.counts);
            let (is, was) = (cause.fit.score().value(), before.fit.score().value());
            prop_assert!(if explains { is >= was } else { is < was }, "{} {}", is, was);
        }
    }

    /// Where every predicted CI was observed, only how weights stand to each other counts.
    #[test]
    fn scores_do_not_depend_on_the_unit_of_weights((model, question) in asked(), unit in 1..1_000i64) {
        let rest = (0..model.rows.len()).map(slot).filter(|ci| !question.symptoms.contains(ci));
        let mut all = CauseQuestion { healthy: rest.collect(), ..question };
        all.weights.retain(|one| one.weight.get() <= 1_000);
        let mut scaled = all.clone();
        let seen = all.symptoms.iter().chain(&all.healthy);
        scaled.weights = seen.map(|slot| {
            let known = all.weights.iter().filter(|one| one.slot == *slot).map(|one| one.weight).max();
            let weight = i64::from(known.unwrap_or(Weight::ONE).get()) * unit;
            ObservationWeight { slot: *slot, weight: Weight::new(weight).expect("a weight") }
        }).collect();
        let scores = |answer: ProbableCauses| -> Vec<_> {
            answer.ranking.iter().map(|cause| (cause.slot, cause.fit.score())).collect()
        };
        prop_assert_eq!(scores(ask(&model, &all)), scores(ask(&model, &scaled)));
    }
}
