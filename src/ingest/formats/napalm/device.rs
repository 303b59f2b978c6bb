//! What getters say of a device as records.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::app::ErrorCode;
use crate::ingest::formats::document::Findings;
use crate::ingest::formats::inventory::{
    Fields, Interface, Machine, Neighbour, Notes, Part, addresses_beyond_host, device_key, fqdn_of, host_and_domain,
    integer_of, list_of, means_nothing, text_of,
};
use crate::ingest::observation::{Problem, RecordKind};
use crate::ingest::payload::CiRecord;

use super::Getter;

type Results<'a> = [(Getter, &'a Value)];

fn result<'a>(results: &Results<'a>, wanted: Getter) -> Option<&'a Value> {
    results
        .iter()
        .find(|(getter, _)| *getter == wanted)
        .map(|(_, value)| *value)
}

/// Records a device with what its getters say.
pub(super) fn tell(name: Option<&str>, results: &Results<'_>, notes: &mut Notes, findings: &mut Findings<'_>) {
    let facts = result(results, Getter::Facts);
    let fact = |name: &str| {
        facts
            .and_then(|facts| text_of(facts.get(name)))
            .filter(|text| !means_nothing(text))
    };
    let (host, full, serial) = (fact("hostname"), fact("fqdn"), fact("serial_number"));
    let called = name
        .map(str::to_owned)
        .or_else(|| fqdn_of([full.as_deref()]))
        .or_else(|| host.clone());
    let Some(key) = device_key(called.as_deref(), None, serial.as_deref()) else {
        let message = "the document does not say which device it is of: give its name with `name` (--name)";
        findings.unreadable(
            RecordKind::Ci,
            None,
            Problem::new(ErrorCode::BadUserInput, message).of_field("hostname"),
        );
        return;
    };
    let called = called.filter(|name| host_and_domain(name).is_some());
    let machine = Machine::device(key, called.as_deref(), "network_device", None);
    let interfaces = interfaces(results, called.as_deref());
    let mut fields = Fields::default();
    fields.text("fqdn", fqdn_of([full.as_deref(), called.as_deref()]).as_deref());
    let names = [called.as_deref(), host.as_deref()];
    if let Some((host, domain)) = names.into_iter().flatten().find_map(host_and_domain) {
        fields.text("host_name", Some(&host));
        fields.text("domain", domain.as_deref());
    }
    fields.text("serial_number", serial.as_deref());
    fields.text("manufacturer", fact("vendor").as_deref());
    fields.text("model", fact("model").as_deref());
    fields.text("os_version", fact("os_version").as_deref());
    let addresses: Vec<&str> = interfaces
        .iter()
        .flat_map(|interface| &interface.addresses)
        .map(String::as_str)
        .collect();
    fields.addresses("ip_addresses", addresses_beyond_host(addresses), notes);
    fields.macs(
        "mac_addresses",
        interfaces.iter().filter_map(|interface| interface.mac.as_deref()),
    );
    machine.tell(fields, findings);
    for interface in &interfaces {
        interface.tell(&machine, notes, findings);
    }
    vlans(result(results, Getter::Vlans), &machine, notes, findings);
    arp_table(result(results, Getter::ArpTable), &machine, notes, findings);
    neighbours(results, &machine, notes, findings);
}

/// The interfaces that any getter names, with all that they say.
fn interfaces(results: &Results<'_>, device: Option<&str>) -> Vec<Interface> {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    let facts = result(results, Getter::Facts);
    let listed = list_of(facts.and_then(|facts| facts.get("interface_list")));
    names.extend(listed.iter().filter_map(Value::as_str));
    let (states, addresses) = (
        result(results, Getter::Interfaces),
        result(results, Getter::InterfacesIp),
    );
    for told in [states, addresses].into_iter().flatten().filter_map(Value::as_object) {
        names.extend(told.keys().map(String::as_str));
    }
    let one = |name: &str| {
        let state = states.and_then(|states| states.get(name));
        let field = |field: &str| state.and_then(|state| state.get(field));
        let families = ["ipv4", "ipv6"].map(|family| {
            let told = addresses
                .and_then(|addresses| addresses.get(name))
                .and_then(|families| families.get(family));
            told.and_then(Value::as_object)
        });
        Interface {
            name: name.to_owned(),
            mac: text_of(field("mac_address")).filter(|mac| !means_nothing(mac)),
            addresses: families
                .into_iter()
                .flatten()
                .flat_map(|told| told.keys().cloned())
                .collect(),
            mtu: integer_of(field("mtu")).filter(|mtu| (1..=65_535).contains(mtu)),
            speed: integer_of(field("speed")),
            enabled: field("is_enabled").and_then(Value::as_bool),
            description: text_of(field("description")),
            device_name: device.map(str::to_owned),
            ..Interface::default()
        }
    };
    names
        .into_iter()
        .filter(|name| !name.trim().is_empty())
        .map(one)
        .collect()
}

fn vlans(told: Option<&Value>, machine: &Machine, notes: &mut Notes, findings: &mut Findings<'_>) {
    for (number, vlan) in told.and_then(Value::as_object).into_iter().flatten() {
        let name = text_of(vlan.get("name")).filter(|name| !name.trim().is_empty());
        let mut fields = Fields::default();
        fields.integer("vlan", number.parse().ok(), 0..=4094, notes);
        fields.custom("interfaces", vlan.get("interfaces").cloned());
        let local_key = format!("vlan/{number}");
        let part = Part {
            ci_type: "network",
            local_key: &local_key,
            name: name.as_deref().unwrap_or(&local_key),
            relationship_type: "hosted_on",
            forward: None,
        };
        machine.part(&part, fields, findings);
    }
}

/// Addresses that the device has spoken to; whose they are, only their hardware addresses say.
fn arp_table(told: Option<&Value>, machine: &Machine, notes: &mut Notes, findings: &mut Findings<'_>) {
    let mut seen: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for row in list_of(told) {
        let text = |name: &str| text_of(row.get(name)).unwrap_or_default();
        let entry = json!({"mac": text("mac"), "interface": text("interface"), "device": machine.name});
        seen.entry(text("ip")).or_default().push(entry);
    }
    for (address, entries) in seen {
        let Ok(parsed) = address.parse::<std::net::IpAddr>() else {
            notes.add(
                "MALFORMED_VALUE",
                "an entry of the ARP table without an address is passed over",
                &address,
            );
            continue;
        };
        let mut fields = Fields::default();
        fields.address("address", Some(&address), notes);
        fields.custom("seen_with", Some(Value::Array(entries)));
        findings.ci(CiRecord {
            key: Some(format!("ip_address:{parsed}")),
            ci_type: "ip_address".to_owned(),
            name: Some(parsed.to_string()),
            attributes: fields.finish(),
            ..CiRecord::default()
        });
    }
}

fn neighbours(results: &Results<'_>, machine: &Machine, notes: &mut Notes, findings: &mut Findings<'_>) {
    // What is told in detail is the same neighbours.
    let detailed = result(results, Getter::LldpNeighborsDetail);
    let told = detailed.or_else(|| result(results, Getter::LldpNeighbors));
    let mut placeholders = BTreeSet::new();
    for (port, listed) in told.and_then(Value::as_object).into_iter().flatten() {
        for entry in list_of(Some(listed)) {
            let text = |names: &[&str]| {
                let texts = names.iter().filter_map(|name| text_of(entry.get(name)));
                texts.map(|text| text.trim().to_owned()).find(|text| !text.is_empty())
            };
            let neighbour = Neighbour {
                name: text(&["remote_system_name", "hostname"])
                    .filter(|name| !means_nothing(name))
                    .or_else(|| text(&["remote_chassis_id"])),
                mac: text(&["remote_chassis_id"]),
                port: text(&["remote_port", "port"]),
                ..Neighbour::default()
            };
            if !neighbour.tell(machine, port, &mut placeholders, notes, findings) {
                notes.add("IGNORED", "a neighbour that says neither name nor address", port);
            }
        }
    }
}
