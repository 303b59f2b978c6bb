//! The formats: each turns bytes, pushed in pieces of any size, into observations.
//!
//! The parsers of NDJSON and CSV hold at most one record at a time, whose size is limited, so their
//! memory does not grow with the stream. Every other format is a document: it is held as a whole, up
//! to a limit, and read when it has ended.

mod alertmanager;
mod ansible;
mod attributes;
mod aws;
mod backstage;
pub mod csv;
mod cyclonedx;
pub mod document;
mod facter;
mod glpi;
mod gml;
mod graphml;
mod inventory;
mod itop;
mod kubernetes;
mod librenms;
mod lines;
mod napalm;
mod native_json;
pub mod ndjson;
mod netbox;
mod nmap;
mod sbom;
mod service_graph;
mod spdx;
mod terraform;
mod topology;

use crate::app::ErrorCode;

use super::observation::{Observation, Problem, Warning};
use super::payload::HeaderRecord;

pub use csv::mapping::CsvMapping;

/// Longest line of NDJSON and longest row of CSV, in bytes, unless configured otherwise.
pub const LINE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Longest document, in bytes, unless configured otherwise.
pub const DOCUMENT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How much a parser may hold.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Longest line of NDJSON and longest row of CSV, in bytes.
    pub line_bytes_max: usize,
    /// Longest document, in bytes.
    pub document_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line_bytes_max: LINE_BYTES_MAX,
            document_bytes_max: DOCUMENT_BYTES_MAX,
        }
    }
}

/// The format of a payload.
#[derive(Clone, Debug, Default)]
pub enum Format {
    /// The native one: one JSON record a line.
    #[default]
    Ndjson,
    /// Comma-separated values; which column says what is in the mapping.
    Csv(Box<CsvMapping>),
    /// A document that is read as a whole.
    Document(document::DocumentOptions),
}

/// Something a parser found.
#[derive(Clone, Debug, PartialEq)]
pub enum Parsed {
    /// The first line spoke of the payload.
    Header(HeaderRecord),
    /// A record.
    Observation(Observation),
    /// Something worth knowing of the payload as a whole.
    Warning(Warning),
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
    /// Of a document.
    Document(document::DocumentParser),
}

impl Parser {
    /// A parser for a format, at the start of a stream.
    pub fn new(format: &Format, limits: Limits) -> Self {
        match format {
            Format::Ndjson => Self::Ndjson(ndjson::NdjsonParser::new(limits.line_bytes_max)),
            Format::Csv(mapping) => Self::Csv(Box::new(csv::CsvParser::new(mapping, limits.line_bytes_max))),
            Format::Document(options) => Self::Document(document::DocumentParser::new(
                options.clone(),
                limits.document_bytes_max,
            )),
        }
    }

    /// Takes the next piece of the stream; what is complete goes to `found`.
    pub fn push(&mut self, piece: &[u8], found: &mut Vec<Parsed>) {
        match self {
            Self::Ndjson(parser) => parser.push(piece, found),
            Self::Csv(parser) => parser.push(piece, found),
            Self::Document(parser) => parser.push(piece, found),
        }
    }

    /// Says that the stream has ended.
    pub fn finish(&mut self, found: &mut Vec<Parsed>) {
        match self {
            Self::Ndjson(parser) => parser.finish(found),
            Self::Csv(parser) => parser.finish(found),
            Self::Document(parser) => parser.finish(found),
        }
    }

    /// Lines read so far; of a document: records.
    pub fn lines(&self) -> u64 {
        match self {
            Self::Ndjson(parser) => parser.lines(),
            Self::Csv(parser) => parser.lines(),
            Self::Document(parser) => parser.records(),
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
mod testing;
#[cfg(test)]
mod tests;
