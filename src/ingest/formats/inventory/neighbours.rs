//! What devices see of each other: neighbours on a link, and the parts that hold each other.

use std::collections::BTreeSet;

use crate::ingest::formats::document::Findings;
use crate::ingest::payload::{CiRecord, RelationshipRecord};
use crate::model::{Input, Strength};

use super::fields::{Fields, mac};
use super::names::{fqdn, host_and_domain, means_nothing};
use super::notes::Notes;
use super::parts::{Machine, Part};

/// The type of a device that is only known from its neighbours: announced capabilities do not tell a
/// server with a bridge from a switch. Its own observation refines it.
const PLACEHOLDER: &str = "device";

/// A device at the other end of a link. It is recorded as a placeholder by what is known of it, and its
/// own observation completes it: both have the same key.
#[derive(Debug, Default)]
pub(crate) struct Neighbour {
    /// The name it announces.
    pub(crate) name: Option<String>,
    /// The hardware address it announces as its own.
    pub(crate) mac: Option<String>,
    /// The address it is managed by.
    pub(crate) address: Option<String>,
    /// The port at its end.
    pub(crate) port: Option<String>,
}

/// The key of a device that is known by a name, an address of its own or a serial number: the name if it
/// is one of a host, because that is what its neighbours know too.
pub(crate) fn device_key(name: Option<&str>, hardware_address: Option<&str>, serial: Option<&str>) -> Option<String> {
    let host = name.filter(|name| mac(name).is_none() && host_and_domain(name).is_some());
    if let Some(host) = host {
        return Some(format!("device:{}", host.trim().trim_end_matches('.').to_lowercase()));
    }
    let address = hardware_address
        .or(name)
        .and_then(mac)
        .filter(|mac| !means_nothing(mac));
    if let Some(address) = address {
        return Some(format!("device:{address}"));
    }
    let serial = serial.map(str::trim).filter(|serial| !means_nothing(serial));
    if let Some(serial) = serial {
        return Some(format!("device:serial/{serial}"));
    }
    let name = name
        .map(str::trim)
        .filter(|name| !means_nothing(name) && !name.eq_ignore_ascii_case("localhost"))?;
    Some(format!("device:{}", name.to_lowercase()))
}

impl Neighbour {
    /// Records the neighbour, once for a document, and the link to it. Returns whether there was enough
    /// to tell it from others.
    pub(crate) fn tell(
        &self,
        machine: &Machine,
        local_port: &str,
        told: &mut BTreeSet<String>,
        notes: &mut Notes,
        findings: &mut Findings<'_>,
    ) -> bool {
        let address = self.address.as_deref().filter(|address| !means_nothing(address));
        let key = device_key(self.name.as_deref(), self.mac.as_deref(), None)
            .or_else(|| address.map(|address| format!("device:{address}")));
        let Some(key) = key else { return false };
        if told.insert(key.clone()) {
            self.tell_placeholder(&key, machine, notes, findings);
        }
        let mut attributes = vec![("local_port".to_owned(), Input::Text(local_port.to_owned()))];
        if let Some(port) = self.port.as_deref().filter(|port| !means_nothing(port)) {
            attributes.push(("remote_port".to_owned(), Input::Text(port.trim().to_owned())));
        }
        // Parallel links are told apart by their ports.
        let qualifier = match self.port.as_deref().map(str::trim).filter(|port| !port.is_empty()) {
            Some(port) => format!("{local_port} - {port}"),
            None => local_port.to_owned(),
        };
        findings.relationship_record(RelationshipRecord {
            from: machine.key.clone(),
            relationship_type: "connects_to".to_owned(),
            to: key,
            qualifier,
            attributes,
            observed_at: machine.observed_at,
            ..RelationshipRecord::default()
        });
        true
    }

    fn tell_placeholder(&self, key: &str, machine: &Machine, notes: &mut Notes, findings: &mut Findings<'_>) {
        let mut fields = Fields::default();
        let name = self.name.as_deref().map(str::trim).filter(|name| !means_nothing(name));
        fields.text("fqdn", name.and_then(fqdn).as_deref());
        if let Some((host, domain)) = name.filter(|name| mac(name).is_none()).and_then(host_and_domain) {
            fields.text("host_name", Some(&host));
            fields.text("domain", domain.as_deref());
        }
        // No more than what it is known by: the rest is for the device itself to say, and would be
        // overwritten by what its neighbours make of it.
        if name.is_none_or(|name| device_key(Some(name), None, None).as_deref() != Some(key)) {
            fields.macs("mac_addresses", self.mac.as_deref());
            if self.mac.is_none() {
                fields.address("primary_ip", self.address.as_deref(), notes);
            }
        }
        let shown = name.or(self.mac.as_deref()).or(self.address.as_deref()).unwrap_or(key);
        findings.ci(CiRecord {
            key: Some(key.to_owned()),
            ci_type: PLACEHOLDER.to_owned(),
            name: Some(super::parts::plain_name(shown)),
            attributes: fields.finish(),
            observed_at: machine.observed_at,
            ..CiRecord::default()
        });
    }
}

/// A part as the entity table of a device lists it.
#[derive(Debug, Default)]
pub(crate) struct Entity {
    /// Its number in the table.
    pub(crate) index: i64,
    /// The number of what it is in.
    pub(crate) contained_in: Option<i64>,
    /// Its class in the table: `chassis`, `powerSupply`.
    pub(crate) class: String,
    /// Its name for people.
    pub(crate) name: String,
    /// Further attributes.
    pub(crate) fields: Fields,
}

/// Records the parts of a device. What is in another part is a part of that one.
pub(crate) fn tell_entities(entities: Vec<Entity>, machine: &Machine, findings: &mut Findings<'_>) {
    let known: BTreeSet<i64> = entities.iter().map(|entity| entity.index).collect();
    for mut entity in entities {
        let kind = match entity.class.as_str() {
            "cpu" => "processor",
            "powerSupply" => "power_supply",
            "fan" => "fan",
            "module" => "module",
            "chassis" | "backplane" => "chassis",
            "stack" => "stack",
            "port" => "port",
            "container" => "container",
            "sensor" => "sensor",
            _ => "other",
        };
        let parent = entity
            .contained_in
            .filter(|parent| known.contains(parent) && *parent != entity.index);
        let strength = match (kind, parent) {
            ("fan" | "power_supply", _) => Some(Strength::AT_RISK),
            ("sensor" | "port" | "container" | "other", _) => Some(Strength::NONE),
            // A card or a switch of a stack takes with it what is behind it, not the whole.
            ("module" | "chassis", Some(_)) => Some(Strength::DEGRADED),
            _ => None,
        };
        entity.fields.text("component_kind", Some(kind));
        let local_key = entity.index.to_string();
        let part = Part {
            ci_type: "hardware_component",
            local_key: &local_key,
            name: if entity.name.trim().is_empty() {
                kind
            } else {
                &entity.name
            },
            relationship_type: "part_of",
            forward: strength,
        };
        let whole = parent.map(|parent| format!("hardware_component:{}/{parent}", machine.key));
        machine.part_of(&part, whole.as_deref(), entity.fields, findings);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_has_the_key_that_its_neighbours_know_it_by() {
        let key = |name, mac, serial| device_key(name, mac, serial);
        assert_eq!(
            key(Some("SW-1.net.example."), None, None).as_deref(),
            Some("device:sw-1.net.example")
        );
        let phone = key(Some("Cisco IP Phone SPA303"), Some("38:1C:1A:B5:73:20"), None);
        assert_eq!(phone.as_deref(), Some("device:38:1c:1a:b5:73:20"));
        assert_eq!(
            key(Some("48:0F:CF:28:8A:1B"), None, None).as_deref(),
            Some("device:48:0f:cf:28:8a:1b")
        );
        assert_eq!(
            key(Some("localhost"), None, Some("FOC1")).as_deref(),
            Some("device:serial/FOC1")
        );
        assert_eq!(key(Some("MDB CSCT"), None, None).as_deref(), Some("device:mdb csct"));
        assert_eq!(key(Some("localhost"), None, None), None);
        assert_eq!(key(None, Some("00:00:00:00:00:00"), Some("N/A")), None);
    }
}
