//! The pushes of a session: which are under way, and whether what broke off was sent again.

use jiff::Timestamp;

use super::{Session, SessionError};
use crate::model::run::RunCounts;

/// The pushes of a session, counted.
#[derive(Debug, Default)]
pub(super) struct Pushes {
    begun: u64,
    running: u64,
    /// How many came to their end.
    pub(super) complete: u64,
    /// How many had begun when one broke off last. Only one that began later makes up for it: those that
    /// ran beside it may well have brought something else.
    broken: Option<u64>,
}

impl Pushes {
    fn begin(&mut self) -> u64 {
        self.begun += 1;
        self.running += 1;
        self.begun
    }

    fn complete(&mut self, number: u64) {
        self.running = self.running.saturating_sub(1);
        self.complete += 1;
        if self.broken.is_some_and(|begun| number > begun) {
            self.broken = None;
        }
    }

    fn break_off(&mut self) {
        self.running = self.running.saturating_sub(1);
        self.broken = Some(self.begun);
    }

    /// How many are under way.
    pub(super) fn running(&self) -> u64 {
        self.running
    }

    /// Whether one broke off, and none that began after that is complete.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.is_some()
    }
}

/// A push to a session, under way. If it goes without having been called complete, it broke off.
#[derive(Debug)]
pub struct Push {
    session: Session,
    number: u64,
    ended: bool,
}

impl Push {
    /// The session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// All of it was read and dealt with. Counts what it brought.
    pub fn complete(mut self, counts: &RunCounts, now: Timestamp) {
        self.ended = true;
        let mut progress = self.session.0.progress.lock();
        progress.last_push = progress.last_push.max(now);
        progress.pushes.complete(self.number);
        progress.counts.add(counts);
    }
}

impl Drop for Push {
    fn drop(&mut self) {
        if !self.ended {
            self.session.0.progress.lock().pushes.break_off();
        }
    }
}

impl Session {
    /// Begins a push. One to a session that is being completed is refused: what it brings might be swept.
    pub fn begin_push(&self, now: Timestamp) -> Result<Push, SessionError> {
        let mut progress = self.0.progress.lock();
        if progress.completing {
            return Err(SessionError::Completing(self.id()));
        }
        progress.last_push = progress.last_push.max(now);
        Ok(Push {
            session: self.clone(),
            number: progress.pushes.begin(),
            ended: false,
        })
    }

    /// How many pushes to it came to their end.
    pub fn pushes(&self) -> u64 {
        self.0.progress.lock().pushes.complete
    }

    /// How many pushes to it are under way.
    pub fn running(&self) -> u64 {
        self.0.progress.lock().pushes.running()
    }

    /// Whether a push to it broke off, and none that began after that is complete.
    pub fn is_broken(&self) -> bool {
        self.0.progress.lock().pushes.is_broken()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::sessions::Sessions;
    use crate::model::{Actor, SourceName};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn begin() -> (Sessions, Session) {
        let sessions = Sessions::default();
        let actor = Actor { name: "ada".into() };
        let (session, _) = sessions.begin(SourceName::manual(), actor, NOW).expect("room");
        (sessions, session)
    }

    fn push(session: &Session) -> Push {
        session.begin_push(NOW).expect("it is open")
    }

    fn complete(push: Push) {
        push.complete(&RunCounts::default(), NOW);
    }

    #[test]
    fn a_push_under_way_keeps_a_session_open() {
        let (sessions, session) = begin();
        complete(push(&session));
        let second = push(&session);
        let refused = sessions.close(session.id()).expect_err("one is under way");
        assert_eq!(refused, SessionError::Running(session.id(), 1));
        complete(second);
        assert!(sessions.close(session.id()).is_ok());
    }

    #[test]
    fn only_a_push_begun_after_one_broke_off_makes_up_for_it() {
        let (sessions, session) = begin();
        let broken = SessionError::Broken(session.id());
        let (first, beside) = (push(&session), push(&session));
        drop(first);
        complete(beside);
        let refused = sessions
            .close(session.id())
            .expect_err("who ran beside it knows nothing of it");
        assert_eq!(refused, broken);
        let (again, other) = (push(&session), push(&session));
        complete(again);
        assert!(!session.is_broken());
        drop(other);
        assert_eq!(sessions.close(session.id()).expect_err("broken again"), broken);
        complete(push(&session));
        assert!(sessions.close(session.id()).is_ok());
    }

    #[test]
    fn a_session_is_completed_once_and_left_alone_meanwhile() {
        let (sessions, session) = begin();
        complete(push(&session));
        let busy = SessionError::Completing(session.id());
        let closing = sessions.close(session.id()).expect("all is in");
        assert_eq!(sessions.close(session.id()).expect_err("once at a time"), busy);
        assert_eq!(session.begin_push(NOW).expect_err("too late"), busy);
        assert_eq!(sessions.end(session.id()).expect_err("it is being completed"), busy);
        let actor = Actor { name: "bob".into() };
        let next = sessions.begin(SourceName::manual(), actor, NOW);
        assert_eq!(next.map(|_| ()).expect_err("it is not abandoned now"), busy);
        let later = NOW + crate::app::sessions::IDLE_MAX * 2;
        assert_eq!(sessions.expire(later).len(), 0);
        drop(closing);
        let closing = sessions
            .close(session.id())
            .expect("it failed, so it may be tried again");
        closing.end();
        assert_eq!(
            sessions.close(session.id()).expect_err("done"),
            SessionError::Ended(session.id())
        );
        assert!(session.begin_push(NOW).is_err());
    }

    #[test]
    fn a_session_is_not_idle_while_something_is_pushed_to_it() {
        let (sessions, session) = begin();
        let long = push(&session);
        let later = NOW + crate::app::sessions::IDLE_MAX * 2;
        assert_eq!(sessions.expire(later).len(), 0);
        drop(long);
        assert_eq!(sessions.expire(later).len(), 1);
    }
}
