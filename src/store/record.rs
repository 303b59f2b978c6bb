//! The bytes of what is stored: a version byte, then the fields, packed.
//!
//! Every record is written in its newest version and read in every version there ever was. A record
//! that does not read is an error, never a panic, and takes no memory that its bytes do not fill.
//! `schema/store.md` describes each form; it changes with them.

mod chunk;
mod configuration_item;
mod definition;
mod entry;
mod merge;
mod relationship;
mod review;
mod rule;
mod run;

pub(super) use chunk::check_chunk;
pub use chunk::{
    IdempotencyRecord, decode_cis, decode_idempotency, decode_items, decode_relationships, decode_runs,
    decode_sightings, encode_cis, encode_idempotency, encode_items, encode_relationships, encode_runs,
    encode_sightings,
};
pub use entry::{decode_entry, encode_entry};
pub use relationship::{RelationshipExtras, RelationshipRecord};

use jiff::Timestamp;

use crate::model::packed::{PackError, Reader, Writer};
use crate::model::{BeforeAfter, CiId, GroupId, Name, Revision, Stamp, Strength, Validity, Weight};

/// Version of every record written now. The first; a later one gets a number for each record.
const VERSION: u8 = 1;

/// Stored bytes are no record that this program reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The record was written by a newer program.
    #[error("record of version {found}, this program reads up to version {supported}")]
    TooNew {
        /// The record's version.
        found: u8,
        /// The newest version that is read.
        supported: u8,
    },
    /// The bytes are none that any version writes.
    #[error("record is damaged")]
    Damaged,
}

impl From<PackError> for RecordError {
    fn from(_: PackError) -> Self {
        Self::Damaged
    }
}

/// A writer that has written the version.
fn versioned() -> Writer {
    let mut writer = Writer::default();
    writer.byte(VERSION);
    writer
}

/// A reader that has read the version.
fn open(bytes: &[u8]) -> Result<Reader<'_>, RecordError> {
    let mut reader = Reader::new(bytes);
    match reader.byte()? {
        VERSION => Ok(reader),
        0 => Err(RecordError::Damaged),
        found => Err(RecordError::TooNew {
            found,
            supported: VERSION,
        }),
    }
}

/// What has one stored form within a record.
trait Packed: Sized {
    fn write(&self, writer: &mut Writer);
    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError>;
}

impl Packed for u8 {
    fn write(&self, writer: &mut Writer) {
        writer.byte(*self);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        reader.byte()
    }
}

impl Packed for bool {
    fn write(&self, writer: &mut Writer) {
        writer.byte(u8::from(*self));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        match reader.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(PackError),
        }
    }
}

impl Packed for String {
    fn write(&self, writer: &mut Writer) {
        writer.text(self);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        reader.text().map(str::to_owned)
    }
}

impl Packed for Box<str> {
    fn write(&self, writer: &mut Writer) {
        writer.text(self);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        reader.text().map(Into::into)
    }
}

impl Packed for Name {
    fn write(&self, writer: &mut Writer) {
        writer.text(self.as_str());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Self::new(reader.text()?).map_err(|_| PackError)
    }
}

/// Absence is a byte 0, presence a byte 1 before the value.
impl<T: Packed> Packed for Option<T> {
    fn write(&self, writer: &mut Writer) {
        self.is_some().write(writer);
        if let Some(value) = self {
            value.write(writer);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        if bool::read(reader)? {
            T::read(reader).map(Some)
        } else {
            Ok(None)
        }
    }
}

/// The length, then the values. A damaged length ends at the end of the bytes, because every value
/// has at least one.
impl<T: Packed> Packed for Vec<T> {
    fn write(&self, writer: &mut Writer) {
        writer.number(self.len() as u64);
        for value in self {
            value.write(writer);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        let mut values = Self::new();
        for _ in 0..reader.number()? {
            values.push(T::read(reader)?);
        }
        Ok(values)
    }
}

/// A byte with bit 0 for `before` and bit 1 for `after`, then what is there.
impl<T: Packed> Packed for BeforeAfter<T> {
    fn write(&self, writer: &mut Writer) {
        writer.byte(u8::from(self.before.is_some()) | u8::from(self.after.is_some()) << 1);
        for side in [&self.before, &self.after].into_iter().flatten() {
            side.write(writer);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        let sides = reader.byte()?;
        if sides > 3 {
            return Err(PackError);
        }
        let mut side = |bit: u8| (sides & bit != 0).then(|| T::read(reader).map(Into::into)).transpose();
        Ok(Self {
            before: side(1)?,
            after: side(2)?,
        })
    }
}

/// To the nanosecond: seconds and nanoseconds, both with the sign of the moment.
impl Packed for Timestamp {
    fn write(&self, writer: &mut Writer) {
        writer.signed(self.as_second());
        writer.signed(i64::from(self.subsec_nanosecond()));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        let second = reader.signed()?;
        let nanosecond = i32::try_from(reader.signed()?).map_err(|_| PackError)?;
        Self::new(second, nanosecond).map_err(|_| PackError)
    }
}

impl Packed for Revision {
    fn write(&self, writer: &mut Writer) {
        writer.number(self.number());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        reader.number().map(Self::new)
    }
}

impl Packed for Stamp {
    fn write(&self, writer: &mut Writer) {
        self.revision.write(writer);
        self.at.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(Self {
            revision: Revision::read(reader)?,
            at: Timestamp::read(reader)?,
        })
    }
}

impl Packed for CiId {
    fn write(&self, writer: &mut Writer) {
        writer.raw(self.as_uuid().as_bytes());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(Self::from_uuid(uuid::Uuid::from_bytes(reader.array()?)))
    }
}

impl Packed for GroupId {
    fn write(&self, writer: &mut Writer) {
        writer.raw(self.as_uuid().as_bytes());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(Self::from_uuid(uuid::Uuid::from_bytes(reader.array()?)))
    }
}

impl Packed for Strength {
    fn write(&self, writer: &mut Writer) {
        writer.byte(self.number());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Self::from_number(reader.byte()?).ok_or(PackError)
    }
}

impl Packed for Weight {
    fn write(&self, writer: &mut Writer) {
        writer.number(u64::from(self.get()));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        let number = i64::try_from(reader.number()?).map_err(|_| PackError)?;
        Self::new(number).map_err(|_| PackError)
    }
}

/// Both ends, each as an option. One that is open at both ends is none and is refused.
impl Packed for Validity {
    fn write(&self, writer: &mut Writer) {
        self.from().write(writer);
        self.to().write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        let (from, to) = (Option::read(reader)?, Option::read(reader)?);
        Self::new(from, to).ok().flatten().ok_or(PackError)
    }
}

/// Implements [`Packed`] for numbers of the catalog and the store.
macro_rules! packed_number {
    ($($name:ty),*) => {$(
        impl Packed for $name {
            fn write(&self, writer: &mut Writer) {
                writer.number(u64::from(self.number()));
            }

            fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
                reader.small().map(Self::new)
            }
        }
    )*};
}
packed_number!(
    crate::model::AttributeId,
    crate::model::CiTypeId,
    crate::model::PoolId,
    crate::model::RelationshipTypeId,
    crate::model::SourceId
);

#[cfg(test)]
pub(super) mod tests;
