//! The catalog: CI types in an inheritance tree, relationship types, pools and the lifecycle table;
//! parsed from readable files, checked, looked up, and written back.
//!
//! A catalog is changed only by applying delta items. What is derived from the definitions
//! (inheritance, effective attributes, maps by name) is built once, by the first look-up after a
//! change: many items applied in a row cost nothing extra, and every look-up after that is a table
//! access.

mod check;
mod define;
mod derived;
mod embedded;
mod error;
mod file;
mod lookup;
mod removal;
mod render;
mod resolve;
mod rule;
mod rule_lookup;
mod value;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use hashbrown::HashMap;

use crate::model::definition::{CiTypeDefinition, LifecycleRule, PoolDefinition, RelationshipTypeDefinition};
use crate::model::delta::BeforeAfter;
use crate::model::rule::IngestRuleKind;
use crate::model::{AttributeId, CiTypeId, DeltaItem, IngestRule, LifecycleStage, Name, PoolId, RelationshipTypeId};
use derived::Derived;

pub use error::{AttributeError, CatalogError, Problem};
pub use lookup::TIER_ATTRIBUTE;
pub use rule::{GRACE_DAYS_MAX, INGEST_RULE_ITEMS_MAX, INGEST_RULES_MAX, JUNK_VALUES_MAX};
pub use rule_lookup::RETIRE_AFTER_DEFAULT;
pub use value::{JSON_BYTES_MAX, JSON_DEPTH_MAX, LIST_BYTES_MAX, LIST_ITEMS_MAX, TEXT_BYTES_MAX};

/// Most bytes of one catalog file.
pub const FILE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most CI types at a time.
pub const CI_TYPES_MAX: usize = 10_000;
/// Most relationship types at a time.
pub const RELATIONSHIP_TYPES_MAX: usize = 2_000;
/// Most pools at a time.
pub const POOLS_MAX: usize = 500;
/// Most attributes of one type, inherited ones included.
pub const ATTRIBUTES_MAX: usize = 500;
/// Most identification rules of one type.
pub const RULES_MAX: usize = 50;
/// Most attributes of one identification rule.
pub const RULE_ATTRIBUTES_MAX: usize = 10;
/// Most values of one enumeration.
pub const ENUMERATION_VALUES_MAX: usize = 1_000;
/// Most levels of the inheritance tree.
pub const INHERITANCE_DEPTH_MAX: usize = 20;
/// Longest label, phrase or unit, in bytes.
pub const LABEL_BYTES_MAX: usize = 200;
/// Longest description, in bytes.
pub const DESCRIPTION_BYTES_MAX: usize = 4_000;
/// Longest pattern, in bytes.
pub const PATTERN_BYTES_MAX: usize = 1_000;

/// All definitions, and the look-ups into them. Cloning copies tables of pointers.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    ci_types: Slots<CiTypeDefinition>,
    relationship_types: Slots<RelationshipTypeDefinition>,
    pools: Slots<PoolDefinition>,
    lifecycle: [Option<Arc<LifecycleRule>>; LifecycleStage::ALL.len()],
    ingest_rules: BTreeMap<(IngestRuleKind, Name), Arc<IngestRule>>,
    attribute_names: Vec<Option<Name>>,
    attribute_ids: HashMap<Name, AttributeId>,
    derived: OnceLock<Arc<Derived>>,
}

/// Definitions by number. A removed one leaves its slot empty, so that no number is used twice.
type Slots<T> = Vec<Option<Arc<T>>>;

/// How many numbers of each kind were ever given out, and the number of every attribute name that
/// was ever used. A store keeps this beside the definitions: removed ones are not in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbering {
    /// Numbers of CI types.
    pub ci_types: u16,
    /// Numbers of relationship types.
    pub relationship_types: u16,
    /// Numbers of pools.
    pub pools: u16,
    /// Attribute names with their numbers.
    pub attributes: Vec<(AttributeId, Name)>,
}

impl Catalog {
    /// The delta items that turn the empty catalog into the default one.
    pub fn embedded() -> Result<Vec<DeltaItem>, CatalogError> {
        embedded::items()
    }

    /// Applies one step of a delta. Total: items of other kinds, and removals of what is not there,
    /// change nothing. Cheap; the next look-up pays for building the derived tables.
    pub fn apply(&mut self, item: &DeltaItem) {
        match item {
            DeltaItem::CiType(change) => {
                if let Some(definition) = &change.after {
                    self.register(&definition.attributes);
                }
                put(&mut self.ci_types, change, |definition| definition.id.index());
            }
            DeltaItem::RelationshipType(change) => {
                if let Some(definition) = &change.after {
                    self.register(&definition.attributes);
                }
                put(&mut self.relationship_types, change, |definition| definition.id.index());
            }
            DeltaItem::Pool(change) => put(&mut self.pools, change, |definition| definition.id.index()),
            DeltaItem::Lifecycle(change) => {
                if let Some(rule) = change.either() {
                    self.lifecycle[usize::from(rule.stage.number())].clone_from(&change.after);
                }
            }
            DeltaItem::IngestRule(change) => {
                if let Some(rule) = change.either() {
                    let key = (rule.kind(), rule.name().clone());
                    match &change.after {
                        Some(after) => drop(self.ingest_rules.insert(key, Arc::clone(after))),
                        None => drop(self.ingest_rules.remove(&key)),
                    }
                }
            }
            DeltaItem::Source(_)
            | DeltaItem::Review(_)
            | DeltaItem::Ci(_)
            | DeltaItem::Relationship(_)
            | DeltaItem::Group(_)
            | DeltaItem::Merge(_)
            | DeltaItem::Distinction(_) => return,
        }
        self.derived = OnceLock::new();
    }

    /// The numbers given out so far.
    pub fn numbering(&self) -> Numbering {
        let count = |length: usize| u16::try_from(length).unwrap_or(u16::MAX);
        Numbering {
            ci_types: count(self.ci_types.len()),
            relationship_types: count(self.relationship_types.len()),
            pools: count(self.pools.len()),
            attributes: self.attribute_names().map(|(id, name)| (id, name.clone())).collect(),
        }
    }

    /// Takes note of numbers that were given out before, so that they are not given out again.
    pub fn reserve(&mut self, numbering: &Numbering) {
        lengthen(&mut self.ci_types, usize::from(numbering.ci_types));
        lengthen(&mut self.relationship_types, usize::from(numbering.relationship_types));
        lengthen(&mut self.pools, usize::from(numbering.pools));
        for (id, name) in &numbering.attributes {
            self.register_name(*id, name);
        }
        self.derived = OnceLock::new();
    }

    /// Every attribute name that was ever used, by number.
    pub fn attribute_names(&self) -> impl Iterator<Item = (AttributeId, &Name)> {
        (0u16..)
            .zip(&self.attribute_names)
            .filter_map(|(number, name)| Some((AttributeId::new(number), name.as_ref()?)))
    }

    fn register(&mut self, attributes: &[crate::model::definition::AttributeDefinition]) {
        for attribute in attributes {
            self.register_name(attribute.id, &attribute.name);
        }
    }

    fn register_name(&mut self, id: AttributeId, name: &Name) {
        lengthen(&mut self.attribute_names, id.index() + 1);
        if self.attribute_names[id.index()].is_none() {
            self.attribute_names[id.index()] = Some(name.clone());
            self.attribute_ids.entry(name.clone()).or_insert(id);
        }
    }

    fn derived(&self) -> &Derived {
        self.derived.get_or_init(|| Arc::new(Derived::build(self)))
    }

    fn stored_ci_type(&self, id: CiTypeId) -> Option<&Arc<CiTypeDefinition>> {
        self.ci_types.get(id.index())?.as_ref()
    }

    fn stored_relationship_type(&self, id: RelationshipTypeId) -> Option<&Arc<RelationshipTypeDefinition>> {
        self.relationship_types.get(id.index())?.as_ref()
    }

    fn stored_pool(&self, id: PoolId) -> Option<&Arc<PoolDefinition>> {
        self.pools.get(id.index())?.as_ref()
    }
}

fn put<T>(slots: &mut Slots<T>, change: &BeforeAfter<T>, index: impl Fn(&T) -> usize) {
    if let Some(definition) = change.either() {
        let index = index(definition);
        lengthen(slots, index + 1);
        slots[index].clone_from(&change.after);
    }
}

fn lengthen<T>(slots: &mut Vec<Option<T>>, length: usize) {
    if slots.len() < length {
        slots.resize_with(length, || None);
    }
}

#[cfg(test)]
mod tests;
