//! Which failures bring a target to a level: bounds first, and trials where they leave it open.
//!
//! Every trial decides more than itself. If a failure does not bring the target to the level, no CI
//! that it takes down does so alone; if it does, so does every CI that surely takes it down
//! (section 2.6 of the law: a fixpoint extended by what it holds already stays as it is).

use crate::graph::Slot;
use crate::model::ImpactState;

use super::dependence::{Dependence, each_way, when_down};
use super::probe::Probe;
use super::report::TruncationReason;

/// The best and the worst state, as levels, that the target may end in when one CI alone goes down.
#[derive(Clone, Copy, Debug)]
struct Bound {
    low: u8,
    high: u8,
}

/// The bounds of everything that one target depends on, by place in the [`Dependence`].
#[derive(Debug)]
pub(super) struct Bounds {
    bounds: Vec<Bound>,
}

impl Bounds {
    /// What the walk alone tells. `before` is the state of the target with nothing failed.
    pub(super) fn new(dependence: &Dependence, before: ImpactState) -> Self {
        let bounds = dependence.found().iter().map(|one| Bound {
            low: when_down(one.certain).max(before.level()),
            high: when_down(one.potential).max(before.level()),
        });
        Self {
            bounds: bounds.collect(),
        }
    }

    /// The state that the target ends in, where that is known.
    pub(super) fn known(&self, place: usize) -> Option<ImpactState> {
        let Bound { low, high } = self.bounds[place];
        (low == high).then(|| ImpactState::from_level(low))
    }

    /// Whether the target surely comes to this level.
    pub(super) fn reaches(&self, place: usize, level: ImpactState) -> bool {
        self.bounds[place].low >= level.level()
    }

    /// Whether it is open if the target comes to this level.
    pub(super) fn is_open(&self, place: usize, level: ImpactState) -> bool {
        let Bound { low, high } = self.bounds[place];
        low < level.level() && high >= level.level()
    }

    /// How many CIs it is open of.
    pub(super) fn open(&self, level: ImpactState) -> usize {
        (0..self.bounds.len())
            .filter(|place| self.is_open(*place, level))
            .count()
    }

    /// Decides of every CI whether it brings the target to this level. The probe has the level as its
    /// floor, or a better state; nothing has failed in it, and it is confined to what the target
    /// depends on, or to more.
    ///
    /// From both ends. The farthest take down the most others, of which none is tried if the failure
    /// is harmless. The nearest take down the fewest, and if it is not harmless, nobody need fall
    /// farther than to them. Whichever end has cost less so far is next, so that all costs at most
    /// about twice as much as from the better end alone.
    pub(super) fn decide(
        &mut self,
        probe: &mut Probe<'_>,
        dependence: &Dependence,
        level: ImpactState,
    ) -> Result<(), TruncationReason> {
        let found = dependence.found();
        let Some(target) = found.first().map(|one| one.slot) else {
            return Ok(());
        };
        let (mut nearest, mut farthest) = (0, found.len());
        // Links that trials from the nearest and from the farthest have cost.
        let mut costs = [0, 0];
        while nearest < farthest {
            let is_near = costs[0] < costs[1];
            let place = if is_near {
                nearest += 1;
                nearest - 1
            } else {
                farthest -= 1;
                farthest
            };
            if !self.is_open(place, level) {
                continue;
            }
            let slot = found[place].slot;
            if probe.before(slot) == ImpactState::Down {
                self.rule_out(place, level);
                continue;
            }
            let (mark, links) = (probe.mark(), probe.arcs_visited());
            let tried = probe.fail_down(slot, |hit, state| {
                let known = || dependence.place(hit).is_some_and(|place| self.reaches(place, level));
                hit == target && state >= level || hit != slot && state == ImpactState::Down && known()
            });
            if tried == Ok(false) {
                for (fallen, state) in probe.risen_since(mark) {
                    if let Some(fallen) = dependence.place(fallen).filter(|_| state == ImpactState::Down) {
                        self.rule_out(fallen, level);
                    }
                }
            }
            probe.undo(mark);
            costs[usize::from(!is_near)] += 1 + probe.arcs_visited() - links;
            if tried? {
                self.confirm(probe, dependence, slot, level)?;
            }
        }
        Ok(())
    }

    fn rule_out(&mut self, place: usize, level: ImpactState) {
        let bound = &mut self.bounds[place];
        bound.high = bound.high.min(level.level().saturating_sub(1)).max(bound.low);
    }

    /// `slot` brings the target to `level`, and so does whoever surely takes `slot` down.
    fn confirm(
        &mut self,
        probe: &mut Probe<'_>,
        dependence: &Dependence,
        slot: Slot,
        level: ImpactState,
    ) -> Result<(), TruncationReason> {
        let mut confirmed = vec![slot];
        while let Some(slot) = confirmed.pop() {
            let Some(place) = dependence.place(slot).filter(|place| !self.reaches(*place, level)) else {
                continue;
            };
            self.bounds[place].low = level.level();
            each_way(probe, slot, |way| {
                if when_down(way.alone) == ImpactState::Down.level() {
                    confirmed.push(way.source);
                }
            })?;
        }
        Ok(())
    }
}
