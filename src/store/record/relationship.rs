//! The stored forms of relationships and redundancy groups: whole in the journal, and compact in
//! the checkpoint, where there are millions.

use jiff::Timestamp;

use super::Packed;
use crate::model::packed::{PackError, Reader, Writer};
use crate::model::{
    Attributes, CiId, GroupId, GroupMember, Name, RedundancyGroup, Relationship, RelationshipId, RelationshipTypeId,
    SaidBy, SourceId, Strength, Threshold, Thresholds, Validity, Weight,
};

/// A relationship of the checkpoint: its ends are slots of the live graph, and what few have is
/// apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelationshipRecord {
    /// Its slot in the live graph.
    pub slot: u32,
    /// Its identity.
    pub id: RelationshipId,
    /// The slot of the CI where it starts.
    pub from: u32,
    /// The slot of the CI where it ends.
    pub to: u32,
    /// Its type.
    pub relationship_type: RelationshipTypeId,
    /// Who said so first.
    pub source: SourceId,
    /// When it was first said; stored to the second.
    pub first_seen: Timestamp,
    /// What few relationships have.
    pub extras: Option<Box<RelationshipExtras>>,
}

/// What few relationships have; the default says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RelationshipExtras {
    /// Tells parallel relationships of one type apart.
    pub qualifier: Box<str>,
    /// Forward strength, if not as the type says.
    pub forward: Option<Strength>,
    /// Reverse strength, if not as the type says.
    pub reverse: Option<Strength>,
    /// How much it counts in its group.
    pub weight: Weight,
    /// The redundancy group it belongs to.
    pub group: Option<GroupId>,
    /// Attributes of its own.
    pub attributes: Attributes,
    /// Who else says so.
    pub also_said_by: Vec<SaidBy>,
    /// When it holds; `None`: always.
    pub validity: Option<Validity>,
}

/// The numbers of one compact record that the next one is written against: neighbours differ by
/// little, and small numbers take one byte.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Previous {
    slot: i64,
    id: u64,
    first_seen: i64,
}

impl RelationshipRecord {
    pub(super) fn write(&self, previous: &mut Previous, writer: &mut Writer) {
        let (slot, id) = (i64::from(self.slot), self.id.number());
        let first_seen = self.first_seen.as_second();
        writer.signed(slot - previous.slot);
        writer.signed(id.wrapping_sub(previous.id).cast_signed());
        writer.number(u64::from(self.from));
        writer.number(u64::from(self.to));
        writer.number(u64::from(self.relationship_type.number()) << 1 | u64::from(self.extras.is_some()));
        writer.number(u64::from(self.source.number()));
        writer.signed(first_seen - previous.first_seen);
        if let Some(extras) = &self.extras {
            extras.write(writer);
        }
        *previous = Previous { slot, id, first_seen };
    }

    pub(super) fn read(previous: &mut Previous, reader: &mut Reader<'_>) -> Result<Self, PackError> {
        let slot = previous.slot.checked_add(reader.signed()?).ok_or(PackError)?;
        let id = previous.id.wrapping_add(reader.signed()?.cast_unsigned());
        let (from, to) = (read_u32(reader)?, read_u32(reader)?);
        let kind = reader.number()?;
        let relationship_type = RelationshipTypeId::new(u16::try_from(kind >> 1).map_err(|_| PackError)?);
        let source = SourceId::read(reader)?;
        let first_seen = previous.first_seen.checked_add(reader.signed()?).ok_or(PackError)?;
        let extras = if kind & 1 == 0 {
            None
        } else {
            Some(Box::new(RelationshipExtras::read(reader)?))
        };
        *previous = Previous { slot, id, first_seen };
        Ok(Self {
            slot: u32::try_from(slot).map_err(|_| PackError)?,
            id: RelationshipId::new(id),
            from,
            to,
            relationship_type,
            source,
            first_seen: Timestamp::from_second(first_seen).map_err(|_| PackError)?,
            extras,
        })
    }
}

fn read_u32(reader: &mut Reader<'_>) -> Result<u32, PackError> {
    u32::try_from(reader.number()?).map_err(|_| PackError)
}

impl Packed for RelationshipExtras {
    fn write(&self, writer: &mut Writer) {
        writer.text(&self.qualifier);
        self.forward.write(writer);
        self.reverse.write(writer);
        self.weight.write(writer);
        self.group.write(writer);
        writer.block(self.attributes.as_packed());
        write_end(self.validity, &self.also_said_by, writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        let mut extras = Self {
            qualifier: reader.text()?.into(),
            forward: Option::read(reader)?,
            reverse: Option::read(reader)?,
            weight: Weight::read(reader)?,
            group: Option::read(reader)?,
            attributes: Attributes::from_packed(reader.block()?)?,
            ..Self::default()
        };
        (extras.validity, extras.also_said_by) = read_end(reader)?;
        Ok(extras)
    }
}

/// The form of the journal. `first_seen` is stored to the second, as the model states it.
impl Packed for Relationship {
    fn write(&self, writer: &mut Writer) {
        writer.number(self.id.number());
        self.relationship_type.write(writer);
        self.from.write(writer);
        self.to.write(writer);
        writer.text(&self.qualifier);
        self.forward.write(writer);
        self.reverse.write(writer);
        self.weight.write(writer);
        self.group.write(writer);
        writer.block(self.attributes.as_packed());
        self.source.write(writer);
        writer.second(self.first_seen);
        write_end(self.validity, &self.also_said_by, writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        let mut relationship = Self {
            id: RelationshipId::new(reader.number()?),
            relationship_type: RelationshipTypeId::read(reader)?,
            from: CiId::read(reader)?,
            to: CiId::read(reader)?,
            qualifier: reader.text()?.into(),
            forward: Option::read(reader)?,
            reverse: Option::read(reader)?,
            weight: Weight::read(reader)?,
            group: Option::read(reader)?,
            attributes: Attributes::from_packed(reader.block()?)?,
            source: SourceId::read(reader)?,
            first_seen: reader.second()?,
            also_said_by: Vec::new(),
            validity: None,
        };
        (relationship.validity, relationship.also_said_by) = read_end(reader)?;
        Ok(relationship)
    }
}

/// A validity follows.
const HAS_VALIDITY: u8 = 1;
/// Who else says so follows.
const IS_ALSO_SAID: u8 = 2;

/// What stands at the end of a relationship: without the second flag, an option of its validity.
fn write_end(validity: Option<Validity>, also_said_by: &[SaidBy], writer: &mut Writer) {
    let said = if also_said_by.is_empty() { 0 } else { IS_ALSO_SAID };
    writer.byte(u8::from(validity.is_some()) | said);
    if let Some(validity) = validity {
        validity.write(writer);
    }
    if said > 0 {
        writer.number(also_said_by.len() as u64);
        for said in also_said_by {
            said.source.write(writer);
            writer.second(said.first_seen);
        }
    }
}

fn read_end(reader: &mut Reader<'_>) -> Result<(Option<Validity>, Vec<SaidBy>), PackError> {
    let flags = reader.byte()?;
    if flags > (HAS_VALIDITY | IS_ALSO_SAID) {
        return Err(PackError);
    }
    let validity = (flags & HAS_VALIDITY != 0)
        .then(|| Validity::read(reader))
        .transpose()?;
    let mut also_said_by = Vec::new();
    if flags & IS_ALSO_SAID != 0 {
        for _ in 0..reader.number()? {
            also_said_by.push(SaidBy {
                source: SourceId::read(reader)?,
                first_seen: reader.second()?,
            });
        }
    }
    Ok((validity, also_said_by))
}

/// A byte 0 and a count, or a byte 1 and hundredths.
impl Packed for Threshold {
    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Count(count) => {
                writer.byte(0);
                writer.number(u64::from(*count));
            }
            Self::Percent(percent) => {
                writer.byte(1);
                writer.byte(*percent);
            }
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        match reader.byte()? {
            0 => read_u32(reader).map(Self::Count),
            1 => Some(reader.byte()?)
                .filter(|percent| *percent <= 100)
                .map(Self::Percent)
                .ok_or(PackError),
            _ => Err(PackError),
        }
    }
}

impl Packed for Thresholds {
    fn write(&self, writer: &mut Writer) {
        self.up_min.write(writer);
        self.capacity_min.write(writer);
        self.spare_min.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(Self {
            up_min: Option::read(reader)?,
            capacity_min: Option::read(reader)?,
            spare_min: Option::read(reader)?,
        })
    }
}

impl Packed for GroupMember {
    fn write(&self, writer: &mut Writer) {
        self.ci.write(writer);
        self.weight.write(writer);
        self.strength.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(Self {
            ci: CiId::read(reader)?,
            weight: Weight::read(reader)?,
            strength: Strength::read(reader)?,
        })
    }
}

impl Packed for RedundancyGroup {
    fn write(&self, writer: &mut Writer) {
        self.id.write(writer);
        self.name.write(writer);
        self.consumer.write(writer);
        self.members.write(writer);
        self.thresholds.write(writer);
        self.strength.write(writer);
        self.grounded.write(writer);
        self.validity.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(Self {
            id: GroupId::read(reader)?,
            name: Name::read(reader)?,
            consumer: CiId::read(reader)?,
            members: Vec::read(reader)?,
            thresholds: Thresholds::read(reader)?,
            strength: Strength::read(reader)?,
            grounded: bool::read(reader)?,
            validity: Option::read(reader)?,
        })
    }
}
