//! What the catalog lets a source do with a record that has been identified.

use crate::app::ErrorCode;
use crate::ingest::observation::Problem;
use crate::model::rule::{OnNoMatch, SourceRights};
use crate::model::{BeforeAfter, ConfigurationItem, Delta};

use super::Planning;

/// What becomes of a record that matches no CI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Newcomer {
    /// It is created.
    Created,
    /// It waits in the review queue.
    Staged,
    /// It is refused.
    Refused(Problem),
}

impl Planning<'_, '_> {
    /// What the source may do.
    pub(super) fn rights(&self) -> &SourceRights {
        let catalog = self.planner.estate().catalog();
        catalog.source_rights(self.planner.source_name())
    }
}

/// What becomes of a record that matches no CI, by what its source may do.
pub fn newcomer(rights: &SourceRights) -> Newcomer {
    match (rights.on_no_match, rights.may_create) {
        (OnNoMatch::Stage, _) => Newcomer::Staged,
        (OnNoMatch::Error, _) => {
            let message = "the record matches no CI, and its source is to match those there are";
            Newcomer::Refused(Problem::new(ErrorCode::NoMatch, message))
        }
        (OnNoMatch::Create, true) => Newcomer::Created,
        (OnNoMatch::Create, false) => {
            let message = "the record matches no CI, and its source may not create any";
            Newcomer::Refused(Problem::new(ErrorCode::CreateNotAllowed, message))
        }
    }
}

/// Whether a delta changes what counts of CIs: more than who has said what.
pub fn would_change(delta: &Delta) -> bool {
    delta
        .items
        .iter()
        .any(|item| item.as_ci().is_none_or(changes_what_counts))
}

fn changes_what_counts(change: &BeforeAfter<ConfigurationItem>) -> bool {
    let (Some(before), Some(after)) = (&change.before, &change.after) else {
        return true;
    };
    let values = |ci: &ConfigurationItem| {
        let values = ci.attributes().iter().map(|one| (one.id, one.value));
        values.collect::<Vec<_>>()
    };
    before.name() != after.name()
        || before.stage() != after.stage()
        || before.ci_type() != after.ci_type()
        || before.validity() != after.validity()
        || !before.tags().eq(after.tags())
        || values(before) != values(after)
}
