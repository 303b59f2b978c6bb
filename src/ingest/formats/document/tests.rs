use super::*;
use crate::ingest::observation::Observed;

fn parse(options: DocumentOptions, limit: usize, pieces: &[&[u8]]) -> Vec<Parsed> {
    let mut parser = DocumentParser::new(options, limit);
    let mut found = Vec::new();
    for piece in pieces {
        parser.push(piece, &mut found);
    }
    parser.finish(&mut found);
    found
}

fn detected(text: &str) -> Vec<Parsed> {
    parse(DocumentOptions::default(), 1 << 20, &[text.as_bytes()])
}

fn fatal(found: &[Parsed]) -> ErrorCode {
    match found {
        [Parsed::Fatal(problem)] => problem.code,
        other => panic!("one fatal problem, not {other:?}"),
    }
}

#[test]
fn the_native_payload_is_read_as_one_document_in_any_notation() {
    let record = r#"{"ci":{"key":"a","type":"server","attributes":{"cpu_cores":4}}}"#;
    for text in [
        record.to_owned(),
        format!("[{record}]"),
        format!("\u{feff}{{\"records\":[{record}]}}"),
        "- ci: {key: a, type: server, attributes: {cpu_cores: 4}}\n".to_owned(),
    ] {
        let found = detected(&text);
        let [Parsed::Observation(observation)] = found.as_slice() else {
            panic!("one record in {text}, not {found:?}")
        };
        let Observed::Ci(ci) = &observation.observed else {
            panic!("a CI in {text}")
        };
        assert_eq!(
            (ci.key.as_deref(), ci.ci_type.as_str()),
            (Some("a"), "server"),
            "{text}"
        );
    }
}

#[test]
fn a_document_that_cannot_be_read_says_why() {
    assert_eq!(fatal(&detected("")), ErrorCode::BadUserInput);
    assert_eq!(fatal(&detected("{\"a\":")), ErrorCode::MalformedJson);
    assert_eq!(fatal(&detected("{\"a\":1}")), ErrorCode::UnknownFormat);
    assert_eq!(fatal(&detected("some text")), ErrorCode::UnknownFormat);
    let not_text = parse(DocumentOptions::default(), 10, &[b"\xff\xfe"]);
    assert_eq!(fatal(&not_text), ErrorCode::InvalidUtf8);
    let long = parse(DocumentOptions::default(), 10, &[b"12345678", b"90123"]);
    assert_eq!(fatal(&long), ErrorCode::BodyTooLarge);
}

#[test]
fn documents_that_would_grow_by_being_read_are_refused() {
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbbbbbb\">]><a>&b;</a>";
    let content = Content::parse(bomb.as_bytes()).expect("XML");
    assert!(content.require_xml().is_err());
    let plain = Content::parse(b"<?xml version=\"1.0\"?><!DOCTYPE nmaprun><a/>").expect("XML");
    assert_eq!(plain.xml_root(), Some("a"));
    let prefixed = Content::parse(b"<!-- c --><n:b x=\"1\"/>").expect("XML");
    assert_eq!(prefixed.xml_root(), Some("b"));
    assert!(plain.require_xml().is_ok());
    let aliases: String = (1..40).fold("a0: &a0 [x, x]\n".to_owned(), |text, level| {
        let before = level - 1;
        format!("{text}a{level}: &a{level} [*a{before}, *a{before}]\n")
    });
    let content = Content::parse(aliases.as_bytes()).expect("text at least");
    assert!(content.require_values().is_err(), "two to the fortieth values");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(Content::parse(deep.as_bytes()).is_err());
}
