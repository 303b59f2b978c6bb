//! What would become of a record, and why: the identification of one record told step by step,
//! against a state that nobody changes.

use jiff::Timestamp;

use crate::app::{ErrorCode, preview};
use crate::graph::Estate;
use crate::model::command::NewCi;
use crate::model::rule::{OnManyMatches, SourceRights};
use crate::model::{CiId, Command, Input, Name, SourceId, SourceName};

use super::identify::{Asker, Hosts, Identity};
use super::observation::Problem;
use super::payload::CiRecord;
use super::plan::{Newcomer, newcomer, would_change};
use super::reconcile;
use super::report::{Attempt, ProblemLine};

/// What would become of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
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

/// One attempt, with the values that it compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedAttempt {
    /// The attempt.
    pub attempt: Attempt,
    /// The record's values of its attributes, in their order; `None` where it states none. Secret
    /// ones are `***`.
    pub values: Vec<Option<String>>,
}

/// What would become of a record, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What would become of it.
    pub operation: Operation,
    /// The CI it speaks of, where it is recorded.
    pub ci: Option<CiId>,
    /// The CIs it may speak of, where there are several.
    pub candidates: Vec<CiId>,
    /// How its CI was looked for.
    pub attempts: Vec<ExplainedAttempt>,
    /// What is wrong with it, or worth knowing.
    pub problems: Vec<ProblemLine>,
}

/// Explains a record that a source would send.
pub fn explain(estate: &Estate, source: &Name, mut record: CiRecord, now: Timestamp) -> Explanation {
    let next = SourceId::new(u16::try_from(estate.sources().count()).unwrap_or(u16::MAX));
    let known = estate.sources_named(source.as_str()).next();
    let asker = Asker {
        estate,
        source: known.map_or(next, |known| known.id),
        now,
        spoken: None,
    };
    let mut steps = Vec::new();
    let identity = asker.identify(&record, &Hosts::default(), &mut steps);
    let attempts = asker.attempts(&record.ci_type, &steps);
    let attempts = attempts.into_iter().map(|attempt| explained(estate, &record, attempt));
    let mut explanation = Explanation {
        operation: Operation::Refused,
        ci: None,
        candidates: Vec::new(),
        attempts: attempts.collect(),
        problems: Vec::new(),
    };
    let own = match &identity {
        Identity::Known(slot) => Some(*slot),
        Identity::New | Identity::Several(_) => None,
    };
    let left_out = asker.leave_out(&mut record, own);
    explanation.problems.extend(left_out.iter().map(ProblemLine::from));
    let rights = estate.catalog().source_rights(source);
    match identity {
        Identity::Several(candidates) => {
            let message = "the record fits several CIs, so it is given to none";
            explanation
                .problems
                .push((&Problem::new(ErrorCode::MultiMatch, message)).into());
            explanation.candidates = candidates;
            explanation.operation = match rights.on_many_matches {
                OnManyMatches::Review => Operation::Review,
                OnManyMatches::Error => Operation::Refused,
            };
        }
        Identity::New => {
            let new = reconcile::new_ci(record);
            explanation.create(estate, source, rights, new, now);
        }
        Identity::Known(slot) => {
            let ci = estate.ci_id(slot);
            explanation.ci = Some(ci);
            match reconcile::ci_observation(estate.catalog(), estate.ci_type_of(slot), record) {
                Ok(observation) => {
                    let command = Command::ObserveCi { ci, observation };
                    explanation.change(estate, source, rights, &command, now);
                }
                Err(problem) => explanation.problems.push((&problem).into()),
            }
        }
    }
    explanation
}

impl Explanation {
    fn create(&mut self, estate: &Estate, source: &Name, rights: &SourceRights, new: NewCi, now: Timestamp) {
        match newcomer(rights) {
            Newcomer::Staged => self.operation = Operation::Review,
            Newcomer::Refused(problem) => self.problems.push((&problem).into()),
            Newcomer::Created => {
                match preview(estate, &SourceName::plain(source.clone()), &Command::CreateCi(new), now) {
                    Ok(_) => self.operation = Operation::Insert,
                    Err(error) => self.problems.push(super::plan::command_problem(&error)),
                }
            }
        }
    }

    fn change(&mut self, estate: &Estate, source: &Name, rights: &SourceRights, command: &Command, now: Timestamp) {
        match preview(estate, &SourceName::plain(source.clone()), command, now) {
            Ok(delta) if delta.is_empty() => self.operation = Operation::NoChange,
            Ok(_) if rights.may_update => self.operation = Operation::Update,
            Ok(delta) if !would_change(&delta) => self.operation = Operation::NoChange,
            Ok(_) => {
                let message = "the record would change the CI, and its source may not change any";
                self.problems
                    .push((&Problem::new(ErrorCode::UpdateNotAllowed, message)).into());
            }
            Err(error) => self.problems.push(super::plan::command_problem(&error)),
        }
    }
}

fn explained(estate: &Estate, record: &CiRecord, attempt: Attempt) -> ExplainedAttempt {
    let catalog = estate.catalog();
    let ci_type = catalog.ci_type_named(&record.ci_type).map(|found| found.id);
    let value = |name: &String| {
        if name == "name" {
            return record.name.clone();
        }
        let (_, input) = record.attributes.iter().find(|(stated, _)| stated == name)?;
        let is_secret = ci_type
            .and_then(|ci_type| catalog.attribute_of(ci_type, name))
            .is_some_and(|definition| definition.secret);
        if is_secret {
            return Some("***".to_owned());
        }
        match input {
            Input::Text(text) | Input::Number(text) => Some(text.clone()),
            Input::Boolean(value) => Some(value.to_string()),
            Input::Null => None,
            Input::List(_) | Input::Object(_) => Some(format!("{input:?}")),
        }
    };
    let values = match attempt.rule.as_str() {
        "id" => vec![record.id.map(|id| id.to_string())],
        "native_key" => vec![record.key.clone()],
        _ => attempt.attributes.iter().map(value).collect(),
    };
    ExplainedAttempt { attempt, values }
}
