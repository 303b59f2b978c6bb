//! Sync sessions that are open: what each of them has spoken of so far.
//!
//! They live in memory alone. A server that is restarted knows of none any more, so it can never
//! take for absent what was mentioned before it was restarted; whoever pushes begins anew.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use uuid::Uuid;

use crate::graph::Slot;
use crate::model::run::RunCounts;
use crate::model::{Actor, SourceName};

/// A session that nothing is pushed to for longer is abandoned.
pub const IDLE_MAX: SignedDuration = SignedDuration::from_hours(1);

/// Most sessions open at once.
pub const SESSIONS_MAX: usize = 1_000;

/// Sessions that are remembered after their end, to tell who still pushes to them.
const ENDED_KEPT: usize = 1_000;

/// All open sessions. Cheap to clone; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Sessions(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    open: BTreeMap<Uuid, Session>,
    ended: VecDeque<Uuid>,
}

/// A session.
#[derive(Clone, Debug)]
pub struct Session(Arc<SessionInner>);

#[derive(Debug)]
struct SessionInner {
    id: Uuid,
    source: SourceName,
    actor: Actor,
    began: Timestamp,
    progress: Mutex<Progress>,
}

#[derive(Debug, Default)]
struct Progress {
    last_push: Timestamp,
    pushes: u64,
    counts: RunCounts,
    cis: Places,
    relationships: Places,
}

/// A set of places in the estate's tables, one bit each.
#[derive(Clone, Debug, Default)]
pub struct Places(Vec<u64>);

impl Places {
    /// Whether a place is among them.
    pub fn has(&self, place: u32) -> bool {
        let word = self.0.get(place as usize / 64);
        word.is_some_and(|word| word >> (place % 64) & 1 == 1)
    }

    fn add(&mut self, place: u32) {
        let word = place as usize / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (place % 64);
    }
}

/// What a session has spoken of.
#[derive(Clone, Debug)]
pub struct Mentioned {
    /// CIs, by slot.
    pub cis: Places,
    /// Relationships, by place.
    pub relationships: Places,
}

/// There is no such session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// It was there once.
    #[error("the sync session {0} has ended: it was completed, aborted, left alone for too long, or replaced")]
    Ended(Uuid),
    /// It is not known: the server was restarted, or it never was.
    #[error("the sync session {0} is not known here: the server may have been restarted since it began")]
    Unknown(Uuid),
    /// There are too many.
    #[error("{SESSIONS_MAX} sync sessions are open already")]
    TooMany,
}

impl Sessions {
    /// Opens a session. Sessions that are abandoned by this are given back, to be noted: the one that
    /// the same source, feed and scope had open, and those that were left alone for too long.
    pub fn begin(
        &self,
        source: SourceName,
        actor: Actor,
        now: Timestamp,
    ) -> Result<(Session, Vec<Session>), SessionError> {
        let mut abandoned = self.expire(now);
        let mut inner = self.0.lock();
        let same: Vec<Uuid> = inner
            .open
            .values()
            .filter(|session| session.0.source == source)
            .map(Session::id)
            .collect();
        abandoned.extend(same.into_iter().filter_map(|id| inner.end(id)));
        if inner.open.len() >= SESSIONS_MAX {
            return Err(SessionError::TooMany);
        }
        let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
        let id = uuid::Builder::from_unix_timestamp_millis(millis, &random()).into_uuid();
        let session = Session(Arc::new(SessionInner {
            id,
            source,
            actor,
            began: now,
            progress: Mutex::new(Progress {
                last_push: now,
                ..Progress::default()
            }),
        }));
        inner.open.insert(id, session.clone());
        Ok((session, abandoned))
    }

    /// An open session.
    pub fn find(&self, id: Uuid) -> Result<Session, SessionError> {
        let inner = self.0.lock();
        match inner.open.get(&id) {
            Some(session) => Ok(session.clone()),
            None if inner.ended.contains(&id) => Err(SessionError::Ended(id)),
            None => Err(SessionError::Unknown(id)),
        }
    }

    /// Closes a session.
    pub fn end(&self, id: Uuid) -> Result<Session, SessionError> {
        let session = self.find(id)?;
        self.0.lock().end(id);
        Ok(session)
    }

    /// Closes the sessions that were left alone for too long, and gives them, to be noted.
    pub fn expire(&self, now: Timestamp) -> Vec<Session> {
        let mut inner = self.0.lock();
        let idle = |session: &&Session| now.duration_since(session.0.progress.lock().last_push) > IDLE_MAX;
        let idle: Vec<Uuid> = inner.open.values().filter(idle).map(Session::id).collect();
        idle.into_iter().filter_map(|id| inner.end(id)).collect()
    }

    /// The open sessions, in the order in which they began.
    pub fn open(&self) -> Vec<Session> {
        self.0.lock().open.values().cloned().collect()
    }
}

impl Inner {
    fn end(&mut self, id: Uuid) -> Option<Session> {
        let session = self.open.remove(&id)?;
        self.ended.push_back(id);
        if self.ended.len() > ENDED_KEPT {
            self.ended.pop_front();
        }
        Some(session)
    }
}

impl Session {
    /// Its identity.
    pub fn id(&self) -> Uuid {
        self.0.id
    }

    /// Who speaks.
    pub fn source(&self) -> &SourceName {
        &self.0.source
    }

    /// Who was signed in when it began.
    pub fn actor(&self) -> &Actor {
        &self.0.actor
    }

    /// When it began.
    pub fn began(&self) -> Timestamp {
        self.0.began
    }

    /// When something was last pushed to it.
    pub fn last_push(&self) -> Timestamp {
        self.0.progress.lock().last_push
    }

    /// How many pushes it has had.
    pub fn pushes(&self) -> u64 {
        self.0.progress.lock().pushes
    }

    /// How much it brought so far.
    pub fn counts(&self) -> RunCounts {
        self.0.progress.lock().counts
    }

    /// Notes what a commit of this session spoke of.
    pub fn mention(
        &self,
        cis: impl IntoIterator<Item = Slot>,
        relationships: impl IntoIterator<Item = u32>,
        now: Timestamp,
    ) {
        let mut progress = self.0.progress.lock();
        progress.last_push = progress.last_push.max(now);
        cis.into_iter().for_each(|slot| progress.cis.add(slot.number()));
        relationships
            .into_iter()
            .for_each(|place| progress.relationships.add(place));
    }

    /// Counts a push.
    pub fn pushed(&self, counts: &RunCounts, now: Timestamp) {
        let mut progress = self.0.progress.lock();
        progress.last_push = progress.last_push.max(now);
        progress.pushes += 1;
        progress.counts.add(counts);
    }

    /// All it has spoken of so far.
    pub fn mentioned(&self) -> Mentioned {
        let progress = self.0.progress.lock();
        Mentioned {
            cis: progress.cis.clone(),
            relationships: progress.relationships.clone(),
        }
    }
}

fn random() -> [u8; 10] {
    let mut bytes = [0; 10];
    fastrand::Rng::new().fill(&mut bytes);
    bytes
}
