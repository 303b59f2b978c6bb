//! Measuring on a machine that others use too: many short runs, what is compared in turn, and
//! medians.

use std::time::{Duration, Instant};

/// How long something took, run by run.
#[derive(Debug, Default)]
pub(crate) struct Times(pub Vec<Duration>);

impl Times {
    /// Runs something once more and notes how long it took.
    pub(crate) fn run<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let value = work();
        self.0.push(begun.elapsed());
        value
    }

    /// The time that so many of a hundred runs kept below.
    pub(crate) fn percentile(&mut self, percent: usize) -> Duration {
        self.0.sort_unstable();
        let at = (self.0.len() * percent / 100).min(self.0.len().saturating_sub(1));
        self.0.get(at).copied().unwrap_or_default()
    }

    /// The median.
    pub(crate) fn median(&mut self) -> Duration {
        self.percentile(50)
    }
}

/// A time in the unit that suits it.
pub(crate) fn shown(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    if micros < 1e3 {
        format!("{micros:.1} us")
    } else if micros < 1e6 {
        format!("{:.2} ms", micros / 1e3)
    } else {
        format!("{:.2} s", micros / 1e6)
    }
}

/// How many times as long one took as the other.
pub(crate) fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64().max(1e-9)
}
