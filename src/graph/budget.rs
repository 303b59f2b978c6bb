//! What a question may cost: a number of steps and a moment by which it must end.
//!
//! Questions over memory never wait for anything, so no timeout of the runtime can stop them. Every
//! loop that grows with the estate spends from a budget instead.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// So many steps are taken between two looks at the clock.
const STEPS_BETWEEN_LOOKS: u64 = 1024;

/// Steps and time that a question may still take. Spending goes through a shared reference, so that
/// one budget can serve the parts of one question; it never crosses threads while in use.
#[derive(Debug)]
pub struct Budget {
    steps_left: Cell<u64>,
    steps_to_look: Cell<u64>,
    deadline: Option<Instant>,
}

/// Which part of a budget ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetReason {
    /// The number of steps.
    Steps,
    /// The time.
    Time,
}

impl BudgetReason {
    /// The name in answers: `STEPS`, `TIME`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Steps => "STEPS",
            Self::Time => "TIME",
        }
    }
}

/// A question costs more than its budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the question's budget ran out: {}", match reason {
    BudgetReason::Steps => "it visits too much of the estate",
    BudgetReason::Time => "it takes too long",
})]
pub struct BudgetExceeded {
    /// Which part ran out.
    pub reason: BudgetReason,
}

impl Budget {
    /// A budget of so many steps, to be used up before the deadline.
    pub fn new(steps: u64, deadline: Option<Instant>) -> Self {
        Self {
            steps_left: Cell::new(steps),
            steps_to_look: Cell::new(STEPS_BETWEEN_LOOKS),
            deadline,
        }
    }

    /// A budget of so many steps and so much time from now on.
    pub fn lasting(steps: u64, time: Duration) -> Self {
        Self::new(steps, Instant::now().checked_add(time))
    }

    /// A budget that never runs out: for tests, and for work whose size is known to be small.
    pub fn unlimited() -> Self {
        Self::new(u64::MAX, None)
    }

    /// Takes steps off. The clock is looked at once in 1,024 steps.
    pub fn spend(&self, steps: u64) -> Result<(), BudgetExceeded> {
        let Some(left) = self.steps_left.get().checked_sub(steps) else {
            self.steps_left.set(0);
            return Err(BudgetExceeded {
                reason: BudgetReason::Steps,
            });
        };
        self.steps_left.set(left);
        if let Some(deadline) = self.deadline {
            if let Some(to_look) = self.steps_to_look.get().checked_sub(steps) {
                self.steps_to_look.set(to_look);
            } else {
                self.steps_to_look.set(STEPS_BETWEEN_LOOKS);
                if Instant::now() >= deadline {
                    self.steps_left.set(0);
                    return Err(BudgetExceeded {
                        reason: BudgetReason::Time,
                    });
                }
            }
        }
        Ok(())
    }

    /// Steps not yet spent.
    pub fn steps_left(&self) -> u64 {
        self.steps_left.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_allows_exactly_its_steps() {
        let budget = Budget::new(3, None);
        assert_eq!(budget.spend(2), Ok(()));
        assert_eq!(budget.spend(1), Ok(()));
        let reason = BudgetReason::Steps;
        assert_eq!(budget.spend(1), Err(BudgetExceeded { reason }));
    }

    #[test]
    fn a_passed_deadline_is_noticed_within_1024_steps() {
        let budget = Budget::new(u64::MAX, Some(Instant::now()));
        let taken = (0..5000).take_while(|_| budget.spend(1).is_ok()).count();
        assert!(taken <= 1024, "{taken}");
    }
}
