//! Which CI a record speaks of: by its id, by the source's own key, by the identification rules of
//! its type. Several matches are never guessed away.

use crate::graph::{Estate, ReferenceError, Slot};
use crate::model::definition::{CiTypeDefinition, IdentificationRule};
use crate::model::{AttributeId, AttributeValue, CiId, CiTypeId, Input, SourceId};

use super::payload::CiRecord;
use super::report::{Attempt, AttemptResult};

/// The pseudo-attribute that stands for a CI's own name in identification rules.
const NAME: &str = "name";

/// Most CIs that one value of a rule may belong to for the rule to be tried: a value shared by more
/// identifies nothing, and comparing them all would keep every other writer waiting.
const CANDIDATES_MAX: usize = 10_000;

/// Candidates listed at most.
const CANDIDATES_SHOWN_MAX: usize = 20;

/// What identification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// One CI.
    Known(Slot),
    /// None: the record speaks of a CI that is not recorded yet.
    New,
    /// Several: the ids of the first of them.
    Several(Vec<CiId>),
}

/// Who asks for an identification.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// The state to look in.
    pub estate: &'a Estate,
    /// The source that speaks.
    pub source: SourceId,
}

/// One step of an identification, with its result: cheap to note, spelled out only for records that
/// need attention.
pub type Step = (Rule, AttemptResult);

/// What a step compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The identity that the record states.
    Id,
    /// The source's own key.
    NativeKey,
    /// A rule of the record's type, by its place among them.
    OfType(usize),
}

impl Asker<'_> {
    /// Finds the CI of a record, noting every step.
    pub fn identify(&self, record: &CiRecord, steps: &mut Vec<Step>) -> Identity {
        let found = |slot: Option<Slot>| slot.map_or(AttemptResult::NoMatch, |_| AttemptResult::Matched);
        if let Some(id) = record.id {
            let slot = self.estate.slot_of(id);
            steps.push((Rule::Id, found(slot)));
            if let Some(slot) = slot {
                return Identity::Known(slot);
            }
        }
        if let Some(key) = &record.key {
            let slot = self.estate.by_native_key(self.source, key);
            steps.push((Rule::NativeKey, found(slot)));
            if let Some(slot) = slot {
                return Identity::Known(slot);
            }
        }
        let Some(ci_type) = self.estate.catalog().ci_type_named(&record.ci_type) else {
            return Identity::New;
        };
        let rules = self.estate.catalog().identification_of(ci_type.id);
        let mut stronger: Vec<(AttributeId, AttributeValue)> = Vec::new();
        for (place, rule) in rules.iter().enumerate() {
            let mut found = self.try_rule(record, ci_type, rule);
            if let Some(found) = &mut found {
                found.retain(|slot| !self.is_another(*slot, record, &stronger));
            }
            let (result, identity) = match found.as_deref() {
                None => (AttemptResult::Skipped, None),
                Some([]) => (AttemptResult::NoMatch, None),
                Some([slot]) => (AttemptResult::Matched, Some(Identity::Known(*slot))),
                Some(several) => (AttemptResult::MultiMatch, Some(Identity::Several(self.ids(several)))),
            };
            steps.push((Rule::OfType(place), result));
            if let Some(identity) = identity {
                return identity;
            }
            if let [only] = rule.attributes.as_slice() {
                stronger.extend(self.stated(record, ci_type.id, only.as_str()));
            }
        }
        Identity::New
    }

    /// Whether a CI that agrees with a record in a weaker rule is known to be another one: the same
    /// source calls it by another key, and it differs in what a stronger rule goes by. So machines made
    /// from one image, which share their name, stay apart; and a machine that got a new key stays one,
    /// as long as nothing contradicts.
    fn is_another(&self, slot: Slot, record: &CiRecord, stronger: &[(AttributeId, AttributeValue)]) -> bool {
        let Some(key) = record.key.as_deref().filter(|_| !stronger.is_empty()) else {
            return false;
        };
        let ci = self.estate.ci_at(slot);
        let mut keys = ci
            .origins()
            .filter(|origin| origin.source == self.source && !origin.native_key.is_empty());
        let contradicts = |(id, value): &(AttributeId, AttributeValue)| {
            ci.attributes().value(*id).is_some_and(|recorded| recorded != *value)
        };
        keys.any(|origin| *origin.native_key != *key) && stronger.iter().any(contradicts)
    }

    /// Spells the steps of an identification out.
    pub fn attempts(&self, ci_type: &str, steps: &[Step]) -> Vec<Attempt> {
        let catalog = self.estate.catalog();
        let ci_type = catalog.ci_type_named(ci_type);
        let rules = ci_type.map_or(&[][..], |ci_type| catalog.identification_of(ci_type.id));
        let attempt = |(rule, result): &Step| {
            let (rule, attributes) = match rule {
                Rule::Id => ("id", Vec::new()),
                Rule::NativeKey => ("native_key", Vec::new()),
                Rule::OfType(place) => {
                    let rule = rules.get(*place)?;
                    let attributes = rule.attributes.iter().map(ToString::to_string);
                    (rule.name.as_str(), attributes.collect())
                }
            };
            Some(Attempt {
                rule: rule.to_owned(),
                attributes,
                result: *result,
            })
        };
        steps.iter().filter_map(attempt).collect()
    }

    /// The CI that a reference of this source names: its own key, else a reference as everywhere.
    pub fn resolve(&self, reference: &str) -> Result<Slot, ReferenceError> {
        match self.estate.by_native_key(self.source, reference) {
            Some(slot) => Ok(slot),
            None => self.estate.resolve(reference),
        }
    }

    fn ids(&self, slots: &[Slot]) -> Vec<CiId> {
        let mut ids: Vec<CiId> = slots.iter().map(|slot| self.estate.ci_id(*slot)).collect();
        ids.sort_unstable();
        ids.truncate(CANDIDATES_SHOWN_MAX);
        ids
    }

    /// The CIs that agree with the record in all attributes of a rule; `None` if it lacks one, or one
    /// cannot be read, or too many CIs share the rarest.
    fn try_rule(&self, record: &CiRecord, ci_type: &CiTypeDefinition, rule: &IdentificationRule) -> Option<Vec<Slot>> {
        let mut name = None;
        let mut values: Vec<(AttributeId, AttributeValue)> = Vec::new();
        for attribute in &rule.attributes {
            if attribute.as_str() == NAME {
                name = Some(record.name.as_deref()?);
            } else {
                values.push(self.stated(record, ci_type.id, attribute.as_str())?);
            }
        }
        let candidates: Vec<Slot> = match (name, self.rarest(&values)) {
            (Some(name), _) => self.estate.named(name).take(CANDIDATES_MAX + 1).collect(),
            (None, Some((id, value))) => self
                .estate
                .with_identifier(*id, value)
                .take(CANDIDATES_MAX + 1)
                .collect(),
            (None, None) => return None,
        };
        if candidates.len() > CANDIDATES_MAX {
            return None;
        }
        let family = self.family(ci_type);
        let agrees = |slot: &Slot| {
            let ci = self.estate.ci_at(*slot);
            // A CI of a more general type is one of which nobody has said yet what it is.
            let catalog = self.estate.catalog();
            (catalog.is_a(ci.ci_type(), family) || catalog.is_a(ci_type.id, ci.ci_type()))
                && name.is_none_or(|name| ci.name() == name)
                && values
                    .iter()
                    .all(|(id, value)| ci.attributes().value(*id).as_ref() == Some(value))
        };
        Some(candidates.into_iter().filter(agrees).collect())
    }

    fn stated(&self, record: &CiRecord, ci_type: CiTypeId, name: &str) -> Option<(AttributeId, AttributeValue)> {
        let (_, input): &(String, Input) = record.attributes.iter().find(|(stated, _)| stated == name)?;
        let (id, value) = self.estate.catalog().parse_value(ci_type, name, input).ok()?;
        Some((id, value?))
    }

    /// The value that the fewest CIs have, so that a shared domain costs nothing beside a host name.
    fn rarest<'v>(&self, values: &'v [(AttributeId, AttributeValue)]) -> Option<&'v (AttributeId, AttributeValue)> {
        match values {
            [] => None,
            [only] => Some(only),
            [_, _, ..] => values
                .iter()
                .min_by_key(|(id, value)| self.estate.with_identifier(*id, value).take(64).count()),
        }
    }

    /// The type that states the rules: its CIs and those of its subtypes may be meant.
    fn family(&self, ci_type: &CiTypeDefinition) -> CiTypeId {
        let catalog = self.estate.catalog();
        let states = |id: &&CiTypeId| {
            catalog
                .ci_type(**id)
                .is_some_and(|definition| definition.identification.is_some())
        };
        catalog
            .ancestors(ci_type.id)
            .iter()
            .find(states)
            .copied()
            .unwrap_or(ci_type.id)
    }
}
