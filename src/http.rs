//! The HTTP surface: an accept loop with limits, the routes, and nothing of what they mean.
//!
//! `server` owns sockets and their time; `router` puts routes and checks in order; the rest is one
//! file a route or a check. What a request means is the business of `api` and `ingest`.

pub mod metrics;
pub mod server;
pub mod signals;
pub mod state;

mod access;
mod body;
mod connection;
mod export;
mod graphql;
mod health;
mod ingest;
mod observe;
mod problem;
mod router;
mod servicenow;
mod timed_io;

pub use metrics::{Metrics, SourceLabels};
pub use server::{BoundServer, Server, ServerError};
pub use state::{HttpState, Readiness};
