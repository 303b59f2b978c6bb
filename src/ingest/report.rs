//! What became of a payload, line by line (NDJSON): progress, what needs attention, and a summary.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::observation::{Problem, RecordKind, Warning};

/// Most items that a report names unless everything is asked for; the summary counts the rest.
pub const ITEMS_MAX: u64 = 10_000;

/// One line of a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportLine {
    /// How far the load has come.
    Progress(Progress),
    /// What became of one record.
    Item(Box<ItemLine>),
    /// The last line: what became of the payload.
    Summary(Box<Summary>),
}

/// How far a load has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Records dealt with.
    pub records: u64,
    /// Bytes dealt with.
    pub bytes: u64,
    /// The last commit, 0 if there was none.
    pub revision: u64,
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// Something new is recorded.
    Created,
    /// Something recorded was changed.
    Updated,
    /// All of it was recorded already.
    Unchanged,
    /// Nothing of it is recorded: it waits in the review queue for a person's decision.
    Review,
    /// Nothing of it is recorded, for the reasons stated.
    Refused,
    /// It was good, but others of its atomic payload were refused.
    NotApplied,
    /// The same request had committed it before.
    Replayed,
}

/// What an identification rule found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AttemptResult {
    /// One CI.
    Matched,
    /// No CI.
    NoMatch,
    /// It was not tried: the record lacks an attribute of it, or a value of it cannot be read.
    Skipped,
    /// Several CIs.
    MultiMatch,
    /// It was not tried: a value of it identifies nothing, as the catalog's junk lists say.
    Junk,
    /// Only CIs that the same source knows under other keys.
    OtherKey,
}

/// One attempt to tell which CI a record speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The rule: `id`, `native_key`, or one of the type.
    pub rule: String,
    /// The attributes it compares.
    pub attributes: Vec<String>,
    /// What it found.
    pub result: AttemptResult,
    /// The CIs that it found and that were not simply taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<String>,
}

/// What became of one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemLine {
    /// The line it starts on, from 1.
    pub line: u64,
    /// The bytes of the stream before it.
    pub offset: u64,
    /// `ci`, `relationship`, `group` or `catalog`; absent where the record could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<RecordKind>,
    /// The source's own key of the CI, or `from -> to` of a relationship, or the group's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The type of the CI or relationship.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub item_type: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// The identity of what it speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What is wrong with it, or worth knowing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<ProblemLine>,
    /// The CIs it may speak of, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<String>,
    /// How its CI was looked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
}

/// One thing that is wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemLine {
    /// The error code, or the code of a warning.
    pub code: String,
    /// What is wrong, for people.
    pub message: String,
    /// The field it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The start of the value it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl From<&Problem> for ProblemLine {
    fn from(problem: &Problem) -> Self {
        Self {
            code: problem.code.as_str().to_owned(),
            message: problem.message.clone(),
            field: problem.field.clone(),
            value: problem.value.clone(),
        }
    }
}

impl From<&Warning> for ProblemLine {
    fn from(warning: &Warning) -> Self {
        Self {
            code: warning.code.to_owned(),
            message: warning.message.clone(),
            field: warning.field.clone(),
            value: None,
        }
    }
}

/// How many records came to each outcome.
pub type Outcomes = BTreeMap<Outcome, u64>;

/// The end of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Whether the payload was read to its end and everything good in it was dealt with.
    pub complete: bool,
    /// Whether anything was written.
    pub changed: bool,
    /// The last commit of this load, else the estate's revision.
    pub revision: u64,
    /// Who spoke.
    pub source: String,
    /// Which of the source's feeds this was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feed: Option<String>,
    /// Which part of the world the feed speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// `PARTIAL` or `ATOMIC`.
    pub mode: String,
    /// Whether nothing was to be written.
    pub dry_run: bool,
    /// Records read.
    pub records: u64,
    /// Bytes read.
    pub bytes: u64,
    /// How long it took.
    pub duration_ms: u64,
    /// All records by outcome.
    pub outcomes: Outcomes,
    /// CIs by type and outcome.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ci_types: BTreeMap<String, Outcomes>,
    /// Relationships by type and outcome.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub relationship_types: BTreeMap<String, Outcomes>,
    /// Redundancy groups by outcome.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: Outcomes,
    /// Warnings by code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub warnings: BTreeMap<String, u64>,
    /// What is worth knowing of the payload as a whole, at most 1,000 of them; `warnings` counts all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<ProblemLine>,
    /// Items that needed attention and are not in this report, because it had as many as it may name.
    #[serde(default)]
    pub items_left_out: u64,
    /// Of a dry run: what a real one would change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta: Option<DeltaSummary>,
    /// Why the load ended early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ProblemLine>,
}

/// What a delta changes, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeltaSummary {
    /// CIs.
    pub configuration_items: Changes,
    /// Relationships.
    pub relationships: Changes,
    /// Redundancy groups.
    pub groups: Changes,
    /// Definitions of the catalog.
    pub definitions: Changes,
}

/// How many things a delta changes, by the kind of change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// New things.
    pub created: u64,
    /// Changed things.
    pub updated: u64,
    /// Things gone.
    pub removed: u64,
}

impl Serialize for RecordKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for RecordKind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let known = [Self::Ci, Self::Relationship, Self::Group, Self::Catalog];
        known
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no kind of record")))
    }
}

impl Summary {
    /// Counts a record.
    pub fn count(&mut self, kind: Option<RecordKind>, item_type: Option<&str>, outcome: Outcome) {
        *self.outcomes.entry(outcome).or_default() += 1;
        let by_type = match kind {
            Some(RecordKind::Ci) => &mut self.ci_types,
            Some(RecordKind::Relationship) => &mut self.relationship_types,
            Some(RecordKind::Group) => {
                *self.groups.entry(outcome).or_default() += 1;
                return;
            }
            Some(RecordKind::Catalog) | None => return,
        };
        let Some(item_type) = item_type.map(super::observation::shorten) else {
            return;
        };
        // A payload may name types without end; only so many are told apart.
        if by_type.len() < TYPES_MAX || by_type.contains_key(item_type) {
            if !by_type.contains_key(item_type) {
                by_type.insert(item_type.to_owned(), Outcomes::new());
            }
            if let Some(outcomes) = by_type.get_mut(item_type) {
                *outcomes.entry(outcome).or_default() += 1;
            }
        }
    }

    /// Adds the counts of another.
    pub fn add(&mut self, other: &Self) {
        let add = |to: &mut Outcomes, from: &Outcomes| {
            for (outcome, count) in from {
                *to.entry(*outcome).or_default() += count;
            }
        };
        add(&mut self.outcomes, &other.outcomes);
        add(&mut self.groups, &other.groups);
        for (mine, theirs) in [
            (&mut self.ci_types, &other.ci_types),
            (&mut self.relationship_types, &other.relationship_types),
        ] {
            for (name, outcomes) in theirs {
                if mine.len() < TYPES_MAX || mine.contains_key(name) {
                    add(mine.entry(name.clone()).or_default(), outcomes);
                }
            }
        }
        for (code, count) in &other.warnings {
            *self.warnings.entry(code.clone()).or_default() += count;
        }
    }

    /// Turns every good outcome into one that was not applied.
    pub fn not_applied(&mut self) {
        let types = self.ci_types.values_mut().chain(self.relationship_types.values_mut());
        for outcomes in types.chain([&mut self.outcomes, &mut self.groups]) {
            let refused = outcomes.remove(&Outcome::Refused);
            let good: u64 = outcomes.values().sum();
            let left = [(Outcome::Refused, refused.unwrap_or(0)), (Outcome::NotApplied, good)];
            *outcomes = left.into_iter().filter(|(_, count)| *count > 0).collect();
        }
    }

    /// Takes a warning of the payload as a whole.
    pub fn note(&mut self, warning: &Warning) {
        *self.warnings.entry(warning.code.to_owned()).or_default() += 1;
        if self.notes.len() < NOTES_MAX {
            self.notes.push(warning.into());
        }
    }

    /// How many records came to an outcome.
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(&outcome).copied().unwrap_or(0)
    }
}

/// Most warnings of the payload as a whole that a summary names.
const NOTES_MAX: usize = 1_000;

/// Most types that a summary tells apart.
const TYPES_MAX: usize = 2_000;
