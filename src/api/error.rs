//! Errors as GraphQL clients see them: a message, and in the extensions the code of the one table,
//! the way out, and the field, value or limit at fault.

use async_graphql::{Error, ErrorExtensions, Value};

use crate::app::{CommandError, ErrorCode, WriteError};
use crate::graph::ReferenceError;
use crate::graph::budget::BudgetExceeded;
use crate::impact::{CauseError, ImpactError};
use crate::model::id::IdError;

/// An error of a resolver. Has no `Display` on purpose: the only way into a GraphQL error is the
/// conversion below, which adds the code.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiError {
    code: ErrorCode,
    message: String,
    details: Vec<(&'static str, Value)>,
}

/// What a resolver gives.
pub(super) type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    /// An error with a code and a message.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            details: Vec::new(),
        }
    }

    /// A value that its field does not take.
    pub(super) fn input(field: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorCode::BadUserInput, message).with("field", field)
    }

    /// Adds a named detail for machines.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.details.push((name, value.into()));
        self
    }

    /// The code.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// The message.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The named details.
    pub(super) fn details(&self) -> &[(&'static str, Value)] {
        &self.details
    }

    /// Our bug, or a part of the server that is gone.
    pub(super) fn internal(message: &str) -> Self {
        Self::new(ErrorCode::Internal, message)
    }
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        Self::new(error.message).extend_with(|_, extensions| {
            extensions.set("code", error.code.as_str());
            extensions.set("remedy", error.code.remedy());
            for (name, value) in error.details {
                extensions.set(name, value);
            }
        })
    }
}

impl From<ReferenceError> for ApiError {
    fn from(error: ReferenceError) -> Self {
        let message = error.to_string();
        match error {
            ReferenceError::Malformed { reference } => {
                Self::new(ErrorCode::BadUserInput, message).with("value", reference)
            }
            ReferenceError::NotFound { reference } => {
                Self::new(ErrorCode::CiNotFound, message).with("value", reference)
            }
            ReferenceError::Ambiguous {
                reference,
                count,
                candidates,
            } => {
                let candidates: Vec<Value> = candidates.iter().map(|id| Value::from(id.to_string())).collect();
                Self::new(ErrorCode::AmbiguousReference, message)
                    .with("value", reference)
                    .with("count", count)
                    .with("candidates", Value::List(candidates))
            }
        }
    }
}

impl From<BudgetExceeded> for ApiError {
    fn from(error: BudgetExceeded) -> Self {
        Self::new(ErrorCode::BudgetExceeded, error.to_string()).with("limit", error.reason.as_str())
    }
}

impl From<IdError> for ApiError {
    fn from(error: IdError) -> Self {
        Self::new(ErrorCode::BadUserInput, error.to_string())
    }
}

impl From<CommandError> for ApiError {
    fn from(error: CommandError) -> Self {
        let details = error
            .details()
            .into_iter()
            .map(|(name, value)| (name, Value::from(value)))
            .collect();
        Self {
            code: error.code(),
            message: chain(&error),
            details,
        }
    }
}

impl From<WriteError> for ApiError {
    fn from(error: WriteError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<ImpactError> for ApiError {
    fn from(error: ImpactError) -> Self {
        let ImpactError::AssumeConflict { ci, .. } = &error;
        Self::new(impact_code(&error), error.to_string())
            .with("field", "assume")
            .with("value", ci.to_string())
    }
}

fn impact_code(error: &ImpactError) -> ErrorCode {
    match error {
        ImpactError::AssumeConflict { .. } => ErrorCode::AssumeConflict,
    }
}

impl From<CauseError> for ApiError {
    fn from(error: CauseError) -> Self {
        match &error {
            CauseError::Impact(inner) => Self::new(impact_code(inner), error.to_string()),
            CauseError::ObservationConflict { ci } => {
                let value = ci.to_string();
                Self::new(ErrorCode::ObservationConflict, error.to_string())
                    .with("field", "healthy")
                    .with("value", value)
            }
            CauseError::WeightUnobserved { ci } => {
                let value = ci.to_string();
                Self::input("weights", error.to_string()).with("value", value)
            }
            CauseError::LevelOk => Self::new(ErrorCode::InvalidState, error.to_string())
                .with("field", "level")
                .with("value", "OK"),
        }
    }
}

/// A message with those of its causes, which the messages themselves leave out.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        // Transparent errors repeat their inner one.
        if !message.ends_with(&text) {
            message.push_str(": ");
            message.push_str(&text);
        }
        cause = inner.source();
    }
    message
}
