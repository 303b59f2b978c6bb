//! What a source brought, run by run.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Revision, SourceName};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum RunState {
    /// All was read; of a sync session: what was not mentioned was dealt with.
    Completed = 0,
    /// It ended early, by an error.
    Failed = 1,
    /// The sender gave the session up.
    Aborted = 2,
    /// The session was left alone for too long, or a later one took its place.
    Abandoned = 3,
}

impl RunState {
    /// All states, by number.
    pub const ALL: [Self; 4] = [Self::Completed, Self::Failed, Self::Aborted, Self::Abandoned];

    /// The word in answers and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
            Self::Aborted => "ABORTED",
            Self::Abandoned => "ABANDONED",
        }
    }

    /// The state's number, 0 to 3.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The state of a stored number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// How much a run brought, in records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunCounts {
    /// Records read.
    pub records: u64,
    /// Records that made something new.
    pub created: u64,
    /// Records that changed something.
    pub updated: u64,
    /// Records that said nothing new.
    pub unchanged: u64,
    /// Records that were refused.
    pub refused: u64,
    /// Warnings.
    pub warnings: u64,
    /// CIs that were not mentioned and became stale.
    pub stale: u64,
    /// CIs that were not mentioned for longer than their grace and were retired.
    pub retired: u64,
    /// Relationships that were not mentioned and went.
    pub relationships_removed: u64,
}

impl RunCounts {
    /// Adds the counts of another push.
    pub fn add(&mut self, other: &Self) {
        self.records += other.records;
        self.created += other.created;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.refused += other.refused;
        self.warnings += other.warnings;
        self.stale += other.stale;
        self.retired += other.retired;
        self.relationships_removed += other.relationships_removed;
    }
}

/// One run of a source: a push, or a sync session with all of its pushes. Kept beside the revisions,
/// because a run that changes nothing is news too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Who spoke.
    pub source: SourceName,
    /// Who was signed in.
    pub actor: Box<str>,
    /// The sync session, if it was one.
    pub session: Option<Uuid>,
    /// How it ended.
    pub state: RunState,
    /// When it began.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// How much it brought.
    pub counts: RunCounts,
    /// The estate's revision at its end.
    pub revision: Revision,
    /// Why it ended early, or, of a completed session, why not all was swept: code and message.
    pub error: Option<(Box<str>, Box<str>)>,
}
