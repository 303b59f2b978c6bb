//! What each source says of a CI.

use async_graphql::{SimpleObject, Value};

use super::attribute::{MASK, is_secret, value_json};
use crate::api::scalars::{DateTime, Json};
use crate::graph::{Estate, Slot};
use crate::model::{Attribute, AttributeId, AttributeValue, ConfigurationItem};

/// What one source says of one attribute of a CI.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Claim")]
pub struct ClaimObject {
    /// The attribute; `name`, `stage` and `tags` are among them.
    pub attribute: String,
    /// The value; masked if it is secret.
    pub value: Json,
    /// Who says so.
    pub source: String,
    /// Which of the source's feeds; null: none is named.
    pub feed: Option<String>,
    /// Of which part of the world the feed speaks; null: none is named.
    pub scope: Option<String>,
    /// Since when the source says so.
    pub first_seen: DateTime,
    /// When the source last spoke of the CI.
    pub last_seen: DateTime,
    /// Whether this claim is the one that counts.
    pub in_effect: bool,
    /// Whether its value is the one in effect, whoever's claim counts.
    pub agrees: bool,
}

/// A value that a person fixed against all sources.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Pin")]
pub struct PinObject {
    /// The attribute; `name`, `stage` and `tags` are among them.
    pub attribute: String,
    /// Since when.
    pub at: DateTime,
    /// By whom.
    pub by: String,
}

/// All that sources say of a CI, by attribute and source.
pub(super) fn claims(estate: &Estate, slot: Option<Slot>, ci: &ConfigurationItem) -> Vec<ClaimObject> {
    let mut all: Vec<(Attribute, bool)> = ci.attributes().iter().map(|attribute| (attribute, true)).collect();
    let standing = ci.standing();
    if let Some(standing) = standing {
        all.extend(standing.claims.iter().map(|claim| (claim, false)));
    }
    let first = ci.origins().min_by_key(|origin| (origin.first_seen, origin.source));
    for field in [AttributeId::NAME, AttributeId::STAGE, AttributeId::TAGS] {
        let disputed = all.iter().any(|(claim, _)| claim.id == field);
        let assumed = field == AttributeId::STAGE && ci.stage_assumed();
        if let (false, Some(value), Some(origin)) = (disputed || assumed, field_value(ci, field), &first) {
            let claim = Attribute {
                id: field,
                value,
                source: origin.source,
                first_seen: origin.first_seen,
            };
            all.push((claim, true));
        }
    }
    let mut claims: Vec<ClaimObject> = all
        .iter()
        .map(|(claim, in_effect)| object(estate, slot, ci, claim, *in_effect))
        .collect();
    for field in ["name", "stage", "tags"] {
        mark_field(&mut claims, field);
    }
    claims.sort_by(|a, b| {
        let key = |claim: &ClaimObject| {
            (
                claim.attribute.clone(),
                !claim.in_effect,
                claim.source.clone(),
                claim.feed.clone(),
            )
        };
        key(a).cmp(&key(b))
    });
    claims
}

/// Of the claims to a field those that agree with it; the newest of them counts.
fn mark_field(claims: &mut [ClaimObject], field: &str) {
    let agreeing = claims
        .iter_mut()
        .filter(|claim| claim.attribute == field && claim.agrees);
    if let Some(newest) = agreeing.max_by_key(|claim| claim.first_seen.0) {
        newest.in_effect = true;
    }
}

fn object(
    estate: &Estate,
    slot: Option<Slot>,
    ci: &ConfigurationItem,
    claim: &Attribute,
    in_effect: bool,
) -> ClaimObject {
    let source = estate.source(claim.source);
    let stated = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let seen = slot.and_then(|slot| estate.last_seen_ci(slot, claim.source));
    let effective = field_value(ci, claim.id).or_else(|| ci.attributes().value(claim.id));
    ClaimObject {
        attribute: attribute_name(estate, claim.id),
        value: Json(shown(estate, ci, claim)),
        source: source.map(|source| source.name.to_string()).unwrap_or_default(),
        feed: source.and_then(|source| stated(&source.feed)),
        scope: source.and_then(|source| stated(&source.scope)),
        first_seen: DateTime(claim.first_seen),
        last_seen: DateTime(seen.map_or(claim.first_seen, |seen| seen.max(claim.first_seen))),
        in_effect,
        agrees: effective.as_ref() == Some(&claim.value),
    }
}

/// The pins of a CI.
pub(super) fn pins(estate: &Estate, ci: &ConfigurationItem) -> Vec<PinObject> {
    let pins = ci.standing().map_or(&[][..], |standing| &standing.pins);
    let pin = |pin: &crate::model::Pin| PinObject {
        attribute: attribute_name(estate, pin.attribute),
        at: DateTime(pin.at),
        by: pin.by.to_string(),
    };
    pins.iter().map(pin).collect()
}

fn shown(estate: &Estate, ci: &ConfigurationItem, claim: &Attribute) -> Value {
    let definition = estate.catalog().attribute_by_id(ci.ci_type(), claim.id);
    let field = claim.id >= AttributeId::NAME;
    if !field && is_secret(definition.map(AsRef::as_ref)) {
        return Value::from(MASK);
    }
    value_json(&claim.value)
}

fn attribute_name(estate: &Estate, id: AttributeId) -> String {
    estate.catalog().claimed_name(id).unwrap_or_default().to_owned()
}

/// The value of name, stage or tags as a claim states it.
fn field_value(ci: &ConfigurationItem, id: AttributeId) -> Option<AttributeValue> {
    let text = |text: &str| AttributeValue::Text(text.into());
    match id {
        AttributeId::NAME => Some(text(ci.name())),
        AttributeId::STAGE => Some(text(ci.stage().as_str())),
        AttributeId::TAGS => Some(AttributeValue::List(ci.tags().map(text).collect())),
        _ => None,
    }
}
