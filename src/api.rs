//! The GraphQL API: everything that names `async_graphql` stands here.

pub mod guard;
pub mod service;
