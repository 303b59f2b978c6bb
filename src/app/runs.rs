//! The runs of sources: when each of them last brought what, and how it went.
//!
//! Beside the journal and the revisions, as sightings are: they are saved with the checkpoints, and
//! a crash may cost the last minute of them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::RwLock;

use crate::model::SourceName;
use crate::model::run::{Run, RunState};

/// Runs kept of each source, feed and scope.
pub const RUNS_KEPT: usize = 100;

/// Sources, feeds and scopes whose runs are kept; of further ones nothing is kept.
const SOURCES_MAX: usize = 10_000;

/// The last runs of every source. Cheap to clone; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Runs(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    by_source: RwLock<BTreeMap<SourceName, Kept>>,
    dirty: AtomicBool,
}

/// The runs of one source, feed and scope.
#[derive(Debug, Default)]
struct Kept {
    /// Oldest first.
    last: VecDeque<Arc<Run>>,
    /// The last one that was completed, however many failed since.
    completed: Option<Arc<Run>>,
}

impl Runs {
    /// Notes a run.
    pub fn note(&self, run: Run) {
        let mut by_source = self.0.by_source.write();
        if by_source.len() >= SOURCES_MAX && !by_source.contains_key(&run.source) {
            return;
        }
        let kept = by_source.entry(run.source.clone()).or_default();
        let run = Arc::new(run);
        if run.state == RunState::Completed {
            kept.completed = Some(Arc::clone(&run));
        }
        kept.last.push_back(run);
        if kept.last.len() > RUNS_KEPT {
            kept.last.pop_front();
        }
        self.0.dirty.store(true, Ordering::Relaxed);
    }

    /// The runs of all sources, or of those of a name, the last ones first.
    pub fn of(&self, name: Option<&str>) -> Vec<Arc<Run>> {
        let by_source = self.0.by_source.read();
        let wanted = by_source
            .iter()
            .filter(|(source, _)| name.is_none_or(|name| source.name.as_str() == name));
        let mut runs: Vec<Arc<Run>> = wanted.flat_map(|(_, kept)| kept.last.iter().cloned()).collect();
        runs.sort_by(|a, b| (b.ended, &b.source).cmp(&(a.ended, &a.source)));
        runs
    }

    /// The last run of a source, and the last one that was completed.
    pub fn last(&self, source: &SourceName) -> (Option<Arc<Run>>, Option<Arc<Run>>) {
        let by_source = self.0.by_source.read();
        by_source
            .get(source)
            .map_or((None, None), |kept| (kept.last.back().cloned(), kept.completed.clone()))
    }

    /// The run of a sync session that was completed, as long as it is kept.
    pub fn completed_session(&self, session: uuid::Uuid) -> Option<Arc<Run>> {
        let by_source = self.0.by_source.read();
        let kept = by_source
            .values()
            .flat_map(|kept| kept.last.iter().rev().chain(&kept.completed));
        let mut completed = kept.filter(|run| run.state == RunState::Completed);
        completed.find(|run| run.session == Some(session)).cloned()
    }

    /// The last completed run of every source, feed and scope.
    pub fn completed(&self) -> Vec<Arc<Run>> {
        let by_source = self.0.by_source.read();
        by_source.values().filter_map(|kept| kept.completed.clone()).collect()
    }

    pub(super) fn is_dirty(&self) -> bool {
        self.0.dirty.load(Ordering::Relaxed)
    }

    /// All that is kept, for saving: those of a source from the oldest on.
    pub(super) fn take(&self) -> Vec<Arc<Run>> {
        self.0.dirty.store(false, Ordering::Relaxed);
        let by_source = self.0.by_source.read();
        let mut all = Vec::new();
        for kept in by_source.values() {
            let oldest = kept.last.front();
            let before = kept
                .completed
                .iter()
                .filter(|completed| oldest.is_some_and(|oldest| completed.ended < oldest.ended));
            all.extend(before.chain(&kept.last).cloned());
        }
        all
    }

    /// Has the runs saved again next time, because they could not be saved.
    pub(super) fn put_back(&self) {
        self.0.dirty.store(true, Ordering::Relaxed);
    }

    /// Takes saved runs back.
    pub(super) fn restore(&self, runs: Vec<Run>) {
        for run in runs {
            self.note(run);
        }
        self.0.dirty.store(false, Ordering::Relaxed);
    }
}
