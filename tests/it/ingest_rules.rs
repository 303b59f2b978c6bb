//! Rules of ingest as data: defined, listed, exported, kept over a restart, removed, refused.

use serde_json::json;

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
    let export = process.get("/export").lines();
    let catalog = export
        .iter()
        .find_map(|line| line["catalog"].as_str())
        .expect("a catalog");
    assert!(
        catalog.contains("[[authority]]\nname = \"server-identity\""),
        "{catalog}"
    );
    let removed = process.data(REMOVE, &json!({ "input": { "kind": "SOURCE", "name": "scanner-1" } }));
    assert_eq!(removed["removeIngestRule"]["changed"], true);
    assert_eq!(
        process.data(LIST, &json!({ "kind": "SOURCE" }))["ingestRules"]["totalCount"],
        0
    );
}
