//! `linchpin completions`: scripts for shells.

use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Cli;
use super::output::Output;

/// Write a completion script for a shell.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  linchpin completions bash > ~/.local/share/bash-completion/completions/linchpin
  linchpin completions zsh > ~/.zfunc/_linchpin")]
pub(super) struct Completions {
    /// The shell.
    shell: Shell,
}

pub(super) fn run(options: &Completions, output: &Output) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Cli::command(), "linchpin", &mut script);
    output.raw(String::from_utf8_lossy(&script).trim_end());
    ExitCode::SUCCESS
}
