//! The stored form of a journal entry: who, when and why, then the steps of its delta to the end.

use std::sync::Arc;

use jiff::Timestamp;

use super::definition::{FullCiType, WholeSource};
use super::review::WholeReview;
use super::{Packed, RecordError, open, versioned};
use crate::model::packed::{PackError, Reader, Writer};
use crate::model::{Actor, BeforeAfter, Delta, DeltaItem, IdempotencyKey, JournalEntry, Name, Revision};

/// The stored bytes of a journal entry. They are what its hash is taken of.
pub fn encode_entry(entry: &JournalEntry) -> Vec<u8> {
    let mut writer = versioned();
    entry.revision.write(&mut writer);
    entry.at.write(&mut writer);
    writer.text(&entry.actor.name);
    entry.source.write(&mut writer);
    entry.reason.write(&mut writer);
    entry.idempotency_key.write(&mut writer);
    writer.raw(&entry.request_digest);
    for item in &entry.delta.items {
        item.write(&mut writer);
    }
    writer.finish().into_vec()
}

/// Reads what [`encode_entry`] wrote.
pub fn decode_entry(bytes: &[u8]) -> Result<JournalEntry, RecordError> {
    let mut reader = open(bytes)?;
    let mut entry = JournalEntry {
        revision: Revision::read(&mut reader)?,
        at: Timestamp::read(&mut reader)?,
        actor: Actor {
            name: reader.text()?.into(),
        },
        source: Name::read(&mut reader)?,
        reason: Option::read(&mut reader)?,
        idempotency_key: Option::read(&mut reader)?,
        request_digest: reader.array()?,
        delta: Arc::default(),
    };
    let mut items = Vec::new();
    while !reader.is_empty() {
        items.push(DeltaItem::read(&mut reader)?);
    }
    entry.delta = Arc::new(Delta { items });
    Ok(entry)
}

impl Packed for IdempotencyKey {
    fn write(&self, writer: &mut Writer) {
        writer.text(self.as_str());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Self::new(reader.text()?).map_err(|_| PackError)
    }
}

impl Packed for DeltaItem {
    fn write(&self, writer: &mut Writer) {
        fn tagged<T: Packed>(tag: u8, item: &BeforeAfter<T>, writer: &mut Writer) {
            writer.byte(tag);
            item.write(writer);
        }
        match self {
            Self::Source(item) if sides(item).any(WholeSource::is_needed) => {
                tagged(10, &item.map(|source| WholeSource(source.clone())), writer);
            }
            Self::Source(item) => tagged(0, item, writer),
            Self::CiType(item) if sides(item).any(FullCiType::is_needed) => {
                tagged(9, &item.map(|definition| FullCiType(definition.clone())), writer);
            }
            Self::CiType(item) => tagged(1, item, writer),
            Self::RelationshipType(item) => tagged(2, item, writer),
            Self::Pool(item) => tagged(3, item, writer),
            Self::Lifecycle(item) => tagged(4, item, writer),
            Self::Ci(item) => tagged(5, item, writer),
            Self::Relationship(item) => tagged(6, item, writer),
            Self::Group(item) => tagged(7, item, writer),
            Self::IngestRule(item) => tagged(8, item, writer),
            Self::Review(item) if sides(item).any(WholeReview::is_needed) => {
                tagged(12, &item.map(|review| WholeReview(review.clone())), writer);
            }
            Self::Review(item) => tagged(11, item, writer),
            Self::Merge(item) => tagged(20, item, writer),
            Self::Distinction(item) => tagged(21, item, writer),
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(match reader.byte()? {
            0 => Self::Source(BeforeAfter::read(reader)?),
            1 => Self::CiType(BeforeAfter::read(reader)?),
            2 => Self::RelationshipType(BeforeAfter::read(reader)?),
            3 => Self::Pool(BeforeAfter::read(reader)?),
            4 => Self::Lifecycle(BeforeAfter::read(reader)?),
            5 => Self::Ci(BeforeAfter::read(reader)?),
            6 => Self::Relationship(BeforeAfter::read(reader)?),
            7 => Self::Group(BeforeAfter::read(reader)?),
            8 => Self::IngestRule(BeforeAfter::read(reader)?),
            9 => Self::CiType(BeforeAfter::<FullCiType>::read(reader)?.map(|full| full.0.clone())),
            10 => Self::Source(BeforeAfter::<WholeSource>::read(reader)?.map(|whole| whole.0.clone())),
            11 => Self::Review(BeforeAfter::read(reader)?),
            12 => Self::Review(BeforeAfter::<WholeReview>::read(reader)?.map(|whole| whole.0.clone())),
            20 => Self::Merge(BeforeAfter::read(reader)?),
            21 => Self::Distinction(BeforeAfter::read(reader)?),
            _ => return Err(PackError),
        })
    }
}

/// What is there on both sides of a change.
fn sides<T>(item: &BeforeAfter<T>) -> impl Iterator<Item = &T> {
    [&item.before, &item.after].into_iter().flatten().map(Arc::as_ref)
}
