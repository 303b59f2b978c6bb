//! CIs that are probably one.

use super::random::{merge, steps};
use super::*;
use crate::model::SourceName;

fn server(number: u128, ci_type: &str, name: &str, attributes: &[(&str, &str)]) -> Command {
    let input = |(name, value): &(&str, &str)| ((*name).to_owned(), Input::Text((*value).to_owned()));
    Command::CreateCi(NewCi {
        id: Some(ci(number)),
        ci_type: ci_type.to_owned(),
        name: name.to_owned(),
        native_key: Some(format!("key-{number}")),
        attributes: attributes.iter().map(input).collect(),
        ..NewCi::default()
    })
}

fn write_as(cmdb: &Cmdb, source: &str, command: Command) {
    let request = WriteRequest {
        source: Some(SourceName::plain(Name::new(source).expect("a name"))),
        ..WriteRequest::commands(vec![command])
    };
    let outcome = editor(cmdb).write_blocking(request).expect("the write is taken");
    assert!(outcome.commands[0].is_ok(), "{:?}", outcome.commands);
}

/// The pairs, with their kinds of reasons.
fn found(cmdb: &Cmdb) -> Vec<([u128; 2], Vec<ReasonKind>)> {
    let estate = cmdb.reader().snapshot();
    let shown = |duplicate: Duplicate| {
        let cis = duplicate.cis.map(|ci| ci.as_uuid().as_u128());
        let kinds = duplicate.reasons.iter().map(|reason| reason.kind).collect();
        (cis, kinds)
    };
    all_duplicates(&estate).into_iter().map(shown).collect()
}

#[test]
#[expect(clippy::too_many_lines, reason = "one line for each CI")]
fn they_are_found_by_rule_and_by_likeness() {
    use ReasonKind::{HostNameAndAddress, IdentificationRule, KnownApart, NameAlike, NameAndAddress, RuleDiffers};
    let folder = TempDir::new().expect("a folder");
    let cmdb = open(&folder);
    let mac = ("mac_addresses", "00:50:56:aa:bb:01;00:50:56:aa:bb:02");
    let same_mac = ("mac_addresses", "00:50:56:aa:bb:02");
    let cis = [
        (
            "a",
            server(1, "physical_server", "web-01", &[("fqdn", "web-01.example.com")]),
        ),
        (
            "b",
            server(
                2,
                "physical_server",
                "WEB-01.example.com",
                &[("fqdn", "web-01.example.com")],
            ),
        ),
        ("a", server(3, "physical_server", "db-01", &[("host_name", "db"), mac])),
        (
            "b",
            server(4, "physical_server", "database", &[("host_name", "DB"), same_mac]),
        ),
        ("b", server(5, "physical_server", "db-01", &[same_mac])),
        // One source sees both: one thing in common is not enough.
        (
            "a",
            server(6, "physical_server", "clone-1", &[("fqdn", "clone.example.com")]),
        ),
        (
            "a",
            server(7, "physical_server", "clone-2", &[("fqdn", "clone.example.com")]),
        ),
        // The same name, and serial numbers that differ.
        ("a", server(8, "physical_server", "app-01", &[("serial_number", "SN8")])),
        ("b", server(9, "physical_server", "app-01", &[("serial_number", "SN9")])),
        // One source sees both, but more than one thing speaks for it.
        (
            "a",
            server(11, "physical_server", "twin", &[("fqdn", "twin.example.com")]),
        ),
        (
            "a",
            server(12, "physical_server", "twin", &[("fqdn", "twin.example.com")]),
        ),
        // Called and addressed alike, with serial numbers that differ.
        (
            "a",
            server(
                13,
                "physical_server",
                "lb",
                &[("serial_number", "SN13"), ("primary_ip", "10.0.0.9")],
            ),
        ),
        (
            "b",
            server(
                14,
                "physical_server",
                "lb",
                &[("serial_number", "SN14"), ("primary_ip", "10.0.0.9")],
            ),
        ),
        // Not the same kind of thing.
        ("b", server(10, "business_service", "web-01", &[])),
    ];
    for (source, command) in cis {
        write_as(&cmdb, source, command);
    }
    assert_eq!(
        found(&cmdb),
        [
            ([1, 2], vec![IdentificationRule, NameAlike]),
            ([3, 5], vec![NameAndAddress, NameAlike]),
            ([11, 12], vec![IdentificationRule, NameAlike, KnownApart]),
            ([13, 14], vec![NameAndAddress, NameAlike, RuleDiffers]),
        ]
    );
    // The host names differ in case only; the look-up of host names is exact, so the address finds them
    // once the names are spelled alike.
    let patch = CiPatch {
        attributes: vec![("host_name".to_owned(), Input::Text("db".to_owned()))],
        ..CiPatch::default()
    };
    write(
        &cmdb,
        vec![Command::UpdateCi {
            ci: ci(4),
            expected: None,
            patch,
        }],
    );
    assert!(found(&cmdb).contains(&([3, 4], vec![HostNameAndAddress])));
    write(&cmdb, vec![merge(ci(1), ci(2), false)]);
    assert!(found(&cmdb).iter().all(|(cis, _)| *cis != [1, 2]));
}

#[test]
fn two_that_are_told_apart_stay_so_through_merges() {
    let folder = TempDir::new().expect("a folder");
    let cmdb = open(&folder);
    let named = |number| new_ci(number, "physical_server", "web-01");
    write(&cmdb, vec![named(1), named(2), named(3)]);
    let apart = Command::TellApart {
        cis: [ci(2), ci(1)],
        by: "tester".to_owned(),
        reason: "seen both".to_owned(),
    };
    write(&cmdb, vec![apart.clone(), merge(ci(3), ci(2), false)]);
    let estate = cmdb.reader().snapshot();
    let slot = |number| estate.slot_of(ci(number)).expect("it is there");
    assert!(estate.are_told_apart(slot(1), slot(3)).is_some());
    assert_eq!(write(&cmdb, vec![apart]).delta.items.len(), 0);
    write(&cmdb, vec![Command::ReopenDuplicate { cis: [ci(1), ci(3)] }]);
    assert_eq!(cmdb.reader().snapshot().distinctions().count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// Following the commits comes to what looking at everything finds.
    #[test]
    fn the_queue_is_what_a_scan_finds(steps in steps()) {
        let folder = TempDir::new().expect("a folder");
        let cmdb = open(&folder);
        let queue = DuplicateQueue::default();
        for (number, commands) in steps.into_iter().enumerate() {
            random::take(&cmdb, commands);
            if number % 3 == 0 {
                let estate = cmdb.reader().snapshot();
                let followed = queue.at(&cmdb.reader(), &estate).expect("the journal reads");
                prop_assert_eq!(followed, all_duplicates(&estate));
            }
        }
    }
}
