//! `NetBox`: its database as Django dumps it (`manage.py dumpdata`), or what its REST API answers.

mod cables;
mod connectivity;
mod machines;
mod places;
mod source;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::app::ErrorCode;
use crate::ingest::observation::Problem;
use crate::ingest::payload::CiRecord;

use super::attributes::{Attributes, Tally};
use super::document::{Adapter, Content, Findings};
use source::{Model, Objects};

/// The format's entry in the table.
pub(super) const ADAPTER: Adapter = Adapter {
    name: "netbox",
    label: "NetBox, as a dump of its database or as its REST API answers",
    recognises,
    read,
};

fn recognises(content: &Content) -> bool {
    let values = content.values();
    !values.is_empty()
        && values.iter().all(|value| {
            let mut objects = source::listed(value).peekable();
            objects.peek().is_some() && objects.all(source::is_object_of_netbox)
        })
}

fn read(content: &Content, findings: &mut Findings<'_>) -> Result<(), Problem> {
    let mut objects = Objects::default();
    let mut others: BTreeMap<String, u64> = BTreeMap::new();
    for object in content.require_values()?.iter().flat_map(source::listed) {
        objects.take(object, &mut others, findings);
    }
    if objects.is_empty() && others.is_empty() {
        let message =
            "the document has no object of NetBox: neither `model`, `pk` and `fields`, nor an `url` of its API";
        return Err(Problem::new(ErrorCode::BadUserInput, message));
    }
    let mut tally = Tally::default();
    let netbox = NetBox {
        objects,
        names: BTreeMap::new(),
    }
    .named();
    netbox.places(findings);
    netbox.machines(findings, &mut tally);
    netbox.cables(findings, &mut tally);
    if !others.is_empty() {
        let models: Vec<String> = others.iter().map(|(model, count)| format!("{model} {count}")).collect();
        let total: u64 = others.values().sum();
        findings.warn(
            "IGNORED",
            format!("objects of models that are not read: {total} ({})", models.join(", ")),
        );
    }
    tally.report(findings);
    Ok(())
}

/// All objects of the documents, and the names of devices, which others carry along.
struct NetBox<'d> {
    objects: Objects<'d>,
    /// Device and virtual machine names that only one of them has, by model and id.
    names: BTreeMap<(Model, u64), &'d str>,
}

impl<'d> NetBox<'d> {
    fn named(mut self) -> Self {
        let mut holders: BTreeMap<&'d str, Vec<(Model, u64)>> = BTreeMap::new();
        for model in [Model::Device, Model::VirtualMachine] {
            for (id, fields) in self.objects.of(model) {
                if let Some(name) = source::text(fields, "name") {
                    holders.entry(name).or_default().push((model, id));
                }
            }
        }
        for (name, holders) in holders {
            if let [only] = holders.as_slice() {
                self.names.insert(*only, name);
            }
        }
        self
    }

    /// The name of what a field refers to.
    fn name_of(&self, fields: &'d Value, field: &str, model: Model) -> Option<&'d str> {
        let stated = fields.get(field)?;
        let nested = ["name", "model", "display"]
            .iter()
            .find_map(|part| source::text(stated, part));
        nested.or_else(|| {
            let fields = self.objects.get(model, source::reference(fields, field)?)?;
            ["name", "model"].iter().find_map(|part| source::text(fields, part))
        })
    }

    /// The short code of the site that an object is at.
    fn site_code(&self, fields: &'d Value) -> Option<&'d str> {
        let nested = fields.get("site").and_then(|site| source::text(site, "slug"));
        nested.or_else(|| {
            let site = self.objects.get(Model::Site, source::reference(fields, "site")?)?;
            source::text(site, "slug")
        })
    }
}

fn key(model: Model, id: u64) -> String {
    format!("{}:{id}", model.word())
}

fn ci(model: Model, id: u64, ci_type: &str, name: String, mut attributes: Attributes) -> CiRecord {
    CiRecord {
        key: Some(key(model, id)),
        ci_type: ci_type.to_owned(),
        name: Some(name),
        attributes: attributes.take(),
        ..CiRecord::default()
    }
}

/// What every object may state.
fn common(fields: &Value) -> Attributes {
    let mut attributes = Attributes::default();
    attributes.text("description", source::text(fields, "description"));
    attributes.custom_text("status", source::choice(fields, "status"));
    attributes
}

#[cfg(test)]
mod tests;
