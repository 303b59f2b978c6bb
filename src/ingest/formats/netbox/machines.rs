//! Devices, clusters, virtual machines, and their interfaces and addresses.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde_json::Value;

use crate::ingest::formats::attributes::{Attributes, Tally, is_host_name};
use crate::ingest::formats::document::Findings;
use crate::ingest::payload::RelationshipRecord;
use crate::model::Input;

use super::places::{located, name};
use super::source::{Model, choice, content_type, number, reference, text};
use super::{NetBox, ci, common, key};

/// Words in the name of a device's role, and the type of CI they stand for; the first that is found
/// counts.
const ROLES: [(&str, &str); 20] = [
    ("pdu", "pdu"),
    ("power distribution", "pdu"),
    ("ups", "ups"),
    ("load balancer", "load_balancer"),
    ("load-balancer", "load_balancer"),
    ("firewall", "firewall"),
    ("access point", "access_point"),
    ("access-point", "access_point"),
    ("wireless", "access_point"),
    ("san switch", "san_switch"),
    ("switch", "switch"),
    ("router", "router"),
    ("gateway", "router"),
    ("storage", "storage_array"),
    ("printer", "printer"),
    ("hypervisor", "hypervisor"),
    ("chassis", "chassis"),
    ("server", "physical_server"),
    ("compute", "physical_server"),
    ("host", "physical_server"),
];

impl<'d> NetBox<'d> {
    /// Tells machines and what belongs to them.
    pub(super) fn machines(&self, findings: &mut Findings<'_>, tally: &mut Tally) {
        self.clusters(findings);
        for (id, fields) in self.objects.of(Model::Device) {
            self.device(id, fields, findings);
        }
        for (id, fields) in self.objects.of(Model::VirtualMachine) {
            self.virtual_machine(id, fields, findings);
        }
        let lags: BTreeSet<u64> = self
            .objects
            .of(Model::Interface)
            .filter_map(|(_, fields)| reference(fields, "lag"))
            .collect();
        for (model, owner, field) in [
            (Model::Interface, Model::Device, "device"),
            (Model::VmInterface, Model::VirtualMachine, "virtual_machine"),
        ] {
            for (id, fields) in self.objects.of(model) {
                self.interface((model, id), fields, (owner, field), &lags, findings);
            }
        }
        self.addresses(findings, tally);
    }

    fn clusters(&self, findings: &mut Findings<'_>) {
        let named = |model: Model, field: &'static str| -> BTreeSet<u64> {
            let members = self.objects.of(model);
            members.filter_map(|(_, fields)| reference(fields, field)).collect()
        };
        let with_hosts = named(Model::Device, "cluster");
        for (id, fields) in self.objects.of(Model::Cluster) {
            let mut attributes = common(fields);
            attributes.custom_text("type", self.name_of(fields, "type", Model::ClusterType));
            // Virtual machines start again on the hosts that are left.
            attributes.text("min_up", with_hosts.contains(&id).then_some("1"));
            findings.ci(ci(
                Model::Cluster,
                id,
                "hypervisor_cluster",
                name(fields, Model::Cluster, id),
                attributes,
            ));
            if let Some(site) = reference(fields, "site") {
                findings.relationship(key(Model::Cluster, id), "located_in", key(Model::Site, site));
            }
        }
        for (id, fields) in self.objects.of(Model::VirtualChassis) {
            let mut attributes = common(fields);
            // A chassis of several switches goes on without one of them.
            attributes.text("min_up", Some("1"));
            findings.ci(ci(
                Model::VirtualChassis,
                id,
                "cluster",
                name(fields, Model::VirtualChassis, id),
                attributes,
            ));
        }
    }

    fn device(&self, id: u64, fields: &'d Value, findings: &mut Findings<'_>) {
        let role = self.role(fields).unwrap_or_default();
        let ci_type = device_type(role);
        let stated = reference(fields, "device_type");
        let model = self.name_of(fields, "device_type", Model::DeviceType);
        let mut attributes = common(fields);
        attributes.text("serial_number", text(fields, "serial"));
        attributes.text("asset_tag", text(fields, "asset_tag"));
        attributes.text("model", model);
        let nested = fields.get("device_type");
        let maker = nested.and_then(|device_type| self.name_of(device_type, "manufacturer", Model::Manufacturer));
        let maker = maker.or_else(|| {
            let device_type = self.objects.get(Model::DeviceType, stated?)?;
            self.name_of(device_type, "manufacturer", Model::Manufacturer)
        });
        attributes.text("manufacturer", maker);
        self.host(Model::Device, id, fields, &mut attributes);
        let is_computer = matches!(ci_type, "physical_server" | "hypervisor");
        if is_computer || is_network_device(ci_type) {
            attributes.text("operating_system", self.name_of(fields, "platform", Model::Platform));
        }
        if is_network_device(ci_type) {
            attributes.text("network_role", network_role(role));
        }
        attributes.custom_text("role", Some(role));
        let position = number(fields, "position").filter(|position| *position <= 100);
        attributes.number("rack_position", position);
        let name = text(fields, "name").map_or_else(|| format!("{} {id}", model.unwrap_or("device")), str::to_owned);
        findings.ci(ci(Model::Device, id, ci_type, name, attributes));
        match reference(fields, "rack") {
            Some(rack) => {
                let position = position.map(|position| Input::Number(position.to_string()));
                findings.relationship_record(RelationshipRecord {
                    from: key(Model::Device, id),
                    relationship_type: "located_in".to_owned(),
                    to: key(Model::Rack, rack),
                    attributes: position
                        .map(|at| ("rack_position".to_owned(), at))
                        .into_iter()
                        .collect(),
                    ..RelationshipRecord::default()
                });
            }
            None => located(Model::Device, id, fields, findings),
        }
        for (field, model) in [("cluster", Model::Cluster), ("virtual_chassis", Model::VirtualChassis)] {
            if let Some(whole) = reference(fields, field) {
                findings.relationship(key(Model::Device, id), "member_of", key(model, whole));
            }
        }
    }

    /// The name of a device's role.
    pub(super) fn role(&self, fields: &'d Value) -> Option<&'d str> {
        // Called `device_role` before version 3.6.
        self.name_of(fields, "role", Model::DeviceRole)
            .or_else(|| self.name_of(fields, "device_role", Model::DeviceRole))
    }

    /// Name and address on the network, of names that are host names and no other machine has.
    fn host(&self, model: Model, id: u64, fields: &'d Value, attributes: &mut Attributes) {
        if let Some(name) = self.names.get(&(model, id)).filter(|name| is_host_name(name)) {
            let field = if name.contains('.') { "fqdn" } else { "host_name" };
            attributes.text(field, Some(name));
        }
        for field in ["primary_ip", "primary_ip4", "primary_ip6"] {
            let stated = fields.get(field).and_then(|address| text(address, "address"));
            let stated = stated.or_else(|| {
                let address = self.objects.get(Model::IpAddress, reference(fields, field)?)?;
                text(address, "address")
            });
            let address = stated.and_then(|address| address.split('/').next());
            attributes.address("primary_ip", address);
        }
    }

    fn virtual_machine(&self, id: u64, fields: &'d Value, findings: &mut Findings<'_>) {
        let mut attributes = common(fields);
        self.host(Model::VirtualMachine, id, fields, &mut attributes);
        attributes.number("cpu_count", number(fields, "vcpus"));
        attributes.number("memory", number(fields, "memory"));
        attributes.text("operating_system", self.name_of(fields, "platform", Model::Platform));
        attributes.text("server_role", self.role(fields));
        attributes.text(
            "power_state",
            match choice(fields, "status") {
                Some("active") => Some("on"),
                Some("offline") => Some("off"),
                _ => None,
            },
        );
        findings.ci(ci(
            Model::VirtualMachine,
            id,
            "virtual_machine",
            name(fields, Model::VirtualMachine, id),
            attributes,
        ));
        // A machine pinned to a host fails with it, any other one with its cluster.
        let on = reference(fields, "device").map(|device| key(Model::Device, device));
        let on = on.or_else(|| reference(fields, "cluster").map(|cluster| key(Model::Cluster, cluster)));
        if let Some(on) = on {
            findings.relationship(key(Model::VirtualMachine, id), "runs_on", on);
        }
    }

    fn interface(
        &self,
        (model, id): (Model, u64),
        fields: &'d Value,
        (owner, field): (Model, &str),
        lags: &BTreeSet<u64>,
        findings: &mut Findings<'_>,
    ) {
        let mut attributes = common(fields);
        let device = reference(fields, field);
        attributes.text(
            "device_name",
            device.and_then(|device| self.names.get(&(owner, device)).copied()),
        );
        match text(fields, "mac_address") {
            Some(mac) if is_mac(mac) => attributes.text("mac_address", Some(mac)),
            other => attributes.custom_text("mac_address", other),
        };
        attributes.number("mtu", number(fields, "mtu").filter(|mtu| *mtu <= 65_535));
        attributes.number("speed", number(fields, "speed").map(|kilobits| kilobits / 1000));
        attributes.text(
            "duplex",
            choice(fields, "duplex").filter(|duplex| ["full", "half", "auto"].contains(duplex)),
        );
        attributes.text("interface_kind", choice(fields, "type"));
        attributes.boolean("enabled", fields.get("enabled").and_then(Value::as_bool));
        // A bundle carries on over the links that are left.
        attributes.text(
            "min_up",
            (model == Model::Interface && lags.contains(&id)).then_some("1"),
        );
        findings.ci(ci(model, id, "interface", name(fields, model, id), attributes));
        if let Some(device) = device {
            findings.relationship(key(model, id), "hosted_on", key(owner, device));
        }
        if let Some(lag) = reference(fields, "lag") {
            findings.relationship(key(model, id), "member_of", key(model, lag));
        }
    }

    fn addresses(&self, findings: &mut Findings<'_>, tally: &mut Tally) {
        let parsed = |fields: &'d Value| {
            let (address, length) = text(fields, "address")?.split_once('/')?;
            Some((address.parse::<IpAddr>().ok()?, length.parse::<u64>().ok()?))
        };
        let mut uses: BTreeMap<IpAddr, u64> = BTreeMap::new();
        for (address, _) in self
            .objects
            .of(Model::IpAddress)
            .filter_map(|(_, fields)| parsed(fields))
        {
            *uses.entry(address).or_default() += 1;
        }
        for (id, fields) in self.objects.of(Model::IpAddress) {
            let Some((address, length)) = parsed(fields) else {
                tally.count("IGNORED", "addresses are not written as `ADDRESS/LENGTH`");
                continue;
            };
            let mut attributes = common(fields);
            if uses.get(&address) == Some(&1) {
                attributes.text("address", Some(&address.to_string()));
            } else {
                tally.count(
                    "AMBIGUOUS",
                    "addresses are there several times, and are told apart by NetBox's ids only",
                );
            }
            attributes.number("prefix_length", Some(length).filter(|length| *length <= 128));
            attributes.text("vrf", self.name_of(fields, "vrf", Model::Vrf));
            attributes.text("dns_name", text(fields, "dns_name"));
            let role = match choice(fields, "role") {
                Some("loopback") => Some("loopback"),
                Some("anycast") => Some("anycast"),
                Some("vip" | "vrrp" | "hsrp" | "glbp" | "carp") => Some("virtual"),
                _ => (choice(fields, "status") == Some("reserved")).then_some("reserved"),
            };
            attributes.text("address_role", role);
            findings.ci(ci(Model::IpAddress, id, "ip_address", address.to_string(), attributes));
            let to = content_type(fields, "assigned_object_type");
            let to = to.filter(|model| matches!(model, Model::Interface | Model::VmInterface));
            let interface = fields.get("assigned_object_id").and_then(Value::as_u64);
            if let Some((model, interface)) = to.zip(interface) {
                findings.relationship(key(Model::IpAddress, id), "hosted_on", key(model, interface));
            }
        }
    }
}

/// The type of CI of devices of a role.
fn device_type(role: &str) -> &'static str {
    let role = role.to_lowercase();
    let words = ROLES.iter().find(|(words, _)| role.contains(words));
    words.map_or("network_device", |(_, ci_type)| ci_type)
}

fn is_network_device(ci_type: &str) -> bool {
    let types = [
        "network_device",
        "switch",
        "router",
        "firewall",
        "load_balancer",
        "access_point",
        "san_switch",
    ];
    types.contains(&ci_type)
}

/// What a role is in the network.
fn network_role(role: &str) -> Option<&'static str> {
    let role = role.to_lowercase();
    let roles = [
        "core",
        "distribution",
        "access",
        "edge",
        "spine",
        "leaf",
        "border",
        "management",
    ];
    roles.into_iter().find(|word| role.contains(word))
}

fn is_mac(text: &str) -> bool {
    let parts: Vec<&str> = text.split([':', '-']).collect();
    parts.len() == 6
        && parts
            .iter()
            .all(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
