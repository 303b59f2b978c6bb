//! What the tests of adapters share: a document in, what it says as lines out.

use super::document::{DocumentOptions, DocumentParser, adapter_named};
use super::{DOCUMENT_BYTES_MAX, Parsed};
use crate::ingest::observation::Observed;
use crate::model::Input;

/// Reads a document whose format is found out, and was expected.
pub(super) fn said(format: &str, text: &str) -> Vec<String> {
    let found = read(None, text);
    let named = read(Some(format), text);
    assert_eq!(found, named, "found out and named");
    found
}

/// Reads a document as of a format.
pub(super) fn said_as(format: &str, text: &str) -> Vec<String> {
    read(Some(format), text)
}

fn read(format: Option<&str>, text: &str) -> Vec<String> {
    let adapter = format.map(|format| adapter_named(format).expect("a format"));
    let options = DocumentOptions {
        adapter,
        ..DocumentOptions::default()
    };
    let mut parser = DocumentParser::new(options, DOCUMENT_BYTES_MAX);
    let mut found = Vec::new();
    parser.push(text.as_bytes(), &mut found);
    parser.finish(&mut found);
    found.iter().map(line).collect()
}

fn line(parsed: &Parsed) -> String {
    match parsed {
        Parsed::Header(header) => format!("header {header:?}"),
        Parsed::Fatal(problem) => format!("fatal {}: {}", problem.code, problem.message),
        Parsed::Warning(warning) => format!("warning {}: {}", warning.code, warning.message),
        Parsed::Observation(observation) => {
            let warned = observation.warnings.iter();
            let warned = warned.map(|warning| [" !", warning.code].concat());
            let warned = warned.collect::<Vec<_>>().concat();
            format!("{}{warned}", observed(&observation.observed))
        }
    }
}

fn observed(observed: &Observed) -> String {
    match observed {
        Observed::Ci(ci) => {
            let key = ci.key.as_deref().unwrap_or("-");
            let name = ci.name.as_deref().unwrap_or("-");
            let stage = ci.stage.map_or(String::new(), |stage| format!(" {stage}"));
            format!("ci {key} {} `{name}`{stage}{}", ci.ci_type, attributes(&ci.attributes))
        }
        Observed::Relationship(relationship) => {
            let qualifier = match relationship.qualifier.as_str() {
                "" => String::new(),
                qualifier => format!(" ({qualifier})"),
            };
            let strength = relationship
                .reverse
                .map_or(String::new(), |reverse| format!(" {reverse:?}"));
            format!(
                "{} -{}-> {}{qualifier}{strength}{}",
                relationship.from,
                relationship.relationship_type,
                relationship.to,
                attributes(&relationship.attributes)
            )
        }
        Observed::Group(group) => format!("group {} of {}", group.name, group.consumer),
        Observed::Catalog(text) => format!("catalog {text}"),
        Observed::Unreadable(unreadable) => {
            let problems = unreadable.problems.iter();
            let problems: Vec<String> = problems
                .map(|problem| {
                    format!(
                        "{} {}: {}",
                        problem.code,
                        problem.field.as_deref().unwrap_or("-"),
                        problem.message
                    )
                })
                .collect();
            format!("unreadable {}", problems.join("; "))
        }
    }
}

fn attributes(attributes: &[(String, Input)]) -> String {
    let each = attributes
        .iter()
        .map(|(name, value)| format!(" {name}={}", shown(value)));
    each.collect::<Vec<_>>().concat()
}

fn shown(value: &Input) -> String {
    match value {
        Input::Null => "null".to_owned(),
        Input::Boolean(value) => value.to_string(),
        Input::Number(text) => text.clone(),
        Input::Text(text) => format!("{text:?}"),
        Input::List(values) => format!("[{}]", values.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Input::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| format!("{name}: {}", shown(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
    }
}
