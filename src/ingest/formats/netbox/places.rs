//! Sites, rooms and racks, the power they are fed by, and circuits.

use serde_json::Value;

use crate::ingest::formats::attributes::Attributes;
use crate::ingest::formats::document::Findings;

use super::source::{Model, choice, number, reference, text};
use super::{NetBox, ci, common, key};

impl NetBox<'_> {
    /// Tells places, power and circuits.
    pub(super) fn places(&self, findings: &mut Findings<'_>) {
        for (id, fields) in self.objects.of(Model::Site) {
            findings.ci(ci(Model::Site, id, "site", name(fields, Model::Site, id), site(fields)));
        }
        for (id, fields) in self.objects.of(Model::Location) {
            let mut attributes = common(fields);
            attributes.text("site_code", self.site_code(fields));
            findings.ci(ci(
                Model::Location,
                id,
                "room",
                name(fields, Model::Location, id),
                attributes,
            ));
            let within = reference(fields, "parent").map(|parent| key(Model::Location, parent));
            let within = within.or_else(|| reference(fields, "site").map(|site| key(Model::Site, site)));
            if let Some(within) = within {
                findings.relationship(key(Model::Location, id), "located_in", within);
            }
        }
        for (id, fields) in self.objects.of(Model::Rack) {
            let mut attributes = common(fields);
            attributes.text("serial_number", text(fields, "serial"));
            attributes.text("site_code", self.site_code(fields));
            attributes.text("room_name", self.name_of(fields, "location", Model::Location));
            attributes.number("rack_units", number(fields, "u_height").filter(|units| *units <= 100));
            findings.ci(ci(Model::Rack, id, "rack", name(fields, Model::Rack, id), attributes));
            located(Model::Rack, id, fields, findings);
        }
        self.power(findings);
        for (id, fields) in self.objects.of(Model::Circuit) {
            let mut attributes = common(fields);
            attributes.text("provider", self.name_of(fields, "provider", Model::Provider));
            attributes.text("circuit_id", text(fields, "cid"));
            attributes.text("circuit_kind", self.name_of(fields, "type", Model::CircuitType));
            attributes.number(
                "bandwidth",
                number(fields, "commit_rate").map(|kilobits| kilobits / 1000),
            );
            let name = text(fields, "cid").map_or_else(|| key(Model::Circuit, id), str::to_owned);
            findings.ci(ci(Model::Circuit, id, "circuit", name, attributes));
        }
    }

    /// Panels feed feeds, and feeds racks: of two feeds of a rack one is enough.
    fn power(&self, findings: &mut Findings<'_>) {
        for (id, fields) in self.objects.of(Model::PowerPanel) {
            let mut attributes = common(fields);
            attributes.text("feed_kind", Some("panel"));
            attributes.text("site_code", self.site_code(fields));
            findings.ci(ci(
                Model::PowerPanel,
                id,
                "power_feed",
                name(fields, Model::PowerPanel, id),
                attributes,
            ));
            located(Model::PowerPanel, id, fields, findings);
        }
        for (id, fields) in self.objects.of(Model::PowerFeed) {
            let mut attributes = common(fields);
            attributes.text("feed_kind", Some("other"));
            let panel = reference(fields, "power_panel");
            let site = panel.and_then(|panel| self.site_code(self.objects.get(Model::PowerPanel, panel)?));
            attributes.text("site_code", site);
            attributes.number("voltage", number(fields, "voltage"));
            attributes.number("current_max", number(fields, "amperage"));
            let phases = match choice(fields, "phase") {
                Some("single-phase") => Some(1),
                Some("three-phase") => Some(3),
                _ => None,
            };
            attributes.number("phases", phases);
            attributes.custom_text("feed_type", choice(fields, "type"));
            findings.ci(ci(
                Model::PowerFeed,
                id,
                "power_feed",
                name(fields, Model::PowerFeed, id),
                attributes,
            ));
            if let Some(panel) = panel {
                findings.relationship(key(Model::PowerFeed, id), "powered_by", key(Model::PowerPanel, panel));
            }
            if let Some(rack) = reference(fields, "rack") {
                findings.relationship(key(Model::Rack, rack), "powered_by", key(Model::PowerFeed, id));
            }
        }
    }
}

/// Places an object in its location, or else at its site.
pub(super) fn located(model: Model, id: u64, fields: &Value, findings: &mut Findings<'_>) {
    let within = reference(fields, "location").map(|location| key(Model::Location, location));
    let within = within.or_else(|| reference(fields, "site").map(|site| key(Model::Site, site)));
    if let Some(within) = within {
        findings.relationship(key(model, id), "located_in", within);
    }
}

/// The name of an object, or else its key.
pub(super) fn name(fields: &Value, model: Model, id: u64) -> String {
    text(fields, "name").map_or_else(|| key(model, id), str::to_owned)
}

fn site(fields: &Value) -> Attributes {
    let mut attributes = common(fields);
    attributes.text("site_code", text(fields, "slug"));
    let address =
        text(fields, "physical_address").map(|address| address.split_whitespace().collect::<Vec<_>>().join(" "));
    attributes.text("street", address.as_deref());
    attributes.text("time_zone", text(fields, "time_zone"));
    for (field, limit) in [("latitude", 90.0), ("longitude", 180.0)] {
        let degrees = fields.get(field).and_then(|value| match value {
            Value::String(text) => text.trim().parse::<f64>().ok(),
            Value::Number(number) => number.as_f64(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        });
        let degrees = degrees
            .filter(|degrees| degrees.abs() <= limit)
            .map(|degrees| format!("{degrees:.6}"));
        attributes.text(field, degrees.as_deref());
    }
    attributes
}
