//! The parts of a computer.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::ingest::formats::document::Findings;
use crate::ingest::formats::inventory::{
    Component, Fields, IGNORED, Interface, Machine, Notes, Volume, Volumes, integer_of, means_nothing,
};

use super::{Inventory, entry_text};

/// Records processors, memory, drives, batteries, power supplies, screens and volumes.
pub(super) fn tell(inventory: &Inventory<'_>, machine: &Machine, notes: &mut Notes, findings: &mut Findings<'_>) {
    for (kind, section, label) in [
        ("processor", "cpus", "Processor"),
        ("memory_module", "memories", "Memory module"),
        ("storage_drive", "storages", "Drive"),
        ("battery", "batteries", "Battery"),
        ("power_supply", "powersupplies", "Power supply"),
        ("monitor", "monitors", "Monitor"),
    ] {
        let mut keys: BTreeMap<String, usize> = BTreeMap::new();
        for entry in inventory.section(section) {
            if let Some(reason) = absent(kind, entry) {
                notes.add(IGNORED, reason, &shown(entry));
                continue;
            }
            let mut component = component(kind, label, entry, notes);
            // Parts that nothing tells apart are counted.
            let count = keys.entry(component.local_key.clone()).or_default();
            *count += 1;
            if *count > 1 {
                component.local_key = format!("{}#{count}", component.local_key);
            }
            component.tell(machine, findings);
        }
    }
    volumes(inventory, machine, notes, findings);
}

/// Why an entry is no part that is recorded.
fn absent(kind: &str, entry: &Value) -> Option<&'static str> {
    if kind == "memory_module" && integer_of(entry.get("capacity")).is_none_or(|capacity| capacity <= 0) {
        return Some("slots without a memory module hold no part");
    }
    (kind == "storage_drive" && !is_drive(entry)).then_some("optical and removable drives are no parts")
}

/// Whether an entry of the section of drives is a fixed one.
pub(super) fn is_drive(entry: &Value) -> bool {
    let kind = entry_text(entry, &["type"]).unwrap_or_default().to_lowercase();
    let name = entry_text(entry, &["name"]).unwrap_or_default().to_lowercase();
    let removable = ["cd", "dvd", "removable", "floppy", "optical"]
        .iter()
        .any(|word| kind.contains(word));
    !removable && !name.starts_with("sr") && !name.contains("cdrom")
}

fn shown(entry: &Value) -> String {
    entry_text(entry, &["name", "caption", "description", "numslots"]).unwrap_or_default()
}

fn component(kind: &'static str, label: &str, entry: &Value, notes: &mut Notes) -> Component {
    let text = |names: &[&str]| entry_text(entry, names).filter(|text| !means_nothing(text));
    let serial = text(&["serial", "serialnumber"]);
    let slot = text(&["numslots"]);
    let model = match kind {
        "memory_module" => text(&["model", "type"]),
        "processor" => text(&["name", "familyname"]),
        _ => text(&["model", "name", "caption"]),
    };
    let mut fields = Fields::default();
    fields.text("serial_number", serial.as_deref());
    fields.text("manufacturer", text(&["manufacturer"]).as_deref());
    fields.text("model", model.as_deref());
    fields.text("firmware_version", text(&["firmware"]).as_deref());
    fields.text("slot", slot.as_deref());
    let capacity = match kind {
        "memory_module" => integer_of(entry.get("capacity")),
        // Drives are counted in millions of bytes.
        "storage_drive" => integer_of(entry.get("disksize"))
            .map(|size| ((i128::from(size) * 1_000_000) >> 20).try_into().unwrap_or(i64::MAX)),
        _ => None,
    };
    fields.count("capacity", capacity, notes);
    fields.count(
        "cpu_cores",
        integer_of(entry.get("core")).filter(|_| kind == "processor"),
        notes,
    );
    fields.custom("speed_mhz", integer_of(entry.get("speed")).filter(|speed| *speed > 0));
    fields.custom("chemistry", text(&["chemistry"]));
    // A processor's serial number is the same in all of its kind, if it is there at all.
    let own = serial.filter(|_| kind != "processor");
    let local_key = own
        .or_else(|| slot.as_ref().map(|slot| format!("slot {slot}")))
        .or_else(|| text(&["name", "caption", "description"]));
    Component {
        kind,
        local_key: local_key.unwrap_or_else(|| "1".to_owned()),
        name: model
            .or_else(|| text(&["caption", "description", "name"]))
            .unwrap_or_else(|| label.to_owned()),
        fields,
    }
}

/// The network interfaces; an agent lists one once for each of its addresses.
pub(super) fn interfaces(inventory: &Inventory<'_>) -> Vec<Interface> {
    let mut found: Vec<Interface> = Vec::new();
    let mut unnamed = 0_usize;
    for entry in inventory.section("networks") {
        let text = |names: &[&str]| entry_text(entry, names);
        let name = text(&["description", "name"]).unwrap_or_else(|| {
            unnamed += 1;
            format!("interface {unnamed}")
        });
        let (mac, addresses) = (text(&["mac"]), [text(&["ipaddress"]), text(&["ipaddress6"])]);
        let addresses = addresses.into_iter().flatten();
        // Two cards of one model have one description, but each its own address.
        let same = found.iter_mut().find(|known| {
            known.description.as_deref() == Some(name.as_str())
                && (mac.is_none() || known.mac.is_none() || known.mac == mac)
        });
        if let Some(known) = same {
            known.addresses.extend(addresses);
            known.mac = known.mac.take().or(mac);
            continue;
        }
        let namesakes = found
            .iter()
            .filter(|known| known.description.as_deref() == Some(name.as_str()))
            .count();
        found.push(Interface {
            name: if namesakes == 0 {
                name.clone()
            } else {
                format!("{name} #{}", namesakes + 1)
            },
            mac,
            addresses: addresses.collect(),
            mtu: integer_of(entry.get("mtu")),
            speed: integer_of(entry.get("speed")),
            enabled: text(&["status"]).map(|status| status.eq_ignore_ascii_case("up")),
            kind: text(&["type"]),
            description: Some(name),
            ..Interface::default()
        });
    }
    for interface in &mut found {
        interface.description = None;
        // No address is not the same as a malformed one.
        interface.mac = interface.mac.take().filter(|mac| !means_nothing(mac));
    }
    found
}

fn volumes(inventory: &Inventory<'_>, machine: &Machine, notes: &mut Notes, findings: &mut Findings<'_>) {
    let mut volumes = Volumes::default();
    for (place, entry) in inventory.section("drives").iter().enumerate() {
        let text = |names: &[&str]| entry_text(entry, names).filter(|text| !means_nothing(text));
        let letter = text(&["letter"]);
        // Windows has a letter and a kind of drive, others a mount point.
        let name = match &letter {
            Some(letter) => letter.clone(),
            None => text(&["type", "volumn", "label"]).unwrap_or_else(|| format!("volume {}", place + 1)),
        };
        let optical =
            letter.is_some() && text(&["type"]).is_some_and(|kind| kind.contains("CD") || kind.contains("Removable"));
        let volume = Volume {
            size: integer_of(entry.get("total")),
            file_system: text(&["filesystem"]),
            encrypted: text(&["encrypt_status"]).map(|status| status.eq_ignore_ascii_case("yes")),
            device: text(&["volumn"]),
            uuid: text(&["serial"]),
            label: text(&["label"]),
            name,
        };
        if optical {
            notes.add(IGNORED, "optical and removable drives are no volumes", &volume.name);
        } else {
            volumes.tell(&volume, machine, notes, findings);
        }
    }
}
