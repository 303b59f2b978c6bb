//! Cuts a stream into lines, without ever holding more than the longest line allowed.

use crate::ingest::observation::Position;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Cuts pieces of a stream into lines.
#[derive(Debug)]
pub(super) struct Lines {
    /// The start of the current line, from earlier pieces.
    held: Vec<u8>,
    start: Position,
    limit: usize,
    /// The current line was too long; its rest is passed over.
    skipping: bool,
    /// Bytes of the whole stream so far.
    bytes: u64,
}

/// A line: its text without its end, or the news that it is too long.
pub(super) enum Line<'a> {
    Text(&'a [u8]),
    TooLong,
}

impl Lines {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            held: Vec::new(),
            start: Position { line: 1, offset: 0 },
            limit,
            skipping: false,
            bytes: 0,
        }
    }

    /// The number of the current line.
    pub(super) fn line(&self) -> u64 {
        self.start.line
    }

    /// Takes a piece, and hands on each line that ends in it. An error line is handed on as soon as
    /// it is known to be too long.
    pub(super) fn push(&mut self, mut piece: &[u8], mut each: impl FnMut(Position, Line<'_>)) {
        while let Some(length) = piece.iter().position(|byte| *byte == b'\n') {
            let (head, rest) = (&piece[..length], &piece[length + 1..]);
            self.bytes += length as u64 + 1;
            piece = rest;
            if self.skipping {
                self.skipping = false;
            } else if self.held.len() + head.len() > self.limit {
                each(self.start, Line::TooLong);
            } else if self.held.is_empty() {
                each(self.start, Line::Text(trim(self.start, head)));
            } else {
                self.held.extend_from_slice(head);
                each(self.start, Line::Text(trim(self.start, &self.held)));
            }
            self.held.clear();
            self.start = Position {
                line: self.start.line + 1,
                offset: self.bytes,
            };
        }
        self.bytes += piece.len() as u64;
        if self.skipping {
            return;
        }
        if self.held.len() + piece.len() > self.limit {
            each(self.start, Line::TooLong);
            self.skipping = true;
            self.held = Vec::new();
        } else {
            self.held.extend_from_slice(piece);
        }
    }

    /// Hands on the last line, if the stream did not end with a line end.
    pub(super) fn finish(&mut self, mut each: impl FnMut(Position, Line<'_>)) {
        if !self.skipping && !self.held.is_empty() {
            each(self.start, Line::Text(trim(self.start, &self.held)));
        }
        self.held = Vec::new();
    }
}

/// The line without a carriage return at its end and a byte order mark at the stream's start.
fn trim(start: Position, line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if start.offset == 0 {
        line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line)
    } else {
        line
    }
}
