//! Records of cloud resources, and of those that are only named.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::app::ErrorCode;
use crate::ingest::formats::document::Findings;
use crate::ingest::formats::inventory::{Fields, Notes, list_of, means_nothing, text_of};
use crate::ingest::observation::{Problem, RecordKind};
use crate::ingest::payload::CiRecord;

/// Gathers what answers say.
pub(super) struct Recorder<'r, 'f> {
    findings: &'r mut Findings<'f>,
    pub(super) notes: &'r mut Notes,
    recorded: BTreeSet<String>,
    /// Resources that are named, with the type that their ids show.
    named: BTreeMap<String, &'static str>,
    related: BTreeSet<(String, &'static str, String)>,
}

impl<'r, 'f> Recorder<'r, 'f> {
    pub(super) fn new(findings: &'r mut Findings<'f>, notes: &'r mut Notes) -> Self {
        Self {
            findings,
            notes,
            recorded: BTreeSet::new(),
            named: BTreeMap::new(),
            related: BTreeSet::new(),
        }
    }

    /// A row that has no identity.
    pub(super) fn unreadable(&mut self, list: &str, field: &str, row: &Value) {
        let problem = Problem::new(ErrorCode::BadUserInput, format!("a row of `{list}` without `{field}`"));
        let problem = problem.of_field(format!("{list}.{field}")).of_value(&row.to_string());
        self.findings.unreadable(RecordKind::Ci, None, problem);
    }

    /// A resource with its attributes; named by its tag `Name`, else as given.
    pub(super) fn resource(
        &mut self,
        key: &str,
        ci_type: &'static str,
        name: Option<&str>,
        row: &Value,
        mut fields: Fields,
    ) {
        let tags = tags(row);
        let own = tags
            .get("Name")
            .and_then(Value::as_str)
            .map(str::trim)
            .filter(|name| !name.is_empty());
        let shown = own.or(name).unwrap_or(key).to_owned();
        fields.custom(
            "resource_tags",
            (!tags.is_empty()).then_some(Value::Object(tags.clone())),
        );
        if !self.recorded.insert(key.to_owned()) {
            self.notes
                .add("IGNORED", "a resource that is listed again is taken once", key);
            return;
        }
        self.findings.ci(CiRecord {
            key: Some(key.to_owned()),
            ci_type: ci_type.to_owned(),
            name: Some(shown.chars().filter(|c| !c.is_control()).take(120).collect()),
            attributes: fields.finish(),
            ..CiRecord::default()
        });
    }

    /// A relationship to a resource that an answer names by its key; none if it names none.
    pub(super) fn relate(
        &mut self,
        from: &str,
        relationship_type: &'static str,
        to: Option<&str>,
        ci_type: &'static str,
    ) {
        let Some(to) = to.map(str::trim).filter(|to| !means_nothing(to)) else {
            return;
        };
        self.named.entry(to.to_owned()).or_insert(ci_type);
        if self.related.insert((from.to_owned(), relationship_type, to.to_owned())) {
            self.findings.relationship(from, relationship_type, to);
        }
    }

    /// The same from a resource that is only named.
    pub(super) fn relate_from(
        &mut self,
        from: Option<&str>,
        ci_type: &'static str,
        relationship_type: &'static str,
        to: &str,
    ) {
        let Some(from) = from.map(str::trim).filter(|from| !means_nothing(from)) else {
            return;
        };
        self.named.entry(from.to_owned()).or_insert(ci_type);
        if self.related.insert((from.to_owned(), relationship_type, to.to_owned())) {
            self.findings.relationship(from, relationship_type, to);
        }
    }

    /// The same from every instance that a list names.
    pub(super) fn relate_instances(&mut self, list: Option<&Value>, relationship_type: &'static str, to: &str) {
        for instance in list_of(list) {
            let named = field(instance, "InstanceId");
            self.relate_from(named.as_deref(), "virtual_machine", relationship_type, to);
        }
    }

    /// Stands in a zone.
    pub(super) fn located(&mut self, from: &str, zone: Option<&str>) {
        let Some(zone) = zone.filter(|zone| !means_nothing(zone)) else {
            return;
        };
        let key = format!("zone:{zone}");
        if self.recorded.insert(key.clone()) {
            let mut fields = Fields::default();
            fields.text("provider", Some("aws"));
            fields.text("region_code", Some(zone));
            self.findings.ci(CiRecord {
                key: Some(key.clone()),
                ci_type: "cloud_region".to_owned(),
                name: Some(zone.to_owned()),
                attributes: fields.finish(),
                ..CiRecord::default()
            });
        }
        if self.related.insert((from.to_owned(), "located_in", key.clone())) {
            self.findings.relationship(from, "located_in", key);
        }
    }

    /// Records what was only named, by its id and without a name, so that nothing it is called elsewhere
    /// is overwritten.
    pub(super) fn finish(&mut self) {
        for (key, ci_type) in std::mem::take(&mut self.named) {
            if self.recorded.insert(key.clone()) {
                self.findings.ci(CiRecord {
                    key: Some(key),
                    ci_type: ci_type.to_owned(),
                    ..CiRecord::default()
                });
            }
        }
    }
}

/// The text of a field.
pub(super) fn field(row: &Value, name: &str) -> Option<String> {
    text_of(row.get(name)).filter(|text| !means_nothing(text))
}

fn tags(row: &Value) -> Map<String, Value> {
    let listed = ["Tags", "TagSet", "TagList"]
        .into_iter()
        .flat_map(|name| list_of(row.get(name)));
    listed
        .filter_map(|tag| Some((tag.get("Key")?.as_str()?.to_owned(), tag.get("Value")?.clone())))
        .collect()
}
