//! Sync sessions that are open: what each of them has spoken of so far.
//!
//! They live in memory alone. A server that is restarted knows of none any more, so it can never
//! take for absent what was mentioned before it was restarted; whoever pushes begins anew.

mod pushes;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use uuid::Uuid;

use crate::graph::Slot;
use crate::model::run::RunCounts;
use crate::model::{Actor, SourceName};
use pushes::Pushes;

pub use pushes::Push;

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
    pushes: Pushes,
    /// Whether it is being completed, or was.
    completing: bool,
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

/// Why there is no such session, or nothing can be done with it now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// It was there once.
    #[error("the sync session {0} has ended: it was completed, aborted, left alone for too long, or replaced")]
    Ended(Uuid),
    /// It is not known: the server was restarted, or it never was.
    #[error("the sync session {0} is not known here: the server may have been restarted since it began")]
    Unknown(Uuid),
    /// Something is pushed to it: so many pushes.
    #[error(
        "something is being pushed to the sync session {0} (pushes under way: {1}), and what is still to come would be swept: complete it when they have ended"
    )]
    Running(Uuid, u64),
    /// What was pushed to it is not all there.
    #[error(
        "a push to the sync session {0} broke off, and what it did not bring would be swept: push all of it again, then complete the session"
    )]
    Broken(Uuid),
    /// It is being completed.
    #[error("the sync session {0} is being completed")]
    Completing(Uuid),
    /// There are too many.
    #[error("{SESSIONS_MAX} sync sessions are open already")]
    TooMany,
}

impl Sessions {
    /// Opens a session. The one that the same source, feed and scope had open is abandoned by this and
    /// given back, to be noted; while it is being completed, there is no next one.
    pub fn begin(
        &self,
        source: SourceName,
        actor: Actor,
        now: Timestamp,
    ) -> Result<(Session, Vec<Session>), SessionError> {
        let mut inner = self.0.lock();
        let same = inner.open.values().filter(|session| session.0.source == source);
        let same: Vec<Uuid> = same.map(Session::free).collect::<Result<_, _>>()?;
        let abandoned = same.into_iter().filter_map(|id| inner.end(id)).collect();
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
        self.0.lock().find(id).cloned()
    }

    /// Gives a session up. One that is being completed stays.
    pub fn end(&self, id: Uuid) -> Result<Session, SessionError> {
        let mut inner = self.0.lock();
        inner.find(id)?.free()?;
        inner.end(id).ok_or(SessionError::Ended(id))
    }

    /// Begins to complete a session: nothing more is pushed to it. Refused while something is, and
    /// where something is missing.
    pub fn close(&self, id: Uuid) -> Result<Closing, SessionError> {
        let inner = self.0.lock();
        let session = inner.find(id)?.clone();
        let mut progress = session.0.progress.lock();
        progress.is_whole(id)?;
        progress.completing = true;
        drop(progress);
        Ok(Closing {
            sessions: self.clone(),
            session,
            ended: false,
        })
    }

    /// Closes the sessions that were left alone for too long, and gives them, to be noted.
    pub fn expire(&self, now: Timestamp) -> Vec<Session> {
        let mut inner = self.0.lock();
        let idle: Vec<Uuid> = inner
            .open
            .values()
            .filter(|session| session.0.progress.lock().is_idle(now))
            .map(Session::id)
            .collect();
        idle.into_iter().filter_map(|id| inner.end(id)).collect()
    }

    /// The open sessions, in the order in which they began.
    pub fn open(&self) -> Vec<Session> {
        self.0.lock().open.values().cloned().collect()
    }
}

impl Inner {
    fn find(&self, id: Uuid) -> Result<&Session, SessionError> {
        match self.open.get(&id) {
            Some(session) => Ok(session),
            None if self.ended.contains(&id) => Err(SessionError::Ended(id)),
            None => Err(SessionError::Unknown(id)),
        }
    }

    fn end(&mut self, id: Uuid) -> Option<Session> {
        let session = self.open.remove(&id)?;
        self.ended.push_back(id);
        if self.ended.len() > ENDED_KEPT {
            self.ended.pop_front();
        }
        Some(session)
    }
}

impl Progress {
    /// Whether all that was pushed is there, and it is not being completed.
    fn is_whole(&self, id: Uuid) -> Result<(), SessionError> {
        if self.completing {
            Err(SessionError::Completing(id))
        } else if self.pushes.running() > 0 {
            Err(SessionError::Running(id, self.pushes.running()))
        } else if self.pushes.is_broken() {
            Err(SessionError::Broken(id))
        } else {
            Ok(())
        }
    }

    fn is_idle(&self, now: Timestamp) -> bool {
        let busy = self.completing || self.pushes.running() > 0;
        !busy && now.duration_since(self.last_push) > IDLE_MAX
    }
}

/// A session that is being completed. If it goes without having been ended, the session is open again.
#[derive(Debug)]
pub struct Closing {
    sessions: Sessions,
    session: Session,
    ended: bool,
}

impl Closing {
    /// The session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The session is completed.
    pub fn end(mut self) {
        self.ended = true;
        self.sessions.0.lock().end(self.session.id());
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        if !self.ended {
            self.session.0.progress.lock().completing = false;
        }
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

    /// Its identity, unless it is being completed.
    fn free(&self) -> Result<Uuid, SessionError> {
        if self.0.progress.lock().completing {
            Err(SessionError::Completing(self.id()))
        } else {
            Ok(self.id())
        }
    }

    /// Whether it may be completed: nothing is under way, and nothing is missing.
    pub fn is_whole(&self) -> Result<(), SessionError> {
        self.0.progress.lock().is_whole(self.id())
    }

    /// How much it brought and swept so far.
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

    /// Counts what was swept.
    pub fn swept(&self, counts: &RunCounts) {
        self.0.progress.lock().counts.add(counts);
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
