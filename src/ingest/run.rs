//! Drives a load from the first byte to the last line of its report.
//!
//! One thread parses, the caller's thread has batches committed: while one batch is made durable the
//! next is parsed. The queue between them is short, so a slow disk slows the sender down and memory
//! stays bounded.

mod commit;
mod error;
mod feed;
mod parameters;

use std::io::BufRead;
use std::ops::ControlFlow;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use uuid::Uuid;

use crate::app::Editor;
use crate::app::sessions::Push;
use crate::model::{IdempotencyKey, Name, SourceName};

use super::formats::{Format, Limits};
use super::payload::{HeaderRecord, IngestMode};
use super::report::{ITEMS_MAX, ItemLine, Outcome, ProblemLine, Progress, ReportLine, Summary};
use super::secrets::Secrets;
use super::sync::SyncError;
use commit::Committer;
use feed::{Fed, Feeder};

pub use error::{IngestError, InputError};
pub use parameters::MEDIA_TYPES;

/// Records in one commit of a `PARTIAL` load, unless asked otherwise: enough to make a commit worth
/// its fsync, few enough to keep other writers waiting for milliseconds only.
pub const BATCH_RECORDS: usize = 1_000;

/// Bytes of input in one commit of a `PARTIAL` load, unless asked otherwise.
pub const BATCH_BYTES: u64 = 1024 * 1024;

/// Most records of a load that is one write: `ATOMIC`, or a dry run.
pub const ATOMIC_RECORDS_MAX: usize = 200_000;

/// Most bytes of input of a load that is one write.
pub const ATOMIC_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Batches that wait between parsing and committing.
const QUEUE: usize = 1;

/// Least time between two lines of progress.
const PROGRESS_EVERY: Duration = Duration::from_millis(500);

/// Which records a report names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReportScope {
    /// Those that need attention, at most [`IngestOptions::items_max`].
    #[default]
    Attention,
    /// All of them. Whoever sends must read the report while sending.
    Everything,
}

/// How a payload is to be taken.
#[derive(Clone, Debug)]
pub struct IngestOptions {
    /// Who speaks; a payload's own header may say it too, and must not say otherwise. Absent:
    /// `manual`.
    pub source: Option<String>,
    /// Which of the source's feeds this is.
    pub feed: Option<String>,
    /// Which part of the world the feed speaks of.
    pub scope: Option<String>,
    /// When the records were observed that do not say so themselves; absent: as the payload says, else
    /// now.
    pub observed_at: Option<Timestamp>,
    /// The sync session that this push belongs to. It says who speaks, unless the request or the payload
    /// says the same.
    pub session: Option<Uuid>,
    /// Whether all records must land; absent: as the header says, else `PARTIAL`.
    pub mode: Option<IngestMode>,
    /// Whether only to say what would happen.
    pub dry_run: bool,
    /// The format of the payload.
    pub format: Format,
    /// The key under which a repetition of the same load is recognised; each batch commits under
    /// this key, `#` and its number.
    pub idempotency_key: Option<String>,
    /// Why, in the asker's words.
    pub reason: Option<String>,
    /// Which records the report names.
    pub report: ReportScope,
    /// Most items that the report names, unless everything is asked for.
    pub items_max: u64,
    /// Records in one commit.
    pub batch_records: usize,
    /// Bytes of input in one commit.
    pub batch_bytes: u64,
    /// How much the parser may hold.
    pub limits: Limits,
    /// Most records of a load that is one write.
    pub atomic_records_max: usize,
    /// Most bytes of a load that is one write.
    pub atomic_bytes_max: u64,
}

impl Default for IngestOptions {
    fn default() -> Self {
        Self {
            source: None,
            feed: None,
            scope: None,
            observed_at: None,
            session: None,
            mode: None,
            dry_run: false,
            format: Format::default(),
            idempotency_key: None,
            reason: None,
            report: ReportScope::default(),
            items_max: ITEMS_MAX,
            batch_records: BATCH_RECORDS,
            batch_bytes: BATCH_BYTES,
            limits: Limits::default(),
            atomic_records_max: ATOMIC_RECORDS_MAX,
            atomic_bytes_max: ATOMIC_BYTES_MAX,
        }
    }
}

/// Room for `#` and the number of a batch behind an idempotency key.
const BATCH_SUFFIX_BYTES: usize = 21;

impl IngestOptions {
    /// Checks what can be checked before the first byte is read.
    pub fn check(&self) -> Result<(), IngestError> {
        check_source(self.source.as_deref(), self.feed.as_deref(), self.scope.as_deref())?;
        match &self.idempotency_key {
            Some(key) if key.is_empty() || key.len() > IdempotencyKey::BYTES_MAX - BATCH_SUFFIX_BYTES => {
                Err(IngestError::IdempotencyKey {
                    bytes: key.len(),
                    limit: IdempotencyKey::BYTES_MAX - BATCH_SUFFIX_BYTES,
                })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Takes in what the payload says of itself.
    fn merge(&mut self, header: HeaderRecord) -> Result<(), IngestError> {
        fn agree<T: PartialEq + ToString>(
            field: &'static str,
            mine: &mut Option<T>,
            theirs: Option<T>,
        ) -> Result<(), IngestError> {
            match (&*mine, theirs) {
                (Some(asked), Some(stated)) if *asked != stated => Err(IngestError::HeaderConflict {
                    field,
                    asked: asked.to_string(),
                    stated: stated.to_string(),
                }),
                (Some(_), _) | (None, None) => Ok(()),
                (None, stated @ Some(_)) => {
                    *mine = stated;
                    Ok(())
                }
            }
        }
        agree("source", &mut self.source, header.source)?;
        agree("feed", &mut self.feed, header.feed)?;
        agree("scope", &mut self.scope, header.scope)?;
        self.observed_at = self.observed_at.or(header.observed_at);
        agree("mode", &mut self.mode, header.mode)?;
        self.check()
    }

    /// Whether the whole load is one write.
    fn is_one_write(&self) -> bool {
        self.dry_run || self.mode() == IngestMode::Atomic
    }

    fn mode(&self) -> IngestMode {
        self.mode.unwrap_or_default()
    }

    /// Who speaks.
    fn source_name(&self) -> SourceName {
        let name = self.source.as_deref().and_then(|name| Name::new(name).ok());
        let text = |text: &Option<String>| text.as_deref().unwrap_or_default().into();
        SourceName {
            feed: text(&self.feed),
            scope: text(&self.scope),
            ..name.map_or_else(SourceName::manual, SourceName::plain)
        }
    }
}

/// Longest name of a feed or scope, in bytes.
pub const FEED_BYTES_MAX: usize = 200;

fn check_source(source: Option<&str>, feed: Option<&str>, scope: Option<&str>) -> Result<(), IngestError> {
    if let Some(name) = source {
        Name::new(name).map_err(IngestError::Source)?;
    }
    for (field, text) in [("feed", feed), ("scope", scope)] {
        let text = text.unwrap_or_default();
        if text.len() > FEED_BYTES_MAX || text.chars().any(char::is_control) {
            return Err(IngestError::Parameter {
                name: field.to_owned(),
                value: super::observation::shorten(text).to_owned(),
                takes: "a text of at most 200 bytes without control characters",
            });
        }
    }
    Ok(())
}

/// Takes a payload in, and reports line by line; the last line is the summary, which is also
/// returned. Blocks until all is durable: call it where blocking is allowed. `report` may end the
/// load by breaking, as when nobody listens any more.
///
/// Memory: two batches and their reports, what is remembered of at most a million CIs, and at most
/// [`super::plan::DEFERRED_BYTES_MAX`] of records that name what a later record may bring.
pub fn run(
    editor: &Editor,
    options: IngestOptions,
    input: impl BufRead + Send,
    report: &mut dyn FnMut(ReportLine) -> ControlFlow<()>,
) -> Summary {
    let mut options = options;
    let push = match join(editor, &mut options) {
        Ok(push) => push,
        Err(error) => return refuse(editor, options, error, report),
    };
    let began = editor.now();
    let mut load = Load {
        summary: Summary {
            revision: editor.reader().snapshot().revision().number(),
            ..Summary::default()
        },
        begun: Instant::now(),
        told: Instant::now(),
        items: 0,
        items_max: match options.report {
            ReportScope::Attention => options.items_max,
            ReportScope::Everything => u64::MAX,
        },
        report,
    };
    let mut committer = Committer::new(editor, options.clone(), push);
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel(QUEUE);
        let feeder = Feeder::new(options, Secrets::new(editor.reader().clone()), input, sender);
        let thread = std::thread::Builder::new().name("ingest-parse".to_owned());
        let outcome = match thread.spawn_scoped(scope, move || feeder.feed()) {
            Ok(_) => load.take(&mut committer, receiver),
            Err(error) => Err(Stop::Error(IngestError::Input(error))),
        };
        let outcome = load.conclude(&committer, outcome);
        // Before it is told, so that whoever was told finds the run, and may complete the session.
        if !load.summary.dry_run {
            committer.note(&load.summary, began);
        }
        // Told before the other thread is waited for: it may still be waiting for the sender.
        load.end(&outcome)
    })
}

/// Begins a push to the sync session that the options name: the session says who speaks. A dry run brings
/// the session nothing, and is no push to it.
fn join(editor: &Editor, options: &mut IngestOptions) -> Result<Option<Push>, IngestError> {
    let Some(id) = options.session else { return Ok(None) };
    if options.idempotency_key.is_some() {
        return Err(IngestError::KeyWithSession);
    }
    let session = editor.reader().sessions().find(id).map_err(SyncError::from)?;
    let stated = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let source = session.source();
    options.merge(HeaderRecord {
        source: Some(source.name.to_string()),
        feed: stated(&source.feed),
        scope: stated(&source.scope),
        ..HeaderRecord::default()
    })?;
    if options.source_name() != *source {
        return Err(IngestError::HeaderConflict {
            field: "session",
            asked: options.source_name().to_string(),
            stated: source.to_string(),
        });
    }
    if options.dry_run {
        return Ok(None);
    }
    Ok(Some(session.begin_push(editor.now()).map_err(SyncError::from)?))
}

/// A load that cannot begin.
fn refuse(
    editor: &Editor,
    options: IngestOptions,
    error: IngestError,
    report: &mut dyn FnMut(ReportLine) -> ControlFlow<()>,
) -> Summary {
    let committer = Committer::new(editor, options, None);
    let mut load = Load {
        summary: Summary::default(),
        begun: Instant::now(),
        told: Instant::now(),
        items: 0,
        items_max: 0,
        report,
    };
    let outcome = load.conclude(&committer, Err(Stop::Error(error)));
    load.end(&outcome)
}

/// Why a load ended early.
enum Stop {
    Error(IngestError),
    Unheard,
}

impl From<IngestError> for Stop {
    fn from(error: IngestError) -> Self {
        Self::Error(error)
    }
}

/// A load under way.
struct Load<'r> {
    summary: Summary,
    begun: Instant,
    /// When the last line of progress was sent.
    told: Instant,
    items: u64,
    items_max: u64,
    report: &'r mut dyn FnMut(ReportLine) -> ControlFlow<()>,
}

impl Load<'_> {
    fn take(&mut self, committer: &mut Committer<'_>, fed: mpsc::Receiver<Fed>) -> Result<(), Stop> {
        // The channel ends when the feeder is done. If it does not say before that it read all, it panicked.
        let mut is_read = false;
        for fed in fed {
            match fed {
                Fed::Header(header) => committer.merge(header)?,
                Fed::Failed(error) => return Err(error.into()),
                Fed::Warning(warning) => self.summary.note(&warning),
                Fed::Batch(batch) => {
                    self.summary.records += batch.records();
                    self.summary.bytes = batch.end();
                    let done = committer.commit(batch)?;
                    self.tell(done)?;
                }
                Fed::End { bytes } => {
                    self.summary.bytes = bytes;
                    is_read = true;
                }
            }
        }
        if !is_read {
            return Err(IngestError::Unread.into());
        }
        while let Some(done) = committer.commit_deferred()? {
            self.tell(done)?;
        }
        Ok(())
    }

    /// Completes the summary, and says how the load ended.
    fn conclude(&mut self, committer: &Committer<'_>, outcome: Result<(), Stop>) -> Result<(), Stop> {
        committer.describe(&mut self.summary);
        let refused = self.summary.of(Outcome::Refused);
        let atomic = self.summary.mode == IngestMode::Atomic.as_str();
        let outcome = match outcome {
            Ok(()) if atomic && refused > 0 => Err(Stop::Error(IngestError::Refused { count: refused })),
            Ok(()) => Ok(()),
            Err(stop) => Err(stop),
        };
        self.summary.complete = outcome.is_ok();
        self.summary.duration_ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        if let Err(Stop::Error(error)) = &outcome {
            self.summary.error = Some(ProblemLine {
                code: error.code().as_str().to_owned(),
                message: error.to_string(),
                field: None,
                value: None,
            });
        }
        outcome
    }

    /// Sends the summary, unless nobody listens.
    fn end(self, outcome: &Result<(), Stop>) -> Summary {
        let summary = self.summary.clone();
        if !matches!(outcome, Err(Stop::Unheard)) {
            // There is nothing left that breaking off could end.
            let _ended = (self.report)(ReportLine::Summary(Box::new(self.summary)));
        }
        summary
    }

    fn tell(&mut self, committed: commit::Committed) -> Result<(), Stop> {
        self.summary.add(&committed.report.counts);
        if let Some(revision) = committed.revision {
            self.summary.changed = true;
            self.summary.revision = revision;
        }
        if committed.delta.is_some() {
            self.summary.delta = committed.delta;
        }
        for item in committed.report.items {
            self.item(item)?;
        }
        if self.told.elapsed() >= PROGRESS_EVERY {
            self.told = Instant::now();
            let progress = Progress {
                records: self.summary.records,
                bytes: self.summary.bytes,
                revision: self.summary.revision,
            };
            self.line(ReportLine::Progress(progress))?;
        }
        Ok(())
    }

    fn item(&mut self, item: ItemLine) -> Result<(), Stop> {
        if self.items >= self.items_max {
            self.summary.items_left_out += 1;
            return Ok(());
        }
        self.items += 1;
        self.line(ReportLine::Item(Box::new(item)))
    }

    fn line(&mut self, line: ReportLine) -> Result<(), Stop> {
        match (self.report)(line) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Stop::Unheard),
        }
    }
}
