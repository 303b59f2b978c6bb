//! Redundancy groups as the dependency index holds them: the gate (section 2.4 of the law) ready
//! to be asked, and the stated parameters it was resolved from.

use std::hash::BuildHasher;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use crate::graph::Slot;
use crate::model::{GroupId, ImpactState, PoolId, Strength, Thresholds};

/// Which group: one that was written down, or the implicit one of a consumer and a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupKey {
    /// A redundancy group with an identity.
    Explicit(GroupId),
    /// The members that relationship types of one pool give a consumer.
    Pool {
        /// Who needs the members.
        consumer: Slot,
        /// The pool.
        pool: PoolId,
    },
}

/// What a group is asked to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupParameters {
    /// The CI that needs the members.
    pub consumer: Slot,
    /// k, d and r as stated.
    pub thresholds: Thresholds,
    /// How much of the group's state reaches the consumer.
    pub strength: Strength,
    /// Whether support must be derivable from something that needs none.
    pub grounded: bool,
}

/// A group's arithmetic, resolved and clamped: `0 <= k <= d <= r <= total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gate {
    /// The whole weight of the members, the law's W (and n when every weight is 1).
    pub total: u64,
    /// With less weight up, `DOWN`.
    pub up_min: u64,
    /// With less weight up, `DEGRADED`.
    pub capacity_min: u64,
    /// With less weight undegraded, `AT_RISK`.
    pub spare_min: u64,
    /// The CI that needs the members.
    pub consumer: Slot,
    /// How much of the group's state reaches the consumer.
    pub strength: Strength,
    /// k was stated as a count larger than the whole weight.
    pub undersized: bool,
}

impl Gate {
    /// Resolves the parameters of a group whose members weigh `total`: O(1).
    pub fn resolve(parameters: &GroupParameters, total: u64) -> Self {
        let stated = parameters.thresholds;
        let wanted = stated.up_min.map_or(total, |threshold| threshold.resolve(total));
        let up_min = wanted.min(total);
        let capacity_min = stated
            .capacity_min
            .map_or(up_min, |threshold| threshold.resolve(total).max(up_min).min(total));
        let unstated = if up_min > 0 { total } else { capacity_min };
        let spare_min = stated.spare_min.map_or(unstated, |threshold| {
            threshold.resolve(total).max(capacity_min).min(total)
        });
        Self {
            total,
            up_min,
            capacity_min,
            spare_min,
            consumer: parameters.consumer,
            strength: parameters.strength,
            undersized: total > 0 && wanted > total,
        }
    }

    /// The group's own state when members of weight `bad[n - 1]` are in state n or worse.
    #[inline]
    pub fn state(&self, bad: [u64; 3]) -> ImpactState {
        let [at_risk, degraded, down] = bad;
        // up(L) < k is bad(L) > total - k, and no threshold is over the total.
        let slack = self.total - self.up_min;
        if down > slack {
            ImpactState::Down
        } else if degraded > slack || down > self.total - self.capacity_min {
            ImpactState::Degraded
        } else if at_risk > slack || degraded > self.total - self.spare_min {
            ImpactState::AtRisk
        } else {
            ImpactState::Ok
        }
    }

    /// What reaches the consumer when members of weight `bad[n - 1]` are in state n or worse.
    #[inline]
    pub fn output(&self, bad: [u64; 3]) -> ImpactState {
        self.strength.apply(self.state(bad))
    }
}

/// What the index knows of one group.
#[derive(Clone, Copy, Debug)]
struct Stated {
    key: GroupKey,
    parameters: GroupParameters,
}

/// The groups by number, and their numbers by key.
#[derive(Clone, Debug, Default)]
pub(super) struct Groups {
    gates: Vec<Gate>,
    stated: Vec<Option<Stated>>,
    vacant: Vec<u32>,
    numbers: HashTable<u32>,
}

fn hash(key: &GroupKey) -> u64 {
    FxBuildHasher.hash_one(key)
}

fn is_at(stated: &[Option<Stated>], number: u32, key: &GroupKey) -> bool {
    stated[number as usize].is_some_and(|stated| stated.key == *key)
}

impl Groups {
    /// Numbers given out, in use or not.
    pub(super) fn len(&self) -> usize {
        self.gates.len()
    }

    pub(super) fn number(&self, key: &GroupKey) -> Option<u32> {
        self.numbers
            .find(hash(key), |number| is_at(&self.stated, *number, key))
            .copied()
    }

    #[inline]
    pub(super) fn gates(&self) -> &[Gate] {
        &self.gates
    }

    pub(super) fn key(&self, number: u32) -> Option<GroupKey> {
        self.stated.get(number as usize)?.map(|stated| stated.key)
    }

    pub(super) fn parameters(&self, number: u32) -> Option<GroupParameters> {
        self.stated.get(number as usize)?.map(|stated| stated.parameters)
    }

    /// Enters a new group without members.
    pub(super) fn insert(&mut self, key: GroupKey, parameters: GroupParameters) -> u32 {
        let (gate, stated) = (Gate::resolve(&parameters, 0), Some(Stated { key, parameters }));
        let number = if let Some(number) = self.vacant.pop() {
            self.gates[number as usize] = gate;
            self.stated[number as usize] = stated;
            number
        } else {
            self.gates.push(gate);
            self.stated.push(stated);
            u32::try_from(self.gates.len() - 1).expect("an estate holds less than 2^32 groups")
        };
        let stated = &self.stated;
        self.numbers.insert_unique(hash(&key), number, |number| {
            stated[*number as usize].map_or(0, |stated| hash(&stated.key))
        });
        number
    }

    pub(super) fn restate(&mut self, number: u32, parameters: GroupParameters) {
        if let Some(stated) = &mut self.stated[number as usize] {
            stated.parameters = parameters;
            let total = self.gates[number as usize].total;
            self.gates[number as usize] = Gate::resolve(&parameters, total);
        }
    }

    /// The members' whole weight is now `total`.
    pub(super) fn reweigh(&mut self, number: u32, total: u64) {
        if let Some(stated) = &self.stated[number as usize] {
            self.gates[number as usize] = Gate::resolve(&stated.parameters, total);
        }
    }

    pub(super) fn remove(&mut self, number: u32) {
        if let Some(Stated { key, parameters }) = self.stated[number as usize] {
            let stated = &self.stated;
            if let Ok(entry) = self.numbers.find_entry(hash(&key), |other| is_at(stated, *other, &key)) {
                entry.remove();
            }
            self.stated[number as usize] = None;
            self.gates[number as usize] = Gate::resolve(&parameters, 0);
            self.vacant.push(number);
        }
    }
}
