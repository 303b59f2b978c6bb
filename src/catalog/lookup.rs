//! Look-ups: table accesses, none of which depends on the size of the catalog.

use std::sync::Arc;

use super::derived::Effective;
use super::{AttributeError, Catalog, value};
use crate::model::definition::{
    AttributeDefinition, CiTypeDefinition, IdentificationRule, LifecycleRule, PoolDefinition,
    RelationshipTypeDefinition,
};
use crate::model::{
    AttributeId, AttributeValue, Attributes, CiTypeId, ImpactState, Input, LifecycleStage, Name, PoolId,
    RelationshipTypeId,
};

/// The attribute that states a CI's tier, 1 (most critical) to 4.
pub const TIER_ATTRIBUTE: &str = "tier";

impl Catalog {
    /// All CI types, by number.
    pub fn ci_types(&self) -> impl Iterator<Item = &CiTypeDefinition> {
        self.ci_types.iter().flatten().map(Arc::as_ref)
    }

    /// A CI type.
    pub fn ci_type(&self, id: CiTypeId) -> Option<&CiTypeDefinition> {
        self.stored_ci_type(id).map(Arc::as_ref)
    }

    /// A CI type by its name.
    pub fn ci_type_named(&self, name: &str) -> Option<&CiTypeDefinition> {
        self.ci_type(*self.derived().ci_type_names.get(name)?)
    }

    /// Whether a type is another or specialises it, at any distance.
    pub fn is_a(&self, ci_type: CiTypeId, ancestor: CiTypeId) -> bool {
        self.derived().is_a(ci_type, ancestor)
    }

    /// The type and everything that specialises it, in the order of the tree.
    pub fn subtypes(&self, ci_type: CiTypeId) -> &[CiTypeId] {
        self.derived().subtypes(ci_type)
    }

    /// The type and what it specialises, nearest first.
    pub fn ancestors(&self, ci_type: CiTypeId) -> &[CiTypeId] {
        self.derived().ancestors(ci_type)
    }

    /// All attributes of a type, inherited ones first, each in its most specific form.
    pub fn attributes_of(&self, ci_type: CiTypeId) -> &[Arc<AttributeDefinition>] {
        self.derived()
            .attributes(ci_type)
            .map_or(&[], |attributes| &attributes.list)
    }

    /// One attribute of a type, by name.
    pub fn attribute_of(&self, ci_type: CiTypeId, name: &str) -> Option<&Arc<AttributeDefinition>> {
        self.attribute_by_id(ci_type, self.attribute_id(name)?)
    }

    /// One attribute of a type, by number.
    pub fn attribute_by_id(&self, ci_type: CiTypeId, id: AttributeId) -> Option<&Arc<AttributeDefinition>> {
        self.derived().attributes(ci_type)?.by_id(id)
    }

    /// The type among whose CIs (subtypes included) no two may share a value of this attribute;
    /// `None` if they may.
    pub fn unique_scope(&self, ci_type: CiTypeId, id: AttributeId) -> Option<CiTypeId> {
        self.derived().attributes(ci_type)?.unique_scope(id)
    }

    /// One attribute of a relationship type, by name.
    pub fn relationship_attribute_of(
        &self,
        relationship_type: RelationshipTypeId,
        name: &str,
    ) -> Option<&Arc<AttributeDefinition>> {
        let id = self.attribute_id(name)?;
        self.derived().relationship_attributes(relationship_type)?.by_id(id)
    }

    /// The name of an attribute number.
    pub fn attribute_name(&self, id: AttributeId) -> Option<&Name> {
        self.attribute_names.get(id.index())?.as_ref()
    }

    /// What claims and pins call an attribute: by its name, or `name`, `stage` or `tags`.
    pub fn claimed_name(&self, id: AttributeId) -> Option<&str> {
        id.field().or_else(|| self.attribute_name(id).map(Name::as_str))
    }

    /// The number of an attribute name.
    pub fn attribute_id(&self, name: &str) -> Option<AttributeId> {
        self.attribute_ids.get(name).copied()
    }

    /// The attributes that tell CIs apart, by number: unique ones, and those that identification
    /// rules name.
    pub fn identifying_attributes(&self) -> &[AttributeId] {
        self.derived().identifying()
    }

    /// Whether an attribute tells CIs apart.
    pub fn is_identifying(&self, id: AttributeId) -> bool {
        self.derived().identifying().binary_search(&id).is_ok()
    }

    /// How CIs of a type are identified, in the order to try: the rules of the nearest ancestor that
    /// states any.
    pub fn identification_of(&self, ci_type: CiTypeId) -> &[IdentificationRule] {
        self.derived().identification(ci_type)
    }

    /// The tier of CIs of a type that state none: that of the nearest ancestor that states one.
    pub fn default_tier(&self, ci_type: CiTypeId) -> Option<u8> {
        self.derived().default_tier(ci_type)
    }

    /// The number of [`TIER_ATTRIBUTE`], if some type declares it.
    pub fn tier_attribute(&self) -> Option<AttributeId> {
        self.attribute_id(TIER_ATTRIBUTE)
    }

    /// All relationship types, by number.
    pub fn relationship_types(&self) -> impl Iterator<Item = &RelationshipTypeDefinition> {
        self.relationship_types.iter().flatten().map(Arc::as_ref)
    }

    /// A relationship type.
    pub fn relationship_type(&self, id: RelationshipTypeId) -> Option<&RelationshipTypeDefinition> {
        self.stored_relationship_type(id).map(Arc::as_ref)
    }

    /// A relationship type by its name.
    pub fn relationship_type_named(&self, name: &str) -> Option<&RelationshipTypeDefinition> {
        self.relationship_type(*self.derived().relationship_type_names.get(name)?)
    }

    /// Whether a relationship of this type may lead from a CI of the one type to one of the other.
    /// Linear in the number of ends that the type lists.
    pub fn allows_ends(&self, relationship_type: RelationshipTypeId, from: CiTypeId, to: CiTypeId) -> bool {
        let allows = |allowed: &[CiTypeId], ci_type| {
            allowed.is_empty() || allowed.iter().any(|ancestor| self.is_a(ci_type, *ancestor))
        };
        self.relationship_type(relationship_type)
            .is_some_and(|definition| allows(&definition.from_types, from) && allows(&definition.to_types, to))
    }

    /// All pools, by number.
    pub fn pools(&self) -> impl Iterator<Item = &PoolDefinition> {
        self.pools.iter().flatten().map(Arc::as_ref)
    }

    /// A pool.
    pub fn pool(&self, id: PoolId) -> Option<&PoolDefinition> {
        self.stored_pool(id).map(Arc::as_ref)
    }

    /// A pool by its name.
    pub fn pool_named(&self, name: &str) -> Option<&PoolDefinition> {
        self.pool(*self.derived().pool_names.get(name)?)
    }

    /// What a lifecycle stage means. A stage without a rule means what section 2.7 of the impact law
    /// says, and forbids no transition.
    pub fn lifecycle(&self, stage: LifecycleStage) -> &LifecycleRule {
        static LAW: std::sync::LazyLock<[LifecycleRule; LifecycleStage::ALL.len()]> =
            std::sync::LazyLock::new(|| LifecycleStage::ALL.map(lawful_rule));
        let number = usize::from(stage.number());
        self.lifecycle[number].as_deref().unwrap_or(&LAW[number])
    }

    /// Whether CIs in this stage take part in impact.
    pub fn takes_part(&self, stage: LifecycleStage) -> bool {
        self.lifecycle(stage).takes_part
    }

    /// Whether a CI may move from one stage to another. Staying is always allowed.
    pub fn may_move(&self, from: LifecycleStage, to: LifecycleStage) -> bool {
        from == to || self.lifecycle(from).next.contains(&to)
    }

    /// Gives a value its attribute's type and checks it: type, pattern, range, enumeration, size.
    /// `Input::Null` gives `None`: the attribute is to be removed.
    pub fn parse_value(
        &self,
        ci_type: CiTypeId,
        name: &str,
        input: &Input,
    ) -> Result<(AttributeId, Option<AttributeValue>), AttributeError> {
        let of = self.ci_type(ci_type).map_or("", |definition| definition.name.as_str());
        self.parse_among(self.derived().attributes(ci_type), of, name, input)
    }

    /// As [`Catalog::parse_value`], for an attribute of a relationship.
    pub fn parse_relationship_value(
        &self,
        relationship_type: RelationshipTypeId,
        name: &str,
        input: &Input,
    ) -> Result<(AttributeId, Option<AttributeValue>), AttributeError> {
        let definition = self.relationship_type(relationship_type);
        let of = definition.map_or("", |definition| definition.name.as_str());
        let attributes = self.derived().relationship_attributes(relationship_type);
        self.parse_among(attributes, of, name, input)
    }

    fn parse_among(
        &self,
        attributes: Option<&Effective>,
        of: &str,
        name: &str,
        input: &Input,
    ) -> Result<(AttributeId, Option<AttributeValue>), AttributeError> {
        let known = attributes.map_or(&[][..], |attributes| &attributes.list);
        let definition = self
            .attribute_id(name)
            .and_then(|id| attributes?.by_id(id))
            .ok_or_else(|| AttributeError::unknown(name, of, known))?;
        let pattern = definition.pattern.as_deref();
        let pattern = pattern.and_then(|pattern| self.derived().pattern(pattern));
        Ok((definition.id, value::parse(definition, pattern, input)?))
    }

    /// The required attributes of a type that are not there.
    pub fn missing_required(&self, ci_type: CiTypeId, attributes: &Attributes) -> Vec<Name> {
        missing(self.attributes_of(ci_type), attributes)
    }

    /// The required attributes of a relationship type that are not there.
    pub fn missing_relationship_attributes(
        &self,
        relationship_type: RelationshipTypeId,
        attributes: &Attributes,
    ) -> Vec<Name> {
        let declared = self.derived().relationship_attributes(relationship_type);
        declared.map_or_else(Vec::new, |declared| missing(&declared.list, attributes))
    }
}

fn missing(declared: &[Arc<AttributeDefinition>], attributes: &Attributes) -> Vec<Name> {
    declared
        .iter()
        .filter(|definition| definition.required && attributes.get(definition.id).is_none())
        .map(|definition| definition.name.clone())
        .collect()
}

fn lawful_rule(stage: LifecycleStage) -> LifecycleRule {
    let current_state = match stage {
        LifecycleStage::Maintenance | LifecycleStage::Down => ImpactState::Down,
        LifecycleStage::Degraded => ImpactState::Degraded,
        LifecycleStage::Planned
        | LifecycleStage::Ordered
        | LifecycleStage::InStock
        | LifecycleStage::InService
        | LifecycleStage::Retired
        | LifecycleStage::Disposed => ImpactState::Ok,
    };
    let takes_part = match stage {
        LifecycleStage::InService | LifecycleStage::Maintenance | LifecycleStage::Degraded | LifecycleStage::Down => {
            true
        }
        LifecycleStage::Planned
        | LifecycleStage::Ordered
        | LifecycleStage::InStock
        | LifecycleStage::Retired
        | LifecycleStage::Disposed => false,
    };
    LifecycleRule {
        stage,
        takes_part,
        current_state,
        next: LifecycleStage::ALL.into_iter().filter(|next| *next != stage).collect(),
    }
}
