//! Every format that is read as a whole. The first byte picks the format; 0 has it found out.
#![no_main]

use libfuzzer_sys::fuzz_target;
use linchpin::ingest::formats::document::{ADAPTERS, DocumentOptions};
use linchpin::ingest::formats::{Format, Limits, Parsed, Parser};
use linchpin::ingest::secrets::Secrets;

fuzz_target!(|bytes: &[u8]| {
    let Some((first, payload)) = bytes.split_first() else { return };
    let adapter = match usize::from(*first) {
        0 => None,
        number => ADAPTERS.get((number - 1) % ADAPTERS.len()),
    };
    let format = Format::Document(DocumentOptions { adapter, name: None });
    let mut parser = Parser::new(&format, Limits::default());
    let mut found = Vec::new();
    parser.push(payload, &mut found);
    parser.finish(&mut found);
    let mut secrets = Secrets::default();
    for parsed in &mut found {
        if let Parsed::Observation(observation) = parsed {
            secrets.clean(observation);
        }
    }
});
