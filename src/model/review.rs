//! The review queue: what nobody but a person can decide.

use jiff::Timestamp;

use super::{CiId, ReviewId, SourceName};

/// Longest record or reason that a review item keeps, in bytes.
pub const REVIEW_TEXT_BYTES_MAX: usize = 64 * 1024;

/// Something that waits for a person's decision, or had one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewItem {
    /// Its identity.
    pub id: ReviewId,
    /// What is to be decided.
    pub kind: ReviewKind,
    /// Who brought it up, with feed and scope. Of items that were recorded before these were kept, they
    /// are empty.
    pub source: SourceName,
    /// What it is about, within its source's name: there is one item for it, however often it is brought
    /// up, and by whichever feed.
    /// Of records, `key:` and the native key, or `digest:` and a digest of what they say.
    pub subject: Box<str>,
    /// The type of the CI, by name, where there is one.
    pub ci_type: Box<str>,
    /// The record, as a line of the native payload without its secret values; empty where there is
    /// none.
    pub record: Box<str>,
    /// The CIs between which is to be decided, ascending.
    pub candidates: Vec<CiId>,
    /// Why it waits, for people.
    pub reason: Box<str>,
    /// When it was first brought up.
    pub first_seen: Timestamp,
    /// The decision.
    pub state: ReviewState,
}

/// What is to be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReviewKind {
    /// Which of several CIs a record speaks of.
    MultiMatch,
    /// Whether a record that matches no CI is to become one.
    NoMatchStaged,
    /// Whether CIs are one.
    Duplicate,
}

/// Whether and how it was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReviewState {
    /// It waits.
    Open,
    /// It was decided.
    Resolved {
        /// The CI it was decided for.
        ci: CiId,
        /// When.
        at: Timestamp,
    },
    /// It is not to be looked at again.
    Dismissed {
        /// Why, in the words of who did it.
        reason: Box<str>,
        /// When.
        at: Timestamp,
    },
}

impl ReviewKind {
    /// All kinds, in the order of their stored numbers.
    pub const ALL: [Self; 3] = [Self::MultiMatch, Self::NoMatchStaged, Self::Duplicate];
}

impl ReviewItem {
    /// Whether it waits.
    pub fn is_open(&self) -> bool {
        self.state == ReviewState::Open
    }
}

/// What to do with the review queue.
#[derive(Clone, Debug, PartialEq)]
pub enum ReviewCommand {
    /// Brings something up; what was brought up before is brought up to date while it waits.
    Raise(NewReview),
    /// Decides for a CI that is there: it gets the key of the record.
    ResolveTo {
        /// The item.
        review: ReviewId,
        /// The CI.
        ci: CiId,
    },
    /// Decides for a new CI.
    ResolveNew {
        /// The item.
        review: ReviewId,
        /// The CI to create.
        new: Box<super::command::NewCi>,
    },
    /// Puts it aside for good.
    Dismiss {
        /// The item.
        review: ReviewId,
        /// Why.
        reason: String,
    },
}

/// Something to decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReview {
    /// What is to be decided.
    pub kind: ReviewKind,
    /// Who brings it up.
    pub source: SourceName,
    /// What it is about, within its source's name.
    pub subject: Box<str>,
    /// The type of the CI, by name.
    pub ci_type: Box<str>,
    /// The record.
    pub record: Box<str>,
    /// The CIs between which is to be decided.
    pub candidates: Vec<CiId>,
    /// Why it waits.
    pub reason: Box<str>,
}
