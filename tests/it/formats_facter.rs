//! Facter's facts and `PuppetDB`'s facts and catalogs, loaded.

use std::collections::BTreeMap;

use crate::formats_support::{codes, files, fixture, options, read, told};
use crate::ingest_support::{Database, down, sample};

const GOOD: [&str; 5] = [
    "web01.json",
    "clone.json",
    "puppetdb-facts.json",
    "puppetdb-query.json",
    "catalog.json",
];

#[test]
fn nodes_packages_and_resources_are_recorded_and_clones_stay_apart() {
    let database = Database::new();
    let load = |name: &str| fixture("facter", &format!("good/{name}"));
    for name in GOOD {
        database.load_well(&load(name), None);
    }
    assert_eq!(
        told(&database.census()),
        "file_share 1, interface 6, managed_resource 5, server 2, software_package 3, virtual_machine 3, volume 1"
    );
    assert_eq!(
        told(&database.links()),
        "depends_on 2, hosted_on 12, installed_on 3, mounts 1, part_of 3"
    );
    assert_eq!(
        database.lines_with("fqdn=Text(\"web01.prod.example\")").len(),
        2,
        "two machines of one name"
    );
    let app01 = database.lines_with("ci app01.prod.example ").join("");
    for said in [
        "virtual_machine",
        "memory=Integer(3789)",
        "disk=Integer(20)",
        "cpu_count=Integer(2)",
    ] {
        assert!(app01.contains(said), "{said} in {app01}");
    }
    assert!(!database.dump().join("\n").contains("not-to-be-kept"));
    for name in GOOD {
        database.load_again(&load(name), None);
    }
}

#[test]
fn bad_documents_say_why() {
    let database = Database::new();
    let load = |name: &str, format: &str| {
        let report = database.load_as(&fixture("facter", &format!("bad/{name}")), options(format, None));
        codes(&report)
    };
    assert_eq!(load("nameless.json", ""), ["BAD_USER_INPUT"]);
    assert_eq!(load("cut-off.json", ""), ["MALFORMED_JSON"]);
    assert_eq!(load("no-facts.json", ""), ["UNKNOWN_FORMAT"]);
    assert_eq!(load("no-facts.json", "facter"), ["BAD_USER_INPUT"]);
    assert_eq!(database.census(), BTreeMap::new());
    assert_eq!(load("catalog.json", ""), ["BAD_USER_INPUT", "DANGLING_EDGE"]);
    assert_eq!(told(&database.census()), "managed_resource 1, server 1");
    let report = database.load_as(&fixture("facter", "bad/hostile.json"), options("", None));
    assert!(report.summary.complete, "{}", report.text());
    assert_eq!(
        database.lines_with("evil02.prod.example server").len(),
        1,
        "{}",
        report.text()
    );
}

#[derive(serde::Deserialize)]
struct KnownHost {
    interfaces: usize,
    os: [String; 2],
    ip: String,
}

#[derive(serde::Deserialize)]
struct Known {
    hosts: BTreeMap<String, KnownHost>,
    distinct_mac: usize,
}

#[test]
fn the_sample_hosts_of_one_name_stay_apart() {
    let Some(folder) = sample("facterdb") else { return };
    let known: Known = serde_json::from_str(&read(&folder.join("KNOWN.json"))).expect("known answers");
    let database = Database::new();
    for path in files(&folder, ".facts.json") {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let alone = Database::new();
        alone.load_well(&read(&path), None);
        let host = &known.hosts[&name];
        assert_eq!(alone.census().get("interface"), Some(&host.interfaces), "{name}");
        let machine = alone.lines_with("ci uuid:").join("") + &alone.lines_with("ci mac:").join("");
        for said in [&host.os[1], &host.ip] {
            assert!(machine.contains(said.as_str()), "{said} in {machine}");
        }
        database.load_well(&read(&path), None);
    }
    // Two of the machines were looked at twice.
    assert_eq!(database.census().get("virtual_machine"), Some(&known.distinct_mac));
    let named = Database::new();
    let path = &files(&folder, ".facts.json")[0];
    named.load_well(&read(path), Some("told"));
    assert_eq!(named.lines_with("ci told virtual_machine").len(), 1);
}

#[derive(serde::Deserialize)]
struct KnownCatalog {
    resources: usize,
    by_relationship: BTreeMap<String, usize>,
    order_edges: usize,
    top_impact_order: Vec<(String, usize)>,
    top_contains: Vec<(String, usize)>,
}

#[test]
fn the_sample_catalog_is_known_by_its_order() {
    let Some(folder) = sample("puppetdb") else { return };
    let known: serde_json::Value = serde_json::from_str(&read(&folder.join("KNOWN.json"))).expect("known answers");
    let known = known["catalogs"]["catalogs/host-0.json"].clone();
    let known: KnownCatalog = serde_json::from_value(known).expect("known answers");
    let database = Database::new();
    let text = read(&folder.join("catalogs/host-0.json"));
    database.load_well(&text, None);
    assert_eq!(database.census()["managed_resource"], known.resources);
    let links = database.links();
    assert_eq!(
        (links["part_of"], links["depends_on"]),
        (known.by_relationship["contains"], known.order_edges)
    );
    let snapshot = database.cmdb.reader().snapshot();
    for (resource, count) in &known.top_impact_order {
        let key = format!("resource:host-0/{resource}");
        assert_eq!(
            down(&snapshot, &[&key], &["part_of", "hosted_on"]).len(),
            *count,
            "{resource}"
        );
    }
    assert_eq!(
        known.top_contains.first().map(|(_, count)| *count),
        Some(links["part_of"])
    );
    database.load_again(&text, None);

    let facts = read(&folder.join("facts/pg1.vm.json"));
    database.load_well(&facts, None);
    let listed: serde_json::Value = serde_json::from_str(&facts).expect("facts");
    let packages = listed["package_inventory"].as_array().expect("packages").len();
    assert_eq!(database.links()["installed_on"], packages);
    database.load_again(&facts, None);
}
