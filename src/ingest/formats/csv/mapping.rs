//! Which column of a CSV file says what.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How the columns and words of a CSV file become records. As a TOML or JSON document:
///
/// ```toml
/// other_columns = "ignore"
/// [fields]                       # our field = columns, in order of preference
/// key = ["u_key"]
/// type = ["sys_class_name", "table"]
/// [attributes]                   # column = our attribute
/// notes = "description"
/// [values.environment]           # their word = our value
/// DR = "disaster_recovery"
/// [constants]                    # our field = its value in every row
/// stage = "in_service"
/// [ci_types]                     # their word = our type
/// cmdb_ci_linux_server = "server"
/// [relationship_types."Runs on::Runs"]
/// type = "runs_on"
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CsvMapping {
    /// What the rows are; absent: relationships if there are columns for both ends, else CIs.
    pub rows: Option<RowKind>,
    /// What separates the columns; absent: the comma, semicolon or tab that the first line has most
    /// of.
    pub delimiter: Option<char>,
    /// The columns of each field, in order of preference: the first that is not empty counts. A
    /// field that is not named here has the columns of [`columns_of`].
    pub fields: BTreeMap<Field, Vec<String>>,
    /// The attributes of CIs in columns that are not called like them.
    pub attributes: BTreeMap<String, String>,
    /// The attributes of relationships in columns that are not called like them.
    pub relationship_attributes: BTreeMap<String, String>,
    /// Fields that have the same value in every row whose columns say nothing.
    pub constants: BTreeMap<Field, String>,
    /// What columns that nothing names are.
    pub other_columns: OtherColumns,
    /// CI types by the words of the file.
    pub ci_types: BTreeMap<String, String>,
    /// Values by attribute and the words of the file.
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// Stages by the words of the file.
    pub stages: BTreeMap<String, String>,
    /// Relationship types by the words of the file.
    pub relationship_types: BTreeMap<String, RelationshipAlias>,
}

/// What the rows of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowKind {
    /// CIs.
    ConfigurationItems,
    /// Relationships.
    Relationships,
}

/// What columns are that nothing names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OtherColumns {
    /// Attributes of their own name.
    #[default]
    Attributes,
    /// Nothing.
    Ignore,
}

/// What a word of the file for a relationship means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelationshipAlias {
    /// Our type.
    #[serde(rename = "type")]
    pub relationship_type: String,
    /// Whether the file's start is our end.
    #[serde(default)]
    pub reversed: bool,
}

/// A field of a record that a column can fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The CI's identity, `ci:...`.
    Id,
    /// The source's own key.
    Key,
    /// The type of the CI or relationship.
    Type,
    /// The CI's name.
    Name,
    /// The CI's stage.
    Stage,
    /// The CI's labels, separated by `;`.
    Tags,
    /// From when it holds.
    ValidFrom,
    /// Until when it holds.
    ValidTo,
    /// When the source observed it.
    ObservedAt,
    /// Where the relationship starts.
    From,
    /// Where the relationship ends.
    To,
    /// Tells parallel relationships apart.
    Qualifier,
    /// The relationship's weight in its group.
    Weight,
    /// The relationship's redundancy group.
    Group,
    /// How much of a failure of the start hits the end.
    Forward,
    /// How much of a failure of the end hits the start.
    Reverse,
}

impl Field {
    /// All fields.
    pub const ALL: [Self; 16] = [
        Self::Id,
        Self::Key,
        Self::Type,
        Self::Name,
        Self::Stage,
        Self::Tags,
        Self::ValidFrom,
        Self::ValidTo,
        Self::ObservedAt,
        Self::From,
        Self::To,
        Self::Qualifier,
        Self::Weight,
        Self::Group,
        Self::Forward,
        Self::Reverse,
    ];

    /// The name in mappings and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Key => "key",
            Self::Type => "type",
            Self::Name => "name",
            Self::Stage => "stage",
            Self::Tags => "tags",
            Self::ValidFrom => "valid_from",
            Self::ValidTo => "valid_to",
            Self::ObservedAt => "observed_at",
            Self::From => "from",
            Self::To => "to",
            Self::Qualifier => "qualifier",
            Self::Weight => "weight",
            Self::Group => "group",
            Self::Forward => "forward",
            Self::Reverse => "reverse",
        }
    }

    /// Whether relationships have it.
    pub(super) fn of_relationships(self) -> bool {
        !matches!(self, Self::Id | Self::Key | Self::Name | Self::Stage | Self::Tags)
    }

    /// Whether CIs have it.
    pub(super) fn of_cis(self) -> bool {
        !self.of_relationships() || matches!(self, Self::Type | Self::ValidFrom | Self::ValidTo | Self::ObservedAt)
    }
}

/// The columns of a field where the mapping names none, in order of preference. They are compared
/// in lower case, with `_` for spaces and hyphens.
pub const fn columns_of(field: Field) -> &'static [&'static str] {
    match field {
        Field::Id => &["id"],
        Field::Key => &["key", "native_key", "u_key", "external_id", "sys_id", "ci_key", "ci_id"],
        Field::Type => &[
            "type",
            "ci_type",
            "sys_class_name",
            "class",
            "relationship_type",
            "rel_type",
        ],
        Field::Name => &["name", "ci_name"],
        Field::Stage => &["stage", "lifecycle_stage"],
        Field::Tags => &["tags", "labels"],
        Field::ValidFrom => &["valid_from"],
        Field::ValidTo => &["valid_to"],
        Field::ObservedAt => &["observed_at"],
        Field::From => &["from", "parent", "from_key", "parent_u_key", "source_key"],
        Field::To => &["to", "child", "to_key", "child_u_key", "target_key"],
        Field::Qualifier => &["qualifier"],
        Field::Weight => &["weight"],
        Field::Group => &["group"],
        Field::Forward => &["forward"],
        Field::Reverse => &["reverse"],
    }
}

/// A text is no mapping.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CsvMappingError {
    /// The text is no TOML, or no mapping.
    #[error("no mapping of CSV columns")]
    Text(#[source] toml::de::Error),
    /// The delimiter is none.
    #[error("`{0}` is no delimiter: use one ASCII character that is no quote and no line end")]
    Delimiter(char),
}

impl CsvMapping {
    /// Reads a mapping as TOML.
    pub fn from_toml(text: &str) -> Result<Self, CsvMappingError> {
        let mapping: Self = toml::from_str(text).map_err(CsvMappingError::Text)?;
        match mapping.delimiter {
            Some(delimiter) if !delimiter.is_ascii() || matches!(delimiter, '"' | '\n' | '\r') => {
                Err(CsvMappingError::Delimiter(delimiter))
            }
            Some(_) | None => Ok(mapping),
        }
    }

    /// The mapping of `ServiceNow`'s tables and relationship labels onto the default catalog.
    pub fn servicenow() -> Self {
        Self::from_toml(include_str!("servicenow.toml")).expect("the embedded mapping is checked by a test")
    }

    /// The delimiter as a byte.
    pub(super) fn delimiter_byte(&self) -> Option<u8> {
        self.delimiter.and_then(|delimiter| u8::try_from(delimiter).ok())
    }
}
