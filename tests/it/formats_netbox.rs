//! `NetBox`: fixtures, and `NetBox`'s own demonstration data with known answers.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use linchpin::graph::Estate;

use crate::format_fixtures::{again, check, options, refused};
use crate::ingest_support::{Database, down, sample};

#[test]
fn fixtures_of_netbox_are_read_as_expected() {
    check("netbox");
}

#[test]
fn what_a_site_stands_on_follows_from_its_cables() {
    let database = Database::new();
    let text = include_str!("../../fixtures/ingest/netbox/good/dump.json");
    database.load_as(text, options(None, None));
    let estate = database.cmdb.reader().snapshot();
    let devices = |failed: &[&str]| -> Vec<String> {
        let mut lost = down(&estate, failed, &[]);
        lost.retain(|key| key.starts_with("device:"));
        lost
    };
    assert_eq!(
        devices(&["circuit:1"]),
        ["device:1", "device:2", "device:3"],
        "the only way out"
    );
    assert_eq!(devices(&["device:1"]), ["device:2", "device:3"], "the router");
    assert_eq!(devices(&["device:2"]), ["device:3"], "a switch on the way");
    assert_eq!(
        devices(&["device:3"]),
        [""; 0],
        "a switch at the end: those that hold it up do not hang on it"
    );
    assert_eq!(devices(&["device:4"]), [""; 0], "one of two supplies");
    assert_eq!(
        devices(&["device:4", "device:5"]),
        ["device:2", "device:3"],
        "both supplies"
    );
}

#[derive(serde::Deserialize)]
struct Known {
    files: BTreeMap<String, File>,
}

#[derive(serde::Deserialize)]
struct File {
    by_model: BTreeMap<String, usize>,
    vms_by_cluster: BTreeMap<String, usize>,
    devices_by_rack: usize,
    device_graph: Graph,
}

#[derive(serde::Deserialize)]
struct Graph {
    nodes: usize,
    edges_simple: usize,
    components: usize,
    devices_without_a_device_to_device_cable: usize,
}

fn key(estate: &Estate, slot: linchpin::graph::Slot) -> String {
    estate
        .ci_at(slot)
        .origins()
        .next()
        .expect("an origin")
        .native_key
        .to_string()
}

/// Both ends of all relationships of a type between two kinds of objects.
fn related(estate: &Estate, relationship_type: &str, kinds: (&str, &str)) -> Vec<(String, String)> {
    let wanted = estate
        .catalog()
        .relationship_type_named(relationship_type)
        .expect("a type")
        .id;
    let ends = |from: String, to: String| {
        let from = from.strip_prefix(kinds.0)?.strip_prefix(':')?.to_owned();
        let to = to.strip_prefix(kinds.1)?.strip_prefix(':')?.to_owned();
        Some((from, to))
    };
    estate
        .relationships()
        .filter(|relationship| relationship.relationship_type() == wanted)
        .filter_map(|relationship| ends(key(estate, relationship.from()), key(estate, relationship.to())))
        .collect()
}

/// Devices that hang together, each part once.
fn components(devices: &BTreeSet<String>, edges: &BTreeSet<(String, String)>) -> usize {
    let mut part: BTreeMap<&String, &String> = devices.iter().map(|device| (device, device)).collect();
    for (a, b) in edges {
        let (from, to) = (part[b], part[a]);
        for place in part.values_mut().filter(|place| **place == from) {
            *place = to;
        }
    }
    part.values().collect::<BTreeSet<_>>().len()
}

#[test]
fn the_demonstration_data_of_netbox_is_read_as_it_is_known() {
    let Some(folder) = sample("netbox-demo") else { return };
    let text = fs::read_to_string(folder.join("KNOWN.json")).expect("known answers");
    let known: Known = serde_json::from_str(&text).expect("known answers");
    for (name, known) in known.files {
        let text = fs::read_to_string(folder.join(&name)).expect("a sample");
        let database = Database::new();
        let report = database.load_as(&text, options(None, None));
        assert!(report.summary.complete, "{name}: {}", report.text());
        assert_eq!(refused(&report), [""; 0], "{name}");
        again(&database, &text, &options(None, None));
        let estate = database.cmdb.reader().snapshot();
        let mut found: BTreeMap<String, usize> = BTreeMap::new();
        for slot in estate.slots_by_id() {
            let kind = key(&estate, *slot).split_once(':').expect("a kind").0.replace('_', "");
            *found.entry(kind).or_default() += 1;
        }
        let models = [
            "dcim.site",
            "dcim.location",
            "dcim.rack",
            "dcim.device",
            "dcim.virtualchassis",
            "dcim.interface",
            "dcim.powerpanel",
            "dcim.powerfeed",
            "virtualization.cluster",
            "virtualization.virtualmachine",
            "virtualization.vminterface",
            "ipam.ipaddress",
            "circuits.circuit",
        ];
        for model in models {
            let kind = model.split_once('.').expect("a model").1;
            assert_eq!(found.remove(kind), Some(known.by_model[model]), "{model}");
        }
        assert!(found.is_empty(), "{found:?}");
        let mut by_cluster: BTreeMap<String, usize> = BTreeMap::new();
        for (_, cluster) in related(&estate, "runs_on", ("virtual_machine", "cluster")) {
            *by_cluster.entry(cluster).or_default() += 1;
        }
        assert_eq!(by_cluster, known.vms_by_cluster);
        let racks: BTreeSet<String> = related(&estate, "located_in", ("device", "rack"))
            .into_iter()
            .map(|ends| ends.1)
            .collect();
        assert_eq!(racks.len(), known.devices_by_rack);
        let both = ["connects_to", "powered_by"].map(|name| related(&estate, name, ("device", "device")));
        let edges: BTreeSet<(String, String)> = both
            .into_iter()
            .flatten()
            .map(|(a, b)| if a < b { (a, b) } else { (b, a) })
            .collect();
        let graph = known.device_graph;
        assert_eq!(edges.len(), graph.edges_simple);
        let devices = estate.slots_by_id();
        let devices: BTreeSet<String> = devices
            .iter()
            .filter_map(|slot| key(&estate, *slot).strip_prefix("device:").map(str::to_owned))
            .collect();
        assert_eq!(devices.len(), graph.nodes);
        assert_eq!(components(&devices, &edges), graph.components);
        let cabled: BTreeSet<&String> = edges.iter().flat_map(|(a, b)| [a, b]).collect();
        assert_eq!(
            devices.len() - cabled.len(),
            graph.devices_without_a_device_to_device_cable
        );
    }
}
