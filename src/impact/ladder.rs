//! In which order to try candidates so that nothing is worked out twice.
//!
//! If the failure of one CI surely brings another to some state, whatever else there is, then what
//! the first predicts is what the second in that state predicts, and more. So the second is tried
//! first and the first on top of it (section 2.6 of the law: extending a fixpoint gives the same as
//! starting anew), and only what is added is looked at. A thousand candidates that each bring a
//! core switch down cost one fall of what hangs on it, not a thousand.

use crate::graph::Slot;
use crate::graph::dependency::{DependencyIndex, Link};
use crate::model::ImpactState;

use super::probe::{Mark, Probe};
use super::question::FailedCi;
use super::reading::Reading;
use super::report::TruncationReason;

const NONE: u32 = u32::MAX;

/// A CI in a state, to be tried on top of another.
#[derive(Clone, Copy, Debug)]
struct Rung {
    failed: FailedCi,
    /// The rung below, which this one brings about by itself.
    below: u32,
    /// About how much it brings about: to choose the rung below by.
    weight: u32,
    done: bool,
    is_candidate: bool,
    is_needed: bool,
}

/// A rung whose consequences are being looked at.
struct Open {
    rung: u32,
    links_seen: usize,
    best: u32,
    best_weight: u32,
    weight: u32,
}

/// All candidates, each on the greatest of its sure consequences: a forest.
#[derive(Debug)]
pub(super) struct Ladder {
    rungs: Vec<Rung>,
    /// The rungs that stand on nothing.
    feet: Vec<u32>,
    /// Where the rungs above a rung begin in `above`; one longer than `rungs`.
    starts: Vec<u32>,
    above: Vec<u32>,
}

/// Some of the rungs, each with all that it stands on.
#[derive(Debug)]
pub(super) struct Route(Vec<bool>);

/// A rung that has been tried.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) slot: Slot,
    /// Whether this is the failure of a candidate, or only a step to one.
    pub(super) is_candidate: bool,
    /// The rungs below it.
    pub(super) height: usize,
    /// Before it failed and after the rungs below it had.
    pub(super) mark: Mark,
}

struct Builder<'a, Hits, Charge> {
    index: &'a DependencyIndex,
    reading: &'a Reading,
    can_be_hit: Hits,
    charge: Charge,
    rungs: Vec<Rung>,
    /// By slot and level: the number of the rung and 1.
    places: Vec<u32>,
    open: Vec<Open>,
}

impl Ladder {
    /// Looks at the sure consequences of all candidates, each link at most three times. No
    /// recursion. `can_be_hit` says of whom consequences are told: not of those assumed, nor of those
    /// outside of what the probe is confined to.
    ///
    /// # Errors
    ///
    /// Where `charge` refuses more links.
    pub(super) fn new(
        index: &DependencyIndex,
        reading: &Reading,
        candidates: &[Slot],
        can_be_hit: impl Fn(u32) -> bool,
        charge: impl FnMut(usize) -> Result<(), TruncationReason>,
    ) -> Result<Self, TruncationReason> {
        let slots = candidates.iter().map(|slot| slot.index() + 1).max().unwrap_or(0);
        let mut builder = Builder {
            index,
            reading,
            can_be_hit,
            charge,
            rungs: Vec::with_capacity(candidates.len()),
            places: vec![0; slots.max(index.slots()) * 4],
            open: Vec::new(),
        };
        for slot in candidates {
            let down = ImpactState::Down.level();
            let rung = match builder.places[place(slot.number(), down)] {
                0 => builder.open(slot.number(), down)?,
                known => known - 1,
            };
            builder.run()?;
            builder.rungs[rung as usize].is_candidate = true;
        }
        Ok(Self::of(builder.rungs))
    }

    /// Leaves out rungs no candidate stands on, and turns the rest upside down.
    fn of(mut rungs: Vec<Rung>) -> Self {
        for candidate in 0..rungs.len() {
            let mut at = candidate;
            if !rungs[at].is_candidate {
                continue;
            }
            while !rungs[at].is_needed {
                rungs[at].is_needed = true;
                match rungs[at].below {
                    NONE => break,
                    below => at = below as usize,
                }
            }
        }
        let mut starts = vec![0u32; rungs.len() + 1];
        let mut feet = Vec::new();
        for (number, rung) in (0u32..).zip(&rungs).filter(|(_, rung)| rung.is_needed) {
            match rung.below {
                NONE => feet.push(number),
                below => starts[below as usize + 1] += 1,
            }
        }
        for rung in 0..rungs.len() {
            starts[rung + 1] += starts[rung];
        }
        let mut next = starts.clone();
        let mut above = vec![0; starts[rungs.len()] as usize];
        for (number, rung) in (0u32..).zip(&rungs) {
            if rung.is_needed && rung.below != NONE {
                let next = &mut next[rung.below as usize];
                above[*next as usize] = number;
                *next += 1;
            }
        }
        Self {
            rungs,
            feet,
            starts,
            above,
        }
    }

    fn above(&self, rung: u32) -> &[u32] {
        let (start, end) = (self.starts[rung as usize], self.starts[rung as usize + 1]);
        &self.above[start as usize..end as usize]
    }

    /// The rungs to climb so that these candidates are tried: they, and those that they stand on.
    pub(super) fn to(&self, mut is_wanted: impl FnMut(Slot) -> bool) -> Route {
        let mut route = vec![false; self.rungs.len()];
        for (number, rung) in self.rungs.iter().enumerate() {
            if !rung.is_candidate || !is_wanted(rung.failed.slot) {
                continue;
            }
            let mut at = number;
            while !std::mem::replace(&mut route[at], true) {
                match self.rungs[at].below {
                    NONE => break,
                    below => at = below as usize,
                }
            }
        }
        Route(route)
    }

    /// Tries every candidate on top of what has failed and hands each rung to `tried`, with what it
    /// made of the rung below, which is `start` at the bottom. It makes something of this rung, and
    /// says whether the rungs above are worth trying: they bring about all that this one does. With a
    /// route no other rungs are tried. Leaves the probe as it was.
    ///
    /// # Errors
    ///
    /// Where the budget does not last, and where `tried` gives up.
    pub(super) fn climb<T>(
        &self,
        probe: &mut Probe<'_>,
        route: Option<&Route>,
        start: T,
        mut tried: impl FnMut(&Probe<'_>, Step, &T) -> Result<(T, bool), TruncationReason>,
    ) -> Result<(), TruncationReason> {
        struct Standing<'a, T> {
            mark: Mark,
            made: T,
            left: &'a [u32],
        }
        let bottom = probe.mark();
        let mut standing = vec![Standing {
            mark: bottom,
            made: start,
            left: &self.feet,
        }];
        while let Some(top) = standing.last_mut() {
            let Some((rung, left)) = top.left.split_first() else {
                probe.undo(top.mark);
                standing.pop();
                continue;
            };
            top.left = left;
            if route.is_some_and(|route| !route.0[*rung as usize]) {
                continue;
            }
            let mark = probe.mark();
            let Rung {
                failed, is_candidate, ..
            } = self.rungs[*rung as usize];
            let run = probe.fail(&[failed], |_, _| false);
            let height = standing.len() - 1;
            let step = Step {
                slot: failed.slot,
                is_candidate,
                height,
                mark,
            };
            match run.and_then(|_| tried(probe, step, &standing[height].made)) {
                Ok((made, go_on)) => {
                    let left = if go_on { self.above(*rung) } else { &[] };
                    standing.push(Standing { mark, made, left });
                }
                Err(reason) => {
                    probe.undo(bottom);
                    return Err(reason);
                }
            }
        }
        Ok(())
    }
}

const fn place(slot: u32, level: u8) -> usize {
    slot as usize * 4 + level as usize
}

impl<Hits, Charge> Builder<'_, Hits, Charge>
where
    Hits: Fn(u32) -> bool,
    Charge: FnMut(usize) -> Result<(), TruncationReason>,
{
    fn open(&mut self, slot: u32, level: u8) -> Result<u32, TruncationReason> {
        (self.charge)(self.index.outgoing(Slot::new(slot)).len())?;
        // A rung for a slot and a level: four times the slots, which are less than 2^30.
        let rung = u32::try_from(self.rungs.len()).unwrap_or(NONE);
        self.rungs.push(Rung {
            failed: FailedCi {
                slot: Slot::new(slot),
                state: ImpactState::from_level(level),
            },
            below: NONE,
            weight: 0,
            done: false,
            is_candidate: false,
            is_needed: false,
        });
        self.places[place(slot, level)] = rung + 1;
        self.open.push(Open {
            rung,
            links_seen: 0,
            best: NONE,
            best_weight: 0,
            weight: 1,
        });
        Ok(rung)
    }

    /// Depth first, so that a rung is weighed when all it can stand on has been; what is still open
    /// stands on this very rung and is passed over, so that no rung stands on itself.
    fn run(&mut self) -> Result<(), TruncationReason> {
        while let Some(top) = self.open.last_mut() {
            let rung = top.rung;
            let FailedCi { slot, state } = self.rungs[rung as usize].failed;
            let link = self.index.outgoing(slot).get(top.links_seen).copied();
            top.links_seen += 1;
            let Some(link) = link else {
                let (best, weight) = (top.best, top.weight);
                self.open.pop();
                let closed = &mut self.rungs[rung as usize];
                (closed.below, closed.weight, closed.done) = (best, weight, true);
                self.weigh(rung);
                continue;
            };
            let Some((target, level)) = self.arriving(slot.number(), state.level(), link) else {
                continue;
            };
            match self.places[place(target, level)] {
                0 => {
                    self.open(target, level)?;
                }
                known => self.weigh(known - 1),
            }
        }
        Ok(())
    }

    /// Considers a rung as the one that the open one stands on.
    fn weigh(&mut self, rung: u32) {
        let Rung { weight, done, .. } = self.rungs[rung as usize];
        if let Some(top) = self.open.last_mut().filter(|_| done) {
            top.weight = top.weight.saturating_add(weight);
            if weight > top.best_weight {
                (top.best, top.best_weight) = (rung, weight);
            }
        }
    }

    /// Whom a link surely hits, and how badly, whatever the state of others.
    fn arriving(&self, source: u32, level: u8, link: Link) -> Option<(u32, u8)> {
        let (target, level) = if link.is_group() {
            let group = link.other;
            let carry = self.reading.member(self.index, link, group, source);
            let contributed = carry[usize::from(level)];
            if contributed == 0 {
                return None;
            }
            let weight = self.index.weight(link, group, source);
            let bad = [1, 2, 3].map(|level| if level <= contributed { weight } else { 0 });
            let trigger = &self.index.triggers()[group as usize];
            let output = if trigger.is_wide {
                self.index.gate_of(group).output(bad.map(u64::from)).level()
            } else {
                trigger.output(bad)
            };
            (trigger.consumer.number(), output)
        } else {
            (link.other, self.reading.plain(link)[usize::from(level)])
        };
        (level > 0 && level >= self.reading.floor && (self.can_be_hit)(target)).then_some((target, level))
    }
}
