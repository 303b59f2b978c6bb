//! Commands on configuration items.

use std::sync::Arc;

use super::decide::counts_alone;
use super::ledger::{Ledger, Voice, tags, text};
use super::observe::fix;
use super::{Circumstances, check_short, check_text, slot_of};
use crate::app::CommandError;
use crate::app::command_error::{CI_NAME_BYTES_MAX, TAGS_MAX};
use crate::graph::{Estate, Slot};
use crate::model::command::NewCi;
use crate::model::definition::CiTypeDefinition;
use crate::model::{
    Attribute, AttributeId, AttributeValue, Attributes, BeforeAfter, CiFields, CiId, CiPatch, CiTypeId, Claims,
    ConfigurationItem, Delta, DeltaItem, GroupMember, Input, LifecycleStage, Origin, RedundancyGroup, Revision,
    Standing, Validity,
};

pub(super) fn create(
    estate: &Estate,
    new: &NewCi,
    circumstances: &mut Circumstances<'_>,
) -> Result<Delta, CommandError> {
    let ci_type = concrete_type(estate, &new.ci_type)?;
    check_text("name", &new.name, CI_NAME_BYTES_MAX)?;
    check_tags(&new.tags)?;
    let id = match new.id {
        Some(id) if estate.slot_of(id).is_some() => return Err(CommandError::CiExists { ci: id }),
        Some(id) => id,
        None => circumstances.ids.ci(circumstances.at),
    };
    let voice = circumstances.voice(new.observed_at);
    let attribute = |(id, value): (AttributeId, Option<AttributeValue>)| {
        Some(Attribute {
            id,
            value: value?,
            source: voice.source,
            first_seen: voice.first_seen(),
        })
    };
    let parsed = parse_attributes(estate, ci_type.id, &new.attributes)?;
    let (attributes, claims): (Vec<_>, Vec<_>) = parsed.into_iter().filter_map(attribute).partition(|attribute| {
        let authority = estate.catalog().authority(ci_type.id, attribute.id);
        // Without what identifies it, nobody would find it again.
        !new.is_observed
            || estate.catalog().is_identifying(attribute.id)
            || counts_alone(authority, circumstances.called)
    });
    let mut origins = Vec::new();
    add_origin(&mut origins, new.native_key.as_deref(), voice)?;
    let mut fields = CiFields {
        id,
        ci_type: ci_type.id,
        name: new.name.clone(),
        stage: new.stage.unwrap_or_default(),
        stage_assumed: new.stage.is_none(),
        tags: new.tags.clone(),
        attributes: Attributes::new(attributes),
        origins,
        validity: Validity::new(new.valid_from, new.valid_to)?,
        standing: Standing {
            aliases: aliases_with(estate, &[], id, &new.aliases)?,
            claims: Claims::new(claims),
            ..Standing::default()
        },
        created: circumstances.stamp(),
        changed: circumstances.stamp(),
    };
    fix(estate, &mut fields, &new.pins, circumstances)?;
    check_content(estate, &fields, &[])?;
    Ok(single(BeforeAfter::created(ConfigurationItem::new(fields))))
}

pub(super) fn update(
    estate: &Estate,
    ci: CiId,
    expected: Option<Revision>,
    patch: &CiPatch,
    circumstances: &mut Circumstances<'_>,
) -> Result<Delta, CommandError> {
    let (slot, before) = seen(estate, ci, expected)?;
    let mut fields = before.to_fields();
    if let Some(name) = &patch.ci_type {
        fields.ci_type = changed_type(estate, ci, &before, name)?.id;
    }
    fields.validity = validity_after(fields.validity, patch)?;
    let ci_type = fields.ci_type;
    let voice = circumstances.voice(None);
    if patch.native_key.is_some() {
        add_origin(&mut fields.origins, patch.native_key.as_deref(), voice)?;
    }
    let mut ledger = Ledger::open(estate, slot, fields, voice);
    if let Some(name) = &patch.name {
        check_text("name", name, CI_NAME_BYTES_MAX)?;
        ledger.state(AttributeId::NAME, Some(text(name)));
    }
    if let Some(stated) = &patch.tags {
        check_tags(stated)?;
        ledger.state(AttributeId::TAGS, Some(tags(stated)));
    }
    for (id, value) in parse_attributes(estate, ci_type, &patch.attributes)? {
        ledger.state(id, value);
    }
    changed(estate, slot, &before, ledger.close(), circumstances)
}

pub(super) fn move_to(
    estate: &Estate,
    ci: CiId,
    expected: Option<Revision>,
    stage: LifecycleStage,
    circumstances: &mut Circumstances<'_>,
) -> Result<Delta, CommandError> {
    let (slot, before) = seen(estate, ci, expected)?;
    check_transition(estate, ci, before.stage(), stage)?;
    let mut ledger = Ledger::open(estate, slot, before.to_fields(), circumstances.voice(None));
    ledger.state(AttributeId::STAGE, Some(text(stage.as_str())));
    changed(estate, slot, &before, ledger.close(), circumstances)
}

/// Refuses what the lifecycle does not allow.
pub(super) fn check_transition(
    estate: &Estate,
    ci: CiId,
    from: LifecycleStage,
    to: LifecycleStage,
) -> Result<(), CommandError> {
    if from == to || estate.catalog().may_move(from, to) {
        return Ok(());
    }
    let allowed = estate.catalog().lifecycle(from).next.clone();
    Err(CommandError::IllegalTransition { ci, from, to, allowed })
}

/// When a CI holds after a patch.
pub(super) fn validity_after(known: Option<Validity>, patch: &CiPatch) -> Result<Option<Validity>, CommandError> {
    let from = patch.valid_from.unwrap_or(known.and_then(|validity| validity.from()));
    let to = patch.valid_to.unwrap_or(known.and_then(|validity| validity.to()));
    Ok(Validity::new(from, to)?)
}

pub(super) fn delete(
    estate: &Estate,
    ci: CiId,
    expected: Option<Revision>,
    reason: &str,
    with_relationships: bool,
) -> Result<Delta, CommandError> {
    let (slot, before) = seen(estate, ci, expected)?;
    let ci = before.id();
    if reason.trim().is_empty() {
        return Err(CommandError::ReasonRequired { ci });
    }
    check_short("reason", reason)?;
    let mut items = Vec::new();
    let from = estate.relationships_from(slot);
    let to = estate
        .relationships_to(slot)
        .filter(|relationship| relationship.from() != slot);
    for relationship in from.chain(to) {
        items.push(DeltaItem::Relationship(BeforeAfter::removed(Arc::new(
            relationship.to_relationship(),
        ))));
    }
    for group in estate.groups_with_member(slot).filter(|group| group.consumer != ci) {
        items.push(DeltaItem::Group(without_member(group, ci)));
    }
    for group in estate.groups_of_consumer(slot) {
        items.extend(super::group::removal(estate, group, slot));
    }
    if !with_relationships && !items.is_empty() {
        return Err(CommandError::CiHasRelationships { ci, count: items.len() });
    }
    items.push(DeltaItem::Ci(BeforeAfter::removed(before)));
    Ok(Delta { items })
}

fn without_member(group: &Arc<RedundancyGroup>, ci: CiId) -> BeforeAfter<RedundancyGroup> {
    let members: Vec<GroupMember> = group.members.iter().filter(|member| member.ci != ci).copied().collect();
    BeforeAfter::updated(
        Arc::clone(group),
        RedundancyGroup {
            members,
            ..RedundancyGroup::clone(group)
        },
    )
}

/// The delta from `before` to `fields`; empty where they say the same.
pub(super) fn changed(
    estate: &Estate,
    slot: Slot,
    before: &Arc<ConfigurationItem>,
    mut fields: CiFields,
    circumstances: &Circumstances<'_>,
) -> Result<Delta, CommandError> {
    if ConfigurationItem::new(fields.clone()) == **before {
        return Ok(Delta::default());
    }
    fields.changed = circumstances.stamp();
    check_content(estate, &fields, &[slot])?;
    Ok(single(BeforeAfter::updated(
        Arc::clone(before),
        ConfigurationItem::new(fields),
    )))
}

fn single(item: BeforeAfter<ConfigurationItem>) -> Delta {
    Delta {
        items: vec![DeltaItem::Ci(item)],
    }
}

pub(super) fn seen(
    estate: &Estate,
    ci: CiId,
    expected: Option<Revision>,
) -> Result<(Slot, Arc<ConfigurationItem>), CommandError> {
    let slot = slot_of(estate, ci)?;
    let before = Arc::clone(estate.ci_at(slot));
    let found = before.changed().revision;
    match expected {
        Some(expected) if expected < found => Err(CommandError::StaleRevision { ci, expected, found }),
        Some(_) | None => Ok((slot, before)),
    }
}

fn concrete_type<'a>(estate: &'a Estate, name: &str) -> Result<&'a CiTypeDefinition, CommandError> {
    let ci_type = estate.catalog().ci_type_named(name);
    let ci_type = ci_type.ok_or_else(|| CommandError::UnknownCiType { name: name.to_owned() })?;
    if ci_type.is_abstract {
        return Err(CommandError::AbstractCiType {
            name: ci_type.name.clone(),
        });
    }
    Ok(ci_type)
}

/// A CI may become what it more precisely is, or what it was taken for too precisely: its type moves
/// along its line of the inheritance tree.
pub(super) fn changed_type<'a>(
    estate: &'a Estate,
    ci: CiId,
    before: &ConfigurationItem,
    name: &str,
) -> Result<&'a CiTypeDefinition, CommandError> {
    let catalog = estate.catalog();
    let to = concrete_type(estate, name)?;
    if catalog.is_a(to.id, before.ci_type()) || catalog.is_a(before.ci_type(), to.id) {
        return Ok(to);
    }
    match catalog.ci_type(before.ci_type()) {
        Some(from) => Err(CommandError::TypeChange {
            ci,
            from: from.name.clone(),
            to: to.name.clone(),
        }),
        None => Ok(to),
    }
}

pub(super) fn check_tags(tags: &[String]) -> Result<(), CommandError> {
    if tags.len() > TAGS_MAX {
        return Err(CommandError::TooManyTags { count: tags.len() });
    }
    tags.iter().try_for_each(|tag| check_short("tags", tag))
}

pub(super) fn parse_attributes(
    estate: &Estate,
    ci_type: CiTypeId,
    set: &[(String, Input)],
) -> Result<Vec<(AttributeId, Option<AttributeValue>)>, CommandError> {
    let parsed = set
        .iter()
        .map(|(name, input)| estate.catalog().parse_value(ci_type, name, input));
    Ok(parsed.collect::<Result<_, _>>()?)
}

/// The aliases of a CI with further ones, none of which may be the identity or alias of another.
pub(super) fn aliases_with(
    estate: &Estate,
    known: &[CiId],
    own: CiId,
    more: &[CiId],
) -> Result<Vec<CiId>, CommandError> {
    let mut aliases = known.to_vec();
    for alias in more {
        if known.contains(alias) {
            continue;
        }
        if *alias == own || estate.slot_of(*alias).is_some() {
            return Err(CommandError::CiExists { ci: *alias });
        }
        aliases.push(*alias);
    }
    aliases.sort_unstable();
    aliases.dedup();
    Ok(aliases)
}

/// Notes under which key a source knows a CI. Who has no key is noted once.
pub(super) fn add_origin(
    origins: &mut Vec<Origin>,
    native_key: Option<&str>,
    voice: Voice<'_>,
) -> Result<(), CommandError> {
    let known = match native_key {
        Some(key) => {
            check_short("key", key)?;
            let mut origins = origins.iter();
            origins.any(|origin| origin.source == voice.source && &*origin.native_key == key)
        }
        None => origins.iter().any(|origin| origin.source == voice.source),
    };
    if !known {
        origins.push(Origin {
            source: voice.source,
            native_key: native_key.unwrap_or_default().into(),
            first_seen: voice.first_seen(),
        });
    }
    Ok(())
}

/// What must hold of every CI, new or changed; `own` are the places whose present content it replaces.
pub(super) fn check_content(estate: &Estate, fields: &CiFields, own: &[Slot]) -> Result<(), CommandError> {
    let catalog = estate.catalog();
    if let Some(attribute) = catalog
        .missing_required(fields.ci_type, &fields.attributes)
        .into_iter()
        .next()
    {
        let ci_type = catalog.ci_type(fields.ci_type).map(|ci_type| ci_type.name.clone());
        let ci_type = ci_type.unwrap_or_else(|| attribute.clone());
        return Err(CommandError::MissingAttribute { attribute, ci_type });
    }
    check_unique(estate, fields, own)?;
    let keyed = fields.origins.iter().filter(|origin| !origin.native_key.is_empty());
    for origin in keyed {
        match estate.by_native_key(origin.source, &origin.native_key) {
            Some(other) if !own.contains(&other) => {
                return Err(duplicate(estate, "key", &origin.native_key, other));
            }
            Some(_) | None => {}
        }
    }
    Ok(())
}

fn check_unique(estate: &Estate, fields: &CiFields, own: &[Slot]) -> Result<(), CommandError> {
    let catalog = estate.catalog();
    for attribute in fields.attributes.iter() {
        let Some(scope) = catalog.unique_scope(fields.ci_type, attribute.id) else {
            continue;
        };
        let mut others = estate.with_identifier(attribute.id, &attribute.value);
        let other = others.find(|slot| !own.contains(slot) && catalog.is_a(estate.ci_type_of(*slot), scope));
        if let Some(other) = other {
            let name = catalog
                .attribute_name(attribute.id)
                .map(ToString::to_string)
                .unwrap_or_default();
            return Err(duplicate(estate, &name, &shown(&attribute.value), other));
        }
    }
    Ok(())
}

/// A value as a message shows it.
fn shown(value: &AttributeValue) -> String {
    match value.to_input() {
        Input::Text(text) | Input::Number(text) => text,
        other @ (Input::Null | Input::Boolean(_) | Input::List(_) | Input::Object(_)) => format!("{other:?}"),
    }
}

fn duplicate(estate: &Estate, attribute: &str, value: &str, existing: Slot) -> CommandError {
    CommandError::DuplicateIdentifier {
        attribute: attribute.to_owned(),
        value: value.to_owned(),
        existing: estate.ci_id(existing),
    }
}
