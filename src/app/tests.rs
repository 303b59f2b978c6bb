//! The database as its callers see it: a real store in a folder, commands in, snapshots out.

use futures_util::StreamExt;
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::model::command::{NewCi, NewGroup, NewRelationship};
use crate::model::{
    CatalogCommand, CiId, CiPatch, Command, GroupMember, IdempotencyKey, Input, LifecycleStage, RelationshipPatch,
    Strength, Threshold, Thresholds, Weight,
};

mod derived;
mod duplicates;
mod merge;
mod random;

fn open(folder: &TempDir) -> Cmdb {
    let options = CmdbOptions {
        ids: IdGenerator::seeded(7),
        ..CmdbOptions::default()
    };
    Cmdb::open(folder.path(), options).expect("the store opens")
}

fn editor(cmdb: &Cmdb) -> Editor {
    cmdb.editor(Actor { name: "tester".into() })
}

fn ci(number: u128) -> CiId {
    CiId::from_uuid(uuid::Uuid::from_u128(number))
}

fn new_ci(number: u128, ci_type: &str, name: &str) -> Command {
    Command::CreateCi(NewCi {
        id: Some(ci(number)),
        ci_type: ci_type.to_owned(),
        name: name.to_owned(),
        ..NewCi::default()
    })
}

fn relate(from: u128, relationship_type: &str, to: u128) -> Command {
    Command::Relate(NewRelationship {
        relationship_type: relationship_type.to_owned(),
        from: ci(from),
        to: ci(to),
        qualifier: String::new(),
        properties: RelationshipPatch::default(),
    })
}

fn write(cmdb: &Cmdb, commands: Vec<Command>) -> WriteOutcome {
    let outcome = editor(cmdb)
        .write_blocking(WriteRequest::commands(commands))
        .expect("the write is taken");
    for result in &outcome.commands {
        assert!(result.is_ok(), "{result:?}");
    }
    outcome
}

fn refusal(cmdb: &Cmdb, command: &Command) -> ErrorCode {
    let before = cmdb.reader().snapshot().revision();
    let outcome = editor(cmdb)
        .write_blocking(WriteRequest::commands(vec![command.clone()]))
        .expect("the write is taken");
    assert_eq!(
        cmdb.reader().snapshot().revision(),
        before,
        "a refused command leaves no trace: {command:?}"
    );
    match outcome.commands.into_iter().next() {
        Some(Err(error)) => error.code(),
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// Two hosts, an application on one of them, and a service that needs one of both.
fn small_estate(cmdb: &Cmdb) {
    write(
        cmdb,
        vec![
            new_ci(1, "physical_server", "host-1"),
            new_ci(2, "physical_server", "host-2"),
            new_ci(3, "application", "shop"),
            relate(3, "runs_on", 1),
            relate(3, "runs_on", 2),
        ],
    );
}

#[test]
fn a_new_store_begins_with_the_default_catalog() {
    let folder = TempDir::new().expect("a folder");
    let cmdb = open(&folder);
    let snapshot = cmdb.reader().snapshot();
    assert_eq!(snapshot.revision(), Revision::new(1));
    assert!(snapshot.catalog().ci_type_named("virtual_machine").is_some());
    assert_eq!(snapshot.ci_count(), 0);
}

#[test]
fn what_was_acknowledged_is_there_after_reopening() {
    let folder = TempDir::new().expect("a folder");
    let cmdb = open(&folder);
    small_estate(&cmdb);
    cmdb.checkpoint().expect("a checkpoint");
    write(&cmdb, vec![new_ci(4, "team", "operations"), relate(3, "owned_by", 4)]);
    let before = cmdb.reader().snapshot();
    cmdb.close();
    drop(cmdb);
    let again = open(&folder).reader().snapshot();
    assert_eq!(again.revision(), before.revision());
    assert_eq!(random::content(&again), random::content(&before));
}

#[test]
fn a_write_is_visible_to_the_next_read_and_to_no_snapshot_before() {
    let folder = TempDir::new().expect("a folder");
    let cmdb = open(&folder);
    let before = cmdb.reader().snapshot();
    let outcome = write(&cmdb, vec![new_ci(1, "team", "operations")]);
    let after = cmdb.reader().snapshot();
    assert_eq!(after.revision(), outcome.revision);
    assert_eq!((before.ci_count(), after.ci_count()), (0, 1));
}

#[test]
fn a_snapshot_that_is_held_long_stays_as_it_was() {
    let folder = TempDir::new().expect("a folder");
    let cmdb = open(&folder);
    small_estate(&cmdb);
    let held = cmdb.reader().snapshot();
    for number in 10..20 {
        write(&cmdb, vec![new_ci(number, "team", &format!("team-{number}"))]);
    }
    assert_eq!(held.ci_count(), 3);
    assert_eq!(cmdb.reader().snapshot().ci_count(), 13);
}

#[test]
fn an_atomic_write_lands_whole_or_not_at_all() {
    let folder = TempDir::new().expect("a folder");
    let cmdb = open(&folder);
    let commands = vec![new_ci(1, "team", "operations"), relate(1, "depends_on", 99)];
    let outcome = editor(&cmdb)
        .write_blocking(WriteRequest::commands(commands))
        .expect("the write is taken");
    assert!(!outcome.changed);
    assert_eq!(outcome.commands[0], Err(CommandError::BatchRefused));
    assert_eq!(cmdb.reader().snapshot().ci_count(), 0);
}

#[test]
fn a_partial_write_lands_what_is_good() {
    let folder = TempDir::new().expect("a folder");
    let cmdb = open(&folder);
    let commands = vec![
        new_ci(1, "team", "operations"),
        relate(1, "depends_on", 99),
        new_ci(2, "team", "network"),
    ];
    let request = WriteRequest {
        mode: BatchMode::Partial,
        ..WriteRequest::commands(commands)
    };
    let outcome = editor(&cmdb).write_blocking(request).expect("the write is taken");
    let landed: Vec<bool> = outcome.commands.iter().map(Result::is_ok).collect();
    assert_eq!(landed, [true, false, true]);
    assert_eq!(cmdb.reader().snapshot().ci_count(), 2);
}

#[test]
fn a_dry_run_says_what_would_change_and_changes_nothing() {
    let folder = TempDir::new().expect("a folder");
    let cmdb = open(&folder);
    let request = WriteRequest {
        dry_run: true,
        ..WriteRequest::commands(vec![new_ci(1, "team", "operations")])
    };
    let outcome = editor(&cmdb).write_blocking(request).expect("the write is taken");
    assert!(outcome.changed);
    assert_eq!(outcome.delta.items.len(), 2, "the source and the CI");
    assert_eq!(cmdb.reader().snapshot().revision(), Revision::new(1));
    assert_eq!(
        write(&cmdb, vec![new_ci(1, "team", "operations")]).revision,
        Revision::new(2)
    );
}

#[test]
fn a_repeated_key_is_answered_from_the_journal_also_after_reopening() {
    let folder = TempDir::new().expect("a folder");
    let cmdb = open(&folder);
    let request = |name: &str, digest: u8| WriteRequest {
        idempotency_key: Some(IdempotencyKey::new("load-17").expect("a key")),
        request_digest: [digest; 32],
        ..WriteRequest::commands(vec![Command::CreateCi(NewCi {
            ci_type: "team".to_owned(),
            name: name.to_owned(),
            ..NewCi::default()
        })])
    };
    let first = editor(&cmdb)
        .write_blocking(request("operations", 1))
        .expect("the write is taken");
    let second = editor(&cmdb)
        .write_blocking(request("operations", 1))
        .expect("the write is taken");
    assert!(!first.replayed && second.replayed);
    assert_eq!(first.revision, second.revision);
    let reused = editor(&cmdb).write_blocking(request("network", 2));
    assert!(
        matches!(reused, Err(WriteError::IdempotencyKeyReused { .. })),
        "{reused:?}"
    );
    cmdb.close();
    drop(cmdb);
    // Once from the journal, once from the checkpoint that closing wrote.
    for _ in 0..2 {
        let cmdb = open(&folder);
        let third = editor(&cmdb)
            .write_blocking(request("operations", 1))
            .expect("the write is taken");
        assert!(third.replayed);
        assert_eq!(cmdb.reader().snapshot().ci_count(), 1);
        cmdb.close();
    }
}

#[test]
fn an_update_that_says_nothing_new_writes_nothing() {
    let folder = TempDir::new().expect("a folder");
    let cmdb = open(&folder);
    small_estate(&cmdb);
    let revision = cmdb.reader().snapshot().revision();
    let patch = CiPatch {
        name: Some("host-1".to_owned()),
        ..CiPatch::default()
    };
    let outcome = write(
        &cmdb,
        vec![Command::UpdateCi {
            ci: ci(1),
            expected: None,
            patch,
        }],
    );
    assert!(!outcome.changed);
    assert_eq!(cmdb.reader().snapshot().revision(), revision);
}

fn update(patch: CiPatch) -> Command {
    Command::UpdateCi {
        ci: ci(1),
        expected: None,
        patch,
    }
}

fn refused_cis() -> Vec<(Command, ErrorCode)> {
    let attribute = |name: &str, value: Input| {
        update(CiPatch {
            attributes: vec![(name.to_owned(), value)],
            ..CiPatch::default()
        })
    };
    let delete = |reason: &str, with_relationships| Command::DeleteCi {
        ci: ci(1),
        expected: None,
        reason: reason.to_owned(),
        with_relationships,
    };
    let outdated = Command::UpdateCi {
        ci: ci(1),
        expected: Some(Revision::new(1)),
        patch: CiPatch {
            name: Some("renamed".to_owned()),
            ..CiPatch::default()
        },
    };
    let back = Command::MoveCi {
        ci: ci(1),
        expected: None,
        stage: LifecycleStage::Ordered,
    };
    let nobody = Command::UpdateCi {
        ci: ci(99),
        expected: None,
        patch: CiPatch::default(),
    };
    let other_type = update(CiPatch {
        ci_type: Some("team".to_owned()),
        ..CiPatch::default()
    });
    vec![
        (new_ci(9, "spaceship", "x"), ErrorCode::UnknownCiType),
        (new_ci(9, "configuration_item", "x"), ErrorCode::AbstractCiType),
        (new_ci(9, "team", " "), ErrorCode::InvalidName),
        (new_ci(9, "team", "a\u{0}b"), ErrorCode::InvalidName),
        (new_ci(1, "team", "x"), ErrorCode::CiExists),
        (attribute("wheels", 4.into()), ErrorCode::UnknownAttribute),
        (attribute("tier", 9.into()), ErrorCode::InvalidAttribute),
        (outdated, ErrorCode::StaleRevision),
        (other_type, ErrorCode::InvalidAttribute),
        (nobody, ErrorCode::CiNotFound),
        (back, ErrorCode::IllegalTransition),
        (delete("", true), ErrorCode::ReasonRequired),
        (delete("recorded twice", false), ErrorCode::CiHasRelationships),
    ]
}

fn refused_relationships() -> Vec<(Command, ErrorCode)> {
    let nothing = crate::model::RelationshipId::new(999);
    vec![
        (relate(1, "teleports_to", 2), ErrorCode::UnknownRelationshipType),
        (relate(1, "runs_on", 99), ErrorCode::DanglingEdge),
        (relate(3, "runs_on", 1), ErrorCode::RelationshipExists),
        (relate(6, "member_of", 99), ErrorCode::DanglingEdge),
        (relate(3, "located_in", 1), ErrorCode::DisallowedEnds),
        (
            Command::Unrelate { relationship: nothing },
            ErrorCode::RelationshipNotFound,
        ),
    ]
}

fn pair(consumer: u128, members: &[u128]) -> Command {
    let member = |number: &u128| GroupMember {
        ci: ci(*number),
        weight: Weight::ONE,
        strength: Strength::DOWN,
    };
    Command::CreateGroup(NewGroup {
        id: None,
        name: Name::new("pair").expect("a name"),
        consumer: ci(consumer),
        members: members.iter().map(member).collect(),
        thresholds: Thresholds {
            up_min: Some(Threshold::Count(1)),
            ..Thresholds::default()
        },
        strength: Strength::DOWN,
        grounded: false,
        valid_from: None,
        valid_to: None,
    })
}

fn refused_groups_and_definitions() -> Vec<(Command, ErrorCode)> {
    let nothing = crate::model::GroupId::from_uuid(uuid::Uuid::nil());
    let define = Command::Catalog(CatalogCommand::Define {
        text: "this is no TOML".to_owned(),
        migration: crate::model::command::Migration::default(),
    });
    vec![
        (pair(99, &[]), ErrorCode::GroupConsumerMissing),
        (pair(2, &[99]), ErrorCode::GroupMemberMissing),
        (pair(3, &[]), ErrorCode::GroupExists),
        (Command::DeleteGroup { group: nothing }, ErrorCode::GroupNotFound),
        (define, ErrorCode::InvalidCatalog),
    ]
}

#[test]
fn every_rule_that_refuses_has_its_code() {
    let folder = TempDir::new().expect("a folder");
    let cmdb = open(&folder);
    small_estate(&cmdb);
    write(&cmdb, vec![new_ci(5, "team", "operations"), new_ci(6, "site", "north")]);
    write(&cmdb, vec![pair(3, &[1, 2])]);
    let cases = [refused_cis(), refused_relationships(), refused_groups_and_definitions()];
    for (command, code) in cases.into_iter().flatten() {
        assert_eq!(refusal(&cmdb, &command), code, "{command:?}");
    }
}

#[test]
fn deleting_a_ci_takes_its_relationships_and_memberships_along() {
    let folder = TempDir::new().expect("a folder");
    let cmdb = open(&folder);
    small_estate(&cmdb);
    let reason = "recorded by mistake".to_owned();
    write(
        &cmdb,
        vec![Command::DeleteCi {
            ci: ci(1),
            expected: None,
            reason,
            with_relationships: true,
        }],
    );
    let snapshot = cmdb.reader().snapshot();
    assert_eq!((snapshot.ci_count(), snapshot.relationship_count()), (2, 1));
    assert!(snapshot.ci(ci(1)).is_none());
}

#[tokio::test]
async fn a_follower_misses_no_commit() {
    let folder = TempDir::new().expect("a folder");
    let cmdb = open(&folder);
    let editor = editor(&cmdb);
    for number in 0..300 {
        let request = WriteRequest::commands(vec![new_ci(number, "team", &format!("team-{number}"))]);
        editor.write(request).await.expect("the write is taken");
    }
    let mut commits = Box::pin(cmdb.reader().follow(Revision::ZERO));
    for number in 300..310 {
        let request = WriteRequest::commands(vec![new_ci(number, "team", &format!("team-{number}"))]);
        editor.write(request).await.expect("the write is taken");
    }
    for expected in 1..=311 {
        let entry = commits.next().await.expect("a commit").expect("it reads");
        assert_eq!(entry.revision, Revision::new(expected));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Both states in memory, and the state opened from checkpoint and journal, say the same, and the
    /// dependency index is what building it afresh gives.
    #[test]
    fn reopened_store_and_both_states_equal_memory(steps in random::steps()) {
        let folder = TempDir::new().expect("a folder");
        let cmdb = open(&folder);
        for (number, step) in steps.into_iter().enumerate() {
            random::take(&cmdb, step);
            if number % 7 == 3 {
                cmdb.checkpoint().expect("a checkpoint");
            }
        }
        let last = cmdb.reader().snapshot();
        // One more commit publishes the other state.
        write(&cmdb, vec![new_ci(u128::MAX, "team", "the last")]);
        let other = cmdb.reader().snapshot();
        prop_assert_eq!(random::content(&last), random::content_without(&other, ci(u128::MAX)));
        random::check_derived(&other);
        cmdb.close();
        drop(cmdb);
        let again = open(&folder).reader().snapshot();
        prop_assert_eq!(random::content(&again), random::content(&other));
        random::check_derived(&again);
    }
}
