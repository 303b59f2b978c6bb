//! The facts of one node as records, in the structured form of Facter 3 and later and the flat one
//! before.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use crate::ingest::formats::document::Findings;
use crate::ingest::formats::inventory::{
    Clues, Fields, Interface, Machine, Notes, Volume, Volumes, addresses_beyond_host, fqdn_of, host_and_domain,
    integer_of, list_of, machine_type, means_nothing, text_of,
};

/// What a node is known by.
#[derive(Debug)]
pub(super) struct Called {
    pub(super) key: String,
    pub(super) name: String,
    /// Whether the key is a name that somebody gave to this node alone.
    pub(super) is_name: bool,
    /// Whether the name that the node has for itself identifies it: not where nothing but a hardware
    /// address tells it from others made from the same image.
    pub(super) own_name_counts: bool,
}

#[derive(Clone, Copy)]
struct Facts<'a>(&'a Value);

impl<'a> Facts<'a> {
    /// A fact by its path, or by the name it had before Facter 3.
    fn get(self, path: &str, flat: &str) -> Option<&'a Value> {
        let within = path.split('.').try_fold(self.0, |value, name| value.get(name));
        within.or_else(|| self.0.get(flat).filter(|_| !flat.is_empty()))
    }

    fn text(self, path: &str, flat: &str) -> Option<String> {
        text_of(self.get(path, flat)).filter(|text| !means_nothing(text))
    }

    fn integer(self, path: &str, flat: &str) -> Option<i64> {
        integer_of(self.get(path, flat))
    }

    fn is_virtual(self) -> Option<bool> {
        match self.get("is_virtual", "")? {
            Value::Bool(is_virtual) => Some(*is_virtual),
            Value::String(text) => text.parse().ok(),
            Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

/// What a node without a given name is known by: the UUID of its board, its hardware address, its name.
pub(super) fn called(values: &Value) -> Option<Called> {
    let facts = Facts(values);
    let full = facts.text("networking.fqdn", "fqdn");
    let short = facts.text("networking.hostname", "hostname");
    let own = fqdn_of([full.as_deref()]).or_else(|| short.as_deref().and_then(host_and_domain).map(|(host, _)| host));
    let uuid = facts
        .text("dmi.product.uuid", "uuid")
        .and_then(|uuid| uuid.parse::<uuid::Uuid>().ok());
    let by_uuid = uuid
        .filter(|uuid| !uuid.is_nil())
        .map(|uuid| format!("uuid:{}", uuid.hyphenated()));
    let by_mac = || {
        facts
            .text("networking.mac", "macaddress")
            .map(|mac| format!("mac:{}", mac.to_lowercase()))
    };
    let key = by_uuid.or_else(by_mac).or_else(|| own.clone())?;
    Some(Called {
        name: own.unwrap_or_else(|| key.clone()),
        own_name_counts: !key.starts_with("mac:"),
        key,
        is_name: false,
    })
}

/// Records a node; returns it for what else is known of it.
pub(super) fn tell(
    called: Called,
    values: &Value,
    observed_at: Option<Timestamp>,
    notes: &mut Notes,
    findings: &mut Findings<'_>,
) -> Machine {
    let facts = Facts(values);
    let operating_system = facts
        .text("os.windows.product_name", "")
        .or_else(|| facts.text("os.name", "operatingsystem"));
    let (chassis, model) = (
        facts.text("dmi.chassis.type", "chassistype"),
        facts.text("dmi.product.name", "productname"),
    );
    let virtualization = facts.text("virtual", "").filter(|kind| kind != "physical");
    let (ci_type, device_kind) = machine_type(Clues {
        chassis: chassis.as_deref(),
        virtualization: virtualization.as_deref(),
        guest: facts.is_virtual(),
        operating_system: operating_system.as_deref(),
        model: model.as_deref(),
    });
    let device_name = called.is_name.then(|| called.name.clone());
    let own_name_counts = called.own_name_counts;
    let machine = Machine {
        key: called.key,
        name: called.name,
        ci_type,
        observed_at,
    };
    let interfaces = interfaces(facts, device_name.as_ref());
    let mut fields = Fields::default();
    fields.text("device_kind", device_kind);
    identity(facts, &mut fields, notes);
    if own_name_counts {
        names(facts, device_name.as_deref(), &mut fields);
    }
    fields.text("model", model.as_deref());
    let addresses: Vec<&str> = interfaces
        .iter()
        .flat_map(|interface| &interface.addresses)
        .map(String::as_str)
        .collect();
    fields.address("primary_ip", facts.text("networking.ip", "ipaddress").as_deref(), notes);
    fields.addresses("ip_addresses", addresses_beyond_host(addresses), notes);
    fields.macs(
        "mac_addresses",
        interfaces.iter().filter_map(|interface| interface.mac.as_deref()),
    );
    fields.text("operating_system", operating_system.as_deref());
    system(facts, &mut fields, notes);
    fields.custom("virtualization", virtualization);
    machine.tell(fields, findings);
    for interface in interfaces {
        interface.tell(&machine, notes, findings);
    }
    volumes(facts, &machine, notes, findings);
    machine
}

fn identity(facts: Facts<'_>, fields: &mut Fields, notes: &mut Notes) {
    fields.text(
        "serial_number",
        facts.text("dmi.product.serial_number", "serialnumber").as_deref(),
    );
    fields.uuid("uuid", facts.text("dmi.product.uuid", "uuid").as_deref(), notes);
    fields.text("asset_tag", facts.text("dmi.chassis.asset_tag", "").as_deref());
    fields.text(
        "manufacturer",
        facts.text("dmi.manufacturer", "manufacturer").as_deref(),
    );
    fields.text(
        "firmware_version",
        facts.text("dmi.bios.version", "bios_version").as_deref(),
    );
}

fn names(facts: Facts<'_>, given: Option<&str>, fields: &mut Fields) {
    let full = facts.text("networking.fqdn", "fqdn");
    fields.text("fqdn", fqdn_of([full.as_deref(), given]).as_deref());
    let host = facts
        .text("networking.hostname", "hostname")
        .as_deref()
        .and_then(host_and_domain);
    let domain = facts
        .text("networking.domain", "domain")
        .map(|domain| domain.to_lowercase());
    fields.text("host_name", host.as_ref().map(|(host, _)| host.as_str()));
    fields.text("domain", domain.as_deref().filter(|_| host.is_some()));
}

fn system(facts: Facts<'_>, fields: &mut Fields, notes: &mut Notes) {
    fields.text(
        "os_version",
        facts.text("os.release.full", "operatingsystemrelease").as_deref(),
    );
    fields.text("kernel_version", facts.text("kernelrelease", "").as_deref());
    let sockets = facts
        .integer("processors.physicalcount", "physicalprocessorcount")
        .filter(|count| *count > 0);
    let all = facts.integer("processors.count", "processorcount");
    fields.count(
        "cpu_count",
        all.filter(|_| facts.is_virtual() == Some(true)).or(sockets).or(all),
        notes,
    );
    let cores = facts.integer("processors.cores", "").zip(sockets);
    fields.count(
        "cpu_cores",
        cores.map(|(cores, sockets)| cores.saturating_mul(sockets)),
        notes,
    );
    let models = list_of(facts.get("processors.models", "processor0"));
    fields.text("cpu_model", models.iter().find_map(Value::as_str));
    let bytes = facts.integer("memory.system.total_bytes", "").map(|bytes| bytes >> 20);
    fields.count("memory", bytes.or_else(|| facts.integer("", "memorysize_mb")), notes);
    fields.count("disk", disk_space(facts), notes);
    fields.custom("architecture", facts.text("os.architecture", "architecture"));
}

/// All disks together, in GiB; optical and floppy drives are none.
fn disk_space(facts: Facts<'_>) -> Option<i64> {
    let sizes: Vec<i64> = if let Some(disks) = facts.get("disks", "").and_then(Value::as_object) {
        let fixed = disks.iter().filter(|(name, _)| is_disk(name));
        fixed
            .filter_map(|(_, disk)| integer_of(disk.get("size_bytes")))
            .collect()
    } else {
        let names = facts.text("", "blockdevices").unwrap_or_default();
        let size = |name: &str| facts.integer("", &format!("blockdevice_{name}_size"));
        names.split(',').filter(|name| is_disk(name)).filter_map(size).collect()
    };
    let bytes = sizes.into_iter().fold(0_i64, i64::saturating_add);
    (bytes > 0).then_some(bytes >> 30)
}

fn is_disk(name: &str) -> bool {
    !["sr", "fd", "loop", "dm-", "cd", "ram", "zram", "md"]
        .iter()
        .any(|kind| name.starts_with(kind))
}

fn interfaces(facts: Facts<'_>, device_name: Option<&String>) -> Vec<Interface> {
    let mut found = Vec::new();
    if let Some(interfaces) = facts.get("networking.interfaces", "").and_then(Value::as_object) {
        for (name, details) in interfaces.iter().filter(|(name, _)| !name.is_empty()) {
            found.push(structured_interface(name, details));
        }
    } else {
        let names = facts.text("", "interfaces").unwrap_or_default();
        let names: BTreeSet<&str> = names
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .collect();
        for name in names {
            let flat = |fact: &str| facts.text("", &format!("{fact}_{name}"));
            found.push(Interface {
                name: name.to_owned(),
                mac: flat("macaddress"),
                addresses: ["ipaddress", "ipaddress6"].into_iter().filter_map(flat).collect(),
                mtu: facts.integer("", &format!("mtu_{name}")),
                ..Interface::default()
            });
        }
    }
    for interface in &mut found {
        interface.device_name = device_name.cloned();
    }
    found
}

fn structured_interface(name: &str, details: &Value) -> Interface {
    let bound = ["bindings", "bindings6"].map(|name| list_of(details.get(name)));
    let bound = bound.into_iter().flatten().filter_map(|binding| binding.get("address"));
    let alone = ["ip", "ip6"].into_iter().filter_map(|name| details.get(name));
    let addresses: BTreeSet<String> = bound
        .chain(alone)
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    Interface {
        name: name.to_owned(),
        mac: text_of(details.get("mac")),
        addresses: addresses.into_iter().collect(),
        mtu: integer_of(details.get("mtu")),
        speed: integer_of(details.get("speed")),
        enabled: details
            .get("operational_state")
            .and_then(Value::as_str)
            .and_then(|state| match state {
                "up" => Some(true),
                "down" => Some(false),
                _ => None,
            }),
        ..Interface::default()
    }
}

fn volumes(facts: Facts<'_>, machine: &Machine, notes: &mut Notes, findings: &mut Findings<'_>) {
    let Some(mounts) = facts.get("mountpoints", "").and_then(Value::as_object) else {
        return;
    };
    let mut volumes = Volumes::default();
    for (name, mount) in mounts.iter().filter(|(name, _)| !name.is_empty()) {
        let text = |name: &str| text_of(mount.get(name));
        let volume = Volume {
            name: name.clone(),
            size: integer_of(mount.get("size_bytes")).map(|bytes| bytes >> 20),
            file_system: text("filesystem"),
            device: text("device"),
            ..Volume::default()
        };
        volumes.tell(&volume, machine, notes, findings);
    }
}
