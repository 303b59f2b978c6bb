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
