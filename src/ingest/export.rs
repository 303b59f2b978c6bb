//! The estate as native payloads, which ingest takes back into an equal estate.
//!
//! Written in one order whatever the history of the estate: the catalog, CIs by id, groups by id,
//! relationships by their ends. A payload has one source, so an estate that several sources speak of
//! becomes several payloads, one behind the other, each begun by its header. What sources may do, and
//! whose word counts, comes last, so that it does not stand in the way of what they have done.

use std::io::{self, Write};
use std::sync::Arc;

use super::payload::{
    CiRecord, GroupRecord, HeaderRecord, MemberRecord, Record, RelationshipRecord, write_header, write_line,
};
use crate::app::DERIVED;
use crate::graph::{Estate, RelationshipRef, Slot};
use crate::model::command::NewPin;
use crate::model::definition::AttributeDefinition;
use crate::model::{
    Attribute, AttributeId, ConfigurationItem, Input, LifecycleStage, Origin, Pin, RedundancyGroup, Source, SourceId,
    Strength,
};

/// What an export holds, and what it leaves out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExportCounts {
    /// Configuration items.
    pub cis: u64,
    /// Redundancy groups.
    pub groups: u64,
    /// Relationships.
    pub relationships: u64,
}

/// How many attributes [`export`] leaves out because their values are secret.
pub fn secrets(estate: &Estate) -> u64 {
    let of_cis = estate.slots_by_id().iter().map(|slot| {
        let ci = estate.ci_at(*slot);
        let secret = |attribute: &Attribute| is_secret(ci_definition(estate, ci, attribute.id));
        ci.attributes().iter().filter(secret).count() as u64
    });
    let of_relationships = estate.relationships().map(|relationship| {
        let attributes = relationship.attributes();
        let secret = |attribute: &Attribute| is_secret(relationship_definition(estate, relationship, attribute.id));
        attributes.iter().filter(secret).count() as u64
    });
    of_cis.sum::<u64>() + of_relationships.sum::<u64>()
}

/// Writes an estate. Takes time in proportion to the estate and its number of sources, and no memory.
pub fn export(estate: &Estate, out: &mut impl Write) -> io::Result<ExportCounts> {
    let mut sources: Vec<_> = estate.sources().collect();
    sources.sort_by_key(|source| source.called());
    let mut exporter = Exporter {
        estate,
        out,
        counts: ExportCounts::default(),
        speaking: None,
        catalog_written: false,
    };
    for source in &sources {
        exporter.cis(source.id)?;
    }
    exporter.groups()?;
    for source in &sources {
        exporter.relationships(source.id)?;
    }
    for source in &sources {
        exporter.disposals(source.id)?;
    }
    if let Some(source) = sources.first() {
        exporter.admission(source.id)?;
    }
    exporter.out.flush()?;
    Ok(exporter.counts)
}

struct Exporter<'a, W> {
    estate: &'a Estate,
    out: &'a mut W,
    counts: ExportCounts,
    /// Whose payload is being written.
    speaking: Option<SourceId>,
    catalog_written: bool,
}

impl<W: Write> Exporter<'_, W> {
    /// Begins the payload of a source, unless it is the present one.
    fn speak_as(&mut self, source: SourceId) -> io::Result<()> {
        if self.speaking == Some(source) {
            return Ok(());
        }
        self.speaking = Some(source);
        let stated = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let speaker = self.estate.source(source);
        let header = HeaderRecord {
            source: speaker.map(|source| source.name.to_string()),
            feed: speaker.and_then(|source| stated(&source.feed)),
            scope: speaker.and_then(|source| stated(&source.scope)),
            ..HeaderRecord::default()
        };
        write_header(self.out, &header)?;
        if !std::mem::replace(&mut self.catalog_written, true) {
            let catalog = self.estate.catalog().render_without_admission();
            write_line(self.out, &Record::Catalog(catalog))?;
        }
        Ok(())
    }

    /// The rules of admission, in a payload of its own behind all others: what is exported was let in,
    /// and counts, and must not be judged again when it is taken in.
    fn admission(&mut self, source: SourceId) -> io::Result<()> {
        let rules = self.estate.catalog().render_admission();
        if rules.is_empty() || !self.catalog_written {
            return Ok(());
        }
        self.speaking = None;
        self.speak_as(source)?;
        write_line(self.out, &Record::Catalog(rules))
    }

    /// The CIs that a source knows: in full from the first of their sources, with their key only
    /// from the others.
    fn cis(&mut self, source: SourceId) -> io::Result<()> {
        for slot in self.estate.slots_by_id() {
            let ci = self.estate.ci_at(*slot);
            for (place, origin) in self.origins(ci).iter().enumerate() {
                if origin.source == source {
                    self.speak_as(source)?;
                    let record = match place {
                        0 => self.ci(ci, origin),
                        _ => self.ci_in_short(ci, origin),
                    };
                    write_line(self.out, &Record::Ci(record))?;
                    self.counts.cis += u64::from(place == 0);
                }
            }
        }
        Ok(())
    }

    /// Who knows a CI, by the name of the source.
    fn origins(&self, ci: &ConfigurationItem) -> Vec<Origin> {
        let mut origins: Vec<Origin> = ci.origins().collect();
        let name = |origin: &Origin| self.estate.source(origin.source).map(Source::called);
        origins.sort_by(|a, b| (name(a), &a.native_key).cmp(&(name(b), &b.native_key)));
        origins
    }

    fn ci_in_short(&self, ci: &ConfigurationItem, origin: &Origin) -> CiRecord {
        let ci_type = self.estate.catalog().ci_type(ci.ci_type());
        CiRecord {
            id: Some(ci.id()),
            key: Some(origin.native_key.to_string()).filter(|key| !key.is_empty()),
            ci_type: ci_type.map(|found| found.name.to_string()).unwrap_or_default(),
            ..CiRecord::default()
        }
    }

    fn ci(&self, ci: &ConfigurationItem, origin: &Origin) -> CiRecord {
        let attributes = ci.attributes().iter();
        // What is disposed of takes no relationships: it gets its last stage at the very end.
        let stage = if ci.stage() == LifecycleStage::Disposed {
            LifecycleStage::Retired
        } else {
            ci.stage()
        };
        CiRecord {
            name: Some(ci.name().to_owned()),
            // Nobody said it, so nobody says it where this is read.
            stage: Some(stage).filter(|stage| !ci.stage_assumed() || *stage != LifecycleStage::default()),
            attributes: self.attributes(attributes, |id| ci_definition(self.estate, ci, id)),
            tags: Some(ci.tags().map(str::to_owned).collect()).filter(|tags: &Vec<String>| !tags.is_empty()),
            valid_from: ci.validity().and_then(|validity| validity.from()).map(Some),
            valid_to: ci.validity().and_then(|validity| validity.to()).map(Some),
            aliases: ci
                .standing()
                .map(|standing| standing.aliases.clone())
                .unwrap_or_default(),
            pins: if stage == ci.stage() { self.pins(ci) } else { Vec::new() },
            ..self.ci_in_short(ci, origin)
        }
    }

    /// What persons fixed. Not secret values: without the value, its pin would keep it from ever being
    /// filled again.
    fn pins(&self, ci: &ConfigurationItem) -> Vec<NewPin> {
        let pins = ci.standing().map_or(&[][..], |standing| &standing.pins);
        let shown = pins.iter().filter(|pin| {
            let is_field = pin.attribute.field().is_some();
            is_field || !is_secret(ci_definition(self.estate, ci, pin.attribute))
        });
        let pin = |pin: &Pin| {
            Some(NewPin {
                attribute: self.estate.catalog().claimed_name(pin.attribute)?.to_owned(),
                at: Some(pin.at),
                by: Some(pin.by.to_string()).filter(|by| !by.is_empty()),
            })
        };
        shown.filter_map(pin).collect()
    }

    /// Attributes by name, without the secret ones.
    fn attributes<'d>(
        &self,
        attributes: impl Iterator<Item = Attribute>,
        definition: impl Fn(AttributeId) -> Option<&'d Arc<AttributeDefinition>>,
    ) -> Vec<(String, Input)> {
        let shown = attributes.filter(|attribute| !is_secret(definition(attribute.id)));
        let mut named: Vec<(String, Input)> = shown
            .filter_map(|attribute| {
                let name = self.estate.catalog().attribute_name(attribute.id)?;
                Some((name.to_string(), attribute.value.to_input()))
            })
            .collect();
        named.sort_by(|a, b| a.0.cmp(&b.0));
        named
    }

    fn groups(&mut self) -> io::Result<()> {
        let mut groups: Vec<&Arc<RedundancyGroup>> = self.estate.groups().collect();
        groups.sort_by_key(|group| group.id);
        for group in groups {
            write_line(self.out, &Record::Group(group_record(group)))?;
            self.counts.groups += 1;
        }
        Ok(())
    }

    /// The relationships that a source spoke of first, by their ends.
    fn relationships(&mut self, source: SourceId) -> io::Result<()> {
        for slot in self.estate.slots_by_id() {
            let outgoing = self.estate.relationships_from(*slot);
            let mut records: Vec<RelationshipRecord> = outgoing
                .filter(|relationship| self.speaker(relationship) == Some(source))
                .map(|relationship| self.relationship(*slot, relationship))
                .collect();
            records.sort_by(|a, b| {
                let key = |record: &RelationshipRecord| {
                    (
                        record.relationship_type.clone(),
                        record.to.clone(),
                        record.qualifier.clone(),
                    )
                };
                key(a).cmp(&key(b))
            });
            for record in records {
                self.speak_as(source)?;
                write_line(self.out, &Record::Relationship(record))?;
                self.counts.relationships += 1;
            }
        }
        Ok(())
    }

    /// Who is to say a relationship: the first that is no rule. What only a rule says follows again from
    /// the catalog and the values, unless somebody has said more of it.
    fn speaker(&self, relationship: &RelationshipRef<'_>) -> Option<SourceId> {
        let is_rule = |source: SourceId| {
            let source = self.estate.source(source);
            source.is_some_and(|source| source.name.as_str() == DERIVED)
        };
        let first = relationship.source();
        if !is_rule(first) {
            return Some(first);
        }
        let also = relationship.also_said_by().iter().map(|said| said.source);
        let is_plain = relationship.forward().is_none()
            && relationship.reverse().is_none()
            && relationship.weight().get() == 1
            && relationship.group().is_none()
            && relationship.attributes().is_empty()
            && relationship.validity().is_none();
        let other = also.into_iter().find(|source| !is_rule(*source));
        other.or((!is_plain).then_some(first))
    }

    fn relationship(&self, from: Slot, relationship: RelationshipRef<'_>) -> RelationshipRecord {
        let definition = self
            .estate
            .catalog()
            .relationship_type(relationship.relationship_type());
        let attributes = relationship.attributes();
        let validity = relationship.validity();
        RelationshipRecord {
            from: self.estate.ci_id(from).to_string(),
            relationship_type: definition.map(|found| found.name.to_string()).unwrap_or_default(),
            to: self.estate.ci_id(relationship.to()).to_string(),
            qualifier: relationship.qualifier().to_owned(),
            forward: relationship.forward().map(Some),
            reverse: relationship.reverse().map(Some),
            weight: Some(relationship.weight()).filter(|weight| weight.get() != 1),
            group: relationship.group().map(|group| Some(group.to_string())),
            attributes: self.attributes(attributes.iter(), |id| {
                relationship_definition(self.estate, relationship, id)
            }),
            valid_from: validity.and_then(|validity| validity.from()).map(Some),
            valid_to: validity.and_then(|validity| validity.to()).map(Some),
            observed_at: None,
        }
    }

    /// The last stage of what is disposed of, in payloads of their own: within one payload CIs are
    /// taken before relationships. Pins come with it, for one of the stage would keep it out.
    fn disposals(&mut self, source: SourceId) -> io::Result<()> {
        self.speaking = None;
        for slot in self.estate.slots_by_id() {
            let ci = self.estate.ci_at(*slot);
            if ci.stage() != LifecycleStage::Disposed {
                continue;
            }
            if let Some(origin) = self.origins(ci).first().filter(|origin| origin.source == source) {
                self.speak_as(source)?;
                let record = CiRecord {
                    stage: Some(LifecycleStage::Disposed),
                    pins: self.pins(ci),
                    ..self.ci_in_short(ci, origin)
                };
                write_line(self.out, &Record::Ci(record))?;
            }
        }
        Ok(())
    }
}

fn group_record(group: &RedundancyGroup) -> GroupRecord {
    let member = |member: &crate::model::GroupMember| MemberRecord {
        ci: member.ci.to_string(),
        weight: Some(member.weight).filter(|weight| weight.get() != 1),
        strength: Some(member.strength).filter(|strength| *strength != Strength::DOWN),
    };
    GroupRecord {
        id: Some(group.id),
        key: None,
        name: group.name.to_string(),
        consumer: group.consumer.to_string(),
        members: group.members.iter().map(member).collect(),
        up_min: group.thresholds.up_min,
        capacity_min: group.thresholds.capacity_min,
        spare_min: group.thresholds.spare_min,
        strength: Some(group.strength).filter(|strength| *strength != Strength::DOWN),
        grounded: group.grounded,
        valid_from: group.validity.and_then(|validity| validity.from()),
        valid_to: group.validity.and_then(|validity| validity.to()),
    }
}

/// A value that no definition vouches for is treated as secret, as everywhere it is shown.
fn is_secret(definition: Option<&Arc<AttributeDefinition>>) -> bool {
    definition.is_none_or(|definition| definition.secret)
}

fn ci_definition<'a>(
    estate: &'a Estate,
    ci: &ConfigurationItem,
    id: AttributeId,
) -> Option<&'a Arc<AttributeDefinition>> {
    estate.catalog().attribute_by_id(ci.ci_type(), id)
}

fn relationship_definition<'a>(
    estate: &'a Estate,
    relationship: RelationshipRef<'_>,
    id: AttributeId,
) -> Option<&'a Arc<AttributeDefinition>> {
    let name = estate.catalog().attribute_name(id)?;
    estate
        .catalog()
        .relationship_attribute_of(relationship.relationship_type(), name.as_str())
}
