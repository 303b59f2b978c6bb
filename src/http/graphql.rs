//! GraphQL over HTTP: POST and GET, events, sockets. One endpoint, told apart by what the client
//! says it takes.

mod media;
mod params;
mod sse;
mod ws;

use axum::Extension;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State, WebSocketUpgrade};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use self::media::Media;
use super::body;
use super::problem::Problem;
use super::state::HttpState;
use crate::api::service::{Caller, CheckedRequest, GraphQlReply, GraphQlRequest, OperationKind};
use crate::app::ErrorCode;

/// `POST /graphql`.
pub(super) async fn post(
    State(state): State<HttpState>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    let Some(media) = media::negotiate(request.headers()) else {
        return not_acceptable();
    };
    if let Err(problem) = params::check_content_type(request.headers()) {
        return problem.into_response();
    }
    let limits = &state.config.limits;
    let time_max = state.config.server.body_timeout_ms.duration();
    let bytes = match body::whole(request.into_body(), limits.body_bytes_max, time_max).await {
        Ok(bytes) => bytes,
        Err(problem) => return problem.into_response(),
    };
    match params::from_body(&bytes) {
        Ok(params) => answer(&state, media, &Method::POST, params, caller).await,
        Err(refusal) => reply(media, &refusal, StatusCode::BAD_REQUEST),
    }
}

/// `GET /graphql`: a query in the address, or the way to a WebSocket.
pub(super) async fn get(
    State(state): State<HttpState>,
    caller: Option<Extension<Caller>>,
    request: Request,
) -> Response {
    let (mut parts, _) = request.into_parts();
    let caller = caller.map(|Extension(caller)| caller);
    if parts.headers.contains_key(header::UPGRADE) {
        return match WebSocketUpgrade::from_request_parts(&mut parts, &state).await {
            Ok(upgrade) => ws::upgrade(upgrade, state, caller, &mut parts),
            Err(rejection) => rejection.into_response(),
        };
    }
    let Some(caller) = caller else {
        return Problem::new(ErrorCode::Unauthenticated, "a token is needed").into_response();
    };
    let Some(media) = media::negotiate(&parts.headers) else {
        return not_acceptable();
    };
    match params::from_query(parts.uri.query().unwrap_or("")) {
        Ok(params) => answer(&state, media, &Method::GET, params, caller).await,
        Err(refusal) => reply(media, &refusal, StatusCode::BAD_REQUEST),
    }
}

async fn answer(state: &HttpState, media: Media, method: &Method, params: GraphQlRequest, caller: Caller) -> Response {
    let checked = state.graphql.check(params);
    if let Ok(checked) = &checked
        && method == Method::GET
        && !may_be_got(checked, media)
    {
        let refusal = GraphQlReply::refusal(ErrorCode::MethodNotAllowed, "GET can only run a query");
        let mut response = reply(media, &refusal, StatusCode::METHOD_NOT_ALLOWED);
        response
            .headers_mut()
            .insert(header::ALLOW, HeaderValue::from_static("POST"));
        return response;
    }
    if media == Media::Events {
        return sse::answer(state, checked, caller);
    }
    let answer = match checked {
        Ok(checked) => state.graphql.execute(checked, caller).await,
        Err(refusal) => refusal,
    };
    let status = match (answer.request_error, media) {
        (Some(ErrorCode::Internal), _) => StatusCode::INTERNAL_SERVER_ERROR,
        // Old clients that ask for plain JSON take any other status for a fault of the network.
        (None, _) | (Some(_), Media::Json) => StatusCode::OK,
        (Some(_), Media::GraphQl | Media::Events) => StatusCode::BAD_REQUEST,
    };
    reply(media, &answer, status)
}

/// A subscription by GET is what an `EventSource` can do, and it writes nothing.
fn may_be_got(checked: &CheckedRequest, media: Media) -> bool {
    match checked.kind() {
        OperationKind::Query => true,
        OperationKind::Mutation => false,
        OperationKind::Subscription => media == Media::Events,
    }
}

fn reply(media: Media, reply: &GraphQlReply, status: StatusCode) -> Response {
    let kind = HeaderValue::from_static(media.reply_type());
    let mut response = Response::new(Body::from(reply.body.clone()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
        .headers_mut()
        .insert(header::VARY, HeaderValue::from_static("accept"));
    response
}

fn not_acceptable() -> Response {
    let detail = format!("this path answers {}", media::ALL.join(", "));
    Problem::new(ErrorCode::NotAcceptable, detail).into_response()
}
