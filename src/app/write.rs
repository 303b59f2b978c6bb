//! What a client may ask the writer for, and what it gets.

use std::fmt;
use std::sync::Arc;

use super::planner::{Done, Planner};
use super::{CommandError, ErrorCode};
use crate::model::{Command, Delta, IdempotencyKey, Revision, SourceName};

/// Most commands in one write.
pub const COMMANDS_MAX: usize = 10_000;

/// Whether good commands land beside refused ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BatchMode {
    /// Good ones land, refused ones are reported.
    #[default]
    Partial,
    /// All or nothing.
    Atomic,
}

/// A plan: runs on the writer's thread against the state so far. Keep it short: everybody waits.
pub type Plan = Box<dyn FnOnce(&mut Planner<'_>) + Send>;

/// What to do.
pub enum Work {
    /// These commands, in order; each sees those before it.
    Commands(Vec<Command>),
    /// Whatever a plan decides on the state so far.
    Plan(Plan),
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Commands(commands) => f.debug_tuple("Commands").field(commands).finish(),
            Self::Plan(_) => f.write_str("Plan"),
        }
    }
}

/// A write asked for.
#[derive(Debug)]
pub struct WriteRequest {
    /// What to do.
    pub work: Work,
    /// Whether good commands land beside refused ones.
    pub mode: BatchMode,
    /// Whether only to say what would happen.
    pub dry_run: bool,
    /// The source behind it; absent: `manual`.
    pub source: Option<SourceName>,
    /// Why, in the asker's words.
    pub reason: Option<String>,
    /// The key under which a repetition is recognised.
    pub idempotency_key: Option<IdempotencyKey>,
    /// SHA-256 of what is asked, to tell a repetition from a reuse of the key.
    pub request_digest: [u8; 32],
}

impl WriteRequest {
    /// A write of commands, all or nothing, with nothing else said.
    pub fn commands(commands: Vec<Command>) -> Self {
        Self {
            work: Work::Commands(commands),
            mode: BatchMode::Atomic,
            dry_run: false,
            source: None,
            reason: None,
            idempotency_key: None,
            request_digest: [0; 32],
        }
    }
}

/// What a write did.
#[derive(Clone, Debug)]
pub struct WriteOutcome {
    /// The commit that holds it, or, where nothing changed, the state it was checked against.
    pub revision: Revision,
    /// Whether it made a commit (or would have, in a dry run).
    pub changed: bool,
    /// Whether the key was seen before: nothing was done again, and `commands` is empty.
    pub replayed: bool,
    /// What changed, or would have.
    pub delta: Arc<Delta>,
    /// What each command did, in order; empty for a plan.
    pub commands: Vec<Result<Done, CommandError>>,
}

/// Why a write was not done.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The writer's queue is full. Nothing happened.
    #[error("the writer's queue of {limit} writes is full")]
    Busy {
        /// Writes that may wait.
        limit: usize,
    },
    /// The storage takes no writes. Nothing happened.
    #[error("the storage takes no writes: {because}")]
    ReadOnly {
        /// What the storage said.
        because: String,
    },
    /// Whether it happened is not known.
    #[error("the storage failed while it committed, so whether the write happened is not known: {because}")]
    OutcomeUnknown {
        /// What the storage said.
        because: String,
    },
    /// The key was used for something else. Nothing happened.
    #[error("the idempotency key `{key}` was used for another request in revision {revision}")]
    IdempotencyKeyReused {
        /// The key.
        key: String,
        /// The commit it was used in.
        revision: Revision,
    },
    /// The key of a write that is being committed with this one.
    #[error("{count} commands are too many at once: the limit is {COMMANDS_MAX}")]
    TooManyCommands {
        /// How many were given.
        count: usize,
    },
    /// The plan panicked. Nothing happened.
    #[error("the write failed by an error of ours")]
    Internal,
    /// The database is closed.
    #[error("the database is closed")]
    Closed,
}

impl WriteError {
    /// The code that clients see.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Busy { .. } => ErrorCode::Busy,
            Self::ReadOnly { .. } => ErrorCode::ReadOnly,
            Self::OutcomeUnknown { .. } => ErrorCode::OutcomeUnknown,
            Self::IdempotencyKeyReused { .. } => ErrorCode::IdempotencyKeyReused,
            Self::TooManyCommands { .. } => ErrorCode::LimitExceeded,
            Self::Internal => ErrorCode::Internal,
            Self::Closed => ErrorCode::NotReady,
        }
    }
}
