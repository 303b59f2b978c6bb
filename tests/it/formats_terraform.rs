//! Terraform states and plans: fixtures, and samples of other tools' tests with known answers.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use linchpin::graph::{Estate, Slot};
use linchpin::ingest::report::Summary;
use linchpin::model::AttributeValue;

use crate::format_fixtures::{again, check, options, refused};
use crate::ingest_support::{Database, sample};

#[test]
fn fixtures_of_terraform_are_read_as_expected() {
    check("terraform");
}

#[derive(serde::Deserialize)]
struct Known {
    files: BTreeMap<String, File>,
}

#[derive(serde::Deserialize)]
struct File {
    format: String,
    #[serde(default)]
    managed_instances: usize,
    #[serde(default)]
    data_instances: usize,
    #[serde(default)]
    by_type: BTreeMap<String, usize>,
    dependency_edges_resolved: Option<usize>,
    #[serde(default)]
    actions: BTreeMap<String, usize>,
}

/// The type of resource that a CI is of; none of regions.
fn resource_kind(estate: &Estate, slot: Slot) -> Option<String> {
    let catalog = estate.catalog();
    let text = |name: &str| {
        let value = estate.ci_at(slot).attributes().value(catalog.attribute_id(name)?)?;
        if let AttributeValue::Text(text) = &value {
            return Some(text.to_string());
        }
        let AttributeValue::Json(text) = value else { return None };
        let custom: serde_json::Value = serde_json::from_str(&text).ok()?;
        Some(custom.get("resource_kind")?.as_str()?.to_owned())
    };
    text("resource_kind").or_else(|| text("custom"))
}

fn kinds(estate: &Estate) -> BTreeMap<String, usize> {
    let mut kinds = BTreeMap::new();
    for slot in estate.slots_by_id() {
        if let Some(kind) = resource_kind(estate, *slot) {
            *kinds.entry(kind).or_default() += 1;
        }
    }
    kinds
}

/// Distinct dependencies between resources: instances without their own indexes.
fn dependencies(estate: &Estate) -> usize {
    let depends_on = estate
        .catalog()
        .relationship_type_named("depends_on")
        .expect("a type")
        .id;
    let index = regex::Regex::new(r#"\[(\d+|"[^"]*")\]$"#).expect("a pattern");
    let resource = |slot| {
        let key = estate.ci_at(slot).origins().next().expect("an origin").native_key;
        index.replace_all(&key, "").into_owned()
    };
    let edges = estate
        .relationships()
        .filter(|relationship| relationship.relationship_type() == depends_on);
    let edges: BTreeSet<(String, String)> = edges.map(|edge| (resource(edge.from()), resource(edge.to()))).collect();
    edges.len()
}

/// The targets of a plan by action, as the notes tell them.
fn planned(summary: &Summary) -> BTreeMap<String, usize> {
    let pattern = regex::Regex::new(r"^the plan would (\S+) (\d+) resources").expect("a pattern");
    let notes = summary.notes.iter().filter(|note| note.code == "PLANNED");
    notes
        .map(|note| {
            let told = pattern.captures(&note.message).expect("a note of a plan");
            (told[1].to_owned(), told[2].parse().expect("a number"))
        })
        .collect()
}

#[test]
fn samples_of_terraform_are_read_as_they_are_known() {
    let Some(folder) = sample("terraform") else { return };
    let text = fs::read_to_string(folder.join("KNOWN.json")).expect("known answers");
    let known: Known = serde_json::from_str(&text).expect("known answers");
    let (mut states, mut plans) = (0, 0);
    for (name, known) in known.files {
        let text = fs::read_to_string(folder.join(&name)).expect("a sample");
        let database = Database::new();
        let unreadable = known.format == "not JSON" || known.format == "other";
        let format = (unreadable || known.format == "show -json plan").then_some("terraform");
        let report = database.load_as(&text, options(format, Some("s")));
        assert_eq!(report.summary.complete, !unreadable, "{name}: {}", report.text());
        if unreadable {
            continue;
        }
        assert_eq!(refused(&report), [""; 0], "{name}");
        again(&database, &text, &options(None, Some("s")));
        let estate = database.cmdb.reader().snapshot();
        if known.format == "show -json plan" {
            plans += 1;
            assert_eq!(planned(&report.summary), known.actions, "{name}");
            continue;
        }
        states += 1;
        let kinds = kinds(&estate);
        assert_eq!(kinds, known.by_type, "{name}");
        assert_eq!(kinds.values().sum::<usize>(), known.managed_instances, "{name}");
        // The known numbers count dependencies of data sources too, which are no CIs.
        if let Some(resolved) = known.dependency_edges_resolved.filter(|_| known.data_instances == 0) {
            assert_eq!(dependencies(&estate), resolved, "{name}");
        }
    }
    assert!(states > 50 && plans > 15, "{states} states, {plans} plans");
}
