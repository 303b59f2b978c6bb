//! From items and relations to records: classes become types, fields attributes, labels relationship
//! types.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::catalog::Catalog;
use crate::ingest::formats::CsvMapping;
use crate::ingest::observation::{Observation, Observed, Position};
use crate::ingest::payload::{CiRecord, RelatedRecord};
use crate::ingest::secrets::Secrets;
use crate::model::{CiId, CiTypeId, Input, LifecycleStage};

use super::request::{Item, Part};

/// What stands before the telling part of a class.
const CLASS_PREFIX: &str = "cmdb_ci_";

/// Fields that are called otherwise here, beside those of the CSV mapping.
const FIELDS: [(&str, &str); 9] = [
    ("comments", "description"),
    ("dns_domain", "domain"),
    ("install_directory", "install_path"),
    ("ip", "primary_ip"),
    ("os_address_width", "os_bits"),
    ("tcp_port", "port"),
    ("object_id", "uuid"),
    ("vm_inst_id", "uuid"),
    ("bios_uuid", "uuid"),
];

/// Fields that say nothing of a CI, and are passed over in silence.
const SILENT: [&str; 8] = [
    "sys_id",
    "sys_class_name",
    "sys_created_on",
    "sys_updated_on",
    "discovery_source",
    "last_discovered",
    "first_discovered",
    "install_status",
];

/// Something to tell of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Remark {
    pub(super) code: String,
    pub(super) message: String,
}

impl Remark {
    pub(super) fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
        }
    }
}

/// What is known by name, for a whole request.
pub(super) struct Words<'c> {
    catalog: &'c Catalog,
    mapping: CsvMapping,
    /// Relationship types by their phrases in lower case, with whether they are read from the end.
    labels: BTreeMap<String, (String, bool)>,
}

/// An item as a record.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) record: CiRecord,
    pub(super) ci_type: Option<CiTypeId>,
    pub(super) errors: Vec<Remark>,
    pub(super) warnings: Vec<Remark>,
}

impl Prepared {
    /// Takes secrets out of what the item says, and warns of each.
    pub(super) fn clean(&mut self, secrets: &mut Secrets) {
        let record = Observed::Ci(Box::new(std::mem::take(&mut self.record)));
        let mut observation = Observation::new(Position::default(), record);
        secrets.clean(&mut observation);
        if let Observed::Ci(record) = observation.observed {
            self.record = *record;
        }
        let warnings = observation.warnings.into_iter();
        self.warnings
            .extend(warnings.map(|warning| Remark::new(warning.code, warning.message)));
    }
}

impl<'c> Words<'c> {
    pub(super) fn new(catalog: &'c Catalog) -> Self {
        let mut labels = BTreeMap::new();
        for definition in catalog.relationship_types() {
            let (forward, reverse) = (&definition.forward_phrase, &definition.reverse_phrase);
            let label = |one: &str, other: &str| format!("{one}::{other}").to_lowercase();
            let name = definition.name.to_string();
            labels.insert(label(reverse, forward), (name.clone(), true));
            labels.insert(label(forward, reverse), (name, false));
        }
        Self {
            catalog,
            mapping: CsvMapping::servicenow(),
            labels,
        }
    }

    /// The relationship type of a label, and whether it leads from the child to the parent.
    pub(super) fn relationship_type(&self, label: &str) -> Option<(String, bool)> {
        if let Some(alias) = self.mapping.relationship_types.get(label) {
            return Some((alias.relationship_type.clone(), alias.reversed));
        }
        let by_phrases = || self.labels.get(&label.to_lowercase()).cloned();
        let by_name = || {
            self.catalog
                .relationship_type_named(label)
                .map(|known| (known.name.to_string(), false))
        };
        by_phrases().or_else(by_name)
    }

    pub(super) fn item(&self, item: &Item) -> Prepared {
        let mut prepared = Prepared {
            record: CiRecord::default(),
            ci_type: None,
            errors: Vec::new(),
            warnings: Vec::new(),
        };
        let Some((ci_type, is_exact)) = self.class(&item.class_name) else {
            let message = format!("there is no class `{}`: add a `[[class_alias]]`", item.class_name);
            prepared.errors.push(Remark::new("INVALID_INPUT_DATA", message));
            return prepared;
        };
        prepared.ci_type = Some(ci_type);
        let name = self.catalog.ci_type(ci_type).map_or("", |known| known.name.as_str());
        name.clone_into(&mut prepared.record.ci_type);
        if !is_exact {
            let message = format!(
                "the class `{}` is not known and was taken for a `{name}`",
                item.class_name
            );
            prepared.warnings.push(Remark::new("CLASS_NOT_KNOWN", message));
        }
        let info = &item.sys_object_source_info;
        prepared.record.key = info.source_native_key.clone().filter(|key| !key.is_empty());
        prepared.record.observed_at = info.source_recency_timestamp.as_deref().and_then(moment);
        prepared.record.id = item.values.get("sys_id").and_then(Value::as_str).and_then(sys_id);
        prepared.record.stage = item.values.get("install_status").and_then(stage);
        for values in [&item.values, &item.display_values] {
            self.fields(ci_type, values, &mut prepared);
        }
        for part in item.lookup.iter().chain(&item.related) {
            self.part(part, ci_type, &mut prepared);
        }
        prepared
    }

    /// The type of a class: by alias, by its own name, or as its nearest known ancestor, which
    /// `ServiceNow` names by leaving out the telling words before (or behind) the noun.
    fn class(&self, class: &str) -> Option<(CiTypeId, bool)> {
        let class = class.trim().to_ascii_lowercase();
        let named = |class: &str| {
            let alias = self.catalog.class_alias(class);
            alias.or_else(|| self.catalog.ci_type_named(class).map(|known| known.id))
        };
        if let Some(found) = named(&class) {
            return Some((found, true));
        }
        let (_, rest) = class.split_once(CLASS_PREFIX)?;
        let words: Vec<&str> = rest.split('_').collect();
        let behind = (1..words.len()).map(|from| words.get(from..));
        let before = (1..words.len()).rev().map(|to| words.get(..to));
        let ancestors = behind.chain(before).flatten();
        let mut found = ancestors.filter_map(|words| named(&format!("{CLASS_PREFIX}{}", words.join("_"))));
        found.next().map(|found| (found, false))
    }

    fn fields(&self, ci_type: CiTypeId, values: &Map<String, Value>, prepared: &mut Prepared) {
        for (field, value) in values {
            let Some(input) = input(value) else { continue };
            if field == "name" {
                prepared.record.name = text(&input);
                continue;
            }
            let Some(attribute) = self.attribute(ci_type, field) else {
                if !SILENT.contains(&field.as_str()) {
                    let message = format!("the field `{field}` is no attribute of this type and was left out");
                    prepared.warnings.push(Remark::new("FIELD_NOT_KNOWN", message));
                }
                continue;
            };
            if prepared.record.attributes.iter().any(|(known, _)| *known == attribute) {
                continue;
            }
            let word = text(&input).and_then(|word| self.mapping.values.get(&attribute)?.get(&word).cloned());
            let input = word.map_or(input, Input::Text);
            prepared.record.attributes.push((attribute, input));
        }
    }

    fn attribute(&self, ci_type: CiTypeId, field: &str) -> Option<String> {
        let has = |name: &str| self.catalog.attribute_of(ci_type, name).is_some();
        if SILENT.contains(&field) {
            return None;
        }
        if has(field) {
            return Some(field.to_owned());
        }
        let mapped = self.mapping.attributes.get(field).map(String::as_str);
        let known = FIELDS
            .iter()
            .find(|(theirs, _)| *theirs == field)
            .map(|(_, ours)| *ours);
        mapped.or(known).filter(|name| has(name)).map(str::to_owned)
    }

    /// A record beside an item: its serial number is the item's, anything else a related CI.
    fn part(&self, part: &Part, ci_type: CiTypeId, prepared: &mut Prepared) {
        if part.class_name == "cmdb_serial_number" {
            let is_there = prepared
                .record
                .attributes
                .iter()
                .any(|(name, _)| name == "serial_number");
            let serial = part.values.get("serial_number").and_then(input);
            if let Some(serial) = serial.filter(|_| !is_there && self.attribute(ci_type, "serial_number").is_some()) {
                prepared.record.attributes.push(("serial_number".to_owned(), serial));
            }
            return;
        }
        let Some((related, _)) = self.class(&part.class_name) else {
            let message = format!(
                "records of the class `{}` are not known and were left out",
                part.class_name
            );
            prepared.warnings.push(Remark::new("CLASS_NOT_KNOWN", message));
            return;
        };
        let attributes = part.values.iter().filter_map(|(field, value)| {
            let attribute = self.attribute(related, field)?;
            Some((attribute, input(value)?))
        });
        let name = part.values.get("name").and_then(input);
        prepared.record.related.push(RelatedRecord {
            ci_type: self
                .catalog
                .ci_type(related)
                .map_or_else(String::new, |known| known.name.to_string()),
            attributes: attributes.collect(),
            name: name.as_ref().and_then(text),
        });
    }
}

/// A `sys_id` is the UUID of a CI without hyphens.
pub(super) fn sys_id(text: &str) -> Option<CiId> {
    Uuid::try_parse(text)
        .ok()
        .map(CiId::from_uuid)
        .or_else(|| text.parse().ok())
}

/// How a CI is called in answers.
pub(super) fn shown(id: CiId) -> String {
    id.as_uuid().simple().to_string()
}

/// An empty field says nothing.
fn input(value: &Value) -> Option<Input> {
    match value {
        Value::Null => None,
        Value::Bool(value) => Some(Input::Boolean(*value)),
        Value::Number(number) => Some(Input::Number(number.to_string())),
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(Input::Text(text.clone())),
        Value::Array(values) => Some(Input::List(values.iter().filter_map(input).collect())),
        Value::Object(fields) => {
            // A reference: its display value is what can be read here.
            let shown = fields.get("display_value").or_else(|| fields.get("value"))?.as_str()?;
            Some(Input::Text(shown.to_owned()))
        }
    }
}

fn text(input: &Input) -> Option<String> {
    match input {
        Input::Text(text) | Input::Number(text) => Some(text.clone()),
        Input::Null | Input::Boolean(_) | Input::List(_) | Input::Object(_) => None,
    }
}

fn stage(value: &Value) -> Option<LifecycleStage> {
    let number = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Some(match number.trim() {
        "1" => LifecycleStage::InService,
        "2" => LifecycleStage::Ordered,
        "3" => LifecycleStage::Maintenance,
        "6" => LifecycleStage::InStock,
        "7" => LifecycleStage::Retired,
        _ => return None,
    })
}

fn moment(text: &str) -> Option<Timestamp> {
    let civil = |text: &str| {
        let moment: DateTime = text.trim().replace(' ', "T").parse().ok()?;
        Some(moment.to_zoned(TimeZone::UTC).ok()?.timestamp())
    };
    text.parse().ok().or_else(|| civil(text))
}
