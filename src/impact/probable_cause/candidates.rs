//! What could have caused the symptoms: they themselves and what they depend on, nearest first.

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::graph::Slot;
use crate::graph::dependency::{Link, needed};
use crate::impact::question::{Budget, ImpactView};
use crate::impact::reading::{Carry, Reading};
use crate::impact::report::TruncationReason;
use crate::model::ImpactState;

use super::CauseQuestion;
use super::fit::{Observation, Observed};

/// Counts links against a budget, for walks outside of an evaluation.
#[derive(Debug)]
pub(super) struct Meter<'a> {
    budget: &'a Budget<'a>,
    pub(super) links_visited: u64,
    unchecked: u64,
}

impl<'a> Meter<'a> {
    pub(super) fn new(budget: &'a Budget<'a>) -> Self {
        Self {
            budget,
            links_visited: 0,
            unchecked: 0,
        }
    }

    pub(super) fn charge(&mut self, links: usize) -> Result<(), TruncationReason> {
        let links = links as u64;
        if self.links_visited + links > self.budget.arcs_visited_max {
            return Err(TruncationReason::Arcs);
        }
        self.links_visited += links;
        self.unchecked += links + 1;
        if self.unchecked >= Budget::ARCS_PER_TIME_CHECK {
            self.unchecked = 0;
            if (self.budget.out_of_time)() {
                return Err(TruncationReason::Time);
            }
        }
        Ok(())
    }
}

/// The candidates, nearest first.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    /// At most as many as asked for, by distance; those at one distance in no order, but for which
    /// of them are left out: those with the greatest ids.
    pub(super) nearest: Vec<Slot>,
    /// How many there are.
    pub(super) total: u64,
    /// The groups on the way, by number, and the classes of symptoms behind each.
    pub(super) groups: Vec<(u32, Classes)>,
    /// By slot: the classes of symptoms that the CI could bring about were nothing redundant, at most.
    /// Empty if that was not asked for or a limit was met.
    pub(super) behind: Vec<Classes>,
}

/// A set of symptoms, as far as 64 bits tell them apart: the class of a symptom is its place in the
/// order of ids, modulo 64.
pub(super) type Classes = u64;

/// The class of the symptom at a place.
pub(super) const fn class_of(place: usize) -> Classes {
    1 << (place % 64)
}

/// Walks against the direction of impact.
struct Walk<'a, 'b> {
    view: ImpactView<'a>,
    reading: &'a Reading,
    pinned: &'a FxHashSet<u32>,
    meter: &'a mut Meter<'b>,
    /// By slot: the least level the CI must come to for a symptom to come to the level asked about,
    /// were there no redundancy; 0 where no level does, or none was found yet.
    needs: Vec<u8>,
    next: Vec<(Slot, u8)>,
    found: Vec<Slot>,
    groups: FxHashMap<u32, Classes>,
}

/// Finds the candidates: all CIs from which `level` could arrive at a symptom if nothing were
/// redundant (the law's potential, cut at the level), those seen healthy left out. Breadth first
/// from all symptoms at once; each link is looked at up to three times.
///
/// The second part says that a limit of the budget was met, so that there may be more.
pub(super) fn candidates(
    view: ImpactView<'_>,
    (reading, level): (&Reading, ImpactState),
    pinned: &FxHashSet<u32>,
    observed: &Observed,
    question: &CauseQuestion,
    meter: &mut Meter<'_>,
) -> (Candidates, Option<TruncationReason>) {
    let mut walk = Walk {
        needs: vec![0; view.index.slots().max(view.columns.len())],
        view,
        reading,
        pinned,
        meter,
        next: Vec::new(),
        found: Vec::new(),
        groups: FxHashMap::default(),
    };
    let nearest_max = question.candidates_max;
    let mut candidates = Candidates::default();
    for slot in &observed.symptoms {
        if view.columns.takes_part(*slot) {
            walk.reach(*slot, level.level());
        }
    }
    let mut cut = None;
    while !walk.next.is_empty() && cut.is_none() {
        walk.found.retain(|slot| observed.of(*slot) != Observation::Healthy);
        candidates.take(view, &mut walk.found, nearest_max);
        for (slot, need) in std::mem::take(&mut walk.next) {
            cut = walk.step(slot, need).err();
            if cut.is_some() {
                break;
            }
        }
    }
    walk.found.retain(|slot| observed.of(*slot) != Observation::Healthy);
    candidates.take(view, &mut walk.found, nearest_max);
    // Who is behind what matters where several causes are put together.
    if cut.is_none() && question.causes_max > 1 {
        match walk.classify(&observed.symptoms) {
            Ok(behind) => candidates.behind = behind,
            Err(reason) => cut = Some(reason),
        }
    }
    candidates.groups = walk.groups.into_iter().collect();
    candidates.groups.sort_unstable();
    (candidates, cut)
}

impl Candidates {
    /// The classes of symptoms that a CI could bring about were nothing redundant, at most.
    pub(super) fn behind(&self, slot: Slot) -> Classes {
        self.behind.get(slot.index()).copied().unwrap_or(Classes::MAX)
    }

    /// Takes in those at the next distance.
    fn take(&mut self, view: ImpactView<'_>, found: &mut Vec<Slot>, nearest_max: usize) {
        self.total += found.len() as u64;
        let room = nearest_max.saturating_sub(self.nearest.len());
        if found.len() > room {
            found.sort_by_key(|slot| view.columns.id(*slot));
            found.truncate(room);
        }
        self.nearest.append(found);
    }
}

impl Walk<'_, '_> {
    fn reach(&mut self, slot: Slot, need: u8) {
        if !self.pinned.is_empty() && self.pinned.contains(&slot.number()) {
            return;
        }
        let known = &mut self.needs[slot.index()];
        if *known == 0 {
            self.found.push(slot);
        }
        if *known == 0 || need < *known {
            *known = need;
            self.next.push((slot, need));
        }
    }

    fn step(&mut self, slot: Slot, need: u8) -> Result<(), TruncationReason> {
        let index = self.view.index;
        let links = index.incoming(slot);
        self.meter.charge(links.len())?;
        for link in links {
            if link.is_group() {
                self.step_into(link.other, need)?;
            } else if let Some(need) = least(self.reading.plain(*link), need) {
                self.reach(Slot::new(link.other), need);
            }
        }
        Ok(())
    }

    fn step_into(&mut self, group: u32, need: u8) -> Result<(), TruncationReason> {
        let index = self.view.index;
        let strength = index.gate_of(group).strength;
        let Some(need) = needed(strength, ImpactState::from_level(need)) else {
            return Ok(());
        };
        self.groups.insert(group, 0);
        let members: &[Link] = index.members(group);
        self.meter.charge(members.len())?;
        for member in members {
            let carry = self.reading.member(index, *member, group, member.other);
            if let Some(need) = least(carry, need.level()) {
                self.reach(Slot::new(member.other), need);
            }
        }
        Ok(())
    }

    /// Finds out which symptoms are behind each group and each CI, at most: against the direction of impact once
    /// more, from all symptoms at once. A CI is looked at again when more is found behind it, up to
    /// 64 times, mostly once or twice.
    fn classify(&mut self, symptoms: &[Slot]) -> Result<Vec<Classes>, TruncationReason> {
        let index = self.view.index;
        let mut behind: Vec<Classes> = vec![0; self.needs.len()];
        let mut waits = vec![false; self.needs.len()];
        let mut queue = VecDeque::new();
        for (place, slot) in symptoms.iter().enumerate() {
            if self.needs[slot.index()] > 0 {
                behind[slot.index()] |= class_of(place);
                waits[slot.index()] = true;
                queue.push_back(*slot);
            }
        }
        while let Some(slot) = queue.pop_front() {
            waits[slot.index()] = false;
            let classes = behind[slot.index()];
            let mut add = |other: u32| {
                let place = other as usize;
                // What the walk did not reach cannot bring anything about.
                if self.needs[place] > 0 && behind[place] | classes != behind[place] {
                    behind[place] |= classes;
                    if !std::mem::replace(&mut waits[place], true) {
                        queue.push_back(Slot::new(other));
                    }
                }
            };
            let links = index.incoming(slot);
            self.meter.charge(links.len())?;
            for link in links {
                if !link.is_group() {
                    add(link.other);
                } else if let Some(known) = self.groups.get_mut(&link.other) {
                    *known |= classes;
                    let members = index.members(link.other);
                    self.meter.charge(members.len())?;
                    for member in members {
                        add(member.other);
                    }
                }
            }
        }
        Ok(behind)
    }
}

/// The least level of the source from which `wanted` arrives.
fn least(carry: Carry, wanted: u8) -> Option<u8> {
    (1..=3).find(|level| carry[usize::from(*level)] >= wanted)
}
