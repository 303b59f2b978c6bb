//! The shapes in which facts come, and which node they are of.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::app::ErrorCode;
use crate::ingest::formats::document::Findings;
use crate::ingest::formats::inventory::{Notes, Software, moment, text_of};
use crate::ingest::observation::{Problem, RecordKind};

use super::facts;

/// Facts that Facter of any version gives, of which a document of facts has at least two.
const TELLING: [&str; 8] = [
    "facterversion",
    "kernelrelease",
    "kernelmajversion",
    "networking",
    "operatingsystem",
    "is_virtual",
    "timezone",
    "ipaddress",
];

/// What is said of one node.
#[derive(Debug)]
pub(super) struct Node<'a> {
    /// What the sender or `PuppetDB` calls it.
    name: Option<String>,
    values: &'a Value,
    /// Name, version and provider of each installed package.
    packages: &'a [Value],
    observed_at: Option<Timestamp>,
}

/// Whether a JSON object is one node's facts and nothing around them.
pub(super) fn is_facts(value: &Value) -> bool {
    TELLING.iter().filter(|fact| value.get(fact).is_some()).count() >= 2
}

/// Whether a JSON object is one node's facts as `PuppetDB` or `puppet facts` wraps them.
pub(super) fn is_wire(value: &Value) -> bool {
    let named = value
        .get("certname")
        .or_else(|| value.get("name"))
        .is_some_and(Value::is_string);
    named && facts_within(value).is_some_and(is_facts)
}

/// Whether a JSON object is a row of `PuppetDB`'s answer to a query for facts.
pub(super) fn is_row(value: &Value) -> bool {
    let text = |name: &str| value.get(name).is_some_and(Value::is_string);
    text("certname") && text("name") && value.get("value").is_some()
}

fn facts_within(value: &Value) -> Option<&Value> {
    let within = value.get("values").or_else(|| value.get("facts"))?;
    // The answer to a query for factsets lists them under `data`, one object each.
    Some(within).filter(|within| within.is_object())
}

/// The rows of a query for facts, by node.
pub(super) fn gather(rows: &[Value]) -> BTreeMap<String, Value> {
    let mut nodes: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for row in rows {
        let text = |name: &str| row.get(name).and_then(Value::as_str);
        if let (Some(certname), Some(name), Some(value)) = (text("certname"), text("name"), row.get("value")) {
            nodes
                .entry(certname.to_owned())
                .or_default()
                .insert(name.to_owned(), value.clone());
        }
    }
    let whole = nodes
        .into_iter()
        .map(|(certname, facts)| (certname, Value::Object(facts)));
    whole.collect()
}

impl<'a> Node<'a> {
    /// A node of a document; none if the document is of no shape that is known.
    pub(super) fn of_document(value: &'a Value, name: Option<&str>) -> Option<Self> {
        if is_wire(value) {
            let text = |name: &str| value.get(name).and_then(Value::as_str);
            let at = text("producer_timestamp").or_else(|| text("timestamp"));
            return Some(Self {
                name: text("certname").or_else(|| text("name")).map(str::to_owned),
                values: facts_within(value)?,
                packages: super::super::inventory::list_of(value.get("package_inventory")),
                observed_at: at.and_then(moment),
            });
        }
        is_facts(value).then(|| Self {
            name: name.map(str::to_owned),
            values: value,
            packages: &[],
            observed_at: None,
        })
    }

    /// A node whose facts came as rows.
    pub(super) fn of_rows(certname: &str, values: &'a Value) -> Self {
        Self {
            name: Some(certname.to_owned()),
            values,
            packages: &[],
            observed_at: None,
        }
    }
}

/// Records a node with its parts and packages.
pub(super) fn tell(node: &Node<'_>, notes: &mut Notes, findings: &mut Findings<'_>) {
    let named = node.name.as_deref().map(|name| facts::Called {
        key: name.to_owned(),
        name: name.to_owned(),
        is_name: true,
        own_name_counts: true,
    });
    let Some(called) = named.or_else(|| facts::called(node.values)) else {
        let message = "the facts tell the node from no other: they hold neither UUID, hardware address nor name; give \
             its name with `name` (--name)";
        let problem = Problem::new(ErrorCode::BadUserInput, message).of_field("networking");
        findings.unreadable(RecordKind::Ci, None, problem);
        return;
    };
    let machine = facts::tell(called, node.values, node.observed_at, notes, findings);
    let mut told = BTreeSet::new();
    for package in node.packages {
        let part = |place: usize| text_of(package.get(place)).unwrap_or_default();
        let software = Software {
            name: part(0),
            version: part(1),
            publisher: String::new(),
            ecosystem: ecosystem(&part(2)),
        };
        if software.name.trim().is_empty() {
            let problem = Problem::new(ErrorCode::BadUserInput, "a package without a name")
                .of_field("package_inventory")
                .of_value(&package.to_string());
            findings.unreadable(RecordKind::Ci, None, problem);
        } else {
            software.tell(&machine, &mut told, findings);
        }
    }
}

/// Where a package of one of Puppet's providers is published.
fn ecosystem(provider: &str) -> Option<&'static str> {
    Some(match provider {
        "apt" | "dpkg" | "aptitude" => "deb",
        "yum" | "dnf" | "rpm" | "zypper" | "dnfmodule" | "tdnf" => "rpm",
        "gem" | "puppet_gem" | "puppetserver_gem" => "gem",
        "pip" | "pip2" | "pip3" => "pypi",
        "npm" => "npm",
        "pkgng" | "freebsd" => "freebsd",
        "pacman" => "alpm",
        "homebrew" | "brew" => "brew",
        "apk" => "apk",
        "chocolatey" => "chocolatey",
        _ => return None,
    })
}
