//! Where grounded groups lean on each other: section 2.10 of the law, as far as it is topology.
//!
//! A group that says `grounded` must not be held up by its own consumer round a circle. That can
//! happen only inside a strongly connected component of the graph of grounded memberships, so
//! these components, usually few and small, are all that a question has to look at a second time.

use std::collections::BTreeSet;

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::FxHashMap;

use super::{DependencyIndex, Link};
use crate::graph::Slot;
use crate::model::{ImpactState, Strength};

/// The states below which support can be lost, worst first.
const LEVELS: [ImpactState; 3] = [ImpactState::Down, ImpactState::Degraded, ImpactState::AtRisk];

/// CIs that hold each other up through grounded groups.
#[derive(Clone, Debug, Default)]
pub struct Grounding {
    /// Each with two members or more, its CIs by slot.
    components: Vec<Vec<Slot>>,
    /// Component and place among all CIs of components, by slot number.
    places: FxHashMap<u32, Place>,
    /// By place and level: after how many others the CI can be derived with nothing failed.
    ranks: Vec<[u32; 3]>,
    /// CIs that cannot be derived at some level even then, also outside of components, by slot.
    exempt: Vec<Slot>,
}

/// Where a CI stands among those that hold each other up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The component.
    pub(crate) component: u32,
    number: u32,
}

/// The rank of a CI that cannot be derived.
const UNDERIVED: u32 = u32::MAX;

/// The least state of a source from which `wanted` arrives; `None` where it never does.
pub(crate) fn needed(strength: Strength, wanted: ImpactState) -> Option<ImpactState> {
    let mut states = ImpactState::ALL.into_iter();
    states.find(|state| strength.apply(*state) >= wanted)
}

impl Grounding {
    /// Finds the components: linear in groups and in the members of grounded ones.
    ///
    /// `strength` says what a membership carries to its group; [`DependencyIndex::grounding`] is
    /// this with the strengths as they are.
    pub(crate) fn new(index: &DependencyIndex, strength: impl Fn(u32, Link) -> Strength) -> Self {
        let groups: Vec<u32> = (0u32..)
            .zip(index.triggers())
            .filter(|(_, trigger)| trigger.grounded)
            .map(|(group, _)| group)
            .collect();
        let mut grounding = Self::with_components(index, &groups);
        if grounding.components.is_empty() {
            return grounding;
        }
        let mut exempt = BTreeSet::new();
        for level in LEVELS {
            let derivation = Derivation::new(index, &groups, level, &strength);
            for slot in grounding.components.iter().flatten() {
                let place = grounding.places[&slot.number()];
                let rank = derivation.ranks.get(&slot.number()).copied().unwrap_or(UNDERIVED);
                grounding.ranks[place.number as usize][column(level)] = rank;
            }
            exempt.extend(derivation.waiting.into_keys().map(Slot::new));
        }
        grounding.exempt = exempt.into_iter().collect();
        grounding
    }

    fn with_components(index: &DependencyIndex, groups: &[u32]) -> Self {
        let mut graph: DiGraph<Slot, ()> = DiGraph::new();
        let mut nodes: FxHashMap<u32, NodeIndex> = FxHashMap::default();
        let mut node = |graph: &mut DiGraph<Slot, ()>, slot: Slot| {
            *nodes.entry(slot.number()).or_insert_with(|| graph.add_node(slot))
        };
        for group in groups {
            let consumer = node(&mut graph, index.consumer(*group));
            for link in index.members(*group) {
                let member = node(&mut graph, Slot::new(link.other));
                graph.add_edge(member, consumer, ());
            }
        }
        let mut grounding = Self::default();
        for nodes in kosaraju_scc(&graph).into_iter().filter(|nodes| nodes.len() > 1) {
            let mut slots: Vec<Slot> = nodes.into_iter().map(|node| graph[node]).collect();
            slots.sort_unstable();
            let component = u32::try_from(grounding.components.len()).unwrap_or(u32::MAX);
            for slot in &slots {
                let place = Place {
                    component,
                    number: u32::try_from(grounding.places.len()).unwrap_or(u32::MAX),
                };
                grounding.places.insert(slot.number(), place);
            }
            grounding.components.push(slots);
        }
        grounding.ranks = vec![[UNDERIVED; 3]; grounding.places.len()];
        grounding
    }

    /// Whether no grounded group leans on its own consumer: then both readings agree.
    pub fn is_empty(&self) -> bool {
        self.components.is_empty()
    }

    /// The components, each by slot.
    pub fn components(&self) -> &[Vec<Slot>] {
        &self.components
    }

    /// Where a CI stands, if it is in a component.
    #[inline]
    pub(crate) fn place(&self, slot: Slot) -> Option<Place> {
        self.places.get(&slot.number()).copied()
    }

    /// After how many others a CI of a component can be derived to be better than `level` when
    /// nothing has failed; `None` for one that stands on nothing but CIs that stand on it, an island.
    /// Such a CI is read as if its groups were not grounded.
    #[inline]
    pub(crate) fn rank(&self, place: Place, level: ImpactState) -> Option<u32> {
        let rank = self.ranks[place.number as usize][column(level)];
        (rank != UNDERIVED).then_some(rank)
    }

    /// The CIs whose grounded groups stand, at some level, on nothing but each other even when
    /// nothing has failed, by slot.
    pub fn exempt(&self) -> &[Slot] {
        &self.exempt
    }
}

fn column(level: ImpactState) -> usize {
    usize::from(level.level().clamp(1, 3)) - 1
}

/// The order in which CIs can be derived to be better than a level from CIs that need no support,
/// with nothing failed: the least fixpoint of the law's Y, breadth first.
struct Derivation {
    /// By slot number.
    ranks: FxHashMap<u32, u32>,
    /// Consumers that cannot be derived, by slot number, and the groups they wait for.
    waiting: FxHashMap<u32, u32>,
}

impl Derivation {
    fn new(
        index: &DependencyIndex,
        groups: &[u32],
        level: ImpactState,
        strength: &impl Fn(u32, Link) -> Strength,
    ) -> Self {
        let mut derivation = Self {
            ranks: FxHashMap::default(),
            waiting: FxHashMap::default(),
        };
        // Weight that each group still lacks.
        let mut lacking: FxHashMap<u32, u64> = FxHashMap::default();
        for group in groups {
            let gate = index.gate_of(*group);
            if needed(gate.strength, level) != Some(level) {
                continue;
            }
            let members = index.members(*group).iter();
            let certain = members.filter(|link| needed(strength(*group, **link), level) != Some(level));
            let certain: u64 = certain
                .map(|link| u64::from(index.weight(*link, *group, link.other)))
                .sum();
            if certain < gate.up_min {
                lacking.insert(*group, gate.up_min - certain);
                *derivation.waiting.entry(gate.consumer.number()).or_default() += 1;
            }
        }
        let mut ready = derivation.ready_at_once(index, groups);
        let mut next = 0;
        while let Some(slot) = ready.get(next).copied() {
            derivation.ranks.insert(slot, u32::try_from(next).unwrap_or(UNDERIVED));
            next += 1;
            for link in index.outgoing(Slot::new(slot)).iter().filter(|link| link.is_group()) {
                let group = link.other;
                let Some(lack) = lacking.get_mut(&group) else {
                    continue;
                };
                if needed(strength(group, Link { other: slot, ..*link }), level) != Some(level) {
                    continue;
                }
                *lack = lack.saturating_sub(u64::from(index.weight(*link, group, slot)));
                if *lack == 0 {
                    lacking.remove(&group);
                    let consumer = index.consumer(group).number();
                    ready.extend(derivation.is_ready(consumer).then_some(consumer));
                }
            }
        }
        derivation
    }

    /// The CIs of grounded groups that wait for nothing, by slot.
    fn ready_at_once(&self, index: &DependencyIndex, groups: &[u32]) -> Vec<u32> {
        let mut ready: Vec<u32> = Vec::new();
        for group in groups {
            let members = index.members(*group).iter().map(|link| link.other);
            let cis = members.chain([index.consumer(*group).number()]);
            ready.extend(cis.filter(|slot| !self.waiting.contains_key(slot)));
        }
        ready.sort_unstable();
        ready.dedup();
        ready
    }

    /// One group that the consumer waited for holds: whether that was the last one.
    fn is_ready(&mut self, consumer: u32) -> bool {
        let Some(left) = self.waiting.get_mut(&consumer) else {
            return false;
        };
        *left -= 1;
        let ready = *left == 0;
        if ready {
            self.waiting.remove(&consumer);
        }
        ready
    }
}
