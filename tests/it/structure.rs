//! Questions about structure on real networks and real packages.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

use linchpin::graph::{Estate, Slot};
use linchpin::impact::{
    Budget, CutSetQuestion, ImpactView, Premises, Scratch, SinglePoints, cut_sets, dependencies,
    single_points_of_failure,
};
use linchpin::model::ImpactState;

use crate::ingest_debian::{payload, read};
use crate::ingest_support::{Database, sample};

fn view(estate: &Estate) -> ImpactView<'_> {
    ImpactView {
        index: estate.dependency_index(),
        columns: estate.columns(),
    }
}

fn slot(estate: &Estate, key: &str) -> Slot {
    let found = estate.sources().find_map(|source| estate.by_native_key(source.id, key));
    found.unwrap_or_else(|| panic!("no CI has the key {key}"))
}

fn name(estate: &Estate, slot: Slot) -> String {
    estate.ci_at(slot).name().to_owned()
}

pub(crate) fn points(estate: &Estate, targets: &[Slot]) -> Vec<SinglePoints> {
    let level = ImpactState::Down;
    let (premises, mut scratch) = (Premises::default(), Scratch::default());
    let found = single_points_of_failure(
        view(estate),
        targets,
        level,
        &premises,
        &Budget::UNLIMITED,
        &mut scratch,
    );
    let found = found.expect("no contradiction").targets;
    assert!(found.iter().all(|target| target.incomplete.is_none()));
    found
}

#[derive(serde::Deserialize)]
struct Packages {
    single_points: BTreeMap<String, Known>,
}

#[derive(serde::Deserialize)]
struct Known {
    closure_over_all_alternatives: usize,
    single_points_of_failure: usize,
    list: Option<Vec<String>>,
}

#[test]
fn debian_packages_have_the_single_points_of_failure_that_are_known() {
    let Some(folder) = sample("debian-packages") else {
        return;
    };
    let known = fs::read_to_string(folder.join("KNOWN.json")).expect("a sample");
    let known: Packages = serde_json::from_str(&known).expect("known answers");
    let database = Database::new();
    let report = database.load(&payload(&read(&folder), true));
    assert!(report.summary.complete);
    let estate = database.cmdb.reader().snapshot();
    let mut scratch = Scratch::default();
    assert!(!known.single_points.is_empty());
    for (package, known) in &known.single_points {
        let target = slot(&estate, package);
        let found = points(&estate, &[target]);
        let mut single: Vec<String> = found[0].points.iter().map(|point| name(&estate, point.slot)).collect();
        single.sort();
        assert_eq!(single.len(), known.single_points_of_failure, "{package}");
        if let Some(list) = &known.list {
            assert_eq!(&single, list, "{package}");
        }
        let premises = Premises::default();
        let all = dependencies(view(&estate), target, &premises, &Budget::UNLIMITED, &mut scratch);
        let all = all.expect("no contradiction");
        assert_eq!(
            (all.dependencies.len(), all.incomplete),
            (known.closure_over_all_alternatives, None),
            "{package}"
        );
        let question = CutSetQuestion {
            target,
            level: ImpactState::Down,
            size_max: 2,
            count_max: usize::MAX,
        };
        let cuts = cut_sets(view(&estate), question, &premises, &Budget::UNLIMITED, &mut scratch);
        let cuts = cuts.expect("no contradiction");
        assert_eq!(cuts.incomplete, None, "{package}");
        assert_eq!(
            cuts.cut_sets.iter().filter(|cut| cut.len() == 1).count(),
            single.len(),
            "{package}"
        );
        for pair in cuts.cut_sets.iter().filter(|cut| cut.len() == 2) {
            let down = crate::ingest_support::down(
                &estate,
                &pair
                    .iter()
                    .map(|slot| name(&estate, *slot))
                    .collect::<Vec<_>>()
                    .iter()
                    .map(String::as_str)
                    .collect::<Vec<_>>(),
                &[],
            );
            assert!(down.contains(package), "{package}: {pair:?}");
        }
    }
}

#[derive(serde::Deserialize)]
struct Networks {
    graphs: BTreeMap<String, Network>,
}

#[derive(serde::Deserialize)]
struct Network {
    nodes: usize,
    distinct_edges: usize,
    articulation_points: Vec<u32>,
}

/// The nodes and links of a file in the Graph Modelling Language, without self loops and parallels.
fn graph(file: &Path) -> (BTreeSet<u32>, BTreeSet<(u32, u32)>) {
    let text = fs::read_to_string(file).expect("a sample");
    let (mut nodes, mut edges) = (BTreeSet::new(), BTreeSet::new());
    let mut source = None;
    for line in text.lines() {
        let Some((key, value)) = line.trim().split_once(' ') else {
            continue;
        };
        let Ok(number) = value.parse::<u32>() else {
            continue;
        };
        match (key, source) {
            ("id", _) if line.starts_with("    ") => {
                nodes.insert(number);
            }
            ("source", _) => source = Some(number),
            ("target", Some(from)) if from != number => {
                edges.insert((from.min(number), from.max(number)));
            }
            _ => {}
        }
    }
    (nodes, edges)
}

/// The first node of each component that is no articulation point: whence the component is fed.
fn roots(nodes: &BTreeSet<u32>, edges: &BTreeSet<(u32, u32)>, articulation_points: &[u32]) -> BTreeSet<u32> {
    let mut roots = BTreeSet::new();
    let mut left = nodes.clone();
    while let Some(start) = left.first().copied() {
        let mut component = BTreeSet::from([start]);
        let mut open = vec![start];
        while let Some(node) = open.pop() {
            let linked = edges.iter().filter(|(one, other)| *one == node || *other == node);
            let linked = linked.map(|(one, other)| if *one == node { *other } else { *one });
            open.extend(linked.filter(|other| component.insert(*other)));
        }
        let root = component.iter().find(|node| !articulation_points.contains(node));
        roots.insert(*root.expect("the end of a longest path is none"));
        left.retain(|node| !component.contains(node));
    }
    roots
}

/// Links carry both ways, but nobody feeds a root.
fn connections(graph: &str, edges: &BTreeSet<(u32, u32)>, roots: &BTreeSet<u32>, text: &mut String) {
    for (one, other) in edges {
        for (from, to) in [(one, other), (other, one)] {
            if !roots.contains(from) {
                writeln!(
                    text,
                    "{{\"relationship\":{{\"from\":\"{graph}/{from}\",\"type\":\"connects_to\",\"to\":\"{graph}/{to}\"}}}}"
                )
                .expect("a text");
            }
        }
    }
}

#[test]
fn the_single_points_of_failure_of_real_networks_are_their_articulation_points() {
    let Some(folder) = sample("topology-zoo") else {
        return;
    };
    let known = fs::read_to_string(folder.join("KNOWN.json")).expect("a sample");
    let known: Networks = serde_json::from_str(&known).expect("known answers");
    let mut text = String::from("{\"source\":\"zoo\"}\n");
    let mut links = String::new();
    let mut fed: Vec<(&str, &Network, BTreeSet<u32>, BTreeSet<u32>)> = Vec::new();
    for (file, network) in &known.graphs {
        let (nodes, edges) = graph(&folder.join(file));
        assert_eq!(
            (nodes.len(), edges.len()),
            (network.nodes, network.distinct_edges),
            "{file}"
        );
        let roots = roots(&nodes, &edges, &network.articulation_points);
        for node in &nodes {
            let ci = format!("{{\"ci\":{{\"key\":\"{file}/{node}\",\"type\":\"router\",\"name\":\"{file}/{node}\"}}}}");
            writeln!(text, "{ci}").expect("a text");
        }
        connections(file, &edges, &roots, &mut links);
        fed.push((file, network, nodes, roots));
    }
    text.push_str(&links);
    let database = Database::new();
    let report = database.load(&text);
    assert!(report.summary.complete, "{}", report.text());
    let estate = database.cmdb.reader().snapshot();
    assert_eq!(fed.len(), 35);
    for (file, network, nodes, roots) in fed {
        let key = |node: &u32| format!("{file}/{node}");
        let targets: Vec<Slot> = nodes.iter().map(|node| slot(&estate, &key(node))).collect();
        let single = points(&estate, &targets);
        let single = single.iter().flat_map(|target| &target.points);
        let mut single: BTreeSet<String> = single.map(|point| name(&estate, point.slot)).collect();
        for root in &roots {
            single.remove(&key(root));
        }
        let expected: BTreeSet<String> = network.articulation_points.iter().map(key).collect();
        assert_eq!(single, expected, "{file}");
    }
}
