//! Explicit redundancy groups, by id, consumer and listed member.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::Slot;
use crate::model::{GroupId, RedundancyGroup};

/// All explicit groups of an estate.
#[derive(Clone, Debug, Default)]
pub(super) struct GroupTable {
    by_id: BTreeMap<GroupId, Arc<RedundancyGroup>>,
    by_consumer: FxHashMap<Slot, Vec<GroupId>>,
    by_member: FxHashMap<Slot, Vec<GroupId>>,
    /// Groups that do not hold always.
    pub(super) bounded: usize,
}

impl GroupTable {
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(super) fn get(&self, id: GroupId) -> Option<&Arc<RedundancyGroup>> {
        self.by_id.get(&id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<RedundancyGroup>> {
        self.by_id.values()
    }

    pub(super) fn of_consumer(&self, consumer: Slot) -> impl Iterator<Item = &Arc<RedundancyGroup>> {
        self.listed(&self.by_consumer, consumer)
    }

    pub(super) fn with_member(&self, member: Slot) -> impl Iterator<Item = &Arc<RedundancyGroup>> {
        self.listed(&self.by_member, member)
    }

    /// Records a group; `members` are the slots of its listed members.
    pub(super) fn insert(&mut self, group: Arc<RedundancyGroup>, consumer: Slot, members: impl Iterator<Item = Slot>) {
        add(&mut self.by_consumer, consumer, group.id);
        for member in members {
            add(&mut self.by_member, member, group.id);
        }
        self.bounded += usize::from(group.validity.is_some());
        self.by_id.insert(group.id, group);
    }

    /// Forgets a group; `members` are the slots of its listed members.
    pub(super) fn remove(&mut self, id: GroupId, consumer: Slot, members: impl Iterator<Item = Slot>) {
        if let Some(group) = self.by_id.remove(&id) {
            self.bounded -= usize::from(group.validity.is_some());
        }
        take(&mut self.by_consumer, consumer, id);
        for member in members {
            take(&mut self.by_member, member, id);
        }
    }

    fn listed<'a>(
        &'a self,
        table: &'a FxHashMap<Slot, Vec<GroupId>>,
        slot: Slot,
    ) -> impl Iterator<Item = &'a Arc<RedundancyGroup>> {
        table
            .get(&slot)
            .into_iter()
            .flatten()
            .filter_map(|id| self.by_id.get(id))
    }
}

fn add(table: &mut FxHashMap<Slot, Vec<GroupId>>, slot: Slot, id: GroupId) {
    let ids = table.entry(slot).or_default();
    if let Err(at) = ids.binary_search(&id) {
        ids.insert(at, id);
    }
}

fn take(table: &mut FxHashMap<Slot, Vec<GroupId>>, slot: Slot, id: GroupId) {
    if let Some(ids) = table.get_mut(&slot) {
        ids.retain(|other| *other != id);
        if ids.is_empty() {
            table.remove(&slot);
        }
    }
}
