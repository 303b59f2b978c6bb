//! The checked effect of a command, and its record.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use super::definition::{CiTypeDefinition, LifecycleRule, PoolDefinition, RelationshipTypeDefinition};
use super::{
    ConfigurationItem, Distinction, IngestRule, Merge, Name, RedundancyGroup, Relationship, ReviewItem, Source,
};

/// Number of a commit; 0 is the empty estate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(u64);

impl Revision {
    /// The empty estate.
    pub const ZERO: Self = Self(0);

    /// Wraps a number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number inside.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The commit after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// One thing before and after: both present is an update, only `after` a creation, only `before` a
/// removal. Never both absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeforeAfter<T> {
    /// As it was.
    pub before: Option<Arc<T>>,
    /// As it is.
    pub after: Option<Arc<T>>,
}

impl<T> BeforeAfter<T> {
    /// A creation.
    pub fn created(after: T) -> Self {
        Self {
            before: None,
            after: Some(Arc::new(after)),
        }
    }

    /// The creation of what is there.
    pub fn existing(there: &Arc<T>) -> Self {
        Self {
            before: None,
            after: Some(Arc::clone(there)),
        }
    }

    /// An update.
    pub fn updated(before: Arc<T>, after: T) -> Self {
        Self {
            before: Some(before),
            after: Some(Arc::new(after)),
        }
    }

    /// A removal.
    pub fn removed(before: Arc<T>) -> Self {
        Self {
            before: Some(before),
            after: None,
        }
    }

    /// What is there on either side, the later first.
    pub fn either(&self) -> Option<&Arc<T>> {
        self.after.as_ref().or(self.before.as_ref())
    }

    /// The same step of something made of these.
    pub fn map<U>(&self, make: impl Fn(&T) -> U) -> BeforeAfter<U> {
        BeforeAfter {
            before: self.before.as_deref().map(|before| Arc::new(make(before))),
            after: self.after.as_deref().map(|after| Arc::new(make(after))),
        }
    }

    fn inverse(&self) -> Self {
        Self {
            before: self.after.clone(),
            after: self.before.clone(),
        }
    }
}

/// One step of a delta.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeltaItem {
    /// A source.
    Source(BeforeAfter<Source>),
    /// A CI type.
    CiType(BeforeAfter<CiTypeDefinition>),
    /// A relationship type.
    RelationshipType(BeforeAfter<RelationshipTypeDefinition>),
    /// A pool.
    Pool(BeforeAfter<PoolDefinition>),
    /// What a lifecycle stage means.
    Lifecycle(BeforeAfter<LifecycleRule>),
    /// A rule of ingest.
    IngestRule(BeforeAfter<IngestRule>),
    /// An item of the review queue.
    Review(BeforeAfter<ReviewItem>),
    /// A configuration item.
    Ci(BeforeAfter<ConfigurationItem>),
    /// A relationship.
    Relationship(BeforeAfter<Relationship>),
    /// A redundancy group.
    Group(BeforeAfter<RedundancyGroup>),
    /// The record of a merge of two CIs.
    Merge(BeforeAfter<Merge>),
    /// The record that two CIs are not one.
    Distinction(BeforeAfter<Distinction>),
}

/// The checked effect of a write, in the order to apply: before and after of just what changes.
/// Journal entry, replay, audit record, event and inverse at once. Applying cannot fail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    /// The steps.
    pub items: Vec<DeltaItem>,
}

impl Delta {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The delta that takes this one back.
    #[must_use]
    pub fn inverse(&self) -> Self {
        let items = self.items.iter().rev().map(DeltaItem::inverse).collect();
        Self { items }
    }
}

/// For each kind of item, the step of that kind that an item is.
macro_rules! steps {
    ($($(#[$doc:meta])* $name:ident: $variant:ident($thing:ty),)*) => {$(
        $(#[$doc])*
        pub fn $name(&self) -> Option<&BeforeAfter<$thing>> {
            if let Self::$variant(step) = self { Some(step) } else { None }
        }
    )*};
}

impl DeltaItem {
    steps! {
        /// The step of a CI type, if it is one.
        as_ci_type: CiType(CiTypeDefinition),
        /// The step of a relationship type, if it is one.
        as_relationship_type: RelationshipType(RelationshipTypeDefinition),
        /// The step of a rule of ingest, if it is one.
        as_ingest_rule: IngestRule(IngestRule),
        /// The step of an item of the review queue, if it is one.
        as_review: Review(ReviewItem),
        /// The step of a CI, if it is one.
        as_ci: Ci(ConfigurationItem),
        /// The step of a relationship, if it is one.
        as_relationship: Relationship(Relationship),
        /// The step of a redundancy group, if it is one.
        as_group: Group(RedundancyGroup),
        /// The step of the record of a merge, if it is one.
        as_merge: Merge(Merge),
    }

    fn inverse(&self) -> Self {
        match self {
            Self::Source(item) => Self::Source(item.inverse()),
            Self::CiType(item) => Self::CiType(item.inverse()),
            Self::RelationshipType(item) => Self::RelationshipType(item.inverse()),
            Self::Pool(item) => Self::Pool(item.inverse()),
            Self::Lifecycle(item) => Self::Lifecycle(item.inverse()),
            Self::IngestRule(item) => Self::IngestRule(item.inverse()),
            Self::Review(item) => Self::Review(item.inverse()),
            Self::Ci(item) => Self::Ci(item.inverse()),
            Self::Relationship(item) => Self::Relationship(item.inverse()),
            Self::Group(item) => Self::Group(item.inverse()),
            Self::Merge(item) => Self::Merge(item.inverse()),
            Self::Distinction(item) => Self::Distinction(item.inverse()),
        }
    }
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The name in records: `admin`, `local`, `system`.
    pub name: Box<str>,
}

/// A key under which the same request is recognised when it is sent again; 1 to 200 bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey(Box<str>);

/// A text is no idempotency key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an idempotency key has 1 to {max} bytes, this one has {0}", max = IdempotencyKey::BYTES_MAX)]
pub struct IdempotencyKeyError(usize);

impl IdempotencyKey {
    /// Longest key, in bytes.
    pub const BYTES_MAX: usize = 200;

    /// Checks and wraps a text.
    pub fn new(text: &str) -> Result<Self, IdempotencyKeyError> {
        if (1..=Self::BYTES_MAX).contains(&text.len()) {
            Ok(Self(text.into()))
        } else {
            Err(IdempotencyKeyError(text.len()))
        }
    }

    /// The text inside.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The record of a commit.
#[derive(Clone, Debug, PartialEq)]
pub struct JournalEntry {
    /// The number of the commit.
    pub revision: Revision,
    /// When it was made.
    pub at: Timestamp,
    /// Who asked.
    pub actor: Actor,
    /// The source behind it.
    pub source: Name,
    /// Why, in the asker's words.
    pub reason: Option<Box<str>>,
    /// The key it was asked under.
    pub idempotency_key: Option<IdempotencyKey>,
    /// SHA-256 of what was asked under the key, to tell a repetition from a reuse.
    pub request_digest: [u8; 32],
    /// What changed.
    pub delta: Arc<Delta>,
}
