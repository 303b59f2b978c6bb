//! From bytes to a store: everything that is read is identified, reconciled, committed and reported.
//! The first byte picks the format.
#![no_main]

use std::cell::RefCell;
use std::ops::ControlFlow;

use libfuzzer_sys::fuzz_target;
use linchpin::app::{Cmdb, CmdbOptions};
use linchpin::ingest::formats::Format;
use linchpin::ingest::formats::document::{ADAPTERS, DocumentOptions};
use linchpin::ingest::{IngestOptions, run};
use linchpin::model::Actor;

/// Loads into one store; then another is begun, so that what is recorded stays small.
const LOADS: u32 = 200;

struct Store {
    cmdb: Cmdb,
    loads: u32,
    _folder: tempfile::TempDir,
}

impl Store {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let cmdb = Cmdb::open(folder.path(), CmdbOptions::default()).expect("a new store");
        Self { cmdb, loads: 0, _folder: folder }
    }
}

thread_local! {
    static STORE: RefCell<Option<Store>> = const { RefCell::new(None) };
}

fn format(first: u8) -> Format {
    match usize::from(first) {
        0 => Format::Document(DocumentOptions::default()),
        1 => Format::Ndjson,
        2 => Format::Csv(Box::default()),
        number => {
            let adapter = ADAPTERS.get((number - 3) % ADAPTERS.len());
            Format::Document(DocumentOptions { adapter, name: None })
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((first, payload)) = bytes.split_first() else { return };
    STORE.with_borrow_mut(|slot| {
        if slot.as_ref().is_some_and(|store| store.loads >= LOADS) {
            *slot = None;
        }
        let store = slot.get_or_insert_with(Store::new);
        store.loads += 1;
        let editor = store.cmdb.editor(Actor { name: "fuzz".into() });
        let options = IngestOptions { format: format(*first), ..IngestOptions::default() };
        let summary = run(&editor, options, payload, &mut |_| ControlFlow::Continue(()));
        let outcomes: u64 = summary.outcomes.values().sum();
        assert!(!summary.complete || outcomes == summary.records, "{summary:?}");
    });
});
