//! What becomes of records in the review queue once a person has decided.

use crate::app::Editor;
use crate::model::command::NewCi;
use crate::model::{CiId, ReviewItem};

use super::payload::{PayloadError, Record, parse_line};
use super::reconcile;

/// The CI that a record was decided for counts as mentioned in the sync session that its source, feed and
/// scope have open: the record may have been pushed to it before.
pub fn decided(editor: &Editor, item: &ReviewItem, ci: CiId) {
    let Some(slot) = editor.reader().snapshot().slot_of(ci) else {
        return;
    };
    let sessions = editor.reader().sessions().open();
    for session in sessions.iter().filter(|session| *session.source() == item.source) {
        session.mention([slot], [], editor.now());
    }
}

/// The CI to create from a record that the review queue keeps; `None` if it is no CI's.
pub fn to_create(record: &str) -> Result<Option<NewCi>, PayloadError> {
    Ok(match parse_line(record.as_bytes())? {
        Record::Ci(record) => Some(reconcile::new_ci(record)),
        Record::Header(_) | Record::Relationship(_) | Record::Group(_) | Record::Catalog(_) => None,
    })
}
