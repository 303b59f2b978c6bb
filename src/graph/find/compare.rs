//! Comparing a typed value with what somebody wrote.

use std::cmp::Ordering;
use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};

use crate::model::network::{Cidr, Mac};
use crate::model::{AttributeValue, Decimal};

/// How to compare an attribute's value with an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// Equal; a list, if one of its values is.
    Equal,
    /// Not equal, or not there.
    NotEqual,
    /// Less.
    Less,
    /// Less or equal.
    AtMost,
    /// Greater.
    Greater,
    /// Greater or equal.
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

/// What a value is compared with: the same text read as every type that it can be, because types
/// may give one attribute name different value types.
#[derive(Clone, Debug)]
pub struct Operand {
    text: String,
    folded: String,
    integer: Option<i64>,
    decimal: Option<Decimal>,
    boolean: Option<bool>,
    timestamp: Option<Timestamp>,
    duration: Option<SignedDuration>,
    address: Option<IpAddr>,
    network: Option<Cidr>,
    mac: Option<Mac>,
}

impl Operand {
    /// Reads a text.
    pub fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            folded: text.to_lowercase(),
            integer: text.parse().ok(),
            decimal: text.parse().ok(),
            boolean: text.parse().ok(),
            timestamp: text.parse().ok(),
            duration: text.parse().ok(),
            address: text.parse().ok(),
            network: text.parse().ok(),
            mac: text.parse().ok(),
        }
    }

    /// Whether a value compares so with this operand. Of values that cannot be compared, nothing is
    /// true.
    pub(super) fn matches(&self, value: &AttributeValue, comparison: Comparison) -> bool {
        if let AttributeValue::List(items) = value {
            return items.iter().any(|item| self.matches(item, comparison));
        }
        let ordered = |wanted: fn(Ordering) -> bool| self.order(value).is_some_and(wanted);
        match comparison {
            Comparison::Equal => ordered(Ordering::is_eq),
            Comparison::NotEqual => !ordered(Ordering::is_eq),
            Comparison::Less => ordered(Ordering::is_lt),
            Comparison::AtMost => ordered(Ordering::is_le),
            Comparison::Greater => ordered(Ordering::is_gt),
            Comparison::AtLeast => ordered(Ordering::is_ge),
            Comparison::Contains => text_of(value).to_lowercase().contains(&self.folded),
            Comparison::StartsWith => text_of(value).to_lowercase().starts_with(&self.folded),
            Comparison::Within => self.network.is_some_and(|network| is_within(value, network)),
            Comparison::Exists => true,
            Comparison::Absent => false,
        }
    }

    /// The value against this operand.
    fn order(&self, value: &AttributeValue) -> Option<Ordering> {
        match value {
            AttributeValue::Text(text) | AttributeValue::Json(text) => Some((**text).cmp(self.text.as_str())),
            AttributeValue::Integer(number) => match self.integer {
                Some(integer) => Some(number.cmp(&integer)),
                None => Some(Decimal::new(*number, 0)?.cmp(&self.decimal?)),
            },
            AttributeValue::Decimal(number) => Some(number.cmp(&self.decimal?)),
            AttributeValue::Boolean(value) => Some(value.cmp(&self.boolean?)),
            AttributeValue::Timestamp(at) => Some(at.cmp(&self.timestamp?)),
            AttributeValue::Duration(length) => Some(length.cmp(&self.duration?)),
            AttributeValue::IpAddress(address) => Some(address.cmp(&self.address?)),
            AttributeValue::Cidr(network) => {
                let key = |network: &Cidr| (network.address(), network.prefix());
                Some(key(network).cmp(&key(&self.network?)))
            }
            AttributeValue::Mac(mac) => Some(mac.0.cmp(&self.mac?.0)),
            AttributeValue::List(_) => None,
        }
    }
}

/// A value as people write it; a list as nothing.
pub(in crate::graph) fn text_of(value: &AttributeValue) -> String {
    match value {
        AttributeValue::Text(text) | AttributeValue::Json(text) => text.to_string(),
        AttributeValue::Integer(number) => number.to_string(),
        AttributeValue::Decimal(number) => number.to_string(),
        AttributeValue::Boolean(value) => value.to_string(),
        AttributeValue::Timestamp(at) => at.to_string(),
        AttributeValue::Duration(length) => length.to_string(),
        AttributeValue::IpAddress(address) => address.to_string(),
        AttributeValue::Cidr(network) => network.to_string(),
        AttributeValue::Mac(mac) => mac.to_string(),
        AttributeValue::List(_) => String::new(),
    }
}

fn is_within(value: &AttributeValue, network: Cidr) -> bool {
    let (address, prefix) = match value {
        AttributeValue::IpAddress(IpAddr::V4(address)) => (IpAddr::V4(*address), 32),
        AttributeValue::IpAddress(IpAddr::V6(address)) => (IpAddr::V6(*address), 128),
        AttributeValue::Cidr(inner) => (inner.address(), inner.prefix()),
        AttributeValue::Text(_)
        | AttributeValue::Integer(_)
        | AttributeValue::Decimal(_)
        | AttributeValue::Boolean(_)
        | AttributeValue::Timestamp(_)
        | AttributeValue::Duration(_)
        | AttributeValue::Mac(_)
        | AttributeValue::List(_)
        | AttributeValue::Json(_) => return false,
    };
    prefix >= network.prefix()
        && first_bits(address, network.prefix()) == first_bits(network.address(), network.prefix())
}

/// The version and the first bits of an address.
fn first_bits(address: IpAddr, prefix: u8) -> (bool, u128) {
    let (v4, bits) = match address {
        IpAddr::V4(v4) => (true, u128::from(v4.to_bits()) << 96),
        IpAddr::V6(v6) => (false, v6.to_bits()),
    };
    let kept = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
    (v4, bits & kept)
}
