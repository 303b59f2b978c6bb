//! What becomes of the redundancy groups that an absorbed CI carries, or helps to carry.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Pair;
use crate::graph::Estate;
use crate::model::name::NAME_BYTES_MAX;
use crate::model::{CiId, GroupId, GroupMember, MergedGroup, Name, RedundancyGroup};

/// The groups that change, by id.
pub(super) fn merge(estate: &Estate, pair: &Pair) -> Vec<MergedGroup> {
    let carried = estate.groups_of_consumer(pair.absorbed);
    let groups: BTreeMap<GroupId, &Arc<RedundancyGroup>> = carried
        .chain(estate.groups_with_member(pair.absorbed))
        .map(|group| (group.id, group))
        .collect();
    let of_survivor = estate.groups_of_consumer(pair.survivor);
    let mut names: BTreeSet<Name> = of_survivor.map(|group| group.name.clone()).collect();
    let mut merged = Vec::new();
    for before in groups.into_values() {
        let mut after = RedundancyGroup::clone(before);
        if before.consumer == pair.of_absorbed.id() {
            after.consumer = pair.of_survivor.id();
            after.name = free_name(&before.name, &names);
            names.insert(after.name.clone());
        }
        after.members = members(pair, before, after.consumer);
        merged.push(MergedGroup {
            before: RedundancyGroup::clone(before),
            after,
        });
    }
    merged
}

/// The members with the survivor in the place of the absorbed CI. One listed in both ways is one
/// member, as everywhere; the consumer does not carry itself unless it did before.
fn members(pair: &Pair, before: &RedundancyGroup, consumer: CiId) -> Vec<GroupMember> {
    let carried_itself = before.members.iter().any(|member| member.ci == before.consumer);
    let mut members: BTreeMap<CiId, GroupMember> = BTreeMap::new();
    for member in &before.members {
        let ci = pair.id(member.ci);
        if ci == consumer && !carried_itself {
            continue;
        }
        let merged = members.entry(ci).or_insert(GroupMember { ci, ..*member });
        merged.weight = merged.weight.max(member.weight);
        merged.strength = merged.strength.join(member.strength);
    }
    members.into_values().collect()
}

/// The name, or where the survivor has a group of that name, the first free one made of it: two groups
/// are never made one, because they may need different things.
fn free_name(name: &Name, taken: &BTreeSet<Name>) -> Name {
    if !taken.contains(name) {
        return name.clone();
    }
    let numbered = |number: usize| {
        let end = format!("-{number}");
        let kept = name.as_str().len().min(NAME_BYTES_MAX - end.len());
        Name::new(&format!("{}{end}", name.as_str().get(..kept).unwrap_or_default())).ok()
    };
    // One of so many names is free, because there are fewer taken ones.
    let free = (2..taken.len() + 3)
        .filter_map(numbered)
        .find(|name| !taken.contains(name));
    free.unwrap_or_else(|| name.clone())
}
