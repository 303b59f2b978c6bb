//! The catalog written back as a catalog file.

mod rule;

use std::fmt::Write as _;

use super::Catalog;
use crate::model::definition::{
    AttributeDefinition, CiTypeDefinition, IdentificationRule, LifecycleRule, PoolDefinition,
    RelationshipTypeDefinition, ValueType,
};
use crate::model::rule::IngestRuleKind;
use crate::model::{CiTypeId, Decimal, ImpactState, IngestRule, Name, Strength};

impl Catalog {
    /// The whole catalog as the text of a catalog file, which defines an equal one (numbers aside).
    pub fn render(&self) -> String {
        let mut text = self.render_without_admission();
        let admission = self.render_admission();
        if !admission.is_empty() {
            push(&mut text, &admission);
        }
        text
    }

    /// The rules of admission, which decide what of the words of sources is let in and counts, as the
    /// text of a catalog file; empty where there are none.
    pub fn render_admission(&self) -> String {
        let mut text = String::new();
        let rules = self.ingest_rules().filter(|rule| is_of_admission(rule));
        rules.for_each(|one| push(&mut text, &self.render_ingest_rule(one)));
        text
    }

    /// All but the rules of admission.
    pub fn render_without_admission(&self) -> String {
        let mut text = String::new();
        let rules = self.lifecycle.iter().flatten();
        rules.for_each(|rule| push(&mut text, &lifecycle(rule)));
        self.pools().for_each(|one| push(&mut text, &pool(one)));
        self.ci_types().for_each(|one| push(&mut text, &self.ci_type_text(one)));
        self.relationship_types()
            .for_each(|one| push(&mut text, &self.relationship_type_text(one)));
        let rules = self.ingest_rules().filter(|rule| !is_of_admission(rule));
        rules.for_each(|one| push(&mut text, &self.render_ingest_rule(one)));
        text
    }

    /// One CI type as the text of a catalog file, to be changed and defined again.
    pub fn render_ci_type(&self, id: CiTypeId) -> Option<String> {
        self.ci_type(id).map(|definition| self.ci_type_text(definition))
    }

    fn ci_type_text(&self, definition: &CiTypeDefinition) -> String {
        let mut table = Table::new("ci_type");
        table.text("name", definition.name.as_str());
        table.text("label", &definition.label);
        table.text_unless_empty("description", &definition.description);
        if let Some(parent) = definition.parent.and_then(|id| self.ci_type(id)) {
            table.text("parent", parent.name.as_str());
        }
        if definition.is_abstract {
            table.raw("abstract", "true");
        }
        if let Some(tier) = definition.default_tier {
            table.raw("default_tier", &tier.to_string());
        }
        if let Some(grace) = definition.retire_after {
            table.text("retire_after", &rule::length(grace));
        }
        if let Some(rules) = &definition.identification {
            table.rows("identification", &rules.iter().map(identification).collect::<Vec<_>>());
        }
        if !definition.attributes.is_empty() {
            table.rows(
                "attributes",
                &definition.attributes.iter().map(attribute).collect::<Vec<_>>(),
            );
        }
        table.0
    }

    fn relationship_type_text(&self, definition: &RelationshipTypeDefinition) -> String {
        let mut table = Table::new("relationship_type");
        table.text("name", definition.name.as_str());
        table.text("forward_phrase", &definition.forward_phrase);
        table.text("reverse_phrase", &definition.reverse_phrase);
        table.text_unless_empty("description", &definition.description);
        for (key, ends) in [("from", &definition.from_types), ("to", &definition.to_types)] {
            if !ends.is_empty() {
                let names = ends.iter().filter_map(|id| self.ci_type(*id));
                table.raw(key, &list(names.map(|one| one.name.as_str())));
            }
        }
        for (key, strength) in [("forward", definition.forward), ("reverse", definition.reverse)] {
            if strength != Strength::NONE {
                table.text(key, &strength.to_string());
            }
        }
        if let Some(pool) = definition.pool.and_then(|id| self.pool(id)) {
            table.text("pool", pool.name.as_str());
        }
        if !definition.attributes.is_empty() {
            table.rows(
                "attributes",
                &definition.attributes.iter().map(attribute).collect::<Vec<_>>(),
            );
        }
        table.0
    }
}

fn is_of_admission(rule: &IngestRule) -> bool {
    match rule.kind() {
        IngestRuleKind::Source | IngestRuleKind::Authority | IngestRuleKind::Junk => true,
        IngestRuleKind::Derivation | IngestRuleKind::ClassAlias => false,
    }
}

fn push(text: &mut String, table: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(table);
}

fn lifecycle(rule: &LifecycleRule) -> String {
    let mut table = Table::new("lifecycle");
    table.text("stage", rule.stage.as_str());
    table.raw("takes_part", if rule.takes_part { "true" } else { "false" });
    if rule.current_state != ImpactState::Ok {
        table.text("current_state", rule.current_state.as_str());
    }
    table.raw("next", &list(rule.next.iter().map(|stage| stage.as_str())));
    table.0
}

fn pool(definition: &PoolDefinition) -> String {
    let mut table = Table::new("pool");
    table.text("name", definition.name.as_str());
    table.text_unless_empty("description", &definition.description);
    let thresholds = definition.thresholds;
    for (key, threshold) in [
        ("up_min", thresholds.up_min),
        ("capacity_min", thresholds.capacity_min),
        ("spare_min", thresholds.spare_min),
    ] {
        if let Some(threshold) = threshold {
            table.text(key, &threshold.to_string());
        }
    }
    if let Some(attribute) = &definition.up_min_attribute {
        table.text("up_min_attribute", attribute.as_str());
    }
    if definition.grounded {
        table.raw("grounded", "true");
    }
    table.0
}

fn identification(rule: &IdentificationRule) -> Row {
    let mut row = Row::default();
    row.text("name", rule.name.as_str());
    if !rule.attributes.is_empty() {
        row.raw("attributes", &list(rule.attributes.iter().map(Name::as_str)));
    }
    if let Some(host) = &rule.host {
        row.text("host", host.as_str());
    }
    if let Some(related) = &rule.related {
        let mut inner = Row::default();
        inner.text("relationship_type", related.relationship_type.as_str());
        inner.text("ci_type", related.ci_type.as_str());
        inner.raw("attributes", &list(related.attributes.iter().map(Name::as_str)));
        row.raw("related", &format!("{{ {} }}", inner.0.join(", ")));
    }
    row.raw("priority", &rule.priority.to_string());
    row
}

fn attribute(definition: &AttributeDefinition) -> Row {
    let mut row = Row::default();
    row.text("name", definition.name.as_str());
    row.text("type", definition.value_type.word());
    let element = definition.value_type.element();
    if *element != definition.value_type {
        row.text("of", element.word());
    }
    if let ValueType::Enumeration(values) = element {
        row.raw("values", &list(values.iter().map(String::as_str)));
    }
    for (key, flag) in [
        ("required", definition.required),
        ("unique", definition.unique),
        ("secret", definition.secret),
    ] {
        if flag {
            row.raw(key, "true");
        }
    }
    for (key, bound) in [("minimum", definition.minimum), ("maximum", definition.maximum)] {
        if let Some(bound) = bound {
            row.raw(key, &number(bound));
        }
    }
    for (key, text) in [("pattern", &definition.pattern), ("unit", &definition.unit)] {
        if let Some(text) = text {
            row.text(key, text);
        }
    }
    if !definition.description.is_empty() {
        row.text("description", &definition.description);
    }
    row
}

/// A whole number as it is; with digits behind the point as text, which keeps it exact.
fn number(bound: Decimal) -> String {
    if bound.scale() == 0 {
        bound.to_string()
    } else {
        quoted(&bound.to_string())
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let texts: Vec<String> = texts.map(quoted).collect();
    format!("[{}]", texts.join(", "))
}

/// A table of the file, with its header.
struct Table(String);

impl Table {
    fn new(header: &str) -> Self {
        Self(format!("[[{header}]]\n"))
    }

    fn raw(&mut self, key: &str, value: &str) {
        writeln!(self.0, "{key} = {value}").expect("writing to a string cannot fail");
    }

    fn text(&mut self, key: &str, text: &str) {
        self.raw(key, &quoted(text));
    }

    fn text_unless_empty(&mut self, key: &str, text: &str) {
        if !text.is_empty() {
            self.text(key, text);
        }
    }

    fn rows(&mut self, key: &str, rows: &[Row]) {
        if rows.is_empty() {
            return self.raw(key, "[]");
        }
        let lines: Vec<String> = rows
            .iter()
            .map(|row| format!("    {{ {} }},", row.0.join(", ")))
            .collect();
        self.raw(key, &format!("[\n{}\n]", lines.join("\n")));
    }
}

/// An inline table.
#[derive(Default)]
struct Row(Vec<String>);

impl Row {
    fn raw(&mut self, key: &str, value: &str) {
        self.0.push(format!("{key} = {value}"));
    }

    fn text(&mut self, key: &str, text: &str) {
        self.raw(key, &quoted(text));
    }
}
