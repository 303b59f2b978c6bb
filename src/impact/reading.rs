//! How one question reads the arcs: strengths under `atRisk`, excluded types, failed arcs.

use crate::graph::Slot;
use crate::graph::dependency::{Carrier, DependencyIndex, ImpactArc, Link};
use crate::model::{ImpactState, RelationshipTypeId, Strength};

use super::question::{AtRiskReading, Premises};

/// What arrives for each state of the source, as levels.
pub(super) type Carry = [u8; 4];

const NOTHING: Carry = [0; 4];

/// What arrives from sources in one state, by the number of the strength. There is room for every
/// value of four bits, so that looking one up needs no check.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arriving([u8; 16]);

impl Arriving {
    /// What arrives over a link, as a level.
    #[inline]
    pub(super) const fn over(&self, link: Link) -> u8 {
        self.0[(link.strength & 15) as usize]
    }
}

/// What arrives, by the level of the source.
const TRANSITIVE: [Arriving; 4] = arriving(1);

/// The same where nothing carries `AT_RISK` on.
const LOCAL: [Arriving; 4] = arriving(2);

/// All strengths, where sources below `source_min` carry nothing.
const fn arriving(source_min: u8) -> [Arriving; 4] {
    let mut arriving = [Arriving([0; 16]); 4];
    let mut number = 0;
    while let Some(strength) = Strength::from_number(number) {
        let mut source = source_min;
        while source < 4 {
            arriving[source as usize].0[number as usize] = strength.apply(ImpactState::from_level(source)).level();
            source += 1;
        }
        number += 1;
    }
    arriving
}

/// A membership that failed: the member counts as at least this bad, whatever its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FailedMember {
    pub(super) group: u32,
    pub(super) member: u32,
    pub(super) level: u8,
}

/// A plain arc that failed: the target is hit as if the source were down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FailedPlain {
    pub(super) source: u32,
    pub(super) target: u32,
    pub(super) level: u8,
    pub(super) relationship_type: Option<RelationshipTypeId>,
}

/// The question's way to read a link.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    /// By the level of the source: who rose looks at all its links in the same two of these.
    arriving: [Arriving; 4],
    /// Levels below are not told apart from `OK`. What is at least that bad depends on nothing
    /// better (section 2.6 of the law, no amplification).
    pub(super) floor: u8,
    pub(super) grounded: bool,
    excluded: Vec<u16>,
    pub(super) failed_plain: Vec<FailedPlain>,
    /// By group and member, one each.
    pub(super) failed_members: Vec<FailedMember>,
}

impl Reading {
    pub(super) fn new(premises: &Premises, floor: ImpactState) -> Self {
        let mut arriving = match premises.at_risk {
            AtRiskReading::Transitive => TRANSITIVE,
            AtRiskReading::Local => LOCAL,
        };
        for level in arriving.iter_mut().flat_map(|arriving| &mut arriving.0) {
            if *level < floor.level() {
                *level = 0;
            }
        }
        let mut excluded: Vec<u16> = premises.excluded_types.iter().map(|id| id.number()).collect();
        excluded.sort_unstable();
        Self {
            arriving,
            floor: floor.level(),
            grounded: premises.grounded,
            excluded,
            failed_plain: Vec::new(),
            failed_members: Vec::new(),
        }
    }

    /// The same with these arcs failed.
    pub(super) fn with_failed(index: &DependencyIndex, premises: &Premises, failed: &[ImpactArc]) -> Self {
        let mut reading = Self::new(premises, ImpactState::AtRisk);
        for arc in failed {
            reading.fail(index, arc);
        }
        reading
            .failed_plain
            .sort_unstable_by_key(|arc| (arc.target, arc.source));
        reading
    }

    /// Whether relationships of some types carry nothing.
    pub(super) fn excludes(&self) -> bool {
        !self.excluded.is_empty()
    }

    /// Whether some link is read otherwise than its strength says.
    pub(super) fn is_special(&self) -> bool {
        !self.excluded.is_empty() || !self.failed_members.is_empty()
    }

    fn fail(&mut self, index: &DependencyIndex, arc: &ImpactArc) {
        let type_number = arc.relationship_type.map(RelationshipTypeId::number);
        if type_number.is_some_and(|number| self.is_excluded(number)) {
            return;
        }
        let level = self.carry(arc.strength)[usize::from(ImpactState::Down.level())];
        let (source, target) = (arc.source.number(), arc.target.number());
        match arc.carrier {
            Carrier::Plain => {
                let relationship_type = arc.relationship_type;
                self.failed_plain.push(FailedPlain {
                    source,
                    target,
                    level,
                    relationship_type,
                });
            }
            Carrier::Member { group, .. } => {
                let Some(group) = index.group_number(&group) else {
                    return;
                };
                if index.contributions(group, arc.source).is_empty() {
                    return;
                }
                let place = |one: &FailedMember| (one.group, one.member).cmp(&(group, source));
                match self.failed_members.binary_search_by(place) {
                    Ok(known) => {
                        let known = &mut self.failed_members[known];
                        known.level = known.level.max(level);
                    }
                    Err(at) => {
                        let member = FailedMember {
                            group,
                            member: source,
                            level,
                        };
                        self.failed_members.insert(at, member);
                    }
                }
            }
        }
    }

    fn is_excluded(&self, type_number: u16) -> bool {
        self.excluded.binary_search(&type_number).is_ok()
    }

    /// Whether the question leaves a link out for its type.
    pub(super) fn excludes_link(&self, link: Link) -> bool {
        self.is_excluded(link.relationship_type)
    }

    /// What a plain link carries.
    pub(super) fn plain(&self, link: Link) -> Carry {
        if self.is_excluded(link.relationship_type) {
            NOTHING
        } else {
            self.arriving.map(|arriving| arriving.over(link))
        }
    }

    /// What a membership carries, its own failure left aside. Of several contributions the
    /// excluded ones carry nothing; the member's weight stays.
    pub(super) fn member(&self, index: &DependencyIndex, link: Link, group: u32, member: u32) -> Carry {
        self.carry(self.member_strength(index, link, group, member))
    }

    fn carry(&self, strength: Strength) -> Carry {
        self.arriving
            .map(|arriving| arriving.0[usize::from(strength.number() & 15)])
    }

    /// What arrives from a source of this level, where no link is special.
    #[inline]
    pub(super) fn arriving_from(&self, level: u8) -> &Arriving {
        &self.arriving[usize::from(level & 3)]
    }

    /// The strength of a membership, without what is excluded.
    pub(super) fn member_strength(&self, index: &DependencyIndex, link: Link, group: u32, member: u32) -> Strength {
        if self.is_excluded(link.relationship_type) {
            return Strength::NONE;
        }
        if link.relationship_type != Link::SEVERAL || self.excluded.is_empty() {
            return Strength::from_number(link.strength).unwrap_or(Strength::NONE);
        }
        let contributions = index.contributions(group, Slot::new(member));
        let counting = contributions
            .iter()
            .filter(|one| one.relationship_type.is_none_or(|id| !self.is_excluded(id.number())));
        counting.fold(Strength::NONE, |sum, one| sum.join(one.strength))
    }

    /// The level a failed membership counts as at least; 0 for one that has not failed.
    pub(super) fn member_floor(&self, group: u32, member: u32) -> u8 {
        let place = |one: &FailedMember| (one.group, one.member).cmp(&(group, member));
        let found = self.failed_members.binary_search_by(place);
        found.map_or(0, |found| self.failed_members[found].level)
    }
}
