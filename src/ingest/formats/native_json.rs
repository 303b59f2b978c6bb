//! The native payload as one JSON document: a record, a list of records, or `{"records": [...]}`.

use serde_json::Value;

use crate::ingest::observation::Problem;

use super::document::{Adapter, Content, Findings};
use super::ndjson;

/// The format's entry in the table.
pub(super) const ADAPTER: Adapter = Adapter {
    name: "json",
    label: "the native payload as one JSON document",
    recognises,
    read,
};

/// What a native record is named by.
const RECORDS: [&str; 4] = ["ci", "relationship", "group", "catalog"];

fn recognises(content: &Content) -> bool {
    let is_record = |value: &Value| {
        RECORDS
            .iter()
            .any(|name| value.get(name).is_some_and(|value| !value.is_array()))
    };
    let values = content.values();
    !values.is_empty() && values.iter().all(|value| records(value).next().is_some_and(is_record))
}

fn read(content: &Content, findings: &mut Findings<'_>) -> Result<(), Problem> {
    for record in content.require_values()?.iter().flat_map(records) {
        findings.native(record);
    }
    Ok(())
}

fn records(value: &Value) -> impl Iterator<Item = &Value> {
    let listed = value
        .as_array()
        .or_else(|| value.get("records").and_then(Value::as_array));
    let alone = if listed.is_none() { Some(value) } else { None };
    listed.into_iter().flatten().chain(alone)
}

impl Findings<'_> {
    /// A native record; what it lacks is reported of it.
    fn native(&mut self, record: &Value) {
        let text = record.to_string();
        let position = self.next_position();
        self.observed(ndjson::observed_in(position, text.as_bytes()), Vec::new());
    }
}
