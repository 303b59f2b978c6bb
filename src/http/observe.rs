//! What every request leaves behind: an id, a span, a line, a figure, and safe headers.

use std::any::Any;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::HeaderName;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;
use tracing::Instrument;

use super::problem::{Problem, RequestId};
use super::state::HttpState;
use crate::app::ErrorCode;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest request id that is taken from a client.
const REQUEST_ID_BYTES_MAX: usize = 64;

/// The outermost layer of the routes.
pub(super) async fn observe(State(state): State<HttpState>, mut request: Request, next: Next) -> Response {
    let id = given_id(&request).unwrap_or_else(|| state.request_id());
    request.extensions_mut().insert(RequestId(Arc::clone(&id)));
    let method = request.method().clone();
    // The pattern, not the path: paths are as many as clients like.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("none".into(), |path| path.as_str().to_owned());
    let span = tracing::info_span!("request", request.id = %id, http.method = %method, http.route = %route);
    let begin = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let elapsed = begin.elapsed();
    let status = response.status();
    let method = if is_common(&method) { method.as_str() } else { "other" };
    state
        .metrics
        .answered(&route, method, status.as_u16(), elapsed.as_secs_f64());
    let _in_span = span.enter();
    let duration_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
    tracing::debug!(http.status = status.as_u16(), duration_us, "request answered");
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    protect(&mut response);
    response
}

fn given_id(request: &Request) -> Option<Arc<str>> {
    let id = request.headers().get(REQUEST_ID)?.to_str().ok()?;
    let sane = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    ((1..=REQUEST_ID_BYTES_MAX).contains(&id.len()) && id.bytes().all(sane)).then(|| id.into())
}

fn is_common(method: &axum::http::Method) -> bool {
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].contains(&method.as_str())
}

fn protect(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let closed = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(closed);
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}

/// The answer to a panic: nothing of it but that there was one.
pub(super) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    Problem::new(
        ErrorCode::Internal,
        "internal error; the log has it under the request id",
    )
    .into_response()
}
