//! Behaviour, through public interfaces only.

mod http_abuse;
mod http_conformance;
mod http_routes;
mod http_server;
