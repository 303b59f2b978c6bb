//! Sync sessions: what a source does not mention in a session that it completes is gone from its
//! part of the world.
//!
//! A CI that was not mentioned becomes stale, and is retired when it has been so for longer than its
//! type's grace. Only completing does this, only to what the same source, feed and scope spoke of
//! before, and never to more of it than the guard allows.

mod sweep;

use jiff::Timestamp;
use uuid::Uuid;

use crate::app::sessions::{Session, SessionError};
use crate::app::{Editor, ErrorCode, WriteError};
use crate::model::run::{Run, RunState};
use crate::model::{Revision, SourceName};

pub use sweep::{Sweep, SweepOptions};

/// Why a sync session cannot begin, go on or be completed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// There is no such session.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// Too much was not mentioned.
    #[error(
        "{affected} of {members} configuration items were not mentioned, which is more than {share_max} %, so nothing is swept: push what is missing, or complete the session with a greater share"
    )]
    Guard {
        /// CIs that would become stale or be retired.
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
    Empty,
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
            Self::Session(SessionError::TooMany) => ErrorCode::TooManyRequests,
            Self::Guard { .. } => ErrorCode::SweepGuard,
            Self::Empty => ErrorCode::SessionEmpty,
            Self::Write(error) => error.code(),
        }
    }
}

/// Opens a session. One that the same source, feed and scope had open is abandoned.
pub fn begin(editor: &Editor, source: SourceName, now: Timestamp) -> Result<Session, SyncError> {
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
/// scope speak of to find, and what is not mentioned to sweep.
pub fn complete(editor: &Editor, id: Uuid, options: SweepOptions, now: Timestamp) -> Result<(Run, Sweep), SyncError> {
    expire(editor, now);
    let session = editor.reader().sessions().find(id)?;
    if session.pushes() == 0 {
        return Err(SyncError::Empty);
    }
    let sweep = sweep::plan(&editor.reader().snapshot(), &session, options, now)?;
    if options.dry_run {
        return Ok((run_of(editor, &session, RunState::Completed, now), sweep));
    }
    sweep::execute(editor, &session, &sweep)?;
    let session = editor.reader().sessions().end(id)?;
    let mut run = run_of(editor, &session, RunState::Completed, now);
    run.counts.stale = sweep.stale.len() as u64;
    run.counts.retired = sweep.retired.len() as u64;
    run.counts.relationships_removed = sweep.relationships.len() as u64;
    editor.reader().runs().note(run.clone());
    Ok((run, sweep))
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
