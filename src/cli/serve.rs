//! `linchpin serve`: the server.

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use tokio::runtime::Builder;

use crate::app::{Cmdb, ErrorCode};
use crate::http::{HttpState, Server};
use crate::ingest::{self, IngestOptions, ReportLine};
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
    /// Bring an example estate in first, if it is not there yet.
    #[arg(long)]
    demo: bool,
}

pub(super) fn run(options: &Serve, settings: Settings, output: &Output) -> anyhow::Result<ExitCode> {
    let config = Arc::new(settings.effective.config);
    telemetry::start(&config.log).map_err(|error| Failure::of(ErrorCode::InvalidConfiguration, &error))?;
    telemetry::ignore_file_size_signal().context("cannot prepare for a full disk")?;
    let cmdb = open_store(&config)?;
    if options.demo {
        demo(&cmdb)?;
    }
    let runtime = Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let served = runtime.block_on(async {
        let server = Server::bind(&config.server)
            .await
            .map_err(|error| Failure::of(error.code(), &error))?;
        let mut state = HttpState::new(service(&cmdb, &config), Arc::clone(&config), server.token());
        state.cmdb = Some(cmdb.clone());
        let health = cmdb.clone();
        state.readiness = Arc::new(move || health.health().unusable.map_or(Ok(()), Err));
        greet(&server.local_addr().to_string(), options.demo, output);
        server.run(state, stopped()).await;
        anyhow::Ok(())
    });
    drop(runtime);
    cmdb.close();
    served.map(|()| ExitCode::SUCCESS)
}

/// Brings the example estate in. Doing it again changes nothing.
fn demo(cmdb: &Cmdb) -> anyhow::Result<()> {
    let editor = cmdb.editor(actor());
    for payload in DEMO {
        let mut ignore = |_: ReportLine| ControlFlow::Continue(());
        let summary = ingest::run(&editor, IngestOptions::default(), payload.as_bytes(), &mut ignore);
        if let Some(problem) = summary.error {
            let message = format!("the example estate did not load: {}", problem.message);
            return Err(Failure::new(ErrorCode::Internal, message).into());
        }
    }
    Ok(())
}

fn greet(address: &str, demo: bool, output: &Output) {
    output.line(&format!("linchpin serves http://{address}/"));
    output.line(&format!("  GraphQL   http://{address}/graphql"));
    output.line(&format!("  explorer  http://{address}/graphiql"));
    if demo {
        output.line("ask, for example:");
        output.line(&format!(
            "  linchpin --url http://{address} impact physical_server:host-01"
        ));
    }
}

/// Completes when the process is asked to end.
async fn stopped() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        // Without the handler the process ends at once, which the store survives.
        let Ok(mut terminate) = signal(SignalKind::terminate()) else {
            drop(interrupt.await);
            return;
        };
        tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} }
    }
    #[cfg(not(unix))]
    drop(interrupt.await);
}
