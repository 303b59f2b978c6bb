//! Why a line is no record.

use crate::app::ErrorCode;
use crate::model::id::IdError;
use crate::model::lifecycle::LifecycleStageError;
use crate::model::redundancy::{ThresholdError, WeightError};
use crate::model::strength::StrengthError;

use super::IngestModeError;
use super::json::VALUE_DEPTH_MAX;

/// Why a line is no record. Fields are named from the record on: `ci.attributes.serial_number`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// The bytes are no text.
    #[error("not UTF-8 from byte {byte} of the line on")]
    InvalidUtf8 {
        /// The first bad byte, counted from 0.
        byte: usize,
    },
    /// The text is no JSON.
    #[error("not JSON at column {column}: {message}")]
    Json {
        /// Where, counted from 1, in bytes.
        column: usize,
        /// What the parser expected.
        message: String,
    },
    /// The JSON is no object with one record in it.
    #[error(
        "a line is an object with one of `ci`, `relationship`, `group`, `catalog`, or the header's \
         `source`, `feed` and `mode`; this one {found}"
    )]
    NotARecord {
        /// What it is instead.
        found: String,
    },
    /// A field is not known.
    #[error("`{field}` is no field: `{record}` has {}", known.join(", "))]
    UnknownField {
        /// The field.
        field: String,
        /// What it stands in.
        record: &'static str,
        /// The fields there are.
        known: &'static [&'static str],
    },
    /// A field stands twice.
    #[error("`{field}` stands twice")]
    RepeatedField {
        /// The field.
        field: String,
    },
    /// A field is needed and absent.
    #[error("`{field}` is missing")]
    MissingField {
        /// The field.
        field: String,
    },
    /// A field holds another kind of value.
    #[error("`{field}` takes {expected}, not {found}")]
    WrongKind {
        /// The field.
        field: String,
        /// What it takes.
        expected: &'static str,
        /// What was there.
        found: &'static str,
    },
    /// A field's value breaks the law of its type.
    #[error("`{field}` cannot be read")]
    Value {
        /// The field.
        field: String,
        /// Why.
        #[source]
        source: ValueError,
    },
    /// Lists and objects stand too deep in each other.
    #[error("`{field}` nests lists and objects deeper than {VALUE_DEPTH_MAX}")]
    TooDeep {
        /// The field.
        field: String,
    },
}

/// What is wrong with a single value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// No identity.
    #[error(transparent)]
    Id(#[from] IdError),
    /// No lifecycle stage.
    #[error(transparent)]
    Stage(#[from] LifecycleStageError),
    /// No strength.
    #[error(transparent)]
    Strength(#[from] StrengthError),
    /// No threshold.
    #[error(transparent)]
    Threshold(#[from] ThresholdError),
    /// No weight.
    #[error(transparent)]
    Weight(#[from] WeightError),
    /// No mode.
    #[error(transparent)]
    Mode(#[from] IngestModeError),
    /// No moment.
    #[error("`{0}` is no moment: write it as 2026-05-04T03:00:00Z")]
    Timestamp(String),
}

impl PayloadError {
    /// The code by which clients know this error.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::InvalidUtf8 { .. } => ErrorCode::InvalidUtf8,
            Self::Json { .. } => ErrorCode::MalformedJson,
            Self::NotARecord { .. }
            | Self::UnknownField { .. }
            | Self::RepeatedField { .. }
            | Self::MissingField { .. }
            | Self::WrongKind { .. }
            | Self::TooDeep { .. } => ErrorCode::BadUserInput,
            Self::Value { source, .. } => match source {
                ValueError::Strength(_) => ErrorCode::InvalidStrength,
                ValueError::Threshold(_) => ErrorCode::InvalidK,
                ValueError::Weight(_) => ErrorCode::InvalidWeight,
                ValueError::Id(_) | ValueError::Stage(_) | ValueError::Mode(_) | ValueError::Timestamp(_) => {
                    ErrorCode::BadUserInput
                }
            },
        }
    }
}
