//! Typed values of attributes, and all attributes of one thing in a compact form.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};

use super::network::{Cidr, Mac};
use super::packed::{PackError, Reader, Writer};
use super::{AttributeId, Decimal, Input, SourceId};

/// A value of an attribute, typed by the attribute's definition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AttributeValue {
    /// A string, enumeration value, URL or e-mail address.
    Text(Box<str>),
    /// An integer.
    Integer(i64),
    /// An exact decimal number.
    Decimal(Decimal),
    /// A boolean.
    Boolean(bool),
    /// A moment.
    Timestamp(Timestamp),
    /// A length of time.
    Duration(SignedDuration),
    /// An IP address.
    IpAddress(IpAddr),
    /// A network.
    Cidr(Cidr),
    /// A hardware address.
    Mac(Mac),
    /// Several values of one type.
    List(Vec<AttributeValue>),
    /// A JSON document, as compact text.
    Json(Box<str>),
}

/// One attribute of a CI or relationship: its value, and who has said so since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Which attribute.
    pub id: AttributeId,
    /// Its value.
    pub value: AttributeValue,
    /// Who said so first.
    pub source: SourceId,
    /// When this source first said this value, to the second.
    pub first_seen: Timestamp,
}

/// The attributes of one thing, by attribute number, in one compact block of bytes that is decoded
/// on access: a million CIs with eight attributes each fit into memory this way. The same bytes
/// are stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes(Box<[u8]>);

impl Attributes {
    /// Packs attributes; where one number stands twice the later one counts.
    pub fn new(mut attributes: Vec<Attribute>) -> Self {
        attributes.sort_by_key(|attribute| attribute.id);
        attributes.reverse();
        attributes.dedup_by_key(|attribute| attribute.id);
        attributes.reverse();
        Self(Attribute::pack_all(&attributes))
    }

    /// Takes packed bytes back, checking every one of them.
    pub fn from_packed(bytes: &[u8]) -> Result<Self, PackError> {
        Attribute::check_all(bytes, |id, _| id)?;
        Ok(Self(bytes.into()))
    }

    /// The packed bytes.
    pub fn as_packed(&self) -> &[u8] {
        &self.0
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All attributes, by number.
    pub fn iter(&self) -> impl Iterator<Item = Attribute> + '_ {
        Attribute::unpack_all(&self.0)
    }

    /// The attributes whose numbers are wanted, by number. The values of the others are passed over
    /// without being built.
    pub fn iter_of<'a>(&'a self, is_wanted: impl Fn(AttributeId) -> bool + 'a) -> impl Iterator<Item = Attribute> + 'a {
        let mut reader = Reader::new(&self.0);
        std::iter::from_fn(move || {
            while !reader.is_empty() {
                let mut ahead = reader.clone();
                let id = AttributeId::new(ahead.small().ok()?);
                if is_wanted(id) {
                    return Attribute::unpack(&mut reader).ok();
                }
                Attribute::check(&mut reader).ok()?;
            }
            None
        })
    }

    /// One attribute. Linear in the number of attributes, which is small.
    pub fn get(&self, id: AttributeId) -> Option<Attribute> {
        self.iter_of(|known| known == id).next()
    }

    /// The value of one attribute.
    pub fn value(&self, id: AttributeId) -> Option<AttributeValue> {
        self.get(id).map(|attribute| attribute.value)
    }
}

impl Attribute {
    /// Packs attributes one behind the other.
    pub(super) fn pack_all(attributes: &[Self]) -> Box<[u8]> {
        let mut writer = Writer::default();
        for attribute in attributes {
            attribute.pack(&mut writer);
        }
        writer.finish()
    }

    /// Refuses bytes that are not what [`Attribute::pack_all`] writes, or do not ascend by `key`.
    pub(super) fn check_all<K: Ord>(bytes: &[u8], key: impl Fn(AttributeId, SourceId) -> K) -> Result<(), PackError> {
        let mut reader = Reader::new(bytes);
        let mut last = None;
        while !reader.is_empty() {
            let (id, source) = Self::check(&mut reader)?;
            let found = Some(key(id, source));
            if last >= found {
                return Err(PackError);
            }
            last = found;
        }
        Ok(())
    }

    /// The attributes of bytes that were written by [`Attribute::pack_all`] or checked by
    /// [`Attribute::check_all`], so that decoding ends only at their end.
    pub(super) fn unpack_all(bytes: &[u8]) -> impl Iterator<Item = Self> + '_ {
        let mut reader = Reader::new(bytes);
        std::iter::from_fn(move || {
            if reader.is_empty() {
                None
            } else {
                Self::unpack(&mut reader).ok()
            }
        })
    }

    fn pack(&self, writer: &mut Writer) {
        writer.number(u64::from(self.id.number()));
        writer.number(u64::from(self.source.number()));
        writer.second(self.first_seen);
        self.value.pack(writer);
    }

    /// What [`Attribute::unpack`] does, without building the value: a store of a million CIs is
    /// checked at opening.
    fn check(reader: &mut Reader<'_>) -> Result<(AttributeId, SourceId), PackError> {
        let id = AttributeId::new(reader.small()?);
        let source = SourceId::new(reader.small()?);
        reader.second()?;
        AttributeValue::check(reader, 0)?;
        Ok((id, source))
    }

    fn unpack(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(Self {
            id: AttributeId::new(reader.small()?),
            source: SourceId::new(reader.small()?),
            first_seen: reader.second()?,
            value: AttributeValue::unpack(reader, 0)?,
        })
    }
}

/// Lists of lists deeper than this are refused when read back; the catalog allows one level.
const LIST_DEPTH_MAX: u8 = 4;

/// Levels of JSON that are read back; the catalog takes fewer.
const JSON_DEPTH_MAX: usize = 100;

impl AttributeValue {
    /// This value as untyped input, for showing it: what the catalog parses back to an equal value.
    pub fn to_input(&self) -> Input {
        match self {
            Self::Text(text) => Input::Text(text.to_string()),
            Self::Integer(number) => Input::Number(number.to_string()),
            Self::Decimal(decimal) => Input::Number(decimal.to_string()),
            Self::Boolean(value) => Input::Boolean(*value),
            Self::Timestamp(at) => Input::Text(at.to_string()),
            Self::Duration(duration) => Input::Text(duration.to_string()),
            Self::IpAddress(address) => Input::Text(address.to_string()),
            Self::Cidr(cidr) => Input::Text(cidr.to_string()),
            Self::Mac(mac) => Input::Text(mac.to_string()),
            Self::List(values) => Input::List(values.iter().map(Self::to_input).collect()),
            Self::Json(text) => {
                // The catalog wrote it from input; what else a store may hold is shown as text.
                Input::from_json(text, JSON_DEPTH_MAX).unwrap_or_else(|| Input::Text(text.to_string()))
            }
        }
    }

    fn pack(&self, writer: &mut Writer) {
        match self {
            Self::Text(text) => writer.tagged_text(0, text),
            Self::Integer(number) => {
                writer.byte(1);
                writer.signed(*number);
            }
            Self::Decimal(decimal) => {
                writer.byte(2);
                writer.signed(decimal.units());
                writer.byte(decimal.scale());
            }
            Self::Boolean(value) => writer.byte(if *value { 4 } else { 3 }),
            Self::Timestamp(at) => {
                writer.byte(5);
                writer.signed(at.as_microsecond());
            }
            Self::Duration(duration) => {
                writer.byte(6);
                writer.signed(duration.as_secs());
                writer.signed(i64::from(duration.subsec_nanos()));
            }
            Self::IpAddress(address) => writer.address(7, *address),
            Self::Cidr(cidr) => {
                writer.address(9, cidr.address());
                writer.byte(cidr.prefix());
            }
            Self::Mac(mac) => {
                writer.byte(11);
                writer.raw(&mac.0);
            }
            Self::List(values) => {
                writer.byte(12);
                writer.number(values.len() as u64);
                for value in values {
                    value.pack(writer);
                }
            }
            Self::Json(text) => writer.tagged_text(13, text),
        }
    }

    /// Refuses what [`AttributeValue::unpack`] refuses; only texts and lists, whose values would
    /// take memory, need a way of their own.
    fn check(reader: &mut Reader<'_>, depth: u8) -> Result<(), PackError> {
        match reader.clone().byte()? {
            0 | 13 => {
                reader.byte()?;
                reader.text()?;
            }
            12 if depth < LIST_DEPTH_MAX => {
                reader.byte()?;
                for _ in 0..reader.number()? {
                    Self::check(reader, depth + 1)?;
                }
            }
            _ => {
                Self::unpack(reader, depth)?;
            }
        }
        Ok(())
    }

    fn unpack(reader: &mut Reader<'_>, depth: u8) -> Result<Self, PackError> {
        Ok(match reader.byte()? {
            0 => Self::Text(reader.text()?.into()),
            1 => Self::Integer(reader.signed()?),
            2 => Self::Decimal(Decimal::new(reader.signed()?, reader.byte()?).ok_or(PackError)?),
            3 => Self::Boolean(false),
            4 => Self::Boolean(true),
            5 => Self::Timestamp(Timestamp::from_microsecond(reader.signed()?).map_err(|_| PackError)?),
            6 => {
                let (seconds, nanos) = (reader.signed()?, reader.signed()?);
                let nanos = i32::try_from(nanos)
                    .ok()
                    .filter(|nanos| nanos.unsigned_abs() < 1_000_000_000);
                Self::Duration(SignedDuration::new(seconds, nanos.ok_or(PackError)?))
            }
            7 => Self::IpAddress(reader.v4()?),
            8 => Self::IpAddress(reader.v6()?),
            9 => Self::Cidr(Cidr::new(reader.v4()?, reader.byte()?).ok_or(PackError)?),
            10 => Self::Cidr(Cidr::new(reader.v6()?, reader.byte()?).ok_or(PackError)?),
            11 => Self::Mac(Mac(reader.array()?)),
            12 if depth < LIST_DEPTH_MAX => {
                let length = reader.number()?;
                (0..length)
                    .map(|_| Self::unpack(reader, depth + 1))
                    .collect::<Result<_, _>>()
                    .map(Self::List)?
            }
            13 => Self::Json(reader.text()?.into()),
            _ => return Err(PackError),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(id: u16, value: AttributeValue) -> Attribute {
        Attribute {
            id: AttributeId::new(id),
            value,
            source: SourceId::new(300),
            first_seen: Timestamp::from_second(1_700_000_000).expect("in range"),
        }
    }

    fn one_of_each() -> Vec<Attribute> {
        let v6: IpAddr = "2001:db8::1".parse().expect("an address");
        let values = vec![
            AttributeValue::Text("häuser".into()),
            AttributeValue::Integer(i64::MIN),
            AttributeValue::Decimal("-1.25".parse().expect("a decimal")),
            AttributeValue::Boolean(true),
            AttributeValue::Boolean(false),
            AttributeValue::Timestamp(Timestamp::from_microsecond(-1).expect("in range")),
            AttributeValue::Duration(SignedDuration::new(-3, -500)),
            AttributeValue::IpAddress("10.0.0.1".parse().expect("an address")),
            AttributeValue::IpAddress(v6),
            AttributeValue::Cidr("10.0.0.0/8".parse().expect("a network")),
            AttributeValue::Cidr("2001:db8::/32".parse().expect("a network")),
            AttributeValue::Mac(Mac([0, 1, 2, 3, 4, 255])),
            AttributeValue::List(vec![AttributeValue::Integer(1), AttributeValue::Text("".into())]),
            AttributeValue::Json("{\"a\":1}".into()),
        ];
        (0..).zip(values).map(|(id, value)| attribute(id, value)).collect()
    }

    #[test]
    fn packed_attributes_read_back() {
        let all = one_of_each();
        let packed = Attributes::new(all.iter().rev().cloned().collect());
        assert_eq!(packed.iter().collect::<Vec<_>>(), all);
        assert_eq!(packed.value(AttributeId::new(3)), Some(AttributeValue::Boolean(true)));
        assert_eq!(packed.value(AttributeId::new(99)), None);
        assert_eq!(Attributes::from_packed(packed.as_packed()), Ok(packed));
    }

    #[test]
    fn the_later_of_two_values_counts() {
        let twice = vec![
            attribute(1, AttributeValue::Integer(1)),
            attribute(1, AttributeValue::Integer(2)),
        ];
        assert_eq!(
            Attributes::new(twice).value(AttributeId::new(1)),
            Some(AttributeValue::Integer(2))
        );
    }

    #[test]
    fn damaged_bytes_are_refused_not_misread() {
        let packed = Attributes::new(one_of_each());
        for length in 1..packed.as_packed().len() {
            let cut = Attributes::from_packed(&packed.as_packed()[..length]);
            assert!(cut.is_err() || cut.is_ok_and(|cut| cut.iter().count() < 14));
        }
        assert!(Attributes::from_packed(&[1, 0, 0, 200]).is_err());
        assert!(Attributes::from_packed(&[1, 0, 0, 12, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]).is_err());
    }
}
