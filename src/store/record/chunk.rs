//! The contents of checkpoint chunks: many records of one kind in a run, to the end of the bytes.
//!
//! Decoders hand each record to a visitor, so that a chunk is never held twice.

use jiff::Timestamp;

use super::relationship::Previous;
use super::{Packed, RecordError, RelationshipRecord, open, versioned};
use crate::model::packed::{PackError, Reader, Writer};
use crate::model::run::Run;
use crate::model::{ConfigurationItem, DeltaItem, IdempotencyKey, Revision};
use crate::store::ChunkKind;

/// Packs CIs with their slots in the live graph.
pub fn encode_cis<'a>(cis: impl Iterator<Item = (u32, &'a ConfigurationItem)>) -> Vec<u8> {
    let mut writer = versioned();
    let mut previous = 0;
    for (slot, ci) in cis {
        let slot = i64::from(slot);
        writer.signed(slot - previous);
        previous = slot;
        ci.write(&mut writer);
    }
    writer.finish().into_vec()
}

/// Reads what [`encode_cis`] wrote.
pub fn decode_cis(bytes: &[u8], mut visit: impl FnMut(u32, ConfigurationItem)) -> Result<(), RecordError> {
    let mut reader = open(bytes)?;
    let mut previous = 0i64;
    while !reader.is_empty() {
        let slot = previous.checked_add(reader.signed()?).ok_or(RecordError::Damaged)?;
        previous = slot;
        let slot = u32::try_from(slot).map_err(|_| RecordError::Damaged)?;
        visit(slot, ConfigurationItem::read(&mut reader)?);
    }
    Ok(())
}

/// Packs relationships, smallest when neighbours in slot and number stand together.
pub fn encode_relationships(relationships: impl Iterator<Item = RelationshipRecord>) -> Vec<u8> {
    let mut writer = versioned();
    let mut previous = Previous::default();
    for relationship in relationships {
        relationship.write(&mut previous, &mut writer);
    }
    writer.finish().into_vec()
}

/// Reads what [`encode_relationships`] wrote.
pub fn decode_relationships(bytes: &[u8], mut visit: impl FnMut(RelationshipRecord)) -> Result<(), RecordError> {
    let mut reader = open(bytes)?;
    let mut previous = Previous::default();
    while !reader.is_empty() {
        visit(RelationshipRecord::read(&mut previous, &mut reader)?);
    }
    Ok(())
}

/// Packs sources, definitions of the catalog and redundancy groups, as the delta items that create
/// them.
pub fn encode_items<'a>(items: impl Iterator<Item = &'a DeltaItem>) -> Vec<u8> {
    encode_run(items)
}

/// Reads what [`encode_items`] wrote.
pub fn decode_items(bytes: &[u8]) -> Result<Vec<DeltaItem>, RecordError> {
    decode_run(bytes)
}

/// Packs times of last sight, in seconds since 1970, by slot; 0 is never.
pub fn encode_sightings(seconds: &[u32]) -> Vec<u8> {
    let mut writer = versioned();
    for second in seconds {
        writer.raw(&second.to_le_bytes());
    }
    writer.finish().into_vec()
}

/// Reads what [`encode_sightings`] wrote.
pub fn decode_sightings(bytes: &[u8]) -> Result<Vec<u32>, RecordError> {
    let mut reader = open(bytes)?;
    let mut seconds = Vec::new();
    while !reader.is_empty() {
        seconds.push(u32::from_le_bytes(reader.array()?));
    }
    Ok(seconds)
}

/// A key that was used within the window in which repetitions are recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// The key.
    pub key: IdempotencyKey,
    /// SHA-256 of what was asked under it.
    pub request_digest: [u8; 32],
    /// The commit that answered it.
    pub revision: Revision,
    /// When.
    pub at: Timestamp,
}

/// Packs the window of idempotency keys.
pub fn encode_idempotency<'a>(records: impl Iterator<Item = &'a IdempotencyRecord>) -> Vec<u8> {
    encode_run(records)
}

/// Reads what [`encode_idempotency`] wrote.
pub fn decode_idempotency(bytes: &[u8]) -> Result<Vec<IdempotencyRecord>, RecordError> {
    decode_run(bytes)
}

/// Packs the runs of sources.
pub fn encode_runs<'a>(runs: impl Iterator<Item = &'a Run>) -> Vec<u8> {
    encode_run(runs)
}

/// Reads what [`encode_runs`] wrote.
pub fn decode_runs(bytes: &[u8]) -> Result<Vec<Run>, RecordError> {
    decode_run(bytes)
}

impl Packed for IdempotencyRecord {
    fn write(&self, writer: &mut Writer) {
        self.key.write(writer);
        writer.raw(&self.request_digest);
        self.revision.write(writer);
        self.at.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(Self {
            key: IdempotencyKey::read(reader)?,
            request_digest: reader.array()?,
            revision: Revision::read(reader)?,
            at: Timestamp::read(reader)?,
        })
    }
}

fn encode_run<'a, T: Packed + 'a>(records: impl Iterator<Item = &'a T>) -> Vec<u8> {
    let mut writer = versioned();
    for record in records {
        record.write(&mut writer);
    }
    writer.finish().into_vec()
}

fn decode_run<T: Packed>(bytes: &[u8]) -> Result<Vec<T>, RecordError> {
    let mut reader = open(bytes)?;
    let mut records = Vec::new();
    while !reader.is_empty() {
        records.push(T::read(&mut reader)?);
    }
    Ok(records)
}

/// Whether the contents of a chunk read as what its kind says; how many records there are.
pub(in crate::store) fn check_chunk(kind: ChunkKind, bytes: &[u8]) -> Result<u64, RecordError> {
    let mut count = 0;
    match kind {
        ChunkKind::Catalog | ChunkKind::Sources | ChunkKind::Groups | ChunkKind::Reviews | ChunkKind::Identities => {
            count = decode_items(bytes)?.len() as u64;
        }
        ChunkKind::Cis => decode_cis(bytes, |_, _| count += 1)?,
        ChunkKind::Relationships => decode_relationships(bytes, |_| count += 1)?,
        ChunkKind::CiSightings | ChunkKind::RelationshipSightings => count = decode_sightings(bytes)?.len() as u64,
        ChunkKind::Idempotency => count = decode_idempotency(bytes)?.len() as u64,
        ChunkKind::Runs => count = decode_runs(bytes)?.len() as u64,
    }
    Ok(count)
}
