//! Taking definitions away, and replacing rules of the lifecycle. Whether there are CIs in the way
//! is for the caller to check.

use std::sync::Arc;

use super::define::changed;
use super::error::shortened;
use super::{Catalog, CatalogError, Problem, resolve};
use crate::model::definition::{IdentificationRule, LifecycleRule, RelatedIdentifier};
use crate::model::delta::BeforeAfter;
use crate::model::rule::IngestRuleKind;
use crate::model::{CiTypeId, DeltaItem, IngestRule, Name, RelationshipTypeId};

impl Catalog {
    /// The removal of a CI type that has no subtypes and that no relationship type and no rule names; what others call it goes
    /// with it.
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
        if let Some(rule) = self.rule_naming_ci_type(known.id, &known.name) {
            return Err(refuse(Problem::NamedByRule(rule)));
        }
        // What others call the type means nothing without it.
        let aliases = self.ingest_rules().filter(|rule| match rule.as_ref() {
            IngestRule::ClassAlias(alias) => alias.ci_type == known.id,
            IngestRule::Source(_) | IngestRule::Authority(_) | IngestRule::Junk(_) | IngestRule::Derivation(_) => false,
        });
        let aliases = aliases.map(|alias| DeltaItem::IngestRule(BeforeAfter::removed(Arc::clone(alias))));
        let mut items: Vec<DeltaItem> = aliases.collect();
        items.push(DeltaItem::CiType(BeforeAfter::removed(Arc::clone(known))));
        Ok(items)
    }

    /// The removal of a rule of ingest.
    pub fn remove_ingest_rule(&self, kind: IngestRuleKind, name: &str) -> Result<Vec<DeltaItem>, CatalogError> {
        let found = Name::new(name)
            .ok()
            .and_then(|name| self.ingest_rules.get(&(kind, name)));
        let known = found.ok_or_else(|| CatalogError::Catalog {
            subject: format!("{kind} `{}`", shortened(name)),
            problem: Problem::UnknownIngestRule,
        })?;
        Ok(vec![DeltaItem::IngestRule(BeforeAfter::removed(Arc::clone(known)))])
    }

    /// The first rule of ingest, or of another type's identification, that names a CI type.
    fn rule_naming_ci_type(&self, id: CiTypeId, name: &Name) -> Option<String> {
        let names = |rule: &IngestRule| match rule {
            IngestRule::Authority(rule) => rule.ci_type == id,
            IngestRule::Derivation(rule) => rule.from == id || rule.to == id,
            IngestRule::ClassAlias(_) | IngestRule::Source(_) | IngestRule::Junk(_) => false,
        };
        let by_type = |related: &RelatedIdentifier| related.ci_type == *name;
        let ingest = self.ingest_rules().find(|rule| names(rule));
        let ingest = ingest.map(|rule| format!("{} `{}`", rule.kind(), rule.name()));
        ingest.or_else(|| self.identification_rule_where(Some(id), |rule| rule.related.as_ref().is_some_and(by_type)))
    }

    /// The first rule of ingest or identification that names a relationship type.
    fn rule_naming_relationship_type(&self, id: RelationshipTypeId, name: &Name) -> Option<String> {
        let ingest = self.ingest_rules().find(|rule| match rule.as_ref() {
            IngestRule::Derivation(rule) => rule.relationship_type == id,
            IngestRule::Authority(_) | IngestRule::ClassAlias(_) | IngestRule::Source(_) | IngestRule::Junk(_) => false,
        });
        let ingest = ingest.map(|rule| format!("{} `{}`", rule.kind(), rule.name()));
        ingest.or_else(|| {
            self.identification_rule_where(None, |rule| {
                let related = rule.related.as_ref().map(|related| &related.relationship_type);
                rule.host.as_ref() == Some(name) || related == Some(name)
            })
        })
    }

    fn identification_rule_where(
        &self,
        except: Option<CiTypeId>,
        is_wanted: impl Fn(&IdentificationRule) -> bool,
    ) -> Option<String> {
        let mut types = self.ci_types().filter(|ci_type| Some(ci_type.id) != except);
        types.find_map(|ci_type| {
            let mut rules = ci_type.identification.iter().flatten();
            let rule = rules.find(|rule| is_wanted(rule))?;
            Some(format!(
                "identification rule `{}` of CI type `{}`",
                rule.name, ci_type.name
            ))
        })
    }

    /// The removal of a relationship type that no rule names.
    pub fn remove_relationship_type(&self, name: &str) -> Result<Vec<DeltaItem>, CatalogError> {
        let known = self
            .relationship_type_named(name)
            .and_then(|known| self.stored_relationship_type(known.id));
        let known = known.ok_or_else(|| CatalogError::Catalog {
            subject: format!("relationship type `{}`", shortened(name)),
            problem: Problem::UnknownRelationshipType(shortened(name)),
        })?;
        if let Some(rule) = self.rule_naming_relationship_type(known.id, &known.name) {
            return Err(CatalogError::Catalog {
                subject: format!("relationship type `{}`", known.name),
                problem: Problem::NamedByRule(rule),
            });
        }
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
