//! How people name a CI: by id, by type and name, or by an identifier.

use super::{Estate, Slot};
use crate::model::{CiId, Input};

/// Candidates listed at most in an ambiguity.
const CANDIDATES_MAX: usize = 20;

/// A reference does not lead to one CI.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// It has none of the forms.
    #[error("`{reference}` is no reference: write ci:UUID, TYPE:NAME or ATTRIBUTE:VALUE")]
    Malformed {
        /// As it was given.
        reference: String,
    },
    /// No CI answers to it.
    #[error("no configuration item answers to `{reference}`")]
    NotFound {
        /// As it was given.
        reference: String,
    },
    /// Several CIs answer to it.
    #[error("`{reference}` is ambiguous: {count} configuration items answer to it")]
    Ambiguous {
        /// As it was given.
        reference: String,
        /// How many answer.
        count: usize,
        /// Their ids, the first twenty.
        candidates: Vec<CiId>,
    },
}

impl Estate {
    /// Finds the one CI that `ci:UUID`, `TYPE:NAME` (subtypes included) or `ATTRIBUTE:VALUE` names.
    pub fn resolve(&self, reference: &str) -> Result<Slot, ReferenceError> {
        let not_found = || ReferenceError::NotFound {
            reference: reference.to_owned(),
        };
        let malformed = || ReferenceError::Malformed {
            reference: reference.to_owned(),
        };
        let (word, rest) = reference.split_once(':').ok_or_else(malformed)?;
        if word == CiId::PREFIX {
            let id: CiId = reference.parse().map_err(|_| malformed())?;
            return self.slot_of(id).ok_or_else(not_found);
        }
        let found = match self.catalog.ci_type_named(word) {
            Some(ci_type) => {
                let ancestor = ci_type.id;
                self.named(rest)
                    .filter(|slot| self.catalog.is_a(self.ci_type_of(*slot), ancestor))
                    .collect()
            }
            None => self.identified(word, rest).ok_or_else(malformed)?,
        };
        self.only(reference, found)
    }

    /// The CIs with a value of an identifying attribute; `None` if there is no such attribute.
    fn identified(&self, word: &str, text: &str) -> Option<Vec<Slot>> {
        let attribute = self
            .catalog
            .attribute_id(word)
            .filter(|id| self.catalog.is_identifying(*id))?;
        let input = Input::Text(text.to_owned());
        let mut found: Vec<Slot> = Vec::new();
        let mut tried = Vec::new();
        for ci_type in self.catalog.ci_types() {
            let Ok((id, Some(value))) = self.catalog.parse_value(ci_type.id, word, &input) else {
                continue;
            };
            if id == attribute && !tried.contains(&value) {
                found.extend(self.with_identifier(attribute, &value));
                tried.push(value);
            }
        }
        found.sort();
        found.dedup();
        Some(found)
    }

    fn only(&self, reference: &str, mut found: Vec<Slot>) -> Result<Slot, ReferenceError> {
        match found.as_slice() {
            [] => Err(ReferenceError::NotFound {
                reference: reference.to_owned(),
            }),
            [only] => Ok(*only),
            [_, _, ..] => {
                found.sort_by_key(|slot| self.ci_id(*slot));
                let candidates = found
                    .iter()
                    .take(CANDIDATES_MAX)
                    .map(|slot| self.ci_id(*slot))
                    .collect();
                Err(ReferenceError::Ambiguous {
                    reference: reference.to_owned(),
                    count: found.len(),
                    candidates,
                })
            }
        }
    }
}
