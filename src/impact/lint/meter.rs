//! What looking for findings has cost, and whether it may go on.

use crate::impact::question::Budget;
use crate::impact::report::TruncationReason;

/// Counts links looked at and CIs listed against a budget.
#[derive(Debug)]
pub(super) struct Meter<'a> {
    budget: &'a Budget<'a>,
    visited: u64,
    unchecked: u64,
    listed: u64,
}

impl<'a> Meter<'a> {
    pub(super) fn new(budget: &'a Budget<'a>) -> Self {
        Self {
            budget,
            visited: 0,
            unchecked: 0,
            listed: 0,
        }
    }

    /// Links looked at so far.
    pub(super) fn visited(&self) -> u64 {
        self.visited
    }

    /// Looks at so many links.
    pub(super) fn spend(&mut self, links: u64) -> Result<(), TruncationReason> {
        self.visited = self.visited.saturating_add(links);
        self.unchecked = self.unchecked.saturating_add(links);
        if self.visited > self.budget.arcs_visited_max {
            return Err(TruncationReason::Arcs);
        }
        if self.unchecked >= Budget::ARCS_PER_TIME_CHECK {
            self.unchecked = 0;
            if (self.budget.out_of_time)() {
                return Err(TruncationReason::Time);
            }
        }
        Ok(())
    }

    /// Lists so many CIs.
    pub(super) fn list(&mut self, cis: usize) -> Result<(), TruncationReason> {
        self.listed = self.listed.saturating_add(cis as u64);
        if self.listed > self.budget.results_max {
            return Err(TruncationReason::Results);
        }
        Ok(())
    }

    /// What is left for a question of its own, whose links are then [`Meter::spend`]ed.
    pub(super) fn rest(&self) -> Budget<'a> {
        Budget {
            arcs_visited_max: self.budget.arcs_visited_max.saturating_sub(self.visited),
            results_max: u64::MAX,
            out_of_time: self.budget.out_of_time,
        }
    }
}
