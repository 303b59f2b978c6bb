//! Estates as they held at moments that were asked about a moment ago.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;

use super::connection::QuestionHash;
use crate::graph::Snapshot;
use crate::model::{Revision, Validity};

/// Estates kept: each may be a copy.
const MOMENTS_MAX: usize = 2;

/// One estate over a span in which nothing begins or ceases to hold.
#[derive(Debug)]
struct Moment {
    revision: Revision,
    scenario: Option<QuestionHash>,
    span: Option<Validity>,
    view: Snapshot,
}

/// The kept estates, the last asked first.
#[derive(Debug, Default)]
pub(super) struct Moments(Mutex<VecDeque<Arc<Moment>>>);

impl Moments {
    /// What of an estate holds at a moment. The first question about a span in which nothing begins or
    /// ceases to hold costs a look at all of the estate, and a copy where something has to go.
    pub(super) fn as_of(&self, view: &Snapshot, scenario: Option<QuestionHash>, at: Timestamp) -> Snapshot {
        if !view.has_bounded_validity() {
            return view.clone();
        }
        if let Some(known) = self.find(view.revision(), scenario, at) {
            return known;
        }
        let found = view.as_of(at);
        let as_of = found.estate.map(|estate| Snapshot::new(Arc::new(estate)));
        let moment = Moment {
            revision: view.revision(),
            scenario,
            span: found.span,
            view: as_of.unwrap_or_else(|| view.clone()),
        };
        let view = moment.view.clone();
        let mut kept = self.0.lock();
        kept.push_front(Arc::new(moment));
        kept.truncate(MOMENTS_MAX);
        view
    }

    fn find(&self, revision: Revision, scenario: Option<QuestionHash>, at: Timestamp) -> Option<Snapshot> {
        let kept = self.0.lock();
        let mut known = kept.iter().filter(|moment| {
            let same = moment.revision == revision && moment.scenario == scenario;
            same && moment.span.is_none_or(|span| span.contains(at))
        });
        known.next().map(|moment| moment.view.clone())
    }

    /// Lets go of the estates of revisions before this one.
    pub(super) fn forget_before(&self, revision: Revision) {
        self.0.lock().retain(|moment| moment.revision >= revision);
    }
}
