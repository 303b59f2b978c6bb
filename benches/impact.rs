//! The engine against its limit: a raw breadth-first walk over a hand-made CSR of the same arcs, in
//! the same run.
//!
//! `LINCHPIN_BENCH_CIS` is the size of the estate (default 10,000). Three ways to the closure of the
//! same roots: `raw` (no states, no counts), `plain` (the engine, every arc hard), and `redundant`
//! (the engine, pools counted).

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use linchpin::graph::Slot;
use linchpin::graph::dependency::{Carrier, CiColumns, CiRow, DependencyIndex, GroupKey, GroupParameters, ImpactArc};
use linchpin::impact::{Budget, FailedCi, ImpactQuestion, ImpactView, Scratch, impact};
use linchpin::model::{
    CiId, CiTypeId, ImpactState, PoolId, RelationshipTypeId, Strength, Threshold, Thresholds, Weight,
};

/// Roots asked per measurement, so that one of them does not decide.
const ROOTS: usize = 100;

/// One arc of the synthetic estate: source, target, and whether it is one of a redundant pair.
type Wire = (u32, u32, bool);

/// Racks, hosts, virtual machines, applications and services in proportion; pairs of feeds a host;
/// a handful of shared services that everything uses. Two to three arcs a CI.
fn wires(cis: u32) -> Vec<Wire> {
    let mut random = fastrand::Rng::with_seed(7);
    let (racks, hosts, machines, applications) = (cis / 100 + 1, cis / 20 + 1, cis / 2, cis * 9 / 10);
    let shared = 4;
    let mut wires = Vec::new();
    for ci in shared..cis {
        if ci < racks {
            wires.push((random.u32(0..shared), ci, false));
        } else if ci < hosts {
            let feed = random.u32(shared..racks);
            wires.extend([
                (random.u32(shared..racks), ci, false),
                (feed, ci, true),
                (feed - 1, ci, true),
            ]);
        } else if ci < machines {
            wires.push((random.u32(racks..hosts), ci, false));
            wires.extend([(0, ci, true), (random.u32(1..shared), ci, true)]);
        } else if ci < applications {
            let members = random.u32(1..4);
            wires.extend((0..members).map(|_| (random.u32(hosts..machines), ci, members > 1)));
            wires.push((random.u32(machines..=ci), ci, false));
        } else {
            wires.extend((0..3).map(|_| (random.u32(machines..applications), ci, false)));
        }
    }
    wires.retain(|(source, target, _)| source != target);
    wires
}

fn index(wires: &[Wire], with_pools: bool) -> DependencyIndex {
    let mut index = DependencyIndex::default();
    let thresholds = Thresholds {
        up_min: Some(Threshold::Count(1)),
        ..Thresholds::default()
    };
    for (source, target, paired) in wires {
        let consumer = Slot::new(*target);
        let carrier = if *paired && with_pools {
            let group = GroupKey::Pool {
                consumer,
                pool: PoolId::new(0),
            };
            let parameters = GroupParameters {
                consumer,
                thresholds,
                strength: Strength::DOWN,
                grounded: false,
            };
            index.put_group(group, parameters);
            Carrier::Member {
                group,
                weight: Weight::ONE,
            }
        } else {
            Carrier::Plain
        };
        index.add(&ImpactArc {
            source: Slot::new(*source),
            target: consumer,
            strength: Strength::DOWN,
            relationship_type: Some(RelationshipTypeId::new(0)),
            carrier,
        });
    }
    index.compact();
    index
}

fn columns(cis: u32) -> CiColumns {
    let mut columns = CiColumns::default();
    for number in 0..cis {
        let row = CiRow {
            id: CiId::from_uuid(uuid::Uuid::from_u128(u128::from(number))),
            ci_type: CiTypeId::new(u16::try_from(number % 50).unwrap_or(0)),
            tier: (number % 1000 == 999).then_some(1),
            current: ImpactState::Ok,
            takes_part: true,
        };
        columns.set(Slot::new(number), row);
    }
    columns
}

/// Compressed sparse rows: the arcs of a CI are `targets[starts[ci]..starts[ci + 1]]`.
struct Csr {
    starts: Vec<u32>,
    targets: Vec<u32>,
    seen: Vec<bool>,
    queue: Vec<u32>,
}

impl Csr {
    fn new(cis: u32, wires: &[Wire]) -> Self {
        let mut sorted: Vec<(u32, u32)> = wires.iter().map(|(source, target, _)| (*source, *target)).collect();
        sorted.sort_unstable();
        let before = |ci: u32| sorted.partition_point(|(source, _)| *source < ci);
        Self {
            starts: (0..=cis).map(|ci| u32::try_from(before(ci)).expect("fits")).collect(),
            targets: sorted.iter().map(|(_, target)| *target).collect(),
            seen: vec![false; cis as usize],
            queue: Vec::new(),
        }
    }

    fn closure(&mut self, root: u32) -> usize {
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
        for ci in self.queue.drain(..) {
            self.seen[ci as usize] = false;
        }
        next
    }
}

fn ask(view: ImpactView<'_>, root: u32, scratch: &mut Scratch) -> u64 {
    let failed = vec![FailedCi {
        slot: Slot::new(root),
        state: ImpactState::Down,
    }];
    let question = ImpactQuestion {
        failed,
        ..ImpactQuestion::default()
    };
    let report = impact(view, &question, &Budget::UNLIMITED, scratch).expect("nothing is assumed");
    report.counts.all.total()
}

fn closures(criterion: &mut Criterion, name: &str, roots: &[u32], cis: u32) {
    let (wires, columns) = (wires(cis), columns(cis));
    let (plain, redundant) = (index(&wires, false), index(&wires, true));
    let mut csr = Csr::new(cis, &wires);
    let mut scratch = Scratch::default();
    let mut group = criterion.benchmark_group(format!("{name}/{cis}"));
    group.bench_function("raw", |bencher| {
        bencher.iter(|| roots.iter().map(|root| csr.closure(black_box(*root))).sum::<usize>());
    });
    for (name, index) in [("plain", &plain), ("redundant", &redundant)] {
        let view = ImpactView {
            index,
            columns: &columns,
        };
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let totals = roots.iter().map(|root| ask(view, black_box(*root), &mut scratch));
                totals.sum::<u64>()
            });
        });
    }
    group.finish();
}

#[expect(clippy::disallowed_methods, reason = "a benchmark has no configuration to read")]
fn size() -> u32 {
    let stated = std::env::var("LINCHPIN_BENCH_CIS").ok();
    stated.and_then(|size| size.parse().ok()).unwrap_or(10_000).max(1_000)
}

fn impact_benches(criterion: &mut Criterion) {
    let cis = size();
    let mut random = fastrand::Rng::with_seed(11);
    let roots: Vec<u32> = (0..ROOTS).map(|_| random.u32(0..cis)).collect();
    closures(criterion, "closure of 100 roots", &roots, cis);
    closures(criterion, "closure of a hub", &[0], cis);
}

criterion_group!(benches, impact_benches);
criterion_main!(benches);
