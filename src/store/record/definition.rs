//! The stored forms of sources and of the catalog's definitions.

use super::Packed;
use crate::model::definition::{
    AttributeDefinition, CiTypeDefinition, IdentificationRule, LifecycleRule, PoolDefinition, RelatedIdentifier,
    RelationshipTypeDefinition, ValueType,
};
use crate::model::packed::{PackError, Reader, Writer};
use crate::model::{
    AttributeId, CiTypeId, Decimal, ImpactState, LifecycleStage, Name, PoolId, RelationshipTypeId, Source, SourceId,
    Strength, Thresholds,
};

/// Lists of lists deeper than this are refused when read back; the catalog allows one level.
const LIST_DEPTH_MAX: u8 = 4;

/// The form of a source without feed and scope.
impl Packed for Source {
    fn write(&self, writer: &mut Writer) {
        self.id.write(writer);
        self.name.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(Self {
            id: SourceId::read(reader)?,
            name: Name::read(reader)?,
            feed: Box::default(),
            scope: Box::default(),
        })
    }
}

/// The form of any source.
pub(super) struct WholeSource(pub(super) Source);

impl WholeSource {
    /// Whether the short form does not say all of a source.
    pub(super) fn is_needed(source: &Source) -> bool {
        !(source.feed.is_empty() && source.scope.is_empty())
    }
}

impl Packed for WholeSource {
    fn write(&self, writer: &mut Writer) {
        self.0.write(writer);
        writer.text(&self.0.feed);
        writer.text(&self.0.scope);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        let mut source = Source::read(reader)?;
        source.feed = reader.text()?.into();
        source.scope = reader.text()?.into();
        Ok(Self(source))
    }
}

impl Packed for Decimal {
    fn write(&self, writer: &mut Writer) {
        writer.signed(self.units());
        writer.byte(self.scale());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Self::new(reader.signed()?, reader.byte()?).ok_or(PackError)
    }
}

impl Packed for ValueType {
    fn write(&self, writer: &mut Writer) {
        match self {
            Self::String => writer.byte(0),
            Self::Integer => writer.byte(1),
            Self::Decimal => writer.byte(2),
            Self::Boolean => writer.byte(3),
            Self::Timestamp => writer.byte(4),
            Self::Duration => writer.byte(5),
            Self::Enumeration(values) => {
                writer.byte(6);
                values.write(writer);
            }
            Self::IpAddress => writer.byte(7),
            Self::Cidr => writer.byte(8),
            Self::Mac => writer.byte(9),
            Self::Url => writer.byte(10),
            Self::Email => writer.byte(11),
            Self::List(of) => {
                writer.byte(12);
                of.write(writer);
            }
            Self::Json => writer.byte(13),
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        read_value_type(reader, 0)
    }
}

fn read_value_type(reader: &mut Reader<'_>, depth: u8) -> Result<ValueType, PackError> {
    Ok(match reader.byte()? {
        0 => ValueType::String,
        1 => ValueType::Integer,
        2 => ValueType::Decimal,
        3 => ValueType::Boolean,
        4 => ValueType::Timestamp,
        5 => ValueType::Duration,
        6 => ValueType::Enumeration(Vec::read(reader)?),
        7 => ValueType::IpAddress,
        8 => ValueType::Cidr,
        9 => ValueType::Mac,
        10 => ValueType::Url,
        11 => ValueType::Email,
        12 if depth < LIST_DEPTH_MAX => ValueType::List(Box::new(read_value_type(reader, depth + 1)?)),
        13 => ValueType::Json,
        _ => return Err(PackError),
    })
}

impl Packed for AttributeDefinition {
    fn write(&self, writer: &mut Writer) {
        self.id.write(writer);
        self.name.write(writer);
        self.description.write(writer);
        self.value_type.write(writer);
        self.required.write(writer);
        self.unique.write(writer);
        self.pattern.write(writer);
        self.minimum.write(writer);
        self.maximum.write(writer);
        self.unit.write(writer);
        self.secret.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(Self {
            id: AttributeId::read(reader)?,
            name: Name::read(reader)?,
            description: String::read(reader)?,
            value_type: ValueType::read(reader)?,
            required: bool::read(reader)?,
            unique: bool::read(reader)?,
            pattern: Option::read(reader)?,
            minimum: Option::read(reader)?,
            maximum: Option::read(reader)?,
            unit: Option::read(reader)?,
            secret: bool::read(reader)?,
        })
    }
}

/// The form of before there were hosts, related identifiers and `retire_after`. It is still that of
/// every rule and type that has none of these.
impl Packed for IdentificationRule {
    fn write(&self, writer: &mut Writer) {
        self.name.write(writer);
        self.attributes.write(writer);
        writer.number(u64::from(self.priority));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(Self {
            name: Name::read(reader)?,
            attributes: Vec::read(reader)?,
            priority: reader.small()?,
            host: None,
            related: None,
        })
    }
}

impl Packed for CiTypeDefinition {
    fn write(&self, writer: &mut Writer) {
        self.id.write(writer);
        self.name.write(writer);
        self.label.write(writer);
        self.description.write(writer);
        self.parent.write(writer);
        self.is_abstract.write(writer);
        self.attributes.write(writer);
        self.identification.write(writer);
        self.default_tier.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(Self {
            id: CiTypeId::read(reader)?,
            name: Name::read(reader)?,
            label: String::read(reader)?,
            description: String::read(reader)?,
            parent: Option::read(reader)?,
            is_abstract: bool::read(reader)?,
            attributes: Vec::read(reader)?,
            identification: Option::read(reader)?,
            default_tier: Option::read(reader)?,
            retire_after: None,
        })
    }
}

/// A CI type in the form that has room for all that a type says: the first form, then what came
/// later.
pub(super) struct FullCiType(pub(super) CiTypeDefinition);

impl FullCiType {
    /// Whether the first form has no room for what the type says.
    pub(super) fn is_needed(definition: &CiTypeDefinition) -> bool {
        let mut rules = definition.identification.iter().flatten();
        definition.retire_after.is_some() || rules.any(|rule| rule.host.is_some() || rule.related.is_some())
    }
}

impl Packed for FullCiType {
    fn write(&self, writer: &mut Writer) {
        self.0.write(writer);
        for rule in self.0.identification.iter().flatten() {
            rule.host.write(writer);
            rule.related.write(writer);
        }
        self.0.retire_after.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        let mut definition = CiTypeDefinition::read(reader)?;
        for rule in definition.identification.iter_mut().flatten() {
            rule.host = Option::read(reader)?;
            rule.related = Option::read(reader)?;
        }
        definition.retire_after = Option::read(reader)?;
        Ok(Self(definition))
    }
}

impl Packed for RelatedIdentifier {
    fn write(&self, writer: &mut Writer) {
        self.relationship_type.write(writer);
        self.ci_type.write(writer);
        self.attributes.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(Self {
            relationship_type: Name::read(reader)?,
            ci_type: Name::read(reader)?,
            attributes: Vec::read(reader)?,
        })
    }
}

impl Packed for RelationshipTypeDefinition {
    fn write(&self, writer: &mut Writer) {
        self.id.write(writer);
        self.name.write(writer);
        self.forward_phrase.write(writer);
        self.reverse_phrase.write(writer);
        self.description.write(writer);
        self.from_types.write(writer);
        self.to_types.write(writer);
        self.forward.write(writer);
        self.reverse.write(writer);
        self.pool.write(writer);
        self.attributes.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(Self {
            id: RelationshipTypeId::read(reader)?,
            name: Name::read(reader)?,
            forward_phrase: String::read(reader)?,
            reverse_phrase: String::read(reader)?,
            description: String::read(reader)?,
            from_types: Vec::read(reader)?,
            to_types: Vec::read(reader)?,
            forward: Strength::read(reader)?,
            reverse: Strength::read(reader)?,
            pool: Option::read(reader)?,
            attributes: Vec::read(reader)?,
        })
    }
}

impl Packed for PoolDefinition {
    fn write(&self, writer: &mut Writer) {
        self.id.write(writer);
        self.name.write(writer);
        self.description.write(writer);
        self.thresholds.write(writer);
        self.up_min_attribute.write(writer);
        self.grounded.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(Self {
            id: PoolId::read(reader)?,
            name: Name::read(reader)?,
            description: String::read(reader)?,
            thresholds: Thresholds::read(reader)?,
            up_min_attribute: Option::read(reader)?,
            grounded: bool::read(reader)?,
        })
    }
}

impl Packed for LifecycleStage {
    fn write(&self, writer: &mut Writer) {
        writer.byte(self.number());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Self::from_number(reader.byte()?).ok_or(PackError)
    }
}

impl Packed for LifecycleRule {
    fn write(&self, writer: &mut Writer) {
        self.stage.write(writer);
        self.takes_part.write(writer);
        writer.byte(self.current_state.level());
        self.next.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        Ok(Self {
            stage: LifecycleStage::read(reader)?,
            takes_part: bool::read(reader)?,
            current_state: Some(reader.byte()?)
                .filter(|level| *level <= ImpactState::Down.level())
                .map(ImpactState::from_level)
                .ok_or(PackError)?,
            next: Vec::read(reader)?,
        })
    }
}
