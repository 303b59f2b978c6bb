//! The dependency index: who is hit when a CI fails, dense and ready to walk.
//!
//! Relationships are held here as *arcs* that carry impact, already in impact direction (source
//! fails, target is hit), and as memberships of redundancy groups: sections 2.3 and 2.4 of the
//! impact law. The index is fed with plain values by whoever keeps the estate; it decides nothing
//! about participation, validity or relationship types.
//!
//! Every CI has one run of links each way, contiguous in an arena, so that a question reads
//! slices and follows no list. Adding an arc costs amortised O(1), also at a hub; removing one
//! scans the two runs that hold it. Eight bytes a link.

mod arc;
mod circles;
mod columns;
mod grounding;
mod group;
mod runs;

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;

pub use arc::{Carrier, Contribution, ImpactArc};
pub use circles::Circles;
pub use columns::{CiColumns, CiRow};
pub use grounding::Grounding;
pub(crate) use grounding::needed;
pub(crate) use group::Trigger;
pub use group::{Gate, GroupKey, GroupParameters};
pub use runs::Link;

use crate::graph::Slot;
use crate::model::{RelationshipTypeId, Strength, Weight};

use group::Groups;
use runs::Runs;

/// The arcs and memberships that carry impact, both ways. See the module's words for cost.
#[derive(Clone, Debug, Default)]
pub struct DependencyIndex {
    /// By source: plain arcs to targets, and memberships in groups.
    outgoing: Runs,
    /// By target: plain arcs from sources, and the groups it consumes.
    incoming: Runs,
    /// By group number: the members.
    members: Runs,
    groups: Groups,
    /// Memberships that do not fit into a link: several contributions, or a large weight.
    contributions: FxHashMap<(u32, u32), Vec<Contribution>>,
    /// (group, member) where a plain arc leads from the member to the consumer as well.
    also_plain: BTreeSet<(u32, u32)>,
    /// Groups without any member.
    empty: BTreeSet<u32>,
    /// Where grounded groups lean on each other, once somebody asked.
    grounding: OnceLock<Arc<Grounding>>,
}

fn type_number(relationship_type: Option<RelationshipTypeId>) -> u16 {
    relationship_type.map_or(Link::UNTYPED, RelationshipTypeId::number)
}

fn strength_of(link: Link) -> Strength {
    Strength::from_number(link.strength).unwrap_or(Strength::DOWN)
}

impl DependencyIndex {
    /// Makes room for the CI in `slot`.
    pub fn add_ci(&mut self, slot: Slot) {
        self.outgoing.ensure(slot.index());
        self.incoming.ensure(slot.index());
    }

    /// Forgets the CI in `slot`, with whatever plain arcs and memberships still concern it.
    pub fn remove_ci(&mut self, slot: Slot) {
        while let Some(link) = self.outgoing.run(slot.index()).last().copied() {
            if link.is_group() {
                self.forget_member(link.other, slot.number());
            } else {
                self.remove_plain(slot, Slot::new(link.other), link);
            }
        }
        while let Some(link) = self.incoming.run(slot.index()).last().copied() {
            if let Some(key) = self.groups.key(link.other).filter(|_| link.is_group()) {
                self.remove_group(&key);
            } else {
                self.remove_plain(Slot::new(link.other), slot, link);
            }
        }
    }

    /// Enters a group, or changes the parameters of one that is there: O(1) but for a changed
    /// consumer.
    pub fn put_group(&mut self, key: GroupKey, parameters: GroupParameters) {
        let known = self.groups.number(&key);
        let number = if let Some(number) = known {
            self.forget_grounding(number);
            if self.consumer(number) == parameters.consumer {
                self.groups.restate(number, parameters);
                self.forget_grounding(number);
                return;
            }
            self.detach_consumer(number);
            self.groups.restate(number, parameters);
            number
        } else {
            let number = self.groups.insert(key, parameters);
            self.members.ensure(number as usize);
            self.empty.insert(number);
            number
        };
        let entry = Link {
            other: number,
            relationship_type: Link::UNTYPED,
            strength: 0,
            kind: 1,
        };
        self.incoming.push(parameters.consumer.index(), entry);
        self.forget_grounding(number);
        if known.is_some() {
            self.recheck_members(number);
        }
    }

    /// Forgets a group, with whatever members it still has.
    pub fn remove_group(&mut self, key: &GroupKey) {
        let Some(number) = self.groups.number(key) else {
            return;
        };
        while let Some(link) = self.members.run(number as usize).last().copied() {
            self.forget_member(number, link.other);
        }
        self.detach_consumer(number);
        self.forget_grounding(number);
        self.groups.remove(number);
        self.empty.remove(&number);
    }

    /// Adds one arc: amortised O(1). An arc of strength `NONE` outside a group is left out, and so
    /// is a member of a group the index does not know.
    pub fn add(&mut self, arc: &ImpactArc) {
        match arc.carrier {
            Carrier::Plain if arc.strength == Strength::NONE => {}
            Carrier::Plain => self.add_plain(arc),
            Carrier::Member { group, weight } => {
                if let Some(number) = self.groups.number(&group) {
                    let contribution = Contribution {
                        relationship_type: arc.relationship_type,
                        strength: arc.strength,
                        weight,
                    };
                    self.add_contribution(number, arc.source.number(), contribution);
                }
            }
        }
    }

    /// Takes one arc away, the exact inverse of [`DependencyIndex::add`]. An arc that is not there
    /// changes nothing.
    pub fn remove(&mut self, arc: &ImpactArc) {
        match arc.carrier {
            Carrier::Plain => {
                let link = Link {
                    other: arc.target.number(),
                    relationship_type: type_number(arc.relationship_type),
                    strength: arc.strength.number(),
                    kind: 0,
                };
                if self.outgoing.run(arc.source.index()).contains(&link) {
                    self.remove_plain(arc.source, arc.target, link);
                }
            }
            Carrier::Member { group, weight } => {
                if let Some(number) = self.groups.number(&group) {
                    let contribution = Contribution {
                        relationship_type: arc.relationship_type,
                        strength: arc.strength,
                        weight,
                    };
                    self.remove_contribution(number, arc.source.number(), contribution);
                }
            }
        }
    }

    /// Rewrites the arenas in slot order: faster to walk, and smaller, after many additions.
    pub fn compact(&mut self) {
        self.outgoing.compact();
        self.incoming.compact();
        self.members.compact();
        self.groups.compact();
    }

    /// Slots with room, used or not.
    pub fn slots(&self) -> usize {
        self.outgoing.slots().max(self.incoming.slots())
    }

    /// Group numbers given out, in use or not.
    pub fn group_numbers(&self) -> usize {
        self.groups.len()
    }

    /// What a failure of `slot` reaches: plain arcs by target, memberships by group number.
    #[inline]
    pub fn outgoing(&self, slot: Slot) -> &[Link] {
        self.outgoing.run(slot.index())
    }

    /// What `slot` is hit by: plain arcs by source, consumed groups by number.
    #[inline]
    pub fn incoming(&self, slot: Slot) -> &[Link] {
        self.incoming.run(slot.index())
    }

    /// The members of the group of this number.
    #[inline]
    pub fn members(&self, group: u32) -> &[Link] {
        self.members.run(group as usize)
    }

    /// What an evaluation reads of the gates, by group number.
    #[inline]
    pub(crate) fn triggers(&self) -> &[Trigger] {
        self.groups.triggers()
    }

    /// Who needs the members of the group of this number.
    pub(crate) fn consumer(&self, group: u32) -> Slot {
        self.triggers()[group as usize].consumer
    }

    /// The gate of the group of this number, which is in use.
    pub(crate) fn gate_of(&self, group: u32) -> Gate {
        self.groups.gate(group).expect("links lead to groups in use only")
    }

    /// The number of a group.
    pub fn group_number(&self, key: &GroupKey) -> Option<u32> {
        self.groups.number(key)
    }

    /// The key of the group of this number.
    pub fn group_key(&self, number: u32) -> Option<GroupKey> {
        self.groups.key(number)
    }

    /// The gate of a group.
    pub fn gate(&self, key: &GroupKey) -> Option<Gate> {
        self.groups.number(key).and_then(|number| self.groups.gate(number))
    }

    /// The parameters of the group of this number, as stated.
    pub fn group_parameters(&self, number: u32) -> Option<GroupParameters> {
        self.groups.parameters(number)
    }

    /// Why `member` is in the group of this number: none when it is not.
    pub fn contributions(&self, group: u32, member: Slot) -> Vec<Contribution> {
        self.membership(group, member.number())
            .map(|(position, _)| self.contributions_of(group, self.outgoing(member)[position], member.number()))
            .unwrap_or_default()
    }

    /// The weight of a member, given a link of it.
    #[inline]
    pub(crate) fn weight(&self, link: Link, group: u32, member: u32) -> u32 {
        if link.kind == Link::HEAVY {
            self.heavy_weight(group, member)
        } else {
            u32::from(link.kind)
        }
    }

    /// The members of this group from which a plain arc leads to the consumer as well.
    pub fn also_plain(&self, group: u32) -> impl Iterator<Item = Slot> + '_ {
        self.also_plain
            .range((group, 0)..=(group, u32::MAX))
            .map(|(_, member)| Slot::new(*member))
    }

    /// Where grounded groups lean on each other: worked out again on the first call after a grounded
    /// group has changed, in time linear in their members; O(1) else.
    pub fn grounding(&self) -> &Grounding {
        self.grounding.get_or_init(|| {
            let grounding = Grounding::new(self, |_, link| strength_of(link));
            Arc::new(grounding)
        })
    }

    /// A grounded group has changed.
    fn forget_grounding(&mut self, group: u32) {
        if self.triggers()[group as usize].grounded {
            self.grounding = OnceLock::new();
        }
    }

    /// All pairs of a group and such a member, in a stated order.
    pub(crate) fn all_also_plain(&self) -> impl ExactSizeIterator<Item = (u32, Slot)> + '_ {
        let pairs = self.also_plain.iter();
        pairs.map(|(group, member)| (*group, Slot::new(*member)))
    }

    /// The numbers of the groups without any member.
    pub fn empty_groups(&self) -> impl Iterator<Item = u32> + '_ {
        self.empty.iter().copied()
    }

    #[cold]
    fn heavy_weight(&self, group: u32, member: u32) -> u32 {
        let contributions = self.contributions.get(&(group, member));
        let weights = contributions.into_iter().flatten().map(|one| one.weight.get());
        weights.max().unwrap_or(0)
    }

    fn add_plain(&mut self, arc: &ImpactArc) {
        let link = |other: Slot| Link {
            other: other.number(),
            relationship_type: type_number(arc.relationship_type),
            strength: arc.strength.number(),
            kind: 0,
        };
        for group in self.groups_between(arc.source, arc.target) {
            self.also_plain.insert((group, arc.source.number()));
        }
        self.outgoing.push(arc.source.index(), link(arc.target));
        self.incoming.push(arc.target.index(), link(arc.source));
    }

    /// Takes away one plain arc like `like`, whose other end is ignored.
    fn remove_plain(&mut self, source: Slot, target: Slot, like: Link) {
        let find = |run: &[Link], other: Slot| {
            let wanted = Link {
                other: other.number(),
                ..like
            };
            run.iter().position(|link| *link == wanted)
        };
        let out = find(self.outgoing(source), target);
        let into = find(self.incoming(target), source);
        if let (Some(out), Some(into)) = (out, into) {
            self.outgoing.swap_remove(source.index(), out);
            self.incoming.swap_remove(target.index(), into);
        }
        if !self.has_plain(source, target) {
            for group in self.groups_between(source, target) {
                self.also_plain.remove(&(group, source.number()));
            }
        }
    }

    fn has_plain(&self, source: Slot, target: Slot) -> bool {
        let (out, into) = (self.outgoing(source), self.incoming(target));
        let (run, other) = if out.len() <= into.len() {
            (out, target)
        } else {
            (into, source)
        };
        run.iter().any(|link| !link.is_group() && link.other == other.number())
    }

    /// The groups of `target` in which `source` is a member, found from the shorter end.
    fn groups_between(&self, source: Slot, target: Slot) -> Vec<u32> {
        let (out, into) = (self.outgoing(source), self.incoming(target));
        let groups = |run: &[Link], keep: &dyn Fn(u32) -> bool| {
            let links = run.iter().filter(|link| link.is_group() && keep(link.other));
            links.map(|link| link.other).collect()
        };
        if out.len() <= into.len() {
            groups(out, &|group| self.consumer(group) == target)
        } else {
            groups(into, &|group| self.membership(group, source.number()).is_some())
        }
    }

    /// Where a membership stands in the member's run and in the group's.
    fn membership(&self, group: u32, member: u32) -> Option<(usize, usize)> {
        let out = self.outgoing.run(member as usize);
        let members = self.members.run(group as usize);
        let in_out = || out.iter().position(|link| link.is_group() && link.other == group);
        let in_members = || members.iter().position(|link| link.other == member);
        if out.len() <= members.len() {
            let position = in_out()?;
            Some((position, in_members()?))
        } else {
            let position = in_members()?;
            Some((in_out()?, position))
        }
    }

    fn contributions_of(&self, group: u32, link: Link, member: u32) -> Vec<Contribution> {
        let known = self.contributions.get(&(group, member)).cloned();
        known.unwrap_or_else(|| {
            vec![Contribution {
                relationship_type: (link.relationship_type != Link::UNTYPED)
                    .then(|| RelationshipTypeId::new(link.relationship_type)),
                strength: strength_of(link),
                weight: Weight::new(i64::from(link.kind)).unwrap_or_default(),
            }]
        })
    }

    fn add_contribution(&mut self, group: u32, member: u32, contribution: Contribution) {
        if let Some(place) = self.membership(group, member) {
            let link = self.outgoing.run(member as usize)[place.0];
            let mut contributions = self.contributions_of(group, link, member);
            contributions.push(contribution);
            self.rewrite_member(group, member, place, contributions);
            return;
        }
        self.forget_grounding(group);
        let (link, weight) = self.merged(group, member, vec![contribution]);
        self.outgoing.push(member as usize, Link { other: group, ..link });
        self.members.push(group as usize, Link { other: member, ..link });
        self.reweigh(group, 0, weight);
        self.empty.remove(&group);
        let consumer = self.consumer(group);
        if self.has_plain(Slot::new(member), consumer) {
            self.also_plain.insert((group, member));
        }
    }

    fn remove_contribution(&mut self, group: u32, member: u32, contribution: Contribution) {
        let Some(place) = self.membership(group, member) else {
            return;
        };
        let link = self.outgoing.run(member as usize)[place.0];
        let mut contributions = self.contributions_of(group, link, member);
        let Some(position) = contributions.iter().position(|one| *one == contribution) else {
            return;
        };
        contributions.remove(position);
        if contributions.is_empty() {
            self.forget_member(group, member);
        } else {
            self.rewrite_member(group, member, place, contributions);
        }
    }

    fn rewrite_member(&mut self, group: u32, member: u32, place: (usize, usize), contributions: Vec<Contribution>) {
        self.forget_grounding(group);
        let before = self.weight(self.outgoing.run(member as usize)[place.0], group, member);
        let (link, weight) = self.merged(group, member, contributions);
        self.outgoing
            .set(member as usize, place.0, Link { other: group, ..link });
        self.members
            .set(group as usize, place.1, Link { other: member, ..link });
        self.reweigh(group, before, weight);
    }

    /// One member out of its contributions: the larger weight, the pointwise larger strength. What
    /// does not fit into the link is kept beside it.
    fn merged(&mut self, group: u32, member: u32, contributions: Vec<Contribution>) -> (Link, u32) {
        let strengths = contributions.iter().map(|one| one.strength);
        let strength = strengths.fold(Strength::NONE, Strength::join);
        let weight = contributions.iter().map(|one| one.weight.get()).max().unwrap_or(0);
        let kind = u8::try_from(weight).unwrap_or(Link::HEAVY);
        let relationship_type = match contributions.as_slice() {
            [one] => type_number(one.relationship_type),
            _ => Link::SEVERAL,
        };
        if kind == Link::HEAVY || relationship_type == Link::SEVERAL {
            self.contributions.insert((group, member), contributions);
        } else {
            self.contributions.remove(&(group, member));
        }
        let link = Link {
            other: member,
            relationship_type,
            strength: strength.number(),
            kind,
        };
        (link, weight)
    }

    fn forget_member(&mut self, group: u32, member: u32) {
        let Some((in_out, in_members)) = self.membership(group, member) else {
            return;
        };
        self.forget_grounding(group);
        let weight = self.weight(self.outgoing.run(member as usize)[in_out], group, member);
        self.outgoing.swap_remove(member as usize, in_out);
        self.members.swap_remove(group as usize, in_members);
        self.contributions.remove(&(group, member));
        self.also_plain.remove(&(group, member));
        self.reweigh(group, weight, 0);
        if self.members(group).is_empty() {
            self.empty.insert(group);
        }
    }

    fn reweigh(&mut self, group: u32, lost: u32, won: u32) {
        if lost != won {
            self.groups.reweigh(group, lost, won);
        }
    }

    fn detach_consumer(&mut self, group: u32) {
        let consumer = self.consumer(group);
        let run = self.incoming(consumer);
        if let Some(position) = run.iter().position(|link| link.is_group() && link.other == group) {
            self.incoming.swap_remove(consumer.index(), position);
        }
    }

    /// The consumer may be another one: see anew which members reach it by a plain arc as well.
    fn recheck_members(&mut self, group: u32) {
        let consumer = self.consumer(group);
        let marked: Vec<Slot> = self.also_plain(group).collect();
        for member in marked {
            self.also_plain.remove(&(group, member.number()));
        }
        let members = self.members(group).iter().map(|link| link.other);
        let both: Vec<u32> = members
            .filter(|member| self.has_plain(Slot::new(*member), consumer))
            .collect();
        self.also_plain.extend(both.into_iter().map(|member| (group, member)));
    }
}

#[cfg(test)]
mod tests;
