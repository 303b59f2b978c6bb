//! Filters and orders of lists of CIs, as they are written and as the estate takes them.

use async_graphql::{Enum, InputObject};
use regex::RegexBuilder;

use super::{Direction, LifecycleStage};
use crate::api::context::resolve;
use crate::api::error::{ApiError, ApiResult};
use crate::api::query::relationships;
use crate::api::scalars::{DateTime, Json, Long};
use crate::app::ErrorCode;
use crate::graph::Snapshot;
use crate::graph::find::{self, AttributeTest, ChangedSince, CiFilter, CiOrder, CiSort, Operand, Related};
use crate::model::CiTypeId;

/// Longest pattern, in bytes, and largest compiled one: what a client may make us compile.
const PATTERN_BYTES_MAX: usize = 1_000;
const PATTERN_COMPILED_MAX: usize = 1 << 20;

/// Most values of one part of a filter.
const VALUES_MAX: usize = 1_000;

/// How to compare an attribute with values.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Is one of the values; a list, if one of its values is.
    Equal,
    /// Is none of the values, or not there.
    NotEqual,
    /// Is less.
    Less,
    /// Is less or equal.
    AtMost,
    /// Is greater.
    Greater,
    /// Is greater or equal.
    AtLeast,
    /// Contains the text, without regard to case.
    Contains,
    /// Begins with the text, without regard to case.
    StartsWith,
    /// Is an address or network within the network.
    Within,
    /// Is there.
    Exists,
    /// Is not there.
    Absent,
}

impl From<Comparison> for find::Comparison {
    fn from(comparison: Comparison) -> Self {
        match comparison {
            Comparison::Equal => Self::Equal,
            Comparison::NotEqual => Self::NotEqual,
            Comparison::Less => Self::Less,
            Comparison::AtMost => Self::AtMost,
            Comparison::Greater => Self::Greater,
            Comparison::AtLeast => Self::AtLeast,
            Comparison::Contains => Self::Contains,
            Comparison::StartsWith => Self::StartsWith,
            Comparison::Within => Self::Within,
            Comparison::Exists => Self::Exists,
            Comparison::Absent => Self::Absent,
        }
    }
}

/// A test on one attribute.
#[derive(InputObject, Clone, Debug)]
pub struct AttributeFilter {
    /// The attribute's name.
    pub name: String,
    /// How to compare.
    #[graphql(default_with = "Comparison::Equal")]
    pub comparison: Comparison,
    /// With what: passes if it does with any one of these. EXISTS and ABSENT take none.
    #[graphql(default)]
    pub values: Vec<Json>,
}

/// CIs that are directly related to one.
#[derive(InputObject, Clone, Debug)]
pub struct RelatedInput {
    /// The CI: an id, `type:name` or `attribute:value`.
    pub to: String,
    /// Only over relationships of these types.
    pub types: Option<Vec<String>>,
    /// Which way, seen from the CI named here.
    #[graphql(default_with = "Direction::Both")]
    pub direction: Direction,
}

/// CIs that somebody owns.
#[derive(InputObject, Clone, Debug)]
pub struct OwnersInput {
    /// The owners, each an id, `type:name` or `attribute:value`.
    pub owners: Vec<String>,
}

/// What a CI must be to be listed: all that is said here.
#[derive(InputObject, Clone, Debug, Default)]
#[graphql(name = "ConfigurationItemFilter")]
pub struct CiFilterInput {
    /// Of one of these types or their subtypes.
    pub types: Option<Vec<String>>,
    /// Of exactly these types: subtypes are not included.
    #[graphql(default)]
    pub exact_types: bool,
    /// In one of these stages.
    pub stages: Option<Vec<LifecycleStage>>,
    /// Named exactly so.
    pub name: Option<String>,
    /// Named with this beginning, without regard to case.
    pub name_prefix: Option<String>,
    /// Named with this part, without regard to case.
    pub name_contains: Option<String>,
    /// Named as this regular expression says, anywhere in the name unless it is anchored.
    pub name_pattern: Option<String>,
    /// With all these attributes.
    pub attributes: Option<Vec<AttributeFilter>>,
    /// With all these tags.
    pub tags: Option<Vec<String>>,
    /// Known by one of these sources.
    pub sources: Option<Vec<String>>,
    /// Owned by one of these.
    pub owned_by: Option<OwnersInput>,
    /// In one of these tiers.
    pub tiers: Option<Vec<u8>>,
    /// Directly related.
    pub related: Option<RelatedInput>,
    /// Written by a commit after this one.
    pub changed_after_revision: Option<Long>,
    /// Written at this moment or later.
    pub changed_since: Option<DateTime>,
}

/// By what to sort CIs.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum CiSortField {
    /// By id, which is by creation.
    Id,
    /// By name, without regard to case.
    Name,
    /// By the name of the type.
    Type,
    /// By the revision of the last write.
    Changed,
    /// By tier, 1 first; CIs without one come last.
    Tier,
}

/// An order of CIs; equal ones are ordered by id.
#[derive(InputObject, Clone, Copy, Debug)]
#[graphql(name = "ConfigurationItemOrder")]
pub struct CiOrderInput {
    /// By what.
    pub by: CiSortField,
    /// Largest first.
    #[graphql(default)]
    pub descending: bool,
}

impl From<CiOrderInput> for CiOrder {
    fn from(order: CiOrderInput) -> Self {
        let sort = match order.by {
            CiSortField::Id => CiSort::Id,
            CiSortField::Name => CiSort::Name,
            CiSortField::Type => CiSort::Type,
            CiSortField::Changed => CiSort::Changed,
            CiSortField::Tier => CiSort::Tier,
        };
        Self {
            sort,
            descending: order.descending,
        }
    }
}

impl CiFilterInput {
    /// The filter that the estate takes.
    pub(in crate::api) fn to_filter(&self, view: &Snapshot) -> ApiResult<CiFilter> {
        Ok(CiFilter {
            types: self
                .types
                .as_deref()
                .map(|names| ci_types(view, names, !self.exact_types))
                .transpose()?,
            stages: self.stages.iter().flatten().map(|stage| (*stage).into()).collect(),
            name: self.name.clone(),
            name_prefix: self.name_prefix.clone(),
            name_contains: self.name_contains.clone(),
            name_pattern: self.name_pattern.as_deref().map(pattern).transpose()?,
            attributes: self.attribute_tests(view)?,
            tags: bounded("tags", self.tags.as_deref())?.to_vec(),
            sources: self.source_ids(view)?,
            owners: self.owners(view)?,
            tiers: self.tiers.clone().unwrap_or_default(),
            related: self.related(view)?,
            changed_since: match (self.changed_after_revision, self.changed_since) {
                (Some(_), Some(_)) => {
                    let message = "give `changedAfterRevision` or `changedSince`, not both";
                    return Err(ApiError::input("changedSince", message));
                }
                (Some(revision), None) => Some(ChangedSince::Revision(revision.into())),
                (None, Some(at)) => Some(ChangedSince::At(at.0)),
                (None, None) => None,
            },
        })
    }

    fn attribute_tests(&self, view: &Snapshot) -> ApiResult<Vec<AttributeTest>> {
        let catalog = view.catalog();
        let tests = bounded("attributes", self.attributes.as_deref())?.iter().map(|test| {
            let id = catalog.attribute_id(&test.name).ok_or_else(|| {
                let message = format!("no CI type has an attribute `{}`", test.name);
                ApiError::new(ErrorCode::UnknownAttribute, message).with("field", test.name.clone())
            })?;
            let values = bounded("values", Some(&test.values))?;
            Ok(AttributeTest {
                attribute: id,
                comparison: test.comparison.into(),
                operands: values.iter().map(|value| Operand::new(&text(&value.0))).collect(),
            })
        });
        tests.collect()
    }

    fn source_ids(&self, view: &Snapshot) -> ApiResult<Vec<crate::model::SourceId>> {
        let mut sources = Vec::new();
        for name in bounded("sources", self.sources.as_deref())? {
            let known = sources.len();
            sources.extend(view.sources_named(name).map(|source| source.id));
            if sources.len() == known {
                let message = format!("there is no source `{name}`");
                return Err(ApiError::input("sources", message).with("value", name.clone()));
            }
        }
        Ok(sources)
    }

    fn owners(
        &self,
        view: &Snapshot,
    ) -> ApiResult<Option<(crate::model::RelationshipTypeId, Vec<crate::graph::Slot>)>> {
        let Some(owned_by) = &self.owned_by else {
            return Ok(None);
        };
        let owners = bounded("owners", Some(&owned_by.owners))?;
        let slots = owners
            .iter()
            .map(|owner| resolve(view, "owners", owner))
            .collect::<Result<_, _>>()?;
        Ok(Some((relationships::owned_by(view)?, slots)))
    }

    fn related(&self, view: &Snapshot) -> ApiResult<Option<Related>> {
        let Some(related) = &self.related else {
            return Ok(None);
        };
        Ok(Some(Related {
            slot: resolve(view, "related.to", &related.to)?,
            follow: relationships::follow(view, related.direction, related.types.as_deref())?,
        }))
    }
}

/// Types by name, with their subtypes if asked for.
pub(in crate::api) fn ci_types(view: &Snapshot, names: &[String], subtypes: bool) -> ApiResult<Vec<CiTypeId>> {
    let catalog = view.catalog();
    let mut types = Vec::new();
    for name in bounded("types", Some(names))? {
        let definition = catalog.ci_type_named(name).ok_or_else(|| {
            ApiError::new(ErrorCode::UnknownCiType, format!("there is no CI type `{name}`"))
                .with("field", "types")
                .with("value", name.clone())
        })?;
        if subtypes {
            types.extend_from_slice(catalog.subtypes(definition.id));
        } else {
            types.push(definition.id);
        }
    }
    types.sort_unstable();
    types.dedup();
    Ok(types)
}

/// The values of a list that says nothing if it is absent.
pub(in crate::api) fn bounded<'a, T>(field: &'static str, values: Option<&'a [T]>) -> ApiResult<&'a [T]> {
    let values = values.unwrap_or_default();
    if values.len() > VALUES_MAX {
        let message = format!("`{field}` has {} values, the limit is {VALUES_MAX}", values.len());
        return Err(ApiError::new(ErrorCode::LimitExceeded, message)
            .with("field", field)
            .with("limit", VALUES_MAX));
    }
    Ok(values)
}

fn pattern(text: &str) -> ApiResult<regex::Regex> {
    let refuse = |message: String| ApiError::input("namePattern", message).with("value", text);
    if text.len() > PATTERN_BYTES_MAX {
        return Err(refuse(format!("a pattern has at most {PATTERN_BYTES_MAX} bytes")).with("limit", PATTERN_BYTES_MAX));
    }
    RegexBuilder::new(text)
        .size_limit(PATTERN_COMPILED_MAX)
        .build()
        .map_err(|error| refuse(format!("`namePattern` is no regular expression: {error}")))
}

fn text(value: &async_graphql::Value) -> String {
    match value {
        async_graphql::Value::String(text) => text.clone(),
        async_graphql::Value::Enum(name) => name.to_string(),
        async_graphql::Value::Null
        | async_graphql::Value::Number(_)
        | async_graphql::Value::Boolean(_)
        | async_graphql::Value::Binary(_)
        | async_graphql::Value::List(_)
        | async_graphql::Value::Object(_) => value.to_string(),
    }
}
