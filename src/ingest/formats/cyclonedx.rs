//! `CycloneDX`, a bill of materials of software, services and devices: JSON and XML, versions 1.0 to
//! 1.7.
//!
//! Components become packages, services application services, the dependency graph `depends_on`. Both
//! notations are brought into the shape of the JSON and read by the same code, so the same document is
//! the same graph.

mod component;
mod vulnerability;
mod xml;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use crate::app::ErrorCode;
use crate::ingest::observation::Problem;

use super::document::{Adapter, Content, Findings};
use super::sbom::{self, Part, Parts};

/// The format's entry in the table.
pub(super) const ADAPTER: Adapter = Adapter {
    name: "cyclonedx",
    label: "CycloneDX bill of materials, JSON or XML",
    recognises,
    read,
};

/// How deep components and services may stand in each other.
const DEPTH_MAX: usize = 64;

fn recognises(content: &Content) -> bool {
    match content {
        Content::Values(values) => !values.is_empty() && values.iter().all(is_bom),
        Content::Xml(_) => content.xml_root() == Some("bom") && xml::is_cyclonedx(content),
        Content::Text(_) => false,
    }
}

fn is_bom(value: &Value) -> bool {
    value.get("bomFormat").and_then(Value::as_str) == Some("CycloneDX")
}

fn read(content: &Content, findings: &mut Findings<'_>) -> Result<(), Problem> {
    if let Content::Xml(_) = content {
        let document = content.require_xml()?;
        bill(&xml::as_json(document.root_element())?, findings);
        return Ok(());
    }
    for value in content.require_values()? {
        if !value.is_object() {
            let message = "a CycloneDX document is an object";
            return Err(Problem::new(ErrorCode::BadUserInput, message));
        }
        bill(value, findings);
    }
    Ok(())
}

/// A bill of materials while it is read.
#[derive(Debug, Default)]
struct Bill {
    parts: Parts,
    at: Option<Timestamp>,
    /// The key of what the document is about.
    subject: Option<String>,
    /// Keys of all components but the subject.
    listed: Vec<String>,
    /// Parts inside other parts, by key.
    contained: Vec<(String, String)>,
    /// Parts that are said once all references are known.
    pending: Vec<(String, Part)>,
    ignored: BTreeMap<String, usize>,
}

fn bill(document: &Value, findings: &mut Findings<'_>) {
    let metadata = document.get("metadata");
    let mut bill = Bill {
        at: metadata.and_then(|metadata| metadata.get("timestamp")?.as_str()?.parse().ok()),
        ..Bill::default()
    };
    if let Some(subject) = metadata.and_then(|metadata| metadata.get("component")) {
        bill.subject = bill.component(subject, "metadata.component", None, findings);
        bill.listed.clear();
    }
    let about = bill.subject.clone();
    bill.components(document.get("components"), "components", None, findings);
    bill.services(document.get("services"), "services", None, findings);
    let of_parts = vulnerability::by_part(document.get("vulnerabilities"), &bill.parts, &mut bill.ignored);
    let pending = std::mem::take(&mut bill.pending);
    for (key, mut part) in pending {
        if let Some(known) = of_parts.get(&key) {
            part.custom.push(("vulnerabilities".to_owned(), known.clone()));
        }
        bill.parts.say(key, part, bill.at, findings);
    }
    for (part, whole) in &bill.contained {
        findings.relationship(part.clone(), "part_of", whole.clone());
    }
    let stated = bill.dependencies(document.get("dependencies"), findings);
    // A document without a dependency graph still says what its subject is made of.
    if let Some(about) = about.filter(|_| stated == 0) {
        let inner: BTreeSet<&String> = bill.contained.iter().map(|(part, _)| part).collect();
        for part in bill
            .listed
            .iter()
            .filter(|part| !inner.contains(part) && **part != about)
        {
            findings.relationship(part.clone(), "part_of", about.clone());
        }
    }
    if bill.parts.again() > 0 {
        let why = "components with the package URL of one before; they are the same package".to_owned();
        bill.ignored.insert(why, bill.parts.again());
    }
    sbom::say_ignored(findings, &bill.ignored);
}

impl Bill {
    fn ignore(&mut self, why: &str) {
        *self.ignored.entry(why.to_owned()).or_default() += 1;
    }

    /// The dependency graph; gives how many relationships it states.
    fn dependencies(&mut self, dependencies: Option<&Value>, findings: &mut Findings<'_>) -> usize {
        let mut said: BTreeSet<(String, &'static str, String)> = BTreeSet::new();
        for dependency in list(dependencies) {
            let from = text(dependency, "ref");
            for (field, named) in [("dependsOn", "depends_on"), ("provides", "provides")] {
                for to in list(dependency.get(field)) {
                    let ends = (from.as_deref(), to.as_str());
                    let (Some(from), Some(to)) = ends else {
                        self.ignore("dependencies without `ref`, or on something that is no reference");
                        continue;
                    };
                    match (self.parts.key(from), self.parts.key(to)) {
                        (Some(from), Some(to)) if from == to => self.ignore("dependencies of a component on itself"),
                        (Some(from), Some(to)) => {
                            let (from, to) = (from.to_owned(), to.to_owned());
                            if said.insert((from.clone(), named, to.clone())) {
                                findings.relationship(from, named, to);
                            }
                        }
                        (_, _) => self.ignore("dependencies from or on what the document does not describe"),
                    }
                }
            }
        }
        said.len()
    }
}

/// The entries of a list; none of what is no list.
fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

/// The text of a field that says something.
fn text(value: &Value, field: &str) -> Option<String> {
    sbom::stated(value.get(field)?.as_str()?)
}

#[cfg(test)]
mod tests;
