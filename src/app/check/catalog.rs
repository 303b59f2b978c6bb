//! Commands on the catalog: refused where recorded data would no longer fit, unless migrated.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Circumstances;
use crate::app::CommandError;
use crate::catalog::Catalog;
use crate::graph::{Estate, Slot};
use crate::model::command::Migration;
use crate::model::{
    AttributeId, AttributeValue, Attributes, BeforeAfter, CatalogCommand, CiId, CiTypeId, ConfigurationItem, Delta,
    DeltaItem, Input, RelationshipTypeId,
};

/// CIs listed at most when a change would make some invalid; the count is always complete.
const EXAMPLES_MAX: usize = 100;

pub(super) fn check(
    estate: &Estate,
    command: &CatalogCommand,
    circumstances: &mut Circumstances<'_>,
) -> Result<Delta, CommandError> {
    let catalog = estate.catalog();
    match command {
        CatalogCommand::Define { text, migration } => define(estate, catalog.define(text)?, migration, circumstances),
        CatalogCommand::RemoveCiType { name } => {
            let items = catalog.remove_ci_type(name)?;
            let count = catalog
                .ci_type_named(name)
                .map_or(0, |ci_type| estate.count_of_type(ci_type.id));
            refuse_in_use(name, count, "configuration items")?;
            Ok(Delta { items })
        }
        CatalogCommand::RemoveRelationshipType { name } => {
            let items = catalog.remove_relationship_type(name)?;
            let id = catalog.relationship_type_named(name).map(|definition| definition.id);
            let used = estate
                .relationships()
                .filter(|relationship| Some(relationship.relationship_type()) == id);
            refuse_in_use(name, used.count(), "relationships")?;
            Ok(Delta { items })
        }
        CatalogCommand::RemoveIngestRule { kind, name } => Ok(Delta {
            items: catalog.remove_ingest_rule(*kind, name)?,
        }),
        CatalogCommand::Lifecycle { rules } => Ok(Delta {
            items: catalog.set_lifecycle(rules)?,
        }),
    }
}

fn refuse_in_use(name: &str, count: usize, what: &'static str) -> Result<(), CommandError> {
    if count == 0 {
        Ok(())
    } else {
        Err(CommandError::TypeInUse {
            name: name.to_owned(),
            count,
            what,
        })
    }
}

/// The definitions, and what must happen to recorded data for it to fit them. O(CIs of the changed
/// types), O(relationships) where a relationship type changes.
fn define(
    estate: &Estate,
    mut items: Vec<DeltaItem>,
    migration: &Migration,
    circumstances: &mut Circumstances<'_>,
) -> Result<Delta, CommandError> {
    let mut planned = Catalog::clone(estate.catalog());
    for item in &items {
        planned.apply(item);
    }
    let misfits = misfits(estate, &planned, &items);
    match migration {
        Migration::Refuse => match misfits.first() {
            Some((slot, because)) => {
                let examples: Vec<CiId> = misfits
                    .iter()
                    .take(EXAMPLES_MAX)
                    .map(|(slot, _)| estate.ci_id(*slot))
                    .collect();
                return Err(CommandError::CatalogBreaksData {
                    count: misfits.len(),
                    ci: estate.ci_id(*slot),
                    because: because.clone(),
                    examples,
                });
            }
            None => check_relationships(estate, &planned, &items)?,
        },
        Migration::Migrate { defaults } => {
            check_relationships(estate, &planned, &items)?;
            for (slot, _) in misfits {
                items.push(migrated(estate, &planned, slot, defaults, circumstances)?);
            }
        }
    }
    Ok(Delta { items })
}

/// The CIs that the planned catalog would make invalid, by id, each with the first reason.
fn misfits(estate: &Estate, planned: &Catalog, items: &[DeltaItem]) -> Vec<(Slot, String)> {
    let steps = items.iter().filter_map(DeltaItem::as_ci_type);
    let changed = steps.filter_map(|item| item.before.as_ref().map(|before| before.id));
    let types: BTreeSet<CiTypeId> = changed.flat_map(|id| planned.subtypes(id).to_vec()).collect();
    let mut misfits = Vec::new();
    for ci_type in types {
        for slot in estate.slots_of_type(ci_type) {
            if let Some(because) = misfit(planned, estate.ci_at(*slot)) {
                misfits.push((*slot, because));
            }
        }
    }
    misfits.extend(shared_values(estate, planned, items));
    misfits.sort_by_key(|(slot, _)| estate.ci_id(*slot));
    misfits.dedup_by_key(|(slot, _)| *slot);
    misfits
}

fn misfit(planned: &Catalog, ci: &ConfigurationItem) -> Option<String> {
    if planned.ci_type(ci.ci_type()).is_some_and(|ci_type| ci_type.is_abstract) {
        return Some("its type becomes abstract".to_owned());
    }
    let unfit = ci.attributes().iter().find_map(|attribute| {
        let name = planned.attribute_name(attribute.id)?;
        planned
            .parse_value(ci.ci_type(), name.as_str(), &attribute.value.to_input())
            .err()
    });
    if let Some(error) = unfit {
        return Some(error.to_string());
    }
    let missing = planned.missing_required(ci.ci_type(), ci.attributes());
    missing
        .first()
        .map(|name| format!("`{name}` becomes required and has no value"))
}

/// CIs that share a value of an attribute that becomes unique.
fn shared_values(estate: &Estate, planned: &Catalog, items: &[DeltaItem]) -> Vec<(Slot, String)> {
    let mut found = Vec::new();
    for item in items {
        let DeltaItem::CiType(item) = item else { continue };
        let (Some(before), Some(after)) = (&item.before, &item.after) else {
            continue;
        };
        let was_unique = |id: AttributeId| before.attributes.iter().any(|known| known.id == id && known.unique);
        for attribute in after
            .attributes
            .iter()
            .filter(|attribute| attribute.unique && !was_unique(attribute.id))
        {
            let mut seen = std::collections::HashSet::<AttributeValue>::new();
            for slot in planned
                .subtypes(after.id)
                .iter()
                .flat_map(|ci_type| estate.slots_of_type(*ci_type))
            {
                let Some(value) = estate.ci_at(*slot).attributes().value(attribute.id) else {
                    continue;
                };
                if !seen.insert(value) {
                    found.push((
                        *slot,
                        format!("another CI has the same `{}`, which becomes unique", attribute.name),
                    ));
                }
            }
        }
    }
    found
}

/// A CI with what no longer fits dropped and what becomes required filled in.
fn migrated(
    estate: &Estate,
    planned: &Catalog,
    slot: Slot,
    defaults: &[(String, Input)],
    circumstances: &Circumstances<'_>,
) -> Result<DeltaItem, CommandError> {
    let before = Arc::clone(estate.ci_at(slot));
    let mut fields = before.to_fields();
    let fits = |attribute: &crate::model::Attribute| {
        let name = planned.attribute_name(attribute.id);
        name.is_some_and(|name| {
            planned
                .parse_value(fields.ci_type, name.as_str(), &attribute.value.to_input())
                .is_ok()
        })
    };
    let kept = Attributes::new(fields.attributes.iter().filter(fits).collect());
    let mut set = Vec::new();
    for name in planned.missing_required(fields.ci_type, &kept) {
        let value = defaults
            .iter()
            .find(|(attribute, _)| attribute.as_str() == name.as_str());
        let Some((_, value)) = value else {
            let ci_type = planned
                .ci_type(fields.ci_type)
                .map_or_else(|| name.clone(), |known| known.name.clone());
            return Err(CommandError::MissingAttribute {
                attribute: name,
                ci_type,
            });
        };
        set.push(planned.parse_value(fields.ci_type, name.as_str(), value)?);
    }
    fields.attributes = super::merge(&kept, set, circumstances);
    fields.changed = circumstances.stamp();
    Ok(DeltaItem::Ci(BeforeAfter::updated(
        before,
        ConfigurationItem::new(fields),
    )))
}

/// Relationships are never migrated: a relationship type changes only where all of its relationships
/// still fit.
fn check_relationships(estate: &Estate, planned: &Catalog, items: &[DeltaItem]) -> Result<(), CommandError> {
    let changed: BTreeSet<RelationshipTypeId> = items
        .iter()
        .filter_map(DeltaItem::as_relationship_type)
        .filter_map(|item| item.before.as_ref().map(|before| before.id))
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    for relationship in estate
        .relationships()
        .filter(|other| changed.contains(&other.relationship_type()))
    {
        let id = relationship.relationship_type();
        let (from, to) = (
            estate.ci_type_of(relationship.from()),
            estate.ci_type_of(relationship.to()),
        );
        if !planned.allows_ends(id, from, to) {
            let name = planned
                .relationship_type(id)
                .map(|definition| definition.name.to_string())
                .unwrap_or_default();
            return Err(CommandError::TypeInUse {
                name,
                count: 1,
                what: "relationships with ends it would not allow",
            });
        }
    }
    Ok(())
}
