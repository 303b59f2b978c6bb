//! A catalog file checked against the catalog, and turned into delta items.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};
use toml::Spanned;

use super::file::{File, Place, RawAttribute, RawCiType, RawExtension, RawRelationshipType, RawRule};
use super::{
    Catalog, CatalogError, DESCRIPTION_BYTES_MAX, INHERITANCE_DEPTH_MAX, Problem, RULES_MAX, check, resolve, rule,
};
use crate::model::definition::{AttributeDefinition, CiTypeDefinition, IdentificationRule, RelationshipTypeDefinition};
use crate::model::delta::BeforeAfter;
use crate::model::{AttributeId, CiTypeId, DeltaItem, LifecycleStage, Name, PoolId, RelationshipTypeId};

impl Catalog {
    /// What a catalog file would change: the definitions it adds or replaces, with before and after.
    /// A definition that is there already yields nothing. The catalog itself is left alone.
    pub fn define(&self, text: &str) -> Result<Vec<DeltaItem>, CatalogError> {
        let file = File::parse(text)?;
        let mut definer = Definer {
            file: &file,
            base: self,
            draft: self.clone(),
            items: Vec::new(),
            pool_ids: HashMap::new(),
            ci_type_ids: HashMap::new(),
            places: HashMap::new(),
        };
        definer.pools()?;
        definer.name_ci_types()?;
        for index in definer.parents_first()? {
            definer.ci_type(&file.content.ci_type[index])?;
        }
        definer.extensions()?;
        check::tree(&definer.draft).map_err(|found| definer.locate(found))?;
        check::whole(&definer.draft).map_err(|found| definer.locate(found))?;
        definer.relationship_types()?;
        definer.lifecycle()?;
        for item in rule::items(&definer.draft, &file)? {
            definer.push(item);
        }
        check::rules(&definer.draft).map_err(|found| definer.locate(found))?;
        Ok(definer.without_detours())
    }
}

struct Definer<'a> {
    file: &'a File,
    /// The catalog as it was. Look-ups by name go here, because the derived tables of the draft would
    /// be built anew after every definition.
    base: &'a Catalog,
    /// The catalog with all that was read so far.
    draft: Catalog,
    items: Vec<DeltaItem>,
    /// The pools of the file by name.
    pool_ids: HashMap<Name, PoolId>,
    /// The CI types of the file by name, also before they are read.
    ci_type_ids: HashMap<Name, CiTypeId>,
    /// Where the file defines a CI type.
    places: HashMap<CiTypeId, Place>,
}

impl Definer<'_> {
    fn push(&mut self, item: DeltaItem) {
        self.draft.apply(&item);
        self.items.push(item);
    }

    fn pools(&mut self) -> Result<(), CatalogError> {
        for raw in &self.file.content.pool {
            let place = self.file.place(raw, format!("pool `{}`", raw.get_ref().name));
            let known = self.base.pool_named(&raw.get_ref().name).map(|pool| pool.id);
            let id = match known {
                Some(id) => id,
                None => PoolId::new(next(self.draft.pools.len(), "pools").map_err(|problem| place.refuse(problem))?),
            };
            let pool = resolve::pool(raw.get_ref(), id).map_err(|problem| place.refuse(problem))?;
            if self.pool_ids.insert(pool.name.clone(), id).is_some() {
                return Err(place.refuse(Problem::Duplicate));
            }
            if let Some(change) = changed(self.base.stored_pool(id), pool) {
                self.push(DeltaItem::Pool(change));
            }
        }
        Ok(())
    }

    /// Gives every CI type of the file its number, so that they may name each other in any order.
    fn name_ci_types(&mut self) -> Result<(), CatalogError> {
        let mut count = self.draft.ci_types.len();
        for raw in &self.file.content.ci_type {
            let place = self.file.place(raw, format!("CI type `{}`", raw.get_ref().name));
            let name = Name::new(&raw.get_ref().name).map_err(|problem| place.refuse(problem))?;
            let id = if let Some(known) = self.base.ci_type_named(name.as_str()) {
                known.id
            } else {
                let number = next(count, "CI types").map_err(|problem| place.refuse(problem))?;
                count += 1;
                CiTypeId::new(number)
            };
            if self.ci_type_ids.insert(name, id).is_some() {
                return Err(place.refuse(Problem::Duplicate));
            }
            self.places.insert(id, place);
        }
        Ok(())
    }

    fn ci_type_id(&self, name: &str) -> Result<CiTypeId, Problem> {
        let in_file = self.ci_type_ids.get(name).copied();
        in_file
            .or_else(|| self.base.ci_type_named(name).map(|known| known.id))
            .ok_or_else(|| Problem::UnknownCiType(super::error::shortened(name)))
    }

    /// The CI types of the file in an order in which every parent is before its children.
    fn parents_first(&self) -> Result<Vec<usize>, CatalogError> {
        let types = &self.file.content.ci_type;
        let mut by_id = HashMap::new();
        let mut parents = HashMap::new();
        for (index, raw) in types.iter().enumerate() {
            let id = self.ci_type_ids[raw.get_ref().name.as_str()];
            let parent = raw
                .get_ref()
                .parent
                .as_ref()
                .map(|name| self.ci_type_id(name))
                .transpose();
            by_id.insert(id, index);
            parents.insert(id, parent.map_err(|problem| self.places[&id].refuse(problem))?);
        }
        let mut depths: HashMap<CiTypeId, usize> = HashMap::new();
        let mut order = Vec::with_capacity(types.len());
        for raw in types {
            let start = self.ci_type_ids[raw.get_ref().name.as_str()];
            let mut chain = Vec::new();
            let mut above = Some(start);
            while let Some(id) = above.filter(|id| !depths.contains_key(id)) {
                if chain.contains(&id) {
                    let parent = self.name_of(parents.get(&start).copied().flatten().unwrap_or(id));
                    return Err(self.places[&start].refuse(Problem::InheritanceCycle { parent }));
                }
                if chain.len() > INHERITANCE_DEPTH_MAX * 2 {
                    return Err(self.places[&start].refuse(check::too_deep(chain.len())));
                }
                chain.push(id);
                let stored = || self.draft.ci_type(id).and_then(|known| known.parent);
                above = parents.get(&id).copied().unwrap_or_else(stored);
            }
            let mut depth = above.map_or(0, |id| depths[&id]);
            for id in chain.into_iter().rev() {
                depth += 1;
                if depth > INHERITANCE_DEPTH_MAX {
                    return Err(self.places[&start].refuse(check::too_deep(depth)));
                }
                depths.insert(id, depth);
                order.extend(by_id.get(&id));
            }
        }
        Ok(order)
    }

    fn name_of(&self, id: CiTypeId) -> Name {
        let stored = self.draft.ci_type(id).map(|known| known.name.clone());
        let in_file = || {
            let raw = self.file.content.ci_type.iter().map(|raw| raw.get_ref().name.as_str());
            raw.filter_map(|name| self.ci_type_ids.get_key_value(name))
                .find(|(_, known)| **known == id)
                .map(|(name, _)| name.clone())
        };
        stored
            .or_else(in_file)
            .expect("every number in a parents' chain was looked up by its name")
    }

    fn ci_type(&mut self, raw: &Spanned<RawCiType>) -> Result<(), CatalogError> {
        let raw = raw.get_ref();
        let id = self.ci_type_ids[raw.name.as_str()];
        let place = self.places[&id].clone();
        let refuse = |problem| place.refuse(problem);
        let name = self.name_of_file(&raw.name);
        let parent = raw
            .parent
            .as_ref()
            .map(|parent| self.ci_type_id(parent))
            .transpose()
            .map_err(refuse)?;
        resolve::within("the description", raw.description.len(), DESCRIPTION_BYTES_MAX).map_err(refuse)?;
        let label = resolve::label(raw.label.as_ref(), &name).map_err(refuse)?;
        let definition = CiTypeDefinition {
            id,
            label: if raw.label.is_some() {
                label
            } else {
                capitalised(&label)
            },
            description: raw.description.clone(),
            parent,
            is_abstract: raw.is_abstract,
            attributes: self.attributes(&raw.attributes, parent, &place)?,
            identification: self.rules(raw.identification.as_deref(), &place)?,
            default_tier: resolve::tier(raw.default_tier).map_err(refuse)?,
            retire_after: rule::length(raw.retire_after.as_ref()).map_err(refuse)?,
            name,
        };
        if let Some(change) = changed(self.draft.stored_ci_type(id), definition) {
            self.push(DeltaItem::CiType(change));
        }
        Ok(())
    }

    fn name_of_file(&self, name: &str) -> Name {
        let known = self.ci_type_ids.get_key_value(name);
        known
            .map(|(name, _)| name.clone())
            .expect("every CI type of the file was given its number by name")
    }

    fn extensions(&mut self) -> Result<(), CatalogError> {
        for raw in &self.file.content.ci_type_extension {
            let place = self
                .file
                .place(raw, format!("extension of CI type `{}`", raw.get_ref().name));
            self.extension(raw.get_ref(), &place)?;
        }
        Ok(())
    }

    fn extension(&mut self, raw: &RawExtension, place: &Place) -> Result<(), CatalogError> {
        let refuse = |problem| place.refuse(problem);
        let id = self.ci_type_id(&raw.name).map_err(refuse)?;
        let known = self.draft.stored_ci_type(id).cloned();
        let known = known.ok_or_else(|| refuse(Problem::UnknownCiType(raw.name.clone())))?;
        let mut definition = CiTypeDefinition::clone(&known);
        for attribute in self.attributes(&raw.attributes, definition.parent, place)? {
            match definition.attributes.iter_mut().find(|own| own.id == attribute.id) {
                Some(own) => *own = attribute,
                None => definition.attributes.push(attribute),
            }
        }
        if let Some(rules) = self.rules(raw.identification.as_deref(), place)? {
            definition.identification = Some(rules);
        }
        if raw.default_tier.is_some() {
            definition.default_tier = resolve::tier(raw.default_tier).map_err(refuse)?;
        }
        if raw.retire_after.is_some() {
            definition.retire_after = rule::length(raw.retire_after.as_ref()).map_err(refuse)?;
        }
        self.places.entry(id).or_insert_with(|| place.clone());
        if let Some(change) = changed(Some(&known), definition) {
            self.push(DeltaItem::CiType(change));
        }
        Ok(())
    }

    fn attributes(
        &mut self,
        raw: &[Spanned<RawAttribute>],
        parent: Option<CiTypeId>,
        owner: &Place,
    ) -> Result<Vec<AttributeDefinition>, CatalogError> {
        let mut attributes: Vec<AttributeDefinition> = Vec::with_capacity(raw.len());
        for one in raw {
            let raw = one.get_ref();
            let place = self
                .file
                .place(one, format!("attribute `{}` of {}", raw.name, owner.subject));
            let refuse = |problem| place.refuse(problem);
            let name = resolve::attribute_name(&raw.name).map_err(refuse)?;
            let id = self.attribute_id(&name).map_err(refuse)?;
            let inherited = parent.and_then(|parent| self.inherited(parent, id));
            let definition = resolve::attribute(raw, id, inherited).map_err(refuse)?;
            if attributes.iter().any(|other| other.id == id) {
                return Err(refuse(Problem::Duplicate));
            }
            attributes.push(definition);
        }
        Ok(attributes)
    }

    fn attribute_id(&mut self, name: &Name) -> Result<AttributeId, Problem> {
        if let Some(id) = self.draft.attribute_id(name.as_str()) {
            return Ok(id);
        }
        let id = AttributeId::new(next(self.draft.attribute_names.len(), "attribute names")?);
        self.draft.register_name(id, name);
        Ok(id)
    }

    /// The nearest declaration of an attribute, from `above` upwards. Walks the definitions and not
    /// the derived tables, which every new type would build anew.
    fn inherited(&self, above: CiTypeId, id: AttributeId) -> Option<&AttributeDefinition> {
        let first = self.draft.ci_type(above);
        let chain = std::iter::successors(first, |one| self.draft.ci_type(one.parent?));
        chain
            .take(INHERITANCE_DEPTH_MAX)
            .find_map(|one| one.attributes.iter().find(|attribute| attribute.id == id))
    }

    fn rules(
        &self,
        raw: Option<&[Spanned<RawRule>]>,
        owner: &Place,
    ) -> Result<Option<Vec<IdentificationRule>>, CatalogError> {
        let Some(raw) = raw else {
            return Ok(None);
        };
        resolve::within("`identification`", raw.len(), RULES_MAX).map_err(|problem| owner.refuse(problem))?;
        let mut rules: Vec<IdentificationRule> = Vec::with_capacity(raw.len());
        for (position, one) in raw.iter().enumerate() {
            let subject = format!("identification rule `{}` of {}", one.get_ref().name, owner.subject);
            let place = self.file.place(one, subject);
            let rule = resolve::rule(one.get_ref(), position).map_err(|problem| place.refuse(problem))?;
            if rules.iter().any(|other| other.name == rule.name) {
                return Err(place.refuse(Problem::Duplicate));
            }
            rules.push(rule);
        }
        rules.sort_by(|a, b| (a.priority, &a.name).cmp(&(b.priority, &b.name)));
        Ok(Some(rules))
    }

    fn relationship_types(&mut self) -> Result<(), CatalogError> {
        let mut seen: HashSet<Name> = HashSet::new();
        for raw in &self.file.content.relationship_type {
            let place = self
                .file
                .place(raw, format!("relationship type `{}`", raw.get_ref().name));
            let definition = self.relationship_type(raw.get_ref(), &place)?;
            let id = definition.id;
            if !seen.insert(definition.name.clone()) {
                return Err(place.refuse(Problem::Duplicate));
            }
            if let Some(change) = changed(self.base.stored_relationship_type(id), definition) {
                self.push(DeltaItem::RelationshipType(change));
            }
        }
        check::relationship_types(&self.draft)
    }

    fn relationship_type(
        &mut self,
        raw: &RawRelationshipType,
        place: &Place,
    ) -> Result<RelationshipTypeDefinition, CatalogError> {
        let refuse = |problem| place.refuse(problem);
        let name = Name::new(&raw.name).map_err(|problem| place.refuse(problem))?;
        let known = self.base.relationship_type_named(&raw.name).map(|known| known.id);
        let id = if let Some(id) = known {
            id
        } else {
            let count = self.draft.relationship_types.len();
            RelationshipTypeId::new(next(count, "relationship types").map_err(refuse)?)
        };
        let pool = raw.pool.as_ref().map(|pool| {
            let in_file = self.pool_ids.get(pool.as_str()).copied();
            let found = in_file.or_else(|| self.base.pool_named(pool).map(|found| found.id));
            found.ok_or_else(|| refuse(Problem::UnknownPool(super::error::shortened(pool))))
        });
        resolve::within("the description", raw.description.len(), DESCRIPTION_BYTES_MAX).map_err(refuse)?;
        Ok(RelationshipTypeDefinition {
            id,
            forward_phrase: resolve::label(raw.forward_phrase.as_ref(), &name).map_err(refuse)?,
            reverse_phrase: match &raw.reverse_phrase {
                Some(_) => resolve::label(raw.reverse_phrase.as_ref(), &name).map_err(refuse)?,
                None => return Err(refuse(Problem::Empty("`reverse_phrase`"))),
            },
            description: raw.description.clone(),
            from_types: self.ends(&raw.from).map_err(refuse)?,
            to_types: self.ends(&raw.to).map_err(refuse)?,
            forward: resolve::strength(raw.forward.as_ref()).map_err(refuse)?,
            reverse: resolve::strength(raw.reverse.as_ref()).map_err(refuse)?,
            pool: pool.transpose()?,
            attributes: self.attributes(&raw.attributes, None, place)?,
            name,
        })
    }

    fn ends(&self, names: &[String]) -> Result<Vec<CiTypeId>, Problem> {
        let mut ends = names
            .iter()
            .map(|name| self.ci_type_id(name))
            .collect::<Result<Vec<_>, _>>()?;
        ends.sort_unstable();
        ends.dedup();
        Ok(ends)
    }

    fn lifecycle(&mut self) -> Result<(), CatalogError> {
        let mut seen: HashSet<LifecycleStage> = HashSet::new();
        for raw in &self.file.content.lifecycle {
            let place = self
                .file
                .place(raw, format!("lifecycle stage `{}`", raw.get_ref().stage));
            let rule = resolve::lifecycle(raw.get_ref()).map_err(|problem| place.refuse(problem))?;
            if !seen.insert(rule.stage) {
                return Err(place.refuse(Problem::Duplicate));
            }
            let known = self.draft.lifecycle[usize::from(rule.stage.number())].as_ref();
            if let Some(change) = changed(known, rule) {
                self.push(DeltaItem::Lifecycle(change));
            }
        }
        Ok(())
    }

    /// The items without those of CI types that end as they were: a type that the file defines and then
    /// extends is put together step by step.
    fn without_detours(self) -> Vec<DeltaItem> {
        let Self {
            base, draft, mut items, ..
        } = self;
        items.retain(|item| {
            let ci_type = item.as_ci_type().and_then(BeforeAfter::either);
            ci_type.is_none_or(|found| base.stored_ci_type(found.id) != draft.stored_ci_type(found.id))
        });
        items
    }

    /// A finding about the whole catalog, with its place where the file defines the type.
    fn locate(&self, found: check::Finding) -> CatalogError {
        match found.ci_type.and_then(|id| self.places.get(&id)) {
            Some(place) => CatalogError::Definition {
                line: place.line,
                subject: found.subject,
                problem: found.problem,
            },
            None => CatalogError::Catalog {
                subject: found.subject,
                problem: found.problem,
            },
        }
    }
}

/// The change from what is known to what is stated, if there is one.
pub(super) fn changed<T: PartialEq>(known: Option<&Arc<T>>, stated: T) -> Option<BeforeAfter<T>> {
    match known {
        Some(known) if **known == stated => None,
        Some(known) => Some(BeforeAfter::updated(Arc::clone(known), stated)),
        None => Some(BeforeAfter::created(stated)),
    }
}

/// The next free number.
fn next(given_out: usize, kind: &'static str) -> Result<u16, Problem> {
    // The last number is kept back, so that counts of numbers fit too.
    u16::try_from(given_out)
        .ok()
        .filter(|number| *number < u16::MAX)
        .ok_or(Problem::OutOfNumbers(kind))
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests;
