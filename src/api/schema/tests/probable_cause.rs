//! Probable causes as clients ask for them.

use serde_json::{Value, json};

use super::{Fixture, id};

fn names(list: &Value) -> Vec<&str> {
    let cis = list.as_array().into_iter().flatten();
    cis.filter_map(|one| one["ci"]["name"].as_str().or(one["name"].as_str()))
        .collect()
}

#[tokio::test]
async fn single_causes_are_ranked_with_their_scores_and_changes() {
    let fixture = Fixture::shop().await;
    fixture
        .data("mutation { updateConfigurationItem(input: {ref: \"physical_server:host-01\", tags: [\"patched\"]}) { changed } }")
        .await;
    let query = "{ probableCauses(symptoms: [\"application:web-01\"], healthy: [\"database:orders\"]) {
        complete truncatedReason howToGoOn totalCandidates candidatesConsidered rankingCount changesSince revision
        ranking { ci { name } score scoreValue explains misses falseAlarms unobserved
            recentChanges(first: 2) { revision actor source kind change id } }
        causes { ci { name } jointScore explains { name } pairedWith { name } } unexplained { name } } }";
    let found = fixture.data(query).await["probableCauses"].take();
    assert_eq!(names(&found["ranking"]), ["web-01", "host-01"], "{found}");
    let first = &found["ranking"][0];
    assert_eq!((&first["score"], &first["scoreValue"]), (&json!("1/1"), &json!(1.0)));
    assert_eq!(
        (
            &first["explains"],
            &first["misses"],
            &first["falseAlarms"],
            &first["unobserved"]
        ),
        (&json!(1), &json!(0), &json!(0), &json!(0))
    );
    assert_eq!(found["ranking"][1]["score"], "20/21");
    let changes = &found["ranking"][1]["recentChanges"];
    let newest = json!({"revision": 3, "actor": "tester", "source": "manual",
        "kind": "CONFIGURATION_ITEM", "change": "UPDATED", "id": id(4)});
    assert_eq!((&changes[0], changes.as_array().map(Vec::len)), (&newest, Some(2)));
    assert_eq!(found["changesSince"], 1);
    assert_eq!(names(&found["causes"]), ["web-01"]);
    assert_eq!(names(&found["causes"][0]["explains"]), ["web-01"]);
    assert_eq!(
        (
            &found["complete"],
            &found["totalCandidates"],
            &found["candidatesConsidered"],
            &found["rankingCount"]
        ),
        (&json!(true), &json!(2), &json!(2), &json!(2))
    );
}

#[tokio::test]
async fn what_was_seen_more_surely_counts_more() {
    let fixture = Fixture::shop().await;
    let ask = async |weights: &str| {
        let observed = "symptoms: [\"application:web-01\"], healthy: [\"database:orders\"]";
        let query = format!(
            "{{ probableCauses({observed}, weights: [{weights}]) {{ ranking {{ ci {{ name }} score explains misses
            falseAlarms unobserved explainsWeight missesWeight falseAlarmsWeight }} }} }}"
        );
        fixture.data(&query).await["probableCauses"]["ranking"].take()
    };
    let found = ask("{ref: \"application:web-01\", weight: 7}, {ref: \"database:orders\", weight: 2}").await;
    assert_eq!(names(&found), ["web-01", "host-01"], "{found}");
    assert_eq!(
        (&found[0]["score"], &found[1]["score"]),
        (&json!("1/1"), &json!("140/141"))
    );
    let counts = [
        "explains",
        "explainsWeight",
        "missesWeight",
        "falseAlarmsWeight",
        "unobserved",
    ];
    assert_eq!(counts.map(|count| found[1][count].as_u64()), [1, 7, 0, 0, 1].map(Some));
    let plain = ask("").await;
    assert_eq!(
        (&plain[1]["score"], &plain[1]["explainsWeight"]),
        (&json!("20/21"), &json!(1))
    );
    assert_eq!(ask("{ref: \"application:web-01\", weight: 1}").await, plain);
}

#[tokio::test]
async fn what_was_not_tried_is_said() {
    let fixture = Fixture::shop().await;
    let query = "{ probableCauses(symptoms: [\"application:web-01\"], maxCandidates: 1) {
        complete truncatedReason howToGoOn totalCandidates candidatesConsidered ranking { ci { name } } changesSince } }";
    let found = fixture.data(query).await["probableCauses"].take();
    assert_eq!(names(&found["ranking"]), ["web-01"]);
    assert_eq!(
        (
            &found["complete"],
            &found["truncatedReason"],
            &found["totalCandidates"],
            &found["candidatesConsidered"]
        ),
        (&json!(false), &json!("CANDIDATES"), &json!(3), &json!(1))
    );
    assert!(
        found["howToGoOn"]
            .as_str()
            .is_some_and(|how| how.contains("maxCandidates"))
    );
    let nothing = fixture
        .data("{ probableCauses(symptoms: []) { complete rankingCount } }")
        .await;
    assert_eq!(nothing["probableCauses"], json!({"complete": true, "rankingCount": 0}));
}

#[tokio::test]
async fn wrong_questions_about_causes_are_refused_with_a_code() {
    let fixture = Fixture::shop().await;
    let code = async |arguments: &str| {
        fixture
            .code(&format!("{{ probableCauses({arguments}) {{ complete }} }}"))
            .await
    };
    let web = "symptoms: [\"application:web-01\"]";
    assert_eq!(code("symptoms: [\"application:nobody\"]").await, "ROOT_NOT_FOUND");
    assert_eq!(
        code(&format!("{web}, healthy: [\"application:web-01\"]")).await,
        "OBSERVATION_CONFLICT"
    );
    assert_eq!(code(&format!("{web}, level: OK")).await, "INVALID_STATE");
    assert_eq!(code(&format!("{web}, maxCauses: -1")).await, "BAD_USER_INPUT");
    assert_eq!(code(&format!("{web}, maxCauses: 21")).await, "BAD_USER_INPUT");
    assert_eq!(code(&format!("{web}, maxCandidates: -1")).await, "BAD_USER_INPUT");
    assert_eq!(code(&format!("{web}, first: 1001")).await, "PAGE_TOO_LARGE");
    let weigh = async |weights: &str| code(&format!("{web}, weights: [{weights}]")).await;
    assert_eq!(
        weigh("{ref: \"application:web-01\", weight: 0}").await,
        "INVALID_WEIGHT"
    );
    assert_eq!(
        weigh("{ref: \"application:web-01\", weight: 1000001}").await,
        "INVALID_WEIGHT"
    );
    assert_eq!(
        weigh("{ref: \"application:nobody\", weight: 1}").await,
        "ROOT_NOT_FOUND"
    );
    assert_eq!(weigh("{ref: \"database:orders\", weight: 2}").await, "BAD_USER_INPUT");
    let twice = "assume: [{ref: \"application:web-01\", state: OK}, {ref: \"application:web-01\"}]";
    assert_eq!(code(&format!("{web}, {twice}")).await, "ASSUME_CONFLICT");
}

#[tokio::test]
async fn causes_are_asked_of_a_scenario_as_well() {
    let fixture = Fixture::shop().await;
    let query = "query($c: [CommandInput!]!) { scenario(commands: $c) {
        probableCauses(symptoms: [\"application:web-01\"]) { ranking { ci { name } recentChanges { revision } } } } }";
    let commands = json!([{"createConfigurationItem": {"id": id(9), "type": "rack", "name": "rack-01"}},
        {"relate": {"type": "located_in", "from": id(4), "to": id(9)}}]);
    let answer = fixture.ask(query, json!({"c": commands})).await;
    let ranking = &answer["data"]["scenario"]["probableCauses"]["ranking"];
    let mut found = names(ranking);
    found.sort_unstable();
    assert_eq!(found, ["host-01", "orders", "rack-01", "web-01"], "{answer}");
}
