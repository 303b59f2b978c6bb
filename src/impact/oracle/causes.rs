//! Probable causes the naive way: every candidate and every pair from its own evaluation.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{Model, slot};
use crate::graph::Slot;
use crate::impact::probable_cause::CauseQuestion;
use crate::impact::question::{FailedCi, ImpactQuestion, Premises, StartingState};
use crate::model::{CiId, ImpactState, Thresholds};

/// A hypothesis: its first CI, hits, misses, false alarms, unseen, by weight.
pub(in crate::impact) type NaiveRow = (Slot, [u64; 4]);

/// The answer by brute force.
#[derive(Debug)]
pub(in crate::impact) struct NaiveCauses<'a> {
    model: &'a Model,
    question: &'a CauseQuestion,
    symptoms: BTreeSet<Slot>,
    healthy: BTreeSet<Slot>,
    weights: BTreeMap<Slot, u64>,
    /// What each hypothesis tried so far brings about.
    known: BTreeMap<BTreeSet<Slot>, BTreeSet<Slot>>,
}

impl<'a> NaiveCauses<'a> {
    pub(in crate::impact) fn new(model: &'a Model, question: &'a CauseQuestion) -> Self {
        Self {
            model,
            question,
            symptoms: question.symptoms.iter().copied().collect(),
            healthy: question.healthy.iter().copied().collect(),
            weights: weights(question),
            known: BTreeMap::new(),
        }
    }

    fn id(&self, slot: Slot) -> CiId {
        self.model.rows[slot.index()].id
    }

    /// The CIs that could fail at all.
    fn all(&self) -> Vec<Slot> {
        let pinned = |ci: &Slot| self.question.premises.assumed.iter().any(|pin| pin.slot == *ci);
        let all = (0..self.model.rows.len()).map(slot);
        all.filter(|ci| !pinned(ci) && !self.healthy.contains(ci) && self.model.rows[ci.index()].takes_part)
            .collect()
    }

    /// P of the law.
    fn predicted(&mut self, causes: &BTreeSet<Slot>) -> BTreeSet<Slot> {
        if let Some(known) = self.known.get(causes) {
            return known.clone();
        }
        let predicted = predicted(self.model, self.question.level, &self.question.premises, causes);
        self.known.insert(causes.clone(), predicted.clone());
        predicted
    }

    fn fit(&mut self, causes: &BTreeSet<Slot>) -> [u64; 4] {
        let predicted = self.predicted(causes);
        let weigh = |cis: &mut dyn Iterator<Item = &Slot>| cis.map(|ci| self.weights.get(ci).unwrap_or(&1)).sum();
        let hits = weigh(&mut predicted.intersection(&self.symptoms));
        let misses = weigh(&mut self.symptoms.difference(&predicted));
        let false_alarms = weigh(&mut predicted.intersection(&self.healthy));
        let observed: BTreeSet<Slot> = self.symptoms.union(&self.healthy).copied().collect();
        [
            hits,
            misses,
            false_alarms,
            predicted.difference(&observed).count() as u64,
        ]
    }

    /// Single causes in the law's order.
    pub(in crate::impact) fn ranking(&mut self) -> Vec<NaiveRow> {
        let mut ranking = Vec::new();
        for ci in self.all() {
            let fit = self.fit(&BTreeSet::from([ci]));
            if fit[0] > 0 {
                ranking.push((ci, fit));
            }
        }
        ranking.sort_by_key(|(ci, fit)| (order(*fit), self.id(*ci)));
        ranking
    }

    /// Several causes, step by step: each cause with the fit of the hypothesis up to it.
    pub(in crate::impact) fn explain(&mut self) -> Vec<NaiveRow> {
        let mut causes: Vec<NaiveRow> = Vec::new();
        let mut hypothesis = BTreeSet::new();
        loop {
            let room = self.question.causes_max.saturating_sub(causes.len());
            if room == 0 || !self.is_anything_open(&hypothesis) {
                return causes;
            }
            let singles: Vec<Vec<Slot>> = self.all().into_iter().map(|ci| vec![ci]).collect();
            let now = score(self.fit(&hypothesis));
            let Some(single) = self.best(&hypothesis, &singles, now) else {
                return causes;
            };
            let mut step = single.clone();
            let with = |more: &[Slot]| hypothesis.iter().chain(more).copied().collect::<BTreeSet<_>>();
            if room >= 2 && self.is_anything_open(&with(&single)) {
                let alone = score(self.fit(&with(&single)));
                let mut two = single.clone();
                if let Some(second) = self.best(&with(&single), &singles, alone) {
                    two.extend(second);
                }
                let cuts = self.cuts(&hypothesis);
                // Two at once have to do better than two one after the other, or be the same two.
                if let Some(pair) = self.best(&hypothesis, &cuts, alone)
                    && (with(&pair) == with(&two) || score(self.fit(&with(&pair))) > score(self.fit(&with(&two))))
                {
                    step = pair;
                }
            }
            step.sort_by_key(|ci| {
                let alone: BTreeSet<Slot> = hypothesis.iter().copied().chain([*ci]).collect();
                (order(self.fit(&alone)), self.id(*ci))
            });
            for ci in step {
                hypothesis.insert(ci);
                causes.push((ci, self.fit(&hypothesis)));
            }
        }
    }

    /// The best of these additions that scores more than `bar`; the least ids of those that fit alike.
    fn best(&mut self, hypothesis: &BTreeSet<Slot>, additions: &[Vec<Slot>], bar: u128) -> Option<Vec<Slot>> {
        let mut best: Option<(_, Vec<Slot>)> = None;
        for addition in additions {
            let fit = self.fit(&hypothesis.iter().chain(addition).copied().collect());
            let mut ids: Vec<CiId> = addition.iter().map(|ci| self.id(*ci)).collect();
            ids.sort_unstable();
            let key = (order(fit), ids);
            if score(fit) > bar && best.as_ref().is_none_or(|(known, _)| key < *known) {
                best = Some((key, addition.clone()));
            }
        }
        best.map(|(_, addition)| addition)
    }

    /// Whether a symptom that can fail is not explained.
    fn is_anything_open(&mut self, hypothesis: &BTreeSet<Slot>) -> bool {
        let explained = self.predicted(hypothesis);
        let all = self.all();
        all.iter()
            .any(|ci| self.symptoms.contains(ci) && !explained.contains(ci))
    }

    /// All pairs that bring about a symptom which neither of the two does.
    fn cuts(&mut self, hypothesis: &BTreeSet<Slot>) -> Vec<Vec<Slot>> {
        let all = self.all();
        let mut cuts = Vec::new();
        for one in &all {
            for other in all.iter().filter(|other| *other > one) {
                let with = |more: &[Slot]| hypothesis.iter().chain(more).copied().collect();
                let alone = [*one, *other].map(|ci| self.predicted(&with(&[ci])));
                let both = self.predicted(&with(&[*one, *other]));
                let mut both = both.intersection(&self.symptoms);
                if both.any(|ci| !alone[0].contains(ci) && !alone[1].contains(ci)) {
                    cuts.push(vec![*one, *other]);
                }
            }
        }
        cuts
    }

    /// How many CIs could bring a symptom to the level were nothing redundant, at all times.
    pub(in crate::impact) fn candidates(&self) -> usize {
        let mut fragile = self.model.clone();
        for (_, parameters) in &mut fragile.groups {
            parameters.thresholds = Thresholds::default();
            parameters.grounded = false;
        }
        let mut premises = Premises {
            starting_state: StartingState::Structural,
            starting_failed: Vec::new(),
            ..self.question.premises.clone()
        };
        for pin in &mut premises.assumed {
            pin.state = ImpactState::Ok;
        }
        let could = |ci: &Slot| {
            let predicted = predicted(&fragile, self.question.level, &premises, &BTreeSet::from([*ci]));
            !predicted.is_disjoint(&self.symptoms)
        };
        self.all().iter().filter(|ci| could(ci)).count()
    }
}

/// What observations count as, where weights are given.
fn weights(question: &CauseQuestion) -> BTreeMap<Slot, u64> {
    let mut weights = BTreeMap::new();
    for one in &question.weights {
        let known = weights.entry(one.slot).or_insert(0);
        *known = u64::from(one.weight.get()).max(*known);
    }
    weights
}

fn predicted(model: &Model, level: ImpactState, premises: &Premises, causes: &BTreeSet<Slot>) -> BTreeSet<Slot> {
    let failed = causes.iter().map(|slot| FailedCi {
        slot: *slot,
        state: ImpactState::Down,
    });
    let asked = ImpactQuestion {
        failed: failed.collect(),
        premises: premises.clone(),
        ..ImpactQuestion::default()
    };
    let (before, after) = if model.groups.iter().any(|(_, group)| group.grounded) {
        model.evaluate_grounded(&asked)
    } else {
        let evaluated = model.evaluate(&asked);
        (evaluated.before.clone(), evaluated.after().clone())
    };
    let cis = (0..model.rows.len()).filter(|ci| after[*ci] >= level && before[*ci] < level);
    cis.map(slot).collect()
}

/// The score in fixed point: scores of small models that differ do so by far more than 2^-90, and
/// equal ones are rounded alike.
fn score([hits, misses, false_alarms, unseen]: [u64; 4]) -> u128 {
    let denominator = u128::from(20 * hits + 10 * (misses + false_alarms) + unseen).max(1);
    (u128::from(20 * hits) << 90) / denominator
}

fn order(fit: [u64; 4]) -> (Reverse<u128>, u64, u64, u64) {
    (Reverse(score(fit)), fit[1], fit[2], fit[3])
}
