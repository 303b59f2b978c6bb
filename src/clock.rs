//! Time and chance, in one place: the same commands at the same times give the same bytes.

use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;
use uuid::Uuid;

use crate::model::{CiId, GroupId};

/// Where the time comes from.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that stands still until it is set, for tests.
    Manual(Arc<Mutex<Timestamp>>),
}

impl Clock {
    /// A clock that stands at a moment.
    pub fn at(at: Timestamp) -> Self {
        Self::Manual(Arc::new(Mutex::new(at)))
    }

    /// The present moment.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the machine")]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Manual(at) => *at.lock(),
        }
    }

    /// Sets a manual clock; the machine's clock stays as it is.
    pub fn set(&self, to: Timestamp) {
        match self {
            Self::System => {}
            Self::Manual(at) => *at.lock() = to,
        }
    }
}

/// Where identities come from: UUIDs of version 7, in the order they are asked for.
#[derive(Debug)]
pub struct IdGenerator {
    random: fastrand::Rng,
    last: u128,
}

impl IdGenerator {
    /// A generator seeded by the machine.
    pub fn new() -> Self {
        Self {
            random: fastrand::Rng::new(),
            last: 0,
        }
    }

    /// A generator that gives the same identities every time, for tests and examples.
    pub fn seeded(seed: u64) -> Self {
        Self {
            random: fastrand::Rng::with_seed(seed),
            last: 0,
        }
    }

    /// An identity for a new CI.
    pub fn ci(&mut self, at: Timestamp) -> CiId {
        CiId::from_uuid(self.next(at))
    }

    /// An identity for a new redundancy group.
    pub fn group(&mut self, at: Timestamp) -> GroupId {
        GroupId::from_uuid(self.next(at))
    }

    /// Strictly greater than all before it, so that identities sort by creation also within one
    /// millisecond and when the machine's clock steps back.
    fn next(&mut self, at: Timestamp) -> Uuid {
        let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
        let mut bytes = [0; 10];
        self.random.fill(&mut bytes);
        let fresh = uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid();
        let next = fresh.as_u128().max(self.last + 1);
        self.last = next;
        Uuid::from_u128(next)
    }
}

impl Default for IdGenerator {
    fn default() -> Self {
        Self::new()
    }
}
