//! Runs of sources and their sync sessions.

use std::sync::Arc;

use async_graphql::{Enum, ID, Object, SimpleObject};

use crate::api::error::chain;
use crate::api::scalars::{DateTime, Long};
use crate::app::sessions::Session;
use crate::ingest::sync::{Completion, Missed, Unswept};
use crate::model::SourceName;
use crate::model::run::{Run, RunCounts, RunState};

/// How a run of a source ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "RunState", remote = "RunState")]
pub enum RunStateName {
    /// All was read; of a sync session: what was not mentioned was dealt with.
    Completed,
    /// It ended early, by an error.
    Failed,
    /// The sender gave the session up.
    Aborted,
    /// The session was left alone for too long, or a later one took its place.
    Abandoned,
}

/// How much a run brought, in records.
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(name = "RunCounts")]
pub struct RunCountsObject {
    /// Records read.
    pub records: Long,
    /// Records that made something new.
    pub created: Long,
    /// Records that changed something.
    pub updated: Long,
    /// Records that said nothing new.
    pub unchanged: Long,
    /// Records that were refused.
    pub refused: Long,
    /// Warnings.
    pub warnings: Long,
    /// CIs that were not mentioned and became stale.
    pub stale: Long,
    /// CIs that were not mentioned for longer than their grace and were retired.
    pub retired: Long,
    /// Relationships that were not mentioned and went.
    pub relationships_removed: Long,
}

impl From<RunCounts> for RunCountsObject {
    fn from(counts: RunCounts) -> Self {
        Self {
            records: Long(counts.records),
            created: Long(counts.created),
            updated: Long(counts.updated),
            unchanged: Long(counts.unchanged),
            refused: Long(counts.refused),
            warnings: Long(counts.warnings),
            stale: Long(counts.stale),
            retired: Long(counts.retired),
            relationships_removed: Long(counts.relationships_removed),
        }
    }
}

/// One run of a source: a push, or a sync session with all of its pushes.
#[derive(Clone, Debug)]
pub struct RunObject(pub(in crate::api) Arc<Run>);

/// One run of a source: a push, or a sync session with all of its pushes.
#[Object(name = "Run")]
impl RunObject {
    /// The source.
    async fn source(&self) -> &str {
        self.0.source.name.as_str()
    }

    /// Which of the source's feeds; null: none was named.
    async fn feed(&self) -> Option<&str> {
        stated(&self.0.source.feed)
    }

    /// Of which part of the world; null: none was named.
    async fn scope(&self) -> Option<&str> {
        stated(&self.0.source.scope)
    }

    /// Who was signed in.
    async fn actor(&self) -> &str {
        &self.0.actor
    }

    /// The sync session; null: it was a push by itself.
    async fn session(&self) -> Option<ID> {
        self.0.session.map(|session| ID(session.to_string()))
    }

    /// How it ended.
    async fn state(&self) -> RunStateName {
        self.0.state.into()
    }

    /// When it began.
    async fn began(&self) -> DateTime {
        DateTime(self.0.began)
    }

    /// When it ended.
    async fn ended(&self) -> DateTime {
        DateTime(self.0.ended)
    }

    /// How long it took, in milliseconds.
    async fn duration_ms(&self) -> Long {
        let duration = self.0.ended.duration_since(self.0.began);
        Long(u64::try_from(duration.as_millis()).unwrap_or(0))
    }

    /// How much it brought.
    async fn counts(&self) -> RunCountsObject {
        self.0.counts.into()
    }

    /// The estate's revision at its end.
    async fn revision(&self) -> Long {
        self.0.revision.into()
    }

    /// The code of the error that ended it early, or kept a completed session from sweeping something.
    async fn error_code(&self) -> Option<&str> {
        self.0.error.as_ref().map(|(code, _)| &**code)
    }

    /// The error that ended it early, or kept a completed session from sweeping something, for people.
    async fn error(&self) -> Option<&str> {
        self.0.error.as_ref().map(|(_, message)| &**message)
    }
}

/// A sync session that is open.
#[derive(Clone, Debug)]
pub struct SyncSessionObject(pub(in crate::api) Session);

/// A sync session that is open.
#[Object(name = "SyncSession")]
impl SyncSessionObject {
    /// Its identity: the parameter `session` of `POST /ingest`.
    async fn id(&self) -> ID {
        ID(self.0.id().to_string())
    }

    /// The source.
    async fn source(&self) -> &str {
        self.0.source().name.as_str()
    }

    /// Which of the source's feeds; null: none is named.
    async fn feed(&self) -> Option<&str> {
        stated(&self.0.source().feed)
    }

    /// Of which part of the world; null: none is named.
    async fn scope(&self) -> Option<&str> {
        stated(&self.0.source().scope)
    }

    /// Who was signed in when it began.
    async fn actor(&self) -> &str {
        &self.0.actor().name
    }

    /// When it began.
    async fn began(&self) -> DateTime {
        DateTime(self.0.began())
    }

    /// When something was last pushed to it; an hour later it is abandoned.
    async fn last_push(&self) -> DateTime {
        DateTime(self.0.last_push())
    }

    /// How many pushes to it are complete.
    async fn pushes(&self) -> Long {
        Long(self.0.pushes())
    }

    /// How many pushes to it are under way: it cannot be completed before they have ended.
    async fn running(&self) -> Long {
        Long(self.0.running())
    }

    /// Whether a push to it broke off, and none that began after that is complete: it cannot be completed
    /// before all of that is pushed again.
    async fn broken(&self) -> bool {
        self.0.is_broken()
    }

    /// How much they brought.
    async fn counts(&self) -> RunCountsObject {
        self.0.counts().into()
    }
}

/// What completing a sync session did, or would do.
#[derive(Clone, Debug)]
pub struct CompleteSyncPayload(pub(in crate::api) Completion);

/// Most things of one kind that an answer lists; `counts` has the number of all.
const LISTED_MAX: usize = 1_000;

/// What completing a sync session did, or would do.
#[Object]
impl CompleteSyncPayload {
    /// The session as a run.
    async fn run(&self) -> RunObject {
        RunObject(Arc::clone(&self.0.run))
    }

    /// Whether the session had been completed before: this is the run of that, and nothing was done now.
    /// `members` and `waiting` are 0 then, and the lists are empty.
    async fn repeated(&self) -> bool {
        self.0.repeated
    }

    /// How many CIs the source, feed and scope speak of.
    async fn members(&self) -> Long {
        self.0.sweep.members.into()
    }

    /// CIs that became stale, the first 1,000 by id.
    async fn stale(&self) -> Vec<ID> {
        let listed = self.0.sweep.stale.iter().take(LISTED_MAX);
        listed.map(|ci| ID(ci.to_string())).collect()
    }

    /// CIs that were retired, or lost what this source said of them, the first 1,000 by id.
    async fn retired(&self) -> Vec<ID> {
        let listed = self.0.sweep.retired.iter().take(LISTED_MAX);
        listed.map(|ci| ID(ci.to_string())).collect()
    }

    /// CIs that are stale and within their grace still.
    async fn waiting(&self) -> Long {
        self.0.sweep.waiting.into()
    }

    /// Relationships that went, the first 1,000 by id.
    async fn relationships_removed(&self) -> Vec<ID> {
        let listed = self.0.sweep.relationships.iter().take(LISTED_MAX);
        listed.map(|relationship| ID(relationship.to_string())).collect()
    }

    /// What could not be swept, the first 1,000: relationships, then CIs. It stays as it is, and the next
    /// session tries again.
    async fn unswept(&self) -> Vec<UnsweptObject> {
        let listed = self.0.sweep.unswept.iter().take(LISTED_MAX);
        listed.map(|unswept| UnsweptObject(unswept.clone())).collect()
    }

    /// Whether all of these lists are complete.
    async fn complete(&self) -> bool {
        let sweep = &self.0.sweep;
        let lists = [
            sweep.stale.len(),
            sweep.retired.len(),
            sweep.relationships.len(),
            sweep.unswept.len(),
        ];
        !self.0.repeated && lists.into_iter().all(|length| length <= LISTED_MAX)
    }
}

/// What becomes of something that is not mentioned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum SweepOutcome {
    /// A CI becomes stale.
    Stale,
    /// A CI is retired, or loses what the source said of it.
    Retired,
    /// A relationship goes.
    Removed,
}

/// Something that was not mentioned, and could not be swept.
#[derive(Clone, Debug)]
pub struct UnsweptObject(Unswept);

/// Something that was not mentioned, and could not be swept.
#[Object(name = "Unswept")]
impl UnsweptObject {
    /// The CI or the relationship.
    async fn id(&self) -> ID {
        ID(self.0.what.to_string())
    }

    /// What should have become of it.
    async fn outcome(&self) -> SweepOutcome {
        match self.0.what {
            Missed::Stale(_) => SweepOutcome::Stale,
            Missed::Retired(_) => SweepOutcome::Retired,
            Missed::Relationship(_) => SweepOutcome::Removed,
        }
    }

    /// The code of why it stays.
    async fn code(&self) -> &'static str {
        self.0.error.code().as_str()
    }

    /// Why it stays, for people.
    async fn message(&self) -> String {
        chain(&self.0.error)
    }
}

/// A feed or a scope, where one was named.
pub(super) fn stated(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// A source as requests name it.
pub(in crate::api) fn source_name(name: crate::model::Name, feed: Option<String>, scope: Option<String>) -> SourceName {
    SourceName {
        feed: feed.unwrap_or_default().into(),
        scope: scope.unwrap_or_default().into(),
        ..SourceName::plain(name)
    }
}
