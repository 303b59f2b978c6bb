//! What an impact answer says of the evidence that it rests on.

use serde_json::{Value, json};

use crate::process::{Client, Process, run_on};

const QUESTION: &str = r#"{
  impact(failed: [{ ref: "server:db-01" }]) {
    evidence {
      complete relationships staleCis
      weakest { relationship { type source saidBy lastSeen } source { name } target { name } }
    }
  }
}"#;

/// Two applications and the database host that both need.
const ALL: &str = r#"{"ci":{"key":"db","type":"server","name":"db-01"}}
{"ci":{"key":"shop","type":"application","name":"shop"}}
{"ci":{"key":"crm","type":"application","name":"crm"}}
{"relationship":{"from":"shop","type":"depends_on","to":"db"}}
{"relationship":{"from":"crm","type":"depends_on","to":"shop","qualifier":"rest"}}
"#;

/// What is left of them.
const SOME: &str = r#"{"ci":{"key":"db","type":"server","name":"db-01"}}
{"ci":{"key":"shop","type":"application","name":"shop"}}
{"relationship":{"from":"shop","type":"depends_on","to":"db"}}
"#;

fn complete(client: &Client, payload: &str) {
    let mutation = r#"mutation { beginSync(source: "apm", feed: "calls") { id } }"#;
    let begun = client.data(mutation, &Value::Null);
    let session = begun["beginSync"]["id"].as_str().expect("an id").to_owned();
    let pushed = client.ingest(&format!("?session={session}"), payload);
    assert_eq!(pushed.summary()["complete"], true, "{pushed:?}");
    let complete = "mutation($session: ID!) { completeSync(session: $session, shareMax: 100) { run { state } } }";
    let done = client.data(complete, &json!({ "session": session }));
    assert_eq!(done["completeSync"]["run"]["state"], "COMPLETED", "{done}");
}

fn evidence(client: &Client) -> Value {
    client.data(QUESTION, &Value::Null)["impact"]["evidence"].clone()
}

#[test]
fn an_answer_tells_its_weakest_evidence_and_what_is_stale() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Process::start(&folder.path().join("data"));
    let client = server.client();
    complete(&client, ALL);
    let fresh = evidence(&client);
    assert_eq!(fresh["complete"], true);
    assert_eq!((&fresh["relationships"], &fresh["staleCis"]), (&json!(2), &json!(0)));
    let weakest = &fresh["weakest"];
    assert_eq!(weakest["relationship"]["source"], "apm", "{fresh}");
    assert_eq!(weakest["relationship"]["saidBy"], 1, "{fresh}");

    // Another source speaks of one of the two later: the other is the weakest now.
    let spoken = r#"{"relationship":{"from":"application:shop","type":"depends_on","to":"server:db-01"}}"#;
    let said = client.ingest("?source=scanner", spoken);
    assert_eq!(said.summary()["complete"], true, "{said:?}");
    let weakest = &evidence(&client)["weakest"];
    let ends = (&weakest["source"]["name"], &weakest["target"]["name"]);
    assert_eq!(ends, (&json!("shop"), &json!("crm")), "{weakest}");

    // The source stops speaking of the application: it is told that the answer counts it all the same.
    complete(&client, SOME);
    let stale = evidence(&client);
    assert_eq!(stale["staleCis"], 1, "{stale}");
    assert!(server.stop().success());
    let told = run_on(&folder.path().join("data"), &["impact", "server:db-01"]);
    let words = String::from_utf8_lossy(&told.stderr);
    assert!(words.contains("stale among the impacted: 1,"), "{told:?}");
}

/// Who is trusted with applications, and what follows from a value.
const RULES: &str = r#"
[[authority]]
name = "evidence_applications"
ci_type = "application"
attributes = ["version"]
policy = "source_priority"
sources = ["gold", "silver"]

[[derivation]]
name = "evidence_owner"
from = "application"
attribute = "version"
relationship_type = "depends_on"
to = "server"
"#;

const AUTHORITIES: &str = r#"{
  impact(failed: [{ ref: "server:db-01" }], filter: { minState: AT_RISK }) {
    impacted { nodes {
      ci { name }
      witness {
        steps { relationship { authority authorityPlace source } }
        weakestEvidence { source } leastAuthoritativeEvidence { source authority authorityPlace }
      }
    } }
    evidence {
      complete howToGoOn relationships
      weakest { reason target { name } }
      leastAuthoritative { reason relationship { authority authorityPlace } source { name } target { name } }
    }
  }
}"#;

/// By CI, the authority of the last step, and the target of the least authoritative relationship of all.
fn authorities(client: &Client) -> (Value, Value) {
    let impact = client.data(AUTHORITIES, &Value::Null)["impact"].clone();
    let nodes = impact["impacted"]["nodes"].as_array().expect("a list").iter();
    let told = nodes.filter_map(|node| {
        let name = node["ci"]["name"].as_str()?.to_owned();
        let last = node["witness"]["steps"].as_array()?.last()?["relationship"].clone();
        let place = last["authorityPlace"].as_u64().map(|place| format!(" {place}"));
        let authority = format!("{}{}", last["authority"].as_str()?, place.unwrap_or_default());
        Some((name, authority.into()))
    });
    let told: serde_json::Map<String, Value> = told.collect();
    assert_eq!(impact["evidence"]["complete"], true, "{impact}");
    assert_eq!(impact["evidence"]["howToGoOn"], Value::Null, "{impact}");
    assert_eq!(impact["evidence"]["relationships"], told.len(), "{impact}");
    let least = &impact["evidence"]["leastAuthoritative"];
    assert_eq!(least["reason"], "LEAST_AUTHORITATIVE", "{impact}");
    assert_eq!(impact["evidence"]["weakest"]["reason"], "OLDEST", "{impact}");
    (told.into(), least["target"]["name"].clone())
}

/// An application that a source records, and that it says depends on the server.
fn application(name: &str) -> String {
    format!(
        "{{\"ci\":{{\"type\":\"application\",\"name\":\"{name}\"}}}}\n\
         {{\"relationship\":{{\"from\":\"application:{name}\",\"type\":\"depends_on\",\"to\":\"server:db-01\"}}}}\n"
    )
}

#[test]
fn an_answer_tells_its_least_authoritative_evidence() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Process::start(&folder.path().join("data"));
    let client = server.client();
    let define = "mutation($text: String!) { defineCatalog(input: { text: $text }) { revision } }";
    client.data(define, &json!({ "text": RULES }));
    let all_in = |source: &str, payload: &str| {
        let done = client.ingest(&format!("?source={source}"), payload);
        assert_eq!(done.summary()["complete"], true, "{done:?}");
    };
    all_in("gold", r#"{"ci":{"type":"server","name":"db-01"}}"#);
    for (source, name) in [("gold", "one"), ("silver", "two"), ("nobody", "three")] {
        all_in(source, &application(name));
    }
    let (told, least) = authorities(&client);
    assert_eq!(
        told,
        json!({ "one": "RANKED 1", "two": "RANKED 2", "three": "UNRANKED" })
    );
    assert_eq!(least, "three");

    // A value from which a relationship follows; a person; one that several speak of.
    let derived = r#"{"ci":{"type":"application","name":"four","attributes":{"version":"db-01"}}}"#;
    all_in("gold", derived);
    let by_hand = r#"mutation {
      createConfigurationItem(input: { type: "application", name: "five" }) { revision }
      relate(input: { from: "application:five", type: "depends_on", to: "server:db-01" }) { revision }
    }"#;
    client.data(by_hand, &Value::Null);
    all_in("silver", &application("three"));
    let (told, least) = authorities(&client);
    assert_eq!(
        told,
        json!({ "one": "RANKED 1", "two": "RANKED 2", "three": "RANKED 2", "four": "DERIVED", "five": "MANUAL" })
    );
    assert_eq!(least, "four");

    // Who said it has stopped speaking of the application.
    complete(&client, &application("six"));
    complete(&client, r#"{"ci":{"type":"application","name":"seven"}}"#);
    let (told, least) = authorities(&client);
    assert_eq!((&told["six"], &told["two"]), (&json!("STALE"), &json!("RANKED 2")));
    assert_eq!(least, "six");

    assert!(server.stop().success());
    let told = run_on(&folder.path().join("data"), &["impact", "server:db-01"]);
    let words = String::from_utf8_lossy(&told.stderr);
    let line = words.lines().find(|line| line.contains("LEAST_AUTHORITATIVE"));
    let line = line.unwrap_or_else(|| panic!("{words}"));
    assert!(
        line.contains("application:six depends on server:db-01") && line.trim_end().ends_with("STALE"),
        "{line}"
    );
}
