//! States in their three notations, as one list of instances.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::app::ErrorCode;
use crate::ingest::formats::attributes::{Tally, at, list_at, text_at};
use crate::ingest::formats::document::Findings;
use crate::ingest::observation::{Problem, RecordKind};

use super::address;

/// Texts of one instance's values that are looked through for ids of others.
const TEXTS_MAX: usize = 10_000;

/// One managed resource that exists.
#[derive(Debug)]
pub(super) struct Instance<'d> {
    /// Its address with indexes.
    pub(super) address: String,
    /// Its resource's address: without indexes.
    pub(super) resource: String,
    pub(super) kind: &'d str,
    pub(super) name: &'d str,
    values: Option<&'d Map<String, Value>>,
    /// The attributes that hold something sensitive.
    sensitive: BTreeSet<&'d str>,
    /// Addresses of resources it depends on.
    pub(super) dependencies: Vec<String>,
}

impl<'d> Instance<'d> {
    /// A value, unless it is sensitive.
    pub(super) fn value(&self, name: &str) -> Option<&'d Value> {
        let marked = self.sensitive.contains(name);
        self.values?.get(name).filter(|value| !marked && !value.is_null())
    }

    /// A text or number, as a text; an empty one says nothing.
    pub(super) fn text(&self, name: &str) -> Option<Cow<'d, str>> {
        match self.value(name)? {
            Value::String(text) => Some(Cow::Borrowed(text.trim())).filter(|text| !text.is_empty()),
            Value::Number(number) => Some(Cow::Owned(number.to_string())),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// The provider's id.
    pub(super) fn id(&self) -> Option<&'d str> {
        self.value("id").and_then(Value::as_str).filter(|id| !id.is_empty())
    }

    /// The tags or labels; of version 3, which writes maps flat, put together.
    pub(super) fn tags(&self) -> Option<Value> {
        for field in ["tags", "labels"] {
            if let Some(tags) = self.value(field).filter(|tags| tags.is_object()) {
                return Some(tags.clone());
            }
            let flat: Map<String, Value> = self
                .values
                .into_iter()
                .flatten()
                .filter(|_| !self.sensitive.contains(field))
                .filter_map(|(name, value)| Some((name.strip_prefix(field)?.strip_prefix('.')?, value)))
                .filter(|(name, _)| *name != "%" && *name != "#")
                .map(|(name, value)| (name.to_owned(), value.clone()))
                .collect();
            if !flat.is_empty() {
                return Some(Value::Object(flat));
            }
        }
        None
    }

    /// All texts among the values, to look ids of others up in; they are not kept.
    pub(super) fn texts(&self) -> BTreeSet<&'d str> {
        let mut texts = BTreeSet::new();
        let mut waiting: Vec<&Value> = self.values.into_iter().flat_map(Map::values).collect();
        while let Some(value) = waiting.pop().filter(|_| texts.len() < TEXTS_MAX) {
            match value {
                Value::String(text) => {
                    texts.insert(text.as_str());
                }
                Value::Array(values) => waiting.extend(values),
                Value::Object(fields) => waiting.extend(fields.values()),
                Value::Null | Value::Bool(_) | Value::Number(_) => {}
            }
        }
        texts
    }

    fn count_sensitive(&self, tally: &mut Tally) {
        for _ in &self.sensitive {
            tally.count("SECRET_DROPPED", "attributes that are marked as sensitive are left out");
        }
    }
}

/// Type and name of a resource; reports one that lacks them. `None` also for data sources, which are
/// read and not managed.
fn managed<'d>(resource: &'d Value, findings: &mut Findings<'_>, tally: &mut Tally) -> Option<(&'d str, &'d str)> {
    if text_at(resource, &["mode"]) == Some("data") {
        tally.count("IGNORED", "data sources: what they read is managed elsewhere");
        return None;
    }
    let named = text_at(resource, &["type"]).zip(text_at(resource, &["name"]));
    let named = named.filter(|(kind, name)| !kind.is_empty() && !name.is_empty());
    if named.is_none() {
        let problem = Problem::new(
            ErrorCode::BadUserInput,
            "a resource states `type` and `name`; this one does not",
        );
        findings.unreadable(RecordKind::Ci, None, problem.of_field("type"));
    }
    named
}

fn no_list(field: &'static str, of: &str) -> Problem {
    Problem::new(ErrorCode::BadUserInput, format!("`{field}` of {of} is no list")).of_field(field)
}

fn texts(list: &[Value]) -> impl Iterator<Item = &str> {
    list.iter().filter_map(Value::as_str)
}

/// The instances of a state file of version 4.
pub(super) fn version_4<'d>(state: &'d Value, findings: &mut Findings<'_>, tally: &mut Tally) -> Vec<Instance<'d>> {
    let mut instances = Vec::new();
    if state.get("resources").is_some_and(|resources| !resources.is_array()) {
        findings.unreadable(RecordKind::Ci, None, no_list("resources", "the state"));
    }
    for resource in list_at(state, &["resources"]) {
        let Some((kind, name)) = managed(resource, findings, tally) else {
            continue;
        };
        let module = text_at(resource, &["module"]).unwrap_or_default();
        if !resource.get("instances").is_some_and(Value::is_array) {
            let key = Some(address::of_instance(module, kind, name, None));
            findings.unreadable(RecordKind::Ci, key, no_list("instances", "a resource"));
            continue;
        }
        for stated in list_at(resource, &["instances"]) {
            if !stated.is_object() {
                let problem = Problem::new(ErrorCode::BadUserInput, "an instance is an object; this one is not");
                let key = Some(address::of_instance(module, kind, name, None));
                let problem = problem.of_field("instances").of_value(&stated.to_string());
                findings.unreadable(RecordKind::Ci, key, problem);
                continue;
            }
            if stated.get("deposed").is_some_and(|deposed| !deposed.is_null()) {
                tally.count("IGNORED", "deposed instances, which wait for their removal");
                continue;
            }
            let flat = at(stated, &["attributes_flat"]).and_then(Value::as_object);
            let values = at(stated, &["attributes"]).and_then(Value::as_object).or(flat);
            let address = address::of_instance(module, kind, name, stated.get("index_key"));
            let named = ["dependencies", "depends_on"].map(|field| list_at(stated, &[field]));
            let instance = Instance {
                resource: address::of_resource(&address),
                address,
                kind,
                name,
                values,
                sensitive: marked_paths(list_at(stated, &["sensitive_attributes"])),
                dependencies: named.into_iter().flat_map(texts).map(address::of_resource).collect(),
            };
            instance.count_sensitive(tally);
            instances.push(instance);
        }
    }
    instances
}

/// The attributes at which the paths of sensitive values begin.
fn marked_paths(paths: &[Value]) -> BTreeSet<&str> {
    paths
        .iter()
        .filter_map(|path| text_at(path.get(0)?, &["value"]))
        .collect()
}

/// The instances of a state file of version 3.
pub(super) fn version_3<'d>(state: &'d Value, findings: &mut Findings<'_>, tally: &mut Tally) -> Vec<Instance<'d>> {
    let mut instances = Vec::new();
    if state.get("modules").is_some_and(|modules| !modules.is_array()) {
        findings.unreadable(RecordKind::Ci, None, no_list("modules", "the state"));
    }
    for module in list_at(state, &["modules"]) {
        let path: Vec<String> = texts(list_at(module, &["path"]))
            .skip(1)
            .map(|name| format!("module.{name}"))
            .collect();
        let path = path.join(".");
        let resources = at(module, &["resources"]).and_then(Value::as_object);
        for (place, resource) in resources.into_iter().flatten() {
            if place.starts_with("data.") {
                tally.count("IGNORED", "data sources: what they read is managed elsewhere");
                continue;
            }
            let mut parts = place.splitn(3, '.');
            let (Some(kind), Some(name)) = (parts.next(), parts.next()) else {
                let message = "the key of a resource is `TYPE.NAME`; this one is not";
                let problem = Problem::new(ErrorCode::BadUserInput, message);
                findings.unreadable(RecordKind::Ci, None, problem.of_field("resources").of_value(place));
                continue;
            };
            let index = parts
                .next()
                .and_then(|index| index.parse::<u64>().ok())
                .map(Value::from);
            let address = address::of_instance(&path, kind, name, index.as_ref());
            let named = texts(list_at(resource, &["depends_on"]));
            let values = at(resource, &["primary", "attributes"]).and_then(Value::as_object);
            instances.push(Instance {
                resource: address::of_resource(&address),
                address,
                kind,
                name,
                values,
                sensitive: BTreeSet::new(),
                dependencies: named.map(|name| within(&path, name)).collect(),
            });
        }
    }
    instances
}

/// The address of what a resource of version 3 names: relative to its module, perhaps with an index
/// behind a dot.
fn within(module: &str, name: &str) -> String {
    let resource: Vec<&str> = name.splitn(3, '.').take(2).collect();
    let dot = if module.is_empty() { "" } else { "." };
    format!("{module}{dot}{}", resource.join("."))
}

/// The instances of the values that `terraform show -json` prints.
pub(super) fn shown<'d>(values: &'d Value, findings: &mut Findings<'_>, tally: &mut Tally) -> Vec<Instance<'d>> {
    let mut instances = Vec::new();
    let root = values.get("root_module");
    if root.is_some_and(|root| !root.is_object()) {
        let problem = Problem::new(ErrorCode::BadUserInput, "`root_module` is an object; this one is not");
        findings.unreadable(RecordKind::Ci, None, problem.of_field("root_module"));
    }
    let mut waiting: Vec<&'d Value> = root.into_iter().collect();
    while let Some(module) = waiting.pop() {
        waiting.extend(list_at(module, &["child_modules"]).iter().rev());
        let path = text_at(module, &["address"]).unwrap_or_default();
        for resource in list_at(module, &["resources"]) {
            let Some((kind, name)) = managed(resource, findings, tally) else {
                continue;
            };
            let address = address::of_instance(path, kind, name, resource.get("index"));
            let values = at(resource, &["values"]).and_then(Value::as_object);
            let named = texts(list_at(resource, &["depends_on"]));
            let instance = Instance {
                resource: address::of_resource(&address),
                address,
                kind,
                name,
                values,
                sensitive: marked_values(resource.get("sensitive_values")),
                dependencies: named.map(address::of_resource).collect(),
            };
            instance.count_sensitive(tally);
            instances.push(instance);
        }
    }
    instances
}

/// The attributes whose marks, in the shape of the values, say `true` anywhere.
fn marked_values(marks: Option<&Value>) -> BTreeSet<&str> {
    let marked = |mark: &Value| {
        let mut waiting = vec![mark];
        while let Some(mark) = waiting.pop() {
            match mark {
                Value::Bool(true) => return true,
                Value::Array(marks) => waiting.extend(marks),
                Value::Object(marks) => waiting.extend(marks.values()),
                Value::Null | Value::Bool(false) | Value::Number(_) | Value::String(_) => {}
            }
        }
        false
    };
    let marks = marks.and_then(Value::as_object).into_iter().flatten();
    marks
        .filter(|(_, mark)| marked(mark))
        .map(|(name, _)| name.as_str())
        .collect()
}
