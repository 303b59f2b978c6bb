//! References to entities: `[kind:][namespace/]name`, compared without regard to case.

use serde_json::Value;

use crate::ingest::formats::attributes::text_at;

/// The namespace of entities that state none.
const NAMESPACE_DEFAULT: &str = "default";

/// What names an entity, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reference {
    pub(super) kind: String,
    pub(super) namespace: String,
    pub(super) name: String,
}

impl Reference {
    /// Of its parts; an absent or empty namespace is the default one.
    pub(super) fn new(kind: &str, namespace: Option<&str>, name: &str) -> Self {
        let namespace = namespace.map(str::trim).filter(|namespace| !namespace.is_empty());
        Self {
            kind: kind.trim().to_lowercase(),
            namespace: namespace.unwrap_or(NAMESPACE_DEFAULT).to_lowercase(),
            name: name.trim().to_lowercase(),
        }
    }

    /// As another entity states it: a text, or an object of its parts. What it leaves out is the kind
    /// that the field is for and the namespace of the one who states it.
    pub(super) fn of_value(value: &Value, kind: &str, namespace: &str) -> Option<Self> {
        if value.is_object() {
            let stated = text_at(value, &["namespace"]).or(Some(namespace));
            let name = text_at(value, &["name"]).filter(|name| !name.trim().is_empty())?;
            return Some(Self::new(text_at(value, &["kind"]).unwrap_or(kind), stated, name));
        }
        let text = value.as_str()?.trim();
        let (kind, rest) = text.split_once(':').unwrap_or((kind, text));
        let (namespace, name) = rest.split_once('/').unwrap_or((namespace, rest));
        let whole = [kind, namespace, name].iter().all(|part| !part.trim().is_empty());
        (whole && !name.contains([':', '/'])).then(|| Self::new(kind, Some(namespace), name))
    }

    /// The key of its CI: the whole reference.
    pub(super) fn key(&self) -> String {
        format!("{}:{}/{}", self.kind, self.namespace, self.name)
    }

    /// Whether it is in the namespace of those that state none.
    pub(super) fn is_of_default_namespace(&self) -> bool {
        self.namespace == NAMESPACE_DEFAULT
    }
}
