//! SPDX, a bill of materials of software: versions 2.x as JSON, YAML, XML and tag-value, 3.0 as
//! JSON-LD.
//!
//! Packages become `software_package`, relationships that say what is needed or contained become
//! `depends_on` and `part_of`. Files become CIs only where such a relationship names them.

mod meaning;
mod tag_value;
mod version_2;
mod version_3;
mod xml;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use crate::app::ErrorCode;
use crate::ingest::observation::Problem;
use crate::ingest::payload::RelationshipRecord;

use super::document::{Adapter, Content, Findings};
use super::sbom::{self, Part, Parts};
use meaning::Meaning;

/// The format's entry in the table.
pub(super) const ADAPTER: Adapter = Adapter {
    name: "spdx",
    label: "SPDX bill of materials: JSON, YAML, XML, tag-value, JSON-LD",
    recognises,
    read,
};

fn recognises(content: &Content) -> bool {
    match content {
        Content::Values(values) => {
            !values.is_empty()
                && values
                    .iter()
                    .all(|value| version_2::is_document(value) || version_3::is_document(value))
        }
        Content::Xml(text) => {
            content.xml_root() == Some("Document") && text.contains("<spdxVersion>") || is_rdf(content)
        }
        Content::Text(text) => tag_value::is_document(text),
    }
}

fn is_rdf(content: &Content) -> bool {
    let of_spdx = |text: &str| text.contains("http://spdx.org/rdf/terms#");
    content.xml_root() == Some("RDF") && content.text().is_some_and(of_spdx)
}

fn read(content: &Content, findings: &mut Findings<'_>) -> Result<(), Problem> {
    let refuse = |because: &str| Err(Problem::new(ErrorCode::BadUserInput, because));
    match content {
        Content::Values(values) => {
            for value in values {
                if version_3::is_document(value) {
                    version_3::bill(value).say(findings);
                } else if version_2::is_document(value) {
                    version_2::bill(value, findings).say(findings);
                } else {
                    return refuse(
                        "the document is no SPDX: it has neither `spdxVersion` of a version 2 nor `@graph` in the context of SPDX 3",
                    );
                }
            }
        }
        Content::Xml(_) if is_rdf(content) => {
            return refuse("SPDX as RDF is not taken: convert it to JSON, XML or tag-value");
        }
        Content::Xml(_) => {
            let document = content.require_xml()?;
            version_2::bill(&xml::as_json(document.root_element()), findings).say(findings);
        }
        Content::Text(text) => {
            // Tag-value with as little as one tag reads as YAML.
            version_2::bill(&tag_value::as_json(text)?, findings).say(findings);
        }
    }
    Ok(())
}

/// What a document of any version says.
#[derive(Debug, Default)]
struct Bill {
    at: Option<Timestamp>,
    packages: Vec<Part>,
    /// Files, by what the document calls them.
    files: BTreeMap<String, Part>,
    links: Vec<Link>,
}

/// A relationship as the document states it.
#[derive(Debug)]
struct Link {
    from: String,
    /// Its type as version 2 writes it: `DEPENDS_ON`.
    kind: String,
    to: String,
    /// In which part of the life of the software it holds: `test`.
    scope: Option<String>,
}

impl Bill {
    fn say(mut self, findings: &mut Findings<'_>) {
        let mut ignored: BTreeMap<String, usize> = BTreeMap::new();
        let mut parts = Parts::default();
        let mut ignore = |why: String| *ignored.entry(why).or_default() += 1;
        let files = self.files.len();
        let meant: Vec<Meant> = self
            .links
            .iter()
            .filter_map(|link| Meant::of(link, &mut ignore))
            .collect();
        // Files that something is said of, behind the packages.
        for meant in &meant {
            for end in [&meant.from, &meant.to] {
                self.packages.extend(self.files.remove(end));
            }
        }
        let passed_over = self.files.len();
        for part in std::mem::take(&mut self.packages) {
            if let Some(key) = parts.enter(&part) {
                parts.say(key, part, self.at, findings);
            }
        }
        let mut said: BTreeSet<(String, &'static str, String, String)> = BTreeSet::new();
        for meant in meant {
            match (parts.key(&meant.from), parts.key(&meant.to)) {
                (Some(from), Some(to)) if from == to => ignore("relationships of an element with itself".to_owned()),
                (Some(from), Some(to)) => {
                    let record = meant.meaning.record(from, to);
                    let identity = (
                        record.from.clone(),
                        meant.meaning.relationship_type,
                        record.to.clone(),
                        record.qualifier.clone(),
                    );
                    if said.insert(identity) {
                        findings.relationship_record(record);
                    }
                }
                (_, _) => ignore("relationships with what the document does not describe".to_owned()),
            }
        }
        if parts.again() > 0 {
            let why = "packages with the package URL of one before; they are the same package".to_owned();
            ignored.insert(why, parts.again());
        }
        if passed_over > 0 {
            let why = format!("of {files} files, which no dependency names");
            ignored.insert(why, passed_over);
        }
        sbom::say_ignored(findings, &ignored);
    }
}

/// A relationship that means something here, the way round it does.
struct Meant {
    from: String,
    to: String,
    meaning: Meaning,
}

impl Meant {
    fn of(link: &Link, ignore: &mut impl FnMut(String)) -> Option<Self> {
        let Some(meaning) = Meaning::of(&link.kind, link.scope.as_deref()) else {
            ignore(format!(
                "relationships `{}`, which say nothing of what depends on what",
                crate::ingest::observation::shorten(&link.kind)
            ));
            return None;
        };
        let (from, to) = if meaning.reversed {
            (&link.to, &link.from)
        } else {
            (&link.from, &link.to)
        };
        Some(Self {
            from: from.clone(),
            to: to.clone(),
            meaning,
        })
    }
}

impl Meaning {
    fn record(&self, from: &str, to: &str) -> RelationshipRecord {
        RelationshipRecord {
            from: from.to_owned(),
            relationship_type: self.relationship_type.to_owned(),
            to: to.to_owned(),
            qualifier: self.qualifier.to_owned(),
            reverse: self.reverse.map(Some),
            ..RelationshipRecord::default()
        }
    }
}

/// The entries of a list; a single object stands for a list of one.
fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let alone = value.filter(|value| value.is_object() || value.is_string());
    value.and_then(Value::as_array).into_iter().flatten().chain(alone)
}

/// The text of a field that says something.
fn text(value: &Value, field: &str) -> Option<String> {
    sbom::stated(value.get(field)?.as_str()?)
}

#[cfg(test)]
mod tests;
