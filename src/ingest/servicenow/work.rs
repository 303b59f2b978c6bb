//! A request planned on the writer's thread: hosts before what belongs to them, then relations.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use crate::app::Planner;
use crate::catalog::Catalog;
use crate::ingest::identify::{Asker, Hosts, Identity};
use crate::ingest::observation::{Observation, Observed, Position};
use crate::ingest::payload::RelationshipRecord;
use crate::ingest::plan::{Memory, Part, Terms, plan};
use crate::ingest::report::{AttemptResult, ItemLine, Outcome as RecordOutcome};
use crate::ingest::secrets::Secrets;
use crate::model::{CiId, Name};

use super::prepare::{Prepared, Remark, Words, sys_id};
use super::request::{Relation, Request};

/// How deep items that belong to items are put in order.
const DEPTH_MAX: usize = 9;

/// What became of a request.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) items: Vec<ItemOutcome>,
    pub(super) relations: Vec<RelationOutcome>,
    pub(super) reference_items: usize,
}

/// What became of an item.
#[derive(Debug, Default)]
pub(super) struct ItemOutcome {
    pub(super) class: String,
    pub(super) values: serde_json::Map<String, Value>,
    pub(super) line: Option<ItemLine>,
    pub(super) ci: Option<CiId>,
    pub(super) errors: Vec<Remark>,
    pub(super) warnings: Vec<Remark>,
}

/// What became of a relation.
#[derive(Debug, Default)]
pub(super) struct RelationOutcome {
    pub(super) label: String,
    pub(super) ends: [Option<CiId>; 2],
    pub(super) line: Option<ItemLine>,
    /// Whether an item's host, which was recorded with the item, is what it says.
    pub(super) came_with_item: bool,
    pub(super) errors: Vec<Remark>,
}

impl Outcome {
    pub(super) fn has_error(&self) -> bool {
        let items = self.items.iter().any(|item| !item.errors.is_empty());
        items || self.relations.iter().any(|relation| !relation.errors.is_empty())
    }

    pub(super) fn has_warning(&self) -> bool {
        self.reference_items > 0 || self.items.iter().any(|item| !item.warnings.is_empty())
    }
}

/// An end of a relation: an item of the request, or a recorded CI.
#[derive(Clone, Copy, Debug)]
enum End {
    Item(usize),
    Ci(CiId),
}

/// A relation in our words: from the first end to the second.
struct Link {
    relationship_type: String,
    ends: [End; 2],
}

pub(super) fn plan_request(planner: &mut Planner<'_>, request: Request, secrets: &mut Secrets) -> Outcome {
    let catalog = Arc::clone(planner.estate().catalog());
    let words = Words::new(&catalog);
    let mut prepared: Vec<Prepared> = request.items.iter().map(|item| words.item(item)).collect();
    for item in &mut prepared {
        item.clean(secrets);
    }
    let by_id: HashMap<&str, usize> = (0..)
        .zip(&request.items)
        .filter_map(|(place, item)| Some((item.internal_id.as_deref()?, place)))
        .collect();
    let links = request
        .relations
        .iter()
        .map(|relation| link(relation, &words, &by_id, request.items.len()));
    let links: Vec<Result<Link, Remark>> = links.collect();
    let hosts = hosts(&catalog, &mut prepared, &links);
    let mut outcome = Outcome {
        items: Vec::new(),
        relations: Vec::new(),
        reference_items: request.reference_items.len(),
    };
    let mut memory = Memory::default();
    let mut working = Working {
        planner,
        catalog: &catalog,
        hosts: &hosts,
        done: prepared.iter().map(|_| Progress::default()).collect(),
        memory: &mut memory,
    };
    working.items(&mut prepared);
    let done = working.done;
    for ((item, prepared), line) in request.items.into_iter().zip(prepared).zip(done) {
        let id = line.ci();
        let line = line.line();
        outcome.items.push(ItemOutcome {
            class: item.class_name,
            values: item.values,
            ci: id,
            line,
            errors: prepared.errors,
            warnings: prepared.warnings,
        });
    }
    relations(planner, &mut memory, &request.relations, links, &hosts, &mut outcome);
    outcome
}

fn link(relation: &Relation, words: &Words<'_>, by_id: &HashMap<&str, usize>, items: usize) -> Result<Link, Remark> {
    let (relationship_type, is_reversed) = words.relationship_type(&relation.label).ok_or_else(|| {
        let message = format!("there is no relationship type `{}`", relation.label);
        Remark::new("INVALID_INPUT_DATA", message)
    })?;
    let end = |what: &str, place: Option<&Value>, id: Option<&String>| {
        let by_place = place.and_then(|place| {
            let number = place.as_u64().or_else(|| place.as_str()?.parse().ok());
            let item = number.and_then(|number| usize::try_from(number).ok());
            item.filter(|item| *item < items)
                .map(End::Item)
                .or_else(|| sys_id(place.as_str()?).map(End::Ci))
        });
        let by_internal = || id.and_then(|id| by_id.get(id.as_str()).copied()).map(End::Item);
        let by_sys_id = || id.and_then(|id| sys_id(id)).map(End::Ci);
        by_place.or_else(by_internal).or_else(by_sys_id).ok_or_else(|| {
            let message = format!("the {what} of the relation is no item of the request and no recorded CI");
            Remark::new("INVALID_INPUT_DATA", message)
        })
    };
    let parent = end("parent", relation.parent.as_ref(), relation.parent_id.as_ref())?;
    let child = end("child", relation.child.as_ref(), relation.child_id.as_ref())?;
    let ends = if is_reversed { [child, parent] } else { [parent, child] };
    Ok(Link {
        relationship_type,
        ends,
    })
}

/// The host of each item that belongs to one, by the relations of the request.
fn hosts(catalog: &Catalog, prepared: &mut [Prepared], links: &[Result<Link, Remark>]) -> Vec<Option<End>> {
    let mut hosts: Vec<Option<End>> = prepared.iter().map(|_| None).collect();
    for link in links.iter().flatten() {
        let [End::Item(place), host] = link.ends else { continue };
        let through = prepared
            .get(place)
            .and_then(|item| catalog.host_relationship_of(item.ci_type?));
        if through.map(Name::as_str) != Some(link.relationship_type.as_str()) {
            continue;
        }
        if let (Some(known), Some(item)) = (hosts.get_mut(place), prepared.get_mut(place)) {
            if known.is_some() {
                let message = "the item belongs to two others by the same relation type";
                item.errors.push(Remark::new("MULTIPLE_DEPENDENCIES", message));
            }
            *known = Some(host);
        }
    }
    hosts
}

/// How far an item is.
#[derive(Debug, Default)]
enum Progress {
    /// It was not dealt with yet.
    #[default]
    Waiting,
    /// It has an error, and was not given to the pipeline.
    Failed,
    /// What the pipeline says of it.
    Told(Box<ItemLine>),
}

impl Progress {
    fn is_waiting(&self) -> bool {
        matches!(self, Self::Waiting)
    }

    fn line(self) -> Option<ItemLine> {
        match self {
            Self::Waiting | Self::Failed => None,
            Self::Told(line) => Some(*line),
        }
    }

    fn ci(&self) -> Option<CiId> {
        match self {
            Self::Waiting | Self::Failed => None,
            Self::Told(line) => line.id.as_deref()?.parse().ok(),
        }
    }
}

struct Working<'a, 'p, 'w> {
    planner: &'p mut Planner<'w>,
    catalog: &'a Catalog,
    hosts: &'a [Option<End>],
    done: Vec<Progress>,
    memory: &'a mut Memory,
}

impl Working<'_, '_, '_> {
    fn items(&mut self, prepared: &mut [Prepared]) {
        for _ in 0..DEPTH_MAX {
            let ready: Vec<usize> = (0..prepared.len()).filter(|place| self.is_ready(*place)).collect();
            if ready.is_empty() {
                break;
            }
            self.round(&ready, prepared);
        }
        for (done, item) in self.done.iter_mut().zip(prepared) {
            if done.is_waiting() {
                let message = "the item belongs to itself, or to others too deep";
                item.errors.push(Remark::new("MISSING_DEPENDENCY", message));
                *done = Progress::Failed;
            }
        }
    }

    fn is_ready(&self, place: usize) -> bool {
        let is_done = |place: usize| self.done.get(place).is_some_and(|done| !done.is_waiting());
        let host = self.hosts.get(place).copied().flatten();
        !is_done(place)
            && match host {
                Some(End::Item(host)) => is_done(host),
                Some(End::Ci(_)) | None => true,
            }
    }

    fn round(&mut self, ready: &[usize], prepared: &mut [Prepared]) {
        let mut batch = Vec::with_capacity(ready.len());
        for place in ready {
            let host = self.host_id(*place);
            let Some(item) = prepared.get_mut(*place) else { continue };
            match host {
                Ok(host) => item.record.host = host.map(|host| host.to_string()),
                Err(remark) => item.errors.push(remark),
            }
            if item.errors.is_empty() {
                item.errors.extend(self.unidentified(item));
            }
            if item.errors.is_empty() {
                let position = Position {
                    line: *place as u64 + 1,
                    offset: *place as u64,
                };
                batch.push(Observation::new(position, Observed::Ci(Box::new(item.record.clone()))));
            } else if let Some(done) = self.done.get_mut(*place) {
                *done = Progress::Failed;
            }
        }
        let terms = Terms {
            part: Part::Whole,
            report_all: true,
            observed_at: None,
        };
        for line in plan(self.planner, batch, self.memory, terms).items {
            let place = usize::try_from(line.offset).unwrap_or(usize::MAX);
            if let (Some(done), Some(item)) = (self.done.get_mut(place), prepared.get_mut(place)) {
                let is_error = matches!(line.outcome, RecordOutcome::Refused | RecordOutcome::Review);
                for problem in &line.problems {
                    if is_error {
                        item.errors
                            .push(Remark::new(error_name(&problem.code), &problem.message));
                    } else {
                        item.warnings.push(Remark::new(&problem.code, &problem.message));
                    }
                }
                *done = Progress::Told(Box::new(line));
            }
        }
    }

    fn host_id(&self, place: usize) -> Result<Option<CiId>, Remark> {
        match self.hosts.get(place).copied().flatten() {
            None => Ok(None),
            Some(End::Ci(ci)) => Ok(Some(ci)),
            Some(End::Item(host)) => {
                let id = self.done.get(host).and_then(Progress::ci);
                let message = "the item that it belongs to has an error";
                id.map(Some).ok_or_else(|| Remark::new("MISSING_DEPENDENCY", message))
            }
        }
    }

    /// Why an item cannot be identified, if it cannot: without a key, a rule must apply.
    fn unidentified(&self, item: &Prepared) -> Option<Remark> {
        let record = &item.record;
        if record.key.is_some() {
            return None;
        }
        let asker = Asker {
            estate: self.planner.estate(),
            source: self.planner.namesake(),
            now: self.planner.now(),
            spoken: None,
        };
        let mut steps = Vec::new();
        if asker.identify(record, &Hosts::default(), &mut steps) != Identity::New {
            return None;
        }
        let rules = self.catalog.identification_of(item.ci_type?);
        if rules.is_empty() {
            let message = "its type has no identification rule: send `sys_object_source_info.source_native_key`";
            return Some(Remark::new("IDENTIFICATION_RULE_MISSING", message));
        }
        let is_tried = |result| matches!(result, AttemptResult::NoMatch | AttemptResult::OtherKey);
        if steps.iter().any(|step| is_tried(step.result)) {
            return None;
        }
        if record.host.is_none() && rules.iter().all(|rule| rule.host.is_some()) {
            let message = "it is identified within what it belongs to, and no relation says what that is";
            return Some(Remark::new("MISSING_DEPENDENCY", message));
        }
        let message = "it has no usable value of any identification rule, and no `source_native_key`";
        Some(Remark::new("MISSING_MATCHING_ATTRIBUTES", message))
    }
}

fn relations(
    planner: &mut Planner<'_>,
    memory: &mut Memory,
    requested: &[Relation],
    links: Vec<Result<Link, Remark>>,
    hosts: &[Option<End>],
    outcome: &mut Outcome,
) {
    let mut batch = Vec::new();
    for (place, (relation, link)) in requested.iter().zip(links).enumerate() {
        let mut made = RelationOutcome {
            label: relation.label.clone(),
            ..RelationOutcome::default()
        };
        match link {
            Err(remark) => made.errors.push(remark),
            Ok(link) => {
                let id = |end: End| match end {
                    End::Ci(ci) => Some(ci),
                    End::Item(item) => outcome.items.get(item).and_then(|item| item.ci),
                };
                made.ends = link.ends.map(id);
                if let [End::Item(from), _] = link.ends {
                    let is_new = outcome.items.get(from).and_then(|item| item.line.as_ref());
                    let is_new = is_new.is_some_and(|line| line.outcome == RecordOutcome::Created);
                    made.came_with_item = is_new && hosts.get(from).is_some_and(Option::is_some);
                }
                if let [Some(from), Some(to)] = made.ends {
                    let record = RelationshipRecord {
                        from: from.to_string(),
                        relationship_type: link.relationship_type,
                        to: to.to_string(),
                        ..RelationshipRecord::default()
                    };
                    let position = Position {
                        line: place as u64 + 1,
                        offset: place as u64,
                    };
                    batch.push(Observation::new(position, Observed::Relationship(Box::new(record))));
                } else {
                    let message = "an item at one of its ends has an error";
                    made.errors.push(Remark::new("MISSING_DEPENDENCY", message));
                }
            }
        }
        outcome.relations.push(made);
    }
    let terms = Terms {
        part: Part::Whole,
        report_all: true,
        observed_at: None,
    };
    for line in plan(planner, batch, memory, terms).items {
        let place = usize::try_from(line.offset).unwrap_or(usize::MAX);
        if let Some(made) = outcome.relations.get_mut(place) {
            if line.outcome == RecordOutcome::Refused {
                let problems = line.problems.iter();
                made.errors
                    .extend(problems.map(|one| Remark::new(error_name(&one.code), &one.message)));
            }
            made.line = Some(line);
        }
    }
}

/// What `ServiceNow` calls an error of ours.
fn error_name(code: &str) -> &str {
    match code {
        "MULTI_MATCH" => "MULTI_MATCH",
        "CREATE_NOT_ALLOWED" | "NO_MATCH" => "INSERT_NOT_ALLOWED_FOR_SOURCE",
        "MISSING_ATTRIBUTE" => "REQUIRED_ATTRIBUTE_EMPTY",
        "DANGLING_EDGE" => "MISSING_DEPENDENCY",
        "DUPLICATE_IDENTIFIER" => "MULTIPLE_DUPLICATE_RECORDS",
        _ => "INVALID_INPUT_DATA",
    }
}
