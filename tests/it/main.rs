//! Behaviour that a user could notice, through the public interfaces and a real store.

mod bad_input;
mod bad_store;
mod cli_commands;
mod cli_export;
mod cli_remote;
mod clock;
mod conformance;
mod data_causes;
mod documents;
mod full_disk;
mod http_abuse;
mod http_conformance;
mod http_routes;
mod http_server;
mod ingest_csdm;
mod ingest_debian;
mod ingest_http;
mod ingest_load;
mod ingest_orders;
mod ingest_reports;
mod ingest_support;
mod kill;
mod process;
mod slow_clients;
mod tidy;
