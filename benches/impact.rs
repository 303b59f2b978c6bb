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

#[path = "support/allocator.rs"]
mod allocator;
#[path = "support/csr.rs"]
mod csr;
#[path = "support/estate.rs"]
mod estate;
#[path = "support/loaded.rs"]
mod loaded;
#[path = "support/timing.rs"]
mod timing;

use std::hint::black_box;

use csr::Csr;
use linchpin::graph::{Estate, Slot};
use linchpin::impact::{Budget, FailedCi, ImpactQuestion, ImpactReport, ImpactView, Scratch, impact};
use linchpin::model::ImpactState;
use timing::{Times, ratio, shown};

fn main() {
    let snapshot = loaded::snapshot();
    let mut csr = Csr::new(csr::arcs(&snapshot), snapshot.slot_bound());
    let [typical, wide, wider] = csr.around([50, 90, 99]);
    let hub = csr.hubs()[0];
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
        walked = raw.run(|| roots.iter().map(|root| csr.closure(&[black_box(*root)])).sum());
        impacted = engine.run(|| {
            roots
                .iter()
                .map(|root| ask(estate, black_box(*root), &mut scratch).impacted_unordered().len())
                .sum()
        });
    }
    let mut arcs = (0, 0);
    for root in roots {
        arcs.0 += csr.arcs_within(&[*root]);
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
