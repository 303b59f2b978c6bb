//! `linchpin push`: the whole of a source, feed and scope, as one sync session.

mod retry;
mod session;
mod watch;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use clap::builder::{NonEmptyStringValueParser, RangedU64ValueParser};
use serde_json::Value;

use super::backend::Backend;
use super::import::{format_names, format_of_name};
use super::output::Output;
use retry::Retry;
use session::Pushed;

/// Bring in all that a source knows, and let go what it does not know any more.
#[derive(Args, Debug)]
#[command(after_long_help = "\
For cron: all files are pushed to one sync session, which is completed when all of them are in. What
the same source, feed and scope spoke of before and do not mention any more becomes stale, and is
retired when it has been so for longer than the grace of its type. Nothing goes if the push breaks off.

A lost connection, a busy server and a server that restarts are waited for: the push goes on for
--retry-for seconds, and begins anew where it must. Records are never doubled.

--watch takes a folder as the whole of the source: whenever a file in it is new, changed or gone,
and then quiet, all of its files are pushed as one session.

Exit codes:
  0  everything is in
  1  some records were refused; the others are in, and the session is completed
  3  the session was not completed: too much was missing (SWEEP_GUARD), or the input is refused
  6  the server could not be reached for --retry-for seconds

Examples:
  linchpin --url http://cmdb:8080 push --source vcenter --feed vms --scope dc-north vms.ndjson
  ansible -m setup all --tree facts/ && linchpin push --source ansible --format ansible facts/*
  kubectl get all,nodes -A -o json | linchpin push --source k8s --scope prod --format kubernetes -
  linchpin push --source scanner --feed reports --watch /var/spool/scanner")]
pub(super) struct Push {
    /// The files, in this order; `-` is standard input.
    #[arg(value_name = "FILE", required_unless_present = "watch", conflicts_with = "watch")]
    files: Vec<PathBuf>,
    /// Who speaks.
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    source: String,
    /// Which of the source's feeds this is.
    #[arg(long, value_name = "NAME")]
    feed: Option<String>,
    /// Of which part of the world the feed speaks: only what was pushed with the same scope can go.
    #[arg(long, value_name = "NAME")]
    scope: Option<String>,
    /// The format of the files; found out for each, if not said.
    #[arg(long, value_name = "FORMAT", value_parser = format_names())]
    format: Option<String>,
    /// What a document does not say of itself: the name of the cluster or site it was taken from.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// A TOML file that says what the columns of CSV mean.
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Most configuration items that may be let go for the first time, in percent.
    #[arg(long, value_name = "PERCENT", value_parser = RangedU64ValueParser::<u8>::new().range(0..=100))]
    share_max: Option<u8>,
    /// How many seconds to go on when the server cannot be reached or is busy.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    retry_for: u64,
    /// Push a folder whenever it changes, until stopped.
    #[arg(long, value_name = "FOLDER")]
    watch: Option<PathBuf>,
    /// How often the watched folder is looked at, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 5, requires = "watch",
        value_parser = RangedU64ValueParser::<u64>::new().range(1..=86_400))]
    interval: u64,
}

pub(super) fn run(options: &Push, backend: &Backend, output: &Output) -> anyhow::Result<ExitCode> {
    let retry = Retry::lasting(Duration::from_secs(options.retry_for));
    match &options.watch {
        Some(folder) => watch::run(options, folder, retry, backend, output),
        None => push(options, &options.files, retry, backend, output),
    }
}

/// Pushes files as one session.
fn push(
    options: &Push,
    files: &[PathBuf],
    retry: Retry,
    backend: &Backend,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let spooled = session::spool(files)?;
    let pushed = session::push(options, &spooled, retry, backend, output)?;
    show(&pushed, output);
    Ok(if pushed.refused == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(super::NO)
    })
}

fn show(pushed: &Pushed, output: &Output) {
    output.json(&pushed.answer);
    let counts = &pushed.answer["run"]["counts"];
    let count = |name: &str| counts[name].to_string();
    let names = [
        "created",
        "updated",
        "unchanged",
        "refused",
        "stale",
        "retired",
        "relationshipsRemoved",
    ];
    let rows = vec![names.iter().map(|name| count(name)).collect()];
    output.table(
        &[
            "CREATED",
            "UPDATED",
            "UNCHANGED",
            "REFUSED",
            "STALE",
            "RETIRED",
            "RELATIONSHIPS GONE",
        ],
        rows,
    );
    output.note(&format!(
        "{} records; the estate is at revision {}",
        count("records"),
        pushed.answer["run"]["revision"]
    ));
    show_unswept(&pushed.answer, output);
}

/// Shows what was not mentioned and stays all the same.
fn show_unswept(answer: &Value, output: &Output) {
    let unswept = answer["unswept"].as_array().map_or(&[][..], Vec::as_slice);
    if unswept.is_empty() {
        return;
    }
    let columns = ["id", "outcome", "code", "message"];
    let row = |unswept: &Value| columns.map(|column| unswept[column].as_str().unwrap_or_default().to_owned());
    let rows = unswept.iter().map(|unswept| row(unswept).to_vec()).collect();
    output.note("not mentioned, but it could not be swept; the next push tries again:");
    output.table(&["ID", "WANTED", "WHY", "MESSAGE"], rows);
}

/// The format of a file, as its options or its name say it.
fn format(options: &Push, file: &Path) -> String {
    options
        .format
        .clone()
        .unwrap_or_else(|| format_of_name(file).to_owned())
}
