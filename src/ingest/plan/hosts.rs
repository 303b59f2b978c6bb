//! CIs that are identified within a host: the host first, then what belongs to it, and the
//! relationship between the two.

use rustc_hash::FxHashSet;

use crate::app::ErrorCode;
use crate::graph::{ReferenceError, Slot};
use crate::ingest::identify::Hosts;
use crate::ingest::observation::{Position, Problem, shorten};
use crate::ingest::payload::{CiRecord, RelationshipRecord};
use crate::ingest::reconcile;
use crate::ingest::report::{Outcome, ProblemLine};
use crate::model::Command;
use crate::model::definition::IdentificationRule;

use super::Planning;
use super::item::{Item, command_problem};

impl Planning<'_, '_> {
    /// The hosts that a batch's relationships state, by the keys of the CIs that belong to them.
    pub(super) fn index_hosts(&self, relationships: &[(Position, Box<RelationshipRecord>)]) -> Hosts {
        let catalog = self.planner.estate().catalog();
        let mut hosts = Hosts::default();
        for (_, record) in relationships {
            if catalog.leads_to_host(&record.relationship_type) {
                let host = (record.relationship_type.clone(), record.to.clone());
                hosts.entry(record.from.clone()).or_default().push(host);
            }
        }
        hosts
    }

    /// Plans CIs so that every host is recorded before what may have to be found within it, as far as the
    /// batch holds both; else in the order of the batch. Linear in the CIs times the depth in which hosts belong
    /// to hosts, which is at most [`HOST_DEPTH_MAX`].
    pub(super) fn cis_hosts_first(&mut self, cis: Vec<(Position, Box<CiRecord>)>, hosts: Hosts) {
        self.hosts = hosts;
        let mut left = cis;
        for _ in 0..HOST_DEPTH_MAX {
            let waits = self.waiting_for_hosts(&left);
            if waits.iter().all(|waits| *waits) {
                break;
            }
            let mut waiting = Vec::new();
            for ((position, record), waits) in left.into_iter().zip(waits) {
                if waits {
                    waiting.push((position, record));
                } else {
                    self.ci(position, *record);
                }
            }
            left = waiting;
        }
        // What belongs to itself in a circle, or too deep.
        for (position, record) in left {
            self.ci(position, *record);
        }
    }

    /// Which of these CIs have a host among them.
    fn waiting_for_hosts(&self, cis: &[(Position, Box<CiRecord>)]) -> Vec<bool> {
        if self.hosts.is_empty() && cis.iter().all(|(_, record)| record.host.is_none()) {
            return vec![false; cis.len()];
        }
        let keys: FxHashSet<&str> = cis.iter().filter_map(|(_, record)| record.key.as_deref()).collect();
        let waits = |record: &CiRecord| {
            let is_waited_for = |host: &str| keys.contains(host) && record.key.as_deref() != Some(host);
            let stated = record.host.as_deref().is_some_and(is_waited_for);
            let of_key = record.key.as_ref().and_then(|key| self.hosts.get(key));
            let related = of_key.is_some_and(|known| known.iter().any(|(_, host)| is_waited_for(host)));
            stated || (related && self.may_be_recorded(record))
        };
        cis.iter().map(|(_, record)| waits(record)).collect()
    }

    /// Whether a CI that is identified within its host may be recorded already: if not, its host need not
    /// come first, and new CIs are created in the order of the batch.
    fn may_be_recorded(&self, record: &CiRecord) -> bool {
        let estate = self.planner.estate();
        let ci_type = estate.catalog().ci_type_named(&record.ci_type);
        let rules = ci_type.map_or(&[][..], |ci_type| estate.catalog().identification_of(ci_type.id));
        let by_name = |rule: &IdentificationRule| rule.attributes.iter().any(|name| name.as_str() == "name");
        let is_named = record
            .name
            .as_deref()
            .is_some_and(|name| estate.named(name).next().is_some());
        let mut within = rules.iter().filter(|rule| rule.host.is_some());
        within.any(|rule| is_named || !by_name(rule))
    }

    /// The relationship from a record's CI to the host that it states. Refuses a host of a CI that has
    /// no place for one.
    pub(super) fn belongs_to(&mut self, slot: Slot, host: &str, position: Position, item: &mut Item) {
        let estate = self.planner.estate();
        let ci_type = estate.ci_type_of(slot);
        let Some(through) = estate.catalog().host_relationship_of(ci_type).cloned() else {
            let message = "CIs of this type are not identified within a host: send a relationship instead";
            let problem = Problem::new(ErrorCode::BadUserInput, message);
            item.problems.push((&problem.of_field("host").of_value(host)).into());
            return;
        };
        let from = estate.ci_id(slot);
        let record = RelationshipRecord {
            from: from.to_string(),
            relationship_type: through.to_string(),
            to: host.to_owned(),
            ..RelationshipRecord::default()
        };
        match self.asker().resolve(host) {
            Ok(to) => self.relate_to_host(record, (slot, to), item),
            Err(ReferenceError::NotFound { .. } | ReferenceError::Malformed { .. })
                if self.may_defer && self.memory.deferred.has_room() =>
            {
                self.memory.deferred.keep_relationship(position, record);
            }
            Err(error) => item.problems.push(ProblemLine {
                code: ErrorCode::DanglingEdge.as_str().to_owned(),
                message: format!("`host`: {error}"),
                field: Some("host".to_owned()),
                value: Some(shorten(host).to_owned()),
            }),
        }
    }

    fn relate_to_host(&mut self, record: RelationshipRecord, (from, to): (Slot, Slot), item: &mut Item) {
        let estate = self.planner.estate();
        let definition = estate.catalog().relationship_type_named(&record.relationship_type);
        let known = definition.and_then(|definition| estate.find_relationship(definition.id, from, to, ""));
        let command = match known.map(|known| (known.id(), known.is_said_by(self.planner.source()))) {
            Some((relationship, true)) => {
                self.saw_relationship(relationship, None);
                return;
            }
            Some((relationship, false)) => Command::ConfirmRelationship { relationship },
            None => {
                let ends = (estate.ci_id(from), estate.ci_id(to));
                Command::Relate(reconcile::new_relationship(record, ends, None))
            }
        };
        match self.planner.execute(&command) {
            Ok(done) => {
                if done.changed && item.outcome == Outcome::Unchanged {
                    item.outcome = Outcome::Updated;
                }
                if let Some(relationship) = done.relationship {
                    self.saw_relationship(relationship, None);
                }
            }
            Err(error) => item.problems.push(command_problem(&error)),
        }
    }
}

/// How deep hosts that belong to hosts are put in order: a partition of a disk of a machine is three.
const HOST_DEPTH_MAX: usize = 8;
