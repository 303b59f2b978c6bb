//! Which CI a record speaks of: by its id, by the source's own key, by the identification rules of
//! its type. Several matches are never guessed away, and two machines of one source are never taken
//! for one because they share a value.

mod left_out;
mod rule;

use jiff::Timestamp;
use rustc_hash::FxHashMap;

use crate::graph::{Estate, ReferenceError, Slot};
use crate::model::{CiId, LifecycleStage, SourceId};

use super::payload::CiRecord;
use super::report::{Attempt, AttemptResult};

pub use left_out::{JUNK_IDENTIFIER, SHARED_IDENTIFIER};
use rule::Tried;

/// The pseudo-attribute that stands for a CI's own name in identification rules.
const NAME: &str = "name";

/// Most CIs that one value of a rule may belong to for the rule to be tried: a value shared by more
/// identifies nothing, and comparing them all would keep every other writer waiting.
const CANDIDATES_MAX: usize = 10_000;

/// Candidates listed at most.
const CANDIDATES_SHOWN_MAX: usize = 20;

/// What identification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// One CI.
    Known(Slot),
    /// None: the record speaks of a CI that is not recorded yet.
    New,
    /// Several: the ids of the first of them.
    Several(Vec<CiId>),
}

/// Who asks for an identification.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// The state to look in.
    pub estate: &'a Estate,
    /// The source that speaks.
    pub source: SourceId,
    /// When it speaks.
    pub now: Timestamp,
    /// What its payload spoke of before.
    pub spoken: Option<&'a FxHashMap<Slot, (u32, u32)>>,
}

/// The hosts of a batch's CIs that its relationships state: by the CI's key, relationship type and
/// reference of the host.
pub type Hosts = FxHashMap<String, Vec<(String, String)>>;

/// One step of an identification, with its result: cheap to note, spelled out only for records that
/// need attention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What was compared.
    pub rule: Rule,
    /// What was found.
    pub result: AttemptResult,
    /// The CIs that were found, where they were not simply taken: the first of them.
    pub candidates: Vec<CiId>,
}

/// What a step compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The identity that the record states.
    Id,
    /// The source's own key.
    NativeKey,
    /// A rule of the record's type, by its place among them.
    OfType(usize),
}

impl Step {
    fn found(rule: Rule, slot: Option<Slot>) -> Self {
        let result = slot.map_or(AttemptResult::NoMatch, |_| AttemptResult::Matched);
        Self {
            rule,
            result,
            candidates: Vec::new(),
        }
    }
}

impl Asker<'_> {
    /// Finds the CI of a record, noting every step. Costs what the rarest value of each rule has in
    /// common with other CIs, whatever the number of CIs.
    pub fn identify(&self, record: &CiRecord, hosts: &Hosts, steps: &mut Vec<Step>) -> Identity {
        if let Some(id) = record.id {
            let slot = self.estate.slot_of(id);
            steps.push(Step::found(Rule::Id, slot));
            if let Some(slot) = slot {
                return Identity::Known(slot);
            }
        }
        if let Some(key) = &record.key {
            let slot = self.estate.by_native_key(self.source, key);
            steps.push(Step::found(Rule::NativeKey, slot));
            if let Some(slot) = slot {
                return Identity::Known(slot);
            }
        }
        self.identify_by_rules(record, hosts, steps)
    }

    /// A rule that finds several CIs decides nothing; the rules behind it may tell which of them is
    /// meant.
    fn identify_by_rules(&self, record: &CiRecord, hosts: &Hosts, steps: &mut Vec<Step>) -> Identity {
        let Some(ci_type) = self.estate.catalog().ci_type_named(&record.ci_type) else {
            return Identity::New;
        };
        let rules = self.estate.catalog().identification_of(ci_type.id);
        let mut several: Option<Vec<Slot>> = None;
        let mut found_last = Vec::new();
        for (place, rule) in rules.iter().enumerate() {
            let mut candidates = Vec::new();
            let result = match self.try_rule(record, ci_type, rule, hosts) {
                Tried::Skipped => AttemptResult::Skipped,
                Tried::Junk => AttemptResult::Junk,
                Tried::Found(found) => {
                    let named_otherwise = |slot: &Slot| self.other_live_key(*slot, record.key.as_deref()).is_some();
                    let (others, mut free): (Vec<Slot>, Vec<Slot>) = found.into_iter().partition(named_otherwise);
                    if let Some(several) = &several {
                        free.retain(|slot| several.contains(slot));
                    }
                    // A single CI that is left over because the source knows the others is a guess.
                    let is_sure = others.is_empty() || several.is_some();
                    match free.as_slice() {
                        [] if others.is_empty() => AttemptResult::NoMatch,
                        [] => {
                            candidates = self.ids(&others);
                            AttemptResult::OtherKey
                        }
                        [only] if is_sure => {
                            let only = *only;
                            steps.push(Step::found(Rule::OfType(place), Some(only)));
                            return Identity::Known(only);
                        }
                        [_, ..] => {
                            candidates = self.ids(&[free.as_slice(), others.as_slice()].concat());
                            found_last.clone_from(&candidates);
                            several = Some(free);
                            AttemptResult::MultiMatch
                        }
                    }
                }
            };
            steps.push(Step {
                rule: Rule::OfType(place),
                result,
                candidates,
            });
        }
        several.map_or(Identity::New, |_| Identity::Several(found_last))
    }

    /// Spells the steps of an identification out.
    pub fn attempts(&self, ci_type: &str, steps: &[Step]) -> Vec<Attempt> {
        let catalog = self.estate.catalog();
        let ci_type = catalog.ci_type_named(ci_type);
        let rules = ci_type.map_or(&[][..], |ci_type| catalog.identification_of(ci_type.id));
        let attempt = |step: &Step| {
            let (rule, attributes) = match step.rule {
                Rule::Id => ("id", Vec::new()),
                Rule::NativeKey => ("native_key", Vec::new()),
                Rule::OfType(place) => {
                    let rule = rules.get(place)?;
                    (rule.name.as_str(), rule::shown_attributes(rule))
                }
            };
            Some(Attempt {
                rule: rule.to_owned(),
                attributes,
                result: step.result,
                candidates: step.candidates.iter().map(ToString::to_string).collect(),
            })
        };
        steps.iter().filter_map(attempt).collect()
    }

    /// The CI that a reference of this source names: its own key, else a reference as everywhere.
    pub fn resolve(&self, reference: &str) -> Result<Slot, ReferenceError> {
        match self.estate.by_native_key(self.source, reference) {
            Some(slot) => Ok(slot),
            None => self.estate.resolve(reference),
        }
    }

    /// Another key under which this source knows a CI and of which it has not fallen silent, where the
    /// record has a key: then it speaks of another CI, however alike the two are. A key counts as long
    /// as CIs of its type may stay silent before they are retired.
    fn other_live_key(&self, slot: Slot, key: Option<&str>) -> Option<String> {
        let key = key?;
        let ci = self.estate.ci_at(slot);
        if matches!(ci.stage(), LifecycleStage::Retired | LifecycleStage::Disposed) {
            return None;
        }
        let own = self.estate.namesake(self.source);
        let is_other = |origin: &crate::model::Origin| {
            self.estate.namesake(origin.source) == own && !origin.native_key.is_empty() && &*origin.native_key != key
        };
        let origin = ci.origins().find(is_other)?;
        if self.spoken.is_some_and(|spoken| spoken.contains_key(&slot)) {
            return Some(origin.native_key.to_string());
        }
        if ci
            .standing()
            .is_some_and(|standing| standing.stale_since(origin.source).is_some())
        {
            return None;
        }
        let grace = self.estate.catalog().retire_after(ci.ci_type());
        let last = self
            .estate
            .last_seen_ci(slot, origin.source)
            .unwrap_or(origin.first_seen);
        let is_live = self.now.duration_since(last) <= grace;
        is_live.then(|| origin.native_key.to_string())
    }

    fn ids(&self, slots: &[Slot]) -> Vec<CiId> {
        let mut ids: Vec<CiId> = slots.iter().map(|slot| self.estate.ci_id(*slot)).collect();
        ids.sort_unstable();
        ids.truncate(CANDIDATES_SHOWN_MAX);
        ids
    }
}
