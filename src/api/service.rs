//! Executes GraphQL for any transport. Requests and replies are plain types, so that HTTP, events
//! and sockets never name the GraphQL crate.

mod reply;
mod schema;

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationType};
use async_graphql::{Executor, Name, Request, Value, Variables};
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt};
use serde_json::Map;

use super::guard::{self, DocumentLimits};
use crate::app::ErrorCode;
use crate::config::LimitsConfig;
use crate::model::Actor;
pub use reply::GraphQlReply;
use schema::AnySchema;

/// A request as a transport received it.
#[derive(Clone, Debug, Default)]
pub struct GraphQlRequest {
    /// The document.
    pub query: String,
    /// Which of its operations.
    pub operation_name: Option<String>,
    /// The variables.
    pub variables: Option<Map<String, serde_json::Value>>,
    /// Protocol extensions.
    pub extensions: Option<Map<String, serde_json::Value>>,
}

/// Who asks, and under which request id. Resolvers find it in their context.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The actor.
    pub actor: Actor,
    /// The id of the request, for the log.
    pub request_id: Arc<str>,
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationKind {
    /// Reads.
    Query,
    /// Writes.
    Mutation,
    /// Streams.
    Subscription,
}

/// A request whose document passed the guard and names one operation.
pub struct CheckedRequest {
    request: Request,
    kind: OperationKind,
}

impl CheckedRequest {
    /// What the chosen operation does.
    pub fn kind(&self) -> OperationKind {
        self.kind
    }
}

impl fmt::Debug for CheckedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckedRequest")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// The limits of execution.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReplyLimits {
    pub(super) bytes_max: usize,
    pub(super) errors_max: usize,
}

/// A schema behind its guard. Cloning is cheap.
#[derive(Clone)]
pub struct GraphQlService {
    schema: Arc<dyn AnySchema>,
    document: DocumentLimits,
    reply: ReplyLimits,
    timeout: Duration,
}

impl fmt::Debug for GraphQlService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphQlService")
            .field("document", &self.document)
            .finish_non_exhaustive()
    }
}

impl GraphQlService {
    /// Puts a schema behind the guard. Build the schema with `disable_suggestions`; its own limits
    /// of depth and directives are covered here, its complexity limit is not.
    pub fn new<S: Executor>(schema: S, limits: &LimitsConfig) -> Self {
        Self {
            schema: Arc::new(schema),
            document: DocumentLimits::from(limits),
            reply: ReplyLimits {
                bytes_max: limits.response_bytes_max,
                errors_max: limits.errors_max,
            },
            timeout: limits.operation_timeout_ms.duration(),
        }
    }

    /// Checks the document and finds the operation; nothing runs.
    pub fn check(&self, request: GraphQlRequest) -> Result<CheckedRequest, GraphQlReply> {
        let document = guard::check(&request.query, &self.document).map_err(|error| {
            let at = match &error {
                guard::DocumentError::Malformed { at, .. } => *at,
                guard::DocumentError::LimitExceeded { .. } | guard::DocumentError::FragmentCycle { .. } => None,
            };
            GraphQlReply::refusal_at(error.code(), &error.to_string(), at)
        })?;
        let kind = operation_kind(&document, request.operation_name.as_deref())?;
        let mut checked = Request::new(request.query);
        checked.set_parsed_query(document);
        checked.operation_name = request.operation_name;
        if let Some(variables) = request.variables {
            checked.variables = Variables::from_json(serde_json::Value::Object(variables));
        }
        for (name, value) in request.extensions.unwrap_or_default() {
            let value = Value::from_json(value).unwrap_or_default();
            checked.extensions.insert(name, value);
        }
        Ok(CheckedRequest { request: checked, kind })
    }

    /// Runs a query or a mutation. A mutation is not cut off: what it does is bounded by the
    /// writer, and an answer that never comes would leave its outcome unknown.
    pub async fn execute(&self, checked: CheckedRequest, caller: Caller) -> GraphQlReply {
        if checked.kind == OperationKind::Subscription {
            return GraphQlReply::refusal(
                ErrorCode::BadUserInput,
                "a subscription needs `Accept: text/event-stream` or a WebSocket",
            );
        }
        let bounded = checked.kind == OperationKind::Query;
        let request_id = Arc::clone(&caller.request_id);
        let run = AssertUnwindSafe(self.schema.run(checked.request.data(caller))).catch_unwind();
        let outcome = if bounded {
            let Ok(outcome) = tokio::time::timeout(self.timeout, run).await else {
                let message = format!("the operation took longer than {} ms", self.timeout.as_millis());
                return GraphQlReply::refusal(ErrorCode::LimitExceeded, &message);
            };
            outcome
        } else {
            run.await
        };
        match outcome {
            Ok(response) => GraphQlReply::from_response(response, &self.reply),
            Err(_) => GraphQlReply::panicked(&request_id),
        }
    }

    /// Runs any operation as a stream: a query or mutation answers once, a subscription until it
    /// ends or is dropped. A request error is the only and last item.
    pub fn stream(&self, checked: CheckedRequest, caller: Caller) -> BoxStream<'static, GraphQlReply> {
        let service = self.clone();
        if checked.kind != OperationKind::Subscription {
            return futures_util::stream::once(async move { service.execute(checked, caller).await }).boxed();
        }
        let request_id = Arc::clone(&caller.request_id);
        let replies = self.schema.stream(checked.request.data(caller));
        AssertUnwindSafe(replies)
            .catch_unwind()
            .map(move |outcome| match outcome {
                Ok(response) => GraphQlReply::from_response(response, &service.reply),
                Err(_) => GraphQlReply::panicked(&request_id),
            })
            .boxed()
    }
}

fn operation_kind(document: &ExecutableDocument, name: Option<&str>) -> Result<OperationKind, GraphQlReply> {
    let refuse = |message: String| GraphQlReply::refusal(ErrorCode::InvalidDocument, &message);
    let operation = match (&document.operations, name) {
        (DocumentOperations::Single(_), Some(name)) => {
            return Err(refuse(format!(
                "`operationName` is `{name}`, but the only operation has no name"
            )));
        }
        (DocumentOperations::Single(operation), None) => operation,
        (DocumentOperations::Multiple(named), Some(name)) => named
            .get(&Name::new(name))
            .ok_or_else(|| refuse(format!("the document has no operation named `{name}`")))?,
        (DocumentOperations::Multiple(named), None) => match named.len() {
            1 => named.values().next().expect("there is one"),
            found => {
                return Err(refuse(format!(
                    "the document has {found} operations; choose one in `operationName`"
                )));
            }
        },
    };
    Ok(match operation.node.ty {
        OperationType::Query => OperationKind::Query,
        OperationType::Mutation => OperationKind::Mutation,
        OperationType::Subscription => OperationKind::Subscription,
    })
}

#[cfg(test)]
mod tests;
