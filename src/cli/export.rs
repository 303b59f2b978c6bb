//! `linchpin export`: the estate as a file.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::app::ErrorCode;

use super::Failure;
use super::backend::{Backend, Exported};
use super::output::Output;

/// Write the whole estate as native payloads, which `import` takes back.
#[derive(Args, Debug)]
#[command(after_long_help = "\
One JSON record a line: the catalog, configuration items by id, redundancy groups, relationships. An
import into an empty store makes an equal estate with the same ids. Everything is of one revision.
Pins are kept. Left out: values of secret attributes (how many is said), the journal, when sources
spoke, claims that are not in effect, staleness, the review queue, and what merges could give back.
The backup of these is a copy of the store's folder.
An estate of several sources becomes several payloads in one file; `import` takes them one by one.

Examples:
  linchpin export -o estate.ndjson
  linchpin export --url http://cmdb:8080 | gzip > estate.ndjson.gz")]
pub(super) struct Export {
    /// The file to write, replaced if it is there; absent: standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(options: &Export, backend: &Backend, output: &Output) -> anyhow::Result<ExitCode> {
    let exported = match &options.output {
        None => {
            let mut out = output.stream();
            match finish(backend.export(&mut out), &mut out) {
                Ok(exported) => exported,
                // Whoever read has read enough, as `head` does.
                Err(error) if is_broken_pipe(&error) => return Ok(ExitCode::SUCCESS),
                Err(error) => return Err(unusable("standard output", error)),
            }
        }
        Some(path) => {
            let name = path.display().to_string();
            let file = File::create(path).map_err(|error| unusable(&name, error.into()))?;
            let mut out = BufWriter::with_capacity(1 << 20, file);
            finish(backend.export(&mut out), &mut out).map_err(|error| unusable(&name, error))?
        }
    };
    if let Some(path) = &options.output {
        output.json(&json!({
            "file": path.display().to_string(),
            "revision": exported.revision,
            "secretsLeftOut": exported.secrets,
        }));
    }
    output.note(&format!("exported revision {}", exported.revision));
    if exported.secrets > 0 {
        output.note(&format!(
            "left out: {} secret attributes; set them again after an import",
            exported.secrets
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn finish(exported: anyhow::Result<Exported>, out: &mut impl Write) -> anyhow::Result<Exported> {
    let exported = exported?;
    out.flush()?;
    Ok(exported)
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let inner = error.downcast_ref::<io::Error>();
    inner.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// An error of the file that is written gets its name and code; others have theirs.
fn unusable(name: &str, error: anyhow::Error) -> anyhow::Error {
    match error.downcast::<io::Error>() {
        Ok(error) => Failure::new(ErrorCode::FileUnusable, format!("{name}: {error}")).into(),
        Err(error) => error,
    }
}
