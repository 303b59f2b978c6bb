//! A sync session from the side of whoever pushes.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::retry::{Retry, code_of};
use super::{Push, format};
use crate::app::ErrorCode;
use crate::cli::Failure;
use crate::cli::backend::{Backend, Document, IngestTerms};
use crate::cli::import::{Report, read_mapping};
use crate::cli::output::Output;

const SYNC: &str = include_str!("../queries/sync.graphql");

/// Sessions begun for one push before it is given up: a server that restarts again and again will
/// not be helped by another.
const SESSIONS_MAX: usize = 10;

/// A file that can be read again from its beginning.
#[derive(Debug)]
pub(super) struct Spooled {
    name: PathBuf,
    /// What came by standard input; a file is opened anew each time.
    kept: Option<File>,
}

/// What a push came to.
#[derive(Debug)]
pub(super) struct Pushed {
    /// What completing the session answered.
    pub(super) answer: Value,
    /// Records that were refused.
    pub(super) refused: u64,
}

/// Makes sure that everything can be read more than once: standard input goes to a file.
pub(super) fn spool(files: &[PathBuf]) -> anyhow::Result<Vec<Spooled>> {
    let spool = |name: &PathBuf| {
        let kept = if name.as_os_str() == "-" {
            let mut file = tempfile::tempfile().map_err(|error| unusable(name, &error))?;
            io::copy(&mut io::stdin(), &mut file).map_err(|error| unusable(name, &error))?;
            Some(file)
        } else {
            // Told now, before a session is begun.
            File::open(name).map_err(|error| unusable(name, &error))?;
            None
        };
        Ok(Spooled {
            name: name.clone(),
            kept,
        })
    };
    files.iter().map(spool).collect()
}

/// Pushes everything to one session and completes it. A session that the server has forgotten is
/// begun anew, and so is one in which a push whose connection was lost is still under way there, or broke
/// off after everything was sent again: the next session has nothing to do with that push.
pub(super) fn push(
    options: &Push,
    files: &[Spooled],
    retry: Retry,
    backend: &Backend,
    output: &Output,
) -> anyhow::Result<Pushed> {
    let mut sessions = 0;
    loop {
        sessions += 1;
        let session = retry.run(output, || begin(options, backend))?;
        match push_to(&session, options, files, retry, backend, output) {
            Err(error) if is_over(&error) && sessions < SESSIONS_MAX => {
                output.note(&format!("{error}; beginning anew"));
            }
            Err(error) => {
                // It would be abandoned anyway; what stands in its way is told, not this.
                if code_of(&error) != Some(ErrorCode::ServerUnreachable) {
                    drop(abort(&session, backend));
                }
                return Err(error);
            }
            Ok(pushed) => return Ok(pushed),
        }
    }
}

/// Whether a session is of no use any more, and another one would be.
fn is_over(error: &anyhow::Error) -> bool {
    matches!(
        code_of(error),
        Some(ErrorCode::SessionUnknown | ErrorCode::SessionIncomplete)
    )
}

fn push_to(
    session: &str,
    options: &Push,
    files: &[Spooled],
    retry: Retry,
    backend: &Backend,
    output: &Output,
) -> anyhow::Result<Pushed> {
    let mut refused = 0;
    for file in files {
        refused += retry.run(output, || send(session, options, file, backend, output))?;
    }
    let answer = retry.run(output, || complete(session, options, backend))?;
    Ok(Pushed { answer, refused })
}

/// Sends one file, and says how many of its records were refused.
fn send(session: &str, options: &Push, file: &Spooled, backend: &Backend, output: &Output) -> anyhow::Result<u64> {
    let mut input: Box<dyn Read + Send> = match &file.kept {
        Some(kept) => {
            let mut again = kept.try_clone().map_err(|error| unusable(&file.name, &error))?;
            again.rewind().map_err(|error| unusable(&file.name, &error))?;
            Box::new(again)
        }
        None => Box::new(File::open(&file.name).map_err(|error| unusable(&file.name, &error))?),
    };
    let terms = IngestTerms {
        source: Some(options.source.clone()),
        feed: options.feed.clone(),
        scope: options.scope.clone(),
        session: Some(session.to_owned()),
        format: format(options, &file.name),
        name: options.name.clone(),
        mapping: options.mapping.as_deref().map(read_mapping).transpose()?,
        ..IngestTerms::default()
    };
    let mut report = Report::default();
    backend.ingest(&terms, &mut input, &mut |line| report.take(line))?;
    report.show_refusals(output);
    report.finish()
}

fn begin(options: &Push, backend: &Backend) -> anyhow::Result<String> {
    let variables = json!({
        "source": options.source,
        "feed": options.feed,
        "scope": options.scope,
    });
    let answer: Value = backend.ask(document("BeginSync"), &variables)?;
    let id = answer["beginSync"]["id"].as_str();
    id.map(str::to_owned)
        .ok_or_else(|| Failure::new(ErrorCode::Internal, "the sync session has no id").into())
}

fn complete(session: &str, options: &Push, backend: &Backend) -> anyhow::Result<Value> {
    let variables = json!({ "session": session, "shareMax": options.share_max });
    let mut answer: Value = backend.ask(document("CompleteSync"), &variables)?;
    Ok(answer["completeSync"].take())
}

fn abort(session: &str, backend: &Backend) -> anyhow::Result<Value> {
    backend.ask(document("AbortSync"), &json!({ "session": session }))
}

fn document(operation: &'static str) -> Document {
    Document { operation, text: SYNC }
}

fn unusable(name: &Path, error: &io::Error) -> anyhow::Error {
    Failure::new(ErrorCode::FileUnusable, format!("{}: {error}", name.display())).into()
}
