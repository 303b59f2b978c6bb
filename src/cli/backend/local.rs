//! A store that no server holds, opened in this process.

use std::io::{BufReader, Read, Write};
use std::ops::ControlFlow;

use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use crate::api::service::{Caller, GraphQlRequest, GraphQlService};
use crate::api::{ApiContext, ApiFigures, ApiLimits, schema};
use crate::app::{CheckpointPolicy, Cmdb, CmdbOptions};
use crate::cli::Failure;
use crate::clock::Clock;
use crate::config::Config;
use crate::ingest::export::{export, secrets};
use crate::ingest::{IngestOptions, ReportLine, run};
use crate::model::Actor;

use super::{Exported, IngestTerms, PAYLOAD_MEDIA_TYPE};

/// Who writes when nobody signs in: whoever may open the files.
const ACTOR: &str = "local";

/// Bytes read from a file at once.
const READ_BYTES: usize = 1 << 18;

/// A store in this process. It is closed, with a checkpoint, when this goes.
#[derive(Debug)]
pub(in crate::cli) struct Local {
    cmdb: Cmdb,
    graphql: GraphQlService,
    runtime: Runtime,
}

/// Opens the store that the configuration names.
pub(in crate::cli) fn open_store(config: &Config) -> anyhow::Result<Cmdb> {
    let options = CmdbOptions {
        checkpoints: CheckpointPolicy {
            interval: config.store.checkpoint_interval_ms.duration(),
            commits_max: config.store.checkpoint_entries_max as u64,
        },
        ..CmdbOptions::default()
    };
    let opened = Cmdb::open(&config.store.data, options);
    Ok(opened.map_err(|error| Failure::of(error.code(), &error))?)
}

/// The GraphQL service of a database, the same for a server and for one command.
pub(in crate::cli) fn service(cmdb: &Cmdb, config: &Config, figures: ApiFigures) -> GraphQlService {
    let limits = ApiLimits {
        page_max: config.limits.page_size_max,
        depth_max: config.limits.document_depth_max,
        complexity_max: config.limits.complexity_max,
        steps_max: config.limits.question_steps_max,
        time_max: config.limits.question_timeout_ms.duration(),
        ..ApiLimits::default()
    };
    let context = ApiContext {
        cmdb: cmdb.clone(),
        limits,
        clock: Clock::System,
        figures,
    };
    GraphQlService::new(schema::build(context), &config.limits)
}

/// Who asks and writes when nobody signs in: whoever may open the files.
pub(in crate::cli) fn actor() -> Actor {
    Actor { name: ACTOR.into() }
}

impl Local {
    pub(in crate::cli) fn open(config: &Config) -> anyhow::Result<Self> {
        let cmdb = open_store(config)?;
        let runtime = Builder::new_current_thread().enable_time().build()?;
        Ok(Self {
            graphql: service(&cmdb, config, ApiFigures::default()),
            cmdb,
            runtime,
        })
    }

    /// Runs a GraphQL request and gives its answer.
    pub(in crate::cli) fn graphql(&self, body: &Value) -> anyhow::Result<Value> {
        let request = GraphQlRequest {
            query: body["query"].as_str().unwrap_or_default().to_owned(),
            operation_name: body["operationName"].as_str().map(str::to_owned),
            variables: body["variables"].as_object().cloned(),
            extensions: None,
        };
        let caller = Caller {
            actor: actor(),
            request_id: "command line".into(),
        };
        let reply = match self.graphql.check(request) {
            Ok(checked) => self.runtime.block_on(self.graphql.execute(checked, caller)),
            Err(reply) => reply,
        };
        Ok(serde_json::from_slice(&reply.body)?)
    }

    /// Takes a payload in.
    pub(in crate::cli) fn ingest(
        &self,
        terms: &IngestTerms,
        payload: &mut (dyn Read + Send),
        report: &mut dyn FnMut(&str) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let options = options(terms)?;
        let editor = self.cmdb.editor(actor());
        let mut outcome = Ok(());
        let mut hand_on = |line: ReportLine| {
            let told = serde_json::to_string(&line)
                .map_err(anyhow::Error::from)
                .and_then(|line| report(&line));
            match told {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    outcome = Err(error);
                    ControlFlow::Break(())
                }
            }
        };
        run(
            &editor,
            options,
            BufReader::with_capacity(READ_BYTES, payload),
            &mut hand_on,
        );
        outcome
    }

    /// Writes the whole estate.
    pub(in crate::cli) fn export(&self, mut out: &mut dyn Write) -> anyhow::Result<Exported> {
        let snapshot = self.cmdb.reader().snapshot();
        export(&snapshot, &mut out)?;
        Ok(Exported {
            revision: snapshot.revision().number(),
            secrets: secrets(&snapshot),
        })
    }
}

fn options(terms: &IngestTerms) -> anyhow::Result<IngestOptions> {
    let parameters = terms.parameters();
    let parameters = parameters.iter().map(|(name, value)| (*name, value.as_str()));
    let options = IngestOptions::from_request(PAYLOAD_MEDIA_TYPE, parameters);
    options.map_err(|error| Failure::of(error.code(), &error).into())
}
