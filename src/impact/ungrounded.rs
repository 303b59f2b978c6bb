//! The second pass over grounded groups: section 2.10 of the law.
//!
//! The rounds of a question leave CIs standing that only hold each other up. Here each component of
//! CIs that lean on each other is looked at once more, whenever one of its groups has lost
//! something: what cannot be derived, member by member, from CIs that stand without it falls. The
//! rounds then go on from there, until no component has anything to lose.

use std::borrow::Cow;
use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::graph::Slot;
use crate::graph::dependency::{DependencyIndex, Grounding, Link, needed};
use crate::model::ImpactState;

use super::reading::Reading;
use super::report::Phase;
use super::scratch::{PINNED, Scratch, now};

/// What the second pass remembers between two looks.
#[derive(Debug)]
pub(super) struct Ungrounded<'a> {
    grounding: Cow<'a, Grounding>,
    /// By level: the components that lost something since they were looked at.
    shaken: [BTreeSet<u32>; 3],
    /// Who fell in the last look.
    pub(super) fallen: Vec<Slot>,
    /// To which level they fell.
    pub(super) level: u8,
}

/// What one look at a component works on.
struct Look<'a> {
    index: &'a DependencyIndex,
    reading: &'a Reading,
    scratch: &'a Scratch,
    phase: Phase,
    grounding: &'a Grounding,
    component: u32,
    level: ImpactState,
}

/// How a member supports its group at a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Support {
    /// It does not.
    Lost,
    /// It does, whatever the rest of the component does.
    Certain,
    /// It does if it can be derived.
    IfDerived,
}

impl<'a> Ungrounded<'a> {
    pub(super) fn new(index: &'a DependencyIndex, reading: &Reading) -> Self {
        let known = index.grounding();
        let grounding = if reading.excludes() && !known.is_empty() {
            let strength = |group: u32, link: Link| reading.member_strength(index, link, group, link.other);
            Cow::Owned(Grounding::new(index, strength))
        } else {
            Cow::Borrowed(known)
        };
        Self {
            grounding,
            shaken: Default::default(),
            fallen: Vec::new(),
            level: 0,
        }
    }

    /// Forgets what has been shaken.
    pub(super) fn forget(&mut self) {
        self.shaken = Default::default();
        self.fallen.clear();
    }

    /// Looks at what has been shaken, worst level first, until somebody falls or nothing is left.
    /// Returns the links looked at.
    pub(super) fn find(
        &mut self,
        index: &DependencyIndex,
        reading: &Reading,
        scratch: &mut Scratch,
        phase: Phase,
    ) -> u64 {
        for (group, level) in scratch.shaken.drain(..) {
            let Some((component, _)) = self.grounding.place(index.consumer(group)) else {
                continue;
            };
            for shaken in &mut self.shaken[..usize::from(level)] {
                shaken.insert(component);
            }
        }
        let mut visited = 0;
        for level in [ImpactState::Down, ImpactState::Degraded, ImpactState::AtRisk] {
            let shaken = std::mem::take(&mut self.shaken[usize::from(level.level()) - 1]);
            if level.level() < reading.floor {
                continue;
            }
            for component in shaken {
                let look = Look {
                    index,
                    reading,
                    scratch,
                    phase,
                    grounding: &self.grounding,
                    component,
                    level,
                };
                visited += look.underived(&mut self.fallen);
            }
            if !self.fallen.is_empty() {
                self.level = level.level();
                break;
            }
        }
        visited
    }
}

impl Look<'_> {
    /// Adds the CIs of the component that are better than the level and cannot be derived to be.
    fn underived(&self, fallen: &mut Vec<Slot>) -> u64 {
        let cis = &self.grounding.components()[self.component as usize];
        let mut visited = 0;
        // Weight that each group still lacks, and groups that each CI still waits for; no CI that is
        // at the level already waits for anything, nor is it derived.
        let mut lacking: FxHashMap<u32, u64> = FxHashMap::default();
        let mut waiting: Vec<u32> = vec![0; cis.len()];
        let mut derived: Vec<bool> = vec![false; cis.len()];
        let mut ready: Vec<usize> = Vec::new();
        for (place, slot) in cis.iter().enumerate() {
            if self.is_lost(*slot) {
                continue;
            }
            if !self.stands_by_itself(*slot) {
                for link in self.index.incoming(*slot).iter().filter(|link| link.is_group()) {
                    visited += 1 + self.lack(link.other, &mut lacking, &mut waiting[place]);
                }
            }
            if waiting[place] == 0 {
                ready.push(place);
            }
        }
        while let Some(place) = ready.pop() {
            derived[place] = true;
            for link in self.index.outgoing(cis[place]).iter().filter(|link| link.is_group()) {
                visited += 1;
                let Some(consumer) = self.supply(*link, cis[place], &mut lacking) else {
                    continue;
                };
                waiting[consumer] -= 1;
                if waiting[consumer] == 0 {
                    ready.push(consumer);
                }
            }
        }
        let left = cis
            .iter()
            .zip(derived)
            .filter(|(slot, derived)| !derived && !self.is_lost(**slot));
        fallen.extend(left.map(|(slot, _)| *slot));
        visited
    }

    /// A derived CI supports this group: the place of the consumer if that was all the group lacked.
    fn supply(&self, link: Link, member: Slot, lacking: &mut FxHashMap<u32, u64>) -> Option<usize> {
        let lack = lacking.get_mut(&link.other)?;
        if self.support(link.other, link, member) != Support::IfDerived {
            return None;
        }
        *lack = lack.saturating_sub(u64::from(self.index.weight(link, link.other, member.number())));
        if *lack > 0 {
            return None;
        }
        lacking.remove(&link.other);
        let (_, place) = self.grounding.place(self.index.consumer(link.other))?;
        Some(place as usize)
    }

    fn is_lost(&self, slot: Slot) -> bool {
        now(self.scratch.cells[slot.index()]) >= self.level.level()
    }

    fn stands_by_itself(&self, slot: Slot) -> bool {
        self.scratch.cells[slot.index()] & PINNED != 0 || self.grounding.is_exempt(slot, self.level)
    }

    /// Notes what a group lacks until members of the component are derived; the links looked at.
    fn lack(&self, group: u32, lacking: &mut FxHashMap<u32, u64>, waiting: &mut u32) -> u64 {
        if !self.index.triggers()[group as usize].grounded {
            return 0;
        }
        let gate = self.index.gate_of(group);
        if needed(gate.strength, self.level) != Some(self.level) {
            return 0;
        }
        let members = self.index.members(group);
        let certain = members
            .iter()
            .filter(|link| self.support(group, **link, Slot::new(link.other)) == Support::Certain);
        let certain: u64 = certain
            .map(|link| u64::from(self.index.weight(*link, group, link.other)))
            .sum();
        if certain < gate.up_min {
            lacking.insert(group, gate.up_min - certain);
            *waiting += 1;
        }
        members.len() as u64
    }

    fn support(&self, group: u32, link: Link, member: Slot) -> Support {
        let level = self.level.level();
        if self.phase == Phase::After && self.reading.member_floor(group, member.number()) >= level {
            return Support::Lost;
        }
        let carry = self.reading.member(self.index, link, group, member.number());
        let state = now(self.scratch.cells[member.index()]);
        if carry[usize::from(state)] >= level {
            return Support::Lost;
        }
        let shares_component = self
            .grounding
            .place(member)
            .is_some_and(|(component, _)| component == self.component);
        // Whether the member would be lost at exactly this level, rather than at a worse one.
        if shares_component && carry[usize::from(level)] >= level {
            Support::IfDerived
        } else {
            Support::Certain
        }
    }
}
