//! Terraform: state files of versions 3 and 4, and what `terraform show -json` prints of states and
//! plans.
//!
//! Of a resource's values only a few, chosen by name, are taken; what the state marks as sensitive
//! never is. A plan brings the state it was made on, and its targets are told as notes.

mod address;
mod plan;
mod region;
mod resource;
mod state;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::app::ErrorCode;
use crate::ingest::observation::Problem;

use super::attributes::{Tally, at, text_at};
use super::document::{Adapter, Content, Findings};
use state::Instance;

/// The format's entry in the table.
pub(super) const ADAPTER: Adapter = Adapter {
    name: "terraform",
    label: "Terraform state, or what terraform show -json prints of a state or plan",
    recognises,
    read,
};

/// What the state is called where neither it nor the sender says so.
const STATE_DEFAULT: &str = "terraform";

fn recognises(content: &Content) -> bool {
    let values = content.values();
    !values.is_empty() && values.iter().all(|value| is_state(value) || is_shown(value))
}

/// A state file.
fn is_state(value: &Value) -> bool {
    let has_instances = |resources: &Value| {
        let resources = resources.as_array();
        resources.is_some_and(|resources| resources.iter().any(|resource| resource.get("instances").is_some()))
    };
    value.get("version").is_some_and(Value::is_u64)
        && ((text_at(value, &["lineage"]).is_some() && value.get("serial").is_some())
            || value.get("resources").is_some_and(has_instances))
}

/// What `terraform show -json` prints.
fn is_shown(value: &Value) -> bool {
    text_at(value, &["format_version"]).is_some()
        && ["values", "planned_values", "prior_state", "resource_changes"]
            .iter()
            .any(|field| value.get(field).is_some())
}

fn read(content: &Content, findings: &mut Findings<'_>) -> Result<(), Problem> {
    for document in content.require_values()? {
        document_of(document, findings)?;
    }
    Ok(())
}

fn document_of(document: &Value, findings: &mut Findings<'_>) -> Result<(), Problem> {
    let mut tally = Tally::default();
    let instances = if is_shown(document) {
        plan::report(document, findings);
        let values = at(document, &["values"]).or_else(|| at(document, &["prior_state", "values"]));
        values.map_or_else(Vec::new, |values| state::shown(values, findings, &mut tally))
    } else {
        match document.get("version").and_then(Value::as_u64) {
            Some(4) => state::version_4(document, findings, &mut tally),
            Some(3) => state::version_3(document, findings, &mut tally),
            Some(version) => return Err(unknown_version(&version.to_string())),
            None => {
                let message = "the document is no Terraform state and nothing that `terraform show -json` prints";
                return Err(Problem::new(ErrorCode::BadUserInput, message));
            }
        }
    };
    let name = findings.name().map(str::trim).filter(|name| !name.is_empty());
    let state = name
        .or_else(|| text_at(document, &["lineage"]))
        .unwrap_or(STATE_DEFAULT);
    if state == STATE_DEFAULT && !instances.is_empty() {
        let message = format!(
            "the document does not say which state it is of, so it is called `{STATE_DEFAULT}`: name it (--name), or \
             resources of other states at the same address will be taken for the same"
        );
        findings.warn("STATE_UNNAMED", message);
    }
    let state = state.to_owned();
    resource::records(&state, &instances, findings, &mut tally);
    dependencies(&state, &instances, findings, &mut tally);
    tally.report(findings);
    Ok(())
}

fn unknown_version(version: &str) -> Problem {
    let message = format!(
        "the state is of version {version}; versions 3 and 4 are read: let a current Terraform rewrite it, or send what \
         `terraform show -json` prints"
    );
    Problem::new(ErrorCode::BadUserInput, message)
        .of_field("version")
        .of_value(version)
}

/// What depends on what. A state names the resource and not which of its instances is meant: these
/// are the ones whose ids stand in the values of the dependent, or else all.
fn dependencies(state: &str, instances: &[Instance<'_>], findings: &mut Findings<'_>, tally: &mut Tally) {
    let mut by_resource: BTreeMap<&str, Vec<&Instance<'_>>> = BTreeMap::new();
    for instance in instances {
        by_resource.entry(&instance.resource).or_default().push(instance);
    }
    let mut told = BTreeSet::new();
    for instance in instances {
        for dependency in &instance.dependencies {
            let Some(targets) = by_resource.get(dependency.as_str()) else {
                tally.count("IGNORED", "dependencies on what is no managed resource of this state");
                continue;
            };
            let mut meant = targets.clone();
            if targets.len() > 1 {
                let texts = instance.texts();
                let named = |target: &&Instance<'_>| target.id().is_some_and(|id| texts.contains(id));
                let named: Vec<&Instance<'_>> = targets.iter().copied().filter(named).collect();
                if !named.is_empty() {
                    meant = named;
                }
            }
            for target in meant {
                if target.address != instance.address && told.insert((&instance.address, &target.address)) {
                    let (from, to) = (resource::key(state, instance), resource::key(state, target));
                    findings.relationship(from, "depends_on", to);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
