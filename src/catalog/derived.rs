//! What follows from the definitions: the tree in preorder, effective attributes, maps by name.

use std::sync::{Arc, OnceLock};

use hashbrown::HashMap;
use jiff::SignedDuration;
use regex::Regex;

use super::Catalog;
use super::rule_lookup::RuleTables;
use super::value::compile;
use crate::model::definition::{AttributeDefinition, CiTypeDefinition, IdentificationRule};
use crate::model::{AttributeId, CiTypeId, IngestRule, Name, PoolId, RelationshipTypeId};

/// Tables built from a whole catalog. Building is linear in the number of types times the depth of
/// the tree and the number of attributes a type adds; types that add none share their parent's.
#[derive(Debug, Default)]
pub(super) struct Derived {
    pub(super) ci_type_names: HashMap<Name, CiTypeId>,
    pub(super) relationship_type_names: HashMap<Name, RelationshipTypeId>,
    pub(super) pool_names: HashMap<Name, PoolId>,
    /// All CI types in preorder: the subtypes of each are one contiguous run.
    preorder: Vec<CiTypeId>,
    /// By CI type number; `None` for a number that is not in use.
    types: Vec<Option<DerivedType>>,
    /// Attributes of relationship types, by number.
    relationship_attributes: Vec<Effective>,
    patterns: HashMap<String, OnceLock<Option<Regex>>>,
    /// Attributes that tell CIs apart, sorted.
    identifying: Vec<AttributeId>,
    pub(super) rules: RuleTables,
}

#[derive(Debug)]
struct DerivedType {
    /// Where its run in the preorder starts and ends.
    run: (usize, usize),
    /// Itself first, the root last.
    ancestors: Box<[CiTypeId]>,
    attributes: Effective,
    identification: Arc<[IdentificationRule]>,
    default_tier: Option<u8>,
    retire_after: Option<SignedDuration>,
}

/// The attributes of a type with all that it inherits.
#[derive(Clone, Debug, Default)]
pub(super) struct Effective {
    /// In the order of declaration, the root's first.
    pub(super) list: Arc<[Arc<AttributeDefinition>]>,
    /// Sorted by number, with the index into `list`.
    by_id: Arc<[(AttributeId, usize)]>,
    /// The topmost type that declares each unique attribute so.
    unique: Arc<[(AttributeId, CiTypeId)]>,
}

impl Effective {
    pub(super) fn by_id(&self, id: AttributeId) -> Option<&Arc<AttributeDefinition>> {
        let found = self.by_id.binary_search_by_key(&id, |(known, _)| *known).ok()?;
        self.list.get(self.by_id[found].1)
    }

    pub(super) fn unique_scope(&self, id: AttributeId) -> Option<CiTypeId> {
        self.unique
            .iter()
            .find(|(known, _)| *known == id)
            .map(|(_, scope)| *scope)
    }

    /// These attributes with those that `ci_type` adds or refines; the same tables where it adds
    /// none.
    fn extended(&self, added: &[AttributeDefinition], ci_type: Option<CiTypeId>) -> Self {
        if added.is_empty() {
            return self.clone();
        }
        let mut list = self.list.to_vec();
        let mut unique = self.unique.to_vec();
        for attribute in added {
            let shared = Arc::new(attribute.clone());
            match self.by_id.binary_search_by_key(&attribute.id, |(known, _)| *known) {
                Ok(found) => list[self.by_id[found].1] = shared,
                Err(_) => list.push(shared),
            }
            if let Some(scope) = ci_type.filter(|_| attribute.unique && self.unique_scope(attribute.id).is_none()) {
                unique.push((attribute.id, scope));
            }
        }
        let mut by_id: Vec<(AttributeId, usize)> = (0..).zip(&list).map(|(index, one)| (one.id, index)).collect();
        by_id.sort_unstable();
        Self {
            list: list.into(),
            by_id: by_id.into(),
            unique: unique.into(),
        }
    }
}

impl Derived {
    pub(super) fn build(catalog: &Catalog) -> Self {
        let mut derived = Self::default();
        derived.types.resize_with(catalog.ci_types.len(), || None);
        derived.visit_tree(catalog);
        for definition in catalog.ci_types() {
            derived.ci_type_names.insert(definition.name.clone(), definition.id);
            derived.note_patterns(&definition.attributes);
        }
        derived.identifying = identifying(catalog);
        derived.rules = RuleTables::build(catalog);
        for definition in catalog.pools() {
            derived.pool_names.insert(definition.name.clone(), definition.id);
        }
        derived
            .relationship_attributes
            .resize_with(catalog.relationship_types.len(), Effective::default);
        for definition in catalog.relationship_types() {
            let name = definition.name.clone();
            derived.relationship_type_names.insert(name, definition.id);
            derived.note_patterns(&definition.attributes);
            let attributes = Effective::default().extended(&definition.attributes, None);
            derived.relationship_attributes[definition.id.index()] = attributes;
        }
        derived
    }

    pub(super) fn identifying(&self) -> &[AttributeId] {
        &self.identifying
    }

    /// Walks the tree in preorder, without recursion. A parent that is not there counts as none, and
    /// a type that is reached from no root (its ancestors form a circle) counts as a root, so that
    /// any set of definitions has its tables.
    fn visit_tree(&mut self, catalog: &Catalog) {
        let mut children: HashMap<CiTypeId, Vec<CiTypeId>> = HashMap::new();
        let mut roots = Vec::new();
        for definition in catalog.ci_types() {
            match definition.parent.filter(|parent| catalog.ci_type(*parent).is_some()) {
                Some(parent) => children.entry(parent).or_default().push(definition.id),
                None => roots.push(definition.id),
            }
        }
        let everything = catalog.ci_types().map(|definition| definition.id);
        for start in roots.into_iter().chain(everything) {
            if self.entry(start).is_none() {
                self.visit(catalog, &children, start);
            }
        }
    }

    fn visit(&mut self, catalog: &Catalog, children: &HashMap<CiTypeId, Vec<CiTypeId>>, start: CiTypeId) {
        // A type stands on the stack twice: to be entered, and below its children to be left.
        let mut stack = vec![(start, false, None)];
        while let Some((ci_type, entered, parent)) = stack.pop() {
            if entered {
                let end = self.preorder.len();
                if let Some(entry) = &mut self.types[ci_type.index()] {
                    entry.run.1 = end;
                }
                continue;
            }
            let Some(definition) = catalog.ci_type(ci_type).filter(|_| self.entry(ci_type).is_none()) else {
                continue;
            };
            self.enter(definition, parent);
            stack.push((ci_type, true, parent));
            let below = children.get(&ci_type).map_or(&[][..], Vec::as_slice);
            stack.extend(below.iter().rev().map(|child| (*child, false, Some(ci_type))));
        }
    }

    fn enter(&mut self, definition: &CiTypeDefinition, parent: Option<CiTypeId>) {
        let above = parent.and_then(|parent| self.entry(parent));
        let mut ancestors = vec![definition.id];
        ancestors.extend(above.map_or(&[][..], |above| &above.ancestors));
        let inherited = above.map(|above| above.attributes.clone()).unwrap_or_default();
        let identification = match &definition.identification {
            Some(rules) => {
                let mut rules = rules.clone();
                rules.sort_by(|a, b| (a.priority, &a.name).cmp(&(b.priority, &b.name)));
                rules.into()
            }
            None => above.map_or_else(|| Arc::from([]), |above| Arc::clone(&above.identification)),
        };
        let default_tier = definition.default_tier.or(above.and_then(|above| above.default_tier));
        let retire_after = definition.retire_after.or(above.and_then(|above| above.retire_after));
        let start = self.preorder.len();
        self.preorder.push(definition.id);
        self.types[definition.id.index()] = Some(DerivedType {
            run: (start, start + 1),
            ancestors: ancestors.into(),
            attributes: inherited.extended(&definition.attributes, Some(definition.id)),
            identification,
            default_tier,
            retire_after,
        });
    }

    fn note_patterns(&mut self, attributes: &[AttributeDefinition]) {
        for pattern in attributes.iter().filter_map(|attribute| attribute.pattern.as_ref()) {
            self.patterns.entry(pattern.clone()).or_default();
        }
    }

    fn entry(&self, ci_type: CiTypeId) -> Option<&DerivedType> {
        self.types.get(ci_type.index())?.as_ref()
    }

    pub(super) fn subtypes(&self, ci_type: CiTypeId) -> &[CiTypeId] {
        self.entry(ci_type)
            .map_or(&[], |entry| &self.preorder[entry.run.0..entry.run.1])
    }

    pub(super) fn is_a(&self, ci_type: CiTypeId, ancestor: CiTypeId) -> bool {
        match (self.entry(ci_type), self.entry(ancestor)) {
            (Some(entry), Some(above)) => (above.run.0..above.run.1).contains(&entry.run.0),
            _ => false,
        }
    }

    pub(super) fn ancestors(&self, ci_type: CiTypeId) -> &[CiTypeId] {
        self.entry(ci_type).map_or(&[], |entry| &entry.ancestors)
    }

    pub(super) fn attributes(&self, ci_type: CiTypeId) -> Option<&Effective> {
        self.entry(ci_type).map(|entry| &entry.attributes)
    }

    pub(super) fn relationship_attributes(&self, relationship_type: RelationshipTypeId) -> Option<&Effective> {
        self.relationship_attributes.get(relationship_type.index())
    }

    pub(super) fn identification(&self, ci_type: CiTypeId) -> &[IdentificationRule] {
        self.entry(ci_type).map_or(&[], |entry| &entry.identification)
    }

    pub(super) fn default_tier(&self, ci_type: CiTypeId) -> Option<u8> {
        self.entry(ci_type)?.default_tier
    }

    pub(super) fn retire_after(&self, ci_type: CiTypeId) -> Option<SignedDuration> {
        self.entry(ci_type)?.retire_after
    }

    /// The compiled form of a definition's pattern: compiled by its first use, once. `None` if it
    /// does not compile, which a checked definition's does.
    pub(super) fn pattern(&self, pattern: &str) -> Option<&Regex> {
        self.patterns
            .get(pattern)?
            .get_or_init(|| compile(pattern).ok())
            .as_ref()
    }
}

/// Unique attributes, and those that rules of identification and derivations name.
fn identifying(catalog: &Catalog) -> Vec<AttributeId> {
    let mut found = Vec::new();
    for ci_type in catalog.ci_types() {
        found.extend(
            ci_type
                .attributes
                .iter()
                .filter(|known| known.unique)
                .map(|known| known.id),
        );
        let rules = ci_type.identification.iter().flatten();
        let related = |rule: &IdentificationRule| rule.related.as_ref().map(|one| one.attributes.clone());
        let named = rules.flat_map(|rule| {
            rule.attributes
                .iter()
                .cloned()
                .chain(related(rule).into_iter().flatten())
        });
        found.extend(named.filter_map(|name| catalog.attribute_id(name.as_str())));
    }
    let derivations = catalog.ingest_rules().filter_map(|rule| match rule.as_ref() {
        IngestRule::Derivation(rule) => Some(rule),
        IngestRule::Source(_) | IngestRule::Authority(_) | IngestRule::Junk(_) | IngestRule::ClassAlias(_) => None,
    });
    let named = derivations.flat_map(|rule| [&rule.attribute, &rule.to_attribute]);
    found.extend(named.filter_map(|name| catalog.attribute_id(name.as_str())));
    found.sort_unstable();
    found.dedup();
    found
}
