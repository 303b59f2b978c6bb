//! Connectivity: links have no direction, and yet a device hangs on the network and not the network on
//! the device.
//!
//! Every part of the network that hangs together has its ways out: circuits, or where there are none
//! the devices whose role is nearest to the core. These need nobody. All others need one neighbour that
//! leads there, which is what the catalog's `connects_to` says when it is stated both ways: two devices
//! that only hold each other up do not count.

use std::collections::{BTreeMap, BTreeSet};

use crate::ingest::formats::attributes::Tally;
use crate::ingest::formats::document::Findings;
use crate::ingest::payload::RelationshipRecord;
use crate::model::{Input, Strength};

use super::NetBox;
use super::cables::{Links, Place, neighbours};
use super::source::Model;

/// Words of roles by their distance from the core; other roles are no way out.
const RANKS: [&[&str]; 3] = [
    &["router", "firewall", "gateway", "border"],
    &["core", "spine"],
    &["distribution", "aggregation"],
];

impl NetBox<'_> {
    /// Tells the links between devices, and between devices and circuits.
    pub(super) fn connectivity(&self, links: &Links, findings: &mut Findings<'_>, tally: &mut Tally) {
        let neighbours = neighbours(links);
        let mut ways_out = BTreeSet::new();
        let mut led_out = BTreeSet::new();
        for part in parts(&neighbours) {
            let found = self.ways_out(&part);
            if !found.is_empty() {
                led_out.extend(part);
            }
            ways_out.extend(found);
        }
        for ((a, b), ports) in links {
            let one_way = |near: Place, far: Place, carries: bool| {
                let (local, remote) = if near == *a {
                    (&ports.near, &ports.far)
                } else {
                    (&ports.far, &ports.near)
                };
                let attributes = [("local_port", local), ("remote_port", remote), ("cable", &ports.cables)];
                RelationshipRecord {
                    from: near.key(),
                    relationship_type: "connects_to".to_owned(),
                    to: far.key(),
                    reverse: (!carries).then_some(Some(Strength::NONE)),
                    attributes: attributes
                        .into_iter()
                        .filter(|(_, texts)| !texts.is_empty())
                        .map(|(name, texts)| (name.to_owned(), Input::Text(texts.join(", "))))
                        .collect(),
                    ..RelationshipRecord::default()
                }
            };
            let (a_out, b_out) = (ways_out.contains(a), ways_out.contains(b));
            if !led_out.contains(a) {
                tally.count(
                    "NO_WAY_OUT",
                    "links belong to parts of the network without a circuit, router or core, so that which end needs \
                     the other is not known: they are recorded and carry no impact",
                );
                findings.relationship_record(one_way(*a, *b, false));
            } else if a_out && b_out {
                findings.relationship_record(one_way(*a, *b, false));
            } else {
                if !a_out {
                    findings.relationship_record(one_way(*a, *b, true));
                }
                if !b_out {
                    findings.relationship_record(one_way(*b, *a, true));
                }
            }
        }
    }

    /// The ways out of a part: its circuits, or else its devices of the best rank.
    fn ways_out(&self, part: &BTreeSet<Place>) -> BTreeSet<Place> {
        let circuits: BTreeSet<Place> = part
            .iter()
            .copied()
            .filter(|place| matches!(place, Place::Circuit(_)))
            .collect();
        if !circuits.is_empty() {
            return circuits;
        }
        for words in RANKS {
            let fits = |place: &Place| {
                let Place::Device(id) = place else { return false };
                let role = self
                    .objects
                    .get(Model::Device, *id)
                    .and_then(|fields| self.role(fields));
                let role = role.unwrap_or_default().to_lowercase();
                words.iter().any(|word| role.contains(word))
            };
            let found: BTreeSet<Place> = part.iter().copied().filter(fits).collect();
            if !found.is_empty() {
                return found;
            }
        }
        BTreeSet::new()
    }
}

/// The parts of the network that hang together.
fn parts(neighbours: &BTreeMap<Place, BTreeSet<Place>>) -> Vec<BTreeSet<Place>> {
    let mut parts = Vec::new();
    let mut seen: BTreeSet<Place> = BTreeSet::new();
    for start in neighbours.keys() {
        if seen.contains(start) {
            continue;
        }
        let mut part = BTreeSet::new();
        let mut waiting = vec![*start];
        while let Some(place) = waiting.pop() {
            if part.insert(place) {
                waiting.extend(neighbours.get(&place).into_iter().flatten());
            }
        }
        seen.extend(&part);
        parts.push(part);
    }
    parts
}
