//! The stored form of a configuration item: its packed blocks as they are.

use super::Packed;
use crate::model::configuration_item::PackedCi;
use crate::model::packed::{PackError, Reader, Writer};
use crate::model::{
    AttributeId, Attributes, CiId, CiTypeId, Claims, ConfigurationItem, LifecycleStage, Pin, SourceId, Stale, Stamp,
    Standing, Validity,
};

/// A validity follows.
const HAS_VALIDITY: u8 = 1;
/// The stamp of the last write follows; without it, it is the stamp of the first.
const WAS_CHANGED: u8 = 2;
/// What is known of its sources follows.
const HAS_STANDING: u8 = 4;
/// The first of its sources has said nothing of the stage.
const STAGE_ASSUMED: u8 = 8;

impl Packed for ConfigurationItem {
    fn write(&self, writer: &mut Writer) {
        let validity = self.validity();
        let changed = (self.changed() != self.created()).then(|| self.changed());
        let mut flags = 0;
        if validity.is_some() {
            flags |= HAS_VALIDITY;
        }
        if changed.is_some() {
            flags |= WAS_CHANGED;
        }
        if self.standing().is_some() {
            flags |= HAS_STANDING;
        }
        if self.stage_assumed() {
            flags |= STAGE_ASSUMED;
        }
        writer.byte(flags);
        self.id().write(writer);
        self.ci_type().write(writer);
        writer.byte(self.stage().number());
        self.created().write(writer);
        if let Some(changed) = changed {
            changed.write(writer);
        }
        if let Some(validity) = validity {
            validity.write(writer);
        }
        writer.block(self.attributes().as_packed());
        writer.block(self.packed_texts());
        if let Some(standing) = self.standing() {
            standing.write(writer);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        let flags = reader.byte()?;
        if flags > (HAS_VALIDITY | WAS_CHANGED | HAS_STANDING | STAGE_ASSUMED) {
            return Err(PackError);
        }
        let id = CiId::read(reader)?;
        let ci_type = CiTypeId::read(reader)?;
        let stage = LifecycleStage::from_number(reader.byte()?).ok_or(PackError)?;
        let created = Stamp::read(reader)?;
        let changed = if flags & WAS_CHANGED == 0 {
            created
        } else {
            Stamp::read(reader)?
        };
        let validity = if flags & HAS_VALIDITY == 0 {
            None
        } else {
            Some(Validity::read(reader)?)
        };
        let attributes = Attributes::from_packed(reader.block()?)?;
        let texts = reader.block()?;
        let standing = if flags & HAS_STANDING == 0 {
            Standing::default()
        } else {
            Standing::read(reader)?
        };
        Self::from_packed(PackedCi {
            id,
            ci_type,
            stage,
            stage_assumed: flags & STAGE_ASSUMED != 0,
            attributes,
            texts,
            validity,
            standing,
            created,
            changed,
        })
    }
}

impl Packed for Standing {
    fn write(&self, writer: &mut Writer) {
        writer.block(self.claims.as_packed());
        self.pins.write(writer);
        self.stale.write(writer);
        self.aliases.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(Self {
            claims: Claims::from_packed(reader.block()?)?,
            pins: Vec::read(reader)?,
            stale: Vec::read(reader)?,
            aliases: Vec::read(reader)?,
        })
    }
}

impl Packed for Pin {
    fn write(&self, writer: &mut Writer) {
        writer.number(u64::from(self.attribute.number()));
        writer.second(self.at);
        writer.text(&self.by);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(Self {
            attribute: AttributeId::new(reader.small()?),
            at: reader.second()?,
            by: reader.text()?.into(),
        })
    }
}

impl Packed for Stale {
    fn write(&self, writer: &mut Writer) {
        self.source.write(writer);
        writer.second(self.since);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(Self {
            source: SourceId::read(reader)?,
            since: reader.second()?,
        })
    }
}
