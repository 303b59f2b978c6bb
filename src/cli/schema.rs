//! `linchpin schema`: the GraphQL schema.

use std::process::ExitCode;

use clap::Args;

use crate::api;

use super::output::Output;

/// Print the GraphQL schema in SDL.
#[derive(Args, Debug)]
pub(super) struct Schema {}

pub(super) fn run(_: &Schema, output: &Output) -> ExitCode {
    output.raw(api::schema::sdl().trim_end());
    ExitCode::SUCCESS
}
