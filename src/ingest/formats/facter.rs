//! Facter's facts, alone or as `PuppetDB` keeps them, and `PuppetDB`'s catalogs.
//!
//! Facts alone hold no name that is sure to be the node's own: machines made from one image all call
//! themselves the same. So the key is what the sender or `PuppetDB` calls the node, else the UUID of
//! its board, else its hardware address, and only then the name.

mod catalog;
mod facts;
mod nodes;

use serde_json::Value;

use crate::app::ErrorCode;
use crate::ingest::observation::Problem;

use super::document::{Adapter, Content, Findings};
use super::inventory::Notes;

/// The format's entry in the table.
pub(super) const ADAPTER: Adapter = Adapter {
    name: "facter",
    label: "Facter facts, or PuppetDB's facts and catalogs",
    recognises,
    read,
};

fn recognises(content: &Content) -> bool {
    let values = content.values();
    let known = |value: &Value| match value {
        Value::Array(rows) => !rows.is_empty() && rows.iter().all(|row| nodes::is_row(row) || is_node(row)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => is_node(value),
    };
    !values.is_empty() && values.iter().all(known)
}

/// Whether a value is all of one node: facts, or a catalog.
fn is_node(value: &Value) -> bool {
    nodes::is_facts(value) || nodes::is_wire(value) || catalog::is_one(value)
}

fn read(content: &Content, findings: &mut Findings<'_>) -> Result<(), Problem> {
    let mut notes = Notes::default();
    for value in content.require_values()? {
        if let Some(rows) = value.as_array().filter(|rows| rows.iter().all(nodes::is_row)) {
            for (certname, facts) in nodes::gather(rows) {
                nodes::tell(&nodes::Node::of_rows(&certname, &facts), &mut notes, findings);
            }
            continue;
        }
        for one in super::inventory::list_of(Some(value)) {
            document(one, &mut notes, findings)?;
        }
    }
    notes.tell(findings);
    Ok(())
}

fn document(value: &Value, notes: &mut Notes, findings: &mut Findings<'_>) -> Result<(), Problem> {
    if catalog::is_one(value) {
        catalog::tell(value, notes, findings);
        return Ok(());
    }
    if let Some(node) = nodes::Node::of_document(value, findings.name()) {
        nodes::tell(&node, notes, findings);
        return Ok(());
    }
    let message = "the document holds neither facts nor a catalog: expected is what `facter --json`, `puppet facts` or \
         PuppetDB's queries and export write";
    Err(Problem::new(ErrorCode::BadUserInput, message))
}

#[cfg(test)]
mod tests;
