//! What a source says: one record of a payload, before anybody knows which CI it speaks of.

use crate::app::ErrorCode;

use super::payload::{CiRecord, GroupRecord, RelationshipRecord};

/// Where a record stands in its stream. Of a document, which has no records by line, both fields are
/// the number of the record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line it starts on, from 1.
    pub line: u64,
    /// The bytes of the stream before it.
    pub offset: u64,
}

/// One record of a payload: what it says, or why it says nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// Where it stands.
    pub position: Position,
    /// What it says.
    pub observed: Observed,
    /// What is worth knowing of it, though it says something.
    pub warnings: Vec<Warning>,
}

impl Observation {
    /// A record of which there is nothing else to say.
    pub fn new(position: Position, observed: Observed) -> Self {
        Self {
            position,
            observed,
            warnings: Vec::new(),
        }
    }
}

/// Something worth knowing of a record or payload that does not keep it from being taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The kind of warning: `SECRET_DROPPED`, `IGNORED`.
    pub code: &'static str,
    /// What there is to know, for people.
    pub message: String,
    /// The field it is about.
    pub field: Option<String>,
}

/// What a record says. All formats speak in the records of the native payload.
#[derive(Clone, Debug, PartialEq)]
pub enum Observed {
    /// A CI.
    Ci(Box<CiRecord>),
    /// A relationship.
    Relationship(Box<RelationshipRecord>),
    /// A redundancy group.
    Group(Box<GroupRecord>),
    /// The text of a catalog file to define.
    Catalog(String),
    /// Nothing that can be understood.
    Unreadable(Unreadable),
}

/// A record that could not be read, with all that is wrong with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Unreadable {
    /// What it would have been, where that much could be told.
    pub kind: Option<RecordKind>,
    /// The key of the CI, where that much could be told.
    pub key: Option<String>,
    /// What is wrong; never empty.
    pub problems: Vec<Problem>,
}

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKind {
    /// A CI.
    Ci,
    /// A relationship.
    Relationship,
    /// A redundancy group.
    Group,
    /// A part of the catalog.
    Catalog,
}

impl RecordKind {
    /// The word in payloads and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ci => "ci",
            Self::Relationship => "relationship",
            Self::Group => "group",
            Self::Catalog => "catalog",
        }
    }
}

/// One thing that is wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The kind of error.
    pub code: ErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// The field it is about.
    pub field: Option<String>,
    /// The value it is about, cut to [`VALUE_BYTES_MAX`].
    pub value: Option<String>,
}

/// Longest value that a report repeats, in bytes: enough to recognise it.
pub const VALUE_BYTES_MAX: usize = 200;

impl Problem {
    /// A problem of a whole record.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            field: None,
            value: None,
        }
    }

    /// The same problem, of one field.
    #[must_use]
    pub fn of_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// The same problem, of one value.
    #[must_use]
    pub fn of_value(mut self, value: &str) -> Self {
        self.value = Some(shorten(value).to_owned());
        self
    }
}

/// The start of a text, at most [`VALUE_BYTES_MAX`] bytes.
pub fn shorten(text: &str) -> &str {
    let mut end = text.len().min(VALUE_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
