//! When something holds, in valid time.

use jiff::Timestamp;

/// A half-open span `[from, to)`; an absent end is open. Section 8 of the impact law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Validity {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

/// A span that begins at or after its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a validity from {from} to {to} holds at no moment: `validFrom` must be before `validTo`")]
pub struct ValidityError {
    from: Timestamp,
    to: Timestamp,
}

impl Validity {
    /// The span between two moments; `Ok(None)` if both are open, that is, always.
    pub fn new(from: Option<Timestamp>, to: Option<Timestamp>) -> Result<Option<Self>, ValidityError> {
        match (from, to) {
            (None, None) => Ok(None),
            (Some(from), Some(to)) if from >= to => Err(ValidityError { from, to }),
            (Some(_), _) | (_, Some(_)) => Ok(Some(Self { from, to })),
        }
    }

    /// First moment at which it holds.
    pub fn from(&self) -> Option<Timestamp> {
        self.from
    }

    /// First moment at which it no longer holds.
    pub fn to(&self) -> Option<Timestamp> {
        self.to
    }

    /// Whether it holds at a moment.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to)
    }
}
