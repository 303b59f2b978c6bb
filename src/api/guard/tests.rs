use std::fmt::Write as _;

use super::*;
use crate::config::Config;

fn verdict(text: &str) -> String {
    // Bytes are refused first; let the later checks be seen as well.
    let mut limits = DocumentLimits::from(&Config::default().limits);
    limits.bytes_max = usize::MAX;
    match check(text, &limits) {
        Ok(_) => "accepted".to_owned(),
        Err(error) => format!("{}: {error}", error.code()),
    }
}

fn nested_fragments(levels: usize, times: usize) -> String {
    let mut text = "{ ...f0 }".to_owned();
    for level in 0..levels {
        let spreads = format!("...f{} ", level + 1).repeat(times);
        write!(text, " fragment f{level} on Query {{ {spreads} }}").unwrap();
    }
    write!(text, " fragment f{levels} on Query {{ a }}").unwrap();
    text
}

fn repeated(count: usize, part: impl Fn(usize) -> String) -> String {
    (0..count).map(part).collect::<Vec<_>>().concat()
}

fn unused_fragments(count: usize) -> String {
    format!(
        "{{ a }} {}",
        repeated(count, |i| format!("fragment f{i} on Query {{ a }} "))
    )
}

fn aliases(count: usize) -> String {
    format!("{{ {} }}", repeated(count, |i| format!("a{i}:a ")))
}

fn nested(depth: usize) -> String {
    format!("{}{}", "{ a ".repeat(depth), "}".repeat(depth))
}

#[test]
fn ordinary_documents_pass() {
    for text in [
        "{ a }",
        "query Q($x: [Int!] = [1, -2.5e3]) @d { a: b(x: $x, t: \"\"\"block \\\"\"\" }}} \"\"\", s: \"\\\"{{{\") { c } } # {{{",
        "{ ...f ...f } fragment f on Query { a { b } }",
    ] {
        assert_eq!(verdict(text), "accepted", "{text}");
    }
}

#[test]
fn hostile_documents_are_refused_with_what_was_found() {
    let (unused, some_unused) = (unused_fragments(10_000), unused_fragments(199));
    let cases = [
        (
            nested_fragments(24, 2),
            "LIMIT_EXCEEDED: the document has 3070 selections after expansion, the limit is 2000",
        ),
        (
            nested_fragments(15, 3),
            "LIMIT_EXCEEDED: the document has 5466 selections after expansion, the limit is 2000",
        ),
        (
            aliases(60_000),
            "LIMIT_EXCEEDED: the document has 2001 tokens, the limit is 2000",
        ),
        (
            aliases(10_000),
            "LIMIT_EXCEEDED: the document has 2001 tokens, the limit is 2000",
        ),
        (
            aliases(201),
            "LIMIT_EXCEEDED: the document has 201 aliases after expansion, the limit is 200",
        ),
        (
            nested(500),
            "LIMIT_EXCEEDED: the document has 41 levels of brackets, the limit is 40",
        ),
        (
            nested(2_000),
            "LIMIT_EXCEEDED: the document has 41 levels of brackets, the limit is 40",
        ),
        (
            nested(17),
            "LIMIT_EXCEEDED: the document has 17 levels of fields, the limit is 16",
        ),
        (
            format!("{}a{}", "{ ... ".repeat(34), "}".repeat(34)),
            "LIMIT_EXCEEDED: the document has 33 levels of selections, the limit is 32",
        ),
        (
            unused,
            "LIMIT_EXCEEDED: the document has 2001 tokens, the limit is 2000",
        ),
        (
            some_unused,
            "LIMIT_EXCEEDED: the document has 199 fragments, the limit is 100",
        ),
        (
            format!("{{ a {} }}", "@d ".repeat(30_000)),
            "LIMIT_EXCEEDED: the document has 2001 tokens, the limit is 2000",
        ),
        (
            format!("{{ a {} }}", "@d ".repeat(51)),
            "LIMIT_EXCEEDED: the document has 51 directives, the limit is 50",
        ),
        (
            repeated(11, |i| format!("query q{i} {{ a }} ")),
            "LIMIT_EXCEEDED: the document has 11 operations, the limit is 10",
        ),
        (
            "{ ...a } fragment a on Q { ...b } fragment b on Q { x { ...a } }".to_owned(),
            "GRAPHQL_VALIDATION_FAILED: fragment `a` contains itself",
        ),
        (
            "{ a } fragment b on Q { ...b }".to_owned(),
            "GRAPHQL_VALIDATION_FAILED: fragment `b` contains itself",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(verdict(&text), expected, "{}", &text[..text.len().min(80)]);
    }
}

#[test]
fn long_and_malformed_documents_are_refused() {
    let limits = DocumentLimits::from(&Config::default().limits);
    let error = check(&format!("{{ a }} #{}", "x".repeat(40_000)), &limits).unwrap_err();
    assert_eq!(error.to_string(), "the document has 40007 bytes, the limit is 32768");
    for text in ["", "{", "}", "\"", "\"\"\"", "\"\\", "{ a(", "\u{0}", "é", "{ a } {"] {
        assert!(
            verdict(text).starts_with("GRAPHQL_VALIDATION_FAILED"),
            "{text}: {}",
            verdict(text)
        );
    }
}
