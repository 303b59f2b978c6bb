//! Answers to impact questions that were asked a moment ago: the pages of one answer, and the same
//! question asked again on the same revision, cost no second evaluation.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;

use super::connection::QuestionHash;
use super::lints::Lints;
use super::moments::Moments;
use super::scenarios::Scenarios;
use super::types::Answer;
use super::watch::Pictures;
use crate::app::DuplicateQueue;
use crate::impact::ScratchPool;
use crate::model::Revision;

/// Answers kept.
const ANSWERS_MAX: usize = 16;

/// Impacted CIs of all answers kept, together: about 40 bytes each.
const IMPACTED_MAX: usize = 2_000_000;

/// The kept answers, all of one revision, the last asked first; and the engine's scratch space.
///
/// An answer holds its snapshot, and a snapshot held for long makes the writer copy the estate: so
/// answers of older revisions go with the first request after a commit.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub(super) scratches: ScratchPool,
    pub(super) moments: Moments,
    pub(super) scenarios: Scenarios,
    pub(super) lints: Lints,
    pub(super) pictures: Pictures,
    pub(super) duplicates: Arc<DuplicateQueue>,
    kept: Mutex<VecDeque<(QuestionHash, Arc<Answer>)>>,
}

impl Answers {
    pub(super) fn find(&self, revision: Revision, question: QuestionHash) -> Option<Arc<Answer>> {
        let kept = self.kept.lock();
        let found = kept
            .iter()
            .find(|(known, answer)| *known == question && answer.view.revision() == revision);
        found.map(|(_, answer)| Arc::clone(answer))
    }

    pub(super) fn keep(&self, question: QuestionHash, answer: &Arc<Answer>) {
        let size = |answer: &Arc<Answer>| answer.report.impacted_unordered().len();
        if size(answer) > IMPACTED_MAX {
            return;
        }
        let mut kept = self.kept.lock();
        let revision = answer.view.revision();
        kept.retain(|(known, other)| *known != question && other.view.revision() >= revision);
        kept.push_front((question, Arc::clone(answer)));
        while kept.len() > ANSWERS_MAX || kept.iter().map(|(_, answer)| size(answer)).sum::<usize>() > IMPACTED_MAX {
            kept.pop_back();
        }
    }

    /// Lets go of the answers, and so of the snapshots, of revisions before this one.
    pub(super) fn forget_before(&self, revision: Revision) {
        self.kept
            .lock()
            .retain(|(_, answer)| answer.view.revision() >= revision);
        self.moments.forget_before(revision);
        self.scenarios.forget_before(revision);
        self.lints.forget_before(revision);
    }
}
