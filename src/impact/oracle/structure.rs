//! Questions about structure, answered by letting things fail one after the other.

use std::collections::BTreeSet;

use super::{Model, States, slot, strength};
use crate::graph::Slot;
use crate::graph::dependency::{Carrier, ImpactArc};
use crate::impact::question::{FailedCi, ImpactQuestion, Premises};
use crate::model::{ImpactState, Strength};

impl Model {
    /// The states of `target` before and after these go down.
    pub(in crate::impact) fn hit(
        &self,
        premises: &Premises,
        target: Slot,
        failing: &[Slot],
    ) -> (ImpactState, ImpactState) {
        let (before, after) = self.outcome(premises, failing);
        (before[target.index()], after[target.index()])
    }

    /// The states before and after these go down.
    pub(in crate::impact) fn outcome(&self, premises: &Premises, failing: &[Slot]) -> (States, States) {
        let question = ImpactQuestion {
            failed: failing.iter().map(|slot| down(*slot)).collect(),
            premises: premises.clone(),
            ..ImpactQuestion::default()
        };
        if premises.grounded && self.groups.iter().any(|(_, group)| group.grounded) {
            return self.evaluate_grounded(&question);
        }
        let evaluated = self.evaluate(&question);
        (evaluated.before.clone(), evaluated.after().clone())
    }

    /// The CIs that may fail to see what becomes of `target`.
    pub(in crate::impact) fn candidates(&self, premises: &Premises, target: Slot) -> Vec<Slot> {
        let cis = (0..self.rows.len()).map(slot);
        cis.filter(|ci| *ci != target && !is_pinned(premises, *ci)).collect()
    }

    /// The inclusion-minimal sets of up to `size_max` CIs that bring `target` to `level`: by size, then CI ids.
    pub(in crate::impact) fn cut_sets(
        &self,
        premises: &Premises,
        target: Slot,
        level: ImpactState,
        size_max: usize,
    ) -> Vec<Vec<Slot>> {
        let mut candidates = self.candidates(premises, target);
        candidates.sort_by_key(|ci| self.rows[ci.index()].id);
        let mut cuts: Vec<Vec<Slot>> = Vec::new();
        if self.hit(premises, target, &[]).0 >= level {
            return cuts;
        }
        let mut sets: Vec<Vec<usize>> = vec![Vec::new()];
        for _ in 0..size_max {
            let larger = sets.iter().flat_map(|set| {
                let from = set.last().map_or(0, |last| last + 1);
                (from..candidates.len()).map(|next| [set.as_slice(), &[next]].concat())
            });
            sets = larger.collect();
            for set in &sets {
                let set: Vec<Slot> = set.iter().map(|place| candidates[*place]).collect();
                let minimal = !cuts.iter().any(|cut| cut.iter().all(|ci| set.contains(ci)));
                if minimal && self.hit(premises, target, &set).1 >= level {
                    cuts.push(set);
                }
            }
        }
        cuts
    }

    /// The model where every group needs all its members: each membership is an arc of its own.
    pub(in crate::impact) fn without_redundancy(&self) -> Self {
        let arcs = self.arcs.iter().map(|arc| {
            let group = match arc.carrier {
                Carrier::Plain => None,
                Carrier::Member { group, .. } => self.groups.iter().find(|(key, _)| *key == group),
            };
            let strength = group.map_or(arc.strength, |(_, group)| {
                let table = arc.strength.table().map(|state| group.strength.apply(state));
                Strength::from_table(table).expect("tables are closed under composition")
            });
            ImpactArc {
                strength,
                carrier: Carrier::Plain,
                ..*arc
            }
        });
        Self {
            rows: self.rows.clone(),
            groups: Vec::new(),
            arcs: arcs.collect(),
        }
    }

    /// The CIs by hops backwards from `target`, itself first, over what carries anything.
    pub(in crate::impact) fn hops_back(&self, premises: &Premises, target: Slot) -> Vec<BTreeSet<Slot>> {
        let question = ImpactQuestion {
            premises: premises.clone(),
            ..ImpactQuestion::default()
        };
        let plain = self.without_redundancy();
        let mut hops = vec![BTreeSet::from([target])];
        let mut seen = hops[0].clone();
        while let Some(last) = hops.last().filter(|last| !last.is_empty()) {
            let carrying = plain.arcs.iter().filter(|arc| {
                last.contains(&arc.target)
                    && strength(&question, arc) != Strength::NONE
                    && !is_pinned(premises, arc.source)
                    && !is_pinned(premises, arc.target)
            });
            let next: BTreeSet<Slot> = carrying.map(|arc| arc.source).filter(|ci| !seen.contains(ci)).collect();
            seen.extend(&next);
            hops.push(next);
        }
        hops
    }
}

fn is_pinned(premises: &Premises, ci: Slot) -> bool {
    premises.assumed.iter().any(|pin| pin.slot == ci)
}

fn down(slot: Slot) -> FailedCi {
    let state = ImpactState::Down;
    FailedCi { slot, state }
}
