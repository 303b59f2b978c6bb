//! Good payloads, damaged at random: no format may panic over them, nor let a secret pass.

use std::fs;
use std::path::Path;

use linchpin::ingest::formats::document::{ADAPTERS, Adapter, DocumentOptions};
use linchpin::ingest::formats::{Format, Limits, Parsed, Parser};
use linchpin::ingest::secrets::Secrets;
use proptest::prelude::*;

/// One way of damaging a text.
#[derive(Clone, Debug)]
enum Damage {
    Cut { at: usize, length: usize },
    Repeat { at: usize, length: usize },
    Write { at: usize, word: usize },
    Byte { at: usize, byte: u8 },
}

/// What formats may stumble over.
const WORDS: [&str; 24] = [
    "\"",
    "'",
    "<",
    ">",
    "[",
    "]",
    "{",
    "}",
    ":",
    ",",
    "\n",
    "&",
    "&#0;",
    "<!--",
    "]]>",
    "\u{feff}",
    "\u{0}",
    "-1",
    "1e999",
    "null",
    "99999999999999999999",
    "\u{202e}é",
    "://",
    "=",
];

fn damages() -> impl Strategy<Value = Vec<Damage>> {
    let damage = prop_oneof![
        (any::<usize>(), 1..200_usize).prop_map(|(at, length)| Damage::Cut { at, length }),
        (any::<usize>(), 1..200_usize).prop_map(|(at, length)| Damage::Repeat { at, length }),
        (any::<usize>(), 0..WORDS.len()).prop_map(|(at, word)| Damage::Write { at, word }),
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Damage::Byte { at, byte }),
    ];
    prop::collection::vec(damage, 0..6)
}

fn damaged(good: &[u8], damages: &[Damage]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for damage in damages {
        let place = |at: usize| if bytes.is_empty() { 0 } else { at % bytes.len() };
        match *damage {
            Damage::Cut { at, length } => {
                let at = place(at);
                let end = (at + length).min(bytes.len());
                bytes.drain(at..end);
            }
            Damage::Repeat { at, length } => {
                let at = place(at);
                let end = (at + length).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            Damage::Write { at, word } => {
                let at = place(at);
                bytes.splice(at..at, WORDS[word].bytes());
            }
            Damage::Byte { at, byte } => {
                let at = place(at);
                if let Some(place) = bytes.get_mut(at) {
                    *place = byte;
                }
            }
        }
    }
    bytes
}

/// The format of a folder of fixtures and its good payloads.
fn good() -> Vec<(Format, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/ingest");
    let mut payloads = Vec::new();
    let mut formats: Vec<_> = fs::read_dir(folder)
        .expect("fixtures")
        .map(|entry| entry.expect("a folder").path())
        .collect();
    formats.sort();
    for path in formats {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let format = match name.as_str() {
            "csv" => Format::Csv(Box::default()),
            "native" => Format::Ndjson,
            _ => document(ADAPTERS.iter().find(|adapter| adapter.name == name)),
        };
        let Ok(files) = fs::read_dir(path.join("good")) else {
            continue;
        };
        let mut files: Vec<_> = files.map(|entry| entry.expect("a file").path()).collect();
        files.sort();
        for file in files
            .iter()
            .filter(|file| file.is_file() && file.extension().is_none_or(|end| end != "snap"))
        {
            payloads.push((format.clone(), fs::read(file).expect("a fixture")));
        }
    }
    payloads
}

fn document(adapter: Option<&'static Adapter>) -> Format {
    Format::Document(DocumentOptions { adapter, name: None })
}

/// Reads a payload in two pieces, and takes secrets out of what is found.
fn read(format: &Format, bytes: &[u8]) -> usize {
    let mut parser = Parser::new(format, Limits::default());
    let mut found = Vec::new();
    let (one, other) = bytes.split_at(bytes.len() / 2);
    parser.push(one, &mut found);
    parser.push(other, &mut found);
    parser.finish(&mut found);
    let mut secrets = Secrets::default();
    for parsed in &mut found {
        if let Parsed::Observation(observation) = parsed {
            secrets.clean(observation);
        }
    }
    found.len()
}

#[test]
fn every_good_payload_says_something() {
    let payloads = good();
    assert!(payloads.len() >= 15, "{}", payloads.len());
    for (format, bytes) in payloads {
        assert!(read(&format, &bytes) > 0, "{format:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_format_panics_over_damaged_payloads(which in any::<usize>(), other in any::<usize>(), damages in damages()) {
        use std::sync::LazyLock;
        static GOOD: LazyLock<Vec<(Format, Vec<u8>)>> = LazyLock::new(good);
        let (format, bytes) = &GOOD[which % GOOD.len()];
        let bytes = damaged(bytes, &damages);
        read(format, &bytes);
        read(&document(None), &bytes);
        read(&document(ADAPTERS.get(other % ADAPTERS.len())), &bytes);
    }
}
