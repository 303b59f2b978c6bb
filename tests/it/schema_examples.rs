//! The examples in the schema's descriptions: whoever pastes one gets an answer.

use serde_json::{Value, json};

use crate::scenario::Shop;

const ROOT_FIELDS: [&str; 8] = [
    "impact",
    "dependencies",
    "probableCauses",
    "singlePointsOfFailure",
    "cutSets",
    "cfia",
    "scenario",
    "lints",
];

/// What stands between back quotes behind `Example:`, of a description.
fn example(description: &str) -> Option<String> {
    let (_, behind) = description.split_once("Example: `")?;
    let (example, _) = behind.split_once('`')?;
    Some(example.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[test]
fn every_question_has_an_example_that_answers_as_pasted() {
    let shop = Shop::new();
    let schema = "{ __schema { types { name fields { name description } } } }";
    let schema = shop.server.data(schema, &json!({}));
    let mut answered = Vec::new();
    for kind in schema["__schema"]["types"].as_array().expect("types") {
        for field in kind["fields"].as_array().into_iter().flatten() {
            let Some(example) = field["description"].as_str().and_then(example) else {
                continue;
            };
            let answer = shop.server.graphql(&example, &json!({}));
            assert_eq!(answer.get("errors"), None, "{example}: {answer}");
            if kind["name"] == "Query" {
                let name = field["name"].as_str().expect("a name");
                assert_ne!(answer["data"][name], Value::Null, "{example}");
                assert_eq!(
                    answer["data"][name].get("complete").unwrap_or(&json!(true)),
                    &json!(true),
                    "{answer}"
                );
                answered.push(name.to_owned());
            }
        }
    }
    for field in ROOT_FIELDS {
        assert!(answered.iter().any(|name| name == field), "`{field}` has no example");
    }
}
