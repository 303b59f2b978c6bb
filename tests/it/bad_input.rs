//! Input that is wrong, through the public interfaces: each is answered with a clear error, and
//! nothing of it is written.
//!
//! `LINCHPIN_BIG` makes the streams as large as the worst that is promised.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::process::{Answer, Process, application, made, setting};

/// Longest answer to a hostile question, on a machine that is busy.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// A server with the shop in it.
struct Shop {
    process: Process,
    _place: tempfile::TempDir,
}

impl Shop {
    fn new() -> Self {
        let place = tempfile::tempdir().expect("a folder");
        let process = Process::start(&place.path().join("data"));
        let loaded = process.ingest("", include_str!("../../fixtures/shop/shop.ndjson"));
        assert_eq!(loaded.summary()["complete"], true, "{loaded:?}");
        Self { process, _place: place }
    }

    /// Asks what must be refused, and gives the error.
    fn refused(&self, query: &str, variables: &Value, code: &str, says: &[&str]) -> Value {
        let before = self.process.revision();
        let begun = Instant::now();
        let answer = self.process.graphql(query, variables);
        assert!(begun.elapsed() < ANSWER_MAX, "{code} took {:?}", begun.elapsed());
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], code, "{answer}");
        let text = error.to_string();
        for word in says {
            assert!(text.contains(word), "`{word}` is missing: {answer}");
        }
        assert!(!error["message"].as_str().unwrap_or_default().is_empty(), "{answer}");
        assert!(
            error["extensions"]["remedy"]
                .as_str()
                .is_some_and(|remedy| !remedy.is_empty()),
            "{answer}"
        );
        assert_eq!(self.process.revision(), before, "{answer}");
        error.clone()
    }

    /// Pushes one record that must be refused.
    fn record_refused(&self, record: &str, code: &str, says: &[&str]) {
        let before = self.process.revision();
        let answer = self.process.ingest("", record);
        let item = &answer.lines()[0]["item"];
        assert_eq!(item["outcome"], "REFUSED", "{answer:?}");
        assert_eq!(item["problems"][0]["code"], code, "{answer:?}");
        assert_eq!(item["line"], 1, "{answer:?}");
        for word in says {
            assert!(answer.body.contains(word), "`{word}` is missing: {answer:?}");
        }
        assert_eq!(answer.summary()["changed"], false, "{answer:?}");
        assert_eq!(self.process.revision(), before, "{answer:?}");
    }

    fn id(&self, reference: &str) -> String {
        let query = "query($ref: String!) { configurationItem(ref: $ref) { id } }";
        let data = self.process.data(query, &json!({ "ref": reference }));
        data["configurationItem"]["id"].as_str().expect("an id").to_owned()
    }
}

const CREATE: &str = "mutation($input: CreateConfigurationItemInput!) {
    createConfigurationItem(input: $input) { configurationItem { id } revision } }";
const UPDATE: &str = "mutation($input: UpdateConfigurationItemInput!) {
    updateConfigurationItem(input: $input) { revision } }";
const MOVE: &str = "mutation($input: MoveConfigurationItemInput!) {
    moveConfigurationItem(input: $input) { revision } }";
const RELATE: &str = "mutation($input: RelateInput!) { relate(input: $input) { revision } }";
const DELETE: &str = "mutation($input: DeleteConfigurationItemInput!, $key: String) {
    deleteConfigurationItem(input: $input, options: { idempotencyKey: $key }) { revision changed replayed } }";
const DEFINE: &str = "mutation($text: String!) { defineCatalog(input: { text: $text }) { revision } }";

/// A type of our own with a required attribute.
const TURBINE: &str = r#"
    [[ci_type]]
    name = "turbine"
    label = "Turbine"
    description = "Turns wind into power."
    parent = "device"
    attributes = [{ name = "rotor", type = "string", required = true, description = "Its rotor." }]
"#;

const NOBODY: &str = "ci:01900000-0000-7000-8000-000000000000";

#[test]
fn a_command_that_breaks_a_rule_says_which_and_writes_nothing() {
    let shop = Shop::new();
    shop.process.data(DEFINE, &json!({ "text": TURBINE }));
    let create = |ci_type: &str, attributes: Value, code: &str, says: &[&str]| {
        let input = json!({"input": {"type": ci_type, "name": "new", "attributes": attributes}});
        shop.refused(CREATE, &input, code, says);
    };
    create("spaceship", json!({}), "UNKNOWN_CI_TYPE", &["spaceship", "ciTypes"]);
    create(
        "cloud_element",
        json!({}),
        "ABSTRACT_CI_TYPE",
        &["cloud_element", "subtypes"],
    );
    create(
        "application",
        json!({"colour": "red"}),
        "UNKNOWN_ATTRIBUTE",
        &["colour", "application"],
    );
    create(
        "web_server",
        json!({"port": "many"}),
        "INVALID_ATTRIBUTE",
        &["port", "many", "whole number"],
    );
    create(
        "web_server",
        json!({"port": 70_000}),
        "INVALID_ATTRIBUTE",
        &["port", "70000", "65535"],
    );
    create("turbine", json!({}), "MISSING_ATTRIBUTE", &["rotor", "turbine"]);
    create("turbine", json!({"rotor": null}), "MISSING_ATTRIBUTE", &["rotor"]);
    let serial = json!({"serial_number": "SRV9001"});
    let holder = shop.id("physical_server:host-01");
    create(
        "physical_server",
        serial,
        "DUPLICATE_IDENTIFIER",
        &["serial_number", "SRV9001", &holder],
    );
    for name in ["", "a\u{0}b", &"n".repeat(501)] {
        shop.refused(
            CREATE,
            &json!({"input": {"type": "application", "name": name}}),
            "INVALID_NAME",
            &["name", "500"],
        );
    }
}

#[test]
fn a_relationship_stage_or_deletion_that_breaks_a_rule_says_which() {
    let shop = Shop::new();
    let relate = |relationship_type: &str, from: &str, to: &str, code: &str, says: &[&str]| {
        let input = json!({"input": {"type": relationship_type, "from": from, "to": to}});
        shop.refused(RELATE, &input, code, says);
    };
    relate(
        "depends_on",
        "application:shop-app",
        NOBODY,
        "DANGLING_EDGE",
        &["to", NOBODY],
    );
    relate(
        "depends_on",
        "application:nobody",
        "application:shop-app",
        "CI_NOT_FOUND",
        &["from", "application:nobody"],
    );
    relate(
        "adores",
        "application:shop-app",
        "business_service:shop",
        "UNKNOWN_TYPE",
        &["adores"],
    );
    let ends = &["secured_by", "web_server", "physical_server"];
    relate(
        "secured_by",
        "web_server:web-01",
        "physical_server:host-01",
        "DISALLOWED_ENDS",
        ends,
    );

    let stage = json!({"input": {"ref": "physical_server:host-01", "stage": "PLANNED"}});
    shop.refused(
        MOVE,
        &stage,
        "ILLEGAL_TRANSITION",
        &["in_service", "planned", "maintenance"],
    );
    let delete = json!({"input": {"ref": "physical_server:host-01", "reason": ""}});
    shop.refused(DELETE, &delete, "REASON_REQUIRED", &["reason"]);
    let delete = json!({"input": {"ref": "physical_server:host-01", "reason": "a mistake"}});
    shop.refused(DELETE, &delete, "CI_HAS_RELATIONSHIPS", &["relationships"]);
}

#[test]
fn a_stale_revision_and_an_ambiguous_name_are_told_apart() {
    let shop = Shop::new();
    let seen = shop.process.revision();
    let change = |value: &str| json!({"input": {"ref": "application:shop-app", "expectedRevision": seen, "attributes": {"version": value}}});
    let written = shop.process.data(UPDATE, &change("7.4"));
    let found = written["updateConfigurationItem"]["revision"].to_string();
    shop.refused(UPDATE, &change("7.5"), "STALE_REVISION", &[&seen.to_string(), &found]);

    for _ in 0..2 {
        shop.process
            .data(CREATE, &json!({"input": {"type": "application", "name": "twin"}}));
    }
    let twin = json!({"input": {"ref": "application:twin", "attributes": {"version": "1"}}});
    let error = shop.refused(UPDATE, &twin, "AMBIGUOUS_REFERENCE", &["application:twin"]);
    assert_eq!(
        error["extensions"]["candidates"].as_array().map(Vec::len),
        Some(2),
        "{error}"
    );
    let record = r#"{"relationship":{"from":"application:twin","type":"depends_on","to":"shop-app"}}"#;
    shop.record_refused(record, "AMBIGUOUS_REFERENCE", &["application:twin"]);
}

#[test]
fn a_repeated_request_is_not_done_twice_although_it_would_be_refused_now() {
    let shop = Shop::new();
    let delete =
        json!({"key": "once", "input": {"ref": "team:shop-team", "reason": "a mistake", "withRelationships": true}});
    let first = shop.process.data(DELETE, &delete)["deleteConfigurationItem"].clone();
    assert_eq!(first["replayed"], false);
    let again = shop.process.data(DELETE, &delete)["deleteConfigurationItem"].clone();
    assert_eq!(again["replayed"], true);
    assert_eq!(again["revision"], first["revision"]);
    let other = json!({"key": "once", "input": {"ref": "application:shop-app", "reason": "a mistake", "withRelationships": true}});
    shop.refused(DELETE, &other, "IDEMPOTENCY_KEY_REUSED", &["once"]);
}

#[test]
fn requests_of_one_key_at_once_are_one_write() {
    let shop = Shop::new();
    let before = shop.process.revision();
    let query = "mutation { createConfigurationItem(input: { type: \"application\", name: \"once\" },
        options: { idempotencyKey: \"same\" }) { revision replayed configurationItem { id } } }";
    let answers: Vec<Value> = std::thread::scope(|scope| {
        let ask = || {
            let client = shop.process.client();
            scope.spawn(move || client.data(query, &Value::Null)["createConfigurationItem"].take())
        };
        let asked: Vec<_> = (0..16).map(|_| ask()).collect();
        asked
            .into_iter()
            .map(|thread| thread.join().expect("an answer"))
            .collect()
    });
    assert_eq!(answers.iter().filter(|answer| answer["replayed"] == false).count(), 1);
    assert!(
        answers
            .iter()
            .all(|answer| answer["configurationItem"] == answers[0]["configurationItem"])
    );
    assert_eq!(shop.process.revision(), before + 1);
}

#[test]
fn a_record_that_breaks_a_rule_says_which_and_writes_nothing() {
    let shop = Shop::new();
    shop.process.data(DEFINE, &json!({ "text": TURBINE }));
    let ci = |ci_type: &str, attributes: Value| {
        json!({"ci": {"key": "new", "type": ci_type, "name": "new", "attributes": attributes}}).to_string()
    };
    shop.record_refused(&ci("spaceship", json!({})), "UNKNOWN_CI_TYPE", &["spaceship"]);
    shop.record_refused(
        &ci("application", json!({"colour": 1})),
        "UNKNOWN_ATTRIBUTE",
        &["colour"],
    );
    shop.record_refused(
        &ci("web_server", json!({"port": "many"})),
        "INVALID_ATTRIBUTE",
        &["port", "many"],
    );
    shop.record_refused(&ci("turbine", json!({})), "MISSING_ATTRIBUTE", &["rotor"]);
    let relationship = |kind: &str, to: &str| {
        json!({"relationship": {"from": "web_server:web-01", "type": kind, "to": to}}).to_string()
    };
    shop.record_refused(
        &relationship("depends_on", "application:nobody"),
        "DANGLING_EDGE",
        &["to", "application:nobody"],
    );
    shop.record_refused(
        &relationship("secured_by", "physical_server:host-01"),
        "DISALLOWED_ENDS",
        &["secured_by"],
    );
    let stage = r#"{"ci":{"type":"physical_server","name":"host-01","attributes":{"serial_number":"SRV9001"},"stage":"planned"}}"#;
    shop.record_refused(stage, "ILLEGAL_TRANSITION", &["in_service", "planned"]);
    shop.record_refused("{\"ci\": ", "MALFORMED_JSON", &["\"line\":1"]);
    shop.record_refused(
        "{\"ci\":{\"type\":\"application\",\"name\":\"x\",\"kolour\":1}}",
        "BAD_USER_INPUT",
        &["kolour"],
    );
    let deep = format!(
        "{{\"ci\":{{\"type\":\"application\",\"name\":\"x\",\"attributes\":{{\"custom\":{}1{}}}}}}}",
        "[".repeat(500),
        "]".repeat(500)
    );
    let answer = shop.process.ingest("", &deep);
    assert!(
        answer.body.contains("REFUSED") && answer.summary()["changed"] == false,
        "{answer:?}"
    );
    let empty = shop.process.ingest("", "");
    assert_eq!(
        (empty.status, &empty.summary()["changed"]),
        (200, &json!(false)),
        "{empty:?}"
    );
}

#[test]
fn a_hostile_document_is_refused_at_once() {
    let shop = Shop::new();
    let refused = |query: &str, says: &[&str]| shop.refused(query, &Value::Null, "LIMIT_EXCEEDED", says);
    refused(&format!("{}name{}", "{ node ".repeat(500), "}".repeat(500)), &["40"]);
    let deep = format!(
        "{{ configurationItem(ref: \"x:y\") {}{}{} }}",
        "{ owner ".repeat(20),
        "{ id }",
        "}".repeat(20)
    );
    refused(&deep, &["16"]);
    let aliases = |count| {
        let aliases: Vec<String> = (0..count).map(|number| format!("a{number}:__typename")).collect();
        format!("{{ {} }}", aliases.join(" "))
    };
    refused(&aliases(10_000), &[]);
    refused(&aliases(300), &["alias", "200"]);
    let fragments: Vec<String> = (0..24)
        .map(|number| format!("fragment f{number} on Query {{ ...f{0} ...f{0} }} ", number + 1))
        .collect();
    let doubled = format!(
        "{{ ...f0 }} {} fragment f24 on Query {{ __typename }}",
        fragments.concat()
    );
    refused(&doubled, &["2000"]);
    let nested = "{ configurationItems(first: 100) { nodes { relationships(first: 100) { nodes { from {
        relationships(first: 100) { nodes { to { relationships(first: 100) { nodes { id } } } } } } } } } } }";
    refused(nested, &[]);
    let page = "{ configurationItems(first: 1000000) { nodes { id } } }";
    let answer = shop.process.graphql(page, &Value::Null);
    let code = &answer["errors"][0]["extensions"]["code"];
    assert!(*code == "PAGE_TOO_LARGE" || *code == "LIMIT_EXCEEDED", "{answer}");
    shop.refused(
        "{ ciTypes(first: 1000000) { totalCount } }",
        &Value::Null,
        "PAGE_TOO_LARGE",
        &["first", "1000000", "1000"],
    );
    shop.refused(
        "{ configurationItem(ref: \"\") { id } }",
        &Value::Null,
        "BAD_USER_INPUT",
        &["ref"],
    );
    shop.refused("{ nonsense }", &Value::Null, "GRAPHQL_VALIDATION_FAILED", &["nonsense"]);
    shop.refused(
        "{ configurationItem(ref: 7) { id } }",
        &Value::Null,
        "BAD_USER_INPUT",
        &["ref"],
    );
    assert_eq!(shop.process.get("/healthz").status, 200);
}

#[test]
fn a_mutation_by_get_is_refused() {
    let shop = Shop::new();
    let before = shop.process.revision();
    let query = "mutation%7BcreateConfigurationItem(input:%7Btype:%22application%22,name:%22x%22%7D)%7Brevision%7D%7D";
    let answer = shop.process.get(&format!("/graphql?query={query}"));
    assert_eq!(answer.status, 405, "{answer:?}");
    assert_eq!(answer.json()["errors"][0]["extensions"]["code"], "METHOD_NOT_ALLOWED");
    assert_eq!(shop.process.revision(), before);
}

fn push(process: &Process, parameters: &str, pieces: impl Iterator<Item = Vec<u8>>) -> Answer {
    process.try_ingest(parameters, &mut made(pieces)).expect("an answer")
}

#[test]
fn a_bad_line_deep_in_a_stream_is_named_and_the_rest_lands() {
    let shop = Shop::new();
    let bad = if setting("LINCHPIN_BIG").is_some() {
        500_000
    } else {
        5_000
    };
    let line = |number: usize| {
        if number == bad {
            b"{\"ci\":{\"type\":\"appl\n".to_vec()
        } else {
            application(number)
        }
    };
    let offset: usize = (1..bad).map(|number| application(number).len()).sum();
    let answer = push(&shop.process, "?source=stream", (1..=bad + 10).map(line));
    let items: Vec<Value> = answer
        .lines()
        .iter()
        .filter(|line| line.get("item").is_some())
        .cloned()
        .collect();
    assert_eq!(items.len(), 1, "{items:?}");
    let item = &items[0]["item"];
    assert_eq!(
        (&item["line"], &item["offset"]),
        (&json!(bad), &json!(offset)),
        "{item}"
    );
    assert_eq!(item["problems"][0]["code"], "MALFORMED_JSON", "{item}");
    let summary = answer.summary();
    assert_eq!(
        summary["outcomes"],
        json!({"CREATED": bad + 9, "REFUSED": 1}),
        "{summary}"
    );

    let before = shop.process.revision();
    let small = |number: usize| {
        if number == 500 {
            b"nonsense\n".to_vec()
        } else {
            application(1_000_000 + number)
        }
    };
    let answer = push(&shop.process, "?source=stream&mode=ATOMIC", (1..=510).map(small));
    assert_eq!(
        answer.summary()["outcomes"],
        json!({"NOT_APPLIED": 509, "REFUSED": 1}),
        "{answer:?}"
    );
    assert_eq!(shop.process.revision(), before);
}

#[test]
fn text_that_is_not_utf8_is_refused_wherever_it_stands() {
    let shop = Shop::new();
    let before = shop.process.revision();
    let record = b"{\"ci\":{\"key\":\"k\",\"type\":\"application\",\"name\":\"\xff\xfe\"}}\n".to_vec();
    let answer = push(&shop.process, "", std::iter::once(record));
    let item = &answer.lines()[0]["item"];
    assert_eq!(
        (&item["line"], &item["problems"][0]["code"]),
        (&json!(1), &json!("INVALID_UTF8")),
        "{answer:?}"
    );
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build();
    let agent: ureq::Agent = agent.into();
    for body in [
        &b"{\"query\":\"{ __typename \xff }\"}"[..],
        b"",
        b"[]",
        b"{",
        b"{\"query\":null}",
        b"\x00",
    ] {
        let request = agent.post(format!("{}/graphql", shop.process.url));
        let request = request.header("content-type", "application/json");
        let mut response = request.send(body).expect("an answer");
        assert_eq!(response.status().as_u16(), 400, "{body:?}");
        let text = response.body_mut().read_to_string().expect("a text");
        assert!(text.contains("\"code\""), "{body:?}: {text}");
    }
    assert_eq!(shop.process.revision(), before);
}

#[test]
fn a_line_without_end_costs_no_memory() {
    let shop = Shop::new();
    let mebibytes = if setting("LINCHPIN_BIG").is_some() { 100 } else { 16 };
    let long = (0..mebibytes).map(|_| vec![b'x'; 1 << 20]);
    let pieces = std::iter::once(application(1))
        .chain(long)
        .chain([b"\n".to_vec(), application(2)]);
    let answer = push(&shop.process, "", pieces);
    let item = &answer.lines()[0]["item"];
    assert_eq!(
        (&item["line"], &item["problems"][0]["code"]),
        (&json!(2), &json!("LINE_TOO_LONG")),
        "{answer:?}"
    );
    assert_eq!(
        answer.summary()["outcomes"],
        json!({"CREATED": 2, "REFUSED": 1}),
        "{answer:?}"
    );
    if let Some(most) = shop.process.most_resident_kib() {
        assert!(most < 300 * 1024, "{most} KiB were resident");
    }
}
