//! GraphQL over server-sent events, distinct connections: one operation, one stream.

use std::convert::Infallible;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};

use super::super::state::HttpState;
use crate::api::service::{Caller, CheckedRequest, GraphQlReply};

/// Answers with `next` events and one `complete`. A refused request is a `next` with its errors:
/// a browser's `EventSource` shows nothing of a plain error answer.
pub(super) fn answer(state: &HttpState, checked: Result<CheckedRequest, GraphQlReply>, caller: Caller) -> Response {
    let replies = match checked {
        Ok(checked) => state.graphql.stream(checked, caller),
        Err(refusal) => stream::once(async move { refusal }).boxed(),
    };
    let stopping = state.stopping.clone();
    let events = replies
        .map(|reply| {
            Event::default()
                .event("next")
                .data(String::from_utf8_lossy(&reply.body))
        })
        .chain(stream::once(async { Event::default().event("complete").data("") }))
        .take_until(async move { stopping.cancelled().await })
        .map(Ok::<_, Infallible>);
    let interval = state.config.limits.socket_ping_interval_ms.duration();
    Sse::new(events)
        .keep_alive(KeepAlive::new().interval(interval))
        .into_response()
}
