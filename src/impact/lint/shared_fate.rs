//! `SHARED_FATE`: what takes a redundant group down at once.
//!
//! Every CI that members of redundant groups stand on is let fail once, for all groups together, and
//! the groups that lose too much are counted. Only what members stand on is looked at, and only
//! states as bad as the group can get, so most failures touch little; and each is tried on top of the
//! greatest of its sure consequences ([`Ladder`]), so that a long chain falls once and not once for
//! each of its links.

use crate::graph::Slot;
use crate::graph::dependency::{Circles, Gate, Link};
use crate::impact::ladder::{Ladder, Step};
use crate::impact::probe::{Probe, ProbeError};
use crate::impact::question::{ImpactView, Premises};
use crate::impact::reading::Reading;
use crate::impact::report::TruncationReason;
use crate::impact::scratch::Scratch;
use crate::model::ImpactState;

use super::meter::Meter;
use super::redundant::{Redundant, lose, strength};
use super::{LintCode, LintFinding, about_group};

/// The states that a group can end in, the usual one first.
const LEVELS: [ImpactState; 3] = [ImpactState::Down, ImpactState::Degraded, ImpactState::AtRisk];

/// A group, how many go down with the CI that takes it along, and this CI.
type Fate = (u32, usize, Slot);

/// Redundant groups that a single CI, neither member nor consumer, brings to the worst state they
/// can get into: these CIs. Not those that leave the consumer as bad by another way, which no
/// redundancy of the group could help: the rack of a server with two power supplies.
pub(super) fn find(
    view: ImpactView<'_>,
    redundant: &Redundant,
    meter: &mut Meter<'_>,
    scratch: &mut Scratch,
    findings: &mut Vec<LintFinding>,
) -> Result<(), TruncationReason> {
    let circles = view.index.circles(|links| meter.spend(links))?;
    let mut fates: Vec<Fate> = Vec::new();
    let mut stopped = None;
    for level in LEVELS {
        let groups: Vec<u32> = redundant
            .groups()
            .filter(|group| redundant.worst(*group) == level)
            .collect();
        if stopped.is_none() && !groups.is_empty() {
            let trial = Trial {
                view,
                redundant,
                circles: &circles,
                level,
            };
            stopped = trial.run(&groups, meter, scratch, &mut fates).err();
        }
    }
    fates.sort_unstable_by_key(|(group, taken, slot)| (*group, *taken, view.columns.id(*slot)));
    for fates in fates.chunk_by(|one, other| one.0 == other.0) {
        let cis = fates.iter().map(|(_, _, slot)| *slot).collect();
        findings.extend(about_group(view, LintCode::SharedFate, fates[0].0, cis));
    }
    stopped.map_or(Ok(()), Err)
}

/// Failures tried for the groups that can get as bad as one level and no worse.
struct Trial<'a> {
    view: ImpactView<'a>,
    redundant: &'a Redundant,
    circles: &'a Circles,
    level: ImpactState,
}

impl Trial<'_> {
    fn run(
        &self,
        groups: &[u32],
        meter: &mut Meter<'_>,
        scratch: &mut Scratch,
        fates: &mut Vec<Fate>,
    ) -> Result<(), TruncationReason> {
        let index = self.view.index;
        let mut members = Vec::new();
        let mut consumers: Vec<Slot> = groups.iter().map(|group| index.consumer(*group)).collect();
        consumers.sort_unstable();
        consumers.dedup();
        let mut providers = consumers.clone();
        for group in groups {
            meter.spend(index.members(*group).len() as u64)?;
            members.extend(
                index
                    .members(*group)
                    .iter()
                    .filter(|link| self.carries(**link))
                    .map(|link| other(*link)),
            );
        }
        for consumer in consumers {
            self.providers(consumer, &mut providers, meter)?;
        }
        let below = self.below(members, meter)?;
        let inside = self.below(providers, meter)?;
        let candidates = self.candidates(&below, meter)?;
        let reading = Reading::new(&Premises::default(), self.level);
        let can_be_hit = |slot: u32| inside.get(slot as usize).is_some_and(|inside| *inside);
        let ladder = Ladder::new(index, &reading, &candidates, can_be_hit, |links| {
            meter.spend(links as u64)
        })?;
        let budget = meter.rest();
        let probe = Probe::new(self.view, &Premises::default(), self.level, &budget, scratch);
        let mut probe = match probe {
            Ok(probe) => probe,
            Err(ProbeError::Truncated(truncated)) => return Err(truncated.reason),
            // Nothing is assumed, so nothing contradicts it.
            Err(ProbeError::Impact(_)) => return Ok(()),
        };
        let inside = (0u32..).zip(&inside).filter(|(_, inside)| **inside);
        probe.confine(inside.map(|(slot, _)| Slot::new(slot)));
        let mut losses = Losses::new(index.group_numbers());
        let mut visited = probe.arcs_visited();
        ladder.climb(&mut probe, None, Fallen::default(), |probe, step, below| {
            meter.spend(probe.arcs_visited() - visited)?;
            visited = probe.arcs_visited();
            let fallen = self.count(probe, step, below, &mut losses, meter, fates)?;
            Ok((fallen, true))
        })
    }

    /// Whatever a consumer is hit by in one step, however little.
    fn providers(
        &self,
        consumer: Slot,
        providers: &mut Vec<Slot>,
        meter: &mut Meter<'_>,
    ) -> Result<(), TruncationReason> {
        let links = self.view.index.incoming(consumer);
        meter.spend(1 + links.len() as u64)?;
        for link in links {
            if link.is_group() {
                let members = self.view.index.members(link.other);
                meter.spend(members.len() as u64)?;
                providers.extend(members.iter().map(|link| other(*link)));
            } else {
                providers.push(other(*link));
            }
        }
        Ok(())
    }

    /// Who can bring one of these CIs to the level, themselves included.
    fn below(&self, mut reached: Vec<Slot>, meter: &mut Meter<'_>) -> Result<Vec<bool>, TruncationReason> {
        let index = self.view.index;
        let mut below = vec![false; index.slots()];
        reached.retain(|slot| !std::mem::replace(&mut below[slot.index()], true));
        let mut enter = |link: &Link, reached: &mut Vec<Slot>| {
            if self.carries(*link) && !std::mem::replace(&mut below[link.other as usize], true) {
                reached.push(other(*link));
            }
        };
        while let Some(slot) = reached.pop() {
            let links = index.incoming(slot);
            meter.spend(1 + links.len() as u64)?;
            for link in links {
                if !link.is_group() {
                    enter(link, &mut reached);
                } else if index.gate_of(link.other).strength.apply(ImpactState::Down) >= self.level {
                    let members = index.members(link.other);
                    meter.spend(members.len() as u64)?;
                    for link in members {
                        enter(link, &mut reached);
                    }
                }
            }
        }
        Ok(below)
    }

    fn carries(&self, link: Link) -> bool {
        strength(link).apply(ImpactState::Down) >= self.level
    }

    /// Whose failure can hit anybody of these, by id: so what is looked at before a limit is met does
    /// not depend on where CIs lie.
    fn candidates(&self, below: &[bool], meter: &mut Meter<'_>) -> Result<Vec<Slot>, TruncationReason> {
        let index = self.view.index;
        let mut candidates = Vec::new();
        let all = (0u32..).zip(below).filter(|(_, below)| **below);
        for slot in all.map(|(slot, _)| Slot::new(slot)) {
            let links = index.outgoing(slot);
            meter.spend(1 + links.len() as u64)?;
            let hits = |link: &Link| {
                let target = if link.is_group() {
                    index.consumer(link.other)
                } else {
                    Slot::new(link.other)
                };
                self.carries(*link) && below[target.index()]
            };
            if links.iter().any(hits) {
                candidates.push(slot);
            }
        }
        candidates.sort_unstable_by_key(|slot| self.view.columns.id(*slot));
        Ok(candidates)
    }

    /// Counts what groups lost by a failure on top of those it stands on, and notes those that lost
    /// too much.
    fn count(
        &self,
        probe: &Probe<'_>,
        step: Step,
        below: &Fallen,
        losses: &mut Losses,
        meter: &mut Meter<'_>,
        fates: &mut Vec<Fate>,
    ) -> Result<Fallen, TruncationReason> {
        losses.take_back(step.height);
        let mut fallen = below.clone();
        for (slot, [from, to]) in probe.rises_since(step.mark) {
            fallen.cis += usize::from(from == ImpactState::Ok);
            let links = self.view.index.outgoing(slot);
            meter.spend(links.len() as u64)?;
            for link in links.iter().filter(|link| link.is_group()) {
                if self.redundant.worst(link.other) == self.level {
                    let as_member = Link {
                        other: slot.number(),
                        ..*link
                    };
                    losses.add(self.view, link.other, as_member, [from, to]);
                }
            }
        }
        for group in losses.newly() {
            let bad = losses.bad[group as usize];
            if self.view.index.gate_of(group).state(bad) >= self.level {
                fallen.groups.push(group);
            }
        }
        fallen.groups.sort_unstable();
        fallen.groups.dedup();
        if step.is_candidate {
            self.note(probe, step.slot, &mut fallen, meter, fates)?;
        }
        Ok(fallen)
    }

    /// Notes the groups that fall with a CI, and leaves those out of which that is nothing to tell,
    /// whoever takes the CI down.
    fn note(
        &self,
        probe: &Probe<'_>,
        ci: Slot,
        fallen: &mut Fallen,
        meter: &mut Meter<'_>,
        fates: &mut Vec<Fate>,
    ) -> Result<(), TruncationReason> {
        let index = self.view.index;
        let links = index.outgoing(ci);
        meter.spend(links.len() as u64)?;
        let groups = links.iter().filter(|link| link.is_group());
        let mut own: Vec<u32> = groups.map(|link| link.other).collect();
        own.sort_unstable();
        let taken = fallen.cis.saturating_sub(1);
        let mut stopped = None;
        fallen.groups.retain(|group| {
            let gate = index.gate_of(*group);
            if stopped.is_some() || gate.consumer == ci || own.binary_search(group).is_ok() {
                return true;
            }
            let anyway = self.falls_anyway(probe, *group, &gate, meter);
            let noted = anyway.and_then(|anyway| {
                if !anyway {
                    meter.list(1)?;
                    fates.push((*group, taken, ci));
                }
                Ok(!anyway)
            });
            noted.unwrap_or_else(|reason| {
                stopped = Some(reason);
                true
            })
        });
        stopped.map_or(Ok(()), Err)
    }

    /// Whether what else the consumer needs leaves it as bad as the group does. What depends on the
    /// consumer itself does not count: it may be down because the consumer is.
    fn falls_anyway(
        &self,
        probe: &Probe<'_>,
        group: u32,
        gate: &Gate,
        meter: &mut Meter<'_>,
    ) -> Result<bool, TruncationReason> {
        let (index, consumer) = (self.view.index, gate.consumer);
        let by_group = gate.strength.apply(self.level);
        let independent = |link: &&Link| !self.circles.share(consumer, other(**link));
        let links = index.incoming(consumer);
        meter.spend(links.len() as u64)?;
        let mut plain = links.iter().filter(|link| !link.is_group()).filter(independent);
        if plain.any(|link| strength(*link).apply(probe.state(other(*link))) >= by_group) {
            return Ok(true);
        }
        for link in links.iter().filter(|link| link.is_group() && link.other != group) {
            let members = index.members(link.other);
            meter.spend(members.len() as u64)?;
            let mut bad = [0; 3];
            for member in members.iter().filter(independent) {
                lose(self.view, link.other, *member, probe.state(other(*member)), &mut bad);
            }
            if index.gate_of(link.other).output(bad) >= by_group {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn other(link: Link) -> Slot {
    Slot::new(link.other)
}

/// What fell with a CI and with those it surely takes down.
#[derive(Clone, Default)]
struct Fallen {
    /// How many CIs.
    cis: usize,
    /// The groups that lost too much, by number; without those whose consumer falls anyway.
    groups: Vec<u32>,
}

/// What groups lost by the failures that stand on each other.
struct Losses {
    /// By group number.
    bad: Vec<[u64; 3]>,
    /// What was added, in order: group, and how much at which level.
    added: Vec<(u32, [u64; 3])>,
    /// By height: how much of it came from below.
    heights: Vec<usize>,
}

impl Losses {
    fn new(groups: usize) -> Self {
        Self {
            bad: vec![[0; 3]; groups],
            added: Vec::new(),
            heights: Vec::new(),
        }
    }

    /// Takes back what was added at this height and above.
    fn take_back(&mut self, height: usize) {
        let keep = self.heights.get(height).copied().unwrap_or(self.added.len());
        for (group, more) in self.added.drain(keep..) {
            let bad = &mut self.bad[group as usize];
            for (bad, more) in bad.iter_mut().zip(more) {
                *bad -= more;
            }
        }
        self.heights.truncate(height);
        self.heights.push(keep);
    }

    /// A member got worse, which is given by a link of its group.
    fn add(&mut self, view: ImpactView<'_>, group: u32, link: Link, [from, to]: [ImpactState; 2]) {
        let (mut before, mut more) = ([0; 3], [0; 3]);
        lose(view, group, link, from, &mut before);
        lose(view, group, link, to, &mut more);
        for (more, before) in more.iter_mut().zip(before) {
            *more -= before;
        }
        if more != [0; 3] {
            for (bad, more) in self.bad[group as usize].iter_mut().zip(more) {
                *bad += more;
            }
            self.added.push((group, more));
        }
    }

    /// The groups to which something was added at the last height; some come again.
    fn newly(&self) -> impl Iterator<Item = u32> + '_ {
        let from = self.heights.last().copied().unwrap_or(0);
        self.added[from..].iter().map(|(group, _)| *group)
    }
}
