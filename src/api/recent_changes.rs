//! What changed lately at some CIs, read from the journal backwards.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::error::{ApiError, ApiResult};
use super::subscription::involved;
use super::types::RecentChangeObject;
use crate::app::Reader;
use crate::model::{CiId, Revision};

/// Commits looked at: a few dozen milliseconds of reading.
const COMMITS_MAX: usize = 1_000;

/// Steps of deltas looked at: a bulk load has thousands in one commit.
const STEPS_MAX: usize = 100_000;

/// Changes kept of one CI: a hub takes part in every bulk load.
pub(super) const CHANGES_MAX: usize = 100;

/// The last changes at some CIs, the newest first.
#[derive(Debug)]
pub(super) struct RecentChanges {
    by_ci: BTreeMap<CiId, Vec<RecentChangeObject>>,
    /// The oldest commit that was looked at; all since were.
    pub(super) since: Revision,
}

impl RecentChanges {
    /// Looks back from a revision for commits that changed one of these CIs, a relationship at one or a
    /// redundancy group with one. Reads the disk; stops at a limit, and where `enough` says so after
    /// a commit.
    pub(super) fn look_back(
        reader: &Reader,
        from: Revision,
        cis: impl IntoIterator<Item = CiId>,
        enough: &dyn Fn() -> bool,
    ) -> ApiResult<Self> {
        let mut found = Self {
            by_ci: cis.into_iter().map(|ci| (ci, Vec::new())).collect(),
            since: from.next(),
        };
        let unreadable = |_| ApiError::internal("the journal cannot be read");
        let (mut commits, mut steps) = (0, 0);
        while found.since > Revision::ZERO.next() && commits < COMMITS_MAX && steps < STEPS_MAX {
            let revision = Revision::new(found.since.number() - 1);
            let Some(entry) = reader.entry(revision).map_err(unreadable)? else {
                break;
            };
            commits += 1;
            steps += entry.delta.items.len();
            found.since = revision;
            let entry = Arc::new(entry);
            for (step, item) in entry.delta.items.iter().enumerate() {
                for ci in involved(item) {
                    let Some(changes) = found.by_ci.get_mut(&ci) else {
                        continue;
                    };
                    if changes.len() < CHANGES_MAX {
                        changes.push(RecentChangeObject::new(Arc::clone(&entry), step));
                    }
                }
            }
            if enough() {
                break;
            }
        }
        Ok(found)
    }

    /// The changes at a CI.
    pub(super) fn take(&mut self, ci: CiId) -> Vec<RecentChangeObject> {
        self.by_ci.remove(&ci).unwrap_or_default()
    }
}
