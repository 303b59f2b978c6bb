//! Trying again: what may pass by itself is waited for, longer each time.

use std::time::{Duration, Instant};

use crate::app::ErrorCode;
use crate::cli::Failure;
use crate::cli::output::Output;

/// The first pause.
const PAUSE_MIN: Duration = Duration::from_millis(500);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// How long to go on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Retry {
    lasting: Duration,
}

impl Retry {
    pub(super) fn lasting(lasting: Duration) -> Self {
        Self { lasting }
    }

    /// Does something until it succeeds, fails for good, or has failed for too long. The time counts
    /// from the first failure behind a success.
    pub(super) fn run<T>(self, output: &Output, mut attempt: impl FnMut() -> anyhow::Result<T>) -> anyhow::Result<T> {
        let began = Instant::now();
        let mut pause = PAUSE_MIN;
        loop {
            let error = match attempt() {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let left = self.lasting.saturating_sub(began.elapsed());
            if !passes(&error) || left.is_zero() {
                return Err(error);
            }
            // Many agents that lost one server must not come back at one moment.
            let jitter = fastrand::f64().mul_add(0.5, 0.75);
            let wait = pause.mul_f64(jitter).min(left);
            output.note(&format!("{error}; trying again in {:.1} s", wait.as_secs_f64()));
            pause_for(wait);
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }
}

/// Does nothing for a while: the one thing to do about a server that is not there.
#[expect(clippy::disallowed_methods, reason = "no state of this process changes by waiting")]
pub(super) fn pause_for(wait: Duration) {
    std::thread::sleep(wait);
}

/// The stable code of an error, if it is one of ours.
pub(super) fn code_of(error: &anyhow::Error) -> Option<ErrorCode> {
    error.downcast_ref::<Failure>().map(|failure| failure.code)
}

/// Whether an error may pass by itself.
fn passes(error: &anyhow::Error) -> bool {
    matches!(
        code_of(error),
        Some(
            ErrorCode::ServerUnreachable
                | ErrorCode::OutcomeUnknown
                | ErrorCode::Busy
                | ErrorCode::ReadOnly
                | ErrorCode::NotReady
                | ErrorCode::RequestTimeout
                | ErrorCode::TooManyRequests
        )
    )
}
