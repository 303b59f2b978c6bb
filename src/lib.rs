//! Linchpin, a configuration management database that answers, exactly and at once: what breaks if
//! this breaks?
//!
//! Layers point one way: `model` <- `catalog` <- `graph` <- `impact`; `store` sees model and
//! catalog; `app` joins them; `ingest`, `api`, `http`, `ui` and `cli` stand on `app`.

pub mod model;

pub mod catalog;
pub mod graph;
pub mod impact;
pub mod store;

pub mod app;

pub mod api;
pub mod cli;
pub mod generate;
pub mod http;
pub mod ingest;
pub mod ui;

pub mod clock;
pub mod config;
pub mod telemetry;
