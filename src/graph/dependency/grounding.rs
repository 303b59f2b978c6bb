//! Where grounded groups lean on each other: section 2.10 of the law, as far as it is topology.
//!
//! A group that says `grounded` must not be held up by its own consumer round a circle. That can
//! happen only inside a strongly connected component of the graph of grounded memberships, so
//! these components, usually few and small, are all that a question has to look at a second time.

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::{FxHashMap, FxHashSet};

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
    /// Component and place in it, by slot number.
    places: FxHashMap<u32, (u32, u32)>,
    /// By level: CIs that stand on nothing but each other even when nothing has failed.
    exempt: [FxHashSet<u32>; 3],
    /// All of these, by slot.
    exempt_at_some_level: Vec<Slot>,
}

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
        if !grounding.components.is_empty() {
            for level in LEVELS {
                grounding.exempt[usize::from(level.level()) - 1] = ungrounded(index, &groups, level, &strength);
            }
            let all: FxHashSet<u32> = grounding.exempt.iter().flatten().copied().collect();
            let mut all: Vec<Slot> = all.into_iter().map(Slot::new).collect();
            all.sort_unstable();
            grounding.exempt_at_some_level = all;
        }
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
        for component in kosaraju_scc(&graph) {
            if component.len() < 2 {
                continue;
            }
            let mut slots: Vec<Slot> = component.into_iter().map(|node| graph[node]).collect();
            slots.sort_unstable();
            let number = u32::try_from(grounding.components.len()).unwrap_or(u32::MAX);
            for (place, slot) in (0u32..).zip(&slots) {
                grounding.places.insert(slot.number(), (number, place));
            }
            grounding.components.push(slots);
        }
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

    /// The component of a CI and its place in it.
    #[inline]
    pub(crate) fn place(&self, slot: Slot) -> Option<(u32, u32)> {
        self.places.get(&slot.number()).copied()
    }

    /// Whether a CI stands, at this level, on nothing but CIs that stand on it even when nothing
    /// has failed: an island. Such a CI is read as if its groups were not grounded.
    pub fn is_exempt(&self, slot: Slot, level: ImpactState) -> bool {
        let place = usize::from(level.level().clamp(1, 3)) - 1;
        self.exempt[place].contains(&slot.number())
    }

    /// All CIs that are exempt at some level, by slot.
    pub fn exempt(&self) -> &[Slot] {
        &self.exempt_at_some_level
    }
}

/// The consumers that cannot be derived to be better than `level` from CIs that need no support,
/// with nothing failed: what is left over by the least fixpoint of the law's Y.
fn ungrounded(
    index: &DependencyIndex,
    groups: &[u32],
    level: ImpactState,
    strength: &impl Fn(u32, Link) -> Strength,
) -> FxHashSet<u32> {
    // Weight that each group still lacks, and groups that each consumer still waits for.
    let mut lacking: FxHashMap<u32, u64> = FxHashMap::default();
    let mut waiting: FxHashMap<u32, u32> = FxHashMap::default();
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
            *waiting.entry(gate.consumer.number()).or_default() += 1;
        }
    }
    let mut ready: Vec<u32> = Vec::new();
    for group in groups.iter().filter(|group| lacking.contains_key(group)) {
        let members = index.members(*group).iter().map(|link| link.other);
        ready.extend(members.filter(|member| !waiting.contains_key(member)));
    }
    ready.sort_unstable();
    ready.dedup();
    while let Some(slot) = ready.pop() {
        for link in index.outgoing(Slot::new(slot)).iter().filter(|link| link.is_group()) {
            let group = link.other;
            let Some(lack) = lacking.get_mut(&group) else {
                continue;
            };
            if needed(strength(group, Link { other: slot, ..*link }), level) != Some(level) {
                continue;
            }
            *lack = lack.saturating_sub(u64::from(index.weight(*link, group, slot)));
            if *lack > 0 {
                continue;
            }
            lacking.remove(&group);
            let consumer = index.consumer(group).number();
            if let Some(left) = waiting.get_mut(&consumer) {
                *left -= 1;
                if *left == 0 {
                    waiting.remove(&consumer);
                    ready.push(consumer);
                }
            }
        }
    }
    waiting.into_keys().collect()
}
