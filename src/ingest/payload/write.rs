//! From a [`Record`] to its line.

#![expect(clippy::option_option, reason = "a field may be absent, null, or have a value")]

use std::io::{self, Write};

use jiff::Timestamp;

use crate::model::command::NewPin;
use crate::model::{Input, Strength, Threshold};

use super::{CiRecord, GroupRecord, HeaderRecord, IngestMode, MemberRecord, Record, RelatedRecord, RelationshipRecord};

/// Writes a record as one line with its line feed.
pub fn write_line(out: &mut impl Write, record: &Record) -> io::Result<()> {
    match record {
        Record::Header(header) => return write_header(out, header),
        Record::Ci(ci) => wrapped(out, "ci", |object| ci_fields(object, ci)),
        Record::Relationship(relationship) => {
            wrapped(out, "relationship", |object| relationship_fields(object, relationship))
        }
        Record::Group(group) => wrapped(out, "group", |object| group_fields(object, group)),
        Record::Catalog(catalog) => {
            out.write_all(b"{\"catalog\":")?;
            text(out, catalog)
        }
    }?;
    out.write_all(b"}\n")
}

/// Writes a payload's first line.
pub fn write_header(out: &mut impl Write, header: &HeaderRecord) -> io::Result<()> {
    let mut object = Object::open(out)?;
    object.text("source", header.source.as_deref())?;
    object.text("feed", header.feed.as_deref())?;
    object.text("scope", header.scope.as_deref())?;
    object.moment("observed_at", header.observed_at.map(Some))?;
    object.text("mode", header.mode.map(IngestMode::as_str))?;
    object.close()?;
    out.write_all(b"\n")
}

fn wrapped<W: Write>(
    out: &mut W,
    name: &str,
    fields: impl FnOnce(&mut Object<'_, W>) -> io::Result<()>,
) -> io::Result<()> {
    write!(out, "{{\"{name}\":")?;
    let mut object = Object::open(out)?;
    fields(&mut object)?;
    object.close()
}

fn ci_fields<W: Write>(object: &mut Object<'_, W>, ci: &CiRecord) -> io::Result<()> {
    object.shown("id", ci.id)?;
    object.text("key", ci.key.as_deref())?;
    object.text("type", Some(&ci.ci_type))?;
    object.text("name", ci.name.as_deref())?;
    object.text("stage", ci.stage.map(crate::model::LifecycleStage::as_str))?;
    object.attributes(&ci.attributes)?;
    if let Some(tags) = &ci.tags {
        list(object.field("tags")?, tags, |out, tag| text(out, tag))?;
    }
    object.text("host", ci.host.as_deref())?;
    if !ci.related.is_empty() {
        list(object.field("related")?, &ci.related, related)?;
    }
    object.moment("valid_from", ci.valid_from)?;
    object.moment("valid_to", ci.valid_to)?;
    if !ci.aliases.is_empty() {
        list(object.field("aliases")?, &ci.aliases, |out, alias| {
            write!(out, "\"{alias}\"")
        })?;
    }
    if !ci.pins.is_empty() {
        list(object.field("pins")?, &ci.pins, pin)?;
    }
    object.moment("observed_at", ci.observed_at.map(Some))
}

fn pin<W: Write>(out: &mut W, pin: &NewPin) -> io::Result<()> {
    let mut object = Object::open(out)?;
    object.text("attribute", Some(&pin.attribute))?;
    object.moment("at", pin.at.map(Some))?;
    object.text("by", pin.by.as_deref())?;
    object.close()
}

fn related<W: Write>(out: &mut W, related: &RelatedRecord) -> io::Result<()> {
    let mut object = Object::open(out)?;
    object.text("type", Some(&related.ci_type))?;
    object.text("name", related.name.as_deref())?;
    object.attributes(&related.attributes)?;
    object.close()
}

fn relationship_fields<W: Write>(object: &mut Object<'_, W>, relationship: &RelationshipRecord) -> io::Result<()> {
    object.text("from", Some(&relationship.from))?;
    object.text("type", Some(&relationship.relationship_type))?;
    object.text("to", Some(&relationship.to))?;
    object.text(
        "qualifier",
        Some(relationship.qualifier.as_str()).filter(|text| !text.is_empty()),
    )?;
    object.strength("forward", relationship.forward)?;
    object.strength("reverse", relationship.reverse)?;
    if let Some(weight) = relationship.weight {
        write!(object.field("weight")?, "{}", weight.get())?;
    }
    if let Some(group) = &relationship.group {
        let out = object.field("group")?;
        match group {
            None => null(out)?,
            Some(group) => text(out, group)?,
        }
    }
    object.attributes(&relationship.attributes)?;
    object.moment("valid_from", relationship.valid_from)?;
    object.moment("valid_to", relationship.valid_to)?;
    object.moment("observed_at", relationship.observed_at.map(Some))
}

fn group_fields<W: Write>(object: &mut Object<'_, W>, group: &GroupRecord) -> io::Result<()> {
    object.shown("id", group.id)?;
    object.text("key", group.key.as_deref())?;
    object.text("name", Some(&group.name))?;
    object.text("consumer", Some(&group.consumer))?;
    list(object.field("members")?, &group.members, member)?;
    object.threshold("up_min", group.up_min)?;
    object.threshold("capacity_min", group.capacity_min)?;
    object.threshold("spare_min", group.spare_min)?;
    object.strength("strength", group.strength.map(Some))?;
    if group.grounded {
        object.field("grounded")?.write_all(b"true")?;
    }
    object.moment("valid_from", group.valid_from.map(Some))?;
    object.moment("valid_to", group.valid_to.map(Some))
}

fn member<W: Write>(out: &mut W, member: &MemberRecord) -> io::Result<()> {
    if member.weight.is_none() && member.strength.is_none() {
        return text(out, &member.ci);
    }
    let mut object = Object::open(out)?;
    object.text("ci", Some(&member.ci))?;
    if let Some(weight) = member.weight {
        write!(object.field("weight")?, "{}", weight.get())?;
    }
    object.strength("strength", member.strength.map(Some))?;
    object.close()
}

/// A JSON object being written: what is absent is left out.
struct Object<'o, W> {
    out: &'o mut W,
    first: bool,
}

impl<'o, W: Write> Object<'o, W> {
    fn open(out: &'o mut W) -> io::Result<Self> {
        out.write_all(b"{")?;
        Ok(Self { out, first: true })
    }

    fn close(self) -> io::Result<()> {
        self.out.write_all(b"}")
    }

    /// Writes a name that needs no escapes, and gives the place for its value.
    fn field(&mut self, name: &str) -> io::Result<&mut W> {
        if !std::mem::take(&mut self.first) {
            self.out.write_all(b",")?;
        }
        self.out.write_all(b"\"")?;
        self.out.write_all(name.as_bytes())?;
        self.out.write_all(b"\":")?;
        Ok(self.out)
    }

    fn text(&mut self, name: &str, value: Option<&str>) -> io::Result<()> {
        value.map_or(Ok(()), |value| text(self.field(name)?, value))
    }

    fn shown(&mut self, name: &str, value: Option<impl std::fmt::Display>) -> io::Result<()> {
        value.map_or(Ok(()), |value| write!(self.field(name)?, "\"{value}\""))
    }

    fn moment(&mut self, name: &str, moment: Option<Option<Timestamp>>) -> io::Result<()> {
        match moment {
            None => Ok(()),
            Some(None) => null(self.field(name)?),
            Some(Some(moment)) => write!(self.field(name)?, "\"{moment}\""),
        }
    }

    fn strength(&mut self, name: &str, strength: Option<Option<Strength>>) -> io::Result<()> {
        match strength {
            None => Ok(()),
            Some(None) => null(self.field(name)?),
            Some(Some(strength)) => write!(self.field(name)?, "\"{strength}\""),
        }
    }

    fn threshold(&mut self, name: &str, threshold: Option<Threshold>) -> io::Result<()> {
        match threshold {
            None => Ok(()),
            Some(Threshold::Count(count)) => write!(self.field(name)?, "{count}"),
            Some(percent @ Threshold::Percent(_)) => write!(self.field(name)?, "\"{percent}\""),
        }
    }

    fn attributes(&mut self, attributes: &[(String, Input)]) -> io::Result<()> {
        if attributes.is_empty() {
            return Ok(());
        }
        entries(self.field("attributes")?, attributes)
    }
}

fn value<W: Write>(out: &mut W, input: &Input) -> io::Result<()> {
    match input {
        Input::Null => null(out),
        Input::Boolean(value) => write!(out, "{value}"),
        Input::Number(digits) => out.write_all(digits.as_bytes()),
        Input::Text(value) => text(out, value),
        Input::List(values) => list(out, values, value),
        Input::Object(object) => entries(out, object),
    }
}

fn entries<W: Write>(out: &mut W, object: &[(String, Input)]) -> io::Result<()> {
    out.write_all(b"{")?;
    for (index, (name, input)) in object.iter().enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        text(out, name)?;
        out.write_all(b":")?;
        value(out, input)?;
    }
    out.write_all(b"}")
}

fn list<W: Write, T>(out: &mut W, items: &[T], each: impl Fn(&mut W, &T) -> io::Result<()>) -> io::Result<()> {
    out.write_all(b"[")?;
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        each(out, item)?;
    }
    out.write_all(b"]")
}

fn null(out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"null")
}

fn text(out: &mut impl Write, text: &str) -> io::Result<()> {
    serde_json::to_writer(out, text).map_err(io::Error::from)
}
