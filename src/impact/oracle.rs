//! A naive reading of the law to test the engine against: every equation of section 2.5, evaluated
//! again for every CI in every round, straight from the list of arcs.

mod causes;
mod grounded;
mod structure;

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::Slot;
use crate::graph::dependency::{Carrier, CiColumns, CiRow, DependencyIndex, GroupKey, GroupParameters, ImpactArc};
use crate::model::{CiId, CiTypeId, ImpactState, Strength, Threshold};

pub(super) use causes::{NaiveCauses, NaiveRow};

use super::question::{AtRiskReading, FailedCi, ImpactQuestion, ImpactView, StartingState};

/// A small estate as plain lists.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub(super) rows: Vec<CiRow>,
    pub(super) groups: Vec<(GroupKey, GroupParameters)>,
    pub(super) arcs: Vec<ImpactArc>,
}

pub(super) type States = Vec<ImpactState>;

/// The answer: the states before, and after each round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Evaluated {
    pub(super) before: States,
    pub(super) rounds: Vec<States>,
}

impl Evaluated {
    pub(super) fn after(&self) -> &States {
        self.rounds.last().expect("round 0 is always there")
    }

    /// The first round with the final state.
    pub(super) fn depth(&self, ci: usize) -> usize {
        let last = self.after()[ci];
        self.rounds
            .iter()
            .position(|states| states[ci] == last)
            .expect("the last round has it")
    }
}

/// An id per slot, in another order than the slots.
pub(super) fn id_of(slot: usize) -> CiId {
    CiId::from_uuid(uuid::Uuid::from_u128(
        (slot as u128 * 7 + 3) % 13 + (slot as u128 / 13) * 13,
    ))
}

pub(super) fn slot(number: usize) -> Slot {
    Slot::new(u32::try_from(number).expect("small"))
}

impl Model {
    /// CIs without anything special.
    pub(super) fn of(cis: usize) -> Self {
        let rows = (0..cis)
            .map(|number| CiRow {
                id: id_of(number),
                ci_type: CiTypeId::new(u16::try_from(number % 3).expect("small")),
                tier: [None, Some(1), Some(2), Some(4)][number % 4],
                current: ImpactState::Ok,
                takes_part: true,
            })
            .collect();
        Self {
            rows,
            ..Self::default()
        }
    }

    pub(super) fn index(&self) -> DependencyIndex {
        let mut index = DependencyIndex::default();
        for number in 0..self.rows.len() {
            index.add_ci(slot(number));
        }
        for (key, parameters) in &self.groups {
            index.put_group(*key, *parameters);
        }
        for arc in &self.arcs {
            index.add(arc);
        }
        index
    }

    pub(super) fn columns(&self) -> CiColumns {
        let mut columns = CiColumns::default();
        for (number, row) in self.rows.iter().enumerate() {
            columns.set(slot(number), *row);
        }
        columns
    }

    /// Runs `work` on this model as the engine sees it.
    pub(super) fn with_view<T>(&self, work: impl FnOnce(ImpactView<'_>) -> T) -> T {
        let (index, columns) = (self.index(), self.columns());
        work(ImpactView {
            index: &index,
            columns: &columns,
        })
    }

    pub(super) fn evaluate(&self, question: &ImpactQuestion) -> Evaluated {
        let mut own = vec![ImpactState::Ok; self.rows.len()];
        if question.premises.starting_state == StartingState::Current {
            own = self.rows.iter().map(|row| row.current).collect();
        }
        raise(&mut own, &question.premises.starting_failed);
        let healthy = ImpactQuestion {
            failed_arcs: Vec::new(),
            ..question.clone()
        };
        let start = self.rounds(&healthy, &pinned(&own, question), None);
        let before = start.last().expect("round 0").clone();
        let mut failed = before.clone();
        raise(&mut failed, &question.failed);
        let rounds = self.rounds(question, &failed, question.depth_max);
        Evaluated { before, rounds }
    }

    fn rounds(&self, question: &ImpactQuestion, start: &States, depth_max: Option<u32>) -> Vec<States> {
        let mut rounds = vec![start.clone()];
        while depth_max.is_none_or(|depth_max| rounds.len() <= depth_max as usize) {
            let states = rounds.last().expect("round 0");
            let next: States = (0..states.len())
                .map(|ci| states[ci].max(self.equation(question, states, ci)))
                .collect();
            if next == *states {
                break;
            }
            rounds.push(next);
        }
        rounds
    }

    /// The right-hand side of section 2.5 for one CI, own state aside.
    fn equation(&self, question: &ImpactQuestion, states: &States, ci: usize) -> ImpactState {
        if question.premises.assumed.iter().any(|pin| pin.slot == slot(ci)) {
            return ImpactState::Ok;
        }
        let plain = self
            .arcs
            .iter()
            .filter(|arc| arc.target == slot(ci) && arc.carrier == Carrier::Plain);
        let arriving = plain.map(|arc| {
            let failed = question.failed_arcs.contains(arc);
            let source = if failed {
                ImpactState::Down
            } else {
                states[arc.source.index()]
            };
            strength(question, arc).apply(source)
        });
        let groups = self
            .groups
            .iter()
            .filter(|(_, parameters)| parameters.consumer == slot(ci));
        let gates = groups.map(|(key, _)| self.gate(question, states, *key).output);
        arriving.chain(gates).max().unwrap_or_default()
    }

    /// Section 2.4, from the contributions of the members.
    pub(super) fn gate(&self, question: &ImpactQuestion, states: &States, key: GroupKey) -> GateValues {
        let (_, parameters) = self.groups.iter().find(|(other, _)| *other == key).expect("known");
        let mut members: BTreeMap<Slot, (u64, Strength, ImpactState)> = BTreeMap::new();
        for arc in &self.arcs {
            if let Carrier::Member { group, weight } = arc.carrier
                && group == key
            {
                let member = members
                    .entry(arc.source)
                    .or_insert((0, Strength::NONE, ImpactState::Ok));
                member.0 = member.0.max(u64::from(weight.get()));
                member.1 = member.1.join(strength(question, arc));
                if question.failed_arcs.contains(arc) {
                    member.2 = member.2.max(strength(question, arc).apply(ImpactState::Down));
                }
            }
        }
        let contributions: Vec<(u64, ImpactState)> = members
            .iter()
            .map(|(ci, (weight, strength, floor))| (*weight, strength.apply(states[ci.index()]).max(*floor)))
            .collect();
        let total: u64 = contributions.iter().map(|(weight, _)| weight).sum();
        let up = |level: ImpactState| -> u64 {
            let up = contributions.iter().filter(|(_, contribution)| *contribution < level);
            up.map(|(weight, _)| weight).sum()
        };
        let number = |threshold: Option<Threshold>| {
            threshold.map(|threshold| match threshold {
                Threshold::Count(count) => u64::from(count),
                Threshold::Percent(percent) => (total * u64::from(percent)).div_ceil(100),
            })
        };
        let k = number(parameters.thresholds.up_min).unwrap_or(total).min(total);
        let d = number(parameters.thresholds.capacity_min).map_or(k, |d| d.max(k).min(total));
        let r = number(parameters.thresholds.spare_min).map_or(if k > 0 { total } else { d }, |r| r.max(d).min(total));
        let out = if up(ImpactState::Down) < k {
            ImpactState::Down
        } else if up(ImpactState::Degraded) < k || up(ImpactState::Down) < d {
            ImpactState::Degraded
        } else if up(ImpactState::AtRisk) < k || up(ImpactState::Degraded) < r {
            ImpactState::AtRisk
        } else {
            ImpactState::Ok
        };
        GateValues {
            thresholds: [k, d, r, total],
            up: up(ImpactState::Down),
            worst: contributions
                .iter()
                .map(|(_, contribution)| *contribution)
                .max()
                .unwrap_or_default(),
            output: parameters.strength.apply(out),
        }
    }

    /// The CIs reachable from `roots` over arcs and memberships.
    pub(super) fn reachable(&self, roots: impl IntoIterator<Item = Slot>) -> BTreeSet<Slot> {
        let mut reached: BTreeSet<Slot> = roots.into_iter().collect();
        loop {
            let from_reached = self.arcs.iter().filter(|arc| reached.contains(&arc.source));
            let next: BTreeSet<Slot> = from_reached
                .map(|arc| arc.target)
                .chain(reached.iter().copied())
                .collect();
            if next == reached {
                return reached;
            }
            reached = next;
        }
    }
}

/// A gate evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GateValues {
    pub(super) thresholds: [u64; 4],
    pub(super) up: u64,
    pub(super) worst: ImpactState,
    pub(super) output: ImpactState,
}

fn raise(states: &mut States, failed: &[FailedCi]) {
    for failed in failed {
        let state = &mut states[failed.slot.index()];
        *state = (*state).max(failed.state);
    }
}

fn pinned(own: &States, question: &ImpactQuestion) -> States {
    let mut states = own.clone();
    for pin in &question.premises.assumed {
        states[pin.slot.index()] = pin.state;
    }
    states
}

/// What an arc carries in this question.
pub(super) fn strength(question: &ImpactQuestion, arc: &ImpactArc) -> Strength {
    if arc
        .relationship_type
        .is_some_and(|id| question.premises.excluded_types.contains(&id))
    {
        return Strength::NONE;
    }
    match question.premises.at_risk {
        AtRiskReading::Transitive => arc.strength,
        AtRiskReading::Local => {
            let [_, degraded, down] = arc.strength.table();
            Strength::from_table([ImpactState::Ok, degraded, down]).expect("the law's tables are closed under it")
        }
    }
}
