//! Checkpoints: the state saved behind the journal, so that opening need not replay all of it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tracing::{debug, warn};

use super::Status;
use super::idempotency::IdempotencyKeys;
use super::runs::Runs;
use super::unsaved::{ToSave, Unsaved};
use crate::graph::marks::{CIS_PER_MARK, RELATIONSHIPS_PER_MARK};
use crate::graph::sightings::{SightingChunk, SightingKind};
use crate::graph::{Estate, RelationshipRef, Slot, identity_chunk};
use crate::model::{BeforeAfter, DeltaItem, LifecycleStage, Revision};
use crate::store::record::{
    RelationshipExtras, RelationshipRecord, encode_cis, encode_idempotency, encode_items, encode_relationships,
    encode_runs, encode_sightings,
};
use crate::store::{
    CIS_PER_CHUNK, CheckpointError, CheckpointFile, CheckpointHeader, ChunkKey, ChunkKind, RELATIONSHIPS_PER_CHUNK,
};

// What the estate marks together is what the store saves together.
const _: () = assert!(CIS_PER_MARK == CIS_PER_CHUNK && RELATIONSHIPS_PER_MARK == RELATIONSHIPS_PER_CHUNK);

/// When checkpoints are made.
#[derive(Clone, Copy, Debug)]
pub struct CheckpointPolicy {
    /// Longest time from a commit to the checkpoint that holds it.
    pub interval: Duration,
    /// Commits after which one is made before that.
    pub commits_max: u64,
}

impl Default for CheckpointPolicy {
    fn default() -> Self {
        Self {
            interval: Duration::from_mins(1),
            commits_max: 10_000,
        }
    }
}

/// What the checkpointer is told.
#[derive(Debug)]
pub(super) enum Tell {
    /// Save now and say when it is done.
    Save(std::sync::mpsc::Sender<Result<(), String>>),
    /// Save and end.
    Close,
}

/// The background thread that saves the state.
#[derive(Debug)]
pub(super) struct Checkpointer {
    pub(super) file: CheckpointFile,
    pub(super) unsaved: Arc<Unsaved>,
    pub(super) keys: Arc<Mutex<IdempotencyKeys>>,
    pub(super) runs: Runs,
    pub(super) status: Arc<Status>,
    pub(super) policy: CheckpointPolicy,
    pub(super) saved: Revision,
}

impl Checkpointer {
    pub(super) fn run(mut self, told: &Receiver<Tell>) {
        let mut since = Instant::now();
        loop {
            match told.recv_timeout(self.policy.interval.min(Duration::from_secs(1))) {
                Ok(Tell::Save(done)) => {
                    let result = self.save().map_err(|error| error.to_string());
                    // Whoever asked may be gone.
                    drop(done.send(result));
                }
                Ok(Tell::Close) | Err(RecvTimeoutError::Disconnected) => {
                    drop(self.save());
                    return;
                }
                Err(RecvTimeoutError::Timeout) => {
                    let behind = self.status.revision().number().saturating_sub(self.saved.number());
                    let due = since.elapsed() >= self.policy.interval || behind >= self.policy.commits_max;
                    if behind == 0 && !self.runs.is_dirty() || !due {
                        continue;
                    }
                    drop(self.save());
                }
            }
            since = Instant::now();
        }
    }

    fn save(&mut self) -> Result<(), CheckpointError> {
        let work = self.unsaved.take();
        let started = Instant::now();
        let result = self.write(&work);
        match &result {
            Ok(()) => {
                self.saved = work.snapshot.revision();
                self.status.checkpointed(self.saved);
                let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
                debug!(revision = self.saved.number(), took_ms, "checkpoint written");
            }
            Err(error) => {
                warn!(%error, "the checkpoint could not be written; the journal keeps everything until it can");
                self.unsaved.put_back(work.marks);
            }
        }
        result
    }

    fn write(&mut self, work: &ToSave) -> Result<(), CheckpointError> {
        let estate: &Estate = &work.snapshot;
        let header = CheckpointHeader {
            revision: work.head.revision,
            journal_hash: work.head.hash,
            next_relationship_id: estate.next_relationship_id().number(),
            cis: estate.ci_count() as u64,
            relationships: estate.relationship_count() as u64,
            groups: estate.group_count() as u64,
        };
        let keys: Vec<_> = self.keys.lock().records().collect();
        let idempotency = (
            ChunkKey {
                kind: ChunkKind::Idempotency,
                number: 0,
            },
            encode_idempotency(keys.iter()),
        );
        let runs = self.runs.take();
        let saved_runs = (
            ChunkKey {
                kind: ChunkKind::Runs,
                number: 0,
            },
            encode_runs(runs.iter().map(Arc::as_ref)),
        );
        let sightings = estate.sightings().take_dirty();
        let chunks = chunks(estate, work)
            .chain(
                sightings
                    .iter()
                    .map(|(key, seconds)| (sighting_key(*key), encode_sightings(seconds))),
            )
            .chain([idempotency, saved_runs]);
        let written = self.file.write(&header, chunks, &[]);
        if written.is_err() {
            self.runs.put_back();
            let taken: Vec<_> = sightings.iter().map(|(key, _)| *key).collect();
            estate.sightings().put_back(&taken);
        }
        written
    }
}

/// Sightings of a source: 65,536 chunks of each kind would be over a thousand million CIs.
fn sighting_key(chunk: SightingChunk) -> ChunkKey {
    let kind = match chunk.kind {
        SightingKind::Ci => ChunkKind::CiSightings,
        SightingKind::Relationship => ChunkKind::RelationshipSightings,
    };
    ChunkKey {
        kind,
        number: u32::from(chunk.source.number()) << 16 | chunk.number & 0xffff,
    }
}

/// The changed chunks, each encoded when it is asked for.
fn chunks<'a>(estate: &'a Estate, work: &'a ToSave) -> impl Iterator<Item = (ChunkKey, Vec<u8>)> + 'a {
    let marks = &work.marks;
    let cis = marks.cis.iter().map(|number| {
        (
            ChunkKey {
                kind: ChunkKind::Cis,
                number: *number,
            },
            cis(estate, *number),
        )
    });
    let relationships = marks.relationships.iter().map(|number| {
        (
            ChunkKey {
                kind: ChunkKind::Relationships,
                number: *number,
            },
            relationships(estate, *number),
        )
    });
    let identities = marks.identities.iter().map(|number| {
        let key = ChunkKey {
            kind: ChunkKind::Identities,
            number: *number,
        };
        (key, encode_items(identities(estate, *number).iter()))
    });
    let whole = |wanted: bool, kind: ChunkKind, items: fn(&Estate) -> Vec<DeltaItem>| {
        wanted.then(|| (ChunkKey { kind, number: 0 }, encode_items(items(estate).iter())))
    };
    whole(marks.catalog, ChunkKind::Catalog, catalog)
        .into_iter()
        .chain(whole(marks.sources, ChunkKind::Sources, sources))
        .chain(whole(marks.groups, ChunkKind::Groups, groups))
        .chain(identities)
        .chain(whole(marks.reviews, ChunkKind::Reviews, reviews))
        .chain(cis)
        .chain(relationships)
}

fn cis(estate: &Estate, number: u32) -> Vec<u8> {
    let slots = number * CIS_PER_CHUNK..(number + 1) * CIS_PER_CHUNK;
    encode_cis(slots.filter_map(|slot| Some((slot, estate.ci_in(Slot::new(slot))?.as_ref()))))
}

fn relationships(estate: &Estate, number: u32) -> Vec<u8> {
    let places = number * RELATIONSHIPS_PER_CHUNK..(number + 1) * RELATIONSHIPS_PER_CHUNK;
    encode_relationships(
        places
            .filter_map(|place| estate.relationship_in(place))
            .map(|found| record(&found)),
    )
}

fn record(relationship: &RelationshipRef<'_>) -> RelationshipRecord {
    let extras = RelationshipExtras {
        qualifier: relationship.qualifier().into(),
        forward: relationship.forward(),
        reverse: relationship.reverse(),
        weight: relationship.weight(),
        group: relationship.group(),
        attributes: relationship.attributes(),
        also_said_by: relationship.also_said_by().to_vec(),
        validity: relationship.validity(),
    };
    RelationshipRecord {
        slot: relationship.place(),
        id: relationship.id(),
        from: relationship.from().number(),
        to: relationship.to().number(),
        relationship_type: relationship.relationship_type(),
        source: relationship.source(),
        first_seen: relationship.first_seen(),
        extras: (extras != RelationshipExtras::default()).then(|| Box::new(extras)),
    }
}

fn catalog(estate: &Estate) -> Vec<DeltaItem> {
    let catalog = estate.catalog();
    let ci_types = catalog
        .ci_types()
        .map(|known| DeltaItem::CiType(BeforeAfter::created(known.clone())));
    let pools = catalog
        .pools()
        .map(|known| DeltaItem::Pool(BeforeAfter::created(known.clone())));
    let relationship_types = catalog.relationship_types();
    let relationship_types =
        relationship_types.map(|known| DeltaItem::RelationshipType(BeforeAfter::created(known.clone())));
    let rules = LifecycleStage::ALL
        .into_iter()
        .map(|stage| catalog.lifecycle(stage).clone());
    let rules = rules.map(|rule| DeltaItem::Lifecycle(BeforeAfter::created(rule)));
    let ingest_rules = catalog.ingest_rules().map(|rule| {
        DeltaItem::IngestRule(BeforeAfter {
            before: None,
            after: Some(Arc::clone(rule)),
        })
    });
    let types = ci_types.chain(pools).chain(relationship_types);
    types.chain(rules).chain(ingest_rules).collect()
}

fn sources(estate: &Estate) -> Vec<DeltaItem> {
    let created = |source: &Arc<_>| {
        DeltaItem::Source(BeforeAfter {
            before: None,
            after: Some(Arc::clone(source)),
        })
    };
    estate.sources().map(created).collect()
}

fn identities(estate: &Estate, number: u32) -> Vec<DeltaItem> {
    let merges = estate
        .merges()
        .filter(|merge| identity_chunk(merge.alias()) == number)
        .map(|merge| DeltaItem::Merge(BeforeAfter::existing(merge)));
    let distinctions = estate
        .distinctions()
        .filter(|distinction| identity_chunk(distinction.cis[0]) == number)
        .map(|distinction| DeltaItem::Distinction(BeforeAfter::existing(distinction)));
    merges.chain(distinctions).collect()
}

fn reviews(estate: &Estate) -> Vec<DeltaItem> {
    let created = |review: &Arc<_>| {
        DeltaItem::Review(BeforeAfter {
            before: None,
            after: Some(Arc::clone(review)),
        })
    };
    estate.reviews().map(created).collect()
}

fn groups(estate: &Estate) -> Vec<DeltaItem> {
    let created = |group: &Arc<_>| {
        DeltaItem::Group(BeforeAfter {
            before: None,
            after: Some(Arc::clone(group)),
        })
    };
    estate.groups().map(created).collect()
}
