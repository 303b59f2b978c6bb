//! Ansible facts and inventories, loaded.

use std::collections::BTreeMap;

use crate::formats_support::{codes, files, fixture, options, read, told};
use crate::ingest_support::{Database, sample};

const GOOD: [&str; 4] = [
    "tree-db01.json",
    "cache-db02.json",
    "setup-output.txt",
    "inventory.json",
];

#[test]
fn facts_and_inventory_speak_of_the_same_hosts() {
    let database = Database::new();
    let load = |name: &str| fixture("ansible", &format!("good/{name}"));
    for name in GOOD {
        database.load_well(&load(name), None);
    }
    assert_eq!(
        told(&database.census()),
        "file_share 1, host_group 3, interface 5, network_device 1, server 3, virtual_machine 2, volume 1"
    );
    assert_eq!(told(&database.links()), "belongs_to 5, hosted_on 6, mounts 2");
    let db01 = database.lines_with("ci db01.prod.example ").join("");
    for said in [
        "fqdn=Text(\"db01.prod.example\")",
        "cpu_count=Integer(4)",
        "disk=Integer(40)",
        "memory=Integer(7936)",
    ] {
        assert!(db01.contains(said), "{said} in {db01}");
    }
    assert!(!database.dump().join("\n").contains("not to be kept"));
    for name in GOOD {
        database.load_again(&load(name), None);
    }
}

#[test]
fn bad_documents_say_why() {
    let database = Database::new();
    let load = |name: &str, format: &str| {
        let report = database.load_as(&fixture("ansible", &format!("bad/{name}")), options(format, None));
        codes(&report)
    };
    assert_eq!(load("nameless.json", ""), ["BAD_USER_INPUT"]);
    assert_eq!(load("cut-off.json", ""), ["MALFORMED_JSON"]);
    assert_eq!(load("no-facts.json", ""), ["UNKNOWN_FORMAT"]);
    assert_eq!(load("no-facts.json", "ansible"), ["BAD_USER_INPUT"]);
    assert_eq!(database.census(), BTreeMap::new());
    let report = database.load_as(&fixture("ansible", "bad/hostile.json"), options("", None));
    assert!(report.summary.complete, "{}", report.text());
    assert_eq!(
        told(&database.census()),
        "interface 1, server 1, volume 2",
        "{}",
        report.text()
    );
    let named = database.load_as(&fixture("ansible", "bad/nameless.json"), options("", Some("web07")));
    assert_eq!(codes(&named), Vec::<String>::new());
    assert_eq!(database.lines_with("ci web07 server").len(), 1);
}

#[derive(serde::Deserialize)]
struct KnownHost {
    interfaces: usize,
    mounts: usize,
    ipv4: Vec<String>,
}

#[derive(serde::Deserialize)]
struct Known {
    hosts: BTreeMap<String, KnownHost>,
}

/// Mounts that are no volumes of the host: what the kernel makes up, an optical disk, a share.
const NO_VOLUMES: [(&str, usize); 2] = [("sol_host", 14), ("jib.electricmonk.nl", 1)];

#[test]
fn the_sample_hosts_stay_apart_though_three_call_themselves_localhost() {
    let Some(folder) = sample("ansible-facts") else { return };
    let known: Known = serde_json::from_str(&read(&folder.join("KNOWN.json"))).expect("known answers");
    let database = Database::new();
    for path in files(&folder.join("out"), ".json") {
        let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let alone = Database::new();
        alone.load_well(&read(&path), Some(&stem));
        let host = &known.hosts[&format!("out/{stem}.json")];
        let census = alone.census();
        let of = |name: &str| census.get(name).copied().unwrap_or_default();
        assert_eq!(of("interface"), host.interfaces, "{stem}");
        let others = NO_VOLUMES
            .iter()
            .find(|(name, _)| *name == stem)
            .map_or(0, |(_, others)| *others);
        assert_eq!(of("volume") + others, host.mounts, "{stem}");
        let machine = alone.lines_with(&format!("ci {stem} ")).join("");
        for address in &host.ipv4 {
            assert!(machine.contains(address.as_str()), "{address} in {machine}");
        }
        database.load_well(&read(&path), Some(&stem));
    }
    let census = database.census();
    let machines = ["server", "virtual_machine", "physical_server", "end_user_device"];
    let count: usize = machines
        .iter()
        .map(|name| census.get(*name).copied().unwrap_or_default())
        .sum();
    assert_eq!(count, known.hosts.len(), "{census:?}");
    for path in files(&folder.join("out"), ".json") {
        let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
        database.load_again(&read(&path), Some(&stem));
    }
}
