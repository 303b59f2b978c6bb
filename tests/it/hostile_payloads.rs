//! Payloads made to cost more than they should: each is refused in bounded time, with a clear code,
//! by every format.

use std::fmt::Write;
use std::time::{Duration, Instant};

use linchpin::ingest::formats::document::{ADAPTERS, Adapter, DocumentOptions};
use linchpin::ingest::formats::{Format, Limits, Parsed, Parser};
use linchpin::ingest::report::Outcome;
use linchpin::ingest::{IngestOptions, Observed};

use crate::http_abuse::gzip_of_spaces;
use crate::http_server::{TestServer, status};
use crate::ingest_support::{Database, detected};

/// Longest that one format may take over one payload, on a machine that is busy and without
/// optimisation.
const READ_MAX: Duration = Duration::from_secs(10);

/// Payloads that grow by being read, stand too deep or cost the square of their size.
fn bombs() -> Vec<(&'static str, String)> {
    let laughs = (1..10).fold("<!ENTITY l0 \"lol\">".to_owned(), |text, level| {
        let before = level - 1;
        format!("{text}<!ENTITY l{level} \"{}\">", format!("&l{before};").repeat(10))
    });
    let aliases = (1..40).fold("a0: &a0 [x, x]\n".to_owned(), |text, level| {
        let before = level - 1;
        format!("{text}a{level}: &a{level} [*a{before}, *a{before}]\n")
    });
    let attributes: String = (0..50_000).fold(String::new(), |mut text, number| {
        write!(text, " a{number}=\"1\"").expect("a text");
        text
    });
    let namespaces: String = (0..5_000).fold(String::new(), |mut text, number| {
        write!(text, "<n{number}:a xmlns:n{number}=\"u{number}\">").expect("a text");
        text
    });
    vec![
        (
            "entities",
            format!("<?xml version=\"1.0\"?><!DOCTYPE a [{laughs}]><Set><a alias=\"a\" id=\"1\">&l9;</a></Set>"),
        ),
        (
            "a file",
            "<!DOCTYPE a [<!ENTITY f SYSTEM \"file:///etc/passwd\">]><graphml>&f;</graphml>".to_owned(),
        ),
        (
            "a parameter entity",
            "<!DOCTYPE a [<!ENTITY % p SYSTEM \"http://127.0.0.1:1/\"> %p;]><bom/>".to_owned(),
        ),
        ("deep XML", "<Set>".repeat(100_000)),
        ("attributes", format!("<graphml{attributes}/>")),
        ("namespaces", namespaces),
        ("aliases", aliases),
        ("deep JSON", "[".repeat(200_000)),
        ("deep JSON objects", "{\"a\":".repeat(100_000)),
        ("deep YAML", format!("a: {}", "[".repeat(100_000))),
        ("deep GML", "graph [ ".repeat(50_000)),
        ("an open quote", format!("graph [ label \"{}", "x".repeat(500_000))),
        ("nothing", String::new()),
        ("blanks", " ".repeat(500_000)),
        ("zeros", "\0".repeat(100_000)),
    ]
}

/// Payloads that are merely odd: some formats may take something of them.
fn oddities() -> Vec<(&'static str, String)> {
    vec![
        ("many empty objects", format!("[{}{{}}]", "{},".repeat(100_000))),
        (
            "many elements",
            format!("<Set>{}</Set>", "<a alias=\"\" id=\"1\"/>".repeat(20_000)),
        ),
        (
            "ampersands",
            format!("graph [ node [ id 1 label \"{}\" ] ]", "&".repeat(300_000)),
        ),
        (
            "colons",
            format!(
                "{{\"ci\":{{\"type\":\"a\",\"attributes\":{{\"b\":\"{}\"}}}}}}",
                "://a:b/".repeat(40_000)
            ),
        ),
        ("properties", {
            let properties = (0..20_000).map(|number| format!("{{\"name\":\"p{number}\",\"value\":\"\"}}"));
            let properties: Vec<String> = properties.collect();
            format!(
                "{{\"bomFormat\":\"CycloneDX\",\"components\":[{{\"name\":\"a\",\"properties\":[{}]}}]}}",
                properties.join(",")
            )
        }),
        ("a star", {
            let edges: Vec<String> = (0..5_000)
                .map(|leaf| format!("node [ id {leaf} ] edge [ source 0 target {leaf} ]\n"))
                .collect();
            format!("graph [\n{}]", edges.concat())
        }),
        ("a line", {
            let edges: Vec<String> = (0..5_000)
                .map(|node| format!("node [ id {node} ] edge [ source {node} target {} ]\n", node + 1))
                .collect();
            format!("graph [\n{}]", edges.concat())
        }),
        ("names alike", {
            let objects = (0..5_000)
                .map(|id| format!("<ServiceSubcategory alias=\"\" id=\"{id}\"><name>a</name></ServiceSubcategory>"));
            format!("<Set>{}</Set>", objects.collect::<String>())
        }),
    ]
}

fn read(adapter: Option<&'static Adapter>, text: &str) -> Vec<Parsed> {
    let options = DocumentOptions { adapter, name: None };
    let mut parser = Parser::new(&Format::Document(options), Limits::default());
    let mut found = Vec::new();
    parser.push(text.as_bytes(), &mut found);
    parser.finish(&mut found);
    found
}

/// All formats, and that which is found out.
fn formats() -> Vec<Option<&'static Adapter>> {
    std::iter::once(None).chain(ADAPTERS.iter().map(Some)).collect()
}

#[test]
fn every_format_refuses_bombs_in_time() {
    for (name, bomb) in bombs() {
        for adapter in formats() {
            let begun = Instant::now();
            let found = read(adapter, &bomb);
            let took = begun.elapsed();
            assert!(took < READ_MAX, "{name} as {adapter:?}: {took:?}");
            let records = |parsed: &&Parsed| match parsed {
                Parsed::Observation(observation) => !matches!(observation.observed, Observed::Unreadable(_)),
                Parsed::Header(_) | Parsed::Warning(_) | Parsed::Fatal(_) => false,
            };
            assert_eq!(found.iter().filter(records).count(), 0, "{name} as {adapter:?}");
            assert!(found.len() <= 2, "{name} as {adapter:?}: {} lines", found.len());
            if adapter.is_none() {
                assert!(matches!(found.as_slice(), [Parsed::Fatal(_)]), "{name}: {found:?}");
            }
        }
    }
}

#[test]
fn every_format_reads_odd_payloads_in_time() {
    for (name, text) in oddities() {
        for adapter in formats() {
            let begun = Instant::now();
            drop(read(adapter, &text));
            let took = begun.elapsed();
            assert!(took < READ_MAX, "{name} as {adapter:?}: {took:?}");
        }
    }
}

#[test]
fn a_refused_bomb_says_why_and_changes_nothing() {
    let database = Database::new();
    let before = database.revision();
    for (name, bomb) in bombs() {
        let report = database.load_as(&bomb, detected("hostile"));
        let error = report.summary.error.clone().expect("an error");
        let known = ["BAD_USER_INPUT", "MALFORMED_JSON", "UNKNOWN_FORMAT"];
        assert!(known.contains(&error.code.as_str()), "{name}: {error:?}");
        assert!(
            !error.message.is_empty() && error.message.len() < 2_000,
            "{name}: {}",
            error.message.len()
        );
        assert!(!report.summary.complete && !report.summary.changed, "{name}");
    }
    assert_eq!(database.revision(), before);
}

#[test]
fn a_csv_of_a_million_columns_is_refused() {
    let csv = || IngestOptions {
        format: Format::Csv(Box::default()),
        ..IngestOptions::default()
    };
    let wide: String = (0..1_000_000).fold("key,type".to_owned(), |mut text, number| {
        write!(text, ",c{number}").expect("a text");
        text
    });
    let begun = Instant::now();
    let database = Database::new();
    let report = database.load_as(&format!("{wide}\na,server\n"), csv());
    let error = report.summary.error.clone().expect("an error");
    assert_eq!(error.code, "BAD_USER_INPUT");
    assert!(
        error.message.contains("1000002 columns") && error.message.len() < 1_000,
        "{}",
        error.message
    );
    let row = "x,".repeat(1_000_000);
    let report = database.load_as(&format!("key,type\n{row}\na,server\n"), csv());
    assert_eq!(
        (report.summary.of(Outcome::Refused), report.summary.of(Outcome::Created)),
        (1, 1),
        "{}",
        report.text()
    );
    assert!(report.text().len() < 4_000, "{}", report.text().len());
    let names = format!("{}\n", "n".repeat(1_000_000));
    let report = database.load_as(&names, csv());
    assert!(report.summary.error.is_some_and(|error| error.message.len() < 1_000));
    assert!(begun.elapsed() < 3 * READ_MAX, "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gzip_bombs_are_refused_at_the_limits_of_what_they_unpack_to() {
    let database = Database::new();
    let small = |config: &mut linchpin::config::Config| {
        config.ingest.document_bytes_max = 4 << 20;
        config.ingest.body_bytes_max = 16 << 20;
    };
    let server = TestServer::start_on(Some(database.cmdb.clone()), small).await;
    let bomb = gzip_of_spaces(96);
    assert!(bomb.len() < 1 << 20, "small on the wire: {}", bomb.len());
    for kind in [
        "application/json",
        "application/xml",
        "application/yaml",
        "application/x-ndjson",
        "text/csv",
    ] {
        let begun = Instant::now();
        let content = format!("Content-Type: {kind}");
        let headers = &[content.as_str(), "Content-Encoding: gzip"];
        let answer = server.ask("POST", "/ingest", headers, &bomb).await;
        assert_eq!(status(&answer), "413", "{kind}: {answer}");
        let known = ["BODY_TOO_LARGE", "LINE_TOO_LONG"];
        assert!(known.iter().any(|code| answer.contains(code)), "{kind}: {answer}");
        assert!(begun.elapsed() < 2 * READ_MAX, "{kind}: {:?}", begun.elapsed());
    }
    let headers = &["Content-Type: application/x-ndjson", "Content-Encoding: gzip"];
    let answer = server.ask("POST", "/ingest", headers, b"no gzip at all").await;
    assert!(answer.contains("BAD_USER_INPUT"), "{answer}");
    let twice = &["Content-Type: application/x-ndjson", "Content-Encoding: gzip, gzip"];
    let answer = server.ask("POST", "/ingest", twice, &bomb).await;
    assert_eq!(status(&answer), "415", "{answer}");
    assert_eq!(database.cmdb.reader().snapshot().ci_count(), 0);
    server.stop().await;
}
