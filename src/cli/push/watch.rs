//! A folder that is the whole of a source: pushed whenever it has changed and is quiet again.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use super::retry::{Retry, pause_for};
use super::{Push, push};
use crate::app::ErrorCode;
use crate::cli::Failure;
use crate::cli::backend::Backend;
use crate::cli::output::Output;

/// The files of a folder by name, with what changes when they do.
type Look = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

/// Pushes a folder again and again, until the process is stopped. What fails is told and tried again
/// when the folder has changed, or at the next look if the server was the cause.
pub(super) fn run(
    options: &Push,
    folder: &Path,
    retry: Retry,
    backend: &Backend,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let unusable = |error: &io::Error| Failure::new(ErrorCode::FileUnusable, format!("{}: {error}", folder.display()));
    let mut pushed: Option<Look> = None;
    let mut before = look(folder).map_err(|error| unusable(&error))?;
    output.note(&format!("watching {}", folder.display()));
    loop {
        pause_for(Duration::from_secs(options.interval));
        let now = match look(folder) {
            Ok(now) => now,
            // A folder that is being replaced is not there for a moment.
            Err(error) => {
                output.note(&unusable(&error).to_string());
                continue;
            }
        };
        let quiet = now == before;
        before = now;
        if !quiet || before.is_empty() || pushed.as_ref() == Some(&before) {
            continue;
        }
        let files: Vec<PathBuf> = before.keys().cloned().collect();
        match push(options, &files, retry, backend, output) {
            Ok(_) => pushed = Some(before.clone()),
            Err(error) => {
                output.note(&error.to_string());
                if super::retry::code_of(&error) != Some(ErrorCode::ServerUnreachable) {
                    pushed = Some(before.clone());
                }
            }
        }
    }
}

/// The files that are there; hidden ones, as those of a sender that is not finished, are none.
fn look(folder: &Path) -> io::Result<Look> {
    let mut found = Look::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        let data = match entry.metadata() {
            Ok(data) => data,
            // It went between the two questions.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if data.is_file() && !hidden {
            found.insert(entry.path(), (data.len(), data.modified().ok()));
        }
    }
    Ok(found)
}
