//! Which CIs can be hit by each other's failures: circles of arcs and memberships that carry.

use super::{DependencyIndex, Link};
use crate::graph::Slot;
use crate::model::Strength;

/// In place of a circle: the CI is in none.
const NONE: u32 = u32::MAX;

/// The strongly connected components with two CIs or more, over everything that carries.
#[derive(Clone, Debug)]
pub struct Circles {
    /// The circle of each CI, by slot.
    of: Vec<u32>,
}

impl Circles {
    /// Whether two CIs are in one circle: O(1). A CI alone is in none, not even with itself.
    pub fn share(&self, one: Slot, other: Slot) -> bool {
        let circle = |slot: Slot| self.of.get(slot.index()).copied().unwrap_or(NONE);
        circle(one) != NONE && circle(one) == circle(other)
    }
}

/// A walk in depth: Tarjan's algorithm, with a stack of its own because circles are as long as an
/// estate may be wide. Time O(slots + links), 16 bytes a slot.
#[derive(Debug)]
struct Walk {
    /// In which order CIs were met, from 1 on; 0 for not yet.
    met: Vec<u32>,
    /// The first met of those that the walk came back to from here.
    low: Vec<u32>,
    /// The circle, once it is known.
    of: Vec<u32>,
    /// Met, and circle not known.
    open: Vec<u32>,
    /// The way to where the walk is, each with the links that have been looked at.
    way: Vec<(u32, usize)>,
    count: u32,
    circles: u32,
}

impl DependencyIndex {
    /// Finds the circles: linear in CIs and links. `spend` is told of every CI with its links before
    /// they are walked, and its error ends the walk.
    ///
    /// # Errors
    ///
    /// What `spend` says.
    pub fn circles<E>(&self, mut spend: impl FnMut(u64) -> Result<(), E>) -> Result<Circles, E> {
        let slots = self.slots();
        let mut walk = Walk {
            met: vec![0; slots],
            low: vec![0; slots],
            of: vec![NONE; slots],
            open: Vec::new(),
            way: Vec::new(),
            count: 0,
            circles: 0,
        };
        for start in (0u32..).take(slots) {
            if walk.met[start as usize] != 0 {
                continue;
            }
            walk.enter(start);
            while let Some((slot, position)) = walk.way.last_mut() {
                let links = self.outgoing(Slot::new(*slot));
                if *position == 0 {
                    spend(1 + links.len() as u64)?;
                }
                if let Some(link) = links.get(*position) {
                    *position += 1;
                    if let Some(target) = self.carries_to(*link) {
                        walk.look_at(target);
                    }
                } else {
                    walk.leave();
                }
            }
        }
        Ok(Circles { of: walk.of })
    }

    /// Whom a link carries anything to.
    fn carries_to(&self, link: Link) -> Option<u32> {
        if link.strength == Strength::NONE.number() {
            return None;
        }
        if !link.is_group() {
            return Some(link.other);
        }
        let gate = self.gate_of(link.other);
        (gate.strength != Strength::NONE).then_some(gate.consumer.number())
    }
}

impl Walk {
    fn enter(&mut self, slot: u32) {
        self.count += 1;
        self.met[slot as usize] = self.count;
        self.low[slot as usize] = self.count;
        self.open.push(slot);
        self.way.push((slot, 0));
    }

    /// Goes on to `target`, or notes that the walk came back to it.
    fn look_at(&mut self, target: u32) {
        let met = self.met[target as usize];
        if met == 0 {
            self.enter(target);
        } else if met != CLOSED
            && let Some((slot, _)) = self.way.last()
        {
            let low = &mut self.low[*slot as usize];
            *low = met.min(*low);
        }
    }

    /// All links of the last CI on the way are walked.
    fn leave(&mut self) {
        let Some((slot, _)) = self.way.pop() else {
            return;
        };
        let low = self.low[slot as usize];
        if let Some((parent, _)) = self.way.last() {
            let parent = &mut self.low[*parent as usize];
            *parent = low.min(*parent);
        }
        if low == self.met[slot as usize] {
            self.close(slot);
        }
    }

    /// All that were met since `first` and are open lead back to it.
    fn close(&mut self, first: u32) {
        let is_alone = self.open.last() == Some(&first);
        while let Some(slot) = self.open.pop() {
            self.met[slot as usize] = CLOSED;
            if !is_alone {
                self.of[slot as usize] = self.circles;
            }
            if slot == first {
                break;
            }
        }
        self.circles += u32::from(!is_alone);
    }
}

/// In place of the order in which a CI was met: its circle is known.
const CLOSED: u32 = u32::MAX;

#[cfg(test)]
mod tests {
    use petgraph::algo::kosaraju_scc;
    use petgraph::graph::{DiGraph, NodeIndex};
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::graph::dependency::{Carrier, GroupKey, GroupParameters, ImpactArc};
    use crate::model::{PoolId, Thresholds, Weight};

    const CIS: u32 = 9;

    /// An index of plain arcs and pools; each arc is source, target, whether by a pool, and strength.
    fn index(arcs: &[(u32, u32, bool, u8)]) -> DependencyIndex {
        let mut index = DependencyIndex::default();
        for slot in (0..CIS).map(Slot::new) {
            index.add_ci(slot);
            let pool = PoolId::new(0);
            let parameters = GroupParameters {
                consumer: slot,
                thresholds: Thresholds::default(),
                strength: if slot.number() == 0 {
                    Strength::NONE
                } else {
                    Strength::DOWN
                },
                grounded: false,
            };
            index.put_group(GroupKey::Pool { consumer: slot, pool }, parameters);
        }
        for (source, target, in_pool, strength) in arcs.iter().filter(|arc| arc.0 != arc.1) {
            let consumer = Slot::new(*target);
            let group = GroupKey::Pool {
                consumer,
                pool: PoolId::new(0),
            };
            let member = Carrier::Member {
                group,
                weight: Weight::ONE,
            };
            index.add(&ImpactArc {
                source: Slot::new(*source),
                target: consumer,
                strength: Strength::from_number(*strength).expect("below 14"),
                relationship_type: None,
                carrier: if *in_pool { member } else { Carrier::Plain },
            });
        }
        index
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn circles_are_the_components_that_petgraph_finds(
            arcs in vec((0..CIS, 0..CIS, any::<bool>(), 0..3u8), 0..20),
        ) {
            let mut graph: DiGraph<u32, ()> = DiGraph::new();
            let nodes: Vec<NodeIndex> = (0..CIS).map(|slot| graph.add_node(slot)).collect();
            for (source, target, in_pool, strength) in &arcs {
                let carries = *strength != 0 && !(*in_pool && *target == 0);
                if source != target && carries {
                    graph.add_edge(nodes[*source as usize], nodes[*target as usize], ());
                }
            }
            let components = kosaraju_scc(&graph);
            let circles = index(&arcs).circles(|_| Ok::<(), ()>(())).expect("no limit");
            for one in 0..CIS {
                for other in 0..CIS {
                    let shared = components.iter().any(|nodes| {
                        let has = |slot: u32| nodes.contains(&NodeIndex::from(slot));
                        nodes.len() > 1 && has(one) && has(other)
                    });
                    prop_assert_eq!(circles.share(Slot::new(one), Slot::new(other)), shared);
                }
            }
        }
    }

    #[test]
    fn a_circle_as_long_as_the_estate_takes_no_stack() {
        let mut index = DependencyIndex::default();
        let length = 200_000;
        for slot in 0..length {
            index.add_ci(Slot::new(slot));
        }
        for source in 0..length {
            index.add(&ImpactArc {
                source: Slot::new(source),
                target: Slot::new((source + 1) % length),
                strength: Strength::DOWN,
                relationship_type: None,
                carrier: Carrier::Plain,
            });
        }
        let mut visited = 0;
        let circles = index.circles(|links| {
            visited += links;
            Ok::<(), ()>(())
        });
        assert!(circles.expect("no limit").share(Slot::new(0), Slot::new(length - 1)));
        assert_eq!(visited, u64::from(length) * 2);
        assert_eq!(index.circles(|_| Err("enough")).err(), Some("enough"));
    }
}
