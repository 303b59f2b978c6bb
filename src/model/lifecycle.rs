//! The stages of a configuration item's life (status accounting).

use std::fmt;
use std::str::FromStr;

/// Where a CI stands in its life. Which transitions are allowed, which stages take part in impact
/// and what their current state is, is the catalog's lifecycle table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum LifecycleStage {
    /// Intended, not yet bought or built.
    Planned = 0,
    /// Bought, not yet delivered.
    Ordered = 1,
    /// Delivered, not in use.
    InStock = 2,
    /// In use; the default.
    #[default]
    InService = 3,
    /// In use, out of work on purpose for a while.
    Maintenance = 4,
    /// In use, working worse.
    Degraded = 5,
    /// In use, not working.
    Down = 6,
    /// Out of use; kept for the record.
    Retired = 7,
    /// Gone for good.
    Disposed = 8,
}

impl LifecycleStage {
    /// All stages in the order of a life.
    pub const ALL: [Self; 9] = [
        Self::Planned,
        Self::Ordered,
        Self::InStock,
        Self::InService,
        Self::Maintenance,
        Self::Degraded,
        Self::Down,
        Self::Retired,
        Self::Disposed,
    ];

    /// The name in files and messages: `in_service`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Ordered => "ordered",
            Self::InStock => "in_stock",
            Self::InService => "in_service",
            Self::Maintenance => "maintenance",
            Self::Degraded => "degraded",
            Self::Down => "down",
            Self::Retired => "retired",
            Self::Disposed => "disposed",
        }
    }

    /// The stage's number, 0 to 8.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The stage of a stored number, `None` over 8.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

impl fmt::Display for LifecycleStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text names no lifecycle stage.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no lifecycle stage: use planned, ordered, in_stock, in_service, maintenance, \
     degraded, down, retired or disposed"
)]
pub struct LifecycleStageError(pub String);

impl FromStr for LifecycleStage {
    type Err = LifecycleStageError;

    fn from_str(text: &str) -> Result<Self, LifecycleStageError> {
        Self::ALL
            .into_iter()
            .find(|stage| stage.as_str() == text)
            .ok_or_else(|| LifecycleStageError(text.to_owned()))
    }
}
