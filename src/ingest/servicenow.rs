//! `ServiceNow`'s identify-and-reconcile, accepted as it is: its requests become records, their
//! reports its answers. What is in between is shared with every other way in.

mod answer;
mod prepare;
mod request;
mod work;

use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::Value;

use crate::app::{BatchMode, Editor, Work, WriteError, WriteRequest};
use crate::ingest::secrets::Secrets;
use crate::model::{Name, SourceName};

pub use request::{Instance, Request, RequestError};
use work::Outcome;

/// Most items of one request.
pub const ITEMS_MAX: usize = 10_000;

/// Most relations of one request.
pub const RELATIONS_MAX: usize = 50_000;

/// How a request is to be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Who speaks.
    pub source: Name,
    /// Whether anything is written; if not, the answer says what would be.
    pub commit: Commit,
    /// Whether the answer counts its items.
    pub summary: bool,
}

/// What is written of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commit {
    /// Nothing.
    Simulate,
    /// All, or nothing if one item has an error.
    Whole,
    /// What is good.
    Partial,
}

/// Takes a request and gives its answer.
pub fn push(editor: &Editor, request: Request, terms: &Terms) -> Result<Value, WriteError> {
    let outcome = execute(editor, request, terms)?;
    Ok(answer::of_push(&outcome, terms))
}

/// Takes one CI with its relations and gives its answer; `None` where the CI has an error, with the
/// errors.
pub fn instance(editor: &Editor, class: &str, instance: Instance, terms: &Terms) -> Result<(bool, Value), WriteError> {
    let request = instance.into_request(class);
    let outcome = execute(editor, request, terms)?;
    Ok(answer::of_instance(&outcome))
}

fn execute(editor: &Editor, request: Request, terms: &Terms) -> Result<Outcome, WriteError> {
    let made = Arc::new(Mutex::new(Outcome::default()));
    let filled = Arc::clone(&made);
    let whole = terms.commit == Commit::Whole;
    let mut secrets = Secrets::new(editor.reader().clone());
    editor.write_blocking(WriteRequest {
        work: Work::Plan(Box::new(move |planner| {
            let outcome = work::plan_request(planner, request, &mut secrets);
            if whole && outcome.has_error() {
                planner.refuse();
            }
            *filled.lock() = outcome;
        })),
        mode: BatchMode::Atomic,
        dry_run: terms.commit == Commit::Simulate,
        source: Some(SourceName::plain(terms.source.clone())),
        reason: None,
        idempotency_key: None,
        request_digest: [0; 32],
    })?;
    let outcome = std::mem::take(&mut *made.lock());
    Ok(outcome)
}
