//! Cables: what their ends are on, and what they carry.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::ingest::formats::attributes::{Tally, list_at};
use crate::ingest::formats::document::Findings;
use crate::ingest::payload::RelationshipRecord;
use crate::model::Input;

use super::source::{Model, content_type, reference, text};
use super::{NetBox, key};

/// An end of a cable.
#[derive(Clone, Copy, Debug)]
struct End<'d> {
    model: Model,
    id: u64,
    /// What the REST API tells of it.
    nested: Option<&'d Value>,
}

/// What an end is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Device(u64),
    Circuit(u64),
    Feed(u64),
}

impl Place {
    pub(super) fn key(self) -> String {
        match self {
            Self::Device(id) => key(Model::Device, id),
            Self::Circuit(id) => key(Model::Circuit, id),
            Self::Feed(id) => key(Model::PowerFeed, id),
        }
    }
}

/// A link between a device and something else: the ports and cables, in the order of their ids.
#[derive(Clone, Debug, Default)]
pub(super) struct Ports {
    pub(super) near: Vec<String>,
    pub(super) far: Vec<String>,
    pub(super) cables: Vec<String>,
}

/// Links by what they join.
pub(super) type Links = BTreeMap<(Place, Place), Ports>;

/// The ends of a cable: of its one side, and of the other.
type BothEnds<'d> = (Vec<End<'d>>, Vec<End<'d>>);

impl<'d> NetBox<'d> {
    /// Tells who is powered by whom, and who is connected to whom.
    pub(super) fn cables(&self, findings: &mut Findings<'_>, tally: &mut Tally) {
        let mut power: Links = Links::new();
        let mut network: Links = Links::new();
        for (cable, (a_ends, b_ends)) in self.ends(tally) {
            let label = self.label(cable);
            for a in &a_ends {
                for b in &b_ends {
                    self.link((*a, *b), &label, (&mut power, &mut network), tally);
                }
            }
        }
        for ((consumer, supply), ports) in power {
            let outlets = (!ports.far.is_empty()).then(|| ports.far.join(", "));
            findings.relationship_record(RelationshipRecord {
                from: consumer.key(),
                relationship_type: "powered_by".to_owned(),
                to: supply.key(),
                attributes: outlets
                    .map(|outlets| ("outlet".to_owned(), Input::Text(outlets)))
                    .into_iter()
                    .collect(),
                ..RelationshipRecord::default()
            });
        }
        self.connectivity(&network, findings, tally);
    }

    /// The ends of all cables, by cable.
    fn ends(&self, tally: &mut Tally) -> BTreeMap<u64, BothEnds<'d>> {
        let mut ends: BTreeMap<u64, BothEnds<'d>> = BTreeMap::new();
        for (_, fields) in self.objects.of(Model::CableTermination) {
            let model = content_type(fields, "termination_type");
            let id = fields.get("termination_id").and_then(Value::as_u64);
            let (Some(cable), Some(model), Some(id)) = (reference(fields, "cable"), model, id) else {
                tally.count("IGNORED", "ends of cables are on something that is not read");
                continue;
            };
            let end = End {
                model,
                id,
                nested: fields.get("termination"),
            };
            let both = ends.entry(cable).or_default();
            if text(fields, "cable_end") == Some("B") {
                both.1.push(end);
            } else {
                both.0.push(end);
            }
        }
        for (cable, fields) in self.objects.of(Model::Cable) {
            let both = [("a_terminations", "termination_a"), ("b_terminations", "termination_b")]
                .map(|(list, one)| stated_ends(fields, list, one));
            let [a, b] = both;
            if !a.is_empty() || !b.is_empty() {
                ends.insert(cable, (a, b));
            }
        }
        let unknown = self
            .objects
            .of(Model::Cable)
            .filter(|(cable, _)| !ends.contains_key(cable));
        for _ in unknown {
            tally.count("IGNORED", "cables have no end in this document");
        }
        ends
    }

    fn label(&self, cable: u64) -> String {
        let fields = self.objects.get(Model::Cable, cable);
        let label = fields.and_then(|fields| text(fields, "label"));
        label.map_or_else(|| format!("#{cable}"), str::to_owned)
    }

    /// What an end is on, if that is a CI.
    fn place(&self, end: End<'d>) -> Option<Place> {
        if end.model == Model::PowerFeed {
            return Some(Place::Feed(end.id));
        }
        let stated = self.objects.get(end.model, end.id).or(end.nested)?;
        if end.model == Model::CircuitTermination {
            return reference(stated, "circuit").map(Place::Circuit);
        }
        reference(stated, "device").map(Place::Device)
    }

    fn port(&self, end: End<'d>) -> Option<String> {
        let stated = self.objects.get(end.model, end.id).or(end.nested)?;
        text(stated, "name").map(str::to_owned)
    }

    fn link(
        &self,
        (a, b): (End<'d>, End<'d>),
        cable: &str,
        (power, network): (&mut Links, &mut Links),
        tally: &mut Tally,
    ) {
        let (Some(place_a), Some(place_b)) = (self.place(a), self.place(b)) else {
            tally.count("IGNORED", "cables end on something that is not in this document");
            return;
        };
        if place_a == place_b {
            tally.count("IGNORED", "cables have both ends on the same device");
            return;
        }
        let gives = |end: End<'_>| matches!(end.model, Model::PowerOutlet | Model::PowerFeed);
        let carries_data = |end: End<'_>| {
            matches!(
                end.model,
                Model::Interface | Model::FrontPort | Model::RearPort | Model::CircuitTermination
            )
        };
        let (links, near, far) = if a.model == Model::PowerPort && gives(b) {
            (power.entry((place_a, place_b)), a, b)
        } else if b.model == Model::PowerPort && gives(a) {
            (power.entry((place_b, place_a)), b, a)
        } else if carries_data(a) && carries_data(b) {
            // One entry a pair, whichever way round its cables were drawn.
            if place_a < place_b {
                (network.entry((place_a, place_b)), a, b)
            } else {
                (network.entry((place_b, place_a)), b, a)
            }
        } else {
            tally.count("IGNORED", "cables carry neither power nor data, as console cables");
            return;
        };
        let ports = links.or_default();
        ports.near.extend(self.port(near));
        ports.far.extend(self.port(far));
        ports.cables.push(cable.to_owned());
    }
}

/// The ends that a cable itself states: lists since version 3.3, one each way before.
fn stated_ends<'d>(fields: &'d Value, list: &str, one: &str) -> Vec<End<'d>> {
    let listed = list_at(fields, &[list]).iter().filter_map(|end| {
        Some(End {
            model: content_type(end, "object_type")?,
            id: end.get("object_id").and_then(Value::as_u64)?,
            nested: end.get("object"),
        })
    });
    let single = || {
        Some(End {
            model: content_type(fields, &format!("{one}_type"))?,
            id: fields.get(format!("{one}_id")).and_then(Value::as_u64)?,
            nested: fields.get(one),
        })
    };
    let listed: Vec<End<'d>> = listed.collect();
    if listed.is_empty() {
        single().into_iter().collect()
    } else {
        listed
    }
}

/// The places that a set of links joins, each with its neighbours.
pub(super) fn neighbours(links: &Links) -> BTreeMap<Place, BTreeSet<Place>> {
    let mut neighbours: BTreeMap<Place, BTreeSet<Place>> = BTreeMap::new();
    for (a, b) in links.keys() {
        neighbours.entry(*a).or_default().insert(*b);
        neighbours.entry(*b).or_default().insert(*a);
    }
    neighbours
}
