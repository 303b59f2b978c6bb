//! Is it alive, is it ready, how is it doing.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::metrics::CONTENT_TYPE;
use super::problem::Problem;
use super::state::HttpState;
use crate::app::ErrorCode;

/// The process runs.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// The service can answer and is not about to stop.
pub(super) async fn readyz(State(state): State<HttpState>) -> Response {
    if state.stopping.is_cancelled() {
        return Problem::new(ErrorCode::NotReady, "the server is stopping").into_response();
    }
    match (state.readiness)() {
        Ok(()) => "ready\n".into_response(),
        Err(reason) => Problem::new(ErrorCode::NotReady, reason).into_response(),
    }
}

/// The figures.
pub(super) async fn metrics(State(state): State<HttpState>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], state.metrics.render())
}
