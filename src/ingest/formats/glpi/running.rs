//! What a computer has and runs: software, virtual machines and containers, databases.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::app::ErrorCode;
use crate::ingest::formats::document::Findings;
use crate::ingest::formats::inventory::{Fields, Machine, Notes, Part, Software, integer_of, list_of, means_nothing};
use crate::ingest::observation::{Problem, RecordKind};

use super::{Inventory, entry_text};

/// Records what a computer has and runs.
pub(super) fn tell(inventory: &Inventory<'_>, machine: &Machine, notes: &mut Notes, findings: &mut Findings<'_>) {
    software(inventory, machine, findings);
    for guest in inventory.section("virtualmachines") {
        virtual_machine(guest, machine, notes, findings);
    }
    for service in inventory.section("databases_services") {
        database_service(service, machine, notes, findings);
    }
}

fn software(inventory: &Inventory<'_>, machine: &Machine, findings: &mut Findings<'_>) {
    let mut told = BTreeSet::new();
    for entry in inventory.section("softwares") {
        let text = |name: &str| entry_text(entry, &[name]).unwrap_or_default();
        // The registry of Windows may hold no name but the one of the key.
        let name = entry_text(entry, &["name", "guid"]);
        let Some(name) = name else {
            let problem = Problem::new(ErrorCode::BadUserInput, "software without a name").of_field("softwares.name");
            findings.unreadable(RecordKind::Ci, None, problem.of_value(&entry.to_string()));
            continue;
        };
        let software = Software {
            name,
            version: text("version"),
            publisher: text("publisher"),
            ecosystem: ecosystem(&text("from")),
        };
        software.tell(machine, &mut told, findings);
    }
}

/// Where software from one of the agent's sources is published; what Windows and others list is
/// published nowhere in particular.
fn ecosystem(from: &str) -> Option<&'static str> {
    Some(match from.to_lowercase().as_str() {
        "deb" => "deb",
        "rpm" => "rpm",
        "flatpak" => "flatpak",
        "snap" => "snap",
        "brew" | "homebrew" => "brew",
        "pacman" => "alpm",
        "apk" => "apk",
        "npm" => "npm",
        "pip" => "pypi",
        "nix" => "nix",
        _ => return None,
    })
}

fn virtual_machine(entry: &Value, machine: &Machine, notes: &mut Notes, findings: &mut Findings<'_>) {
    let text = |names: &[&str]| entry_text(entry, names).filter(|text| !means_nothing(text));
    let (uuid, name) = (text(&["uuid"]), text(&["name"]));
    let Some(shown) = name.clone().or_else(|| uuid.clone()) else {
        let problem = Problem::new(ErrorCode::BadUserInput, "a virtual machine without name and UUID");
        findings.unreadable(
            RecordKind::Ci,
            None,
            problem.of_field("virtualmachines.name").of_value(&entry.to_string()),
        );
        return;
    };
    let kind = text(&["vmtype"]).unwrap_or_default().to_lowercase();
    let container = ["docker", "podman", "lxc", "containerd", "jail", "openvz"].contains(&kind.as_str())
        || kind.is_empty() && text(&["image"]).is_some();
    let mut fields = Fields::default();
    let status = text(&["status"]).unwrap_or_default().to_lowercase();
    if container {
        fields.text("container_id", uuid.as_deref());
        fields.text("image", text(&["image"]).as_deref());
        fields.custom("status", Some(status.as_str()));
    } else {
        fields.uuid("uuid", uuid.as_deref(), notes);
        fields.text("serial_number", text(&["serial"]).as_deref());
        fields.text("operating_system", text(&["operatingsystem"]).as_deref());
        fields.count("memory", integer_of(entry.get("memory")), notes);
        fields.count("cpu_count", integer_of(entry.get("vcpu")), notes);
        fields.macs("mac_addresses", text(&["mac"]).as_deref());
        fields.address("primary_ip", text(&["ipaddress"]).as_deref(), notes);
        fields.text(
            "power_state",
            match status.as_str() {
                "running" | "idle" | "blocked" | "up" => Some("on"),
                "off" | "shutdown" | "shutoff" | "dying" | "crashed" => Some("off"),
                "paused" | "suspended" | "saved" => Some("suspended"),
                _ => None,
            },
        );
    }
    fields.custom("hypervisor", text(&["subsystem", "vmtype"]));
    let local_key = uuid.unwrap_or_else(|| shown.clone());
    let part = Part {
        ci_type: if container { "container" } else { "virtual_machine" },
        local_key: &local_key,
        name: &shown,
        relationship_type: "runs_on",
        forward: None,
    };
    machine.part(&part, fields, findings);
}

fn database_service(entry: &Value, machine: &Machine, notes: &mut Notes, findings: &mut Findings<'_>) {
    let text = |names: &[&str]| entry_text(entry, names).filter(|text| !means_nothing(text));
    let Some(name) = text(&["name", "type"]) else {
        let problem = Problem::new(ErrorCode::BadUserInput, "a database service without name and type");
        findings.unreadable(
            RecordKind::Ci,
            None,
            problem.of_field("databases_services.name").of_value(&entry.to_string()),
        );
        return;
    };
    let engine = text(&["type"]);
    let mut fields = Fields::default();
    fields.text("engine", engine.as_deref());
    fields.text("version", text(&["version"]).as_deref());
    fields.text("vendor", text(&["manufacturer"]).as_deref());
    let listens_on = integer_of(entry.get("port"));
    fields.integer("port", listens_on, 0..=65_535, notes);
    fields.text("install_path", text(&["path"]).as_deref());
    let local_key = listens_on.map_or_else(|| name.clone(), |port| format!("{name}:{port}"));
    let part = Part {
        ci_type: "database_instance",
        local_key: &local_key,
        name: &name,
        relationship_type: "runs_on",
        forward: None,
    };
    let instance = machine.part(&part, fields, findings);
    for database in list_of(entry.get("databases")) {
        let Some(name) = entry_text(database, &["name"]) else {
            continue;
        };
        let mut fields = Fields::default();
        fields.text("engine", engine.as_deref());
        fields.count("size", integer_of(database.get("size")), notes);
        let local_key = format!("{local_key}/{name}");
        let part = Part {
            ci_type: "database",
            local_key: &local_key,
            name: &name,
            relationship_type: "hosted_on",
            forward: None,
        };
        machine.part_of(&part, Some(&instance), fields, findings);
    }
}
