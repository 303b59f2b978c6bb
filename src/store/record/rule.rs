//! The stored forms of the rules of ingest.

use jiff::SignedDuration;

use super::Packed;
use crate::model::packed::{PackError, Reader, Writer};
use crate::model::rule::{
    Authority, AuthorityPolicy, AuthorityRule, ClassAlias, DerivationRule, JunkRule, OnManyMatches, OnNoMatch,
    SourceRights, SourceRule,
};
use crate::model::{CiTypeId, IngestRule, Name, RelationshipTypeId};

/// A byte for the kind, then the fields.
impl Packed for IngestRule {
    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Source(rule) => {
                writer.byte(0);
                rule.write(writer);
            }
            Self::Authority(rule) => {
                writer.byte(1);
                rule.write(writer);
            }
            Self::Junk(rule) => {
                writer.byte(2);
                rule.write(writer);
            }
            Self::Derivation(rule) => {
                writer.byte(3);
                rule.write(writer);
            }
            Self::ClassAlias(rule) => {
                writer.byte(4);
                rule.write(writer);
            }
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(match reader.byte()? {
            0 => Self::Source(SourceRule::read(reader)?),
            1 => Self::Authority(AuthorityRule::read(reader)?),
            2 => Self::Junk(JunkRule::read(reader)?),
            3 => Self::Derivation(DerivationRule::read(reader)?),
            4 => Self::ClassAlias(ClassAlias::read(reader)?),
            _ => return Err(PackError),
        })
    }
}

/// Whole seconds, which is what rules are stated in.
impl Packed for SignedDuration {
    fn write(&self, writer: &mut Writer) {
        writer.signed(self.as_secs());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        reader.signed().map(Self::from_secs)
    }
}

impl Packed for SourceRule {
    fn write(&self, writer: &mut Writer) {
        self.name.write(writer);
        self.description.write(writer);
        let rights = &self.rights;
        rights.may_create.write(writer);
        rights.may_update.write(writer);
        rights.may_retire.write(writer);
        rights.may_create_placeholders.write(writer);
        rights.on_no_match.write(writer);
        rights.on_many_matches.write(writer);
        writer.byte(rights.sweep_share_max);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(Self {
            name: Name::read(reader)?,
            description: String::read(reader)?,
            rights: SourceRights {
                may_create: bool::read(reader)?,
                may_update: bool::read(reader)?,
                may_retire: bool::read(reader)?,
                may_create_placeholders: bool::read(reader)?,
                on_no_match: OnNoMatch::read(reader)?,
                on_many_matches: OnManyMatches::read(reader)?,
                sweep_share_max: reader.byte()?,
            },
        })
    }
}

impl Packed for AuthorityRule {
    fn write(&self, writer: &mut Writer) {
        self.name.write(writer);
        self.ci_type.write(writer);
        self.attributes.write(writer);
        self.authority.policy.write(writer);
        self.authority.sources.write(writer);
        self.authority.lapse.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(Self {
            name: Name::read(reader)?,
            ci_type: CiTypeId::read(reader)?,
            attributes: Vec::read(reader)?,
            authority: Authority {
                policy: AuthorityPolicy::read(reader)?,
                sources: Vec::read(reader)?,
                lapse: Option::read(reader)?,
            },
        })
    }
}

impl Packed for JunkRule {
    fn write(&self, writer: &mut Writer) {
        self.name.write(writer);
        self.attributes.write(writer);
        self.values.write(writer);
        self.patterns.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(Self {
            name: Name::read(reader)?,
            attributes: Vec::read(reader)?,
            values: Vec::read(reader)?,
            patterns: Vec::read(reader)?,
        })
    }
}

impl Packed for DerivationRule {
    fn write(&self, writer: &mut Writer) {
        self.name.write(writer);
        self.from.write(writer);
        self.attribute.write(writer);
        self.relationship_type.write(writer);
        self.to.write(writer);
        self.to_attribute.write(writer);
        self.reversed.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(Self {
            name: Name::read(reader)?,
            from: CiTypeId::read(reader)?,
            attribute: Name::read(reader)?,
            relationship_type: RelationshipTypeId::read(reader)?,
            to: CiTypeId::read(reader)?,
            to_attribute: Name::read(reader)?,
            reversed: bool::read(reader)?,
        })
    }
}

impl Packed for ClassAlias {
    fn write(&self, writer: &mut Writer) {
        self.name.write(writer);
        self.ci_type.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(Self {
            name: Name::read(reader)?,
            ci_type: CiTypeId::read(reader)?,
        })
    }
}

/// Implements [`Packed`] for words of which each is stored as its place in `ALL`.
macro_rules! packed_word {
    ($($name:ty),*) => {$(
        impl Packed for $name {
            fn write(&self, writer: &mut Writer) {
                let place = (0u8..).zip(Self::ALL).find(|(_, word)| word == self);
                writer.byte(place.expect("`ALL` lists every word").0);
            }

            fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
                Self::ALL.get(usize::from(reader.byte()?)).copied().ok_or(PackError)
            }
        }
    )*};
}
packed_word!(OnNoMatch, OnManyMatches, AuthorityPolicy);
