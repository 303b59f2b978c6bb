//! What must hold for a catalog as a whole.

use hashbrown::HashMap;

use super::resolve::NAME_ATTRIBUTE;
use super::{
    ATTRIBUTES_MAX, CI_TYPES_MAX, Catalog, CatalogError, INGEST_RULES_MAX, INHERITANCE_DEPTH_MAX, POOLS_MAX, Problem,
    RELATIONSHIP_TYPES_MAX, resolve,
};
use crate::model::definition::{AttributeDefinition, CiTypeDefinition, IdentificationRule, ValueType};
use crate::model::rule::{AuthorityRule, DerivationRule, IngestRuleKind};
use crate::model::{CiTypeId, IngestRule, Name};

/// Something wrong, and the CI type it is about.
pub(super) struct Finding {
    pub(super) ci_type: Option<CiTypeId>,
    pub(super) subject: String,
    pub(super) problem: Problem,
}

impl Finding {
    fn of(definition: &CiTypeDefinition, problem: Problem) -> Self {
        Self {
            ci_type: Some(definition.id),
            subject: format!("CI type `{}`", definition.name),
            problem,
        }
    }

    fn of_part(definition: &CiTypeDefinition, part: &str, problem: Problem) -> Self {
        Self {
            ci_type: Some(definition.id),
            subject: format!("{part} of CI type `{}`", definition.name),
            problem,
        }
    }
}

pub(super) fn too_deep(size: usize) -> Problem {
    Problem::TooLarge {
        what: "the chain of parents",
        size,
        limit: INHERITANCE_DEPTH_MAX,
    }
}

/// One root, no type too deep, not too many types. Looks at definitions only: the derived tables of
/// an unchecked tree could be large.
pub(super) fn tree(catalog: &Catalog) -> Result<(), Finding> {
    let whole = |problem| Finding {
        ci_type: None,
        subject: "the catalog".to_owned(),
        problem,
    };
    resolve::within("the list of CI types", catalog.ci_types().count(), CI_TYPES_MAX).map_err(whole)?;
    resolve::within("the list of pools", catalog.pools().count(), POOLS_MAX).map_err(whole)?;
    let mut root: Option<&CiTypeDefinition> = None;
    let mut depths: HashMap<CiTypeId, usize> = HashMap::new();
    for definition in catalog.ci_types() {
        match (definition.parent, root) {
            (None, Some(root)) => {
                let root = root.name.clone();
                return Err(Finding::of(definition, Problem::SecondRoot { root }));
            }
            (None, None) => root = Some(definition),
            (Some(_), _) => {}
        }
        let upwards = std::iter::successors(Some(definition), |one| catalog.ci_type(one.parent?));
        let chain: Vec<CiTypeId> = upwards
            .take(INHERITANCE_DEPTH_MAX + 1)
            .take_while(|one| !depths.contains_key(&one.id))
            .map(|one| one.id)
            .collect();
        let last = chain.last().and_then(|last| catalog.ci_type(*last)?.parent);
        let mut depth = last.and_then(|above| depths.get(&above).copied()).unwrap_or(0);
        for id in chain.iter().rev() {
            depth += 1;
            depths.insert(*id, depth);
        }
        if depth > INHERITANCE_DEPTH_MAX {
            return Err(Finding::of(definition, too_deep(depth)));
        }
    }
    Ok(())
}

/// Refinements only narrow, and rules and pools name attributes that are there.
pub(super) fn whole(catalog: &Catalog) -> Result<(), Finding> {
    for definition in catalog.ci_types() {
        let effective = catalog.attributes_of(definition.id).len();
        resolve::within("the list of attributes", effective, ATTRIBUTES_MAX)
            .map_err(|problem| Finding::of(definition, problem))?;
        for attribute in &definition.attributes {
            refinement(catalog, definition, attribute)?;
        }
        for rule in definition.identification.iter().flatten() {
            let unknown = rule.attributes.iter().find(|name| {
                name.as_str() != NAME_ATTRIBUTE && catalog.attribute_of(definition.id, name.as_str()).is_none()
            });
            if let Some(name) = unknown {
                let part = format!("identification rule `{}`", rule.name);
                let problem = Problem::UnknownAttribute(name.clone());
                return Err(Finding::of_part(definition, &part, problem));
            }
        }
    }
    for pool in catalog.pools() {
        let unknown = pool.up_min_attribute.as_ref().filter(|name| {
            let declares = |one: &CiTypeDefinition| one.attributes.iter().any(|attribute| attribute.name == **name);
            !catalog.ci_types().any(declares)
        });
        if let Some(name) = unknown {
            return Err(Finding {
                ci_type: None,
                subject: format!("pool `{}`", pool.name),
                problem: Problem::UnknownAttribute(name.clone()),
            });
        }
    }
    Ok(())
}

/// Not too many relationship types, none with too many attributes.
pub(super) fn relationship_types(catalog: &Catalog) -> Result<(), CatalogError> {
    let refuse = |subject: &str, problem| CatalogError::Catalog {
        subject: subject.to_owned(),
        problem,
    };
    let count = catalog.relationship_types().count();
    resolve::within("the list of relationship types", count, RELATIONSHIP_TYPES_MAX)
        .map_err(|problem| refuse("the catalog", problem))?;
    for definition in catalog.relationship_types() {
        resolve::within("the list of attributes", definition.attributes.len(), ATTRIBUTES_MAX)
            .map_err(|problem| refuse(&format!("relationship type `{}`", definition.name), problem))?;
    }
    Ok(())
}

fn refinement(
    catalog: &Catalog,
    definition: &CiTypeDefinition,
    attribute: &AttributeDefinition,
) -> Result<(), Finding> {
    let above = definition
        .parent
        .and_then(|parent| catalog.attribute_by_id(parent, attribute.id));
    let Some(rule) = above.and_then(|above| widened(attribute, above)) else {
        return Ok(());
    };
    let declares = |id: &&CiTypeId| {
        let ancestor = catalog.ci_type(**id);
        ancestor.is_some_and(|ancestor| ancestor.attributes.iter().any(|one| one.id == attribute.id))
    };
    let nearest = catalog.ancestors(definition.id).iter().skip(1).find(declares);
    let ci_type = nearest
        .and_then(|id| catalog.ci_type(*id))
        .unwrap_or(definition)
        .name
        .clone();
    let part = format!("attribute `{}`", attribute.name);
    let problem = Problem::AttributeConflict { ci_type, rule };
    Err(Finding::of_part(definition, &part, problem))
}

/// The rule that a refinement breaks, if it allows what the inherited definition does not.
fn widened(own: &AttributeDefinition, above: &AttributeDefinition) -> Option<&'static str> {
    let lowered = above
        .minimum
        .is_some_and(|minimum| own.minimum.is_none_or(|own| own < minimum));
    let raised = above
        .maximum
        .is_some_and(|maximum| own.maximum.is_none_or(|own| own > maximum));
    let rules = [
        (
            !narrows(&own.value_type, &above.value_type),
            "a refinement keeps the type of values, or narrows an enumeration, or makes a string one",
        ),
        (above.required && !own.required, "a refinement keeps `required`"),
        (above.unique && !own.unique, "a refinement keeps `unique`"),
        (above.secret && !own.secret, "a refinement keeps `secret`"),
        (
            above.pattern.is_some() && own.pattern != above.pattern,
            "a refinement keeps the pattern as it is",
        ),
        (lowered || raised, "a refinement keeps within minimum and maximum"),
        (
            above.unit.is_some() && own.unit != above.unit,
            "a refinement keeps the unit",
        ),
    ];
    rules.into_iter().find(|(broken, _)| *broken).map(|(_, rule)| rule)
}

fn narrows(own: &ValueType, above: &ValueType) -> bool {
    match (own, above) {
        (ValueType::Enumeration(own), ValueType::Enumeration(above)) => own.iter().all(|value| above.contains(value)),
        (ValueType::Enumeration(_), ValueType::String) => true,
        (ValueType::List(own), ValueType::List(above)) => narrows(own, above),
        (own, above) => own == above,
    }
}

/// What rules of ingest and of identification name is there, and no two rules contradict each other.
pub(super) fn rules(catalog: &Catalog) -> Result<(), Finding> {
    for definition in catalog.ci_types() {
        for rule in definition.identification.iter().flatten() {
            identification_rule(catalog, rule).map_err(|problem| {
                let part = format!("identification rule `{}`", rule.name);
                Finding::of_part(definition, &part, problem)
            })?;
        }
    }
    for kind in IngestRuleKind::ALL {
        let count = catalog.ingest_rules().filter(|rule| rule.kind() == kind).count();
        resolve::within("the list of rules of one kind", count, INGEST_RULES_MAX).map_err(|problem| Finding {
            ci_type: None,
            subject: "the catalog".to_owned(),
            problem,
        })?;
    }
    let mut decided: HashMap<(CiTypeId, Option<&Name>), &Name> = HashMap::new();
    for rule in catalog.ingest_rules() {
        let found = match rule.as_ref() {
            IngestRule::Authority(rule) => authority(catalog, rule, &mut decided),
            IngestRule::Derivation(rule) => derivation(catalog, rule),
            IngestRule::ClassAlias(alias) => known_type(catalog, alias.ci_type),
            IngestRule::Source(_) | IngestRule::Junk(_) => Ok(()),
        };
        found.map_err(|problem| Finding {
            ci_type: None,
            subject: format!("{} `{}`", rule.kind(), rule.name()),
            problem,
        })?;
    }
    Ok(())
}

fn identification_rule(catalog: &Catalog, rule: &IdentificationRule) -> Result<(), Problem> {
    let types = rule
        .host
        .iter()
        .chain(rule.related.iter().map(|one| &one.relationship_type));
    for name in types {
        if catalog.relationship_type_named(name.as_str()).is_none() {
            return Err(Problem::UnknownRelationshipType(name.to_string()));
        }
    }
    let Some(related) = &rule.related else { return Ok(()) };
    let ci_type = catalog.ci_type_named(related.ci_type.as_str());
    let ci_type = ci_type.ok_or_else(|| Problem::UnknownCiType(related.ci_type.to_string()))?;
    let unknown = related.attributes.iter().find(|name| !has(catalog, ci_type.id, name));
    unknown.map_or(Ok(()), |name| Err(Problem::UnknownAttribute(name.clone())))
}

fn authority<'a>(
    catalog: &'a Catalog,
    rule: &'a AuthorityRule,
    decided: &mut HashMap<(CiTypeId, Option<&'a Name>), &'a Name>,
) -> Result<(), Problem> {
    known_type(catalog, rule.ci_type)?;
    let unknown = rule
        .attributes
        .iter()
        .find(|name| !matches!(name.as_str(), "stage" | "tags") && !has(catalog, rule.ci_type, name));
    if let Some(name) = unknown {
        return Err(Problem::UnknownAttribute(name.clone()));
    }
    let whole = rule.attributes.is_empty().then_some(None);
    for what in rule.attributes.iter().map(Some).chain(whole) {
        if let Some(other) = decided.insert((rule.ci_type, what), &rule.name) {
            return Err(Problem::AuthorityOverlap {
                other: other.clone(),
                what: what.map_or_else(
                    || "the attributes that no rule names".to_owned(),
                    |name| format!("`{name}`"),
                ),
            });
        }
    }
    Ok(())
}

fn derivation(catalog: &Catalog, rule: &DerivationRule) -> Result<(), Problem> {
    known_type(catalog, rule.from)?;
    known_type(catalog, rule.to)?;
    if !has(catalog, rule.from, &rule.attribute) {
        return Err(Problem::UnknownAttribute(rule.attribute.clone()));
    }
    if !has(catalog, rule.to, &rule.to_attribute) {
        return Err(Problem::UnknownAttribute(rule.to_attribute.clone()));
    }
    if rule.to_attribute.as_str() != NAME_ATTRIBUTE && !tells_apart(catalog, rule.to, &rule.to_attribute) {
        return Err(Problem::NotIdentifying(rule.to_attribute.clone()));
    }
    let definition = catalog.relationship_type(rule.relationship_type);
    let definition =
        definition.ok_or_else(|| Problem::UnknownRelationshipType(rule.relationship_type.number().to_string()))?;
    let (from, to) = if rule.reversed {
        (rule.to, rule.from)
    } else {
        (rule.from, rule.to)
    };
    if !catalog.allows_ends(definition.id, from, to) {
        return Err(Problem::EndsNotAllowed(definition.name.clone()));
    }
    Ok(())
}

/// Whether an attribute is unique, or named by a rule that identifies CIs of the type or a subtype.
fn tells_apart(catalog: &Catalog, ci_type: CiTypeId, attribute: &Name) -> bool {
    let unique = catalog
        .attribute_of(ci_type, attribute.as_str())
        .is_some_and(|found| found.unique);
    let names = |id: &CiTypeId| {
        let mut rules = catalog.identification_of(*id).iter();
        rules.any(|rule| rule.attributes.contains(attribute))
    };
    unique || catalog.subtypes(ci_type).iter().any(names)
}

fn known_type(catalog: &Catalog, id: CiTypeId) -> Result<(), Problem> {
    let found = catalog.ci_type(id).map(|_| ());
    found.ok_or_else(|| Problem::UnknownCiType(id.number().to_string()))
}

fn has(catalog: &Catalog, ci_type: CiTypeId, attribute: &Name) -> bool {
    attribute.as_str() == NAME_ATTRIBUTE || catalog.attribute_of(ci_type, attribute.as_str()).is_some()
}
