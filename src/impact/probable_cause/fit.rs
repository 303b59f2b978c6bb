//! How well a hypothesis fits what was observed: the exact score of section 4 of the law.

use std::cmp::Ordering;

use crate::graph::Slot;
use crate::graph::dependency::CiColumns;
use crate::model::Weight;

use super::{CauseError, CauseQuestion, ObservationWeight};

/// What a hit counts for, in tenths of a false alarm's half: see [`Fit::score`].
const HIT: u64 = 20;

/// What a symptom missed, and a healthy CI said to be bad, count for.
const WRONG: u64 = 10;

/// An exact fraction, reduced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Score {
    /// At most the denominator.
    pub numerator: u64,
    /// At least 1.
    pub denominator: u64,
}

impl Score {
    /// The fraction as a number between 0 and 1.
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts of CIs are far below 2^53; the exact value stands beside"
    )]
    pub fn value(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }
}

impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}

/// What a hypothesis predicts, against what was observed. An observation counts as its weight, which
/// is 1 unless said otherwise.
///
/// Weights are at most [`Weight::MAX`] and CIs less than 2^30, so each sum is less than 2^50 and the
/// parts of a score are less than 2^56: nothing overflows, and comparing two scores is exact in 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fit {
    /// Symptoms it predicts, by weight.
    pub hits: u64,
    /// Symptoms it does not predict, by weight.
    pub misses: u64,
    /// CIs seen healthy that it predicts to be bad, by weight.
    pub false_alarms: u64,
    /// CIs it predicts to be bad of which nothing was observed; each counts 1.
    pub unseen: u64,
    /// The first three by number.
    pub counts: FitCounts,
}

/// How many observations a hypothesis agrees and disagrees with, whatever their weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FitCounts {
    /// Symptoms predicted.
    pub hits: u64,
    /// Symptoms not predicted.
    pub misses: u64,
    /// CIs seen healthy that are predicted to be bad.
    pub false_alarms: u64,
}

impl Fit {
    /// `20 hits / (20 hits + 10 misses + 10 false alarms + unseen)`: the F1 measure, where a CI
    /// predicted but not observed counts as a tenth of a false alarm. 0 without a hit.
    pub fn score(&self) -> Score {
        let [numerator, denominator] = self.fraction();
        let divisor = gcd(numerator, denominator).max(1);
        Score {
            numerator: numerator / divisor,
            denominator: (denominator / divisor).max(1),
        }
    }

    /// The score as it is written in the law, not reduced: comparing needs no more.
    fn fraction(&self) -> [u64; 2] {
        let hits = HIT * self.hits;
        [hits, hits + WRONG * (self.misses + self.false_alarms) + self.unseen]
    }

    fn compare_scores(&self, other: &Self) -> Ordering {
        let ([one, of_one], [other, of_other]) = (self.fraction(), other.fraction());
        let product = |numerator: u64, denominator: u64| u128::from(numerator) * u128::from(denominator.max(1));
        product(one, of_other).cmp(&product(other, of_one))
    }

    /// The better fit first: by score, then fewer misses, false alarms, unseen.
    pub fn rank(&self, other: &Self) -> Ordering {
        let rest = |fit: &Self| (fit.misses, fit.false_alarms, fit.unseen);
        other.compare_scores(self).then_with(|| rest(self).cmp(&rest(other)))
    }

    /// Whether the score is higher.
    pub(super) fn beats(&self, other: &Self) -> bool {
        self.compare_scores(other) == Ordering::Greater
    }

    /// The best fit of any hypothesis that predicts at least what this one and `other` do, when so
    /// many symptoms can be predicted at all.
    pub(super) fn best_beyond(&self, other: &Self, hits_max: u64) -> Self {
        Self {
            hits: hits_max,
            misses: (self.hits + self.misses).saturating_sub(hits_max),
            false_alarms: self.false_alarms.max(other.false_alarms),
            unseen: self.unseen.max(other.unseen),
            counts: self.counts,
        }
    }
}

fn gcd(mut one: u64, mut other: u64) -> u64 {
    while other > 0 {
        (one, other) = (other, one % other);
    }
    one
}

/// What was observed of a CI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Observation {
    None,
    Healthy,
    Symptom,
}

/// What was observed, each CI once.
#[derive(Debug)]
pub(super) struct Observed {
    /// By CI id.
    pub(super) symptoms: Vec<Slot>,
    /// By slot; slots beyond are not observed.
    by_slot: Vec<Observation>,
    /// By slot; empty if every observation counts 1.
    weights: Vec<Weight>,
}

impl Observed {
    pub(super) fn new(columns: &CiColumns, question: &CauseQuestion) -> Result<Self, CauseError> {
        let slots = question.symptoms.iter().chain(&question.healthy);
        let slots = slots.map(|slot| slot.index() + 1).max().unwrap_or(0);
        let mut by_slot = vec![Observation::None; slots];
        for slot in &question.healthy {
            by_slot[slot.index()] = Observation::Healthy;
        }
        let mut symptoms = question.symptoms.clone();
        symptoms.sort_by_key(|slot| columns.id(*slot));
        symptoms.dedup();
        for slot in &symptoms {
            if by_slot[slot.index()] == Observation::Healthy {
                return Err(CauseError::ObservationConflict { ci: columns.id(*slot) });
            }
            by_slot[slot.index()] = Observation::Symptom;
        }
        let mut observed = Self {
            symptoms,
            by_slot,
            weights: Vec::new(),
        };
        observed.weigh(columns, &question.weights)?;
        Ok(observed)
    }

    /// Takes in what the observations weigh.
    fn weigh(&mut self, columns: &CiColumns, given: &[ObservationWeight]) -> Result<(), CauseError> {
        if given.is_empty() {
            return Ok(());
        }
        self.weights = vec![Weight::ONE; self.by_slot.len()];
        for ObservationWeight { slot, weight } in given.iter().copied() {
            if self.of(slot) == Observation::None {
                return Err(CauseError::WeightUnobserved { ci: columns.id(slot) });
            }
            let known = &mut self.weights[slot.index()];
            *known = weight.max(*known);
        }
        Ok(())
    }

    /// What the observation of a CI counts as.
    pub(super) fn weight(&self, slot: Slot) -> u64 {
        u64::from(self.weights.get(slot.index()).copied().unwrap_or_default().get())
    }

    /// What those symptoms count as together of which this is so.
    pub(super) fn weight_of_symptoms(&self, is_so: impl Fn(Slot) -> bool) -> u64 {
        let symptoms = self.symptoms.iter().filter(|slot| is_so(**slot));
        symptoms.map(|slot| self.weight(*slot)).sum()
    }

    /// The fit of a hypothesis which predicts nothing.
    pub(super) fn nothing(&self) -> Fit {
        Fit {
            hits: 0,
            misses: self.symptoms.iter().map(|slot| self.weight(*slot)).sum(),
            false_alarms: 0,
            unseen: 0,
            counts: FitCounts {
                misses: self.symptoms.len() as u64,
                ..FitCounts::default()
            },
        }
    }

    pub(super) fn of(&self, slot: Slot) -> Observation {
        self.by_slot.get(slot.index()).copied().unwrap_or(Observation::None)
    }

    /// The fit when these too are predicted to be bad.
    pub(super) fn extend(&self, mut fit: Fit, predicted: impl Iterator<Item = Slot>) -> Fit {
        for slot in predicted {
            match self.of(slot) {
                Observation::None => fit.unseen += 1,
                Observation::Healthy => {
                    fit.false_alarms += self.weight(slot);
                    fit.counts.false_alarms += 1;
                }
                Observation::Symptom => {
                    let weight = self.weight(slot);
                    fit.hits += weight;
                    fit.misses -= weight;
                    fit.counts.hits += 1;
                    fit.counts.misses -= 1;
                }
            }
        }
        fit
    }
}
