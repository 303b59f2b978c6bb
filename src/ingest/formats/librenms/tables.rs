//! The tables, wherever they stand.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::ingest::formats::inventory::list_of;

/// The API's names of tables, and their own.
const API_NAMES: [(&str, &str); 9] = [
    ("devices", "devices"),
    ("ports", "ports"),
    ("links", "links"),
    ("inventory", "entPhysical"),
    ("vlans", "vlans"),
    ("ports_vlans", "ports_vlans"),
    ("addresses", "ipv4_addresses"),
    ("ip_addresses", "ipv4_addresses"),
    ("vminfo", "vminfo"),
];

/// Tables by name.
#[derive(Debug, Default)]
pub(super) struct Tables<'a> {
    tables: BTreeMap<&'a str, Vec<&'a Value>>,
    /// Rows that a later look at the same things has filled in.
    polled: BTreeMap<&'a str, Vec<&'a Value>>,
}

/// Whether a document is a capture: `{module: {discovery | poller: {table: [row]}}}`.
pub(super) fn is_capture(value: &Value) -> bool {
    value
        .get("os")
        .is_some_and(|module| phase(module, "discovery").or_else(|| phase(module, "poller")).is_some())
}

fn phase<'v>(module: &'v Value, name: &str) -> Option<&'v serde_json::Map<String, Value>> {
    module.get(name).and_then(Value::as_object)
}

impl<'a> Tables<'a> {
    /// Whether a document surely holds tables of `LibreNMS`.
    pub(super) fn are_in(value: &Value) -> bool {
        if is_capture(value) {
            return true;
        }
        let answered = value.get("status").and_then(Value::as_str) == Some("ok");
        let telling = |row: &Value| row.get("device_id").is_some() || row.get("local_device_id").is_some();
        let rows = API_NAMES.iter().flat_map(|(name, _)| list_of(value.get(name)));
        answered && rows.clone().next().is_some() && rows.clone().all(telling)
    }

    /// The tables of a capture.
    pub(super) fn of_capture(value: &'a Value) -> Self {
        let mut found = Self::default();
        let modules = value.as_object().into_iter().flatten().map(|(_, module)| module);
        for module in modules {
            for (name, rows) in phase(module, "poller").into_iter().flatten() {
                found.polled.entry(name).or_default().extend(list_of(Some(rows)));
            }
            for (name, rows) in phase(module, "discovery").into_iter().flatten() {
                found.tables.entry(name).or_default().extend(list_of(Some(rows)));
            }
        }
        for (name, rows) in &found.polled {
            if !found.tables.contains_key(name) {
                found.tables.insert(name, rows.clone());
            }
        }
        found
    }

    /// The tables of the API's answers.
    pub(super) fn of_answers(values: &[&'a Value]) -> Self {
        let mut found = Self::default();
        for value in values {
            for (name, table) in API_NAMES {
                found.tables.entry(table).or_default().extend(list_of(value.get(name)));
            }
        }
        found
    }

    /// The rows of a table.
    pub(super) fn rows(&self, table: &str) -> &[&'a Value] {
        self.tables.get(table).map_or(&[], Vec::as_slice)
    }

    /// The rows that a later look has filled in.
    pub(super) fn polled(&self, table: &str) -> &[&'a Value] {
        self.polled.get(table).map_or(&[], Vec::as_slice)
    }

    /// The names of all tables with the number of their rows.
    pub(super) fn sizes(&self) -> impl Iterator<Item = (&'a str, usize)> {
        self.tables.iter().map(|(name, rows)| (*name, rows.len()))
    }
}
