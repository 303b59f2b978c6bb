//! A node as a CI, and what a link says.

use std::net::IpAddr;

use crate::ingest::payload::CiRecord;
use crate::model::Input;

use super::{Link, Node};

/// Words for kinds of nodes, and the types they are.
const TYPES: [(&str, &str); 21] = [
    ("accesspoint", "access_point"),
    ("ap", "access_point"),
    ("city", "site"),
    ("datacenter", "site"),
    ("datacentre", "site"),
    ("firewall", "firewall"),
    ("host", "server"),
    ("hypervisor", "hypervisor"),
    ("loadbalancer", "load_balancer"),
    ("network", "network"),
    ("pop", "site"),
    ("printer", "printer"),
    ("router", "router"),
    ("sanswitch", "san_switch"),
    ("server", "server"),
    ("site", "site"),
    ("storage", "storage_array"),
    ("switch", "switch"),
    ("virtualmachine", "virtual_machine"),
    ("vm", "virtual_machine"),
    ("workstation", "end_user_device"),
];

/// What nodes may state of devices, as words without punctuation, and the attributes it becomes.
const ATTRIBUTES: [(&str, &str); 17] = [
    ("asset", "asset_tag"),
    ("assettag", "asset_tag"),
    ("fqdn", "fqdn"),
    ("hostname", "host_name"),
    ("ip", "primary_ip"),
    ("ipaddress", "primary_ip"),
    ("managementip", "primary_ip"),
    ("mgmtip", "primary_ip"),
    ("primaryip", "primary_ip"),
    ("make", "manufacturer"),
    ("manufacturer", "manufacturer"),
    ("vendor", "manufacturer"),
    ("model", "model"),
    ("serial", "serial_number"),
    ("serialnumber", "serial_number"),
    ("domain", "domain"),
    ("firmware", "firmware_version"),
];

/// Whether a node says that the network is fed from it.
pub(super) fn is_root(node: &Node) -> bool {
    node.stated.iter().any(|(name, value)| {
        plain(name) == "root"
            && match value {
                Input::Boolean(value) => *value,
                Input::Number(text) | Input::Text(text) => matches!(text.as_str(), "1" | "true" | "yes" | "1.0"),
                Input::Null | Input::List(_) | Input::Object(_) => false,
            }
    })
}

/// The CI of a node.
pub(super) fn record(node: &Node, key: String) -> CiRecord {
    let stated = |wanted: &[&str]| first_of(&node.stated, wanted);
    let kind = stated(&["type", "devicetype", "nodetype", "kind", "role", "class"]);
    let ci_type = kind.as_deref().map(plain).and_then(|kind| {
        let found = TYPES.iter().find(|(word, _)| *word == kind);
        found.map(|(_, ci_type)| *ci_type)
    });
    let ci_type = ci_type.unwrap_or("network_device");
    let (mut attributes, mut custom) = (Vec::new(), Vec::new());
    for (name, value) in &node.stated {
        let word = plain(name);
        if matches!(word.as_str(), "label" | "name" | "root") {
            continue;
        }
        match attribute(ci_type, &word, value) {
            Some(attribute) if !attributes.iter().any(|(known, _)| *known == attribute.0) => attributes.push(attribute),
            Some(_) | None => custom.push((name.clone(), value.clone())),
        }
    }
    if !custom.is_empty() {
        attributes.push(("custom".to_owned(), Input::Object(custom)));
    }
    CiRecord {
        key: Some(key),
        ci_type: ci_type.to_owned(),
        name: Some(stated(&["label", "name"]).map_or_else(|| node.id.clone(), |name| name.trim().to_owned())),
        attributes,
        ..CiRecord::default()
    }
}

fn attribute(ci_type: &str, word: &str, value: &Input) -> Option<(String, Input)> {
    let text = as_text(value).filter(|text| !text.trim().is_empty())?;
    let name = match (ci_type, word) {
        ("site", "latitude" | "longitude") => {
            let limit = if word == "latitude" { 90.0 } else { 180.0 };
            let number: f64 = text.parse().ok()?;
            (number.abs() <= limit).then_some(word)?
        }
        ("site", "city") => "city",
        ("site" | "network", _) => None?,
        (_, _) => ATTRIBUTES.iter().find(|(known, _)| *known == word)?.1,
    };
    // A value that its attribute refuses would take the whole node with it.
    let fits = match name {
        "primary_ip" => text.parse::<IpAddr>().is_ok(),
        "fqdn" => {
            text.len() < 254
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        }
        _ => true,
    };
    fits.then(|| (name.to_owned(), Input::Text(text)))
}

/// The first text that is stated under one of several names.
fn first_of(stated: &[(String, Input)], wanted: &[&str]) -> Option<String> {
    let found = stated.iter().find(|(name, _)| wanted.contains(&plain(name).as_str()));
    found
        .and_then(|(_, value)| as_text(value))
        .filter(|text| !text.trim().is_empty())
}

/// What a link says of the way from one of its ends.
pub(super) fn link_attributes(link: &Link, reversed: bool) -> Vec<(String, Input)> {
    let stated = |wanted: &[&str]| first_of(&link.stated, wanted);
    let mut ports = [
        stated(&["sourceport", "sourceinterface", "localport"]),
        stated(&["targetport", "targetinterface", "remoteport"]),
    ];
    if reversed {
        ports.reverse();
    }
    let [local, remote] = ports;
    let label = stated(&["linklabel", "label", "cable", "name"]);
    let mut attributes: Vec<(String, Input)> = [("local_port", local), ("remote_port", remote), ("cable", label)]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), Input::Text(value?))))
        .collect();
    let speed = stated(&["linkspeedraw"]).and_then(|speed| mbit_per_second(&speed));
    attributes.extend(speed.map(|speed| ("bandwidth".to_owned(), Input::Number(speed.to_string()))));
    attributes
}

/// Bits a second, perhaps written `45000000.0`, as whole Mbit/s.
fn mbit_per_second(text: &str) -> Option<u64> {
    let whole: u64 = text.split('.').next()?.parse().ok()?;
    Some(whole / 1_000_000).filter(|speed| *speed > 0)
}

fn as_text(value: &Input) -> Option<String> {
    match value {
        Input::Text(text) | Input::Number(text) => Some(text.clone()),
        Input::Boolean(value) => Some(value.to_string()),
        Input::Null | Input::List(_) | Input::Object(_) => None,
    }
}

/// A name in small letters without punctuation: `Device_Type` as `devicetype`.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}
