//! Durable commits against what the disk takes: two `fdatasync`s, measured in turn with them.
//!
//! `LINCHPIN_BENCH_CIS` is the size of the estate (default 10,000).
#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "what is measured is printed, to few digits"
)]

#[path = "support/allocator.rs"]
mod allocator;
#[path = "support/estate.rs"]
mod estate;
#[path = "support/timing.rs"]
mod timing;

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use linchpin::app::{Cmdb, WriteRequest};
use linchpin::graph::Snapshot;
use linchpin::model::command::{NewCi, NewRelationship, RelationshipPatch};
use linchpin::model::{CiPatch, Command};
use timing::{Times, ratio, shown};

const CLIENTS: usize = 32;

/// Commits after which a long reader takes another snapshot.
const READER_KEEPS: usize = 25;

fn main() {
    let folder = tempfile::tempdir_in(".").expect("a folder");
    let payload = estate::write_payload(folder.path(), estate::size());
    let cmdb = estate::open(&folder.path().join("store"));
    estate::load(&cmdb, &payload);
    cmdb.checkpoint().expect("a checkpoint");
    let runs = if estate::is_measuring() { 100 } else { 3 };
    let mut disk = Disk::new(folder.path());
    println!("{} CIs", cmdb.reader().snapshot().ci_count());
    for commands in [1, 10, 100, 1_000] {
        for long_reader in [false, true] {
            updates(&cmdb, &mut disk, commands, long_reader, runs);
        }
    }
    bulk(&cmdb, &mut disk, runs / 3 + 1);
    clients(&cmdb, &mut disk, runs);
}

/// The disk by itself: what a commit cannot be faster than.
struct Disk(File);

impl Disk {
    fn new(folder: &Path) -> Self {
        let mut file = File::create(folder.join("disk")).expect("a file");
        file.write_all(&vec![0; 1 << 20]).expect("it is written");
        file.sync_all().expect("it is synced");
        Self(file)
    }

    /// Writes a page and syncs, twice.
    fn two_syncs(&mut self) {
        for page in 0..2 {
            self.0.seek(SeekFrom::Start(page * 4096)).expect("it seeks");
            self.0.write_all(&[7; 4096]).expect("it is written");
            self.0.sync_data().expect("it is synced");
        }
    }
}

fn updates(cmdb: &Cmdb, disk: &mut Disk, commands: usize, long_reader: bool, runs: usize) {
    let (mut commits, mut syncs) = (Times::default(), Times::default());
    let mut held: Vec<Snapshot> = Vec::new();
    for run in 0..runs {
        if long_reader && run % READER_KEEPS == 0 {
            held.clear();
            held.push(cmdb.reader().snapshot());
        }
        syncs.run(|| disk.two_syncs());
        let request = WriteRequest::commands(touch(cmdb, run * 31, commands, run));
        commits.run(|| write(cmdb, request));
    }
    let reader = if long_reader { ", long reader" } else { "" };
    line(&format!("{commands} updates{reader}"), &mut commits, &mut syncs);
}

fn bulk(cmdb: &Cmdb, disk: &mut Disk, runs: usize) {
    let (mut commits, mut syncs) = (Times::default(), Times::default());
    for run in 0..runs {
        syncs.run(|| disk.two_syncs());
        let request = WriteRequest::commands(thousand(cmdb, run));
        commits.run(|| write(cmdb, request));
    }
    line("1,000 new CIs + 1,500 relationships", &mut commits, &mut syncs);
}

fn clients(cmdb: &Cmdb, disk: &mut Disk, writes: usize) {
    let mut syncs = Times::default();
    for _ in 0..20 {
        syncs.run(|| disk.two_syncs());
    }
    let mut commits = Times::default();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                scope.spawn(move || {
                    let mut times = Times::default();
                    for run in 0..writes {
                        let request = WriteRequest::commands(touch(cmdb, client, 1, client * writes + run));
                        times.run(|| write(cmdb, request));
                    }
                    times
                })
            })
            .collect();
        for client in clients {
            commits.0.extend(client.join().expect("a client").0);
        }
    });
    let per_second = (CLIENTS * writes) as f64 / begun.elapsed().as_secs_f64();
    line(&format!("1 update, {CLIENTS} clients"), &mut commits, &mut syncs);
    println!("  {per_second:.0} durable writes a second");
}

/// Updates of some CIs, each to something new.
fn touch(cmdb: &Cmdb, from: usize, count: usize, number: usize) -> Vec<Command> {
    let snapshot = cmdb.reader().snapshot();
    let all = snapshot.slots_by_id();
    let slots = (0..count).map(|nth| all[(from + nth * 7) % all.len()]);
    let patch = CiPatch {
        tags: Some(vec![
            format!("run-{count}-{number}"),
            format!("r{}", snapshot.revision()),
        ]),
        ..CiPatch::default()
    };
    slots
        .map(|slot| Command::UpdateCi {
            ci: snapshot.ci_id(slot),
            expected: None,
            patch: patch.clone(),
        })
        .collect()
}

/// A thousand new virtual machines with addresses and such, linked to each other.
fn thousand(cmdb: &Cmdb, run: usize) -> Vec<Command> {
    let revision = cmdb.reader().snapshot().revision();
    let id = |number: usize| {
        let number = (run as u128) << 32 | number as u128;
        linchpin::model::CiId::from_uuid(uuid::Uuid::from_u128(u128::MAX - number))
    };
    let created = (0..1_000).map(|number| {
        Command::CreateCi(NewCi {
            id: Some(id(number)),
            ci_type: "virtual_machine".to_owned(),
            name: format!("bulk-{revision}-{number}"),
            native_key: Some(format!("bulk-{revision}-{number}")),
            ..NewCi::default()
        })
    });
    let related = (0..1_500).map(|number| {
        Command::Relate(NewRelationship {
            relationship_type: "depends_on".to_owned(),
            from: id(number % 1_000),
            to: id((number + 1 + number / 1_000) % 1_000),
            qualifier: String::new(),
            properties: RelationshipPatch::default(),
        })
    });
    created.chain(related).collect()
}

fn write(cmdb: &Cmdb, request: WriteRequest) {
    let outcome = cmdb.editor(estate::actor()).write_blocking(request);
    let outcome = outcome.expect("it is committed");
    assert!(
        outcome.changed,
        "{:?}",
        outcome.commands.into_iter().find(Result::is_err)
    );
}

fn line(what: &str, commits: &mut Times, syncs: &mut Times) {
    let (median, slow, disk): (Duration, Duration, Duration) =
        (commits.median(), commits.percentile(99), syncs.median());
    println!(
        "{what}: p50 {}, p99 {}; two fdatasyncs {}; {:.2} times",
        shown(median),
        shown(slow),
        shown(disk),
        ratio(median, disk)
    );
}
