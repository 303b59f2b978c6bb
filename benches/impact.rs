//! The engine against its limit: a raw breadth-first walk over a hand-made CSR of the same arcs, in
//! turn with it, on a generated estate.
//!
//! `LINCHPIN_BENCH_CIS` is the size of the estate (default 10,000). The raw walk knows no states,
//! strengths or groups, so it goes further where redundancy absorbs a failure: the last column
//! compares by arc touched.
#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "what is measured is printed, to few digits"
)]

#[path = "support/estate.rs"]
mod estate;
#[path = "support/timing.rs"]
mod timing;

use std::hint::black_box;

use linchpin::graph::{Estate, Slot};
use linchpin::impact::{Budget, FailedCi, ImpactQuestion, ImpactReport, ImpactView, Scratch, impact};
use linchpin::model::{ImpactState, Strength};
use timing::{Times, ratio, shown};

/// CIs whose closures are measured to find the typical ones.
const SAMPLE: usize = 2_000;

/// CIs asked for each size of closure, so that one of them does not decide.
const ROOTS: usize = 15;

fn main() {
    let folder = tempfile::tempdir_in(".").expect("a folder");
    let payload = estate::write_payload(folder.path(), estate::size());
    let store = folder.path().join("store");
    let cmdb = estate::open(&store);
    estate::load(&cmdb, &payload);
    cmdb.close();
    drop(cmdb);
    // Opened anew, as after a restart.
    let snapshot = estate::open(&store).reader().snapshot();
    println!(
        "{} CIs, {} relationships",
        snapshot.ci_count(),
        snapshot.relationship_count()
    );

    let mut csr = Csr::new(&snapshot);
    let mut random = fastrand::Rng::with_seed(11);
    let cis = u32::try_from(snapshot.slot_bound()).expect("it fits");
    let mut sample: Vec<(usize, u32)> = (0..SAMPLE)
        .map(|_| random.u32(0..cis))
        .map(|root| (csr.closure(root), root))
        .collect();
    sample.sort_unstable();
    let around = |percent: usize| {
        let at = (SAMPLE * percent / 100).saturating_sub(ROOTS / 2).min(SAMPLE - ROOTS);
        sample[at..at + ROOTS].iter().map(|(_, root)| *root).collect::<Vec<_>>()
    };
    let (typical, wide, wider) = (around(50), around(90), around(99));
    let hub = csr.hub();
    let runs = if estate::is_measuring() { 30 } else { 2 };
    for (name, roots) in [
        ("median CI", typical),
        ("p90 CI", wide),
        ("p99 CI", wider),
        ("worst hub", vec![hub]),
    ] {
        compare(name, &snapshot, &mut csr, &roots, runs);
    }
}

fn compare(name: &str, estate: &Estate, csr: &mut Csr, roots: &[u32], runs: usize) {
    let mut scratch = Scratch::default();
    let (mut raw, mut engine) = (Times::default(), Times::default());
    let (mut walked, mut impacted) = (0, 0);
    for _ in 0..runs {
        walked = raw.run(|| roots.iter().map(|root| csr.closure(black_box(*root))).sum());
        impacted = engine.run(|| {
            roots
                .iter()
                .map(|root| ask(estate, black_box(*root), &mut scratch).impacted_unordered().len())
                .sum()
        });
    }
    let mut arcs = (0, 0);
    for root in roots {
        arcs.0 += csr.reached(*root).iter().map(|ci| csr.degree(*ci)).sum::<usize>();
        let report = ask(estate, *root, &mut scratch);
        let touched = report
            .impacted_unordered()
            .iter()
            .map(|ci| csr.degree(ci.slot.number()));
        arcs.1 += touched.sum::<usize>() + csr.degree(*root);
    }
    let count = u32::try_from(roots.len()).expect("it fits");
    let by_arc = ratio(engine.median(), raw.median()) * arcs.0.max(1) as f64 / arcs.1.max(1) as f64;
    println!(
        "{name}: raw {} ({} CIs, {} arcs), engine {} ({} CIs, {} arcs); {:.2} times, {by_arc:.2} by arc",
        shown(raw.median() / count),
        walked / roots.len(),
        arcs.0 / roots.len(),
        shown(engine.median() / count),
        impacted / roots.len(),
        arcs.1 / roots.len(),
        ratio(engine.median(), raw.median()),
    );
}

fn ask(estate: &Estate, root: u32, scratch: &mut Scratch) -> ImpactReport {
    let view = ImpactView {
        index: estate.dependency_index(),
        columns: estate.columns(),
    };
    let question = ImpactQuestion {
        failed: vec![FailedCi {
            slot: Slot::new(root),
            state: ImpactState::Down,
        }],
        ..ImpactQuestion::default()
    };
    impact(view, &question, &Budget::UNLIMITED, scratch).expect("nothing is assumed")
}

/// Compressed sparse rows: the arcs of a CI are `targets[starts[ci]..starts[ci + 1]]`.
struct Csr {
    starts: Vec<u32>,
    targets: Vec<u32>,
    seen: Vec<bool>,
    queue: Vec<u32>,
}

impl Csr {
    fn new(estate: &Estate) -> Self {
        let mut arcs = arcs(estate);
        arcs.sort_unstable();
        let cis = u32::try_from(estate.slot_bound()).expect("it fits");
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

    fn degree(&self, ci: u32) -> usize {
        (self.starts[ci as usize + 1] - self.starts[ci as usize]) as usize
    }

    /// The CI with the widest closure among those with the most arcs.
    fn hub(&mut self) -> u32 {
        let cis = u32::try_from(self.seen.len()).expect("it fits");
        let mut by_degree: Vec<u32> = (0..cis).collect();
        by_degree.sort_unstable_by_key(|ci| std::cmp::Reverse(self.degree(*ci)));
        by_degree.truncate(20);
        let widest = by_degree.into_iter().max_by_key(|ci| self.closure(*ci));
        widest.expect("an estate is not empty")
    }

    fn closure(&mut self, root: u32) -> usize {
        self.queue.clear();
        self.queue.push(root);
        self.seen[root as usize] = true;
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

    fn reached(&mut self, root: u32) -> Vec<u32> {
        self.closure(root);
        self.queue.clone()
    }
}

/// Every way in which a failure travels, from relationships and from members that groups list.
fn arcs(estate: &Estate) -> Vec<(u32, u32)> {
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
