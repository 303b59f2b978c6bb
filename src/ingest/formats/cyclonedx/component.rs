//! Components and services, and those inside them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::ingest::formats::document::Findings;
use crate::ingest::formats::sbom::{self, Part};
use crate::model::Input;

use super::{Bill, DEPTH_MAX, list, text};

impl Bill {
    /// All components of a list, and those inside them.
    pub(super) fn components(
        &mut self,
        components: Option<&Value>,
        field: &str,
        whole: Option<(&str, usize)>,
        findings: &mut Findings<'_>,
    ) {
        for (place, component) in list(components).enumerate() {
            self.component(component, &format!("{field}[{place}]"), whole, findings);
        }
    }

    /// A component inside `whole`, which stands so deep; gives its key.
    pub(super) fn component(
        &mut self,
        component: &Value,
        field: &str,
        whole: Option<(&str, usize)>,
        findings: &mut Findings<'_>,
    ) -> Option<String> {
        let kind = text(component, "type").unwrap_or_else(|| "library".to_owned());
        let Some(name) = text(component, "name") else {
            sbom::lacks(findings, "a component", &format!("{field}.name"));
            return None;
        };
        let is_subject = field == "metadata.component";
        let ci_type = match kind.as_str() {
            "device" => "hardware_component",
            "application" if is_subject => "application",
            "cryptographic-asset" if asset_type(component) == Some("certificate") => "certificate",
            _ => "software_package",
        };
        let mut part = Part {
            reference: text(component, "bom-ref"),
            ci_type,
            kind,
            group: text(component, "group"),
            name,
            version: text(component, "version").filter(|_| ci_type != "certificate"),
            description: text(component, "description"),
            purl: text(component, "purl").and_then(|purl| sbom::purl(&purl)),
            supplier: supplier(component),
            licence: licence(component.get("licenses")),
            sha256: list(component.get("hashes")).find_map(sha256),
            ..Part::default()
        };
        part.attributes.extend(documentation(component));
        if ci_type == "certificate" {
            certificate(component, &mut part);
        }
        for name in ["cpe", "scope", "mime-type", "copyright"] {
            // What is required says nothing that the absence of a scope does not.
            let value = text(component, name).filter(|value| name != "scope" || value != "required");
            part.custom
                .extend(value.map(|value| (name.replace('-', "_"), Input::Text(value))));
        }
        part.custom.extend(properties(component));
        self.enter(part, component, ("components", field), whole, findings)
    }

    /// All services of a list, and those inside them.
    pub(super) fn services(
        &mut self,
        services: Option<&Value>,
        field: &str,
        whole: Option<(&str, usize)>,
        findings: &mut Findings<'_>,
    ) {
        for (place, service) in list(services).enumerate() {
            let field = format!("{field}[{place}]");
            let Some(name) = text(service, "name") else {
                sbom::lacks(findings, "a service", &format!("{field}.name"));
                continue;
            };
            let endpoints: Vec<&str> = list(service.get("endpoints")).filter_map(Value::as_str).collect();
            let mut part = Part {
                reference: text(service, "bom-ref"),
                ci_type: "application_service",
                kind: "service".to_owned(),
                group: text(service, "group"),
                name,
                version: text(service, "version"),
                description: text(service, "description"),
                supplier: service.get("provider").and_then(|provider| text(provider, "name")),
                licence: licence(service.get("licenses")),
                ..Part::default()
            };
            if let Some(first) = endpoints.first() {
                part.attributes.push(("entry_point", Input::from(*first)));
            }
            if endpoints.len() > 1 {
                let all = endpoints.iter().map(|endpoint| Input::from(*endpoint)).collect();
                part.custom.push(("endpoints".to_owned(), Input::List(all)));
            }
            for flag in ["authenticated", "x-trust-boundary"] {
                let value = service.get(flag).and_then(Value::as_bool);
                part.custom
                    .extend(value.map(|value| (flag.replace('-', "_"), Input::Boolean(value))));
            }
            part.attributes.extend(documentation(service));
            part.custom.extend(properties(service));
            self.enter(part, service, ("services", &field), whole, findings);
        }
    }

    /// Takes note of a part and of those inside it.
    fn enter(
        &mut self,
        part: Part,
        value: &Value,
        (inner, field): (&str, &str),
        whole: Option<(&str, usize)>,
        findings: &mut Findings<'_>,
    ) -> Option<String> {
        let reference = part.reference.clone();
        let entered = self.parts.enter(&part);
        let known = || reference.as_deref().and_then(|reference| self.parts.key(reference));
        let key = entered.clone().or_else(|| known().map(str::to_owned))?;
        if let Some((whole, _)) = whole.filter(|(whole, _)| *whole != key) {
            self.contained.push((key.clone(), whole.to_owned()));
        }
        if let Some(entered) = entered {
            if inner == "components" {
                self.listed.push(entered.clone());
            }
            self.pending.push((entered, part));
        }
        let depth = whole.map_or(0, |(_, depth)| depth) + 1;
        if depth >= DEPTH_MAX {
            self.ignore("parts that stand deeper in each other than 64");
            return Some(key);
        }
        let below = Some((key.as_str(), depth));
        match inner {
            "services" => self.services(value.get("services"), &format!("{field}.services"), below, findings),
            _ => self.components(value.get("components"), &format!("{field}.components"), below, findings),
        }
        Some(key)
    }
}

fn asset_type(component: &Value) -> Option<&str> {
    component.get("cryptoProperties")?.get("assetType")?.as_str()
}

fn certificate(component: &Value, part: &mut Part) {
    let Some(stated) = component
        .get("cryptoProperties")
        .and_then(|crypto| crypto.get("certificateProperties"))
    else {
        return;
    };
    for (theirs, ours) in [("subjectName", "subject"), ("issuerName", "issuer")] {
        part.attributes
            .extend(text(stated, theirs).map(|value| (ours, Input::Text(value))));
    }
    for (theirs, ours) in [("notValidBefore", "valid_not_before"), ("notValidAfter", "expires_at")] {
        let moment = text(stated, theirs).filter(|moment| moment.parse::<jiff::Timestamp>().is_ok());
        part.attributes.extend(moment.map(|value| (ours, Input::Text(value))));
    }
}

/// Who supplies it: stated in one of several fields, as the version of the document has it.
fn supplier(component: &Value) -> Option<String> {
    let named = |field: &str| component.get(field).and_then(|party| text(party, "name"));
    named("supplier")
        .or_else(|| named("manufacturer"))
        .or_else(|| text(component, "publisher"))
}

fn documentation(value: &Value) -> Option<(&'static str, Input)> {
    let documents = |reference: &&Value| text(reference, "type").as_deref() == Some("documentation");
    let reference = list(value.get("externalReferences")).find(documents)?;
    let address = sbom::web_address(reference.get("url")?.as_str()?)?;
    Some(("documentation_url", Input::Text(address)))
}

fn sha256(hash: &Value) -> Option<String> {
    let algorithm = text(hash, "alg")?;
    sbom::sha256(hash.get("content")?.as_str()?).filter(|_| algorithm == "SHA-256")
}

/// The licences, as one expression: all of those listed apply.
fn licence(licences: Option<&Value>) -> Option<String> {
    let mut all: Vec<String> = list(licences)
        .filter_map(|choice| {
            let licence = choice.get("license");
            let named = |field: &str| licence.and_then(|licence| text(licence, field));
            text(choice, "expression")
                .or_else(|| named("id"))
                .or_else(|| named("name"))
        })
        .collect();
    if all.len() > 1 {
        for one in all.iter_mut().filter(|one| one.contains(" OR ")) {
            *one = format!("({one})");
        }
    }
    Some(all.join(" AND ")).filter(|all| !all.is_empty())
}

/// The properties by name; of those of one name, all.
fn properties(value: &Value) -> Option<(String, Input)> {
    let mut fields: BTreeMap<String, Vec<Input>> = BTreeMap::new();
    for property in list(value.get("properties")) {
        let Some(name) = text(property, "name") else { continue };
        let value = Input::Text(text(property, "value").unwrap_or_default());
        fields.entry(name).or_default().push(value);
    }
    let single = |mut values: Vec<Input>| match values.len() {
        1 => values.pop().unwrap_or(Input::Null),
        _ => Input::List(values),
    };
    let fields: Vec<(String, Input)> = fields
        .into_iter()
        .map(|(name, values)| (name, single(values)))
        .collect();
    (!fields.is_empty()).then(|| ("properties".to_owned(), Input::Object(fields)))
}
