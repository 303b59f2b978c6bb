//! The pairs that are probably one, kept up from commit to commit once somebody has asked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parking_lot::Mutex;

use super::{Duplicate, all_duplicates, candidates, duplicates_of};
use crate::app::Reader;
use crate::graph::{Estate, Snapshot};
use crate::model::{CiId, ConfigurationItem, Delta, DeltaItem, Revision};
use crate::store::ReadError;

/// Commits that are followed one by one; behind more than these everything is looked at anew.
const COMMITS_MAX: u64 = 2_000;

/// Why the queue could not be brought up to date.
#[derive(Debug, thiserror::Error)]
#[error("the journal cannot be read")]
pub struct QueueError(#[from] ReadError);

/// All pairs, of the revision at which they were last asked for. Costs nothing before the first
/// question, which looks at every CI; later ones look at what has changed since.
#[derive(Debug, Default)]
pub struct DuplicateQueue(Mutex<Option<Found>>);

#[derive(Clone, Debug, Default)]
struct Found {
    revision: Revision,
    pairs: BTreeMap<[CiId; 2], Duplicate>,
    /// Of each CI those it is in a pair with.
    partners: BTreeMap<CiId, BTreeSet<CiId>>,
}

impl DuplicateQueue {
    /// The pairs of a snapshot, by ids. Blocks.
    pub fn at(&self, reader: &Reader, snapshot: &Snapshot) -> Result<Vec<Duplicate>, QueueError> {
        let mut kept = self.0.lock();
        let now = snapshot.revision();
        let known = kept
            .take()
            .filter(|found| found.revision <= now && now.number() - found.revision.number() <= COMMITS_MAX);
        let mut found = match known {
            Some(found) => found,
            None => Found::of(snapshot),
        };
        while found.revision < now {
            let Some(entry) = reader.entry(found.revision.next())? else {
                // The journal always reaches as far as what is published.
                found = Found::of(snapshot);
                break;
            };
            found.follow(snapshot, &entry.delta);
            found.revision = entry.revision;
        }
        let pairs = found.pairs.values().cloned().collect();
        *kept = Some(found);
        Ok(pairs)
    }
}

impl Found {
    fn of(estate: &Estate) -> Self {
        let mut found = Self {
            revision: estate.revision(),
            ..Self::default()
        };
        for duplicate in all_duplicates(estate) {
            found.insert(duplicate);
        }
        found
    }

    /// Looks again at the CIs of a delta, and at those that share or shared something with them: a
    /// value may be shared by too many now, or not any more.
    fn follow(&mut self, estate: &Estate, delta: &Delta) {
        let mut concerned: BTreeSet<CiId> = BTreeSet::new();
        for item in &delta.items {
            match item {
                DeltaItem::Ci(change) => {
                    for side in [&change.before, &change.after].into_iter().flatten() {
                        concerned.extend(around(estate, side));
                    }
                }
                // A relationship may be one to a host, within which a rule holds.
                DeltaItem::Relationship(change) => {
                    for side in [&change.before, &change.after].into_iter().flatten() {
                        concerned.insert(side.from);
                    }
                }
                DeltaItem::CiType(_)
                | DeltaItem::RelationshipType(_)
                | DeltaItem::IngestRule(_)
                | DeltaItem::Lifecycle(_)
                | DeltaItem::Pool(_) => {
                    *self = Self::of(estate);
                    return;
                }
                DeltaItem::Source(_)
                | DeltaItem::Group(_)
                | DeltaItem::Review(_)
                | DeltaItem::Merge(_)
                | DeltaItem::Distinction(_) => {}
            }
        }
        for ci in concerned {
            self.look_again(estate, ci);
        }
    }

    fn look_again(&mut self, estate: &Estate, ci: CiId) {
        for other in self.partners.remove(&ci).unwrap_or_default() {
            self.pairs.remove(&[ci.min(other), ci.max(other)]);
            if let Some(partners) = self.partners.get_mut(&other) {
                partners.remove(&ci);
            }
        }
        let slot = estate.slot_of(ci).filter(|slot| estate.ci_id(*slot) == ci);
        for duplicate in slot.map(|slot| duplicates_of(estate, slot)).unwrap_or_default() {
            self.insert(duplicate);
        }
    }

    fn insert(&mut self, duplicate: Duplicate) {
        let [one, other] = duplicate.cis;
        self.partners.entry(one).or_default().insert(other);
        self.partners.entry(other).or_default().insert(one);
        self.pairs.insert(duplicate.cis, duplicate);
    }
}

fn around(estate: &Estate, ci: &Arc<ConfigurationItem>) -> Vec<CiId> {
    let shared = candidates(estate, ci);
    let shared = shared.into_iter().map(|slot| estate.ci_id(slot));
    shared.chain([ci.id()]).collect()
}
