//! Linchpin, a configuration management database that answers, exactly and at once: what breaks if
//! this breaks?
//!
//! Layers point one way: `model` <- `catalog` <- `graph` <- `impact`; `store` sees model and
//! catalog; `app` joins them; `ingest`, `api`, `http`, `ui` and `cli` stand on `app`.

pub mod app;
pub mod catalog;
pub mod cli;
pub mod clock;
pub mod generate;
pub mod graph;
pub mod impact;
pub mod ingest;
pub mod model;
pub mod store;
