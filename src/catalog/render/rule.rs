//! Rules of ingest written back as tables of a catalog file.

use jiff::SignedDuration;

use super::{Table, list};
use crate::catalog::Catalog;
use crate::model::rule::{AuthorityRule, ClassAlias, DerivationRule, JunkRule, SourceRule};
use crate::model::{CiTypeId, IngestRule, Name};

impl Catalog {
    /// One rule of ingest as the text of a catalog file.
    pub fn render_ingest_rule(&self, rule: &IngestRule) -> String {
        let mut table = Table::new(rule.kind().as_str());
        table.text("name", rule.name().as_str());
        match rule {
            IngestRule::Source(rule) => source(&mut table, rule),
            IngestRule::Authority(rule) => self.authority_text(&mut table, rule),
            IngestRule::Junk(rule) => junk(&mut table, rule),
            IngestRule::Derivation(rule) => self.derivation_text(&mut table, rule),
            IngestRule::ClassAlias(ClassAlias { ci_type, .. }) => self.type_text(&mut table, "ci_type", *ci_type),
        }
        table.0
    }

    fn type_text(&self, table: &mut Table, key: &str, id: CiTypeId) {
        if let Some(definition) = self.ci_type(id) {
            table.text(key, definition.name.as_str());
        }
    }

    fn authority_text(&self, table: &mut Table, rule: &AuthorityRule) {
        self.type_text(table, "ci_type", rule.ci_type);
        names(table, "attributes", &rule.attributes);
        table.text("policy", rule.authority.policy.as_str());
        names(table, "sources", &rule.authority.sources);
        if let Some(lapse) = rule.authority.lapse {
            table.text("lapse", &length(lapse));
        }
    }

    fn derivation_text(&self, table: &mut Table, rule: &DerivationRule) {
        self.type_text(table, "from", rule.from);
        table.text("attribute", rule.attribute.as_str());
        if let Some(definition) = self.relationship_type(rule.relationship_type) {
            table.text("relationship_type", definition.name.as_str());
        }
        self.type_text(table, "to", rule.to);
        table.text("to_attribute", rule.to_attribute.as_str());
        if rule.reversed {
            table.raw("reversed", "true");
        }
    }
}

fn source(table: &mut Table, rule: &SourceRule) {
    table.text_unless_empty("description", &rule.description);
    let rights = &rule.rights;
    for (key, may) in [
        ("may_create", rights.may_create),
        ("may_update", rights.may_update),
        ("may_retire", rights.may_retire),
        ("may_create_placeholders", rights.may_create_placeholders),
    ] {
        table.raw(key, if may { "true" } else { "false" });
    }
    table.text("on_no_match", rights.on_no_match.as_str());
    table.text("on_many_matches", rights.on_many_matches.as_str());
    table.raw("sweep_share_max", &rights.sweep_share_max.to_string());
}

fn junk(table: &mut Table, rule: &JunkRule) {
    names(table, "attributes", &rule.attributes);
    for (key, texts) in [("values", &rule.values), ("patterns", &rule.patterns)] {
        if !texts.is_empty() {
            table.raw(key, &list(texts.iter().map(String::as_str)));
        }
    }
}

fn names(table: &mut Table, key: &str, names: &[Name]) {
    if !names.is_empty() {
        table.raw(key, &list(names.iter().map(Name::as_str)));
    }
}

/// A length of time in the largest unit that leaves no rest.
pub(super) fn length(length: SignedDuration) -> String {
    let seconds = length.as_secs();
    let units = [(86_400, "d"), (3_600, "h"), (60, "m")];
    let unit = units.into_iter().find(|(unit, _)| seconds % unit == 0);
    let (unit, letter) = unit.unwrap_or((1, "s"));
    format!("{}{letter}", seconds / unit)
}
