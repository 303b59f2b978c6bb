//! What becomes of one record, while it is decided.

use crate::app::{CommandError, ErrorCode};
use crate::catalog::AttributeError;
use crate::graph::ReferenceError;
use crate::ingest::observation::{Position, Problem, RecordKind, Unreadable, shorten};
use crate::ingest::report::{Attempt, ItemLine, Outcome, ProblemLine};
use crate::model::CiId;

/// What becomes of one record.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) position: Position,
    pub(super) kind: Option<RecordKind>,
    pub(super) key: Option<String>,
    pub(super) type_name: Option<String>,
    pub(super) outcome: Outcome,
    pub(super) id: Option<CiId>,
    /// The identity of what is no CI.
    pub(super) other_id: Option<String>,
    pub(super) problems: Vec<ProblemLine>,
    pub(super) candidates: Vec<CiId>,
    pub(super) attempts: Vec<Attempt>,
}

impl Item {
    pub(super) fn new(position: Position, kind: RecordKind) -> Self {
        Self {
            position,
            kind: Some(kind),
            key: None,
            type_name: None,
            outcome: Outcome::Unchanged,
            id: None,
            other_id: None,
            problems: Vec::new(),
            candidates: Vec::new(),
            attempts: Vec::new(),
        }
    }

    pub(super) fn unreadable(position: Position, unreadable: Unreadable) -> Self {
        Self {
            kind: unreadable.kind,
            key: unreadable.key,
            outcome: Outcome::Refused,
            problems: unreadable.problems.iter().map(ProblemLine::from).collect(),
            ..Self::new(position, RecordKind::Ci)
        }
    }

    pub(super) fn refuse(&mut self, problem: &Problem) {
        self.outcome = Outcome::Refused;
        self.problems.push(problem.into());
    }

    pub(super) fn refuse_command(&mut self, error: &CommandError) {
        self.outcome = Outcome::Refused;
        self.problems.push(command_problem(error));
    }

    pub(super) fn refuse_several(&mut self, candidates: Vec<CiId>) {
        let message = "the record fits several CIs, so it is given to none";
        self.refuse(&Problem::new(ErrorCode::MultiMatch, message));
        self.candidates = candidates;
    }

    /// A reference of the record leads to no CI, or to several.
    pub(super) fn refuse_reference(&mut self, field: &str, error: &ReferenceError) {
        let (code, message, reference) = match error {
            ReferenceError::Malformed { reference } | ReferenceError::NotFound { reference } => {
                let shown = shorten(reference);
                let message = format!("`{field}` names `{shown}`, which is neither a key of this source nor a CI");
                (ErrorCode::DanglingEdge, message, reference)
            }
            ReferenceError::Ambiguous {
                reference, candidates, ..
            } => {
                self.candidates.clone_from(candidates);
                (ErrorCode::AmbiguousReference, format!("`{field}`: {error}"), reference)
            }
        };
        self.refuse(&Problem::new(code, message).of_field(field).of_value(reference));
    }

    pub(super) fn needs_attention(&self) -> bool {
        self.outcome == Outcome::Refused || !self.problems.is_empty()
    }

    pub(super) fn into_line(self) -> ItemLine {
        ItemLine {
            line: self.position.line,
            offset: self.position.offset,
            kind: self.kind,
            key: self.key.map(|key| shorten(&key).to_owned()),
            item_type: self.type_name.map(|name| shorten(&name).to_owned()),
            outcome: self.outcome,
            id: self.id.map(|id| id.to_string()).or(self.other_id),
            problems: self.problems,
            candidates: self.candidates.iter().map(ToString::to_string).collect(),
            attempts: self.attempts,
        }
    }
}

/// A refused command as a problem, with the field and value it is about.
pub fn command_problem(error: &CommandError) -> ProblemLine {
    let details = error.details();
    let detail = |name: &str| {
        let found = details.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| shorten(value).to_owned())
    };
    let (field, value) = if let CommandError::Attribute(error) = error {
        match error {
            AttributeError::Unknown { attribute, .. } => (Some(attribute.clone()), None),
            AttributeError::Invalid { attribute, value, .. } => (Some(attribute.to_string()), value.clone()),
        }
    } else {
        (detail("field"), detail("value"))
    };
    ProblemLine {
        code: error.code().as_str().to_owned(),
        message: error.to_string(),
        field,
        value,
    }
}
