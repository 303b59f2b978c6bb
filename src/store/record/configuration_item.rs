//! The stored form of a configuration item: its packed blocks as they are.

use super::Packed;
use crate::model::configuration_item::PackedCi;
use crate::model::packed::{PackError, Reader, Writer};
use crate::model::{Attributes, CiId, CiTypeId, ConfigurationItem, LifecycleStage, Stamp, Validity};

/// A validity follows.
const HAS_VALIDITY: u8 = 1;
/// The stamp of the last write follows; without it, it is the stamp of the first.
const WAS_CHANGED: u8 = 2;

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
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        let flags = reader.byte()?;
        if flags > (HAS_VALIDITY | WAS_CHANGED) {
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
        Self::from_packed(PackedCi {
            id,
            ci_type,
            stage,
            attributes: Attributes::from_packed(reader.block()?)?,
            texts: reader.block()?,
            validity,
            created,
            changed,
        })
    }
}
