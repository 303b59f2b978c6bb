//! Follows one service: from commit to commit, what changed about what it stands on.
//!
//! A commit that touches nothing the service stands on is passed over without any evaluation. Several
//! that come in a burst are answered by one look at the last of them. Between two events no snapshot
//! is held: one held for long makes the writer copy the estate.

mod picture;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::stream::{self, Stream, StreamExt};

pub(super) use picture::{GroupNow, Picture, WatchedCi};

use super::answers::Answers;
use super::context::Pool;
use super::error::{ApiError, ApiResult};
use super::query::subject::impact_view;
use crate::app::{ErrorCode, FollowError, Reader};
use crate::clock::Clock;
use crate::graph::{Slot, Snapshot};
use crate::impact::{Budget, StartingState, standing};
use crate::model::{CiId, DeltaItem, ImpactState, JournalEntry, Revision};

/// An entry of the journal is readable a moment before its state is published: so long is waited
/// between two looks.
const PUBLISH_WAIT: Duration = Duration::from_millis(1);

/// What a watch looks at, and by what means.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) service: CiId,
    pub(super) level: ImpactState,
    pub(super) starting: StartingState,
    pub(super) reader: Reader,
    pub(super) pool: Pool,
    pub(super) answers: Arc<Answers>,
    pub(super) clock: Clock,
}

/// What an event tells: the present, and what is different from the event before.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) now: Arc<Picture>,
    /// Whether this is the first, which tells the present only.
    pub(super) is_first: bool,
    pub(super) state_before: Option<ImpactState>,
    pub(super) appeared: Vec<WatchedCi>,
    pub(super) vanished: Vec<WatchedCi>,
    pub(super) groups: Vec<(Option<GroupNow>, Option<GroupNow>)>,
}

/// What was known for certain before: a picture that is not complete takes nothing away from it.
#[derive(Debug, Default)]
struct Known {
    state: Option<ImpactState>,
    takes_part: bool,
    is_complete: bool,
    points: BTreeMap<CiId, WatchedCi>,
    groups: BTreeMap<String, GroupNow>,
}

type Entries = Pin<Box<dyn Stream<Item = Result<Arc<JournalEntry>, FollowError>> + Send>>;

struct Following {
    watch: Watch,
    entries: Entries,
    /// `None` until the first look.
    picture: Option<Arc<Picture>>,
    known: Known,
    ended: bool,
}

impl Watch {
    /// The present picture first, then an event whenever a commit after `revision` changed it. An error
    /// is the last item.
    pub(super) fn follow(self, revision: Revision) -> impl Stream<Item = ApiResult<Change>> + Send + use<> {
        let following = Following {
            entries: Box::pin(self.reader.follow(revision)),
            watch: self,
            picture: None,
            known: Known::default(),
            ended: false,
        };
        stream::unfold(following, |mut following| async move {
            let next = following.next().await?;
            following.ended = next.is_err();
            Some((next, following))
        })
    }

    /// Looks at the estate as it is at this moment.
    async fn look(&self, view: &Snapshot) -> ApiResult<Picture> {
        let (service, level, starting) = (self.service, self.level, self.starting);
        let (answers, at) = (Arc::clone(&self.answers), self.clock.now());
        let (steps_max, time_max) = (self.pool.steps_max, self.pool.time_max);
        let look = move |view: &Snapshot, _: &crate::graph::budget::Budget| {
            let view = answers.moments.as_of(view, None, at);
            let Some(target) = view.slot_of(service) else {
                let message = format!("{service}, which was watched, is not there any more");
                return Err(ApiError::new(ErrorCode::CiNotFound, message).with("value", service.to_string()));
            };
            let deadline = Instant::now().checked_add(time_max);
            let out_of_time = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
            let budget = Budget {
                arcs_visited_max: steps_max,
                results_max: u64::MAX,
                out_of_time: &out_of_time,
            };
            let impact_view = impact_view(&view);
            let found = answers
                .scratches
                .with(|scratch| standing(impact_view, target, level, starting, &budget, scratch))?;
            Ok(Picture::new(&view, at, found))
        };
        self.pool.ask(view, look).await
    }

    /// The state that is published with this commit, or a later one.
    async fn published(&self, revision: Revision) -> Snapshot {
        loop {
            let view = self.reader.snapshot();
            if view.revision() >= revision {
                return view;
            }
            tokio::time::sleep(PUBLISH_WAIT).await;
        }
    }
}

impl Following {
    async fn next(&mut self) -> Option<ApiResult<Change>> {
        if self.ended {
            return None;
        }
        let Some(mut last) = self.picture.clone() else {
            let view = self.watch.reader.snapshot();
            return Some(self.watch.look(&view).await.map(|picture| self.note(picture)));
        };
        loop {
            let Ok(entry) = self.entries.next().await? else {
                let message = "the journal cannot be read on: watch again, which begins with the present";
                return Some(Err(ApiError::internal(message)));
            };
            if entry.revision <= last.revision {
                continue;
            }
            let view = self.watch.published(entry.revision).await;
            if !entry.delta.items.iter().any(|item| is_touched(&last, &view, item)) {
                continue;
            }
            let picture = match self.watch.look(&view).await {
                Ok(picture) => picture,
                Err(error) => return Some(Err(error)),
            };
            drop(view);
            let change = self.note(picture);
            if change.tells_something(&self.known, &last) {
                self.known.is_complete = change.now.incomplete.is_none();
                return Some(Ok(change));
            }
            last = change.now;
        }
    }

    /// Makes a new picture the present one; what is different.
    fn note(&mut self, picture: Picture) -> Change {
        let is_first = self.picture.is_none();
        let now = Arc::new(picture);
        let change = self.known.compare(&now, is_first);
        if is_first {
            self.known.is_complete = now.incomplete.is_none();
        }
        self.picture = Some(now);
        change
    }
}

impl Change {
    fn tells_something(&self, known: &Known, last: &Picture) -> bool {
        !self.appeared.is_empty()
            || !self.vanished.is_empty()
            || !self.groups.is_empty()
            || self.now.state != self.state_before
            || self.now.takes_part != last.takes_part
            || self.now.incomplete.is_none() != known.is_complete
    }
}

impl Known {
    /// What is different now, which is known from now on.
    fn compare(&mut self, now: &Arc<Picture>, is_first: bool) -> Change {
        let points: BTreeMap<CiId, WatchedCi> = now.points.iter().map(|point| (point.id, point.clone())).collect();
        let groups: BTreeMap<String, GroupNow> = now
            .groups
            .iter()
            .map(|group| (group.id.clone(), group.clone()))
            .collect();
        let mut change = Change {
            now: Arc::clone(now),
            is_first,
            state_before: self.state,
            appeared: Vec::new(),
            vanished: Vec::new(),
            groups: Vec::new(),
        };
        if !is_first {
            let appeared = now.points.iter().filter(|point| !self.points.contains_key(&point.id));
            change.appeared = appeared.cloned().collect();
            for (id, group) in &groups {
                let before = self.groups.get(id);
                if before != Some(group) {
                    change.groups.push((before.cloned(), Some(group.clone())));
                }
            }
        }
        if now.has_all_points() {
            let vanished = self.points.iter().filter(|(id, _)| !points.contains_key(id));
            change.vanished = vanished.map(|(_, point)| point.clone()).collect();
            self.points = points;
        } else {
            self.points.extend(points);
        }
        if now.has_all_groups() {
            let gone = self.groups.iter().filter(|(id, _)| !groups.contains_key(*id));
            change.groups.extend(gone.map(|(_, group)| (Some(group.clone()), None)));
            self.groups = groups;
        } else {
            self.groups.extend(groups);
        }
        self.state = now.state.or(self.state);
        self.takes_part = now.takes_part;
        change
    }
}

/// Whether an item of a delta can change anything about the picture.
fn is_touched(picture: &Picture, view: &Snapshot, item: &DeltaItem) -> bool {
    if !picture.has_all_groups() {
        // It is not known what the service stands on.
        return true;
    }
    let is_in = |id: CiId| picture.stands_on.binary_search(&id).is_ok();
    match item {
        DeltaItem::Source(_)
        | DeltaItem::IngestRule(_)
        | DeltaItem::Review(_)
        | DeltaItem::Merge(_)
        | DeltaItem::Distinction(_) => false,
        // What the catalog says may change what every relationship means.
        DeltaItem::CiType(_) | DeltaItem::RelationshipType(_) | DeltaItem::Pool(_) | DeltaItem::Lifecycle(_) => true,
        DeltaItem::Relationship(change) => {
            let mut sides = change.before.iter().chain(&change.after);
            sides.any(|relationship| is_in(relationship.from) || is_in(relationship.to))
        }
        DeltaItem::Group(change) => {
            let mut sides = change.before.iter().chain(&change.after);
            sides.any(|group| is_in(group.consumer))
        }
        DeltaItem::Ci(change) => {
            if change.either().is_some_and(|ci| is_in(ci.id())) {
                return true;
            }
            // One that did not take part and now does brings its relationships along.
            match (&change.before, &change.after) {
                (Some(before), Some(after))
                    if (before.stage(), before.validity()) != (after.stage(), after.validity()) =>
                {
                    hits(view, after.id(), is_in)
                }
                (_, _) => false,
            }
        }
    }
}

/// Whether a failure of a CI reaches one of these directly.
fn hits(view: &Snapshot, ci: CiId, is_in: impl Fn(CiId) -> bool) -> bool {
    let Some(slot) = view.slot_of(ci) else { return false };
    let index = view.dependency_index();
    let mut hit = index.outgoing(slot).iter().map(|link| {
        if link.is_group() {
            index.consumer(link.other)
        } else {
            Slot::new(link.other)
        }
    });
    hit.any(|dependent| is_in(view.ci_id(dependent)))
}

#[cfg(test)]
mod tests;
