//! What NAPALM and `LibreNMS` say of network devices, loaded.

use std::collections::BTreeMap;

use linchpin::model::LifecycleStage;

use crate::formats_support::{codes, files, fixture, options, read, told};
use crate::ingest_support::{Database, sample};

#[test]
fn neighbours_known_by_name_are_completed_by_their_own_facts() {
    let database = Database::new();
    let edge = fixture("napalm", "good/edge-1.json");
    database.load_well(&edge, None);
    assert_eq!(
        told(&database.census()),
        "device 3, interface 3, ip_address 2, network 2, network_device 1"
    );
    assert_eq!(told(&database.links()), "connects_to 3, hosted_on 5");
    assert!(!database.dump().join("\n").contains("not-to-be-kept"));
    database.load_again(&edge, None);
    let core = fixture("napalm", "good/core-1-facts.json");
    database.load_well(&core, None);
    assert_eq!(database.census()["network_device"], 2, "a placeholder is completed");
    let line = database.lines_with("ci device:core-1.net.example ").join("");
    assert!(
        line.contains("JPE00999") && line.contains(LifecycleStage::InService.as_str()),
        "{line}"
    );
    // What one getter says of a device comes to the device by the name that the sender gives.
    let lldp = fixture("napalm", "good/lldp.json");
    database.load_well(&lldp, Some("core-1.net.example"));
    assert_eq!(
        told(&database.census()),
        "device 4, interface 4, ip_address 2, network 2, network_device 2"
    );
    database.load_again(&lldp, Some("core-1.net.example"));
    database.load_again(&core, None);
    database.load_again(&edge, None);

    let capture = fixture("librenms", "good/capture.json");
    database.load_well(&capture, None);
    let answers = fixture("librenms", "good/api.json");
    database.load_well(&answers, None);
    assert_eq!(
        told(&database.census()),
        "device 4, hardware_component 3, hypervisor 1, interface 8, ip_address 2, network 4, network_device 3"
    );
    assert_eq!(told(&database.links()), "connects_to 9, hosted_on 12, part_of 3");
    database.load_again(&capture, None);
    database.load_again(&answers, None);
}

#[test]
fn bad_documents_say_why() {
    let database = Database::new();
    let load = |folder: &str, name: &str, format: &str| {
        codes(&database.load_as(&fixture(folder, name), options(format, None)))
    };
    assert_eq!(load("napalm", "bad/nameless-facts.json", ""), ["BAD_USER_INPUT"]);
    assert_eq!(load("napalm", "bad/none.json", ""), ["UNKNOWN_FORMAT"]);
    assert_eq!(load("napalm", "bad/none.json", "napalm"), ["BAD_USER_INPUT"]);
    assert_eq!(load("librenms", "bad/nameless.json", ""), ["BAD_USER_INPUT"]);
    assert_eq!(load("librenms", "bad/no-device.json", ""), ["BAD_USER_INPUT"]);
    assert_eq!(load("napalm", "good/lldp.json", ""), ["BAD_USER_INPUT"], "of no device");
    assert_eq!(database.census(), BTreeMap::new());
    for (folder, key) in [
        ("napalm", "device:serial/ABC"),
        ("librenms", "device:evil05.net.example"),
    ] {
        let report = database.load_as(&fixture(folder, "bad/hostile.json"), options(folder, None));
        assert!(report.summary.complete, "{}", report.text());
        assert_eq!(
            database.lines_with(&format!("ci {key} network_device")).len(),
            1,
            "{}",
            report.text()
        );
    }
}

fn known(folder: &std::path::Path) -> serde_json::Value {
    serde_json::from_str(&read(&folder.join("KNOWN.json"))).expect("known answers")
}

#[test]
fn the_sample_getters_have_the_known_neighbours() {
    let Some(folder) = sample("napalm") else { return };
    let known = known(&folder);
    for path in files(&folder, ".json") {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let (file, text) = (&known["files"][&name], read(&path));
        let database = Database::new();
        database.load_well(&text, Some("observer"));
        let count = |field: &str| file[field].as_u64().map(|count| usize::try_from(count).expect("small"));
        let of = |counts: BTreeMap<String, usize>, name: &str| counts.get(name).copied().unwrap_or_default();
        if let Some(neighbours) = count("neighbours") {
            assert_eq!(of(database.links(), "connects_to"), neighbours, "{name}");
            let devices = of(database.census(), "network_device") + of(database.census(), "device");
            assert_eq!(Some(devices - 1), count("remote_hosts"), "{name}");
        } else if let Some(interfaces) = count("interfaces") {
            assert_eq!(of(database.census(), "interface"), interfaces, "{name}");
        } else if name.contains("interfaces") {
            assert_eq!(Some(of(database.census(), "interface")), count("items"), "{name}");
        } else if name.contains("vlans") {
            assert_eq!(Some(of(database.census(), "network")), count("items"), "{name}");
        } else {
            let rows: Vec<serde_json::Value> = serde_json::from_str(&text).expect("rows");
            let addresses: std::collections::BTreeSet<&str> =
                rows.iter().filter_map(|row| row["ip"].as_str()).collect();
            assert_eq!(Some(rows.len()), count("items"), "{name}");
            assert_eq!(of(database.census(), "ip_address"), addresses.len(), "{name}");
        }
        database.load_again(&text, Some("observer"));
    }
}

#[test]
fn the_sample_devices_have_the_known_rows() {
    let Some(folder) = sample("librenms") else { return };
    let known = known(&folder);
    for path in files(&folder, ".json") {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let (device, text) = (&known["devices"][&name], read(&path));
        let database = Database::new();
        database.load_well(&text, Some("observer"));
        let number = |value: &serde_json::Value| usize::try_from(value.as_u64().unwrap_or_default()).expect("small");
        let (census, links) = (database.census(), database.links());
        let of = |counts: &BTreeMap<String, usize>, name: &str| counts.get(name).copied().unwrap_or_default();
        assert_eq!(of(&census, "interface"), number(&device["rows"]["ports"]), "{name}");
        assert_eq!(
            of(&census, "hardware_component"),
            number(&device["entPhysical"]["items"]),
            "{name}"
        );
        let parts = database.lines_with(" -part_of-> hardware_component:");
        assert_eq!(
            parts.len(),
            number(&device["entPhysical"]["containment_edges"]),
            "{name}"
        );
        assert_eq!(
            of(&links, "connects_to"),
            number(&device["neighbours"]["links"]),
            "{name}"
        );
        assert_eq!(of(&census, "virtual_machine"), number(&device["vms"]), "{name}");
        assert_eq!(of(&census, "volume"), number(&device["rows"]["storage"]), "{name}");
        database.load_again(&text, Some("observer"));
    }
}
