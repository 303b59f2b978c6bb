//! The number of a configuration item in one estate.

/// Where a CI stands in the dense tables of one estate. Valid for one estate only; a slot that
/// was left by a removed CI may be given to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(u32);

impl Slot {
    /// Wraps a number.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The number inside.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The number as an index into a dense table.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}
