//! What an impact question asks of each CI, in dense columns by slot.

use std::collections::BTreeSet;

use crate::graph::Slot;
use crate::model::{CiId, CiTypeId, ImpactState};

/// One CI as the columns hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CiRow {
    /// Its identity, the last resort of every order.
    pub id: CiId,
    /// Its type.
    pub ci_type: CiTypeId,
    /// Its tier, 1 to 4; `None` for what no business stands on directly.
    pub tier: Option<u8>,
    /// Its own state when the present counts (starting state `CURRENT`).
    pub current: ImpactState,
    /// Whether its lifecycle stage takes part (section 2.7 of the law).
    pub takes_part: bool,
}

/// The columns. A slot without a CI does not take part.
#[derive(Clone, Debug, Default)]
pub struct CiColumns {
    ids: Vec<CiId>,
    facts: Vec<Facts>,
    /// The CIs that take part and are not `OK` at present: few, and the start of `CURRENT`.
    impaired: BTreeSet<Slot>,
}

/// The small facts of one CI, side by side because counting an answer reads several of them for
/// each CI in it. `tier` is 0 for none.
#[derive(Clone, Copy, Debug)]
struct Facts {
    ci_type: CiTypeId,
    tier: u8,
    /// The state when the present counts, of a CI that takes part.
    current: Option<ImpactState>,
}

const NOBODY: CiId = CiId::from_uuid(uuid::Uuid::nil());

const NOTHING: Facts = Facts {
    ci_type: CiTypeId::new(0),
    tier: 0,
    current: None,
};

impl CiColumns {
    /// Slots with a row, used or not.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether no slot was ever used.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Writes the row of `slot`: amortised O(1), O(log impaired) when its state is not `OK`.
    pub fn set(&mut self, slot: Slot, row: CiRow) {
        let index = slot.index();
        if index >= self.ids.len() {
            self.ids.resize(index + 1, NOBODY);
            self.facts.resize(index + 1, NOTHING);
        }
        self.ids[index] = row.id;
        self.facts[index] = Facts {
            ci_type: row.ci_type,
            tier: row.tier.unwrap_or(0),
            current: row.takes_part.then_some(row.current),
        };
        if row.takes_part && row.current > ImpactState::Ok {
            self.impaired.insert(slot);
        } else {
            self.impaired.remove(&slot);
        }
    }

    /// Empties the row of `slot`.
    pub fn clear(&mut self, slot: Slot) {
        if let Some(facts) = self.facts.get_mut(slot.index()) {
            *facts = NOTHING;
            self.ids[slot.index()] = NOBODY;
            self.impaired.remove(&slot);
        }
    }

    /// Whether `slot` holds a CI that takes part.
    pub fn takes_part(&self, slot: Slot) -> bool {
        self.facts
            .get(slot.index())
            .is_some_and(|facts| facts.current.is_some())
    }

    /// The identities, by slot.
    pub(crate) fn ids(&self) -> &[CiId] {
        &self.ids
    }

    /// The identity of the CI in `slot`; the nil identity where there is none.
    #[inline]
    pub fn id(&self, slot: Slot) -> CiId {
        self.ids.get(slot.index()).copied().unwrap_or(NOBODY)
    }

    /// The type of the CI in `slot`.
    #[inline]
    pub fn ci_type(&self, slot: Slot) -> CiTypeId {
        self.facts.get(slot.index()).unwrap_or(&NOTHING).ci_type
    }

    /// The tier of the CI in `slot`.
    #[inline]
    pub fn tier(&self, slot: Slot) -> Option<u8> {
        self.facts
            .get(slot.index())
            .map(|facts| facts.tier)
            .filter(|tier| *tier > 0)
    }

    /// Tier and type of the CI in `slot`, which lie side by side.
    #[inline]
    pub(crate) fn tier_and_type(&self, slot: Slot) -> (Option<u8>, CiTypeId) {
        let facts = self.facts.get(slot.index()).unwrap_or(&NOTHING);
        (Some(facts.tier).filter(|tier| *tier > 0), facts.ci_type)
    }

    /// The own state of the CI in `slot` when the present counts; `OK` if it does not take part.
    pub fn current(&self, slot: Slot) -> ImpactState {
        let facts = self.facts.get(slot.index());
        facts.and_then(|facts| facts.current).unwrap_or_default()
    }

    /// The CIs that take part and are not `OK` at present, by slot.
    pub fn impaired(&self) -> impl Iterator<Item = Slot> + '_ {
        self.impaired.iter().copied()
    }
}
