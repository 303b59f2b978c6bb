//! Who may ask: the token, the host a request was meant for, the page it came from.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::problem::{Problem, RequestId};
use super::state::HttpState;
use crate::api::service::Caller;
use crate::app::ErrorCode;
use crate::model::Actor;

/// The name of whoever asks where no token is configured.
const LOCAL: &str = "local";
/// The name of whoever shows the admin token.
const ADMIN: &str = "admin";

/// Paths that answer without a token: liveness, and pages that hold no data.
const OPEN: [&str; 3] = ["/", "/healthz", "/readyz"];

/// Lets a request through with its [`Caller`], or refuses it. A WebSocket without a token passes
/// without a caller: browsers cannot set headers there, `connection_init` brings the token.
pub(super) async fn check(State(state): State<HttpState>, mut request: Request, next: Next) -> Response {
    let headers = request.headers();
    if state.token.is_none() && !host_is_ours(&state, headers, request.uri()) {
        let detail =
            "without a token, only requests to localhost, a loopback address or a name in `server.hosts` are answered";
        return Problem::new(ErrorCode::Forbidden, detail).into_response();
    }
    let writes = request.method() != Method::GET && request.method() != Method::HEAD;
    let upgrade = headers.contains_key(header::UPGRADE);
    if (writes || upgrade) && !origin_is_ours(&state, headers, request.uri()) {
        let detail = "pages of this origin may not call; add it to `server.origins`";
        return Problem::new(ErrorCode::Forbidden, detail).into_response();
    }
    let path = request.uri().path();
    let open = OPEN.contains(&path) || path == "/graphiql" || path.starts_with("/graphiql/");
    let later = upgrade && !headers.contains_key(header::AUTHORIZATION);
    if let Some(actor) = actor(&state, bearer(headers)) {
        let id = request
            .extensions()
            .get::<RequestId>()
            .map_or_else(|| state.request_id(), |id| Arc::clone(&id.0));
        let request_id = id;
        request.extensions_mut().insert(Caller { actor, request_id });
    } else if !open && !later {
        return Problem::new(ErrorCode::Unauthenticated, "a token is needed").into_response();
    }
    next.run(request).await
}

/// Who shows this token.
pub(super) fn actor(state: &HttpState, secret: Option<&str>) -> Option<Actor> {
    let name = match (&state.token, secret) {
        (None, _) => LOCAL,
        (Some(token), Some(secret)) if token.matches(secret) => ADMIN,
        (Some(_), _) => return None,
    };
    Some(Actor { name: name.into() })
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, secret) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}

fn host<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<&'a str> {
    match uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => headers.get(header::HOST)?.to_str().ok(),
    }
}

/// A page that points its own name at 127.0.0.1 sends its own name here.
fn host_is_ours(state: &HttpState, headers: &HeaderMap, uri: &Uri) -> bool {
    let Some(host) = host(headers, uri) else { return false };
    let name = without_port(host);
    let loopback = name
        .trim_matches(['[', ']'])
        .parse::<IpAddr>()
        .is_ok_and(|address| address.is_loopback());
    let known = state
        .config
        .server
        .hosts
        .0
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name));
    loopback || known || name.eq_ignore_ascii_case("localhost")
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn origin_is_ours(state: &HttpState, headers: &HeaderMap, uri: &Uri) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let Ok(origin) = origin.to_str() else { return false };
    let known = state.config.server.origins.0.iter().any(|known| known == origin);
    let same = origin
        .split_once("://")
        .is_some_and(|(_, authority)| host(headers, uri) == Some(authority));
    known || same
}
