//! Entities as CIs.

use serde_json::Value;

use crate::ingest::formats::attributes::{Attributes, at, list_at, text_at};
use crate::ingest::formats::document::Findings;
use crate::ingest::payload::CiRecord;

use super::reference::Reference;

/// The CI type of an entity; none of kinds that are not read.
pub(super) fn ci_type(reference: &Reference, entity: &Value) -> Option<&'static str> {
    let stated = text_at(entity, &["spec", "type"]).unwrap_or_default().to_lowercase();
    Some(match reference.kind.as_str() {
        "component" => "application",
        "api" => "api",
        "system" => "application_service",
        "domain" => "business_capability",
        "group" if stated == "organization" || stated == "organisation" => "organisation",
        "group" => "team",
        "user" => "person",
        "resource" => match stated.as_str() {
            "database" => "database",
            "cache" => "middleware",
            "queue" | "topic" | "message-queue" | "broker" => "message_queue",
            "kubernetes-cluster" => "kubernetes_cluster",
            "bucket" | "s3-bucket" | "storage" => "volume",
            _ => "cloud_resource",
        },
        _ => return None,
    })
}

/// Tells the CI of an entity.
pub(super) fn record(reference: &Reference, entity: &Value, findings: &mut Findings<'_>) {
    let Some(ci_type) = ci_type(reference, entity) else {
        return;
    };
    let stated = text_at(entity, &["spec", "type"]);
    let mut attributes = Attributes::default();
    attributes.text("description", text_at(entity, &["metadata", "description"]));
    match ci_type {
        "application" | "api" => {
            let source = text_at(entity, &["metadata", "annotations", "backstage.io/source-location"]);
            let url = source.and_then(|source| source.strip_prefix("url:"));
            attributes.text("repository_url", url.filter(|url| is_url(url)));
        }
        "team" | "organisation" | "person" => {
            let email = text_at(entity, &["spec", "profile", "email"]);
            attributes.text("email", email.filter(|email| is_email(email)));
        }
        "middleware" => {
            attributes.text("middleware_kind", Some("cache"));
        }
        "volume" => {
            attributes.text("volume_kind", Some("object_store"));
        }
        "cloud_resource" => {
            attributes.text("resource_kind", stated);
        }
        _ => {}
    }
    if ci_type == "api" {
        attributes.text("protocol", Some(protocol(stated)));
    }
    if ci_type == "person" {
        attributes.text("login", Some(&reference.name));
    }
    if ci_type != "cloud_resource" {
        attributes.custom_text("type", stated);
    }
    attributes.custom_text("title", text_at(entity, &["metadata", "title"]));
    attributes.custom_text("display_name", text_at(entity, &["spec", "profile", "displayName"]));
    attributes.custom_text("lifecycle", text_at(entity, &["spec", "lifecycle"]));
    attributes.custom("links", at(entity, &["metadata", "links"]));
    let tags = list_at(entity, &["metadata", "tags"]).iter().filter_map(Value::as_str);
    let tags: Vec<String> = tags.map(str::to_owned).collect();
    let name = text_at(entity, &["metadata", "name"]).unwrap_or(&reference.name).trim();
    findings.ci(CiRecord {
        key: Some(reference.key()),
        ci_type: ci_type.to_owned(),
        // Names of other namespaces would be taken for the same thing.
        name: Some(if reference.is_of_default_namespace() {
            name.to_owned()
        } else {
            format!("{}/{name}", reference.namespace)
        }),
        attributes: attributes.take(),
        tags: (!tags.is_empty()).then_some(tags),
        ..CiRecord::default()
    });
}

fn protocol(stated: Option<&str>) -> &'static str {
    match stated.map(str::to_lowercase).as_deref() {
        Some("openapi" | "rest") => "rest",
        Some("graphql") => "graphql",
        Some("grpc") => "grpc",
        Some("asyncapi") => "asyncapi",
        Some("soap" | "wsdl") => "soap",
        Some("odata") => "odata",
        _ => "other",
    }
}

fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
}

fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    parts.is_some_and(|(user, host)| {
        !user.is_empty() && host.contains('.') && !host.contains('@') && !text.contains(char::is_whitespace)
    })
}
