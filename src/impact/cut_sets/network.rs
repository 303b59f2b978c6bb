//! What must come about for a target to fall, as a network of OR and AT LEAST.
//!
//! A *fact* is that a CI is at a level or worse. It holds where the CI fails, where a plain arc brings it
//! from a fact about the source, and where enough members of a group are lost. Facts that bring each
//! other about over plain arcs alone need no node of their own: a node stands for a fact that some
//! group or the target looks at, and holds all CIs whose failure surely brings that about.
//!
//! So CIs that are in the same nodes are the same to the target, and are one class: a disk, its server
//! and the one instance on it.

use std::borrow::Cow;
use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::graph::Slot;
use crate::graph::dependency::{Gate, Grounding, Link, needed};
use crate::impact::dependence::Dependence;
use crate::impact::reading::Carry;
use crate::impact::ungrounded::grounding;
use crate::model::ImpactState;

use super::family::Class;
use super::meter::{Meter, Stop};

/// So much weight of these must be lost, each a fact or a node, with its weight.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct AtLeast {
    pub(super) need: u64,
    pub(super) members: Vec<(u32, u64)>,
}

/// How a node comes about.
#[derive(Debug)]
pub(super) enum Formula {
    /// It has.
    Always,
    /// By any of these.
    Any {
        /// Classes of CIs, ascending.
        own: Vec<Class>,
        /// Other nodes.
        parts: Vec<u32>,
        /// Groups through which nobody may be held up by itself: members of the same block are those of the
        /// derivation (section 2.10 of the law).
        derived: Vec<AtLeast>,
    },
    /// By losing so much.
    AtLeast(AtLeast),
}

/// A node.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) formula: Formula,
    /// The nodes derived together with it, through grounded groups in a circle.
    pub(super) block: Option<u32>,
}

/// The network of a target at a level; its node is the first.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) nodes: Vec<Node>,
    /// The candidates of each class, by their places, ascending; class 1 is the first.
    pub(super) classes: Vec<Vec<u32>>,
    /// Blocks there are.
    pub(super) blocks: usize,
}

/// A fact as the arcs and groups tell it. Facts are numbered by place in the dependence and level.
#[derive(Debug, Default)]
struct Fact {
    always: bool,
    candidate: Option<u32>,
    /// Facts that surely bring it about.
    plain: Vec<u32>,
    groups: Vec<AtLeast>,
    derived: Vec<AtLeast>,
    block: Option<u32>,
}

struct Builder<'m, 'p, 'a> {
    meter: &'m mut Meter<'p, 'a>,
    dependence: &'m Dependence,
    /// By place in the dependence.
    candidates: Vec<Option<u32>>,
    grounding: Option<Cow<'a, Grounding>>,
    facts: Vec<Option<Fact>>,
    /// Which node stands for a fact.
    node_of: FxHashMap<u32, u32>,
    node_of_group: FxHashMap<AtLeast, u32>,
    blocks: FxHashMap<(u32, u8), u32>,
    nodes: Vec<Node>,
    /// Facts that have a node, whose formula is not known.
    waiting: VecDeque<(u32, u32)>,
    /// By candidate: the nodes it is in, ascending.
    nodes_with: Vec<Vec<u32>>,
    /// By fact: the last node that met it.
    met: Vec<u32>,
}

const LEVELS: u32 = 4;

impl Network {
    /// The network of the first of `dependence`, which nothing has brought to `level`. `candidates` may be
    /// in a cut set, and no others.
    ///
    /// Costs each link once, and each fact once for every node that it is part of.
    pub(super) fn new(
        meter: &mut Meter<'_, '_>,
        dependence: &Dependence,
        candidates: &[Slot],
        level: ImpactState,
    ) -> Result<Self, Stop> {
        let cis = dependence.found().len();
        let mut by_place = vec![None; cis];
        for (number, slot) in (0..).zip(candidates) {
            if let Some(place) = dependence.place(*slot) {
                by_place[place] = Some(number);
            }
        }
        let reading = meter.probe.reading();
        let index = meter.probe.view().index;
        let grounding = reading.grounded.then(|| grounding(index, reading));
        let mut builder = Builder {
            meter,
            dependence,
            candidates: by_place,
            grounding: grounding.filter(|grounding| !grounding.is_empty()),
            facts: std::iter::repeat_with(|| None).take(cis * LEVELS as usize).collect(),
            node_of: FxHashMap::default(),
            node_of_group: FxHashMap::default(),
            blocks: FxHashMap::default(),
            nodes: Vec::new(),
            waiting: VecDeque::new(),
            nodes_with: vec![Vec::new(); candidates.len()],
            met: vec![u32::MAX; cis * LEVELS as usize],
        };
        builder.node_of(u32::from(level.level()))?;
        while let Some((fact, node)) = builder.waiting.pop_front() {
            builder.gather(fact, node)?;
        }
        builder.finish()
    }

    /// The candidates of a class.
    pub(super) fn candidates(&self, class: Class) -> &[u32] {
        let place = usize::from(class).checked_sub(1);
        place
            .and_then(|place| self.classes.get(place))
            .map_or(&[], Vec::as_slice)
    }
}

/// The least level of a source from which `level` arrives; `None` where it never does.
fn source_level(carry: Carry, level: u8) -> Option<u8> {
    (1..=3).find(|source| carry[usize::from(*source)] >= level)
}

/// At which level members count for each line of a gate that decides about a level, and how much may
/// be lost.
fn lines(gate: &Gate, level: ImpactState) -> Vec<(u8, u64)> {
    let slack = |threshold: u64| gate.total - threshold;
    let [k, d, r] = [gate.up_min, gate.capacity_min, gate.spare_min].map(slack);
    match level {
        ImpactState::Ok => Vec::new(),
        ImpactState::AtRisk => vec![(1, k), (2, r)],
        ImpactState::Degraded => vec![(2, k), (3, d)],
        ImpactState::Down => vec![(3, k)],
    }
}

impl Builder<'_, '_, '_> {
    fn fact(place: usize, level: u8) -> u32 {
        u32::try_from(place).unwrap_or(u32::MAX) * LEVELS + u32::from(level)
    }

    /// Reads what brings a fact about, once.
    fn read(&mut self, number: u32) -> Result<(), Stop> {
        if self.facts[number as usize].is_none() {
            let fact = self.fact_of((number / LEVELS) as usize, (number % LEVELS) as u8)?;
            self.facts[number as usize] = Some(fact);
        }
        Ok(())
    }

    fn fact_of(&mut self, place: usize, level: u8) -> Result<Fact, Stop> {
        let mut fact = Fact::default();
        let slot = self.dependence.found()[place].slot;
        let probe = &*self.meter.probe;
        if probe.before(slot).level() >= level {
            fact.always = true;
            return Ok(fact);
        }
        if !probe.can_fail(slot) {
            return Ok(fact);
        }
        fact.candidate = self.candidates[place];
        let index = probe.view().index;
        let incoming = index.incoming(slot);
        self.meter.spend(incoming.len())?;
        for link in incoming.iter().filter(|link| !link.is_group()) {
            let carry = self.meter.probe.reading().plain(*link);
            let source = self.dependence.place(Slot::new(link.other));
            if let (Some(source), Some(level)) = (source, source_level(carry, level)) {
                fact.plain.push(Self::fact(source, level));
            }
        }
        fact.block = self.block(slot, level);
        for link in incoming.iter().filter(|link| link.is_group()) {
            self.add_group(&mut fact, link.other, level)?;
        }
        Ok(fact)
    }

    /// The block of a fact: those of CIs that are derived from each other, at one level.
    fn block(&mut self, slot: Slot, level: u8) -> Option<u32> {
        let grounding = self.grounding.as_ref()?;
        let place = grounding.place(slot)?;
        grounding.rank(place, ImpactState::from_level(level))?;
        let next = u32::try_from(self.blocks.len()).unwrap_or(u32::MAX);
        Some(*self.blocks.entry((place.component, level)).or_insert(next))
    }

    fn add_group(&mut self, fact: &mut Fact, group: u32, level: u8) -> Result<(), Stop> {
        let index = self.meter.probe.view().index;
        let gate = index.gate_of(group);
        let Some(state) = needed(gate.strength, ImpactState::from_level(level)) else {
            return Ok(());
        };
        let members = index.members(group);
        for (member_level, slack) in lines(&gate, state) {
            self.meter.spend(members.len() + 1)?;
            let mut line = AtLeast {
                need: slack + 1,
                members: Vec::new(),
            };
            for link in members {
                if let Some(source) = self.member(*link, group, member_level, &mut line.need) {
                    let weight = u64::from(index.weight(*link, group, link.other));
                    line.members.push((source, weight));
                }
            }
            if line.need == 0 {
                fact.always = true;
            }
            let grounded = fact.block.is_some() && index.triggers()[group as usize].grounded;
            if grounded && state.level() == level && member_level == level {
                fact.derived.push(line);
                continue;
            }
            // Who breaks the gate alone is as good as a plain arc, and the others need each other.
            let need = line.need;
            let alone = line.members.iter().filter(|(_, weight)| *weight >= need);
            fact.plain.extend(alone.map(|(source, _)| *source));
            line.members.retain(|(_, weight)| *weight < need);
            if line.members.iter().map(|(_, weight)| weight).sum::<u64>() >= need {
                fact.groups.push(line);
            }
        }
        Ok(())
    }

    /// The fact that a member counts as lost; nothing where it never is. One that is lost already lowers
    /// the need.
    fn member(&self, link: Link, group: u32, level: u8, need: &mut u64) -> Option<u32> {
        let (probe, slot) = (&*self.meter.probe, Slot::new(link.other));
        let index = probe.view().index;
        let carry = probe.reading().member(index, link, group, link.other);
        let level = source_level(carry, level)?;
        if probe.before(slot).level() >= level {
            *need = need.saturating_sub(u64::from(index.weight(link, group, link.other)));
            return None;
        }
        let place = self.dependence.place(slot).filter(|_| probe.can_fail(slot))?;
        Some(Self::fact(place, level))
    }

    /// The node of a fact.
    fn node_of(&mut self, fact: u32) -> Result<u32, Stop> {
        if let Some(node) = self.node_of.get(&fact) {
            return Ok(*node);
        }
        self.read(fact)?;
        let block = self.facts[fact as usize].as_ref().and_then(|fact| fact.block);
        let node = self.add_node(Formula::Always, block);
        self.node_of.insert(fact, node);
        self.waiting.push_back((fact, node));
        Ok(node)
    }

    fn add_node(&mut self, formula: Formula, block: Option<u32>) -> u32 {
        self.nodes.push(Node { formula, block });
        u32::try_from(self.nodes.len() - 1).unwrap_or(u32::MAX)
    }

    /// The same of nodes instead of facts.
    fn of_nodes(&mut self, line: &AtLeast) -> Result<AtLeast, Stop> {
        let mut members = Vec::with_capacity(line.members.len());
        for (fact, weight) in &line.members {
            members.push((self.node_of(*fact)?, *weight));
        }
        members.sort_unstable();
        let need = line.need;
        Ok(AtLeast { need, members })
    }

    fn node_of_group(&mut self, line: &AtLeast) -> Result<u32, Stop> {
        let line = self.of_nodes(line)?;
        if let Some(node) = self.node_of_group.get(&line) {
            return Ok(*node);
        }
        let node = self.add_node(Formula::AtLeast(line.clone()), None);
        self.node_of_group.insert(line, node);
        Ok(node)
    }

    /// Collects whatever brings the fact of a node about.
    fn gather(&mut self, fact: u32, node: u32) -> Result<(), Stop> {
        let (mut open, mut parts, mut derived) = (vec![fact], Vec::new(), Vec::new());
        let mut own = Vec::new();
        self.met[fact as usize] = node;
        while let Some(number) = open.pop() {
            self.meter.spend(1)?;
            self.read(number)?;
            let Some(found) = self.facts[number as usize].take() else {
                continue;
            };
            if found.always {
                self.facts[number as usize] = Some(found);
                return Ok(());
            }
            if found.block.is_some() && number != fact {
                self.facts[number as usize] = Some(found);
                parts.push(self.node_of(number)?);
                continue;
            }
            own.extend(found.candidate);
            for source in &found.plain {
                if self.met[*source as usize] != node {
                    self.met[*source as usize] = node;
                    open.push(*source);
                }
            }
            self.meter.spend(found.plain.len())?;
            for line in &found.groups {
                parts.push(self.node_of_group(line)?);
            }
            for line in &found.derived {
                derived.push(self.of_nodes(line)?);
            }
            self.facts[number as usize] = Some(found);
        }
        for candidate in own {
            let nodes = &mut self.nodes_with[candidate as usize];
            if nodes.last() != Some(&node) {
                nodes.push(node);
            }
        }
        parts.sort_unstable();
        parts.dedup();
        self.nodes[node as usize].formula = Formula::Any {
            own: Vec::new(),
            parts,
            derived,
        };
        Ok(())
    }

    /// Puts candidates that are in the same nodes into one class.
    fn finish(mut self) -> Result<Network, Stop> {
        let mut class_of: FxHashMap<&[u32], usize> = FxHashMap::default();
        let mut classes: Vec<Vec<u32>> = Vec::new();
        for (candidate, nodes) in (0..).zip(&self.nodes_with) {
            if nodes.is_empty() {
                continue;
            }
            let class = *class_of.entry(nodes).or_insert(classes.len());
            if class == classes.len() {
                classes.push(Vec::new());
                let number = Class::try_from(classes.len()).map_err(|_| Stop::TooLarge)?;
                for node in nodes {
                    if let Formula::Any { own, .. } = &mut self.nodes[*node as usize].formula {
                        own.push(number);
                    }
                }
            }
            classes[class].push(candidate);
        }
        Ok(Network {
            nodes: self.nodes,
            classes,
            blocks: self.blocks.len(),
        })
    }
}
