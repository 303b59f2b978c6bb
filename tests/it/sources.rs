//! Four sources that overlap, over twenty runs and more: nothing is recorded twice, nothing is lost, and of
//! every value it is known who says so and since when.

use std::fmt::Write as _;

use linchpin::ingest::IngestOptions;
use linchpin::ingest::sync::SyncError;
use linchpin::model::run::RunState;
use linchpin::model::{Command, SourceName};

use crate::sources_support::{Runs, World, day, host, scanned, source, vm};

const RULES: &str = r#"
[[authority]]
name = "server-names"
ci_type = "server"
attributes = ["name"]
policy = "source_priority"
sources = ["vcenter", "ansible"]

[[authority]]
name = "server-hardware"
ci_type = "server"
attributes = ["memory"]
policy = "source_priority"
sources = ["vcenter", "ansible"]
lapse = "5d"

[[authority]]
name = "server-software"
ci_type = "server"
attributes = ["operating_system"]
policy = "locked_to_source"
sources = ["ansible"]

[[authority]]
name = "server-role"
ci_type = "server"
attributes = ["server_role"]
policy = "write_if_empty"

[[ci_type_extension]]
name = "server"
retire_after = "3d"
"#;

const CALLS: &str = r#"{"relationship":{"from":"web-01","type":"depends_on","to":"db-01"}}"#;

struct Sources {
    north: SourceName,
    south: SourceName,
    ansible: SourceName,
    scanner: SourceName,
}

const TABLE: &str = "key,type,fqdn,server_role,memory\n\
    A-1,server,web-01.example.com,frontend,99999\nA-2,server,web-02.example.com,frontend,\n";

#[test]
fn four_sources_that_overlap_lose_nothing_and_double_nothing_in_twenty_runs() {
    let sources = Sources {
        north: source("vcenter", "vms", "north"),
        south: source("vcenter", "vms", "south"),
        ansible: source("ansible", "facts", ""),
        scanner: source("scanner", "lan", "dmz"),
    };
    let mut runs = Runs {
        world: World::new(),
        noted: 0,
    };
    let catalog = serde_json::json!({ "catalog": RULES }).to_string();
    runs.world.push(IngestOptions::default(), &catalog);
    runs.noted += 1;
    everyone_speaks_for_the_first_time(&mut runs, &sources);
    everyone_says_the_same_again(&mut runs, &sources);
    names_and_addresses_change(&mut runs, &sources);
    a_run_is_aborted_and_one_is_held_back(&mut runs, &sources);
    what_is_missed_is_retired_after_its_grace(&mut runs, &sources);
    the_authority_falls_silent_and_comes_back(&mut runs, &sources);
    a_retired_machine_comes_back(&mut runs, &sources);
    a_pinned_value_stays_until_it_is_let_go(&mut runs, &sources);
    a_machine_gets_another_key(&mut runs, &sources);

    let snapshot = runs.world.cmdb.reader().snapshot();
    let count = |name: &str| {
        let ci_type = snapshot.catalog().ci_type_named(name).expect("a type").id;
        snapshot.count_of_type(ci_type)
    };
    assert_eq!(
        (count("virtual_machine"), count("physical_server"), count("server")),
        (6, 1, 1)
    );
    assert!(runs.noted > 20, "{} runs", runs.noted);
    drop(snapshot);
    let kept = runs.world.cmdb.reader().runs().of(None);
    runs.world = runs.world.restart();
    runs.world.expect("a restart", "");
    assert_eq!(runs.world.cmdb.reader().runs().of(None), kept);
}

fn north(web_01: &str) -> Vec<String> {
    vec![
        vm("vm-1", web_01, "VM-0001", 8192),
        vm("vm-2", "web-02", "VM-0002", 8192),
        vm("vm-3", "db-01", "VM-0003", 65536),
        vm("vm-4", "app-01", "VM-0004", 4096),
        // A clone that was never given a serial number of its own.
        vm("vm-5", "app-02", "VM-0004", 4096),
    ]
}

fn south() -> Vec<String> {
    vec![vm("vm-91", "far-01", "VM-0091", 1024)]
}

fn hosts() -> Vec<String> {
    vec![
        host("web-01", "server", "VM-0001", 7900),
        host("web-02", "server", "VM-0002", 7900),
        host("db-01", "server", "VM-0003", 64000),
        host("metal-01", "physical_server", "HW-0001", 128_000),
        CALLS.to_owned(),
    ]
}

fn lan() -> Vec<String> {
    vec![
        scanned("s-a", "web-01", "10.0.0.1"),
        scanned("s-b", "web-02", "10.0.0.2"),
        scanned("s-c", "printer", "10.0.0.9"),
    ]
}

fn everyone_speaks_for_the_first_time(runs: &mut Runs, sources: &Sources) {
    runs.world.set(day(1));
    assert_eq!(runs.sync(&sources.north, &north("web-01"), None), [5, 0, 0, 0, 0, 0, 0]);
    runs.world.expect(
        "five machines, of which two share a serial number",
        "+ vm-1 is virtual_machine web-01 in_service of vcenter/north:vm-1
         + vm-1.memory = 8192 vcenter/north@1
         + vm-1.serial_number = VM-0001 vcenter/north@1
         + vm-2 is virtual_machine web-02 in_service of vcenter/north:vm-2
         + vm-2.memory = 8192 vcenter/north@1
         + vm-2.serial_number = VM-0002 vcenter/north@1
         + vm-3 is virtual_machine db-01 in_service of vcenter/north:vm-3
         + vm-3.memory = 65536 vcenter/north@1
         + vm-3.serial_number = VM-0003 vcenter/north@1
         + vm-4 is virtual_machine app-01 in_service of vcenter/north:vm-4
         + vm-4.memory = 4096 vcenter/north@1
         + vm-4.serial_number = VM-0004 vcenter/north@1
         + vm-5 is virtual_machine app-02 in_service of vcenter/north:vm-5
         + vm-5.memory = 4096 vcenter/north@1",
    );
    assert_eq!(runs.sync(&sources.south, &south(), None), [1, 0, 0, 0, 0, 0, 0]);
    runs.world.expect(
        "another scope",
        "+ vm-91 is virtual_machine far-01 in_service of vcenter/south:vm-91
         + vm-91.memory = 1024 vcenter/south@1
         + vm-91.serial_number = VM-0091 vcenter/south@1",
    );
    facts_of_known_and_unknown_machines(runs, sources);
    others_speak_of_the_same_machines(runs, sources);
}

fn facts_of_known_and_unknown_machines(runs: &mut Runs, sources: &Sources) {
    runs.world.set(day(2));
    assert_eq!(runs.sync(&sources.ansible, &hosts(), None), [2, 3, 0, 0, 0, 0, 0]);
    let mut expected = String::from(
        "- vm-1 is virtual_machine web-01 in_service of vcenter/north:vm-1
         - vm-2 is virtual_machine web-02 in_service of vcenter/north:vm-2
         - vm-3 is virtual_machine db-01 in_service of vcenter/north:vm-3
         + metal-01 is physical_server metal-01 in_service of ansible:metal-01
         + metal-01.fqdn = metal-01.example.com ansible@2
         + metal-01.memory = 128000 ansible@2
         + metal-01.operating_system = Debian 12 ansible@2
         + metal-01.serial_number = HW-0001 ansible@2
         - vm-1.serial_number = VM-0001 vcenter/north@1
         - vm-2.serial_number = VM-0002 vcenter/north@1
         - vm-3.serial_number = VM-0003 vcenter/north@1
         + vm-1 -depends_on-> vm-3 says ansible\n",
    );
    for (ci, name, serial, memory) in [
        ("vm-1", "web-01", "VM-0001", 7900),
        ("vm-2", "web-02", "VM-0002", 7900),
        ("vm-3", "db-01", "VM-0003", 64000),
    ] {
        let known = write!(
            expected,
            "+ {ci} is virtual_machine {name} in_service of ansible:{name} vcenter/north:{ci}
             + {ci}.name ~ {name} ansible@2
             + {ci}.name ~ {name} vcenter/north@1
             + {ci}.memory ~ {memory} ansible@2
             + {ci}.fqdn = {name}.example.com ansible@2
             + {ci}.operating_system = Debian 12 ansible@2
             + {ci}.serial_number = {serial} ansible@2
             + {ci}.serial_number ~ {serial} vcenter/north@1\n"
        );
        known.expect("texts take all");
    }
    runs.world.expect("facts of known and unknown machines", &expected);
}

fn others_speak_of_the_same_machines(runs: &mut Runs, sources: &Sources) {
    runs.world.set(day(3));
    assert_eq!(runs.sync(&sources.scanner, &lan(), None), [1, 2, 0, 0, 0, 0, 0]);
    runs.world.expect(
        "a scan, whose word on operating systems does not count",
        "- vm-1 is virtual_machine web-01 in_service of ansible:web-01 vcenter/north:vm-1
         - vm-2 is virtual_machine web-02 in_service of ansible:web-02 vcenter/north:vm-2
         + vm-1 is virtual_machine web-01 in_service of ansible:web-01 scanner/dmz:s-a vcenter/north:vm-1
         + vm-2 is virtual_machine web-02 in_service of ansible:web-02 scanner/dmz:s-b vcenter/north:vm-2
         - vm-1.fqdn = web-01.example.com ansible@2
         + vm-1.fqdn ~ web-01.example.com ansible@2
         + vm-1.fqdn = web-01.example.com scanner/dmz@3
         - vm-2.fqdn = web-02.example.com ansible@2
         + vm-2.fqdn ~ web-02.example.com ansible@2
         + vm-2.fqdn = web-02.example.com scanner/dmz@3
         + vm-1.primary_ip = 10.0.0.1 scanner/dmz@3
         + vm-2.primary_ip = 10.0.0.2 scanner/dmz@3
         + vm-1.operating_system ~ Linux scanner/dmz@3
         + vm-2.operating_system ~ Linux scanner/dmz@3
         + s-c is server s-c in_service of scanner/dmz:s-c
         + s-c.fqdn = printer.example.com scanner/dmz@3
         + s-c.primary_ip = 10.0.0.9 scanner/dmz@3
         + s-c.operating_system ~ Linux scanner/dmz@3",
    );
    runs.world.set(day(4));
    assert_eq!(runs.by_hand(TABLE), [0, 2, 0, 0, 0, 0, 0]);
    runs.world.expect(
        "a table by hand",
        "- vm-1 is virtual_machine web-01 in_service of ansible:web-01 scanner/dmz:s-a vcenter/north:vm-1
         - vm-2 is virtual_machine web-02 in_service of ansible:web-02 scanner/dmz:s-b vcenter/north:vm-2
         + vm-1 is virtual_machine web-01 in_service of ansible:web-01 manual-csv:A-1 scanner/dmz:s-a vcenter/north:vm-1
         + vm-2 is virtual_machine web-02 in_service of ansible:web-02 manual-csv:A-2 scanner/dmz:s-b vcenter/north:vm-2
         - vm-1.fqdn = web-01.example.com scanner/dmz@3
         + vm-1.fqdn ~ web-01.example.com scanner/dmz@3
         + vm-1.fqdn = web-01.example.com manual-csv@4
         - vm-2.fqdn = web-02.example.com scanner/dmz@3
         + vm-2.fqdn ~ web-02.example.com scanner/dmz@3
         + vm-2.fqdn = web-02.example.com manual-csv@4
         + vm-1.memory ~ 99999 manual-csv@4
         + vm-1.server_role = frontend manual-csv@4
         + vm-2.server_role = frontend manual-csv@4",
    );
}

fn everyone_says_the_same_again(runs: &mut Runs, sources: &Sources) {
    runs.world.set(day(5));
    let revision = runs.world.revision();
    assert_eq!(runs.sync(&sources.north, &north("web-01"), None), [0, 0, 5, 0, 0, 0, 0]);
    assert_eq!(runs.sync(&sources.ansible, &hosts(), None), [0, 0, 5, 0, 0, 0, 0]);
    assert_eq!(runs.sync(&sources.scanner, &lan(), None), [0, 0, 3, 0, 0, 0, 0]);
    assert_eq!(runs.by_hand(TABLE), [0, 0, 2, 0, 0, 0, 0]);
    runs.world.expect("nothing new", "");
    assert_eq!(runs.world.revision(), revision);
}

fn names_and_addresses_change(runs: &mut Runs, sources: &Sources) {
    runs.world.set(day(6));
    assert_eq!(
        runs.sync(&sources.north, &north("shop-web-01"), None),
        [0, 1, 4, 0, 0, 0, 0]
    );
    runs.world.expect(
        "a machine is renamed",
        "- vm-1 is virtual_machine web-01 in_service of ansible:web-01 manual-csv:A-1 scanner/dmz:s-a vcenter/north:vm-1
         + vm-1 is virtual_machine shop-web-01 in_service of ansible:web-01 manual-csv:A-1 scanner/dmz:s-a vcenter/north:vm-1
         - vm-1.name ~ web-01 vcenter/north@1
         + vm-1.name ~ shop-web-01 vcenter/north@6",
    );
    assert_eq!(runs.sync(&sources.scanner, &moved_lan(), None), [0, 2, 1, 0, 0, 0, 0]);
    runs.world.expect(
        "one machine has a new address, and another one the address it had",
        "- vm-1.primary_ip = 10.0.0.1 scanner/dmz@3
         + vm-1.primary_ip = 10.0.0.50 scanner/dmz@6
         - s-c.primary_ip = 10.0.0.9 scanner/dmz@3
         + s-c.primary_ip = 10.0.0.1 scanner/dmz@6",
    );
}

fn moved_lan() -> Vec<String> {
    vec![
        scanned("s-a", "web-01", "10.0.0.50"),
        scanned("s-b", "web-02", "10.0.0.2"),
        scanned("s-c", "printer", "10.0.0.1"),
    ]
}

/// What vcenter still has in the north when the database server is gone.
fn north_without_database() -> Vec<String> {
    let mut machines = north("shop-web-01");
    machines.remove(2);
    machines
}

fn a_run_is_aborted_and_one_is_held_back(runs: &mut Runs, sources: &Sources) {
    runs.world.set(day(7));
    let session = runs.world.begin(&sources.ansible);
    runs.world
        .push(session.clone(), &host("web-01", "server", "VM-0001", 7000));
    let run = runs.world.abort(&session);
    assert_eq!(runs.noted(&run, RunState::Aborted), [0, 1, 0, 0, 0, 0, 0]);
    let aborted = "- vm-1.memory ~ 7900 ansible@2
                   + vm-1.memory ~ 7000 ansible@7";
    runs.world.expect("what was said stays, and nothing is missed", aborted);

    let session = runs.world.begin(&sources.north);
    let machines = north_without_database();
    runs.world.push(session.clone(), &machines[..2].join("\n"));
    let refused = runs.world.complete(&session, None).expect_err("too much is missing");
    assert!(
        matches!(
            *refused,
            SyncError::Guard {
                affected: 3,
                members: 5,
                share_max: 20
            }
        ),
        "{refused:?}"
    );
    assert_eq!(refused.code().as_str(), "SWEEP_GUARD");
    runs.world.expect("the guard holds everything back", "");
    runs.world.push(session.clone(), &machines[2..].join("\n"));
    let (run, _) = runs.world.complete(&session, None).expect("one of five may go");
    assert_eq!(runs.noted(&run, RunState::Completed), [0, 0, 4, 0, 1, 0, 0]);
    // The machines in the south are of the same feed.
    runs.world
        .expect("one machine is missed", "+ vm-3 stale vcenter/north@7");
}

/// What Ansible still reaches when a machine is switched off and a call is gone.
fn hosts_without_metal() -> Vec<String> {
    hosts()[..3].to_vec()
}

fn what_is_missed_is_retired_after_its_grace(runs: &mut Runs, sources: &Sources) {
    runs.world.set(day(8));
    let hosts = hosts_without_metal();
    assert_eq!(runs.sync(&sources.ansible, &hosts, Some(25)), [0, 2, 1, 0, 1, 0, 1]);
    runs.world.expect(
        "a machine and a call are missed, and a silent authority counts no more",
        "- vm-1.memory ~ 7000 ansible@7
         + vm-1.memory ~ 7900 ansible@8
         - vm-3.memory = 65536 vcenter/north@1
         + vm-3.memory ~ 65536 vcenter/north@1
         - vm-3.memory ~ 64000 ansible@2
         + vm-3.memory = 64000 ansible@2
         + metal-01 stale ansible@8
         - vm-1 -depends_on-> vm-3 says ansible",
    );
    runs.world.set(day(9));
    assert_eq!(runs.sync(&sources.ansible, &hosts, None), [0, 0, 3, 0, 0, 0, 0]);
    runs.world.expect("within its grace", "");
    runs.world.set(day(11));
    assert_eq!(runs.sync(&sources.ansible, &hosts, None), [0, 0, 3, 0, 0, 1, 0]);
    runs.world.expect(
        "after its grace",
        "- metal-01 is physical_server metal-01 in_service of ansible:metal-01
         + metal-01 is physical_server metal-01 retired of ansible:metal-01
         + metal-01.stage ~ retired ansible@11",
    );
}

fn the_authority_falls_silent_and_comes_back(runs: &mut Runs, sources: &Sources) {
    // vcenter last spoke on day 7, and its word on memory counts for five days.
    runs.world.set(day(12));
    let hosts = hosts_without_metal();
    assert_eq!(runs.sync(&sources.ansible, &hosts, None), [0, 0, 3, 0, 0, 0, 0]);
    runs.world.expect("it may be silent for so long", "");
    runs.world.set(day(13));
    assert_eq!(runs.sync(&sources.ansible, &hosts, None), [0, 2, 1, 0, 0, 0, 0]);
    runs.world.expect(
        "its authority lapses",
        "- vm-1.memory = 8192 vcenter/north@1
         + vm-1.memory ~ 8192 vcenter/north@1
         - vm-1.memory ~ 7900 ansible@8
         + vm-1.memory = 7900 ansible@8
         - vm-2.memory = 8192 vcenter/north@1
         + vm-2.memory ~ 8192 vcenter/north@1
         - vm-2.memory ~ 7900 ansible@2
         + vm-2.memory = 7900 ansible@2",
    );
    runs.world.set(day(14));
    let machines = north_without_database();
    assert_eq!(runs.sync(&sources.north, &machines, None), [0, 2, 2, 0, 0, 1, 0]);
    runs.world.expect(
        "it has authority again, and what it missed for long is not its own any more",
        "+ vm-1.memory = 8192 vcenter/north@1
         - vm-1.memory ~ 8192 vcenter/north@1
         + vm-1.memory ~ 7900 ansible@8
         - vm-1.memory = 7900 ansible@8
         + vm-2.memory = 8192 vcenter/north@1
         - vm-2.memory ~ 8192 vcenter/north@1
         + vm-2.memory ~ 7900 ansible@2
         - vm-2.memory = 7900 ansible@2
         - vm-3 is virtual_machine db-01 in_service of ansible:db-01 vcenter/north:vm-3
         + vm-3 is virtual_machine db-01 in_service of ansible:db-01
         - vm-3 stale vcenter/north@7
         - vm-3.memory ~ 65536 vcenter/north@1
         - vm-3.serial_number ~ VM-0003 vcenter/north@1
         - vm-3.name ~ db-01 vcenter/north@1
         - vm-3.name ~ db-01 ansible@2",
    );
}

fn a_retired_machine_comes_back(runs: &mut Runs, sources: &Sources) {
    runs.world.set(day(15));
    assert_eq!(runs.sync(&sources.ansible, &hosts(), None), [1, 1, 3, 0, 0, 0, 0]);
    runs.world.expect(
        "a machine is switched on again, and calls are made again",
        "+ metal-01 is physical_server metal-01 in_service of ansible:metal-01
         - metal-01 is physical_server metal-01 retired of ansible:metal-01
         - metal-01.stage ~ retired ansible@11
         - metal-01 stale ansible@8
         + vm-1 -depends_on-> vm-3 says ansible",
    );
}

fn a_pinned_value_stays_until_it_is_let_go(runs: &mut Runs, sources: &Sources) {
    let ci = runs.world.ci("vm-2");
    let pin = |pin: &[&str], unpin: &[&str]| Command::PinCi {
        ci,
        pin: pin.iter().map(|name| (*name).to_owned()).collect(),
        unpin: unpin.iter().map(|name| (*name).to_owned()).collect(),
        by: "ada".to_owned(),
    };
    runs.world.command(pin(&["memory"], &[]));
    runs.world.expect("a value is pinned", "+ vm-2 pinned memory by ada");
    runs.world.set(day(16));
    let mut machines = north_without_database();
    machines[1] = vm("vm-2", "web-02", "VM-0002", 16384);
    assert_eq!(runs.sync(&sources.north, &machines, None), [0, 1, 3, 0, 0, 0, 0]);
    runs.world.expect(
        "the pinned value stays, and it is known what its source says now",
        "+ vm-2.memory ~ 16384 vcenter/north@16",
    );
    assert_eq!(runs.sync(&sources.north, &machines, None), [0, 0, 4, 0, 0, 0, 0]);
    runs.world.expect("it says so again", "");
    runs.world.set(day(17));
    runs.world.command(pin(&[], &["memory"]));
    runs.world.expect(
        "the value is let go",
        "- vm-2 pinned memory by ada
         - vm-2.memory = 8192 vcenter/north@1
         - vm-2.memory ~ 16384 vcenter/north@16
         + vm-2.memory = 16384 vcenter/north@16",
    );
}

fn a_machine_gets_another_key(runs: &mut Runs, sources: &Sources) {
    let mut lan = moved_lan();
    lan.remove(1);
    assert_eq!(runs.sync(&sources.scanner, &lan, Some(50)), [0, 0, 2, 0, 1, 0, 0]);
    runs.world
        .expect("its old key is missed", "+ vm-2 stale scanner/dmz@17");
    runs.world.set(day(18));
    lan.push(scanned("s-z", "web-02", "10.0.0.2"));
    assert_eq!(runs.sync(&sources.scanner, &lan, None), [0, 1, 2, 0, 0, 0, 0]);
    runs.world.expect(
        "it is found under the new one",
        "- vm-2 stale scanner/dmz@17
         - vm-2 is virtual_machine web-02 in_service of ansible:web-02 manual-csv:A-2 scanner/dmz:s-b vcenter/north:vm-2
         + vm-2 is virtual_machine web-02 in_service of ansible:web-02 manual-csv:A-2 scanner/dmz:s-b scanner/dmz:s-z vcenter/north:vm-2",
    );
    assert_eq!(runs.sync(&sources.south, &south(), None), [0, 0, 1, 0, 0, 0, 0]);
    runs.world.expect("the other scope was never touched", "");
}
