//! When each source last spoke of each CI and relationship.
//!
//! Outside the journal and outside the revisions: an observation that changes nothing writes no
//! entry, but moves these times. Both states of the estate share them; they are saved with the
//! checkpoints, and lost sightings since the last one are made good by the next push.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use jiff::Timestamp;
use parking_lot::RwLock;

use crate::model::SourceId;

/// Slots in a chunk; also the unit in which sightings are saved.
pub const SIGHTINGS_CHUNK: u32 = 16_384;

/// What is sighted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SightingKind {
    /// A CI, by slot.
    Ci,
    /// A relationship, by edge number.
    Relationship,
}

/// Key of a saved chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SightingChunk {
    /// Of what.
    pub kind: SightingKind,
    /// By whom.
    pub source: SourceId,
    /// Which [`SIGHTINGS_CHUNK`] slots.
    pub number: u32,
}

#[derive(Debug)]
struct Chunk {
    seconds: Box<[AtomicU32]>,
    dirty: AtomicBool,
}

/// The times, by kind, source and slot, in seconds since 1970.
#[derive(Debug, Default)]
pub struct Sightings {
    chunks: RwLock<std::collections::BTreeMap<SightingChunk, Arc<Chunk>>>,
}

impl Sightings {
    /// Records that a source spoke of something.
    pub fn saw(&self, kind: SightingKind, source: SourceId, slot: u32, at: Timestamp) {
        let (chunk, offset) = self.chunk(kind, source, slot);
        chunk.seconds[offset].fetch_max(seconds(at), Ordering::Relaxed);
        chunk.dirty.store(true, Ordering::Relaxed);
    }

    /// Starts a slot anew: it may have belonged to something else before.
    pub(super) fn start(&self, kind: SightingKind, source: SourceId, slot: u32, at: Timestamp) {
        let (chunk, offset) = self.chunk(kind, source, slot);
        chunk.seconds[offset].store(seconds(at), Ordering::Relaxed);
        chunk.dirty.store(true, Ordering::Relaxed);
    }

    /// When a source last spoke of something.
    pub fn last(&self, kind: SightingKind, source: SourceId, slot: u32) -> Option<Timestamp> {
        let key = SightingChunk {
            kind,
            source,
            number: slot / SIGHTINGS_CHUNK,
        };
        let chunks = self.chunks.read();
        let chunk = chunks.get(&key)?;
        let seconds = chunk.seconds[(slot % SIGHTINGS_CHUNK) as usize].load(Ordering::Relaxed);
        (seconds > 0)
            .then(|| Timestamp::from_second(i64::from(seconds)).ok())
            .flatten()
    }

    /// The slots of which a source has ever spoken, ascending: also of what is gone since, or spoken of
    /// by others only.
    pub fn seen(&self, kind: SightingKind, source: SourceId) -> Vec<u32> {
        let chunks = self.chunks.read();
        let first = SightingChunk {
            kind,
            source,
            number: 0,
        };
        let last = SightingChunk {
            number: u32::MAX,
            ..first
        };
        let mut slots = Vec::new();
        for (key, chunk) in chunks.range(first..=last) {
            let start = key.number * SIGHTINGS_CHUNK;
            let seen = (start..).zip(&chunk.seconds);
            slots.extend(
                seen.filter(|(_, second)| second.load(Ordering::Relaxed) > 0)
                    .map(|(slot, _)| slot),
            );
        }
        slots
    }

    /// The chunks that changed since the last call, for saving.
    pub fn take_dirty(&self) -> Vec<(SightingChunk, Vec<u32>)> {
        let chunks = self.chunks.read();
        let dirty = chunks
            .iter()
            .filter(|(_, chunk)| chunk.dirty.swap(false, Ordering::Relaxed));
        dirty
            .map(|(key, chunk)| {
                (
                    *key,
                    chunk
                        .seconds
                        .iter()
                        .map(|second| second.load(Ordering::Relaxed))
                        .collect(),
                )
            })
            .collect()
    }

    /// Has chunks saved again next time, because they could not be saved.
    pub fn put_back(&self, keys: &[SightingChunk]) {
        let chunks = self.chunks.read();
        for chunk in keys.iter().filter_map(|key| chunks.get(key)) {
            chunk.dirty.store(true, Ordering::Relaxed);
        }
    }

    /// Takes back a saved chunk.
    pub fn restore(&self, key: SightingChunk, saved: &[u32]) {
        let seconds = (0..SIGHTINGS_CHUNK as usize)
            .map(|at| AtomicU32::new(saved.get(at).copied().unwrap_or(0)))
            .collect();
        let chunk = Chunk {
            seconds,
            dirty: AtomicBool::new(false),
        };
        self.chunks.write().insert(key, Arc::new(chunk));
    }

    fn chunk(&self, kind: SightingKind, source: SourceId, slot: u32) -> (Arc<Chunk>, usize) {
        let key = SightingChunk {
            kind,
            source,
            number: slot / SIGHTINGS_CHUNK,
        };
        let offset = (slot % SIGHTINGS_CHUNK) as usize;
        if let Some(chunk) = self.chunks.read().get(&key) {
            return (Arc::clone(chunk), offset);
        }
        let fresh = || {
            let seconds = (0..SIGHTINGS_CHUNK as usize).map(|_| AtomicU32::new(0)).collect();
            Arc::new(Chunk {
                seconds,
                dirty: AtomicBool::new(false),
            })
        };
        (Arc::clone(self.chunks.write().entry(key).or_insert_with(fresh)), offset)
    }
}

fn seconds(at: Timestamp) -> u32 {
    u32::try_from(at.as_second().max(0)).unwrap_or(u32::MAX)
}
