//! Resources as CIs: of the catalog's own types where they are the same thing, else cloud resources.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::ingest::formats::attributes::{Attributes, Tally, is_host_name};
use crate::ingest::formats::document::Findings;
use crate::ingest::payload::CiRecord;

use super::region::{self, Place};
use super::state::Instance;

/// Types of resources that the catalog has a type for.
const TYPES: [(&str, &str); 30] = [
    ("alicloud_instance", "virtual_machine"),
    ("aws_alb", "load_balancer"),
    ("aws_db_instance", "database_instance"),
    ("aws_ebs_volume", "volume"),
    ("aws_eks_cluster", "kubernetes_cluster"),
    ("aws_elb", "load_balancer"),
    ("aws_instance", "virtual_machine"),
    ("aws_lb", "load_balancer"),
    ("aws_rds_cluster", "database_cluster"),
    ("azurerm_kubernetes_cluster", "kubernetes_cluster"),
    ("azurerm_lb", "load_balancer"),
    ("azurerm_linux_virtual_machine", "virtual_machine"),
    ("azurerm_managed_disk", "volume"),
    ("azurerm_virtual_machine", "virtual_machine"),
    ("azurerm_windows_virtual_machine", "virtual_machine"),
    ("digitalocean_droplet", "virtual_machine"),
    ("digitalocean_kubernetes_cluster", "kubernetes_cluster"),
    ("flexibleengine_blockstorage_volume_v2", "volume"),
    ("flexibleengine_compute_instance_v2", "virtual_machine"),
    ("google_compute_disk", "volume"),
    ("google_compute_instance", "virtual_machine"),
    ("google_container_cluster", "kubernetes_cluster"),
    ("google_sql_database_instance", "database_instance"),
    ("hcloud_server", "virtual_machine"),
    ("openstack_blockstorage_volume_v3", "volume"),
    ("openstack_compute_instance_v2", "virtual_machine"),
    ("openstack_lb_loadbalancer_v2", "load_balancer"),
    ("scaleway_instance_server", "virtual_machine"),
    ("scaleway_k8s_cluster_beta", "kubernetes_cluster"),
    ("vsphere_virtual_machine", "virtual_machine"),
];

/// The key of an instance's CI.
pub(super) fn key(state: &str, instance: &Instance<'_>) -> String {
    format!("{state}/{}", instance.address)
}

/// Tells the CIs of all instances, and the regions they are in.
pub(super) fn records(state: &str, instances: &[Instance<'_>], findings: &mut Findings<'_>, tally: &mut Tally) {
    let owners = owners_of_ids(instances);
    let mut regions = BTreeSet::new();
    let mut addresses = BTreeSet::new();
    for instance in instances {
        if !addresses.insert(&instance.address) {
            tally.count("IGNORED", "instances at an address that another one has");
            continue;
        }
        let place = region::place(instance);
        let ci_type = TYPES.iter().find(|(kind, _)| *kind == instance.kind);
        let ci_type = ci_type.map_or("cloud_resource", |(_, ci_type)| ci_type);
        let mut attributes = Attributes::default();
        attributes.text("external_id", instance.id());
        match ci_type {
            "virtual_machine" => virtual_machine(instance, &mut attributes),
            "database_instance" | "database_cluster" => database(instance, ci_type, &mut attributes),
            "kubernetes_cluster" => kubernetes_cluster(instance, &mut attributes),
            "load_balancer" => {
                let fqdn = instance.text("dns_name");
                attributes.text("fqdn", fqdn.as_deref().filter(|name| is_fqdn(name)));
            }
            "volume" => volume(instance, &mut attributes),
            _ => {
                let owns = |id: &&str| owners.get(id) == Some(&instance.address.as_str());
                attributes.text("resource_id", global_id(instance).filter(owns));
                attributes.text("resource_kind", Some(instance.kind));
                attributes.text("provider", Some(region::provider(instance.kind)));
                attributes.text("region_code", place.region.as_deref());
                attributes.text("account_id", account(instance).as_deref());
                attributes.json("resource_tags", instance.tags().as_ref());
            }
        }
        attributes.custom_text("terraform_address", Some(&instance.address));
        if ci_type != "cloud_resource" {
            attributes.custom_text("resource_kind", Some(instance.kind));
            attributes.custom("tags", instance.tags().as_ref());
        }
        let key = key(state, instance);
        findings.ci(CiRecord {
            key: Some(key.clone()),
            ci_type: ci_type.to_owned(),
            name: Some(name(instance)),
            attributes: attributes.take(),
            ..CiRecord::default()
        });
        located(&key, instance, &place, &mut regions, findings);
    }
}

/// Places a resource in its zone or region, which are told when they are first met.
fn located(
    key: &str,
    instance: &Instance<'_>,
    place: &Place,
    known: &mut BTreeSet<String>,
    findings: &mut Findings<'_>,
) {
    let provider = region::provider(instance.kind);
    let key_of = |code: &str| format!("region:{provider}/{code}");
    let mut within: Option<String> = None;
    for code in place.region.iter().chain(&place.zone) {
        if known.insert(key_of(code)) {
            let mut attributes = Attributes::default();
            attributes.text("provider", Some(provider));
            attributes.text("region_code", Some(code));
            findings.ci(CiRecord {
                key: Some(key_of(code)),
                ci_type: "cloud_region".to_owned(),
                name: Some(code.clone()),
                attributes: attributes.take(),
                ..CiRecord::default()
            });
            if let Some(region) = &within {
                findings.relationship(key_of(code), "located_in", key_of(region));
            }
        }
        within = Some(code.clone());
    }
    if let Some(code) = within {
        findings.relationship(key, "located_in", key_of(&code));
    }
}

/// What identifies a resource all over the world; ids as `sg-1` or `web` do not.
fn global_id<'d>(instance: &Instance<'d>) -> Option<&'d str> {
    let text = |name: &str| instance.value(name).and_then(Value::as_str);
    text("arn")
        .filter(|arn| arn.starts_with("arn:"))
        .or_else(|| text("self_link").filter(|link| link.starts_with("https://")))
        .or_else(|| instance.id().filter(|id| id.starts_with("/subscriptions/")))
}

/// By global id, the address of the one resource that it is of: attachments and policies repeat the
/// id of what they are attached to, and have longer names.
fn owners_of_ids<'i>(instances: &'i [Instance<'_>]) -> BTreeMap<&'i str, &'i str> {
    let mut owners: BTreeMap<&str, &Instance<'_>> = BTreeMap::new();
    for instance in instances {
        if let Some(id) = global_id(instance) {
            let rank = |instance: &Instance<'_>| (instance.kind.len(), instance.address.clone());
            let owner = owners.entry(id).or_insert(instance);
            if rank(instance) < rank(owner) {
                *owner = instance;
            }
        }
    }
    owners
        .into_iter()
        .map(|(id, owner)| (id, owner.address.as_str()))
        .collect()
}

/// The account that an ARN is of, or that the resource states.
fn account(instance: &Instance<'_>) -> Option<String> {
    let of_arn = instance
        .text("arn")
        .and_then(|arn| arn.split(':').nth(4).map(str::to_owned));
    let stated = ["owner_id", "account_id", "project"];
    let stated = stated
        .iter()
        .find_map(|name| instance.text(name))
        .map(|text| text.to_string());
    of_arn.filter(|account| !account.is_empty()).or(stated)
}

/// What people call it: its tag `Name`, its name, or its place in the configuration.
fn name(instance: &Instance<'_>) -> String {
    let tagged = instance.tags();
    let tagged = tagged
        .as_ref()
        .and_then(|tags| tags.get("Name"))
        .and_then(Value::as_str);
    let stated = tagged
        .map(str::to_owned)
        .or_else(|| instance.text("name").map(|name| name.to_string()));
    let usable = |name: &String| !name.trim().is_empty() && name.len() <= 500 && !name.contains(char::is_control);
    stated.filter(usable).unwrap_or_else(|| instance.name.to_owned())
}

fn virtual_machine(instance: &Instance<'_>, attributes: &mut Attributes) {
    attributes.text("instance_id", instance.id());
    let addresses = [
        "private_ip",
        "private_ip_address",
        "access_ip_v4",
        "ipv4_address_private",
        "default_ip_address",
    ];
    for field in addresses {
        attributes.address("primary_ip", instance.text(field).as_deref());
    }
    let image = ["ami", "image", "image_id", "source_image"]
        .iter()
        .find_map(|field| instance.text(field));
    attributes.text("template", image.as_deref());
    let state = ["instance_state", "power_state", "current_status"]
        .iter()
        .find_map(|field| instance.text(field));
    attributes.text(
        "power_state",
        match state.as_deref() {
            Some("running" | "active" | "RUNNING" | "on") => Some("on"),
            Some("stopped" | "shutoff" | "TERMINATED" | "off") => Some("off"),
            _ => None,
        },
    );
    let size = ["instance_type", "machine_type", "size", "flavor_name", "type"];
    let size = size.iter().find_map(|field| instance.text(field));
    attributes.custom_text("size", size.as_deref());
}

fn number(instance: &Instance<'_>, name: &str) -> Option<u64> {
    instance.text(name).and_then(|text| text.parse().ok())
}

fn boolean(instance: &Instance<'_>, name: &str) -> Option<bool> {
    match instance.value(name)? {
        Value::Bool(value) => Some(*value),
        Value::String(text) => text.parse().ok(),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn database(instance: &Instance<'_>, ci_type: &str, attributes: &mut Attributes) {
    let version = ["engine_version", "database_version"]
        .iter()
        .find_map(|field| instance.text(field));
    attributes.text("engine", instance.text("engine").as_deref());
    attributes.text("version", version.as_deref());
    attributes.number("port", number(instance, "port").filter(|port| *port <= 65_535));
    if ci_type == "database_instance" {
        attributes.boolean("encrypted", boolean(instance, "storage_encrypted"));
    } else {
        let fqdn = instance.text("endpoint");
        attributes.text("fqdn", fqdn.as_deref().filter(|name| is_fqdn(name)));
    }
}

fn kubernetes_cluster(instance: &Instance<'_>, attributes: &mut Attributes) {
    let url = instance.text("endpoint").or_else(|| instance.text("apiserver_url"));
    attributes.text("api_url", url.as_deref().filter(|url| url.starts_with("https://")));
    let version = ["version", "kubernetes_version", "master_version"];
    attributes.text(
        "version",
        version.iter().find_map(|field| instance.text(field)).as_deref(),
    );
}

fn volume(instance: &Instance<'_>, attributes: &mut Attributes) {
    attributes.text("volume_kind", Some("disk"));
    let size = ["size", "disk_size_gb"]
        .iter()
        .find_map(|field| number(instance, field));
    attributes.number("size", size.and_then(|size| size.checked_mul(1024)));
    attributes.boolean("encrypted", boolean(instance, "encrypted"));
}

/// Whether a text can be a host's name with a domain.
fn is_fqdn(text: &str) -> bool {
    text.contains('.') && is_host_name(text)
}
