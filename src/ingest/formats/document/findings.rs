//! What an adapter finds in a document.

use serde_json::Value;

use crate::ingest::formats::Parsed;
use crate::ingest::observation::{Observation, Observed, Position, Problem, RecordKind, Unreadable, Warning};
use crate::ingest::payload::{CiRecord, GroupRecord, RelationshipRecord};
use crate::model::Input;

/// Warnings of one document that are kept; more are counted in the last one.
const WARNINGS_MAX: usize = 1_000;

/// Collects what a document says, in the order in which it says it.
#[derive(Debug)]
pub struct Findings<'n> {
    name: Option<&'n str>,
    found: Vec<Parsed>,
    records: u64,
    warnings: usize,
}

impl<'n> Findings<'n> {
    pub(in crate::ingest::formats) fn new(name: Option<&'n str>) -> Self {
        Self {
            name,
            found: Vec::new(),
            records: 0,
            warnings: 0,
        }
    }

    /// What the sender calls that which the document was taken from; see
    /// [`super::DocumentOptions::name`].
    pub fn name(&self) -> Option<&'n str> {
        self.name
    }

    /// A CI.
    pub fn ci(&mut self, record: CiRecord) {
        self.observed(Observed::Ci(Box::new(record)), Vec::new());
    }

    /// A CI of which there is more to know.
    pub fn ci_with(&mut self, record: CiRecord, warnings: Vec<Warning>) {
        self.observed(Observed::Ci(Box::new(record)), warnings);
    }

    /// A relationship of which nothing is said but its type and ends: keys of this document, or
    /// references.
    pub fn relationship(&mut self, from: impl Into<String>, relationship_type: &str, to: impl Into<String>) {
        self.relationship_record(RelationshipRecord {
            from: from.into(),
            relationship_type: relationship_type.to_owned(),
            to: to.into(),
            ..RelationshipRecord::default()
        });
    }

    /// A relationship.
    pub fn relationship_record(&mut self, record: RelationshipRecord) {
        self.observed(Observed::Relationship(Box::new(record)), Vec::new());
    }

    /// A redundancy group.
    pub fn group(&mut self, record: GroupRecord) {
        self.observed(Observed::Group(Box::new(record)), Vec::new());
    }

    /// Something that should have been a record and cannot be read.
    pub fn unreadable(&mut self, kind: RecordKind, key: Option<String>, problem: Problem) {
        let unreadable = Unreadable {
            kind: Some(kind),
            key,
            problems: vec![problem],
        };
        self.observed(Observed::Unreadable(unreadable), Vec::new());
    }

    /// Something worth knowing of the document as a whole: what was passed over, and why.
    pub fn warn(&mut self, code: &'static str, message: impl Into<String>) {
        self.warnings += 1;
        if self.warnings <= WARNINGS_MAX {
            self.found.push(Parsed::Warning(Warning {
                code,
                message: message.into(),
                field: None,
            }));
        }
    }

    /// Where the next record stands.
    pub(in crate::ingest::formats) fn next_position(&self) -> Position {
        Position {
            line: self.records + 1,
            offset: self.records + 1,
        }
    }

    pub(in crate::ingest::formats) fn observed(&mut self, observed: Observed, warnings: Vec<Warning>) {
        let position = self.next_position();
        self.records += 1;
        self.found.push(Parsed::Observation(Observation {
            position,
            observed,
            warnings,
        }));
    }

    pub(super) fn records(&self) -> u64 {
        self.records
    }

    pub(in crate::ingest::formats) fn into_found(mut self) -> Vec<Parsed> {
        if self.warnings > WARNINGS_MAX {
            self.found.push(Parsed::Warning(Warning {
                code: "WARNINGS_LEFT_OUT",
                message: format!("{} more warnings", self.warnings - WARNINGS_MAX),
                field: None,
            }));
        }
        self.found
    }
}

/// A JSON value as the value of an attribute.
impl From<&Value> for Input {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Boolean(*value),
            Value::Number(number) => Self::Number(number.to_string()),
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(values) => Self::List(values.iter().map(Self::from).collect()),
            Value::Object(fields) => Self::Object(
                fields
                    .iter()
                    .map(|(name, value)| (name.clone(), Self::from(value)))
                    .collect(),
            ),
        }
    }
}
