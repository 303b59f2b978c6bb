//! nmap's scans, loaded.

use std::collections::BTreeMap;

use crate::formats_support::{codes, files, fixture, options, read, told};
use crate::ingest_support::{Database, Report, sample};

fn load(database: &Database, name: &str, format: &str) -> Report {
    database.load_as(&fixture("nmap", name), options(format, None))
}

#[test]
fn hosts_that_are_up_are_recorded_with_what_listens_on_them() {
    let database = Database::new();
    let known =
        r#"{"ci":{"key":"db07","type":"virtual_machine","name":"db07","attributes":{"fqdn":"db07.prod.example"}}}"#;
    database.load(known);
    let text = fixture("nmap", "good/network.xml");
    let report = database.load_well(&text, None);
    assert_eq!(
        told(&database.census()),
        "database_instance 1, device 1, ip_address 3, middleware 1, network_service 1, virtual_machine 1, web_server 1",
        "the host that is known by its name is no second one"
    );
    assert_eq!(told(&database.links()), "hosted_on 3, runs_on 4");
    let notes: Vec<&str> = report.summary.notes.iter().map(|note| note.message.as_str()).collect();
    assert_eq!(
        notes,
        [
            "hosts that are not up are no CIs, 2 times, first: `10.20.2.3`",
            "ports that are not open are no services: `25/tcp`",
            "routes to hosts are not taken over: `10.20.2.1`",
        ]
    );
    database.load_again(&text, None);
    let itself = fixture("nmap", "good/self.xml");
    database.load_well(&itself, Some("scanner-1.prod.example"));
    assert_eq!(database.lines_with("ci scanner-1.prod.example device").len(), 1);
    database.load_again(&itself, Some("scanner-1.prod.example"));
}

#[test]
fn bad_scans_say_why() {
    let database = Database::new();
    let cut_off = load(&database, "bad/cut-off.xml", "");
    let message = cut_off
        .summary
        .error
        .as_ref()
        .map(|error| error.message.clone())
        .unwrap_or_default();
    assert!(message.contains("interrupted"), "{message}");
    let entity = load(&database, "bad/entity.xml", "");
    let message = entity
        .summary
        .error
        .as_ref()
        .map(|error| error.message.clone())
        .unwrap_or_default();
    assert!(message.contains("entities"), "{message}");
    assert_eq!(codes(&load(&database, "bad/other.xml", "")), ["UNKNOWN_FORMAT"]);
    assert_eq!(codes(&load(&database, "bad/other.xml", "nmap")), ["BAD_USER_INPUT"]);
    assert_eq!(database.census(), BTreeMap::new());
    let interrupted = load(&database, "bad/interrupted.xml", "");
    assert!(interrupted.text().contains("UNFINISHED_SCAN"), "{}", interrupted.text());
    let hostile = load(&database, "bad/hostile.xml", "");
    assert!(hostile.summary.complete, "{}", hostile.text());
    assert_eq!(
        told(&database.census()),
        "device 3, ip_address 2, network_service 1",
        "{}",
        hostile.text()
    );
}

#[derive(serde::Deserialize)]
struct KnownScan {
    by_state: Option<BTreeMap<String, usize>>,
    open_ports: Option<usize>,
    unreadable: Option<String>,
}

#[derive(serde::Deserialize)]
struct Known {
    files: BTreeMap<String, KnownScan>,
}

#[test]
fn the_sample_scans_have_the_known_hosts_and_services() {
    let Some(folder) = sample("nmap") else { return };
    let known: Known = serde_json::from_str(&read(&folder.join("KNOWN.json"))).expect("known answers");
    let together = Database::new();
    for path in files(&folder.join("libnmap"), ".xml") {
        let name = format!("libnmap/{}", path.file_name().expect("a name").to_string_lossy());
        let (scan, text) = (&known.files[&name], read(&path));
        let alone = Database::new();
        if scan.unreadable.is_some() {
            assert_eq!(
                codes(&alone.load_as(&text, options("nmap", None))),
                ["BAD_USER_INPUT"],
                "{name}"
            );
            continue;
        }
        alone.load_well(&text, None);
        let runs = alone.links().get("runs_on").copied().unwrap_or_default();
        assert_eq!(Some(runs), scan.open_ports, "{name}");
        let services = ["database_instance", "middleware", "network_service", "web_server"];
        let hosts = alone
            .census()
            .into_iter()
            .filter(|(name, _)| !services.contains(&name.as_str()) && name != "ip_address");
        let hosts: usize = hosts.map(|(_, count)| count).sum();
        let up = scan.by_state.as_ref().and_then(|states| states.get("up")).copied();
        assert_eq!(Some(hosts), up, "{name}");
        alone.load_again(&text, None);
        together.load_well(&text, Some("scanner"));
    }
}
