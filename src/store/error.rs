//! What can go wrong with files, as data.

use std::path::PathBuf;

use super::record::RecordError;
use crate::model::Revision;

/// Why a store did not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process, or another handle of this one, holds the store.
    #[error("{path} is held by another process")]
    Locked {
        /// What is held.
        path: PathBuf,
    },
    /// The file was written by a newer program.
    #[error("{path} has format {found}, this program reads up to format {supported}")]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format that is read.
        supported: u32,
    },
    /// The file is not, or no longer, what a store writes.
    #[error("{path} is damaged: {detail}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// The operating system refused something.
    #[error("cannot {action} {path}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// Why it was refused.
        #[source]
        source: std::io::Error,
    },
}

/// A failure inside the storage engine, after which its handle is not to be trusted.
#[derive(Debug, thiserror::Error)]
pub enum StorageFault {
    /// The engine reported an error.
    #[error("storage failed")]
    Engine(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The engine met what it believes impossible: pages that it did not write.
    #[error("storage met impossible bytes: {0}")]
    Panicked(String),
    /// An earlier error closed the file until it is reopened.
    #[error("storage is closed after an earlier error")]
    Closed,
}

/// Why entries were not acknowledged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// An entry does not follow the one before it. Nothing was written; the journal is usable.
    #[error("entry of revision {found} where revision {expected} is next")]
    OutOfOrder {
        /// The revision that must come next.
        expected: Revision,
        /// The one that came.
        found: Revision,
    },
    /// An entry is too large. Nothing was written; the journal is usable.
    #[error(
        "entry of revision {revision} has {bytes} bytes, the limit is {}",
        super::ENTRY_BYTES_MAX
    )]
    TooLarge {
        /// The entry.
        revision: Revision,
        /// Its size.
        bytes: usize,
    },
    /// Nothing was written. The journal takes nothing more until it is reopened.
    #[error("nothing was written")]
    NotWritten(#[source] StorageFault),
    /// The commit failed on its way to the disk: reopening says whether it arrived. The journal takes
    /// nothing more until then.
    #[error("whether the entries are durable is unknown")]
    OutcomeUnknown(#[source] StorageFault),
}

/// Why something stored could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The storage failed.
    #[error("cannot read from the store")]
    Storage(#[source] StorageFault),
    /// A journal entry is not the one that was written.
    #[error("journal entry {revision} is damaged: {fault}")]
    Entry {
        /// The entry.
        revision: Revision,
        /// What is wrong with it.
        fault: EntryFault,
    },
    /// A chunk of the checkpoint is not the one that was written.
    #[error("checkpoint chunk {key} is damaged: {fault}")]
    Chunk {
        /// The chunk.
        key: super::ChunkKey,
        /// What is wrong with it.
        fault: ChunkFault,
    },
    /// The header of the checkpoint is not the one that was written.
    #[error("checkpoint header is damaged")]
    Header(#[source] RecordError),
}

/// What is wrong with a journal entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryFault {
    /// It is not there, though a later one is.
    #[error("it is missing")]
    Missing,
    /// Its hash does not follow from its bytes and the entry before it.
    #[error("its hash does not follow from its bytes and the entry before it")]
    Hash,
    /// Its bytes do not read.
    #[error("{0}")]
    Record(RecordError),
    /// It says that it is of another revision.
    #[error("it says that it is of revision {0}")]
    Revision(Revision),
}

/// What is wrong with a chunk of the checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChunkFault {
    /// The header lists it, and it is not there.
    #[error("it is missing")]
    Missing,
    /// The header does not list it.
    #[error("the header does not list it")]
    Unlisted,
    /// Its bytes are not those of its checksum.
    #[error("its checksum does not fit")]
    Checksum,
    /// Its bytes do not read.
    #[error("{0}")]
    Record(RecordError),
}

/// Why a checkpoint was not written. The one before it is still there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The file did not open again after an earlier error.
    #[error("cannot reopen the checkpoint")]
    Open(#[from] OpenError),
    /// What is there already does not read.
    #[error("cannot read the checkpoint before")]
    Read(#[from] ReadError),
    /// A chunk is too large.
    #[error("checkpoint chunk {key} has {bytes} bytes, the limit is {}", super::CHUNK_BYTES_MAX)]
    TooLarge {
        /// The chunk.
        key: super::ChunkKey,
        /// Its size.
        bytes: usize,
    },
    /// The storage failed. The next attempt opens the file again.
    #[error("cannot write the checkpoint")]
    Storage(#[source] StorageFault),
}
