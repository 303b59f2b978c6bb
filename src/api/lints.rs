//! Findings that were looked for a moment ago: their pages cost no second look.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;

use super::connection::QuestionHash;
use super::types::LintAnswer;
use crate::model::Revision;

/// Answers kept.
const ANSWERS_MAX: usize = 4;

/// The kept answers, the last asked first.
#[derive(Debug, Default)]
pub(super) struct Lints(Mutex<VecDeque<Arc<LintAnswer>>>);

impl Lints {
    pub(super) fn find(&self, revision: Revision, question: QuestionHash) -> Option<Arc<LintAnswer>> {
        let kept = self.0.lock();
        let found = kept
            .iter()
            .find(|answer| answer.view.revision() == revision && answer.question == question);
        found.cloned()
    }

    pub(super) fn keep(&self, answer: &Arc<LintAnswer>) {
        let mut kept = self.0.lock();
        kept.push_front(Arc::clone(answer));
        kept.truncate(ANSWERS_MAX);
    }

    /// Lets go of the answers, and so of the snapshots, of revisions before this one.
    pub(super) fn forget_before(&self, revision: Revision) {
        self.0.lock().retain(|answer| answer.view.revision() >= revision);
    }
}
