//! Files that are not, or no longer, what a store writes: an error or the right contents, never
//! others and never a panic.

use std::fs;
use std::path::{Path, PathBuf};

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

use super::*;

const PAGE: usize = 4096;

/// A store with some entries and a checkpoint of two chunks, closed.
fn written() -> TempDir {
    let folder = folder();
    let mut store = opened(&folder);
    for revision in 1..=6 {
        store.append(&[entry_of(revision, 5)]).expect("it is written");
    }
    let chunks = [0, 1].map(|number| (key(ChunkKind::Cis, number), chunk_of(number * 40..number * 40 + 40)));
    let header = header(&store, 80);
    store
        .checkpoint_writer()
        .write(&header, chunks.into_iter(), &[])
        .expect("it is written");
    drop(store);
    folder
}

fn file(folder: &TempDir, name: &str) -> PathBuf {
    folder.path().join(name)
}

/// Opens the store and reads all; an error is as good as what was written, anything else fails.
/// Says whether the damage was seen.
fn seen(folder: &TempDir) -> bool {
    let store = match Store::open(folder.path()) {
        Ok(store) => store,
        Err(OpenError::Damaged { .. } | OpenError::TooNew { .. }) => return true,
        Err(other) => panic!("{other:?}"),
    };
    let wanted: Vec<_> = (1..=6).map(|revision| entry_of(revision, 5)).collect();
    match store.entries(Revision::new(1), 100) {
        Ok(entries) => assert_eq!(entries, wanted),
        Err(_) => return true,
    }
    let mut cis = BTreeMap::new();
    let read = store.checkpoint().read_chunks(ChunkKind::Cis, |_, bytes| {
        decode_cis(bytes, |slot, ci| drop(cis.insert(slot, ci)))
    });
    if read.is_err() {
        return true;
    }
    assert_eq!(cis, (0..80).map(|number| (number, ci(u64::from(number)))).collect());
    !store.verify().is_clean()
}

/// Damages a file in many ways, one at a time.
fn try_all(name: &str, damages: impl Iterator<Item = Box<dyn Fn(&mut Vec<u8>)>>) -> (u32, u32) {
    let folder = written();
    let path = file(&folder, name);
    let sound = fs::read(&path).expect("it reads");
    let (mut tried, mut noticed) = (0, 0);
    for damage in damages {
        let mut bytes = sound.clone();
        damage(&mut bytes);
        fs::write(&path, bytes).expect("it is written");
        tried += 1;
        noticed += u32::from(seen(&folder));
    }
    fs::write(&path, sound).expect("it is written");
    assert!(!seen(&folder), "the sound file is sound");
    (tried, noticed)
}

fn length(name: &str) -> usize {
    let folder = written();
    let length = file(&folder, name).metadata().expect("it is there").len();
    usize::try_from(length).expect("a small file")
}

/// The part of a file that a few entries fill; the rest of it is room to grow.
fn used(name: &str) -> usize {
    length(name).min(40 * PAGE)
}

#[test]
fn a_truncated_file_is_damaged() {
    for name in [JOURNAL_FILE, CHECKPOINT_FILE] {
        let length = length(name);
        for keep in [0, 1, 100, PAGE, PAGE + 1, length / 2, length - PAGE, length - 1] {
            let folder = written();
            let path = file(&folder, name);
            let mut bytes = fs::read(&path).expect("it reads");
            bytes.truncate(keep);
            fs::write(&path, &bytes).expect("it is written");
            let refused = Store::open(folder.path());
            assert!(
                matches!(&refused, Err(OpenError::Damaged { path, .. }) if path.ends_with(name)),
                "{keep}: {refused:?}"
            );
            assert_eq!(fs::read(&path).expect("it reads"), bytes, "nothing was written");
        }
    }
}

#[test]
fn a_flipped_byte_never_changes_what_is_read() {
    for name in [JOURNAL_FILE, CHECKPOINT_FILE] {
        // The engine's header closely, the rest here and there.
        let positions = (0..320).step_by(7).chain((320..used(name)).step_by(509));
        let (tried, noticed) = try_all(
            name,
            positions.map(|at| Box::new(move |bytes: &mut Vec<u8>| bytes[at] ^= 0x41) as _),
        );
        assert!(noticed > 4, "{name}: {noticed} of {tried}");
    }
}

#[test]
fn a_zeroed_page_never_panics_and_never_changes_what_is_read() {
    for name in [JOURNAL_FILE, CHECKPOINT_FILE] {
        let pages = (0..used(name)).step_by(PAGE);
        let (tried, noticed) = try_all(
            name,
            pages.map(|at| Box::new(move |bytes: &mut Vec<u8>| bytes[at..at + PAGE].fill(0)) as _),
        );
        assert!(noticed > 2, "{name}: {noticed} of {tried}");
    }
}

#[test]
fn a_file_of_something_else_is_damaged() {
    for contents in [b"".as_slice(), b"hello", &[0xff; 3 * PAGE]] {
        let folder = written();
        fs::write(file(&folder, JOURNAL_FILE), contents).expect("it is written");
        let refused = Store::open(folder.path());
        assert!(matches!(refused, Err(OpenError::Damaged { .. })), "{refused:?}");
    }
}

#[test]
fn a_journal_that_is_gone_is_not_replaced_by_an_empty_one() {
    let folder = written();
    fs::remove_file(file(&folder, JOURNAL_FILE)).expect("it is removed");
    let refused = Store::open(folder.path());
    assert!(matches!(refused, Err(OpenError::Damaged { .. })), "{refused:?}");
    assert!(!file(&folder, JOURNAL_FILE).exists());
}

#[test]
fn a_journal_of_another_store_is_refused() {
    let (folder, other) = (written(), folder());
    opened(&other).append(&entries(1..=9)).expect("it is written");
    fs::copy(file(&other, JOURNAL_FILE), file(&folder, JOURNAL_FILE)).expect("it is copied");
    let refused = Store::open(folder.path());
    assert!(matches!(refused, Err(OpenError::Damaged { .. })), "{refused:?}");
}

#[test]
fn a_checkpoint_that_is_gone_is_made_anew() {
    let folder = written();
    fs::remove_file(file(&folder, CHECKPOINT_FILE)).expect("it is removed");
    let store = opened(&folder);
    assert_eq!(store.checkpoint().header().expect("it reads"), None);
    assert_eq!(store.head().revision, Revision::new(6));
}

#[test]
fn what_an_interrupted_creation_left_is_removed() {
    let folder = folder();
    fs::write(file(&folder, "journal.redb.new"), [1; 5000]).expect("it is written");
    let store = opened(&folder);
    assert_eq!(store.head().revision, Revision::ZERO);
    assert!(!file(&folder, "journal.redb.new").exists());
}

#[test]
fn a_newer_format_is_refused_and_left_alone() {
    for name in [JOURNAL_FILE, CHECKPOINT_FILE] {
        let folder = written();
        set_format(&file(&folder, name), 4);
        let refused = Store::open(folder.path());
        let error = refused.expect_err("it is refused");
        assert!(
            matches!(&error, OpenError::TooNew { path, found: 4, supported: 3 } if path.ends_with(name)),
            "{error:?}"
        );
        assert!(
            error
                .to_string()
                .ends_with("has format 4, this program reads up to format 3"),
            "{error}"
        );
        assert_eq!(format(&file(&folder, name)), 4);
    }
}

#[test]
fn a_file_that_states_format_zero_is_damaged() {
    for name in [JOURNAL_FILE, CHECKPOINT_FILE] {
        let folder = written();
        set_format(&file(&folder, name), 0);
        let refused = Store::open(folder.path());
        assert!(matches!(refused, Err(OpenError::Damaged { .. })), "{refused:?}");
    }
}

#[test]
fn a_new_store_has_the_present_format() {
    let folder = written();
    assert_eq!(formats(&folder), (3, 3));
}

#[test]
fn an_earlier_format_is_read_and_verified_as_it_is_and_goes_with_the_first_write() {
    let folder = written();
    for name in [JOURNAL_FILE, CHECKPOINT_FILE] {
        set_format(&file(&folder, name), 1);
    }
    let mut store = opened(&folder);
    let wanted: Vec<_> = (1..=6).map(|revision| entry_of(revision, 5)).collect();
    assert_eq!(store.entries(Revision::new(1), 100).expect("it reads"), wanted);
    assert_eq!(checkpointed(&store).len(), 80);
    let report = store.verify();
    assert!(report.is_clean(), "{report:?}");
    drop(store);
    assert_eq!(formats(&folder), (1, 1));

    store = opened(&folder);
    let refused = store.append(&[entry_of(9, 1)]);
    assert!(matches!(refused, Err(AppendError::OutOfOrder { .. })), "{refused:?}");
    drop(store);
    assert_eq!(formats(&folder), (1, 1), "what is refused is no write");

    store = opened(&folder);
    store.append(&[entry_of(7, 5)]).expect("it is written");
    drop(store);
    assert_eq!(formats(&folder), (3, 1), "each file for itself");

    store = opened(&folder);
    let header = header(&store, 80);
    let mut writer = store.checkpoint_writer();
    writer
        .write(&header, std::iter::empty(), &[])
        .expect("a checkpoint is written");
    assert_eq!(store.entries(Revision::new(1), 100).expect("it reads").len(), 7);
    assert_eq!(checkpointed(&store).len(), 80);
    let report = store.verify();
    assert!(report.is_clean(), "{report:?}");
    drop((store, writer));
    assert_eq!(formats(&folder), (3, 3));
}

const META: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("meta");

fn set_format(path: &Path, format: u32) {
    change(path, |transaction| {
        let mut meta = transaction.open_table(META).expect("it opens");
        meta.insert("format", format.to_le_bytes().as_slice())
            .expect("it is written");
    });
}

/// The format that a closed file states.
fn format(path: &Path) -> u32 {
    let database = Database::open(path).expect("it opens");
    let transaction = database.begin_read().expect("it begins");
    let meta = transaction.open_table(META).expect("it opens");
    let stated = meta.get("format").expect("it reads").expect("it is there");
    u32::from_le_bytes(stated.value().try_into().expect("four bytes"))
}

/// The formats of journal and checkpoint.
fn formats(folder: &TempDir) -> (u32, u32) {
    (
        format(&file(folder, JOURNAL_FILE)),
        format(&file(folder, CHECKPOINT_FILE)),
    )
}

/// Changes a file through the engine, so that only the store's own checks can see it.
fn change(path: &Path, change: impl FnOnce(&redb::WriteTransaction)) {
    let database = Database::open(path).expect("it opens");
    let transaction = database.begin_write().expect("it begins");
    change(&transaction);
    transaction.commit().expect("it is written");
}

const ENTRIES: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("entries");
const CHUNKS: TableDefinition<'static, (u8, u32), &[u8]> = TableDefinition::new("chunks");

#[test]
fn a_changed_entry_breaks_the_chain_where_it_is() {
    let folder = written();
    change(&file(&folder, JOURNAL_FILE), |transaction| {
        let mut table = transaction.open_table(ENTRIES).expect("it opens");
        let mut value = table.get(3).expect("it reads").expect("it is there").value().to_vec();
        *value.last_mut().expect("it is not empty") ^= 1;
        table.insert(3, value.as_slice()).expect("it is written");
    });
    let store = opened(&folder);
    assert_eq!(store.entries(Revision::new(1), 2).expect("it reads").len(), 2);
    let refused = store.entries(Revision::new(1), 9);
    assert!(
        matches!(&refused, Err(ReadError::Entry { revision, fault: EntryFault::Hash }) if revision.number() == 3),
        "{refused:?}"
    );
    let report = store.verify();
    assert!(
        matches!(
            report.findings[..],
            [Finding::Entry {
                fault: EntryFault::Hash,
                ..
            }]
        ),
        "{report:?}"
    );
}

#[test]
fn a_missing_entry_is_found() {
    let folder = written();
    change(&file(&folder, JOURNAL_FILE), |transaction| {
        let mut table = transaction.open_table(ENTRIES).expect("it opens");
        table.remove(3).expect("it is removed");
    });
    let store = opened(&folder);
    let refused = store.entries(Revision::new(2), 9);
    assert!(
        matches!(&refused, Err(ReadError::Entry { revision, fault: EntryFault::Missing }) if revision.number() == 3),
        "{refused:?}"
    );
    assert!(!store.verify().is_clean());
}

#[test]
fn a_damaged_last_entry_keeps_the_store_closed() {
    let folder = written();
    change(&file(&folder, JOURNAL_FILE), |transaction| {
        let mut table = transaction.open_table(ENTRIES).expect("it opens");
        table.insert(6, [1; 50].as_slice()).expect("it is written");
    });
    let refused = Store::open(folder.path());
    assert!(matches!(refused, Err(OpenError::Damaged { .. })), "{refused:?}");
}

#[test]
fn a_missing_surplus_or_exchanged_chunk_is_found() {
    for (damage, wanted) in [
        ("missing", ChunkFault::Missing),
        ("surplus", ChunkFault::Unlisted),
        ("exchanged", ChunkFault::Checksum),
    ] {
        let folder = written();
        change(&file(&folder, CHECKPOINT_FILE), |transaction| {
            let mut table = transaction.open_table(CHUNKS).expect("it opens");
            let row = |number| (2u8, number);
            let zero = table
                .get(row(0))
                .expect("it reads")
                .expect("it is there")
                .value()
                .to_vec();
            match damage {
                "missing" => drop(table.remove(row(1)).expect("it is removed")),
                "surplus" => drop(table.insert(row(7), zero.as_slice()).expect("it is written")),
                _ => drop(table.insert(row(1), zero.as_slice()).expect("it is written")),
            }
        });
        let store = opened(&folder);
        let refused = store.checkpoint().read_chunks(ChunkKind::Cis, |_, _| Ok(()));
        assert!(
            matches!(refused, Err(ReadError::Chunk { fault, .. }) if fault == wanted),
            "{damage}: {refused:?}"
        );
        let report = store.verify();
        assert!(
            matches!(report.findings[0], Finding::Chunk { fault, .. } if fault == wanted),
            "{damage}: {report:?}"
        );
    }
}
