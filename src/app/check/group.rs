//! Commands on redundancy groups.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Circumstances;
use crate::app::CommandError;
use crate::app::command_error::GROUP_MEMBERS_MAX;
use crate::graph::{Estate, Slot};
use crate::model::command::NewGroup;
use crate::model::{
    BeforeAfter, CiId, Delta, DeltaItem, GroupId, GroupMember, GroupPatch, Name, RedundancyGroup, Relationship,
    Validity,
};

pub(super) fn create(
    estate: &Estate,
    new: &NewGroup,
    circumstances: &mut Circumstances<'_>,
) -> Result<Delta, CommandError> {
    let consumer = new.consumer;
    let slot = estate
        .slot_of(consumer)
        .ok_or(CommandError::GroupConsumerMissing { ci: consumer })?;
    check_name(estate, slot, consumer, &new.name, None)?;
    let id = match new.id {
        Some(id) => match estate.group(id) {
            Some(existing) => {
                let name = new.name.clone();
                return Err(CommandError::GroupExists {
                    consumer,
                    name,
                    existing: existing.id,
                });
            }
            None => id,
        },
        None => circumstances.ids.group(circumstances.at),
    };
    let group = RedundancyGroup {
        id,
        name: new.name.clone(),
        consumer: estate.ci_id(slot),
        members: merged_members(estate, &[], &new.members, &[])?,
        thresholds: new.thresholds,
        strength: new.strength,
        grounded: new.grounded,
        validity: Validity::new(new.valid_from, new.valid_to)?,
    };
    Ok(Delta {
        items: vec![DeltaItem::Group(BeforeAfter::created(group))],
    })
}

pub(super) fn change(estate: &Estate, id: GroupId, patch: &GroupPatch) -> Result<Delta, CommandError> {
    let before = find(estate, id)?;
    let mut after = RedundancyGroup::clone(before);
    if let Some(name) = &patch.name {
        let slot = super::slot_of(estate, before.consumer)?;
        check_name(estate, slot, before.consumer, name, Some(id))?;
        after.name = name.clone();
    }
    after.members = merged_members(estate, &before.members, &patch.add_members, &patch.remove_members)?;
    after.thresholds = patch.thresholds.unwrap_or(after.thresholds);
    after.strength = patch.strength.unwrap_or(after.strength);
    after.grounded = patch.grounded.unwrap_or(after.grounded);
    if after == **before {
        return Ok(Delta::default());
    }
    Ok(Delta {
        items: vec![DeltaItem::Group(BeforeAfter::updated(Arc::clone(before), after))],
    })
}

pub(super) fn delete(estate: &Estate, id: GroupId) -> Result<Delta, CommandError> {
    let group = find(estate, id)?;
    // No CI goes with the group, so no relationship is left out.
    Ok(Delta {
        items: removal_where(estate, group, |_| true),
    })
}

/// The steps that remove a group of a CI that is going too: relationships at that CI go on their own.
pub(super) fn removal(estate: &Estate, group: &Arc<RedundancyGroup>, going: Slot) -> Vec<DeltaItem> {
    let gone = estate.ci_id(going);
    removal_where(estate, group, |relationship| {
        relationship.from != gone && relationship.to != gone
    })
}

/// Relationships that name the group lose its name first, so that none ever names a group that is not
/// there.
fn removal_where(
    estate: &Estate,
    group: &Arc<RedundancyGroup>,
    stays: impl Fn(&Relationship) -> bool,
) -> Vec<DeltaItem> {
    let naming = estate
        .relationships_naming(group.id)
        .map(|relationship| relationship.to_relationship());
    let freed = naming.filter(stays).map(|before| {
        let after = Relationship {
            group: None,
            ..before.clone()
        };
        DeltaItem::Relationship(BeforeAfter::updated(Arc::new(before), after))
    });
    freed
        .chain([DeltaItem::Group(BeforeAfter::removed(Arc::clone(group)))])
        .collect()
}

fn find(estate: &Estate, group: GroupId) -> Result<&Arc<RedundancyGroup>, CommandError> {
    estate.group(group).ok_or(CommandError::GroupNotFound { group })
}

fn check_name(
    estate: &Estate,
    slot: Slot,
    consumer: CiId,
    name: &Name,
    own: Option<GroupId>,
) -> Result<(), CommandError> {
    let mut others = estate.groups_of_consumer(slot).filter(|group| Some(group.id) != own);
    match others.find(|group| group.name == *name) {
        Some(existing) => Err(CommandError::GroupExists {
            consumer,
            name: name.clone(),
            existing: existing.id,
        }),
        None => Ok(()),
    }
}

/// The members by CI after adding and taking out. The same CI listed twice at once is one member, as
/// the law has it: the larger weight, the pointwise larger strength.
fn merged_members(
    estate: &Estate,
    known: &[GroupMember],
    add: &[GroupMember],
    remove: &[CiId],
) -> Result<Vec<GroupMember>, CommandError> {
    let mut added: BTreeMap<CiId, GroupMember> = BTreeMap::new();
    for member in add {
        let slot = estate.slot_of(member.ci);
        let slot = slot.ok_or(CommandError::GroupMemberMissing { ci: member.ci })?;
        let ci = estate.ci_id(slot);
        let merged = added.entry(ci).or_insert(GroupMember { ci, ..*member });
        merged.weight = merged.weight.max(member.weight);
        merged.strength = merged.strength.join(member.strength);
    }
    let mut members: BTreeMap<CiId, GroupMember> = known.iter().map(|member| (member.ci, *member)).collect();
    members.extend(added);
    for ci in remove {
        members.remove(&estate.present_id(*ci));
    }
    if members.len() > GROUP_MEMBERS_MAX {
        return Err(CommandError::TooManyMembers { count: members.len() });
    }
    Ok(members.into_values().collect())
}
