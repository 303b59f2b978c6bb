//! Keeps credentials out of the estate, whatever format brings them.
//!
//! A value under a name that says password, token or key is dropped; credentials inside URLs,
//! connection strings and settings are masked and the rest stays; a text with a private key is dropped
//! as a whole. Every record says what was taken out of it. Attributes that the catalog declares
//! `secret` are stored as such and stay.
//!
//! Names and texts are looked over byte by byte; only the few that look suspicious cost more.

mod name;
mod text;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::observation::{Observation, Observed, Unreadable, Warning};
use super::payload::{CiRecord, GroupRecord, RelationshipRecord};
use crate::app::Reader;
use crate::catalog::Catalog;
use crate::model::Input;

pub use name::is_secret_name;
pub use text::{MASK, mask};

/// The code of the warning that a value was left out.
pub const SECRET_DROPPED: &str = "SECRET_DROPPED";

/// The code of the warning that a part of a value was replaced.
pub const SECRET_MASKED: &str = "SECRET_MASKED";

/// Warnings of one record that are kept; the last one counts the rest.
const WARNINGS_MAX: usize = 20;

/// Knows which attributes may hold secrets, and takes those of all others out of what was observed.
#[derive(Debug, Default)]
pub struct Secrets {
    /// Where the catalog is looked up; without it, no attribute is declared secret.
    reader: Option<Reader>,
    /// Attributes that catalogs of this payload declare secret: they may not be committed yet.
    declared: BTreeSet<String>,
}

impl Secrets {
    /// For payloads that are recorded by the catalog of an estate.
    pub fn new(reader: Reader) -> Self {
        Self {
            reader: Some(reader),
            declared: BTreeSet::new(),
        }
    }

    /// Takes secrets out of what was observed, and says so in its warnings.
    pub fn clean(&mut self, observation: &mut Observation) {
        let mut said = Said::default();
        match &mut observation.observed {
            Observed::Ci(record) => self.ci(record, &mut said),
            Observed::Relationship(record) => self.relationship(record, &mut said),
            Observed::Group(record) => group(record, &mut said),
            Observed::Catalog(text) => self.declare(text),
            Observed::Unreadable(unreadable) => self::unreadable(unreadable),
        }
        said.into_warnings(&mut observation.warnings);
    }

    fn ci(&self, record: &mut CiRecord, said: &mut Said) {
        for (field, text) in [("key", &mut record.key), ("name", &mut record.name)] {
            if let Some(text) = text {
                masked(text, field, said);
            }
        }
        for tag in record.tags.iter_mut().flatten() {
            masked(tag, "tags", said);
        }
        for by in record.pins.iter_mut().filter_map(|pin| pin.by.as_mut()) {
            masked(by, "pins", said);
        }
        let ci_type = record.ci_type.as_str();
        attributes(&mut record.attributes, said, |name| {
            self.is_declared(name, |catalog| {
                let ci_type = catalog.ci_type_named(ci_type)?;
                Some(catalog.attribute_of(ci_type.id, name)?.secret)
            })
        });
    }

    fn relationship(&self, record: &mut RelationshipRecord, said: &mut Said) {
        let fields = [
            ("from", &mut record.from),
            ("to", &mut record.to),
            ("qualifier", &mut record.qualifier),
        ];
        for (field, text) in fields {
            masked(text, field, said);
        }
        let named = record.relationship_type.as_str();
        attributes(&mut record.attributes, said, |name| {
            self.is_declared(name, |catalog| {
                let named = catalog.relationship_type_named(named)?;
                Some(catalog.relationship_attribute_of(named.id, name)?.secret)
            })
        });
    }

    /// Whether an attribute is kept secret by the catalog, in a definition or in this payload. Asked only
    /// of names that look like a secret's.
    fn is_declared(&self, attribute: &str, is_secret: impl Fn(&Catalog) -> Option<bool>) -> bool {
        if self.declared.contains(attribute) {
            return true;
        }
        let Some(reader) = &self.reader else { return false };
        is_secret(reader.snapshot().catalog()).unwrap_or(false)
    }

    /// Remembers which attributes a catalog record declares secret. One that cannot be read declares
    /// nothing, and is refused later.
    fn declare(&mut self, text: &str) {
        let Ok(file) = text.parse::<toml::Table>() else { return };
        let parts = ["ci_type", "ci_type_extension", "relationship_type"];
        let definitions = parts.iter().filter_map(|part| file.get(*part)?.as_array()).flatten();
        let attributes = definitions.filter_map(|definition| definition.get("attributes")?.as_array());
        let secret = attributes
            .flatten()
            .filter(|attribute| attribute.get("secret").and_then(toml::Value::as_bool) == Some(true));
        let names = secret.filter_map(|attribute| attribute.get("name")?.as_str());
        self.declared.extend(names.map(str::to_owned));
    }
}

fn group(record: &mut GroupRecord, said: &mut Said) {
    let members = record.members.iter_mut().map(|member| ("members", &mut member.ci));
    let fields = [("name", &mut record.name), ("consumer", &mut record.consumer)];
    for (field, text) in fields.into_iter().chain(members) {
        masked(text, field, said);
    }
}

/// Reports repeat the value that could not be read: not that of a password.
fn unreadable(unreadable: &mut Unreadable) {
    for problem in &mut unreadable.problems {
        let field = problem.field.as_deref().unwrap_or_default();
        if is_secret_name(field.rsplit('.').next().unwrap_or_default()) {
            problem.value = None;
            continue;
        }
        if let Some(value) = problem.value.take() {
            problem.value = mask(&value).map(Cow::into_owned);
        }
    }
}

/// What was taken out of a record.
#[derive(Debug, Default)]
struct Said {
    warnings: Vec<Warning>,
    more: usize,
}

impl Said {
    fn dropped(&mut self, field: &str) {
        self.say(SECRET_DROPPED, field, "holds a secret and was left out");
    }

    fn masked(&mut self, field: &str) {
        self.say(SECRET_MASKED, field, "holds credentials, which were replaced by ***");
    }

    fn say(&mut self, code: &'static str, field: &str, what: &str) {
        if self.warnings.len() >= WARNINGS_MAX {
            self.more += 1;
            return;
        }
        self.warnings.push(Warning {
            code,
            message: format!("`{field}` {what}"),
            field: Some(field.to_owned()),
        });
    }

    fn into_warnings(mut self, to: &mut Vec<Warning>) {
        if let Some(last) = self.warnings.last_mut().filter(|_| self.more > 0) {
            last.message = format!("{}; and so were {} more values", last.message, self.more);
        }
        to.append(&mut self.warnings);
    }
}

fn attributes(attributes: &mut Vec<(String, Input)>, said: &mut Said, is_declared: impl Fn(&str) -> bool) {
    attributes.retain_mut(|(name, value)| {
        if is_secret_name(name) {
            return is_declared(name) || under_secret_name(value, &Place::of(name), said) == Left::Something;
        }
        inside(value, &Place::of(name), said) == Left::Something
    });
}

/// Where a value stands: `custom.env[3].value`. Spelled out only when something is found there.
#[derive(Debug)]
struct Place<'a> {
    above: Option<&'a Place<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    Field(&'a str),
    Entry(usize),
}

impl<'a> Place<'a> {
    fn of(name: &'a str) -> Self {
        Self {
            above: None,
            step: Step::Field(name),
        }
    }

    fn below<'b>(&'b self, step: Step<'b>) -> Place<'b> {
        Place {
            above: Some(self),
            step,
        }
    }

    fn text(&self) -> String {
        let mut steps = vec![self.step];
        let mut place = self;
        while let Some(above) = place.above {
            steps.push(above.step);
            place = above;
        }
        let mut text = String::new();
        for step in steps.iter().rev() {
            match step {
                Step::Field(name) if text.is_empty() => text.push_str(name),
                Step::Field(name) => {
                    text.push('.');
                    text.push_str(name);
                }
                Step::Entry(place) => text.extend(["[", &place.to_string(), "]"]),
            }
        }
        crate::ingest::observation::shorten(&text).to_owned()
    }
}

/// Whether a value is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    Something,
    Nothing,
}

/// Cleans a value whose name says nothing. Values nest as deep as payloads may.
fn inside(value: &mut Input, place: &Place<'_>, said: &mut Said) -> Left {
    match value {
        Input::Null | Input::Boolean(_) | Input::Number(_) => Left::Something,
        Input::Text(text) => match mask(text) {
            None => {
                said.dropped(&place.text());
                Left::Nothing
            }
            Some(Cow::Borrowed(_)) => Left::Something,
            Some(Cow::Owned(masked)) => {
                *text = masked;
                said.masked(&place.text());
                Left::Something
            }
        },
        Input::List(values) => {
            list(values, place, said);
            Left::Something
        }
        Input::Object(fields) => {
            object(fields, place, said);
            Left::Something
        }
    }
}

/// Entries keep their places, so what is dropped leaves a mask.
fn list(values: &mut [Input], place: &Place<'_>, said: &mut Said) {
    let mut option_of_secret = false;
    for (number, value) in values.iter_mut().enumerate() {
        let at = place.below(Step::Entry(number));
        let left = if std::mem::take(&mut option_of_secret) {
            under_secret_name(value, &at, said)
        } else {
            inside(value, &at, said)
        };
        if left == Left::Nothing {
            *value = Input::from(MASK);
        }
        // `--password`, `hunter2`: the words of a command line.
        option_of_secret =
            matches!(value, Input::Text(word) if word.starts_with("--") && !word.contains('=') && is_secret_name(word));
    }
}

fn object(fields: &mut Vec<(String, Input)>, place: &Place<'_>, said: &mut Said) {
    let names_secret = names_secret(fields);
    fields.retain_mut(|(name, value)| {
        let secret =
            is_secret_name(name) || names_secret && is_value_field(name) || is_authorization_header(name, value);
        let at = place.below(Step::Field(name));
        let left = if secret {
            under_secret_name(value, &at, said)
        } else {
            inside(value, &at, said)
        };
        left == Left::Something
    });
}

/// Whether an object is a setting that names a secret: `{"name": "DB_PASSWORD", "value": "..."}`.
fn names_secret(fields: &[(String, Input)]) -> bool {
    let has_value = fields.iter().any(|(name, _)| is_value_field(name));
    has_value
        && fields.iter().any(|(name, value)| {
            let naming = ["name", "key"].iter().any(|known| name.eq_ignore_ascii_case(known));
            naming && matches!(value, Input::Text(text) if is_secret_name(text))
        })
}

/// Whether a field is the header of a request that proves who asks.
fn is_authorization_header(name: &str, value: &Input) -> bool {
    let header = ["authorization", "proxy-authorization"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known));
    header && matches!(value, Input::Text(text) if text::is_authorization(text))
}

fn is_value_field(name: &str) -> bool {
    name.eq_ignore_ascii_case("value")
}

/// Cleans a value whose name is a secret's. Objects and lists below it may say harmless things of the
/// secret (`{"name": "db-login", "optional": true}`); everything else in them goes.
fn under_secret_name(value: &mut Input, place: &Place<'_>, said: &mut Said) -> Left {
    match value {
        Input::Null | Input::Boolean(_) => Left::Something,
        Input::Text(text) if text::says_nothing(text) => Left::Something,
        Input::Number(_) | Input::Text(_) => {
            said.dropped(&place.text());
            Left::Nothing
        }
        Input::List(values) => {
            for (number, value) in values.iter_mut().enumerate() {
                if under_secret_name(value, &place.below(Step::Entry(number)), said) == Left::Nothing {
                    *value = Input::from(MASK);
                }
            }
            Left::Something
        }
        Input::Object(fields) => {
            fields.retain_mut(|(name, value)| {
                let at = place.below(Step::Field(name));
                let left = if name::describes_a_secret(name) {
                    inside(value, &at, said)
                } else {
                    under_secret_name(value, &at, said)
                };
                left == Left::Something
            });
            Left::Something
        }
    }
}

/// A text that must stay in some form, as a key must.
fn masked(text: &mut String, field: &str, said: &mut Said) {
    match mask(text) {
        Some(Cow::Borrowed(_)) => {}
        Some(Cow::Owned(masked)) => {
            *text = masked;
            said.masked(field);
        }
        None => {
            MASK.clone_into(text);
            said.masked(field);
        }
    }
}
