//! What must hold for a catalog as a whole.

use hashbrown::HashMap;

use super::resolve::NAME_ATTRIBUTE;
use super::{
    ATTRIBUTES_MAX, CI_TYPES_MAX, Catalog, CatalogError, INHERITANCE_DEPTH_MAX, POOLS_MAX, Problem,
    RELATIONSHIP_TYPES_MAX, resolve,
};
use crate::model::CiTypeId;
use crate::model::definition::{AttributeDefinition, CiTypeDefinition, ValueType};

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
