//! The one writer: a thread that owns the journal and the next state.
//!
//! It drains its bounded queue, checks each write against the state so far, makes the journal
//! entries of the whole group durable in one transaction, publishes, and answers. A write that is
//! refused leaves no trace; a commit that fails takes back the whole group.

use std::error::Error as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::{broadcast, oneshot};
use tracing::{error, info, warn};

use super::idempotency::{IdempotencyKeys, Known};
use super::planner::{Planned, Planner, Sighted};
use super::states::States;
use super::unsaved::Unsaved;
use super::write::{BatchMode, Work, WriteError, WriteOutcome, WriteRequest};
use super::{CommandError, Done, Status};
use crate::clock::{Clock, IdGenerator};
use crate::model::{Actor, Delta, JournalEntry, Revision, SourceId, SourceName};
use crate::store::{AppendError, Pending, Store};

/// Most writes in one transaction.
const GROUP_WRITES_MAX: usize = 256;

/// A group is closed once its deltas have so many items: about two megabytes.
const GROUP_ITEMS_MAX: usize = 10_000;

/// How often the writer tries to get an unusable storage back.
const RECOVERY_INTERVAL: Duration = Duration::from_millis(500);

/// A write in the queue.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) request: WriteRequest,
    pub(super) actor: Actor,
    pub(super) answer: oneshot::Sender<Result<WriteOutcome, WriteError>>,
}

/// What may stand in the queue.
#[derive(Debug)]
pub(super) enum Message {
    Write(Box<Queued>),
    /// Finish what was queued before, and end.
    Close,
}

/// All that the writer's thread owns.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) store: Store,
    pub(super) states: States,
    pub(super) ids: IdGenerator,
    pub(super) clock: Clock,
    pub(super) keys: Arc<Mutex<IdempotencyKeys>>,
    pub(super) events: broadcast::Sender<Arc<JournalEntry>>,
    pub(super) status: Arc<Status>,
    pub(super) unsaved: Arc<Unsaved>,
    /// Why the storage takes no writes at present.
    pub(super) unusable: Option<String>,
}

/// A write that was checked and waits for the commit.
#[derive(Debug)]
struct Waiting {
    queued: Queued,
    outcome: WriteOutcome,
    entry: Option<Arc<JournalEntry>>,
    source: Option<SourceId>,
    sighted: Vec<Sighted>,
}

impl Writer {
    /// Serves the queue until it is told to close or everybody who could write is gone.
    pub(super) fn run(mut self, queue: &Receiver<Message>) {
        // Made now, so that the first write does not wait for it.
        self.states.spare();
        loop {
            let message = if self.unusable.is_some() {
                match queue.recv_timeout(RECOVERY_INTERVAL) {
                    Err(RecvTimeoutError::Timeout) => {
                        self.recover();
                        continue;
                    }
                    Err(RecvTimeoutError::Disconnected) => return,
                    Ok(message) => message,
                }
            } else {
                match queue.recv() {
                    Ok(message) => message,
                    Err(_) => return,
                }
            };
            let Message::Write(first) = message else { return };
            let (group, closing) = drain(*first, queue);
            self.serve(group);
            if closing {
                return;
            }
        }
    }

    fn serve(&mut self, group: Vec<Queued>) {
        self.status.taken(group.len());
        if self.unusable.is_some() {
            self.recover();
        }
        let mut left = group.into_iter();
        while left.len() > 0 {
            if let Some(because) = self.unusable.clone() {
                for queued in left {
                    let because = because.clone();
                    answer(queued, Err(WriteError::ReadOnly { because }));
                }
                return;
            }
            self.serve_part(&mut left);
        }
    }

    /// Serves writes until the group is full or none is left.
    fn serve_part(&mut self, left: &mut std::vec::IntoIter<Queued>) {
        let mut waiting: Vec<Waiting> = Vec::new();
        let mut items = 0;
        while items < GROUP_ITEMS_MAX {
            let Some(queued) = left.next() else { break };
            match self.prepare(queued, &waiting) {
                Prepared::Waiting(prepared) => {
                    items += prepared.entry.as_ref().map_or(0, |entry| entry.delta.items.len());
                    waiting.push(*prepared);
                }
                Prepared::Answered => {}
                Prepared::Panicked => {
                    // Nobody knows what the state is like now: commit nothing of this group.
                    self.states.discard();
                    for one in waiting {
                        answer(one.queued, Err(WriteError::Internal));
                    }
                    return;
                }
            }
        }
        self.commit(waiting);
        self.states.catch_up();
    }

    /// Checks a write and applies it to the spare state.
    fn prepare(&mut self, mut queued: Queued, waiting: &[Waiting]) -> Prepared {
        let last = waiting.iter().rev().find_map(|one| one.entry.as_deref());
        let base = last.map_or_else(|| self.store.head().revision, |entry| entry.revision);
        match self.known(&queued.request, waiting) {
            Some(Ok(known)) => return Prepared::Waiting(Box::new(Waiting::replayed(queued, known))),
            Some(Err(error)) => {
                answer(queued, Err(error));
                return Prepared::Answered;
            }
            None => {}
        }
        let source = queued.request.source.clone().unwrap_or_else(SourceName::manual);
        let work = std::mem::replace(&mut queued.request.work, Work::Commands(Vec::new()));
        let mode = queued.request.mode;
        let estate = self.states.spare();
        // A clock that goes back must not take the journal back: its order is the order of time.
        let at = self.clock.now().max(estate.committed_at());
        let ids = &mut self.ids;
        let planned = catch_unwind(AssertUnwindSafe(|| {
            let mut planner = Planner::new(estate, ids, at, base.next(), &source);
            let commands = execute(&mut planner, work, mode);
            (planner.finish(), commands)
        }));
        let Ok((planned, commands)) = planned else {
            error!(actor = %queued.actor.name, "a write panicked and was refused");
            answer(queued, Err(WriteError::Internal));
            return Prepared::Panicked;
        };
        Prepared::Waiting(Box::new(self.waiting(
            queued,
            planned,
            commands,
            Slip {
                revision: base.next(),
                at,
                source,
            },
        )))
    }

    /// What a checked write waits with: the entry to commit, if it is to be committed.
    fn waiting(
        &mut self,
        queued: Queued,
        planned: Planned,
        commands: Vec<Result<Done, CommandError>>,
        slip: Slip,
    ) -> Waiting {
        let request = &queued.request;
        let lands = !planned.refused && !request.dry_run;
        let estate = self.states.spare();
        if !lands {
            estate.apply(&planned.delta.inverse());
        }
        let delta = Arc::new(if planned.refused {
            Delta::default()
        } else {
            planned.delta
        });
        let entry = (lands && !delta.is_empty()).then(|| {
            estate.stamp(slip.revision, slip.at);
            Arc::new(JournalEntry {
                revision: slip.revision,
                at: slip.at,
                actor: queued.actor.clone(),
                source: slip.source.name,
                reason: request.reason.as_deref().map(Into::into),
                idempotency_key: request.idempotency_key.clone(),
                request_digest: request.request_digest,
                delta: Arc::clone(&delta),
            })
        });
        let outcome = WriteOutcome {
            revision: entry.as_ref().map_or_else(|| estate.revision(), |entry| entry.revision),
            changed: !delta.is_empty(),
            replayed: false,
            delta,
            commands,
        };
        let sighted = if lands { planned.sighted } else { Vec::new() };
        Waiting {
            queued,
            outcome,
            entry,
            source: planned.source,
            sighted,
        }
    }

    /// What became of an earlier write under the same key, if there was one.
    fn known(&self, request: &WriteRequest, waiting: &[Waiting]) -> Option<Result<Known, WriteError>> {
        let key = request.idempotency_key.as_ref()?;
        let before = waiting
            .iter()
            .filter_map(|one| one.entry.as_deref())
            .find(|entry| entry.idempotency_key.as_ref() == Some(key));
        let known = before.map(|entry| Known {
            revision: entry.revision,
            digest: entry.request_digest,
            at: entry.at,
        });
        let known = known.or_else(|| self.keys.lock().get(key).copied())?;
        if known.digest == request.request_digest {
            return Some(Ok(known));
        }
        let key = key.as_str().to_owned();
        Some(Err(WriteError::IdempotencyKeyReused {
            key,
            revision: known.revision,
        }))
    }

    /// Makes the group durable, publishes it and answers; or takes all of it back.
    fn commit(&mut self, waiting: Vec<Waiting>) {
        let entries: Vec<Arc<JournalEntry>> = waiting.iter().filter_map(|one| one.entry.clone()).collect();
        if entries.is_empty() {
            self.finish(waiting);
            return;
        }
        match self.append(&entries) {
            Ok(()) => {
                self.publish(&entries);
                self.finish(waiting);
            }
            Err(failure) => {
                self.take_back(&entries);
                // Also what changed nothing: it was checked against what is now taken back.
                for one in waiting {
                    answer(one.queued, Err(failure.clone()));
                }
            }
        }
    }

    fn append(&mut self, entries: &[Arc<JournalEntry>]) -> Result<(), WriteError> {
        let failure = match self.store.append(entries) {
            Ok(()) => return Ok(()),
            Err(failure @ (AppendError::OutOfOrder { .. } | AppendError::TooLarge { .. })) => {
                error!(error = %Chain(&failure), "the journal refused an entry");
                return Err(WriteError::ReadOnly {
                    because: Chain(&failure).to_string(),
                });
            }
            Err(failure) => failure,
        };
        warn!(error = %Chain(&failure), "the storage failed; trying to reopen it");
        // Whether the entries arrived is found out by reopening; here only what the storage said.
        let because = failure
            .source()
            .map_or_else(String::new, |fault| Chain(fault).to_string());
        match self.store.reopen() {
            Ok(reopened) => {
                self.unusable = reopened.writable.err().map(|fault| Chain(&fault).to_string());
                self.status.set_unusable(self.unusable.as_deref());
                match reopened.pending {
                    Pending::Landed if self.unusable.is_none() => Ok(()),
                    // It is there, and not known to be durable.
                    Pending::Landed => Err(WriteError::OutcomeUnknown { because }),
                    Pending::None | Pending::Lost => Err(WriteError::ReadOnly { because }),
                }
            }
            Err(error) => {
                let because = format!("{because}; {}", Chain(&error));
                self.unusable = Some(because.clone());
                self.status.set_unusable(Some(&because));
                Err(match failure {
                    AppendError::OutcomeUnknown(_) => WriteError::OutcomeUnknown { because },
                    AppendError::OutOfOrder { .. } | AppendError::TooLarge { .. } | AppendError::NotWritten(_) => {
                        WriteError::ReadOnly { because }
                    }
                })
            }
        }
    }

    fn publish(&mut self, entries: &[Arc<JournalEntry>]) {
        let marks = self.states.spare().take_marks();
        let head = self.store.head();
        let states = &mut self.states;
        self.unsaved.publish(marks, head, || states.publish(entries.to_vec()));
        for entry in entries {
            self.keys.lock().insert(entry);
            self.status.committed(entry.revision);
            // No receiver is no error: nobody listens at present.
            drop(self.events.send(Arc::clone(entry)));
        }
    }

    fn take_back(&mut self, entries: &[Arc<JournalEntry>]) {
        let published = self.states.snapshot();
        let estate = self.states.spare();
        for entry in entries.iter().rev() {
            estate.apply(&entry.delta.inverse());
        }
        estate.stamp(published.revision(), published.committed_at());
        drop(estate.take_marks());
    }

    fn finish(&mut self, waiting: Vec<Waiting>) {
        let snapshot = self.states.snapshot();
        for one in waiting {
            if let Some(source) = one.source {
                let at = one.entry.as_ref().map_or_else(|| self.clock.now(), |entry| entry.at);
                for (kind, slot, observed_at) in &one.sighted {
                    let at = observed_at.map_or(at, |observed_at| observed_at.min(at));
                    snapshot.sightings().saw(*kind, source, *slot, at);
                }
            }
            answer(one.queued, Ok(one.outcome));
        }
    }

    /// Tries to get an unusable storage back, and takes in what turns out to be durable after all.
    fn recover(&mut self) {
        let reopened = match self.store.reopen() {
            Ok(reopened) => reopened,
            Err(error) => return self.status.set_unusable(Some(&Chain(&error).to_string())),
        };
        if let Err(fault) = reopened.writable {
            return self.status.set_unusable(Some(&Chain(&fault).to_string()));
        }
        if let Err(error) = self.catch_up(reopened.head.revision) {
            return self.status.set_unusable(Some(&error));
        }
        self.unusable = None;
        self.status.set_unusable(None);
        info!(
            revision = reopened.head.revision.number(),
            "the storage takes writes again"
        );
    }

    fn catch_up(&mut self, head: Revision) -> Result<(), String> {
        loop {
            let known = self.states.snapshot().revision();
            if known >= head {
                return Ok(());
            }
            let entries = self.store.entries(known.next(), GROUP_WRITES_MAX);
            let entries = entries.map_err(|error| Chain(&error).to_string())?;
            let entries: Vec<Arc<JournalEntry>> = entries.into_iter().map(Arc::new).collect();
            if entries.is_empty() {
                return Err(format!("the journal says it ends with revision {head} and does not"));
            }
            let estate = self.states.spare();
            for entry in &entries {
                estate.apply(&entry.delta);
                estate.stamp(entry.revision, entry.at);
            }
            self.publish(&entries);
        }
    }
}

/// What became of a write when it was checked.
#[derive(Debug)]
enum Prepared {
    /// It waits for the commit.
    Waiting(Box<Waiting>),
    /// It was refused.
    Answered,
    /// It panicked and was refused; the spare state is not to be trusted.
    Panicked,
}

/// Number, time and source of the entry that a write would make.
#[derive(Debug)]
struct Slip {
    revision: Revision,
    at: Timestamp,
    source: SourceName,
}

impl Waiting {
    /// A write that was done before under the same key.
    fn replayed(queued: Queued, known: Known) -> Self {
        let outcome = WriteOutcome {
            revision: known.revision,
            changed: true,
            replayed: true,
            delta: Arc::default(),
            commands: Vec::new(),
        };
        Self {
            queued,
            outcome,
            entry: None,
            source: None,
            sighted: Vec::new(),
        }
    }
}

fn drain(first: Queued, queue: &Receiver<Message>) -> (Vec<Queued>, bool) {
    let mut group = vec![first];
    while group.len() < GROUP_WRITES_MAX {
        match queue.try_recv() {
            Ok(Message::Write(next)) => group.push(*next),
            Ok(Message::Close) => return (group, true),
            Err(_) => break,
        }
    }
    (group, false)
}

fn execute(planner: &mut Planner<'_>, work: Work, mode: BatchMode) -> Vec<Result<Done, CommandError>> {
    let commands = match work {
        Work::Commands(commands) => commands,
        Work::Plan(plan) => {
            plan(planner);
            return Vec::new();
        }
    };
    let mut results: Vec<_> = commands.iter().map(|command| planner.execute(command)).collect();
    if mode == BatchMode::Atomic && results.iter().any(Result::is_err) {
        planner.refuse();
        for result in results.iter_mut().filter(|result| result.is_ok()) {
            *result = Err(CommandError::BatchRefused);
        }
    }
    results
}

fn answer(queued: Queued, result: Result<WriteOutcome, WriteError>) {
    // A client that went away does not want its answer.
    drop(queued.answer.send(result));
}

/// An error and its causes, on one line.
struct Chain<'a>(&'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
