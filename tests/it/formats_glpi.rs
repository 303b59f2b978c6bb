//! Inventories of GLPI and `FusionInventory` agents, loaded.

use std::collections::BTreeMap;

use linchpin::ingest::report::Outcome;

use crate::formats_support::{codes, files, fixture, options, read, told};
use crate::ingest_support::{Database, sample};

fn glpi(name: &str) -> String {
    fixture("glpi", name)
}

#[test]
fn a_machine_is_recorded_with_its_parts_and_what_runs_on_it() {
    let database = Database::new();
    let text = glpi("good/workstation.json");
    let report = database.load_well(&text, None);
    assert_eq!(
        told(&database.census()),
        "container 1, database 2, database_instance 1, end_user_device 1, file_share 1, hardware_component 5, \
         interface 2, software_package 3, virtual_machine 1, volume 1"
    );
    assert_eq!(
        told(&database.links()),
        "hosted_on 5, installed_on 3, mounts 1, part_of 5, runs_on 3"
    );
    assert!(report.text().contains("SECRET_DROPPED") && !database.dump().join("\n").contains("NOT-TO-BE-KEPT"));
    let machine = database.lines_with("ci lt-042-2026-01-05-08-00-00 ").join("");
    for said in [
        "end_user_device",
        "serial_number=Text(\"PF3XK042\")",
        "cpu_cores=Integer(12)",
        "2026-02-03T06:00:00Z",
        "disk=Integer(476)",
    ] {
        assert!(machine.contains(said), "{said} in {machine}");
    }
    database.load_again(&text, None);
}

#[test]
fn a_second_inventory_changes_just_the_software_and_a_partial_one_removes_nothing() {
    let database = Database::new();
    database.load_well(&glpi("good/workstation.json"), None);
    let before = database.dump();
    let report = database.load_well(&glpi("good/workstation-updated.json"), None);
    assert_eq!(report.summary.of(Outcome::Updated), 0, "{}", report.text());
    let after = database.dump();
    let new: Vec<&String> = after.iter().filter(|line| !before.contains(line)).collect();
    let shown: Vec<&str> = new
        .iter()
        .filter_map(|line| line.split(" software_package").next())
        .collect();
    assert_eq!(
        shown,
        [
            "ci software:Fedora Project/curl/8.9.1-4.fc41#rpm",
            "ci software:Fedora Project/zsh/5.9-12.fc41#rpm",
            "software:Fedora Project/curl/8.9.1-4.fc41#rpm -installed_on-> lt-042-2026-01-05-08-00-00 `` weight 1 group None",
            "software:Fedora Project/zsh/5.9-12.fc41#rpm -installed_on-> lt-042-2026-01-05-08-00-00 `` weight 1 group None",
        ]
    );
    let counts = (told(&database.census()), told(&database.links()));
    let report = database.load_well(&glpi("good/workstation-partial.json"), None);
    assert_eq!(report.summary.of(Outcome::Created), 0, "{}", report.text());
    assert_eq!((told(&database.census()), told(&database.links())), counts);
}

#[test]
fn a_switch_is_recorded_with_its_neighbours_which_complete_themselves() {
    let database = Database::new();
    database.load_well(&glpi("good/switch.json"), None);
    assert_eq!(
        told(&database.census()),
        "device 2, hardware_component 3, interface 3, network_device 1"
    );
    assert_eq!(told(&database.links()), "connects_to 2, hosted_on 3, part_of 3");
    database.load_again(&glpi("good/switch.json"), None);
    let core = r#"{"deviceid":"agent-01","action":"netinventory","itemtype":"NetworkEquipment","content":{"network_device":
        {"name":"core-1.net.example","serial":"FDO42","mac":"00:42:68:00:00:01","type":"Networking"}}}"#;
    database.load_well(core, None);
    assert_eq!(
        (database.census()["device"], database.census()["network_device"]),
        (1, 2),
        "the placeholder is completed"
    );
    assert_eq!(database.lines_with("serial_number=Text(\"FDO42\")").len(), 1);
}

#[test]
fn old_agents_say_the_same_in_xml() {
    let database = Database::new();
    for name in ["good/server.xml", "good/printer.xml"] {
        let text = fixture("fusioninventory", name);
        let report = database.load_well(&text, None);
        assert!(!report.text().contains("not-to-be-kept"));
        database.load_again(&text, None);
    }
    assert_eq!(
        told(&database.census()),
        "device 1, hardware_component 3, interface 2, physical_server 1, printer 1, software_package 1, volume 1"
    );
    assert!(!database.dump().join("\n").contains("not-to-be-kept"));
    database.load_well(&glpi("good/switch.json"), None);
    assert_eq!(
        (database.census()["device"], database.census()["network_device"]),
        (2, 1),
        "the printer's switch is the one that is inventoried"
    );
}

#[test]
fn bad_inventories_say_why() {
    let database = Database::new();
    let load = |folder: &str, name: &str, format: &str| {
        codes(&database.load_as(&fixture(folder, name), options(format, None)))
    };
    assert_eq!(load("glpi", "bad/nameless.json", ""), ["BAD_USER_INPUT"]);
    assert_eq!(load("glpi", "bad/cut-off.json", ""), ["MALFORMED_JSON"]);
    assert_eq!(load("glpi", "bad/no-content.json", ""), ["UNKNOWN_FORMAT"]);
    assert_eq!(load("glpi", "bad/no-content.json", "glpi"), ["BAD_USER_INPUT"]);
    for name in ["bad/nobody.xml", "bad/cut-off.xml", "bad/entity.xml"] {
        assert_eq!(
            load("fusioninventory", name, "fusioninventory"),
            ["BAD_USER_INPUT"],
            "{name}"
        );
    }
    assert_eq!(database.census(), BTreeMap::new());
    let report = database.load_as(&glpi("bad/hostile.json"), options("", None));
    assert!(report.summary.complete, "{}", report.text());
    assert_eq!(database.lines_with("ci evil-03 server").len(), 1, "{}", report.text());
}

#[derive(serde::Deserialize)]
struct KnownFile {
    #[serde(default)]
    sections: BTreeMap<String, usize>,
    #[serde(default)]
    distinct_software: Option<usize>,
    ports: Option<BTreeMap<String, usize>>,
    query: Option<String>,
}

#[derive(serde::Deserialize)]
struct Known {
    files: BTreeMap<String, KnownFile>,
}

#[test]
fn the_sample_inventories_have_the_known_parts() {
    let Some(folder) = sample("glpi-inventory") else { return };
    let known: Known = serde_json::from_str(&read(&folder.join("KNOWN.json"))).expect("known answers");
    let together = Database::new();
    for (name, file) in known
        .files
        .iter()
        .filter(|(name, file)| file.query.is_none() && folder.join(name).exists())
    {
        let text = read(&folder.join(name));
        let alone = Database::new();
        alone.load_well(&text, None);
        let (census, links) = (alone.census(), alone.links());
        let of = |counts: &BTreeMap<String, usize>, name: &str| counts.get(name).copied().unwrap_or_default();
        let section = |name: &str| of(&file.sections, name);
        assert_eq!(Some(of(&links, "installed_on")), file.distinct_software, "{name}");
        let parts = [
            "cpus",
            "memories",
            "storages",
            "batteries",
            "monitors",
            "network_components",
        ];
        let parts: usize = parts.into_iter().map(section).sum();
        assert_eq!(of(&census, "hardware_component"), parts, "{name}");
        assert_eq!(of(&census, "volume"), section("drives"), "{name}");
        let guests = of(&census, "virtual_machine") + of(&census, "container");
        assert_eq!(guests, section("virtualmachines"), "{name}");
        assert_eq!(
            of(&census, "database_instance"),
            section("databases_services"),
            "{name}"
        );
        if let Some(ports) = &file.ports {
            assert_eq!(of(&census, "interface"), ports["n"], "{name}");
            assert_eq!(of(&links, "connects_to"), ports["lldp_neighbours"], "{name}");
        }
        alone.load_again(&text, None);
        together.load_well(&text, None);
    }
    let machines: usize = ["end_user_device", "server", "physical_server"]
        .iter()
        .map(|name| together.census().get(*name).copied().unwrap_or_default())
        .sum();
    // The laptop with its five partial inventories, its second one, the telephone, and telephones that
    // a switch saw are known by their addresses only.
    assert_eq!(machines, 3, "{:?}", together.census());
}

#[test]
fn the_sample_inventories_of_old_agents_are_read() {
    let Some(folder) = sample("glpi-inventory") else { return };
    let known: Known = serde_json::from_str(&read(&folder.join("KNOWN.json"))).expect("known answers");
    let database = Database::new();
    for path in files(&folder.join("fusion-xml"), ".xml") {
        let name = format!("fusion-xml/{}", path.file_name().expect("a name").to_string_lossy());
        let (file, text) = (&known.files[&name], read(&path));
        let alone = Database::new();
        let report = alone.load_as(&text, options("", None));
        assert!(report.summary.complete, "{name}: {}", report.text());
        if file.query.as_deref() == Some("INVENTORY") {
            alone.load_again(&text, None);
            let mut software: Vec<String> = alone.lines_with("-installed_on->");
            software.dedup();
            assert!(
                software.len() <= file.sections["SOFTWARES"] && !software.is_empty(),
                "{name}"
            );
            database.load_well(&text, None);
        }
    }
    assert_eq!(database.census()["end_user_device"], 3, "{:?}", database.census());
}
