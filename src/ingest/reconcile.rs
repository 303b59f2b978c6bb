//! What a record changes of what is recorded: the one place that decides whose word counts.
//!
//! In this version the last word counts, whoever says it.

use crate::app::{CommandError, ErrorCode};
use crate::catalog::Catalog;
use crate::model::command::{NewCi, NewGroup, NewRelationship};
use crate::model::{
    CiId, CiPatch, CiTypeId, GroupId, GroupMember, GroupPatch, LifecycleStage, Name, RedundancyGroup,
    RelationshipPatch, Strength, Thresholds,
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
    }
}

/// What a record changes of a CI: its patch, and the stage it moves to. Everything stated counts,
/// and what is not stated stays.
pub fn ci_changes(
    catalog: &Catalog,
    recorded: (CiTypeId, LifecycleStage),
    record: CiRecord,
) -> Result<(CiPatch, Option<LifecycleStage>), Problem> {
    let (recorded_type, recorded_stage) = recorded;
    let ci_type = changed_type(catalog, recorded_type, &record.ci_type)?;
    let stage = record.stage.filter(|stage| *stage != recorded_stage);
    if let Some(stage) = stage.filter(|stage| !catalog.may_move(recorded_stage, *stage)) {
        let allowed: Vec<&str> = catalog
            .lifecycle(recorded_stage)
            .next
            .iter()
            .map(|next| next.as_str())
            .collect();
        let message = format!(
            "a CI that is {recorded_stage} cannot become {stage}: allowed are {}",
            allowed.join(", ")
        );
        let problem = Problem::new(ErrorCode::IllegalTransition, message);
        return Err(problem.of_field("stage").of_value(stage.as_str()));
    }
    let patch = CiPatch {
        name: record.name,
        ci_type,
        attributes: record.attributes,
        tags: record.tags,
        valid_from: record.valid_from,
        valid_to: record.valid_to,
        native_key: record.key,
    };
    Ok((patch, stage))
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
