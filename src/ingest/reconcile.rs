//! A record as a command. Whose word counts where sources disagree is decided when the command is
//! checked, against what all of them have said.

use crate::app::{CommandError, ErrorCode};
use crate::catalog::Catalog;
use crate::model::command::{CiObservation, NewCi, NewGroup, NewRelationship};
use crate::model::{
    CiId, CiPatch, CiTypeId, GroupId, GroupMember, GroupPatch, Name, RedundancyGroup, RelationshipPatch, Strength,
    Thresholds,
};

use super::observation::Problem;
use super::payload::{CiRecord, GroupRecord, RelationshipRecord};

/// A record of a CI that is not recorded yet. A CI without a name is called by its key.
pub fn new_ci(record: CiRecord) -> NewCi {
    NewCi {
        id: record.id,
        name: record.name.or_else(|| record.key.clone()).unwrap_or_default(),
        ci_type: record.ci_type,
        stage: record.stage,
        attributes: record.attributes,
        tags: record.tags.unwrap_or_default(),
        valid_from: record.valid_from.flatten(),
        valid_to: record.valid_to.flatten(),
        native_key: record.key,
        observed_at: record.observed_at,
        aliases: record.aliases,
        pins: record.pins,
        is_observed: true,
    }
}

/// What a record says of a recorded CI. What it does not state stays.
pub fn ci_observation(catalog: &Catalog, recorded: CiTypeId, record: CiRecord) -> Result<CiObservation, Problem> {
    let ci_type = changed_type(catalog, recorded, &record.ci_type)?;
    let patch = CiPatch {
        name: record.name,
        ci_type,
        attributes: record.attributes,
        tags: record.tags,
        valid_from: record.valid_from,
        valid_to: record.valid_to,
        native_key: record.key,
    };
    Ok(CiObservation {
        patch,
        stage: record.stage,
        observed_at: record.observed_at,
        aliases: record.aliases,
        pins: record.pins,
    })
}

/// The type a CI gets: a more specific one refines what is recorded, a less specific one says
/// nothing new, and a type beside it contradicts.
fn changed_type(catalog: &Catalog, recorded: CiTypeId, observed: &str) -> Result<Option<String>, Problem> {
    let Some(definition) = catalog.ci_type_named(observed) else {
        let error = CommandError::UnknownCiType {
            name: observed.to_owned(),
        };
        return Err(Problem::new(error.code(), error.to_string())
            .of_field("type")
            .of_value(observed));
    };
    if catalog.is_a(recorded, definition.id) {
        return Ok(None);
    }
    if catalog.is_a(definition.id, recorded) {
        return Ok((!definition.is_abstract).then(|| observed.to_owned()));
    }
    let known = catalog.ci_type(recorded).map_or("", |known| known.name.as_str());
    let message = format!("the CI is a `{known}`, which is no `{observed}` and nothing more general");
    Err(Problem::new(ErrorCode::TypeConflict, message)
        .of_field("type")
        .of_value(observed))
}

/// The properties that a record states of a relationship.
pub fn relationship_patch(record: RelationshipRecord, group: Option<Option<GroupId>>) -> RelationshipPatch {
    RelationshipPatch {
        forward: record.forward,
        reverse: record.reverse,
        weight: record.weight,
        group,
        attributes: record.attributes,
        valid_from: record.valid_from,
        valid_to: record.valid_to,
    }
}

/// Whether a record states nothing but type, ends and qualifier.
pub fn is_plain(record: &RelationshipRecord) -> bool {
    record.forward.is_none()
        && record.reverse.is_none()
        && record.weight.is_none()
        && record.group.is_none()
        && record.attributes.is_empty()
        && record.valid_from.is_none()
        && record.valid_to.is_none()
}

/// A record of a relationship that is not recorded yet.
pub fn new_relationship(
    record: RelationshipRecord,
    ends: (CiId, CiId),
    group: Option<Option<GroupId>>,
) -> NewRelationship {
    let mut record = record;
    NewRelationship {
        relationship_type: std::mem::take(&mut record.relationship_type),
        from: ends.0,
        to: ends.1,
        qualifier: std::mem::take(&mut record.qualifier),
        properties: relationship_patch(record, group),
    }
}

/// The members that a record states, given their CIs in its order.
pub fn members(record: &GroupRecord, cis: &[CiId]) -> Vec<GroupMember> {
    let member = |(member, ci): (&super::payload::MemberRecord, &CiId)| GroupMember {
        ci: *ci,
        weight: member.weight.unwrap_or_default(),
        strength: member.strength.unwrap_or(Strength::DOWN),
    };
    record.members.iter().zip(cis).map(member).collect()
}

/// A record of a redundancy group that is not recorded yet.
pub fn new_group(record: &GroupRecord, name: Name, consumer: CiId, members: Vec<GroupMember>) -> NewGroup {
    NewGroup {
        id: record.id,
        name,
        consumer,
        members,
        thresholds: thresholds(record),
        strength: record.strength.unwrap_or(Strength::DOWN),
        grounded: record.grounded,
        valid_from: record.valid_from,
        valid_to: record.valid_to,
    }
}

/// What a record changes of a group: a record states all of it, so members it does not list go.
pub fn group_patch(
    record: &GroupRecord,
    name: Name,
    recorded: &RedundancyGroup,
    members: Vec<GroupMember>,
) -> GroupPatch {
    let listed: std::collections::BTreeSet<CiId> = members.iter().map(|member| member.ci).collect();
    let gone = recorded.members.iter().map(|member| member.ci);
    let remove_members: Vec<CiId> = gone.filter(|ci| !listed.contains(ci)).collect();
    let known = |member: &GroupMember| {
        let place = recorded.members.binary_search_by_key(&member.ci, |known| known.ci);
        place.is_ok_and(|place| recorded.members[place] == *member)
    };
    let add_members: Vec<GroupMember> = members.into_iter().filter(|member| !known(member)).collect();
    GroupPatch {
        name: (name != recorded.name).then_some(name),
        add_members,
        remove_members,
        thresholds: Some(thresholds(record)).filter(|stated| *stated != recorded.thresholds),
        strength: record
            .strength
            .or(Some(Strength::DOWN))
            .filter(|stated| *stated != recorded.strength),
        grounded: Some(record.grounded).filter(|stated| *stated != recorded.grounded),
    }
}

fn thresholds(record: &GroupRecord) -> Thresholds {
    Thresholds {
        up_min: record.up_min,
        capacity_min: record.capacity_min,
        spare_min: record.spare_min,
    }
}
