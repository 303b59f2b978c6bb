//! `linchpin config`: what is in force, and why.

use std::process::ExitCode;

use clap::Args;

use super::Settings;
use super::output::Output;

/// Print the configuration in force, each value with where it came from.
#[derive(Args, Debug)]
#[command(after_long_help = "\
A later one wins: defaults, the configuration file, `LINCHPIN_*` variables, flags. The output is a
configuration file itself. Secrets are never part of it.

Examples:
  linchpin config
  linchpin config --config linchpin.toml > checked.toml")]
pub(super) struct ShowConfig {}

pub(super) fn run(_: &ShowConfig, settings: &Settings, output: &Output) -> ExitCode {
    output.raw(settings.effective.render_redacted().trim_end());
    ExitCode::SUCCESS
}
