//! The parsing thread: bytes in, batches of observations out.

use std::fmt::Write;
use std::io::BufRead;
use std::sync::mpsc::SyncSender;

use sha2::{Digest, Sha256};

use crate::ingest::formats::{Parsed, Parser};
use crate::ingest::observation::{Observation, Warning};
use crate::ingest::payload::HeaderRecord;
use crate::ingest::secrets::Secrets;

use super::{IngestError, IngestOptions};

/// What the parser is fed at once, so that what it finds at once stays small.
const PIECE_BYTES_MAX: usize = 64 * 1024;

/// What the parsing thread says.
#[derive(Debug)]
pub(super) enum Fed {
    /// The payload's own header: before all batches.
    Header(HeaderRecord),
    /// Something worth knowing of the payload as a whole.
    Warning(Warning),
    /// The next records.
    Batch(Batch),
    /// The rest cannot be read.
    Failed(IngestError),
    /// All is read.
    End {
        /// Bytes of the payload.
        bytes: u64,
    },
}

/// Records that are committed together.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// The records.
    pub(super) observations: Vec<Observation>,
    /// The number among the payload's batches, from 1. A payload is always cut the same way.
    pub(super) number: u64,
    /// What the records say, where the load has an idempotency key.
    pub(super) digest: [u8; 32],
    start: u64,
    end: u64,
}

impl Batch {
    pub(super) fn records(&self) -> u64 {
        self.observations.len() as u64
    }

    /// Bytes of the payload up to about its end.
    pub(super) fn end(&self) -> u64 {
        self.end
    }
}

/// Parses a stream.
pub(super) struct Feeder<R> {
    options: IngestOptions,
    input: R,
    parser: Parser,
    secrets: Secrets,
    batch: Batch,
    bytes: u64,
    sender: SyncSender<Fed>,
}

/// The stream need not be read any further: it failed, or nobody takes its batches.
struct Done;

impl<R: BufRead> Feeder<R> {
    pub(super) fn new(options: IngestOptions, secrets: Secrets, input: R, sender: SyncSender<Fed>) -> Self {
        let parser = Parser::new(&options.format, options.limits);
        Self {
            options,
            input,
            parser,
            secrets,
            batch: Batch {
                number: 1,
                ..Batch::default()
            },
            bytes: 0,
            sender,
        }
    }

    /// Reads to the end, or to the first thing that forbids it.
    pub(super) fn feed(mut self) {
        let mut found = Vec::new();
        let read = loop {
            let piece = match self.input.fill_buf() {
                Ok([]) => break Ok(()),
                Ok(piece) => &piece[..piece.len().min(PIECE_BYTES_MAX)],
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => break self.send(Fed::Failed(IngestError::Input(error))).and(Err(Done)),
            };
            let length = piece.len();
            self.parser.push(piece, &mut found);
            self.input.consume(length);
            self.bytes += length as u64;
            if let Err(done) = self.take(&mut found) {
                break Err(done);
            }
        };
        if read.is_err() {
            return;
        }
        self.parser.finish(&mut found);
        let bytes = self.bytes;
        // Nobody is told that nobody listens.
        let _heard = self
            .take(&mut found)
            .and_then(|()| self.send_batch())
            .and_then(|()| self.send(Fed::End { bytes }));
    }

    fn send(&self, fed: Fed) -> Result<(), Done> {
        self.sender.send(fed).map_err(|_| Done)
    }

    fn take(&mut self, found: &mut Vec<Parsed>) -> Result<(), Done> {
        for parsed in found.drain(..) {
            match parsed {
                Parsed::Header(header) => {
                    // The other side merges it as well, and says what is wrong with it.
                    self.options.merge(header.clone()).map_or_else(
                        |error| self.send(Fed::Failed(error)).and(Err(Done)),
                        |()| self.send(Fed::Header(header)),
                    )?;
                }
                Parsed::Fatal(problem) => {
                    self.send(Fed::Failed(IngestError::Payload(problem)))?;
                    return Err(Done);
                }
                Parsed::Warning(warning) => self.send(Fed::Warning(warning))?,
                Parsed::Observation(mut observation) => {
                    self.secrets.clean(&mut observation);
                    self.add(observation)?;
                }
            }
        }
        if self.options.is_one_write() && self.bytes > self.options.atomic_bytes_max {
            return self.too_large();
        }
        Ok(())
    }

    fn add(&mut self, observation: Observation) -> Result<(), Done> {
        let offset = observation.position.offset;
        if self.options.is_one_write() {
            if self.batch.observations.len() >= self.options.atomic_records_max {
                return self.too_large();
            }
        } else {
            // Cut by where records stand and not by how the bytes arrived: a repetition cuts alike.
            let full = self.batch.observations.len() >= self.options.batch_records.max(1);
            if full || offset - self.batch.start >= self.options.batch_bytes && !self.batch.observations.is_empty() {
                self.send_batch()?;
                self.batch.start = offset;
            }
        }
        self.batch.observations.push(observation);
        Ok(())
    }

    fn too_large(&self) -> Result<(), Done> {
        let error = IngestError::TooLarge {
            records_max: self.options.atomic_records_max,
            bytes_max: self.options.atomic_bytes_max,
        };
        self.send(Fed::Failed(error)).and(Err(Done))
    }

    fn send_batch(&mut self) -> Result<(), Done> {
        if self.batch.observations.is_empty() && !(self.options.is_one_write() && self.batch.number == 1) {
            return Ok(());
        }
        let next = Batch {
            number: self.batch.number + 1,
            start: self.bytes,
            ..Batch::default()
        };
        let mut batch = std::mem::replace(&mut self.batch, next);
        batch.end = self.bytes;
        if self.options.idempotency_key.is_some() {
            batch.digest = digest(&batch.observations);
        }
        self.send(Fed::Batch(batch))
    }
}

/// SHA-256 of what the records of a batch say and where they stand.
fn digest(observations: &[Observation]) -> [u8; 32] {
    struct Text(Sha256);
    impl Write for Text {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0.update(text);
            Ok(())
        }
    }
    let mut text = Text(Sha256::new());
    let written = write!(text, "{observations:?}");
    debug_assert!(written.is_ok(), "a digest takes every text");
    text.0.finalize().into()
}
