//! What questions of impact take for granted, as it was written.

use async_graphql::ID;

use super::relationships;
use crate::api::error::{ApiError, ApiResult};
use crate::api::types::{AtRiskReading, FailedCiInput, StartingState, bounded};
use crate::app::ErrorCode;
use crate::graph::dependency::ImpactArc;
use crate::graph::{ReferenceError, Slot, Snapshot};
use crate::impact::{FailedCi, Premises};
use crate::model::RelationshipId;

/// The arguments that all questions of impact have.
#[derive(Debug)]
pub(super) struct PremisesArguments {
    starting_state: StartingState,
    pub(super) starting_failed: Vec<FailedCiInput>,
    pub(super) assume: Vec<FailedCiInput>,
    exclude_types: Vec<String>,
    at_risk: AtRiskReading,
    grounded: bool,
}

impl PremisesArguments {
    /// Refuses lists that are too long.
    pub(super) fn new(
        starting_state: StartingState,
        starting_failed: Option<Vec<FailedCiInput>>,
        assume: Option<Vec<FailedCiInput>>,
        exclude_types: Option<Vec<String>>,
        at_risk: AtRiskReading,
        grounded: bool,
    ) -> ApiResult<Self> {
        bounded("startingFailed", starting_failed.as_deref())?;
        bounded("assume", assume.as_deref())?;
        bounded("excludeTypes", exclude_types.as_deref())?;
        Ok(Self {
            starting_state,
            starting_failed: starting_failed.unwrap_or_default(),
            assume: assume.unwrap_or_default(),
            exclude_types: exclude_types.unwrap_or_default(),
            at_risk,
            grounded,
        })
    }

    /// What they say on an estate. CIs that do not exist are an error, or noted.
    pub(super) fn read(&self, view: &Snapshot, missing: &mut Missing) -> ApiResult<Premises> {
        Ok(Premises {
            starting_state: self.starting_state.into(),
            starting_failed: missing.states(view, "startingFailed", &self.starting_failed)?,
            assumed: missing.states(view, "assume", &self.assume)?,
            excluded_types: relationships::types(view, Some(&self.exclude_types))
                .map_err(|error| error.with("field", "excludeTypes"))?
                .unwrap_or_default(),
            at_risk: self.at_risk.into(),
            grounded: self.grounded,
        })
    }
}

/// What to do about references that lead nowhere.
#[derive(Debug)]
pub(super) enum Missing {
    /// They are an error.
    Refused,
    /// They are left out, and noted.
    Ignored(Vec<String>),
}

impl Missing {
    /// The references left out.
    pub(super) fn noted(self) -> Vec<String> {
        match self {
            Self::Refused => Vec::new(),
            Self::Ignored(missing) => missing,
        }
    }

    /// The CIs of references, with their states.
    pub(super) fn states(
        &mut self,
        view: &Snapshot,
        field: &'static str,
        given: &[FailedCiInput],
    ) -> ApiResult<Vec<FailedCi>> {
        let mut states = Vec::new();
        for one in given {
            let found = self.slot(view, field, &one.reference)?;
            states.extend(found.map(|slot| FailedCi {
                slot,
                state: one.state.into(),
            }));
        }
        Ok(states)
    }

    fn slot(&mut self, view: &Snapshot, field: &'static str, reference: &str) -> ApiResult<Option<Slot>> {
        match (root(view, field, reference), self) {
            (Ok(slot), _) => Ok(Some(slot)),
            (Err(error), Self::Ignored(missing)) if error.code() == ErrorCode::RootNotFound => {
                missing.push(reference.to_owned());
                Ok(None)
            }
            (Err(error), _) => Err(error),
        }
    }

    /// The arcs of relationships.
    pub(super) fn arcs(&mut self, view: &Snapshot, field: &'static str, ids: &[ID]) -> ApiResult<Vec<ImpactArc>> {
        let mut arcs = Vec::new();
        for id in ids {
            let parsed: RelationshipId = id.parse().map_err(|error| ApiError::from(error).with("field", field))?;
            match (view.relationship(parsed), &mut *self) {
                (Some(relationship), _) => arcs.extend(view.arcs_of(&relationship).into_iter().flatten()),
                (None, Self::Ignored(missing)) => missing.push(id.to_string()),
                (None, Self::Refused) => {
                    let message = format!("no relationship {parsed}");
                    return Err(ApiError::new(ErrorCode::RelationshipNotFound, message)
                        .with("field", field)
                        .with("value", id.to_string()));
                }
            }
        }
        Ok(arcs)
    }
}

/// A CI that a question is about: one that does not exist, or not at that moment, is
/// `ROOT_NOT_FOUND` (section 9 of the law).
pub(super) fn root(view: &Snapshot, field: &'static str, reference: &str) -> ApiResult<Slot> {
    view.resolve(reference).map_err(|error| match error {
        ReferenceError::NotFound { .. } => ApiError::new(ErrorCode::RootNotFound, error.to_string())
            .with("field", field)
            .with("value", reference),
        error @ (ReferenceError::Malformed { .. } | ReferenceError::Ambiguous { .. }) => {
            ApiError::from(error).with("field", field)
        }
    })
}

/// CIs that a question is about, see [`root`].
pub(super) fn roots(view: &Snapshot, field: &'static str, references: &[String]) -> ApiResult<Vec<Slot>> {
    let references = bounded(field, Some(references))?.iter();
    references.map(|reference| root(view, field, reference)).collect()
}

/// Checks a number that bounds an answer.
pub(super) fn number(field: &'static str, given: i32, limit: usize) -> ApiResult<usize> {
    let refuse = |message: String| ApiError::input(field, message).with("value", given);
    let number = usize::try_from(given).map_err(|_| refuse(format!("`{field}` must not be negative")))?;
    if number > limit {
        return Err(refuse(format!("`{field}` is {number}, the limit is {limit}")).with("limit", limit));
    }
    Ok(number)
}
