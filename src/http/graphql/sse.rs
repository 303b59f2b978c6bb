//! GraphQL over server-sent events, distinct connections: one operation, one stream.

use std::convert::Infallible;
use std::future::ready;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures_util::{StreamExt, stream};
use tokio::time::{Instant, interval_at};

use super::super::state::HttpState;
use crate::api::service::{Caller, CheckedRequest, GraphQlReply};

/// With a data line, though an empty one: a browser drops events that have none.
const COMPLETE: &[u8] = b"event: complete\ndata:\n\n";
/// A comment, so that proxies see life and we see a client that is gone.
const PING: &[u8] = b":\n\n";

/// Answers with `next` events and one `complete`. A refused request is a `next` with its errors:
/// a browser's `EventSource` shows nothing of a plain error answer.
pub(super) fn answer(state: &HttpState, checked: Result<CheckedRequest, GraphQlReply>, caller: Caller) -> Response {
    let replies = match checked {
        Ok(checked) => state.graphql.stream(checked, caller),
        Err(refusal) => stream::once(ready(refusal)).boxed(),
    };
    let stopping = state.stopping.clone();
    let events = replies
        .map(|reply| Some(next(&reply)))
        .chain(stream::iter([Some(Bytes::from_static(COMPLETE)), None]));
    let period = state.config.limits.socket_ping_interval_ms.duration();
    let pings = stream::unfold(interval_at(Instant::now() + period, period), |mut interval| async {
        interval.tick().await;
        Some((Some(Bytes::from_static(PING)), interval))
    });
    let all = stream::select(events, pings)
        .take_while(|part| ready(part.is_some()))
        .filter_map(ready)
        .take_until(async move { stopping.cancelled().await })
        .map(Ok::<_, Infallible>);
    let mut response = Response::new(Body::from_stream(all));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::VARY, HeaderValue::from_static("accept"));
    response
}

/// JSON as we write it has no line breaks, so one data line holds it.
fn next(reply: &GraphQlReply) -> Bytes {
    [b"event: next\ndata: ".as_slice(), &reply.body, b"\n\n"]
        .concat()
        .into()
}
