//! Commands on relationships.

use std::sync::Arc;

use super::{Circumstances, check_short};
use crate::app::CommandError;
use crate::graph::{Estate, RelationshipRef, Slot};
use crate::model::command::NewRelationship;
use crate::model::definition::RelationshipTypeDefinition;
use crate::model::{
    Attributes, BeforeAfter, CiId, Delta, DeltaItem, Input, LifecycleStage, Relationship, RelationshipId,
    RelationshipPatch, SaidBy, Validity, Weight,
};

pub(super) fn relate(
    estate: &Estate,
    new: &NewRelationship,
    circumstances: &mut Circumstances<'_>,
) -> Result<Delta, CommandError> {
    let catalog = estate.catalog();
    let name = &new.relationship_type;
    let definition = catalog.relationship_type_named(name);
    let definition = definition.ok_or_else(|| CommandError::UnknownRelationshipType { name: name.clone() })?;
    let from = end(estate, "from", new.from)?;
    let to = end(estate, "to", new.to)?;
    check_ends(estate, definition, from, to)?;
    if !new.qualifier.is_empty() {
        check_short("qualifier", &new.qualifier)?;
    }
    if let Some(existing) = estate.find_relationship(definition.id, from, to, &new.qualifier) {
        return Err(CommandError::RelationshipExists {
            existing: existing.id(),
        });
    }
    let blank = Relationship {
        id: estate.next_relationship_id(),
        relationship_type: definition.id,
        from: estate.ci_id(from),
        to: estate.ci_id(to),
        qualifier: new.qualifier.as_str().into(),
        forward: None,
        reverse: None,
        weight: Weight::ONE,
        group: None,
        attributes: Attributes::default(),
        source: circumstances.source,
        first_seen: circumstances.second(),
        also_said_by: Vec::new(),
        validity: None,
    };
    let relationship = patched(estate, definition, &blank, &new.properties, circumstances)?;
    Ok(single(BeforeAfter::created(relationship)))
}

pub(super) fn change(
    estate: &Estate,
    id: RelationshipId,
    patch: &RelationshipPatch,
    circumstances: &mut Circumstances<'_>,
) -> Result<Delta, CommandError> {
    let before = find(estate, id)?.to_relationship();
    let Some(definition) = estate.catalog().relationship_type(before.relationship_type) else {
        return Err(CommandError::RelationshipNotFound { relationship: id });
    };
    let after = patched(estate, definition, &before, patch, circumstances)?;
    if after == before {
        return Ok(Delta::default());
    }
    Ok(single(BeforeAfter::updated(Arc::new(before), after)))
}

/// Another source says the same.
pub(super) fn confirm(
    estate: &Estate,
    id: RelationshipId,
    circumstances: &Circumstances<'_>,
) -> Result<Delta, CommandError> {
    let found = find(estate, id)?;
    if found.is_said_by(circumstances.source) {
        return Ok(Delta::default());
    }
    let before = found.to_relationship();
    let mut after = before.clone();
    after.also_said_by.push(SaidBy {
        source: circumstances.source,
        first_seen: circumstances.second(),
    });
    Ok(single(BeforeAfter::updated(Arc::new(before), after)))
}

/// A source does not say so any more: whoever else says so goes on, and where nobody does the
/// relationship goes.
pub(super) fn withdraw(
    estate: &Estate,
    id: RelationshipId,
    circumstances: &Circumstances<'_>,
) -> Result<Delta, CommandError> {
    let found = find(estate, id)?;
    if !found.is_said_by(circumstances.source) {
        return Ok(Delta::default());
    }
    let before = found.to_relationship();
    let mut after = before.clone();
    after.also_said_by.retain(|said| said.source != circumstances.source);
    if before.source == circumstances.source {
        if after.also_said_by.is_empty() {
            return Ok(single(BeforeAfter::removed(Arc::new(before))));
        }
        let next = after.also_said_by.remove(0);
        (after.source, after.first_seen) = (next.source, next.first_seen);
    }
    Ok(single(BeforeAfter::updated(Arc::new(before), after)))
}

pub(super) fn unrelate(estate: &Estate, id: RelationshipId) -> Result<Delta, CommandError> {
    let before = find(estate, id)?.to_relationship();
    Ok(single(BeforeAfter::removed(Arc::new(before))))
}

fn single(item: BeforeAfter<Relationship>) -> Delta {
    Delta {
        items: vec![DeltaItem::Relationship(item)],
    }
}

fn find(estate: &Estate, relationship: RelationshipId) -> Result<RelationshipRef<'_>, CommandError> {
    estate
        .relationship(relationship)
        .ok_or(CommandError::RelationshipNotFound { relationship })
}

fn end(estate: &Estate, field: &'static str, ci: CiId) -> Result<Slot, CommandError> {
    let slot = estate.slot_of(ci).ok_or(CommandError::EndNotFound { field, ci })?;
    match estate.stage_of(slot) {
        stage @ LifecycleStage::Disposed => Err(CommandError::CiNotActive { ci, stage }),
        LifecycleStage::Planned
        | LifecycleStage::Ordered
        | LifecycleStage::InStock
        | LifecycleStage::InService
        | LifecycleStage::Maintenance
        | LifecycleStage::Degraded
        | LifecycleStage::Down
        | LifecycleStage::Retired => Ok(slot),
    }
}

fn check_ends(
    estate: &Estate,
    definition: &RelationshipTypeDefinition,
    from: Slot,
    to: Slot,
) -> Result<(), CommandError> {
    let catalog = estate.catalog();
    let (from_type, to_type) = (estate.ci_type_of(from), estate.ci_type_of(to));
    if catalog.allows_ends(definition.id, from_type, to_type) {
        return Ok(());
    }
    let name_of = |id| {
        catalog
            .ci_type(id)
            .map_or_else(|| definition.name.clone(), |ci_type| ci_type.name.clone())
    };
    Err(CommandError::DisallowedEnds {
        relationship_type: definition.name.clone(),
        from_type: name_of(from_type),
        to_type: name_of(to_type),
    })
}

fn patched(
    estate: &Estate,
    definition: &RelationshipTypeDefinition,
    before: &Relationship,
    patch: &RelationshipPatch,
    circumstances: &Circumstances<'_>,
) -> Result<Relationship, CommandError> {
    let mut after = before.clone();
    after.forward = patch.forward.unwrap_or(after.forward);
    after.reverse = patch.reverse.unwrap_or(after.reverse);
    after.weight = patch.weight.unwrap_or(after.weight);
    if let Some(group) = patch.group {
        if let Some(group) = group.filter(|group| estate.group(*group).is_none()) {
            return Err(CommandError::GroupNotFound { group });
        }
        after.group = group;
    }
    let known = after.validity;
    let from = patch.valid_from.unwrap_or(known.and_then(|validity| validity.from()));
    let to = patch.valid_to.unwrap_or(known.and_then(|validity| validity.to()));
    after.validity = Validity::new(from, to)?;
    after.attributes = merge_attributes(estate, definition, &after.attributes, &patch.attributes, circumstances)?;
    let missing = estate
        .catalog()
        .missing_relationship_attributes(definition.id, &after.attributes);
    if let Some(attribute) = missing.into_iter().next() {
        return Err(CommandError::MissingAttribute {
            attribute,
            ci_type: definition.name.clone(),
        });
    }
    Ok(after)
}

fn merge_attributes(
    estate: &Estate,
    definition: &RelationshipTypeDefinition,
    known: &Attributes,
    set: &[(String, Input)],
    circumstances: &Circumstances<'_>,
) -> Result<Attributes, CommandError> {
    let parsed = set
        .iter()
        .map(|(name, input)| estate.catalog().parse_relationship_value(definition.id, name, input))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(super::merge(known, parsed, circumstances))
}
