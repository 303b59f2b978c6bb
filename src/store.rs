//! What is kept: the journal, which is the truth, and the checkpoint, which bounds the replay.
//!
//! A store is a folder with two redb files and a lock. This layer answers for their bytes: that what
//! was acknowledged is on the disk, that what is read is what was written, and that damage is an
//! error. What the bytes mean for the live estate, and when a checkpoint is due, is the app's.

pub mod record;

mod checkpoint;
mod checksum;
mod data_file;
mod error;
mod folder;
mod journal;
mod verify;

use std::borrow::Borrow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use checkpoint::{
    CHUNK_BYTES_MAX, CIS_PER_CHUNK, CheckpointFile, CheckpointHeader, ChunkKey, ChunkKind, RELATIONSHIPS_PER_CHUNK,
};
pub use error::{AppendError, CheckpointError, ChunkFault, EntryFault, OpenError, ReadError, StorageFault};
pub use journal::{ENTRIES_BYTES_MAX, ENTRY_BYTES_MAX, Head, JournalReader, Pending, Reopened};
pub use verify::{FINDINGS_MAX, Finding, VerifyReport, verify};

use crate::model::{JournalEntry, Revision};
use data_file::{DataFile, Opener, opener};
use folder::FolderLock;
use journal::Journal;

/// Name of the journal's file in the store's folder.
pub const JOURNAL_FILE: &str = "journal.redb";
/// Name of the checkpoint's file in the store's folder.
pub const CHECKPOINT_FILE: &str = "checkpoint.redb";

/// Memory for the journal's pages. Only its tail is written and little of it is read.
const JOURNAL_CACHE_BYTES: usize = 32 << 20;
/// Memory for the checkpoint's pages. It is read once and written in bulk, and what is kept of it is
/// missing elsewhere: 64 MiB were half of what 100,000 CIs took after opening.
const CHECKPOINT_CACHE_BYTES: usize = 8 << 20;

/// An open store. There is one for a folder at any time, in any process; handles taken from it keep
/// the folder locked.
#[derive(Debug)]
pub struct Store {
    journal: Journal,
    checkpoint: CheckpointFile,
    folder: PathBuf,
}

impl Store {
    /// Opens the store of a folder; makes both where there is none. Costs milliseconds, also after a
    /// kill: contents are checked as they are read.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        Self::open_with(folder, opener(), opener())
    }

    fn open_with(folder: &Path, journal: Opener, checkpoint: Opener) -> Result<Self, OpenError> {
        let lock = Arc::new(FolderLock::take(folder)?);
        let journal_path = folder.join(JOURNAL_FILE);
        let checkpoint_path = folder.join(CHECKPOINT_FILE);
        folder::create_missing(&journal_path, &checkpoint_path)?;
        let journal = DataFile::open(journal_path, JOURNAL_CACHE_BYTES, journal)?;
        let checkpoint = DataFile::open(checkpoint_path, CHECKPOINT_CACHE_BYTES, checkpoint)?;
        let store = Self {
            journal: Journal::open(journal, Arc::clone(&lock))?,
            checkpoint: CheckpointFile::new(checkpoint, lock),
            folder: folder.to_owned(),
        };
        store.check_checkpoint()?;
        Ok(store)
    }

    /// Refuses files that do not belong together: a checkpoint beyond the journal's end means that
    /// the journal has lost acknowledged entries.
    fn check_checkpoint(&self) -> Result<(), OpenError> {
        let damaged = |file: &str, detail: String| OpenError::Damaged {
            path: self.folder.join(file),
            detail,
        };
        let header = self.checkpoint.header();
        let header = header.map_err(|error| damaged(CHECKPOINT_FILE, describe(&error)))?;
        let Some(header) = header else {
            return Ok(());
        };
        let revision = header.revision;
        let hash = self.journal.reader().hash(revision);
        match hash.map_err(|error| damaged(JOURNAL_FILE, describe(&error)))? {
            Some(hash) if hash == header.journal_hash => Ok(()),
            Some(_) => Err(damaged(
                JOURNAL_FILE,
                format!("the checkpoint of revision {revision} belongs to another journal"),
            )),
            None => Err(damaged(
                JOURNAL_FILE,
                format!(
                    "it ends at revision {}, though a checkpoint is of {revision}",
                    self.head().revision
                ),
            )),
        }
    }

    /// The store's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The last durable entry.
    pub fn head(&self) -> Head {
        self.journal.head()
    }

    /// Makes entries durable, all or none, in one transaction; they follow the head one by one.
    /// Returns after they are synced to the disk.
    ///
    /// After [`AppendError::NotWritten`] or [`AppendError::OutcomeUnknown`] every further append is
    /// refused until [`Store::reopen`].
    pub fn append(&mut self, entries: &[impl Borrow<JournalEntry>]) -> Result<(), AppendError> {
        self.journal.append(entries)
    }

    /// Drops the journal's handle after an error, opens another one, tries a write, and says what
    /// became of the append that failed. May be called again until it succeeds.
    pub fn reopen(&mut self) -> Result<Reopened, OpenError> {
        self.journal.reopen()
    }

    /// A handle to read the journal from any thread.
    pub fn journal_reader(&self) -> JournalReader {
        self.journal.reader().clone()
    }

    /// As [`JournalReader::entries`].
    pub fn entries(&self, from: Revision, limit: usize) -> Result<Vec<JournalEntry>, ReadError> {
        self.journal.reader().entries(from, limit)
    }

    /// As [`JournalReader::entry`].
    pub fn entry(&self, revision: Revision) -> Result<Option<JournalEntry>, ReadError> {
        self.journal.reader().entry(revision)
    }

    /// The checkpoint, to read it at opening.
    pub fn checkpoint(&self) -> &CheckpointFile {
        &self.checkpoint
    }

    /// A handle for the thread that writes checkpoints.
    pub fn checkpoint_writer(&self) -> CheckpointFile {
        self.checkpoint.clone()
    }
}

/// An error and its causes in one line, for a detail that is kept as text.
fn describe(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests;
