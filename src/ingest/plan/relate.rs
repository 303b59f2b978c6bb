//! What connects CIs: relationships and redundancy groups.

use jiff::Timestamp;

use crate::app::ErrorCode;
use crate::graph::{ReferenceError, Slot};
use crate::ingest::observation::{Position, Problem, RecordKind, VALUE_BYTES_MAX, shorten};
use crate::ingest::payload::{GroupRecord, RelationshipRecord};
use crate::ingest::reconcile;
use crate::ingest::report::Outcome;
use crate::model::{CiId, Command, GroupId, Name, RelationshipId};

use super::item::Item;
use super::{GROUP_KEYS_MAX, Mention, Planning, changed};

/// What a record names and is not there.
struct Absent {
    field: String,
    error: ReferenceError,
}

impl Absent {
    /// Whether a later record of the payload may bring it.
    fn may_come(&self) -> bool {
        match self.error {
            ReferenceError::NotFound { .. } | ReferenceError::Malformed { .. } => true,
            ReferenceError::Ambiguous { .. } => false,
        }
    }
}

impl Planning<'_, '_> {
    pub(super) fn relationship(&mut self, position: Position, record: RelationshipRecord) {
        let mut item = Item::new(position, RecordKind::Relationship);
        let mut found = self.ends_and_group(&record);
        let is_last = !self.may_defer && found.as_ref().is_err_and(Absent::may_come);
        if is_last && self.record_placeholders(&record, &mut item) {
            found = self.ends_and_group(&record);
        }
        match found {
            Ok((from, to, group)) => {
                item.type_name = Some(record.relationship_type.clone());
                self.relate(record, (from, to), group, &mut item);
            }
            Err(absent) if self.may_defer && absent.may_come() && self.memory.deferred.has_room() => {
                self.memory.deferred.keep_relationship(position, record);
                return;
            }
            Err(absent) => {
                item.type_name = Some(record.relationship_type.clone());
                item.key = Some(key_of(&record));
                item.refuse_reference(&absent.field, &absent.error);
            }
        }
        self.note(item);
    }

    #[expect(clippy::option_option, reason = "a record tells no group stated from none wanted")]
    fn ends_and_group(&self, record: &RelationshipRecord) -> Result<(Slot, Slot, Option<Option<GroupId>>), Absent> {
        let from = self.resolve("from", &record.from)?;
        let to = self.resolve("to", &record.to)?;
        Ok((from, to, self.group_of(record, from, to)?))
    }

    #[expect(clippy::option_option, reason = "a record tells no group stated from none wanted")]
    fn relate(
        &mut self,
        record: RelationshipRecord,
        (from, to): (Slot, Slot),
        group: Option<Option<GroupId>>,
        item: &mut Item,
    ) {
        let estate = self.planner.estate();
        let observed_at = record.observed_at.or(self.terms.observed_at);
        let definition = estate.catalog().relationship_type_named(&record.relationship_type);
        let known = definition
            .and_then(|definition| estate.find_relationship(definition.id, from, to, &record.qualifier))
            .map(|relationship| relationship.id());
        if self.terms.report_all {
            item.key = Some(key_of(&record));
        }
        if let Some(relationship) = known {
            let key = key_of(&record);
            self.confirm(relationship, item);
            if reconcile::is_plain(&record) {
                self.saw_relationship(relationship, observed_at);
                item.other_id = self.terms.report_all.then(|| relationship.to_string());
            } else {
                let patch = reconcile::relationship_patch(record, group);
                let command = Command::ChangeRelationship { relationship, patch };
                self.execute_relationship(&command, key, Outcome::Updated, observed_at, item);
            }
        } else {
            let key = key_of(&record);
            let ends = (estate.ci_id(from), estate.ci_id(to));
            let command = Command::Relate(reconcile::new_relationship(record, ends, group));
            self.execute_relationship(&command, key, Outcome::Created, observed_at, item);
        }
    }

    /// This source says so too, if it has not before.
    fn confirm(&mut self, relationship: RelationshipId, item: &mut Item) {
        let found = self.planner.estate().relationship(relationship);
        if found.is_some_and(|found| found.is_said_by(self.planner.source())) {
            return;
        }
        match self.planner.execute(&Command::ConfirmRelationship { relationship }) {
            Ok(done) => item.outcome = changed(&done, Outcome::Updated),
            Err(error) => item.refuse_command(&error),
        }
    }

    pub(super) fn saw_relationship(&mut self, relationship: RelationshipId, observed_at: Option<Timestamp>) {
        if let Some(place) = self.planner.saw_relationship(relationship, observed_at) {
            self.memory.mention(Mention::Relationship(place));
        }
    }

    fn execute_relationship(
        &mut self,
        command: &Command,
        key: String,
        outcome: Outcome,
        observed_at: Option<Timestamp>,
        item: &mut Item,
    ) {
        match self.planner.execute(command) {
            Ok(done) => {
                if done.changed {
                    item.outcome = outcome;
                }
                item.other_id = done.relationship.map(|id: RelationshipId| id.to_string());
                if let Some(relationship) = done.relationship {
                    self.saw_relationship(relationship, observed_at);
                }
            }
            Err(error) => {
                item.key = Some(key);
                item.refuse_command(&error);
            }
        }
    }

    pub(super) fn group(&mut self, position: Position, record: GroupRecord) {
        let mut item = Item::new(position, RecordKind::Group);
        item.key = Some(record.name.clone());
        match self.group_ends(&record) {
            Ok((consumer, members)) => self.put_group(&record, consumer, &members, &mut item),
            Err(absent) if self.may_defer && absent.may_come() && self.memory.deferred.has_room() => {
                self.memory.deferred.keep_group(position, record);
                return;
            }
            Err(absent) => item.refuse_reference(&absent.field, &absent.error),
        }
        self.note(item);
    }

    fn put_group(&mut self, record: &GroupRecord, consumer: Slot, members: &[CiId], item: &mut Item) {
        let name = match Name::new(&record.name) {
            Ok(name) => name,
            Err(error) => {
                let problem = Problem::new(ErrorCode::InvalidName, error.to_string());
                item.refuse(&problem.of_field("name").of_value(&record.name));
                return;
            }
        };
        let estate = self.planner.estate();
        let by_id = record.id.and_then(|id| estate.group(id));
        let recorded = by_id.or_else(|| estate.groups_of_consumer(consumer).find(|group| group.name == name));
        let members = reconcile::members(record, members);
        let (command, outcome) = if let Some(recorded) = recorded {
            let (group, patch) = (recorded.id, reconcile::group_patch(record, name, recorded, members));
            (Command::ChangeGroup { group, patch }, Outcome::Updated)
        } else {
            let group = reconcile::new_group(record, name, estate.ci_id(consumer), members);
            (Command::CreateGroup(group), Outcome::Created)
        };
        match self.planner.execute(&command) {
            Ok(done) => {
                item.outcome = changed(&done, outcome);
                item.other_id = done.group.map(|group| group.to_string());
                if let (Some(key), Some(group)) = (&record.key, done.group)
                    && self.memory.groups.len() < GROUP_KEYS_MAX
                {
                    self.memory.groups.insert(key.clone(), group);
                }
            }
            Err(error) => item.refuse_command(&error),
        }
    }

    fn group_ends(&self, record: &GroupRecord) -> Result<(Slot, Vec<CiId>), Absent> {
        let consumer = self.resolve("consumer", &record.consumer)?;
        let member = |(place, member): (usize, &crate::ingest::payload::MemberRecord)| {
            let slot = self.resolve("members", &member.ci).map_err(|absent| Absent {
                field: format!("members[{place}]"),
                ..absent
            })?;
            Ok(self.planner.estate().ci_id(slot))
        };
        let members = record.members.iter().enumerate().map(member);
        Ok((consumer, members.collect::<Result<_, Absent>>()?))
    }

    fn resolve(&self, field: &str, reference: &str) -> Result<Slot, Absent> {
        self.asker().resolve(reference).map_err(|error| Absent {
            field: field.to_owned(),
            error,
        })
    }

    /// The group that a relationship names: by a key of this payload, by id, or by its name among
    /// the groups of the relationship's ends.
    #[expect(clippy::option_option, reason = "a record tells no group stated from none wanted")]
    fn group_of(&self, record: &RelationshipRecord, from: Slot, to: Slot) -> Result<Option<Option<GroupId>>, Absent> {
        let Some(stated) = &record.group else { return Ok(None) };
        let Some(name) = stated else { return Ok(Some(None)) };
        let estate = self.planner.estate();
        let by_id = || name.parse::<GroupId>().ok().filter(|id| estate.group(*id).is_some());
        let of_end = |end: Slot| estate.groups_of_consumer(end).find(|group| group.name.as_str() == name);
        let found = self.memory.groups.get(name).copied().or_else(by_id);
        let found = found.or_else(|| of_end(from).or_else(|| of_end(to)).map(|group| group.id));
        let absent = || Absent {
            field: "group".to_owned(),
            error: ReferenceError::NotFound {
                reference: name.clone(),
            },
        };
        found.map(|group| Some(Some(group))).ok_or_else(absent)
    }
}

/// How a report names a relationship.
fn key_of(record: &RelationshipRecord) -> String {
    let half = VALUE_BYTES_MAX / 2 - 2;
    let cut = |text: &str| {
        let mut end = text.len().min(half);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text[..end].to_owned()
    };
    format!("{} -> {}", cut(shorten(&record.from)), cut(shorten(&record.to)))
}
