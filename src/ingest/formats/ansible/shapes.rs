//! The shapes in which Ansible keeps and prints facts.

use serde_json::Value;

use crate::app::ErrorCode;
use crate::ingest::observation::Problem;

use super::{Host, inventory_list};

/// Facts that any host has at least one of.
const TELLING: [&str; 7] = [
    "ansible_hostname",
    "ansible_fqdn",
    "ansible_nodename",
    "ansible_distribution",
    "ansible_system",
    "ansible_all_ipv4_addresses",
    "ansible_os_family",
];

/// How a host's line in the output of `ansible -m setup` goes on behind its name.
const OUTCOMES: [&str; 4] = ["SUCCESS", "CHANGED", "FAILED!", "UNREACHABLE!"];

/// Whether a JSON document is Ansible's.
pub(super) fn is_ansible(value: &Value) -> bool {
    is_result(value) || is_cache(value) || inventory_list::is_one(value) || !hosts(value, None).is_empty()
}

/// The hosts of a document; none if it is of no shape that is known.
pub(super) fn hosts<'v>(value: &'v Value, name: Option<&str>) -> Vec<Host<'v>> {
    let name = name.map(str::to_owned);
    if is_result(value) {
        return vec![of_result(name, value)];
    }
    if is_cache(value) {
        return vec![Host { name, facts: Ok(value) }];
    }
    if let Some(plays) = value.get("plays").and_then(Value::as_array) {
        return of_plays(plays);
    }
    let Some(fields) = value.as_object() else {
        return Vec::new();
    };
    if fields.is_empty() || !fields.values().all(|value| is_result(value) || is_cache(value)) {
        return Vec::new();
    }
    let one = |(name, value): (&String, &'v Value)| of_result(Some(name.clone()), value);
    fields.iter().map(one).collect()
}

/// What one module run says of a host.
pub(super) fn of_result(name: Option<String>, value: &Value) -> Host<'_> {
    let facts = match value.get("ansible_facts") {
        Some(facts) if facts.as_object().is_some_and(|facts| !facts.is_empty()) => Ok(facts),
        _ if is_cache(value) => Ok(value),
        _ => {
            let reason = value.get("msg").and_then(Value::as_str).unwrap_or("no facts");
            Err(reason.lines().next().unwrap_or_default().to_owned())
        }
    };
    Host { name, facts }
}

/// What the callback plugin `json` writes: the last facts of each host count.
fn of_plays(plays: &[Value]) -> Vec<Host<'_>> {
    let mut found: Vec<Host<'_>> = Vec::new();
    let tasks = plays
        .iter()
        .filter_map(|play| play.get("tasks").and_then(Value::as_array))
        .flatten();
    for (name, result) in tasks
        .filter_map(|task| task.get("hosts").and_then(Value::as_object))
        .flatten()
    {
        let host = of_result(Some(name.clone()), result);
        match found.iter_mut().find(|known| known.name.as_deref() == Some(name)) {
            Some(known) if host.facts.is_ok() => *known = host,
            Some(_) => {}
            None => found.push(host),
        }
    }
    found
}

/// Whether a value is what a module returned for a host: facts, or why there are none.
fn is_result(value: &Value) -> bool {
    let failed = value
        .get("failed")
        .or_else(|| value.get("unreachable"))
        .is_some_and(Value::is_boolean);
    let facts = value.get("ansible_facts").is_some_and(Value::is_object);
    facts && value.get("_meta").is_none() || failed && value.get("changed").is_some() && value.get("msg").is_some()
}

/// Whether a value is a host's file in a cache: facts, and nothing around them.
fn is_cache(value: &Value) -> bool {
    TELLING.iter().any(|fact| value.get(fact).is_some())
}

/// Whether a text is the output of `ansible -m setup`.
pub(super) fn is_output(text: &str) -> bool {
    text.lines()
        .find(|line| !line.trim().is_empty())
        .is_some_and(|line| head(line).is_some())
}

/// The host of a line that begins a host's output, and where its JSON begins.
fn head(line: &str) -> Option<(&str, usize)> {
    let (name, rest) = line.split_once(" | ")?;
    let outcome = OUTCOMES.iter().find(|outcome| rest.starts_with(**outcome))?;
    let arrow = rest.get(outcome.len()..)?.strip_prefix(" => ")?;
    let fits = !name.is_empty() && !name.contains(char::is_whitespace) && arrow.starts_with('{');
    fits.then_some((name, line.len() - arrow.len()))
}

/// The hosts of an output, each with the JSON behind its name.
pub(super) fn outputs(text: &str) -> Result<Vec<(String, Value)>, Problem> {
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(found);
        }
        let line = rest.lines().next().unwrap_or_default();
        let Some((name, start)) = head(line) else {
            let message = "expected is `HOST | SUCCESS => {`, as `ansible -m setup` writes it";
            return Err(Problem::new(ErrorCode::BadUserInput, message).of_value(line));
        };
        let body = rest.get(start..).unwrap_or_default();
        let mut values = serde_json::Deserializer::from_str(body).into_iter::<Value>();
        match values.next() {
            Some(Ok(value)) => found.push((name.to_owned(), value)),
            Some(Err(error)) => {
                let message = format!("what stands behind `{name}` is not JSON: {error}");
                return Err(Problem::new(ErrorCode::MalformedJson, message));
            }
            None => return Ok(found),
        }
        rest = body.get(values.byte_offset()..).unwrap_or_default();
    }
}
