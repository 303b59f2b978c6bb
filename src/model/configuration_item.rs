//! The configuration item: anything under configuration management.

use jiff::Timestamp;

use super::packed::{PackError, Reader, Writer};
use super::{Attributes, CiId, CiTypeId, LifecycleStage, Revision, SourceId, Standing, Validity};

/// When something was last written, in both of the estate's clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// The commit.
    pub revision: Revision,
    /// Its time.
    pub at: Timestamp,
}

/// One source's knowledge of a CI: under which key, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The source.
    pub source: SourceId,
    /// The source's own key for the CI, unique within the source; empty for one without.
    pub native_key: Box<str>,
    /// When the source first spoke of the CI, to the second.
    pub first_seen: Timestamp,
}

/// A configuration item, immutable. There may be millions, so its texts are packed into one block;
/// [`CiFields`] is the form with public fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigurationItem {
    id: CiId,
    created: Stamp,
    changed: Stamp,
    attributes: Attributes,
    /// Name, tags and origins, packed.
    texts: Box<[u8]>,
    rare: Option<Box<Rare>>,
    ci_type: CiTypeId,
    stage: LifecycleStage,
    stage_assumed: bool,
}

/// What few CIs have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Rare {
    validity: Option<Validity>,
    standing: Standing,
}

impl Rare {
    fn new(validity: Option<Validity>, standing: Standing) -> Option<Box<Self>> {
        let rare = Self { validity, standing };
        (rare != Self::default()).then(|| Box::new(rare))
    }
}

/// The fields of a [`ConfigurationItem`], open to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CiFields {
    /// Its identity.
    pub id: CiId,
    /// Its type.
    pub ci_type: CiTypeId,
    /// Its name.
    pub name: String,
    /// Where it stands in its life.
    pub stage: LifecycleStage,
    /// Whether the first of its sources has said nothing of the stage. Where no claim says it either, it is
    /// assumed.
    pub stage_assumed: bool,
    /// Labels, sorted, each once.
    pub tags: Vec<String>,
    /// Its attributes.
    pub attributes: Attributes,
    /// Who knows it, by source and key.
    pub origins: Vec<Origin>,
    /// When it holds; `None`: always.
    pub validity: Option<Validity>,
    /// What is known of its sources beyond what is in effect.
    pub standing: Standing,
    /// When it was first written.
    pub created: Stamp,
    /// When it was last written.
    pub changed: Stamp,
}

/// A [`ConfigurationItem`] whose texts are still packed, as the store keeps it.
#[derive(Clone, Debug)]
pub struct PackedCi<'a> {
    /// Its identity.
    pub id: CiId,
    /// Its type.
    pub ci_type: CiTypeId,
    /// Where it stands in its life.
    pub stage: LifecycleStage,
    /// Whether the first of its sources has said nothing of that.
    pub stage_assumed: bool,
    /// Its attributes.
    pub attributes: Attributes,
    /// Name, tags and origins, as [`ConfigurationItem::packed_texts`] gave them.
    pub texts: &'a [u8],
    /// When it holds; `None`: always.
    pub validity: Option<Validity>,
    /// What is known of its sources beyond what is in effect.
    pub standing: Standing,
    /// When it was first written.
    pub created: Stamp,
    /// When it was last written.
    pub changed: Stamp,
}

impl ConfigurationItem {
    /// Packs the fields. Tags and origins are put in order.
    pub fn new(mut fields: CiFields) -> Self {
        fields.tags.sort();
        fields.tags.dedup();
        fields
            .origins
            .sort_by(|a, b| (a.source, &a.native_key).cmp(&(b.source, &b.native_key)));
        let mut writer = Writer::default();
        writer.text(&fields.name);
        writer.number(fields.tags.len() as u64);
        for tag in &fields.tags {
            writer.text(tag);
        }
        for origin in &fields.origins {
            writer.number(u64::from(origin.source.number()));
            writer.second(origin.first_seen);
            writer.text(&origin.native_key);
        }
        Self {
            id: fields.id,
            created: fields.created,
            changed: fields.changed,
            attributes: fields.attributes,
            texts: writer.finish(),
            rare: Rare::new(fields.validity, fields.standing),
            ci_type: fields.ci_type,
            stage: fields.stage,
            stage_assumed: fields.stage_assumed,
        }
    }

    /// A CI from blocks packed before, as read from a file: the texts are checked and taken as they
    /// are. The attributes were checked by [`Attributes::from_packed`].
    pub fn from_packed(packed: PackedCi<'_>) -> Result<Self, PackError> {
        check_texts(packed.texts)?;
        Ok(Self {
            id: packed.id,
            created: packed.created,
            changed: packed.changed,
            attributes: packed.attributes,
            texts: packed.texts.into(),
            rare: Rare::new(packed.validity, packed.standing),
            ci_type: packed.ci_type,
            stage: packed.stage,
            stage_assumed: packed.stage_assumed,
        })
    }

    /// The same CI with public fields.
    pub fn to_fields(&self) -> CiFields {
        CiFields {
            id: self.id,
            ci_type: self.ci_type,
            name: self.name().to_owned(),
            stage: self.stage,
            stage_assumed: self.stage_assumed,
            tags: self.tags().map(str::to_owned).collect(),
            attributes: self.attributes.clone(),
            origins: self.origins().collect(),
            validity: self.validity(),
            standing: self.standing().cloned().unwrap_or_default(),
            created: self.created,
            changed: self.changed,
        }
    }

    /// Unpacks texts packed by [`ConfigurationItem::packed_texts`] to name, tags and origins.
    pub fn unpack_texts(texts: &[u8]) -> Result<(String, Vec<String>, Vec<Origin>), PackError> {
        let mut reader = Reader::new(texts);
        let name = reader.text()?.to_owned();
        let mut tags = Vec::new();
        for _ in 0..reader.number()? {
            tags.push(reader.text()?.to_owned());
        }
        let mut origins = Vec::new();
        while !reader.is_empty() {
            origins.push(read_origin(&mut reader)?);
        }
        Ok((name, tags, origins))
    }

    /// Name, tags and origins as packed bytes, for the store.
    pub fn packed_texts(&self) -> &[u8] {
        &self.texts
    }

    /// Its identity.
    pub fn id(&self) -> CiId {
        self.id
    }

    /// Its type.
    pub fn ci_type(&self) -> CiTypeId {
        self.ci_type
    }

    /// Its name.
    pub fn name(&self) -> &str {
        // The texts were packed by `new`, so the name is there.
        Reader::new(&self.texts).text().unwrap_or_default()
    }

    /// Where it stands in its life.
    pub fn stage(&self) -> LifecycleStage {
        self.stage
    }

    /// Whether the first of its sources has said nothing of the stage.
    pub fn stage_assumed(&self) -> bool {
        self.stage_assumed
    }

    /// Its labels, sorted.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        let (reader, count) = self.at_tags();
        Tags { reader, left: count }
    }

    /// Its attributes.
    pub fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    /// Who knows it, by source and key.
    pub fn origins(&self) -> impl Iterator<Item = Origin> + '_ {
        let mut reader = self.at_origins();
        // The texts were packed by `new` or checked, so reading ends only at their end.
        std::iter::from_fn(move || read_origin(&mut reader).ok())
    }

    /// The keys under which sources know it, as [`ConfigurationItem::origins`] has them.
    pub fn native_keys(&self) -> impl Iterator<Item = (SourceId, &str)> {
        let mut reader = self.at_origins();
        std::iter::from_fn(move || {
            let source = SourceId::new(reader.small().ok()?);
            reader.second().ok()?;
            Some((source, reader.text().ok()?))
        })
    }

    /// When it holds; `None`: always.
    pub fn validity(&self) -> Option<Validity> {
        self.rare.as_ref()?.validity
    }

    /// What is known of its sources beyond what is in effect; `None`: nothing.
    pub fn standing(&self) -> Option<&Standing> {
        let standing = self.rare.as_deref().map(|rare| &rare.standing);
        standing.filter(|standing| !standing.is_empty())
    }

    /// Whether every source that knew it has stopped speaking of it.
    pub fn is_stale(&self) -> bool {
        self.standing().is_some_and(|standing| {
            let mut origins = self.origins();
            origins.all(|origin| standing.stale_since(origin.source).is_some()) && !standing.stale.is_empty()
        })
    }

    /// When it was first written.
    pub fn created(&self) -> Stamp {
        self.created
    }

    /// When it was last written.
    pub fn changed(&self) -> Stamp {
        self.changed
    }

    /// A reader behind the tags.
    fn at_origins(&self) -> Reader<'_> {
        let (mut reader, count) = self.at_tags();
        for _ in 0..count {
            if reader.block().is_err() {
                break;
            }
        }
        reader
    }

    /// A reader behind the name, and the number of tags.
    fn at_tags(&self) -> (Reader<'_>, u64) {
        let mut reader = Reader::new(&self.texts);
        let count = reader.block().and_then(|_| reader.number()).unwrap_or(0);
        (reader, count)
    }
}

struct Tags<'a> {
    reader: Reader<'a>,
    left: u64,
}

impl<'a> Iterator for Tags<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        self.left = self.left.checked_sub(1)?;
        self.reader.text().ok()
    }
}

/// Refuses what [`ConfigurationItem::unpack_texts`] refuses, without building anything.
fn check_texts(texts: &[u8]) -> Result<(), PackError> {
    let mut reader = Reader::new(texts);
    reader.text()?;
    for _ in 0..reader.number()? {
        reader.text()?;
    }
    while !reader.is_empty() {
        reader.small()?;
        reader.second()?;
        reader.text()?;
    }
    Ok(())
}

fn read_origin(reader: &mut Reader<'_>) -> Result<Origin, PackError> {
    Ok(Origin {
        source: SourceId::new(reader.small()?),
        first_seen: reader.second()?,
        native_key: reader.text()?.into(),
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_ci_unpacks_to_the_fields_it_was_made_of() {
        let at = Timestamp::from_second(1_700_000_000).expect("in range");
        let stamp = Stamp {
            revision: Revision::new(7),
            at,
        };
        let origin = |source, key: &str| Origin {
            source: SourceId::new(source),
            native_key: key.into(),
            first_seen: at,
        };
        let fields = CiFields {
            id: CiId::from_uuid(Uuid::from_u128(1)),
            ci_type: CiTypeId::new(3),
            name: "shop-web-01".to_owned(),
            stage: LifecycleStage::Maintenance,
            stage_assumed: true,
            tags: vec!["dc:north".to_owned(), "pci".to_owned()],
            attributes: Attributes::default(),
            origins: vec![origin(1, "vm-0017"), origin(1, "vm-0018"), origin(200, "")],
            validity: None,
            standing: Standing::default(),
            created: stamp,
            changed: stamp,
        };
        let ci = ConfigurationItem::new(fields.clone());
        assert_eq!(ci.to_fields(), fields);
        assert_eq!(ci.name(), "shop-web-01");
        let unpacked = ConfigurationItem::unpack_texts(ci.packed_texts());
        assert_eq!(unpacked, Ok((fields.name, fields.tags, fields.origins)));
    }
}
