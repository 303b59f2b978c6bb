//! What the API counts, for whoever runs it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counters that only grow, from the start of the process. Cloning is cheap, and counts together.
#[derive(Clone, Debug, Default)]
pub struct ApiFigures(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    watch_looks: AtomicU64,
    watch_looks_shared: AtomicU64,
}

impl ApiFigures {
    /// How often a watched service was evaluated.
    pub fn watch_looks(&self) -> u64 {
        self.0.watch_looks.load(Ordering::Relaxed)
    }

    /// How often a watch took over what another watch of the same service had just found.
    pub fn watch_looks_shared(&self) -> u64 {
        self.0.watch_looks_shared.load(Ordering::Relaxed)
    }

    pub(super) fn count_look(&self, is_shared: bool) {
        let counter = if is_shared {
            &self.0.watch_looks_shared
        } else {
            &self.0.watch_looks
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}
