//! What a completed session did not mention: found on a snapshot, swept by commits of bounded size.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;

use crate::app::sessions::{Mentioned, Session};
use crate::app::{BatchMode, CommandError, Editor, Planner, Work, WriteRequest};
use crate::graph::sightings::SightingKind;
use crate::graph::{Estate, Slot};
use crate::model::run::RunCounts;
use crate::model::{CiId, Command, LifecycleStage, RelationshipId, SourceId};

use super::SyncError;

/// CIs and relationships swept in one commit: a few milliseconds of the writer's time.
const BATCH: usize = 1_000;

/// How a session is to be completed.
#[derive(Clone, Copy, Debug, Default)]
pub struct SweepOptions {
    /// Most CIs that may be taken away that were not before, in percent of what the source, feed and
    /// scope speak of; absent: what the source's rule says.
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
    /// What could not be swept; the next session tries it again.
    pub unswept: Vec<Unswept>,
}

/// Something that was not mentioned, and could not be swept.
#[derive(Clone, Debug)]
pub struct Unswept {
    /// What it is.
    pub what: Missed,
    /// Why it stays as it is.
    pub error: CommandError,
}

/// Something that was not mentioned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
    /// A CI that becomes stale.
    Stale(CiId),
    /// A CI that is retired, or loses what the source said.
    Retired(CiId),
    /// A relationship that goes.
    Relationship(RelationshipId),
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale(ci) | Self::Retired(ci) => ci.fmt(f),
            Self::Relationship(relationship) => relationship.fmt(f),
        }
    }
}

impl Missed {
    fn command(self) -> Command {
        match self {
            Self::Stale(ci) => Command::MissCi { ci, retire: false },
            Self::Retired(ci) => Command::MissCi { ci, retire: true },
            Self::Relationship(relationship) => Command::WithdrawRelationship { relationship },
        }
    }

    fn is_mentioned(self, estate: &Estate, mentioned: &Mentioned) -> bool {
        match self {
            Self::Stale(ci) | Self::Retired(ci) => {
                let slot = estate.slot_of(ci);
                slot.is_some_and(|slot| mentioned.cis.has(slot.number()))
            }
            Self::Relationship(relationship) => {
                let found = estate.relationship(relationship);
                found.is_some_and(|found| mentioned.relationships.has(found.place()))
            }
        }
    }
}

impl Sweep {
    /// What could not be swept, as a run tells it: a code and a message.
    pub(super) fn first_unswept(&self) -> Option<(Box<str>, Box<str>)> {
        let first = self.unswept.first()?;
        let count = self.unswept.len();
        let message = format!(
            "{count} that were not mentioned could not be swept; the first, {}: {}",
            first.what, first.error
        );
        Some((first.error.code().as_str().into(), message.into()))
    }

    fn add(&mut self, what: Missed) {
        match what {
            Missed::Stale(ci) => self.stale.push(ci),
            Missed::Retired(ci) => self.retired.push(ci),
            Missed::Relationship(relationship) => self.relationships.push(relationship),
        }
    }

    fn counts(&self) -> RunCounts {
        RunCounts {
            stale: self.stale.len() as u64,
            retired: self.retired.len() as u64,
            relationships_removed: self.relationships.len() as u64,
            warnings: self.unswept.len() as u64,
            ..RunCounts::default()
        }
    }

    fn extend(&mut self, other: Self) {
        self.stale.extend(other.stale);
        self.retired.extend(other.retired);
        self.relationships.extend(other.relationships);
        self.unswept.extend(other.unswept);
    }
}

/// Finds what was not mentioned, and asks the guard, which looks at what is taken away for the first time:
/// what is stale was let go by a session before, and its retirement follows from that. The silence of a source that may retire nothing
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
    let (mut sweep, affected) = cis(estate, source.id, &mentioned, now);
    sweep.relationships = relationships(estate, source.id, &mentioned);
    if !rights.may_retire {
        return Ok(Sweep {
            members: sweep.members,
            ..Sweep::default()
        });
    }
    let share_max = options.share_max.unwrap_or(rights.sweep_share_max);
    if affected * 100 > sweep.members * usize::from(share_max) {
        return Err(SyncError::Guard {
            affected,
            members: sweep.members,
            share_max,
        });
    }
    Ok(sweep)
}

/// The CIs that were not mentioned, and how many of them this session is the first to miss.
fn cis(estate: &Estate, source: SourceId, mentioned: &Mentioned, now: Timestamp) -> (Sweep, usize) {
    let mut sweep = Sweep::default();
    let mut affected = 0;
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
        affected += usize::from(since.is_none());
        match since {
            Some(since) if now.duration_since(since) >= grace => sweep.retired.push(ci.id()),
            Some(_) => sweep.waiting += 1,
            None if grace.is_zero() => sweep.retired.push(ci.id()),
            None => sweep.stale.push(ci.id()),
        }
    }
    sweep.stale.sort_unstable();
    sweep.retired.sort_unstable();
    (sweep, affected)
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

/// Sweeps, in commits of bounded size, and gives what was really swept. What was mentioned in the
/// meantime is left alone.
pub(super) fn execute(editor: &Editor, session: &Session, planned: &Sweep) -> Result<Sweep, SyncError> {
    let relationships = planned.relationships.iter().copied().map(Missed::Relationship);
    let stale = planned.stale.iter().copied().map(Missed::Stale);
    let retired = planned.retired.iter().copied().map(Missed::Retired);
    let missed: Vec<Missed> = relationships.chain(stale).chain(retired).collect();
    let mut sweep = Sweep {
        members: planned.members,
        waiting: planned.waiting,
        ..Sweep::default()
    };
    for batch in missed.chunks(BATCH) {
        let swept = commit(editor, session, batch.to_vec())?;
        // Counted by the session, so that what is swept before the storage fails is not lost.
        session.swept(&swept.counts());
        sweep.extend(swept);
    }
    if let Some(first) = sweep.unswept.first() {
        let count = sweep.unswept.len();
        tracing::warn!(session = %session.id(), count, error = %first.error, "not all that was not mentioned could be swept");
    }
    Ok(sweep)
}

fn commit(editor: &Editor, session: &Session, missed: Vec<Missed>) -> Result<Sweep, SyncError> {
    let swept = Arc::new(Mutex::new(Sweep::default()));
    let (noted, own) = (Arc::clone(&swept), session.clone());
    let plan = move |planner: &mut Planner<'_>| {
        let mentioned = own.mentioned();
        let mut swept = noted.lock();
        for what in missed {
            if what.is_mentioned(planner.estate(), &mentioned) {
                continue;
            }
            match planner.execute(&what.command()) {
                Ok(done) if done.changed => swept.add(what),
                // The source does not know it any more: it was merged away or withdrawn in the meantime.
                Ok(_) => {}
                Err(error) => swept.unswept.push(Unswept { what, error }),
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
    Ok(std::mem::take(&mut *swept.lock()))
}
