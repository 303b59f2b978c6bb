//! The routes, and the checks before them in their order.

use axum::Router;
use axum::http::header;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::decompression::RequestDecompressionLayer;
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;

use super::problem::{self, Problem};
use super::state::HttpState;
use super::{access, export, graphql, health, ingest, observe, servicenow};
use crate::app::ErrorCode;
use crate::ui;

/// Layers are written from the innermost to the outermost.
pub(super) fn router(state: &HttpState) -> Router {
    Router::new()
        .route("/graphql", get(graphql::get).post(graphql::post))
        .route("/ingest", post(ingest::push))
        .route("/export", get(export::pull))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .merge(servicenow::router())
        .merge(ui::router())
        .fallback(not_found)
        .layer(RequestDecompressionLayer::new())
        .layer(CatchPanicLayer::custom(observe::panicked))
        .layer(from_fn_with_state(state.clone(), access::check))
        .layer(from_fn_with_state(state.clone(), problem::complete))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(state.clone(), observe::observe))
        .layer(SetSensitiveRequestHeadersLayer::new([header::AUTHORIZATION]))
        .with_state(state.clone())
}

async fn not_found() -> impl IntoResponse {
    Problem::new(ErrorCode::RouteNotFound, "there is nothing under this path")
}
