//! What a completed session did not mention: found on a snapshot, swept by commits of bounded size.

use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;

use crate::app::sessions::{Mentioned, Session};
use crate::app::{BatchMode, CommandError, Editor, Planner, Work, WriteRequest};
use crate::graph::sightings::SightingKind;
use crate::graph::{Estate, Slot};
use crate::model::{CiId, Command, LifecycleStage, RelationshipId, SourceId};

use super::SyncError;

/// CIs and relationships swept in one commit: a few milliseconds of the writer's time.
const BATCH: usize = 1_000;

/// How a session is to be completed.
#[derive(Clone, Copy, Debug, Default)]
pub struct SweepOptions {
    /// Most CIs that may become stale or be retired, in percent of what the source, feed and scope
    /// speak of; absent: what the source's rule says.
    pub share_max: Option<u8>,
    /// Only say what would be swept; the session stays open.
    pub dry_run: bool,
}

/// What is swept.
#[derive(Clone, Debug, Default)]
pub struct Sweep {
    /// CIs that the source, feed and scope speak of.
    pub members: usize,
    /// CIs that become stale: they were mentioned before, and not in this session.
    pub stale: Vec<CiId>,
    /// CIs that have been stale for longer than their grace: those that no other source speaks of are
    /// retired, the others lose what this source said.
    pub retired: Vec<CiId>,
    /// CIs that are stale and within their grace still.
    pub waiting: usize,
    /// Relationships that the source does not speak of any more.
    pub relationships: Vec<RelationshipId>,
}

/// Finds what was not mentioned, and asks the guard. The silence of a source that may retire nothing
/// means nothing.
pub(super) fn plan(
    estate: &Estate,
    session: &Session,
    options: SweepOptions,
    now: Timestamp,
) -> Result<Sweep, SyncError> {
    let Some(source) = estate.source_of(session.source()) else {
        return Ok(Sweep::default());
    };
    let rights = estate.catalog().source_rights(&session.source().name);
    let mentioned = session.mentioned();
    let mut sweep = cis(estate, source.id, &mentioned, now);
    sweep.relationships = relationships(estate, source.id, &mentioned);
    if !rights.may_retire {
        return Ok(Sweep {
            members: sweep.members,
            ..Sweep::default()
        });
    }
    let share_max = options.share_max.unwrap_or(rights.sweep_share_max);
    let affected = sweep.stale.len() + sweep.retired.len();
    if affected * 100 > sweep.members * usize::from(share_max) {
        return Err(SyncError::Guard {
            affected,
            members: sweep.members,
            share_max,
        });
    }
    Ok(sweep)
}

fn cis(estate: &Estate, source: SourceId, mentioned: &Mentioned, now: Timestamp) -> Sweep {
    let mut sweep = Sweep::default();
    for slot in estate.sightings().seen(SightingKind::Ci, source) {
        let Some(ci) = estate.ci_in(Slot::new(slot)) else {
            continue;
        };
        let known = ci.origins().any(|origin| origin.source == source);
        let gone = matches!(ci.stage(), LifecycleStage::Retired | LifecycleStage::Disposed);
        if !known || gone && !mentioned.cis.has(slot) {
            continue;
        }
        sweep.members += 1;
        if mentioned.cis.has(slot) {
            continue;
        }
        let grace = estate.catalog().retire_after(ci.ci_type());
        let since = ci.standing().and_then(|standing| standing.stale_since(source));
        match since {
            Some(since) if now.duration_since(since) >= grace => sweep.retired.push(ci.id()),
            Some(_) => sweep.waiting += 1,
            None if grace.is_zero() => sweep.retired.push(ci.id()),
            None => sweep.stale.push(ci.id()),
        }
    }
    sweep.stale.sort_unstable();
    sweep.retired.sort_unstable();
    sweep
}

/// The relationships that the source spoke of before, and in this session spoke of their ends only.
/// Where an end was not mentioned either, the relationship waits with it.
fn relationships(estate: &Estate, source: SourceId, mentioned: &Mentioned) -> Vec<RelationshipId> {
    let settled = |slot: Slot| {
        let mut origins = estate.ci_at(slot).origins();
        mentioned.cis.has(slot.number()) || origins.all(|origin| origin.source != source)
    };
    let mut gone = Vec::new();
    for place in estate.sightings().seen(SightingKind::Relationship, source) {
        let Some(found) = estate.relationship_in(place) else {
            continue;
        };
        if found.is_said_by(source)
            && !mentioned.relationships.has(place)
            && settled(found.from())
            && settled(found.to())
        {
            gone.push(found.id());
        }
    }
    gone.sort_unstable();
    gone
}

/// Sweeps, in commits of bounded size. What was mentioned in the meantime is left alone.
pub(super) fn execute(editor: &Editor, session: &Session, sweep: &Sweep) -> Result<(), SyncError> {
    let relationships = sweep
        .relationships
        .iter()
        .map(|relationship| Command::WithdrawRelationship {
            relationship: *relationship,
        });
    let miss = |retire| move |ci: &CiId| Command::MissCi { ci: *ci, retire };
    let cis = sweep
        .stale
        .iter()
        .map(miss(false))
        .chain(sweep.retired.iter().map(miss(true)));
    let commands: Vec<Command> = relationships.chain(cis).collect();
    for batch in commands.chunks(BATCH) {
        commit(editor, session, batch.to_vec())?;
    }
    Ok(())
}

fn commit(editor: &Editor, session: &Session, commands: Vec<Command>) -> Result<(), SyncError> {
    let refused = Arc::new(Mutex::new(None));
    let (noted, own) = (Arc::clone(&refused), session.clone());
    let plan = move |planner: &mut Planner<'_>| {
        let mentioned = own.mentioned();
        for command in &commands {
            if is_mentioned(planner.estate(), &mentioned, command) {
                continue;
            }
            if let Err(error) = planner.execute(command) {
                noted.lock().get_or_insert(error);
            }
        }
    };
    let request = WriteRequest {
        work: Work::Plan(Box::new(plan)),
        mode: BatchMode::Partial,
        dry_run: false,
        source: Some(session.source().clone()),
        reason: Some(format!("sync session {}", session.id())),
        idempotency_key: None,
        request_digest: [0; 32],
    };
    editor.write_blocking(request).map_err(SyncError::Write)?;
    let refused: Option<CommandError> = refused.lock().take();
    if let Some(error) = refused {
        tracing::warn!(session = %session.id(), %error, "something that was not mentioned could not be swept");
    }
    Ok(())
}

fn is_mentioned(estate: &Estate, mentioned: &Mentioned, command: &Command) -> bool {
    if let Command::MissCi { ci, .. } = command {
        let slot = estate.slot_of(*ci);
        slot.is_some_and(|slot| mentioned.cis.has(slot.number()))
    } else if let Command::WithdrawRelationship { relationship } = command {
        let found = estate.relationship(*relationship);
        found.is_some_and(|found| mentioned.relationships.has(found.place()))
    } else {
        false
    }
}
