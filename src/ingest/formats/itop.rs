//! iTop's data XML: `<Set>` files of objects by class, whose references are numbers.
//!
//! Classes with a common ancestor share their numbers (every functional CI, every contact), so the key
//! of an object is its ancestor's name and its number: `FunctionalCI::17`. References between files
//! find it that way. Several files one behind the other are one document.

mod class;
mod fields;
mod link;

use std::collections::{BTreeMap, BTreeSet};

use roxmltree::Node;

use crate::app::ErrorCode;
use crate::ingest::observation::{Problem, RecordKind, shorten};
use crate::ingest::payload::CiRecord;
use crate::model::LifecycleStage;

use super::document::{Adapter, Content, Findings};
use class::Class;

/// The format's entry in the table.
pub(super) const ADAPTER: Adapter = Adapter {
    name: "itop",
    label: "iTop data XML, one file or several one behind the other",
    recognises,
    read,
};

/// Where the first object of the document is looked for, in bytes.
const HEAD_BYTES: usize = 4096;

/// How a file ends.
const END: &str = "</Set>";

fn recognises(content: &Content) -> bool {
    let text = content.text().unwrap_or_default();
    let mut end = text.len().min(HEAD_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = text.get(..end).unwrap_or_default();
    content.xml_root() == Some("Set") && head.contains(" alias=\"") && head.contains(" id=\"")
}

fn read(content: &Content, findings: &mut Findings<'_>) -> Result<(), Problem> {
    let Content::Xml(text) = content else {
        let message = "the document is no XML; iTop's data is";
        return Err(Problem::new(ErrorCode::BadUserInput, message));
    };
    let files: Vec<Content> = text
        .split_inclusive(END)
        .map(|file| file.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}'))
        .filter(|file| !file.is_empty())
        .map(|file| Content::Xml(file.to_owned()))
        .collect();
    let mut objects = Objects::default();
    for file in &files {
        let document = file.require_xml()?;
        let root = document.root_element();
        if root.tag_name().name() != "Set" {
            let message = format!(
                "the outermost element is `{}` and not `Set`",
                shorten(root.tag_name().name())
            );
            return Err(Problem::new(ErrorCode::BadUserInput, message));
        }
        for element in root.children().filter(Node::is_element) {
            objects.take(element, findings);
        }
    }
    objects.say(findings);
    Ok(())
}

/// An object: its class, number and fields.
#[derive(Debug)]
struct Object {
    class: String,
    id: String,
    fields: BTreeMap<String, String>,
}

impl Object {
    /// The text of a field that says something.
    fn text(&self, field: &str) -> Option<&str> {
        self.fields
            .get(field)
            .map(String::as_str)
            .filter(|text| !text.is_empty())
    }

    /// The number that a reference leads to.
    fn reference(&self, field: &str) -> Option<&str> {
        self.text(field).filter(|id| *id != "0")
    }
}

/// All objects of the document.
#[derive(Debug, Default)]
struct Objects {
    all: Vec<Object>,
    /// Names of brands, models and other things that are attributes here, by class and number.
    names: BTreeMap<(String, String), String>,
}

impl Objects {
    fn take(&mut self, element: Node<'_, '_>, findings: &mut Findings<'_>) {
        let class = element.tag_name().name().to_owned();
        let Some(id) = element.attribute("id").filter(|id| !id.is_empty()) else {
            let message = format!("an object of the class `{}` has no `id`", shorten(&class));
            let problem = Problem::new(ErrorCode::BadUserInput, message).of_field("id");
            findings.unreadable(RecordKind::Ci, None, problem);
            return;
        };
        // Fields with elements in them are pictures and lists of links, which files of their own have.
        let plain = |field: &Node<'_, '_>| field.is_element() && !field.children().any(|inner| inner.is_element());
        let fields = element.children().filter(plain).map(|field| {
            let text: String = field.children().filter_map(|part| part.text()).collect();
            (field.tag_name().name().to_owned(), text.trim().to_owned())
        });
        let object = Object {
            id: id.to_owned(),
            fields: fields.collect(),
            class,
        };
        let is_named = class::is_lookup(&object.class) || object.class == "Service";
        if let (true, Some(name)) = (is_named, object.text("name")) {
            self.names
                .insert((object.class.clone(), object.id.clone()), name.to_owned());
        }
        self.all.push(object);
    }

    fn say(&self, findings: &mut Findings<'_>) {
        let mut ignored: BTreeMap<String, usize> = BTreeMap::new();
        let mut names: BTreeSet<(&'static str, String)> = BTreeSet::new();
        // Modules that are alternatives to each other use numbers twice; whoever comes last has it.
        let mut last: BTreeMap<(&str, &str), &str> = BTreeMap::new();
        for object in &self.all {
            last.extend(class::of(&object.class).map(|class| ((class.root, object.id.as_str()), class.name)));
        }
        for object in &self.all {
            match (class::of(&object.class), link::of(&object.class)) {
                (Some(class), _) if last.get(&(class.root, object.id.as_str())) != Some(&class.name) => {
                    number_taken(object, class, findings);
                }
                (Some(class), _) => self.ci(object, class, &mut names, findings),
                (None, Some(kind)) => kind.say(object, findings),
                (None, None) if class::is_lookup(&object.class) => {}
                (None, None) => *ignored.entry(object.class.clone()).or_default() += 1,
            }
        }
        for (class, count) in ignored {
            let message = format!(
                "{count} objects of the class `{}`, which is no CI here",
                shorten(&class)
            );
            findings.warn("IGNORED", message);
        }
    }

    fn ci(
        &self,
        object: &Object,
        class: &'static Class,
        names: &mut BTreeSet<(&'static str, String)>,
        findings: &mut Findings<'_>,
    ) {
        let key = class::key(class.root, &object.id);
        let Some(mut name) = name(object) else {
            let message = format!("the object `{}` has no `name`", shorten(&key));
            let problem = Problem::new(ErrorCode::BadUserInput, message).of_field("name");
            findings.unreadable(RecordKind::Ci, Some(key), problem);
            return;
        };
        // Offerings of several services share their names (`Troubleshooting`); by its name alone one would
        // be taken for the other.
        if !names.insert((class.ci_type, name.clone())) && class.ci_type == "service_offering" {
            name = format!("{name} ({})", self.service_of(object));
        }
        let ci_type = self.refined(object, class.ci_type);
        let (attributes, warnings) = fields::attributes(object, ci_type, &self.names);
        let record = CiRecord {
            key: Some(key.clone()),
            ci_type: ci_type.to_owned(),
            name: Some(name),
            stage: stage(object, class),
            attributes,
            ..CiRecord::default()
        };
        findings.ci_with(record, warnings);
        link::references(object, class, &key, findings);
    }

    fn service_of(&self, object: &Object) -> String {
        let id = object.reference("service_id").unwrap_or_default();
        let named = object
            .text("service_id_friendlyname")
            .or_else(|| object.text("service_name"));
        let known = || {
            self.names
                .get(&("Service".to_owned(), id.to_owned()))
                .map(String::as_str)
        };
        named
            .or_else(known)
            .map_or_else(|| class::key("Service", id), str::to_owned)
    }

    /// The type of a network device, which iTop keeps in an object of its own.
    fn refined(&self, object: &Object, ci_type: &'static str) -> &'static str {
        if ci_type != "network_device" {
            return ci_type;
        }
        let kind = fields::looked_up(object, "networkdevicetype_id", &self.names).unwrap_or_default();
        let kind: String = kind.chars().filter(char::is_ascii_alphabetic).collect();
        match kind.to_ascii_lowercase().as_str() {
            "router" => "router",
            "switch" => "switch",
            "firewall" => "firewall",
            "loadbalancer" => "load_balancer",
            "accesspoint" | "wifi" | "wirelessaccesspoint" => "access_point",
            _ => ci_type,
        }
    }
}

fn number_taken(object: &Object, class: &Class, findings: &mut Findings<'_>) {
    let key = class::key(class.root, &object.id);
    let message = format!(
        "the number of this {} is that of another object of the document, `{}`, whose class differs",
        class.name,
        shorten(&key)
    );
    let problem = Problem::new(ErrorCode::DuplicateIdentifier, message)
        .of_field("id")
        .of_value(&object.id);
    findings.unreadable(RecordKind::Ci, Some(key), problem);
}

fn name(object: &Object) -> Option<String> {
    let name = object
        .text("name")
        .or_else(|| object.text("friendlyname"))
        .or_else(|| object.text("vlan_tag"))
        .or_else(|| object.text("ip"))?;
    match object.text("first_name").filter(|_| object.class == "Person") {
        Some(first) => Some(format!("{first} {name}")),
        None => Some(name.to_owned()),
    }
}

/// Where an object stands in its life. What a source is about to retire may say so in other words.
fn stage(object: &Object, class: &Class) -> Option<LifecycleStage> {
    match object.text("status")? {
        "production" | "active" => Some(LifecycleStage::InService),
        "implementation" => Some(LifecycleStage::Planned),
        "stock" => Some(LifecycleStage::InStock),
        "obsolete" => Some(LifecycleStage::Retired),
        "inactive" if matches!(class.root, "Contact" | "Organization" | "Location") => Some(LifecycleStage::Retired),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
