//! Has batches committed by the writer, one after the other.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;

use crate::app::sessions::Push;
use crate::app::{BatchMode, Editor, Planner, Work, WriteError, WriteOutcome, WriteRequest};
use crate::ingest::observation::{Observation, Observed, RecordKind};
use crate::ingest::payload::{HeaderRecord, IngestMode};
use crate::ingest::plan::{BatchReport, Memory, Mention, Part, Terms, plan};
use crate::ingest::report::{Changes, DeltaSummary, Outcome, Summary};
use crate::model::run::{Run, RunCounts, RunState};
use crate::model::{BeforeAfter, Delta, DeltaItem, IdempotencyKey, Revision};

use super::feed::Batch;
use super::{IngestError, IngestOptions, ReportScope};

/// How often a batch is offered to a writer whose queue is full, and how long to wait in between:
/// ten seconds in all.
const BUSY_TRIES_MAX: u32 = 500;
const BUSY_WAIT: Duration = Duration::from_millis(20);

/// Commits batches.
pub(super) struct Committer<'e> {
    editor: &'e Editor,
    options: IngestOptions,
    /// The part that this load is of a sync session, until it has ended.
    push: Option<Push>,
    memory: Memory,
}

/// A batch that is durable.
#[derive(Debug, Default)]
pub(super) struct Committed {
    pub(super) report: BatchReport,
    /// The commit, where there was one.
    pub(super) revision: Option<u64>,
    /// Of a dry run: what would change.
    pub(super) delta: Option<DeltaSummary>,
}

/// What the writer's thread takes and gives back. It takes the observations only when it plans: of a
/// request that it recognises as a repetition they are still there.
#[derive(Debug)]
struct Job {
    observations: Option<Vec<Observation>>,
    memory: Memory,
    terms: Terms,
    report: BatchReport,
}

impl Job {
    fn plan(&mut self, planner: &mut Planner<'_>) {
        if let Some(observations) = self.observations.take() {
            self.report = plan(planner, observations, &mut self.memory, self.terms);
        }
    }
}

impl<'e> Committer<'e> {
    pub(super) fn new(editor: &'e Editor, options: IngestOptions, push: Option<Push>) -> Self {
        Self {
            editor,
            options,
            memory: Memory::new(push.is_some()),
            push,
        }
    }

    pub(super) fn merge(&mut self, header: HeaderRecord) -> Result<(), IngestError> {
        self.options.merge(header)
    }

    /// Says in a summary how the payload was taken.
    pub(super) fn describe(&self, summary: &mut Summary) {
        let source = self.options.source.as_deref();
        source.unwrap_or("manual").clone_into(&mut summary.source);
        summary.feed.clone_from(&self.options.feed);
        summary.scope.clone_from(&self.options.scope);
        self.options.mode().as_str().clone_into(&mut summary.mode);
        summary.dry_run = self.options.dry_run;
    }

    /// Commits the next batch of the payload.
    pub(super) fn commit(&mut self, batch: Batch) -> Result<Committed, IngestError> {
        let key = self.options.idempotency_key.as_ref();
        let key = key.filter(|_| !self.options.dry_run);
        let key = key.and_then(|key| IdempotencyKey::new(&format!("{key}#{}", batch.number)).ok());
        let part = match self.options.mode() {
            IngestMode::Atomic => Part::WholeOrNothing,
            IngestMode::Partial if self.options.dry_run => Part::Whole,
            IngestMode::Partial => Part::OneOfMany,
        };
        let (outcome, job) = self.write(batch.observations, part, key.as_ref(), batch.digest)?;
        let mut committed = self.committed(&outcome, job.report);
        if let Some(observations) = job.observations {
            committed.report = self.replay(observations);
        }
        Ok(committed)
    }

    /// Commits the next of the records that were put aside, once the payload has ended.
    pub(super) fn commit_deferred(&mut self) -> Result<Option<Committed>, IngestError> {
        let observations = self.memory.deferred.take(self.options.batch_records.max(1));
        if observations.is_empty() {
            return Ok(None);
        }
        // Without a key: which records were put aside depends on what was committed before.
        let (outcome, job) = self.write(observations, Part::Leftover, None, [0; 32])?;
        Ok(Some(self.committed(&outcome, job.report)))
    }

    fn committed(&self, outcome: &WriteOutcome, report: BatchReport) -> Committed {
        let dry_run = self.options.dry_run;
        Committed {
            report,
            revision: (outcome.changed && !dry_run).then(|| outcome.revision.number()),
            delta: dry_run.then(|| summarise(&outcome.delta)),
        }
    }

    /// A batch that an earlier run of this load committed: its CIs are there, but what connects them
    /// may have been put aside and lost when that run ended, so it is looked at again.
    fn replay(&mut self, observations: Vec<Observation>) -> BatchReport {
        let mut report = BatchReport::default();
        for Observation { position, observed, .. } in observations {
            let kind = match observed {
                Observed::Relationship(record) => {
                    self.memory.deferred.keep_relationship(position, *record);
                    continue;
                }
                Observed::Group(record) => {
                    self.memory.deferred.keep_group(position, *record);
                    continue;
                }
                Observed::Ci(record) => {
                    let ci_type = Some(record.ci_type.as_str());
                    report.counts.count(Some(RecordKind::Ci), ci_type, Outcome::Replayed);
                    continue;
                }
                Observed::Catalog(_) => Some(RecordKind::Catalog),
                Observed::Unreadable(unreadable) => unreadable.kind,
            };
            report.counts.count(kind, None, Outcome::Replayed);
        }
        report
    }

    fn write(
        &mut self,
        observations: Vec<Observation>,
        part: Part,
        idempotency_key: Option<&IdempotencyKey>,
        request_digest: [u8; 32],
    ) -> Result<(WriteOutcome, Job), IngestError> {
        let report_all = self.options.report == ReportScope::Everything;
        let observed_at = self.options.observed_at;
        let terms = Terms {
            part,
            report_all,
            observed_at,
        };
        let job = Arc::new(Mutex::new(Job {
            observations: Some(observations),
            memory: std::mem::take(&mut self.memory),
            terms,
            report: BatchReport::default(),
        }));
        let mut tries = 0;
        let outcome = loop {
            let planned = Arc::clone(&job);
            let request = WriteRequest {
                work: Work::Plan(Box::new(move |planner| planned.lock().plan(planner))),
                mode: match self.options.mode() {
                    IngestMode::Atomic => BatchMode::Atomic,
                    IngestMode::Partial => BatchMode::Partial,
                },
                dry_run: self.options.dry_run,
                source: Some(self.options.source_name()),
                reason: self.options.reason.clone(),
                idempotency_key: idempotency_key.cloned(),
                request_digest,
            };
            match self.editor.write_blocking(request) {
                Err(WriteError::Busy { .. }) if tries < BUSY_TRIES_MAX => {
                    tries += 1;
                    std::thread::park_timeout(BUSY_WAIT);
                }
                outcome => break outcome.map_err(IngestError::Write)?,
            }
        };
        let mut job = std::mem::replace(
            &mut *job.lock(),
            Job {
                observations: None,
                memory: Memory::default(),
                terms,
                report: BatchReport::default(),
            },
        );
        self.memory = std::mem::take(&mut job.memory);
        self.mention();
        Ok((outcome, job))
    }
}

impl Committer<'_> {
    /// Tells the sync session what the last batch spoke of: it is durable now.
    fn mention(&mut self) {
        let Some(push) = &self.push else { return };
        let mentions = self.memory.mentions.replace(Vec::new()).unwrap_or_default();
        let cis = mentions.iter().filter_map(|mention| match mention {
            Mention::Ci(slot) => Some(*slot),
            Mention::Relationship(_) => None,
        });
        let relationships = mentions.iter().filter_map(|mention| match mention {
            Mention::Ci(_) => None,
            Mention::Relationship(place) => Some(*place),
        });
        push.session().mention(cis, relationships, self.editor.now());
    }

    /// Notes the load as a run of its source, or as a part of its sync session.
    pub(super) fn note(&mut self, summary: &Summary, began: Timestamp) {
        let of = |outcome| summary.of(outcome);
        let counts = RunCounts {
            records: summary.records,
            created: of(Outcome::Created),
            updated: of(Outcome::Updated),
            unchanged: of(Outcome::Unchanged) + of(Outcome::Replayed),
            refused: of(Outcome::Refused) + of(Outcome::NotApplied),
            warnings: summary.warnings.values().sum(),
            ..RunCounts::default()
        };
        let now = self.editor.now();
        match self.push.take() {
            Some(push) if summary.complete => push.complete(&counts, now),
            // What broke off is pushed again, or the session is given up.
            Some(push) => drop(push),
            None => self.editor.reader().runs().note(Run {
                source: self.options.source_name(),
                actor: self.editor.actor().name.clone(),
                session: None,
                state: if summary.complete {
                    RunState::Completed
                } else {
                    RunState::Failed
                },
                began,
                ended: now,
                counts,
                revision: Revision::new(summary.revision),
                error: summary
                    .error
                    .as_ref()
                    .map(|error| (error.code.as_str().into(), error.message.as_str().into())),
            }),
        }
    }
}

/// Counts what a delta changes.
fn summarise(delta: &Delta) -> DeltaSummary {
    let mut summary = DeltaSummary::default();
    for item in &delta.items {
        match item {
            DeltaItem::Ci(item) => count(&mut summary.configuration_items, item),
            DeltaItem::Relationship(item) => count(&mut summary.relationships, item),
            DeltaItem::Group(item) => count(&mut summary.groups, item),
            DeltaItem::CiType(item) => count(&mut summary.definitions, item),
            DeltaItem::RelationshipType(item) => count(&mut summary.definitions, item),
            DeltaItem::Pool(item) => count(&mut summary.definitions, item),
            DeltaItem::Lifecycle(item) => count(&mut summary.definitions, item),
            DeltaItem::IngestRule(item) => count(&mut summary.definitions, item),
            DeltaItem::Source(_) | DeltaItem::Review(_) | DeltaItem::Merge(_) | DeltaItem::Distinction(_) => {}
        }
    }
    summary
}

fn count<T>(changes: &mut Changes, item: &BeforeAfter<T>) {
    match (&item.before, &item.after) {
        (None, _) => changes.created += 1,
        (Some(_), Some(_)) => changes.updated += 1,
        (Some(_), None) => changes.removed += 1,
    }
}
