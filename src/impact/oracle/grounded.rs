//! The grounded reading, straight from its definition in section 2.10 of the law.

use std::collections::BTreeSet;

use super::{Model, States, raise, slot, strength};
use crate::graph::Slot;
use crate::graph::dependency::Carrier;
use crate::impact::question::{ImpactQuestion, StartingState};
use crate::model::ImpactState;

/// Who is better than the level under consideration.
type Better = Vec<bool>;

/// One level of one evaluation.
struct AtLevel<'a> {
    model: &'a Model,
    question: &'a ImpactQuestion,
    own: &'a States,
    /// The states that are worse than the level.
    worse: &'a States,
    level: ImpactState,
    /// Whose members are looked up in X, grounded or not.
    exempt: Better,
    with_failed_arcs: bool,
    with_pins: bool,
}

impl Model {
    /// The states before and after, with groups that say `grounded` read so.
    pub(in crate::impact) fn evaluate_grounded(&self, question: &ImpactQuestion) -> (States, States) {
        let mut own = vec![ImpactState::Ok; self.rows.len()];
        if question.premises.starting_state == StartingState::Current {
            own = self.rows.iter().map(|row| row.current).collect();
        }
        raise(&mut own, &question.premises.starting_failed);
        let before = self.grounded_fixpoint(question, &own, false);
        let mut failed = before.clone();
        raise(&mut failed, &question.failed);
        let after = self.grounded_fixpoint(question, &failed, true);
        (before, after)
    }

    /// The CIs that are not grounded at some level even with nothing failed.
    pub(in crate::impact) fn islands(&self) -> BTreeSet<Slot> {
        let (question, healthy) = (ImpactQuestion::default(), vec![ImpactState::Ok; self.rows.len()]);
        let levels = [ImpactState::Down, ImpactState::Degraded, ImpactState::AtRisk].into_iter();
        let islands = levels.flat_map(|level| {
            let nothing_failed = AtLevel {
                model: self,
                question: &question,
                own: &healthy,
                worse: &healthy,
                level,
                exempt: vec![false; healthy.len()],
                with_failed_arcs: false,
                with_pins: false,
            };
            let grounded = nothing_failed.least(&vec![true; healthy.len()]).into_iter().enumerate();
            let islands: Vec<Slot> = grounded
                .filter(|(_, grounded)| !grounded)
                .map(|(ci, _)| slot(ci))
                .collect();
            islands
        });
        islands.collect()
    }

    fn grounded_fixpoint(&self, question: &ImpactQuestion, own: &States, with_failed_arcs: bool) -> States {
        let cis = self.rows.len();
        let healthy = vec![ImpactState::Ok; cis];
        let mut states = healthy.clone();
        for level in [ImpactState::Down, ImpactState::Degraded, ImpactState::AtRisk] {
            let nothing_failed = AtLevel {
                model: self,
                question,
                own: &healthy,
                worse: &healthy,
                level,
                exempt: vec![false; cis],
                with_failed_arcs: false,
                with_pins: false,
            };
            let grounded_at_baseline = nothing_failed.least(&vec![true; cis]);
            let at_level = AtLevel {
                own,
                worse: &states,
                exempt: grounded_at_baseline.iter().map(|grounded| !grounded).collect(),
                with_failed_arcs,
                with_pins: true,
                ..nothing_failed
            };
            let better = at_level.greatest();
            for (state, better) in states.iter_mut().zip(better) {
                if !better {
                    *state = (*state).max(level);
                }
            }
        }
        states
    }
}

impl AtLevel<'_> {
    /// The greatest X that is the least Y it allows.
    fn greatest(&self) -> Better {
        let mut x = vec![true; self.own.len()];
        loop {
            let y = self.least(&x);
            if y == x {
                return x;
            }
            x = y;
        }
    }

    fn least(&self, x: &Better) -> Better {
        let mut y = vec![false; self.own.len()];
        loop {
            let next: Better = (0..y.len()).map(|ci| self.holds(ci, x, &y)).collect();
            if next == y {
                return y;
            }
            y = next;
        }
    }

    /// Section 2.5 at this level for one CI.
    fn holds(&self, ci: usize, x: &Better, y: &Better) -> bool {
        let pin = self.question.premises.assumed.iter().find(|pin| pin.slot == slot(ci));
        if let Some(pin) = pin.filter(|_| self.with_pins) {
            return pin.state < self.level;
        }
        if self.own[ci] >= self.level {
            return false;
        }
        let question = ImpactQuestion {
            failed_arcs: if self.with_failed_arcs {
                self.question.failed_arcs.clone()
            } else {
                Vec::new()
            },
            ..self.question.clone()
        };
        let in_x = self.states(x);
        let plain = self.model.arcs.iter().all(|arc| {
            let state = if question.failed_arcs.contains(arc) {
                ImpactState::Down
            } else {
                in_x[arc.source.index()]
            };
            arc.target != slot(ci)
                || arc.carrier != Carrier::Plain
                || strength(&question, arc).apply(state) < self.level
        });
        let groups = self.model.groups.iter().filter(|(_, group)| group.consumer == slot(ci));
        plain
            && groups.into_iter().all(|(key, group)| {
                let in_y = group.grounded && !self.exempt[ci];
                let states = if in_y { self.states(y) } else { in_x.clone() };
                self.model.gate(&question, &states, *key).output < self.level
            })
    }

    /// The worst states that this knowledge of the level allows for.
    fn states(&self, better: &Better) -> States {
        let states = self.worse.iter().zip(better);
        states
            .map(|(worse, better)| match (*worse, better) {
                (worse, _) if worse > self.level => worse,
                (_, true) => ImpactState::Ok,
                (_, false) => self.level,
            })
            .collect()
    }
}
