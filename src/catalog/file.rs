//! The form of a catalog file: TOML, as people write it.

use serde::Deserialize;
use toml::{Spanned, Value};

use super::{CatalogError, FILE_BYTES_MAX, Problem};

/// A parsed file.
pub(super) struct File {
    lines: Lines,
    pub(super) content: Content,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Content {
    pub(super) ci_type: Vec<Spanned<RawCiType>>,
    pub(super) ci_type_extension: Vec<Spanned<RawExtension>>,
    pub(super) relationship_type: Vec<Spanned<RawRelationshipType>>,
    pub(super) pool: Vec<Spanned<RawPool>>,
    pub(super) lifecycle: Vec<Spanned<RawLifecycle>>,
    pub(super) source: Vec<Spanned<RawSource>>,
    pub(super) authority: Vec<Spanned<RawAuthority>>,
    pub(super) junk: Vec<Spanned<RawJunk>>,
    pub(super) derivation: Vec<Spanned<RawDerivation>>,
    pub(super) class_alias: Vec<Spanned<RawClassAlias>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCiType {
    pub(super) name: String,
    pub(super) label: Option<String>,
    #[serde(default)]
    pub(super) description: String,
    pub(super) parent: Option<String>,
    #[serde(default, rename = "abstract")]
    pub(super) is_abstract: bool,
    pub(super) default_tier: Option<i64>,
    pub(super) retire_after: Option<String>,
    pub(super) identification: Option<Vec<Spanned<RawRule>>>,
    #[serde(default)]
    pub(super) attributes: Vec<Spanned<RawAttribute>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawExtension {
    pub(super) name: String,
    pub(super) default_tier: Option<i64>,
    pub(super) retire_after: Option<String>,
    pub(super) identification: Option<Vec<Spanned<RawRule>>>,
    #[serde(default)]
    pub(super) attributes: Vec<Spanned<RawAttribute>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAttribute {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) value_type: Option<String>,
    /// The type of a list's values.
    pub(super) of: Option<String>,
    /// What an enumeration takes.
    pub(super) values: Option<Vec<String>>,
    pub(super) description: Option<String>,
    pub(super) required: Option<bool>,
    pub(super) unique: Option<bool>,
    pub(super) pattern: Option<String>,
    pub(super) minimum: Option<Value>,
    pub(super) maximum: Option<Value>,
    pub(super) unit: Option<String>,
    pub(super) secret: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRule {
    pub(super) name: String,
    #[serde(default)]
    pub(super) attributes: Vec<String>,
    pub(super) priority: Option<u16>,
    /// The relationship type that leads to the host.
    pub(super) host: Option<String>,
    pub(super) related: Option<RawRelated>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRelated {
    pub(super) relationship_type: String,
    pub(super) ci_type: String,
    pub(super) attributes: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRelationshipType {
    pub(super) name: String,
    pub(super) forward_phrase: Option<String>,
    pub(super) reverse_phrase: Option<String>,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) from: Vec<String>,
    #[serde(default)]
    pub(super) to: Vec<String>,
    pub(super) forward: Option<String>,
    pub(super) reverse: Option<String>,
    pub(super) pool: Option<String>,
    #[serde(default)]
    pub(super) attributes: Vec<Spanned<RawAttribute>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPool {
    pub(super) name: String,
    #[serde(default)]
    pub(super) description: String,
    pub(super) up_min: Option<Value>,
    pub(super) capacity_min: Option<Value>,
    pub(super) spare_min: Option<Value>,
    pub(super) up_min_attribute: Option<String>,
    #[serde(default)]
    pub(super) grounded: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLifecycle {
    pub(super) stage: String,
    pub(super) takes_part: bool,
    pub(super) current_state: Option<String>,
    #[serde(default)]
    pub(super) next: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSource {
    pub(super) name: String,
    #[serde(default)]
    pub(super) description: String,
    pub(super) may_create: Option<bool>,
    pub(super) may_update: Option<bool>,
    pub(super) may_retire: Option<bool>,
    pub(super) may_create_placeholders: Option<bool>,
    pub(super) on_no_match: Option<String>,
    pub(super) on_many_matches: Option<String>,
    pub(super) sweep_share_max: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAuthority {
    pub(super) name: String,
    pub(super) ci_type: String,
    pub(super) attributes: Option<Vec<String>>,
    pub(super) policy: String,
    #[serde(default)]
    pub(super) sources: Vec<String>,
    pub(super) lapse: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawJunk {
    pub(super) name: String,
    pub(super) attributes: Option<Vec<String>>,
    #[serde(default)]
    pub(super) values: Vec<String>,
    #[serde(default)]
    pub(super) patterns: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDerivation {
    pub(super) name: String,
    pub(super) from: String,
    pub(super) attribute: String,
    pub(super) relationship_type: String,
    pub(super) to: String,
    pub(super) to_attribute: Option<String>,
    #[serde(default)]
    pub(super) reversed: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawClassAlias {
    pub(super) name: String,
    pub(super) ci_type: String,
}

/// Where something stands in a file and what it is, for refusals.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) subject: String,
}

impl Place {
    pub(super) fn refuse(&self, problem: impl Into<Problem>) -> CatalogError {
        CatalogError::Definition {
            line: self.line,
            subject: self.subject.clone(),
            problem: problem.into(),
        }
    }
}

impl File {
    pub(super) fn parse(text: &str) -> Result<Self, CatalogError> {
        if text.len() > FILE_BYTES_MAX {
            return Err(CatalogError::FileTooLong { bytes: text.len() });
        }
        let lines = Lines::of(text);
        let content = toml::from_str(text).map_err(|error| CatalogError::Syntax {
            line: error.span().map_or(1, |span| lines.number(span.start)),
            message: error.message().to_owned(),
        })?;
        Ok(Self { lines, content })
    }

    /// The place of a parsed thing.
    pub(super) fn place<T>(&self, thing: &Spanned<T>, subject: impl Into<String>) -> Place {
        Place {
            line: self.lines.number(thing.span().start),
            subject: subject.into(),
        }
    }
}

/// Where each line of a text ends.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(end, _)| end).collect())
    }

    /// The number of the line, from 1, that an offset lies in.
    fn number(&self, offset: usize) -> usize {
        1 + self.0.partition_point(|end| *end < offset)
    }
}
