//! Follows one service: from commit to commit, what changed about what it stands on.
//!
//! A commit that touches nothing the service stands on is passed over without any evaluation. Several
//! that come in a burst, or while the reader is slow, are answered by one look at the last of them. What
//! begins or ceases to hold with time is waited for: the next such moment is known with each picture.
//! Between two events no snapshot is held: one held for long makes the writer copy the estate.

mod look;
mod picture;
mod touch;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, Stream, StreamExt};
use jiff::Timestamp;

pub(super) use look::Pictures;
pub(super) use picture::{GroupNow, Picture, WatchedCi};

use self::touch::is_touched;
use super::answers::Answers;
use super::context::Pool;
use super::error::{ApiError, ApiResult};
use super::figures::ApiFigures;
use crate::app::{FollowError, Reader};
use crate::clock::Clock;
use crate::impact::StartingState;
use crate::model::{CiId, ImpactState, JournalEntry, Revision};

/// Longest sleep until something begins or ceases to hold: the machine's clock may be set meanwhile, or
/// the machine itself have slept.
const SLEEP_MAX: Duration = Duration::from_mins(1);

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
    pub(super) figures: ApiFigures,
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

/// What ends the waiting.
enum Wake {
    /// Something begins or ceases to hold.
    Edge,
    /// A commit, or why there will be none.
    Commit(Result<Arc<JournalEntry>, FollowError>),
}

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
}

impl Following {
    async fn next(&mut self) -> Option<ApiResult<Change>> {
        if self.ended {
            return None;
        }
        let Some(mut last) = self.picture.clone() else {
            let looked = self.watch.look(Revision::ZERO).await;
            return Some(looked.map(|picture| self.note(picture)));
        };
        loop {
            let revision = match self.wake(last.next_edge).await? {
                Wake::Edge => last.revision,
                Wake::Commit(Err(_)) => {
                    let message = "the journal cannot be read on: watch again, which begins with the present";
                    return Some(Err(ApiError::internal(message)));
                }
                Wake::Commit(Ok(entry)) if entry.revision <= last.revision => continue,
                Wake::Commit(Ok(entry)) => {
                    let view = self.watch.published(entry.revision).await;
                    if !entry.delta.items.iter().any(|item| is_touched(&last, &view, item)) {
                        continue;
                    }
                    entry.revision
                }
            };
            let picture = match self.watch.look(revision).await {
                Ok(picture) => picture,
                Err(error) => return Some(Err(error)),
            };
            let change = self.note(picture);
            if change.tells_something(&self.known, &last) {
                self.known.is_complete = change.now.incomplete.is_none();
                return Some(Ok(change));
            }
            last = change.now;
        }
    }

    /// Waits for the next commit, or for the moment at which something begins or ceases to hold. `None`:
    /// no commit will come any more.
    async fn wake(&mut self, edge: Option<Timestamp>) -> Option<Wake> {
        let clock = &self.watch.clock;
        let reached = async move {
            match edge {
                Some(edge) => sleep_until(clock, edge).await,
                None => std::future::pending().await,
            }
        };
        // A moment that has come goes first, or a busy journal would put it off.
        tokio::select! {
            biased;
            () = reached => Some(Wake::Edge),
            entry = self.entries.next() => entry.map(Wake::Commit),
        }
    }

    /// Makes a new picture the present one; what is different.
    fn note(&mut self, now: Arc<Picture>) -> Change {
        let is_first = self.picture.is_none();
        let change = self.known.compare(&now, is_first);
        if is_first {
            self.known.is_complete = now.incomplete.is_none();
        }
        self.picture = Some(now);
        change
    }
}

async fn sleep_until(clock: &Clock, moment: Timestamp) {
    while let Ok(left) = Duration::try_from(moment.duration_since(clock.now())) {
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(SLEEP_MAX)).await;
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

#[cfg(test)]
mod tests;
