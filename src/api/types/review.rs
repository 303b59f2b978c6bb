//! The review queue.

use std::sync::Arc;

use async_graphql::{Enum, ID, Object};

use super::CiObject;
use super::enums::mirror;
use super::run::stated;
use crate::api::scalars::DateTime;
use crate::graph::Snapshot;
use crate::model;
use crate::model::review::{ReviewItem, ReviewState};

mirror! {
    /// What is to be decided.
    ReviewKind = model::review::ReviewKind {
        /// Which of several CIs a record speaks of.
        MultiMatch,
        /// Whether a record that matches no CI is to become one.
        NoMatchStaged,
        /// Whether CIs are one.
        Duplicate,
    }
}

/// Whether and how an item of the review queue was decided.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[graphql(name = "ReviewState")]
pub enum ReviewStateName {
    /// It waits.
    Open,
    /// It was decided for a CI.
    Resolved,
    /// It is not to be looked at again.
    Dismissed,
}

impl From<&ReviewState> for ReviewStateName {
    fn from(state: &ReviewState) -> Self {
        match state {
            ReviewState::Open => Self::Open,
            ReviewState::Resolved { .. } => Self::Resolved,
            ReviewState::Dismissed { .. } => Self::Dismissed,
        }
    }
}

/// An item of the review queue of a snapshot.
#[derive(Clone, Debug)]
pub struct ReviewObject {
    view: Snapshot,
    item: Arc<ReviewItem>,
}

impl ReviewObject {
    pub(in crate::api) fn new(view: &Snapshot, item: &Arc<ReviewItem>) -> Self {
        Self {
            view: view.clone(),
            item: Arc::clone(item),
        }
    }
}

/// Something that waits for a person's decision, or had one.
#[Object(name = "ReviewItem")]
impl ReviewObject {
    /// Its identity: `review:` and a UUID.
    pub async fn id(&self) -> ID {
        ID(self.item.id.to_string())
    }

    /// What is to be decided.
    async fn kind(&self) -> ReviewKind {
        self.item.kind.into()
    }

    /// Who brought it up.
    async fn source(&self) -> &str {
        self.item.source.name.as_str()
    }

    /// Which of the source's feeds; null: none was named.
    async fn feed(&self) -> Option<&str> {
        stated(&self.item.source.feed)
    }

    /// Of which part of the world; null: none was named.
    async fn scope(&self) -> Option<&str> {
        stated(&self.item.source.scope)
    }

    /// What it is about, within its source: `key:` and the native key of the record, or a digest of
    /// what it says.
    async fn subject(&self) -> &str {
        &self.item.subject
    }

    /// The type of the CI, by name.
    async fn type_name(&self) -> &str {
        &self.item.ci_type
    }

    /// The record, as a line of the native payload without its secret values.
    async fn record(&self) -> &str {
        &self.item.record
    }

    /// The CIs between which is to be decided, as far as they are still there.
    #[graphql(complexity = "10 * child_complexity")]
    async fn candidates(&self) -> Vec<CiObject> {
        let slots = self.item.candidates.iter().filter_map(|id| self.view.slot_of(*id));
        slots.map(|slot| CiObject::at(&self.view, slot)).collect()
    }

    /// Why it waits.
    async fn reason(&self) -> &str {
        &self.item.reason
    }

    /// When it was first brought up.
    async fn first_seen(&self) -> DateTime {
        DateTime(self.item.first_seen)
    }

    /// Whether and how it was decided.
    async fn state(&self) -> ReviewStateName {
        (&self.item.state).into()
    }

    /// The CI it was decided for, as far as it is still there.
    async fn resolved_to(&self) -> Option<CiObject> {
        match self.item.state {
            ReviewState::Resolved { ci, .. } => Some(CiObject::at(&self.view, self.view.slot_of(ci)?)),
            ReviewState::Open | ReviewState::Dismissed { .. } => None,
        }
    }

    /// Why it was dismissed.
    async fn dismissed_because(&self) -> Option<&str> {
        match &self.item.state {
            ReviewState::Dismissed { reason, .. } => Some(reason),
            ReviewState::Open | ReviewState::Resolved { .. } => None,
        }
    }

    /// When it was decided.
    async fn decided_at(&self) -> Option<DateTime> {
        match self.item.state {
            ReviewState::Resolved { at, .. } | ReviewState::Dismissed { at, .. } => Some(DateTime(at)),
            ReviewState::Open => None,
        }
    }
}
