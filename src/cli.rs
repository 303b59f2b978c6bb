//! The command line: one file a subcommand.
//!
//! Every command that asks the estate sends a GraphQL document through a `Backend`: to a server
//! (`--url`), or to the same service run in this process on a store that no server holds. So there
//! is one path and one output.

mod answer;
mod backend;
mod cause;
mod cfia;
mod ci;
mod completions;
mod config;
mod cut_sets;
mod dependencies;
mod drawing;
mod duplicates;
mod export;
mod format;
mod generate;
mod identify;
mod impact;
mod import;
mod lints;
mod merge;
mod output;
mod path;
mod payloads;
mod premises;
mod push;
mod scenario;
mod schema;
mod serve;
mod spof;
mod verify;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::app::ErrorCode;
use crate::config::{Effective, Environment};

use backend::Backend;
use output::Output;

/// What breaks if this breaks? A configuration management database that knows.
#[derive(Debug, Parser)]
#[command(
    name = "linchpin",
    version,
    about,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    after_long_help = MANUAL
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const MANUAL: &str = "\
A CI is named by its id (`ci:0190...`), by type and name (`business_service:shop`), or by an
identifier (`serial_number:SRV9001`). A name that several CIs have is an error that lists them.

Commands that ask or change the estate speak to the server at --url; without it they open the store
at --data themselves, which works while no server holds it.

Exit codes:
   0  done, or the answer is yes
   1  the answer is no: no path, no cause, nothing listed, records refused by an import,
      findings of `lints` and `duplicates`, something that `unmerge` could not give back
   2  the command line or the configuration is wrong, or a file cannot be used
   3  the input is refused
   4  something asked for is not there, or a reference is ambiguous
   5  the store cannot be used: locked, damaged, too new, read-only
   6  the server cannot be reached, or is busy
   7  not allowed
  10  a condition of `impact --fail-on` is met
  70  a bug in linchpin

Examples:
  linchpin serve --demo
  linchpin impact physical_server:host-01
  linchpin cause application:shop-app --healthy web_server:web-01
  linchpin import inventory.ndjson --dry-run
  linchpin --url http://cmdb:8080 --token-file token ci show business_service:shop";

/// Options of all commands.
#[derive(Args, Debug)]
#[command(next_help_heading = "Options of all commands")]
struct Global {
    /// Write JSON for scripts instead of tables for people.
    #[arg(long, global = true)]
    json: bool,
    /// The server to speak to; absent: `LINCHPIN_URL`, else open the store in this process.
    #[arg(long, global = true, value_name = "URL")]
    url: Option<String>,
    /// A file that holds the token to show to the server.
    #[arg(long, global = true, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The folder of the store.
    #[arg(long, global = true, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// The address to listen on, for `serve`.
    #[arg(long, global = true, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// The configuration file; absent: `linchpin.toml`, if there is one.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Impact(impact::Impact),
    Cause(cause::Cause),
    Scenario(scenario::Scenario),
    Dependencies(dependencies::Dependencies),
    Spof(spof::Spof),
    CutSets(cut_sets::CutSets),
    Cfia(cfia::Cfia),
    Ci(ci::Ci),
    Path(path::Path),
    Lints(lints::Lints),
    Duplicates(duplicates::Duplicates),
    Merge(merge::Merge),
    Unmerge(merge::Unmerge),
    Identify(identify::Identify),
    Import(import::Import),
    Push(push::Push),
    Export(export::Export),
    Generate(generate::Generate),
    Verify(verify::Verify),
    Schema(schema::Schema),
    Config(config::ShowConfig),
    Completions(completions::Completions),
}

/// Parses the command line, runs the command and gives its exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = Output::new(cli.global.json);
    run(&cli, &output)
        .and_then(|code| Ok(output.finish().map(|()| code)?))
        .unwrap_or_else(|error| output.error(&error))
}

fn run(cli: &Cli, output: &Output) -> anyhow::Result<ExitCode> {
    let settings = Settings::read(&cli.global)?;
    let backend = || Backend::open(&settings);
    match &cli.command {
        Command::Serve(options) => serve::run(options, settings, output),
        Command::Impact(options) => impact::run(options, &backend()?, output),
        Command::Cause(options) => cause::run(options, &backend()?, output),
        Command::Scenario(options) => scenario::run(options, &backend()?, output),
        Command::Dependencies(options) => dependencies::run(options, &backend()?, output),
        Command::Spof(options) => spof::run(options, &backend()?, output),
        Command::CutSets(options) => cut_sets::run(options, &backend()?, output),
        Command::Cfia(options) => cfia::run(options, &backend()?, output),
        Command::Ci(options) => ci::run(options, &backend()?, output),
        Command::Path(options) => path::run(options, &backend()?, output),
        Command::Lints(options) => lints::run(options, &backend()?, output),
        Command::Duplicates(options) => duplicates::run(options, &backend()?, output),
        Command::Merge(options) => merge::run_merge(options, &backend()?, output),
        Command::Unmerge(options) => merge::run_unmerge(options, &backend()?, output),
        Command::Identify(options) => identify::run(options, &backend()?, output),
        Command::Import(options) => import::run(options, &backend()?, output),
        Command::Push(options) => push::run(options, &backend()?, output),
        Command::Export(options) => export::run(options, &backend()?, output),
        Command::Generate(options) => generate::run(options, output),
        Command::Verify(options) => verify::run(options, &settings.effective.config.store.data, output),
        Command::Schema(options) => Ok(schema::run(options, output)),
        Command::Config(options) => Ok(config::run(options, &settings, output)),
        Command::Completions(options) => Ok(completions::run(options, output)),
    }
}

/// The configuration, and the server that the command line names.
#[derive(Debug)]
struct Settings {
    effective: Effective,
    url: Option<String>,
}

impl Settings {
    fn read(global: &Global) -> anyhow::Result<Self> {
        let environment = Environment::read();
        let mut flags = BTreeMap::new();
        let mut flag = |name: &str, value: Option<String>| {
            value.map(|value| flags.insert(name.to_owned(), value));
        };
        let text = |path: &PathBuf| path.to_string_lossy().into_owned();
        flag("store.data", global.data.as_ref().map(text));
        flag("server.token_file", global.token_file.as_ref().map(text));
        flag("server.listen", global.listen.clone());
        let effective = Effective::load(global.config.as_deref(), &environment, &flags)
            .map_err(|error| Failure::of(ErrorCode::InvalidConfiguration, &error))?;
        let url = global
            .url
            .clone()
            .or_else(|| environment.get("LINCHPIN_URL").map(str::to_owned));
        Ok(Self { effective, url })
    }
}

/// Exit code: the answer is no.
const NO: u8 = 1;

/// Exit code: a condition of `impact --fail-on` is met.
const CONDITION_MET: u8 = 10;

/// An error with the code by which it is known: the exit code and the remedy follow from it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    code: ErrorCode,
    message: String,
    candidates: Vec<String>,
}

impl Failure {
    /// A failure of a code, told in a message.
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            candidates: Vec::new(),
        }
    }

    /// A failure of a code, told by an error and its causes.
    pub(crate) fn of(code: ErrorCode, error: &dyn std::error::Error) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            message = format!("{message}: {error}");
            cause = error.source();
        }
        Self::new(code, message)
    }

    /// Adds the CIs that an ambiguous reference may mean.
    #[must_use]
    pub(crate) fn with_candidates(mut self, candidates: Vec<String>) -> Self {
        self.candidates = candidates;
        self
    }
}
