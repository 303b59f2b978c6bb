//! The parameters of a request, typed: a number where a text belongs is an error, not a guess.

use axum::extract::Query;
use axum::http::{HeaderMap, Uri, header};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::problem::Problem;
use crate::api::service::{GraphQlReply, GraphQlRequest};
use crate::app::ErrorCode;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BodyParams {
    query: String,
    #[serde(default)]
    operation_name: Option<String>,
    #[serde(default)]
    variables: Option<Map<String, Value>>,
    #[serde(default)]
    extensions: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct QueryParams {
    query: String,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

impl From<BodyParams> for GraphQlRequest {
    fn from(params: BodyParams) -> Self {
        Self {
            query: params.query,
            operation_name: params.operation_name,
            variables: params.variables,
            extensions: params.extensions,
        }
    }
}

/// Only JSON in UTF-8: the types that a form can send would let any page write.
pub(super) fn check_content_type(headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let mut words = given.split(';').map(|word| word.trim().to_ascii_lowercase());
    let json = words.next().as_deref() == Some("application/json");
    let foreign = words.any(|word| {
        word.strip_prefix("charset=")
            .is_some_and(|set| set.trim_matches('"') != "utf-8")
    });
    if json && !foreign {
        return Ok(());
    }
    Err(Problem::new(
        ErrorCode::UnsupportedMediaType,
        "the body must be application/json in UTF-8",
    ))
}

/// The parameters of a POST. Batches are arrays, and not taken.
pub(super) fn from_body(bytes: &[u8]) -> Result<GraphQlRequest, GraphQlReply> {
    let params: BodyParams = serde_json::from_slice(bytes).map_err(|error| refusal(&error))?;
    Ok(params.into())
}

/// The parameters of a GET.
pub(super) fn from_query(query: &str) -> Result<GraphQlRequest, GraphQlReply> {
    let wrong = |message: String| GraphQlReply::refusal(ErrorCode::BadUserInput, &message);
    let uri: Uri = format!("/?{query}")
        .parse()
        .map_err(|error| wrong(format!("{error}")))?;
    let Query(params) = Query::<QueryParams>::try_from_uri(&uri).map_err(|error| wrong(error.body_text()))?;
    let object = |text: Option<String>| match text.filter(|text| !text.is_empty()) {
        Some(text) => serde_json::from_str(&text).map_err(|error| refusal(&error)),
        None => Ok(None),
    };
    Ok(GraphQlRequest {
        query: params.query,
        operation_name: params.operation_name.filter(|name| !name.is_empty()),
        variables: object(params.variables)?,
        extensions: object(params.extensions)?,
    })
}

fn refusal(error: &serde_json::Error) -> GraphQlReply {
    let code = if error.is_data() {
        ErrorCode::BadUserInput
    } else {
        ErrorCode::MalformedJson
    };
    GraphQlReply::refusal(code, &error.to_string())
}
