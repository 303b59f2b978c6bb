//! How much two CIs have in common.

use std::collections::BTreeSet;

use super::{Duplicate, is_in_use};
use crate::graph::{Estate, Slot};
use crate::model::definition::IdentificationRule;
use crate::model::{Attribute, AttributeId, AttributeValue, CiId, ConfigurationItem, Input, SourceId};

/// The pseudo-attribute that stands for a CI's own name in rules.
const NAME: &str = "name";

/// What an identification rule is worth; one of the name alone is worth less.
const RULE: u8 = 90;
const RULE_OF_NAME: u8 = 60;
const HOST_NAME_AND_ADDRESS: u8 = 85;
const NAME_AND_ADDRESS: u8 = 80;
const NAME_ALIKE: u8 = 50;
/// What each further reason adds.
const FURTHER: u8 = 5;
/// What a rule by which the two differ takes away.
const DIFFERS: u8 = 30;
/// What a source that knows both under different keys takes away.
const KNOWN_APART: u8 = 20;
/// With less than this, two CIs are not told.
const SCORE_MIN: u8 = 30;

/// Something that speaks for two CIs being one, or against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateReason {
    /// What kind of thing.
    pub kind: ReasonKind,
    /// The identification rule, or the source; empty for what is neither.
    pub name: String,
    /// The attributes that agree, or differ, with the value of the lesser CI; secret ones without.
    pub values: Vec<(String, Option<String>)>,
}

/// Why two CIs are probably one, or probably not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReasonKind {
    /// All attributes of an identification rule agree.
    IdentificationRule,
    /// Host name and an address agree.
    HostNameAndAddress,
    /// Name and an address agree.
    NameAndAddress,
    /// The names agree but for case and domain.
    NameAlike,
    /// Against it: all attributes of an identification rule are known of both, and do not agree.
    RuleDiffers,
    /// Against it: a source that speaks of both knows them under different keys.
    KnownApart,
}

impl ReasonKind {
    /// Whether it speaks against the two being one.
    pub const fn is_against(self) -> bool {
        match self {
            Self::RuleDiffers | Self::KnownApart => true,
            Self::IdentificationRule | Self::HostNameAndAddress | Self::NameAndAddress | Self::NameAlike => false,
        }
    }
}

/// What two CIs have in common, if it is enough to ask whether they are one. The same whichever comes
/// first.
pub(super) fn compare(estate: &Estate, one: Slot, other: Slot) -> Option<Duplicate> {
    let (one, other) = if estate.ci_id(one) <= estate.ci_id(other) {
        (one, other)
    } else {
        (other, one)
    };
    let comparison = Comparison {
        estate,
        slots: [one, other],
        cis: [estate.ci_at(one), estate.ci_at(other)],
    };
    comparison.result()
}

struct Comparison<'a> {
    estate: &'a Estate,
    slots: [Slot; 2],
    cis: [&'a ConfigurationItem; 2],
}

impl Comparison<'_> {
    fn result(&self) -> Option<Duplicate> {
        let [one, other] = self.cis;
        let catalog = self.estate.catalog();
        let related = catalog.is_a(one.ci_type(), other.ci_type()) || catalog.is_a(other.ci_type(), one.ci_type());
        if !related || !is_in_use(one) || !is_in_use(other) {
            return None;
        }
        let (mut scored, differs) = self.by_rules();
        scored.extend(self.by_likeness());
        scored.sort_by_key(|(score, reason)| (std::cmp::Reverse(*score), reason.kind, reason.name.clone()));
        let best = scored.first()?.0;
        let known_apart = self.known_apart();
        let kinds: BTreeSet<ReasonKind> = scored.iter().map(|(_, reason)| reason.kind).collect();
        if known_apart.is_some() && kinds.len() == 1 {
            // Clones share serial numbers, and shared names are common: one thing in common is not
            // enough against a source that sees two.
            return None;
        }
        let further = u8::try_from(scored.len() - 1).unwrap_or(u8::MAX);
        let score = best.saturating_add(further.saturating_mul(FURTHER)).min(100);
        let score = score.saturating_sub(if differs.is_empty() { 0 } else { DIFFERS });
        let score = score.saturating_sub(if known_apart.is_none() { 0 } else { KNOWN_APART });
        if score < SCORE_MIN {
            return None;
        }
        let mut reasons: Vec<DuplicateReason> = scored.into_iter().map(|(_, reason)| reason).collect();
        reasons.extend(differs);
        reasons.extend(known_apart);
        Some(Duplicate {
            cis: self.cis.map(ConfigurationItem::id),
            score,
            reasons,
        })
    }

    /// The rules by which the two are one, with what they are worth, and those by which they are not.
    fn by_rules(&self) -> (Vec<(u8, DuplicateReason)>, Vec<DuplicateReason>) {
        let catalog = self.estate.catalog();
        let mut rules: Vec<&IdentificationRule> = Vec::new();
        for ci in self.cis {
            for rule in catalog.identification_of(ci.ci_type()) {
                if rules.iter().all(|known| *known != rule) {
                    rules.push(rule);
                }
            }
        }
        let (mut agree, mut differ) = (Vec::new(), Vec::new());
        for rule in rules {
            // What a related CI identifies is looked for where that CI is taken in.
            if rule.related.is_some() || rule.attributes.is_empty() {
                continue;
            }
            let Some(pairs) = self.pairs(rule) else { continue };
            let hosts = self.hosts(rule);
            let same_host = hosts.as_ref().is_none_or(|[one, other]| one == other);
            let host_known = hosts.is_none_or(|hosts| hosts.iter().all(|host| !host.is_empty()));
            if !host_known {
                continue;
            }
            let same = same_host && pairs.iter().all(|(_, one, other)| one == other);
            let values = pairs.iter().map(|(id, one, _)| self.shown(*id, one)).collect();
            let kind = if same {
                ReasonKind::IdentificationRule
            } else {
                ReasonKind::RuleDiffers
            };
            let reason = DuplicateReason {
                kind,
                name: rule.name.to_string(),
                values,
            };
            let of_name_alone = rule.attributes.iter().all(|attribute| attribute.as_str() == NAME);
            if same {
                agree.push((if of_name_alone { RULE_OF_NAME } else { RULE }, reason));
            } else if !of_name_alone && !self.is_name_only_difference(&pairs) {
                differ.push(reason);
            }
        }
        (agree, differ)
    }

    /// Whether two differ in nothing but how their names are spelled: that is what likeness looks at.
    fn is_name_only_difference(&self, pairs: &[(AttributeId, AttributeValue, AttributeValue)]) -> bool {
        let mut differing = pairs.iter().filter(|(_, one, other)| one != other);
        differing.all(|(id, _, _)| *id == AttributeId::NAME) && self.names_alike()
    }

    /// The values of a rule's attributes; `None` if either lacks one, or one identifies nothing.
    fn pairs(&self, rule: &IdentificationRule) -> Option<Vec<(AttributeId, AttributeValue, AttributeValue)>> {
        let catalog = self.estate.catalog();
        let pair = |name: &crate::model::Name| {
            let id = match name.as_str() {
                NAME => AttributeId::NAME,
                other => catalog.attribute_id(other)?,
            };
            let [one, other] = self.cis.map(|ci| value(ci, id));
            let (one, other) = (one?, other?);
            let junk = catalog.is_junk(id, &one) || catalog.is_junk(id, &other);
            (!junk).then_some((id, one, other))
        };
        rule.attributes.iter().map(pair).collect()
    }

    /// The CIs that the two belong to, if the rule holds only within one.
    fn hosts(&self, rule: &IdentificationRule) -> Option<[BTreeSet<CiId>; 2]> {
        let relationship_type = rule.host.as_ref()?;
        let kind = self
            .estate
            .catalog()
            .relationship_type_named(relationship_type.as_str())
            .map(|definition| definition.id);
        Some(self.slots.map(|slot| {
            let hosts = self.estate.relationships_from(slot);
            let hosts = hosts.filter(|relationship| Some(relationship.relationship_type()) == kind);
            hosts.map(|relationship| self.estate.ci_id(relationship.to())).collect()
        }))
    }

    fn by_likeness(&self) -> Vec<(u8, DuplicateReason)> {
        let mut found = Vec::new();
        let [one, other] = self.cis;
        let mut reason = |score, kind, values| {
            let name = String::new();
            found.push((score, DuplicateReason { kind, name, values }));
        };
        let name = (NAME.to_owned(), Some(one.name().to_owned()));
        let addresses = self.common_addresses();
        if one.name() == other.name() && !addresses.is_empty() && !self.is_junk_name() {
            let values = [name.clone()].into_iter().chain(addresses.clone()).collect();
            reason(NAME_AND_ADDRESS, ReasonKind::NameAndAddress, values);
        }
        let host_name = self.estate.catalog().attribute_id("host_name");
        if let (false, Some(id)) = (addresses.is_empty(), host_name)
            && let (Some(known), Some(same)) = (one.attributes().value(id), other.attributes().value(id))
            && folded(&known) == folded(&same)
            && !self.estate.catalog().is_junk(id, &known)
        {
            let values = [self.shown(id, &known)].into_iter().chain(addresses).collect();
            reason(HOST_NAME_AND_ADDRESS, ReasonKind::HostNameAndAddress, values);
        }
        if self.names_alike() && !self.is_junk_name() {
            reason(NAME_ALIKE, ReasonKind::NameAlike, vec![name]);
        }
        found
    }

    fn is_junk_name(&self) -> bool {
        let text = AttributeValue::Text(self.cis[0].name().into());
        self.estate.catalog().is_junk(AttributeId::NAME, &text)
    }

    /// Whether the names agree but for case and domain, where names mean something.
    fn names_alike(&self) -> bool {
        let [one, other] = self.cis.map(|ci| self.estate.label_of(ci));
        one.is_some() && one == other
    }

    /// The hardware and network addresses that both have, with the attribute of the lesser CI.
    fn common_addresses(&self) -> Vec<(String, Option<String>)> {
        let [one, other] = self.cis.map(|ci| self.addresses(ci));
        let mut common: Vec<(String, Option<String>)> = Vec::new();
        for (id, address) in one {
            let shown = self.shown(id, &address);
            if other.iter().any(|(_, same)| *same == address) && common.iter().all(|(_, known)| *known != shown.1) {
                common.push(shown);
            }
        }
        common
    }

    fn addresses(&self, ci: &ConfigurationItem) -> Vec<(AttributeId, AttributeValue)> {
        let catalog = self.estate.catalog();
        let is_address = |value: &AttributeValue| {
            if let AttributeValue::IpAddress(address) = value {
                !address.is_loopback() && !address.is_unspecified()
            } else if let AttributeValue::Mac(mac) = value {
                mac.0 != [0; 6] && mac.0 != [0xff; 6]
            } else {
                false
            }
        };
        let of = |attribute: Attribute| {
            let values = if let AttributeValue::List(values) = attribute.value {
                values
            } else {
                vec![attribute.value]
            };
            values.into_iter().map(move |value| (attribute.id, value))
        };
        let all = ci.attributes().iter().flat_map(of);
        all.filter(|(id, value)| is_address(value) && !catalog.is_junk(*id, value))
            .collect()
    }

    /// A source that still speaks of both, under different keys.
    fn known_apart(&self) -> Option<DuplicateReason> {
        let live = |ci: &ConfigurationItem| -> Vec<(SourceId, Box<str>)> {
            let is_live = |source| {
                let standing = ci.standing();
                standing.is_none_or(|standing| standing.stale_since(source).is_none())
            };
            let origins = ci.origins().filter(|origin| !origin.native_key.is_empty());
            let live = origins.filter(|origin| is_live(origin.source));
            live.map(|origin| (self.estate.namesake(origin.source), origin.native_key))
                .collect()
        };
        let [one, other] = self.cis.map(live);
        let mut both = one
            .iter()
            .filter(|(source, _)| other.iter().any(|(known, _)| known == source));
        let (source, key) = both.next()?;
        let name = self.estate.source(*source).map(|source| source.name.to_string());
        Some(DuplicateReason {
            kind: ReasonKind::KnownApart,
            name: name.unwrap_or_default(),
            values: vec![("key".to_owned(), Some(key.to_string()))],
        })
    }

    fn shown(&self, id: AttributeId, value: &AttributeValue) -> (String, Option<String>) {
        if id == AttributeId::NAME {
            return (NAME.to_owned(), text(value));
        }
        let catalog = self.estate.catalog();
        let definition = catalog.attribute_by_id(self.cis[0].ci_type(), id);
        let secret = definition.is_none_or(|definition| definition.secret);
        let name = catalog.attribute_name(id).map(ToString::to_string);
        (name.unwrap_or_default(), text(value).filter(|_| !secret))
    }
}

fn value(ci: &ConfigurationItem, id: AttributeId) -> Option<AttributeValue> {
    if id == AttributeId::NAME {
        return Some(AttributeValue::Text(ci.name().into()));
    }
    ci.attributes().value(id)
}

fn folded(value: &AttributeValue) -> Option<String> {
    text(value).map(|text| text.to_lowercase())
}

fn text(value: &AttributeValue) -> Option<String> {
    match value.to_input() {
        Input::Text(text) | Input::Number(text) => Some(text),
        Input::Boolean(value) => Some(value.to_string()),
        Input::Null | Input::List(_) | Input::Object(_) => None,
    }
}
