//! The GraphQL API: everything that names `async_graphql` stands here.
//!
//! Resolvers are glue: they take the request's snapshot, call one function of a layer below, and
//! convert. What may take long is a question, and questions run on a bounded pool within a budget.

mod answers;
pub mod connection;
pub mod context;
pub mod error;
mod figures;
pub mod guard;
mod lints;
mod moments;
pub mod mutation;
pub mod query;
mod recent_changes;
pub mod scalars;
mod scenarios;
pub mod schema;
pub mod service;
pub mod subscription;
pub mod types;
mod watch;

pub use context::{ApiContext, ApiLimits};
pub use figures::ApiFigures;
pub use schema::ApiSchema;
