//! What the documents of the command line are answered with.

use serde::Deserialize;
use serde_json::Value;

/// A CI in short: the fragment `Short` of the documents.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShortCi {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) type_name: String,
}

impl ShortCi {
    /// The reference by which people know it.
    pub(super) fn reference(&self) -> String {
        format!("{}:{}", self.type_name, self.name)
    }
}

/// How a relationship is read from its start, and from its end.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Phrases {
    pub(super) forward_phrase: String,
    pub(super) reverse_phrase: String,
}

/// Where a page of a list ends.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageInfo {
    pub(super) has_next_page: bool,
    pub(super) end_cursor: Option<String>,
}

/// A page of a list.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page<T> {
    pub(super) nodes: Vec<T>,
    #[serde(rename = "pageInfo")]
    pub(super) end: PageInfo,
    pub(super) total_count: Option<Long>,
}

/// A whole number, which the API writes as text where it is large.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(try_from = "Value")]
pub(super) struct Long(pub(super) u64);

impl TryFrom<Value> for Long {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
        number.map(Self).ok_or_else(|| format!("`{value}` is no whole number"))
    }
}

impl std::fmt::Display for Long {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A JSON value as people read it: texts without quotes.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

/// What is said of a CI of which there is nothing to report, because nothing can make it worse.
pub(super) fn cannot_fail(name: &str) -> String {
    format!("{name} is not in use, or its state is assumed: nothing makes it worse, which says nothing of its safety")
}
