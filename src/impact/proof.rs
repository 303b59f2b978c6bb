//! The whole proof of a CI's state: all causes, not one path of them (section 3 of the law).
//!
//! A node is a CI that came to a state in a round. Its causes hold after the round before, so rounds
//! go down along them and the proof has no cycle. Only CIs that fell together for want of ground
//! name each other, as a set.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use crate::graph::Slot;
use crate::graph::dependency::GroupKey;
use crate::model::ImpactState;

use super::question::ImpactView;
use super::report::ImpactReport;
use super::witness::{Cause, Origin, broken_rule, needed, type_of};

/// All that put one CI into its state, as a directed acyclic graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The CI asked about first, then by the number of causes between.
    pub nodes: Vec<ProofNode>,
    /// Whether all causes are there; if not, some node says how many sources were left out.
    pub complete: bool,
}

/// A CI that came to a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofNode {
    /// The CI.
    pub slot: Slot,
    /// The state that matters here: what follows from it needs no worse one.
    pub state: ImpactState,
    /// The round in which it came to it; 0 for what was given.
    pub round: u32,
    /// Why there are no causes, or only a set that fell together; `None` where causes follow.
    pub origin: Option<Origin>,
    /// Each of them would have been enough.
    pub causes: Vec<ProofCause>,
    /// For [`Origin::Ungrounded`]: the nodes that fell together with this one, as places in
    /// [`Proof::nodes`].
    pub together: Vec<usize>,
    /// Of those that fell together, how many were left out for want of room.
    pub together_omitted: usize,
}

/// One sufficient cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofCause {
    /// What carried it.
    pub cause: Cause,
    /// Whose states it carried, all together, as places in [`Proof::nodes`]; by CI id.
    pub sources: Vec<usize>,
    /// How many more there are, left out for want of room.
    pub sources_omitted: usize,
}

/// A source before it has a place: who, in which state, and whether only its relationship failed.
#[derive(Clone, Copy, Debug)]
struct Source {
    slot: Slot,
    state: ImpactState,
    by_failed: bool,
}

/// A proof being put together.
struct Builder<'a> {
    report: &'a ImpactReport,
    view: ImpactView<'a>,
    nodes: Vec<ProofNode>,
    places: FxHashMap<(u32, u8, bool), usize>,
    nodes_max: usize,
    complete: bool,
}

impl ImpactReport {
    /// All causes of a CI's state, nearest first, in at most so many nodes; `None` for a CI that is
    /// `OK`.
    ///
    /// Costs, per node, what leads to the CI and the members of its groups.
    pub fn proof(&self, view: ImpactView<'_>, slot: Slot, nodes_max: usize) -> Option<Proof> {
        let state = self.after(slot);
        if state == ImpactState::Ok {
            return None;
        }
        let mut builder = Builder {
            report: self,
            view,
            nodes: Vec::new(),
            places: FxHashMap::default(),
            nodes_max: nodes_max.max(1),
            complete: true,
        };
        let asked = Source {
            slot,
            state,
            by_failed: false,
        };
        builder.place(asked);
        let mut next = 0;
        while next < builder.nodes.len() {
            builder.explain(next);
            next += 1;
        }
        Some(Proof {
            nodes: builder.nodes,
            complete: builder.complete,
        })
    }
}

impl Builder<'_> {
    /// The place of a node, made if there is room.
    fn place(&mut self, source: Source) -> Option<usize> {
        let key = (source.slot.number(), source.state.level(), source.by_failed);
        if let Some(place) = self.places.get(&key) {
            return Some(*place);
        }
        if self.nodes.len() == self.nodes_max {
            self.complete = false;
            return None;
        }
        let place = self.nodes.len();
        self.places.insert(key, place);
        self.nodes.push(self.node(source));
        Some(place)
    }

    /// A node without its causes.
    fn node(&self, source: Source) -> ProofNode {
        let reached = self
            .report
            .finder()
            .reached(&self.report.rises, source.slot, source.state);
        let origin = if source.by_failed {
            Some(Origin::FailedRelationship)
        } else if self.report.assumed.contains(&source.slot) {
            Some(Origin::Assumed)
        } else {
            match reached {
                None => Some(Origin::Starting),
                Some(0) => Some(Origin::Failed),
                Some(round) if self.report.rises.grounding.contains(&round) => Some(Origin::Ungrounded),
                Some(_) => None,
            }
        };
        ProofNode {
            slot: source.slot,
            state: source.state,
            round: if source.by_failed { 0 } else { reached.unwrap_or(0) },
            origin,
            causes: Vec::new(),
            together: Vec::new(),
            together_omitted: 0,
        }
    }

    /// Finds the causes of a node.
    fn explain(&mut self, place: usize) {
        let ProofNode {
            slot,
            state,
            round,
            origin,
            ..
        } = self.nodes[place];
        let fell = match origin {
            None => Vec::new(),
            Some(Origin::Ungrounded) => self.report.fell_together(self.view, slot, round),
            Some(Origin::Failed | Origin::Starting | Origin::Assumed | Origin::FailedRelationship) => return,
        };
        let mut found = self.plain_causes(slot, state, round);
        found.extend(self.group_causes(slot, state, round, &fell));
        for (cause, sources) in found {
            let cause = self.placed(cause, &sources);
            self.nodes[place].causes.push(cause);
        }
        let others = fell.into_iter().filter(|other| *other != slot);
        for slot in others {
            let state = state.min(self.report.after(slot));
            let other = Source {
                slot,
                state,
                by_failed: false,
            };
            match self.place(other) {
                Some(other) => self.nodes[place].together.push(other),
                None => self.nodes[place].together_omitted += 1,
            }
        }
    }

    fn placed(&mut self, cause: Cause, sources: &[Source]) -> ProofCause {
        let places: Vec<usize> = sources.iter().filter_map(|source| self.place(*source)).collect();
        ProofCause {
            cause,
            sources_omitted: sources.len() - places.len(),
            sources: places,
        }
    }

    /// Plain arcs that carry at least `state`, failed ones among them; by source and type.
    fn plain_causes(&self, target: Slot, state: ImpactState, round: u32) -> Vec<(Cause, Vec<Source>)> {
        let report = self.report;
        let links = self.view.index.incoming(target).iter().filter(|link| !link.is_group());
        let carried = links.filter_map(|link| {
            let (slot, state) = (Slot::new(link.other), needed(report.reading.plain(*link), state)?);
            let reached = report.finder().reached(&report.rises, slot, state)?;
            let by_failed = false;
            (reached < round).then_some((type_of(*link), Source { slot, state, by_failed }))
        });
        let failed = report.reading.failed_plain.iter().filter_map(|arc| {
            let hits = round == 1 && arc.target == target.number() && arc.level >= state.level();
            let slot = Slot::new(arc.source);
            let source = Source {
                slot,
                state: report.before(slot),
                by_failed: true,
            };
            hits.then_some((arc.relationship_type, source))
        });
        let mut causes: Vec<_> = carried.chain(failed).collect();
        causes.sort_by_key(|(relationship_type, source)| {
            (
                self.view.columns.id(source.slot),
                *relationship_type,
                Reverse(source.state),
            )
        });
        causes.dedup_by_key(|(relationship_type, source)| (source.slot, *relationship_type, source.by_failed));
        let cause = |(relationship_type, source)| (Cause::Relationship { relationship_type }, vec![source]);
        causes.into_iter().map(cause).collect()
    }

    /// Groups that let at least `state` through after the round before, with the members they lost.
    /// Members that `fell` together with the target count as lost and are no sources.
    fn group_causes(&self, target: Slot, state: ImpactState, round: u32, fell: &[Slot]) -> Vec<(Cause, Vec<Source>)> {
        let links = self.view.index.incoming(target).iter().filter(|link| link.is_group());
        let mut groups: Vec<(GroupKey, u32)> = links
            .filter_map(|link| Some((self.view.index.group_key(link.other)?, link.other)))
            .collect();
        groups.sort_unstable();
        let causes = groups
            .into_iter()
            .filter_map(|group| self.group_cause(group, state, round, fell));
        causes.collect()
    }

    fn group_cause(
        &self,
        (group, number): (GroupKey, u32),
        state: ImpactState,
        round: u32,
        fell: &[Slot],
    ) -> Option<(Cause, Vec<Source>)> {
        let (index, gate) = (self.view.index, self.view.index.gate_of(number));
        let has_fallen = |slot: Slot| {
            let id = self.view.columns.id(slot);
            fell.binary_search_by_key(&id, |other| self.view.columns.id(*other))
                .is_ok()
        };
        let mut bad = [0; 3];
        let mut lost = Vec::new();
        for link in index.members(number) {
            let member = Slot::new(link.other);
            let falls = has_fallen(member);
            let at = if falls { round } else { round - 1 };
            let contribution = self.report.contribution(self.view, number, *link, at);
            let weight = u64::from(index.weight(*link, number, link.other));
            for bad in &mut bad[..usize::from(contribution.level())] {
                *bad += weight;
            }
            if contribution > ImpactState::Ok && !falls {
                lost.push((*link, contribution));
            }
        }
        if gate.output(bad) < state {
            return None;
        }
        let (lost_at, needed_weight) = broken_rule(&gate, bad, gate.strength.needed(state)?)?;
        lost.retain(|(_, contribution)| *contribution >= lost_at);
        lost.sort_unstable_by_key(|(link, _)| self.view.columns.id(Slot::new(link.other)));
        let sources = lost.iter().map(|(link, _)| {
            let slot = Slot::new(link.other);
            let carry = self.report.reading.member(index, *link, number, link.other);
            let reached = needed(carry, lost_at).filter(|state| self.report.state_at(slot, round - 1) >= *state);
            Source {
                slot,
                state: reached.unwrap_or_else(|| self.report.before(slot)),
                by_failed: reached.is_none(),
            }
        });
        let relationship_type = match lost.as_slice() {
            [(link, _)] => type_of(*link),
            _ => None,
        };
        let cause = Cause::Group {
            group,
            relationship_type,
            gate,
            up: gate.total - bad[usize::from(lost_at.level()) - 1],
            lost_at,
            needed: needed_weight,
        };
        Some((cause, sources.collect()))
    }
}
