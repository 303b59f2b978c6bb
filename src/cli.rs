//! The command line: one file a subcommand.
//!
//! Every command that asks the estate sends a GraphQL document, either to a server (`--url`) or to
//! the same service run in this process on a store that no server holds; so there is one path and
//! one output.

mod generate;
mod output;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::app::ErrorCode;

use output::Output;

/// What breaks if this breaks? A configuration management database that knows.
#[derive(Debug, Parser)]
#[command(name = "linchpin", version, about, max_term_width = 100, subcommand_required = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of all commands.
#[derive(Args, Debug)]
struct Global {
    /// Write JSON for scripts instead of tables for people.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Generate(generate::Generate),
}

/// Parses the command line, runs the command and gives its exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = Output::new(cli.global.json);
    let outcome = match cli.command {
        Command::Generate(generate) => generate::run(&generate, &output),
    };
    outcome.unwrap_or_else(|error| output.error(&error))
}

/// An error with the code by which it is known: the exit code and the remedy follow from it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    code: ErrorCode,
    message: String,
}

impl Failure {
    /// A failure of a code, told in a message.
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}
