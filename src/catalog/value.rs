//! From untyped input to a typed value, checked against an attribute's definition.
//!
//! Lenient where nothing can be misread, because CSV knows only texts: `"4"` is an integer, `"TRUE"`
//! a boolean, `"In Use"` the enumeration value `in_use`.

use jiff::civil::Date;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use regex::{Regex, RegexBuilder};

use super::error::{AttributeError, shortened};
use crate::model::definition::{AttributeDefinition, ValueType};
use crate::model::{AttributeValue, Decimal, Input};

/// Longest text, in bytes.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;
/// Most values of a list.
pub const LIST_ITEMS_MAX: usize = 1_000;
/// Most bytes of all texts of a list together.
pub const LIST_BYTES_MAX: usize = 256 * 1024;
/// Longest JSON document, in bytes of its compact form.
pub const JSON_BYTES_MAX: usize = 256 * 1024;
/// Most levels of a JSON document.
pub const JSON_DEPTH_MAX: usize = 64;

/// Most bytes of a compiled pattern.
const PATTERN_SIZE_MAX: usize = 256 * 1024;
/// Longest e-mail address and longest part before the `@`: RFC 5321.
const EMAIL_BYTES_MAX: usize = 254;
const EMAIL_LOCAL_BYTES_MAX: usize = 64;

/// Compiles a pattern so that it must match the whole text.
pub(super) fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    let build = |text: &str| RegexBuilder::new(text).size_limit(PATTERN_SIZE_MAX).build();
    // Alone first: `a)|(b` must not become valid by being wrapped.
    build(pattern)?;
    build(&format!(r"\A(?:{pattern})\z"))
}

/// Gives `input` the definition's type and checks it; `None` for `Input::Null`.
pub(super) fn parse(
    definition: &AttributeDefinition,
    pattern: Option<&Regex>,
    input: &Input,
) -> Result<Option<AttributeValue>, AttributeError> {
    if *input == Input::Null {
        return Ok(None);
    }
    let check = Check { definition, pattern };
    check
        .value(&definition.value_type, input)
        .map(Some)
        .map_err(|expected| AttributeError::Invalid {
            attribute: definition.name.clone(),
            value: (!definition.secret).then(|| shown(input)),
            expected,
        })
}

/// How a refused value is shown.
fn shown(input: &Input) -> String {
    match input {
        Input::Text(text) => format!("`{}`", shortened(text)),
        Input::Number(digits) => format!("`{}`", shortened(digits)),
        Input::Boolean(value) => format!("`{value}`"),
        Input::Null | Input::List(_) | Input::Object(_) => input.kind().to_owned(),
    }
}

/// What was expected instead: the refusal of a value.
type Expected = String;

struct Check<'a> {
    definition: &'a AttributeDefinition,
    pattern: Option<&'a Regex>,
}

impl Check<'_> {
    fn value(&self, value_type: &ValueType, input: &Input) -> Result<AttributeValue, Expected> {
        match value_type {
            ValueType::String => self.text(free_text(input)?),
            ValueType::Enumeration(values) => enumeration(values, input),
            ValueType::Url => self.text(url(word(input).ok_or("an absolute URL, as https://example.com/x")?)?),
            ValueType::Email => self.text(email(word(input).ok_or("an e-mail address")?)?),
            ValueType::Integer => self.integer(input),
            ValueType::Decimal => self.decimal(input),
            ValueType::Boolean => boolean(input),
            ValueType::Timestamp => timestamp(input),
            ValueType::Duration => duration(input),
            ValueType::IpAddress => parsed(input, "an IP address", AttributeValue::IpAddress),
            ValueType::Cidr => {
                let expected = "a network as 10.0.0.0/8, with the host bits zero";
                parsed(input, expected, AttributeValue::Cidr)
            }
            ValueType::Mac => parsed(input, "a MAC address as 00:1a:2b:3c:4d:5e", AttributeValue::Mac),
            ValueType::List(items) => self.list(items, input),
            ValueType::Json => json(input),
        }
    }

    fn text(&self, text: &str) -> Result<AttributeValue, Expected> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(format!("at most {TEXT_BYTES_MAX} bytes"));
        }
        match (&self.definition.pattern, self.pattern) {
            (Some(stated), Some(pattern)) if !pattern.is_match(text) => {
                Err(format!("a text that matches `{}` as a whole", shortened(stated)))
            }
            _ => Ok(AttributeValue::Text(text.into())),
        }
    }

    fn integer(&self, input: &Input) -> Result<AttributeValue, Expected> {
        let expected = "a whole number of 64 bits";
        let decimal = number(input).ok_or(expected)?;
        if decimal.scale() != 0 {
            return Err(expected.to_owned());
        }
        self.in_range(decimal)?;
        Ok(AttributeValue::Integer(decimal.units()))
    }

    fn decimal(&self, input: &Input) -> Result<AttributeValue, Expected> {
        let decimal = number(input).ok_or("a decimal number of at most 18 digits")?;
        self.in_range(decimal)?;
        Ok(AttributeValue::Decimal(decimal))
    }

    fn in_range(&self, number: Decimal) -> Result<(), Expected> {
        let unit = self.definition.unit.as_ref();
        let unit = unit.map_or_else(String::new, |unit| format!(" ({unit})"));
        let (minimum, maximum) = (self.definition.minimum, self.definition.maximum);
        match (minimum, maximum) {
            (Some(minimum), _) if number < minimum => Err(format!("a number from {minimum}{unit}")),
            (_, Some(maximum)) if number > maximum => Err(format!("a number up to {maximum}{unit}")),
            _ => Ok(()),
        }
    }

    fn list(&self, items: &ValueType, input: &Input) -> Result<AttributeValue, Expected> {
        let split: Vec<Input>;
        let inputs = match input {
            Input::List(inputs) => inputs,
            Input::Text(text) if text.len() <= LIST_BYTES_MAX => {
                let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
                split = parts.take(LIST_ITEMS_MAX + 1).map(Input::from).collect();
                &split
            }
            Input::Null | Input::Boolean(_) | Input::Number(_) | Input::Text(_) | Input::Object(_) => {
                return Err("a list, or a text with `;` between its values".to_owned());
            }
        };
        if inputs.len() > LIST_ITEMS_MAX {
            return Err(format!("a list of at most {LIST_ITEMS_MAX} values"));
        }
        let mut values = Vec::with_capacity(inputs.len());
        let mut bytes = 0;
        for one in inputs {
            let value = self
                .value(items, one)
                .map_err(|expected| format!("a list of which each is {expected}"))?;
            if let AttributeValue::Text(text) = &value {
                bytes += text.len();
            }
            if bytes > LIST_BYTES_MAX {
                return Err(format!("a list of at most {LIST_BYTES_MAX} bytes"));
            }
            values.push(value);
        }
        Ok(AttributeValue::List(values))
    }
}

/// A text as it is, or a number in the digits it was written with.
fn free_text(input: &Input) -> Result<&str, Expected> {
    match input {
        Input::Text(text) | Input::Number(text) => Ok(text),
        Input::Null | Input::Boolean(_) | Input::List(_) | Input::Object(_) => Err("a text".to_owned()),
    }
}

/// A text without the blanks around it.
fn word(input: &Input) -> Option<&str> {
    match input {
        Input::Text(text) if text.len() <= TEXT_BYTES_MAX => Some(text.trim()),
        Input::Null | Input::Boolean(_) | Input::Number(_) | Input::Text(_) | Input::List(_) | Input::Object(_) => None,
    }
}

fn parsed<T: std::str::FromStr>(
    input: &Input,
    expected: &str,
    wrap: impl Fn(T) -> AttributeValue,
) -> Result<AttributeValue, Expected> {
    word(input)
        .and_then(|word| word.parse().ok())
        .map(wrap)
        .ok_or_else(|| expected.to_owned())
}

/// A number in digits, with a point and an exponent if need be, if it is exact in a [`Decimal`].
fn number(input: &Input) -> Option<Decimal> {
    let digits = match input {
        Input::Number(digits) => digits.as_str(),
        Input::Text(_) => word(input)?,
        Input::Null | Input::Boolean(_) | Input::List(_) | Input::Object(_) => return None,
    };
    let Some((mantissa, exponent)) = digits.split_once(['e', 'E']) else {
        return digits.parse().ok();
    };
    let mantissa: Decimal = mantissa.parse().ok()?;
    let exponent: i32 = exponent
        .parse()
        .ok()
        .filter(|exponent: &i32| exponent.unsigned_abs() <= 40)?;
    let scale = i32::from(mantissa.scale()) - exponent;
    if let Ok(scale) = u8::try_from(scale) {
        return Decimal::new(mantissa.units(), scale);
    }
    let factor = 10i64.checked_pow(scale.unsigned_abs())?;
    Decimal::new(mantissa.units().checked_mul(factor)?, 0)
}

fn boolean(input: &Input) -> Result<AttributeValue, Expected> {
    let value = match input {
        Input::Boolean(value) => Some(*value),
        Input::Text(text) if text.trim().eq_ignore_ascii_case("true") => Some(true),
        Input::Text(text) if text.trim().eq_ignore_ascii_case("false") => Some(false),
        Input::Null | Input::Number(_) | Input::Text(_) | Input::List(_) | Input::Object(_) => None,
    };
    value
        .map(AttributeValue::Boolean)
        .ok_or_else(|| "true or false".to_owned())
}

/// RFC 3339; a date alone is its first moment in UTC. Kept to the microsecond.
fn timestamp(input: &Input) -> Result<AttributeValue, Expected> {
    let read = |word: &str| {
        let moment: Timestamp = match word.parse() {
            Ok(moment) => moment,
            Err(_) if word.len() == "2026-01-31".len() => {
                let date: Date = word.parse().ok()?;
                date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp()
            }
            Err(_) => return None,
        };
        Timestamp::from_microsecond(moment.as_microsecond()).ok()
    };
    word(input)
        .and_then(read)
        .map(AttributeValue::Timestamp)
        .ok_or_else(|| "a moment as 2026-01-31T12:00:00Z, or a date".to_owned())
}

/// ISO 8601 or friendly; a day has 24 hours, and months are refused because they have no length.
pub(super) fn duration(input: &Input) -> Result<AttributeValue, Expected> {
    let read = |word: &str| {
        word.parse::<SignedDuration>().ok().or_else(|| {
            let span: Span = word.parse().ok()?;
            span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()
        })
    };
    word(input)
        .and_then(read)
        .map(AttributeValue::Duration)
        .ok_or_else(|| "a length of time as PT4H, 4h or 2d".to_owned())
}

/// The listed value that is this text; failing that, the only one that differs from it in case, or in
/// blanks and hyphens for underscores.
fn enumeration(values: &[String], input: &Input) -> Result<AttributeValue, Expected> {
    let found = free_text(input)
        .ok()
        .filter(|text| text.len() <= TEXT_BYTES_MAX)
        .and_then(|text| {
            if let Some(exact) = values.iter().find(|value| *value == text) {
                return Some(exact);
            }
            let loose = |text: &str| text.trim().to_lowercase().replace([' ', '-'], "_");
            let wanted = loose(text);
            let mut close = values.iter().filter(|value| loose(value) == wanted);
            close.next().filter(|_| close.next().is_none())
        });
    let text = found.ok_or_else(|| format!("one of {}", shortened_list(values)))?;
    Ok(AttributeValue::Text(text.as_str().into()))
}

fn shortened_list(values: &[String]) -> String {
    const LISTED_MAX: usize = 20;
    let mut listed: Vec<String> = values.iter().take(LISTED_MAX).map(|value| shortened(value)).collect();
    if values.len() > LISTED_MAX {
        listed.push(format!("{} more", values.len() - LISTED_MAX));
    }
    listed.join(", ")
}

/// An absolute URL with an authority (or a local file): scheme, `://`, something, no blanks.
fn url(text: &str) -> Result<&str, Expected> {
    let valid = text.split_once("://").is_some_and(|(scheme, rest)| {
        let scheme_ok = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b':'));
        let host_ok = !rest.is_empty() && (scheme == "file" || !rest.starts_with(['/', '?', '#']));
        scheme_ok && host_ok
    });
    let clean = !text.contains(|char: char| char.is_whitespace() || char.is_control());
    if valid && clean {
        Ok(text)
    } else {
        Err("an absolute URL, as https://example.com/x".to_owned())
    }
}

/// One `@` with a local part before it and a domain of non-empty labels behind it.
fn email(text: &str) -> Result<&str, Expected> {
    let blank = |char: char| char.is_whitespace() || char.is_control();
    let valid = text.len() <= EMAIL_BYTES_MAX
        && !text.contains(blank)
        && text.split_once('@').is_some_and(|(local, domain)| {
            (1..=EMAIL_LOCAL_BYTES_MAX).contains(&local.len())
                && domain.split('.').all(|label| {
                    let inner = |char: char| char.is_alphanumeric() || char == '-';
                    !label.is_empty() && label.chars().all(inner)
                })
        });
    if valid {
        Ok(text)
    } else {
        Err("an e-mail address".to_owned())
    }
}

fn json(input: &Input) -> Result<AttributeValue, Expected> {
    let text = input
        .to_json(JSON_DEPTH_MAX, JSON_BYTES_MAX)
        .ok_or_else(|| format!("a JSON document of at most {JSON_BYTES_MAX} bytes and {JSON_DEPTH_MAX} levels"))?;
    Ok(AttributeValue::Json(text.into()))
}

#[cfg(test)]
mod tests;
