//! Cuts a stream into rows of fields (RFC 4180), without ever holding more than the longest row
//! allowed.

use crate::ingest::observation::Position;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Cuts pieces of a stream into rows.
#[derive(Debug)]
pub(super) struct Rows {
    delimiter: Option<u8>,
    /// The first line, until it tells the delimiter.
    head: Vec<u8>,
    state: State,
    row: Row,
    /// Where the next byte stands.
    next: Position,
    limit: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first byte of a field.
    Start,
    /// In a field without quotes.
    Plain,
    /// Between quotes.
    Quoted,
    /// Behind a quote between quotes: the end of them, or half of an escaped one.
    Quote,
    /// In the rest of a line whose row is wrong already.
    Skip,
}

/// The fields of a row, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Row {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    start: Position,
    quoted: bool,
    size: usize,
}

/// A row, or why there is none.
pub(super) enum Found<'a> {
    Row(&'a Row),
    TooLong,
    TextBehindQuote { line: u64 },
    OpenQuote,
}

impl Row {
    /// Where the row starts.
    pub(super) fn start(&self) -> Position {
        self.start
    }

    /// The number of fields.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The fields, unless they are no UTF-8.
    pub(super) fn fields(&self) -> Option<impl Iterator<Item = &str>> {
        let text = std::str::from_utf8(&self.bytes).ok()?;
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        // A field may end within a character where the next one begins within it.
        let fields: Option<Vec<&str>> = starts
            .zip(&self.ends)
            .map(|(start, end)| text.get(start..*end))
            .collect();
        fields.map(Vec::into_iter)
    }

    fn is_blank(&self) -> bool {
        self.ends.len() == 1 && !self.quoted && self.bytes.iter().all(u8::is_ascii_whitespace)
    }

    fn begin(&mut self, start: Position) {
        self.bytes.clear();
        self.ends.clear();
        self.start = start;
        self.quoted = false;
        self.size = 0;
    }
}

impl Rows {
    /// At the start of a stream. Without a delimiter the first line tells it.
    pub(super) fn new(delimiter: Option<u8>, limit: usize) -> Self {
        let start = Position { line: 1, offset: 0 };
        Self {
            delimiter,
            head: Vec::new(),
            state: State::Start,
            row: Row {
                start,
                ..Row::default()
            },
            next: start,
            limit,
        }
    }

    /// The number of the current line.
    pub(super) fn line(&self) -> u64 {
        self.next.line
    }

    /// Takes a piece, and hands on each row that ends in it.
    pub(super) fn push(&mut self, piece: &[u8], each: &mut impl FnMut(Position, Found<'_>)) {
        let begun = self.next.offset > 0;
        if let (Some(delimiter), true) = (self.delimiter, begun) {
            self.take(delimiter, piece, each);
            return;
        }
        self.head.extend_from_slice(piece);
        if self.head.contains(&b'\n') || self.head.len() > self.limit + BYTE_ORDER_MARK.len() {
            self.begin(each);
        }
    }

    /// Hands on the last row, if the stream did not end with a line end.
    pub(super) fn finish(&mut self, each: &mut impl FnMut(Position, Found<'_>)) {
        if self.next.offset == 0 {
            self.begin(each);
        }
        let start = self.row.start;
        match self.state {
            State::Quoted => each(start, Found::OpenQuote),
            State::Skip => {}
            State::Start | State::Plain | State::Quote => {
                if self.state != State::Start || !self.row.ends.is_empty() {
                    self.end_row(each);
                }
            }
        }
        self.state = State::Skip;
    }

    /// The first line is there: tells the delimiter, and goes on with what was held.
    fn begin(&mut self, each: &mut impl FnMut(Position, Found<'_>)) {
        let head = std::mem::take(&mut self.head);
        let text = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&head);
        self.next.offset = (head.len() - text.len()) as u64;
        let delimiter = self
            .delimiter
            .unwrap_or_else(|| sniff(&text[..text.len().min(self.limit)]));
        self.delimiter = Some(delimiter);
        self.take(delimiter, text, each);
    }

    fn take(&mut self, delimiter: u8, piece: &[u8], each: &mut impl FnMut(Position, Found<'_>)) {
        for byte in piece {
            self.step(delimiter, *byte, each);
            self.next.offset += 1;
            if *byte == b'\n' {
                self.next.line += 1;
                if matches!(self.state, State::Start) && self.row.ends.is_empty() || self.state == State::Skip {
                    self.row.begin(self.next);
                    self.state = State::Start;
                }
            }
        }
    }

    fn step(&mut self, delimiter: u8, byte: u8, each: &mut impl FnMut(Position, Found<'_>)) {
        if self.state == State::Skip {
            return;
        }
        self.row.size += 1;
        if self.row.size > self.limit {
            self.state = State::Skip;
            each(self.row.start, Found::TooLong);
            return;
        }
        match (self.state, byte) {
            (State::Quoted, b'"') => self.state = State::Quote,
            (State::Quoted, _) => self.row.bytes.push(byte),
            (State::Start, b'"') => {
                self.row.quoted = true;
                self.state = State::Quoted;
            }
            (State::Quote, b'"') => {
                self.row.bytes.push(b'"');
                self.state = State::Quoted;
            }
            (_, b'\n') => self.end_row(each),
            (_, _) if byte == delimiter => {
                self.row.ends.push(self.row.bytes.len());
                self.state = State::Start;
            }
            // Before a line feed it belongs to the line's end; elsewhere nobody misses it.
            (_, b'\r') => {}
            (State::Quote, _) => {
                each(self.row.start, Found::TextBehindQuote { line: self.next.line });
                self.state = State::Skip;
            }
            (State::Start | State::Plain | State::Skip, _) => {
                self.row.bytes.push(byte);
                self.state = State::Plain;
            }
        }
    }

    fn end_row(&mut self, each: &mut impl FnMut(Position, Found<'_>)) {
        self.row.ends.push(self.row.bytes.len());
        if !self.row.is_blank() {
            each(self.row.start, Found::Row(&self.row));
        }
        self.row.begin(self.next);
        self.state = State::Start;
    }
}

/// The delimiter that stands most often in the first line, outside quotes.
fn sniff(text: &[u8]) -> u8 {
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let mut quoted = false;
    let mut counts = [(b',', 0u32), (b';', 0), (b'\t', 0)];
    for byte in line {
        quoted ^= *byte == b'"';
        if let Some((_, count)) = counts.iter_mut().find(|(known, _)| known == byte && !quoted) {
            *count += 1;
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    counts
        .iter()
        .find(|(_, count)| *count == most)
        .map_or(b',', |(byte, _)| *byte)
}
