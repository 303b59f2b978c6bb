//! Scalars that GraphQL itself has no word for.

use async_graphql::{InputValueError, InputValueResult, Number, Scalar, ScalarType, Value};
use jiff::{SignedDuration, Timestamp};

use crate::model::Revision;

/// The largest whole number that every JSON reader keeps exactly.
const EXACT_MAX: u64 = 1 << 53;

/// A whole number from 0 of 64 bits: a revision or a count. Written as a JSON number up to 2^53, and
/// as a string of digits beyond, because many JSON readers keep no more digits. Read in either form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Long(pub u64);

/// A whole number from 0 of 64 bits: a revision or a count. Written as a JSON number up to 2^53, and
/// as a string of digits beyond, because many JSON readers keep no more digits. Read in either form.
#[Scalar(name = "Long")]
impl ScalarType for Long {
    fn parse(value: Value) -> InputValueResult<Self> {
        let number = match &value {
            Value::Number(number) => number.as_u64(),
            Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
            Value::Null
            | Value::String(_)
            | Value::Boolean(_)
            | Value::Enum(_)
            | Value::Binary(_)
            | Value::List(_)
            | Value::Object(_) => None,
        };
        number
            .map(Self)
            .ok_or_else(|| InputValueError::custom(format!("`{value}` is no whole number from 0 to 2^64 - 1")))
    }

    fn to_value(&self) -> Value {
        if self.0 <= EXACT_MAX {
            Value::Number(Number::from(self.0))
        } else {
            Value::String(self.0.to_string())
        }
    }
}

impl From<usize> for Long {
    fn from(count: usize) -> Self {
        Self(count as u64)
    }
}

impl From<Revision> for Long {
    fn from(revision: Revision) -> Self {
        Self(revision.number())
    }
}

impl From<Long> for Revision {
    fn from(number: Long) -> Self {
        Self::new(number.0)
    }
}

/// A moment: RFC 3339, written in UTC, as `2026-01-31T12:00:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime(pub Timestamp);

/// A moment: RFC 3339, written in UTC, as `2026-01-31T12:00:00Z`.
#[Scalar(
    name = "DateTime",
    specified_by_url = "https://datatracker.ietf.org/doc/html/rfc3339"
)]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        text.parse()
            .map(Self)
            .map_err(|_| InputValueError::custom(format!("`{text}` is no moment: write it as 2026-01-31T12:00:00Z")))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A length of time: ISO 8601, as `PT4H`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duration(pub SignedDuration);

/// A length of time: ISO 8601, as `PT4H`.
#[Scalar(name = "Duration")]
impl ScalarType for Duration {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        text.parse()
            .map(Self)
            .map_err(|_| InputValueError::custom(format!("`{text}` is no length of time: write it as PT4H")))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// Any JSON value.
#[derive(Clone, Debug, PartialEq)]
pub struct Json(pub Value);

/// Any JSON value.
#[Scalar(name = "JSON")]
impl ScalarType for Json {
    fn parse(value: Value) -> InputValueResult<Self> {
        Ok(Self(value))
    }

    fn to_value(&self) -> Value {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_is_a_number_only_where_json_keeps_it_exactly() {
        assert_eq!(Long(1 << 53).to_value(), Value::from(1u64 << 53));
        assert_eq!(Long(u64::MAX).to_value(), Value::from(u64::MAX.to_string()));
    }

    #[test]
    fn a_long_reads_numbers_and_digits_and_nothing_else() {
        let read = |value: Value| Long::parse(value).ok().map(|long| long.0);
        assert_eq!(read(Value::from(7)), Some(7));
        assert_eq!(read(Value::from(u64::MAX.to_string())), Some(u64::MAX));
        for wrong in [
            Value::from(-1),
            Value::from("-1"),
            Value::from(1.5),
            Value::from(""),
            Value::Null,
        ] {
            assert_eq!(read(wrong), None);
        }
    }
}
