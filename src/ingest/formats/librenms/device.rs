//! A device with its ports, parts, neighbours and virtual machines.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::app::ErrorCode;
use crate::ingest::formats::document::Findings;
use crate::ingest::formats::inventory::{
    Entity, Fields, IGNORED, Interface, Machine, Neighbour, Notes, Part, Volume, addresses_beyond_host, device_key,
    fqdn_of, host_and_domain, integer_of, means_nothing, tell_entities, text_of,
};
use crate::ingest::observation::{Problem, RecordKind};

use super::tables::Tables;

/// The tables that are read.
const TAKEN: [&str; 10] = [
    "devices",
    "ports",
    "links",
    "entPhysical",
    "vlans",
    "ports_vlans",
    "ipv4_addresses",
    "ipv6_addresses",
    "vminfo",
    "storage",
];

/// Records all devices of a set of tables.
pub(super) fn tell_all(tables: &Tables<'_>, notes: &mut Notes, findings: &mut Findings<'_>) {
    let rows = tables.rows("devices");
    let names: BTreeMap<i64, String> = rows
        .iter()
        .filter_map(|row| Some((integer_of(row.get("device_id"))?, own_name(row)?)))
        .collect();
    // Devices of the document speak for themselves, also where they are neighbours.
    let own_keys = rows
        .iter()
        .filter_map(|row| device_key(own_name(row).as_deref(), None, None));
    let mut told: BTreeSet<String> = own_keys.collect();
    for row in rows {
        // A name from outside is one device's.
        let given = findings.name().filter(|_| rows.len() == 1).map(str::to_owned);
        let device = Device {
            row,
            tables,
            names: &names,
        };
        device.tell(given, &mut told, notes, findings);
    }
    for (name, rows) in tables.sizes().filter(|(name, _)| !TAKEN.contains(name)) {
        notes.add_many(IGNORED, &format!("the table `{name}` is not taken over"), rows, "");
    }
}

struct Device<'t, 'v> {
    row: &'v Value,
    tables: &'t Tables<'v>,
    /// The names of all devices of the tables by number.
    names: &'t BTreeMap<i64, String>,
}

fn field(row: &Value, names: &[&str]) -> Option<String> {
    let texts = names.iter().filter_map(|name| text_of(row.get(name)));
    texts
        .map(|text| text.trim().to_owned())
        .find(|text| !means_nothing(text))
}

/// The name a device is known by: what it calls itself, else what it is called.
fn own_name(row: &Value) -> Option<String> {
    field(row, &["sysName", "hostname"]).filter(|name| host_and_domain(name).is_some())
}

/// The type of a device, by `LibreNMS`'s word and the operating system.
fn device_type(row: &Value) -> &'static str {
    let system = text_of(row.get("os")).unwrap_or_default();
    match text_of(row.get("type")).unwrap_or_default().as_str() {
        _ if system.starts_with("vmware-esxi") => "hypervisor",
        "server" | "management" => "server",
        "firewall" => "firewall",
        "loadbalancer" => "load_balancer",
        "storage" => "storage_array",
        "printer" => "printer",
        "workstation" => "end_user_device",
        "power" if system.contains("ups") => "ups",
        "power" => "pdu",
        _ => "network_device",
    }
}

impl<'v> Device<'_, 'v> {
    /// The rows of a table that are of this device; where tables are of one device, all.
    fn rows<'a>(&'a self, table: &str) -> impl Iterator<Item = &'v Value> + use<'a, 'v> {
        let own = integer_of(self.row.get("device_id"));
        let mine = move |row: &&&'v Value| {
            let of = row.get("device_id").or_else(|| row.get("local_device_id"));
            own.is_none() || of.is_none() || integer_of(of) == own
        };
        self.tables.rows(table).iter().filter(mine).copied()
    }

    fn tell(&self, given: Option<String>, told: &mut BTreeSet<String>, notes: &mut Notes, findings: &mut Findings<'_>) {
        let serial = field(self.row, &["serial"]);
        let name = given.or_else(|| own_name(self.row));
        let key = device_key(name.as_deref(), None, serial.as_deref())
            .or_else(|| field(self.row, &["ip", "hostname"]).map(|address| format!("device:{address}")));
        let Some(key) = key else {
            let message = "the device has neither name, serial number nor address: give its name with `name` (--name)";
            findings.unreadable(
                RecordKind::Ci,
                None,
                Problem::new(ErrorCode::BadUserInput, message).of_field("sysName"),
            );
            return;
        };
        let name = name.filter(|name| host_and_domain(name).is_some());
        let machine = Machine::device(key, name.as_deref(), device_type(self.row), None);
        let interfaces = self.interfaces(name.as_deref(), notes);
        let mut fields = Fields::default();
        self.attributes(name.as_deref(), &interfaces, &mut fields, notes);
        fields.text("serial_number", serial.as_deref());
        machine.tell(fields, findings);
        for interface in &interfaces {
            interface.tell(&machine, notes, findings);
        }
        tell_entities(
            self.rows("entPhysical").filter_map(entity).collect(),
            &machine,
            findings,
        );
        self.vlans(&machine, notes, findings);
        self.guests(&machine, notes, findings);
        self.volumes(&machine, notes, findings);
        self.neighbours(&machine, told, notes, findings);
    }

    fn attributes(&self, name: Option<&str>, interfaces: &[Interface], fields: &mut Fields, notes: &mut Notes) {
        let host_name = field(self.row, &["hostname"]);
        fields.text("fqdn", fqdn_of([name, host_name.as_deref()]).as_deref());
        if let Some((host, domain)) = name.and_then(host_and_domain) {
            fields.text("host_name", Some(&host));
            fields.text("domain", domain.as_deref());
        }
        fields.text("model", field(self.row, &["hardware"]).as_deref());
        let version = field(self.row, &["version"]);
        let has_system = matches!(
            device_type(self.row),
            "network_device" | "firewall" | "load_balancer" | "server" | "hypervisor" | "end_user_device"
        );
        if has_system {
            fields.text("operating_system", field(self.row, &["os"]).as_deref());
            fields.text("os_version", version.as_deref());
        } else {
            fields.text("firmware_version", version.as_deref());
        }
        fields.text("description", field(self.row, &["sysDescr"]).as_deref());
        let addresses = interfaces
            .iter()
            .flat_map(|interface| &interface.addresses)
            .map(String::as_str);
        let managed =
            field(self.row, &["ip"]).or_else(|| host_name.filter(|name| name.parse::<std::net::IpAddr>().is_ok()));
        fields.address("primary_ip", managed.as_deref(), notes);
        fields.addresses("ip_addresses", addresses_beyond_host(addresses), notes);
        fields.macs(
            "mac_addresses",
            interfaces.iter().filter_map(|interface| interface.mac.as_deref()),
        );
        fields.custom("location", field(self.row, &["location"]));
        fields.custom("features", field(self.row, &["features"]));
    }

    fn interfaces(&self, device: Option<&str>, notes: &mut Notes) -> Vec<Interface> {
        let number = |row: &Value| integer_of(row.get("ifIndex"));
        let polled: BTreeMap<Option<i64>, &Value> = self
            .tables
            .polled("ports")
            .iter()
            .map(|row| (number(row), *row))
            .collect();
        let mut addresses: BTreeMap<Option<i64>, Vec<String>> = BTreeMap::new();
        for table in ["ipv4_addresses", "ipv6_addresses"] {
            for row in self.rows(table) {
                let text = field(row, &["ipv4_address", "ipv6_compressed", "ipv6_address"]);
                let of = number(row).or_else(|| integer_of(row.get("port_id")));
                addresses.entry(of).or_default().extend(text);
            }
        }
        let mut keys = BTreeSet::new();
        let mut found = Vec::new();
        for row in self.rows("ports") {
            if integer_of(row.get("deleted")) == Some(1) {
                notes.add(
                    IGNORED,
                    "ports that are gone are no interfaces",
                    &field(row, &["ifName"]).unwrap_or_default(),
                );
                continue;
            }
            let later = polled.get(&number(row)).copied().unwrap_or(row);
            let shown =
                field(row, &["ifName", "ifDescr"]).or_else(|| number(row).map(|number| format!("port {number}")));
            let Some(shown) = shown else { continue };
            let name = match number(row) {
                Some(number) if !keys.insert(shown.clone()) => format!("{shown} #{number}"),
                _ => shown,
            };
            let own = |id: Option<i64>| addresses.get(&id).filter(|_| id.is_some()).cloned().unwrap_or_default();
            let mut interface = port(name, later, device);
            interface.addresses = own(number(row))
                .into_iter()
                .chain(own(integer_of(row.get("port_id"))))
                .collect();
            found.push(interface);
        }
        found
    }

    fn vlans(&self, machine: &Machine, notes: &mut Notes, findings: &mut Findings<'_>) {
        let mut told = BTreeSet::new();
        for row in self.rows("vlans") {
            let Some(number) = integer_of(row.get("vlan_vlan")).filter(|number| (0..=4094).contains(number)) else {
                notes.add(
                    IGNORED,
                    "a VLAN without a number",
                    &field(row, &["vlan_name"]).unwrap_or_default(),
                );
                continue;
            };
            // Where VLANs are kept by domain, one number may be listed for several.
            let domain = text_of(row.get("vlan_domain")).filter(|domain| domain != "1");
            let local_key = match domain {
                Some(domain) => format!("vlan/{number}@{domain}"),
                None => format!("vlan/{number}"),
            };
            if !told.insert(local_key.clone()) {
                continue;
            }
            let mut fields = Fields::default();
            fields.integer("vlan", Some(number), 0..=4094, notes);
            let name = field(row, &["vlan_name"]);
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

    fn guests(&self, machine: &Machine, notes: &mut Notes, findings: &mut Findings<'_>) {
        for row in self.rows("vminfo") {
            let Some(id) = field(row, &["vmwVmVMID", "id"]) else {
                notes.add(IGNORED, "a virtual machine without a number", &machine.name);
                continue;
            };
            let name = field(row, &["vmwVmDisplayName"]);
            let system = field(row, &["vmwVmGuestOS"]).filter(|system| !system.starts_with("E:"));
            let mut fields = Fields::default();
            fields.text("instance_id", Some(&id));
            fields.text("operating_system", system.as_deref());
            fields.count(
                "memory",
                integer_of(row.get("vmwVmMemSize")).filter(|size| *size > 0),
                notes,
            );
            fields.count(
                "cpu_count",
                integer_of(row.get("vmwVmCpus")).filter(|count| *count > 0),
                notes,
            );
            fields.text(
                "power_state",
                match text_of(row.get("vmwVmState")).unwrap_or_default().as_str() {
                    "1" | "powered on" => Some("on"),
                    "0" | "powered off" => Some("off"),
                    "2" | "suspended" => Some("suspended"),
                    _ => None,
                },
            );
            let part = Part {
                ci_type: "virtual_machine",
                local_key: &id,
                name: &name.unwrap_or_else(|| format!("virtual machine {id}")),
                relationship_type: "runs_on",
                forward: None,
            };
            machine.part(&part, fields, findings);
        }
    }

    fn volumes(&self, machine: &Machine, notes: &mut Notes, findings: &mut Findings<'_>) {
        let mut told = BTreeSet::new();
        for row in self.rows("storage") {
            let Some(name) = field(row, &["storage_descr"]) else {
                continue;
            };
            let kind = field(row, &["storage_type"]).unwrap_or_default();
            if !told.insert(name.clone()) {
                notes.add(IGNORED, "a volume that is listed again is taken once", &name);
                continue;
            }
            let volume = Volume {
                size: integer_of(row.get("storage_size")).map(|bytes| bytes >> 20),
                label: Some(kind),
                name,
                ..Volume::default()
            };
            volume.tell(machine, notes, findings);
        }
    }

    fn neighbours(
        &self,
        machine: &Machine,
        told: &mut BTreeSet<String>,
        notes: &mut Notes,
        findings: &mut Findings<'_>,
    ) {
        let ports: BTreeMap<i64, String> = self
            .tables
            .rows("ports")
            .iter()
            .filter_map(|row| Some((integer_of(row.get("port_id"))?, field(row, &["ifName", "ifDescr"])?)))
            .collect();
        for row in self.rows("links") {
            let local = field(row, &["ifName", "ifDescr"]).or_else(|| {
                integer_of(row.get("local_port_id"))
                    .map(|id| ports.get(&id).cloned().unwrap_or_else(|| format!("port {id}")))
            });
            let recorded = integer_of(row.get("remote_device_id")).and_then(|id| self.names.get(&id).cloned());
            let neighbour = Neighbour {
                name: recorded.or_else(|| field(row, &["remote_hostname"])),
                port: field(row, &["remote_port"]),
                ..Neighbour::default()
            };
            let local = local.unwrap_or_default();
            if !neighbour.tell(machine, &local, told, notes, findings) {
                notes.add(IGNORED, "a neighbour that says neither name nor address", &local);
            }
        }
    }
}

fn port(name: String, row: &Value, device: Option<&str>) -> Interface {
    Interface {
        name,
        mac: field(row, &["ifPhysAddress"]),
        mtu: integer_of(row.get("ifMtu")).filter(|mtu| (1..=65_535).contains(mtu)),
        speed: integer_of(row.get("ifSpeed")).map(|bits| bits / 1_000_000),
        enabled: text_of(row.get("ifAdminStatus")).map(|status| status == "up"),
        kind: field(row, &["ifType"]),
        description: field(row, &["ifAlias"]),
        vlan: integer_of(row.get("ifVlan")).filter(|vlan| (1..=4094).contains(vlan)),
        device_name: device.map(str::to_owned),
        ..Interface::default()
    }
}

fn entity(row: &Value) -> Option<Entity> {
    let mut fields = Fields::default();
    fields.text("serial_number", field(row, &["entPhysicalSerialNum"]).as_deref());
    fields.text("manufacturer", field(row, &["entPhysicalMfgName"]).as_deref());
    fields.text("model", field(row, &["entPhysicalModelName"]).as_deref());
    fields.text(
        "firmware_version",
        field(row, &["entPhysicalFirmwareRev", "entPhysicalSoftwareRev"]).as_deref(),
    );
    Some(Entity {
        index: integer_of(row.get("entPhysicalIndex"))?,
        contained_in: integer_of(row.get("entPhysicalContainedIn")),
        class: text_of(row.get("entPhysicalClass")).unwrap_or_default(),
        name: field(row, &["entPhysicalName", "entPhysicalDescr"]).unwrap_or_default(),
        fields,
    })
}
