//! Generated estates for the measurements.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use linchpin::app::{Cmdb, CmdbOptions};
use linchpin::ingest::payload::write_line;
use linchpin::ingest::report::Summary;
use linchpin::ingest::run::{IngestOptions, run};
use linchpin::model::Actor;

/// The size of the estates: `LINCHPIN_BENCH_CIS`, else 10,000; 1,000 when run as a test.
#[expect(clippy::disallowed_methods, reason = "a benchmark has no configuration to read")]
pub(crate) fn size() -> u64 {
    let stated = std::env::var("LINCHPIN_BENCH_CIS").ok();
    let default = if is_measuring() { 10_000 } else { 1_000 };
    stated.and_then(|size| size.parse().ok()).unwrap_or(default).max(1_000)
}

/// Whether `cargo bench` runs this, and not `cargo test`.
pub(crate) fn is_measuring() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// Writes the payload of an estate into a folder.
pub(crate) fn write_payload(folder: &Path, cis: u64) -> PathBuf {
    let path = folder.join("estate.ndjson");
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&path).expect("a file"));
    for record in linchpin::generate::estate(cis, 1) {
        write_line(&mut out, &record).expect("the payload is written");
    }
    out.flush().expect("the payload is written");
    path
}

/// Opens the store of a folder.
pub(crate) fn open(folder: &Path) -> Cmdb {
    Cmdb::open(folder, CmdbOptions::default()).expect("the store opens")
}

/// Who writes in measurements.
pub(crate) fn actor() -> Actor {
    Actor { name: "bench".into() }
}

/// Loads a payload, durably.
pub(crate) fn load(cmdb: &Cmdb, payload: &Path) -> Summary {
    let input = BufReader::with_capacity(1 << 20, File::open(payload).expect("the payload opens"));
    let summary = run(&cmdb.editor(actor()), IngestOptions::default(), input, &mut |_| {
        ControlFlow::Continue(())
    });
    assert!(summary.complete, "{:?}", summary.error);
    summary
}
