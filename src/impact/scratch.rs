//! Working memory of a question, used again by the next one.
//!
//! One byte per CI and three counters per group, sized once and put back by the list of what was
//! touched, so that a small question on a large estate costs what it touches.

use parking_lot::Mutex;

use crate::graph::Slot;

use super::counters::{CLEAR_WHOLE_SHARE, Counters};
use super::rises::Rises;
use super::ungrounded::Shake;

/// Logs up to this length are copied out, so that the scratch keeps its room; longer ones are moved.
const RISES_COPIED_MAX: usize = 1 << 17;

/// A CI's byte. Bits 0 and 1: what the round under way raises it to (3 for a pinned CI, which
/// nothing can raise). Bits 2 and 3: its state. Bits 4 and 5: its state before. Bit 6: pinned. Bit 7:
/// inside of what the evaluation is confined to.
pub(super) type Cell = u8;

pub(super) const PINNED: Cell = 1 << 6;

pub(super) const INSIDE: Cell = 1 << 7;

pub(super) const fn pending(cell: Cell) -> u8 {
    cell & 3
}

pub(super) const fn now(cell: Cell) -> u8 {
    cell >> 2 & 3
}

pub(super) const fn before(cell: Cell) -> u8 {
    cell >> 4 & 3
}

/// The cell of a CI that is in `level`, with `before` as it was.
pub(super) const fn settled(cell: Cell, level: u8) -> Cell {
    let pending = if cell & PINNED == 0 { level } else { 3 };
    cell & !0b1111 | level << 2 | pending
}

/// The memory of one question at a time.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) cells: Vec<Cell>,
    pub(super) counters: Counters,
    /// The CIs the round under way raises.
    pub(super) raised: Vec<u32>,
    pub(super) pinned: Vec<Slot>,
    /// The CIs an evaluation is confined to, if it is.
    pub(super) inside: Vec<Slot>,
    /// Losses of grounded groups that have not been looked at.
    pub(super) shaken: Vec<Shake>,
    /// While the answer is collected: bucket and state before, by place in the log.
    pub(super) places: Vec<u8>,
    /// While the answer is collected, CIs by type number and level; nothing but zeros else.
    pub(super) counts_by_type: Vec<[u32; 4]>,
    /// The rises up to `before`.
    pub(super) start: Rises,
    /// The rises from `before` to after.
    pub(super) rises: Rises,
}

impl Scratch {
    /// Makes room for an estate of so many slots and group numbers.
    pub(super) fn fit(&mut self, slots: usize, groups: usize) {
        if self.cells.len() < slots {
            self.cells.resize(slots, 0);
        }
        self.counters.fit(groups);
    }

    /// Puts everything back that the question changed, and hands out its rises: O(touched).
    pub(super) fn finish(&mut self) -> Rises {
        self.put_back();
        if self.rises.log.len() > RISES_COPIED_MAX {
            return std::mem::take(&mut self.rises);
        }
        let rises = self.rises.clone();
        self.rises.clear();
        rises
    }

    /// Puts everything back that the question changed, but for its rises: O(touched).
    pub(super) fn put_back(&mut self) {
        let touched = self.start.log.len() + self.rises.log.len() + self.inside.len();
        if touched > self.cells.len() / CLEAR_WHOLE_SHARE {
            self.cells.fill(0);
        } else {
            for rise in self.start.log.iter().chain(&self.rises.log) {
                self.cells[rise.slot as usize] = 0;
            }
            for slot in &self.raised {
                self.cells[*slot as usize] = 0;
            }
            for slot in self.pinned.iter().chain(&self.inside) {
                self.cells[slot.index()] = 0;
            }
        }
        self.raised.clear();
        self.pinned.clear();
        self.inside.clear();
        self.shaken.clear();
        self.counters.clear();
        self.start.clear();
    }
}

/// Spare scratches, so that questions side by side each have one and none is made in vain.
#[derive(Debug, Default)]
pub struct ScratchPool {
    spare: Mutex<Vec<Scratch>>,
}

impl ScratchPool {
    /// Scratches kept for later: a byte per CI and 12 per group each.
    pub const SPARE_MAX: usize = 16;

    /// Runs `work` with a scratch of its own. No lock is held meanwhile.
    pub fn with<T>(&self, work: impl FnOnce(&mut Scratch) -> T) -> T {
        let taken = self.spare.lock().pop();
        let mut scratch = taken.unwrap_or_default();
        let result = work(&mut scratch);
        let mut spare = self.spare.lock();
        if spare.len() < Self::SPARE_MAX {
            spare.push(scratch);
        }
        result
    }
}
