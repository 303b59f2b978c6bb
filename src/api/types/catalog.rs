//! The catalog: CI types, relationship types, pools and the lifecycle table.

use async_graphql::{ID, Object, SimpleObject};

use super::{ImpactState, LifecycleStage};
use crate::api::scalars::Long;
use crate::graph::Snapshot;
use crate::model::definition::{
    AttributeDefinition, CiTypeDefinition, IdentificationRule, LifecycleRule, PoolDefinition, RelatedIdentifier,
    RelationshipTypeDefinition, ValueType,
};
use crate::model::{CiTypeId, RelationshipTypeId};

/// What a type says of one attribute.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "AttributeDefinition")]
pub struct AttributeDefinitionObject {
    /// Its name.
    pub name: String,
    /// What it means.
    pub description: String,
    /// The type of its value: `string`, `integer`, `decimal`, `boolean`, `timestamp`, `duration`,
    /// `enumeration`, `ip_address`, `cidr`, `mac`, `url`, `email`, `json`, or `list of` one of these.
    pub value_type: String,
    /// The values of an enumeration.
    pub values: Vec<String>,
    /// Whether every CI in use must have it.
    pub required: bool,
    /// Whether no two CIs may share a value.
    pub unique: bool,
    /// A regular expression that the whole text must match.
    pub pattern: Option<String>,
    /// The least number allowed.
    pub minimum: Option<String>,
    /// The greatest number allowed.
    pub maximum: Option<String>,
    /// The unit of the number.
    pub unit: Option<String>,
    /// Whether the value is never shown.
    pub secret: bool,
}

impl From<&AttributeDefinition> for AttributeDefinitionObject {
    fn from(definition: &AttributeDefinition) -> Self {
        let mut innermost = &definition.value_type;
        while let ValueType::List(of) = innermost {
            innermost = of;
        }
        let values = match innermost {
            ValueType::Enumeration(values) => values.clone(),
            ValueType::String
            | ValueType::Integer
            | ValueType::Decimal
            | ValueType::Boolean
            | ValueType::Timestamp
            | ValueType::Duration
            | ValueType::IpAddress
            | ValueType::Cidr
            | ValueType::Mac
            | ValueType::Url
            | ValueType::Email
            | ValueType::List(_)
            | ValueType::Json => Vec::new(),
        };
        Self {
            name: definition.name.to_string(),
            description: definition.description.clone(),
            value_type: value_type(&definition.value_type),
            values,
            required: definition.required,
            unique: definition.unique,
            pattern: definition.pattern.clone(),
            minimum: definition.minimum.map(|number| number.to_string()),
            maximum: definition.maximum.map(|number| number.to_string()),
            unit: definition.unit.clone(),
            secret: definition.secret,
        }
    }
}

fn value_type(value_type: &ValueType) -> String {
    if let ValueType::List(of) = value_type {
        format!("list of {}", of.word())
    } else {
        value_type.word().to_owned()
    }
}

/// Attributes that together identify a CI of a type.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "IdentificationRule")]
pub struct IdentificationRuleObject {
    /// Its name.
    pub name: String,
    /// The attributes; `name` is the CI's own name.
    pub attributes: Vec<String>,
    /// Smaller is tried first.
    pub priority: i32,
    /// The relationship type that leads to the CI it belongs to: the rule holds within one host.
    pub host: Option<String>,
    /// The values of a related CI that identify it.
    pub related: Option<RelatedIdentifierObject>,
}

/// Identifies a CI by the values of another that it stands in relationship with.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "RelatedIdentifier")]
pub struct RelatedIdentifierObject {
    /// The type of the relationship between the two, read in either direction.
    pub relationship_type: String,
    /// The type of the other CI, with its subtypes.
    pub ci_type: String,
    /// The other CI's attributes; `name` is its own name.
    pub attributes: Vec<String>,
}

impl From<&RelatedIdentifier> for RelatedIdentifierObject {
    fn from(related: &RelatedIdentifier) -> Self {
        Self {
            relationship_type: related.relationship_type.to_string(),
            ci_type: related.ci_type.to_string(),
            attributes: related.attributes.iter().map(ToString::to_string).collect(),
        }
    }
}

impl From<&IdentificationRule> for IdentificationRuleObject {
    fn from(rule: &IdentificationRule) -> Self {
        Self {
            name: rule.name.to_string(),
            attributes: rule.attributes.iter().map(ToString::to_string).collect(),
            priority: i32::from(rule.priority),
            host: rule.host.as_ref().map(ToString::to_string),
            related: rule.related.as_ref().map(Into::into),
        }
    }
}

/// A CI type of a snapshot's catalog.
#[derive(Clone, Debug)]
pub struct CiTypeObject {
    view: Snapshot,
    definition: CiTypeDefinition,
}

impl CiTypeObject {
    pub(in crate::api) fn of(view: &Snapshot, id: CiTypeId) -> Option<Self> {
        let definition = view.catalog().ci_type(id)?.clone();
        Some(Self {
            view: view.clone(),
            definition,
        })
    }

    fn many(&self, ids: impl IntoIterator<Item = CiTypeId>) -> Vec<Self> {
        ids.into_iter().filter_map(|id| Self::of(&self.view, id)).collect()
    }
}

/// A kind of configuration item.
#[Object(name = "CiType")]
impl CiTypeObject {
    /// Its identity: `citype:` and its name.
    pub async fn id(&self) -> ID {
        ID(format!("citype:{}", self.definition.name))
    }

    /// Its name: `virtual_machine`.
    async fn name(&self) -> &str {
        self.definition.name.as_str()
    }

    /// Its name for people: `Virtual machine`.
    async fn label(&self) -> &str {
        &self.definition.label
    }

    /// What it is.
    async fn description(&self) -> &str {
        &self.definition.description
    }

    /// Whether no CI may be of this very type.
    async fn is_abstract(&self) -> bool {
        self.definition.is_abstract
    }

    /// The type it specialises; only the root has none.
    async fn parent(&self) -> Option<CiTypeObject> {
        Self::of(&self.view, self.definition.parent?)
    }

    /// The types it specialises, the nearest first.
    async fn ancestors(&self) -> Vec<CiTypeObject> {
        let ancestors = self.view.catalog().ancestors(self.definition.id);
        self.many(ancestors.iter().copied().filter(|id| *id != self.definition.id))
    }

    /// The types that specialise it directly.
    #[graphql(complexity = "10 * child_complexity")]
    async fn subtypes(&self) -> Vec<CiTypeObject> {
        let catalog = self.view.catalog();
        let children = catalog
            .ci_types()
            .filter(|child| child.parent == Some(self.definition.id));
        self.many(children.map(|child| child.id))
    }

    /// Its attributes, inherited ones included.
    #[graphql(complexity = "20 * child_complexity")]
    async fn attributes(&self) -> Vec<AttributeDefinitionObject> {
        let attributes = self.view.catalog().attributes_of(self.definition.id);
        attributes.iter().map(|attribute| attribute.as_ref().into()).collect()
    }

    /// How its CIs are identified, in the order to try.
    async fn identification(&self) -> Vec<IdentificationRuleObject> {
        self.view
            .catalog()
            .identification_of(self.definition.id)
            .iter()
            .map(Into::into)
            .collect()
    }

    /// The tier of its CIs that state none, 1 (most critical) to 4.
    async fn default_tier(&self) -> Option<u8> {
        self.view.catalog().default_tier(self.definition.id)
    }

    /// How long its CIs stay stale before they are retired; ISO 8601.
    async fn retire_after(&self) -> String {
        self.view.catalog().retire_after(self.definition.id).to_string()
    }

    /// How many CIs are of it, subtypes included.
    async fn count(&self) -> Long {
        let types = self.view.catalog().subtypes(self.definition.id);
        types
            .iter()
            .map(|ci_type| self.view.count_of_type(*ci_type))
            .sum::<usize>()
            .into()
    }

    /// How many CIs are of exactly this type.
    async fn exact_count(&self) -> Long {
        self.view.count_of_type(self.definition.id).into()
    }
}

/// A relationship type of a snapshot's catalog.
#[derive(Clone, Debug)]
pub struct RelationshipTypeObject {
    view: Snapshot,
    definition: RelationshipTypeDefinition,
}

impl RelationshipTypeObject {
    pub(in crate::api) fn of(view: &Snapshot, id: RelationshipTypeId) -> Option<Self> {
        let definition = view.catalog().relationship_type(id)?.clone();
        Some(Self {
            view: view.clone(),
            definition,
        })
    }

    fn types(&self, ids: &[CiTypeId]) -> Vec<CiTypeObject> {
        ids.iter().filter_map(|id| CiTypeObject::of(&self.view, *id)).collect()
    }
}

/// A kind of relationship.
#[Object(name = "RelationshipType")]
impl RelationshipTypeObject {
    /// Its identity: `reltype:` and its name.
    pub async fn id(&self) -> ID {
        ID(format!("reltype:{}", self.definition.name))
    }

    /// Its name: `runs_on`.
    async fn name(&self) -> &str {
        self.definition.name.as_str()
    }

    /// Read from start to end: `runs on`.
    async fn forward_phrase(&self) -> &str {
        &self.definition.forward_phrase
    }

    /// Read from end to start: `runs`.
    async fn reverse_phrase(&self) -> &str {
        &self.definition.reverse_phrase
    }

    /// What it means.
    async fn description(&self) -> &str {
        &self.definition.description
    }

    /// The types it may start from, each with its subtypes; empty: any.
    async fn from_types(&self) -> Vec<CiTypeObject> {
        self.types(&self.definition.from_types)
    }

    /// The types it may end at, each with its subtypes; empty: any.
    async fn to_types(&self) -> Vec<CiTypeObject> {
        self.types(&self.definition.to_types)
    }

    /// How much of a failure of the start hits the end: a strength's name, or its table.
    async fn forward_strength(&self) -> String {
        self.definition.forward.to_string()
    }

    /// How much of a failure of the end hits the start: a strength's name, or its table.
    async fn reverse_strength(&self) -> String {
        self.definition.reverse.to_string()
    }

    /// The pool whose implicit redundancy groups it fills.
    async fn pool(&self) -> Option<PoolObject> {
        self.view.catalog().pool(self.definition.pool?).map(Into::into)
    }

    /// The attributes its relationships may have.
    async fn attributes(&self) -> Vec<AttributeDefinitionObject> {
        self.definition.attributes.iter().map(Into::into).collect()
    }
}

/// Parameters of the implicit redundancy groups that relationship types fill: one group for each
/// consumer.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Pool")]
pub struct PoolObject {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// k, where the consumer states none: a number, or a percentage; absent: all are needed.
    pub up_min: Option<String>,
    /// d; absent: as k.
    pub capacity_min: Option<String>,
    /// r; absent: all.
    pub spare_min: Option<String>,
    /// The consumer's attribute that states k.
    pub up_min_attribute: Option<String>,
    /// Whether its groups are grounded.
    pub grounded: bool,
}

impl From<&PoolDefinition> for PoolObject {
    fn from(pool: &PoolDefinition) -> Self {
        Self {
            name: pool.name.to_string(),
            description: pool.description.clone(),
            up_min: pool.thresholds.up_min.map(|threshold| threshold.to_string()),
            capacity_min: pool.thresholds.capacity_min.map(|threshold| threshold.to_string()),
            spare_min: pool.thresholds.spare_min.map(|threshold| threshold.to_string()),
            up_min_attribute: pool.up_min_attribute.as_ref().map(ToString::to_string),
            grounded: pool.grounded,
        }
    }
}

/// What a lifecycle stage means.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "LifecycleRule")]
pub struct LifecycleRuleObject {
    /// The stage.
    pub stage: LifecycleStage,
    /// Whether its CIs take part in impact.
    pub takes_part: bool,
    /// The own state of its CIs when a question starts from the current state.
    pub current_state: ImpactState,
    /// The stages that a CI may move to from it.
    pub next: Vec<LifecycleStage>,
}

impl From<&LifecycleRule> for LifecycleRuleObject {
    fn from(rule: &LifecycleRule) -> Self {
        Self {
            stage: rule.stage.into(),
            takes_part: rule.takes_part,
            current_state: rule.current_state.into(),
            next: rule.next.iter().map(|stage| (*stage).into()).collect(),
        }
    }
}
