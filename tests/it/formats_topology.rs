//! Networks as GML and `GraphML` through the pipeline.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use linchpin::ingest::report::Outcome;

use crate::ingest_support::{Database, detected, down, fixture, sample};
use crate::structure::points;

#[test]
fn drawings_load_and_load_again_without_a_change() {
    for (name, cis, relationships) in [
        // A root is fed by nobody, a link between others feeds both.
        ("gml/good/campus.gml", 4, 7),
        ("gml/good/no-root.gml", 3, 3),
        ("graphml/good/campus.graphml", 3, 2),
    ] {
        let database = Database::new();
        let report = database.load_as(&fixture(name), detected("drawing"));
        assert!(
            report.summary.complete && report.items().is_empty(),
            "{name}: {}",
            report.text()
        );
        let snapshot = database.cmdb.reader().snapshot();
        assert_eq!(
            (snapshot.ci_count(), snapshot.relationship_count()),
            (cis, relationships),
            "{name}"
        );
        let before = (database.dump(), database.revision());
        let again = database.load_as(&fixture(name), detected("drawing"));
        assert_eq!(again.summary.of(Outcome::Unchanged), again.summary.records, "{name}");
        assert_eq!(before, (database.dump(), database.revision()), "{name}");
    }
}

#[test]
fn losing_one_of_two_ways_cuts_nobody_off() {
    let database = Database::new();
    database.load_as(&fixture("gml/good/campus.gml"), detected("drawing"));
    let snapshot = database.cmdb.reader().snapshot();
    assert_eq!(down(&snapshot, &["campus/1"], &[]), [""; 0]);
    assert_eq!(down(&snapshot, &["campus/2"], &[]), ["campus/3"]);
    assert_eq!(
        down(&snapshot, &["campus/0"], &[]),
        ["campus/1", "campus/2", "campus/3"]
    );
}

#[test]
fn bad_drawings_are_refused_as_far_as_they_are_bad() {
    for name in [
        "gml/bad/open.gml",
        "gml/bad/no-value.gml",
        "gml/bad/quote.gml",
        "graphml/bad/no-graph.graphml",
        "graphml/bad/open.graphml",
    ] {
        let summary = Database::new().load_as(&fixture(name), detected("drawing")).summary;
        assert_eq!(summary.error.expect("an error").code, "BAD_USER_INPUT", "{name}");
    }
    let database = Database::new();
    let report = database.load_as(&fixture("gml/bad/parts.gml"), detected("drawing"));
    assert_eq!(
        (report.summary.of(Outcome::Refused), report.summary.of(Outcome::Created)),
        (4, 3),
        "{}",
        report.text()
    );
    let codes: BTreeSet<&str> = report
        .items()
        .iter()
        .map(|item| item.problems[0].code.as_str())
        .collect();
    assert_eq!(codes, BTreeSet::from(["BAD_USER_INPUT", "DANGLING_EDGE"]));
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

#[test]
fn the_topology_zoo_loads_and_its_articulation_points_are_its_single_points_of_failure() {
    let Some(folder) = sample("topology-zoo") else { return };
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("a sample");
    let known: Networks = serde_json::from_str(&read("KNOWN.json")).expect("known answers");
    assert_eq!(known.graphs.len(), 35);
    for (file, network) in &known.graphs {
        let database = Database::new();
        let name = file.trim_end_matches(".gml");
        let options = crate::ingest_support::named(detected("zoo"), name);
        let report = database.load_as(&read(file), options);
        assert!(
            report.summary.complete && report.items().is_empty(),
            "{file}: {}",
            report.text()
        );
        let estate = database.cmdb.reader().snapshot();
        assert_eq!(estate.ci_count(), network.nodes, "{file}");
        let ends = |from, to| if from < to { (from, to) } else { (to, from) };
        let links: BTreeSet<_> = estate.relationships().map(|one| ends(one.from(), one.to())).collect();
        assert_eq!(links.len(), network.distinct_edges, "{file}");
        // A root is who nobody feeds: it is no articulation point, and stands for the rest of the world.
        let fed: BTreeSet<_> = estate.relationships().map(|relationship| relationship.from()).collect();
        let key = |slot| {
            let ci = estate.ci_at(slot);
            ci.origins().next().expect("an origin").native_key.to_string()
        };
        let targets: Vec<_> = estate.slots_by_id().to_vec();
        let single = points(&estate, &targets);
        let single = single.iter().flat_map(|target| &target.points);
        let single: BTreeSet<String> = single
            .filter(|point| fed.contains(&point.slot))
            .map(|point| key(point.slot))
            .collect();
        let expected = network.articulation_points.iter().map(|node| format!("{name}/{node}"));
        assert_eq!(single, expected.collect(), "{file}");
    }
}
