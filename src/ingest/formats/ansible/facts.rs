//! The facts of one host as records.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::ingest::formats::document::Findings;
use crate::ingest::formats::inventory::{
    Clues, Fields, Interface, Machine, Notes, Volume, Volumes, addresses_beyond_host, fqdn_of, host_and_domain,
    integer_of, list_of, machine_type, means_nothing, moment, text_of,
};

/// Facts by their names without `ansible_`, as old and new versions write them.
#[derive(Clone, Copy)]
struct Facts<'a>(&'a Value);

impl<'a> Facts<'a> {
    fn get(self, name: &str) -> Option<&'a Value> {
        self.0.get(format!("ansible_{name}")).or_else(|| self.0.get(name))
    }

    fn text(self, name: &str) -> Option<String> {
        text_of(self.get(name)).filter(|text| !means_nothing(text))
    }

    fn integer(self, name: &str) -> Option<i64> {
        integer_of(self.get(name))
    }

    /// The facts of an interface: its name in that of the fact has `_` for what no variable may have.
    fn interface(self, name: &str) -> Option<&'a Value> {
        self.get(name).or_else(|| self.get(&name.replace(['-', '.', ':'], "_")))
    }
}

/// What a host calls itself; none if that is nothing but `localhost`.
pub(super) fn own_name(facts: &Value) -> Option<String> {
    let facts = Facts(facts);
    let (full, own) = (facts.text("fqdn"), facts.text("nodename"));
    fqdn_of([full.as_deref(), own.as_deref()]).or_else(|| {
        let short = [facts.text("hostname"), own, full];
        short
            .into_iter()
            .flatten()
            .find_map(|name| host_and_domain(&name))
            .map(|(host, _)| host)
    })
}

/// Records a host of a name in the inventory.
pub(super) fn tell(name: &str, facts: &Value, notes: &mut Notes, findings: &mut Findings<'_>) {
    let facts = Facts(facts);
    let role = facts.text("virtualization_role");
    let operating_system = facts.text("os_name").or_else(|| facts.text("distribution"));
    let (chassis, virtualization, model) = (
        facts.text("form_factor"),
        facts.text("virtualization_type"),
        facts.text("product_name"),
    );
    let (ci_type, device_kind) = machine_type(Clues {
        chassis: chassis.as_deref(),
        virtualization: virtualization.as_deref(),
        guest: role.as_deref().map(|role| role == "guest"),
        operating_system: operating_system.as_deref(),
        model: model.as_deref(),
    });
    let date = facts.get("date_time");
    let stated = |name: &str| date.and_then(|date| date.get(name)).and_then(Value::as_str);
    let machine = Machine {
        key: name.to_owned(),
        name: name.to_owned(),
        ci_type,
        observed_at: stated("iso8601_micro").or_else(|| stated("iso8601")).and_then(moment),
    };
    let interfaces = interfaces(facts, name);
    let mut fields = Fields::default();
    fields.text("device_kind", device_kind);
    identity(name, facts, &mut fields, notes);
    network(facts, &interfaces, &mut fields, notes);
    system(facts, operating_system.as_deref(), &mut fields, notes);
    fields.custom("virtualization", virtualization);
    machine.tell(fields, findings);
    for interface in interfaces {
        interface.tell(&machine, notes, findings);
    }
    volumes(facts, &machine, notes, findings);
}

fn identity(name: &str, facts: Facts<'_>, fields: &mut Fields, notes: &mut Notes) {
    let (full, own) = (facts.text("fqdn"), facts.text("nodename"));
    fields.text("serial_number", facts.text("product_serial").as_deref());
    fields.uuid("uuid", facts.text("product_uuid").as_deref(), notes);
    fields.text("asset_tag", facts.text("chassis_asset_tag").as_deref());
    fields.text(
        "fqdn",
        fqdn_of([full.as_deref(), own.as_deref(), Some(name)]).as_deref(),
    );
    let host = facts
        .text("hostname")
        .or_else(|| own.clone())
        .and_then(|name| host_and_domain(&name));
    let host = host.or_else(|| host_and_domain(name));
    fields.text("host_name", host.as_ref().map(|(host, _)| host.as_str()));
    let domain = facts.text("domain").or_else(|| host.and_then(|(_, domain)| domain));
    fields.text("domain", domain.map(|domain| domain.to_lowercase()).as_deref());
    fields.text("manufacturer", facts.text("system_vendor").as_deref());
    fields.text("model", facts.text("product_name").as_deref());
    fields.text("firmware_version", facts.text("bios_version").as_deref());
}

fn network(facts: Facts<'_>, interfaces: &[Interface], fields: &mut Fields, notes: &mut Notes) {
    let listed = ["all_ipv4_addresses", "all_ipv6_addresses", "ip_addresses"].map(|name| list_of(facts.get(name)));
    let addresses: Vec<&str> = listed.into_iter().flatten().filter_map(Value::as_str).collect();
    let default = facts
        .get("default_ipv4")
        .and_then(|default| default.get("address"))
        .and_then(Value::as_str);
    let beyond: Vec<&str> = addresses_beyond_host(addresses).collect();
    let only = if let [only] = beyond.as_slice() {
        Some(*only)
    } else {
        None
    };
    fields.address("primary_ip", default.or(only), notes);
    fields.addresses("ip_addresses", beyond, notes);
    fields.macs(
        "mac_addresses",
        interfaces.iter().filter_map(|interface| interface.mac.as_deref()),
    );
}

fn system(facts: Facts<'_>, operating_system: Option<&str>, fields: &mut Fields, notes: &mut Notes) {
    fields.text("operating_system", operating_system);
    // OpenBSD of old has its version as the release.
    let version = facts
        .text("distribution_version")
        .filter(|version| version != "release");
    fields.text(
        "os_version",
        version.or_else(|| facts.text("distribution_release")).as_deref(),
    );
    fields.text("kernel_version", facts.text("kernel").as_deref());
    let sockets = facts.integer("processor_count");
    let virtual_processors = facts.integer("processor_vcpus");
    let guest = facts.text("virtualization_role").as_deref() == Some("guest");
    fields.count("cpu_count", virtual_processors.filter(|_| guest).or(sockets), notes);
    let cores = facts
        .integer("processor_cores")
        .zip(sockets)
        .map(|(cores, sockets)| cores.saturating_mul(sockets));
    fields.count("cpu_cores", cores, notes);
    let models = list_of(facts.get("processor")).iter().filter_map(Value::as_str);
    fields.text(
        "cpu_model",
        models.max_by_key(|model| model.len()).filter(|model| model.len() > 3),
    );
    let bytes = facts.integer("totalmem").map(|bytes| bytes / (1 << 20));
    fields.count("memory", facts.integer("memtotal_mb").or(bytes), notes);
    fields.count("disk", disk_space(facts), notes);
    fields.moment("last_boot_at", facts.text("lastboot").as_deref().and_then(moment));
    fields.custom("architecture", facts.text("architecture"));
    fields.custom("machine_id", facts.text("machine_id"));
}

/// All fixed disks together, in GiB; device-mapper and loop devices are parts of others.
fn disk_space(facts: Facts<'_>) -> Option<i64> {
    let devices = facts.get("devices")?.as_object()?;
    let fixed = devices.iter().filter(|(name, device)| {
        let made_up = ["dm-", "loop", "ram", "zram", "md", "sr", "fd", "nbd"]
            .iter()
            .any(|kind| name.starts_with(kind));
        !made_up && integer_of(device.get("removable")) != Some(1)
    });
    let bytes = fixed.filter_map(|(_, device)| {
        let sectors = integer_of(device.get("sectors"))?;
        sectors.checked_mul(integer_of(device.get("sectorsize"))?)
    });
    let bytes = bytes.fold(0_i64, i64::saturating_add);
    (bytes > 0).then_some(bytes >> 30)
}

fn interfaces(facts: Facts<'_>, host: &str) -> Vec<Interface> {
    let mut names = BTreeSet::new();
    let mut found = Vec::new();
    for listed in list_of(facts.get("interfaces")) {
        let (name, details) = match listed.as_str() {
            Some(name) => (Some(name), facts.interface(name)),
            // Windows lists the interfaces themselves.
            None => (
                ["connection_name", "interface_name"]
                    .iter()
                    .find_map(|name| listed.get(name).and_then(Value::as_str)),
                Some(listed),
            ),
        };
        let Some(name) = name.filter(|name| !name.is_empty() && names.insert(*name)) else {
            continue;
        };
        found.push(interface(name, details, host));
    }
    found
}

fn interface(name: &str, details: Option<&Value>, host: &str) -> Interface {
    let detail = |name: &str| details.and_then(|details| details.get(name));
    let text = |name: &str| text_of(detail(name));
    let addresses = ["ipv4", "ipv6", "ipv4_secondaries"].map(|name| list_of(detail(name)));
    let address = |entry: &Value| entry.get("address").and_then(Value::as_str).map(str::to_owned);
    let up = list_of(detail("flags")).iter().any(|flag| flag.as_str() == Some("UP"));
    let active = detail("active").and_then(Value::as_bool);
    Interface {
        name: name.to_owned(),
        mac: text("macaddress").filter(|mac| mac.contains([':', '-'])),
        addresses: addresses.into_iter().flatten().filter_map(address).collect(),
        mtu: integer_of(detail("mtu")),
        speed: integer_of(detail("speed")),
        enabled: active.or_else(|| detail("flags").map(|_| up)),
        kind: text("type"),
        device_name: Some(host.to_owned()),
        ..Interface::default()
    }
}

fn volumes(facts: Facts<'_>, machine: &Machine, notes: &mut Notes, findings: &mut Findings<'_>) {
    let mut volumes = Volumes::default();
    for mount in list_of(facts.get("mounts")) {
        let text = |name: &str| text_of(mount.get(name)).filter(|text| !text.trim().is_empty());
        let Some(name) = text("mount") else { continue };
        let volume = Volume {
            size: integer_of(mount.get("size_total")).map(|bytes| bytes >> 20),
            file_system: text("fstype"),
            device: text("device"),
            uuid: text("uuid"),
            name,
            ..Volume::default()
        };
        volumes.tell(&volume, machine, notes, findings);
    }
}
