//! OpenTelemetry's service graph metrics: which service has been seen to call which, in Prometheus'
//! text or as Prometheus answers a query.

mod exposition;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::app::ErrorCode;
use crate::ingest::observation::Problem;
use crate::ingest::payload::{CiRecord, RelationshipRecord};

use super::attributes::{Attributes, Tally, list_at, text_at};
use super::document::{Adapter, Content, Findings};
use exposition::Sample;

/// The format's entry in the table.
pub(super) const ADAPTER: Adapter = Adapter {
    name: "otel-service-graph",
    label: "OpenTelemetry service graph metrics",
    recognises,
    read,
};

/// The counter of calls; an exporter may put a namespace before it.
const METRIC: &str = "traces_service_graph_request_total";

/// What stands for callers outside of all that is traced.
const OUTSIDE: [&str; 2] = ["user", "unknown"];

fn recognises(content: &Content) -> bool {
    match content {
        Content::Text(text) => text.lines().any(|line| {
            let name = line.split(['{', ' ']).next().unwrap_or_default();
            !line.starts_with('#') && name.ends_with(METRIC)
        }),
        Content::Values(values) => {
            let is_answer = |value: &Value| {
                let mut results = list_at(value, &["data", "result"]).iter().peekable();
                results.peek().is_some() && results.all(|result| answered(result).is_some())
            };
            !values.is_empty() && values.iter().all(is_answer)
        }
        Content::Xml(_) => false,
    }
}

fn read(content: &Content, findings: &mut Findings<'_>) -> Result<(), Problem> {
    let mut tally = Tally::default();
    let mut samples = Vec::new();
    match content {
        Content::Text(text) => exposition::read(text, METRIC, &mut samples, findings),
        Content::Values(values) => {
            for result in values.iter().flat_map(|value| list_at(value, &["data", "result"])) {
                match answered(result) {
                    Some(sample) => samples.push(sample),
                    None => tally.count("IGNORED", "results of other metrics, or without a last value"),
                }
            }
        }
        Content::Xml(_) => {
            let message = "the document is XML; service graphs are Prometheus' text, or JSON as Prometheus answers it";
            return Err(Problem::new(ErrorCode::BadUserInput, message));
        }
    }
    if samples.is_empty() {
        let message = format!("the document has no sample of `{METRIC}`");
        return Err(Problem::new(ErrorCode::BadUserInput, message));
    }
    tell(&samples, findings, &mut tally);
    tally.report(findings);
    Ok(())
}

/// A result of a query, if it is of the metric: the last value of a series.
fn answered(result: &Value) -> Option<Sample> {
    let labels = result.get("metric")?.as_object()?;
    // An aggregation drops the name and keeps the labels.
    let named = labels
        .get("__name__")
        .is_none_or(|name| name.as_str().is_some_and(|name| name.ends_with(METRIC)));
    if !named || !labels.contains_key("client") || !labels.contains_key("server") {
        return None;
    }
    let last = list_at(result, &["values"]).last().or_else(|| result.get("value"))?;
    let at = last.get(0).and_then(Value::as_f64).and_then(exposition::moment);
    let value = text_at(last.get(1)?, &[])?.parse::<f64>().ok()?;
    let labels = labels
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    Some(Sample {
        labels: labels.collect(),
        value,
        at,
    })
}

/// What a name stands for, and where the calls to it go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Something that has been seen as a caller, or is called and nothing more is known.
    Application,
    /// A database that is called and not traced.
    Database,
}

/// A pair of names, how they are connected, and when that was seen last.
type Calls = BTreeMap<(String, String, &'static str), Option<Timestamp>>;

fn tell(samples: &[Sample], findings: &mut Findings<'_>, tally: &mut Tally) {
    let mut names: BTreeMap<String, Kind> = BTreeMap::new();
    let mut calls = Calls::new();
    for sample in samples {
        let label = |name: &str| {
            sample
                .labels
                .get(name)
                .map(|value| value.trim())
                .filter(|value| !value.is_empty())
        };
        let (Some(client), Some(server)) = (label("client"), label("server")) else {
            tally.count("IGNORED", "samples do not name both `client` and `server`");
            continue;
        };
        if sample.value.is_nan() || sample.value <= 0.0 {
            tally.count("IGNORED", "pairs have not called each other yet");
            continue;
        }
        let connection = label("connection_type").unwrap_or_default();
        let kind = if connection == "database" {
            Kind::Database
        } else {
            Kind::Application
        };
        let server_known = names.entry(server.to_owned()).or_insert(kind);
        *server_known = (*server_known).min(kind);
        if OUTSIDE.contains(&client) {
            tally.count("IGNORED", "calls come from outside of what is traced");
            continue;
        }
        names.insert(client.to_owned(), Kind::Application);
        if client == server {
            tally.count("IGNORED", "services call themselves");
            continue;
        }
        // Who receives messages is not needed by who sends them.
        let relationship_type = if connection == "messaging_system" {
            "sends_data_to"
        } else {
            "depends_on"
        };
        let seen = calls
            .entry((client.to_owned(), server.to_owned(), relationship_type))
            .or_default();
        *seen = (*seen).max(sample.at);
    }
    for (name, kind) in &names {
        findings.ci(record(name, *kind));
    }
    for ((from, to, relationship_type), observed_at) in calls {
        findings.relationship_record(RelationshipRecord {
            from: key(&from),
            relationship_type: relationship_type.to_owned(),
            to: key(&to),
            observed_at,
            ..RelationshipRecord::default()
        });
    }
}

fn key(name: &str) -> String {
    format!("service:{name}")
}

fn record(name: &str, kind: Kind) -> CiRecord {
    CiRecord {
        key: Some(key(name)),
        ci_type: match kind {
            Kind::Application => "application".to_owned(),
            Kind::Database => "database".to_owned(),
        },
        name: Some(name.to_owned()),
        attributes: Attributes::default().take(),
        ..CiRecord::default()
    }
}

#[cfg(test)]
mod tests;
