//! The checkpoint: the state at some revision, in chunks, so that opening replays only the journal's
//! tail.
//!
//! Written behind the commits by a thread of its own. One transaction puts the chunks that changed
//! and the header that lists them all, so a reader sees the old checkpoint or the new one.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use redb::{AccessGuard, ReadTransaction, ReadableTable, TableDefinition, TableError};

use super::FolderLock;
use super::checksum::checksum;
use super::data_file::{DataFile, META, Stop, WriteFault};
use super::error::{CheckpointError, ChunkFault, OpenError, ReadError, StorageFault};
use super::record::RecordError;
use crate::model::Revision;
use crate::model::packed::{PackError, Reader, Writer};

/// CIs in one chunk, by slot: about 1 MB, so that a checkpoint after few changes writes little and
/// one of everything still writes few large values.
pub const CIS_PER_CHUNK: u32 = 4096;
/// Relationships in one chunk, by slot; about half a megabyte.
pub const RELATIONSHIPS_PER_CHUNK: u32 = 32_768;
/// Largest chunk, in bytes.
pub const CHUNK_BYTES_MAX: usize = 1 << 30;

const HEADER_KEY: &str = "header";
const HEADER_VERSION: u8 = 1;
const CHECKSUM_BYTES: usize = 8;
/// Kind and number, to a checksum and the chunk's bytes.
const CHUNKS: TableDefinition<'static, (u8, u32), &[u8]> = TableDefinition::new("chunks");

/// What a chunk holds. The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ChunkKind {
    /// Definitions of the catalog, as delta items.
    Catalog = 0,
    /// Sources, as delta items.
    Sources = 1,
    /// Configuration items by slot.
    Cis = 2,
    /// Relationships by slot.
    Relationships = 3,
    /// Redundancy groups, as delta items.
    Groups = 4,
    /// When CIs were last seen, by slot.
    CiSightings = 5,
    /// When relationships were last seen, by slot.
    RelationshipSightings = 6,
    /// Idempotency keys of late.
    Idempotency = 7,
    /// The last runs of sources.
    Runs = 8,
    /// The review queue, as delta items.
    Reviews = 9,
    /// Merges of CIs, and CIs told apart, as delta items, by the last byte of an identity.
    Identities = 10,
}

impl ChunkKind {
    /// All kinds, by number, which is also the order to read them in.
    pub const ALL: [Self; 11] = [
        Self::Catalog,
        Self::Sources,
        Self::Cis,
        Self::Relationships,
        Self::Groups,
        Self::CiSightings,
        Self::RelationshipSightings,
        Self::Idempotency,
        Self::Runs,
        Self::Reviews,
        Self::Identities,
    ];

    const fn code(self) -> u8 {
        self as u8
    }
}

/// Names a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkKey {
    /// What it holds.
    pub kind: ChunkKind,
    /// Which of its kind.
    pub number: u32,
}

impl fmt::Display for ChunkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}/{}", self.kind, self.number)
    }
}

impl ChunkKey {
    fn row(self) -> (u8, u32) {
        (self.kind.code(), self.number)
    }

    /// Chunks in each other's place fail their check.
    fn seed(self) -> u64 {
        u64::from(self.kind.code()) << 32 | u64::from(self.number)
    }

    fn of_row((code, number): (u8, u32)) -> Option<Self> {
        let kind = *ChunkKind::ALL.get(usize::from(code))?;
        Some(Self { kind, number })
    }
}

/// What a checkpoint is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointHeader {
    /// The last journal entry in it.
    pub revision: Revision,
    /// That entry's hash.
    pub journal_hash: [u8; 32],
    /// The next relationship's number.
    pub next_relationship_id: u64,
    /// Configuration items in it.
    pub cis: u64,
    /// Relationships in it.
    pub relationships: u64,
    /// Redundancy groups in it.
    pub groups: u64,
}

/// The stored header: what the caller says, and the checksum of every chunk, so that a missing, old
/// or surplus chunk is found.
#[derive(Clone, Debug, PartialEq, Eq)]
struct StoredHeader {
    header: CheckpointHeader,
    chunks: BTreeMap<ChunkKey, u64>,
}

/// The checkpoint file. Send; the background thread owns one, opening reads through another.
#[derive(Clone, Debug)]
pub struct CheckpointFile {
    file: Arc<DataFile>,
    _lock: Arc<FolderLock>,
}

impl CheckpointFile {
    pub(super) fn new(file: DataFile, lock: Arc<FolderLock>) -> Self {
        Self {
            file: Arc::new(file),
            _lock: lock,
        }
    }

    /// Drops the handle, as after an error, and opens another one. [`CheckpointFile::write`] does this
    /// by itself.
    pub fn reopen(&mut self) -> Result<(), OpenError> {
        self.file.reopen()
    }

    /// The header of the last checkpoint; `None` before the first.
    pub fn header(&self) -> Result<Option<CheckpointHeader>, ReadError> {
        self.view(|view| Ok(view.header().cloned()))
    }

    /// The chunks of the last checkpoint.
    pub fn chunk_keys(&self) -> Result<Vec<ChunkKey>, ReadError> {
        self.view(|view| {
            let listed = view.stored.iter().flat_map(|stored| stored.chunks.keys());
            Ok(listed.copied().collect())
        })
    }

    /// Hands the chunks of a kind to a visitor, by number, each once its checksum is found right.
    /// A chunk whose bytes do not decode is the visitor's to refuse. All come from one checkpoint,
    /// but two calls may see two where one is written between them.
    pub fn read_chunks(
        &self,
        kind: ChunkKind,
        mut visit: impl FnMut(u32, &[u8]) -> Result<(), RecordError>,
    ) -> Result<(), ReadError> {
        self.view(|view| {
            view.visit(kind, |key, chunk| {
                let refused = |fault| ReadError::Chunk { key, fault };
                let chunk = chunk.map_err(refused)?;
                visit(key.number, chunk).map_err(|error| refused(ChunkFault::Record(error)))
            })
        })
    }

    /// Makes a new checkpoint of the one before: puts chunks that changed, takes out those `removed`,
    /// and switches the header, all in one transaction. Chunks are taken one at a time.
    ///
    /// After an error the one before is still there, and the next call opens the file again.
    pub fn write(
        &mut self,
        header: &CheckpointHeader,
        changed: impl Iterator<Item = (ChunkKey, Vec<u8>)>,
        removed: &[ChunkKey],
    ) -> Result<(), CheckpointError> {
        if self.file.is_dead() {
            self.reopen()?;
        }
        let written = self.file.write(|transaction| -> Result<(), Stop<CheckpointError>> {
            let mut meta = transaction.open_table(META)?;
            let stored = StoredHeader::of(meta.get(HEADER_KEY)?);
            let stored = stored.map_err(|error| Stop::Own(error.into()))?;
            let mut chunks = stored.map_or_else(BTreeMap::new, |stored| stored.chunks);
            let mut table = transaction.open_table(CHUNKS)?;
            for key in removed {
                chunks.remove(key);
                table.remove(key.row())?;
            }
            for (key, bytes) in changed {
                if bytes.len() > CHUNK_BYTES_MAX {
                    let bytes = bytes.len();
                    return Err(Stop::Own(CheckpointError::TooLarge { key, bytes }));
                }
                let sum = checksum(key.seed(), &bytes);
                let mut value = table.insert_reserve(key.row(), CHECKSUM_BYTES + bytes.len())?;
                let (head, body) = value.as_mut().split_at_mut(CHECKSUM_BYTES);
                head.copy_from_slice(&sum.to_le_bytes());
                body.copy_from_slice(&bytes);
                chunks.insert(key, sum);
            }
            let header = header.clone();
            meta.insert(HEADER_KEY, StoredHeader { header, chunks }.encode().as_slice())?;
            Ok(())
        });
        written.map_err(|fault| match fault {
            WriteFault::Refused(error) => error,
            WriteFault::NotWritten(fault) | WriteFault::OutcomeUnknown(fault) => CheckpointError::Storage(fault),
        })
    }

    /// Runs a closure on one checkpoint, whatever is written meanwhile.
    pub(super) fn view<T>(
        &self,
        look: impl FnOnce(&CheckpointView<'_>) -> Result<T, Stop<ReadError>>,
    ) -> Result<T, ReadError> {
        self.file.read(|transaction| {
            let header = transaction.open_table(META)?.get(HEADER_KEY)?;
            let stored = StoredHeader::of(header).map_err(Stop::Own)?;
            look(&CheckpointView { transaction, stored })
        })
    }
}

/// One checkpoint, header and chunks, as it stands in one transaction.
pub(super) struct CheckpointView<'a> {
    transaction: &'a ReadTransaction,
    stored: Option<StoredHeader>,
}

impl CheckpointView<'_> {
    pub(super) fn header(&self) -> Option<&CheckpointHeader> {
        self.stored.as_ref().map(|stored| &stored.header)
    }

    /// Hands all chunks of a kind to a visitor, sound or not: those that the header lists and those
    /// that it does not.
    pub(super) fn visit(
        &self,
        kind: ChunkKind,
        mut visit: impl FnMut(ChunkKey, Result<&[u8], ChunkFault>) -> Result<(), ReadError>,
    ) -> Result<(), Stop<ReadError>> {
        let key = |number| ChunkKey { kind, number };
        let listed = self
            .stored
            .iter()
            .flat_map(|stored| stored.chunks.range(key(0)..=key(u32::MAX)));
        let mut missing: BTreeMap<ChunkKey, u64> = listed.map(|(key, sum)| (*key, *sum)).collect();
        let table = match self.transaction.open_table(CHUNKS) {
            Ok(table) => Some(table),
            Err(TableError::TableDoesNotExist(_)) => None,
            Err(error) => return Err(error.into()),
        };
        if let Some(table) = table {
            for row in table.range(key(0).row()..=key(u32::MAX).row())? {
                let (row, value) = row?;
                let (_, number) = row.value();
                let key = key(number);
                let chunk = sound(key, missing.remove(&key), value.value());
                visit(key, chunk).map_err(Stop::Own)?;
            }
        }
        for key in missing.keys() {
            visit(*key, Err(ChunkFault::Missing)).map_err(Stop::Own)?;
        }
        Ok(())
    }
}

/// The bytes of a chunk, if they are those the header lists.
fn sound(key: ChunkKey, listed: Option<u64>, value: &[u8]) -> Result<&[u8], ChunkFault> {
    let listed = listed.ok_or(ChunkFault::Unlisted)?;
    let (stored, bytes) = value
        .split_first_chunk::<CHECKSUM_BYTES>()
        .ok_or(ChunkFault::Checksum)?;
    if u64::from_le_bytes(*stored) == listed && checksum(key.seed(), bytes) == listed {
        Ok(bytes)
    } else {
        Err(ChunkFault::Checksum)
    }
}

impl StoredHeader {
    /// The header of a row of the meta table, if there is one.
    fn of(row: Option<AccessGuard<'_, &'static [u8]>>) -> Result<Option<Self>, ReadError> {
        row.map(|bytes| Self::decode(bytes.value()))
            .transpose()
            .map_err(ReadError::Header)
    }

    /// A checksum of the rest, the version, the fields, the chunks.
    fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.byte(HEADER_VERSION);
        writer.number(self.header.revision.number());
        writer.raw(&self.header.journal_hash);
        writer.number(self.header.next_relationship_id);
        writer.number(self.header.cis);
        writer.number(self.header.relationships);
        writer.number(self.header.groups);
        for (key, sum) in &self.chunks {
            writer.byte(key.kind.code());
            writer.number(u64::from(key.number));
            writer.raw(&sum.to_le_bytes());
        }
        let body = writer.finish();
        let mut bytes = checksum(0, &body).to_le_bytes().to_vec();
        bytes.extend_from_slice(&body);
        bytes
    }

    fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let (sum, body) = bytes.split_first_chunk().ok_or(RecordError::Damaged)?;
        if u64::from_le_bytes(*sum) != checksum(0, body) {
            return Err(RecordError::Damaged);
        }
        let mut reader = Reader::new(body);
        match reader.byte()? {
            HEADER_VERSION => {}
            found => {
                return Err(RecordError::TooNew {
                    found,
                    supported: HEADER_VERSION,
                });
            }
        }
        let header = CheckpointHeader {
            revision: Revision::new(reader.number()?),
            journal_hash: reader.array()?,
            next_relationship_id: reader.number()?,
            cis: reader.number()?,
            relationships: reader.number()?,
            groups: reader.number()?,
        };
        let mut chunks = BTreeMap::new();
        while !reader.is_empty() {
            let code = reader.byte()?;
            let number = u32::try_from(reader.number()?).map_err(|_| PackError)?;
            let key = ChunkKey::of_row((code, number)).ok_or(PackError)?;
            chunks.insert(key, u64::from_le_bytes(reader.array()?));
        }
        Ok(Self { header, chunks })
    }
}

impl From<StorageFault> for CheckpointError {
    fn from(fault: StorageFault) -> Self {
        Self::Storage(fault)
    }
}
