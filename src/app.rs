//! The configuration management database: open, check commands, one writer, publish, read.
//!
//! [`Cmdb`] joins the layers below: it opens the store, rebuilds the estate, and owns the writer's
//! thread and the checkpointer's. Everybody else holds a [`Reader`] or an [`Editor`].

mod authority;
mod check;
mod checkpoint;
mod command_error;
mod derived;
mod duplicates;
pub mod error_code;
mod follow;
mod idempotency;
mod open;
mod planner;
pub mod runs;
mod scenario;
pub mod sessions;
mod states;
mod status;
mod unsaved;
mod write;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Sender, SyncSender, TrySendError, channel, sync_channel};
use std::thread::JoinHandle;

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::{broadcast, oneshot};

pub use authority::{Authorities, RelationshipAuthority};
pub use check::merge::{Loss, LossKind, MergePlan, MergeRequest, MergedField, Taken, preview as preview_merge};
pub use checkpoint::CheckpointPolicy;
pub use command_error::{CI_NAME_BYTES_MAX, CommandError, GROUP_MEMBERS_MAX, SHORT_TEXT_BYTES_MAX, TAGS_MAX};
pub use derived::{AmbiguousDerivation, DERIVED, ambiguous_derivations, derived_from_scratch};
pub use duplicates::{
    Duplicate, DuplicateQueue, DuplicateReason, QueueError, ReasonKind, SHARED_MAX, all_duplicates, duplicates_of,
};
pub use error_code::ErrorCode;
pub use follow::FollowError;
pub use open::OpenError;
pub use planner::{Done, Planner};
pub use scenario::{Scenario, preview};
pub use status::Health;
pub use write::{BatchMode, COMMANDS_MAX, Plan, Work, WriteError, WriteOutcome, WriteRequest};

use crate::catalog::Catalog;
use crate::clock::{Clock, IdGenerator};
use crate::graph::Snapshot;
use crate::model::{Actor, Delta, JournalEntry, Name, Revision};
use crate::store::{JournalReader, ReadError, Store, VerifyReport};
use checkpoint::{Checkpointer, Tell};
use runs::Runs;
use sessions::Sessions;
use states::{Published, States};
use status::Status;
use unsaved::Unsaved;
use writer::{Message, Queued, Writer};

/// Writes that may wait in the queue before further ones are refused as busy.
const QUEUE_MAX: usize = 1_024;

/// Commits that a slow follower may lag behind before it reads them from the journal instead.
const EVENTS_MAX: usize = 1_024;

/// How a database is opened.
#[derive(Debug, Default)]
pub struct CmdbOptions {
    /// Where the time comes from.
    pub clock: Clock,
    /// Where identities come from.
    pub ids: IdGenerator,
    /// When checkpoints are made.
    pub checkpoints: CheckpointPolicy,
}

/// The database. Cheap to clone; the last clone to go closes it.
#[derive(Clone, Debug)]
pub struct Cmdb {
    reader: Reader,
    queue: SyncSender<Message>,
    threads: Arc<Threads>,
}

/// Reads: snapshots and the journal.
#[derive(Clone, Debug)]
pub struct Reader {
    published: Published,
    journal: JournalReader,
    events: broadcast::Sender<Arc<JournalEntry>>,
    status: Arc<Status>,
    runs: Runs,
    sessions: Sessions,
    clock: Clock,
}

/// Writes, on behalf of an actor.
#[derive(Clone, Debug)]
pub struct Editor {
    reader: Reader,
    queue: SyncSender<Message>,
    actor: Actor,
}

/// The threads behind a database; dropping them ends and joins them.
#[derive(Debug)]
struct Threads {
    folder: PathBuf,
    queue: SyncSender<Message>,
    tell: Sender<Tell>,
    writer: Mutex<Option<JoinHandle<()>>>,
    checkpointer: Mutex<Option<JoinHandle<()>>>,
}

impl Cmdb {
    /// Opens the store in a folder, creating it where there is none, and starts the writer. A new
    /// store begins with the default catalog as its first commit.
    pub fn open(folder: &Path, options: CmdbOptions) -> Result<Self, OpenError> {
        let mut store = Store::open(folder)?;
        let mut loaded = open::load(&store)?;
        if loaded.estate.revision() == Revision::ZERO {
            let entry = first_entry(&options.clock)?;
            store
                .append(std::slice::from_ref(&entry))
                .map_err(OpenError::FirstCommit)?;
            loaded.estate.apply(&entry.delta);
            loaded.estate.stamp(entry.revision, entry.at);
        }
        // Restoring a checkpoint leaves no marks, replaying the journal behind it does.
        let marks = loaded.estate.take_marks();
        let status = Arc::new(Status::new(loaded.estate.revision(), loaded.checkpoint));
        let published = Published::new(loaded.estate);
        let unsaved = Arc::new(Unsaved::new(published.clone(), store.head(), marks));
        let (events, _) = broadcast::channel(EVENTS_MAX);
        let keys = Arc::new(Mutex::new(loaded.keys));
        let reader = Reader {
            published: published.clone(),
            journal: store.journal_reader(),
            events: events.clone(),
            status: Arc::clone(&status),
            runs: loaded.runs.clone(),
            sessions: Sessions::default(),
            clock: options.clock.clone(),
        };
        let checkpointer = Checkpointer {
            file: store.checkpoint_writer(),
            unsaved: Arc::clone(&unsaved),
            keys: Arc::clone(&keys),
            runs: loaded.runs.clone(),
            status: Arc::clone(&status),
            policy: options.checkpoints,
            saved: loaded.checkpoint,
        };
        let writer = Writer {
            store,
            states: States::new(published),
            ids: options.ids,
            clock: options.clock,
            keys,
            events,
            status,
            unsaved,
            unusable: None,
        };
        Self::start(folder, reader, writer, checkpointer)
    }

    fn start(folder: &Path, reader: Reader, writer: Writer, checkpointer: Checkpointer) -> Result<Self, OpenError> {
        let (queue, messages) = sync_channel(QUEUE_MAX);
        let (tell, told) = channel();
        let spawn = |name: &str, run: Box<dyn FnOnce() + Send>| {
            std::thread::Builder::new()
                .name(name.to_owned())
                .spawn(run)
                .map_err(OpenError::Thread)
        };
        let writer = spawn("writer", Box::new(move || writer.run(&messages)))?;
        let checkpointer = spawn("checkpointer", Box::new(move || checkpointer.run(&told)))?;
        let threads = Threads {
            folder: folder.to_owned(),
            queue: queue.clone(),
            tell,
            writer: Mutex::new(Some(writer)),
            checkpointer: Mutex::new(Some(checkpointer)),
        };
        Ok(Self {
            reader,
            queue,
            threads: Arc::new(threads),
        })
    }

    /// A handle that reads.
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// A handle that writes in an actor's name.
    pub fn editor(&self, actor: Actor) -> Editor {
        Editor {
            reader: self.reader.clone(),
            queue: self.queue.clone(),
            actor,
        }
    }

    /// How the database is doing.
    pub fn health(&self) -> Health {
        self.reader.status.health()
    }

    /// The folder of its store.
    pub fn folder(&self) -> &Path {
        &self.threads.folder
    }

    /// Saves a checkpoint now. Blocks until it is written.
    pub fn checkpoint(&self) -> Result<(), String> {
        let (done, answer) = channel();
        let gone = || "the database is closed".to_owned();
        self.threads.tell.send(Tell::Save(done)).map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?
    }

    /// Finishes what is queued, saves a checkpoint and ends the threads. Blocks until they have
    /// ended. Writes asked for later are refused as closed.
    pub fn close(&self) {
        self.threads.end();
    }
}

impl Threads {
    fn end(&self) {
        if let Some(writer) = self.writer.lock().take() {
            // The writer may have ended by itself, which is as well.
            drop(self.queue.send(Message::Close));
            drop(writer.join());
        }
        if let Some(checkpointer) = self.checkpointer.lock().take() {
            drop(self.tell.send(Tell::Close));
            drop(checkpointer.join());
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.end();
    }
}

impl Reader {
    /// The present state. Take it once per request: two are two truths.
    pub fn snapshot(&self) -> Snapshot {
        self.published.snapshot()
    }

    /// The last runs of every source.
    pub fn runs(&self) -> &Runs {
        &self.runs
    }

    /// The sync sessions that are open.
    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// The record of a commit, from the journal on disk.
    pub fn entry(&self, revision: Revision) -> Result<Option<JournalEntry>, ReadError> {
        self.journal.entry(revision)
    }
}

impl Editor {
    /// The present moment, by the database's clock.
    pub fn now(&self) -> Timestamp {
        self.reader.clock.now()
    }

    /// The same state, for reading.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Who writes.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Hands a write to the writer and waits until it is durable and visible, or refused.
    pub async fn write(&self, request: WriteRequest) -> Result<WriteOutcome, WriteError> {
        self.queue_up(request)?.await.map_err(|_| WriteError::Closed)?
    }

    /// As [`Editor::write`], for threads that may block.
    pub fn write_blocking(&self, request: WriteRequest) -> Result<WriteOutcome, WriteError> {
        self.queue_up(request)?
            .blocking_recv()
            .map_err(|_| WriteError::Closed)?
    }

    fn queue_up(
        &self,
        request: WriteRequest,
    ) -> Result<oneshot::Receiver<Result<WriteOutcome, WriteError>>, WriteError> {
        if let Work::Commands(commands) = &request.work
            && commands.len() > COMMANDS_MAX
        {
            return Err(WriteError::TooManyCommands { count: commands.len() });
        }
        let (answer, receiver) = oneshot::channel();
        let queued = Queued {
            request,
            actor: self.actor.clone(),
            answer,
        };
        self.reader.status.queued();
        match self.queue.try_send(Message::Write(Box::new(queued))) {
            Ok(()) => Ok(receiver),
            Err(error) => {
                self.reader.status.taken(1);
                Err(match error {
                    TrySendError::Full(_) => WriteError::Busy { limit: QUEUE_MAX },
                    TrySendError::Disconnected(_) => WriteError::Closed,
                })
            }
        }
    }
}

/// Checks everything that is stored in a folder, without changing it.
pub fn verify(folder: &Path) -> Result<VerifyReport, OpenError> {
    Ok(Store::open(folder)?.verify())
}

/// The commit that every store begins with: the default catalog.
fn first_entry(clock: &Clock) -> Result<JournalEntry, OpenError> {
    let items = Catalog::embedded()?;
    Ok(JournalEntry {
        revision: Revision::ZERO.next(),
        at: clock.now(),
        actor: Actor { name: "system".into() },
        source: Name::new("manual").expect("`manual` is a name"),
        reason: Some("the default catalog".into()),
        idempotency_key: None,
        request_digest: [0; 32],
        delta: Arc::new(Delta { items }),
    })
}

#[cfg(test)]
mod tests;
