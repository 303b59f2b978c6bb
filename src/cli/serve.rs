//! `linchpin serve`: the server.

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use tokio::runtime::Builder;

use crate::api::ApiFigures;
use crate::app::{Cmdb, ErrorCode};
use crate::http::signals::StopSignals;
use crate::http::{HttpState, Metrics, Server, SourceLabels};
use crate::ingest::{self, IngestOptions, Outcome, ReportLine};
use crate::model::SourceName;
use crate::telemetry;

use super::backend::local::{actor, open_store, service};
use super::output::Output;
use super::{Failure, Settings};

/// The estate of `--demo`: a hand-made shop and a generated company.
const DEMO: [&str; 2] = [
    include_str!("../../fixtures/shop/shop.ndjson"),
    include_str!("../../fixtures/estate/estate.ndjson"),
];

/// Serve the estate: GraphQL, bulk ingest and pages.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Listens on 127.0.0.1:8080 unless --listen says otherwise; any address that others can reach needs a
token (--token-file). Ends on SIGTERM or Ctrl-C, once running requests are answered.

Examples:
  linchpin serve --demo
  linchpin serve --data /var/lib/linchpin --listen 0.0.0.0:8080 --token-file /etc/linchpin/token")]
pub(super) struct Serve {
    /// Load an example estate first, if the store is empty.
    #[arg(long)]
    demo: bool,
}

pub(super) fn run(options: &Serve, settings: Settings, output: &Output) -> anyhow::Result<ExitCode> {
    let config = Arc::new(settings.effective.config);
    telemetry::start(&config.log).map_err(|error| Failure::of(ErrorCode::InvalidConfiguration, &error))?;
    telemetry::ignore_file_size_signal().context("cannot prepare for a full disk")?;
    let runtime = Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    // The address first: a server that cannot listen leaves no store behind.
    let server = runtime
        .block_on(Server::bind(&config.server))
        .map_err(|error| Failure::of(error.code(), &error))?;
    let stop = runtime
        .block_on(async { StopSignals::listen() })
        .context("cannot listen for signals")?;
    let cmdb = open_store(&config)?;
    let loaded = if options.demo { Some(demo(&cmdb)?) } else { None };
    let figures = ApiFigures::default();
    let graphql = service(&cmdb, &config, figures.clone());
    let mut state = HttpState::new(graphql, Arc::clone(&config), server.token());
    state.cmdb = Some(cmdb.clone());
    let health = cmdb.clone();
    state.readiness = Arc::new(move || health.health().unusable.map_or(Ok(()), Err));
    gauges(&state.metrics, &cmdb);
    watch_gauges(&state.metrics, &figures);
    greet(&server.local_addr().to_string(), loaded.as_deref(), output);
    runtime.block_on(server.run(state, stop.stop_requested()));
    drop(runtime);
    cmdb.close();
    Ok(ExitCode::SUCCESS)
}

/// Brings the example estate into an empty store, and says what it did.
fn demo(cmdb: &Cmdb) -> anyhow::Result<String> {
    let folder = cmdb.folder().display().to_string();
    if cmdb.reader().snapshot().ci_count() > 0 {
        return Ok(format!(
            "the estate in {folder} is kept as it is: the example goes into empty stores only"
        ));
    }
    let editor = cmdb.editor(actor());
    for payload in DEMO {
        let mut ignore = |_: ReportLine| ControlFlow::Continue(());
        let summary = ingest::run(&editor, IngestOptions::default(), payload.as_bytes(), &mut ignore);
        let refused = summary.outcomes.get(&Outcome::Refused).copied().unwrap_or(0);
        let problem = summary.error.map(|problem| problem.message);
        if refused > 0 || problem.is_some() {
            let problem = problem.unwrap_or_else(|| format!("{refused} records were refused"));
            let message = format!("the example estate did not load: {problem}");
            return Err(Failure::new(ErrorCode::Internal, message).into());
        }
    }
    let snapshot = cmdb.reader().snapshot();
    Ok(format!(
        "loaded the example estate into {folder}: {} configuration items, {} relationships",
        snapshot.ci_count(),
        snapshot.relationship_count()
    ))
}

/// What `/metrics` tells of the database.
fn gauges(metrics: &Metrics, cmdb: &Cmdb) {
    let gauge = |name, help, read: fn(&Cmdb) -> u64| {
        let cmdb = cmdb.clone();
        metrics.gauge(name, help, move || i64::try_from(read(&cmdb)).unwrap_or(i64::MAX));
    };
    gauge("revision", "The last commit", |cmdb| cmdb.health().revision.number());
    gauge("checkpoint_revision", "The commit of the last checkpoint", |cmdb| {
        cmdb.health().checkpoint_revision.number()
    });
    gauge("write_queue_depth", "Writes that wait", |cmdb| {
        cmdb.health().queue_depth as u64
    });
    gauge("writable", "1 while writes can be made, else 0", |cmdb| {
        u64::from(cmdb.health().is_writable())
    });
    gauge("configuration_items", "Configuration items recorded", |cmdb| {
        cmdb.reader().snapshot().ci_count() as u64
    });
    gauge("relationships", "Relationships recorded", |cmdb| {
        cmdb.reader().snapshot().relationship_count() as u64
    });
    let last = cmdb.clone();
    metrics.gauge_of_sources(
        "source_last_completed_seconds",
        "When the last run of a source that was completed ended, in seconds since 1970",
        move || {
            let labels = |source: &SourceName| SourceLabels {
                source: source.name.to_string(),
                feed: source.feed.to_string(),
                scope: source.scope.to_string(),
            };
            let runs = last.reader().runs().completed();
            runs.iter()
                .map(|run| (labels(&run.source), run.ended.as_second()))
                .collect()
        },
    );
    gauge("sync_sessions", "Sync sessions that are open", |cmdb| {
        cmdb.reader().sessions().open().len() as u64
    });
    gauge("review_queue", "Records that wait for a decision", |cmdb| {
        cmdb.reader().snapshot().open_review_count() as u64
    });
    gauge("redundancy_groups", "Explicit redundancy groups recorded", |cmdb| {
        cmdb.reader().snapshot().group_count() as u64
    });
}

/// What `/metrics` tells of watches.
fn watch_gauges(metrics: &Metrics, figures: &ApiFigures) {
    let gauge = |name, help, read: fn(&ApiFigures) -> u64| {
        let figures = figures.clone();
        metrics.gauge(name, help, move || i64::try_from(read(&figures)).unwrap_or(i64::MAX));
    };
    gauge(
        "watch_looks",
        "Evaluations of watched services since the start: one for each change that touches one",
        ApiFigures::watch_looks,
    );
    gauge(
        "watch_looks_shared",
        "Evaluations that watches of the same service took over from each other since the start",
        ApiFigures::watch_looks_shared,
    );
}

fn greet(address: &str, loaded: Option<&str>, output: &Output) {
    output.line(&format!("linchpin serves http://{address}/"));
    output.line(&format!("  explorer  http://{address}/graphiql"));
    output.line(&format!("  GraphQL   http://{address}/graphql"));
    output.line(&format!("  ingest    http://{address}/ingest"));
    if let Some(loaded) = loaded {
        let program = std::env::args().next().unwrap_or_else(|| "linchpin".to_owned());
        output.line(loaded);
        output.line("");
        output.line("What breaks if this server breaks? Ask in the explorer, or in another terminal:");
        output.line(&format!(
            "  {program} --url http://{address} impact physical_server:host-01"
        ));
    }
}
