//! GraphQL over WebSocket: the protocol `graphql-transport-ws` by the letter.
//!
//! One task reads and writes the socket; one task a subscription runs the operation. Their answers
//! meet in a bounded queue: a full one slows the subscriptions down, and a client that leaves it full
//! for the write timeout is disconnected, because waiting on would hold what they hold.

mod message;

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::WebSocketUpgrade;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::AbortHandle;
use tokio::time::{Interval, Sleep, interval, sleep, timeout};

use self::message::{FromClient, InitPayload};
use super::super::access;
use super::super::connection::Place;
use super::super::problem::{Problem, RequestId};
use super::super::state::HttpState;
use super::params::BodyParams;
use crate::api::service::{Caller, CheckedRequest, GraphQlReply};
use crate::app::ErrorCode;

const PROTOCOL: &str = "graphql-transport-ws";
/// Bytes of a close reason that the frame has room for.
const REASON_BYTES_MAX: usize = 120;
/// Time to wait for the client's own close, so that our code arrives before the connection ends.
const CLOSE_WAIT: Duration = Duration::from_secs(1);

/// Why a socket ends.
#[derive(Debug)]
enum End {
    /// The client is gone.
    Gone,
    /// The client ends it; our half of the farewell is still to be sent.
    Closing,
    /// We end it, with a code of the protocol.
    Close(u16, String),
}

/// An answer on its way; `generation` tells it from one of an earlier subscription of that id.
struct Outgoing {
    id: String,
    generation: u64,
    text: String,
    last: bool,
}

struct Session {
    socket: WebSocket,
    state: HttpState,
    caller: Option<Caller>,
    request_id: Arc<str>,
    acknowledged: bool,
    subscriptions: HashMap<String, (u64, AbortHandle)>,
    generation: u64,
    sender: Sender<Outgoing>,
    /// Set by a subscription that found the queue full for too long.
    overflow: tokio_util::sync::CancellationToken,
    _place: Option<Arc<Place>>,
}

/// Takes the connection over.
pub(super) fn upgrade(
    upgrade: WebSocketUpgrade,
    state: HttpState,
    caller: Option<Caller>,
    parts: &mut Parts,
) -> Response {
    let bytes_max = state.config.limits.socket_message_bytes_max;
    // The codec's own limit ends the connection without a code, so it stands above ours.
    let hard_max = bytes_max.saturating_mul(4);
    let upgrade = upgrade
        .protocols([PROTOCOL])
        .max_message_size(hard_max)
        .max_frame_size(hard_max);
    if upgrade.selected_protocol().is_none() {
        return Problem::new(ErrorCode::BadUserInput, format!("the subprotocol must be {PROTOCOL}")).into_response();
    }
    let place = parts.extensions.remove::<Arc<Place>>();
    let request_id = parts
        .extensions
        .remove::<RequestId>()
        .map_or_else(|| state.request_id(), |id| id.0);
    upgrade.on_upgrade(move |socket| async move {
        let (sender, receiver) = channel(state.config.limits.socket_queue_max);
        let session = Session {
            socket,
            state,
            caller,
            request_id,
            acknowledged: false,
            subscriptions: HashMap::new(),
            generation: 0,
            sender,
            overflow: tokio_util::sync::CancellationToken::new(),
            _place: place,
        };
        Box::pin(session.run(receiver)).await;
    })
}

impl Session {
    async fn run(mut self, mut receiver: Receiver<Outgoing>) {
        let limits = &self.state.config.limits;
        let mut init = Box::pin(sleep(limits.socket_init_timeout_ms.duration()));
        let mut beat = interval(limits.socket_ping_interval_ms.duration());
        let end = loop {
            if let Err(end) = self.step(&mut receiver, init.as_mut(), &mut beat).await {
                break end;
            }
        };
        self.subscriptions.drain().for_each(|(_, (_, task))| task.abort());
        match end {
            End::Gone => {}
            End::Closing => drain(&mut self.socket).await,
            End::Close(code, reason) => close(self.socket, code, &reason).await,
        }
    }

    async fn step(
        &mut self,
        receiver: &mut Receiver<Outgoing>,
        init: Pin<&mut Sleep>,
        beat: &mut Interval,
    ) -> Result<(), End> {
        tokio::select! {
            () = init, if !self.acknowledged => Err(closing(4408, "Connection initialisation timeout")),
            () = self.state.stopping.cancelled() => Err(closing(1001, "Going away")),
            () = self.overflow.cancelled() => Err(closing(
                1013,
                "Too slow: answers are not taken; subscribe again from the last revision seen")),
            _ = beat.tick() => self.send(Message::Ping(axum::body::Bytes::new())).await,
            Some(outgoing) = receiver.recv() => self.forward(outgoing).await,
            message = self.socket.recv() => match message {
                Some(Ok(Message::Text(text))) if text.len() > self.state.config.limits.socket_message_bytes_max => {
                    Err(closing(1009, "Message too big"))
                }
                Some(Ok(Message::Text(text))) => self.receive(&text).await,
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
                Some(Ok(Message::Binary(_))) => Err(closing(4400, "Invalid message: binary")),
                Some(Ok(Message::Close(_))) => Err(End::Closing),
                None => Err(End::Gone),
                Some(Err(_)) => Err(closing(1009, "Message too big")),
            },
        }
    }

    async fn send(&mut self, message: Message) -> Result<(), End> {
        self.socket.send(message).await.map_err(|_| End::Gone)
    }

    async fn forward(&mut self, outgoing: Outgoing) -> Result<(), End> {
        let current = self
            .subscriptions
            .get(&outgoing.id)
            .is_some_and(|known| known.0 == outgoing.generation);
        if !current {
            return Ok(());
        }
        if outgoing.last {
            self.subscriptions.remove(&outgoing.id);
        }
        self.send(Message::text(outgoing.text)).await
    }

    async fn receive(&mut self, text: &Utf8Bytes) -> Result<(), End> {
        let message =
            serde_json::from_str(text).map_err(|error| closing(4400, &format!("Invalid message: {error}")))?;
        match message {
            FromClient::ConnectionInit { payload } => self.initialise(payload).await,
            FromClient::Ping { payload } => self.send(Message::text(message::pong(payload.as_deref()))).await,
            FromClient::Pong {} => Ok(()),
            FromClient::Complete { id } => {
                if let Some((_, task)) = self.subscriptions.remove(&id) {
                    task.abort();
                }
                Ok(())
            }
            FromClient::Subscribe { id, payload } => {
                let Some(caller) = self.caller.clone().filter(|_| self.acknowledged) else {
                    return Err(closing(4401, "Unauthorized"));
                };
                if self.subscriptions.contains_key(&id) {
                    return Err(closing(4409, &format!("Subscriber for {id} already exists")));
                }
                self.subscribe(id, payload, caller).await
            }
        }
    }

    /// Headers cannot be set by pages, so the token may come here: `{"authorization": "Bearer ..."}`.
    async fn initialise(&mut self, payload: Option<InitPayload>) -> Result<(), End> {
        if self.acknowledged {
            return Err(closing(4429, "Too many initialisation requests"));
        }
        if self.caller.is_none() {
            let secret = payload.as_ref().and_then(InitPayload::token);
            let actor = access::actor(&self.state, secret).ok_or_else(|| closing(4403, "Forbidden"))?;
            let request_id = Arc::clone(&self.request_id);
            self.caller = Some(Caller { actor, request_id });
        }
        self.acknowledged = true;
        self.send(Message::text(r#"{"type":"connection_ack"}"#)).await
    }

    async fn subscribe(&mut self, id: String, payload: BodyParams, caller: Caller) -> Result<(), End> {
        let allowed = self.state.config.limits.socket_subscriptions_max;
        let refusal = if self.subscriptions.len() >= allowed {
            let detail = format!("this socket has {allowed} subscriptions, the limit is {allowed}");
            GraphQlReply::refusal(ErrorCode::LimitExceeded, &detail)
        } else {
            match self.state.graphql.check(payload.into()) {
                Ok(checked) => {
                    self.start(id, checked, caller);
                    return Ok(());
                }
                Err(refusal) => refusal,
            }
        };
        self.send(Message::text(message::answer(&id, &refusal))).await
    }

    fn start(&mut self, id: String, checked: CheckedRequest, caller: Caller) {
        self.generation += 1;
        let generation = self.generation;
        let (sender, overflow) = (self.sender.clone(), self.overflow.clone());
        let patience = self.state.config.server.write_timeout_ms.duration();
        let mut replies = self.state.graphql.stream(checked, caller);
        let key = id.clone();
        let task = tokio::spawn(async move {
            let outgoing = |text, last| Outgoing {
                id: id.clone(),
                generation,
                text,
                last,
            };
            let pass_on = async |outgoing| {
                let sent = timeout(patience, sender.send(outgoing)).await;
                if sent.is_err() {
                    overflow.cancel();
                }
                matches!(sent, Ok(Ok(())))
            };
            while let Some(reply) = replies.next().await {
                let last = reply.is_request_error();
                if !pass_on(outgoing(message::answer(&id, &reply), last)).await || last {
                    return;
                }
            }
            pass_on(outgoing(message::complete(&id), true)).await;
        });
        self.subscriptions.insert(key, (generation, task.abort_handle()));
    }
}

fn closing(code: u16, reason: &str) -> End {
    End::Close(code, reason.to_owned())
}

async fn close(mut socket: WebSocket, code: u16, reason: &str) {
    let reason: String = reason.chars().filter(char::is_ascii).take(REASON_BYTES_MAX).collect();
    let frame = CloseFrame {
        code,
        reason: reason.into(),
    };
    if socket.send(Message::Close(Some(frame))).await.is_err() {
        return;
    }
    drain(&mut socket).await;
    tracing::debug!(code, "a socket was closed");
}

/// Reading on is what sends our half of a close and waits for the other.
async fn drain(socket: &mut WebSocket) {
    let farewell = timeout(CLOSE_WAIT, async { while let Some(Ok(_)) = socket.recv().await {} }).await;
    tracing::trace!(complete = farewell.is_ok(), "the farewell of a socket ended");
}
