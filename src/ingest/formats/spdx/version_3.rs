//! SPDX 3.0 as JSON-LD: elements of a graph that name each other.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::ingest::formats::sbom::{self, Part};
use crate::model::Input;

use super::{Bill, Link, list, text};

pub(super) fn is_document(value: &Value) -> bool {
    let of_spdx = |context: &Value| {
        context
            .as_str()
            .is_some_and(|context| context.contains("spdx.org/rdf/3."))
    };
    value.get("@graph").is_some_and(Value::is_array) && list(value.get("@context")).any(of_spdx)
}

/// The elements of a document by their identity.
type Elements<'v> = BTreeMap<&'v str, &'v Value>;

pub(super) fn bill(document: &Value) -> Bill {
    let graph = || list(document.get("@graph"));
    let elements: Elements<'_> = graph()
        .filter_map(|element| Some((identity(element)?, element)))
        .collect();
    let created = graph()
        .filter(|element| kind(element) == Some("CreationInfo"))
        .find_map(|info| info.get("created")?.as_str()?.parse().ok());
    let mut bill = Bill {
        at: created,
        ..Bill::default()
    };
    let licences = licences(document, &elements);
    for element in graph() {
        let part = |word: &str| part(element, word, &elements, &licences);
        match kind(element) {
            Some("software_Package" | "ai_AIPackage" | "dataset_DatasetPackage") => {
                bill.packages.extend(part("package"));
            }
            Some("software_File") => {
                let named = identity(element).and_then(|reference| Some((reference.to_owned(), part("file")?)));
                bill.files.extend(named);
            }
            Some("Relationship" | "LifecycleScopedRelationship") => bill.links.extend(links(element)),
            Some(_) | None => {}
        }
    }
    bill
}

fn identity(element: &Value) -> Option<&str> {
    let id = element.get("spdxId").or_else(|| element.get("@id"))?;
    id.as_str()
}

fn kind(element: &Value) -> Option<&str> {
    let kind = element.get("type").or_else(|| element.get("@type"))?;
    kind.as_str()
}

/// One link for each element that a relationship leads to.
fn links(element: &Value) -> Vec<Link> {
    let Some(from) = text(element, "from") else {
        return Vec::new();
    };
    let kind = underscored(
        element
            .get("relationshipType")
            .and_then(Value::as_str)
            .unwrap_or_default(),
    );
    // Licences are attributes of what they license.
    if kind.ends_with("_LICENSE") {
        return Vec::new();
    }
    let link = |to: &str| Link {
        from: from.clone(),
        kind: kind.clone(),
        to: to.to_owned(),
        scope: text(element, "scope"),
    };
    list(element.get("to")).filter_map(Value::as_str).map(link).collect()
}

/// `dependsOn` as `DEPENDS_ON`, as version 2 has it.
fn underscored(kind: &str) -> String {
    let mut text = String::with_capacity(kind.len() + 4);
    for letter in kind.chars() {
        if letter.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(letter.to_ascii_uppercase());
    }
    text
}

/// The licence of each element: the one concluded, else the one declared.
fn licences(document: &Value, elements: &Elements<'_>) -> BTreeMap<String, String> {
    let mut licences = BTreeMap::new();
    for wanted in ["hasConcludedLicense", "hasDeclaredLicense"] {
        for element in list(document.get("@graph")) {
            if element.get("relationshipType").and_then(Value::as_str) != Some(wanted) {
                continue;
            }
            let target = list(element.get("to"))
                .filter_map(Value::as_str)
                .find_map(|to| elements.get(to));
            let expression = target.and_then(|licence| {
                text(licence, "simplelicensing_licenseExpression").or_else(|| text(licence, "name"))
            });
            if let (Some(from), Some(expression)) = (text(element, "from"), expression) {
                licences.entry(from).or_insert(expression);
            }
        }
    }
    licences
}

fn part(element: &Value, word: &str, elements: &Elements<'_>, licences: &BTreeMap<String, String>) -> Option<Part> {
    let reference = identity(element)?;
    // What has no name is called by the end of its identity.
    let name = text(element, "name")
        .or_else(|| reference.rsplit(['/', '#']).next().map(str::to_owned))
        .filter(|name| !name.is_empty())?;
    let external = |kinds: &[&str]| {
        let of_kind = |identifier: &&Value| {
            text(identifier, "externalIdentifierType").is_some_and(|kind| kinds.contains(&kind.as_str()))
        };
        let found = list(element.get("externalIdentifier")).find(of_kind);
        found.and_then(|identifier| text(identifier, "identifier"))
    };
    let purl = text(element, "software_packageUrl").or_else(|| external(&["packageUrl"]));
    let supplier = ["suppliedBy", "originatedBy"]
        .iter()
        .flat_map(|field| list(element.get(*field)))
        .filter_map(Value::as_str)
        .find_map(|party| text(elements.get(party)?, "name"));
    let mut part = Part {
        reference: Some(reference.to_owned()),
        ci_type: "software_package",
        kind: text(element, "software_primaryPurpose")
            .filter(|_| word != "file")
            .unwrap_or_else(|| word.to_owned()),
        name,
        version: text(element, "software_packageVersion"),
        description: text(element, "description").or_else(|| text(element, "summary")),
        purl: purl.and_then(|purl| sbom::purl(&purl)),
        supplier,
        licence: licences.get(reference).cloned(),
        sha256: list(element.get("verifiedUsing")).find_map(sha256),
        ..Part::default()
    };
    let homepage = text(element, "software_homePage").and_then(|homepage| sbom::web_address(&homepage));
    part.attributes
        .extend(homepage.map(|homepage| ("documentation_url", Input::Text(homepage))));
    let location = text(element, "software_downloadLocation");
    for (name, value) in [("cpe", external(&["cpe23", "cpe22"])), ("download_location", location)] {
        part.custom
            .extend(value.map(|value| (name.to_owned(), Input::Text(value))));
    }
    Some(part)
}

fn sha256(hash: &Value) -> Option<String> {
    let algorithm = text(hash, "algorithm")?;
    sbom::sha256(hash.get("hashValue")?.as_str()?).filter(|_| algorithm == "sha256")
}
