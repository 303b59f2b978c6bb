//! What a CI must be to be listed.

use std::borrow::Cow;

use jiff::Timestamp;
use regex::Regex;

use super::compare::{Comparison, Operand};
use crate::graph::budget::{Budget, BudgetExceeded};
use crate::graph::traverse::Follow;
use crate::graph::{Estate, Slot};
use crate::model::{AttributeId, CiTypeId, ConfigurationItem, LifecycleStage, RelationshipTypeId, Revision, SourceId};

/// A test on one attribute.
#[derive(Clone, Debug)]
pub struct AttributeTest {
    /// The attribute.
    pub attribute: AttributeId,
    /// How to compare.
    pub comparison: Comparison,
    /// With what; passes if it does with any one of these. Ignored by `Exists` and `Absent`.
    pub operands: Vec<Operand>,
}

/// Since when a CI was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangedSince {
    /// By a commit after this one.
    Revision(Revision),
    /// At this moment or later.
    At(Timestamp),
}

/// A relationship with a CI.
#[derive(Clone, Debug)]
pub struct Related {
    /// The CI.
    pub slot: Slot,
    /// Seen from that CI.
    pub follow: Follow,
}

/// All that a CI must be. Empty parts say nothing.
#[derive(Clone, Debug, Default)]
pub struct CiFilter {
    /// One of these types, subtypes already included.
    pub types: Option<Vec<CiTypeId>>,
    /// In one of these stages.
    pub stages: Vec<LifecycleStage>,
    /// Named exactly so.
    pub name: Option<String>,
    /// Named with this beginning, without regard to case.
    pub name_prefix: Option<String>,
    /// Named with this part, without regard to case.
    pub name_contains: Option<String>,
    /// Named as this pattern says.
    pub name_pattern: Option<Regex>,
    /// With all these attributes.
    pub attributes: Vec<AttributeTest>,
    /// With all these tags.
    pub tags: Vec<String>,
    /// Known by one of these sources.
    pub sources: Vec<SourceId>,
    /// Owned by one of these, over relationships of this type.
    pub owners: Option<(RelationshipTypeId, Vec<Slot>)>,
    /// In one of these tiers.
    pub tiers: Vec<u8>,
    /// Directly related.
    pub related: Option<Related>,
    /// Written since.
    pub changed_since: Option<ChangedSince>,
}

impl CiFilter {
    /// A superset of the CIs that pass, in the order of their ids: the narrowest that the indexes
    /// give.
    pub(super) fn candidates<'a>(
        &self,
        estate: &'a Estate,
        budget: &Budget,
    ) -> Result<Cow<'a, [Slot]>, BudgetExceeded> {
        if let Some(name) = &self.name {
            return Ok(in_order(estate, estate.named(name).collect()));
        }
        if let Some(related) = &self.related {
            let mut found = Vec::new();
            for (other, relationship) in related.follow.steps(estate, related.slot) {
                budget.spend(1)?;
                if related.follow.allows(relationship.relationship_type()) {
                    found.push(other);
                }
            }
            return Ok(in_order(estate, found));
        }
        if let Some((owned_by, owners)) = &self.owners {
            let mut found = Vec::new();
            for relationship in owners.iter().flat_map(|owner| estate.relationships_to(*owner)) {
                budget.spend(1)?;
                if relationship.relationship_type() == *owned_by {
                    found.push(relationship.from());
                }
            }
            return Ok(in_order(estate, found));
        }
        match self.types.as_deref() {
            None => Ok(Cow::Borrowed(estate.slots_by_id())),
            Some([only]) => Ok(Cow::Borrowed(estate.slots_of_type(*only))),
            Some(types) => merged(estate, types, budget),
        }
    }

    /// The number of CIs that pass, where counters know it.
    pub(super) fn counted(&self, estate: &Estate) -> Option<usize> {
        let beside_types_stages_and_sources = self.name.is_some()
            || self.name_prefix.is_some()
            || self.name_contains.is_some()
            || self.name_pattern.is_some()
            || !self.attributes.is_empty()
            || !self.tags.is_empty()
            || self.owners.is_some()
            || !self.tiers.is_empty()
            || self.related.is_some()
            || self.changed_since.is_some();
        if beside_types_stages_and_sources {
            return None;
        }
        match (self.types.as_deref(), self.stages.as_slice(), self.sources.as_slice()) {
            (None, [], []) => Some(estate.ci_count()),
            (None, [stage], []) => Some(estate.count_in_stage(*stage)),
            (None, [], [source]) => Some(estate.count_of_source(*source)),
            (Some(types), [], []) => {
                let mut types = types.to_vec();
                types.sort_unstable();
                types.dedup();
                Some(types.into_iter().map(|ci_type| estate.count_of_type(ci_type)).sum())
            }
            _ => None,
        }
    }

    /// Whether a CI passes. What the columns tell is looked at before the CI itself.
    pub(super) fn passes(&self, estate: &Estate, slot: Slot, budget: &Budget) -> Result<bool, BudgetExceeded> {
        budget.spend(1)?;
        if self
            .types
            .as_ref()
            .is_some_and(|types| !types.contains(&estate.ci_type_of(slot)))
        {
            return Ok(false);
        }
        if !self.tiers.is_empty() && estate.tier_of(slot).is_none_or(|tier| !self.tiers.contains(&tier)) {
            return Ok(false);
        }
        // Where related or owned CIs are the candidates, they need no test.
        let by_name = self.name.is_some();
        if by_name && !self.is_related(estate, slot, budget)? {
            return Ok(false);
        }
        if (by_name || self.related.is_some()) && !self.is_owned(estate, slot, budget)? {
            return Ok(false);
        }
        if !self.reads_ci() {
            return Ok(true);
        }
        budget.spend(1 + self.attributes.len() as u64)?;
        Ok(self.passes_by_itself(estate, estate.ci_at(slot)))
    }

    fn reads_ci(&self) -> bool {
        !self.stages.is_empty()
            || self.name.is_some()
            || self.name_prefix.is_some()
            || self.name_contains.is_some()
            || self.name_pattern.is_some()
            || !self.attributes.is_empty()
            || !self.tags.is_empty()
            || !self.sources.is_empty()
            || self.changed_since.is_some()
    }

    fn passes_by_itself(&self, estate: &Estate, ci: &ConfigurationItem) -> bool {
        (self.stages.is_empty() || self.stages.contains(&ci.stage()))
            && self.passes_name(ci.name())
            && self.changed_since.is_none_or(|since| match since {
                ChangedSince::Revision(revision) => ci.changed().revision > revision,
                ChangedSince::At(at) => ci.changed().at >= at,
            })
            && self.tags.iter().all(|tag| ci.tags().any(|has| has == tag))
            && (self.sources.is_empty() || ci.origins().any(|origin| self.sources.contains(&origin.source)))
            && self.attributes.iter().all(|test| passes_attribute(estate, ci, test))
    }

    fn passes_name(&self, name: &str) -> bool {
        let folded = || name.to_lowercase();
        self.name.as_ref().is_none_or(|wanted| wanted == name)
            && self
                .name_prefix
                .as_ref()
                .is_none_or(|prefix| folded().starts_with(&prefix.to_lowercase()))
            && self
                .name_contains
                .as_ref()
                .is_none_or(|part| folded().contains(&part.to_lowercase()))
            && self.name_pattern.as_ref().is_none_or(|pattern| pattern.is_match(name))
    }

    fn is_related(&self, estate: &Estate, slot: Slot, budget: &Budget) -> Result<bool, BudgetExceeded> {
        let Some(related) = &self.related else {
            return Ok(true);
        };
        for (other, relationship) in related.follow.steps(estate, related.slot) {
            budget.spend(1)?;
            if other == slot && related.follow.allows(relationship.relationship_type()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_owned(&self, estate: &Estate, slot: Slot, budget: &Budget) -> Result<bool, BudgetExceeded> {
        let Some((owned_by, owners)) = &self.owners else {
            return Ok(true);
        };
        for relationship in estate.relationships_from(slot) {
            budget.spend(1)?;
            if relationship.relationship_type() == *owned_by && owners.contains(&relationship.to()) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Secret values never pass: a filter must not tell them apart.
fn passes_attribute(estate: &Estate, ci: &ConfigurationItem, test: &AttributeTest) -> bool {
    let definition = estate.catalog().attribute_by_id(ci.ci_type(), test.attribute);
    if definition.is_some_and(|definition| definition.secret) {
        return false;
    }
    let value = ci.attributes().value(test.attribute);
    match (test.comparison, value) {
        (Comparison::Absent, value) => value.is_none(),
        (Comparison::Exists, value) => value.is_some(),
        // An absent value is unlike every other.
        (Comparison::NotEqual, None) => true,
        (_, None) => false,
        (Comparison::NotEqual, Some(value)) => !test
            .operands
            .iter()
            .any(|operand| operand.matches(&value, Comparison::Equal)),
        (comparison, Some(value)) => test.operands.iter().any(|operand| operand.matches(&value, comparison)),
    }
}

fn in_order(estate: &Estate, mut slots: Vec<Slot>) -> Cow<'_, [Slot]> {
    slots.sort_unstable_by_key(|slot| estate.ci_id(*slot));
    slots.dedup();
    Cow::Owned(slots)
}

/// The CIs of several types in one order of ids.
fn merged<'a>(estate: &'a Estate, types: &[CiTypeId], budget: &Budget) -> Result<Cow<'a, [Slot]>, BudgetExceeded> {
    let mut types = types.to_vec();
    types.sort_unstable();
    types.dedup();
    types.retain(|ci_type| estate.count_of_type(*ci_type) > 0);
    let total: usize = types.iter().map(|ci_type| estate.count_of_type(*ci_type)).sum();
    if let [only] = types.as_slice() {
        return Ok(Cow::Borrowed(estate.slots_of_type(*only)));
    }
    // Sorting costs n log n; reading the whole list and dropping other types costs its length.
    if total * 4 > estate.ci_count() {
        return Ok(Cow::Borrowed(estate.slots_by_id()));
    }
    budget.spend(total as u64)?;
    let slots = types
        .iter()
        .flat_map(|ci_type| estate.slots_of_type(*ci_type))
        .copied()
        .collect();
    Ok(in_order(estate, slots))
}
