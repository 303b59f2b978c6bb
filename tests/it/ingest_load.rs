//! How loads are committed: again, all or nothing, only looked at, continued.

use linchpin::ingest::IngestOptions;
use linchpin::ingest::formats::Format;
use linchpin::ingest::payload::IngestMode;
use linchpin::ingest::report::Outcome;

use crate::ingest_support::Database;

const GOOD: &str = include_str!("../../fixtures/ingest/native/good/every-record.ndjson");
const FORWARD: &str = include_str!("../../fixtures/ingest/native/good/forward-reference.ndjson");
const BAD: &str = include_str!("../../fixtures/ingest/native/bad/estate.ndjson");

fn small_batches() -> IngestOptions {
    IngestOptions {
        batch_records: 1,
        ..IngestOptions::default()
    }
}

fn atomic() -> IngestOptions {
    IngestOptions {
        mode: Some(IngestMode::Atomic),
        ..IngestOptions::default()
    }
}

#[test]
fn loading_twice_changes_nothing_and_writes_no_entry() {
    let database = Database::new();
    let first = database.load(GOOD);
    assert!(first.summary.complete && first.summary.changed, "{}", first.text());
    assert_eq!(first.summary.of(Outcome::Created), first.summary.records);
    let (before, dump) = (database.revision(), database.dump());
    let second = database.load(GOOD);
    assert_eq!(
        second.summary.of(Outcome::Unchanged),
        second.summary.records,
        "{}",
        second.text()
    );
    assert!(!second.summary.changed);
    assert_eq!(database.revision(), before);
    assert_eq!(database.dump(), dump);
}

#[test]
fn a_relationship_may_stand_batches_before_its_ends() {
    let database = Database::new();
    let report = database.load_as(FORWARD, small_batches());
    assert!(
        report.summary.complete && report.items().is_empty(),
        "{}",
        report.text()
    );
    assert_eq!(database.cmdb.reader().snapshot().relationship_count(), 1);
}

#[test]
fn an_atomic_load_with_one_bad_record_leaves_no_trace() {
    let database = Database::new();
    let before = database.revision();
    let report = database.load_as(BAD, atomic());
    assert_eq!(database.revision(), before);
    assert!(database.dump().is_empty());
    assert_eq!(report.summary.of(Outcome::Created), 0);
    assert!(report.summary.of(Outcome::NotApplied) >= 1, "{}", report.text());
    // All that is wrong is told at once.
    assert!(report.items().len() >= 6, "{}", report.text());
}

#[test]
fn an_atomic_load_is_one_entry() {
    let database = Database::new();
    let before = database.revision();
    // The payload's own header says PARTIAL.
    let payload = GOOD.split_once('\n').expect("lines").1;
    let report = database.load_as(payload, atomic());
    assert!(report.summary.complete, "{}", report.text());
    assert_eq!(database.revision(), before.next());
}

#[test]
fn a_request_and_a_header_that_disagree_are_refused() {
    let database = Database::new();
    let report = database.load_as(GOOD, atomic());
    let error = report.summary.error.expect("an error");
    assert_eq!(error.code, "BAD_USER_INPUT");
    assert!(database.dump().is_empty());
}

#[test]
fn a_payload_too_large_for_one_write_names_the_limit_and_the_way_out() {
    let database = Database::new();
    for options in [
        IngestOptions {
            atomic_records_max: 2,
            ..atomic()
        },
        IngestOptions {
            atomic_bytes_max: 100,
            dry_run: true,
            ..IngestOptions::default()
        },
    ] {
        let report = database.load_as(FORWARD, options);
        let error = report.summary.error.expect("an error");
        assert_eq!(error.code, "BODY_TOO_LARGE");
        assert!(error.message.contains("PARTIAL"), "{}", error.message);
        assert!(database.dump().is_empty());
    }
}

#[test]
fn a_dry_run_says_what_would_change_and_changes_nothing() {
    let database = Database::new();
    let before = database.revision();
    let options = IngestOptions {
        dry_run: true,
        ..small_batches()
    };
    let report = database.load_as(FORWARD, options);
    let delta = report.summary.delta.clone().expect("a delta");
    assert_eq!(
        (delta.configuration_items.created, delta.relationships.created),
        (2, 1),
        "{}",
        report.text()
    );
    assert_eq!(database.revision(), before);
    assert!(database.dump().is_empty());
}

#[test]
fn a_load_that_is_sent_again_under_its_key_is_not_done_again() {
    let options = || IngestOptions {
        idempotency_key: Some("nightly".to_owned()),
        ..small_batches()
    };
    let database = Database::new();
    // Killed after its first batch: the relationship had been put aside.
    let cut = FORWARD.lines().take(3).collect::<Vec<_>>().join("\n");
    let first = database.load_as(&cut, options());
    assert_eq!(first.summary.of(Outcome::Refused), 1, "{}", first.text());
    let second = database.load_as(FORWARD, options());
    assert!(second.summary.complete, "{}", second.text());
    assert_eq!(second.summary.of(Outcome::Replayed), 1, "{}", second.text());
    let whole = Database::new();
    whole.load(FORWARD);
    assert_eq!(database.dump(), whole.dump());
    // The same key for another payload is no repetition.
    let other = FORWARD.replace("web-01", "web-02");
    let third = database.load_as(&other, options());
    assert_eq!(third.summary.error.expect("an error").code, "IDEMPOTENCY_KEY_REUSED");
}

#[test]
fn a_more_specific_type_refines_and_a_type_beside_is_refused() {
    let database = Database::new();
    let ci = |ci_type: &str| format!("{{\"ci\":{{\"key\":\"a\",\"type\":\"{ci_type}\",\"name\":\"a\"}}}}\n");
    database.load(&ci("server"));
    let refined = database.load(&ci("virtual_machine"));
    assert_eq!(refined.summary.of(Outcome::Updated), 1, "{}", refined.text());
    let general = database.load(&ci("server"));
    assert_eq!(general.summary.of(Outcome::Unchanged), 1, "{}", general.text());
    let beside = database.load(&ci("hypervisor"));
    assert_eq!(beside.items()[0].problems[0].code, "TYPE_CONFLICT");
    assert!(database.dump()[0].contains("virtual_machine"), "{:?}", database.dump());
}

#[test]
fn a_record_is_identified_by_the_rules_of_its_type_and_never_guessed() {
    let database = Database::new();
    let ci = |source: &str, key: &str, attributes: &str| {
        let options = IngestOptions {
            source: Some(source.to_owned()),
            ..IngestOptions::default()
        };
        let record = format!(
            "{{\"ci\":{{\"key\":\"{key}\",\"type\":\"server\",\"name\":\"{key}\",\"attributes\":{attributes}}}}}\n"
        );
        database.load_as(&record, options)
    };
    ci("scan", "a", r#"{"serial_number":"S1","asset_tag":"A1"}"#);
    let matched = ci("agent", "x", r#"{"serial_number":"S1"}"#);
    assert_eq!(matched.summary.of(Outcome::Updated), 1, "{}", matched.text());
    assert_eq!(database.cmdb.reader().snapshot().ci_count(), 1);
    ci("scan", "b", r#"{"serial_number":"S2","asset_tag":"A2"}"#);
    // The second one takes the asset tag of the first by its own key, and then a third fits both.
    ci("scan", "b", r#"{"asset_tag":"A1"}"#);
    let several = ci("agent", "y", r#"{"asset_tag":"A1"}"#);
    let item = several.items()[0];
    assert_eq!(
        (item.problems[0].code.as_str(), item.candidates.len()),
        ("MULTI_MATCH", 2)
    );
    let attempts: Vec<String> = item
        .attempts
        .iter()
        .map(|attempt| format!("{} {:?}", attempt.rule, attempt.result))
        .collect();
    assert_eq!(
        attempts,
        [
            "native_key NoMatch",
            "serial_number Skipped",
            "uuid Skipped",
            "asset_tag MultiMatch",
            "fqdn Skipped",
            "host_name_and_domain Skipped",
            "interface_mac Skipped"
        ]
    );
}

#[test]
fn a_payload_that_contradicts_itself_is_warned_about() {
    let database = Database::new();
    let ci = |name: &str| format!("{{\"ci\":{{\"key\":\"a\",\"type\":\"server\",\"name\":\"{name}\"}}}}\n");
    let same = database.load(&(ci("a") + &ci("a")));
    assert!(same.items().is_empty(), "{}", same.text());
    let differs = database.load(&(ci("b") + &ci("c")));
    let item = differs.items()[0];
    assert_eq!(
        (item.line, item.problems[0].code.as_str()),
        (2, "DUPLICATE_RECORD"),
        "{}",
        differs.text()
    );
    assert!(item.problems[0].message.contains("line 1"));
    assert!(database.dump()[0].contains("`c`"));
}

#[test]
fn csv_of_relationships_follows_csv_of_cis() {
    let database = Database::new();
    let options = || IngestOptions {
        source: Some("cmdb-export".to_owned()),
        format: Format::Csv(Box::default()),
        ..IngestOptions::default()
    };
    let cis = database.load_as(
        "key;type;name;cpu_count\nvm;virtual_machine;vm;4\nhv;hypervisor;hv;\n",
        options(),
    );
    assert!(cis.summary.complete && cis.items().is_empty(), "{}", cis.text());
    let relationships = database.load_as("from\ttype\tto\nvm\truns_on\thv\n", options());
    assert!(relationships.items().is_empty(), "{}", relationships.text());
    assert_eq!(database.cmdb.reader().snapshot().relationship_count(), 1);
}

#[test]
fn a_malformed_line_far_into_a_stream_is_found_by_its_number() {
    let database = Database::new();
    let mut text = String::from("{\"ci\":{\"key\":\"a\",\"type\":\"server\",\"name\":\"a\"}}\n");
    text.push_str(&"\n".repeat(499_998));
    text.push_str("{\"ci\":{\"key\":\"b\",}}\n");
    let report = database.load(&text);
    let item = report.items()[0];
    assert_eq!(
        (item.line, item.problems[0].code.as_str()),
        (500_000, "MALFORMED_JSON"),
        "{}",
        report.text()
    );
    assert_eq!(report.summary.of(Outcome::Created), 1);
}
