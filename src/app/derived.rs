//! Relationships that follow from attribute values, kept up with every write: a node that states its
//! `cluster_name` is a member of that cluster for as long as both say so.
//!
//! What is derived is said by a source of its own, `derived` with the rule's name as feed, so that no
//! sync session sweeps it and so that it stays where a real source says the same.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use crate::graph::{Estate, RelationshipRef, Slot};
use crate::model::rule::DerivationRule;
use crate::model::{
    AttributeId, AttributeValue, Attributes, BeforeAfter, CiId, ConfigurationItem, Delta, DeltaItem, IngestRule,
    LifecycleStage, Name, Relationship, SaidBy, Source, SourceId, SourceName, Weight,
};

/// The source that says what is derived.
pub const DERIVED: &str = "derived";

/// The pseudo-attribute that stands for a CI's own name in rules.
const NAME: &str = "name";

/// A value that names several CIs: none of them is guessed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmbiguousDerivation {
    /// The rule.
    pub rule: Name,
    /// The CI that states the value.
    pub ci: CiId,
    /// The value.
    pub value: AttributeValue,
    /// The CIs that it names, by id.
    pub candidates: Vec<CiId>,
}

/// What has to be looked at again after a delta: what a CI states under a rule.
type Concern = (Name, CiId);

/// Brings what is derived up to date after a delta has been applied. Costs what the delta concerns: the
/// CIs it changes, and those that name one of them.
pub(super) fn follow(estate: &mut Estate, delta: &Delta, now: Timestamp) -> Delta {
    let mut followed = Delta::default();
    for rule in gone_rules(estate, delta) {
        for slot in slots_of(estate, &rule) {
            settle(estate, &rule, slot, now, &mut followed);
        }
    }
    let rules = Arc::clone(estate.catalog().derivations());
    if rules.is_empty() {
        return followed;
    }
    for (name, ci) in concerns(estate, &rules, delta) {
        let rule = rules.iter().find(|rule| rule.name == name);
        let slot = estate.slot_of(ci).filter(|slot| estate.ci_id(*slot) == ci);
        if let (Some(rule), Some(slot)) = (rule, slot) {
            settle(estate, rule, slot, now, &mut followed);
        }
    }
    followed
}

fn settle(estate: &mut Estate, rule: &DerivationRule, slot: Slot, now: Timestamp, followed: &mut Delta) {
    let steps = Settling {
        estate,
        rule,
        slot,
        now,
    }
    .steps();
    let steps = Delta { items: steps };
    if !steps.is_empty() {
        estate.apply(&steps);
        followed.items.extend(steps.items);
    }
}

/// The values that name several CIs, by rule and CI. Linear in the CIs of the rules' types.
pub fn ambiguous_derivations(estate: &Estate) -> Vec<AmbiguousDerivation> {
    let mut found = Vec::new();
    for rule in estate.catalog().derivations().iter() {
        for slot in slots_of(estate, rule) {
            let Some(value) = stated(rule, estate, estate.ci_at(slot)) else {
                continue;
            };
            let candidates = named_by(estate, rule, slot, &value);
            if candidates.len() > 1 {
                let mut candidates: Vec<CiId> = candidates.into_iter().map(|slot| estate.ci_id(slot)).collect();
                candidates.sort_unstable();
                found.push(AmbiguousDerivation {
                    rule: rule.name.clone(),
                    ci: estate.ci_id(slot),
                    value,
                    candidates,
                });
            }
        }
    }
    found
}

/// All that follows from the values of an estate: rule, start and end. Linear in the CIs of the rules'
/// types.
pub fn derived_from_scratch(estate: &Estate) -> BTreeSet<(Name, CiId, CiId)> {
    let mut found = BTreeSet::new();
    for rule in estate.catalog().derivations().iter() {
        for slot in slots_of(estate, rule) {
            if let Some((from, to)) = wanted(estate, rule, slot) {
                found.insert((rule.name.clone(), estate.ci_id(from), estate.ci_id(to)));
            }
        }
    }
    found
}

fn derivation(rule: &IngestRule) -> Option<&DerivationRule> {
    match rule {
        IngestRule::Derivation(rule) => Some(rule),
        IngestRule::Source(_) | IngestRule::Authority(_) | IngestRule::Junk(_) | IngestRule::ClassAlias(_) => None,
    }
}

/// The rules that the delta takes away, or changes: what they said has to go.
fn gone_rules(estate: &Estate, delta: &Delta) -> Vec<DerivationRule> {
    let steps = delta.items.iter().filter_map(DeltaItem::as_ingest_rule);
    let changed = steps.filter_map(|change| change.before.as_deref().and_then(derivation));
    changed.filter(|rule| !holds(estate, rule)).cloned().collect()
}

fn holds(estate: &Estate, rule: &DerivationRule) -> bool {
    estate.catalog().derivations().contains(rule)
}

/// The CIs of the type that states the values, with its subtypes.
fn slots_of(estate: &Estate, rule: &DerivationRule) -> Vec<Slot> {
    let types = estate.catalog().subtypes(rule.from).iter();
    let mut slots: Vec<Slot> = types.flat_map(|id| estate.slots_of_type(*id).iter().copied()).collect();
    slots.sort_by_key(|slot| estate.ci_id(*slot));
    slots
}

fn concerns(estate: &Estate, rules: &[DerivationRule], delta: &Delta) -> BTreeSet<Concern> {
    let mut concerns = BTreeSet::new();
    for item in &delta.items {
        match item {
            DeltaItem::Ci(change) => of_ci(estate, rules, change, &mut concerns),
            DeltaItem::Relationship(change) => of_relationship(rules, change, &mut concerns),
            DeltaItem::IngestRule(change) => {
                let rule = change.after.as_deref().and_then(derivation);
                concerns.extend(rule.into_iter().flat_map(|rule| of_rule(estate, rule)));
            }
            // What is of which type, and which relationships are allowed, may be another question now.
            DeltaItem::CiType(_) | DeltaItem::RelationshipType(_) => {
                concerns.extend(rules.iter().flat_map(|rule| of_rule(estate, rule)));
            }
            DeltaItem::Source(_)
            | DeltaItem::Pool(_)
            | DeltaItem::Lifecycle(_)
            | DeltaItem::Group(_)
            | DeltaItem::Review(_)
            | DeltaItem::Merge(_)
            | DeltaItem::Distinction(_) => {}
        }
    }
    concerns
}

fn of_rule(estate: &Estate, rule: &DerivationRule) -> Vec<Concern> {
    let slots = slots_of(estate, rule).into_iter();
    slots.map(|slot| (rule.name.clone(), estate.ci_id(slot))).collect()
}

/// A CI that changed concerns what it states, and what others state of whom they name by its values.
fn of_ci(
    estate: &Estate,
    rules: &[DerivationRule],
    change: &BeforeAfter<ConfigurationItem>,
    concerns: &mut BTreeSet<Concern>,
) {
    for rule in rules {
        let sides = [change.before.as_deref(), change.after.as_deref()];
        let states = sides.map(|ci| ci.map(|ci| (ci.ci_type(), is_in_use(ci), stated(rule, estate, ci))));
        let of_from = sides
            .iter()
            .flatten()
            .any(|ci| estate.catalog().is_a(ci.ci_type(), rule.from));
        if of_from && states[0] != states[1] {
            concerns.extend(change.either().map(|ci| (rule.name.clone(), ci.id())));
        }
        let names = sides.map(|ci| {
            let ci = ci.filter(|ci| is_in_use(ci) && estate.catalog().is_a(ci.ci_type(), rule.to))?;
            own_value(estate, ci, &rule.to_attribute)
        });
        if names[0] != names[1] {
            for value in names.iter().flatten() {
                let naming = having(estate, &rule.attribute, value);
                concerns.extend(naming.into_iter().map(|slot| (rule.name.clone(), estate.ci_id(slot))));
            }
        }
    }
}

/// A relationship of a rule's type that came, went or moved concerns the CI at its stating end.
fn of_relationship(rules: &[DerivationRule], change: &BeforeAfter<Relationship>, concerns: &mut BTreeSet<Concern>) {
    for side in [&change.before, &change.after].into_iter().flatten() {
        let of_type = rules
            .iter()
            .filter(|rule| rule.relationship_type == side.relationship_type);
        for rule in of_type {
            let stating = if rule.reversed { side.to } else { side.from };
            concerns.insert((rule.name.clone(), stating));
        }
    }
}

/// The CIs that have a value of an attribute, or of their own name.
fn having(estate: &Estate, attribute: &Name, value: &AttributeValue) -> Vec<Slot> {
    match (attribute.as_str(), value) {
        (NAME, AttributeValue::Text(name)) => estate.named(name).collect(),
        (NAME, _) => Vec::new(),
        (other, value) => {
            let id = estate.catalog().attribute_id(other);
            id.map(|id| estate.with_identifier(id, value).collect())
                .unwrap_or_default()
        }
    }
}

/// What a CI states under a rule; a list names nobody, for its values are not looked up singly.
fn stated(rule: &DerivationRule, estate: &Estate, ci: &ConfigurationItem) -> Option<AttributeValue> {
    if !is_in_use(ci) || !estate.catalog().is_a(ci.ci_type(), rule.from) {
        return None;
    }
    own_value(estate, ci, &rule.attribute).filter(|value| !matches!(value, AttributeValue::List(_)))
}

fn own_value(estate: &Estate, ci: &ConfigurationItem, attribute: &Name) -> Option<AttributeValue> {
    if attribute.as_str() == NAME {
        return Some(AttributeValue::Text(ci.name().into()));
    }
    let id: AttributeId = estate.catalog().attribute_id(attribute.as_str())?;
    ci.attributes().value(id)
}

/// The CIs that a value names, but for the one that states it.
fn named_by(estate: &Estate, rule: &DerivationRule, stating: Slot, value: &AttributeValue) -> Vec<Slot> {
    let mut found = having(estate, &rule.to_attribute, value);
    found.retain(|slot| {
        let ci = estate.ci_at(*slot);
        *slot != stating && is_in_use(ci) && estate.catalog().is_a(ci.ci_type(), rule.to)
    });
    found
}

/// The ends of the relationship that follows from what a CI states.
fn wanted(estate: &Estate, rule: &DerivationRule, slot: Slot) -> Option<(Slot, Slot)> {
    let value = stated(rule, estate, estate.ci_at(slot))?;
    let [named] = named_by(estate, rule, slot, &value)[..] else {
        return None;
    };
    let (from, to) = if rule.reversed { (named, slot) } else { (slot, named) };
    let types = (estate.ci_type_of(from), estate.ci_type_of(to));
    let catalog = estate.catalog();
    let nothing_missing = catalog
        .missing_relationship_attributes(rule.relationship_type, &Attributes::default())
        .is_empty();
    (nothing_missing && catalog.allows_ends(rule.relationship_type, types.0, types.1)).then_some((from, to))
}

fn is_in_use(ci: &ConfigurationItem) -> bool {
    !matches!(ci.stage(), LifecycleStage::Retired | LifecycleStage::Disposed)
}

/// What a CI states under a rule, against what is recorded of it.
struct Settling<'a> {
    estate: &'a Estate,
    rule: &'a DerivationRule,
    slot: Slot,
    now: Timestamp,
}

impl Settling<'_> {
    fn steps(&self) -> Vec<DeltaItem> {
        let wanted = if holds(self.estate, self.rule) {
            wanted(self.estate, self.rule, self.slot)
        } else {
            None
        };
        let mut steps = Vec::new();
        let name = SourceName {
            name: Name::new(DERIVED).expect("`derived` is a name"),
            feed: self.rule.name.as_str().into(),
            scope: Box::default(),
        };
        let known = self.estate.source_of(&name).map(|source| source.id);
        for relationship in known.map(|source| self.recorded(source)).unwrap_or_default() {
            if wanted != Some((relationship.from(), relationship.to())) {
                steps.extend(known.map(|source| withdrawn(relationship, source)));
            }
        }
        if let Some((from, to)) = wanted {
            let source = known.unwrap_or_else(|| {
                let next = u16::try_from(self.estate.sources().count()).unwrap_or(u16::MAX);
                SourceId::new(next)
            });
            if known.is_none() {
                steps.push(DeltaItem::Source(BeforeAfter::created(Source {
                    id: source,
                    name: name.name,
                    feed: name.feed,
                    scope: name.scope,
                })));
            }
            steps.extend(self.said(source, from, to));
        }
        steps
    }

    /// What is recorded as following from the rule for this CI.
    fn recorded(&self, source: SourceId) -> Vec<RelationshipRef<'_>> {
        let all: Box<dyn Iterator<Item = RelationshipRef<'_>>> = if self.rule.reversed {
            Box::new(self.estate.relationships_to(self.slot))
        } else {
            Box::new(self.estate.relationships_from(self.slot))
        };
        let mut recorded: Vec<RelationshipRef<'_>> =
            all.filter(|relationship| relationship.is_said_by(source)).collect();
        recorded.sort_by_key(RelationshipRef::id);
        recorded
    }

    fn said(&self, source: SourceId, from: Slot, to: Slot) -> Option<DeltaItem> {
        let first_seen = Timestamp::from_second(self.now.as_second()).unwrap_or(self.now);
        let kind = self.rule.relationship_type;
        let change = match self.estate.find_relationship(kind, from, to, "") {
            Some(known) if known.is_said_by(source) => return None,
            Some(known) => {
                let before = known.to_relationship();
                let mut after = before.clone();
                after.also_said_by.push(SaidBy { source, first_seen });
                BeforeAfter::updated(Arc::new(before), after)
            }
            None => BeforeAfter::created(Relationship {
                id: self.estate.next_relationship_id(),
                relationship_type: kind,
                from: self.estate.ci_id(from),
                to: self.estate.ci_id(to),
                qualifier: Box::default(),
                forward: None,
                reverse: None,
                weight: Weight::ONE,
                group: None,
                attributes: Attributes::default(),
                source,
                first_seen,
                also_said_by: Vec::new(),
                validity: None,
            }),
        };
        Some(DeltaItem::Relationship(change))
    }
}

/// A relationship of which a source says nothing any more: it goes if nobody else says it.
fn withdrawn(relationship: RelationshipRef<'_>, source: SourceId) -> DeltaItem {
    let before = relationship.to_relationship();
    let mut after = before.clone();
    after.also_said_by.retain(|said| said.source != source);
    if before.source == source {
        if after.also_said_by.is_empty() {
            return DeltaItem::Relationship(BeforeAfter::removed(Arc::new(before)));
        }
        let next = after.also_said_by.remove(0);
        (after.source, after.first_seen) = (next.source, next.first_seen);
    }
    DeltaItem::Relationship(BeforeAfter::updated(Arc::new(before), after))
}
