//! A host of a scan.

use std::collections::BTreeSet;
use std::net::IpAddr;

use jiff::Timestamp;
use roxmltree::Node;

use crate::app::ErrorCode;
use crate::ingest::formats::document::Findings;
use crate::ingest::formats::inventory::{Fields, IGNORED, Machine, Notes, fqdn_of, host_and_domain};
use crate::ingest::observation::Problem;
use crate::ingest::payload::{CiRecord, RelationshipRecord};

use super::children;
use super::service::Service;

/// The type of every host: what a scan guesses changes from scan to scan, and a type must not. A better
/// source refines it, and a host that is recorded as something more telling stays that.
const CI_TYPE: &str = "device";

/// A guess of the operating system counts from this accuracy on, in percent.
const ACCURACY_MIN: u32 = 90;

/// A host as a scan saw it.
#[derive(Debug)]
pub(super) struct Host<'a> {
    pub(super) is_up: bool,
    /// Its first address that is no hardware address.
    address: Option<&'a str>,
    addresses: Vec<&'a str>,
    mac: Option<&'a str>,
    vendor: Option<&'a str>,
    /// Its names, those that DNS says of its address first.
    names: Vec<&'a str>,
    guess: Option<Guess<'a>>,
    services: Vec<Service<'a>>,
    has_route: bool,
    observed_at: Option<Timestamp>,
}

/// What a scan takes a host for.
#[derive(Debug)]
struct Guess<'a> {
    name: &'a str,
    accuracy: u32,
    kind: Option<&'a str>,
}

impl<'a> Host<'a> {
    /// Reads a host.
    pub(super) fn of(element: Node<'a, '_>) -> Result<Self, Problem> {
        let state = children(element, "status").find_map(|status| status.attribute("state"));
        let typed = |wanted: fn(&str) -> bool| {
            let fits = move |address: &Node<'a, '_>| wanted(address.attribute("addrtype").unwrap_or("ipv4"));
            children(element, "address").filter(fits)
        };
        let mac = typed(|kind| kind == "mac").next();
        let addresses: Vec<&str> = typed(|kind| kind != "mac")
            .filter_map(|address| address.attribute("addr"))
            .collect();
        if mac.is_none() && addresses.is_empty() {
            return Err(Problem::new(ErrorCode::BadUserInput, "a host without an address").of_field("address"));
        }
        let time = element.attribute("endtime").or_else(|| element.attribute("starttime"));
        Ok(Self {
            is_up: state == Some("up"),
            address: addresses.first().copied(),
            addresses,
            mac: mac.and_then(|mac| mac.attribute("addr")),
            vendor: mac.and_then(|mac| mac.attribute("vendor")),
            names: names(element),
            guess: guess(element),
            has_route: children(element, "trace").next().is_some(),
            services: children(element, "ports")
                .flat_map(|ports| children(ports, "port"))
                .filter_map(Service::of)
                .collect(),
            observed_at: time.and_then(|time| Timestamp::from_second(time.parse().ok()?).ok()),
        })
    }

    /// Its address, for messages.
    pub(super) fn shown(&self) -> String {
        self.address.or(self.mac).unwrap_or_default().to_owned()
    }

    /// Records the host, its address and its services.
    pub(super) fn tell(&self, notes: &mut Notes, findings: &mut Findings<'_>) {
        let parsed: Vec<IpAddr> = self
            .addresses
            .iter()
            .filter_map(|address| address.parse().ok())
            .collect();
        if parsed.iter().any(IpAddr::is_loopback) {
            self.tell_scanner(notes, findings);
            return;
        }
        let full = fqdn_of(self.names.iter().copied().map(Some));
        let short = self
            .names
            .iter()
            .find_map(|name| host_and_domain(name))
            .map(|(host, _)| host);
        let mac = self.mac.map(str::to_lowercase);
        let key = match (&mac, self.address) {
            (Some(mac), _) => format!("mac:{mac}"),
            (None, address) => format!("address:{}", address.unwrap_or_default()),
        };
        let machine = Machine {
            name: full.clone().or_else(|| short.clone()).unwrap_or_else(|| self.shown()),
            ci_type: CI_TYPE,
            key,
            observed_at: self.observed_at,
        };
        let mut fields = Fields::default();
        fields.text("fqdn", full.as_deref());
        fields.text("host_name", short.as_deref());
        fields.address("primary_ip", self.address, notes);
        fields.addresses("ip_addresses", self.addresses.iter().copied(), notes);
        fields.macs("mac_addresses", self.mac);
        fields.custom("mac_vendor", self.vendor);
        if let Some(guess) = self.guess.as_ref().filter(|guess| guess.accuracy >= ACCURACY_MIN) {
            fields.custom("operating_system_guess", Some(guess.name));
            fields.custom("device_guess", guess.kind);
        }
        machine.tell(fields, findings);
        for address in &self.addresses {
            tell_address(address, full.as_deref(), &machine, notes, findings);
        }
        self.tell_services(&machine, notes, findings);
    }

    /// The machine that scanned, seen by itself: of it only the sender knows which one it is.
    fn tell_scanner(&self, notes: &mut Notes, findings: &mut Findings<'_>) {
        let given = findings.name().map(str::to_owned);
        if given.is_none() {
            notes.add(
                "WEAK_IDENTITY",
                "the machine that scanned is seen as loopback, which every machine has: give its name with `name` \
                 (--name)",
                &self.shown(),
            );
        }
        let machine = Machine {
            key: given.clone().unwrap_or_else(|| format!("address:{}", self.shown())),
            name: given.clone().unwrap_or_else(|| "localhost".to_owned()),
            ci_type: CI_TYPE,
            observed_at: self.observed_at,
        };
        let mut fields = Fields::default();
        fields.text("fqdn", fqdn_of([given.as_deref()]).as_deref());
        machine.tell(fields, findings);
        self.tell_services(&machine, notes, findings);
    }

    fn tell_services(&self, machine: &Machine, notes: &mut Notes, findings: &mut Findings<'_>) {
        if self.has_route {
            notes.add(IGNORED, "routes to hosts are not taken over", &self.shown());
        }
        let mut told = BTreeSet::new();
        for service in &self.services {
            if !service.is_open {
                notes.add(IGNORED, "ports that are not open are no services", &service.shown());
            } else if told.insert(service.shown()) {
                service.tell(machine, self.address, notes, findings);
            }
        }
    }
}

/// An address as a CI, for references by address; it fails with its host.
fn tell_address(text: &str, name: Option<&str>, machine: &Machine, notes: &mut Notes, findings: &mut Findings<'_>) {
    let Ok(address) = text.parse::<IpAddr>() else { return };
    let mut fields = Fields::default();
    fields.address("address", Some(text), notes);
    fields.text("dns_name", name);
    fields.text("address_role", Some("host"));
    let key = format!("ip_address:{address}");
    findings.ci(CiRecord {
        key: Some(key.clone()),
        ci_type: "ip_address".to_owned(),
        name: Some(address.to_string()),
        attributes: fields.finish(),
        observed_at: machine.observed_at,
        ..CiRecord::default()
    });
    findings.relationship_record(RelationshipRecord {
        from: key,
        relationship_type: "hosted_on".to_owned(),
        to: machine.key.clone(),
        observed_at: machine.observed_at,
        ..RelationshipRecord::default()
    });
}

fn names<'a>(element: Node<'a, '_>) -> Vec<&'a str> {
    let listed = children(element, "hostnames").flat_map(|names| children(names, "hostname"));
    let mut names: Vec<(bool, &str)> = listed
        .filter_map(|name| Some((name.attribute("type") != Some("PTR"), name.attribute("name")?)))
        .collect();
    names.sort_by_key(|(given, _)| *given);
    names.into_iter().map(|(_, name)| name).collect()
}

fn guess<'a>(element: Node<'a, '_>) -> Option<Guess<'a>> {
    let os = children(element, "os").next()?;
    let found = children(os, "osmatch").next()?;
    // Older scans have the classes beside the matches, newer ones within.
    let class = children(found, "osclass")
        .next()
        .or_else(|| children(os, "osclass").next());
    Some(Guess {
        name: found.attribute("name")?,
        accuracy: found.attribute("accuracy")?.parse().ok()?,
        kind: class.and_then(|class| class.attribute("type")),
    })
}
