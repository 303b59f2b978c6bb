//! From files to a running database: the last checkpoint, then the journal behind it.

use tracing::info;

use super::idempotency::IdempotencyKeys;
use super::runs::Runs;
use crate::catalog::CatalogError;
use crate::graph::Estate;
use crate::graph::restore::{RestoreError, Restorer};
use crate::graph::sightings::{SightingChunk, SightingKind};
use crate::model::{Relationship, SourceId};
use crate::store::record::{
    RelationshipExtras, RelationshipRecord, decode_cis, decode_idempotency, decode_items, decode_relationships,
    decode_runs, decode_sightings,
};
use crate::store::{CheckpointFile, ChunkKind, ReadError, Store};

/// Journal entries read at once during replay.
const REPLAY_PAGE: usize = 1_000;

/// Why a store did not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The files did not open.
    #[error("cannot open the store")]
    Store(#[from] crate::store::OpenError),
    /// Something in them does not read.
    #[error("cannot read the store")]
    Read(#[from] ReadError),
    /// What was read does not fit together.
    #[error("the checkpoint does not fit together")]
    Restore(#[from] RestoreError),
    /// The checkpoint is ahead of the journal, or of another one.
    #[error("the checkpoint is of revision {checkpoint}, which the journal, ending with {journal}, does not have")]
    ForeignCheckpoint {
        /// The checkpoint's revision.
        checkpoint: u64,
        /// The journal's last.
        journal: u64,
    },
    /// The first commit of a new store failed.
    #[error("cannot write the first commit")]
    FirstCommit(#[source] crate::store::AppendError),
    /// The embedded catalog does not parse.
    #[error("the default catalog is wrong")]
    Catalog(#[from] CatalogError),
    /// A thread could not be started.
    #[error("cannot start a thread")]
    Thread(#[source] std::io::Error),
}

impl OpenError {
    /// The code that clients see.
    pub fn code(&self) -> super::ErrorCode {
        use super::ErrorCode;
        match self {
            Self::Store(error) => match error {
                crate::store::OpenError::Locked { .. } => ErrorCode::StoreLocked,
                crate::store::OpenError::TooNew { .. } => ErrorCode::StoreTooNew,
                crate::store::OpenError::Damaged { .. } => ErrorCode::StoreDamaged,
                crate::store::OpenError::Io { .. } => ErrorCode::FileUnusable,
            },
            Self::Read(_) | Self::Restore(_) | Self::ForeignCheckpoint { .. } => ErrorCode::StoreDamaged,
            Self::FirstCommit(_) => ErrorCode::ReadOnly,
            Self::Catalog(_) | Self::Thread(_) => ErrorCode::Internal,
        }
    }
}

/// What was loaded.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) estate: Estate,
    pub(super) keys: IdempotencyKeys,
    pub(super) runs: Runs,
    /// The revision of the checkpoint it began with.
    pub(super) checkpoint: crate::model::Revision,
}

/// Builds the state that the journal ends with.
pub(super) fn load(store: &Store) -> Result<Loaded, OpenError> {
    let mut keys = IdempotencyKeys::default();
    let runs = Runs::default();
    let mut estate = restore(store, &mut keys, &runs)?;
    let checkpoint = estate.revision();
    let head = store.head().revision;
    while estate.revision() < head {
        for entry in store.entries(estate.revision().next(), REPLAY_PAGE)? {
            estate.apply(&entry.delta);
            estate.stamp(entry.revision, entry.at);
            keys.insert(&entry);
        }
    }
    info!(
        revision = head.number(),
        checkpoint = checkpoint.number(),
        cis = estate.ci_count(),
        "store opened"
    );
    Ok(Loaded {
        estate,
        keys,
        runs,
        checkpoint,
    })
}

fn restore(store: &Store, keys: &mut IdempotencyKeys, runs: &Runs) -> Result<Estate, OpenError> {
    let file = store.checkpoint();
    let Some(header) = file.header()? else {
        return Ok(Estate::default());
    };
    let head = store.head().revision;
    let foreign = || OpenError::ForeignCheckpoint {
        checkpoint: header.revision.number(),
        journal: head.number(),
    };
    let reader = store.journal_reader();
    if reader.hash(header.revision)? != Some(header.journal_hash) {
        return Err(foreign());
    }
    let at = reader.entry(header.revision)?.ok_or_else(foreign)?.at;
    let mut restorer = Restorer::default();
    for kind in [ChunkKind::Catalog, ChunkKind::Sources] {
        file.read_chunks(kind, |_, bytes| decode_items(bytes).map(|items| restorer.items(items)))?;
    }
    let mut failed = None;
    file.read_chunks(ChunkKind::Cis, |_, bytes| {
        decode_cis(bytes, |slot, ci| {
            if let Err(error) = restorer.ci(slot, ci) {
                failed.get_or_insert(error);
            }
        })
    })?;
    file.read_chunks(ChunkKind::Identities, |_, bytes| {
        decode_items(bytes).map(|items| restorer.items(items))
    })?;
    file.read_chunks(ChunkKind::Groups, |_, bytes| {
        decode_items(bytes).map(|items| restorer.items(items))
    })?;
    file.read_chunks(ChunkKind::Reviews, |_, bytes| {
        decode_items(bytes).map(|items| restorer.items(items))
    })?;
    file.read_chunks(ChunkKind::Relationships, |_, bytes| {
        decode_relationships(bytes, |record| {
            if let Err(error) = restore_relationship(&mut restorer, record) {
                failed.get_or_insert(error);
            }
        })
    })?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    let estate = restorer.finish(header.revision, at, header.next_relationship_id)?;
    restore_sightings(file, &estate)?;
    file.read_chunks(ChunkKind::Idempotency, |_, bytes| {
        decode_idempotency(bytes).map(|records| records.into_iter().for_each(|record| keys.restore(record)))
    })?;
    file.read_chunks(ChunkKind::Runs, |_, bytes| {
        decode_runs(bytes).map(|saved| runs.restore(saved))
    })?;
    Ok(estate)
}

fn restore_relationship(restorer: &mut Restorer, record: RelationshipRecord) -> Result<(), RestoreError> {
    let extras = record.extras.map_or_else(RelationshipExtras::default, |extras| *extras);
    let relationship = Relationship {
        id: record.id,
        relationship_type: record.relationship_type,
        from: restorer.ci_id(record.from),
        to: restorer.ci_id(record.to),
        qualifier: extras.qualifier,
        forward: extras.forward,
        reverse: extras.reverse,
        weight: extras.weight,
        group: extras.group,
        attributes: extras.attributes,
        source: record.source,
        first_seen: record.first_seen,
        also_said_by: extras.also_said_by,
        validity: extras.validity,
    };
    restorer.relationship(record.slot, record.from, record.to, &relationship)
}

fn restore_sightings(file: &CheckpointFile, estate: &Estate) -> Result<(), OpenError> {
    let kinds = [
        (ChunkKind::CiSightings, SightingKind::Ci),
        (ChunkKind::RelationshipSightings, SightingKind::Relationship),
    ];
    for (saved, kind) in kinds {
        file.read_chunks(saved, |number, bytes| {
            let [a, b, c, d] = number.to_be_bytes();
            let source = SourceId::new(u16::from_be_bytes([a, b]));
            let key = SightingChunk {
                kind,
                source,
                number: u32::from(u16::from_be_bytes([c, d])),
            };
            decode_sightings(bytes).map(|seconds| estate.sightings().restore(key, &seconds))
        })?;
    }
    Ok(())
}
