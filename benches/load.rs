//! First load, checkpoint, opening and memory of a generated estate, each in a process of its own.
//!
//! `LINCHPIN_BENCH_CIS` is the size of the estate (default 10,000). Memory is what the system says is
//! resident, so a process does one thing and ends.
#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "what is measured is printed, to few digits"
)]

#[path = "support/allocator.rs"]
mod allocator;
#[path = "support/estate.rs"]
mod estate;

use std::path::Path;
use std::process::Command as Process;
use std::time::{Duration, Instant};

use linchpin::app::WriteRequest;
use linchpin::graph::Estate;
use linchpin::model::{CiPatch, Command};

/// What a process of this program is asked to do, and where.
const PHASE: &str = "LINCHPIN_BENCH_PHASE";
const FOLDER: &str = "LINCHPIN_BENCH_FOLDER";

/// CIs that the measured commit touches.
const TOUCHED: usize = 10;

#[expect(clippy::disallowed_methods, reason = "a benchmark has no configuration to read")]
fn main() {
    match (std::env::var(PHASE), std::env::var(FOLDER)) {
        (Ok(phase), Ok(folder)) if phase == "load" => load(Path::new(&folder)),
        (Ok(_), Ok(folder)) => open(Path::new(&folder)),
        _ => phases(),
    }
}

fn phases() {
    let folder = tempfile::tempdir_in(".").expect("a folder");
    let payload = estate::write_payload(folder.path(), estate::size());
    let bytes = payload.metadata().expect("the payload is there").len();
    println!("payload: {} CIs, {} MB", estate::size(), bytes / 1_000_000);
    for phase in ["load", "open"] {
        let status = Process::new(std::env::current_exe().expect("this program's path"))
            .env(PHASE, phase)
            .env(FOLDER, folder.path())
            .status();
        assert!(status.expect("it starts").success(), "{phase}");
    }
}

/// The first load, until all is durable; then the checkpoint.
fn load(folder: &Path) {
    let cmdb = estate::open(&folder.join("store"));
    let begun = Instant::now();
    let summary = estate::load(&cmdb, &folder.join("estate.ndjson"));
    let took = begun.elapsed();
    let snapshot = cmdb.reader().snapshot();
    let (cis, relationships) = (snapshot.ci_count(), snapshot.relationship_count());
    drop(snapshot);
    println!(
        "load: {cis} CIs, {relationships} relationships, {} commits: {}, {:.0} CIs/s; {}",
        summary.revision,
        shown(took),
        cis as f64 / took.as_secs_f64(),
        taken()
    );
    let begun = Instant::now();
    cmdb.checkpoint().expect("a checkpoint");
    println!("checkpoint: {}; {}", shown(begun.elapsed()), taken());
    cmdb.close();
}

/// Opening from the checkpoint, the first commits, and what both states take.
fn open(folder: &Path) {
    let store = folder.join("store");
    let begun = Instant::now();
    let cmdb = estate::open(&store);
    println!("open: {}; {}", shown(begun.elapsed()), taken());
    let begun = Instant::now();
    let copy = Estate::clone(&cmdb.reader().snapshot());
    println!("copy of the state: {}; {}", shown(begun.elapsed()), taken());
    drop(copy);
    for number in 0..5 {
        let begun = Instant::now();
        touch(&cmdb, number);
        println!("commit of {TOUCHED} CIs: {}; {}", shown(begun.elapsed()), taken());
    }
    cmdb.close();
    for name in ["journal.redb", "checkpoint.redb"] {
        let bytes = store.join(name).metadata().expect("it is there").len();
        println!("{name}: {} MB", bytes / 1_000_000);
    }
}

fn touch(cmdb: &linchpin::app::Cmdb, number: usize) {
    let snapshot = cmdb.reader().snapshot();
    let slots = snapshot
        .slots_by_id()
        .iter()
        .skip(number * 100)
        .step_by(7)
        .take(TOUCHED);
    let patch = CiPatch {
        tags: Some(vec![format!("touched-{number}-{}", std::process::id())]),
        ..CiPatch::default()
    };
    let commands = slots.map(|slot| Command::UpdateCi {
        ci: snapshot.ci_id(*slot),
        expected: None,
        patch: patch.clone(),
    });
    let request = WriteRequest::commands(commands.collect());
    drop(snapshot);
    let outcome = cmdb.editor(estate::actor()).write_blocking(request);
    assert!(outcome.expect("it is committed").changed);
}

fn shown(took: Duration) -> String {
    format!("{:.1} ms", took.as_secs_f64() * 1e3)
}

/// What the process took so far: its threads' time on a processor, and resident memory now and at
/// most, as Linux tells it. On a machine that others use too, processor time says more than the clock.
fn taken() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let value = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name));
        let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
        kilobytes.map_or_else(|| "?".to_owned(), |kilobytes| (kilobytes / 1024).to_string())
    };
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields
        .skip(11)
        .take(2)
        .filter_map(|ticks| ticks.parse::<u64>().ok())
        .sum();
    let seconds = ticks as f64 / 100.0;
    format!(
        "{seconds:.2} s of processor so far, resident {} MiB, at most {} MiB",
        value("VmRSS"),
        value("VmHWM")
    )
}
