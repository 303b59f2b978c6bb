//! SPDX 2.x in the shape of its JSON.

use serde_json::Value;

use crate::ingest::formats::document::Findings;
use crate::ingest::formats::sbom::{self, Part};
use crate::model::Input;

use super::{Bill, Link, list, text};

pub(super) fn is_document(value: &Value) -> bool {
    let version = value.get("spdxVersion").and_then(Value::as_str);
    version.is_some_and(|version| version.starts_with("SPDX-2."))
}

pub(super) fn bill(document: &Value, findings: &mut Findings<'_>) -> Bill {
    let created = document
        .get("creationInfo")
        .and_then(|info| info.get("created")?.as_str());
    let mut bill = Bill {
        at: created.and_then(|created| created.parse().ok()),
        ..Bill::default()
    };
    for (place, package) in list(document.get("packages")).enumerate() {
        let Some(name) = text(package, "name") else {
            sbom::lacks(findings, "a package", &format!("packages[{place}].name"));
            continue;
        };
        bill.packages.push(self::package(package, name));
        let reference = text(package, "SPDXID");
        for file in list(package.get("hasFiles")) {
            if let (Some(package), Some(file)) = (&reference, file.as_str()) {
                bill.links.push(link(package, "CONTAINS", file));
            }
        }
    }
    for file in list(document.get("files")) {
        let (Some(reference), Some(name)) = (text(file, "SPDXID"), text(file, "fileName")) else {
            sbom::lacks(findings, "a file", "files[].SPDXID or files[].fileName");
            continue;
        };
        let part = Part {
            reference: Some(reference.clone()),
            ci_type: "software_package",
            kind: "file".to_owned(),
            name,
            licence: text(file, "licenseConcluded"),
            sha256: checksum(file),
            ..Part::default()
        };
        bill.files.insert(reference, part);
    }
    for stated in list(document.get("relationships")) {
        let ends = (text(stated, "spdxElementId"), text(stated, "relatedSpdxElement"));
        if let ((Some(from), Some(to)), Some(kind)) = (ends, text(stated, "relationshipType")) {
            bill.links.push(link(&from, &kind, &to));
        }
    }
    bill
}

fn link(from: &str, kind: &str, to: &str) -> Link {
    Link {
        from: from.to_owned(),
        kind: kind.to_owned(),
        to: to.to_owned(),
        scope: None,
    }
}

fn package(package: &Value, name: String) -> Part {
    let external = |kind: &str| {
        let of_kind = |reference: &&Value| text(reference, "referenceType").as_deref() == Some(kind);
        list(package.get("externalRefs"))
            .find(of_kind)
            .and_then(|reference| text(reference, "referenceLocator"))
    };
    let purpose = text(package, "primaryPackagePurpose").map(|purpose| purpose.to_ascii_lowercase());
    let mut part = Part {
        reference: text(package, "SPDXID"),
        ci_type: "software_package",
        kind: purpose.unwrap_or_else(|| "package".to_owned()),
        name,
        version: text(package, "versionInfo"),
        description: text(package, "description").or_else(|| text(package, "summary")),
        purl: external("purl").and_then(|purl| sbom::purl(&purl)),
        supplier: text(package, "supplier")
            .or_else(|| text(package, "originator"))
            .as_deref()
            .map(party),
        licence: text(package, "licenseConcluded").or_else(|| text(package, "licenseDeclared")),
        sha256: checksum(package),
        ..Part::default()
    };
    let homepage = text(package, "homepage").and_then(|homepage| sbom::web_address(&homepage));
    part.attributes
        .extend(homepage.map(|homepage| ("documentation_url", Input::Text(homepage))));
    let cpe = external("cpe23Type").or_else(|| external("cpe22Type"));
    let location = text(package, "downloadLocation");
    for (name, value) in [("cpe", cpe), ("download_location", location)] {
        part.custom
            .extend(value.map(|value| (name.to_owned(), Input::Text(value))));
    }
    part
}

/// `Organization: Example (mail@example.com)` without its kind and address.
fn party(text: &str) -> String {
    let name = text.split_once(": ").map_or(text, |(_, name)| name);
    let name = name.split(" (").next().unwrap_or(name);
    name.trim().to_owned()
}

fn checksum(element: &Value) -> Option<String> {
    let is_sha256 = |checksum: &&Value| text(checksum, "algorithm").as_deref() == Some("SHA256");
    let checksum = list(element.get("checksums")).find(is_sha256)?;
    sbom::sha256(checksum.get("checksumValue")?.as_str()?)
}
