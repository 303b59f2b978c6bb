//! The stored form of items of the review queue.

use jiff::Timestamp;

use super::Packed;
use crate::model::packed::{PackError, Reader, Writer};
use crate::model::review::{ReviewItem, ReviewKind, ReviewState};
use crate::model::{CiId, Name, ReviewId, SourceName};

/// The form of any item.
pub(super) struct WholeReview(pub(super) ReviewItem);

impl WholeReview {
    /// Whether the short form does not say all of an item.
    pub(super) fn is_needed(item: &ReviewItem) -> bool {
        !(item.source.feed.is_empty() && item.source.scope.is_empty())
    }
}

impl Packed for WholeReview {
    fn write(&self, writer: &mut Writer) {
        self.0.write(writer);
        writer.text(&self.0.source.feed);
        writer.text(&self.0.source.scope);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        let mut item = ReviewItem::read(reader)?;
        item.source.feed = reader.text()?.into();
        item.source.scope = reader.text()?.into();
        Ok(Self(item))
    }
}

/// The form of an item of a source of which no feed and no scope is named.
impl Packed for ReviewItem {
    fn write(&self, writer: &mut Writer) {
        writer.raw(self.id.as_uuid().as_bytes());
        let number = (0u8..).zip(ReviewKind::ALL).find(|(_, kind)| *kind == self.kind);
        writer.byte(number.expect("`ALL` lists every kind").0);
        self.source.name.write(writer);
        self.subject.write(writer);
        self.ci_type.write(writer);
        self.record.write(writer);
        self.candidates.write(writer);
        self.reason.write(writer);
        self.first_seen.write(writer);
        match &self.state {
            ReviewState::Open => writer.byte(0),
            ReviewState::Resolved { ci, at } => {
                writer.byte(1);
                ci.write(writer);
                at.write(writer);
            }
            ReviewState::Dismissed { reason, at } => {
                writer.byte(2);
                reason.write(writer);
                at.write(writer);
            }
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(Self {
            id: ReviewId::from_uuid(uuid::Uuid::from_bytes(reader.array()?)),
            kind: *ReviewKind::ALL.get(usize::from(reader.byte()?)).ok_or(PackError)?,
            source: SourceName::plain(Name::read(reader)?),
            subject: Box::read(reader)?,
            ci_type: Box::read(reader)?,
            record: Box::read(reader)?,
            candidates: Vec::read(reader)?,
            reason: Box::read(reader)?,
            first_seen: Timestamp::read(reader)?,
            state: match reader.byte()? {
                0 => ReviewState::Open,
                1 => ReviewState::Resolved {
                    ci: CiId::read(reader)?,
                    at: Timestamp::read(reader)?,
                },
                2 => ReviewState::Dismissed {
                    reason: Box::read(reader)?,
                    at: Timestamp::read(reader)?,
                },
                _ => return Err(PackError),
            },
        })
    }
}
