//! `POST /ingest`: takes the stream off the wire and hands it on. What it means is the business of
//! `ingest`.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use super::body::{Pace, PacedBody};
use super::problem::Problem;
use super::state::HttpState;
use crate::api::service::Caller;
use crate::app::ErrorCode;

/// What a push may be written in. Neither is a type that a foreign page can send without asking.
const FORMATS: [&str; 3] = ["application/x-ndjson", "application/ndjson", "text/csv"];

/// Takes a push.
pub(super) async fn push(
    State(state): State<HttpState>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let given = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let format = given.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    if !FORMATS.contains(&format.as_str()) {
        let detail = format!("a push is one of {}", FORMATS.join(", "));
        return Problem::new(ErrorCode::UnsupportedMediaType, detail).into_response();
    }
    let config = &state.config.ingest;
    let mut body = PacedBody::new(
        body,
        Pace {
            bytes_max: config.body_bytes_max,
            progress_timeout: config.progress_timeout_ms.duration(),
            rate_min: config.rate_bytes_per_second_min,
        },
    );
    while let Some(part) = body.next().await {
        if let Err(problem) = part {
            return problem.into_response();
        }
    }
    tracing::debug!(actor = %caller.actor.name, "a push was read and nothing takes it");
    Problem::new(ErrorCode::NotReady, "this server does not take pushes").into_response()
}
