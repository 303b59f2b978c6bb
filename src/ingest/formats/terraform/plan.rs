//! What a plan would do, told as notes: it has not happened.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::ingest::formats::attributes::{list_at, text_at};
use crate::ingest::formats::document::Findings;

/// Addresses that one note names.
const ADDRESSES_MAX: usize = 100;

/// Tells the targets of a plan, one note an action; nothing of them is recorded.
pub(super) fn report(document: &Value, findings: &mut Findings<'_>) {
    let mut targets: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for change in list_at(document, &["resource_changes"]) {
        let actions = list_at(change, &["change", "actions"]).iter().filter_map(Value::as_str);
        let actions: Vec<&str> = actions.collect();
        let address = text_at(change, &["address"]).unwrap_or("a resource without an address");
        targets.entry(actions.join("+")).or_default().push(address);
    }
    for (actions, addresses) in targets {
        let shown = addresses
            .iter()
            .take(ADDRESSES_MAX)
            .copied()
            .collect::<Vec<_>>()
            .join(", ");
        let rest = addresses.len().saturating_sub(ADDRESSES_MAX);
        let more = if rest > 0 {
            format!(" and {rest} more")
        } else {
            String::new()
        };
        let message = format!(
            "the plan would {actions} {} resources; what is recorded is the state before it: {shown}{more}",
            addresses.len()
        );
        findings.warn("PLANNED", message);
    }
}
