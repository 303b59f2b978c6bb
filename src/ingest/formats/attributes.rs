//! What adapters share: filling attributes from what a document happens to say, and counting what is
//! passed over.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::Input;

use super::document::Findings;

/// Attributes of a record in the order in which they were stated; what is not stated is left out.
#[derive(Clone, Debug, Default)]
pub(super) struct Attributes {
    stated: Vec<(String, Input)>,
    custom: Vec<(String, Input)>,
}

impl Attributes {
    /// A text; an empty one says nothing.
    pub(super) fn text(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        let value = value.map(str::trim).filter(|value| !value.is_empty());
        self.input(name, value.map(Input::from))
    }

    /// A whole number.
    pub(super) fn number(&mut self, name: &str, value: Option<u64>) -> &mut Self {
        self.input(name, value.map(|value| Input::Number(value.to_string())))
    }

    /// A boolean.
    pub(super) fn boolean(&mut self, name: &str, value: Option<bool>) -> &mut Self {
        self.input(name, value.map(Input::Boolean))
    }

    /// An address; what is written in its place and is none goes to `custom`, so that it is seen.
    pub(super) fn address(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        let Some(value) = value.map(str::trim).filter(|value| !value.is_empty()) else {
            return self;
        };
        match value.parse::<std::net::IpAddr>() {
            Ok(address) => self.input(name, Some(Input::Text(address.to_string()))),
            Err(_) => self.custom_text(name, Some(value)),
        }
    }

    /// A list of texts; an empty one says nothing.
    pub(super) fn texts<S: Into<String>>(&mut self, name: &str, values: impl IntoIterator<Item = S>) -> &mut Self {
        let values: Vec<Input> = values.into_iter().map(|value| Input::Text(value.into())).collect();
        self.input(name, (!values.is_empty()).then_some(Input::List(values)))
    }

    /// A JSON value; null and what is empty say nothing.
    pub(super) fn json(&mut self, name: &str, value: Option<&Value>) -> &mut Self {
        self.input(name, value.filter(|value| says_something(value)).map(Input::from))
    }

    /// A member of the attribute `custom`: what no declared attribute is for.
    pub(super) fn custom(&mut self, name: &str, value: Option<&Value>) -> &mut Self {
        let value = value.filter(|value| says_something(value));
        self.custom_input(name, value.map(Input::from))
    }

    /// A text as a member of the attribute `custom`.
    pub(super) fn custom_text(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        let value = value.map(str::trim).filter(|value| !value.is_empty());
        self.custom_input(name, value.map(Input::from))
    }

    fn custom_input(&mut self, name: &str, value: Option<Input>) -> &mut Self {
        if let Some(value) = value
            && !self.custom.iter().any(|(stated, _)| stated == name)
        {
            self.custom.push((name.to_owned(), value));
        }
        self
    }

    /// Any value; the first one stated counts.
    pub(super) fn input(&mut self, name: &str, value: Option<Input>) -> &mut Self {
        if let Some(value) = value
            && !self.stated.iter().any(|(stated, _)| stated == name)
        {
            self.stated.push((name.to_owned(), value));
        }
        self
    }

    /// All of them, as a record takes them.
    pub(super) fn take(&mut self) -> Vec<(String, Input)> {
        let mut stated = std::mem::take(&mut self.stated);
        let custom = std::mem::take(&mut self.custom);
        if !custom.is_empty() {
            stated.push(("custom".to_owned(), Input::Object(custom)));
        }
        stated
    }
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

/// Whether a text can be a host's name, with a domain or without.
pub(super) fn is_host_name(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// Counts what is passed over, by reason, so that a reason is one warning however often it holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    counts: BTreeMap<(&'static str, String), u64>,
}

impl Tally {
    /// Counts one more.
    pub(super) fn count(&mut self, code: &'static str, reason: impl Into<String>) {
        *self.counts.entry((code, reason.into())).or_default() += 1;
    }

    /// Says how often each reason held.
    pub(super) fn report(self, findings: &mut Findings<'_>) {
        for ((code, reason), count) in self.counts {
            findings.warn(code, format!("{reason}: {count}"));
        }
    }
}

/// A value at a path of object fields.
pub(super) fn at<'v>(value: &'v Value, path: &[&str]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, field| value.get(field))
}

/// A text at a path of object fields.
pub(super) fn text_at<'v>(value: &'v Value, path: &[&str]) -> Option<&'v str> {
    at(value, path).and_then(Value::as_str)
}

/// A list at a path of object fields; what is none is empty.
pub(super) fn list_at<'v>(value: &'v Value, path: &[&str]) -> &'v [Value] {
    at(value, path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
