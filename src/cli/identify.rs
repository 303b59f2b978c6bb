//! `linchpin identify`: which CI a record would be taken for, and why.

use std::process::ExitCode;

use clap::Args;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::answer::ShortCi;
use super::backend::{Backend, Document};
use super::output::Output;

const IDENTIFY: Document = Document {
    operation: "Identify",
    text: include_str!("queries/identify.graphql"),
};

/// Tell which CI a record would be taken for and what would become of it, rule by rule.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Nothing is written.

Exit code 1: the record would be refused, or wait in the review queue.

Examples:
  linchpin identify --source scanner-1 --type virtual_machine --key vm-17 --attribute serial_number=SRV9001
  linchpin identify --source scanner-1 --type interface --name eth0 --host physical_server:host-01")]
pub(super) struct Identify {
    /// The source that would send the record.
    #[arg(long, value_name = "NAME")]
    source: String,
    /// The type of the CI.
    #[arg(long = "type", value_name = "TYPE")]
    ci_type: String,
    /// The source's own key for it.
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Its name.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The CI it belongs to: a key of the source, or a reference.
    #[arg(long, value_name = "CI")]
    host: Option<String>,
    /// An attribute and its value; may be repeated.
    #[arg(long = "attribute", value_name = "NAME=VALUE", value_parser = pair)]
    attributes: Vec<(String, String)>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[derive(Debug, Deserialize)]
struct Identification {
    operation: String,
    ci: Option<ShortCi>,
    candidates: Vec<ShortCi>,
    attempts: Vec<Attempt>,
    problems: Vec<Problem>,
}

#[derive(Debug, Deserialize)]
struct Attempt {
    rule: String,
    attributes: Vec<String>,
    values: Vec<Option<String>>,
    result: String,
    candidates: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Problem {
    code: String,
    message: String,
}

pub(super) fn run(options: &Identify, backend: &Backend, output: &Output) -> anyhow::Result<ExitCode> {
    let attributes = options.attributes.iter();
    let attributes: Map<String, Value> = attributes
        .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
        .collect();
    let item = json!({
        "type": options.ci_type, "key": options.key, "name": options.name, "host": options.host,
        "attributes": attributes,
    });
    let mut data: Value = backend.ask(IDENTIFY, &json!({ "source": options.source, "item": item }))?;
    let answer = data["identify"].take();
    output.json(&answer);
    let found: Identification = serde_json::from_value(answer)?;
    for attempt in &found.attempts {
        output.line(&told(attempt));
    }
    for problem in &found.problems {
        output.line(&format!("{}: {}", problem.code, problem.message));
    }
    for candidate in &found.candidates {
        output.line(&format!("candidate {}", candidate.reference()));
    }
    let ci = found.ci.map(|ci| format!(" {}", ci.reference())).unwrap_or_default();
    output.line(&format!("{}{ci}", found.operation));
    Ok(match found.operation.as_str() {
        "REVIEW" | "REFUSED" => ExitCode::from(super::NO),
        _ => ExitCode::SUCCESS,
    })
}

/// `serial_number MATCHED: serial_number = SRV9001`
fn told(attempt: &Attempt) -> String {
    let values = attempt.attributes.iter().zip(&attempt.values);
    let values = values.map(|(name, value)| format!("{name} = {}", value.as_deref().unwrap_or("(none)")));
    let values: Vec<String> = values.collect();
    let mut text = format!("{} {}", attempt.rule, attempt.result);
    if !values.is_empty() {
        text = format!("{text}: {}", values.join(", "));
    }
    if !attempt.candidates.is_empty() {
        text = format!("{text} -> {}", attempt.candidates.join(", "));
    }
    text
}
