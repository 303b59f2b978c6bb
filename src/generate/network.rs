//! Routers, firewalls, switches, load balancers, interfaces and addresses.

use super::emit::{Emitter, Facts};
use super::facility::{racked, site_name};
use super::plan::Kind;

fn device(e: &mut Emitter<'_>, manufacturer: &str, model: &str, release: &str) -> Facts {
    Facts::default()
        .text("serial_number", e.serial())
        .text("manufacturer", manufacturer)
        .text("model", model)
        .text("os_version", release)
        .text("primary_ip", address(10, (e.index >> 16) + 1, e.index))
        .text("purchase_date", e.day())
}

/// An address of a private network, by number.
fn address(first: u64, second: u64, number: u64) -> String {
    format!("{first}.{}.{}.{}", second % 256, number / 250 % 256, number % 250 + 1)
}

/// A rack at the site of the CI being made: pairs stand in different racks.
fn rack_at_site(e: &Emitter<'_>, place: u64) -> u64 {
    let per_site = e.count(Kind::Rack) / e.count(Kind::Site);
    e.site() * per_site + place % per_site.max(1)
}

pub(super) fn router(e: &mut Emitter<'_>) {
    let facts = device(e, "Juniper", "MX204", "22.4R3");
    let name = format!("{}-rtr-{}", site_name(e.index / 2), e.index % 2 + 1);
    e.ci("router", name, facts);
    let rack = rack_at_site(e, e.index % 2);
    racked(e, rack);
    if !e.index.is_multiple_of(2) {
        e.to("peers_with", Kind::Router, e.index - 1);
    }
    e.owned();
}

pub(super) fn firewall(e: &mut Emitter<'_>) {
    let facts = device(e, "Fortinet", "FortiGate 1800F", "7.4.4");
    let name = format!("{}-fw-{}", site_name(e.index / 2), e.index % 2 + 1);
    e.ci("firewall", name, facts);
    let (pair, rack) = (e.index / 2 * 2, rack_at_site(e, e.index % 2));
    racked(e, rack);
    e.to("connects_to", Kind::Router, pair);
    e.to("connects_to", Kind::Router, pair + 1);
    if !e.index.is_multiple_of(2) {
        e.to("peers_with", Kind::Firewall, e.index - 1);
    }
    e.owned();
}

/// The two core switches of a site see each other as neighbours in both directions, as discovery
/// reports it: a cycle.
pub(super) fn core_switch(e: &mut Emitter<'_>) {
    let facts = device(e, "Arista", "7280SR3", "4.31.2F").text("network_role", "core");
    let name = format!("{}-core-{}", site_name(e.index / 2), e.index % 2 + 1);
    e.ci("switch", name, facts);
    let (pair, rack) = (e.index / 2 * 2, rack_at_site(e, e.index % 2));
    racked(e, rack);
    e.to("connects_to", Kind::Firewall, pair);
    e.to("connects_to", Kind::Firewall, pair + 1);
    if !e.index.is_multiple_of(2) {
        e.to("peers_with", Kind::CoreSwitch, pair);
        e.to("connects_to", Kind::CoreSwitch, pair);
        e.from(Kind::CoreSwitch, pair, "connects_to");
    }
    e.owned();
}

pub(super) fn distribution_switch(e: &mut Emitter<'_>) {
    let facts = device(e, "Arista", "7050SX3", "4.31.2F").text("network_role", "distribution");
    let name = format!("{}-dist-{}", site_name(e.index / 4), e.index % 4 + 1);
    e.ci("switch", name, facts);
    let (core, rack) = (e.index / 4 * 2, rack_at_site(e, e.index % 4));
    racked(e, rack);
    e.to("connects_to", Kind::CoreSwitch, core);
    e.to("connects_to", Kind::CoreSwitch, core + 1);
    e.owned();
}

pub(super) fn access_switch(e: &mut Emitter<'_>) {
    let facts = device(e, "Cisco", "Nexus 93180YC-FX3", "10.3(4)").text("network_role", "access");
    let site = e.site();
    e.ci("switch", format!("{}-acc-{:04}", site_name(site), e.index + 1), facts);
    racked(e, e.index);
    let pair = e.beside(Kind::Room) * 2;
    e.to("connects_to", Kind::DistributionSwitch, pair);
    e.to("connects_to", Kind::DistributionSwitch, pair + 1);
}

pub(super) fn load_balancer(e: &mut Emitter<'_>) {
    let facts = device(e, "F5", "BIG-IP i5800", "17.1.1").list("virtual_ips", &[address(10, 0, e.index / 2)]);
    let site = e.site();
    e.ci(
        "load_balancer",
        format!("{}-lb-{:04}", site_name(site), e.index + 1),
        facts,
    );
    let rack = e.beside(Kind::Rack);
    racked(e, rack);
    uplinks(e, rack);
    if !e.index.is_multiple_of(2) {
        e.to("peers_with", Kind::LoadBalancer, e.index - 1);
    }
    e.owned();
}

/// Connects the CI being made, which stands in a rack, to that rack's switch and to the next one's.
pub(super) fn uplinks(e: &mut Emitter<'_>, rack: u64) {
    let neighbour = if rack.is_multiple_of(2) { rack + 1 } else { rack - 1 };
    e.to("connects_to", Kind::AccessSwitch, rack);
    if neighbour < e.count(Kind::AccessSwitch) {
        e.to("connects_to", Kind::AccessSwitch, neighbour);
    }
}

pub(super) fn interface(e: &mut Emitter<'_>) {
    let facts = Facts::default()
        .text("mac_address", mac(e.index))
        .number("speed", e.pick(&[1_000, 10_000, 25_000]))
        .number("mtu", 9_000)
        .boolean("enabled", true);
    let port = e.index % 4;
    e.ci("interface", format!("eth{port}-{:06}", e.index), facts);
    let server = e.beside(Kind::Server);
    e.to("hosted_on", Kind::Server, server);
    let rack = super::emit::scale(server, e.count(Kind::Server), e.count(Kind::AccessSwitch));
    e.to("connects_to", Kind::AccessSwitch, rack);
}

/// A hardware address of the locally administered range, by number.
fn mac(number: u64) -> String {
    let b = number.to_be_bytes();
    format!("02:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", b[3], b[4], b[5], b[6], b[7])
}

pub(super) fn ip_address(e: &mut Emitter<'_>) {
    let address = address(10 + e.index / 16_000_000, 64 + e.index / 64_000, e.index % 64_000);
    let facts = Facts::default()
        .text("address", address.as_str())
        .number("prefix_length", 16)
        .text("address_role", "host")
        .text("dns_name", format!("host-{:06}.example.net", e.index));
    e.ci("ip_address", address, facts);
    let machine = e.beside(Kind::VirtualMachine);
    e.to("hosted_on", Kind::VirtualMachine, machine);
}
