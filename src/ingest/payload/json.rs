//! JSON values as [`Input`], with every number in the digits it was written with.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::model::Input;

use super::PayloadError;

/// Lists and objects inside one value may nest this deep: each level is scanned once more.
pub const VALUE_DEPTH_MAX: u8 = 32;

/// What a reader raised on the way, kept with its type: the parser's own error is only a text.
#[derive(Debug, Default)]
pub(super) struct Raised(RefCell<Option<PayloadError>>);

impl Raised {
    /// Keeps the error and gives one with which the parser stops.
    pub(super) fn raise<E: serde::de::Error>(&self, error: PayloadError) -> E {
        self.0.borrow_mut().get_or_insert(error);
        E::custom("refused")
    }

    /// What was raised first, or else the parser's own complaint.
    pub(super) fn into_error(self, parser: &serde_json::Error) -> PayloadError {
        self.0.into_inner().unwrap_or_else(|| {
            let text = parser.to_string();
            let message = text
                .rsplit_once(" at line ")
                .map_or(text.as_str(), |(before, _)| before);
            PayloadError::Json {
                column: parser.column(),
                message: message.to_owned(),
            }
        })
    }
}

/// Reads the text of one JSON value, which the parser has checked already.
pub(super) fn input(raw: &str, field: &str) -> Result<Input, PayloadError> {
    let raised = Raised::default();
    read(raw, field, 0, &raised).map_err(|error| raised.into_error(&error))
}

fn read(raw: &str, field: &str, depth: u8, raised: &Raised) -> Result<Input, serde_json::Error> {
    match raw.as_bytes().first() {
        Some(b'"') => text(raw).map(Input::Text),
        Some(b'{' | b'[') if depth >= VALUE_DEPTH_MAX => Err(raised.raise(PayloadError::TooDeep {
            field: field.to_owned(),
        })),
        Some(b'{' | b'[') => {
            let mut parser = serde_json::Deserializer::from_str(raw);
            Nested { field, depth, raised }.deserialize(&mut parser)
        }
        Some(b't') => Ok(Input::Boolean(true)),
        Some(b'f') => Ok(Input::Boolean(false)),
        Some(b'n') => Ok(Input::Null),
        Some(_) => Ok(Input::Number(raw.to_owned())),
        None => Err(serde_json::Error::custom("an empty value")),
    }
}

/// A JSON string; the common one without escapes is only copied.
fn text(raw: &str) -> Result<String, serde_json::Error> {
    match raw.get(1..raw.len() - 1) {
        Some(inner) if !inner.contains('\\') => Ok(inner.to_owned()),
        _ => serde_json::from_str(raw),
    }
}

/// Reads the attributes of a record: an object whose names stand once each.
#[derive(Clone, Copy)]
pub(super) struct Attributes<'r> {
    pub(super) field: &'r str,
    pub(super) raised: &'r Raised,
}

impl<'de> FromMap<'de> for Attributes<'_> {
    type Made = Vec<(String, Input)>;

    fn read<A: MapAccess<'de>>(self, map: A) -> Result<Self::Made, A::Error> {
        Nested {
            field: self.field,
            depth: 0,
            raised: self.raised,
        }
        .entries(map)
    }
}

impl<'de> DeserializeSeed<'de> for Attributes<'_> {
    type Value = Vec<(String, Input)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        OnlyMap {
            field: self.field,
            raised: self.raised,
            then: self,
        }
        .deserialize(deserializer)
    }
}

/// Makes something of the entries of a JSON object.
pub(super) trait FromMap<'de> {
    /// What is made.
    type Made;

    /// Reads the entries.
    fn read<A: MapAccess<'de>>(self, map: A) -> Result<Self::Made, A::Error>;
}

/// Takes an object and refuses every other kind of value with the field's name.
pub(super) struct OnlyMap<'r, T> {
    pub(super) field: &'r str,
    pub(super) raised: &'r Raised,
    pub(super) then: T,
}

impl<T> OnlyMap<'_, T> {
    fn refuse<M, E: serde::de::Error>(&self, found: &'static str) -> Result<M, E> {
        Err(self.raised.raise(if self.field == "line" {
            PayloadError::NotARecord {
                found: format!("is {found}"),
            }
        } else {
            PayloadError::WrongKind {
                field: self.field.to_owned(),
                expected: "an object",
                found,
            }
        }))
    }
}

impl<'de, T: FromMap<'de>> DeserializeSeed<'de> for OnlyMap<'_, T> {
    type Value = T::Made;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T::Made, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: FromMap<'de>> Visitor<'de> for OnlyMap<'_, T> {
    type Value = T::Made;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T::Made, A::Error> {
        self.then.read(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<T::Made, A::Error> {
        self.refuse("a list")
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<T::Made, E> {
        self.refuse("a text")
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<T::Made, E> {
        self.refuse("a boolean")
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<T::Made, E> {
        self.refuse("a number")
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<T::Made, E> {
        self.refuse("a number")
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<T::Made, E> {
        self.refuse("a number")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<T::Made, E> {
        self.refuse("null")
    }
}

#[derive(Clone, Copy)]
struct Nested<'r> {
    field: &'r str,
    depth: u8,
    raised: &'r Raised,
}

impl<'de> DeserializeSeed<'de> for Nested<'_> {
    type Value = Input;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Input, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Nested<'_> {
    type Value = Input;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list or an object")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Input, A::Error> {
        let mut list = Vec::new();
        while let Some(raw) = elements.next_element::<&'de RawValue>()? {
            list.push(self.nested(raw)?);
        }
        Ok(Input::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Input, A::Error> {
        self.entries(entries).map(Input::Object)
    }
}

impl Nested<'_> {
    fn entries<'de, A: MapAccess<'de>>(self, mut entries: A) -> Result<Vec<(String, Input)>, A::Error> {
        let mut object: Vec<(String, Input)> = Vec::new();
        while let Some(name) = entries.next_key::<String>()? {
            let raw = entries.next_value::<&'de RawValue>()?;
            object.push((name, self.nested(raw)?));
        }
        match repeated(&object) {
            None => Ok(object),
            Some(name) => Err(self.raised.raise(PayloadError::RepeatedField {
                field: format!("{}.{name}", self.field),
            })),
        }
    }

    fn nested<E: serde::de::Error>(&self, raw: &RawValue) -> Result<Input, E> {
        read(raw.get(), self.field, self.depth + 1, self.raised).map_err(E::custom)
    }
}

/// The name that stands twice. Sorted, so that an object of a hundred thousand names stays cheap.
fn repeated(object: &[(String, Input)]) -> Option<&str> {
    let mut names: Vec<&str> = object.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}
