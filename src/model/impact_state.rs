//! The four states of the impact law: a chain, joined by the maximum.

use std::fmt;
use std::str::FromStr;

/// How a CI does its work. Ordered: `Ok < AtRisk < Degraded < Down`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ImpactState {
    /// Does its work.
    #[default]
    Ok = 0,
    /// Does its work, but something it stands on has lost redundancy or quality.
    AtRisk = 1,
    /// Does its work worse, or for fewer.
    Degraded = 2,
    /// Does not do its work.
    Down = 3,
}

impl ImpactState {
    /// All states, best first.
    pub const ALL: [Self; 4] = [Self::Ok, Self::AtRisk, Self::Degraded, Self::Down];

    /// The state of a number 0 to 3; higher numbers are `Down`.
    pub const fn from_level(level: u8) -> Self {
        match level {
            0 => Self::Ok,
            1 => Self::AtRisk,
            2 => Self::Degraded,
            _ => Self::Down,
        }
    }

    /// The number of this state, 0 to 3.
    pub const fn level(self) -> u8 {
        self as u8
    }

    /// The name in API, files and pages: `OK`, `AT_RISK`, `DEGRADED`, `DOWN`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::AtRisk => "AT_RISK",
            Self::Degraded => "DEGRADED",
            Self::Down => "DOWN",
        }
    }
}

impl fmt::Display for ImpactState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text names no impact state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no impact state: use OK, AT_RISK, DEGRADED or DOWN")]
pub struct ImpactStateError(pub String);

impl FromStr for ImpactState {
    type Err = ImpactStateError;

    fn from_str(text: &str) -> Result<Self, ImpactStateError> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| ImpactStateError(text.to_owned()))
    }
}
