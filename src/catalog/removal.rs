//! Taking definitions away, and replacing rules of the lifecycle. Whether there are CIs in the way
//! is for the caller to check.

use std::sync::Arc;

use super::define::changed;
use super::error::shortened;
use super::{Catalog, CatalogError, Problem, resolve};
use crate::model::DeltaItem;
use crate::model::definition::LifecycleRule;
use crate::model::delta::BeforeAfter;

impl Catalog {
    /// The removal of a CI type that has no subtypes and that no relationship type names.
    pub fn remove_ci_type(&self, name: &str) -> Result<Vec<DeltaItem>, CatalogError> {
        let refuse = |problem| CatalogError::Catalog {
            subject: format!("CI type `{}`", shortened(name)),
            problem,
        };
        let known = self.ci_type_named(name).and_then(|known| self.stored_ci_type(known.id));
        let known = known.ok_or_else(|| refuse(Problem::UnknownCiType(shortened(name))))?;
        if let Some(subtype) = self.ci_types().find(|other| other.parent == Some(known.id)) {
            return Err(refuse(Problem::HasSubtypes(subtype.name.clone())));
        }
        let mut relationship_types = self.relationship_types();
        let naming =
            relationship_types.find(|other| other.from_types.contains(&known.id) || other.to_types.contains(&known.id));
        if let Some(naming) = naming {
            return Err(refuse(Problem::NamedByRelationshipType(naming.name.clone())));
        }
        Ok(vec![DeltaItem::CiType(BeforeAfter::removed(Arc::clone(known)))])
    }

    /// The removal of a relationship type.
    pub fn remove_relationship_type(&self, name: &str) -> Result<Vec<DeltaItem>, CatalogError> {
        let known = self
            .relationship_type_named(name)
            .and_then(|known| self.stored_relationship_type(known.id));
        let known = known.ok_or_else(|| CatalogError::Catalog {
            subject: format!("relationship type `{}`", shortened(name)),
            problem: Problem::UnknownRelationshipType(shortened(name)),
        })?;
        let removal = BeforeAfter::removed(Arc::clone(known));
        Ok(vec![DeltaItem::RelationshipType(removal)])
    }

    /// Other rules for some stages of the lifecycle.
    pub fn set_lifecycle(&self, rules: &[LifecycleRule]) -> Result<Vec<DeltaItem>, CatalogError> {
        let mut items = Vec::new();
        for (position, rule) in rules.iter().enumerate() {
            let refuse = |problem| CatalogError::Catalog {
                subject: format!("lifecycle stage `{}`", rule.stage),
                problem,
            };
            if rules[..position].iter().any(|other| other.stage == rule.stage) {
                return Err(refuse(Problem::Duplicate));
            }
            let rule = resolve::lifecycle_rule(rule.clone()).map_err(refuse)?;
            let known = self.lifecycle[usize::from(rule.stage.number())].as_ref();
            items.extend(changed(known, rule).map(DeltaItem::Lifecycle));
        }
        Ok(items)
    }
}
