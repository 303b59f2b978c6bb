//! Sites, rooms, power and racks.

use super::emit::{Emitter, Facts, scale};
use super::plan::Kind;

const CITIES: [(&str, &str, &str); 12] = [
    ("fra", "Frankfurt", "DE"),
    ("ams", "Amsterdam", "NL"),
    ("lon", "London", "GB"),
    ("par", "Paris", "FR"),
    ("mad", "Madrid", "ES"),
    ("mil", "Milan", "IT"),
    ("sto", "Stockholm", "SE"),
    ("waw", "Warsaw", "PL"),
    ("nyc", "New York", "US"),
    ("chi", "Chicago", "US"),
    ("sin", "Singapore", "SG"),
    ("tyo", "Tokyo", "JP"),
];

/// The short name of a site: `fra1`.
pub(super) fn site_name(site: u64) -> String {
    let (code, _, _) = CITIES[city(site)];
    format!("{code}{}", site / CITIES.len() as u64 + 1)
}

fn city(site: u64) -> usize {
    usize::try_from(site % CITIES.len() as u64).expect("below twelve")
}

pub(super) fn site(e: &mut Emitter<'_>) {
    let (_, city, country) = CITIES[city(e.index)];
    let facts = Facts::default()
        .text("city", city)
        .text("country", country)
        .text("site_code", site_name(e.index))
        .text("site_kind", "datacentre")
        .text("street", format!("{} Exchange Street", 1 + e.index * 7))
        .text("description", format!("Data centre in {city}"));
    e.ci("site", site_name(e.index), facts);
}

pub(super) fn room(e: &mut Emitter<'_>) {
    let facts = Facts::default()
        .text("site_code", site_name(e.index / 2))
        .number("cooling_capacity", 600)
        .text("floor", (e.index % 3).to_string())
        .text("description", "Server room with cold aisles");
    let name = format!("{}-room-{}", site_name(e.index / 2), e.index % 2 + 1);
    e.ci("room", name, facts);
    let site = e.index / 2;
    e.to("located_in", Kind::Site, site);
}

pub(super) fn power_feed(e: &mut Emitter<'_>) {
    let room = e.index / 2;
    let side = if e.index.is_multiple_of(2) { "a" } else { "b" };
    let facts = Facts::default()
        .text("site_code", site_name(room / 2))
        .text("feed_kind", "utility")
        .number("voltage", 400)
        .number("current_max", 1_250)
        .text("description", format!("Feed {side} of the room"));
    e.ci(
        "power_feed",
        format!("{}-feed-{}{side}", site_name(room / 2), room % 2 + 1),
        facts,
    );
    e.to("located_in", Kind::Room, room);
}

pub(super) fn ups(e: &mut Emitter<'_>) {
    let facts = Facts::default()
        .text("serial_number", e.serial())
        .text("manufacturer", "Eaton")
        .text("model", "93PM 200")
        .number("capacity_va", 200_000)
        .text("run_time", "PT12M");
    let site = e.site();
    e.ci("ups", format!("{}-ups-{}", site_name(site), e.index + 1), facts);
    let room = e.beside(Kind::Room);
    e.to("located_in", Kind::Room, room);
    e.to("powered_by", Kind::PowerFeed, e.index);
    e.owned();
}

pub(super) fn rack(e: &mut Emitter<'_>) {
    let facts = Facts::default()
        .text("serial_number", e.serial())
        .number("rack_units", 42)
        .number("load_max", 1_200)
        .text("site_code", site_name(e.site()))
        .text("description", "Rack with two PDUs");
    let site = e.site();
    e.ci("rack", format!("{}-rack-{:04}", site_name(site), e.index + 1), facts);
    let room = e.beside(Kind::Room);
    e.to("located_in", Kind::Room, room);
}

pub(super) fn pdu(e: &mut Emitter<'_>) {
    let rack = e.index / 2;
    let leg = if e.index.is_multiple_of(2) { "a" } else { "b" };
    let facts = Facts::default()
        .text("serial_number", e.serial())
        .text("manufacturer", "Raritan")
        .text("model", "PX3-5190R")
        .number("outlet_count", 36);
    let site = e.site();
    e.ci("pdu", format!("{}-pdu-{:04}{leg}", site_name(site), rack + 1), facts);
    e.to("located_in", Kind::Rack, rack);
    // The a side of a rack hangs on the a feed of its room.
    let room = scale(rack, e.count(Kind::Rack), e.count(Kind::Room));
    e.to("powered_by", Kind::Ups, room * 2 + e.index % 2);
}

/// Puts the CI being made into a rack, on both of its PDUs.
pub(super) fn racked(e: &mut Emitter<'_>, rack: u64) {
    e.to("located_in", Kind::Rack, rack);
    e.to("powered_by", Kind::Pdu, rack * 2);
    e.to("powered_by", Kind::Pdu, rack * 2 + 1);
}
