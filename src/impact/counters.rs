//! How much weight of each touched group is in which state.

use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::graph::dependency::DependencyIndex;

/// Touched parts of a table above this share of it are cleared with the whole: writing in order
/// is that much faster.
pub(super) const CLEAR_WHOLE_SHARE: usize = 16;

/// Per group: the weight of the members whose contribution is `AT_RISK`, `DEGRADED`, `DOWN` or
/// worse.
///
/// Twelve bytes a group, because every failing member changes one of them and most of that time is
/// spent waiting for memory. A group too heavy for 32 bits is counted apart.
#[derive(Debug, Default)]
pub(super) struct Counters {
    bad: Vec<[u32; 3]>,
    bad_wide: FxHashMap<u32, [u64; 3]>,
    touched: Vec<u32>,
}

impl Counters {
    /// Makes room for so many group numbers.
    pub(super) fn fit(&mut self, groups: usize) {
        if self.bad.len() < groups {
            self.bad.resize(groups, [0; 3]);
        }
    }

    /// The groups with any weight counted, each once unless something was taken back.
    pub(super) fn touched(&self) -> &[u32] {
        &self.touched
    }

    /// The weights counted for a group.
    pub(super) fn bad(&self, group: u32) -> [u64; 3] {
        let wide = self.bad_wide.get(&group).copied();
        wide.unwrap_or_else(|| self.bad[group as usize].map(u64::from))
    }

    /// Counts a member of this weight at more levels, of which there are some; what then reaches the consumer, as a level.
    #[inline]
    pub(super) fn add(&mut self, index: &DependencyIndex, group: u32, levels: Range<u8>, weight: u32) -> u8 {
        let trigger = &index.triggers()[group as usize];
        if trigger.is_wide {
            return self.add_wide(index, group, levels, weight);
        }
        let bad = &mut self.bad[group as usize];
        if bad[0] == 0 {
            self.touched.push(group);
        }
        for (level, bad) in (0..).zip(bad.iter_mut()) {
            *bad += weight * u32::from(levels.contains(&level));
        }
        trigger.output(*bad)
    }

    #[cold]
    fn add_wide(&mut self, index: &DependencyIndex, group: u32, levels: Range<u8>, weight: u32) -> u8 {
        let touched = &mut self.touched;
        let bad = self.bad_wide.entry(group).or_insert_with(|| {
            touched.push(group);
            [0; 3]
        });
        for level in levels {
            bad[usize::from(level)] += u64::from(weight);
        }
        index.gate_of(group).output(*bad).level()
    }

    /// Takes back what [`Counters::add`] counted.
    pub(super) fn take_back(&mut self, group: u32, levels: Range<u8>, weight: u32) {
        for level in levels {
            if let Some(bad) = self.bad_wide.get_mut(&group) {
                bad[usize::from(level)] -= u64::from(weight);
            } else {
                self.bad[group as usize][usize::from(level)] -= weight;
            }
        }
    }

    /// Forgets the groups touched after the first so many, of which everything was taken back.
    pub(super) fn forget_since(&mut self, touched: usize) {
        for group in self.touched.drain(touched..) {
            self.bad_wide.remove(&group);
        }
    }

    /// Counts nothing any more: O(touched).
    pub(super) fn clear(&mut self) {
        if self.touched.len() > self.bad.len() / CLEAR_WHOLE_SHARE {
            self.bad.fill([0; 3]);
        } else {
            for group in &self.touched {
                self.bad[*group as usize] = [0; 3];
            }
        }
        self.touched.clear();
        self.bad_wide.clear();
    }
}
