//! The store on a disk that fails: what was acknowledged stays, and writing returns with the disk.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind};
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use redb::backends::FileBackend;
use redb::{BackendError, Database, StorageBackend};
use tempfile::TempDir;

use super::super::data_file::{Opener, opener};
use super::super::*;
use super::{checkpointed, chunk_of, entries, folder, header, key};

/// How many more operations succeed; all after that fail.
#[derive(Debug)]
struct Disk {
    writes: AtomicU64,
    syncs: AtomicU64,
    /// Small writes, which go where something was before, succeed; large ones need room.
    full: AtomicBool,
}

const SMALL_WRITE_BYTES_MAX: usize = 32 << 10;

const WORKS: u64 = u64::MAX;

impl Disk {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            writes: AtomicU64::new(WORKS),
            syncs: AtomicU64::new(WORKS),
            full: AtomicBool::new(false),
        })
    }

    fn fail_after(&self, writes: u64, syncs: u64) {
        self.writes.store(writes, Ordering::SeqCst);
        self.syncs.store(syncs, Ordering::SeqCst);
    }

    fn repair(&self) {
        self.fail_after(WORKS, WORKS);
    }

    fn opener(self: &Arc<Self>) -> Opener {
        let disk = Arc::clone(self);
        Box::new(move |path, cache_bytes| {
            let file = OpenOptions::new().read(true).write(true).open(path)?;
            let backend = FaultyBackend {
                file: FileBackend::new(file)?,
                disk: Arc::clone(&disk),
            };
            Database::builder()
                .set_cache_size(cache_bytes)
                .create_with_backend(backend)
        })
    }
}

/// Takes one from a count; an error at its end.
fn take(count: &AtomicU64, kind: ErrorKind) -> io::Result<()> {
    let taken = count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| match left {
        WORKS => Some(WORKS),
        left => left.checked_sub(1),
    });
    taken.map(drop).map_err(|_| kind.into())
}

#[derive(Debug)]
struct FaultyBackend {
    file: FileBackend,
    disk: Arc<Disk>,
}

impl StorageBackend for FaultyBackend {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        // Nothing cuts the power here, so a sync that works need not wait for the disk.
        take(&self.disk.syncs, ErrorKind::Other)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        take(&self.disk.writes, ErrorKind::StorageFull)?;
        if data.len() > SMALL_WRITE_BYTES_MAX && self.disk.full.load(Ordering::SeqCst) {
            return Err(ErrorKind::StorageFull.into());
        }
        self.file.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.query_lock_range(start, end)
    }
}

fn opened_on(folder: &TempDir, journal: &Arc<Disk>, checkpoint: &Arc<Disk>) -> Store {
    Store::open_with(folder.path(), journal.opener(), checkpoint.opener()).expect("the store opens")
}

#[test]
fn a_full_disk_refuses_writes_until_there_is_room_and_loses_nothing() {
    let (folder, disk) = (folder(), Disk::new());
    let mut store = opened_on(&folder, &disk, &Disk::new());
    let reader = store.journal_reader();
    store.append(&entries(1..=2)).expect("it is written");
    let acknowledged = store.head();

    disk.fail_after(0, WORKS);
    let failed = store.append(&entries(3..=3));
    assert!(
        matches!(failed, Err(AppendError::NotWritten(_) | AppendError::OutcomeUnknown(_))),
        "{failed:?}"
    );
    assert_eq!(store.head(), acknowledged);
    let closed = store.append(&entries(3..=3));
    assert!(
        matches!(closed, Err(AppendError::NotWritten(StorageFault::Closed))),
        "{closed:?}"
    );
    let unread = reader.entries(Revision::new(1), 9);
    assert!(
        matches!(unread, Err(ReadError::Storage(StorageFault::Closed))),
        "{unread:?}"
    );

    disk.repair();
    disk.full.store(true, Ordering::SeqCst);
    let reopened = store.reopen().expect("it reopens for reading");
    assert!(reopened.writable.is_err());
    assert_eq!(reopened.head, acknowledged);
    assert_eq!(reader.entries(Revision::new(1), 9).expect("it reads"), entries(1..=2));

    disk.full.store(false, Ordering::SeqCst);
    let reopened = store.reopen().expect("it reopens");
    assert!(reopened.writable.is_ok());
    assert_eq!(reopened.head, acknowledged);
    store.append(&entries(3..=4)).expect("it is written");
    assert_eq!(reader.entries(Revision::new(1), 9).expect("it reads"), entries(1..=4));
    let report = store.verify();
    assert!(report.is_clean(), "{report:?}");
}

/// Lets the disk fail at every single write, or at every single sync, of an append.
fn append_fails_at_every_point(fail: impl Fn(&Disk, u64)) -> (u64, [u64; 2]) {
    let (folder, disk) = (folder(), Disk::new());
    let mut store = opened_on(&folder, &disk, &Disk::new());
    store.append(&entries(1..=3)).expect("it is written");
    let mut outcomes = [0, 0];
    for point in 0.. {
        let before = store.head();
        let next = before.revision.number() + 1;
        fail(&disk, point);
        let appended = store.append(&entries(next..=next + 2));
        disk.repair();
        if appended.is_ok() {
            let kept = opened_again(store, &folder);
            assert_eq!(kept, next + 2);
            return (point, outcomes);
        }
        let reopened = store.reopen().expect("it reopens");
        assert!(reopened.writable.is_ok(), "{reopened:?}");
        match (&appended, reopened.pending) {
            (Err(AppendError::OutcomeUnknown(_)), Pending::Landed) => {
                assert_eq!(reopened.head.revision.number(), next + 2);
                outcomes[0] += 1;
            }
            (Err(AppendError::OutcomeUnknown(_)), Pending::Lost) | (Err(AppendError::NotWritten(_)), Pending::None) => {
                assert_eq!(reopened.head, before);
                outcomes[1] += 1;
            }
            other => panic!("{other:?}"),
        }
        let report = store.verify();
        assert!(report.is_clean(), "{report:?}");
    }
    unreachable!("the loop ends with an append that succeeds")
}

/// How many entries a store has after it was closed and opened.
fn opened_again(store: Store, folder: &TempDir) -> u64 {
    drop(store);
    let store = Store::open_with(folder.path(), opener(), opener()).expect("the store opens");
    let all = store.entries(Revision::new(1), usize::MAX).expect("it reads");
    assert_eq!(all, entries(1..=store.head().revision.number()));
    store.head().revision.number()
}

#[test]
fn a_write_that_fails_anywhere_in_an_append_leaves_all_of_it_or_nothing() {
    let (points, [_, lost]) = append_fails_at_every_point(|disk, point| disk.fail_after(point, WORKS));
    assert!(points > 2, "{points}");
    assert!(lost > 0);
}

#[test]
fn a_sync_that_fails_anywhere_in_an_append_leaves_all_of_it_or_nothing() {
    let (points, [landed, lost]) = append_fails_at_every_point(|disk, point| disk.fail_after(WORKS, point));
    assert!(points >= 2, "{points}");
    assert!(landed > 0 && lost > 0, "{landed} landed, {lost} lost");
}

#[test]
fn entries_that_landed_stay_in_doubt_until_something_can_be_written() {
    let (folder, disk) = (folder(), Disk::new());
    let mut store = opened_on(&folder, &disk, &Disk::new());
    // The second sync is that of the header: the entries are there, and nobody knows for how long.
    disk.fail_after(WORKS, 1);
    let appended = store.append(&entries(1..=2));
    assert!(matches!(appended, Err(AppendError::OutcomeUnknown(_))), "{appended:?}");

    disk.repair();
    disk.full.store(true, Ordering::SeqCst);
    let doubtful = store.reopen().expect("it reopens");
    assert!(
        doubtful.pending == Pending::Landed && doubtful.writable.is_err(),
        "{doubtful:?}"
    );
    assert_eq!(store.entries(Revision::new(1), 9).expect("it reads"), entries(1..=2));
    let refused = store.append(&entries(3..=3));
    assert!(
        matches!(refused, Err(AppendError::NotWritten(StorageFault::Closed))),
        "{refused:?}"
    );

    disk.full.store(false, Ordering::SeqCst);
    let settled = store.reopen().expect("it reopens");
    assert!(
        settled.pending == Pending::Landed && settled.writable.is_ok(),
        "{settled:?}"
    );
    store.append(&entries(3..=3)).expect("it is written");
    assert_eq!(opened_again(store, &folder), 3);
}

#[test]
fn a_checkpoint_that_fails_anywhere_leaves_the_one_before() {
    let (folder, disk) = (folder(), Disk::new());
    let mut store = opened_on(&folder, &Disk::new(), &disk);
    store.append(&entries(1..=1)).expect("it is written");
    let mut writer = store.checkpoint_writer();
    let before = header(&store, 2);
    let chunk = |slots| [(key(ChunkKind::Cis, 0), chunk_of(slots))].into_iter();
    writer.write(&before, chunk(0..2), &[]).expect("it is written");

    store.append(&entries(2..=2)).expect("it is written");
    let after = header(&store, 3);
    for point in 0.. {
        disk.fail_after(point, WORKS);
        let written = writer.write(&after, chunk(0..3), &[]);
        disk.repair();
        if written.is_ok() {
            assert!(point > 2, "{point}");
            break;
        }
        assert!(matches!(written, Err(CheckpointError::Storage(_))), "{written:?}");
        writer.reopen().expect("it opens");
        let found = writer.header().expect("it reads").expect("there is one");
        assert!(found == before || found == after, "{found:?}");
        assert_eq!(checkpointed(&store).len() as u64, found.cis);
        writer.write(&before, chunk(0..2), &[]).expect("it is written");
    }
    let report = store.verify();
    assert!(report.is_clean(), "{report:?}");
}
