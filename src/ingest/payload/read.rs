//! From the bytes of a line to a checked [`Record`].

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a field takes one or two kinds of value and names every other kind in its refusal"
)]

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::model::command::NewPin;
use crate::model::{Input, Strength, Threshold, Weight};

use super::json::{Attributes, FromMap, OnlyMap, Raised, input};
use super::{
    CiRecord, GroupRecord, HeaderRecord, MemberRecord, PayloadError, Record, RelatedRecord, RelationshipRecord,
    ValueError,
};

/// Reads one line, without its line feed. Blank lines are for the caller to skip.
pub fn parse_line(line: &[u8]) -> Result<Record, PayloadError> {
    let text = std::str::from_utf8(line).map_err(|error| PayloadError::InvalidUtf8 {
        byte: error.valid_up_to(),
    })?;
    let raised = Raised::default();
    let mut parser = serde_json::Deserializer::from_str(text);
    let outcome = Object::<Line>::new("line", &raised).deserialize(&mut parser);
    match outcome.and_then(|line| parser.end().map(|()| line)) {
        Ok(line) => line.into_record(),
        Err(error) => Err(raised.into_error(&error)),
    }
}

/// A record that is read field by field.
trait Fields: Default {
    /// The fields there are, without the record's name.
    const KNOWN: &'static [&'static str];
    /// Those among them that must be there.
    const REQUIRED: &'static [&'static str];

    /// Reads the value of one of the known fields.
    fn set<'de, A: MapAccess<'de>>(&mut self, field: &Field<'_>, map: &mut A) -> Result<(), A::Error>;
}

/// The field being read: its place, for messages, and where errors go.
struct Field<'r> {
    record: &'static str,
    name: &'static str,
    raised: &'r Raised,
}

impl Field<'_> {
    fn path(&self) -> String {
        path(self.record, self.name)
    }

    fn raw<'de, A: MapAccess<'de>>(&self, map: &mut A) -> Result<Input, A::Error> {
        let raw = map.next_value::<&'de RawValue>()?;
        input(raw.get(), &self.path()).map_err(|error| self.raised.raise(error))
    }

    fn wrong<E: serde::de::Error>(&self, expected: &'static str, found: &Input) -> E {
        self.raised.raise(PayloadError::WrongKind {
            field: self.path(),
            expected,
            found: found.kind(),
        })
    }

    fn law<T, E: serde::de::Error>(&self, outcome: Result<T, impl Into<ValueError>>) -> Result<T, E> {
        outcome.map_err(|error| {
            self.raised.raise(PayloadError::Value {
                field: self.path(),
                source: error.into(),
            })
        })
    }

    fn text<'de, A: MapAccess<'de>>(&self, map: &mut A) -> Result<String, A::Error> {
        match self.raw(map)? {
            Input::Text(text) => Ok(text),
            other => Err(self.wrong("a text", &other)),
        }
    }

    fn boolean<'de, A: MapAccess<'de>>(&self, map: &mut A) -> Result<bool, A::Error> {
        match self.raw(map)? {
            Input::Boolean(value) => Ok(value),
            other => Err(self.wrong("a boolean", &other)),
        }
    }

    fn text_or_null<'de, A: MapAccess<'de>>(&self, map: &mut A) -> Result<Option<String>, A::Error> {
        match self.raw(map)? {
            Input::Null => Ok(None),
            Input::Text(text) => Ok(Some(text)),
            other => Err(self.wrong("a text", &other)),
        }
    }

    fn texts<'de, A: MapAccess<'de>>(&self, map: &mut A) -> Result<Vec<String>, A::Error> {
        let list = match self.raw(map)? {
            Input::List(list) => list,
            other => return Err(self.wrong("a list of texts", &other)),
        };
        let texts = list.into_iter().map(|value| match value {
            Input::Text(text) => Ok(text),
            other => Err(self.wrong("a list of texts", &other)),
        });
        texts.collect()
    }

    fn parsed<'de, T, A: MapAccess<'de>>(&self, map: &mut A) -> Result<T, A::Error>
    where
        T: FromStr,
        T::Err: Into<ValueError>,
    {
        let text = short(self.text(map)?);
        self.law(text.parse::<T>())
    }

    fn moment<'de, A: MapAccess<'de>>(&self, map: &mut A) -> Result<Option<Timestamp>, A::Error> {
        match self.raw(map)? {
            Input::Null => Ok(None),
            Input::Text(text) => {
                let text = short(text);
                let moment = text.parse::<Timestamp>();
                self.law(moment.map(Some).map_err(|_| ValueError::Timestamp(text)))
            }
            other => Err(self.wrong("a moment as text", &other)),
        }
    }

    fn strength<'de, A: MapAccess<'de>>(&self, map: &mut A) -> Result<Option<Strength>, A::Error> {
        let text = match self.raw(map)? {
            Input::Null => return Ok(None),
            Input::Text(text) => text,
            Input::List(states) => {
                let states: Option<Vec<String>> = states
                    .into_iter()
                    .map(|state| {
                        if let Input::Text(text) = state {
                            Some(text)
                        } else {
                            None
                        }
                    })
                    .collect();
                let Some(states) = states else {
                    return Err(self.wrong("a list of states", &Input::List(Vec::new())));
                };
                format!("[{}]", states.join(","))
            }
            other => return Err(self.wrong("a strength's name or a list of states", &other)),
        };
        self.law(short(text).parse().map(Some))
    }

    fn threshold<'de, A: MapAccess<'de>>(&self, map: &mut A) -> Result<Option<Threshold>, A::Error> {
        match self.raw(map)? {
            Input::Null => Ok(None),
            Input::Number(text) | Input::Text(text) => self.law(short(text).parse().map(Some)),
            other => Err(self.wrong("a whole number or a percentage", &other)),
        }
    }

    fn weight<'de, A: MapAccess<'de>>(&self, map: &mut A) -> Result<Weight, A::Error> {
        match self.raw(map)? {
            Input::Number(text) => {
                let text = short(text);
                let number = text.parse::<i64>();
                self.law(
                    number
                        .map_err(|_| crate::model::redundancy::WeightError(text))
                        .and_then(Weight::new),
                )
            }
            other => Err(self.wrong("a whole number", &other)),
        }
    }

    /// Each member is a reference, or an object with the reference, a weight and a strength.
    fn members<'de, A: MapAccess<'de>>(&self, map: &mut A) -> Result<Vec<MemberRecord>, A::Error> {
        let list = map.next_value::<&'de RawValue>()?;
        let Ok(list) = serde_json::from_str::<Vec<&RawValue>>(list.get()) else {
            let found = input(list.get(), &self.path()).map_err(|error| self.raised.raise(error))?;
            return Err(self.wrong("a list", &found));
        };
        let mut members = Vec::new();
        for raw in list {
            members.push(if raw.get().starts_with('{') {
                let mut parser = serde_json::Deserializer::from_str(raw.get());
                let member = Object::new("group.members", self.raised).deserialize(&mut parser);
                member.map_err(serde::de::Error::custom)?
            } else {
                match input(raw.get(), &self.path()).map_err(|error| self.raised.raise(error))? {
                    Input::Text(ci) => MemberRecord {
                        ci,
                        ..MemberRecord::default()
                    },
                    other => {
                        return Err(self.wrong("references, or objects with `ci`, `weight` and `strength`", &other));
                    }
                }
            });
        }
        Ok(members)
    }

    /// A list of objects, which messages call by a name.
    fn objects<'de, T: Fields, A: MapAccess<'de>>(&self, name: &'static str, map: &mut A) -> Result<Vec<T>, A::Error> {
        let list = map.next_value::<&'de RawValue>()?;
        let Ok(list) = serde_json::from_str::<Vec<&RawValue>>(list.get()) else {
            let found = input(list.get(), &self.path()).map_err(|error| self.raised.raise(error))?;
            return Err(self.wrong("a list of objects", &found));
        };
        let objects = list.into_iter().map(|raw| {
            let mut parser = serde_json::Deserializer::from_str(raw.get());
            let object = Object::new(name, self.raised).deserialize(&mut parser);
            object.map_err(serde::de::Error::custom)
        });
        objects.collect()
    }

    fn attributes<'de, A: MapAccess<'de>>(&self, map: &mut A) -> Result<Vec<(String, Input)>, A::Error> {
        map.next_value_seed(Attributes {
            field: &self.path(),
            raised: self.raised,
        })
    }

    fn record<'de, T: Fields, A: MapAccess<'de>>(&self, map: &mut A) -> Result<T, A::Error> {
        map.next_value_seed(Object::<T>::new(self.name, self.raised))
    }
}

/// Longest text that a message repeats; no value of a law of its own is as long.
const QUOTED_CHARS_MAX: usize = 200;

/// Cuts a text that no message should repeat in full. The mark keeps the rest from being taken for
/// a value.
fn short(mut text: String) -> String {
    if let Some((cut, _)) = text.char_indices().nth(QUOTED_CHARS_MAX) {
        text.truncate(cut);
        text.push('…');
    }
    text
}

fn path(record: &str, field: &str) -> String {
    if record == "line" {
        field.to_owned()
    } else {
        format!("{record}.{field}")
    }
}

/// Reads an object of known fields, each at most once.
struct Object<'r, T> {
    record: &'static str,
    raised: &'r Raised,
    made: std::marker::PhantomData<T>,
}

impl<'r, T> Object<'r, T> {
    fn new(record: &'static str, raised: &'r Raised) -> Self {
        Self {
            record,
            raised,
            made: std::marker::PhantomData,
        }
    }
}

impl<'de, T: Fields> FromMap<'de> for Object<'_, T> {
    type Made = T;

    fn read<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut record = T::default();
        let mut seen = 0u32;
        while let Some(index) = map.next_key_seed(KnownField::<T> {
            record: self.record,
            raised: self.raised,
            of: std::marker::PhantomData,
        })? {
            let field = Field {
                record: self.record,
                name: T::KNOWN[index],
                raised: self.raised,
            };
            if seen & (1 << index) != 0 {
                return Err(self.raised.raise(PayloadError::RepeatedField { field: field.path() }));
            }
            seen |= 1 << index;
            record.set(&field, &mut map)?;
        }
        let absent = (0..).zip(T::KNOWN).find(|(index, name)| {
            let missing = seen & (1 << index) == 0;
            missing && T::REQUIRED.contains(name)
        });
        match absent {
            None => Ok(record),
            Some((_, name)) => Err(self.raised.raise(PayloadError::MissingField {
                field: path(self.record, name),
            })),
        }
    }
}

impl<'de, T: Fields> DeserializeSeed<'de> for Object<'_, T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        let (field, raised) = (self.record, self.raised);
        OnlyMap {
            field,
            raised,
            then: self,
        }
        .deserialize(deserializer)
    }
}

/// Reads a field's name and gives its place among the known ones.
struct KnownField<'r, T> {
    record: &'static str,
    raised: &'r Raised,
    of: std::marker::PhantomData<T>,
}

impl<'de, T: Fields> DeserializeSeed<'de> for KnownField<'_, T> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<T: Fields> Visitor<'_> for KnownField<'_, T> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<usize, E> {
        let index = T::KNOWN.iter().position(|known| *known == name);
        index.ok_or_else(|| {
            self.raised.raise(PayloadError::UnknownField {
                field: path(self.record, &short(name.to_owned())),
                record: self.record,
                known: T::KNOWN,
            })
        })
    }
}

/// What a line may hold.
#[derive(Default)]
struct Line {
    header: HeaderRecord,
    spoken: bool,
    records: Vec<Record>,
}

impl Line {
    fn into_record(mut self) -> Result<Record, PayloadError> {
        let found = match (self.spoken, self.records.len()) {
            (false, 1) => return Ok(self.records.remove(0)),
            (true, 0) => return Ok(Record::Header(self.header)),
            (false, 0) => "is empty",
            (true, 1) => "has both",
            (_, 2..) => "has several",
        };
        Err(PayloadError::NotARecord {
            found: found.to_owned(),
        })
    }
}

impl Fields for Line {
    const KNOWN: &'static [&'static str] = &[
        "ci",
        "relationship",
        "group",
        "catalog",
        "source",
        "feed",
        "scope",
        "observed_at",
        "mode",
    ];
    const REQUIRED: &'static [&'static str] = &[];

    fn set<'de, A: MapAccess<'de>>(&mut self, field: &Field<'_>, map: &mut A) -> Result<(), A::Error> {
        match field.name {
            "ci" => self.records.push(Record::Ci(field.record(map)?)),
            "relationship" => self.records.push(Record::Relationship(field.record(map)?)),
            "group" => self.records.push(Record::Group(field.record(map)?)),
            "catalog" => self.records.push(Record::Catalog(field.text(map)?)),
            header => {
                self.spoken = true;
                match header {
                    "source" => self.header.source = Some(field.text(map)?),
                    "feed" => self.header.feed = Some(field.text(map)?),
                    "scope" => self.header.scope = Some(field.text(map)?),
                    "observed_at" => self.header.observed_at = field.moment(map)?,
                    _ => self.header.mode = Some(field.parsed(map)?),
                }
            }
        }
        Ok(())
    }
}

impl Fields for CiRecord {
    const KNOWN: &'static [&'static str] = &[
        "id",
        "key",
        "type",
        "name",
        "stage",
        "attributes",
        "tags",
        "host",
        "related",
        "valid_from",
        "valid_to",
        "aliases",
        "pins",
        "observed_at",
    ];
    const REQUIRED: &'static [&'static str] = &["type"];

    fn set<'de, A: MapAccess<'de>>(&mut self, field: &Field<'_>, map: &mut A) -> Result<(), A::Error> {
        match field.name {
            "id" => self.id = Some(field.parsed(map)?),
            "key" => self.key = Some(field.text(map)?),
            "type" => self.ci_type = field.text(map)?,
            "name" => self.name = Some(field.text(map)?),
            "stage" => self.stage = Some(field.parsed(map)?),
            "attributes" => self.attributes = field.attributes(map)?,
            "tags" => self.tags = Some(field.texts(map)?),
            "host" => self.host = Some(field.text(map)?),
            "related" => self.related = field.objects("ci.related", map)?,
            "valid_from" => self.valid_from = Some(field.moment(map)?),
            "valid_to" => self.valid_to = Some(field.moment(map)?),
            "aliases" => {
                let aliases = field.texts(map)?.into_iter();
                self.aliases = aliases
                    .map(|alias| field.law(alias.parse()))
                    .collect::<Result<_, _>>()?;
            }
            "pins" => self.pins = field.objects("ci.pins", map)?,
            _ => self.observed_at = field.moment(map)?,
        }
        Ok(())
    }
}

impl Fields for NewPin {
    const KNOWN: &'static [&'static str] = &["attribute", "at", "by"];
    const REQUIRED: &'static [&'static str] = &["attribute"];

    fn set<'de, A: MapAccess<'de>>(&mut self, field: &Field<'_>, map: &mut A) -> Result<(), A::Error> {
        match field.name {
            "attribute" => self.attribute = field.text(map)?,
            "at" => self.at = field.moment(map)?,
            _ => self.by = field.text_or_null(map)?,
        }
        Ok(())
    }
}

impl Fields for RelatedRecord {
    const KNOWN: &'static [&'static str] = &["type", "name", "attributes"];
    const REQUIRED: &'static [&'static str] = &["type"];

    fn set<'de, A: MapAccess<'de>>(&mut self, field: &Field<'_>, map: &mut A) -> Result<(), A::Error> {
        match field.name {
            "type" => self.ci_type = field.text(map)?,
            "name" => self.name = Some(field.text(map)?),
            _ => self.attributes = field.attributes(map)?,
        }
        Ok(())
    }
}

impl Fields for RelationshipRecord {
    const KNOWN: &'static [&'static str] = &[
        "from",
        "type",
        "to",
        "qualifier",
        "forward",
        "reverse",
        "weight",
        "group",
        "attributes",
        "valid_from",
        "valid_to",
        "observed_at",
    ];
    const REQUIRED: &'static [&'static str] = &["from", "type", "to"];

    fn set<'de, A: MapAccess<'de>>(&mut self, field: &Field<'_>, map: &mut A) -> Result<(), A::Error> {
        match field.name {
            "from" => self.from = field.text(map)?,
            "type" => self.relationship_type = field.text(map)?,
            "to" => self.to = field.text(map)?,
            "qualifier" => self.qualifier = field.text(map)?,
            "forward" => self.forward = Some(field.strength(map)?),
            "reverse" => self.reverse = Some(field.strength(map)?),
            "weight" => self.weight = Some(field.weight(map)?),
            "group" => self.group = Some(field.text_or_null(map)?),
            "attributes" => self.attributes = field.attributes(map)?,
            "valid_from" => self.valid_from = Some(field.moment(map)?),
            "valid_to" => self.valid_to = Some(field.moment(map)?),
            _ => self.observed_at = field.moment(map)?,
        }
        Ok(())
    }
}

impl Fields for GroupRecord {
    const KNOWN: &'static [&'static str] = &[
        "id",
        "key",
        "name",
        "consumer",
        "members",
        "up_min",
        "capacity_min",
        "spare_min",
        "strength",
        "grounded",
        "valid_from",
        "valid_to",
    ];
    const REQUIRED: &'static [&'static str] = &["name", "consumer"];

    fn set<'de, A: MapAccess<'de>>(&mut self, field: &Field<'_>, map: &mut A) -> Result<(), A::Error> {
        match field.name {
            "id" => self.id = Some(field.parsed(map)?),
            "key" => self.key = Some(field.text(map)?),
            "name" => self.name = field.text(map)?,
            "consumer" => self.consumer = field.text(map)?,
            "members" => self.members = field.members(map)?,
            "up_min" => self.up_min = field.threshold(map)?,
            "capacity_min" => self.capacity_min = field.threshold(map)?,
            "spare_min" => self.spare_min = field.threshold(map)?,
            "strength" => self.strength = field.strength(map)?,
            "grounded" => self.grounded = field.boolean(map)?,
            "valid_from" => self.valid_from = field.moment(map)?,
            _ => self.valid_to = field.moment(map)?,
        }
        Ok(())
    }
}

impl Fields for MemberRecord {
    const KNOWN: &'static [&'static str] = &["ci", "weight", "strength"];
    const REQUIRED: &'static [&'static str] = &["ci"];

    fn set<'de, A: MapAccess<'de>>(&mut self, field: &Field<'_>, map: &mut A) -> Result<(), A::Error> {
        match field.name {
            "ci" => self.ci = field.text(map)?,
            "weight" => self.weight = Some(field.weight(map)?),
            _ => self.strength = field.strength(map)?,
        }
        Ok(())
    }
}
