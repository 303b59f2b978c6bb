//! Sync sessions: what a source does not mention in a session that it completes is gone from its
//! part of the world.
//!
//! A CI that was not mentioned becomes stale, and is retired when it has been so for longer than its
//! type's grace. Only completing does this, only to what the same source, feed and scope spoke of
//! before, and never to more of it than the guard allows.

mod sweep;

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use crate::app::sessions::{Session, SessionError};
use crate::app::{Editor, ErrorCode, WriteError};
use crate::model::run::{Run, RunState};
use crate::model::{Revision, SourceName};

pub use sweep::{Missed, Sweep, SweepOptions, Unswept};

/// What completing a session did, or would do.
#[derive(Clone, Debug)]
pub struct Completion {
    /// The session as a run.
    pub run: Arc<Run>,
    /// What was swept; of a session that had been completed before nothing.
    pub sweep: Sweep,
    /// Whether the session had been completed before, and this is that run.
    pub repeated: bool,
}

/// Why a sync session cannot begin, go on or be completed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// There is no such session, or nothing can be done with it now.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// Too much was not mentioned.
    #[error(
        "{affected} of {members} configuration items were not mentioned for the first time, which is more than {share_max} %, so nothing is swept: push what is missing, or complete the session with a greater share"
    )]
    Guard {
        /// CIs that would become stale, or be retired without having been stale.
        affected: usize,
        /// CIs that the source, feed and scope speak of.
        members: usize,
        /// The share allowed, in percent.
        share_max: u8,
    },
    /// Nothing was pushed to the session.
    #[error(
        "nothing was pushed to the session, so completing it would say that nothing is there: push first, or abort it"
    )]
    Empty(Uuid),
    /// The writer refused.
    #[error("{0}; what was swept before stays, and the session may be completed again")]
    Write(WriteError),
}

impl SyncError {
    /// The code that clients see.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Session(SessionError::Ended(_)) => ErrorCode::SessionEnded,
            Self::Session(SessionError::Unknown(_)) => ErrorCode::SessionUnknown,
            Self::Session(SessionError::Running(..) | SessionError::Broken(_)) => ErrorCode::SessionIncomplete,
            Self::Session(SessionError::Completing(_)) => ErrorCode::Busy,
            Self::Session(SessionError::TooMany) => ErrorCode::TooManyRequests,
            Self::Guard { .. } => ErrorCode::SweepGuard,
            Self::Empty(_) => ErrorCode::SessionEmpty,
            Self::Write(error) => error.code(),
        }
    }

    /// The session that it is about, where it is one that was asked for.
    pub fn session(&self) -> Option<Uuid> {
        match self {
            Self::Session(
                SessionError::Ended(id)
                | SessionError::Unknown(id)
                | SessionError::Running(id, _)
                | SessionError::Broken(id)
                | SessionError::Completing(id),
            )
            | Self::Empty(id) => Some(*id),
            Self::Session(SessionError::TooMany) | Self::Guard { .. } | Self::Write(_) => None,
        }
    }
}

/// Opens a session. One that the same source, feed and scope had open is abandoned.
pub fn begin(editor: &Editor, source: SourceName, now: Timestamp) -> Result<Session, SyncError> {
    expire(editor, now);
    let (session, abandoned) = editor.reader().sessions().begin(source, editor.actor().clone(), now)?;
    note_abandoned(editor, &abandoned, now);
    Ok(session)
}

/// Gives a session up: nothing is swept, and what was pushed stays.
pub fn abort(editor: &Editor, id: Uuid, now: Timestamp) -> Result<Run, SyncError> {
    let session = editor.reader().sessions().end(id)?;
    let run = run_of(editor, &session, RunState::Aborted, now);
    editor.reader().runs().note(run.clone());
    Ok(run)
}

/// Closes the sessions that were left alone for too long.
pub fn expire(editor: &Editor, now: Timestamp) {
    let abandoned = editor.reader().sessions().expire(now);
    note_abandoned(editor, &abandoned, now);
}

/// Completes a session: finds what was not mentioned, and sweeps it. Costs what the source, feed and
/// scope speak of to find, and what is not mentioned to sweep. A session that was completed before is
/// answered with its run: the sender may not have heard the first answer.
pub fn complete(editor: &Editor, id: Uuid, options: SweepOptions, now: Timestamp) -> Result<Completion, SyncError> {
    expire(editor, now);
    let session = match editor.reader().sessions().find(id) {
        Ok(session) => session,
        Err(error) => return completed_before(editor, id, options).ok_or(error.into()),
    };
    if options.dry_run {
        session.is_whole()?;
        let sweep = plan(editor, &session, options, now)?;
        let run = Arc::new(run_of(editor, &session, RunState::Completed, now));
        return Ok(Completion {
            run,
            sweep,
            repeated: false,
        });
    }
    // Whoever completed it in between has noted its run by now, or is still about it.
    let closing = match editor.reader().sessions().close(id) {
        Ok(closing) => closing,
        Err(error) => return completed_before(editor, id, options).ok_or(error.into()),
    };
    let session = closing.session();
    let sweep = plan(editor, session, options, now)?;
    let sweep = sweep::execute(editor, session, &sweep)?;
    let mut run = run_of(editor, session, RunState::Completed, now);
    run.error = sweep.first_unswept();
    let run = Arc::new(run);
    // Noted before it has ended, so that whoever asks again finds the one or the other.
    editor.reader().runs().note(Run::clone(&run));
    closing.end();
    Ok(Completion {
        run,
        sweep,
        repeated: false,
    })
}

fn plan(editor: &Editor, session: &Session, options: SweepOptions, now: Timestamp) -> Result<Sweep, SyncError> {
    if session.pushes() == 0 {
        return Err(SyncError::Empty(session.id()));
    }
    sweep::plan(&editor.reader().snapshot(), session, options, now)
}

/// A session that was completed, as it was noted. There is nothing to try of it any more.
fn completed_before(editor: &Editor, id: Uuid, options: SweepOptions) -> Option<Completion> {
    let run = editor.reader().runs().completed_session(id)?;
    (!options.dry_run).then(|| Completion {
        run,
        sweep: Sweep::default(),
        repeated: true,
    })
}

fn note_abandoned(editor: &Editor, abandoned: &[Session], now: Timestamp) {
    for session in abandoned {
        let run = run_of(editor, session, RunState::Abandoned, now);
        editor.reader().runs().note(run);
    }
}

fn run_of(editor: &Editor, session: &Session, state: RunState, now: Timestamp) -> Run {
    Run {
        source: session.source().clone(),
        actor: session.actor().name.clone(),
        session: Some(session.id()),
        state,
        began: session.began(),
        ended: now,
        counts: session.counts(),
        revision: revision(editor),
        error: None,
    }
}

fn revision(editor: &Editor) -> Revision {
    editor.reader().snapshot().revision()
}
