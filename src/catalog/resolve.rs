//! From the parts of a catalog file to the parts of a definition, each checked by itself.

use toml::Value;

use super::error::shortened;
use super::file::{RawAttribute, RawLifecycle, RawPool, RawRule};
use super::value::compile;
use super::{
    DESCRIPTION_BYTES_MAX, ENUMERATION_VALUES_MAX, LABEL_BYTES_MAX, PATTERN_BYTES_MAX, Problem, RULE_ATTRIBUTES_MAX,
};
use crate::model::definition::{AttributeDefinition, IdentificationRule, LifecycleRule, PoolDefinition, ValueType};
use crate::model::redundancy::ThresholdError;
use crate::model::{AttributeId, Decimal, ImpactState, LifecycleStage, Name, PoolId, Strength, Threshold, Thresholds};

/// The pseudo-attribute of identification rules that stands for the CI's own name.
pub(super) const NAME_ATTRIBUTE: &str = "name";

/// Fields of every CI, which no attribute may be called after.
const RESERVED: [&str; 5] = ["id", NAME_ATTRIBUTE, "type", "stage", "tags"];

/// An attribute's name, if it may be one.
pub(super) fn attribute_name(text: &str) -> Result<Name, Problem> {
    let name = Name::new(text)?;
    if RESERVED.contains(&text) {
        return Err(Problem::ReservedName(name));
    }
    Ok(name)
}

/// An attribute definition. What the file leaves out is taken from what the type inherits.
pub(super) fn attribute(
    raw: &RawAttribute,
    id: AttributeId,
    inherited: Option<&AttributeDefinition>,
) -> Result<AttributeDefinition, Problem> {
    let value_type = value_type(raw, inherited)?;
    let stated = |stated: &Option<String>, inherited: Option<&String>| stated.as_ref().or(inherited).cloned();
    let flag = |stated: Option<bool>, inherited: Option<bool>| stated.or(inherited).unwrap_or(false);
    let bound = |stated: &Option<Value>, inherited: Option<Decimal>| match stated {
        Some(value) => bound(value).map(Some),
        None => Ok(inherited),
    };
    // Bounds and patterns of another kind of values do not carry over; the check of refinements says
    // what is wrong then.
    let kind = |value_type: &ValueType| std::mem::discriminant(value_type.element());
    let alike = inherited.filter(|one| kind(&one.value_type) == kind(&value_type));
    let definition = AttributeDefinition {
        id,
        name: attribute_name(&raw.name)?,
        description: stated(&raw.description, inherited.map(|one| &one.description)).unwrap_or_default(),
        required: flag(raw.required, inherited.map(|one| one.required)),
        unique: flag(raw.unique, inherited.map(|one| one.unique)),
        pattern: stated(&raw.pattern, alike.and_then(|one| one.pattern.as_ref())),
        minimum: bound(&raw.minimum, alike.and_then(|one| one.minimum))?,
        maximum: bound(&raw.maximum, alike.and_then(|one| one.maximum))?,
        unit: stated(&raw.unit, alike.and_then(|one| one.unit.as_ref())),
        secret: flag(raw.secret, inherited.map(|one| one.secret)),
        value_type,
    };
    check_attribute(&definition)?;
    Ok(definition)
}

fn check_attribute(definition: &AttributeDefinition) -> Result<(), Problem> {
    within("the description", definition.description.len(), DESCRIPTION_BYTES_MAX)?;
    within(
        "the unit",
        definition.unit.as_ref().map_or(0, String::len),
        LABEL_BYTES_MAX,
    )?;
    let element = definition.value_type.element();
    let numeric = matches!(element, ValueType::Integer | ValueType::Decimal);
    let textual = matches!(element, ValueType::String | ValueType::Url | ValueType::Email);
    if !numeric && (definition.minimum.is_some() || definition.maximum.is_some() || definition.unit.is_some()) {
        return Err(Problem::KeyMisplaced(
            "`minimum`, `maximum` and `unit` are for integer and decimal: leave them out",
        ));
    }
    if let (Some(minimum), Some(maximum)) = (definition.minimum, definition.maximum)
        && minimum > maximum
    {
        return Err(Problem::InvalidBound(format!("{minimum}..{maximum}")));
    }
    if definition.unique && matches!(definition.value_type, ValueType::List(_) | ValueType::Json) {
        return Err(Problem::KeyMisplaced("`unique` is not for list and json: leave it out"));
    }
    if let Some(pattern) = &definition.pattern {
        if !textual {
            return Err(Problem::KeyMisplaced(
                "`pattern` is for string, url and email: leave it out",
            ));
        }
        within("the pattern", pattern.len(), PATTERN_BYTES_MAX)?;
        compile(pattern).map_err(|error| invalid_pattern(pattern, &error))?;
    }
    Ok(())
}

/// Why a pattern is refused.
pub(super) fn invalid_pattern(pattern: &str, error: &regex::Error) -> Problem {
    Problem::InvalidPattern {
        pattern: shortened(pattern),
        // The last line says what is wrong; those before it draw the pattern.
        message: error.to_string().lines().last().unwrap_or_default().to_owned(),
    }
}

fn value_type(raw: &RawAttribute, inherited: Option<&AttributeDefinition>) -> Result<ValueType, Problem> {
    let inherited = inherited.map(|one| &one.value_type);
    let Some(stated) = &raw.value_type else {
        if raw.of.is_some() {
            return Err(Problem::KeyMisplaced(
                "`of` is for `type = \"list\"`: leave it out, or state the type",
            ));
        }
        return match (inherited, &raw.values) {
            (None, _) => Err(Problem::KeyMisplaced(
                "`type` is missing, and no ancestor declares the attribute",
            )),
            (Some(inherited), None) => Ok(inherited.clone()),
            (Some(ValueType::Enumeration(_)), Some(values)) => enumeration(values),
            (Some(_), Some(_)) => Err(Problem::KeyMisplaced("`values` is for enumeration: leave it out")),
        };
    };
    let value_type = match (stated.as_str(), &raw.of) {
        ("list", Some(of)) if of != "list" => ValueType::List(Box::new(simple_type(of, raw, inherited)?)),
        ("list", Some(_)) => return Err(Problem::KeyMisplaced("a list of lists is not possible")),
        ("list", None) => {
            return Err(Problem::KeyMisplaced(
                "`of` is missing: state the type of the list's values",
            ));
        }
        (_, Some(_)) => return Err(Problem::KeyMisplaced("`of` is for `type = \"list\"`: leave it out")),
        (simple, None) => simple_type(simple, raw, inherited)?,
    };
    let takes_values = matches!(value_type.element(), ValueType::Enumeration(_));
    if raw.values.is_some() && !takes_values {
        return Err(Problem::KeyMisplaced("`values` is for enumeration: leave it out"));
    }
    Ok(value_type)
}

fn simple_type(name: &str, raw: &RawAttribute, inherited: Option<&ValueType>) -> Result<ValueType, Problem> {
    Ok(match name {
        "string" => ValueType::String,
        "integer" => ValueType::Integer,
        "decimal" => ValueType::Decimal,
        "boolean" => ValueType::Boolean,
        "timestamp" => ValueType::Timestamp,
        "duration" => ValueType::Duration,
        "ip_address" => ValueType::IpAddress,
        "cidr" => ValueType::Cidr,
        "mac" => ValueType::Mac,
        "url" => ValueType::Url,
        "email" => ValueType::Email,
        "json" => ValueType::Json,
        "enumeration" => match (&raw.values, inherited) {
            (Some(values), _) => enumeration(values)?,
            (None, Some(ValueType::Enumeration(values))) => ValueType::Enumeration(values.clone()),
            (None, _) => {
                return Err(Problem::KeyMisplaced(
                    "`values` is missing: list what the enumeration takes",
                ));
            }
        },
        other => return Err(Problem::UnknownValueType(shortened(other))),
    })
}

fn enumeration(values: &[String]) -> Result<ValueType, Problem> {
    if values.is_empty() {
        return Err(Problem::Empty("`values`"));
    }
    within("`values`", values.len(), ENUMERATION_VALUES_MAX)?;
    let mut sorted: Vec<&String> = values.iter().collect();
    sorted.sort();
    sorted.dedup();
    if sorted.len() < values.len() {
        return Err(Problem::KeyMisplaced("`values` lists one value twice: keep one"));
    }
    for value in values {
        if value.trim().is_empty() {
            return Err(Problem::Empty("one of `values`"));
        }
        within("one of `values`", value.len(), LABEL_BYTES_MAX)?;
    }
    Ok(ValueType::Enumeration(values.to_vec()))
}

fn bound(value: &Value) -> Result<Decimal, Problem> {
    let text = scalar(value);
    text.parse().map_err(|_| Problem::InvalidBound(shortened(&text)))
}

/// A number or text of a file, as text.
fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Integer(_)
        | Value::Float(_)
        | Value::Boolean(_)
        | Value::Datetime(_)
        | Value::Array(_)
        | Value::Table(_) => value.to_string(),
    }
}

/// An identification rule; its attributes are checked once the whole type is known.
pub(super) fn rule(raw: &RawRule, position: usize) -> Result<IdentificationRule, Problem> {
    if raw.attributes.is_empty() && raw.related.is_none() {
        return Err(Problem::Empty("`attributes`"));
    }
    within("`attributes`", raw.attributes.len(), RULE_ATTRIBUTES_MAX)?;
    let mut attributes = Vec::with_capacity(raw.attributes.len());
    for text in &raw.attributes {
        let name = Name::new(text)?;
        if attributes.contains(&name) {
            return Err(Problem::KeyMisplaced(
                "`attributes` lists one attribute twice: keep one",
            ));
        }
        attributes.push(name);
    }
    let in_order = u16::try_from((position + 1) * 10).unwrap_or(u16::MAX);
    Ok(IdentificationRule {
        name: Name::new(&raw.name)?,
        attributes,
        priority: raw.priority.unwrap_or(in_order),
        host: raw.host.as_deref().map(Name::new).transpose()?,
        related: raw.related.as_ref().map(super::rule::related).transpose()?,
    })
}

/// A tier 1 to 4.
pub(super) fn tier(stated: Option<i64>) -> Result<Option<u8>, Problem> {
    stated
        .map(|tier| {
            u8::try_from(tier)
                .ok()
                .filter(|tier| (1..=4).contains(tier))
                .ok_or(Problem::InvalidTier(tier))
        })
        .transpose()
}

/// A strength; absent: none.
pub(super) fn strength(stated: Option<&String>) -> Result<Strength, Problem> {
    Ok(stated.map(|text| text.parse()).transpose()?.unwrap_or(Strength::NONE))
}

/// A text for people: the stated one, or one made of the name.
pub(super) fn label(stated: Option<&String>, name: &Name) -> Result<String, Problem> {
    let label = match stated {
        Some(label) if label.trim().is_empty() => return Err(Problem::Empty("a label or phrase")),
        Some(label) => label.clone(),
        None => name.as_str().replace('_', " "),
    };
    within("a label or phrase", label.len(), LABEL_BYTES_MAX)?;
    Ok(label)
}

/// Refuses what is larger than its limit.
pub(super) fn within(what: &'static str, size: usize, limit: usize) -> Result<(), Problem> {
    if size > limit {
        return Err(Problem::TooLarge { what, size, limit });
    }
    Ok(())
}

/// A pool.
pub(super) fn pool(raw: &RawPool, id: PoolId) -> Result<PoolDefinition, Problem> {
    within("the description", raw.description.len(), DESCRIPTION_BYTES_MAX)?;
    Ok(PoolDefinition {
        id,
        name: Name::new(&raw.name)?,
        description: raw.description.clone(),
        thresholds: Thresholds {
            up_min: threshold(raw.up_min.as_ref())?,
            capacity_min: threshold(raw.capacity_min.as_ref())?,
            spare_min: threshold(raw.spare_min.as_ref())?,
        },
        up_min_attribute: raw.up_min_attribute.as_deref().map(Name::new).transpose()?,
        grounded: raw.grounded,
    })
}

fn threshold(stated: Option<&Value>) -> Result<Option<Threshold>, Problem> {
    let parse = |value: &Value| {
        let text = scalar(value);
        text.parse()
            .map_err(|ThresholdError(text)| ThresholdError(shortened(&text)))
    };
    Ok(stated.map(parse).transpose()?)
}

/// A rule of the lifecycle.
pub(super) fn lifecycle(raw: &RawLifecycle) -> Result<LifecycleRule, Problem> {
    let stage: LifecycleStage = raw.stage.parse()?;
    let current_state = match &raw.current_state {
        None => ImpactState::Ok,
        Some(text) => text.parse().map_err(|_| Problem::InvalidState(shortened(text)))?,
    };
    let next = raw
        .next
        .iter()
        .map(|text| text.parse())
        .collect::<Result<Vec<_>, _>>()?;
    lifecycle_rule(LifecycleRule {
        stage,
        takes_part: raw.takes_part,
        current_state,
        next,
    })
}

/// A rule of the lifecycle with its transitions in the order of a life, each once.
pub(super) fn lifecycle_rule(mut rule: LifecycleRule) -> Result<LifecycleRule, Problem> {
    if rule.next.contains(&rule.stage) {
        return Err(Problem::MoveToItself(rule.stage));
    }
    rule.next.sort();
    rule.next.dedup();
    Ok(rule)
}
