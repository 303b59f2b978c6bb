//! How many scenarios one request may ask about, how large they may be, and that all see one estate.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::scenario::Shop;

/// Longest wait for a commit.
const DEADLINE: Duration = Duration::from_mins(1);

/// A request with one alias for each plan.
fn many(plans: &[Value], inner: &str) -> (String, Value) {
    let parameters: Vec<String> = (0..plans.len()).map(|n| format!("$c{n}: [CommandInput!]!")).collect();
    let fields: Vec<String> = (0..plans.len())
        .map(|n| format!("s{n}: scenario(commands: $c{n}) {{ {inner} }}"))
        .collect();
    let variables: Map<String, Value> = plans
        .iter()
        .cloned()
        .enumerate()
        .map(|(n, plan)| (format!("c{n}"), plan))
        .collect();
    let query = format!(
        "query Q({}) {{ estate {{ revision }} {} }}",
        parameters.join(", "),
        fields.join(" ")
    );
    (query, Value::Object(variables))
}

fn plan(stage: &str, ci: &str) -> Value {
    json!([{ "moveConfigurationItem": { "ref": ci, "stage": stage } }])
}

fn different() -> Vec<Value> {
    let cis = [
        "physical_server:host-01",
        "physical_server:host-02",
        "switch:sw-01",
        "rack:rack-01",
    ];
    let stages = ["DOWN", "DEGRADED", "MAINTENANCE"];
    stages.iter().flat_map(|stage| cis.map(|ci| plan(stage, ci))).collect()
}

#[test]
fn a_request_holds_ten_copies_of_the_estate_and_no_more() {
    let shop = Shop::new();
    let plans = different();
    let (query, variables) = many(&plans[..10], "revision");
    shop.server.data(&query, &variables);
    let (query, variables) = many(&plans[..11], "revision");
    let refused = shop.server.graphql(&query, &variables);
    let extensions = &refused["errors"][0]["extensions"];
    assert_eq!(
        (&extensions["code"], &extensions["limit"]),
        (&json!("LIMIT_EXCEEDED"), &json!(10)),
        "{refused}"
    );
    // One scenario under many aliases is one copy.
    let (query, variables) = many(&vec![plans[0].clone(); 30], "revision");
    shop.server.data(&query, &variables);
}

#[test]
fn a_plan_has_ten_thousand_commands_at_most() {
    let shop = Shop::new();
    let asked = "query Q($commands: [CommandInput!]!) { scenario(commands: $commands) { delta { totalCount } } }";
    let commands = |count: usize| {
        let stages = ["DOWN", "IN_SERVICE"];
        let commands = stages.iter().cycle().take(count);
        let commands: Vec<Value> = commands.map(|stage| plan(stage, "rack:rack-01")[0].clone()).collect();
        let body = json!({ "query": asked, "variables": { "commands": commands } });
        shop.server.post("/graphql", &body.to_string()).json()
    };
    let refused = commands(10_001);
    let extensions = &refused["errors"][0]["extensions"];
    assert_eq!(
        (&extensions["code"], &extensions["limit"]),
        (&json!("LIMIT_EXCEEDED"), &json!(10_000)),
        "{refused}"
    );
    let planned = commands(10_000);
    // And the source in whose name they are given.
    assert_eq!(planned["data"]["scenario"]["delta"]["totalCount"], 10_001, "{planned}");
}

#[test]
fn all_scenarios_of_a_request_see_the_same_revision() {
    let shop = Shop::new();
    let is_over = AtomicBool::new(false);
    let commit =
        "mutation M($stage: LifecycleStage!) { moveConfigurationItem(input: { ref: \"rack:rack-01\", stage: $stage }) {
        configurationItem { id } } }";
    let client = shop.server.client();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for stage in ["DEGRADED", "IN_SERVICE"].iter().cycle() {
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
                client.data(commit, &json!({ "stage": stage }));
            }
        });
        let (query, variables) = many(&different()[..8], "revision");
        let mut seen = Vec::new();
        let begun = Instant::now();
        while seen.len() < 10 || (seen.first() == seen.last() && begun.elapsed() < DEADLINE) {
            let answer = shop.server.data(&query, &variables);
            let answer = answer.as_object().expect("an object");
            let revision = &answer["estate"]["revision"];
            assert!(
                answer.iter().all(|(_, field)| &field["revision"] == revision),
                "{answer:?}"
            );
            seen.push(revision.clone());
        }
        is_over.store(true, Ordering::Relaxed);
        assert!(seen.first() != seen.last(), "there were commits meanwhile: {seen:?}");
    });
}
