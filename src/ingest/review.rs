//! What becomes of records in the review queue once a person has decided.

use crate::model::command::NewCi;

use super::payload::{PayloadError, Record, parse_line};
use super::reconcile;

/// The CI to create from a record that the review queue keeps; `None` if it is no CI's.
pub fn to_create(record: &str) -> Result<Option<NewCi>, PayloadError> {
    Ok(match parse_line(record.as_bytes())? {
        Record::Ci(record) => Some(reconcile::new_ci(record)),
        Record::Header(_) | Record::Relationship(_) | Record::Group(_) | Record::Catalog(_) => None,
    })
}
