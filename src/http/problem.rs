//! Errors of HTTP itself, as `application/problem+json` (RFC 9457).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::state::HttpState;
use crate::app::ErrorCode;

/// The id of a request, as it appears in the answer and in the log.
#[derive(Clone, Debug)]
pub(super) struct RequestId(pub(super) Arc<str>);

/// An error that is the whole answer.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) code: ErrorCode,
    pub(super) detail: String,
}

impl Problem {
    pub(super) fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { code, detail }
    }
}

/// The body is written by [`complete`], which knows the request id.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        if self.code == ErrorCode::Unauthenticated {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives every error without a body of ours the problem body, those of the framework included.
pub(super) async fn complete(State(_): State<HttpState>, request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().map(|id| Arc::clone(&id.0));
    let mut response = next.run(request).await;
    let problem = response.extensions_mut().remove::<Problem>();
    let status = response.status();
    let ours = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/"));
    let problem = match problem {
        Some(problem) => problem,
        None if ours || !(status.is_client_error() || status.is_server_error()) => return response,
        None => Problem::new(code_of(status), detail_of(status)),
    };
    let code = problem.code;
    let body = json!({
        "type": format!("urn:linchpin:error:{code}"),
        "title": code.remedy(),
        "status": status.as_u16(),
        "detail": problem.detail,
        "code": code.as_str(),
        "instance": id.map(|id| format!("urn:linchpin:request:{id}")),
    });
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    headers.remove(header::CONTENT_LENGTH);
    *response.body_mut() = Body::from(body.to_string());
    response
}

fn code_of(status: StatusCode) -> ErrorCode {
    match status {
        StatusCode::NOT_FOUND => ErrorCode::RouteNotFound,
        StatusCode::METHOD_NOT_ALLOWED => ErrorCode::MethodNotAllowed,
        StatusCode::NOT_ACCEPTABLE => ErrorCode::NotAcceptable,
        StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::BodyTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ErrorCode::UnsupportedMediaType,
        StatusCode::REQUEST_TIMEOUT => ErrorCode::RequestTimeout,
        status if status.is_client_error() => ErrorCode::BadUserInput,
        _ => ErrorCode::Internal,
    }
}

fn detail_of(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "there is nothing under this path",
        StatusCode::METHOD_NOT_ALLOWED => "this path does not take this method",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "the content type or encoding of the body is not taken",
        status if status.is_client_error() => "the request is not one this path takes",
        _ => "internal error; the log has it under the request id",
    }
}
