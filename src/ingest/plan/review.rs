//! Records that only a person can decide: they wait in the review queue instead of being guessed at.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::app::{ErrorCode, SHORT_TEXT_BYTES_MAX};
use crate::graph::Slot;
use crate::ingest::observation::Problem;
use crate::ingest::payload::{CiRecord, Record, write_line};
use crate::ingest::report::{Outcome, ProblemLine};
use crate::model::review::{NewReview, REVIEW_TEXT_BYTES_MAX, ReviewCommand, ReviewKind, ReviewState};
use crate::model::rule::OnManyMatches;
use crate::model::{CiId, Command};

use super::item::Item;
use super::{Part, Planning};

/// The code of the warning that a record is passed over because a person said so.
pub const REVIEW_DISMISSED: &str = "REVIEW_DISMISSED";

impl Planning<'_, '_> {
    /// The CI that a person decided a record of this subject for. Free while the queue is empty.
    pub(super) fn decided_before(&self, record: &CiRecord) -> Option<Slot> {
        let estate = self.planner.estate();
        if estate.review_count() == 0 {
            return None;
        }
        let subject = subject(record, &self.shown(record));
        let review = estate.review_about(self.planner.source_name(), &subject)?;
        match review.state {
            ReviewState::Resolved { ci, .. } => estate.slot_of(ci),
            ReviewState::Open | ReviewState::Dismissed { .. } => None,
        }
    }

    /// A record that fits several CIs.
    pub(super) fn several(&mut self, record: &CiRecord, candidates: Vec<CiId>, item: &mut Item) {
        match self.rights().on_many_matches {
            OnManyMatches::Review if self.terms.part != Part::WholeOrNothing => {
                item.candidates.clone_from(&candidates);
                self.queue(ReviewKind::MultiMatch, record, candidates, item);
            }
            OnManyMatches::Review | OnManyMatches::Error => item.refuse_several(candidates),
        }
    }

    /// A record that matches none, of a source that has such looked at.
    pub(super) fn stage(&mut self, record: &CiRecord, item: &mut Item) {
        if self.terms.part == Part::WholeOrNothing {
            let message = "the record matches no CI, and its source is to have that looked at";
            item.refuse(&Problem::new(ErrorCode::NoMatch, message));
        } else {
            self.queue(ReviewKind::NoMatchStaged, record, Vec::new(), item);
        }
    }

    fn queue(&mut self, kind: ReviewKind, record: &CiRecord, candidates: Vec<CiId>, item: &mut Item) {
        let source = self.planner.called().clone();
        let text = self.shown(record);
        let (code, reason) = match kind {
            ReviewKind::MultiMatch | ReviewKind::Duplicate => (
                ErrorCode::MultiMatch,
                "the record fits several CIs, so it is given to none",
            ),
            ReviewKind::NoMatchStaged => (
                ErrorCode::NoMatch,
                "the record matches no CI, and its source is to have that looked at",
            ),
        };
        if text.len() > REVIEW_TEXT_BYTES_MAX {
            item.refuse(&Problem::new(
                code,
                format!("{reason}; with more than {REVIEW_TEXT_BYTES_MAX} bytes it is too large for the review queue"),
            ));
            return;
        }
        let subject = subject(record, &text);
        let new = NewReview {
            kind,
            source: source.clone(),
            subject: subject.clone(),
            ci_type: record.ci_type.as_str().into(),
            record: text.into(),
            candidates,
            reason: reason.into(),
        };
        if let Err(error) = self.planner.execute(&Command::Review(ReviewCommand::Raise(new))) {
            item.refuse_command(&error);
            return;
        }
        item.outcome = Outcome::Review;
        let review = self.planner.estate().review_about(&source.name, &subject);
        let dismissed = review.is_some_and(|review| matches!(review.state, ReviewState::Dismissed { .. }));
        item.problems.push(if dismissed {
            ProblemLine {
                code: REVIEW_DISMISSED.to_owned(),
                message: format!("{reason}; it was dismissed from the review queue"),
                field: None,
                value: review.map(|review| review.id.to_string()),
            }
        } else {
            ProblemLine {
                code: code.as_str().to_owned(),
                message: format!("{reason}; it waits in the review queue"),
                field: None,
                value: review.map(|review| review.id.to_string()),
            }
        });
    }

    /// A record as the queue keeps it: a line of the native payload, without secrets and without the
    /// moment of the observation, so that the same record says the same again.
    fn shown(&self, record: &CiRecord) -> String {
        let catalog = self.planner.estate().catalog();
        let ci_type = catalog.ci_type_named(&record.ci_type).map(|found| found.id);
        let is_secret = |name: &str| {
            let definition = ci_type.and_then(|ci_type| catalog.attribute_of(ci_type, name));
            definition.is_some_and(|definition| definition.secret)
        };
        let mut shown = record.clone();
        shown.observed_at = None;
        shown.attributes.retain(|(name, _)| !is_secret(name));
        let mut line = Vec::new();
        write_line(&mut line, &Record::Ci(shown)).expect("writing to memory cannot fail");
        let text = String::from_utf8(line).expect("a payload is written as UTF-8");
        text.trim_end().to_owned()
    }
}

/// What a review item of a record is about: its key, else a digest of what it says.
fn subject(record: &CiRecord, text: &str) -> Box<str> {
    match &record.key {
        Some(key) if key.len() <= SHORT_TEXT_BYTES_MAX => format!("key:{key}").into(),
        Some(_) | None => {
            let digest = Sha256::digest(text);
            let mut subject = "digest:".to_owned();
            for byte in digest {
                write!(subject, "{byte:02x}").expect("writing to a string cannot fail");
            }
            subject.into()
        }
    }
}
