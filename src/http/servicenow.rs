//! `ServiceNow`'s identify-and-reconcile routes: requests off the wire, answers onto it. What they
//! mean is the business of `ingest`.

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Router};
use serde_json::Value;

use super::body::whole;
use super::problem::Problem;
use super::state::HttpState;
use crate::api::service::Caller;
use crate::app::{Editor, ErrorCode, WriteError};
use crate::ingest::servicenow::{Commit, Instance, Request, RequestError, Terms, instance, push};
use crate::model::Name;

/// Who speaks where a request does not say.
const SOURCE_DEFAULT: &str = "servicenow";

/// Largest body of a request, in bytes.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The routes, with and without a version.
pub(super) fn router() -> Router<HttpState> {
    let mut router = Router::new();
    for version in ["", "/v1", "/v2"] {
        let base = format!("/api/now{version}/identifyreconcile");
        router = router
            .route(&base, post(commit))
            .route(&format!("{base}/enhanced"), post(commit_enhanced))
            .route(&format!("{base}/query"), post(simulate))
            .route(&format!("{base}/queryEnhanced"), post(simulate))
            .route(&format!("/api/now{version}/cmdb/instance/{{class}}"), post(one));
    }
    router
}

type Parameters = Vec<(String, String)>;

async fn commit(
    State(state): State<HttpState>,
    Extension(caller): Extension<Caller>,
    Query(parameters): Query<Parameters>,
    body: Body,
) -> Response {
    answer(state, caller, &parameters, Commit::Whole, body).await
}

async fn commit_enhanced(
    State(state): State<HttpState>,
    Extension(caller): Extension<Caller>,
    Query(parameters): Query<Parameters>,
    body: Body,
) -> Response {
    let is_partial = has_option(&parameters, "partial_commits") || has_option(&parameters, "partial_payloads");
    let commit = if is_partial { Commit::Partial } else { Commit::Whole };
    answer(state, caller, &parameters, commit, body).await
}

async fn simulate(
    State(state): State<HttpState>,
    Extension(caller): Extension<Caller>,
    Query(parameters): Query<Parameters>,
    body: Body,
) -> Response {
    answer(state, caller, &parameters, Commit::Simulate, body).await
}

async fn answer(state: HttpState, caller: Caller, parameters: &Parameters, commit: Commit, body: Body) -> Response {
    let source = parameters.iter().find(|(name, _)| name == "sysparm_data_source");
    let terms = match source_name(source.map(|(_, value)| value.as_str())) {
        Ok(source) => Terms {
            source,
            commit,
            summary: has_option(parameters, "generate_summary"),
        },
        Err(problem) => return problem.into_response(),
    };
    let work = move |editor: &Editor, bytes: &[u8]| {
        let request = Request::parse(bytes).map_err(|error| refusal(&error))?;
        let answer = push(editor, request, &terms).map_err(|error| failure(&error))?;
        Ok((StatusCode::OK, answer))
    };
    run(state, caller, body, work).await
}

async fn one(
    State(state): State<HttpState>,
    Extension(caller): Extension<Caller>,
    Path(class): Path<String>,
    body: Body,
) -> Response {
    let work = move |editor: &Editor, bytes: &[u8]| {
        let body = Instance::parse(bytes).map_err(|error| refusal(&error))?;
        let terms = Terms {
            source: source_name(body.source.as_deref())?,
            commit: Commit::Whole,
            summary: false,
        };
        let (good, answer) = instance(editor, &class, body, &terms).map_err(|error| failure(&error))?;
        Ok((
            if good {
                StatusCode::CREATED
            } else {
                StatusCode::BAD_REQUEST
            },
            answer,
        ))
    };
    run(state, caller, body, work).await
}

async fn run(
    state: HttpState,
    caller: Caller,
    body: Body,
    work: impl FnOnce(&Editor, &[u8]) -> Result<(StatusCode, Value), Problem> + Send + 'static,
) -> Response {
    let Some(cmdb) = &state.cmdb else {
        return Problem::new(ErrorCode::NotReady, "this server does not take pushes").into_response();
    };
    let config = &state.config;
    let limit = usize::try_from(config.ingest.body_bytes_max)
        .unwrap_or(usize::MAX)
        .min(BODY_BYTES_MAX);
    let bytes: Bytes = match whole(body, limit, config.ingest.progress_timeout_ms.duration()).await {
        Ok(bytes) => bytes,
        Err(problem) => return problem.into_response(),
    };
    let editor = cmdb.editor(caller.actor);
    let done = tokio::task::spawn_blocking(move || work(&editor, &bytes)).await;
    match done {
        Ok(Ok((status, answer))) => {
            let kind = [(header::CONTENT_TYPE, "application/json")];
            (status, kind, answer.to_string()).into_response()
        }
        Ok(Err(problem)) => problem.into_response(),
        Err(_) => Problem::new(ErrorCode::Internal, "the request failed by an error of ours").into_response(),
    }
}

/// Sources are named in small letters here; `ServiceNow` and `Other Automated` are theirs.
fn source_name(stated: Option<&str>) -> Result<Name, Problem> {
    let text = stated.filter(|text| !text.trim().is_empty()).unwrap_or(SOURCE_DEFAULT);
    let name = text.trim().to_lowercase().replace([' ', '/', ':'], "-");
    Name::new(&name).map_err(|error| Problem::new(ErrorCode::InvalidName, error.to_string()))
}

/// Whether an option is set: `options=partial_commits:true,generate_summary:true`, or by itself.
fn has_option(parameters: &Parameters, option: &str) -> bool {
    parameters.iter().any(|(name, value)| {
        let alone = name == option && value == "true";
        let listed = matches!(name.as_str(), "options" | "sysparm_options")
            && value
                .split(',')
                .any(|one| one.trim().split_once(':') == Some((option, "true")));
        alone || listed
    })
}

fn refusal(error: &RequestError) -> Problem {
    let code = match error {
        RequestError::Json(_) => ErrorCode::MalformedJson,
        RequestError::TooLarge { .. } => ErrorCode::LimitExceeded,
    };
    Problem::new(code, error.to_string())
}

fn failure(error: &WriteError) -> Problem {
    Problem::new(error.code(), error.to_string())
}
