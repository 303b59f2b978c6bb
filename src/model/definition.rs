//! What the catalog is made of: definitions of CI types, relationship types, pools and the
//! lifecycle, as plain data. The catalog checks them and looks them up.

use jiff::SignedDuration;

use super::{
    AttributeId, CiTypeId, ImpactState, LifecycleStage, Name, PoolId, RelationshipTypeId, Strength, Thresholds,
};

/// The type of an attribute's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// Any text.
    String,
    /// A whole number of 64 bits.
    Integer,
    /// An exact decimal number.
    Decimal,
    /// `true` or `false`.
    Boolean,
    /// A moment, RFC 3339.
    Timestamp,
    /// A length of time, ISO 8601 (`PT4H`) or friendly (`4h`).
    Duration,
    /// One of the stated texts.
    Enumeration(Vec<String>),
    /// An IP address, version 4 or 6.
    IpAddress,
    /// A network in CIDR notation.
    Cidr,
    /// A hardware address.
    Mac,
    /// An absolute URL.
    Url,
    /// An e-mail address.
    Email,
    /// Several values of one type, which is no list.
    List(Box<ValueType>),
    /// Any JSON document.
    Json,
}

impl ValueType {
    /// The word that catalog files have for it; a list is `list`, whatever of.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Decimal => "decimal",
            Self::Boolean => "boolean",
            Self::Timestamp => "timestamp",
            Self::Duration => "duration",
            Self::Enumeration(_) => "enumeration",
            Self::IpAddress => "ip_address",
            Self::Cidr => "cidr",
            Self::Mac => "mac",
            Self::Url => "url",
            Self::Email => "email",
            Self::List(_) => "list",
            Self::Json => "json",
        }
    }

    /// The type of a list's values; of anything else the type itself.
    pub fn element(&self) -> &Self {
        if let Self::List(items) = self { items } else { self }
    }
}

/// What a type says of one attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeDefinition {
    /// The number of the name.
    pub id: AttributeId,
    /// The name.
    pub name: Name,
    /// What it means, for people.
    pub description: String,
    /// The type of its value.
    pub value_type: ValueType,
    /// Whether every CI in use must have it.
    pub required: bool,
    /// Whether no two CIs of the declaring type may share a value.
    pub unique: bool,
    /// A regular expression that the whole text must match.
    pub pattern: Option<String>,
    /// The least number allowed.
    pub minimum: Option<super::Decimal>,
    /// The greatest number allowed.
    pub maximum: Option<super::Decimal>,
    /// The unit of the number: `GiB`, `minutes`.
    pub unit: Option<String>,
    /// Whether the value must never be shown or logged.
    pub secret: bool,
}

/// A set of attributes that together identify a CI of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentificationRule {
    /// Its name, unique in the type: `serial_number`.
    pub name: Name,
    /// The attributes; the CI's own name is the pseudo-attribute `name`. Empty only where `related`
    /// says what identifies.
    pub attributes: Vec<Name>,
    /// Smaller is tried first.
    pub priority: u16,
    /// The relationship type that leads from the CI to the CI it belongs to: the rule holds among
    /// the CIs of one host only. `None`: among all CIs of the type.
    pub host: Option<Name>,
    /// The values of a related CI that identify it.
    pub related: Option<RelatedIdentifier>,
}

/// Identifies a CI by the values of another that it stands in relationship with: a server by the
/// hardware address of one of its interfaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelatedIdentifier {
    /// The type of the relationship between the two, read in either direction.
    pub relationship_type: Name,
    /// The type of the other CI, with its subtypes.
    pub ci_type: Name,
    /// The other CI's attributes that together identify; `name` is its own name.
    pub attributes: Vec<Name>,
}

/// A kind of configuration item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CiTypeDefinition {
    /// Its number.
    pub id: CiTypeId,
    /// Its name: `virtual_machine`.
    pub name: Name,
    /// Its name for people: `Virtual machine`.
    pub label: String,
    /// What it is, for people.
    pub description: String,
    /// The type it specialises; only the root has none.
    pub parent: Option<CiTypeId>,
    /// Whether no CI may be of this very type.
    pub is_abstract: bool,
    /// The attributes it adds or refines.
    pub attributes: Vec<AttributeDefinition>,
    /// How its CIs are identified; `None`: as its parent's.
    pub identification: Option<Vec<IdentificationRule>>,
    /// The tier of its CIs that state none, 1 (most critical) to 4. Not inherited when absent: it is
    /// inherited from the nearest ancestor that states one.
    pub default_tier: Option<u8>,
    /// How long its CIs stay stale before they are retired. Inherited as `default_tier` is.
    pub retire_after: Option<SignedDuration>,
}

/// A kind of relationship.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelationshipTypeDefinition {
    /// Its number.
    pub id: RelationshipTypeId,
    /// Its name: `runs_on`.
    pub name: Name,
    /// Read from start to end: `runs on`.
    pub forward_phrase: String,
    /// Read from end to start: `runs`.
    pub reverse_phrase: String,
    /// What it means, for people.
    pub description: String,
    /// The types it may start from, each with its subtypes; empty: any.
    pub from_types: Vec<CiTypeId>,
    /// The types it may end at, each with its subtypes; empty: any.
    pub to_types: Vec<CiTypeId>,
    /// How much of a failure of the start hits the end.
    pub forward: Strength,
    /// How much of a failure of the end hits the start.
    pub reverse: Strength,
    /// The pool whose implicit groups it fills.
    pub pool: Option<PoolId>,
    /// The attributes its relationships may have.
    pub attributes: Vec<AttributeDefinition>,
}

/// Parameters of the implicit redundancy groups that relationship types fill: one group for each
/// consumer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolDefinition {
    /// Its number.
    pub id: PoolId,
    /// Its name: `power`.
    pub name: Name,
    /// What it is, for people.
    pub description: String,
    /// k, d and r, where the consumer states none.
    pub thresholds: Thresholds,
    /// The consumer's attribute that states k: `min_up`.
    pub up_min_attribute: Option<Name>,
    /// Whether its groups are grounded.
    pub grounded: bool,
}

/// What one lifecycle stage means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifecycleRule {
    /// The stage.
    pub stage: LifecycleStage,
    /// Whether its CIs take part in impact.
    pub takes_part: bool,
    /// The own state of its CIs when the present state counts.
    pub current_state: ImpactState,
    /// The stages it may move to.
    pub next: Vec<LifecycleStage>,
}
