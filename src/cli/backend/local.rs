//! A store that no server holds, opened in this process.

use std::io::{BufReader, Read};
use std::ops::ControlFlow;
use std::path::Path;

use serde_json::Value;

use crate::app::{Cmdb, CmdbOptions, ErrorCode};
use crate::cli::Failure;
use crate::ingest::formats::Format;
use crate::ingest::formats::csv::mapping::CsvMapping;
use crate::ingest::{IngestOptions, ReportLine, run};
use crate::model::Actor;

use super::{IngestTerms, PayloadFormat};

/// Who writes when nobody signs in: whoever may open the files.
const ACTOR: &str = "local";

/// Bytes read from a file at once.
const READ_BYTES: usize = 1 << 18;

/// A store in this process. It is closed, with a checkpoint, when this goes.
#[derive(Debug)]
pub(in crate::cli) struct Local {
    cmdb: Cmdb,
}

impl Local {
    pub(in crate::cli) fn open(folder: &Path) -> anyhow::Result<Self> {
        let cmdb = Cmdb::open(folder, CmdbOptions::default()).map_err(|error| Failure::of(error.code(), &error))?;
        Ok(Self { cmdb })
    }

    /// Runs a GraphQL request and gives its answer.
    #[expect(clippy::unused_self, reason = "the GraphQL service is not part of this build yet")]
    pub(in crate::cli) fn graphql(&self, _: &Value) -> anyhow::Result<Value> {
        let message = "this build answers questions through a server only: give --url";
        Err(Failure::new(ErrorCode::ServerUnreachable, message).into())
    }

    /// Takes a payload in.
    pub(in crate::cli) fn ingest(
        &self,
        terms: &IngestTerms,
        payload: &mut (dyn Read + Send),
        report: &mut dyn FnMut(&str) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let options = options(terms)?;
        options.check().map_err(|error| Failure::of(error.code(), &error))?;
        let editor = self.cmdb.editor(Actor { name: ACTOR.into() });
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
}

fn options(terms: &IngestTerms) -> anyhow::Result<IngestOptions> {
    let mapping = terms
        .mapping
        .as_deref()
        .map_or_else(|| Ok(CsvMapping::default()), CsvMapping::from_toml);
    let mapping = mapping.map_err(|error| Failure::of(ErrorCode::BadUserInput, &error))?;
    Ok(IngestOptions {
        source: terms.source.clone(),
        feed: terms.feed.clone(),
        mode: terms.mode,
        dry_run: terms.dry_run,
        format: match terms.format {
            PayloadFormat::Ndjson => Format::Ndjson,
            PayloadFormat::Csv => Format::Csv(Box::new(mapping)),
        },
        ..IngestOptions::default()
    })
}
