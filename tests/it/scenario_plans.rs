//! Plans as a change board writes them: with names, renames, removals, and slips.

use serde_json::{Value, json};

use crate::scenario::Shop;

const COMPARE: &str = "query Q($commands: [CommandInput!]!, $failed: [FailedCi!], $services: [String!]) {
  scenario(commands: $commands) { compare(failed: $failed, services: $services) {
    complete today { counts { down } warnings { code count samples } } planned { counts { down } warnings { code count samples } }
    differingCount differing { ci { name } today planned }
    services { today planned commonCount
      newSinglePointsOfFailure { name } vanishedSinglePointsOfFailure { name } } } } }";

const SCENARIO: &str = "query Q($commands: [CommandInput!]!) { scenario(commands: $commands) {
    results { configurationItemId } impact(failed: [{ ref: \"switch:sw-01\" }]) { counts { down } } } }";

const EXECUTE: &str = "mutation E($commands: [CommandInput!]!) { execute(commands: $commands, mode: ATOMIC) {
    changed results { executed error { code message remedy details } } } }";

fn compare(shop: &Shop, commands: &Value, failed: &Value, services: &Value) -> Value {
    let variables = json!({ "commands": commands, "failed": failed, "services": services });
    shop.server.data(COMPARE, &variables)["scenario"]["compare"].clone()
}

#[test]
fn a_ci_that_the_plan_renames_fails_on_both_sides() {
    let shop = Shop::new();
    let plan = json!([{ "updateConfigurationItem": { "ref": "switch:sw-01", "name": "core-1" } }]);
    let services = json!(["business_service:shop"]);
    let compared = compare(&shop, &plan, &json!([{ "ref": "switch:sw-01" }]), &services);
    let down = [&compared["today"], &compared["planned"]].map(|side| side["counts"]["down"].clone());
    assert_eq!(down, [json!(13), json!(13)], "{compared}");
    assert_eq!(compared["differingCount"], 0);
    assert_eq!(compared["planned"]["warnings"], json!([]));
    let service = &compared["services"][0];
    assert_eq!(service["vanishedSinglePointsOfFailure"], json!([]));
    assert_eq!(service["commonCount"], 6);
    // The service itself, by the name of today.
    let plan = json!([{ "updateConfigurationItem": { "ref": "business_service:shop", "name": "web-shop" } }]);
    let compared = compare(&shop, &plan, &json!([]), &services);
    assert_eq!(compared["services"][0]["commonCount"], 6, "{compared}");
}

#[test]
fn what_a_side_cannot_let_fail_is_said() {
    let shop = Shop::new();
    let failed = json!([{ "ref": "switch:sw-01" }]);
    let retired = json!([{ "retireConfigurationItem": { "ref": "switch:sw-01" } }]);
    let compared = compare(&shop, &retired, &failed, &json!([]));
    assert_eq!(
        compared["planned"]["warnings"][0]["code"], "ROOT_EXCLUDED",
        "{compared}"
    );
    let delete = json!({ "ref": "switch:sw-01", "reason": "a slip", "withRelationships": true });
    let deleted = json!([{ "deleteConfigurationItem": delete }]);
    let compared = compare(&shop, &deleted, &failed, &json!([]));
    assert_eq!(compared["today"]["warnings"], json!([]));
    assert_eq!(
        compared["planned"]["warnings"],
        json!([{ "code": "ROOT_NOT_FOUND", "count": 1, "samples": ["switch:sw-01"] }])
    );
    let names: Vec<&Value> = compared["differing"].as_array().expect("a list").iter().collect();
    let switch = names
        .iter()
        .find(|one| one["ci"]["name"] == "sw-01")
        .expect("the switch");
    assert_eq!((&switch["today"], &switch["planned"]), (&json!("DOWN"), &Value::Null));
}

#[test]
fn a_service_that_goes_wins_nothing_by_it() {
    let shop = Shop::new();
    let services = json!(["business_service:shop"]);
    for (plan, planned) in [
        (
            json!({ "retireConfigurationItem": { "ref": "business_service:shop" } }),
            Value::Null,
        ),
        (
            json!({ "moveConfigurationItem": { "ref": "load_balancer:lb-01", "stage": "DOWN" } }),
            json!("DOWN"),
        ),
    ] {
        let compared = compare(&shop, &json!([plan]), &json!([]), &services);
        let service = &compared["services"][0];
        assert_eq!(
            (&service["today"], &service["planned"]),
            (&json!("OK"), &planned),
            "{compared}"
        );
        assert_eq!(service["vanishedSinglePointsOfFailure"], json!([]), "{compared}");
    }
}

#[test]
fn what_counts_as_a_failure_is_never_ok() {
    let shop = Shop::new();
    let asked = "{ scenario(commands: []) { compare(level: OK) { complete } } }";
    let answer = shop.server.graphql(asked, &json!({}));
    let extensions = &answer["errors"][0]["extensions"];
    assert_eq!(
        (&extensions["code"], &extensions["field"]),
        (&json!("INVALID_STATE"), &json!("level"))
    );
}

/// A second switch, by names alone; two commands of which one names what the other creates.
fn by_name() -> Value {
    let relate = |from: &str| json!({ "relate": { "from": from, "type": "connects_to", "to": "switch:sw-02" } });
    json!([
        { "createConfigurationItem": { "type": "switch", "name": "sw-02" } },
        relate("load_balancer:lb-01"),
        relate("physical_server:host-01"),
        relate("physical_server:host-02"),
        { "createRedundancyGroup": { "name": "planned", "consumer": "switch:sw-02", "members": [{ "ref": "rack:rack-01" }] } },
    ])
}

#[test]
fn a_planned_ci_is_named_like_any_other() {
    let shop = Shop::new();
    let plan = json!({ "commands": by_name() });
    let answer = shop.server.data(SCENARIO, &plan)["scenario"].clone();
    assert_eq!(answer["impact"]["counts"]["down"], 1, "{answer}");
    assert_eq!(
        shop.server.data(SCENARIO, &plan)["scenario"],
        answer,
        "the same identities again"
    );
    let executed = shop.server.data(EXECUTE, &plan);
    assert_eq!(executed["execute"]["changed"], true, "{executed}");
    let impact = "{ impact(failed: [{ ref: \"switch:sw-01\" }]) { counts { down } } }";
    assert_eq!(shop.server.data(impact, &json!({}))["impact"]["counts"]["down"], 1);
    // Recorded by now, so this is the recorded one; and of two that are new nobody knows which is meant.
    let again = shop.server.graphql(SCENARIO, &plan);
    assert_eq!(
        again["errors"][0]["extensions"]["code"], "RELATIONSHIP_EXISTS",
        "{again}"
    );
    let create = json!({ "createConfigurationItem": { "type": "switch", "name": "sw-03" } });
    let retire = json!({ "retireConfigurationItem": { "ref": "switch:sw-03" } });
    for plan in [json!([create, create, retire]), json!([retire, create])] {
        let refused = shop.server.graphql(SCENARIO, &json!({ "commands": plan }));
        let extensions = &refused["errors"][0]["extensions"];
        assert_eq!(extensions["value"], "switch:sw-03", "{refused}");
        assert_eq!(extensions["code"], "CI_NOT_FOUND", "{refused}");
    }
}

#[test]
fn every_refusal_is_that_of_the_command() {
    let shop = Shop::new();
    let refused = [
        json!({ "createConfigurationItem": { "type": "swich", "name": "x" } }),
        json!({ "createConfigurationItem": { "type": "switch", "name": "" } }),
        json!({ "createConfigurationItem": { "type": "switch", "name": "x", "attributes": { "colour": "red" } } }),
        json!({ "createConfigurationItem": { "type": "switch", "name": "x", "id": "rel:1" } }),
        json!({ "updateConfigurationItem": { "ref": "switch:nowhere", "name": "y" } }),
        json!({ "updateConfigurationItem": { "ref": "nonsense", "name": "y" } }),
        json!({ "moveConfigurationItem": { "ref": "ci:00000000-0000-4000-8000-000000000000", "stage": "DOWN" } }),
        json!({ "deleteConfigurationItem": { "ref": "switch:sw-01", "reason": "a slip" } }),
        json!({ "relate": { "from": "switch:sw-01", "type": "likes", "to": "rack:rack-01" } }),
        json!({ "relate": { "from": "switch:sw-01", "type": "runs_on", "to": "rack:rack-01", "forward": "LOUD" } }),
        json!({ "relate": { "from": "switch:sw-01", "type": "runs_on", "to": "rack:rack-01", "weight": 0 } }),
        json!({ "unrelate": { "id": "rel:99999" } }),
        json!({ "unrelate": { "id": "99999" } }),
        json!({ "createRedundancyGroup": { "name": "g", "consumer": "rack:rack-01", "members": [],
            "thresholds": { "upMin": "101%" } } }),
        json!({ "deleteRedundancyGroup": { "id": "group:00000000-0000-4000-8000-000000000000" } }),
        json!({ "defineCatalog": { "text": "[[ci_type]]" } }),
        json!({ "removeCiType": { "name": "swich" } }),
        json!({ "changeLifecycle": { "rules": [{ "stage": "RETIRED", "takesPart": false, "current": "DOWN" }] } }),
    ];
    let revision = shop.server.revision();
    let fine = json!({ "moveConfigurationItem": { "ref": "rack:rack-01", "stage": "IN_SERVICE" } });
    let mut told = 0;
    for command in &refused {
        let plan = json!({ "commands": [fine, command] });
        let planned = shop.server.graphql(SCENARIO, &plan);
        let executed = shop.server.graphql(EXECUTE, &plan);
        if executed["data"]["execute"].is_null() {
            // Not a command at all: both are refused by the schema.
            assert!(planned["data"].is_null(), "{command}: {planned}");
            continue;
        }
        told += 1;
        let failure = &executed["data"]["execute"]["results"][1]["error"];
        let error = &planned["errors"][0];
        let mut extensions = error["extensions"].as_object().expect("extensions").clone();
        assert_eq!(extensions.remove("index"), Some(json!(1)), "{command}: {planned}");
        assert_eq!(
            extensions.remove("code").as_ref(),
            Some(&failure["code"]),
            "{command}: {planned}"
        );
        assert_eq!(
            extensions.remove("remedy").as_ref(),
            Some(&failure["remedy"]),
            "{command}"
        );
        assert_eq!(error["message"], failure["message"], "{command}");
        assert_eq!(Value::Object(extensions), failure["details"], "{command}");
    }
    assert!(told > 12, "{told} commands were refused one by one");
    assert_eq!(shop.server.revision(), revision);
}

#[test]
fn a_scenario_leaves_no_trace() {
    let shop = Shop::new();
    let state = "{ estate { revision } search(text: \"sw-02\") { totalCount }
        configurationItems(filter: { types: [\"switch\"] }) { totalCount } }";
    let before = shop.server.data(state, &json!({}));
    let plan = json!({ "commands": by_name() });
    let planned = shop.server.data(SCENARIO, &plan)["scenario"]["results"][0]["configurationItemId"].clone();
    assert_eq!(shop.server.data(state, &json!({})), before);
    let asked = "query Q($ref: String!) { configurationItem(ref: $ref) { id } }";
    let missing = shop.server.graphql(asked, &json!({ "ref": planned }));
    assert_eq!(missing["data"]["configurationItem"], Value::Null);
    // A key that a scenario cannot carry is still unused, and the same commands are executed as if new.
    let execute = "mutation E($commands: [CommandInput!]!) {
        execute(commands: $commands, options: { idempotencyKey: \"once\" }) { replayed executedCount } }";
    let executed = shop.server.data(execute, &plan);
    assert_eq!(executed["execute"], json!({ "replayed": false, "executedCount": 5 }));
}
