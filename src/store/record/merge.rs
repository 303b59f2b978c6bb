//! The stored forms of merges and of CIs that were told apart.

use super::Packed;
use crate::model::packed::{PackError, Reader, Writer};
use crate::model::{
    CiId, ConfigurationItem, Distinction, Merge, MergedGroup, MergedRelationship, RedundancyGroup, Relationship,
    RelationshipFate,
};

impl Packed for Merge {
    fn write(&self, writer: &mut Writer) {
        self.absorbed.write(writer);
        self.before.write(writer);
        self.after.write(writer);
        self.relationships.write(writer);
        self.groups.write(writer);
        self.by.write(writer);
        self.reason.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(Self {
            absorbed: ConfigurationItem::read(reader)?,
            before: ConfigurationItem::read(reader)?,
            after: ConfigurationItem::read(reader)?,
            relationships: Vec::read(reader)?,
            groups: Vec::read(reader)?,
            by: Packed::read(reader)?,
            reason: Packed::read(reader)?,
        })
    }
}

impl Packed for MergedRelationship {
    fn write(&self, writer: &mut Writer) {
        self.before.write(writer);
        match &self.fate {
            RelationshipFate::Moved => writer.byte(0),
            RelationshipFate::Dropped => writer.byte(1),
            RelationshipFate::United { before, after } => {
                writer.byte(2);
                before.write(writer);
                after.write(writer);
            }
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(Self {
            before: Relationship::read(reader)?,
            fate: match reader.byte()? {
                0 => RelationshipFate::Moved,
                1 => RelationshipFate::Dropped,
                2 => RelationshipFate::United {
                    before: Box::new(Relationship::read(reader)?),
                    after: Box::new(Relationship::read(reader)?),
                },
                _ => return Err(PackError),
            },
        })
    }
}

impl Packed for MergedGroup {
    fn write(&self, writer: &mut Writer) {
        self.before.write(writer);
        self.after.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(Self {
            before: RedundancyGroup::read(reader)?,
            after: RedundancyGroup::read(reader)?,
        })
    }
}

impl Packed for Distinction {
    fn write(&self, writer: &mut Writer) {
        let [one, other] = self.cis;
        one.write(writer);
        other.write(writer);
        writer.second(self.at);
        self.by.write(writer);
        self.reason.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(Self {
            cis: [CiId::read(reader)?, CiId::read(reader)?],
            at: reader.second()?,
            by: Packed::read(reader)?,
            reason: Packed::read(reader)?,
        })
    }
}
