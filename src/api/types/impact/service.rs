//! Impacted services, with whom to call.

use async_graphql::SimpleObject;

use super::Answer;
use crate::api::query::relationships;
use crate::api::types::{CiObject, ImpactState};
use crate::graph::Slot;
use crate::impact::ImpactedCi;
use crate::model::AttributeValue;

/// Attributes of an owner or service that say how to reach people, as far as the catalog has them.
const CONTACT_ATTRIBUTES: [&str; 5] = ["email", "contact_email", "contact", "on_call", "phone"];

/// An impacted service: a CI with a tier.
#[derive(Clone, Debug, SimpleObject)]
pub struct ImpactedService {
    /// The service.
    pub ci: CiObject,
    /// How critical it is, 1 (most critical) to 4.
    pub tier: u8,
    /// Its state without the failure.
    pub before: ImpactState,
    /// Its state with the failure.
    pub after: ImpactState,
    /// The round in which it came to its state.
    pub depth: u32,
    /// The team that owns it.
    pub owner_team: Option<CiObject>,
    /// E-mail addresses and other contacts of the owner, else of the service itself.
    pub contacts: Vec<String>,
}

impl ImpactedService {
    pub(super) fn list(answer: &Answer, first: usize) -> Vec<Self> {
        let impacted = answer.report.impacted_unordered().iter();
        let tiered = impacted.filter(|found| answer.view.tier_of(found.slot).is_some());
        let mut services: Vec<ImpactedCi> = tiered.copied().collect();
        answer.sort(&mut services);
        services
            .iter()
            .take(first)
            .filter_map(|found| Self::new(answer, found))
            .collect()
    }

    fn new(answer: &Answer, found: &ImpactedCi) -> Option<Self> {
        let owner = relationships::owner(&answer.view, found.slot);
        let mut contacts = owner.map(|owner| contacts(answer, owner)).unwrap_or_default();
        if contacts.is_empty() {
            contacts = self::contacts(answer, found.slot);
        }
        Some(Self {
            ci: CiObject::at(&answer.view, found.slot),
            tier: answer.view.tier_of(found.slot)?,
            before: found.before.into(),
            after: found.after.into(),
            depth: found.depth,
            owner_team: owner.map(|owner| CiObject::at(&answer.view, owner)),
            contacts,
        })
    }
}

fn contacts(answer: &Answer, slot: Slot) -> Vec<String> {
    let ci = answer.view.ci_at(slot);
    let catalog = answer.view.catalog();
    let values = CONTACT_ATTRIBUTES.iter().filter_map(|name| {
        let definition = catalog
            .attribute_of(ci.ci_type(), name)
            .filter(|definition| !definition.secret)?;
        match ci.attributes().value(definition.id)? {
            AttributeValue::Text(text) => Some(text.into_string()),
            AttributeValue::Integer(_)
            | AttributeValue::Decimal(_)
            | AttributeValue::Boolean(_)
            | AttributeValue::Timestamp(_)
            | AttributeValue::Duration(_)
            | AttributeValue::IpAddress(_)
            | AttributeValue::Cidr(_)
            | AttributeValue::Mac(_)
            | AttributeValue::List(_)
            | AttributeValue::Json(_) => None,
        }
    });
    values.collect()
}
