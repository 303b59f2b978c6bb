//! The messages of `graphql-transport-ws`.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::super::params::BodyParams;
use crate::api::service::GraphQlReply;

/// What a client says.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum FromClient {
    ConnectionInit {
        #[serde(default)]
        payload: Option<InitPayload>,
    },
    Ping {
        #[serde(default)]
        payload: Option<Box<Map<String, Value>>>,
    },
    Pong {},
    Subscribe {
        id: String,
        payload: BodyParams,
    },
    Complete {
        id: String,
    },
}

/// What comes with `connection_init`.
#[derive(Deserialize)]
pub(super) struct InitPayload {
    #[serde(default, alias = "Authorization")]
    authorization: Option<String>,
    #[serde(default)]
    token: Option<String>,
}

impl InitPayload {
    pub(super) fn token(&self) -> Option<&str> {
        let stated = self.authorization.as_deref().or(self.token.as_deref())?;
        Some(stated.strip_prefix("Bearer ").unwrap_or(stated))
    }
}

pub(super) fn pong(payload: Option<&Map<String, Value>>) -> String {
    match payload {
        Some(payload) => json!({ "type": "pong", "payload": payload }).to_string(),
        None => json!({ "type": "pong" }).to_string(),
    }
}

pub(super) fn complete(id: &str) -> String {
    json!({ "type": "complete", "id": id }).to_string()
}

/// `next` with the result, or `error` with nothing but the errors.
pub(super) fn answer(id: &str, reply: &GraphQlReply) -> String {
    #[derive(Deserialize)]
    struct Errors<'a> {
        #[serde(borrow)]
        errors: &'a RawValue,
    }
    let id = Value::from(id);
    if reply.is_request_error()
        && let Ok(Errors { errors }) = serde_json::from_slice(&reply.body)
    {
        return format!(r#"{{"type":"error","id":{id},"payload":{errors}}}"#);
    }
    let result = String::from_utf8_lossy(&reply.body);
    format!(r#"{{"type":"next","id":{id},"payload":{result}}}"#)
}
