//! SPDX's tag-value notation in the shape of its JSON.

use serde_json::{Map, Value};

use crate::app::ErrorCode;
use crate::ingest::observation::Problem;

/// Tags of a package and of a file, and the fields they are in JSON.
const TAGS: [(&str, &str); 14] = [
    ("SPDXID", "SPDXID"),
    ("PackageVersion", "versionInfo"),
    ("PackageSupplier", "supplier"),
    ("PackageOriginator", "originator"),
    ("PackageHomePage", "homepage"),
    ("PackageDownloadLocation", "downloadLocation"),
    ("PackageLicenseConcluded", "licenseConcluded"),
    ("PackageLicenseDeclared", "licenseDeclared"),
    ("PackageSummary", "summary"),
    ("PackageDescription", "description"),
    ("PrimaryPackagePurpose", "primaryPackagePurpose"),
    ("LicenseConcluded", "licenseConcluded"),
    ("FileComment", "comment"),
    ("PackageComment", "comment"),
];

/// Whether a text begins as a document does.
pub(super) fn is_document(text: &str) -> bool {
    let mut said = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    said.next().is_some_and(|line| line.starts_with("SPDXVersion:"))
}

/// The document as its JSON would be.
pub(super) fn as_json(text: &str) -> Result<Value, Problem> {
    if !is_document(text) {
        let message = "the document is no SPDX: tag-value begins with `SPDXVersion:`";
        return Err(Problem::new(ErrorCode::BadUserInput, message));
    }
    let mut reader = Reader::default();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.trim();
        let Some((tag, value)) = line.split_once(':').filter(|_| !line.starts_with('#')) else {
            continue;
        };
        let mut value = value.trim().to_owned();
        if let Some(begun) = value.strip_prefix("<text>") {
            let mut whole = begun.to_owned();
            let mut ended = begun.contains("</text>");
            while !ended {
                let Some(next) = lines.next() else { break };
                ended = next.contains("</text>");
                whole.push('\n');
                whole.push_str(next);
            }
            whole.truncate(whole.find("</text>").unwrap_or(whole.len()));
            value = whole;
        }
        reader.tag(tag.trim(), &value);
    }
    reader.end();
    Ok(reader.into_json())
}

/// What has been read so far.
#[derive(Debug, Default)]
struct Reader {
    document: Map<String, Value>,
    packages: Vec<Value>,
    files: Vec<Value>,
    relationships: Vec<Value>,
    /// The package or file that tags belong to at present.
    current: Option<(&'static str, Map<String, Value>)>,
}

impl Reader {
    fn tag(&mut self, tag: &str, value: &str) {
        match tag {
            "SPDXVersion" => self.state("spdxVersion", value),
            "Created" => {
                let info = Map::from_iter([("created".to_owned(), Value::from(value))]);
                self.document.insert("creationInfo".to_owned(), Value::Object(info));
            }
            "PackageName" => self.begin("packages", "name", value),
            "FileName" => self.begin("files", "fileName", value),
            // Other parts of a document have identities of their own.
            "SnippetSPDXID" | "LicenseID" | "Reviewer" | "Annotator" => self.end(),
            "Relationship" => {
                let mut words = value.split_whitespace();
                if let (Some(from), Some(kind), Some(to)) = (words.next(), words.next(), words.next()) {
                    self.relationships.push(object(&[
                        ("spdxElementId", from),
                        ("relationshipType", kind),
                        ("relatedSpdxElement", to),
                    ]));
                }
            }
            "PackageChecksum" | "FileChecksum" => {
                if let Some((algorithm, sum)) = value.split_once(':') {
                    let checksum = [("algorithm", algorithm.trim()), ("checksumValue", sum.trim())];
                    self.append("checksums", object(&checksum));
                }
            }
            "ExternalRef" => {
                let mut words = value.split_whitespace();
                if let (Some(_), Some(kind), Some(locator)) = (words.next(), words.next(), words.next()) {
                    let reference = [("referenceType", kind), ("referenceLocator", locator)];
                    self.append("externalRefs", object(&reference));
                }
            }
            _ => {
                if let Some((_, field)) = TAGS.iter().find(|(known, _)| *known == tag) {
                    self.state(field, value);
                }
            }
        }
    }

    fn begin(&mut self, list: &'static str, field: &str, value: &str) {
        self.end();
        self.current = Some((list, Map::from_iter([(field.to_owned(), Value::from(value))])));
    }

    fn state(&mut self, field: &str, value: &str) {
        let fields = self.current.as_mut().map_or(&mut self.document, |(_, fields)| fields);
        fields.insert(field.to_owned(), Value::from(value));
    }

    fn append(&mut self, field: &str, value: Value) {
        let Some((_, fields)) = &mut self.current else { return };
        if let Value::Array(values) = fields.entry(field).or_insert_with(|| Value::Array(Vec::new())) {
            values.push(value);
        }
    }

    fn end(&mut self) {
        match self.current.take() {
            Some(("packages", fields)) => self.packages.push(Value::Object(fields)),
            Some((_, fields)) => self.files.push(Value::Object(fields)),
            None => {}
        }
    }

    fn into_json(mut self) -> Value {
        let lists = [
            ("packages", self.packages),
            ("files", self.files),
            ("relationships", self.relationships),
        ];
        self.document.extend(
            lists
                .into_iter()
                .map(|(name, values)| (name.to_owned(), Value::Array(values))),
        );
        Value::Object(self.document)
    }
}

fn object(fields: &[(&str, &str)]) -> Value {
    let fields = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Value::from(*value)));
    Value::Object(fields.collect())
}
