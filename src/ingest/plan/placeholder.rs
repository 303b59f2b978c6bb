//! Placeholders: CIs that a source names as the end of a relationship before anybody has recorded
//! them. A later observation under the same key, or of the same identity, completes them.

use crate::ingest::payload::{CiRecord, RelationshipRecord};
use crate::ingest::reconcile;
use crate::ingest::report::ProblemLine;
use crate::model::{CiTypeId, Command};

use super::item::Item;
use super::{Mention, Planning};

/// The code of the warning that a relationship made a placeholder.
const PLACEHOLDER: &str = "PLACEHOLDER";

impl Planning<'_, '_> {
    /// Records the ends of a relationship that are not there, if the source may have that done and it
    /// can be told of what type they are. Says whether it did.
    pub(super) fn record_placeholders(&mut self, record: &RelationshipRecord, item: &mut Item) -> bool {
        if !self.rights().may_create_placeholders {
            return false;
        }
        let catalog = self.planner.estate().catalog();
        let Some(definition) = catalog.relationship_type_named(&record.relationship_type) else {
            return false;
        };
        let ends = [
            (&record.from, self.placeholder_type(&definition.from_types)),
            (&record.to, self.placeholder_type(&definition.to_types)),
        ];
        let mut did = false;
        for (reference, ci_type) in ends {
            if self.asker().resolve(reference).is_err() {
                did |= self.record_placeholder(reference, ci_type, item);
            }
        }
        did
    }

    /// The first of the types allowed that a CI may be of; `None` where all of them are abstract, or
    /// any is allowed.
    fn placeholder_type(&self, allowed: &[CiTypeId]) -> Option<String> {
        let catalog = self.planner.estate().catalog();
        let concrete = |id: &CiTypeId| catalog.ci_type(*id).filter(|definition| !definition.is_abstract);
        allowed
            .iter()
            .find_map(concrete)
            .map(|definition| definition.name.to_string())
    }

    fn record_placeholder(&mut self, reference: &str, ci_type: Option<String>, item: &mut Item) -> bool {
        let Some(record) = self.placeholder(reference, ci_type) else {
            return false;
        };
        let Ok(done) = self.planner.execute(&Command::CreateCi(reconcile::new_ci(record))) else {
            return false;
        };
        let slot = done.ci.and_then(|ci| self.planner.estate().slot_of(ci));
        if let Some(slot) = slot {
            self.planner.saw_ci(slot, self.terms.observed_at);
            self.memory.mention(Mention::Ci(slot));
            item.problems.push(ProblemLine {
                code: PLACEHOLDER.to_owned(),
                message: format!("`{reference}` was not recorded, so a placeholder stands for it"),
                field: None,
                value: None,
            });
        }
        slot.is_some()
    }

    /// `TYPE:NAME` says both; any other reference is a key of the source, and its name too.
    fn placeholder(&self, reference: &str, ci_type: Option<String>) -> Option<CiRecord> {
        let catalog = self.planner.estate().catalog();
        let stated = reference.split_once(':').and_then(|(ci_type, name)| {
            let definition = catalog.ci_type_named(ci_type).filter(|found| !found.is_abstract)?;
            Some((definition.name.to_string(), name))
        });
        if let Some((ci_type, name)) = stated {
            return Some(CiRecord {
                ci_type,
                name: Some(name.to_owned()),
                ..CiRecord::default()
            });
        }
        Some(CiRecord {
            key: Some(reference.to_owned()),
            ci_type: ci_type?,
            name: Some(reference.to_owned()),
            ..CiRecord::default()
        })
    }
}
