//! One identification rule on one record: the CIs that agree with it.

use crate::graph::Slot;
use crate::ingest::payload::CiRecord;
use crate::model::definition::{CiTypeDefinition, IdentificationRule, RelatedIdentifier};
use crate::model::{AttributeId, AttributeValue, CiTypeId, Input, Name, RelationshipTypeId};

use super::{Asker, CANDIDATES_MAX, Hosts, NAME};

/// CIs of a value that are looked at one by one before the relationships of the host are.
const FEW: usize = 64;

/// What a rule said.
pub(super) enum Tried {
    /// The record lacks something of it, or it cannot be read, or too many CIs share it.
    Skipped,
    /// A value of it identifies nothing.
    Junk,
    /// The CIs that agree in all of it, in no order.
    Found(Vec<Slot>),
}

/// What a record states of the attributes of a rule.
#[derive(Default)]
struct Values<'r> {
    name: Option<&'r str>,
    others: Vec<(AttributeId, AttributeValue)>,
}

/// What keeps a record's values from being compared.
enum Unusable {
    Absent,
    Junk,
}

/// The attributes of a rule as attempts show them.
pub(super) fn shown_attributes(rule: &IdentificationRule) -> Vec<String> {
    let own = rule.attributes.iter().map(ToString::to_string);
    let host = rule.host.iter().map(|host| format!("{host} (host)"));
    let related = rule.related.iter().flat_map(|related| {
        let attributes = related.attributes.iter();
        attributes.map(|attribute| format!("{}.{attribute}", related.ci_type))
    });
    own.chain(host).chain(related).collect()
}

impl Asker<'_> {
    /// Tries a rule of a record's type.
    pub(super) fn try_rule(
        &self,
        record: &CiRecord,
        ci_type: &CiTypeDefinition,
        rule: &IdentificationRule,
        hosts: &Hosts,
    ) -> Tried {
        let stated = (record.name.as_deref(), record.attributes.as_slice());
        let values = match self.values(ci_type.id, &rule.attributes, stated) {
            Ok(values) => values,
            Err(Unusable::Absent) => return Tried::Skipped,
            Err(Unusable::Junk) => return Tried::Junk,
        };
        let family = self.family(ci_type);
        let candidates = match (&rule.host, &rule.related) {
            (None, None) => self.with_values(&values),
            (Some(host), None) => match self.host_of(record, host, hosts) {
                Some((through, host)) => self.within(host, through, &values),
                None => return Tried::Skipped,
            },
            (host, Some(related)) => {
                let found = match self.by_related(record, related) {
                    Tried::Found(found) => found,
                    other @ (Tried::Skipped | Tried::Junk) => return other,
                };
                match host {
                    None => Some(found),
                    Some(host) => match self.host_of(record, host, hosts) {
                        Some((through, host)) => {
                            let inside = found.into_iter().filter(|slot| self.is_within(*slot, through, host));
                            Some(inside.collect())
                        }
                        None => return Tried::Skipped,
                    },
                }
            }
        };
        let Some(mut candidates) = candidates else {
            return Tried::Skipped;
        };
        candidates.retain(|slot| self.agrees(*slot, (ci_type.id, family), &values));
        candidates.sort_unstable();
        candidates.dedup();
        Tried::Found(candidates)
    }

    /// The host of a record, and the relationship type that leads to it: as the record states it, else
    /// as a relationship of the same batch does.
    pub fn host_of(&self, record: &CiRecord, through: &Name, hosts: &Hosts) -> Option<(RelationshipTypeId, Slot)> {
        let definition = self.estate.catalog().relationship_type_named(through.as_str())?;
        let stated = record.host.as_deref().or_else(|| {
            let known = hosts.get(record.key.as_deref()?)?;
            let mut known = known.iter().filter(|(name, _)| name == through.as_str());
            known.next().map(|(_, reference)| reference.as_str())
        })?;
        let host = self.resolve(stated).ok()?;
        Some((definition.id, host))
    }

    fn values<'r>(
        &self,
        ci_type: CiTypeId,
        attributes: &[Name],
        (name, stated): (Option<&'r str>, &[(String, Input)]),
    ) -> Result<Values<'r>, Unusable> {
        let catalog = self.estate.catalog();
        let mut values = Values::default();
        let mut is_junk = false;
        for attribute in attributes {
            if attribute.as_str() == NAME {
                let name = name.filter(|name| !name.is_empty()).ok_or(Unusable::Absent)?;
                is_junk |= catalog.is_junk_text(AttributeId::NAME, name);
                values.name = Some(name);
                continue;
            }
            let input = stated.iter().find(|(name, _)| name == attribute.as_str());
            let (_, input) = input.ok_or(Unusable::Absent)?;
            let parsed = catalog.parse_value(ci_type, attribute.as_str(), input);
            let Ok((id, Some(value))) = parsed else {
                return Err(Unusable::Absent);
            };
            is_junk |= catalog.is_junk(id, &value);
            values.others.push((id, value));
        }
        if is_junk { Err(Unusable::Junk) } else { Ok(values) }
    }

    /// The CIs of the rarest value; `None` if there are too many.
    fn with_values(&self, values: &Values<'_>) -> Option<Vec<Slot>> {
        let most = CANDIDATES_MAX + 1;
        let found: Vec<Slot> = match (values.name, self.rarest(&values.others)) {
            (_, Some((id, value))) if self.is_rarer_than_name(values.name, *id, value) => {
                self.estate.with_identifier(*id, value).take(most).collect()
            }
            (Some(name), _) => self.estate.named(name).take(most).collect(),
            (None, Some((id, value))) => self.estate.with_identifier(*id, value).take(most).collect(),
            (None, None) => return None,
        };
        (found.len() < most).then_some(found)
    }

    /// Whether fewer CIs have a value than have a name.
    fn is_rarer_than_name(&self, name: Option<&str>, id: AttributeId, value: &AttributeValue) -> bool {
        let Some(name) = name else { return false };
        let of_name = self.estate.named(name).take(FEW).count();
        self.estate.with_identifier(id, value).take(of_name).count() < of_name
    }

    /// The CIs of a host, or those of a value where these are few.
    fn within(&self, host: Slot, through: RelationshipTypeId, values: &Values<'_>) -> Option<Vec<Slot>> {
        let few: Vec<Slot> = match (values.name, self.rarest(&values.others)) {
            (_, Some((id, value))) => self.estate.with_identifier(*id, value).take(FEW).collect(),
            (Some(name), None) => self.estate.named(name).take(FEW).collect(),
            (None, None) => return None,
        };
        if few.len() < FEW {
            let inside = few.into_iter().filter(|slot| self.is_within(*slot, through, host));
            return Some(inside.collect());
        }
        let dependents = self.estate.relationships_to(host).take(CANDIDATES_MAX + 1);
        let mut seen = 0;
        let inside: Vec<Slot> = dependents
            .inspect(|_| seen += 1)
            .filter(|found| found.relationship_type() == through)
            .map(|found| found.from())
            .collect();
        (seen <= CANDIDATES_MAX).then_some(inside)
    }

    fn is_within(&self, slot: Slot, through: RelationshipTypeId, host: Slot) -> bool {
        let mut between = self.estate.relationships_between(slot, host);
        between.any(|found| found.relationship_type() == through)
    }

    /// The CIs that stand in relationship with a CI that has the values of a related item.
    fn by_related(&self, record: &CiRecord, related: &RelatedIdentifier) -> Tried {
        let catalog = self.estate.catalog();
        let (Some(through), Some(wanted)) = (
            catalog.relationship_type_named(related.relationship_type.as_str()),
            catalog.ci_type_named(related.ci_type.as_str()),
        ) else {
            return Tried::Skipped;
        };
        let (mut is_junk, mut is_tried) = (false, false);
        let mut found = Vec::new();
        for item in &record.related {
            let Some(ci_type) = catalog.ci_type_named(&item.ci_type) else {
                continue;
            };
            if !catalog.is_a(ci_type.id, wanted.id) {
                continue;
            }
            let stated = (item.name.as_deref(), item.attributes.as_slice());
            let values = match self.values(ci_type.id, &related.attributes, stated) {
                Ok(values) => values,
                Err(Unusable::Absent) => continue,
                Err(Unusable::Junk) => {
                    is_junk = true;
                    continue;
                }
            };
            let Some(others) = self.with_values(&values) else {
                continue;
            };
            is_tried = true;
            for other in others
                .into_iter()
                .filter(|slot| self.agrees(*slot, (wanted.id, wanted.id), &values))
            {
                let from = self.estate.relationships_from(other).take(CANDIDATES_MAX);
                let to = self.estate.relationships_to(other).take(CANDIDATES_MAX);
                let from = from
                    .filter(|one| one.relationship_type() == through.id)
                    .map(|one| one.to());
                let to = to
                    .filter(|one| one.relationship_type() == through.id)
                    .map(|one| one.from());
                found.extend(from.chain(to));
            }
        }
        match (is_tried, is_junk) {
            (true, _) => Tried::Found(found),
            (false, true) => Tried::Junk,
            (false, false) => Tried::Skipped,
        }
    }

    fn agrees(&self, slot: Slot, (ci_type, family): (CiTypeId, CiTypeId), values: &Values<'_>) -> bool {
        let ci = self.estate.ci_at(slot);
        let catalog = self.estate.catalog();
        let mut others = values.others.iter();
        // A CI of a more general type is one of which nobody has said yet what it is.
        (catalog.is_a(ci.ci_type(), family) || catalog.is_a(ci_type, ci.ci_type()))
            && values.name.is_none_or(|name| ci.name() == name)
            && others.all(|(id, value)| ci.attributes().value(*id).as_ref() == Some(value))
    }

    /// The value that the fewest CIs have, so that a shared domain costs nothing beside a host name.
    fn rarest<'v>(&self, values: &'v [(AttributeId, AttributeValue)]) -> Option<&'v (AttributeId, AttributeValue)> {
        match values {
            [] => None,
            [only] => Some(only),
            [_, _, ..] => values
                .iter()
                .min_by_key(|(id, value)| self.estate.with_identifier(*id, value).take(FEW).count()),
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
