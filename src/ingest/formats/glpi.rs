//! Inventories of the GLPI agent (JSON) and of `FusionInventory` and OCS agents before it (XML): one
//! reading of two notations.
//!
//! An agent calls its machine by `deviceid`, which is the key. A device that an agent asked for others
//! (a switch, a printer) is called by its own name instead, because `deviceid` is the agent's there.

mod computer;
mod discovery;
mod equipment;
mod hardware;
mod running;
mod xml;

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::Value;

use crate::app::ErrorCode;
use crate::ingest::observation::Problem;

use super::document::{Adapter, Content, Findings};
use super::inventory::{Notes, list_of, moment, text_of};

/// The entry of GLPI's JSON in the table.
pub(super) const GLPI: Adapter = Adapter {
    name: "glpi",
    label: "an inventory of the GLPI agent (JSON)",
    recognises: recognises_json,
    read: read_json,
};

/// The entry of `FusionInventory`'s XML in the table.
pub(super) const FUSIONINVENTORY: Adapter = Adapter {
    name: "fusioninventory",
    label: "an inventory of a FusionInventory or OCS agent (XML)",
    recognises: recognises_xml,
    read: read_xml,
};

/// One inventory.
#[derive(Debug)]
struct Inventory<'a> {
    deviceid: Cow<'a, str>,
    itemtype: Option<&'a str>,
    /// Whether it says only what has changed.
    partial: bool,
    content: &'a Value,
}

fn recognises_json(content: &Content) -> bool {
    let known = |value: &Value| {
        value.get("deviceid").is_some_and(Value::is_string)
            && value.get("content").is_some_and(Value::is_object)
            && ["action", "itemtype", "jobid", "tag", "partial"]
                .iter()
                .any(|field| value.get(field).is_some())
    };
    !content.values().is_empty() && content.values().iter().all(known)
}

fn recognises_xml(content: &Content) -> bool {
    let text = content.text().unwrap_or_default();
    content.xml_root() == Some("REQUEST") && text.contains("<CONTENT>") && text.contains("<QUERY>")
}

fn read_json(content: &Content, findings: &mut Findings<'_>) -> Result<(), Problem> {
    let mut notes = Notes::default();
    for value in content.require_values()? {
        let inner = value.get("content").filter(|content| content.is_object());
        let Some(inner) = inner else {
            let message = "an inventory of GLPI has its parts in the object `content`";
            return Err(Problem::new(ErrorCode::BadUserInput, message).of_field("content"));
        };
        let action = value.get("action").and_then(Value::as_str).unwrap_or("inventory");
        let inventory = Inventory {
            deviceid: value.get("deviceid").and_then(Value::as_str).unwrap_or_default().into(),
            itemtype: value.get("itemtype").and_then(Value::as_str),
            partial: value.get("partial").and_then(Value::as_bool).unwrap_or(false),
            content: inner,
        };
        tell(&inventory, action, &mut notes, findings);
    }
    notes.tell(findings);
    Ok(())
}

fn read_xml(content: &Content, findings: &mut Findings<'_>) -> Result<(), Problem> {
    let document = content.require_xml()?;
    let root = document.root_element();
    if root.tag_name().name() != "REQUEST" {
        let message = "the outermost element of an agent's inventory is `REQUEST`";
        return Err(Problem::new(ErrorCode::BadUserInput, message).of_value(root.tag_name().name()));
    }
    let text = |name: &str| {
        let element = root.children().find(|child| child.has_tag_name(name));
        element
            .and_then(|element| element.text())
            .map(str::trim)
            .unwrap_or_default()
    };
    let (query, deviceid) = (text("QUERY"), text("DEVICEID"));
    let contents: Vec<Value> = root
        .children()
        .filter(|child| child.has_tag_name("CONTENT"))
        .map(xml::content)
        .collect();
    if contents.is_empty() {
        let message = "an agent's inventory has its parts in the element `CONTENT`";
        return Err(Problem::new(ErrorCode::BadUserInput, message).of_field("CONTENT"));
    }
    let mut notes = Notes::default();
    for content in &contents {
        let devices = list_of(content.get("device"));
        if devices.is_empty() {
            let inventory = Inventory {
                deviceid: deviceid.into(),
                itemtype: None,
                partial: false,
                content,
            };
            tell(&inventory, &query.to_lowercase(), &mut notes, findings);
        }
        for device in devices {
            let inventory = Inventory {
                deviceid: deviceid.into(),
                itemtype: None,
                partial: false,
                content: device,
            };
            tell(&inventory, &query.to_lowercase(), &mut notes, findings);
        }
    }
    notes.tell(findings);
    Ok(())
}

fn tell(inventory: &Inventory<'_>, action: &str, notes: &mut Notes, findings: &mut Findings<'_>) {
    match action {
        "netdiscovery" => discovery::tell(inventory, notes, findings),
        "snmpquery" | "netinventory" => equipment::tell(inventory, notes, findings),
        _ if inventory.content.get("network_device").is_some() => equipment::tell(inventory, notes, findings),
        _ => computer::tell(inventory, notes, findings),
    }
}

impl<'a> Inventory<'a> {
    /// The entries of a section.
    fn section(&self, name: &str) -> &'a [Value] {
        list_of(self.content.get(name))
    }

    /// A field of a section of one entry.
    fn field(&self, section: &str, field: &str) -> Option<String> {
        self.section(section)
            .iter()
            .find_map(|entry| entry_text(entry, &[field]))
    }

    /// A moment in the machine's own time, of which the inventory says how far it is from UTC.
    fn moment(&self, section: &str, field: &str) -> Option<Timestamp> {
        let stated = moment(&self.field(section, field)?)?;
        let zone = self
            .section("operatingsystem")
            .iter()
            .find_map(|entry| entry.get("timezone"));
        let offset = zone
            .and_then(|zone| zone.get("offset"))
            .and_then(Value::as_str)
            .and_then(offset_seconds);
        stated
            .checked_sub(jiff::SignedDuration::from_secs(offset.unwrap_or_default()))
            .ok()
    }

    /// When the machine was looked at.
    fn observed_at(&self) -> Option<Timestamp> {
        self.moment("accesslog", "logdate")
    }

    /// Notes the sections that are not taken over.
    fn note_other_sections(&self, taken: &[&str], notes: &mut Notes) {
        for (name, section) in self.content.as_object().into_iter().flatten() {
            if !taken.contains(&name.as_str()) && !SAYS_NOTHING.contains(&name.as_str()) {
                let reason = format!("the section `{name}` is not taken over");
                notes.add_many("IGNORED", &reason, list_of(Some(section)).len(), "");
            }
        }
    }
}

/// What agents say of themselves.
const SAYS_NOTHING: [&str; 6] = [
    "versionclient",
    "versionprovider",
    "accesslog",
    "processnumber",
    "moduleversion",
    "accountinfo",
];

/// The first of several fields of an entry that holds something.
fn entry_text(entry: &Value, fields: &[&str]) -> Option<String> {
    let texts = fields.iter().filter_map(|field| text_of(entry.get(field)));
    texts.map(|text| text.trim().to_owned()).find(|text| !text.is_empty())
}

/// `+0200` in seconds.
fn offset_seconds(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = digits.replace(':', "");
    if digits.len() != 4 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let number: i64 = digits.parse().ok()?;
    Some(sign * (number / 100 * 3600 + number % 100 * 60))
}

#[cfg(test)]
mod tests;
