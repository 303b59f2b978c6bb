//! The store on real files, and on a disk that fails.

mod damage;
mod faulty_disk;

use std::collections::BTreeMap;

use jiff::Timestamp;
use tempfile::TempDir;
use uuid::Uuid;

use super::record::{decode_cis, encode_cis};
use super::*;
use crate::model::{
    Actor, Attributes, BeforeAfter, CiFields, CiId, CiTypeId, ConfigurationItem, Delta, DeltaItem, LifecycleStage,
    Name, Stamp,
};

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn at() -> Timestamp {
    Timestamp::from_second(1_700_000_000).expect("in range")
}

fn ci(number: u64) -> ConfigurationItem {
    let stamp = Stamp {
        revision: Revision::new(number),
        at: at(),
    };
    ConfigurationItem::new(CiFields {
        id: CiId::from_uuid(Uuid::from_u128(u128::from(number))),
        ci_type: CiTypeId::new(3),
        name: format!("server-{number:08}"),
        stage: LifecycleStage::InService,
        stage_assumed: false,
        tags: Vec::new(),
        attributes: Attributes::default(),
        origins: Vec::new(),
        validity: None,
        standing: crate::model::Standing::default(),
        created: stamp,
        changed: stamp,
    })
}

fn entry(revision: u64) -> JournalEntry {
    entry_of(revision, 1)
}

/// An entry that creates so many CIs.
fn entry_of(revision: u64, cis: u64) -> JournalEntry {
    let items = (0..cis).map(|number| DeltaItem::Ci(BeforeAfter::created(ci(revision * 1000 + number))));
    JournalEntry {
        revision: Revision::new(revision),
        at: at(),
        actor: Actor { name: "admin".into() },
        source: Name::new("manual").expect("a name"),
        reason: None,
        idempotency_key: None,
        request_digest: [7; 32],
        delta: Arc::new(Delta { items: items.collect() }),
    }
}

fn entries(revisions: std::ops::RangeInclusive<u64>) -> Vec<JournalEntry> {
    revisions.map(entry).collect()
}

fn opened(folder: &TempDir) -> Store {
    Store::open(folder.path()).expect("the store opens")
}

fn key(kind: ChunkKind, number: u32) -> ChunkKey {
    ChunkKey { kind, number }
}

fn header(store: &Store, cis: u64) -> CheckpointHeader {
    CheckpointHeader {
        revision: store.head().revision,
        journal_hash: store.head().hash,
        next_relationship_id: 17,
        cis,
        relationships: 0,
        groups: 0,
    }
}

fn chunk_of(numbers: impl IntoIterator<Item = u32>) -> Vec<u8> {
    let cis: Vec<_> = numbers
        .into_iter()
        .map(|number| (number, ci(u64::from(number))))
        .collect();
    encode_cis(cis.iter().map(|(slot, ci)| (*slot, ci)))
}

/// The CIs of the checkpoint, by slot.
fn checkpointed(store: &Store) -> BTreeMap<u32, ConfigurationItem> {
    let mut cis = BTreeMap::new();
    store
        .checkpoint()
        .read_chunks(ChunkKind::Cis, |_, bytes| {
            decode_cis(bytes, |slot, ci| drop(cis.insert(slot, ci)))
        })
        .expect("the chunks read");
    cis
}

#[test]
fn a_new_store_is_empty_and_sound() {
    let folder = folder();
    let inside = folder.path().join("a/b");
    let store = Store::open(&inside).expect("the store opens");
    assert_eq!(store.head().revision, Revision::ZERO);
    assert_eq!(store.checkpoint().header().expect("it reads"), None);
    assert_eq!(store.entries(Revision::ZERO, 10).expect("it reads"), []);
    let report = store.verify();
    assert!(report.is_clean(), "{report:?}");
}

#[cfg(unix)]
#[test]
fn a_new_folder_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let folder = folder();
    let inside = folder.path().join("data");
    let _store = Store::open(&inside).expect("the store opens");
    let mode = inside.metadata().expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn entries_read_back_after_a_reopening_and_the_chain_goes_on() {
    let folder = folder();
    let mut store = opened(&folder);
    store.append(&entries(1..=3)).expect("it is written");
    let head = store.head();
    drop(store);

    let mut store = opened(&folder);
    assert_eq!(store.head(), head);
    store.append(&entries(4..=5)).expect("it is written");
    assert_eq!(store.entries(Revision::new(1), 100).expect("it reads"), entries(1..=5));
    assert_eq!(store.entries(Revision::new(2), 2).expect("it reads"), entries(2..=3));
    assert_eq!(store.entries(Revision::new(2), 0).expect("it reads"), []);
    assert_eq!(store.entry(Revision::new(4)).expect("it reads"), Some(entry(4)));
    assert_eq!(store.entry(Revision::new(6)).expect("it reads"), None);
    assert_eq!(store.entry(Revision::ZERO).expect("it reads"), None);
    let report = store.verify();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(report.entries, 5);
}

#[test]
fn an_entry_out_of_order_is_refused_and_the_journal_stays_usable() {
    let folder = folder();
    let mut store = opened(&folder);
    for wrong in [entries(2..=2), vec![entry(1), entry(1)], vec![entry(1), entry(3)]] {
        let refused = store.append(&wrong);
        assert!(matches!(refused, Err(AppendError::OutOfOrder { .. })), "{refused:?}");
        assert_eq!(store.head().revision, Revision::ZERO);
    }
    store.append(&entries(1..=1)).expect("it is written");
}

#[test]
fn the_hash_depends_on_everything_before() {
    let (one, other) = (folder(), folder());
    let (mut one, mut other) = (opened(&one), opened(&other));
    one.append(&entries(1..=2)).expect("it is written");
    let mut changed = entries(1..=2);
    changed[0].reason = Some("because".into());
    other.append(&changed).expect("it is written");
    assert_ne!(one.head().hash, other.head().hash);
}

#[test]
fn a_group_of_appends_has_the_hashes_of_single_ones() {
    let (grouped, single) = (folder(), folder());
    let (mut grouped, mut single) = (opened(&grouped), opened(&single));
    grouped.append(&entries(1..=4)).expect("it is written");
    for entry in entries(1..=4) {
        single.append(&[entry]).expect("it is written");
    }
    assert_eq!(grouped.head(), single.head());
}

#[test]
fn readers_on_other_threads_see_whole_groups_while_the_writer_appends() {
    let folder = folder();
    let mut store = opened(&folder);
    let reader = store.journal_reader();
    let watching = std::thread::spawn(move || {
        let mut seen = 0;
        while seen < 40 {
            let found = reader.entries(Revision::new(1), 100).expect("it reads").len();
            assert!(found >= seen && found.is_multiple_of(4), "{found} after {seen}");
            seen = found;
        }
    });
    for group in 0..10 {
        store
            .append(&entries(group * 4 + 1..=group * 4 + 4))
            .expect("it is written");
    }
    watching.join().expect("the reader saw what it should");
}

#[test]
fn a_reader_survives_a_reopening() {
    let folder = folder();
    let mut store = opened(&folder);
    let reader = store.journal_reader();
    store.append(&entries(1..=1)).expect("it is written");
    let reopened = store.reopen().expect("it reopens");
    assert_eq!(reopened.pending, Pending::None);
    assert!(reopened.writable.is_ok());
    store.append(&entries(2..=2)).expect("it is written");
    assert_eq!(reader.entries(Revision::new(1), 9).expect("it reads"), entries(1..=2));
}

#[test]
fn a_held_store_is_locked_until_its_last_handle_goes() {
    let folder = folder();
    let store = opened(&folder);
    let writer = store.checkpoint_writer();
    assert!(matches!(Store::open(folder.path()), Err(OpenError::Locked { .. })));
    drop(store);
    assert!(matches!(Store::open(folder.path()), Err(OpenError::Locked { .. })));
    drop(writer);
    opened(&folder);
}

#[test]
fn a_file_held_by_another_program_is_locked() {
    let folder = folder();
    drop(opened(&folder));
    for file in [JOURNAL_FILE, CHECKPOINT_FILE] {
        let held = redb::Database::open(folder.path().join(file)).expect("it opens");
        let refused = Store::open(folder.path());
        assert!(
            matches!(&refused, Err(OpenError::Locked { path }) if path.ends_with(file)),
            "{refused:?}"
        );
        drop(held);
    }
}

#[test]
fn a_checkpoint_puts_what_changed_and_keeps_the_rest() {
    let folder = folder();
    let mut store = opened(&folder);
    store.append(&entries(1..=2)).expect("it is written");
    let mut writer = store.checkpoint_writer();
    let first = [(0, 0..3), (1, 10..12), (2, 20..21)];
    let first = first.map(|(number, slots)| (key(ChunkKind::Cis, number), chunk_of(slots)));
    writer
        .write(&header(&store, 6), first.into_iter(), &[])
        .expect("it is written");
    assert_eq!(
        checkpointed(&store).into_keys().collect::<Vec<_>>(),
        [0, 1, 2, 10, 11, 20]
    );

    store.append(&entries(3..=3)).expect("it is written");
    let changed = [(key(ChunkKind::Cis, 1), chunk_of(10..14))];
    let second = header(&store, 7);
    writer
        .write(&second, changed.into_iter(), &[key(ChunkKind::Cis, 2)])
        .expect("it is written");
    drop((store, writer));

    let store = opened(&folder);
    assert_eq!(store.checkpoint().header().expect("it reads"), Some(second));
    let cis = checkpointed(&store);
    assert_eq!(cis.keys().copied().collect::<Vec<_>>(), [0, 1, 2, 10, 11, 12, 13]);
    assert_eq!(cis[&12], ci(12));
    let report = store.verify();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!((report.chunks, report.entries), (2, 3));
}

#[test]
fn a_checkpoint_that_is_not_finished_changes_nothing() {
    let folder = folder();
    let mut store = opened(&folder);
    store.append(&entries(1..=1)).expect("it is written");
    let mut writer = store.checkpoint_writer();
    let before = header(&store, 1);
    let chunk = |number, slots| (key(ChunkKind::Cis, number), chunk_of(slots));
    writer
        .write(&before, [chunk(0, 0..1)].into_iter(), &[])
        .expect("it is written");

    store.append(&entries(2..=2)).expect("it is written");
    let failing = [0, 1].into_iter().map(|number| {
        assert_eq!(number, 0, "the chunk could not be made");
        chunk(number, 5..6)
    });
    let failed = writer.write(&header(&store, 2), failing, &[]);
    assert!(
        matches!(failed, Err(CheckpointError::Storage(StorageFault::Panicked(_)))),
        "{failed:?}"
    );

    writer
        .write(&before, std::iter::empty(), &[])
        .expect("the next attempt opens the file again");
    assert_eq!(checkpointed(&store).into_keys().collect::<Vec<_>>(), [0]);
}

#[test]
fn a_checkpoint_of_another_journal_is_found() {
    let folder = folder();
    let mut store = opened(&folder);
    store.append(&entries(1..=2)).expect("it is written");
    let mut writer = store.checkpoint_writer();
    let mut wrong = header(&store, 0);
    wrong.journal_hash[0] ^= 1;
    writer.write(&wrong, std::iter::empty(), &[]).expect("it is written");
    assert!(matches!(
        store.verify().findings[..],
        [Finding::CheckpointForeign { .. }]
    ));

    wrong.revision = Revision::new(9);
    writer.write(&wrong, std::iter::empty(), &[]).expect("it is written");
    assert!(matches!(store.verify().findings[..], [Finding::CheckpointAhead { .. }]));

    writer
        .write(&header(&store, 1), std::iter::empty(), &[])
        .expect("it is written");
    assert!(matches!(
        store.verify().findings[..],
        [Finding::Count {
            kind: ChunkKind::Cis,
            counted: 1,
            found: 0
        }]
    ));
}
