//! CSV: one file of CIs, or one of relationships, in many people's conventions.

pub mod mapping;
mod record;
mod rows;

use crate::app::ErrorCode;
use crate::ingest::observation::{Observation, Observed, Position, Problem, RecordKind, Unreadable};

use super::{Parsed, line_too_long};
use mapping::{CsvMapping, RowKind};
use record::Columns;
use rows::{Found, Row, Rows};

/// A parser of CSV. The first row names the columns; a row that is wrong is reported with all that
/// is wrong with it, and passed over.
#[derive(Debug)]
pub struct CsvParser {
    rows: Rows,
    reader: Reader,
}

/// What is known of the file so far.
#[derive(Debug)]
struct Reader {
    mapping: CsvMapping,
    columns: Option<Columns>,
    /// The header was refused, so no row can be read.
    failed: bool,
    limit: usize,
}

impl CsvParser {
    /// A parser at the start of a stream.
    pub fn new(mapping: &CsvMapping, row_bytes_max: usize) -> Self {
        Self {
            rows: Rows::new(mapping.delimiter_byte(), row_bytes_max),
            reader: Reader {
                mapping: mapping.clone(),
                columns: None,
                failed: false,
                limit: row_bytes_max,
            },
        }
    }

    /// Takes the next piece of the stream.
    pub fn push(&mut self, piece: &[u8], found: &mut Vec<Parsed>) {
        let reader = &mut self.reader;
        self.rows
            .push(piece, &mut |position, row| found.extend(reader.read(position, &row)));
    }

    /// Says that the stream has ended.
    pub fn finish(&mut self, found: &mut Vec<Parsed>) {
        let reader = &mut self.reader;
        self.rows
            .finish(&mut |position, row| found.extend(reader.read(position, &row)));
    }

    /// Lines begun so far.
    pub fn lines(&self) -> u64 {
        self.rows.line()
    }
}

impl Reader {
    fn read(&mut self, position: Position, found: &Found<'_>) -> Option<Parsed> {
        if self.failed {
            return None;
        }
        let outcome = match found {
            Found::Row(row) => self.row(row),
            Found::TooLong => Err(vec![line_too_long(position.line, self.limit)]),
            Found::TextBehindQuote { line } => {
                let message =
                    format!("text stands behind a closing quote in line {line}: double the quote inside quotes");
                Err(vec![Problem::new(ErrorCode::BadUserInput, message)])
            }
            Found::OpenQuote => {
                let message = format!(
                    "a quote of the row that starts in line {} is never closed",
                    position.line
                );
                Err(vec![Problem::new(ErrorCode::BadUserInput, message)])
            }
        };
        match outcome {
            Ok(None) => None,
            Ok(Some(observed)) => Some(Parsed::Observation(Observation::new(position, observed))),
            Err(mut problems) if self.columns.is_none() => {
                self.failed = true;
                problems.pop().map(Parsed::Fatal)
            }
            Err(problems) => {
                let unreadable = Unreadable {
                    kind: self.columns.as_ref().map(|columns| match columns.kind() {
                        RowKind::ConfigurationItems => RecordKind::Ci,
                        RowKind::Relationships => RecordKind::Relationship,
                    }),
                    key: None,
                    problems,
                };
                Some(Parsed::Observation(Observation::new(
                    position,
                    Observed::Unreadable(unreadable),
                )))
            }
        }
    }

    fn row(&mut self, row: &Row) -> Result<Option<Observed>, Vec<Problem>> {
        let Some(fields) = row.fields() else {
            let message = format!("the row that starts in line {} is not UTF-8", row.start().line);
            return Err(vec![Problem::new(ErrorCode::InvalidUtf8, message)]);
        };
        let Some(columns) = &self.columns else {
            let columns = Columns::new(&self.mapping, fields).map_err(|problem| vec![problem])?;
            self.columns = Some(columns);
            return Ok(None);
        };
        if row.len() > columns.count() {
            let message = format!("the row has {} fields, the header {}", row.len(), columns.count());
            return Err(vec![Problem::new(ErrorCode::BadUserInput, message)]);
        }
        let fields: Vec<&str> = fields.map(str::trim).collect();
        columns.observed(&self.mapping, &fields).map(Some)
    }
}
