//! The formats: each turns bytes, pushed in pieces of any size, into observations.
//!
//! A parser holds at most one record at a time, whose size is limited, so its memory does not grow
//! with the stream.

pub mod csv;
mod lines;
pub mod ndjson;

use crate::app::ErrorCode;

use super::observation::{Observation, Problem};
use super::payload::HeaderRecord;

pub use csv::mapping::CsvMapping;

/// Longest line of NDJSON and longest row of CSV, in bytes, unless configured otherwise.
pub const LINE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The format of a payload.
#[derive(Clone, Debug, Default)]
pub enum Format {
    /// The native one: one JSON record a line.
    #[default]
    Ndjson,
    /// Comma-separated values; which column says what is in the mapping.
    Csv(Box<CsvMapping>),
}

/// Something a parser found.
#[derive(Clone, Debug, PartialEq)]
pub enum Parsed {
    /// The first line spoke of the payload.
    Header(HeaderRecord),
    /// A record.
    Observation(Observation),
    /// Nothing behind this can be read.
    Fatal(Problem),
}

/// A parser that is fed with pieces of a stream.
#[derive(Debug)]
pub enum Parser {
    /// Of the native format.
    Ndjson(ndjson::NdjsonParser),
    /// Of CSV.
    Csv(Box<csv::CsvParser>),
}

impl Parser {
    /// A parser for a format, at the start of a stream.
    pub fn new(format: &Format, line_bytes_max: usize) -> Self {
        match format {
            Format::Ndjson => Self::Ndjson(ndjson::NdjsonParser::new(line_bytes_max)),
            Format::Csv(mapping) => Self::Csv(Box::new(csv::CsvParser::new(mapping, line_bytes_max))),
        }
    }

    /// Takes the next piece of the stream; what is complete goes to `found`.
    pub fn push(&mut self, piece: &[u8], found: &mut Vec<Parsed>) {
        match self {
            Self::Ndjson(parser) => parser.push(piece, found),
            Self::Csv(parser) => parser.push(piece, found),
        }
    }

    /// Says that the stream has ended.
    pub fn finish(&mut self, found: &mut Vec<Parsed>) {
        match self {
            Self::Ndjson(parser) => parser.finish(found),
            Self::Csv(parser) => parser.finish(found),
        }
    }

    /// Lines read so far.
    pub fn lines(&self) -> u64 {
        match self {
            Self::Ndjson(parser) => parser.lines(),
            Self::Csv(parser) => parser.lines(),
        }
    }
}

fn line_too_long(line: u64, limit: usize) -> Problem {
    let message = format!("the record that starts in line {line} is longer than {limit} bytes, which is the limit");
    Problem::new(ErrorCode::LineTooLong, message)
}

fn invalid_utf8(offset: u64) -> Problem {
    Problem::new(
        ErrorCode::InvalidUtf8,
        format!("the text is not UTF-8 at byte {offset} of the stream"),
    )
}

#[cfg(test)]
mod tests;
