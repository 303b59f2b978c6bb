//! One look at how a watched service stands, which watches of the same service share.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use parking_lot::Mutex;

use super::{Picture, Watch};
use crate::api::error::{ApiError, ApiResult};
use crate::api::query::subject::impact_view;
use crate::app::ErrorCode;
use crate::graph::Snapshot;
use crate::impact::{Budget, StartingState, standing};
use crate::model::{CiId, ImpactState, Revision};

/// An entry of the journal is readable a moment before its state is published: so long is waited
/// between two looks.
const PUBLISH_WAIT: Duration = Duration::from_millis(1);

/// What a picture is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Looked {
    service: CiId,
    level: ImpactState,
    starting: StartingState,
}

/// The pictures that watches hold at present: each watch of the same takes over what another has found
/// at the same commit. Holds none itself.
#[derive(Debug, Default)]
pub(in crate::api) struct Pictures(Mutex<Vec<(Looked, Weak<Picture>)>>);

impl Pictures {
    fn find(&self, of: Looked, revision: Revision, at: Timestamp) -> Option<Arc<Picture>> {
        let held = self.0.lock();
        let mut same = held.iter().filter(|(looked, _)| *looked == of);
        same.find_map(|(_, picture)| picture.upgrade().filter(|picture| picture.holds(revision, at)))
    }

    fn keep(&self, of: Looked, picture: &Arc<Picture>) {
        let mut held = self.0.lock();
        held.retain(|(looked, other)| *looked != of && other.strong_count() > 0);
        held.push((of, Arc::downgrade(picture)));
    }
}

impl Watch {
    /// Looks at the estate as it is at this moment, at this commit or a later one.
    pub(super) async fn look(&self, revision: Revision) -> ApiResult<Arc<Picture>> {
        // What is waited for here is held by nobody while the place is waited for.
        drop(self.published(revision).await);
        let place = self.pool.watch_place().await?;
        let (view, at) = (self.reader.snapshot(), self.clock.now());
        let of = Looked {
            service: self.service,
            level: self.level,
            starting: self.starting,
        };
        let shared = self.answers.pictures.find(of, view.revision(), at);
        self.figures.count_look(shared.is_some());
        if let Some(picture) = shared {
            return Ok(picture);
        }
        let answers = Arc::clone(&self.answers);
        let (steps_max, time_max) = (self.pool.steps_max, self.pool.time_max);
        let look = move |view: &Snapshot, _: &crate::graph::budget::Budget| {
            let now = answers.moments.as_of(view, None, at);
            let Some(target) = now.slot_of(of.service) else {
                return Err(gone(view, of.service, at));
            };
            let deadline = Instant::now().checked_add(time_max);
            let out_of_time = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
            let budget = Budget {
                arcs_visited_max: steps_max,
                results_max: u64::MAX,
                out_of_time: &out_of_time,
            };
            let impact_view = impact_view(&now);
            let found = answers
                .scratches
                .with(|scratch| standing(impact_view, target, of.level, of.starting, &budget, scratch))?;
            let picture = Arc::new(Picture::new(&now, at, found).with_next_edge(view));
            answers.pictures.keep(of, &picture);
            Ok(picture)
        };
        self.pool.ask_at(place, view, look).await
    }

    /// The state that is published with this commit, or a later one.
    pub(super) async fn published(&self, revision: Revision) -> Snapshot {
        loop {
            let view = self.reader.snapshot();
            if view.revision() >= revision {
                return view;
            }
            drop(view);
            tokio::time::sleep(PUBLISH_WAIT).await;
        }
    }
}

/// Why a watch ends: its service is deleted, or does not hold at this time.
fn gone(view: &Snapshot, service: CiId, at: Timestamp) -> ApiError {
    let message = match view.ci(service).and_then(|ci| ci.validity()) {
        Some(_) => format!("{service} is recorded, but not as valid at {at}"),
        None => format!("{service}, which was watched, is not there any more"),
    };
    ApiError::new(ErrorCode::CiNotFound, message)
        .with("field", "service")
        .with("value", service.to_string())
}
