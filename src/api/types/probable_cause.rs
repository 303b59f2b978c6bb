//! Probable causes.

use std::sync::Arc;

use async_graphql::{Object, SimpleObject};

use super::delta::id_of;
use super::{Change, CiObject, DeltaKind};
use crate::api::connection::rows;
use crate::api::error::ApiResult;
use crate::api::scalars::{DateTime, Long};
use crate::graph::Snapshot;
use crate::impact::{CauseLimit, Fit, JointCause, ProbableCauses, RankedCause};
use crate::model::{DeltaItem, JournalEntry};

/// One thing that a commit changed at a CI.
#[derive(Clone, Debug)]
pub struct RecentChangeObject {
    entry: Arc<JournalEntry>,
    step: usize,
}

impl RecentChangeObject {
    pub(in crate::api) fn new(entry: Arc<JournalEntry>, step: usize) -> Self {
        Self { entry, step }
    }

    fn item(&self) -> &DeltaItem {
        &self.entry.delta.items[self.step]
    }
}

/// A change of a CI, of a relationship at it, or of a redundancy group with it.
#[Object(name = "RecentChange")]
impl RecentChangeObject {
    /// The commit; `journalEntry` has all of it.
    async fn revision(&self) -> Long {
        self.entry.revision.into()
    }

    /// When it was made.
    async fn at(&self) -> DateTime {
        DateTime(self.entry.at)
    }

    /// Who asked.
    async fn actor(&self) -> &str {
        &self.entry.actor.name
    }

    /// The source behind it.
    async fn source(&self) -> &str {
        self.entry.source.as_str()
    }

    /// Why, in the asker's words.
    async fn reason(&self) -> Option<&str> {
        self.entry.reason.as_deref()
    }

    /// What kind of thing changed.
    async fn kind(&self) -> DeltaKind {
        DeltaKind::of(self.item())
    }

    /// The id of what changed.
    async fn id(&self) -> String {
        id_of(self.item())
    }

    /// What happened to it.
    async fn change(&self) -> Change {
        Change::of(self.item())
    }
}

/// A single cause that explains at least one symptom.
#[derive(Clone, Debug)]
pub struct ProbableCauseObject {
    view: Snapshot,
    cause: RankedCause,
    changes: Vec<RecentChangeObject>,
}

/// A single cause that explains at least one symptom.
#[Object(name = "ProbableCause")]
impl ProbableCauseObject {
    /// The CI that may have failed.
    pub async fn ci(&self) -> CiObject {
        CiObject::at(&self.view, self.cause.slot)
    }

    /// How well its failure fits what was observed, as an exact fraction such as `40/43`:
    /// 20 x explains / (20 x explains + 10 x misses + 10 x falseAlarms + unobserved), where observations
    /// have weights 20 x explainsWeight / (20 x explainsWeight + 10 x missesWeight + 10 x
    /// falseAlarmsWeight + unobserved).
    async fn score(&self) -> String {
        self.cause.fit.score().to_string()
    }

    /// The same as a number from 0 to 1.
    async fn score_value(&self) -> f64 {
        self.cause.fit.score().value()
    }

    /// Symptoms that its failure would bring about.
    async fn explains(&self) -> Long {
        Long(self.cause.fit.counts.hits)
    }

    /// Symptoms that it would not.
    async fn misses(&self) -> Long {
        Long(self.cause.fit.counts.misses)
    }

    /// CIs seen healthy that its failure would bring to the level.
    async fn false_alarms(&self) -> Long {
        Long(self.cause.fit.counts.false_alarms)
    }

    /// What the symptoms that it explains weigh together: as many as they are if no `weights` are said.
    async fn explains_weight(&self) -> Long {
        Long(self.cause.fit.hits)
    }

    /// What the symptoms that it does not explain weigh together.
    async fn misses_weight(&self) -> Long {
        Long(self.cause.fit.misses)
    }

    /// What the CIs seen healthy weigh together that its failure would bring to the level.
    async fn false_alarms_weight(&self) -> Long {
        Long(self.cause.fit.false_alarms)
    }

    /// CIs of which nothing was observed that its failure would bring to the level.
    async fn unobserved(&self) -> Long {
        Long(self.cause.fit.unseen)
    }

    /// What changed lately at this CI, the newest first, as far back as `changesSince` of the answer.
    /// It does not enter the score.
    #[graphql(complexity = "rows(Some(first), child_complexity)")]
    async fn recent_changes(
        &self,
        #[graphql(desc = "So many changes at most, up to 100.", default = 3)] first: i32,
    ) -> ApiResult<Vec<RecentChangeObject>> {
        let first = crate::api::connection::page_size(Some(first), crate::api::recent_changes::CHANGES_MAX)?;
        Ok(self.changes.iter().take(first).cloned().collect())
    }
}

/// One of several causes that explain the symptoms together.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "JointCause")]
pub struct JointCauseObject {
    /// The cause.
    pub ci: CiObject,
    /// How well the causes up to this one fit together, as an exact fraction.
    pub joint_score: String,
    /// The same as a number from 0 to 1.
    pub joint_score_value: f64,
    /// The symptoms explained by the causes up to this one and not by those before, by id. None for
    /// the first of a pair, which is harmless alone.
    pub explains: Vec<CiObject>,
    /// The other of two causes that bring about together what neither does alone: something stands on
    /// both, and one of them is enough.
    pub paired_with: Option<CiObject>,
}

impl JointCauseObject {
    fn new(view: &Snapshot, cause: &JointCause) -> Self {
        let score = Fit::score(&cause.joint);
        let ci = |slot: &crate::graph::Slot| CiObject::at(view, *slot);
        Self {
            ci: ci(&cause.slot),
            joint_score: score.to_string(),
            joint_score_value: score.value(),
            explains: cause.explained.iter().map(ci).collect(),
            paired_with: cause.paired_with.as_ref().map(ci),
        }
    }
}

/// What probably caused some symptoms.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "ProbableCauses")]
pub struct ProbableCausesObject {
    /// Single causes, the most probable first: by score, then fewer misses, false alarms and
    /// unobserved, then id. As many as `first` says.
    pub ranking: Vec<ProbableCauseObject>,
    /// How many single causes explain at least one symptom.
    pub ranking_count: Long,
    /// Causes that explain the symptoms together, in the order in which they were found: always the
    /// one that raises the joint score most, or the pair behind a loss of redundancy that does better
    /// than two taken one after the other.
    pub causes: Vec<JointCauseObject>,
    /// The symptoms that `causes` do not explain, by id.
    pub unexplained: Vec<CiObject>,
    /// All candidates: the symptoms, and the CIs whose failure could bring one of them to the level
    /// if nothing were redundant, without those seen healthy.
    pub total_candidates: Long,
    /// The candidates that were tried.
    pub candidates_considered: Long,
    /// `recentChanges` go back to this revision; absent if they were not asked for.
    pub changes_since: Option<Long>,
    /// The revision of the estate that was read.
    pub revision: Long,
    /// Whether everything was tried. What is listed is exact either way.
    pub complete: bool,
    /// Why not: CANDIDATES, PAIRS, ARCS, RESULTS or TIME.
    pub truncated_reason: Option<String>,
    /// How to go on, if not.
    pub how_to_go_on: Option<String>,
}

impl ProbableCausesObject {
    /// The first of the ranking, with their changes taken from `changes`.
    pub(in crate::api) fn new(
        view: &Snapshot,
        found: &ProbableCauses,
        first: usize,
        mut changes: impl FnMut(&RankedCause) -> Vec<RecentChangeObject>,
    ) -> Self {
        let shown = found.ranking.iter().take(first);
        Self {
            ranking: shown
                .map(|cause| ProbableCauseObject {
                    view: view.clone(),
                    cause: *cause,
                    changes: changes(cause),
                })
                .collect(),
            ranking_count: found.ranking.len().into(),
            causes: found
                .causes
                .iter()
                .map(|cause| JointCauseObject::new(view, cause))
                .collect(),
            unexplained: found.unexplained.iter().map(|slot| CiObject::at(view, *slot)).collect(),
            total_candidates: Long(found.candidates_total),
            candidates_considered: Long(found.candidates_considered),
            changes_since: None,
            revision: view.revision().into(),
            complete: found.limit.is_none(),
            truncated_reason: found.limit.map(|limit| limit.as_str().to_owned()),
            how_to_go_on: found.limit.map(|limit| how_to_go_on(limit).to_owned()),
        }
    }
}

fn how_to_go_on(limit: CauseLimit) -> &'static str {
    match limit {
        CauseLimit::Candidates => {
            "raise `maxCandidates`, or name fewer symptoms; candidates farther away were not tried"
        }
        CauseLimit::Pairs => {
            "name more CIs as healthy or as symptoms, so that fewer pairs are possible; single causes are complete"
        }
        CauseLimit::Budget(_) => {
            "name fewer symptoms, lower `maxCandidates`, exclude relationship types, or raise the limit in the configuration"
        }
    }
}
