//! What was passed over, summed up: one warning for each reason, with a count and an example.

use std::collections::BTreeMap;

use crate::ingest::formats::document::Findings;
use crate::ingest::observation::shorten;

/// Code of warnings about what is passed over on purpose.
pub(crate) const IGNORED: &str = "IGNORED";
/// Code of warnings about values that cannot be read; what they belong to is taken without them.
pub(crate) const MALFORMED: &str = "MALFORMED_VALUE";

/// Counts what was passed over, by reason.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    counts: BTreeMap<(&'static str, String), (usize, String)>,
}

impl Notes {
    /// One more thing passed over. `reason` completes "3 times: ..."; `example` is its name or value.
    pub(crate) fn add(&mut self, code: &'static str, reason: impl Into<String>, example: &str) {
        let entry = self.counts.entry((code, reason.into())).or_default();
        if entry.0 == 0 {
            shorten(example).clone_into(&mut entry.1);
        }
        entry.0 += 1;
    }

    /// Several things of one reason.
    pub(crate) fn add_many(&mut self, code: &'static str, reason: &str, examples: usize, example: &str) {
        if examples > 0 {
            self.add(code, reason, example);
            if let Some((count, _)) = self.counts.get_mut(&(code, reason.to_owned())) {
                *count += examples - 1;
            }
        }
    }

    /// Tells all of it as warnings of the document.
    pub(crate) fn tell(self, findings: &mut Findings<'_>) {
        for ((code, reason), (count, example)) in self.counts {
            let example = example.trim();
            let message = match (count, example.is_empty()) {
                (1, true) => reason,
                (1, false) => format!("{reason}: `{example}`"),
                (_, true) => format!("{reason}, {count} times"),
                (_, false) => format!("{reason}, {count} times, first: `{example}`"),
            };
            findings.warn(code, message);
        }
    }
}
