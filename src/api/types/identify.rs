//! What would become of a record, and why.

use async_graphql::{Enum, Object, SimpleObject};

use super::CiObject;
use super::enums::mirror;
use crate::graph::Snapshot;
use crate::ingest::explain::{self, ExplainedAttempt, Explanation};
use crate::ingest::report;
use crate::ingest::report::ProblemLine;

mirror! {
    /// What would become of a record.
    IdentifyOperation = explain::Operation {
        /// A CI would be created.
        Insert,
        /// A recorded CI would be changed.
        Update,
        /// All of it is recorded already.
        NoChange,
        /// It would wait in the review queue.
        Review,
        /// It would be refused.
        Refused,
    }
}

mirror! {
    /// What an attempt to identify a CI found.
    AttemptResult = report::AttemptResult {
        /// One CI.
        Matched,
        /// No CI.
        NoMatch,
        /// It was not tried: the record lacks something of it, or it cannot be read.
        Skipped,
        /// Several CIs.
        MultiMatch,
        /// It was not tried: a value of it identifies nothing, as the catalog's junk lists say.
        Junk,
        /// Only CIs that the same source knows under other keys.
        OtherKey,
    }
}

/// One attempt to tell which CI a record speaks of.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "IdentificationAttempt")]
pub struct AttemptObject {
    /// The rule: `id`, `native_key`, or one of the type.
    pub rule: String,
    /// The attributes it compares.
    pub attributes: Vec<String>,
    /// The record's values of them, in the same order; null where it states none.
    pub values: Vec<Option<String>>,
    /// What it found.
    pub result: AttemptResult,
    /// The ids of the CIs that it found and that were not simply taken.
    pub candidates: Vec<String>,
}

/// Something wrong with a record, or worth knowing.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "RecordProblem")]
pub struct RecordProblemObject {
    /// The error code, or the code of a warning.
    pub code: String,
    /// What it is, for people.
    pub message: String,
    /// The field it is about.
    pub field: Option<String>,
    /// The start of the value it is about.
    pub value: Option<String>,
}

impl From<&ProblemLine> for RecordProblemObject {
    fn from(problem: &ProblemLine) -> Self {
        Self {
            code: problem.code.clone(),
            message: problem.message.clone(),
            field: problem.field.clone(),
            value: problem.value.clone(),
        }
    }
}

impl From<&ExplainedAttempt> for AttemptObject {
    fn from(explained: &ExplainedAttempt) -> Self {
        Self {
            rule: explained.attempt.rule.clone(),
            attributes: explained.attempt.attributes.clone(),
            values: explained.values.clone(),
            result: explained.attempt.result.into(),
            candidates: explained.attempt.candidates.clone(),
        }
    }
}

/// An explanation with the snapshot it was made on.
#[derive(Clone, Debug)]
pub struct ExplanationObject {
    view: Snapshot,
    explanation: Explanation,
}

impl ExplanationObject {
    pub(in crate::api) fn new(view: &Snapshot, explanation: Explanation) -> Self {
        Self {
            view: view.clone(),
            explanation,
        }
    }
}

/// What would become of a record, and why.
#[Object(name = "Identification")]
impl ExplanationObject {
    /// What would become of it.
    async fn operation(&self) -> IdentifyOperation {
        self.explanation.operation.into()
    }

    /// The CI it speaks of, where it is recorded.
    async fn ci(&self) -> Option<CiObject> {
        let slot = self.view.slot_of(self.explanation.ci?)?;
        Some(CiObject::at(&self.view, slot))
    }

    /// The CIs it may speak of, where there are several.
    #[graphql(complexity = "10 * child_complexity")]
    async fn candidates(&self) -> Vec<CiObject> {
        let slots = self
            .explanation
            .candidates
            .iter()
            .filter_map(|id| self.view.slot_of(*id));
        slots.map(|slot| CiObject::at(&self.view, slot)).collect()
    }

    /// How its CI was looked for, in order; the last attempt decided.
    async fn attempts(&self) -> Vec<AttemptObject> {
        self.explanation.attempts.iter().map(Into::into).collect()
    }

    /// What is wrong with it, or worth knowing.
    async fn problems(&self) -> Vec<RecordProblemObject> {
        self.explanation.problems.iter().map(Into::into).collect()
    }
}
