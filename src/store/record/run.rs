//! The stored form of the runs of sources.

use jiff::Timestamp;
use uuid::Uuid;

use super::Packed;
use crate::model::packed::{PackError, Reader, Writer};
use crate::model::run::{Run, RunCounts, RunState};
use crate::model::{Name, Revision, SourceName};

impl Packed for Run {
    fn write(&self, writer: &mut Writer) {
        self.source.name.write(writer);
        writer.text(&self.source.feed);
        writer.text(&self.source.scope);
        writer.text(&self.actor);
        writer.raw(&self.session.unwrap_or_default().into_bytes());
        writer.byte(self.state.number());
        self.began.write(writer);
        self.ended.write(writer);
        for count in numbers(&self.counts) {
            writer.number(count);
        }
        self.revision.write(writer);
        let (code, message) = self.error.clone().unwrap_or_default();
        writer.text(&code);
        writer.text(&message);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PackError> {
        let source = SourceName {
            name: Name::read(reader)?,
            feed: reader.text()?.into(),
            scope: reader.text()?.into(),
        };
        let actor = reader.text()?.into();
        let session = Uuid::from_bytes(reader.array()?);
        let state = RunState::from_number(reader.byte()?).ok_or(PackError)?;
        let (began, ended) = (Timestamp::read(reader)?, Timestamp::read(reader)?);
        let counts = RunCounts {
            records: reader.number()?,
            created: reader.number()?,
            updated: reader.number()?,
            unchanged: reader.number()?,
            refused: reader.number()?,
            warnings: reader.number()?,
            stale: reader.number()?,
            retired: reader.number()?,
            relationships_removed: reader.number()?,
        };
        let revision = Revision::read(reader)?;
        let (code, message): (Box<str>, Box<str>) = (reader.text()?.into(), reader.text()?.into());
        Ok(Self {
            source,
            actor,
            session: Some(session).filter(|session| !session.is_nil()),
            state,
            began,
            ended,
            counts,
            revision,
            error: (!code.is_empty()).then_some((code, message)),
        })
    }
}

fn numbers(counts: &RunCounts) -> [u64; 9] {
    [
        counts.records,
        counts.created,
        counts.updated,
        counts.unchanged,
        counts.refused,
        counts.warnings,
        counts.stale,
        counts.retired,
        counts.relationships_removed,
    ]
}
