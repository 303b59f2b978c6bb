//! The log of an evaluation: who rose from which state to which, round by round.

use rustc_hash::FxHashMap;

use crate::graph::Slot;
use crate::model::ImpactState;

/// One CI got worse. The round is where it stands in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rise {
    pub(super) slot: u32,
    pub(super) from: u8,
    pub(super) to: u8,
}

/// The rises of all rounds, one round after the other. Round 0 is what was given.
#[derive(Clone, Debug, Default)]
pub(super) struct Rises {
    pub(super) log: Vec<Rise>,
    /// Where the round of this number starts in the log.
    pub(super) starts: Vec<usize>,
    /// The rounds in which CIs fell because only each other held them up.
    pub(super) grounding: Vec<u32>,
}

impl Rises {
    /// The rounds begun.
    pub(super) fn rounds(&self) -> usize {
        self.starts.len()
    }

    /// The rises of one round.
    pub(super) fn round(&self, round: usize) -> &[Rise] {
        let end = self.starts.get(round + 1).copied().unwrap_or(self.log.len());
        &self.log[self.starts[round]..end]
    }

    /// The round that the entry at `position` belongs to: O(log rounds).
    pub(super) fn round_of(&self, position: usize) -> u32 {
        let round = self.starts.partition_point(|start| *start <= position);
        u32::try_from(round.saturating_sub(1)).unwrap_or(u32::MAX)
    }

    pub(super) fn clear(&mut self) {
        self.log.clear();
        self.starts.clear();
        self.grounding.clear();
    }

    /// Forgets what came after `rises` rises in `rounds` rounds.
    pub(super) fn truncate(&mut self, rises: usize, rounds: usize) {
        self.log.truncate(rises);
        self.starts.truncate(rounds);
        while self.grounding.last().is_some_and(|round| *round as usize >= rounds) {
            self.grounding.pop();
        }
    }
}

/// Finds the rises of one CI in the log. Built once, when the first witness is asked for.
#[derive(Debug)]
pub(super) struct RiseFinder {
    /// Up to three positions in the log per CI; `u32::MAX` is none.
    positions: FxHashMap<u32, [u32; 3]>,
}

impl RiseFinder {
    pub(super) fn new(rises: &Rises) -> Self {
        let mut positions = FxHashMap::with_capacity_and_hasher(rises.log.len(), rustc_hash::FxBuildHasher);
        for (position, rise) in (0u32..).zip(&rises.log) {
            let places = positions.entry(rise.slot).or_insert([u32::MAX; 3]);
            if let Some(place) = places.iter_mut().find(|place| **place == u32::MAX) {
                *place = position;
            }
        }
        Self { positions }
    }

    /// The round in which `slot` first was in `state` or worse; `None` if it was so before the
    /// rounds, or never. Rises of one CI are in the order of the rounds.
    pub(super) fn reached(&self, rises: &Rises, slot: Slot, state: ImpactState) -> Option<u32> {
        let places = self.positions.get(&slot.number())?;
        let mut places = places.iter().copied().filter(|place| *place != u32::MAX);
        let position = places.find(|place| rises.log[*place as usize].to >= state.level())? as usize;
        (rises.log[position].from < state.level()).then(|| rises.round_of(position))
    }

    /// The state of `slot` after a round; `None` if it had not risen by then.
    pub(super) fn state_at(&self, rises: &Rises, slot: Slot, round: u32) -> Option<ImpactState> {
        let places = self.positions.get(&slot.number())?;
        let positions = places.iter().filter(|place| **place != u32::MAX);
        let mut past = positions.filter(|place| rises.round_of(**place as usize) <= round);
        past.next_back()
            .map(|place| ImpactState::from_level(rises.log[*place as usize].to))
    }
}
