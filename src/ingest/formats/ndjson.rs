//! The native format: one JSON record a line.

use std::error::Error;

use crate::app::ErrorCode;
use crate::ingest::observation::{Observation, Observed, Position, Problem, RecordKind, Unreadable};
use crate::ingest::payload::{HeaderRecord, PayloadError, Record, parse_line};

use super::lines::{Line, Lines};
use super::{Parsed, invalid_utf8, line_too_long};

/// A parser of NDJSON. A line that is wrong is reported and passed over.
#[derive(Debug)]
pub struct NdjsonParser {
    lines: Lines,
    limit: usize,
    /// Whether a line that was not blank has been seen: a header comes before all.
    begun: bool,
}

impl NdjsonParser {
    /// A parser at the start of a stream.
    pub fn new(line_bytes_max: usize) -> Self {
        Self {
            lines: Lines::new(line_bytes_max),
            limit: line_bytes_max,
            begun: false,
        }
    }

    /// Takes the next piece of the stream.
    pub fn push(&mut self, piece: &[u8], found: &mut Vec<Parsed>) {
        let (limit, begun) = (self.limit, &mut self.begun);
        self.lines.push(piece, |position, line| {
            found.extend(read(position, &line, limit, begun));
        });
    }

    /// Says that the stream has ended.
    pub fn finish(&mut self, found: &mut Vec<Parsed>) {
        let (limit, begun) = (self.limit, &mut self.begun);
        self.lines
            .finish(|position, line| found.extend(read(position, &line, limit, begun)));
    }

    /// Lines begun so far.
    pub fn lines(&self) -> u64 {
        self.lines.line()
    }
}

fn read(position: Position, line: &Line<'_>, limit: usize, begun: &mut bool) -> Option<Parsed> {
    let text = match line {
        Line::TooLong => return Some(found(position, unreadable(None, line_too_long(position.line, limit)))),
        Line::Text(text) if text.iter().all(u8::is_ascii_whitespace) => return None,
        Line::Text(text) => text,
    };
    let first = !std::mem::replace(begun, true);
    match parse_line(text) {
        Ok(Record::Header(header)) if first => Some(Parsed::Header(header)),
        parsed => Some(found(position, observed(position, text, parsed))),
    }
}

/// What a record says that is no header, or why it says nothing.
pub(super) fn observed_in(position: Position, text: &[u8]) -> Observed {
    observed(position, text, parse_line(text))
}

fn observed(position: Position, text: &[u8], parsed: Result<Record, PayloadError>) -> Observed {
    match parsed {
        Ok(Record::Ci(record)) => Observed::Ci(Box::new(record)),
        Ok(Record::Relationship(record)) => Observed::Relationship(Box::new(record)),
        Ok(Record::Group(record)) => Observed::Group(Box::new(record)),
        Ok(Record::Catalog(text)) => Observed::Catalog(text),
        Ok(Record::Header(HeaderRecord { .. })) => {
            let message = "a header stands only in the first line";
            unreadable(None, Problem::new(ErrorCode::BadUserInput, message))
        }
        Err(error) => unreadable(kind_of(&error), problem(position, text, &error)),
    }
}

fn found(position: Position, observed: Observed) -> Parsed {
    Parsed::Observation(Observation::new(position, observed))
}

fn unreadable(kind: Option<RecordKind>, problem: Problem) -> Observed {
    Observed::Unreadable(Unreadable {
        kind,
        key: None,
        problems: vec![problem],
    })
}

/// The error with its place in the stream: a line of half a million is found by its number, a byte
/// in it by its offset.
fn problem(position: Position, text: &[u8], error: &PayloadError) -> Problem {
    match error {
        PayloadError::InvalidUtf8 { byte } => invalid_utf8(position.offset + *byte as u64),
        PayloadError::Json { column, message } => {
            let offset = position.offset + column.saturating_sub(1) as u64;
            let message = format!("not JSON at byte {offset} of the stream, column {column} of the line: {message}");
            let around = text.get(column.saturating_sub(20)..).unwrap_or_default();
            Problem::new(ErrorCode::MalformedJson, message)
                .of_value(&String::from_utf8_lossy(&around[..around.len().min(40)]))
        }
        PayloadError::NotARecord { .. }
        | PayloadError::UnknownField { .. }
        | PayloadError::RepeatedField { .. }
        | PayloadError::MissingField { .. }
        | PayloadError::WrongKind { .. }
        | PayloadError::Value { .. }
        | PayloadError::TooDeep { .. } => {
            let cause = error.source().map_or_else(String::new, |cause| format!(": {cause}"));
            let problem = Problem::new(error.code(), format!("{error}{cause}"));
            match field_of(error) {
                Some(field) => problem.of_field(field),
                None => problem,
            }
        }
    }
}

fn field_of(error: &PayloadError) -> Option<&str> {
    match error {
        PayloadError::UnknownField { field, .. }
        | PayloadError::RepeatedField { field }
        | PayloadError::MissingField { field }
        | PayloadError::WrongKind { field, .. }
        | PayloadError::Value { field, .. }
        | PayloadError::TooDeep { field } => Some(field),
        PayloadError::InvalidUtf8 { .. } | PayloadError::Json { .. } | PayloadError::NotARecord { .. } => None,
    }
}

/// What the record would have been: fields are named from the record on.
fn kind_of(error: &PayloadError) -> Option<RecordKind> {
    match field_of(error)?.split('.').next()? {
        "ci" => Some(RecordKind::Ci),
        "relationship" => Some(RecordKind::Relationship),
        "group" => Some(RecordKind::Group),
        "catalog" => Some(RecordKind::Catalog),
        _ => None,
    }
}
