//! The second pass over grounded groups: section 2.10 of the law.
//!
//! The rounds of a question leave CIs standing that only hold each other up. With nothing failed,
//! every CI is derived after some others ([`Grounding`]); as long as enough of those before it
//! support it, it has ground. Where they do not, the CI is in doubt, and so may be who was derived
//! after it. All in doubt are then derived anew, from everybody who is not: who cannot be, falls. The
//! rounds go on from there, until nobody in doubt falls. This looks at what has lost something and
//! at what is in doubt, and not at the rest of the component.

use std::borrow::Cow;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::graph::Slot;
use crate::graph::dependency::{DependencyIndex, Grounding, Link, needed};
use crate::model::ImpactState;

use super::reading::Reading;
use super::report::Phase;
use super::scratch::{PINNED, Scratch, now};

/// A membership in a grounded group through which more came than before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shake {
    pub(super) group: u32,
    pub(super) member: u32,
    /// What came before, as a level.
    pub(super) from: u8,
    /// What comes now.
    pub(super) to: u8,
}

/// What the second pass remembers between two looks.
#[derive(Debug)]
pub(super) struct Ungrounded<'a> {
    grounding: Cow<'a, Grounding>,
    doubts: [Doubts; 3],
    /// Who fell in the last look.
    pub(super) fallen: Vec<Slot>,
    /// To which level they fell.
    pub(super) level: u8,
}

/// Who is in doubt at one level.
#[derive(Debug, Default)]
struct Doubts {
    /// In the order in which they came into doubt.
    cis: Vec<u32>,
    known: FxHashSet<u32>,
    /// By group: the weight beyond k of the members that were derived before the consumer.
    margins: FxHashMap<u32, i64>,
    /// Groups to look at.
    shaken: Vec<u32>,
}

/// What a look works on.
struct Look<'a> {
    index: &'a DependencyIndex,
    reading: &'a Reading,
    scratch: &'a Scratch,
    phase: Phase,
    grounding: &'a Grounding,
    level: ImpactState,
    visited: u64,
}

/// How a member supports its group at a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Support {
    /// It does not.
    Lost,
    /// It does, whatever is in doubt.
    Certain,
    /// It does if it can be derived; after so many others when nothing has failed.
    Derived(u32),
}

/// Where grounded groups lean on each other, as a question reads them.
pub(super) fn grounding<'a>(index: &'a DependencyIndex, reading: &Reading) -> Cow<'a, Grounding> {
    let known = index.grounding();
    if reading.excludes() && !known.is_empty() {
        let strength = |group: u32, link: Link| reading.member_strength(index, link, group, link.other);
        Cow::Owned(Grounding::new(index, strength))
    } else {
        Cow::Borrowed(known)
    }
}

impl<'a> Ungrounded<'a> {
    pub(super) fn new(index: &'a DependencyIndex, reading: &Reading) -> Self {
        Self {
            grounding: grounding(index, reading),
            doubts: Default::default(),
            fallen: Vec::new(),
            level: 0,
        }
    }

    /// How many came into doubt so far, by level.
    pub(super) fn in_doubt(&self) -> [usize; 3] {
        [0, 1, 2].map(|level: usize| self.doubts[level].cis.len())
    }

    /// Forgets who came into doubt after the first so many, and what was to be looked at.
    pub(super) fn forget_since(&mut self, in_doubt: [usize; 3]) {
        for (doubts, kept) in self.doubts.iter_mut().zip(in_doubt) {
            for slot in doubts.cis.drain(kept.min(doubts.cis.len())..) {
                doubts.known.remove(&slot);
            }
            doubts.margins.clear();
            doubts.shaken.clear();
        }
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
        let shaken = std::mem::take(&mut scratch.shaken);
        let mut visited = 0;
        for level in [ImpactState::Down, ImpactState::Degraded, ImpactState::AtRisk] {
            let mut look = Look {
                index,
                reading,
                scratch,
                phase,
                grounding: &self.grounding,
                level,
                visited: 0,
            };
            let doubts = &mut self.doubts[usize::from(level.level()) - 1];
            if level.level() >= reading.floor {
                look.note(doubts, &shaken);
            }
            if self.fallen.is_empty() && !doubts.shaken.is_empty() {
                look.cast_doubt(doubts);
                look.underived(doubts, &mut self.fallen);
                self.level = level.level();
            }
            visited += look.visited;
        }
        scratch.shaken = shaken;
        scratch.shaken.clear();
        visited
    }
}

impl Look<'_> {
    /// Takes note of the losses at this level.
    fn note(&self, doubts: &mut Doubts, shaken: &[Shake]) {
        let level = self.level.level();
        for shake in shaken.iter().filter(|shake| shake.from < level && level <= shake.to) {
            if self.grounding.place(self.index.consumer(shake.group)).is_none() {
                continue;
            }
            let (group, member) = (shake.group, Slot::new(shake.member));
            if doubts.margins.contains_key(&group) {
                let link = self
                    .index
                    .outgoing(member)
                    .iter()
                    .find(|link| link.is_group() && link.other == group);
                if let Some(link) = link {
                    let support = self.standing(group, *link, member);
                    if self.counts(group, support) && !Self::is_doubted(doubts, member, support) {
                        self.subtract(doubts, *link, group, member);
                    }
                }
            }
            doubts.shaken.push(group);
        }
    }

    /// Whether doubt about a member already counts against its support. Support that is certain, as from
    /// another circle, counts until the member falls.
    fn is_doubted(doubts: &Doubts, member: Slot, support: Support) -> bool {
        matches!(support, Support::Derived(_)) && doubts.known.contains(&member.number())
    }

    fn subtract(&self, doubts: &mut Doubts, link: Link, group: u32, member: Slot) {
        if let Some(margin) = doubts.margins.get_mut(&group) {
            *margin -= i64::from(self.index.weight(link, group, member.number()));
        }
    }

    /// Finds who no longer has enough support from those derived before it.
    fn cast_doubt(&mut self, doubts: &mut Doubts) {
        while let Some(group) = doubts.shaken.pop() {
            let consumer = self.index.consumer(group);
            if self.stands(consumer) || doubts.known.contains(&consumer.number()) || !self.matters(group) {
                continue;
            }
            let margin = match doubts.margins.get(&group) {
                Some(margin) => *margin,
                None => self.margin(doubts, group),
            };
            if margin >= 0 {
                continue;
            }
            doubts.cis.push(consumer.number());
            doubts.known.insert(consumer.number());
            for link in self.index.outgoing(consumer).iter().filter(|link| link.is_group()) {
                self.visited += 1;
                let support = self.support(link.other, *link, consumer);
                if matches!(support, Support::Derived(_)) && self.counts(link.other, support) {
                    self.subtract(doubts, *link, link.other, consumer);
                    doubts.shaken.push(link.other);
                }
            }
        }
    }

    /// The weight beyond k of the members that support a group before its consumer is derived.
    fn margin(&mut self, doubts: &mut Doubts, group: u32) -> i64 {
        let supporting = self.supporting(group, |member, support| {
            self.counts(group, support) && !Self::is_doubted(doubts, member, support)
        });
        self.visited += self.index.members(group).len() as u64;
        let up_min = self.index.gate_of(group).up_min;
        let margin = supporting.cast_signed() - up_min.cast_signed();
        doubts.margins.insert(group, margin);
        margin
    }

    /// Derives those in doubt from everybody else; adds those who cannot be.
    fn underived(&mut self, doubts: &Doubts, fallen: &mut Vec<Slot>) {
        let in_doubt = |slot: Slot| doubts.known.contains(&slot.number()) && !self.is_lost(slot);
        // Weight that each group still lacks, and groups that each CI still waits for.
        let mut lacking: FxHashMap<u32, u64> = FxHashMap::default();
        let mut waiting: FxHashMap<u32, u32> = FxHashMap::default();
        let mut ready: Vec<Slot> = Vec::new();
        let mut visited = 0;
        let cis = || {
            doubts
                .cis
                .iter()
                .map(|slot| Slot::new(*slot))
                .filter(|slot| in_doubt(*slot))
        };
        for slot in cis() {
            let mut groups = 0;
            for link in self.index.incoming(slot).iter().filter(|link| link.is_group()) {
                visited += 1;
                if !self.matters(link.other) {
                    continue;
                }
                visited += self.index.members(link.other).len() as u64;
                let up_min = self.index.gate_of(link.other).up_min;
                let supporting = self.supporting(link.other, |member, support| match support {
                    Support::Lost => false,
                    Support::Certain => true,
                    Support::Derived(_) => !in_doubt(member),
                });
                if supporting < up_min {
                    lacking.insert(link.other, up_min - supporting);
                    groups += 1;
                }
            }
            waiting.insert(slot.number(), groups);
            if groups == 0 {
                ready.push(slot);
            }
        }
        while let Some(slot) = ready.pop() {
            for link in self.index.outgoing(slot).iter().filter(|link| link.is_group()) {
                visited += 1;
                let Some(consumer) = self.supply(*link, slot, &mut lacking) else {
                    continue;
                };
                let Some(groups) = waiting.get_mut(&consumer.number()) else {
                    continue;
                };
                *groups -= 1;
                if *groups == 0 {
                    ready.push(consumer);
                }
            }
        }
        fallen.extend(cis().filter(|slot| waiting.get(&slot.number()).is_some_and(|groups| *groups > 0)));
        self.visited += visited;
    }

    /// A derived CI supports this group: its consumer if that was all the group lacked.
    fn supply(&self, link: Link, member: Slot, lacking: &mut FxHashMap<u32, u64>) -> Option<Slot> {
        let lack = lacking.get_mut(&link.other)?;
        if !matches!(self.support(link.other, link, member), Support::Derived(_)) {
            return None;
        }
        *lack = lack.saturating_sub(u64::from(self.index.weight(link, link.other, member.number())));
        if *lack > 0 {
            return None;
        }
        lacking.remove(&link.other);
        Some(self.index.consumer(link.other))
    }

    /// The weight of the members that support a group and pass.
    fn supporting(&self, group: u32, passes: impl Fn(Slot, Support) -> bool) -> u64 {
        let members = self.index.members(group).iter();
        let supporting = members.filter(|link| {
            let member = Slot::new(link.other);
            passes(member, self.support(group, **link, member))
        });
        supporting
            .map(|link| u64::from(self.index.weight(*link, group, link.other)))
            .sum()
    }

    /// Whether a group that says `grounded` decides about this level at all.
    fn matters(&self, group: u32) -> bool {
        self.index.triggers()[group as usize].grounded
            && needed(self.index.gate_of(group).strength, self.level) == Some(self.level)
    }

    fn is_lost(&self, slot: Slot) -> bool {
        now(self.scratch.cells[slot.index()]) >= self.level.level()
    }

    /// Whether no doubt can be cast on a CI: it is lost already, assumed, or has no ground to lose.
    fn stands(&self, slot: Slot) -> bool {
        self.is_lost(slot) || self.is_pinned(slot) || self.rank(slot).is_none()
    }

    fn is_pinned(&self, slot: Slot) -> bool {
        self.scratch.cells[slot.index()] & PINNED != 0
    }

    fn rank(&self, slot: Slot) -> Option<u32> {
        let place = self.grounding.place(slot)?;
        self.grounding.rank(place, self.level)
    }

    /// Whether support of this kind comes before the group's consumer.
    fn counts(&self, group: u32, support: Support) -> bool {
        match support {
            Support::Lost => false,
            Support::Certain => true,
            Support::Derived(rank) => self.rank(self.index.consumer(group)).is_some_and(|own| rank < own),
        }
    }

    fn support(&self, group: u32, link: Link, member: Slot) -> Support {
        let level = self.level.level();
        if self.phase == Phase::After && self.reading.member_floor(group, member.number()) >= level {
            return Support::Lost;
        }
        let carry = self.reading.member(self.index, link, group, member.number());
        if carry[usize::from(now(self.scratch.cells[member.index()]))] >= level {
            return Support::Lost;
        }
        self.standing(group, link, member)
    }

    /// How a member supports its group as long as it is not lost.
    fn standing(&self, group: u32, link: Link, member: Slot) -> Support {
        let carry = self.reading.member(self.index, link, group, member.number());
        let level = self.level.level();
        let component = |slot: Slot| self.grounding.place(slot).map(|place| place.component);
        let shares = component(member).is_some_and(|own| component(self.index.consumer(group)) == Some(own));
        // A member that would be lost at a worse level only is decided already.
        if !shares || self.is_pinned(member) || carry[usize::from(level)] < level {
            return Support::Certain;
        }
        self.rank(member).map_or(Support::Certain, Support::Derived)
    }
}
