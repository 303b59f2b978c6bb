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

/// What an evaluation reads of a gate for every failing member: twenty bytes side by side, because
/// most of the time of a question over many groups is spent waiting for them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trigger {
    /// The CI that needs the members.
    pub(crate) consumer: Slot,
    /// How much weight may be bad for k, d and r still to hold; nothing of it when wide.
    slack: [u32; 3],
    strength: Strength,
    /// Whether the whole weight is over 32 bits, so that [`Gate`] must be asked.
    pub(crate) is_wide: bool,
    /// See [`Gate::undersized`].
    pub(crate) undersized: bool,
    /// See [`GroupParameters::grounded`].
    pub(crate) grounded: bool,
}

impl Trigger {
    fn new(gate: &Gate, grounded: bool) -> Self {
        let thresholds = [gate.up_min, gate.capacity_min, gate.spare_min];
        Self {
            consumer: gate.consumer,
            slack: thresholds.map(|threshold| u32::try_from(gate.total - threshold).unwrap_or(u32::MAX)),
            strength: gate.strength,
            is_wide: u32::try_from(gate.total).is_err(),
            undersized: gate.undersized,
            grounded,
        }
    }

    /// [`Gate::output`] as a level. A gate's line implies the next, so the number of lines that
    /// hold is the level, counted without a branch.
    #[inline]
    pub(crate) fn output(&self, bad: [u32; 3]) -> u8 {
        let ([at_risk, degraded, down], [k, d, r]) = (bad, self.slack);
        let lines = [down > k, degraded > k || down > d, at_risk > k || degraded > r];
        let level = lines.map(u8::from).iter().sum();
        self.strength.apply(ImpactState::from_level(level)).level()
    }
}

/// What the index knows of one group.
#[derive(Clone, Copy, Debug)]
struct Stated {
    key: GroupKey,
    parameters: GroupParameters,
    /// The whole weight of the members.
    total: u64,
}

impl Stated {
    fn gate(&self) -> Gate {
        Gate::resolve(&self.parameters, self.total)
    }

    fn trigger(&self) -> Trigger {
        Trigger::new(&self.gate(), self.parameters.grounded)
    }
}

/// The groups by number, and their numbers by key.
#[derive(Clone, Debug, Default)]
pub(super) struct Groups {
    triggers: Vec<Trigger>,
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
        self.triggers.len()
    }

    pub(super) fn number(&self, key: &GroupKey) -> Option<u32> {
        self.numbers
            .find(hash(key), |number| is_at(&self.stated, *number, key))
            .copied()
    }

    #[inline]
    pub(super) fn triggers(&self) -> &[Trigger] {
        &self.triggers
    }

    /// The gate of the group of this number.
    pub(super) fn gate(&self, number: u32) -> Option<Gate> {
        self.stated.get(number as usize)?.map(|stated| stated.gate())
    }

    pub(super) fn key(&self, number: u32) -> Option<GroupKey> {
        self.stated.get(number as usize)?.map(|stated| stated.key)
    }

    pub(super) fn parameters(&self, number: u32) -> Option<GroupParameters> {
        self.stated.get(number as usize)?.map(|stated| stated.parameters)
    }

    /// Gives back the room that growing left unused.
    pub(super) fn compact(&mut self) {
        self.triggers.shrink_to_fit();
        self.stated.shrink_to_fit();
    }

    /// Enters a new group without members.
    pub(super) fn insert(&mut self, key: GroupKey, parameters: GroupParameters) -> u32 {
        let stated = Stated {
            key,
            parameters,
            total: 0,
        };
        let trigger = stated.trigger();
        let number = if let Some(number) = self.vacant.pop() {
            self.triggers[number as usize] = trigger;
            self.stated[number as usize] = Some(stated);
            number
        } else {
            self.triggers.push(trigger);
            self.stated.push(Some(stated));
            u32::try_from(self.triggers.len() - 1).expect("an estate holds less than 2^32 groups")
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
            self.triggers[number as usize] = stated.trigger();
        }
    }

    /// The members have lost this weight and won that.
    pub(super) fn reweigh(&mut self, number: u32, lost: u32, won: u32) {
        if let Some(stated) = &mut self.stated[number as usize] {
            stated.total = stated.total - u64::from(lost) + u64::from(won);
            self.triggers[number as usize] = stated.trigger();
        }
    }

    pub(super) fn remove(&mut self, number: u32) {
        if let Some(Stated { key, .. }) = self.stated[number as usize] {
            let stated = &self.stated;
            if let Ok(entry) = self.numbers.find_entry(hash(&key), |other| is_at(stated, *other, &key)) {
                entry.remove();
            }
            self.stated[number as usize] = None;
            self.triggers[number as usize].grounded = false;
            self.vacant.push(number);
        }
    }
}
