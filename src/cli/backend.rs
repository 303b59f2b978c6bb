//! Where a command's questions go: to a server, or to a store opened in this process. Either way
//! the same documents are answered by the same service.

pub(super) mod local;
mod remote;

use std::io::{Read, Write};

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::app::ErrorCode;
use crate::ingest::payload::IngestMode;

use super::{Failure, Settings};
use local::Local;
use remote::Remote;

/// A GraphQL document and the name of its operation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Document {
    pub(super) operation: &'static str,
    pub(super) text: &'static str,
}

/// What accompanies a payload.
#[derive(Clone, Debug, Default)]
pub(super) struct IngestTerms {
    pub(super) source: Option<String>,
    pub(super) feed: Option<String>,
    pub(super) scope: Option<String>,
    /// The sync session that the payload belongs to.
    pub(super) session: Option<String>,
    pub(super) mode: Option<IngestMode>,
    pub(super) dry_run: bool,
    /// The format's name, as the parameter `format` takes it.
    pub(super) format: String,
    /// What a document does not say of itself.
    pub(super) name: Option<String>,
    /// The text of a mapping for CSV.
    pub(super) mapping: Option<String>,
}

/// The media type under which a payload travels whose format is named.
pub(super) const PAYLOAD_MEDIA_TYPE: &str = "application/octet-stream";

impl IngestTerms {
    /// The terms as parameters of `POST /ingest`.
    pub(super) fn parameters(&self) -> Vec<(&'static str, String)> {
        let parameters = [
            ("format", Some(self.format.clone())),
            ("source", self.source.clone()),
            ("feed", self.feed.clone()),
            ("scope", self.scope.clone()),
            ("session", self.session.clone()),
            ("mode", self.mode.map(|mode| mode.to_string())),
            ("dryRun", self.dry_run.then(|| "true".to_owned())),
            ("name", self.name.clone()),
            ("mapping", self.mapping.clone()),
        ];
        let stated = parameters.into_iter().filter_map(|(name, value)| Some((name, value?)));
        stated.collect()
    }
}

/// What an export tells of itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exported {
    /// The revision that was read.
    pub(super) revision: u64,
    /// Attributes left out because they are secret.
    pub(super) secrets: u64,
}

/// Who answers.
#[derive(Debug)]
pub(super) enum Backend {
    /// A server.
    Remote(Remote),
    /// A store, opened in this process.
    Local(Local),
}

impl Backend {
    /// Opens the store, or prepares to ask a server.
    pub(super) fn open(settings: &Settings) -> anyhow::Result<Self> {
        let config = &settings.effective.config;
        match &settings.url {
            Some(url) => Ok(Self::Remote(Remote::new(url, config.server.token_file.0.as_deref())?)),
            None => Ok(Self::Local(Local::open(config)?)),
        }
    }

    /// Asks a question and reads its `data`.
    pub(super) fn ask<T: DeserializeOwned>(&self, document: Document, variables: &Value) -> anyhow::Result<T> {
        let body = json!({
            "query": document.text,
            "operationName": document.operation,
            "variables": variables,
        });
        let mut answer: Value = match self {
            Self::Remote(remote) => remote.graphql(&body)?,
            Self::Local(local) => local.graphql(&body)?,
        };
        if let Some(error) = answer.get("errors").and_then(|errors| errors.get(0)) {
            return Err(failure(error).into());
        }
        serde_json::from_value(answer["data"].take()).map_err(|error| {
            let message = format!("the answer to `{}` is not as expected: {error}", document.operation);
            Failure::new(ErrorCode::Internal, message).into()
        })
    }

    /// Sends a payload and hands the lines of the report on as they come.
    pub(super) fn ingest(
        &self,
        terms: &IngestTerms,
        payload: &mut (dyn Read + Send),
        report: &mut dyn FnMut(&str) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        match self {
            Self::Remote(remote) => remote.ingest(terms, payload, report),
            Self::Local(local) => local.ingest(terms, payload, report),
        }
    }

    /// Writes the whole estate as native payloads.
    pub(super) fn export(&self, out: &mut dyn Write) -> anyhow::Result<Exported> {
        match self {
            Self::Remote(remote) => remote.export(out),
            Self::Local(local) => local.export(out),
        }
    }
}

/// The failure that an error of an answer tells of: GraphQL's and problem+json's alike.
fn failure(error: &Value) -> Failure {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let extensions = error.get("extensions").unwrap_or(error);
    let code = text(&extensions["code"]).and_then(|code| code_of(&code));
    let message = text(&error["message"])
        .or_else(|| text(&error["detail"]))
        .or_else(|| text(&error["title"]))
        .unwrap_or_else(|| "the server gave an error without a message".to_owned());
    let candidates = extensions["candidates"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(text);
    Failure::new(code.unwrap_or(ErrorCode::Internal), message).with_candidates(candidates.collect())
}

fn code_of(text: &str) -> Option<ErrorCode> {
    ErrorCode::ALL.iter().copied().find(|code| code.as_str() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_graphql_and_of_http_keep_their_code() {
        let graphql = json!({"message":"two","extensions":{"code":"AMBIGUOUS_REFERENCE","candidates":["ci:1","ci:2"]}});
        let told = failure(&graphql);
        assert_eq!((told.code, told.candidates.len()), (ErrorCode::AmbiguousReference, 2));
        let problem = json!({"title":"no","detail":"no token","code":"UNAUTHENTICATED","status":401});
        let told = failure(&problem);
        assert_eq!(
            (told.code, told.message.as_str()),
            (ErrorCode::Unauthenticated, "no token")
        );
        assert_eq!(failure(&json!({"message":"x"})).code, ErrorCode::Internal);
    }
}
