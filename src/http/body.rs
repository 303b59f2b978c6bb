//! Request bodies: within a size, within a time, at more than a crawl.

use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::{Instant, timeout};

use super::problem::Problem;
use crate::app::ErrorCode;

/// Reads a whole body of at most `bytes_max` within `time_max`.
pub(super) async fn whole(body: Body, bytes_max: usize, time_max: Duration) -> Result<Bytes, Problem> {
    match timeout(time_max, Limited::new(body, bytes_max).collect()).await {
        Err(_) => {
            let detail = format!("the body did not arrive within {} ms", time_max.as_millis());
            Err(Problem::new(ErrorCode::RequestTimeout, detail))
        }
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let detail = format!("the body is larger than {bytes_max} bytes");
            Err(Problem::new(ErrorCode::BodyTooLarge, detail))
        }
        Ok(Err(_)) => Err(Problem::new(
            ErrorCode::BadUserInput,
            "the body broke off or cannot be decompressed",
        )),
        Ok(Ok(body)) => Ok(body.to_bytes()),
    }
}

/// The limits of a streamed body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) bytes_max: u64,
    pub(super) progress_timeout: Duration,
    pub(super) rate_min: u64,
}

/// A streamed body. It has no total time: it may take as long as it goes on. Only time spent
/// waiting for the client counts, so that slow work here is not held against it.
#[derive(Debug)]
pub(super) struct PacedBody {
    body: Body,
    pace: Pace,
    received: u64,
    waited: Duration,
}

impl PacedBody {
    pub(super) fn new(body: Body, pace: Pace) -> Self {
        Self {
            body,
            pace,
            received: 0,
            waited: Duration::ZERO,
        }
    }

    /// The next bytes; `None` at the end.
    pub(super) async fn next(&mut self) -> Option<Result<Bytes, Problem>> {
        loop {
            let begin = Instant::now();
            let Ok(frame) = timeout(self.pace.progress_timeout, self.body.frame()).await else {
                let detail = format!("nothing arrived for {} ms", self.pace.progress_timeout.as_millis());
                return Some(Err(Problem::new(ErrorCode::RequestTimeout, detail)));
            };
            self.waited += begin.elapsed();
            let Ok(frame) = frame? else {
                return Some(Err(Problem::new(
                    ErrorCode::BadUserInput,
                    "the body broke off or cannot be decompressed",
                )));
            };
            // Trailers mean nothing here.
            let Ok(bytes) = frame.into_data() else { continue };
            self.received += bytes.len() as u64;
            return Some(self.judge().map(|()| bytes));
        }
    }

    fn judge(&self) -> Result<(), Problem> {
        if self.received > self.pace.bytes_max {
            let detail = format!("the body is larger than {} bytes", self.pace.bytes_max);
            return Err(Problem::new(ErrorCode::BodyTooLarge, detail));
        }
        let rate_min = self.pace.rate_min;
        let slow = self.received < rate_min.saturating_mul(self.waited.as_secs());
        if slow && self.waited > self.pace.progress_timeout {
            let detail = format!("the body arrives at less than {rate_min} bytes a second");
            return Err(Problem::new(ErrorCode::RequestTimeout, detail));
        }
        Ok(())
    }
}
