//! What bills of materials have in common, whatever their notation: parts with package URLs, and how
//! they become CIs.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::ingest::observation::{Problem, RecordKind};
use crate::ingest::payload::CiRecord;
use crate::model::Input;

use super::document::Findings;

/// One part of a bill of materials: a package, a service, a device.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    /// What the document calls it: `bom-ref`, `SPDXID`. Need not outlive the document.
    pub(super) reference: Option<String>,
    /// The type of CI that it is.
    pub(super) ci_type: &'static str,
    /// What the document says that it is: `library`, `file`.
    pub(super) kind: String,
    /// Who its name is unique under: a Maven group, an npm scope.
    pub(super) group: Option<String>,
    pub(super) name: String,
    pub(super) version: Option<String>,
    pub(super) description: Option<String>,
    /// Its package URL.
    pub(super) purl: Option<String>,
    pub(super) supplier: Option<String>,
    pub(super) licence: Option<String>,
    pub(super) sha256: Option<String>,
    /// Further attributes of its type.
    pub(super) attributes: Vec<(&'static str, Input)>,
    /// What else is said of it.
    pub(super) custom: Vec<(String, Input)>,
}

/// Gives parts keys that are the same in the next document, and says what they are.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// The keys of the parts by what the document calls them.
    keys: BTreeMap<String, String>,
    taken: BTreeSet<String>,
    named: BTreeSet<(String, String, String)>,
    again: usize,
}

impl Parts {
    /// Takes note of a part, so that relationships find it; gives its key, or `None` if it is one that
    /// was there already.
    pub(super) fn enter(&mut self, part: &Part) -> Option<String> {
        let stable = part.stable_key();
        let key = match &part.reference {
            // The same package URL is the same package, however often it is listed.
            _ if part.purl.is_some() || !self.taken.contains(&stable) => stable,
            Some(reference) => format!("{stable}#{reference}"),
            None => stable,
        };
        if let Some(reference) = &part.reference {
            self.keys.entry(reference.clone()).or_insert_with(|| key.clone());
        }
        if self.taken.insert(key.clone()) {
            return Some(key);
        }
        self.again += 1;
        None
    }

    /// The key of what the document calls so.
    pub(super) fn key(&self, reference: &str) -> Option<&str> {
        self.keys.get(reference).map(String::as_str)
    }

    /// Says a part as a CI.
    pub(super) fn say(&mut self, key: String, part: Part, at: Option<Timestamp>, findings: &mut Findings<'_>) {
        let name = part.full_name();
        let mut attributes: Vec<(String, Input)> = Vec::new();
        let mut state = |attribute: &str, value: Option<String>| {
            attributes.extend(value.map(|value| (attribute.to_owned(), Input::Text(value))));
        };
        state("description", part.description);
        state("version", part.version.clone());
        let mut custom = part.custom;
        if part.ci_type == "software_package" {
            state("purl", part.purl.clone());
            state("supplier", part.supplier);
            state("licence_expression", part.licence);
            state("hash_sha256", part.sha256);
            let ecosystem = part.purl.as_deref().and_then(ecosystem);
            // Two packages of one name and version, as builds for two systems, are not one package:
            // only their package URLs tell them apart.
            let identity = (
                ecosystem.unwrap_or_default().to_owned(),
                name.clone(),
                part.version.unwrap_or_default(),
            );
            if self.named.insert(identity) {
                state("ecosystem", ecosystem.map(str::to_owned));
            }
            state(
                "architecture",
                part.purl.as_deref().and_then(|purl| qualifier(purl, "arch")),
            );
            custom.insert(0, ("component_type".to_owned(), Input::Text(part.kind)));
        } else {
            let makes = match part.ci_type {
                "hardware_component" => Some("manufacturer"),
                "application" | "application_service" => Some("vendor"),
                _ => None,
            };
            if let Some(makes) = makes {
                state(makes, part.supplier);
            }
            let further = [
                ("purl", part.purl),
                ("licence_expression", part.licence),
                ("hash_sha256", part.sha256),
            ];
            let further = further
                .into_iter()
                .filter_map(|(name, value)| Some((name.to_owned(), Input::Text(value?))));
            custom.extend(further);
        }
        attributes.extend(
            part.attributes
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value)),
        );
        if !custom.is_empty() {
            attributes.push(("custom".to_owned(), Input::Object(custom)));
        }
        findings.ci(CiRecord {
            key: Some(key),
            ci_type: part.ci_type.to_owned(),
            name: Some(name),
            attributes,
            observed_at: at,
            ..CiRecord::default()
        });
    }

    /// How many parts were listed more than once.
    pub(super) fn again(&self) -> usize {
        self.again
    }
}

impl Part {
    /// What names it in every document: its package URL, else its type, name and version. What the
    /// document is about keeps its key from version to version.
    fn stable_key(&self) -> String {
        let name = self.full_name();
        match (self.ci_type, &self.purl) {
            ("software_package", Some(purl)) => purl.clone(),
            ("application" | "application_service", _) => format!("{}:{name}", self.ci_type),
            (_, _) => match &self.version {
                Some(version) => format!("{}:{name}@{version}", self.kind),
                None => format!("{}:{name}", self.kind),
            },
        }
    }

    /// Its name under which it is known outside of its group.
    fn full_name(&self) -> String {
        let is_maven = self.purl.as_deref().and_then(ecosystem) == Some("maven");
        let name = match self.group.as_deref().filter(|group| !group.is_empty()) {
            Some(group) if is_maven => format!("{group}:{}", self.name),
            Some(group) if self.ci_type == "software_package" => format!("{group}/{}", self.name),
            Some(_) | None => self.name.clone(),
        };
        cut(&name).to_owned()
    }
}

/// A part that cannot be read for want of something.
pub(super) fn lacks(findings: &mut Findings<'_>, what: &str, field: &str) {
    let message = format!("{what} has no `{field}`");
    let problem = Problem::new(crate::app::ErrorCode::BadUserInput, message).of_field(field);
    findings.unreadable(RecordKind::Ci, None, problem);
}

/// Says how many things were passed over, by why.
pub(super) fn say_ignored(findings: &mut Findings<'_>, ignored: &BTreeMap<String, usize>) {
    for (why, count) in ignored {
        findings.warn("IGNORED", format!("{count} {why}"));
    }
}

/// A text that says something: not empty, and none of SPDX's words for nothing.
pub(super) fn stated(text: &str) -> Option<String> {
    let text = text.trim();
    let says = !matches!(text, "" | "NOASSERTION" | "NONE" | "UNSPECIFIED");
    says.then(|| text.to_owned())
}

/// A SHA-256 as it is written; nothing that is none.
pub(super) fn sha256(text: &str) -> Option<String> {
    let text = text.trim();
    let is = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is.then(|| text.to_ascii_lowercase())
}

/// A package URL; nothing that is none.
pub(super) fn purl(text: &str) -> Option<String> {
    let text = text.trim();
    let is = text.len() > 4 && text.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("pkg:"));
    is.then(|| text.to_owned())
}

/// An absolute address of the web; nothing that is none.
pub(super) fn web_address(text: &str) -> Option<String> {
    let text = text.trim();
    let is = (text.starts_with("https://") || text.starts_with("http://"))
        && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    is.then(|| text.to_owned())
}

/// `npm` of `pkg:npm/left-pad@1.3.0`.
fn ecosystem(purl: &str) -> Option<&str> {
    let rest = purl.get(4..)?.trim_start_matches('/');
    rest.split_once('/').map(|(ecosystem, _)| ecosystem)
}

fn qualifier(purl: &str, name: &str) -> Option<String> {
    let (_, qualifiers) = purl.split_once('?')?;
    let qualifiers = qualifiers.split('#').next()?;
    let value = qualifiers
        .split('&')
        .find_map(|one| one.strip_prefix(name)?.strip_prefix('='))?;
    Some(value.to_owned()).filter(|value| !value.is_empty())
}

/// The start of a name that is longer than names may be.
fn cut(name: &str) -> &str {
    let mut end = name.len().min(500);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.get(..end).unwrap_or_default()
}
