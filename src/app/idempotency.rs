//! Keys under which writes of late were asked, so that a repetition is recognised.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use crate::model::{IdempotencyKey, JournalEntry, Revision};
use crate::store::record::IdempotencyRecord;

/// How long a key is remembered.
const KEY_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// Most keys remembered; the oldest go first.
const KEYS_MAX: usize = 1_000_000;

/// What a key was used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) revision: Revision,
    pub(super) digest: [u8; 32],
    pub(super) at: Timestamp,
}

/// The keys of the last day. They come from the journal and are saved with the checkpoints.
#[derive(Clone, Debug, Default)]
pub(super) struct IdempotencyKeys {
    known: BTreeMap<IdempotencyKey, Known>,
    by_age: VecDeque<(Timestamp, IdempotencyKey)>,
}

impl IdempotencyKeys {
    pub(super) fn get(&self, key: &IdempotencyKey) -> Option<&Known> {
        self.known.get(key)
    }

    /// Remembers the key of an entry, and forgets those that are too old by its time.
    pub(super) fn insert(&mut self, entry: &JournalEntry) {
        if let Some(key) = &entry.idempotency_key {
            let known = Known {
                revision: entry.revision,
                digest: entry.request_digest,
                at: entry.at,
            };
            self.remember(key.clone(), known);
        }
        while let Some((at, _)) = self.by_age.front()
            && (self.by_age.len() > KEYS_MAX || at.duration_until(entry.at) > KEY_LIFE)
        {
            if let Some((_, key)) = self.by_age.pop_front() {
                self.known.remove(&key);
            }
        }
    }

    pub(super) fn restore(&mut self, record: IdempotencyRecord) {
        let known = Known {
            revision: record.revision,
            digest: record.request_digest,
            at: record.at,
        };
        self.remember(record.key, known);
    }

    pub(super) fn records(&self) -> impl Iterator<Item = IdempotencyRecord> + '_ {
        self.known.iter().map(|(key, known)| IdempotencyRecord {
            key: key.clone(),
            request_digest: known.digest,
            revision: known.revision,
            at: known.at,
        })
    }

    fn remember(&mut self, key: IdempotencyKey, known: Known) {
        self.by_age.push_back((known.at, key.clone()));
        self.known.insert(key, known);
    }
}
