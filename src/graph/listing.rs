//! CIs in the order of their ids, in all and by type, and how many there are of what.

use std::collections::BTreeMap;

use super::Slot;
use crate::model::{CiId, CiTypeId, LifecycleStage, SourceId};

/// Slots in the order of their CIs' ids. Ids are given out in rising order, so a new one nearly
/// always goes to the end.
#[derive(Clone, Debug, Default)]
pub(super) struct OrderedSlots(Vec<Slot>);

impl OrderedSlots {
    pub(super) fn as_slice(&self) -> &[Slot] {
        &self.0
    }

    fn insert(&mut self, slot: Slot, id: CiId, ids: &[CiId]) {
        let at = self.position(id, ids).unwrap_or_else(|at| at);
        self.0.insert(at, slot);
    }

    fn remove(&mut self, id: CiId, ids: &[CiId]) {
        if let Ok(at) = self.position(id, ids) {
            self.0.remove(at);
        }
    }

    fn position(&self, id: CiId, ids: &[CiId]) -> Result<usize, usize> {
        match self.0.last() {
            Some(last) if ids[last.index()] < id => Err(self.0.len()),
            Some(_) | None => self.0.binary_search_by(|slot| ids[slot.index()].cmp(&id)),
        }
    }
}

/// The lists and counts. `ids` always are the ids by slot, the listed CI's included.
#[derive(Clone, Debug, Default)]
pub(super) struct Listing {
    all: OrderedSlots,
    by_type: Vec<OrderedSlots>,
    by_stage: [usize; LifecycleStage::ALL.len()],
    by_source: BTreeMap<SourceId, usize>,
}

impl Listing {
    pub(super) fn all(&self) -> &[Slot] {
        self.all.as_slice()
    }

    pub(super) fn of_type(&self, ci_type: CiTypeId) -> &[Slot] {
        self.by_type.get(ci_type.index()).map_or(&[], OrderedSlots::as_slice)
    }

    pub(super) fn in_stage(&self, stage: LifecycleStage) -> usize {
        self.by_stage[usize::from(stage.number())]
    }

    pub(super) fn of_source(&self, source: SourceId) -> usize {
        self.by_source.get(&source).copied().unwrap_or(0)
    }

    /// Lists CIs that come in the order of their ids and after all that are listed.
    pub(super) fn extend(&mut self, slots: impl Iterator<Item = (Slot, CiTypeId)>) {
        for (slot, ci_type) in slots {
            self.all.0.push(slot);
            self.of_type_mut(ci_type).0.push(slot);
        }
    }

    pub(super) fn insert(&mut self, slot: Slot, id: CiId, ids: &[CiId]) {
        self.all.insert(slot, id, ids);
    }

    pub(super) fn remove(&mut self, id: CiId, ids: &[CiId]) {
        self.all.remove(id, ids);
    }

    pub(super) fn insert_type(&mut self, ci_type: CiTypeId, slot: Slot, id: CiId, ids: &[CiId]) {
        self.of_type_mut(ci_type).insert(slot, id, ids);
    }

    pub(super) fn remove_type(&mut self, ci_type: CiTypeId, id: CiId, ids: &[CiId]) {
        if let Some(slots) = self.by_type.get_mut(ci_type.index()) {
            slots.remove(id, ids);
        }
    }

    fn of_type_mut(&mut self, ci_type: CiTypeId) -> &mut OrderedSlots {
        if self.by_type.len() <= ci_type.index() {
            self.by_type.resize_with(ci_type.index() + 1, OrderedSlots::default);
        }
        &mut self.by_type[ci_type.index()]
    }

    pub(super) fn count_stage(&mut self, stage: LifecycleStage, up: bool) {
        let count = &mut self.by_stage[usize::from(stage.number())];
        *count = if up { *count + 1 } else { count.saturating_sub(1) };
    }

    pub(super) fn count_source(&mut self, source: SourceId, up: bool) {
        let count = self.by_source.entry(source).or_default();
        *count = if up { *count + 1 } else { count.saturating_sub(1) };
    }
}
