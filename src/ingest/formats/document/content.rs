//! A document by its notation: JSON, YAML, XML or text, told apart by how it begins.

use serde_json::Value;

use crate::app::ErrorCode;
use crate::ingest::observation::Problem;

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Most elements and texts of an XML document.
const XML_NODES_MAX: u32 = 8_000_000;

/// Most values of a JSON document: each takes tens of bytes, where it is written in two.
const JSON_VALUES_MAX: usize = 8_000_000;

/// A document, read as far as its notation goes.
#[derive(Clone, Debug)]
pub enum Content {
    /// One JSON document, or several one behind the other; or YAML documents as the JSON they stand
    /// for.
    Values(Vec<Value>),
    /// XML, not parsed yet: see [`Content::require_xml`].
    Xml(String),
    /// Anything else.
    Text(String),
}

impl Content {
    /// Tells the notation and parses JSON and YAML.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        let text = std::str::from_utf8(bytes)
            .map_err(|error| crate::ingest::formats::invalid_utf8(error.valid_up_to() as u64))?;
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        match text.trim_start().as_bytes().first() {
            None => Err(Problem::new(ErrorCode::BadUserInput, "the document is empty")),
            Some(b'<') => Ok(Self::Xml(text.to_owned())),
            Some(b'{' | b'[') => json(text).map(Self::Values),
            Some(_) => Ok(match yaml(text) {
                Ok(values) if values.iter().all(|value| value.is_object() || value.is_array()) => Self::Values(values),
                Ok(_) | Err(_) => Self::Text(text.to_owned()),
            }),
        }
    }

    /// The JSON or YAML documents; none of XML and other text.
    pub fn values(&self) -> &[Value] {
        match self {
            Self::Values(values) => values,
            Self::Xml(_) | Self::Text(_) => &[],
        }
    }

    /// The JSON or YAML documents of a format that has no other notation.
    pub fn require_values(&self) -> Result<&[Value], Problem> {
        let refuse = |because: String| Problem::new(ErrorCode::BadUserInput, because);
        match self {
            Self::Values(values) => Ok(values),
            Self::Xml(_) => Err(refuse("the document is XML; this format is JSON or YAML".to_owned())),
            Self::Text(text) => Err(match yaml(text) {
                Ok(_) => refuse("the document is a mere text; this format is JSON or YAML".to_owned()),
                Err(error) => refuse(format!("the document is neither JSON nor YAML: {error}")),
            }),
        }
    }

    /// The parsed XML of a format that has no other notation. Entities are refused, so a document
    /// cannot grow by being read, nor make this program read other files.
    pub fn require_xml(&self) -> Result<roxmltree::Document<'_>, Problem> {
        let refuse = |because: String| Problem::new(ErrorCode::BadUserInput, because);
        let Self::Xml(text) = self else {
            return Err(refuse("the document is no XML".to_owned()));
        };
        if text.contains("<!ENTITY") {
            return Err(refuse("the document declares entities, which are not taken".to_owned()));
        }
        super::xml_shape::check(text).map_err(refuse)?;
        let options = roxmltree::ParsingOptions {
            allow_dtd: true,
            nodes_limit: XML_NODES_MAX,
            ..roxmltree::ParsingOptions::default()
        };
        roxmltree::Document::parse_with_options(text, options)
            .map_err(|error| refuse(format!("the document is no XML that can be read: {error}")))
    }

    /// The name of the outermost element of XML, without its namespace's prefix, told without parsing
    /// the rest.
    pub fn xml_root(&self) -> Option<&str> {
        let Self::Xml(text) = self else { return None };
        let mut rest = text.as_str();
        loop {
            rest = rest.get(rest.find('<')? + 1..)?;
            if rest.starts_with(['?', '!']) {
                continue;
            }
            let end = rest.find(|c: char| c.is_whitespace() || c == '>' || c == '/')?;
            return rest.get(..end)?.rsplit(':').next();
        }
    }

    /// The text of XML or other text.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Values(_) => None,
            Self::Xml(text) | Self::Text(text) => Some(text),
        }
    }

    /// The notation, as the beginning of a message.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Values(_) => "the document is JSON or YAML",
            Self::Xml(_) => "the document is XML",
            Self::Text(_) => "the document is text",
        }
    }
}

/// JSON documents, one behind the other.
fn json(text: &str) -> Result<Vec<Value>, Problem> {
    if commas(text) > JSON_VALUES_MAX {
        let message = format!("the document has more than {JSON_VALUES_MAX} values, which is the limit for JSON");
        return Err(Problem::new(ErrorCode::BodyTooLarge, message));
    }
    let values: Result<Vec<Value>, serde_json::Error> = serde_json::Deserializer::from_str(text).into_iter().collect();
    values.map_err(|error| Problem::new(ErrorCode::MalformedJson, format!("the document is not JSON: {error}")))
}

/// How many commas stand outside of texts: about as many as there are values.
fn commas(text: &str) -> usize {
    let (mut count, mut inside, mut escaped) = (0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = inside,
            b'"' => inside = !inside,
            b',' if !inside => count += 1,
            _ => {}
        }
    }
    count
}

/// YAML documents.
fn yaml(text: &str) -> Result<Vec<Value>, serde_saphyr::Error> {
    serde_saphyr::from_multiple_with_options(text, serde_saphyr::options! { strict_booleans: true })
}
