//! `SHARED_FATE`: what takes a redundant group down at once.
//!
//! Every CI that members of redundant groups stand on is let fail once, for all groups together, and
//! the groups that lose too much are counted. Only what members stand on is looked at, and only
//! states as bad as the group can get, so most failures touch little.

use crate::graph::Slot;
use crate::graph::dependency::{Circles, Gate, Link};
use crate::impact::probe::{Mark, Probe, ProbeError};
use crate::impact::question::{ImpactView, Premises};
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
        let start = probe.mark();
        let mut losses = Losses::new(index.group_numbers(), start);
        for ci in candidates {
            let visited = probe.arcs_visited();
            let failed = probe.fail_down(ci, |_, _| false);
            meter.spend(probe.arcs_visited() - visited)?;
            failed?;
            self.count(&probe, ci, &mut losses, meter, fates)?;
            probe.undo(start);
        }
        Ok(())
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

    /// Counts what groups lost by the failure of `ci`, and notes those that lost too much.
    fn count(
        &self,
        probe: &Probe<'_>,
        ci: Slot,
        losses: &mut Losses,
        meter: &mut Meter<'_>,
        fates: &mut Vec<Fate>,
    ) -> Result<(), TruncationReason> {
        let mut taken = 0;
        // A CI that rose several times counts as what it ended as.
        let ended = probe
            .risen_since(losses.start)
            .filter(|(slot, state)| probe.state(*slot) == *state);
        for (slot, state) in ended {
            taken += usize::from(slot != ci);
            let links = self.view.index.outgoing(slot);
            meter.spend(links.len() as u64)?;
            for link in links.iter().filter(|link| link.is_group()) {
                let group = link.other;
                if self.redundant.worst(group) != self.level {
                    continue;
                }
                if slot == ci {
                    losses.own.push(group);
                    continue;
                }
                let bad = losses.of(group);
                let as_member = Link {
                    other: slot.number(),
                    ..*link
                };
                lose(self.view, group, as_member, state, bad);
            }
        }
        losses.own.sort_unstable();
        for group in losses.touched.drain(..) {
            let bad = std::mem::take(&mut losses.bad[group as usize]);
            let gate = self.view.index.gate_of(group);
            let is_below = gate.consumer != ci && losses.own.binary_search(&group).is_err();
            let falls = is_below && gate.state(bad) >= self.level;
            if falls && !self.falls_anyway(probe, group, &gate, meter)? {
                meter.list(1)?;
                fates.push((group, taken, ci));
            }
        }
        losses.own.clear();
        Ok(())
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

/// What groups lost by one failure.
struct Losses {
    /// Before anything failed.
    start: Mark,
    /// By group number; zero again after each failure.
    bad: Vec<[u64; 3]>,
    touched: Vec<u32>,
    /// The groups in which the failed CI is a member itself.
    own: Vec<u32>,
}

impl Losses {
    fn new(groups: usize, start: Mark) -> Self {
        Self {
            start,
            bad: vec![[0; 3]; groups],
            touched: Vec::new(),
            own: Vec::new(),
        }
    }

    fn of(&mut self, group: u32) -> &mut [u64; 3] {
        let bad = &mut self.bad[group as usize];
        if *bad == [0; 3] {
            self.touched.push(group);
        }
        bad
    }
}
