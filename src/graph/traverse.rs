//! Walks along relationships as recorded: who is near a CI, and how two CIs are connected.
//!
//! What a failure does is the business of `impact`; here a relationship is a link of a type with a
//! direction, whatever strength it has.

mod neighbourhood;
mod paths;

pub use neighbourhood::{Neighbour, Neighbourhood, neighbourhood};
pub use paths::{Path, PathStep, Paths, shortest_paths};

use super::{Estate, RelationshipRef, Slot};
use crate::model::RelationshipTypeId;

/// Which way to follow relationships.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// From start to end, as the forward phrase reads.
    Outgoing,
    /// From end to start, as the reverse phrase reads.
    Incoming,
    /// Both.
    #[default]
    Both,
}

impl Direction {
    /// The direction of the way back.
    #[must_use]
    pub const fn reversed(self) -> Self {
        match self {
            Self::Outgoing => Self::Incoming,
            Self::Incoming => Self::Outgoing,
            Self::Both => Self::Both,
        }
    }

    const fn goes_out(self) -> bool {
        matches!(self, Self::Outgoing | Self::Both)
    }

    const fn comes_in(self) -> bool {
        matches!(self, Self::Incoming | Self::Both)
    }
}

/// Why a walk ended before it had seen everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutShort {
    /// The budget's steps ran out.
    Steps,
    /// The budget's time ran out.
    Time,
    /// As many results as asked for were found, and there are more.
    Results,
}

impl CutShort {
    /// The name in answers: `STEPS`, `TIME`, `RESULTS`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Steps => "STEPS",
            Self::Time => "TIME",
            Self::Results => "RESULTS",
        }
    }
}

impl From<super::budget::BudgetExceeded> for CutShort {
    fn from(exceeded: super::budget::BudgetExceeded) -> Self {
        match exceeded.reason {
            super::budget::BudgetReason::Steps => Self::Steps,
            super::budget::BudgetReason::Time => Self::Time,
        }
    }
}

/// Which relationships a walk follows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Follow {
    /// Which way.
    pub direction: Direction,
    /// Only these types; `None`: all.
    pub types: Option<Vec<RelationshipTypeId>>,
}

impl Follow {
    /// Whether relationships of a type are followed.
    pub fn allows(&self, relationship_type: RelationshipTypeId) -> bool {
        self.types
            .as_ref()
            .is_none_or(|types| types.contains(&relationship_type))
    }

    fn reversed(&self) -> Self {
        Self {
            direction: self.direction.reversed(),
            types: self.types.clone(),
        }
    }

    /// All relationships at a CI that may be followed or not, each with the CI at its other end;
    /// the caller pays for every one looked at. A relationship of a CI with itself comes once.
    pub fn steps<'a>(
        &'a self,
        estate: &'a Estate,
        slot: Slot,
    ) -> impl Iterator<Item = (Slot, RelationshipRef<'a>)> + 'a {
        let out = self.direction.goes_out().then(|| estate.relationships_from(slot));
        let back = self.direction.comes_in().then(|| estate.relationships_to(slot));
        let out = out
            .into_iter()
            .flatten()
            .map(|relationship| (relationship.to(), relationship));
        let seen_going_out = move |from: Slot| self.direction.goes_out() && from == slot;
        let back = back
            .into_iter()
            .flatten()
            .map(|relationship| (relationship.from(), relationship));
        let back = back.filter(move |(from, _)| !seen_going_out(*from));
        out.chain(back)
    }
}

#[cfg(test)]
mod tests;
