//! Formats that are read as a whole: one adapter each, chosen by name or by what the document holds.

mod adapter;
mod content;
mod findings;
mod xml_shape;

use crate::app::ErrorCode;
use crate::ingest::observation::Problem;

use super::Parsed;
pub use adapter::{ADAPTERS, Adapter, adapter_named};
pub use content::Content;
pub use findings::Findings;

/// How a document is to be read.
#[derive(Clone, Debug, Default)]
pub struct DocumentOptions {
    /// Its format; absent: found out from what it holds, and refused where that is ambiguous.
    pub adapter: Option<&'static Adapter>,
    /// What the document does not say of itself: the name of the cluster, the site or the estate that
    /// it was taken from.
    pub name: Option<String>,
}

/// Gathers a document, up to a limit, and reads it when it has ended.
#[derive(Debug)]
pub struct DocumentParser {
    options: DocumentOptions,
    bytes_max: usize,
    bytes: Vec<u8>,
    failed: bool,
    records: u64,
}

impl DocumentParser {
    /// A parser at the start of a document.
    pub fn new(options: DocumentOptions, bytes_max: usize) -> Self {
        Self {
            options,
            bytes_max,
            bytes: Vec::new(),
            failed: false,
            records: 0,
        }
    }

    /// Takes the next piece of the document.
    pub fn push(&mut self, piece: &[u8], found: &mut Vec<Parsed>) {
        if self.failed {
            return;
        }
        if self.bytes.len() + piece.len() > self.bytes_max {
            self.failed = true;
            self.bytes = Vec::new();
            let message = format!(
                "the document is longer than {} bytes, which is the limit for formats that are read as a whole",
                self.bytes_max
            );
            found.push(Parsed::Fatal(Problem::new(ErrorCode::BodyTooLarge, message)));
            return;
        }
        self.bytes.extend_from_slice(piece);
    }

    /// Says that the document has ended; what it says goes to `found`.
    pub fn finish(&mut self, found: &mut Vec<Parsed>) {
        if self.failed {
            return;
        }
        let bytes = std::mem::take(&mut self.bytes);
        let mut findings = Findings::new(self.options.name.as_deref());
        match read(&bytes, self.options.adapter, &mut findings) {
            Ok(()) => {
                self.records = findings.records();
                found.append(&mut findings.into_found());
            }
            Err(problem) => found.push(Parsed::Fatal(problem)),
        }
    }

    /// Records found.
    pub fn records(&self) -> u64 {
        self.records
    }
}

fn read(bytes: &[u8], adapter: Option<&'static Adapter>, findings: &mut Findings<'_>) -> Result<(), Problem> {
    let content = Content::parse(bytes)?;
    let adapter = match adapter {
        Some(adapter) => adapter,
        None => recognise(&content)?,
    };
    (adapter.read)(&content, findings)
}

/// The one format that knows the document as its own.
fn recognise(content: &Content) -> Result<&'static Adapter, Problem> {
    let mut fitting = ADAPTERS.iter().filter(|adapter| (adapter.recognises)(content));
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => {
            let message = format!(
                "{} of no format that is known: say which with `format` (--format), one of {}",
                content.kind(),
                adapter::names()
            );
            Err(Problem::new(ErrorCode::UnknownFormat, message).of_field("format"))
        }
        (Some(one), Some(other)) => {
            let message = format!(
                "the document may be `{}` as well as `{}`: say which with `format` (--format)",
                one.name, other.name
            );
            Err(Problem::new(ErrorCode::UnknownFormat, message).of_field("format"))
        }
    }
}

#[cfg(test)]
mod tests;
