//! Dense numbers of CIs.

/// Dense number of a CI within a snapshot. Never leaves the process, and means nothing in another
/// snapshot once CIs have been removed.
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
