//! `LibreNMS`: its tables of devices, ports, links and parts, as its API gives them or as its own
//! captures of one device hold them.

mod device;
mod tables;

use serde_json::Value;

use crate::app::ErrorCode;
use crate::ingest::observation::Problem;

use super::document::{Adapter, Content, Findings};
use super::inventory::Notes;
use tables::Tables;

/// The format's entry in the table.
pub(super) const ADAPTER: Adapter = Adapter {
    name: "librenms",
    label: "devices of LibreNMS, from its API or its captures",
    recognises,
    read,
};

fn recognises(content: &Content) -> bool {
    !content.values().is_empty() && content.values().iter().all(Tables::are_in)
}

fn read(content: &Content, findings: &mut Findings<'_>) -> Result<(), Problem> {
    let values: Vec<&Value> = content.require_values()?.iter().collect();
    let mut notes = Notes::default();
    // Answers of the API, one behind the other, are one set of tables; a capture is one of its own.
    let (captures, answers): (Vec<&Value>, Vec<&Value>) =
        values.into_iter().partition(|value| tables::is_capture(value));
    let mut sets: Vec<Tables<'_>> = captures.into_iter().map(Tables::of_capture).collect();
    if !answers.is_empty() {
        sets.push(Tables::of_answers(&answers));
    }
    for tables in &sets {
        if tables.rows("devices").is_empty() {
            let message = "the document lists no device: expected is a capture, or the API's `devices` before the rest";
            return Err(Problem::new(ErrorCode::BadUserInput, message).of_field("devices"));
        }
        device::tell_all(tables, &mut notes, findings);
    }
    notes.tell(findings);
    Ok(())
}

#[cfg(test)]
mod tests;
