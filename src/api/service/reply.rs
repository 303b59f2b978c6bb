//! Replies: serialised once, within a limit, every error with a code.

use std::io;

use async_graphql::{ErrorExtensionValues, Response, ServerError, Value};
use serde::Serialize;
use serde_json::json;

use super::ReplyLimits;
use crate::app::ErrorCode;

/// An answer, ready to send.
#[derive(Clone, Debug)]
pub struct GraphQlReply {
    /// The answer as JSON.
    pub body: Vec<u8>,
    /// Set when nothing was executed or nothing can be shown: the answer has no `data`.
    pub request_error: Option<ErrorCode>,
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    extensions: &'a std::collections::BTreeMap<String, Value>,
}

impl GraphQlReply {
    /// Whether the answer has no `data`.
    pub fn is_request_error(&self) -> bool {
        self.request_error.is_some()
    }

    /// An answer that is one error.
    pub fn refusal(code: ErrorCode, message: &str) -> Self {
        Self::refusal_at(code, message, None)
    }

    /// An answer that is one error at a line and column of the document.
    pub(super) fn refusal_at(code: ErrorCode, message: &str, at: Option<(usize, usize)>) -> Self {
        let extensions = json!({ "code": code.as_str(), "remedy": code.remedy() });
        let error = match at {
            Some((line, column)) => {
                json!({ "message": message, "locations": [{ "line": line, "column": column }], "extensions": extensions })
            }
            None => json!({ "message": message, "extensions": extensions }),
        };
        Self {
            body: json!({ "errors": [error] }).to_string().into_bytes(),
            request_error: Some(code),
        }
    }

    /// A resolver panicked; the panic itself is in the log, under the id.
    pub(super) fn panicked(request_id: &str) -> Self {
        tracing::error!(request.id = request_id, "a resolver panicked");
        Self::refusal(
            ErrorCode::Internal,
            &format!("internal error; the log has it under {request_id}"),
        )
    }

    /// Serialises what the executor answered.
    pub(super) fn from_response(mut response: Response, limits: &ReplyLimits) -> Self {
        // A request error has neither a path nor data; a field error has a path.
        let nothing_ran = !response.errors.is_empty()
            && response.data == Value::Null
            && response.errors.iter().all(|error| error.path.is_empty());
        let found = response.errors.len();
        if found > limits.errors_max {
            response.errors.truncate(limits.errors_max);
            let note = Value::from(format!("{found} errors, the first {} are shown", limits.errors_max));
            response.extensions.insert("errorsCut".to_owned(), note);
        }
        for error in &mut response.errors {
            add_code(error);
        }
        let body = Body {
            data: (!nothing_ran).then_some(&response.data),
            errors: &response.errors,
            extensions: &response.extensions,
        };
        let mut sink = Capped {
            bytes: Vec::with_capacity(1_024.min(limits.bytes_max)),
            bytes_max: limits.bytes_max,
        };
        if serde_json::to_writer(&mut sink, &body).is_err() {
            let message = format!("the answer is larger than {} bytes", limits.bytes_max);
            return Self::refusal(ErrorCode::LimitExceeded, &message);
        }
        Self {
            body: sink.bytes,
            request_error: nothing_ran.then(|| response.errors.first().map_or(ErrorCode::Internal, code_of)),
        }
    }
}

/// Gives an error that comes from the executor itself a code; resolvers set theirs.
fn add_code(error: &mut ServerError) {
    let has_code = error
        .extensions
        .as_ref()
        .is_some_and(|values| values.get("code").is_some());
    if has_code {
        return;
    }
    let code = guessed_code(error);
    let values = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
    values.set("code", code.as_str());
    values.set("remedy", code.remedy());
}

/// The executor's errors are texts; these are the ones it has, told apart by how they begin.
fn guessed_code(error: &ServerError) -> ErrorCode {
    const COERCION: [&str; 3] = ["Invalid value for argument", "Failed to parse", "Invalid default value"];
    const LIMITS: [&str; 4] = [
        "Query is too complex",
        "Query is nested too deep",
        "The recursion depth",
        "The number of directives",
    ];
    if COERCION.iter().any(|start| error.message.starts_with(start)) {
        ErrorCode::BadUserInput
    } else if LIMITS.iter().any(|start| error.message.starts_with(start)) {
        ErrorCode::LimitExceeded
    } else if error.path.is_empty() {
        ErrorCode::InvalidDocument
    } else {
        ErrorCode::Internal
    }
}

fn code_of(error: &ServerError) -> ErrorCode {
    let stated = error.extensions.as_ref().and_then(|values| values.get("code"));
    let known = match stated {
        Some(Value::String(text)) => ErrorCode::ALL.iter().find(|code| code.as_str() == text),
        _ => None,
    };
    known.copied().unwrap_or(ErrorCode::Internal)
}

/// A buffer that refuses to grow beyond a limit.
struct Capped {
    bytes: Vec<u8>,
    bytes_max: usize,
}

impl io::Write for Capped {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + part.len() > self.bytes_max {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        self.bytes.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
