//! A switch, printer or other device that an agent asked by SNMP.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::app::ErrorCode;
use crate::ingest::formats::document::Findings;
use crate::ingest::formats::inventory::{
    Entity, Fields, IGNORED, Interface, Machine, Neighbour, Notes, addresses_beyond_host, device_key, fqdn_of,
    host_and_domain, integer_of, list_of, means_nothing, tell_entities, text_of,
};
use crate::ingest::observation::{Problem, RecordKind};

use super::{Inventory, entry_text};

const TAKEN: [&str; 4] = ["network_device", "network_ports", "network_components", "firmwares"];

/// Records a device with its ports, parts and neighbours.
pub(super) fn tell(inventory: &Inventory<'_>, notes: &mut Notes, findings: &mut Findings<'_>) {
    let device = |names: &[&str]| {
        let found = inventory
            .section("network_device")
            .iter()
            .find_map(|entry| entry_text(entry, names));
        found.filter(|text| !means_nothing(text))
    };
    let (name, mac, serial) = (device(&["name"]), device(&["mac"]), device(&["serial"]));
    let Some(key) = device_key(name.as_deref(), mac.as_deref(), serial.as_deref()) else {
        let message = "a device that has neither name, hardware address nor serial number is told from no other";
        let problem = Problem::new(ErrorCode::BadUserInput, message)
            .of_field("network_device")
            .of_value(&inventory.deviceid);
        findings.unreadable(RecordKind::Ci, None, problem);
        return;
    };
    let machine = Machine::device(
        key,
        name.as_deref(),
        device_type(inventory.itemtype, device(&["type"]).as_deref()),
        inventory.observed_at(),
    );
    let mut fields = Fields::default();
    fields.text("serial_number", serial.as_deref());
    fields.text("asset_tag", device(&["assettag"]).as_deref());
    fields.text("manufacturer", device(&["manufacturer"]).as_deref());
    fields.text("model", device(&["model"]).as_deref());
    fields.text(
        "firmware_version",
        device(&["firmware"])
            .or_else(|| inventory.field("firmwares", "version"))
            .as_deref(),
    );
    fields.text("fqdn", fqdn_of([name.as_deref()]).as_deref());
    if let Some((host, domain)) = name.as_deref().and_then(host_and_domain) {
        fields.text("host_name", Some(&host));
        fields.text("domain", domain.as_deref());
    }
    let listed = inventory
        .section("network_device")
        .iter()
        .flat_map(|entry| list_of(entry.get("ips")));
    let addresses: Vec<&str> = addresses_beyond_host(listed.filter_map(Value::as_str)).collect();
    fields.address("primary_ip", addresses.first().copied(), notes);
    fields.addresses("ip_addresses", addresses, notes);
    fields.macs("mac_addresses", mac.as_deref());
    fields.text("description", device(&["description", "comments"]).as_deref());
    fields.custom("location", device(&["location"]));
    machine.tell(fields, findings);
    ports(inventory, &machine, notes, findings);
    let components = inventory
        .section("network_components")
        .iter()
        .filter_map(entity)
        .collect();
    tell_entities(components, &machine, findings);
    inventory.note_other_sections(&TAKEN, notes);
}

/// The type of a device, by the agent's words for it.
pub(super) fn device_type(itemtype: Option<&str>, kind: Option<&str>) -> &'static str {
    match (itemtype, kind.map(str::to_uppercase).as_deref()) {
        (Some("Printer"), _) | (_, Some("PRINTER")) => "printer",
        (Some("Phone"), _) | (_, Some("PHONE")) => "end_user_device",
        (_, Some("STORAGE")) => "storage_array",
        (_, Some("COMPUTER" | "VIDEO" | "POWER")) | (Some("Computer"), _) => "server",
        _ => "network_device",
    }
}

fn entity(entry: &Value) -> Option<Entity> {
    let text = |names: &[&str]| entry_text(entry, names).filter(|text| !means_nothing(text));
    let mut fields = Fields::default();
    fields.text("serial_number", text(&["serial"]).as_deref());
    fields.text("manufacturer", text(&["manufacturer"]).as_deref());
    fields.text("model", text(&["model"]).as_deref());
    fields.text("firmware_version", text(&["firmware"]).as_deref());
    Some(Entity {
        index: integer_of(entry.get("index"))?,
        contained_in: integer_of(entry.get("contained_index")),
        class: text(&["type"]).unwrap_or_default(),
        name: text(&["name", "description"]).unwrap_or_default(),
        fields,
    })
}

fn ports(inventory: &Inventory<'_>, machine: &Machine, notes: &mut Notes, findings: &mut Findings<'_>) {
    let (mut keys, mut told) = (BTreeSet::new(), BTreeSet::new());
    for port in inventory.section("network_ports") {
        let number = text_of(port.get("ifnumber"));
        let name = entry_text(port, &["ifname", "ifdescr"]);
        let Some(shown) = name
            .clone()
            .or_else(|| number.clone().map(|number| format!("port {number}")))
        else {
            notes.add(IGNORED, "a port without name and number", &machine.name);
            continue;
        };
        // Several ports of a device may have one name; then their numbers tell them apart.
        let own = if keys.insert(shown.clone()) {
            shown.clone()
        } else {
            format!("{shown} #{}", number.clone().unwrap_or_default())
        };
        interface(port, own, machine).tell(machine, notes, findings);
        neighbours(port, &shown, machine, &mut told, notes, findings);
    }
}

fn interface(port: &Value, name: String, machine: &Machine) -> Interface {
    let vlans = list_of(port.get("vlans"));
    let number = |vlan: &Value| integer_of(vlan.get("number")).filter(|number| (0..=4094).contains(number));
    let trunk = port.get("trunk").and_then(Value::as_bool).unwrap_or(false);
    let tagged = |vlan: &Value| match text_of(vlan.get("tagged")).as_deref() {
        Some(tagged) => tagged == "1",
        None => vlan
            .get("tagged")
            .and_then(Value::as_bool)
            .unwrap_or(trunk && vlans.len() > 1),
    };
    let mut untagged = vlans.iter().filter(|vlan| !tagged(vlan)).filter_map(number);
    let first_untagged = untagged.next();
    Interface {
        name,
        mac: entry_text(port, &["mac"]).filter(|mac| !means_nothing(mac)),
        addresses: list_of(port.get("ips"))
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        mtu: integer_of(port.get("ifmtu")).filter(|mtu| (1..=65_535).contains(mtu)),
        speed: integer_of(port.get("ifspeed")).map(|bits| bits / 1_000_000),
        enabled: integer_of(port.get("ifinternalstatus")).map(|status| status == 1),
        kind: text_of(port.get("iftype")).map(|kind| format!("ifType {kind}")),
        description: entry_text(port, &["ifalias"]),
        vlan: first_untagged,
        tagged_vlans: vlans
            .iter()
            .filter(|vlan| tagged(vlan))
            .filter_map(number)
            .chain(untagged)
            .collect(),
        device_name: Some(machine.name.clone()).filter(|name| host_and_domain(name).is_some()),
    }
}

fn neighbours(
    port: &Value,
    local_port: &str,
    machine: &Machine,
    told: &mut BTreeSet<String>,
    notes: &mut Notes,
    findings: &mut Findings<'_>,
) {
    let announced = match port.get("lldp") {
        Some(Value::Bool(announced)) => *announced,
        other => text_of(other).as_deref() == Some("1"),
    };
    for connection in list_of(port.get("connections")) {
        let text = |names: &[&str]| entry_text(connection, names);
        let neighbour = Neighbour {
            name: text(&["sysname"]),
            mac: text(&["sysmac"]),
            address: text(&["ip"]),
            port: text(&["ifdescr", "ifname", "ifnumber"]),
        };
        if !announced && neighbour.name.is_none() {
            let count = list_of(connection.get("mac")).len().max(1);
            notes.add_many(
                IGNORED,
                "hardware addresses seen behind a port are no neighbours",
                count,
                local_port,
            );
        } else if !neighbour.tell(machine, local_port, told, notes, findings) {
            notes.add(IGNORED, "a neighbour that says neither name nor address", local_port);
        }
    }
}
