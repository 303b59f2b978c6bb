//! CSV, cut in two pieces at a place that the first byte picks: what is found must not depend on it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use linchpin::ingest::formats::{Format, Limits, Parsed, Parser};

fn read(pieces: &[&[u8]]) -> Vec<Parsed> {
    let limits = Limits { line_bytes_max: 4096, ..Limits::default() };
    let mut parser = Parser::new(&Format::Csv(Box::default()), limits);
    let mut found = Vec::new();
    for piece in pieces {
        parser.push(piece, &mut found);
    }
    parser.finish(&mut found);
    found
}

fuzz_target!(|bytes: &[u8]| {
    let Some((first, payload)) = bytes.split_first() else { return };
    let (one, other) = payload.split_at(payload.len() * usize::from(*first) / 256);
    assert_eq!(read(&[payload]), read(&[one, other]));
});
