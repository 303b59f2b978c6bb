//! Records that speak of what is not recorded yet: kept aside, compactly, until the payload's end.

use std::collections::VecDeque;

use crate::ingest::observation::{Observation, Observed, Position};
use crate::ingest::payload::{GroupRecord, RelationshipRecord};
use crate::ingest::reconcile;

/// Most memory for records kept aside, in bytes: about a million plain relationships.
pub const DEFERRED_BYTES_MAX: usize = 128 * 1024 * 1024;

/// About what a record costs besides its texts.
const RECORD_BYTES: usize = 64;

/// Records kept aside, groups apart: relationships may name them.
#[derive(Debug, Default)]
pub struct Deferred {
    groups: VecDeque<(Position, GroupRecord)>,
    plain: VecDeque<Plain>,
    detailed: VecDeque<(Position, RelationshipRecord)>,
    bytes: usize,
}

/// A relationship of which nothing is stated but type, ends and qualifier.
#[derive(Debug)]
struct Plain {
    position: Position,
    /// From, type, to and qualifier, one behind the other.
    texts: Box<str>,
    ends: [u32; 3],
}

impl Deferred {
    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.plain.is_empty() && self.detailed.is_empty()
    }

    /// How many records are kept.
    pub fn len(&self) -> usize {
        self.groups.len() + self.plain.len() + self.detailed.len()
    }

    /// Whether there is room for more.
    pub fn has_room(&self) -> bool {
        self.bytes < DEFERRED_BYTES_MAX
    }

    /// Keeps a group.
    pub fn keep_group(&mut self, position: Position, record: GroupRecord) {
        let texts: usize = record.members.iter().map(|member| member.ci.len() + RECORD_BYTES).sum();
        self.bytes += texts + record.consumer.len() + 4 * RECORD_BYTES;
        self.groups.push_back((position, record));
    }

    /// Keeps a relationship.
    pub fn keep_relationship(&mut self, position: Position, record: RelationshipRecord) {
        let texts = [&*record.from, &record.relationship_type, &record.to, &record.qualifier];
        let length: usize = texts.iter().map(|text| text.len()).sum();
        self.bytes += length + RECORD_BYTES;
        if let Some(plain) = Plain::new(position, texts).filter(|_| reconcile::is_plain(&record)) {
            self.plain.push_back(plain);
        } else {
            let attributes = record.attributes.iter();
            let attributes = attributes.map(|(name, input)| name.len() + input_bytes(input));
            self.bytes += 6 * RECORD_BYTES + attributes.sum::<usize>();
            self.detailed.push_back((position, record));
        }
    }

    /// Takes up to so many records back, groups before relationships.
    pub fn take(&mut self, count: usize) -> Vec<Observation> {
        let groups = self.groups.drain(..count.min(self.groups.len()));
        let mut taken: Vec<Observation> = groups
            .map(|(position, record)| Observation::new(position, Observed::Group(Box::new(record))))
            .collect();
        let left = (count - taken.len()).min(self.plain.len());
        taken.extend(self.plain.drain(..left).map(Plain::into_observation));
        let left = (count - taken.len()).min(self.detailed.len());
        let detailed = self.detailed.drain(..left);
        taken.extend(
            detailed.map(|(position, record)| Observation::new(position, Observed::Relationship(Box::new(record)))),
        );
        taken
    }
}

impl Plain {
    fn new(position: Position, texts: [&str; 4]) -> Option<Self> {
        let mut ends = [0; 3];
        let mut length = 0;
        for (end, text) in ends.iter_mut().zip(texts) {
            length += text.len();
            *end = u32::try_from(length).ok()?;
        }
        Some(Self {
            position,
            texts: texts.concat().into_boxed_str(),
            ends,
        })
    }

    fn into_observation(self) -> Observation {
        let [from, relationship_type, to] = self.ends.map(|end| end as usize);
        let record = RelationshipRecord {
            from: self.texts[..from].to_owned(),
            relationship_type: self.texts[from..relationship_type].to_owned(),
            to: self.texts[relationship_type..to].to_owned(),
            qualifier: self.texts[to..].to_owned(),
            ..RelationshipRecord::default()
        };
        Observation::new(self.position, Observed::Relationship(Box::new(record)))
    }
}

fn input_bytes(input: &crate::model::Input) -> usize {
    use crate::model::Input;
    32 + match input {
        Input::Null | Input::Boolean(_) => 0,
        Input::Number(text) | Input::Text(text) => text.len(),
        Input::List(values) => values.iter().map(input_bytes).sum(),
        Input::Object(fields) => fields.iter().map(|(name, value)| name.len() + input_bytes(value)).sum(),
    }
}
