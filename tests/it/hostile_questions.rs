//! Questions about impact that are hostile, clumsy or about nothing: each has a clear answer or a
//! clear error.

use serde_json::{Value, json};

use crate::process::Process;

/// A server with the shop in it.
fn shop() -> (Process, tempfile::TempDir) {
    let place = tempfile::tempdir().expect("a folder");
    let process = Process::start(&place.path().join("data"));
    let loaded = process.ingest("", include_str!("../../fixtures/shop/shop.ndjson"));
    assert_eq!(loaded.summary()["complete"], true, "{loaded:?}");
    (process, place)
}

/// Writes the shop and one of its hosts for `SHOP` and `HOST`.
fn written(question: &str) -> String {
    question
        .replace("SHOP", "\"business_service:shop\"")
        .replace("HOST", "\"physical_server:host-01\"")
}

/// Asks each, and expects an error with this code that says these words and has a remedy.
fn refused(process: &Process, questions: &[(&str, &str, &str)]) {
    for (question, code, says) in questions {
        let answer = process.graphql(&written(question), &Value::Null);
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], *code, "{question}: {answer}");
        assert!(
            error.to_string().contains(says),
            "{question}: `{says}` is missing: {answer}"
        );
        let remedy = error["extensions"]["remedy"].as_str().unwrap_or_default();
        assert!(!remedy.is_empty(), "{question}: {answer}");
    }
}

/// Asks each, and expects this value at this place.
fn answered(process: &Process, questions: &[(&str, &str, Value)]) {
    for (question, place, expected) in questions {
        let answer = process.graphql(&written(question), &Value::Null);
        assert_eq!(answer["errors"], Value::Null, "{question}: {answer}");
        let found = answer["data"].pointer(place).expect("an answer");
        assert_eq!(found, expected, "{question}: {answer}");
    }
}

#[test]
fn a_number_out_of_range_names_its_field_and_its_limit() {
    let (process, _place) = shop();
    refused(
        &process,
        &[
            (
                "{ cutSets(target: SHOP, maxSize: -1) { complete } }",
                "BAD_USER_INPUT",
                "maxSize",
            ),
            (
                "{ cutSets(target: SHOP, maxSize: 6) { complete } }",
                "BAD_USER_INPUT",
                "the limit is 5",
            ),
            (
                "{ cutSets(target: SHOP, maxSize: 99999999999) { complete } }",
                "BAD_USER_INPUT",
                "2147483647",
            ),
            (
                "{ cutSets(target: SHOP, maxSize: 0) { complete } }",
                "BAD_USER_INPUT",
                "state 1 to 5",
            ),
            (
                "{ cutSets(target: SHOP, maxCount: 10001) { complete } }",
                "BAD_USER_INPUT",
                "the limit is 10000",
            ),
            (
                "{ cfia(services: [SHOP], maxRows: -1) { complete } }",
                "BAD_USER_INPUT",
                "maxRows",
            ),
            (
                "{ cfia(services: [SHOP], maxRows: 100001) { complete } }",
                "BAD_USER_INPUT",
                "the limit is 100000",
            ),
            (
                "{ singlePointsOfFailure(target: SHOP, maxTargets: -1) { complete } }",
                "BAD_USER_INPUT",
                "maxTargets",
            ),
            (
                "{ singlePointsOfFailure(tiers: [0]) { complete } }",
                "BAD_USER_INPUT",
                "tiers are 1 to 4",
            ),
            (
                "{ probableCauses(symptoms: [SHOP], maxCauses: 21) { complete } }",
                "BAD_USER_INPUT",
                "the limit is 20",
            ),
            (
                "{ probableCauses(symptoms: [SHOP], maxCandidates: -5) { complete } }",
                "BAD_USER_INPUT",
                "maxCandidates",
            ),
        ],
    );
}

#[test]
fn a_page_out_of_range_names_its_field_and_its_limit() {
    let (process, _place) = shop();
    refused(
        &process,
        &[
            (
                "{ probableCauses(symptoms: [SHOP], first: 1001) { complete } }",
                "PAGE_TOO_LARGE",
                "at most 1000 items",
            ),
            (
                "{ dependencies(target: SHOP) { nodes(offset: -5) { depth } } }",
                "BAD_USER_INPUT",
                "offset",
            ),
            (
                "{ dependencies(target: SHOP) { nodes(first: 2000000000) { depth } } }",
                "PAGE_TOO_LARGE",
                "2000000000",
            ),
            (
                "{ impact(failed: [{ref: HOST}]) { proof(ref: SHOP, maxNodes: 100000) { complete } } }",
                "PAGE_TOO_LARGE",
                "`maxNodes` is 100000, the limit is 1000",
            ),
            (
                "{ impact(failed: [{ref: HOST}]) { drawing(format: DOT, maxNodes: -1) { text } } }",
                "BAD_USER_INPUT",
                "maxNodes",
            ),
            (
                "{ impact(failed: [{ref: HOST}], maxDepth: -1) { complete } }",
                "INVALID_DEPTH",
                "maxDepth",
            ),
        ],
    );
}

#[test]
fn what_does_not_exist_is_named() {
    let (process, _place) = shop();
    refused(
        &process,
        &[
            (
                "{ dependencies(target: \"\") { complete } }",
                "BAD_USER_INPUT",
                "target",
            ),
            (
                "{ dependencies(target: \"ci:00000000-0000-0000-0000-000000000000\") { complete } }",
                "ROOT_NOT_FOUND",
                "target",
            ),
            (
                "{ dependencies(target: SHOP, excludeTypes: [\"nope\"]) { complete } }",
                "UNKNOWN_TYPE",
                "nope",
            ),
            (
                "{ dependencies(target: SHOP, assume: [{ref: SHOP, state: OK}, {ref: SHOP, state: DOWN}]) { complete } }",
                "ASSUME_CONFLICT",
                "leave",
            ),
            (
                "{ cutSets(target: SHOP, startingFailed: [{ref: \"server:nope\"}]) { complete } }",
                "ROOT_NOT_FOUND",
                "startingFailed",
            ),
        ],
    );
}

#[test]
fn a_question_that_says_too_little_or_against_itself_is_told_how_to_say_it() {
    let (process, _place) = shop();
    refused(
        &process,
        &[
            (
                "{ cutSets(target: SHOP, level: OK) { complete } }",
                "INVALID_STATE",
                "level",
            ),
            (
                "{ cfia(services: [SHOP], minState: OK) { complete } }",
                "INVALID_STATE",
                "minState",
            ),
            ("{ cfia { complete } }", "BAD_USER_INPUT", "`services` or `tiers`"),
            (
                "{ cfia(services: [], cis: []) { complete } }",
                "BAD_USER_INPUT",
                "`services` or `tiers`",
            ),
            (
                "{ singlePointsOfFailure { complete } }",
                "BAD_USER_INPUT",
                "`target`, `targets` or `tiers`",
            ),
            (
                "{ singlePointsOfFailure(targets: []) { complete } }",
                "BAD_USER_INPUT",
                "`target`",
            ),
            (
                "{ probableCauses(symptoms: [SHOP], healthy: [SHOP]) { complete } }",
                "OBSERVATION_CONFLICT",
                "healthy",
            ),
            (
                "{ probableCauses(symptoms: [SHOP], level: OK) { complete } }",
                "INVALID_STATE",
                "level",
            ),
            (
                "{ impact(failed: [{ref: HOST}]) { proof(ref: \"server:nope\") { complete } } }",
                "CI_NOT_FOUND",
                "ref",
            ),
            (
                "{ lints { findings(after: \"junk\") { totalCount } } }",
                "CURSOR_INVALID",
                "after",
            ),
            (
                "{ scenario(commands: [{}]) { revision } }",
                "BAD_USER_INPUT",
                "exactly one",
            ),
        ],
    );
}

#[test]
fn a_question_about_nothing_has_an_empty_answer_and_one_cut_short_says_so() {
    let (process, _place) = shop();
    answered(
        &process,
        &[
            (
                "{ impact(failed: []) { proof(ref: SHOP) { complete } } }",
                "/impact/proof",
                Value::Null,
            ),
            (
                "{ impact(failed: [{ref: HOST, state: OK}]) { proof(ref: HOST) { complete } } }",
                "/impact/proof",
                Value::Null,
            ),
            (
                "{ probableCauses(symptoms: []) { causes { ci { id } } } }",
                "/probableCauses/causes",
                json!([]),
            ),
            (
                "{ probableCauses(symptoms: [SHOP], maxCandidates: 0) { complete } }",
                "/probableCauses/complete",
                json!(false),
            ),
            (
                "{ cfia(services: [SHOP], cis: []) { rows { canFail } } }",
                "/cfia/rows",
                json!([]),
            ),
            (
                "{ cfia(services: [SHOP], maxRows: 0) { complete } }",
                "/cfia/complete",
                json!(false),
            ),
            (
                "{ cutSets(target: SHOP, maxCount: 0) { complete } }",
                "/cutSets/complete",
                json!(false),
            ),
            (
                "{ cutSets(target: SHOP, assume: [{ref: SHOP, state: OK}]) { cutSets { cis { id } } } }",
                "/cutSets/cutSets",
                json!([]),
            ),
            (
                "{ singlePointsOfFailure(target: SHOP, targets: [SHOP, SHOP]) { totalTargets } }",
                "/singlePointsOfFailure/totalTargets",
                json!(1),
            ),
            (
                "{ dependencies(target: SHOP) { nodes(offset: 2000000000) { depth } } }",
                "/dependencies/nodes",
                json!([]),
            ),
            (
                "{ scenario(commands: [{moveConfigurationItem: {ref: SHOP, stage: RETIRED}}]) {
                    dependencies(target: SHOP) { totalCount } } }",
                "/scenario/dependencies/totalCount",
                json!(0),
            ),
        ],
    );
}

#[test]
fn a_costly_question_asked_many_times_over_is_refused_at_once() {
    let (process, _place) = shop();
    let many = |question: &str| {
        let fields: Vec<String> = (0..100).map(|number| format!("a{number}: {question}")).collect();
        format!("{{ {} }}", fields.join(" "))
    };
    let matrix = many("cfia(services: [SHOP], maxRows: 100000) { csv }");
    refused(&process, &[(&matrix, "LIMIT_EXCEEDED", "complex")]);
}
