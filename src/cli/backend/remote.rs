//! A server, by HTTP.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use ureq::http::Response;
use ureq::{Agent, Body, SendBody};

use crate::app::ErrorCode;
use crate::cli::Failure;

use super::{Exported, IngestTerms, PAYLOAD_MEDIA_TYPE, failure};

/// Longest answer to a question that is read, in bytes: servers stop at a quarter of it.
const ANSWER_BYTES_MAX: u64 = 64 << 20;

/// Longest line of a report that is read, in bytes.
const REPORT_LINE_BYTES_MAX: u64 = 4 << 20;

/// Bytes of an export that are handed on at once.
const COPY_BYTES: usize = 1 << 16;

/// Time to connect; a server that is there answers at once.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Time in which the answer to a question must arrive.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(2);

/// A server and how to speak to it.
#[derive(Debug)]
pub(in crate::cli) struct Remote {
    agent: Agent,
    url: String,
    token: Option<Secret>,
}

/// The token, kept out of debug output.
struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Remote {
    pub(in crate::cli) fn new(url: &str, token_file: Option<&Path>) -> anyhow::Result<Self> {
        let token = token_file.map(read_token).transpose()?;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .user_agent(concat!("linchpin/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self {
            agent: config.into(),
            url: url.trim_end_matches('/').to_owned(),
            token,
        })
    }

    /// Sends a GraphQL request and reads the answer, whatever its status.
    pub(in crate::cli) fn graphql(&self, body: &Value) -> anyhow::Result<Value> {
        let mut request = self.agent.post(format!("{}/graphql", self.url));
        request = request.header("accept", "application/json");
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {}", token.0));
        }
        let request = request.config().timeout_global(Some(ANSWER_TIMEOUT)).build();
        let mut response = request.send_json(body).map_err(|error| self.unreachable(&error))?;
        let text = response
            .body_mut()
            .with_config()
            .limit(ANSWER_BYTES_MAX)
            .read_to_string();
        let text = text.map_err(|error| self.unreachable(&error))?;
        match serde_json::from_str::<Value>(&text) {
            Ok(answer) if answer.get("data").is_some() || answer.get("errors").is_some() => Ok(answer),
            Ok(problem) if !response.status().is_success() => Err(failure(&problem).into()),
            _ => Err(self.not_ours(&response).into()),
        }
    }

    /// Streams a payload and hands on the lines of the report.
    pub(in crate::cli) fn ingest(
        &self,
        terms: &IngestTerms,
        payload: &mut (dyn Read + Send),
        report: &mut dyn FnMut(&str) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut request = self.agent.post(format!("{}/ingest", self.url));
        request = request.header("content-type", PAYLOAD_MEDIA_TYPE);
        request = request.header("accept", "application/x-ndjson");
        // A push that may not begin is refused before it is sent: a server that refuses does not
        // read on, and its answer would be lost behind a broken connection.
        request = request.header("expect", "100-continue");
        for (name, value) in terms.parameters() {
            request = request.query(name, value);
        }
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {}", token.0));
        }
        let mut payload: &mut (dyn Read + Send) = payload;
        let sent = request.send(SendBody::from_reader(&mut payload));
        let mut response = sent.map_err(|error| self.unreachable(&error))?;
        if !response.status().is_success() {
            return Err(self.refusal(&mut response).into());
        }
        let mut lines = BufReader::new(response.body_mut().with_config().limit(u64::MAX).reader());
        let mut line = String::new();
        loop {
            line.clear();
            let read = (&mut lines).take(REPORT_LINE_BYTES_MAX).read_line(&mut line);
            match read {
                Ok(0) => return Ok(()),
                Ok(_) => report(line.trim_end())?,
                Err(error) => {
                    let message = format!("the report of {} broke off: {error}", self.url);
                    return Err(Failure::new(ErrorCode::OutcomeUnknown, message).into());
                }
            }
        }
    }

    /// Streams the whole estate.
    pub(in crate::cli) fn export(&self, out: &mut dyn Write) -> anyhow::Result<Exported> {
        let mut request = self.agent.get(format!("{}/export", self.url));
        request = request.header("accept", "application/x-ndjson");
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {}", token.0));
        }
        let mut response = request.call().map_err(|error| self.unreachable(&error))?;
        if !response.status().is_success() {
            return Err(self.refusal(&mut response).into());
        }
        let number = |name: &str| response.headers().get(name)?.to_str().ok()?.parse().ok();
        let (Some(revision), Some(secrets)) = (number("linchpin-revision"), number("linchpin-secrets-left-out")) else {
            return Err(self.not_ours(&response).into());
        };
        let mut body = response.body_mut().with_config().limit(u64::MAX).reader();
        let mut buffer = vec![0; COPY_BYTES];
        loop {
            // Told apart, so that a full disk here does not blame the server.
            let read = match body.read(&mut buffer) {
                Ok(0) => return Ok(Exported { revision, secrets }),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    let message = format!("the export of {} broke off: {error}", self.url);
                    return Err(Failure::new(ErrorCode::ServerUnreachable, message).into());
                }
            };
            out.write_all(&buffer[..read])?;
        }
    }

    /// What an answer without success says.
    fn refusal(&self, response: &mut Response<Body>) -> Failure {
        let text = response
            .body_mut()
            .with_config()
            .limit(ANSWER_BYTES_MAX)
            .read_to_string();
        let problem = text.ok().and_then(|text| serde_json::from_str::<Value>(&text).ok());
        problem.map_or_else(|| self.not_ours(response), |problem| failure(&problem))
    }

    fn unreachable(&self, error: &ureq::Error) -> anyhow::Error {
        Failure::new(ErrorCode::ServerUnreachable, format!("{}: {error}", self.url)).into()
    }

    fn not_ours(&self, response: &Response<Body>) -> Failure {
        let message = format!(
            "{} answered {} and no JSON of ours: is it a linchpin?",
            self.url,
            response.status()
        );
        Failure::new(ErrorCode::ServerUnreachable, message)
    }
}

fn read_token(path: &Path) -> anyhow::Result<Secret> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::new(ErrorCode::FileUnusable, format!("{}: {error}", path.display())))?;
    Ok(Secret(text.trim().to_owned()))
}
