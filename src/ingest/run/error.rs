//! Why a load cannot begin or go on.

use crate::app::{ErrorCode, WriteError};
use crate::ingest::observation::Problem;
use crate::ingest::sync::SyncError;
use crate::model::name::NameError;

/// Why a load cannot begin or go on. What was committed before stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// The source's name is none.
    #[error("the source's name is not allowed: {0}")]
    Source(NameError),
    /// The idempotency key is none.
    #[error("the idempotency key has {bytes} bytes: a load takes one of 1 to {limit}")]
    IdempotencyKey {
        /// How many it has.
        bytes: usize,
        /// How many it may have.
        limit: usize,
    },
    /// The payload's header contradicts the request.
    #[error("the request says `{field}` is `{asked}`, the payload's first line says `{stated}`")]
    HeaderConflict {
        /// The field.
        field: &'static str,
        /// What the request says.
        asked: String,
        /// What the payload says.
        stated: String,
    },
    /// The payload's media type is none of ours.
    #[error("`{0}` is no format of a payload: send {known}", known = super::MEDIA_TYPES.join(", "))]
    MediaType(String),
    /// There is no such parameter.
    #[error("there is no parameter `{0}`: use {1}")]
    UnknownParameter(String, String),
    /// A parameter's value is none.
    #[error("`{name}` = `{value}`: it takes {takes}")]
    Parameter {
        /// The parameter.
        name: String,
        /// Its value.
        value: String,
        /// What it takes.
        takes: &'static str,
    },
    /// An atomic payload had records that were refused.
    #[error("nothing was written: {count} records were refused, and an ATOMIC load takes all or none")]
    Refused {
        /// How many.
        count: u64,
    },
    /// The payload as a whole cannot be read.
    #[error("{}", .0.message)]
    Payload(Problem),
    /// The payload is too large for one write.
    #[error(
        "the payload has more than {records_max} records or {bytes_max} bytes, which is the limit of an ATOMIC load \
         and of a dry run: send it as PARTIAL, or in parts"
    )]
    TooLarge {
        /// Most records.
        records_max: usize,
        /// Most bytes.
        bytes_max: u64,
    },
    /// A sync session and an idempotency key exclude each other.
    #[error("a push to a sync session takes no idempotency key: it may be sent again as it is")]
    KeyWithSession,
    /// The sync session cannot be pushed to.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// The payload stopped arriving.
    #[error("the payload broke off: {0}")]
    Input(std::io::Error),
    /// The parser ended without having read all.
    #[error("the payload was not read to its end by an error of ours")]
    Unread,
    /// The writer refused.
    #[error("{0}; what this load committed before stays, and the same load may be sent again")]
    Write(WriteError),
}

impl IngestError {
    /// The code that clients see.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Source(_)
            | Self::IdempotencyKey { .. }
            | Self::HeaderConflict { .. }
            | Self::UnknownParameter(..)
            | Self::KeyWithSession
            | Self::Parameter { .. } => ErrorCode::BadUserInput,
            Self::Sync(error) => error.code(),
            Self::MediaType(_) => ErrorCode::UnsupportedMediaType,
            Self::Refused { .. } => ErrorCode::BatchRefused,
            Self::Payload(problem) => problem.code,
            Self::TooLarge { .. } => ErrorCode::BodyTooLarge,
            Self::Input(error) => match error.get_ref().and_then(|inner| inner.downcast_ref::<InputError>()) {
                Some(known) => known.code,
                None => ErrorCode::FileUnusable,
            },
            Self::Unread => ErrorCode::Internal,
            Self::Write(error) => error.code(),
        }
    }
}

/// Why a payload stopped arriving, where whoever reads it knows the code: wrap it with
/// [`std::io::Error::other`].
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct InputError {
    /// The code that clients see.
    pub code: ErrorCode,
    /// What happened.
    pub message: String,
}
