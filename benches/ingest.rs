//! What ingest costs: first and repeated loads, beside `PostgreSQL`'s COPY of the same data; CIs streamed;
//! durable batches; identification.
//!
//! `LINCHPIN_BENCH_CIS` is the size of the estate (default 10,000). `PostgreSQL` is asked where it is installed.
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
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command as Process;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use linchpin::app::Cmdb;
use linchpin::generate;
use linchpin::ingest::explain::{Operation, explain};
use linchpin::ingest::payload::{CiRecord, Record, RelationshipRecord, write_line};
use linchpin::ingest::run::{IngestOptions, run};
use linchpin::model::{Input, Name};
use timing::{Times, ratio, shown};

/// CIs and relationships of one durable batch.
const BATCH: (usize, usize) = (1_000, 1_500);

/// Records identified for one measurement.
const IDENTIFIED: usize = 1_000;

fn main() {
    let folder = tempfile::tempdir_in(".").expect("a folder");
    let sizes = [estate::size() / 10, estate::size()];
    for cis in sizes {
        let folder = folder.path().join(cis.to_string());
        std::fs::create_dir(&folder).expect("a folder");
        measure(&folder, cis);
    }
}

fn measure(folder: &Path, cis: u64) {
    let payload = estate::write_payload(folder, cis);
    let cmdb = estate::open(&folder.join("store"));
    let begun = Instant::now();
    let summary = estate::load(&cmdb, &payload);
    let first = begun.elapsed();
    println!("{cis} CIs, {} records", summary.records);
    let a_second = |count: u64, took: Duration| count as f64 / took.as_secs_f64().max(1e-9);
    let rate = a_second(summary.records, first);
    println!("first load: {}, {rate:.0} records a second", shown(first));
    again(&cmdb, &payload, first);
    if estate::is_measuring() {
        copy(folder, cis, first);
    }
    identification(&cmdb);
    batches(&cmdb, cis);
    cmdb.close();
    let took = stream(folder, cis);
    println!("CIs alone: {}, {:.0} CIs a second", shown(took), a_second(cis, took));
}

/// The same payload once more: nothing changes.
fn again(cmdb: &Cmdb, payload: &Path, first: Duration) {
    let before = cmdb.reader().snapshot().revision();
    let begun = Instant::now();
    let summary = estate::load(cmdb, payload);
    let took = begun.elapsed();
    assert!(!summary.changed && cmdb.reader().snapshot().revision() == before);
    println!("again: {}, {:.2} times as fast", shown(took), ratio(first, took));
}

/// `PostgreSQL`'s COPY of the same CIs and relationships.
fn copy(folder: &Path, cis: u64, first: Duration) {
    let (items, relationships) = (folder.join("cis.tsv"), folder.join("relationships.tsv"));
    write_tables(cis, &items, &relationships);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/support/postgres.sh");
    let output = Process::new("sh").arg(script).args([&items, &relationships]).output();
    let output = output.expect("a shell");
    if output.status.code() == Some(3) {
        return println!("COPY: skipped, PostgreSQL is not installed");
    }
    let seconds = String::from_utf8_lossy(&output.stdout).trim().parse::<f64>();
    let Ok(seconds) = seconds else {
        return println!("COPY: failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    };
    let took = Duration::from_secs_f64(seconds);
    println!(
        "COPY with indexes: {}; the first load took {:.2} times as long",
        shown(took),
        ratio(first, took)
    );
}

fn write_tables(cis: u64, items: &Path, relationships: &Path) {
    let create = |path: &Path| BufWriter::with_capacity(1 << 20, File::create(path).expect("a file"));
    let (mut items, mut relationships) = (create(items), create(relationships));
    for record in generate::estate(cis, 1) {
        let written = match record {
            Record::Ci(ci) => write_ci(&mut items, &ci),
            Record::Relationship(one) => writeln!(
                relationships,
                "{}\t{}\t{}\t{}",
                one.from, one.relationship_type, one.to, one.qualifier
            ),
            Record::Header(_) | Record::Group(_) | Record::Catalog(_) => Ok(()),
        };
        written.expect("the tables are written");
    }
    items.flush().expect("the tables are written");
    relationships.flush().expect("the tables are written");
}

fn write_ci(out: &mut impl Write, ci: &CiRecord) -> std::io::Result<()> {
    let text = |input: &Input| match input {
        Input::Text(text) | Input::Number(text) => serde_json::Value::from(text.as_str()),
        Input::Null | Input::Boolean(_) | Input::List(_) | Input::Object(_) => {
            serde_json::Value::from(format!("{input:?}"))
        }
    };
    let attributes: serde_json::Map<_, _> = ci
        .attributes
        .iter()
        .map(|(name, value)| (name.clone(), text(value)))
        .collect();
    let serial = attributes.get("serial_number").and_then(|serial| serial.as_str());
    let (key, name) = (
        ci.key.as_deref().unwrap_or_default(),
        ci.name.as_deref().unwrap_or_default(),
    );
    let serial = serial.unwrap_or("\\N").to_owned();
    let attributes = serde_json::Value::Object(attributes).to_string().replace('\\', "\\\\");
    writeln!(out, "{key}\t{}\t{name}\t{serial}\t{attributes}", ci.ci_type)
}

/// Finding the CIs of records of another source by the rules of their types, alone.
fn identification(cmdb: &Cmdb) {
    let snapshot = cmdb.reader().snapshot();
    let source = Name::new("other").expect("a name");
    let serial = snapshot.catalog().attribute_id("serial_number").expect("an attribute");
    let slots = snapshot.slots_by_id();
    let records = slots
        .iter()
        .step_by((slots.len() / (IDENTIFIED * 20)).max(1))
        .filter_map(|slot| {
            let ci = snapshot.ci_at(*slot);
            Some(CiRecord {
                key: Some(format!("other-{}", ci.id())),
                ci_type: snapshot.catalog().ci_type(ci.ci_type())?.name.to_string(),
                attributes: vec![("serial_number".to_owned(), ci.attributes().value(serial)?.to_input())],
                ..CiRecord::default()
            })
        });
    let records: Vec<CiRecord> = records.take(IDENTIFIED).collect();
    let mut times = Times::default();
    for _ in 0..if estate::is_measuring() { 20 } else { 1 } {
        let records = records.clone();
        times.run(|| {
            for record in records {
                let explained = explain(&snapshot, &source, record, Timestamp::UNIX_EPOCH);
                assert_ne!(explained.operation, Operation::Insert);
            }
        });
    }
    let each = times.median() / u32::try_from(records.len().max(1)).expect("few");
    println!("identification by serial number: {} a record", shown(each));
}

/// Payloads of new CIs and relationships between them and to CIs that are there, each one commit.
fn batches(cmdb: &Cmdb, cis: u64) {
    let runs = if estate::is_measuring() { 30 } else { 2 };
    let mut times = Times::default();
    for number in 0..runs {
        let payload = batch(cmdb, number);
        let options = IngestOptions {
            batch_records: BATCH.0 + BATCH.1,
            source: Some("batches".to_owned()),
            ..IngestOptions::default()
        };
        let summary = times.run(|| {
            let heard = &mut |_| ControlFlow::Continue(());
            run(&cmdb.editor(estate::actor()), options, payload.as_slice(), heard)
        });
        assert!(summary.complete && summary.changed, "{:?}", summary.error);
    }
    println!(
        "durable batch of {} CIs and {} relationships at {cis}: p50 {}, p90 {}",
        BATCH.0,
        BATCH.1,
        shown(times.median()),
        shown(times.percentile(90))
    );
}

fn batch(cmdb: &Cmdb, number: usize) -> Vec<u8> {
    let snapshot = cmdb.reader().snapshot();
    let known = snapshot.slots_by_id();
    let mut payload = Vec::new();
    let key = |ci: usize| format!("batch-{number}-{ci}");
    for ci in 0..BATCH.0 {
        let record = Record::Ci(CiRecord {
            key: Some(key(ci)),
            ci_type: "virtual_machine".to_owned(),
            name: Some(key(ci)),
            attributes: vec![
                ("serial_number".to_owned(), Input::Text(format!("B{number}S{ci}"))),
                ("cpu_count".to_owned(), Input::Number("4".to_owned())),
            ],
            ..CiRecord::default()
        });
        write_line(&mut payload, &record).expect("it is written");
    }
    for relationship in 0..BATCH.1 {
        let to = known[(number * 7919 + relationship * 104_729) % known.len()];
        let record = Record::Relationship(RelationshipRecord {
            from: key(relationship % BATCH.0),
            relationship_type: "uses".to_owned(),
            to: snapshot.ci_id(to).to_string(),
            qualifier: relationship.to_string(),
            ..RelationshipRecord::default()
        });
        write_line(&mut payload, &record).expect("it is written");
    }
    payload
}

/// The CIs of the estate alone, into a store of their own.
fn stream(folder: &Path, cis: u64) -> Duration {
    let path = folder.join("alone.ndjson");
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&path).expect("a file"));
    for record in generate::estate(cis, 1).filter(|record| matches!(record, Record::Ci(_))) {
        write_line(&mut out, &record).expect("the payload is written");
    }
    out.flush().expect("the payload is written");
    drop(out);
    let cmdb = estate::open(&folder.join("alone"));
    let begun = Instant::now();
    estate::load(&cmdb, &path);
    let took = begun.elapsed();
    cmdb.close();
    took
}
