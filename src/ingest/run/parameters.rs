//! The options of a load as the query parameters of `POST /ingest` say them.

use std::str::FromStr;

use crate::ingest::formats::csv::mapping::Field;
use crate::ingest::formats::document::{DocumentOptions, adapter_named};
use crate::ingest::formats::{CsvMapping, Format};

use super::{IngestError, IngestOptions, ReportScope};

/// The media types of payloads: none that a foreign page can send without asking.
pub const MEDIA_TYPES: [&str; 10] = [
    "application/x-ndjson",
    "application/ndjson",
    "text/csv",
    "application/json",
    "application/yaml",
    "application/x-yaml",
    "application/xml",
    "text/xml",
    "application/openmetrics-text",
    "application/octet-stream",
];

/// The parameters there are.
const KNOWN: [&str; 16] = [
    "source",
    "feed",
    "scope",
    "observedAt",
    "session",
    "format",
    "name",
    "mode",
    "dryRun",
    "report",
    "reason",
    "idempotencyKey",
    "mapping",
    "rows",
    "type",
    "delimiter",
];

impl IngestOptions {
    /// The options that a payload's media type and the parameters of its request state. An unknown
    /// parameter is refused: a misspelt `dryRun` must not write.
    pub fn from_request<'a>(
        media_type: &str,
        parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, IngestError> {
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        let Some(place) = MEDIA_TYPES
            .iter()
            .position(|known| media_type.eq_ignore_ascii_case(known))
        else {
            return Err(IngestError::MediaType(media_type.to_owned()));
        };
        let mut format = by_media_type(MEDIA_TYPES[place]);
        let mut document_name = None;
        let mut options = Self::default();
        let mut changes: Vec<(&str, &str)> = Vec::new();
        for (name, value) in parameters {
            match name {
                "source" => options.source = Some(value.to_owned()),
                "feed" => options.feed = Some(value.to_owned()),
                "format" => format = by_name(value).ok_or_else(|| refused(name, value, FORMATS))?,
                "name" => document_name = Some(value.to_owned()),
                "scope" => options.scope = Some(value.to_owned()),
                "observedAt" => options.observed_at = Some(parsed(name, value, "a moment as 2026-05-04T03:00:00Z")?),
                "session" => options.session = Some(parsed(name, value, "the id of a sync session")?),
                "reason" => options.reason = Some(value.to_owned()),
                "idempotencyKey" => options.idempotency_key = Some(value.to_owned()),
                "mode" => options.mode = Some(parsed(name, value, "PARTIAL or ATOMIC")?),
                "dryRun" => options.dry_run = parsed(name, value, "true or false")?,
                "report" => options.report = scope(name, value)?,
                "mapping" | "rows" | "type" | "delimiter" => changes.push((name, value)),
                _ => return Err(IngestError::UnknownParameter(name.to_owned(), KNOWN.join(", "))),
            }
        }
        // The mapping first: the others change it.
        changes.sort_by_key(|(name, _)| *name != "mapping");
        for (name, value) in changes {
            let Format::Csv(mapping) = &mut format else {
                return Err(refused(name, value, "nothing here: it goes with CSV"));
            };
            map(mapping, name, value)?;
        }
        match (&mut format, document_name) {
            (Format::Document(document), name) => document.name = name,
            (Format::Ndjson | Format::Csv(_), None) => {}
            (Format::Ndjson | Format::Csv(_), Some(value)) => {
                return Err(refused("name", &value, "nothing here: it goes with documents"));
            }
        }
        options.format = format;
        options.check()?;
        Ok(options)
    }
}

/// What `format` takes, as a message says it.
const FORMATS: &str = "detect, ndjson, csv or one of the document formats listed in docs/formats.md";

fn by_media_type(media_type: &str) -> Format {
    match media_type {
        "application/x-ndjson" | "application/ndjson" => Format::Ndjson,
        "text/csv" => Format::Csv(Box::default()),
        _ => Format::Document(DocumentOptions::default()),
    }
}

fn by_name(name: &str) -> Option<Format> {
    let document = |adapter| Format::Document(DocumentOptions { adapter, name: None });
    match name {
        "ndjson" => Some(Format::Ndjson),
        "csv" => Some(Format::Csv(Box::default())),
        "detect" => Some(document(None)),
        _ => adapter_named(name).map(|adapter| document(Some(adapter))),
    }
}

fn map(mapping: &mut CsvMapping, name: &str, value: &str) -> Result<(), IngestError> {
    use crate::ingest::formats::csv::mapping::RowKind;
    match (name, value) {
        ("mapping", "default") => *mapping = CsvMapping::default(),
        ("mapping", "servicenow") => *mapping = CsvMapping::servicenow(),
        ("mapping", text) => {
            let takes = "default, servicenow, or a mapping as TOML";
            *mapping = CsvMapping::from_toml(text).map_err(|_| refused(name, value, takes))?;
        }
        ("rows", "configuration_items") => mapping.rows = Some(RowKind::ConfigurationItems),
        ("rows", "relationships") => mapping.rows = Some(RowKind::Relationships),
        ("rows", _) => return Err(refused(name, value, "configuration_items or relationships")),
        ("delimiter", _) => {
            let delimiter = match value {
                "tab" => Some('\t'),
                "comma" => Some(','),
                "semicolon" => Some(';'),
                _ => value.parse().ok(),
            };
            let allowed = delimiter.filter(|delimiter| delimiter.is_ascii() && !matches!(delimiter, '"' | '\n' | '\r'));
            if allowed.is_none() {
                return Err(refused(name, value, "tab, comma, semicolon or one ASCII character"));
            }
            mapping.delimiter = allowed;
        }
        (_, _) => {
            mapping.constants.insert(Field::Type, value.to_owned());
        }
    }
    Ok(())
}

fn scope(name: &str, value: &str) -> Result<ReportScope, IngestError> {
    match value {
        "attention" => Ok(ReportScope::Attention),
        "everything" => Ok(ReportScope::Everything),
        _ => Err(refused(name, value, "attention or everything")),
    }
}

fn parsed<T: FromStr>(name: &str, value: &str, takes: &'static str) -> Result<T, IngestError> {
    value.parse().map_err(|_| refused(name, value, takes))
}

fn refused(name: &str, value: &str, takes: &'static str) -> IngestError {
    IngestError::Parameter {
        name: name.to_owned(),
        value: crate::ingest::observation::shorten(value).to_owned(),
        takes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::ErrorCode;
    use crate::ingest::payload::IngestMode;

    fn read(media_type: &str, parameters: &[(&str, &str)]) -> Result<IngestOptions, ErrorCode> {
        IngestOptions::from_request(media_type, parameters.iter().copied()).map_err(|error| error.code())
    }

    #[test]
    fn parameters_become_options() {
        let options = read(
            "text/csv; charset=utf-8",
            &[
                ("type", "server"),
                ("mapping", "servicenow"),
                ("mode", "ATOMIC"),
                ("dryRun", "true"),
                ("delimiter", "tab"),
            ],
        )
        .expect("options");
        let Format::Csv(mapping) = options.format else {
            panic!("CSV")
        };
        assert_eq!(mapping.constants.get(&Field::Type).map(String::as_str), Some("server"));
        assert_eq!((mapping.delimiter, mapping.ci_types.is_empty()), (Some('\t'), false));
        assert_eq!((options.mode, options.dry_run), (Some(IngestMode::Atomic), true));
    }

    #[test]
    fn wrong_parameters_are_refused() {
        let ndjson = "application/x-ndjson";
        for wrong in [
            ("dryrun", "true"),
            ("dryRun", "yes"),
            ("mode", "all"),
            ("source", "Not A Name"),
            ("idempotencyKey", ""),
            ("report", "none"),
            ("mapping", "servicenow"),
        ] {
            assert_eq!(read(ndjson, &[wrong]).err(), Some(ErrorCode::BadUserInput), "{wrong:?}");
        }
        assert_eq!(read("text/plain", &[]).err(), Some(ErrorCode::UnsupportedMediaType));
    }
}
