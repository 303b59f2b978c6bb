//! What-if: planned commands on a copy of the estate, and the comparison with today.

use serde_json::{Value, json};

use crate::process::{Process, run_on};

/// The repository.
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

pub(crate) struct Shop {
    _folder: tempfile::TempDir,
    pub(crate) server: Process,
}

impl Shop {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = folder.path().join("store");
        let payload = format!("{ROOT}/fixtures/shop/shop.ndjson");
        assert!(run_on(&store, &["import", &payload]).status.success());
        Self {
            server: Process::start(&store),
            _folder: folder,
        }
    }

    fn data(&self, query: &str, commands: &Value) -> Value {
        self.server.data(query, &json!({ "commands": commands }))["scenario"].clone()
    }
}

fn second_switch() -> Value {
    let text = std::fs::read_to_string(format!("{ROOT}/fixtures/shop/second-switch.json")).expect("a plan");
    serde_json::from_str(&text).expect("a plan")
}

fn names(list: &Value) -> Vec<&str> {
    let list = list.as_array().expect("a list").iter();
    list.map(|ci| ci["name"].as_str().expect("a name")).collect()
}

#[test]
fn a_scenario_answers_as_the_estate_would_and_writes_nothing() {
    let shop = Shop::new();
    let revision = shop.server.revision();
    let impact = "impact(failed: [{ ref: \"switch:sw-01\" }]) { counts { down atRisk } }";
    let asked = format!(
        "query Q($commands: [CommandInput!]!) {{ today: {impact}
           scenario(commands: $commands) {{ revision delta {{ totalCount }} {impact}
             lints {{ counts {{ code count }} }} }} }}"
    );
    let plan = second_switch();
    let answer = shop.server.data(&asked, &json!({ "commands": plan }));
    assert_eq!(answer["impact"], Value::Null);
    assert_eq!(answer["today"]["counts"], json!({ "down": 13, "atRisk": 0 }));
    let planned = &answer["scenario"];
    assert_eq!(planned["impact"]["counts"], json!({ "down": 1, "atRisk": 12 }));
    assert_eq!(planned["revision"], revision);
    assert_eq!(shop.server.revision(), revision);
    let missing = shop
        .server
        .graphql("{ configurationItem(ref: \"switch:sw-02\") { id } }", &json!({}));
    assert_eq!(missing["data"]["configurationItem"], Value::Null);
    // Carried out, it is as foreseen.
    let execute = "mutation E($commands: [CommandInput!]!) { execute(commands: $commands) { executedCount } }";
    assert_eq!(
        shop.server.data(execute, &json!({ "commands": plan }))["execute"]["executedCount"],
        4
    );
    let now = shop.server.data(&format!("{{ {impact} }}"), &json!({}));
    assert_eq!(now["impact"]["counts"], planned["impact"]["counts"]);
}

#[test]
fn a_scenario_is_refused_as_its_commands_would_be() {
    let shop = Shop::new();
    let asked = "query Q($commands: [CommandInput!]!) { scenario(commands: $commands) { revision } }";
    let execute = "mutation E($commands: [CommandInput!]!) {
        execute(commands: $commands, mode: ATOMIC) { results { error { code } } } }";
    let first = json!({ "retireConfigurationItem": { "ref": "switch:sw-01" } });
    for (second, code) in [
        (
            json!({ "createConfigurationItem": { "type": "swich", "name": "x" } }),
            "UNKNOWN_CI_TYPE",
        ),
        (
            json!({ "relate": { "from": "rack:nowhere", "type": "runs_on", "to": "rack:rack-01" } }),
            "CI_NOT_FOUND",
        ),
        (
            json!({ "deleteConfigurationItem": { "ref": "switch:sw-01", "reason": "a slip" } }),
            "CI_HAS_RELATIONSHIPS",
        ),
    ] {
        let commands = json!({ "commands": [first, second] });
        let answer = shop.server.graphql(asked, &commands);
        let extensions = &answer["errors"][0]["extensions"];
        assert_eq!(
            (&extensions["code"], &extensions["index"]),
            (&json!(code), &json!(1)),
            "{answer}"
        );
        let refused = shop.server.data(execute, &commands);
        let codes = refused["execute"]["results"].as_array().expect("results").iter();
        let codes: Vec<&Value> = codes.map(|result| &result["error"]["code"]).collect();
        assert!(codes.contains(&&json!(code)), "{refused}");
    }
}

#[test]
fn a_comparison_tells_what_a_plan_makes_better_and_worse() {
    let shop = Shop::new();
    let asked = "query Q($commands: [CommandInput!]!) { scenario(commands: $commands) {
        compare(failed: [{ ref: \"switch:sw-01\" }]) {
          complete differingCount differing { ci { name } today planned }
          services { service { name } newSinglePointsOfFailure { name } vanishedSinglePointsOfFailure { name } } } } }";
    let compared = shop.data(asked, &second_switch())["compare"].clone();
    assert_eq!(
        (&compared["complete"], &compared["differingCount"]),
        (&json!(true), &json!(12))
    );
    assert_eq!(
        (&compared["differing"][0]["today"], &compared["differing"][0]["planned"]),
        (&json!("DOWN"), &json!("AT_RISK"))
    );
    for service in compared["services"].as_array().expect("services") {
        assert_eq!(names(&service["vanishedSinglePointsOfFailure"]), ["sw-01"], "{service}");
        assert_eq!(
            names(&service["newSinglePointsOfFailure"]),
            Vec::<&str>::new(),
            "{service}"
        );
    }
    // A host in maintenance is recorded as down, so its partner must not fail any more.
    let plan = json!([{ "moveConfigurationItem": { "ref": "physical_server:host-02", "stage": "MAINTENANCE" } }]);
    let asked = "query Q($commands: [CommandInput!]!) { scenario(commands: $commands) {
        compare(services: [\"business_service:payment\"]) {
          complete differing { ci { name } today planned } services { newSinglePointsOfFailure { name } } } } }";
    let compared = shop.data(asked, &plan)["compare"].clone();
    assert_eq!(compared["complete"], true);
    assert_eq!(
        names(&compared["services"][0]["newSinglePointsOfFailure"]),
        ["db-01", "host-01"]
    );
    let differing = compared["differing"].as_array().expect("a list").iter();
    let down: Vec<&str> = differing
        .filter(|one| one["planned"] == "DOWN")
        .filter_map(|one| one["ci"]["name"].as_str())
        .collect();
    assert_eq!(down.len(), 4, "{down:?}");
}

#[test]
fn a_ci_that_neither_side_has_is_refused() {
    let shop = Shop::new();
    let asked = "query Q($commands: [CommandInput!]!) { scenario(commands: $commands) {
        compare(failed: [{ ref: \"switch:sw-02\" }]) { today { counts { down } } planned { counts { down } } } } }";
    let known = shop.data(asked, &second_switch())["compare"].clone();
    assert_eq!(
        known,
        json!({ "today": { "counts": { "down": 0 } }, "planned": { "counts": { "down": 1 } } })
    );
    let answer = shop.server.graphql(asked, &json!({ "commands": [] }));
    assert_eq!(answer["errors"][0]["extensions"]["code"], "ROOT_NOT_FOUND", "{answer}");
}

#[test]
fn a_plan_is_compared_on_the_command_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("store");
    let file = |name: &str| format!("{ROOT}/fixtures/shop/{name}");
    assert!(run_on(&store, &["import", &file("shop.ndjson")]).status.success());
    let compared = run_on(
        &store,
        &["scenario", &file("second-switch.json"), "--fail", "switch:sw-01"],
    );
    assert!(compared.status.success(), "{compared:?}");
    let told = String::from_utf8(compared.stdout).expect("UTF-8");
    assert!(told.contains(" today         13    0         0"), "{told}");
    assert!(told.contains("business_service:shop     DOWN   AT_RISK"), "{told}");
    let refused = run_on(&store, &["scenario", &file("shop.ndjson")]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
}

#[test]
fn what_could_be_hit_stands_beside_what_is() {
    let shop = Shop::new();
    let asked = "{ impact(failed: [{ ref: \"physical_server:host-01\" }], atRisk: LOCAL) {
        counts { impacted } potential { cis services complete } } }";
    let answer = shop.server.data(asked, &json!({}))["impact"].clone();
    assert_eq!(
        answer,
        json!({ "counts": { "impacted": 5 }, "potential": { "cis": 7, "services": 2, "complete": true } })
    );
}
