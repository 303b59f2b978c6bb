//! A machine and its parts as records.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::DateTime;

use crate::ingest::formats::document::Findings;
use crate::ingest::payload::{CiRecord, RelationshipRecord};
use crate::model::{Input, Strength};

use super::fields::Fields;
use super::notes::Notes;

/// Longest name of a CI, in bytes; longer ones are cut.
const NAME_BYTES_MAX: usize = 500;

/// A machine or device.
#[derive(Debug)]
pub(crate) struct Machine {
    /// The source's own key.
    pub(crate) key: String,
    /// The name for people.
    pub(crate) name: String,
    /// The type of CI.
    pub(crate) ci_type: &'static str,
    /// When it was looked at.
    pub(crate) observed_at: Option<Timestamp>,
}

impl Machine {
    /// Records the machine itself.
    pub(crate) fn tell(&self, fields: Fields, findings: &mut Findings<'_>) {
        findings.ci(self.record(self.key.clone(), self.ci_type, &self.name, fields.finish()));
    }

    /// A device that is known by a key of [`super::device_key`], under its name if it has one.
    pub(crate) fn device(
        key: String,
        name: Option<&str>,
        ci_type: &'static str,
        observed_at: Option<Timestamp>,
    ) -> Self {
        Self {
            name: name.unwrap_or_else(|| key.trim_start_matches("device:")).to_owned(),
            key,
            ci_type,
            observed_at,
        }
    }

    /// A record of something that belongs to the machine.
    pub(super) fn record(&self, key: String, ci_type: &str, name: &str, attributes: Vec<(String, Input)>) -> CiRecord {
        CiRecord {
            key: Some(key),
            ci_type: ci_type.to_owned(),
            name: Some(plain_name(name)),
            attributes,
            observed_at: self.observed_at,
            ..CiRecord::default()
        }
    }

    /// Records a part: a CI whose key is built on the machine's, and its relationship to the machine.
    /// Returns the part's key.
    pub(crate) fn part(&self, part: &Part<'_>, fields: Fields, findings: &mut Findings<'_>) -> String {
        self.part_of(part, None, fields, findings)
    }

    /// Records a part that belongs to another part of the machine, if `whole` is the key of one.
    pub(crate) fn part_of(
        &self,
        part: &Part<'_>,
        whole: Option<&str>,
        fields: Fields,
        findings: &mut Findings<'_>,
    ) -> String {
        let key = format!("{}:{}/{}", part.ci_type, self.key, part.local_key);
        findings.ci(self.record(key.clone(), part.ci_type, part.name, fields.finish()));
        findings.relationship_record(RelationshipRecord {
            from: key.clone(),
            relationship_type: part.relationship_type.to_owned(),
            to: whole.unwrap_or(&self.key).to_owned(),
            forward: part.forward.map(Some),
            observed_at: self.observed_at,
            ..RelationshipRecord::default()
        });
        key
    }

    /// A relationship from the machine.
    pub(crate) fn relate(&self, relationship_type: &str, to: &str, findings: &mut Findings<'_>) {
        findings.relationship_record(RelationshipRecord {
            from: self.key.clone(),
            relationship_type: relationship_type.to_owned(),
            to: to.to_owned(),
            observed_at: self.observed_at,
            ..RelationshipRecord::default()
        });
    }
}

/// How a part is recorded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'a> {
    /// Its type.
    pub(crate) ci_type: &'static str,
    /// What tells it from the machine's other parts of its type.
    pub(crate) local_key: &'a str,
    /// Its name for people.
    pub(crate) name: &'a str,
    /// How it belongs to the machine.
    pub(crate) relationship_type: &'static str,
    /// How much of its failure hits the machine, where the type of relationship says too much.
    pub(crate) forward: Option<Strength>,
}

/// A network interface.
#[derive(Debug, Default)]
pub(crate) struct Interface {
    /// Its name on its machine.
    pub(crate) name: String,
    /// Its hardware address, as written.
    pub(crate) mac: Option<String>,
    /// Its addresses, as written.
    pub(crate) addresses: Vec<String>,
    /// Its largest packet, in bytes.
    pub(crate) mtu: Option<i64>,
    /// Its speed in Mbit/s.
    pub(crate) speed: Option<i64>,
    /// Whether it is switched on.
    pub(crate) enabled: Option<bool>,
    /// What kind of port it is.
    pub(crate) kind: Option<String>,
    /// What it is for.
    pub(crate) description: Option<String>,
    /// Its untagged VLAN.
    pub(crate) vlan: Option<i64>,
    /// Its tagged VLANs.
    pub(crate) tagged_vlans: Vec<i64>,
    /// The device's name, where that is an identity of the device.
    pub(crate) device_name: Option<String>,
}

impl Interface {
    /// Records the interface; returns its key.
    pub(crate) fn tell(&self, machine: &Machine, notes: &mut Notes, findings: &mut Findings<'_>) -> String {
        let mut fields = Fields::default();
        fields.text("device_name", self.device_name.as_deref());
        fields.mac("mac_address", self.mac.as_deref(), notes);
        fields.addresses("ip_addresses", self.addresses.iter().map(String::as_str), notes);
        // Linux says 65,536 of its loopback, which no packet can have.
        fields.integer("mtu", self.mtu.filter(|mtu| *mtu != 65_536), 0..=65_535, notes);
        fields.count("speed", self.speed.filter(|speed| *speed > 0), notes);
        fields.boolean("enabled", self.enabled);
        fields.text("interface_kind", self.kind.as_deref());
        fields.text("description", self.description.as_deref());
        fields.integer("vlan", self.vlan, 0..=4094, notes);
        let mut tagged: Vec<i64> = self
            .tagged_vlans
            .iter()
            .copied()
            .filter(|vlan| (0..=4094).contains(vlan))
            .collect();
        tagged.sort_unstable();
        tagged.dedup();
        fields.texts("tagged_vlans", tagged.iter().map(ToString::to_string));
        let part = Part {
            ci_type: "interface",
            local_key: &self.name,
            name: &self.name,
            relationship_type: "hosted_on",
            forward: None,
        };
        machine.part(&part, fields, findings)
    }
}

/// A part of a machine that is replaced by itself.
#[derive(Debug, Default)]
pub(crate) struct Component {
    /// What it is, as the catalog's `component_kind` says it.
    pub(crate) kind: &'static str,
    /// What tells it from the machine's other parts of its kind.
    pub(crate) local_key: String,
    /// Its name for people.
    pub(crate) name: String,
    /// Further attributes.
    pub(crate) fields: Fields,
}

impl Component {
    /// Records it on its machine; returns its key.
    pub(crate) fn tell(mut self, machine: &Machine, findings: &mut Findings<'_>) -> String {
        self.fields.text("component_kind", Some(self.kind));
        // A machine runs on without its battery and with one fan or power supply less, but nothing is
        // to spare then.
        let spare = matches!(self.kind, "battery" | "fan" | "power_supply" | "storage_drive");
        let part = Part {
            ci_type: "hardware_component",
            local_key: &format!("{}/{}", self.kind, self.local_key),
            name: &self.name,
            relationship_type: "part_of",
            forward: spare.then_some(Strength::AT_RISK),
        };
        machine.part(&part, self.fields, findings)
    }
}

/// A piece of installed software: one CI for each product, version and publisher, shared by all
/// machines that have it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Software {
    /// Its name.
    pub(crate) name: String,
    /// Its version, or empty.
    pub(crate) version: String,
    /// Who publishes it, or empty.
    pub(crate) publisher: String,
    /// Where it is published, where its names are unique there: `deb`, `rpm`.
    pub(crate) ecosystem: Option<&'static str>,
}

impl Software {
    /// The key that every machine's inventory gives to the same software.
    pub(crate) fn key(&self) -> String {
        let clean = |text: &str| text.replace('/', "%2F");
        let mut key = format!(
            "software:{}/{}/{}",
            clean(&self.publisher),
            clean(&self.name),
            clean(&self.version)
        );
        if let Some(ecosystem) = self.ecosystem {
            key = format!("{key}#{ecosystem}");
        }
        key
    }

    /// Records it and that a machine has it; what the document has told already is not told again.
    pub(crate) fn tell(&self, machine: &Machine, told: &mut BTreeSet<String>, findings: &mut Findings<'_>) {
        let key = self.key();
        if told.insert(key.clone()) {
            let mut fields = Fields::default();
            fields.text("version", Some(&self.version));
            fields.text("supplier", Some(&self.publisher));
            fields.text("ecosystem", self.ecosystem);
            findings.ci(machine.record(key.clone(), "software_package", &self.name, fields.finish()));
        }
        if told.insert(format!("{key}@{}", machine.key)) {
            findings.relationship_record(RelationshipRecord {
                from: key,
                relationship_type: "installed_on".to_owned(),
                to: machine.key.clone(),
                observed_at: machine.observed_at,
                ..RelationshipRecord::default()
            });
        }
    }
}

/// A moment as inventories write it: RFC 3339, or a local date and time, which is taken as UTC.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(moment) = text.parse() {
        return Some(moment);
    }
    let text = text.trim_end_matches('Z').trim_end();
    let local: DateTime = text.parse().ok()?;
    local
        .to_zoned(jiff::tz::TimeZone::UTC)
        .ok()
        .map(|zoned| zoned.timestamp())
}

/// A name without line ends and other control characters, cut to what a name may be.
pub(super) fn plain_name(name: &str) -> String {
    let words: Vec<&str> = name.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    let name = words
        .iter()
        .filter(|word| !word.is_empty())
        .copied()
        .collect::<Vec<_>>()
        .join(" ");
    let mut end = name.len().min(NAME_BYTES_MAX);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_every_form() {
        let at = "2020-06-12T14:19:54Z".parse().ok();
        for text in [
            "2020-06-12T14:19:54Z",
            "2020-06-12 14:19:54",
            "2020-06-12T16:19:54+02:00",
            "2020-06-12 14:19:54Z",
        ] {
            assert_eq!(moment(text), at, "{text}");
        }
        assert_eq!(moment("yesterday"), None);
    }

    #[test]
    fn the_same_software_has_the_same_key_on_every_machine() {
        let software = |name: &str, version: &str| Software {
            name: name.to_owned(),
            version: version.to_owned(),
            publisher: "Fedora Project".to_owned(),
            ecosystem: Some("rpm"),
        };
        assert_eq!(
            software("expat", "2.2.8").key(),
            "software:Fedora Project/expat/2.2.8#rpm"
        );
        assert_ne!(software("a/b", "c").key(), software("a", "b/c").key());
    }
}
