//! `ansible-inventory --list`: hosts, groups, and which belongs to which.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::ingest::formats::document::Findings;
use crate::ingest::formats::inventory::{Fields, IGNORED, Machine, Notes, fqdn_of, host_and_domain, list_of};
use crate::ingest::payload::CiRecord;

use super::{facts, shapes};

/// Groups that every inventory has: they say nothing.
const IMPLIED: [&str; 2] = ["all", "ungrouped"];

/// Words in the names of variables whose values are secret.
const SECRET_WORDS: [&str; 6] = ["pass", "secret", "token", "private_key", "credential", "vault"];

/// Whether a JSON document is an inventory.
pub(super) fn is_one(value: &Value) -> bool {
    value
        .get("_meta")
        .and_then(|meta| meta.get("hostvars"))
        .is_some_and(Value::is_object)
}

/// Records hosts, groups and memberships.
pub(super) fn read(value: &Value, notes: &mut Notes, findings: &mut Findings<'_>) {
    let Some(groups) = value.as_object() else { return };
    let variables = value.get("_meta").and_then(|meta| meta.get("hostvars"));
    let mut hosts: BTreeMap<&str, Option<&Value>> = BTreeMap::new();
    if let Some(variables) = variables.and_then(Value::as_object) {
        hosts.extend(
            variables
                .iter()
                .map(|(name, variables)| (name.as_str(), Some(variables))),
        );
    }
    for (_, group) in groups.iter().filter(|(name, _)| *name != "_meta") {
        for host in members(group, "hosts") {
            hosts.entry(host).or_default();
        }
    }
    for (name, variables) in &hosts {
        host(name, *variables, notes, findings);
    }
    tell_groups(groups, &hosts, notes, findings);
}

/// The names that a group lists; of old dynamic inventories a group is a mere list of hosts.
fn members<'v>(group: &'v Value, name: &str) -> impl Iterator<Item = &'v str> {
    let listed = if group.is_array() && name == "hosts" {
        Some(group)
    } else {
        group.get(name)
    };
    list_of(listed)
        .iter()
        .filter_map(Value::as_str)
        .filter(|name| !name.is_empty())
}

fn host(name: &str, variables: Option<&Value>, notes: &mut Notes, findings: &mut Findings<'_>) {
    let variable = |name: &str| variables.and_then(|variables| variables.get(name));
    if let Some(cached) = variables.filter(|value| shapes::is_ansible(value)) {
        let gathered = cached.get("ansible_facts").unwrap_or(cached);
        facts::tell(name, gathered, notes, findings);
        return;
    }
    for (variable, _) in variables.and_then(Value::as_object).into_iter().flatten() {
        let lower = variable.to_lowercase();
        if SECRET_WORDS.iter().any(|word| lower.contains(word)) {
            notes.add("SECRET_DROPPED", "variables with secrets are not taken over", variable);
        } else if !matches!(
            variable.as_str(),
            "ansible_host" | "ansible_network_os" | "ansible_connection"
        ) {
            notes.add(IGNORED, "variables of hosts are not taken over", variable);
        }
    }
    let network = variable("ansible_network_os").and_then(Value::as_str);
    let machine = Machine {
        key: name.to_owned(),
        name: name.to_owned(),
        ci_type: if network.is_some() { "network_device" } else { "server" },
        observed_at: None,
    };
    let local = variable("ansible_connection").and_then(Value::as_str) == Some("local");
    let reached = variable("ansible_host").and_then(Value::as_str).filter(|_| !local);
    let address = reached.filter(|reached| reached.parse::<std::net::IpAddr>().is_ok_and(|ip| !ip.is_loopback()));
    let mut fields = Fields::default();
    fields.text(
        "fqdn",
        fqdn_of([reached.filter(|_| address.is_none()), Some(name)]).as_deref(),
    );
    if let Some((host, domain)) = host_and_domain(name) {
        fields.text("host_name", Some(&host));
        fields.text("domain", domain.as_deref());
    }
    fields.address("primary_ip", address, notes);
    fields.text("operating_system", network);
    machine.tell(fields, findings);
}

fn tell_groups(
    groups: &serde_json::Map<String, Value>,
    hosts: &BTreeMap<&str, Option<&Value>>,
    notes: &mut Notes,
    findings: &mut Findings<'_>,
) {
    let inventory = findings.name().map(str::to_owned);
    let key = |name: &str| match &inventory {
        Some(inventory) => format!("group:{inventory}/{name}"),
        None => format!("group:{name}"),
    };
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for (name, group) in groups.iter().filter(|(name, _)| *name != "_meta") {
        names.insert(name);
        names.extend(members(group, "children"));
    }
    for name in names.iter().filter(|name| !IMPLIED.contains(*name)) {
        findings.ci(CiRecord {
            key: Some(key(name)),
            ci_type: "host_group".to_owned(),
            name: Some((*name).to_owned()),
            ..CiRecord::default()
        });
    }
    for (name, group) in groups
        .iter()
        .filter(|(name, _)| *name != "_meta" && !IMPLIED.contains(&name.as_str()))
    {
        let mut told = BTreeSet::new();
        for member in members(group, "hosts").filter(|host| hosts.contains_key(host)) {
            if told.insert(member) {
                findings.relationship(member, "belongs_to", key(name));
            }
        }
        for child in members(group, "children") {
            if IMPLIED.contains(&child) || child == name {
                notes.add(IGNORED, "a group in itself or in one that every inventory has", child);
            } else if told.insert(child) {
                findings.relationship(key(child), "belongs_to", key(name));
            }
        }
    }
}
