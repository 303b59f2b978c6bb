//! A batch of observations, planned on the writer's thread against the state so far: what stands
//! there is identified, reconciled and executed, record by record.

mod deferred;
mod hosts;
mod item;
mod placeholder;
mod relate;
mod review;
mod rights;

use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHasher};

use crate::app::{Done, ErrorCode, Planner};
use crate::graph::Slot;
use crate::model::command::Migration;
use crate::model::{CatalogCommand, Command, GroupId, Input};

use super::identify::{Asker, Hosts, Identity};
use super::observation::{Observation, Observed, Position, Problem, RecordKind, Unreadable};
use super::payload::CiRecord;
use super::reconcile;
use super::report::{ItemLine, Outcome, ProblemLine, Summary};

pub use deferred::{DEFERRED_BYTES_MAX, Deferred};
use item::Item;
pub use item::command_problem;
pub use review::REVIEW_DISMISSED;
pub use rights::{Newcomer, newcomer, would_change};

/// The code of the warning that a payload speaks twice of a CI and contradicts itself.
pub const DUPLICATE_RECORD: &str = "DUPLICATE_RECORD";

/// CIs of one payload that are watched for being spoken of twice; 16 bytes each. Later ones are not
/// watched.
const WATCHED_MAX: usize = 1_000_000;

/// Redundancy groups of one payload whose keys its relationships may name.
const GROUP_KEYS_MAX: usize = 1_000_000;

/// What one payload remembers from batch to batch.
#[derive(Debug, Default)]
pub struct Memory {
    /// By CI: the line that spoke of it last, and a digest of what it said.
    spoken: FxHashMap<Slot, (u32, u32)>,
    /// Redundancy groups by the payload's own keys.
    groups: HashMap<String, GroupId>,
    /// Records whose ends are not recorded yet.
    pub deferred: Deferred,
    /// What the last batch spoke of, where somebody wants to know.
    pub mentions: Option<Vec<Mention>>,
}

/// Something a payload spoke of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mention {
    /// A CI.
    Ci(Slot),
    /// A relationship, by its place.
    Relationship(u32),
}

impl Memory {
    /// Of a payload at its start; `mentions`: whether to note what each batch speaks of.
    pub fn new(mentions: bool) -> Self {
        Self {
            mentions: mentions.then(Vec::new),
            ..Self::default()
        }
    }

    fn mention(&mut self, mention: Mention) {
        if let Some(mentions) = &mut self.mentions {
            mentions.push(mention);
        }
    }
}

/// What became of a batch.
#[derive(Debug, Default)]
pub struct BatchReport {
    /// Records counted by outcome and type.
    pub counts: Summary,
    /// The records that need attention, or all of them, by position.
    pub items: Vec<ItemLine>,
    /// Whether any record was refused.
    pub refused: bool,
}

/// What a batch is of its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// One of several; what it names and is not there yet may come.
    OneOfMany,
    /// What was put aside before: nothing more will come.
    Leftover,
    /// All of it.
    Whole,
    /// All of it, and one refused record takes all others with it.
    WholeOrNothing,
}

/// How a batch is dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What it is of its payload.
    pub part: Part,
    /// Whether every record gets an item line.
    pub report_all: bool,
    /// When the records were observed that do not say so themselves.
    pub observed_at: Option<Timestamp>,
}

/// Plans a batch. Definitions come first, then CIs, then what connects them, so that the order of
/// records within a batch does not matter.
pub fn plan(planner: &mut Planner<'_>, batch: Vec<Observation>, memory: &mut Memory, terms: Terms) -> BatchReport {
    let mut planning = Planning {
        planner,
        memory,
        terms,
        may_defer: terms.part != Part::Leftover,
        warnings: HashMap::new(),
        hosts: Hosts::default(),
        report: BatchReport::default(),
    };
    let (mut groups, mut relationships) = (Vec::new(), Vec::new());
    let mut cis = Vec::with_capacity(batch.len());
    for observation in batch {
        let position = observation.position;
        planning.warn(&observation);
        match observation.observed {
            Observed::Catalog(text) => planning.catalog(position, text),
            Observed::Ci(record) => cis.push((position, record)),
            Observed::Group(record) => groups.push((position, *record)),
            Observed::Relationship(record) => relationships.push((position, record)),
            Observed::Unreadable(unreadable) => planning.unreadable(position, unreadable),
        }
    }
    let hosts = planning.index_hosts(&relationships);
    planning.cis_hosts_first(cis, hosts);
    for (position, record) in groups {
        planning.group(position, record);
    }
    // What was put aside comes back in an order of its own.
    relationships.sort_by_key(|(position, _)| *position);
    for (position, record) in relationships {
        planning.relationship(position, *record);
    }
    match terms.part {
        Part::OneOfMany | Part::Leftover => {}
        Part::Whole | Part::WholeOrNothing => planning.settle(),
    }
    let mut report = planning.report;
    report.items.sort_by_key(|item| item.offset);
    report
}

/// A batch being planned.
struct Planning<'p, 'w> {
    planner: &'p mut Planner<'w>,
    memory: &'p mut Memory,
    terms: Terms,
    /// Whether records that name what is not recorded are put aside.
    may_defer: bool,
    /// Warnings of the batch's records that are not reported yet.
    warnings: HashMap<Position, Vec<ProblemLine>>,
    /// The hosts of the batch's CIs that its relationships state.
    hosts: Hosts,
    report: BatchReport,
}

impl Planning<'_, '_> {
    fn asker(&self) -> Asker<'_> {
        Asker {
            estate: self.planner.estate(),
            source: self.planner.namesake(),
            now: self.planner.now(),
            spoken: Some(&self.memory.spoken),
        }
    }

    /// Remembers what is worth knowing of a record until it is decided what becomes of it.
    fn warn(&mut self, observation: &Observation) {
        if !observation.warnings.is_empty() {
            let warnings = observation.warnings.iter().map(ProblemLine::from).collect();
            self.warnings.insert(observation.position, warnings);
        }
    }

    /// Counts a record, and names it where it needs attention.
    fn note(&mut self, mut item: Item) {
        item.problems
            .extend(self.warnings.remove(&item.position).unwrap_or_default());
        self.report.refused |= item.outcome == Outcome::Refused;
        self.report
            .counts
            .count(item.kind, item.type_name.as_deref(), item.outcome);
        for problem in item.problems.iter().filter(|_| item.outcome != Outcome::Refused) {
            *self.report.counts.warnings.entry(problem.code.clone()).or_default() += 1;
        }
        if self.terms.report_all || item.needs_attention() {
            self.report.items.push(item.into_line());
        }
    }

    /// The payload is complete: what was put aside is tried a last time, and if it is atomic, one
    /// refusal takes everything back.
    fn settle(&mut self) {
        self.may_defer = false;
        for observation in self.memory.deferred.take(usize::MAX) {
            let position = observation.position;
            match observation.observed {
                Observed::Group(record) => self.group(position, *record),
                Observed::Relationship(record) => self.relationship(position, *record),
                Observed::Ci(_) | Observed::Catalog(_) | Observed::Unreadable(_) => {}
            }
        }
        if self.terms.part == Part::WholeOrNothing && self.report.refused {
            self.planner.refuse();
            self.report.counts.not_applied();
            for item in &mut self.report.items {
                if item.outcome != Outcome::Refused {
                    item.outcome = Outcome::NotApplied;
                }
            }
        }
    }

    fn catalog(&mut self, position: Position, text: String) {
        let migration = Migration::Refuse;
        let command = Command::Catalog(CatalogCommand::Define { text, migration });
        let mut item = Item::new(position, RecordKind::Catalog);
        match self.planner.execute(&command) {
            Ok(done) => item.outcome = changed(&done, Outcome::Updated),
            Err(error) => item.refuse_command(&error),
        }
        self.note(item);
    }

    fn ci(&mut self, position: Position, mut record: CiRecord) {
        record.observed_at = record.observed_at.or(self.terms.observed_at);
        let observed_at = record.observed_at;
        let mut item = Item::new(position, RecordKind::Ci);
        item.type_name = Some(record.ci_type.clone());
        item.key = record.key.clone().or_else(|| record.name.clone());
        let digest = digest(&record);
        let mut steps = Vec::new();
        let mut identity = self.asker().identify(&record, &self.hosts, &mut steps);
        if !matches!(identity, Identity::Known(_))
            && let Some(slot) = self.decided_before(&record)
        {
            identity = Identity::Known(slot);
        }
        let own = match &identity {
            Identity::Known(slot) => Some(*slot),
            Identity::New | Identity::Several(_) => None,
        };
        let left_out = self.asker().leave_out(&mut record, own);
        item.problems.extend(left_out.iter().map(ProblemLine::from));
        let host = record.host.clone();
        let spoken = match identity {
            Identity::Several(candidates) => {
                for slot in candidates.iter().filter_map(|ci| self.planner.estate().slot_of(*ci)) {
                    self.memory.mention(Mention::Ci(slot));
                }
                self.several(&record, candidates, &mut item);
                None
            }
            Identity::Known(slot) => {
                // It is there, even if what is said of it is refused.
                self.memory.mention(Mention::Ci(slot));
                self.update(slot, record, &mut item)
            }
            Identity::New => self.create(record, &mut item),
        };
        if let (Some(slot), Some(host)) = (spoken, host) {
            self.belongs_to(slot, &host, position, &mut item);
        }
        if let Some(slot) = spoken {
            item.id = Some(self.planner.estate().ci_id(slot));
            self.planner.saw_ci(slot, observed_at);
            self.memory.mention(Mention::Ci(slot));
            item.problems.extend(self.spoken_before(slot, position, digest));
        }
        if self.terms.report_all || item.needs_attention() {
            let ci_type = item.type_name.as_deref().unwrap_or_default();
            item.attempts = self.asker().attempts(ci_type, &steps);
        }
        self.note(item);
    }

    /// A record that cannot be read may still say that its CI is there.
    fn unreadable(&mut self, position: Position, unreadable: Unreadable) {
        let key = unreadable.key.as_deref().filter(|key| !key.is_empty());
        let slot = key.and_then(|key| self.planner.estate().by_native_key(self.planner.namesake(), key));
        if let Some(slot) = slot {
            self.memory.mention(Mention::Ci(slot));
        }
        self.note(Item::unreadable(position, unreadable));
    }

    fn create(&mut self, record: CiRecord, item: &mut Item) -> Option<Slot> {
        match newcomer(self.rights()) {
            Newcomer::Created => {}
            Newcomer::Staged => {
                self.stage(&record, item);
                return None;
            }
            Newcomer::Refused(problem) => {
                item.refuse(&problem);
                return None;
            }
        }
        let command = Command::CreateCi(reconcile::new_ci(record));
        match self.planner.execute(&command) {
            Ok(done) => {
                item.outcome = Outcome::Created;
                done.ci.and_then(|ci| self.planner.estate().slot_of(ci))
            }
            Err(error) => {
                item.refuse_command(&error);
                None
            }
        }
    }

    fn update(&mut self, slot: Slot, record: CiRecord, item: &mut Item) -> Option<Slot> {
        let estate = self.planner.estate();
        let ci = estate.ci_id(slot);
        item.id = Some(ci);
        let observation = reconcile::ci_observation(estate.catalog(), estate.ci_type_of(slot), record);
        let observation = match observation {
            Ok(observation) => observation,
            Err(problem) => {
                item.refuse(&problem);
                return None;
            }
        };
        let command = Command::ObserveCi { ci, observation };
        if !self.rights().may_update {
            match self.planner.preview(&command) {
                Ok(delta) if !would_change(&delta) => {}
                Ok(_) => {
                    let message = "the record would change the CI, and its source may not change any";
                    item.refuse(&Problem::new(ErrorCode::UpdateNotAllowed, message));
                }
                Err(error) => item.refuse_command(&error),
            }
            return (item.outcome != Outcome::Refused).then_some(slot);
        }
        match self.planner.execute(&command) {
            Ok(done) => {
                item.outcome = changed(&done, Outcome::Updated);
                Some(slot)
            }
            Err(error) => {
                item.refuse_command(&error);
                None
            }
        }
    }

    /// Takes note that a payload speaks of a CI, and warns where it spoke of it before in other words.
    fn spoken_before(&mut self, slot: Slot, position: Position, digest: u32) -> Option<ProblemLine> {
        let spoken = &mut self.memory.spoken;
        if spoken.len() >= WATCHED_MAX && !spoken.contains_key(&slot) {
            return None;
        }
        let line = u32::try_from(position.line).unwrap_or(u32::MAX);
        let (before, said) = spoken.insert(slot, (line, digest))?;
        (said != digest).then(|| ProblemLine {
            code: DUPLICATE_RECORD.to_owned(),
            message: format!(
                "line {before} spoke of the same CI in other words; where they disagree, this line counts"
            ),
            field: None,
            value: None,
        })
    }
}

fn changed(done: &Done, outcome: Outcome) -> Outcome {
    if done.changed { outcome } else { Outcome::Unchanged }
}

/// A digest of what a record says of its CI, to tell a repetition from a contradiction; the order of
/// attributes says nothing. Two records that differ have the same one once in four thousand million
/// times, and then a warning is missed.
fn digest(record: &CiRecord) -> u32 {
    let mut hasher = FxHasher::default();
    let attributes = record.attributes.iter().map(|(name, value)| {
        let mut hasher = FxHasher::default();
        name.hash(&mut hasher);
        hash_input(value, &mut hasher);
        hasher.finish()
    });
    attributes.fold(0, u64::wrapping_add).hash(&mut hasher);
    (&record.ci_type, &record.name, record.stage, &record.tags).hash(&mut hasher);
    (record.valid_from, record.valid_to).hash(&mut hasher);
    let hash = hasher.finish();
    u32::try_from(hash >> 32).unwrap_or_default() ^ u32::try_from(hash & 0xffff_ffff).unwrap_or_default()
}

/// Values nest as deep as the payload's reader lets them, which is not deep.
fn hash_input(input: &Input, hasher: &mut FxHasher) {
    std::mem::discriminant(input).hash(hasher);
    match input {
        Input::Null => {}
        Input::Boolean(value) => value.hash(hasher),
        Input::Number(text) | Input::Text(text) => text.hash(hasher),
        Input::List(values) => {
            values.len().hash(hasher);
            for value in values {
                hash_input(value, hasher);
            }
        }
        Input::Object(fields) => {
            fields.len().hash(hasher);
            for (name, value) in fields {
                name.hash(hasher);
                hash_input(value, hasher);
            }
        }
    }
}
