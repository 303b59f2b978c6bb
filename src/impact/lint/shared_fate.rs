//! `SHARED_FATE`: what takes a redundant group down at once.
//!
//! Every CI that members of redundant groups stand on is let fail once, for all groups together, and
//! the groups that lose too much are counted. Only what members stand on is looked at, and only
//! states as bad as the group can get, so most failures touch little.

use crate::graph::Slot;
use crate::graph::dependency::Link;
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
/// can get into: these CIs.
pub(super) fn find(
    view: ImpactView<'_>,
    redundant: &Redundant,
    meter: &mut Meter<'_>,
    scratch: &mut Scratch,
    findings: &mut Vec<LintFinding>,
) -> Result<(), TruncationReason> {
    let mut fates: Vec<Fate> = Vec::new();
    let mut stopped = None;
    for level in LEVELS {
        let groups: Vec<u32> = redundant
            .groups()
            .filter(|group| redundant.worst(*group) == level)
            .collect();
        if stopped.is_none() && !groups.is_empty() {
            let trial = Trial { view, redundant, level };
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
        let inside = self.inside(groups, meter)?;
        let candidates = self.candidates(&inside, meter)?;
        let budget = meter.rest();
        let probe = Probe::new(self.view, &Premises::default(), self.level, &budget, scratch);
        let mut probe = match probe {
            Ok(probe) => probe,
            Err(ProbeError::Truncated(truncated)) => return Err(truncated.reason),
            // Nothing is assumed, so nothing contradicts it.
            Err(ProbeError::Impact(_)) => return Ok(()),
        };
        probe.confine(
            (0u32..)
                .zip(&inside)
                .filter(|(_, inside)| **inside)
                .map(|(slot, _)| Slot::new(slot)),
        );
        let start = probe.mark();
        let mut losses = Losses::new(self.view.index.group_numbers(), start);
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

    /// Who can bring a member to where it counts, members and all: walked back from the groups.
    fn inside(&self, groups: &[u32], meter: &mut Meter<'_>) -> Result<Vec<bool>, TruncationReason> {
        let index = self.view.index;
        let mut inside = vec![false; index.slots()];
        let mut reached: Vec<Slot> = Vec::new();
        let mut enter = |link: &Link, reached: &mut Vec<Slot>| {
            if self.carries(*link) && !std::mem::replace(&mut inside[link.other as usize], true) {
                reached.push(Slot::new(link.other));
            }
        };
        for group in groups {
            meter.spend(index.members(*group).len() as u64)?;
            for link in index.members(*group) {
                enter(link, &mut reached);
            }
        }
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
        Ok(inside)
    }

    fn carries(&self, link: Link) -> bool {
        strength(link).apply(ImpactState::Down) >= self.level
    }

    /// Whose failure can hit anybody inside, by id: so what is looked at before a limit is met does
    /// not depend on where CIs lie.
    fn candidates(&self, inside: &[bool], meter: &mut Meter<'_>) -> Result<Vec<Slot>, TruncationReason> {
        let index = self.view.index;
        let mut candidates = Vec::new();
        let all = (0u32..).zip(inside).filter(|(_, inside)| **inside);
        for slot in all.map(|(slot, _)| Slot::new(slot)) {
            let links = index.outgoing(slot);
            meter.spend(1 + links.len() as u64)?;
            let hits = |link: &Link| {
                let target = if link.is_group() {
                    index.consumer(link.other)
                } else {
                    Slot::new(link.other)
                };
                self.carries(*link) && inside[target.index()]
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
            if is_below && gate.state(bad) >= self.level {
                meter.list(1)?;
                fates.push((group, taken, ci));
            }
        }
        losses.own.clear();
        Ok(())
    }
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
