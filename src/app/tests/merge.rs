//! Merging two CIs, and taking it back.

use std::collections::BTreeSet;

use super::random::{check_derived, merge, steps};
use super::*;
use crate::graph::Estate;
use crate::model::command::CiObservation;
use crate::model::{
    AttributeId, CiFields, GroupId, MergeChoice, MergeSide, RelationshipFate, RelationshipId, Revision, SourceName,
    Stamp,
};

fn write_as(cmdb: &Cmdb, source: &str, commands: Vec<Command>) -> WriteOutcome {
    let request = WriteRequest {
        source: Some(SourceName::plain(Name::new(source).expect("a name"))),
        ..WriteRequest::commands(commands)
    };
    let outcome = editor(cmdb).write_blocking(request).expect("the write is taken");
    for result in &outcome.commands {
        assert!(result.is_ok(), "{result:?}");
    }
    outcome
}

fn server(number: u128, name: &str, key: &str, attributes: &[(&str, &str)]) -> Command {
    Command::CreateCi(NewCi {
        id: Some(ci(number)),
        ci_type: "physical_server".to_owned(),
        name: name.to_owned(),
        native_key: Some(key.to_owned()),
        attributes: inputs(attributes),
        tags: vec![format!("by-{key}")],
        ..NewCi::default()
    })
}

fn inputs(attributes: &[(&str, &str)]) -> Vec<(String, Input)> {
    let input = |(name, value): &(&str, &str)| ((*name).to_owned(), Input::Text((*value).to_owned()));
    attributes.iter().map(input).collect()
}

fn observe(number: u128, attributes: &[(&str, &str)]) -> Command {
    let patch = CiPatch {
        attributes: inputs(attributes),
        ..CiPatch::default()
    };
    Command::ObserveCi {
        ci: ci(number),
        observation: CiObservation {
            patch,
            ..CiObservation::default()
        },
    }
}

fn revert(absorbed: u128) -> Command {
    Command::RevertMerge { absorbed: ci(absorbed) }
}

fn value(estate: &Estate, number: u128, name: &str) -> Option<Input> {
    let id = estate.catalog().attribute_id(name)?;
    let value = estate.ci(ci(number))?.attributes().value(id)?;
    Some(value.to_input())
}

#[expect(clippy::unnecessary_wraps, reason = "it is compared with what may be absent")]
fn text(text: &str) -> Option<Input> {
    Some(Input::Text(text.to_owned()))
}

/// What is recorded, but for when it was written: what an export shows, and more.
fn timeless(estate: &Estate) -> BTreeSet<String> {
    let never = Stamp {
        revision: Revision::ZERO,
        at: jiff::Timestamp::UNIX_EPOCH,
    };
    let cis = estate.slots_by_id().iter().map(|slot| {
        let fields = CiFields {
            changed: never,
            ..estate.ci_at(*slot).to_fields()
        };
        format!("{fields:?}")
    });
    let relationships = estate
        .relationships()
        .map(|relationship| format!("{:?}", relationship.to_relationship()));
    let groups = estate.groups().map(|group| format!("{group:?}"));
    cis.chain(relationships).chain(groups).collect()
}

/// Two servers that are one, known by two sources, with what hangs on them.
fn twins(cmdb: &Cmdb) {
    write_as(
        cmdb,
        "scanner",
        vec![server(1, "web-01", "s-1", &[("os_version", "12"), ("asset_tag", "A1")])],
    );
    write_as(
        cmdb,
        "import",
        vec![
            server(
                2,
                "web-01.example.com",
                "i-1",
                &[("os_version", "11"), ("serial_number", "SN1")],
            ),
            server(3, "web-02", "i-3", &[]),
            new_ci(4, "business_service", "shop"),
            new_ci(5, "application", "httpd"),
        ],
    );
    write_as(
        cmdb,
        "scanner",
        vec![relate(4, "depends_on", 1), relate(1, "connects_to", 2)],
    );
    write_as(
        cmdb,
        "import",
        vec![
            relate(4, "depends_on", 2),
            relate(5, "runs_on", 2),
            relate(2, "connects_to", 3),
            pair(4, &[2, 3]),
        ],
    );
}

#[test]
fn a_stage_that_nobody_said_gives_way_to_one_that_was_said() {
    let folder = TempDir::new().expect("a folder");
    let cmdb = open(&folder);
    twins(&cmdb);
    let down = Command::MoveCi {
        ci: ci(2),
        expected: None,
        stage: LifecycleStage::Down,
    };
    write_as(&cmdb, "import", vec![down]);
    let before = timeless(&cmdb.reader().snapshot());
    let stage = |number| {
        let estate = cmdb.reader().snapshot();
        estate
            .ci(ci(number))
            .map(|found| (found.stage(), found.stage_assumed()))
    };
    assert_eq!(stage(1), Some((LifecycleStage::InService, true)));
    write(&cmdb, vec![merge(ci(1), ci(2), false)]);
    assert_eq!(stage(1).map(|(stage, _)| stage), Some(LifecycleStage::Down));
    write(&cmdb, vec![revert(2)]);
    assert_eq!(stage(1), Some((LifecycleStage::InService, true)));
    assert_eq!(stage(2).map(|(stage, _)| stage), Some(LifecycleStage::Down));
    assert_eq!(timeless(&cmdb.reader().snapshot()), before);
}

#[test]
fn a_survivor_takes_over_what_both_have() {
    let folder = TempDir::new().expect("a folder");
    let cmdb = open(&folder);
    twins(&cmdb);
    write(&cmdb, vec![merge(ci(1), ci(2), false)]);
    let estate = cmdb.reader().snapshot();
    let slot = estate.slot_of(ci(2)).expect("the alias leads to the survivor");
    assert_eq!(estate.ci_id(slot), ci(1));
    assert_eq!(estate.resolve(&ci(2).to_string()), Ok(slot));
    assert_eq!((estate.ci_at(slot).name(), estate.ci_count()), ("web-01", 4));
    assert_eq!(estate.ci_at(slot).tags().collect::<Vec<_>>(), ["by-i-1", "by-s-1"]);
    assert_eq!(value(&estate, 1, "os_version"), text("12"));
    assert_eq!(value(&estate, 1, "serial_number"), text("SN1"));
    for (source, key) in [("scanner", "s-1"), ("import", "i-1")] {
        let source = estate.sources_named(source).next().expect("it has spoken").id;
        assert_eq!(estate.by_native_key(source, key), Some(slot), "{key}");
    }
    let merged = estate.merge_of(ci(2)).expect("it is remembered");
    let fates = merged.relationships.iter().map(|merged| match merged.fate {
        RelationshipFate::Moved => "moved",
        RelationshipFate::Dropped => "dropped",
        RelationshipFate::United { .. } => "united",
    });
    assert_eq!(fates.collect::<Vec<_>>(), ["dropped", "united", "moved", "moved"]);
    let united = estate.relationship(RelationshipId::new(1)).expect("it stays");
    assert_eq!(united.also_said_by().len(), 1);
    let group = estate.groups().next().expect("the group stays");
    assert_eq!(
        group.members.iter().map(|member| member.ci).collect::<Vec<_>>(),
        [ci(1), ci(3)]
    );
    check_derived(&estate);
    // What only the alias is named for goes to the survivor.
    write_as(
        &cmdb,
        "import",
        vec![observe(2, &[("os_version", "13")]), relate(2, "uses", 5)],
    );
    let estate = cmdb.reader().snapshot();
    assert_eq!(value(&estate, 1, "os_version"), text("13"));
    assert!(
        estate
            .relationships()
            .all(|relationship| relationship.to_relationship().from != ci(2))
    );
}

#[test]
fn a_merge_outlives_a_checkpoint_and_the_journal_says_all_of_it() {
    let folder = TempDir::new().expect("a folder");
    let cmdb = open(&folder);
    twins(&cmdb);
    write(&cmdb, vec![merge(ci(1), ci(2), true)]);
    let before = random::content(&cmdb.reader().snapshot());
    drop(cmdb);
    let cmdb = open(&folder);
    let estate = cmdb.reader().snapshot();
    assert_eq!(random::content(&estate), before);
    assert_eq!(estate.ci(ci(1)).expect("it is there").name(), "web-01.example.com");
    drop((estate, cmdb));
    std::fs::remove_file(folder.path().join("checkpoint.redb")).expect("the checkpoint can go");
    assert_eq!(random::content(&open(&folder).reader().snapshot()), before);
}

#[test]
fn a_merge_that_is_taken_back_leaves_nothing_behind() {
    let folder = TempDir::new().expect("a folder");
    let cmdb = open(&folder);
    twins(&cmdb);
    let before = timeless(&cmdb.reader().snapshot());
    for take in [false, true] {
        write(&cmdb, vec![merge(ci(1), ci(2), take)]);
        assert_ne!(timeless(&cmdb.reader().snapshot()), before);
        let outcome = write(&cmdb, vec![revert(2)]);
        assert_eq!(outcome.commands[0].as_ref().expect("it was taken").lost, []);
        assert_eq!(timeless(&cmdb.reader().snapshot()), before);
        check_derived(&cmdb.reader().snapshot());
    }
}

#[test]
fn what_changed_after_a_merge_stays_and_what_a_source_said_goes_with_it() {
    let folder = TempDir::new().expect("a folder");
    let cmdb = open(&folder);
    twins(&cmdb);
    write(&cmdb, vec![merge(ci(1), ci(2), false)]);
    // A source of the absorbed CI alone, and one of the survivor.
    write_as(&cmdb, "import", vec![observe(2, &[("serial_number", "SN2")])]);
    write_as(
        &cmdb,
        "scanner",
        vec![observe(1, &[("os_version", "14"), ("asset_tag", "A2")])],
    );
    let gone = Command::Unrelate {
        relationship: RelationshipId::new(4),
    };
    write(&cmdb, vec![gone]);
    let outcome = write(&cmdb, vec![revert(2)]);
    let lost = &outcome.commands[0].as_ref().expect("it was taken").lost;
    assert_eq!(
        lost.iter()
            .map(|loss| (loss.kind, loss.what.as_str()))
            .collect::<Vec<_>>(),
        [(LossKind::Relationship, "rel:4")]
    );
    let estate = cmdb.reader().snapshot();
    let values = |number| ["serial_number", "os_version", "asset_tag"].map(|name| value(&estate, number, name));
    assert_eq!(values(1), [None, text("14"), text("A2")]);
    assert_eq!(values(2), [text("SN2"), text("11"), None]);
    check_derived(&estate);
}

#[test]
fn merges_of_merges_come_apart_in_any_order() {
    for first in [2u128, 3] {
        let folder = TempDir::new().expect("a folder");
        let cmdb = open(&folder);
        let sources = ["one", "two", "three"];
        for (number, source) in (1..).zip(sources) {
            write_as(
                &cmdb,
                source,
                vec![server(number, source, source, &[("os_version", source)])],
            );
        }
        write(
            &cmdb,
            vec![new_ci(4, "business_service", "shop"), relate(4, "depends_on", 3)],
        );
        let before = timeless(&cmdb.reader().snapshot());
        write(&cmdb, vec![merge(ci(2), ci(3), false)]);
        write(&cmdb, vec![merge(ci(1), ci(2), false)]);
        let estate = cmdb.reader().snapshot();
        assert_eq!([2, 3].map(|number| estate.present_id(ci(number))), [ci(1); 2]);
        write(&cmdb, vec![revert(first)]);
        check_derived(&cmdb.reader().snapshot());
        write(&cmdb, vec![revert(5 - first)]);
        let after = timeless(&cmdb.reader().snapshot());
        // What returned to one of the others on the way stays there: only relationships may.
        let only = |content: &BTreeSet<String>| -> BTreeSet<String> {
            content
                .iter()
                .filter(|line| !line.starts_with("Relationship"))
                .cloned()
                .collect()
        };
        assert_eq!(only(&after), only(&before), "{first} first");
    }
}

#[test]
fn what_is_not_one_is_not_merged() {
    let folder = TempDir::new().expect("a folder");
    let cmdb = open(&folder);
    twins(&cmdb);
    let choice = |attribute: &str, take| Command::MergeCis {
        survivor: ci(1),
        absorbed: ci(2),
        choices: vec![MergeChoice {
            attribute: attribute.to_owned(),
            take,
        }],
        by: "tester".to_owned(),
        reason: None,
    };
    let refused = [
        (merge(ci(1), ci(1), false), ErrorCode::MergeSelf),
        (merge(ci(1), ci(4), false), ErrorCode::TypeConflict),
        (merge(ci(1), ci(99), false), ErrorCode::CiNotFound),
        (choice("serial_number", MergeSide::Survivor), ErrorCode::MergeChoice),
        (choice("wings", MergeSide::Survivor), ErrorCode::UnknownAttribute),
        (revert(2), ErrorCode::MergeNotFound),
        (
            Command::ReopenDuplicate { cis: [ci(1), ci(2)] },
            ErrorCode::DistinctionNotFound,
        ),
    ];
    for (command, code) in refused {
        assert_eq!(refusal(&cmdb, &command), code, "{command:?}");
    }
    write(&cmdb, vec![merge(ci(1), ci(2), false)]);
    assert_eq!(refusal(&cmdb, &merge(ci(1), ci(2), false)), ErrorCode::MergeSelf);
}

#[test]
fn a_pinned_value_of_either_is_kept() {
    let folder = TempDir::new().expect("a folder");
    let cmdb = open(&folder);
    twins(&cmdb);
    let pin = Command::PinCi {
        ci: ci(2),
        pin: vec!["os_version".to_owned(), "name".to_owned()],
        unpin: Vec::new(),
        by: "tester".to_owned(),
    };
    write(&cmdb, vec![pin, merge(ci(1), ci(2), false)]);
    write_as(&cmdb, "scanner", vec![observe(1, &[("os_version", "15")])]);
    let estate = cmdb.reader().snapshot();
    let survivor = estate.ci(ci(1)).expect("it is there");
    assert_eq!(value(&estate, 1, "os_version"), text("11"));
    assert_eq!(survivor.name(), "web-01.example.com");
    assert!(
        survivor
            .standing()
            .is_some_and(|standing| standing.is_pinned(AttributeId::NAME))
    );
}

#[test]
fn two_groups_of_one_name_stay_two() {
    let folder = TempDir::new().expect("a folder");
    let cmdb = open(&folder);
    write(
        &cmdb,
        vec![
            new_ci(1, "business_service", "shop"),
            new_ci(2, "business_service", "Shop"),
            new_ci(3, "application", "a"),
            pair(1, &[3]),
            pair(2, &[3, 1]),
        ],
    );
    write(&cmdb, vec![merge(ci(1), ci(2), false)]);
    let estate = cmdb.reader().snapshot();
    let mut groups: Vec<(String, usize)> = estate
        .groups()
        .map(|group| (group.name.to_string(), group.members.len()))
        .collect();
    groups.sort();
    assert_eq!(groups[1].0, format!("{}-2", groups[0].0));
    // The survivor does not carry itself.
    assert_eq!([groups[0].1, groups[1].1], [1, 1]);
    let ids: BTreeSet<GroupId> = estate.groups().map(|group| group.id).collect();
    write(&cmdb, vec![revert(2)]);
    let estate = cmdb.reader().snapshot();
    assert_eq!(estate.groups().map(|group| group.id).collect::<BTreeSet<_>>(), ids);
    assert_eq!(estate.groups().map(|group| group.members.len()).sum::<usize>(), 3);
}

/// The CI that a write has absorbed.
fn merged_in(outcome: &WriteOutcome) -> Option<CiId> {
    outcome.delta.items.iter().find_map(|item| {
        if let crate::model::DeltaItem::Merge(merge) = item {
            merge.after.as_ref().map(|merge| merge.alias())
        } else {
            None
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_merge_and_its_reversal_are_nothing(steps in steps(), survivor in 1..9u128, absorbed in 1..9u128, take in any::<bool>()) {
        let folder = TempDir::new().expect("a folder");
        let cmdb = open(&folder);
        for commands in steps {
            random::take(&cmdb, commands);
        }
        let before = timeless(&cmdb.reader().snapshot());
        let request = WriteRequest::commands(vec![merge(ci(survivor), ci(absorbed), take)]);
        let outcome = editor(&cmdb).write_blocking(request).expect("the write is taken");
        let absorbed = match &outcome.commands[0] {
            Ok(_) => merged_in(&outcome).expect("a merge writes its record"),
            Err(_) => return Ok(()),
        };
        check_derived(&cmdb.reader().snapshot());
        let outcome = write(&cmdb, vec![Command::RevertMerge { absorbed }]);
        prop_assert_eq!(&outcome.commands[0].as_ref().expect("it was taken").lost, &[]);
        let estate = cmdb.reader().snapshot();
        prop_assert_eq!(timeless(&estate), before);
        check_derived(&estate);
    }
}
