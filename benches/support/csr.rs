//! What the engine is compared with: raw breadth-first walks over a hand-made CSR of the arcs it has.
//!
//! They know no states, strengths or groups, so they go further where redundancy absorbs a failure.

use linchpin::graph::{Estate, Slot};
use linchpin::model::Strength;

/// CIs whose closures are measured to find the typical ones.
const SAMPLE: usize = 2_000;

/// CIs asked for each size of closure, so that one of them does not decide.
const ROOTS: usize = 15;

/// CIs looked at to find the one with the widest closure.
const HUBS: usize = 20;

/// Compressed sparse rows: the arcs of a CI are `targets[starts[ci]..starts[ci + 1]]`.
pub(crate) struct Csr {
    starts: Vec<u32>,
    targets: Vec<u32>,
    seen: Vec<bool>,
    queue: Vec<u32>,
}

impl Csr {
    /// Of pairs of a source and a target, between CIs below a bound.
    pub(crate) fn new(mut arcs: Vec<(u32, u32)>, cis: usize) -> Self {
        arcs.sort_unstable();
        let cis = u32::try_from(cis).expect("it fits");
        let before = |ci: u32| arcs.partition_point(|(source, _)| *source < ci);
        Self {
            starts: (0..=cis)
                .map(|ci| u32::try_from(before(ci)).expect("it fits"))
                .collect(),
            targets: arcs.iter().map(|(_, target)| *target).collect(),
            seen: vec![false; cis as usize],
            queue: Vec::new(),
        }
    }

    fn cis(&self) -> u32 {
        u32::try_from(self.seen.len()).expect("it fits")
    }

    /// Arcs that leave a CI.
    pub(crate) fn degree(&self, ci: u32) -> usize {
        (self.starts[ci as usize + 1] - self.starts[ci as usize]) as usize
    }

    /// The CIs with the most arcs, those with the widest closures first.
    pub(crate) fn hubs(&mut self) -> Vec<u32> {
        let mut by_degree: Vec<u32> = (0..self.cis()).collect();
        by_degree.sort_unstable_by_key(|ci| std::cmp::Reverse(self.degree(*ci)));
        by_degree.truncate(HUBS);
        by_degree.sort_by_cached_key(|ci| std::cmp::Reverse(self.closure(&[*ci])));
        by_degree
    }

    /// CIs with closures of about the size that so many of a hundred keep below.
    pub(crate) fn around<const PERCENTS: usize>(&mut self, percents: [usize; PERCENTS]) -> [Vec<u32>; PERCENTS] {
        let (mut random, cis) = (fastrand::Rng::with_seed(11), self.cis());
        let mut sample: Vec<(usize, u32)> = (0..SAMPLE)
            .map(|_| random.u32(0..cis))
            .map(|root| (self.closure(&[root]), root))
            .collect();
        sample.sort_unstable();
        percents.map(|percent| {
            let at = (SAMPLE * percent / 100).saturating_sub(ROOTS / 2).min(SAMPLE - ROOTS);
            sample[at..at + ROOTS].iter().map(|(_, root)| *root).collect()
        })
    }

    /// How many CIs can be reached from these, themselves included.
    pub(crate) fn closure(&mut self, roots: &[u32]) -> usize {
        self.queue.clear();
        for root in roots {
            if !std::mem::replace(&mut self.seen[*root as usize], true) {
                self.queue.push(*root);
            }
        }
        let mut next = 0;
        while let Some(ci) = self.queue.get(next).copied() {
            next += 1;
            let range = self.starts[ci as usize] as usize..self.starts[ci as usize + 1] as usize;
            for target in &self.targets[range] {
                if !std::mem::replace(&mut self.seen[*target as usize], true) {
                    self.queue.push(*target);
                }
            }
        }
        for ci in &self.queue {
            self.seen[*ci as usize] = false;
        }
        next
    }

    /// The arcs that leave any CI that can be reached from these.
    pub(crate) fn arcs_within(&mut self, roots: &[u32]) -> usize {
        self.closure(roots);
        self.queue.iter().map(|ci| self.degree(*ci)).sum()
    }
}

/// Every way in which a failure travels, source and target, from relationships and from members that
/// groups list.
pub(crate) fn arcs(estate: &Estate) -> Vec<(u32, u32)> {
    let mut arcs = Vec::new();
    let columns = estate.columns();
    let mut push = |source: Slot, target: Slot, strength: Strength| {
        if strength != Strength::NONE && source != target && columns.takes_part(source) && columns.takes_part(target) {
            arcs.push((source.number(), target.number()));
        }
    };
    for relationship in estate.relationships() {
        let definition = estate.catalog().relationship_type(relationship.relationship_type());
        let definition = definition.expect("relationships have a type");
        let forward = relationship.forward().unwrap_or(definition.forward);
        let reverse = relationship.reverse().unwrap_or(definition.reverse);
        push(relationship.from(), relationship.to(), forward);
        push(relationship.to(), relationship.from(), reverse);
    }
    for group in estate.groups() {
        for member in &group.members {
            if let (Some(source), Some(target)) = (estate.slot_of(member.ci), estate.slot_of(group.consumer)) {
                push(source, target, member.strength);
            }
        }
    }
    arcs
}
