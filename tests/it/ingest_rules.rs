//! Rules of ingest as data: defined, listed, exported, kept over a restart, removed, refused.

use serde_json::json;

use linchpin::ingest::report::Outcome;

use crate::ingest_support::Database;
use crate::process::Process;

const DEFINE: &str = "mutation($text: String!) { defineCatalog(input: { text: $text }) {
    revision changed delta { items { kind id change after } } } }";
const LIST: &str = "query($kind: IngestRuleKind) { ingestRules(kind: $kind) { totalCount nodes {
    id kind name text
    source { mayCreate mayUpdate onNoMatch sweepShareMax } authority { ciType { name } attributes policy sources lapse }
    junk { attributes values } derivation { from { name } attribute relationshipType to { name } toAttribute reversed }
    classAlias { name } } } }";
const REMOVE: &str =
    "mutation($input: RemoveIngestRuleInput!) { removeIngestRule(input: $input) { revision changed } }";

const RULES: &str = r#"
[[source]]
name = "scanner-1"
may_create = false
sweep_share_max = 5

[[authority]]
name = "server-identity"
ci_type = "server"
attributes = ["serial_number", "name"]
policy = "source_priority"
sources = ["vcenter", "ansible"]
lapse = "30d"

[[derivation]]
name = "node-cluster"
from = "kubernetes_node"
attribute = "cluster_name"
relationship_type = "member_of"
to = "kubernetes_cluster"

[[ci_type_extension]]
name = "server"
retire_after = "12h"
"#;

#[test]
fn rules_are_data_of_the_catalog_and_survive_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let mut process = Process::start(&data);
    let defined = process.data(DEFINE, &json!({ "text": RULES }));
    let items = &defined["defineCatalog"]["delta"]["items"];
    assert_eq!(items[2]["kind"], "INGEST_RULE", "{defined}");
    assert_eq!(items[2]["id"], "source:scanner-1", "{defined}");
    let again = process.data(DEFINE, &json!({ "text": RULES }));
    assert_eq!(again["defineCatalog"]["changed"], false);

    for restarts in 0..3 {
        let listed = process.data(LIST, &json!({ "kind": "AUTHORITY" }));
        let rule = &listed["ingestRules"]["nodes"][0];
        assert_eq!(
            rule["authority"]["policy"], "SOURCE_PRIORITY",
            "after {restarts} restarts"
        );
        assert_eq!(rule["authority"]["ciType"]["name"], "server");
        assert_eq!(rule["authority"]["sources"], json!(["vcenter", "ansible"]));
        let source = process.data(LIST, &json!({ "kind": "SOURCE" }))["ingestRules"]["nodes"][0].clone();
        assert_eq!(source["source"]["mayCreate"], false);
        assert_eq!(source["source"]["sweepShareMax"], 5);
        let derivation = process.data(LIST, &json!({ "kind": "DERIVATION" }))["ingestRules"]["nodes"][0].clone();
        assert_eq!(derivation["derivation"]["toAttribute"], "name");
        let server = process.data("{ ciType(name: \"virtual_machine\") { retireAfter } }", &json!({}));
        assert_eq!(server["ciType"]["retireAfter"], "PT12H");
        if restarts == 0 {
            // From the journal.
            process.kill();
        } else {
            // From the checkpoint that a stop leaves.
            assert!(process.stop().success());
        }
        process = Process::start(&data);
    }
    process.ingest("", TWINS);
    let export = process.get("/export").lines();
    let catalogs: Vec<&str> = export.iter().filter_map(|line| line["catalog"].as_str()).collect();
    let authority = "[[authority]]\nname = \"server-identity\"";
    let [first, last] = catalogs[..] else {
        panic!("definitions and, behind all else, rules of admission: {catalogs:?}")
    };
    assert!(!first.contains(authority) && last.contains(authority), "{last}");
    let removed = process.data(REMOVE, &json!({ "input": { "kind": "SOURCE", "name": "scanner-1" } }));
    assert_eq!(removed["removeIngestRule"]["changed"], true);
    assert_eq!(
        process.data(LIST, &json!({ "kind": "SOURCE" }))["ingestRules"]["totalCount"],
        0
    );
}

const QUEUE: &str = "query($state: ReviewState) { reviewQueue(state: $state) { totalCount nodes {
    id kind source subject typeName record candidates { id name } reason state resolvedTo { name } dismissedBecause } } }";
const RESOLVE: &str = "mutation($input: ResolveReviewInput!) { resolveReview(input: $input) {
    changed review { state resolvedTo { id name } } } }";
const DISMISS: &str =
    "mutation($input: DismissReviewInput!) { dismissReview(input: $input) { changed review { state } } }";

const TWINS: &str = r#"{"source":"one"}
{"ci":{"key":"a","type":"virtual_machine","name":"a","attributes":{"uuid":"564d0101-0000-4000-8000-000000000001"}}}
{"ci":{"key":"b","type":"virtual_machine","name":"b","attributes":{"uuid":"564d0101-0000-4000-8000-000000000001"}}}
"#;

fn seen_by_two(key: &str) -> String {
    format!(
        "{{\"source\":\"two\"}}\n{{\"ci\":{{{key}\"type\":\"virtual_machine\",\"name\":\"x\",\
         \"attributes\":{{\"uuid\":\"564d0101-0000-4000-8000-000000000001\"}}}}}}\n"
    )
}

#[test]
fn what_fits_several_waits_for_a_person_and_is_found_after_the_decision() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let mut process = Process::start(&data);
    process.ingest("", TWINS);
    for payload in [seen_by_two("\"key\":\"x1\","), seen_by_two("")] {
        let first = process.ingest("", &payload);
        assert_eq!(first.summary()["outcomes"], json!({ "REVIEW": 1 }), "{first:?}");
        let revision = process.revision();
        assert_eq!(
            process.ingest("", &payload).summary()["outcomes"],
            json!({ "REVIEW": 1 })
        );
        assert_eq!(process.revision(), revision, "a repeated push adds nothing");
        let queue = process.data(QUEUE, &json!({ "state": "OPEN" }))["reviewQueue"].clone();
        assert_eq!(queue["totalCount"], 1, "{queue}");
        let item = &queue["nodes"][0];
        assert_eq!(
            (&item["kind"], &item["source"]),
            (&json!("MULTI_MATCH"), &json!("two")),
            "{item}"
        );
        assert_eq!(item["candidates"].as_array().map(Vec::len), Some(2));
        process.kill();
        process = Process::start(&data);
        let wanted = json!({ "id": item["id"], "ci": item["candidates"][1]["id"] });
        let resolved = process.data(RESOLVE, &json!({ "input": wanted }));
        assert_eq!(
            resolved["resolveReview"]["review"]["resolvedTo"]["id"], item["candidates"][1]["id"],
            "{resolved}"
        );
        let again = process.graphql(RESOLVE, &json!({ "input": wanted }));
        assert_eq!(again["errors"][0]["extensions"]["code"], "REVIEW_DECIDED", "{again}");
        assert_eq!(
            process.ingest("", &payload).summary()["outcomes"]["REVIEW"],
            json!(null)
        );
    }
    assert!(process.stop().success());
    let process = Process::start(&data);
    let queue = process.data(QUEUE, &json!({ "state": "RESOLVED" }))["reviewQueue"].clone();
    assert_eq!(queue["totalCount"], 2, "{queue}");
    drop(process);
    assert_eq!(crate::process::verify(&data), Ok(()));
}

#[test]
fn an_identification_is_explained_rule_by_rule_and_writes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let process = Process::start(&folder.path().join("data"));
    process.ingest("", TWINS);
    let revision = process.revision();
    let ask = |source: &str, item: serde_json::Value| {
        let question = "query($source: String!, $item: IdentifyItemInput!) { identify(source: $source, item: $item) {
            operation ci { name } candidates { name } problems { code }
            attempts { rule attributes values result candidates } } }";
        process.data(question, &json!({ "source": source, "item": item }))["identify"].clone()
    };
    let uuid = json!({ "uuid": "564d0101-0000-4000-8000-000000000001", "serial_number": "None" });
    let several = ask(
        "two",
        json!({ "type": "virtual_machine", "name": "x", "attributes": uuid }),
    );
    assert_eq!(several["operation"], "REVIEW", "{several}");
    assert_eq!(several["candidates"].as_array().map(Vec::len), Some(2));
    let attempts = &several["attempts"];
    assert_eq!(
        (&attempts[0]["rule"], &attempts[0]["result"]),
        (&json!("serial_number"), &json!("JUNK"))
    );
    assert_eq!(attempts[0]["values"], json!(["None"]));
    assert_eq!(
        (&attempts[1]["rule"], &attempts[1]["result"]),
        (&json!("uuid"), &json!("MULTI_MATCH"))
    );
    let known = ask("one", json!({ "type": "virtual_machine", "key": "a", "name": "a" }));
    assert_eq!(
        (&known["operation"], &known["ci"]["name"]),
        (&json!("NO_CHANGE"), &json!("a")),
        "{known}"
    );
    let renamed = ask("one", json!({ "type": "virtual_machine", "key": "a", "name": "A" }));
    assert_eq!(renamed["operation"], "UPDATE", "{renamed}");
    let clone = ask(
        "one",
        json!({ "type": "virtual_machine", "key": "c", "name": "c", "attributes": uuid }),
    );
    assert_eq!(clone["operation"], "INSERT", "{clone}");
    let wrong = ask(
        "one",
        json!({ "type": "virtual_machine", "key": "c", "name": "c", "attributes": { "ram": 1 } }),
    );
    assert_eq!(
        (&wrong["operation"], &wrong["problems"][0]["code"]),
        (&json!("REFUSED"), &json!("UNKNOWN_ATTRIBUTE"))
    );
    assert_eq!(process.revision(), revision);
}

#[test]
fn what_is_staged_becomes_a_ci_or_is_dismissed() {
    let folder = tempfile::tempdir().expect("a folder");
    let process = Process::start(&folder.path().join("data"));
    process.data(
        DEFINE,
        &json!({ "text": "[[source]]\nname = \"two\"\non_no_match = \"stage\"" }),
    );
    let push = |key: &str| process.ingest("", &seen_by_two(&format!("\"key\":\"{key}\",")));
    for key in ["x1", "x2"] {
        assert_eq!(push(key).summary()["outcomes"], json!({ "REVIEW": 1 }));
    }
    let queue = process.data(QUEUE, &json!({ "state": "OPEN" }))["reviewQueue"].clone();
    assert_eq!(queue["nodes"][0]["kind"], "NO_MATCH_STAGED", "{queue}");
    let (first, second) = (&queue["nodes"][0]["id"], &queue["nodes"][1]["id"]);
    let both = process.graphql(RESOLVE, &json!({ "input": { "id": first } }));
    assert_eq!(both["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{both}");
    let created = process.data(RESOLVE, &json!({ "input": { "id": first, "createNew": true } }));
    assert_eq!(
        created["resolveReview"]["review"]["resolvedTo"]["name"], "x",
        "{created}"
    );
    assert_eq!(push("x1").summary()["outcomes"], json!({ "UNCHANGED": 1 }));
    let dismissed = process.data(
        DISMISS,
        &json!({ "input": { "id": second, "reason": "a test machine" } }),
    );
    assert_eq!(
        dismissed["dismissReview"]["review"]["state"], "DISMISSED",
        "{dismissed}"
    );
    let nothing = process.data(QUEUE, &json!({ "state": "OPEN" }))["reviewQueue"]["totalCount"].clone();
    assert_eq!(nothing, 0);
    let unknown = json!({ "id": "review:01900000-0000-7000-8000-000000000000", "ci": "virtual_machine:x" });
    let refused = process.graphql(RESOLVE, &json!({ "input": unknown }));
    assert_eq!(
        refused["errors"][0]["extensions"]["code"], "REVIEW_NOT_FOUND",
        "{refused}"
    );
}

#[test]
fn a_source_that_may_leaves_a_placeholder_for_what_it_only_names() {
    const PAYLOAD: &str = "{\"source\":\"lldp\"}
{\"ci\":{\"key\":\"sw-1\",\"type\":\"switch\",\"name\":\"sw-1\"}}
{\"relationship\":{\"from\":\"sw-1\",\"type\":\"connects_to\",\"to\":\"switch:core-9\"}}
";
    let database = Database::new();
    let refused = database.load(PAYLOAD);
    assert_eq!(refused.summary.of(Outcome::Refused), 1, "{}", refused.text());

    let rule = "[[source]]\nname = \"lldp\"\nmay_create_placeholders = true\n";
    let rule = serde_json::json!({ "catalog": rule });
    database.load(&format!("{rule}\n"));
    let taken = database.load(PAYLOAD);
    assert_eq!(taken.summary.of(Outcome::Refused), 0, "{}", taken.text());
    assert_eq!(taken.summary.warnings.get("PLACEHOLDER"), Some(&1));
    let before = database.revision();
    let again = database.load(PAYLOAD);
    assert_eq!((again.summary.changed, database.revision()), (false, before));

    // A later observation of the source under the same key, or of the same identity, completes it.
    let snapshot = database.cmdb.reader().snapshot();
    assert_eq!(snapshot.named("core-9").count(), 1);
}
