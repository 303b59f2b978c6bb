//! Attributes of one CI, gathered with care: an optional value that cannot be read is left out and
//! noted, because otherwise it would take the whole record with it.

use std::net::IpAddr;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::model::Input;

use super::names::means_nothing;
use super::notes::{MALFORMED, Notes};

/// Longest text taken over, in bytes: what is longer is no name, version or model.
const TEXT_BYTES_MAX: usize = 4 * 1024;

/// Gathers attributes; what a source does not say, or says without meaning, is not among them.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    attributes: Vec<(String, Input)>,
    custom: Map<String, Value>,
}

impl Fields {
    /// A text, unless it is empty or a maker's filler.
    pub(crate) fn text(&mut self, name: &str, value: Option<&str>) {
        if let Some(text) = value.map(str::trim).filter(|text| !means_nothing(text)) {
            self.set(name, Input::Text(shortened(text)));
        }
    }

    /// A whole number within what the attribute takes; others are noted.
    pub(crate) fn integer(
        &mut self,
        name: &str,
        value: Option<i64>,
        range: std::ops::RangeInclusive<i64>,
        notes: &mut Notes,
    ) {
        match value {
            Some(value) if range.contains(&value) => self.set(name, Input::Number(value.to_string())),
            Some(value) => notes.add(
                MALFORMED,
                format!(
                    "`{name}` is not between {} and {} and left out",
                    range.start(),
                    range.end()
                ),
                &value.to_string(),
            ),
            None => {}
        }
    }

    /// A count or size, which is never negative.
    pub(crate) fn count(&mut self, name: &str, value: Option<i64>, notes: &mut Notes) {
        self.integer(name, value, 0..=i64::MAX, notes);
    }

    /// Yes or no.
    pub(crate) fn boolean(&mut self, name: &str, value: Option<bool>) {
        if let Some(value) = value {
            self.set(name, Input::Boolean(value));
        }
    }

    /// A moment.
    pub(crate) fn moment(&mut self, name: &str, value: Option<Timestamp>) {
        if let Some(value) = value {
            self.set(name, Input::Text(value.to_string()));
        }
    }

    /// An address, without zone and prefix length.
    pub(crate) fn address(&mut self, name: &str, value: Option<&str>, notes: &mut Notes) {
        if let Some(text) = value.map(str::trim).filter(|text| !means_nothing(text)) {
            match address(text) {
                Some(address) if address.is_unspecified() => {}
                Some(address) => self.set(name, Input::Text(address.to_string())),
                None => notes.add(MALFORMED, format!("`{name}` is no address and left out"), text),
            }
        }
    }

    /// Addresses, each once, in their own order.
    pub(crate) fn addresses<'t>(&mut self, name: &str, values: impl IntoIterator<Item = &'t str>, notes: &mut Notes) {
        let mut addresses: Vec<IpAddr> = Vec::new();
        for text in values.into_iter().map(str::trim).filter(|text| !means_nothing(text)) {
            match address(text) {
                Some(address) if address.is_unspecified() => {}
                Some(address) => addresses.push(address),
                None => notes.add(MALFORMED, format!("`{name}`: no address, left out"), text),
            }
        }
        addresses.sort_unstable();
        addresses.dedup();
        self.texts(name, addresses.iter().map(ToString::to_string));
    }

    /// A hardware address in the form `00:11:22:aa:bb:cc`; all zeros are none.
    pub(crate) fn mac(&mut self, name: &str, value: Option<&str>, notes: &mut Notes) {
        if let Some(text) = value.map(str::trim).filter(|text| !means_nothing(text)) {
            match mac(text) {
                Some(mac) if identifies(&mac) => self.set(name, Input::Text(mac)),
                Some(_) => {}
                None => notes.add(MALFORMED, format!("`{name}` is no hardware address and left out"), text),
            }
        }
    }

    /// Hardware addresses, each once, in their own order; those that cannot be read or are all zeros
    /// are passed over, because the interfaces they belong to note them.
    pub(crate) fn macs<'t>(&mut self, name: &str, values: impl IntoIterator<Item = &'t str>) {
        let mut macs: Vec<String> = values
            .into_iter()
            .filter_map(mac)
            .filter(|mac| identifies(mac))
            .collect();
        macs.sort_unstable();
        macs.dedup();
        self.texts(name, macs);
    }

    /// A UUID, in small letters.
    pub(crate) fn uuid(&mut self, name: &str, value: Option<&str>, notes: &mut Notes) {
        if let Some(text) = value.map(str::trim).filter(|text| !means_nothing(text)) {
            match text.parse::<uuid::Uuid>() {
                Ok(uuid) if uuid.is_nil() || uuid.is_max() => {}
                Ok(uuid) => self.set(name, Input::Text(uuid.hyphenated().to_string())),
                Err(_) => notes.add(MALFORMED, format!("`{name}` is no UUID and left out"), text),
            }
        }
    }

    /// A list of texts, if there are any.
    pub(crate) fn texts(&mut self, name: &str, values: impl IntoIterator<Item = String>) {
        let values: Vec<Input> = values.into_iter().map(Input::Text).collect();
        if !values.is_empty() {
            self.set(name, Input::List(values));
        }
    }

    /// What is useful beyond the declared attributes.
    pub(crate) fn custom(&mut self, name: &str, value: Option<impl Into<Value>>) {
        match value.map(Into::into) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) if means_nothing(&text) => {}
            Some(value) => {
                self.custom.insert(name.to_owned(), value);
            }
        }
    }

    /// The attributes.
    pub(crate) fn finish(mut self) -> Vec<(String, Input)> {
        if !self.custom.is_empty() {
            let custom = Input::from(&Value::Object(std::mem::take(&mut self.custom)));
            self.attributes.push(("custom".to_owned(), custom));
        }
        self.attributes
    }

    fn set(&mut self, name: &str, value: Input) {
        match self.attributes.iter_mut().find(|(stated, _)| stated == name) {
            Some((_, stated)) => *stated = value,
            None => self.attributes.push((name.to_owned(), value)),
        }
    }
}

/// A JSON text or number as a text.
pub(crate) fn text_of(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A JSON number, or a text that is one, as a whole number; what stands behind a decimal point goes.
pub(crate) fn integer_of(value: Option<&Value>) -> Option<i64> {
    let text = text_of(value)?;
    let text = text.trim();
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    whole.parse().ok()
}

/// A JSON list, or what stands in its place alone, as a list.
pub(crate) fn list_of(value: Option<&Value>) -> &[Value] {
    match value {
        None | Some(Value::Null) => &[],
        Some(Value::Array(values)) => values,
        Some(alone @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_))) => {
            std::slice::from_ref(alone)
        }
    }
}

/// An address in one of the forms inventories write: with a zone (`fe80::1%eth0`), with a prefix.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let text = text.split_once('%').map_or(text, |(address, _)| address);
    let text = text.split_once('/').map_or(text, |(address, _)| address);
    text.parse().ok()
}

/// A hardware address with its digits in pairs: `00-11-..`, `0011.2233..`, `0:1:2:..` are taken too.
pub(super) fn mac(text: &str) -> Option<String> {
    let text = text.trim();
    let parts: Vec<&str> = text.split([':', '-']).collect();
    let digits: String = match parts.len() {
        6 if parts.iter().all(|part| matches!(part.len(), 1 | 2)) => {
            let padded = parts
                .iter()
                .flat_map(|part| ["0".get(part.len() - 1..).unwrap_or_default(), part]);
            // One digit alone lacks its zero.
            padded.collect()
        }
        1 | 3 => text.replace(['.', '-', ':'], ""),
        _ => return None,
    };
    if digits.len() != 12 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let digits = digits.to_ascii_lowercase().into_bytes();
    let pairs: Vec<String> = digits
        .chunks(2)
        .map(|pair| String::from_utf8_lossy(pair).into_owned())
        .collect();
    Some(pairs.join(":"))
}

fn identifies(mac: &str) -> bool {
    mac != "00:00:00:00:00:00" && mac != "ff:ff:ff:ff:ff:ff"
}

fn shortened(text: &str) -> String {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hardware_addresses_are_read_in_every_form() {
        for text in [
            "08:00:27:E5:87:1C",
            "08-00-27-e5-87-1c",
            "0800.27e5.871c",
            "080027E5871C",
            "8:0:27:e5:87:1c",
        ] {
            assert_eq!(mac(text).as_deref(), Some("08:00:27:e5:87:1c"), "{text}");
        }
        for text in [
            "",
            "unknown",
            "08:00:27",
            "08:00:27:e5:87:1c:00:00",
            "é8:00:27:e5:87:1c",
            "zz:00:27:e5:87:1c",
        ] {
            assert_eq!(mac(text), None, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_left_out_and_noted() {
        let (mut fields, mut notes) = (Fields::default(), Notes::default());
        fields.text("serial_number", Some(" To Be Filled By O.E.M. "));
        fields.address("primary_ip", Some("fe80::1%lo0"), &mut notes);
        fields.address("bmc_address", Some("nowhere"), &mut notes);
        fields.integer("mtu", Some(65_536), 0..=65_535, &mut notes);
        fields.mac("mac_address", Some("00:00:00:00:00:00"), &mut notes);
        fields.addresses(
            "ip_addresses",
            ["10.0.0.2/24", "10.0.0.1", "10.0.0.2", "0.0.0.0"],
            &mut notes,
        );
        fields.custom("slot", Some("N/A"));
        let list = |texts: &[&str]| Input::List(texts.iter().map(|text| Input::Text((*text).to_owned())).collect());
        assert_eq!(
            fields.finish(),
            [
                ("primary_ip".to_owned(), Input::Text("fe80::1".to_owned())),
                ("ip_addresses".to_owned(), list(&["10.0.0.1", "10.0.0.2"])),
            ]
        );
        assert_eq!(format!("{notes:?}").matches("left out").count(), 2, "{notes:?}");
    }

    #[test]
    fn numbers_are_read_from_texts_too() {
        assert_eq!(integer_of(Some(&Value::from(" 1536 "))), Some(1536));
        assert_eq!(integer_of(Some(&Value::from(7.9))), Some(7));
        assert_eq!(integer_of(Some(&Value::from("NA"))), None);
        assert_eq!(list_of(Some(&Value::from(1))).len(), 1);
        assert!(list_of(Some(&Value::Null)).is_empty());
    }
}
