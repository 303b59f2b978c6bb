//! Attributes: values as JSON, and who said them.

use async_graphql::indexmap::IndexMap;
use async_graphql::{Name, Number, SimpleObject, Value};

use crate::api::error::{ApiError, ApiResult};
use crate::api::scalars::{DateTime, Json};
use crate::catalog::Catalog;
use crate::graph::Estate;
use crate::model::definition::AttributeDefinition;
use crate::model::{Attribute, AttributeValue, Attributes, CiTypeId, Decimal, Input};

/// What is shown instead of a secret value.
pub(super) const MASK: &str = "***";

/// Decimals of more digits are written as text: many JSON readers keep no more.
const EXACT_DIGITS: usize = 15;

/// An attribute of a CI or relationship, with its provenance.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Attribute")]
pub struct AttributeObject {
    /// Its name.
    pub name: String,
    /// Its value; a secret one is shown as `***`.
    pub value: Json,
    /// Whether the value is secret.
    pub secret: bool,
    /// The unit of the number.
    pub unit: Option<String>,
    /// What the attribute means.
    pub description: Option<String>,
    /// Who said so.
    pub source: String,
    /// When this source first said this value.
    pub first_seen: DateTime,
    /// When this source last spoke of the CI.
    pub last_seen: DateTime,
}

impl AttributeObject {
    /// An attribute with its definition, if the type still has one.
    pub(in crate::api) fn new(
        estate: &Estate,
        definition: Option<&AttributeDefinition>,
        attribute: &Attribute,
        last_seen: Option<jiff::Timestamp>,
    ) -> Self {
        let name = estate.catalog().attribute_name(attribute.id);
        let secret = is_secret(definition);
        Self {
            name: name.map(ToString::to_string).unwrap_or_default(),
            value: Json(if secret {
                Value::from(MASK)
            } else {
                value_json(&attribute.value)
            }),
            secret,
            unit: definition.and_then(|definition| definition.unit.clone()),
            description: definition.map(|definition| definition.description.clone()),
            source: source_name(estate, attribute.source),
            first_seen: DateTime(attribute.first_seen),
            last_seen: DateTime(last_seen.map_or(attribute.first_seen, |seen| seen.max(attribute.first_seen))),
        }
    }
}

/// A value that no definition vouches for is treated as secret: the definition that called it so
/// may be gone.
pub(super) fn is_secret(definition: Option<&AttributeDefinition>) -> bool {
    definition.is_none_or(|definition| definition.secret)
}

pub(super) fn source_name(estate: &Estate, source: crate::model::SourceId) -> String {
    estate
        .source(source)
        .map(|source| source.name.to_string())
        .unwrap_or_default()
}

/// All attributes of a CI as one JSON object by name, or those of these names; secrets masked.
pub(in crate::api) fn attributes_json(
    catalog: &Catalog,
    ci_type: CiTypeId,
    attributes: &Attributes,
    names: Option<&[String]>,
) -> Value {
    let definition = |attribute: &Attribute| catalog.attribute_by_id(ci_type, attribute.id).map(AsRef::as_ref);
    json_by_name(catalog, attributes, names, |attribute| is_secret(definition(attribute)))
}

/// The attributes of a relationship as one JSON object by name; secrets masked.
pub(in crate::api) fn relationship_attributes_json(
    catalog: &Catalog,
    relationship_type: crate::model::RelationshipTypeId,
    attributes: &Attributes,
) -> Value {
    json_by_name(catalog, attributes, None, |attribute| {
        let name = catalog.attribute_name(attribute.id);
        let definition = name.and_then(|name| catalog.relationship_attribute_of(relationship_type, name.as_str()));
        is_secret(definition.map(AsRef::as_ref))
    })
}

fn json_by_name(
    catalog: &Catalog,
    attributes: &Attributes,
    names: Option<&[String]>,
    is_secret: impl Fn(&Attribute) -> bool,
) -> Value {
    let mut by_name: Vec<(&str, Value)> = Vec::new();
    for attribute in attributes.iter() {
        let Some(name) = catalog.attribute_name(attribute.id) else {
            continue;
        };
        if names.is_some_and(|names| !names.iter().any(|wanted| wanted == name.as_str())) {
            continue;
        }
        let value = if is_secret(&attribute) {
            Value::from(MASK)
        } else {
            value_json(&attribute.value)
        };
        by_name.push((name.as_str(), value));
    }
    by_name.sort_by_key(|(name, _)| *name);
    object(by_name)
}

/// A JSON object of these fields, in this order.
pub(in crate::api) fn object<'a>(fields: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let fields: IndexMap<Name, Value> = fields
        .into_iter()
        .map(|(name, value)| (Name::new(name), value))
        .collect();
    Value::Object(fields)
}

/// A value as JSON.
pub(in crate::api) fn value_json(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::Text(text) => Value::from(text.as_ref()),
        AttributeValue::Integer(number) => {
            if number.unsigned_abs() <= 1 << 53 {
                Value::from(*number)
            } else {
                Value::from(number.to_string())
            }
        }
        AttributeValue::Decimal(number) => decimal_json(*number),
        AttributeValue::Boolean(value) => Value::from(*value),
        AttributeValue::Timestamp(at) => Value::from(at.to_string()),
        AttributeValue::Duration(length) => Value::from(length.to_string()),
        AttributeValue::IpAddress(address) => Value::from(address.to_string()),
        AttributeValue::Cidr(network) => Value::from(network.to_string()),
        AttributeValue::Mac(mac) => Value::from(mac.to_string()),
        AttributeValue::List(items) => Value::List(items.iter().map(value_json).collect()),
        AttributeValue::Json(text) => {
            let json = serde_json::from_str(text)
                .ok()
                .and_then(|json| Value::from_json(json).ok());
            json.unwrap_or_else(|| Value::from(text.as_ref()))
        }
    }
}

fn decimal_json(number: Decimal) -> Value {
    let text = number.to_string();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let exact = text
        .parse()
        .ok()
        .filter(|_| digits <= EXACT_DIGITS)
        .and_then(Number::from_f64);
    exact.map_or(Value::from(text), Value::Number)
}

/// A JSON value as what the catalog will give a type.
pub(in crate::api) fn input_of(value: &Value) -> Input {
    match value {
        Value::Null => Input::Null,
        Value::Boolean(value) => Input::Boolean(*value),
        Value::Number(number) => Input::Number(number.to_string()),
        Value::String(text) => Input::Text(text.clone()),
        Value::Enum(name) => Input::Text(name.to_string()),
        Value::Binary(bytes) => Input::Text(String::from_utf8_lossy(bytes).into_owned()),
        Value::List(items) => Input::List(items.iter().map(input_of).collect()),
        Value::Object(fields) => Input::Object(
            fields
                .iter()
                .map(|(name, value)| (name.to_string(), input_of(value)))
                .collect(),
        ),
    }
}

/// A JSON object as attributes by name.
pub(in crate::api) fn inputs_by_name(field: &'static str, json: Option<Json>) -> ApiResult<Vec<(String, Input)>> {
    match json.map(|json| json.0) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Object(fields)) => Ok(fields
            .iter()
            .map(|(name, value)| (name.to_string(), input_of(value)))
            .collect()),
        Some(_) => Err(ApiError::input(
            field,
            format!("`{field}` must be an object of values by attribute name"),
        )),
    }
}
