//! The journal: the truth, and the only thing on the commit path.
//!
//! One table, revision to value. A value is 32 bytes of hash and the bytes of the entry; the hash
//! is SHA-256 over the hash before it and those bytes, so nothing in the middle can change unseen.

use std::borrow::Borrow;
use std::sync::Arc;

use redb::{ReadOnlyTable, ReadTransaction, ReadableTable, TableDefinition, TableError};
use sha2::{Digest, Sha256};

use super::data_file::{DataFile, META, Stop, WriteFault};
use super::error::{AppendError, EntryFault, OpenError, ReadError, StorageFault};
use super::record::{decode_entry, encode_entry};
use super::{FolderLock, describe};
use crate::model::{JournalEntry, Revision};

/// Largest entry, in bytes: twice what a migration of a million CIs takes, and a third of what redb
/// takes as one value.
pub const ENTRY_BYTES_MAX: usize = 1 << 30;

/// Once this many bytes are read, [`JournalReader::entries`] adds no further entry.
pub const ENTRIES_BYTES_MAX: usize = 64 << 20;

/// Size of the value that is written to see whether there is room again. A file may take a small
/// value on a full disk, so it is about that of a group of commits.
const PROBE_BYTES: usize = 64 << 10;
const PROBE_KEY: &str = "probe";

const HASH_BYTES: usize = 32;
const ENTRIES: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("entries");

/// The hash that the first entry follows.
const GENESIS: [u8; HASH_BYTES] = [0; HASH_BYTES];

/// The last entry of the journal, by number and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its revision; 0 in an empty journal.
    pub revision: Revision,
    /// Its hash; zeros in an empty journal.
    pub hash: [u8; 32],
}

impl Head {
    const EMPTY: Self = Self {
        revision: Revision::ZERO,
        hash: GENESIS,
    };
}

/// What reopening the journal found.
#[derive(Debug)]
pub struct Reopened {
    /// The head now.
    pub head: Head,
    /// What became of an append whose outcome was unknown.
    pub pending: Pending,
    /// Whether the journal takes entries: the fault of the probe write if it does not. Reading works
    /// either way.
    pub writable: Result<(), StorageFault>,
}

/// What became of an append whose outcome was unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pending {
    /// There was none.
    None,
    /// It is there, whole. Durable where the journal is writable again; else still in doubt, and the
    /// journal takes nothing until a later reopening settles it.
    Landed,
    /// Nothing of it is there.
    Lost,
}

/// The writer's side; there is one.
#[derive(Debug)]
pub(super) struct Journal {
    reader: JournalReader,
    head: Head,
    /// An append of unknown outcome; nothing may follow it until that is known.
    pending: Option<Doubtful>,
}

/// Entries of which it is not known whether they are durable.
#[derive(Clone, Copy, Debug)]
struct Doubtful {
    first: Revision,
    /// What they lead to.
    head: Head,
}

/// Reads the journal from any thread while the writer appends. Survives a reopening: meanwhile it
/// waits or answers [`StorageFault::Closed`].
#[derive(Clone, Debug)]
pub struct JournalReader {
    file: Arc<DataFile>,
    _lock: Arc<FolderLock>,
}

impl Journal {
    pub(super) fn open(file: DataFile, lock: Arc<FolderLock>) -> Result<Self, OpenError> {
        let reader = JournalReader {
            file: Arc::new(file),
            _lock: lock,
        };
        let head = reader.stored_head()?;
        Ok(Self {
            reader,
            head,
            pending: None,
        })
    }

    pub(super) fn head(&self) -> Head {
        self.head
    }

    pub(super) fn reader(&self) -> &JournalReader {
        &self.reader
    }

    pub(super) fn append(&mut self, entries: &[impl Borrow<JournalEntry>]) -> Result<(), AppendError> {
        if entries.is_empty() {
            return Ok(());
        }
        if self.pending.is_some() {
            return Err(AppendError::NotWritten(StorageFault::Closed));
        }
        let (records, head) = self.chain(entries)?;
        let written = self.reader.file.write(|transaction| -> Result<(), Stop<AppendError>> {
            let mut table = transaction.open_table(ENTRIES)?;
            for (revision, hash, record) in &records {
                let mut value = table.insert_reserve(revision.number(), HASH_BYTES + record.len())?;
                let (head, body) = value.as_mut().split_at_mut(HASH_BYTES);
                head.copy_from_slice(hash);
                body.copy_from_slice(record);
            }
            Ok(())
        });
        match written {
            Ok(()) => {
                self.head = head;
                Ok(())
            }
            Err(WriteFault::Refused(error)) => Err(error),
            Err(WriteFault::NotWritten(fault)) => Err(AppendError::NotWritten(fault)),
            Err(WriteFault::OutcomeUnknown(fault)) => {
                self.pending = Some(Doubtful {
                    first: self.head.revision.next(),
                    head,
                });
                Err(AppendError::OutcomeUnknown(fault))
            }
        }
    }

    /// Encodes entries and links each to the one before.
    #[expect(clippy::type_complexity, reason = "one caller takes it apart at once")]
    fn chain(
        &self,
        entries: &[impl Borrow<JournalEntry>],
    ) -> Result<(Vec<(Revision, [u8; HASH_BYTES], Vec<u8>)>, Head), AppendError> {
        let mut head = self.head;
        let mut records = Vec::with_capacity(entries.len());
        for entry in entries {
            let entry = entry.borrow();
            let (expected, found) = (head.revision.next(), entry.revision);
            if found != expected {
                return Err(AppendError::OutOfOrder { expected, found });
            }
            let record = encode_entry(entry);
            if record.len() > ENTRY_BYTES_MAX {
                return Err(AppendError::TooLarge {
                    revision: found,
                    bytes: record.len(),
                });
            }
            head = Head {
                revision: found,
                hash: link(&head.hash, &record),
            };
            records.push((found, head.hash, record));
        }
        Ok((records, head))
    }

    pub(super) fn reopen(&mut self) -> Result<Reopened, OpenError> {
        let file = &self.reader.file;
        file.reopen()?;
        let head = self.reader.stored_head()?;
        let landed = self.pending.filter(|pending| pending.head == head);
        // Acknowledged entries are durable, so a journal that ends before them is not ours any more.
        let expected = landed.map_or(self.head, |pending| pending.head);
        if head != expected {
            return Err(OpenError::Damaged {
                path: file.path().to_owned(),
                detail: format!("it ends at revision {}, not at {}", head.revision, expected.revision),
            });
        }
        let pending = match (self.pending, landed) {
            (None, _) => Pending::None,
            (Some(_), Some(_)) => Pending::Landed,
            (Some(_), None) => Pending::Lost,
        };
        let writable = match self.probe(landed) {
            Ok(()) => Ok(()),
            Err(WriteFault::Refused(fault) | WriteFault::NotWritten(fault) | WriteFault::OutcomeUnknown(fault)) => {
                // The failed probe closed the handle; readers get another one.
                self.reader.file.reopen()?;
                Err(fault)
            }
        };
        self.head = head;
        // What landed is in doubt until it is written again.
        self.pending = landed.filter(|_| writable.is_err());
        Ok(Reopened {
            head,
            pending,
            writable,
        })
    }

    /// Writes something, to see whether that is possible. What landed is written again, to other
    /// pages: after a failed sync the system may have dropped the first ones and will not say so
    /// twice.
    fn probe(&self, landed: Option<Doubtful>) -> Result<(), WriteFault<StorageFault>> {
        self.reader.file.write(|transaction| -> Result<(), Stop<StorageFault>> {
            transaction
                .open_table(META)?
                .insert(PROBE_KEY, vec![0; PROBE_BYTES].as_slice())?;
            let Some(landed) = landed else { return Ok(()) };
            let mut table = transaction.open_table(ENTRIES)?;
            for revision in landed.first.number()..=landed.head.revision.number() {
                let value = table.get(revision)?.map(|value| value.value().to_vec());
                if let Some(value) = value {
                    table.insert(revision, value.as_slice())?;
                }
            }
            Ok(())
        })
    }
}

impl JournalReader {
    /// The entries from a revision on, at most `limit`, fewer where they exceed
    /// [`ENTRIES_BYTES_MAX`]; none where the journal ends before. Their hashes are checked.
    pub fn entries(&self, from: Revision, limit: usize) -> Result<Vec<JournalEntry>, ReadError> {
        let mut entries = Vec::new();
        let mut bytes = 0;
        if limit == 0 {
            return Ok(entries);
        }
        self.visit(from, |stored| {
            bytes += stored.bytes;
            let revision = stored.revision;
            entries.push(stored.entry.map_err(|fault| ReadError::Entry { revision, fault })?);
            Ok(entries.len() < limit && bytes < ENTRIES_BYTES_MAX)
        })?;
        Ok(entries)
    }

    /// One entry, its hash checked; `None` if there is none of that revision.
    pub fn entry(&self, revision: Revision) -> Result<Option<JournalEntry>, ReadError> {
        let found = self.entries(revision, 1)?.pop();
        Ok(found.filter(|entry| entry.revision == revision))
    }

    /// The hash of an entry, as stored; that of the empty journal for revision 0.
    pub fn hash(&self, revision: Revision) -> Result<Option<[u8; 32]>, ReadError> {
        self.file.read(|transaction| match entries_table(transaction)? {
            Some(table) => hash_of(&table, revision),
            None => Ok((revision == Revision::ZERO).then_some(GENESIS)),
        })
    }

    /// Hands the stored entries from a revision on to a visitor, sound or not, until it says
    /// `false`. A gap is handed on as a missing entry.
    pub(super) fn visit(
        &self,
        from: Revision,
        mut visit: impl FnMut(Stored) -> Result<bool, ReadError>,
    ) -> Result<(), ReadError> {
        self.file.read(|transaction| {
            let Some(table) = entries_table(transaction)? else {
                return Ok(());
            };
            let first = from.number().max(1);
            let mut next = Revision::new(first);
            let mut before = hash_of(&table, Revision::new(first - 1))?;
            for row in table.range(first..)? {
                let (key, value) = row?;
                let revision = Revision::new(key.value());
                if revision != next {
                    before = None;
                    if !visit(Stored::missing(next)).map_err(Stop::Own)? {
                        return Ok(());
                    }
                }
                let (hash, stored) = Stored::read(revision, before.as_ref(), value.value());
                before = Some(hash);
                next = revision.next();
                if !visit(stored).map_err(Stop::Own)? {
                    return Ok(());
                }
            }
            // Damaged inner pages can hide entries from a range and not from a look at the end.
            let end = table.last()?.map_or(0, |(key, _)| key.value());
            if end >= next.number() {
                visit(Stored::missing(next)).map_err(Stop::Own)?;
            }
            Ok(())
        })
    }

    /// The last entry's number and hash, once the entry is found sound.
    fn stored_head(&self) -> Result<Head, OpenError> {
        let head = self.file.read(|transaction| -> Result<Head, Stop<ReadError>> {
            let Some(table) = entries_table(transaction)? else {
                return Ok(Head::EMPTY);
            };
            let Some((key, value)) = table.last()? else {
                return Ok(Head::EMPTY);
            };
            let revision = Revision::new(key.value());
            let before = match revision.number().checked_sub(1) {
                Some(before) => hash_of(&table, Revision::new(before))?,
                None => None,
            };
            let (hash, stored) = Stored::read(revision, before.as_ref(), value.value());
            match stored.entry {
                Ok(_) => Ok(Head { revision, hash }),
                Err(fault) => Err(Stop::Own(ReadError::Entry { revision, fault })),
            }
        });
        head.map_err(|error| OpenError::Damaged {
            path: self.file.path().to_owned(),
            detail: describe(&error),
        })
    }
}

/// An entry as it was found.
pub(super) struct Stored {
    pub(super) revision: Revision,
    pub(super) bytes: usize,
    pub(super) entry: Result<JournalEntry, EntryFault>,
}

impl Stored {
    fn missing(revision: Revision) -> Self {
        Self {
            revision,
            bytes: 0,
            entry: Err(EntryFault::Missing),
        }
    }

    /// Checks a value; also gives the hash that the next one is linked to. Without the hash before,
    /// the link cannot hold.
    fn read(revision: Revision, before: Option<&[u8; HASH_BYTES]>, value: &[u8]) -> ([u8; HASH_BYTES], Self) {
        let Some((hash, record)) = value.split_first_chunk::<HASH_BYTES>() else {
            let entry = Err(EntryFault::Hash);
            return (
                GENESIS,
                Self {
                    revision,
                    bytes: value.len(),
                    entry,
                },
            );
        };
        let entry = if before.is_none_or(|before| link(before, record) != *hash) {
            Err(EntryFault::Hash)
        } else {
            match decode_entry(record) {
                Ok(entry) if entry.revision == revision => Ok(entry),
                Ok(entry) => Err(EntryFault::Revision(entry.revision)),
                Err(error) => Err(EntryFault::Record(error)),
            }
        };
        (
            *hash,
            Self {
                revision,
                bytes: value.len(),
                entry,
            },
        )
    }
}

type Entries = ReadOnlyTable<u64, &'static [u8]>;

/// The table, which the first append makes.
fn entries_table(transaction: &ReadTransaction) -> Result<Option<Entries>, Stop<ReadError>> {
    match transaction.open_table(ENTRIES) {
        Ok(table) => Ok(Some(table)),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn hash_of(table: &Entries, revision: Revision) -> Result<Option<[u8; HASH_BYTES]>, Stop<ReadError>> {
    if revision == Revision::ZERO {
        return Ok(Some(GENESIS));
    }
    let value = table.get(revision.number())?;
    Ok(value.and_then(|value| value.value().first_chunk().copied()))
}

fn link(before: &[u8; HASH_BYTES], record: &[u8]) -> [u8; HASH_BYTES] {
    Sha256::new()
        .chain_update(before)
        .chain_update(record)
        .finalize()
        .into()
}

impl From<StorageFault> for ReadError {
    fn from(fault: StorageFault) -> Self {
        Self::Storage(fault)
    }
}
