//! The cut sets of all nodes of a network, from the bottom up.
//!
//! For any set of failures alone, what holds of the network is a least fixpoint; the families are that
//! of all sets up to a size at once. Nodes are looked at after all they are made of, and again when
//! something of it has changed, which happens in circles only.
//!
//! Members of grounded groups in a circle are a greatest fixpoint inside of that (section 2.10 of the
//! law): who cannot be derived from others is lost. It begins with everybody lost, and the derivation
//! takes back who is not.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::family::{Family, Set, at_least};
use super::meter::{Meter, Stop};
use super::network::{AtLeast, Formula, Network};

/// The minimal cut sets of the target up to a size, in classes.
pub(super) fn solve(network: &Network, size_max: usize, meter: &mut Meter<'_, '_>) -> Result<Family, Stop> {
    let mut solver = Solver::new(network, size_max);
    while let Some(Reverse((_, node))) = solver.open.pop() {
        solver.is_open[node as usize] = false;
        solver.look_at(node, meter)?;
    }
    let target = solver.families.into_iter().next();
    Ok(target.unwrap_or_default())
}

struct Solver<'n> {
    network: &'n Network,
    size_max: usize,
    families: Vec<Family>,
    /// By node: its place in an order in which it comes after all it is made of, circles aside. A
    /// block comes as a whole.
    order: Vec<u32>,
    /// By node: who is made of it.
    users: Vec<Vec<u32>>,
    /// By block.
    blocks: Vec<Vec<u32>>,
    open: BinaryHeap<Reverse<(u32, u32)>>,
    is_open: Vec<bool>,
    held: usize,
}

/// Shows the nodes of which a node is made.
fn each_part(formula: &Formula, mut show: impl FnMut(u32)) {
    match formula {
        Formula::Always => {}
        Formula::AtLeast(line) => line.members.iter().for_each(|(member, _)| show(*member)),
        Formula::Any { parts, derived, .. } => {
            let members = derived.iter().flat_map(|line| &line.members);
            for part in parts.iter().chain(members.map(|(member, _)| member)) {
                show(*part);
            }
        }
    }
}

impl<'n> Solver<'n> {
    fn new(network: &'n Network, size_max: usize) -> Self {
        let count = network.nodes.len();
        let mut users = vec![Vec::new(); count];
        let mut blocks = vec![Vec::new(); network.blocks];
        for (number, node) in (0..).zip(&network.nodes) {
            each_part(&node.formula, |part| users[part as usize].push(number));
            if let Some(block) = node.block {
                blocks[block as usize].push(number);
            }
        }
        let mut order = order(network);
        for nodes in &blocks {
            let last = nodes.iter().map(|node: &u32| order[*node as usize]).max();
            for node in nodes {
                order[*node as usize] = last.unwrap_or_default();
            }
        }
        let open = (0..).zip(&order).map(|(node, place)| Reverse((*place, node)));
        Self {
            network,
            size_max,
            families: vec![Family::never(); count],
            open: open.collect(),
            is_open: vec![true; count],
            order,
            users,
            blocks,
            held: 0,
        }
    }

    /// Works a node or its block out anew, and has those looked at again that are made of it.
    fn look_at(&mut self, node: u32, meter: &mut Meter<'_, '_>) -> Result<(), Stop> {
        let Some(block) = self.network.nodes[node as usize].block else {
            let family = self.evaluate(node, None, meter)?;
            return self.set(node, family, meter);
        };
        let nodes = std::mem::take(&mut self.blocks[block as usize]);
        for node in &nodes {
            self.is_open[*node as usize] = false;
        }
        let derived = self.derive(&nodes, block, meter)?;
        for (node, family) in nodes.iter().zip(derived) {
            self.set(*node, family, meter)?;
        }
        self.blocks[block as usize] = nodes;
        Ok(())
    }

    fn set(&mut self, node: u32, family: Family, meter: &Meter<'_, '_>) -> Result<(), Stop> {
        let known = &mut self.families[node as usize];
        if *known == family {
            return Ok(());
        }
        self.held = self.held + family.sets().len() - known.sets().len();
        *known = family;
        meter.hold(self.held)?;
        for user in &self.users[node as usize] {
            if !std::mem::replace(&mut self.is_open[*user as usize], true) {
                self.open.push(Reverse((self.order[*user as usize], *user)));
            }
        }
        Ok(())
    }

    /// The greatest families of a block that agree with each other, everything else as it is.
    fn derive(&self, nodes: &[u32], block: u32, meter: &mut Meter<'_, '_>) -> Result<Vec<Family>, Stop> {
        let mut derived = vec![Family::always(); nodes.len()];
        loop {
            let mut changed = false;
            for (place, node) in nodes.iter().enumerate() {
                let lost = |member: u32| -> Option<&Family> {
                    let inside = self.network.nodes[member as usize].block == Some(block);
                    let place = nodes.binary_search(&member).ok().filter(|_| inside)?;
                    Some(&derived[place])
                };
                let family = self.evaluate(*node, Some(&lost), meter)?;
                if family != derived[place] {
                    derived[place] = family;
                    changed = true;
                }
            }
            if !changed {
                return Ok(derived);
            }
        }
    }

    /// What a formula says now. `derived` knows the members of the block under way.
    fn evaluate<'s>(
        &'s self,
        node: u32,
        derived: Option<&dyn Fn(u32) -> Option<&'s Family>>,
        meter: &mut Meter<'_, '_>,
    ) -> Result<Family, Stop> {
        let families = &self.families;
        let known = |member: u32| &families[member as usize];
        match &self.network.nodes[node as usize].formula {
            Formula::Always => Ok(Family::always()),
            Formula::AtLeast(line) => self.lost(line, known, meter),
            Formula::Any {
                own,
                parts,
                derived: lines,
            } => {
                let mut sets: Vec<Set> = own.iter().map(|class| Set::single(*class)).collect();
                for part in parts {
                    sets.extend_from_slice(known(*part).sets());
                }
                for line in lines {
                    let lost = |member: u32| {
                        let of_block = derived.and_then(|derived| derived(member));
                        of_block.unwrap_or(&families[member as usize])
                    };
                    sets.extend_from_slice(self.lost(line, lost, meter)?.sets());
                }
                meter.spend(sets.len())?;
                Ok(Family::minimal(sets))
            }
        }
    }

    /// What brings about that so much of the members is lost.
    fn lost<'s>(
        &self,
        line: &AtLeast,
        family: impl Fn(u32) -> &'s Family,
        meter: &mut Meter<'_, '_>,
    ) -> Result<Family, Stop> {
        let mut need = line.need;
        let mut members: Vec<(&Family, u64)> = Vec::with_capacity(line.members.len());
        for (member, weight) in &line.members {
            let family = family(*member);
            if family.is_always() {
                need = need.saturating_sub(*weight);
            } else if !family.sets().is_empty() {
                members.push((family, *weight));
            }
        }
        at_least(need, &members, self.size_max, meter)
    }
}

/// A place for each node, after all it is made of where there is no circle: a walk in depth.
fn order(network: &Network) -> Vec<u32> {
    const NONE: u32 = u32::MAX;
    let parts: Vec<Vec<u32>> = network
        .nodes
        .iter()
        .map(|node| {
            let mut parts = Vec::new();
            each_part(&node.formula, |part| parts.push(part));
            parts
        })
        .collect();
    let mut order = vec![NONE; parts.len()];
    let mut met = vec![false; parts.len()];
    let mut next = 0;
    for start in (0..).take(parts.len()) {
        let mut way: Vec<(u32, usize)> = Vec::new();
        if !std::mem::replace(&mut met[start as usize], true) {
            way.push((start, 0));
        }
        while let Some((node, place)) = way.last_mut() {
            if let Some(part) = parts[*node as usize].get(*place).copied() {
                *place += 1;
                if !std::mem::replace(&mut met[part as usize], true) {
                    way.push((part, 0));
                }
            } else {
                order[*node as usize] = next;
                next += 1;
                way.pop();
            }
        }
    }
    order
}
