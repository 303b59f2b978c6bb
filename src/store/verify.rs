//! Whether what is stored is what was written: the whole journal's chain, every chunk's checksum,
//! and both against each other.

use super::Store;
use super::checkpoint::{CheckpointFile, CheckpointHeader, CheckpointView, ChunkKey, ChunkKind};
use super::data_file::Stop;
use super::error::{ChunkFault, EntryFault, ReadError};
use super::journal::JournalReader;
use super::record::check_chunk;
use crate::model::Revision;

/// Findings are listed up to this number and counted beyond it: a file of zeros has as many as
/// entries.
pub const FINDINGS_MAX: usize = 1000;

/// What a verification found.
#[derive(Debug)]
pub struct VerifyReport {
    /// The last entry of the journal.
    pub end: Revision,
    /// Journal entries read.
    pub entries: u64,
    /// Their bytes.
    pub journal_bytes: u64,
    /// What the checkpoint is of; `None` before the first one, or if it does not read.
    pub checkpoint: Option<CheckpointHeader>,
    /// Chunks of the checkpoint read.
    pub chunks: u64,
    /// What is wrong, at most [`FINDINGS_MAX`].
    pub findings: Vec<Finding>,
    /// How much is wrong in all.
    pub findings_total: u64,
}

impl VerifyReport {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.findings_total == 0
    }

    fn push(&mut self, finding: Finding) {
        self.findings_total += 1;
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Finding {
    /// A journal entry.
    #[error("journal entry {revision}: {fault}")]
    Entry {
        /// The entry.
        revision: Revision,
        /// What is wrong with it.
        fault: EntryFault,
    },
    /// The journal does not end where the store last saw its end.
    #[error("the journal ends at revision {found}, not at {expected}")]
    End {
        /// Where it should end.
        expected: Revision,
        /// Where it ends.
        found: Revision,
    },
    /// A chunk of the checkpoint.
    #[error("checkpoint chunk {key}: {fault}")]
    Chunk {
        /// The chunk.
        key: ChunkKey,
        /// What is wrong with it.
        fault: ChunkFault,
    },
    /// The checkpoint is of a revision that the journal does not have.
    #[error("the checkpoint is of revision {checkpoint}, the journal ends at {journal}")]
    CheckpointAhead {
        /// The checkpoint's revision.
        checkpoint: Revision,
        /// The journal's last.
        journal: Revision,
    },
    /// The checkpoint's hash is not that of the journal entry it names.
    #[error("the checkpoint of revision {revision} belongs to another journal")]
    CheckpointForeign {
        /// The revision.
        revision: Revision,
    },
    /// The checkpoint's header counts other than what its chunks hold.
    #[error("the checkpoint counts {counted} {kind:?}, its chunks hold {found}")]
    Count {
        /// What is counted.
        kind: ChunkKind,
        /// What the header says.
        counted: u64,
        /// What there is.
        found: u64,
    },
    /// Reading stopped.
    #[error("{part} could not be read to its end")]
    Unreadable {
        /// What was read.
        part: &'static str,
        /// Why it stopped.
        #[source]
        source: ReadError,
    },
}

/// Reads everything and says what is wrong, as data. One pass over both files; holds one entry and
/// one chunk at a time. Commits and checkpoints may go on meanwhile.
pub fn verify(journal: &JournalReader, checkpoint: &CheckpointFile) -> VerifyReport {
    let mut report = VerifyReport {
        end: Revision::ZERO,
        entries: 0,
        journal_bytes: 0,
        checkpoint: None,
        chunks: 0,
        findings: Vec::new(),
        findings_total: 0,
    };
    // The checkpoint first: it is never ahead of a journal that is read later.
    let read = checkpoint.view(|view| verify_checkpoint(view, &mut report));
    if let Err(source) = read {
        report.push(Finding::Unreadable {
            part: "the checkpoint",
            source,
        });
    }
    verify_journal(journal, &mut report);
    verify_place(journal, &mut report);
    report
}

impl Store {
    /// As [`verify`]; also finds a journal that ends before what was acknowledged.
    pub fn verify(&self) -> VerifyReport {
        let mut report = verify(&self.journal_reader(), self.checkpoint());
        let (expected, found) = (self.head().revision, report.end);
        if found != expected {
            report.push(Finding::End { expected, found });
        }
        report
    }
}

fn verify_journal(journal: &JournalReader, report: &mut VerifyReport) {
    let read = journal.visit(Revision::new(1), |stored| {
        let revision = stored.revision;
        report.end = revision;
        report.entries += 1;
        report.journal_bytes += stored.bytes as u64;
        if let Err(fault) = stored.entry {
            report.push(Finding::Entry { revision, fault });
        }
        Ok(true)
    });
    if let Err(source) = read {
        report.push(Finding::Unreadable {
            part: "the journal",
            source,
        });
    }
}

fn verify_checkpoint(view: &CheckpointView<'_>, report: &mut VerifyReport) -> Result<(), Stop<ReadError>> {
    report.checkpoint = view.header().cloned();
    for kind in ChunkKind::ALL {
        let mut found = 0;
        view.visit(kind, |key, chunk| {
            report.chunks += 1;
            match chunk.and_then(|bytes| check_chunk(kind, bytes).map_err(ChunkFault::Record)) {
                Ok(count) => found += count,
                Err(fault) => report.push(Finding::Chunk { key, fault }),
            }
            Ok(())
        })?;
        let counted = view.header().and_then(|header| match kind {
            ChunkKind::Cis => Some(header.cis),
            ChunkKind::Relationships => Some(header.relationships),
            ChunkKind::Groups => Some(header.groups),
            ChunkKind::Catalog
            | ChunkKind::Sources
            | ChunkKind::CiSightings
            | ChunkKind::RelationshipSightings
            | ChunkKind::Idempotency
            | ChunkKind::Runs
            | ChunkKind::Reviews
            | ChunkKind::Identities => None,
        });
        if let Some(counted) = counted.filter(|counted| *counted != found) {
            report.push(Finding::Count { kind, counted, found });
        }
    }
    Ok(())
}

/// Whether the checkpoint is of this journal.
fn verify_place(journal: &JournalReader, report: &mut VerifyReport) {
    let Some(header) = &report.checkpoint else {
        return;
    };
    let revision = header.revision;
    let finding = match journal.hash(revision) {
        Ok(Some(hash)) if hash == header.journal_hash => return,
        Ok(Some(_)) => Finding::CheckpointForeign { revision },
        Ok(None) => Finding::CheckpointAhead {
            checkpoint: revision,
            journal: report.end,
        },
        Err(source) => Finding::Unreadable {
            part: "the journal",
            source,
        },
    };
    report.push(finding);
}
