//! What `/metrics` tells of sources, sync sessions and the review queue.

use serde_json::{Value, json};

use crate::process::{Client, Process};

/// Two machines that one source tells apart by key alone.
const TWINS: &str = r#"{"source":"two-by-key"}
{"ci":{"key":"a","type":"virtual_machine","name":"a","attributes":{"uuid":"564d0101-0000-4000-8000-000000000001"}}}
{"ci":{"key":"b","type":"virtual_machine","name":"b","attributes":{"uuid":"564d0101-0000-4000-8000-000000000001"}}}
"#;

/// What another source sees of either.
const EITHER: &str = r#"{"source":"scanner"}
{"ci":{"key":"x","type":"virtual_machine","name":"x","attributes":{"uuid":"564d0101-0000-4000-8000-000000000001"}}}
"#;

const SESSION: &str = r#"mutation { beginSync(source: "vcenter", feed: "vms", scope: "dc \"north\"") { id } }"#;

/// The figure of sessions of [`SESSION`].
const VCENTER: &str = r#"source_last_completed_seconds{source="vcenter",feed="vms",scope="dc \"north\""}"#;

/// A figure, where it is told.
fn told(client: &Client, figure: &str) -> Option<i64> {
    let answer = client.get("/metrics");
    assert_eq!(answer.status, 200, "{answer:?}");
    let start = format!("linchpin_{figure} ");
    let mut lines = answer.body.lines().filter_map(|line| line.strip_prefix(&start));
    let number = lines.next()?;
    assert_eq!(lines.next(), None, "{figure} is told twice");
    Some(number.parse().expect("a whole number"))
}

fn begin(client: &Client) -> String {
    let begun = client.data(SESSION, &Value::Null);
    begun["beginSync"]["id"].as_str().expect("an id").to_owned()
}

/// When the last completed run of a source ended, in seconds since 1970, as the API says it.
fn completed(client: &Client, source: &str) -> i64 {
    let question = "query($source: String!) { runs(source: $source, first: 10) { state ended } }";
    let answer = client.data(question, &json!({ "source": source }));
    let runs = answer["runs"].as_array().expect("a list");
    let last = runs.iter().find(|run| run["state"] == "COMPLETED").expect("one");
    let ended: jiff::Timestamp = last["ended"].as_str().expect("a moment").parse().expect("a moment");
    ended.as_second()
}

#[test]
fn a_completed_session_tells_when_its_source_was_last_complete() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Process::start(&folder.path().join("data"));
    let client = server.client();
    assert_eq!(told(&client, "sync_sessions"), Some(0));
    assert_eq!(told(&client, VCENTER), None);

    let session = begin(&client);
    assert_eq!(told(&client, "sync_sessions"), Some(1));
    let record = r#"{"ci":{"key":"k1","type":"application","name":"n1"}}"#;
    let pushed = client.ingest(&format!("?session={session}"), record);
    assert_eq!(pushed.summary()["complete"], true, "{pushed:?}");
    assert_eq!(told(&client, VCENTER), None, "a push alone completes no session");

    let complete = "mutation($session: ID!) { completeSync(session: $session) { run { state } } }";
    let done = client.data(complete, &json!({ "session": session }));
    assert_eq!(done["completeSync"]["run"]["state"], "COMPLETED", "{done}");
    let at = completed(&client, "vcenter");
    assert!(at > 1_700_000_000, "{at}");
    assert_eq!(told(&client, VCENTER), Some(at));
    assert_eq!(told(&client, "sync_sessions"), Some(0));

    let given_up = begin(&client);
    assert_eq!(told(&client, "sync_sessions"), Some(1));
    let abort = "mutation($session: ID!) { abortSync(session: $session) { state } }";
    let aborted = client.data(abort, &json!({ "session": given_up }));
    assert_eq!(aborted["abortSync"]["state"], "ABORTED", "{aborted}");
    assert_eq!(
        (told(&client, "sync_sessions"), told(&client, VCENTER)),
        (Some(0), Some(at)),
        "who gave up is as fresh as before"
    );

    let single = client.ingest("?source=by-itself", record);
    assert_eq!(single.summary()["complete"], true, "{single:?}");
    let by_itself = r#"source_last_completed_seconds{source="by-itself",feed="",scope=""}"#;
    assert_eq!(told(&client, by_itself), Some(completed(&client, "by-itself")));
    assert!(server.stop().success());
}

#[test]
fn the_review_queue_counts_what_waits_for_a_person() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Process::start(&folder.path().join("data"));
    let client = server.client();
    assert_eq!(told(&client, "review_queue"), Some(0));
    client.ingest("", TWINS);
    let pushed = client.ingest("", EITHER);
    assert_eq!(pushed.summary()["outcomes"], json!({ "REVIEW": 1 }), "{pushed:?}");
    assert_eq!(told(&client, "review_queue"), Some(1));

    let queue = client.data("{ reviewQueue { nodes { id } } }", &Value::Null);
    let review = &queue["reviewQueue"]["nodes"][0]["id"];
    let dismiss = "mutation($input: DismissReviewInput!) { dismissReview(input: $input) { changed } }";
    client.data(
        dismiss,
        &json!({ "input": { "id": review, "reason": "a test machine" } }),
    );
    assert_eq!(told(&client, "review_queue"), Some(0));
    assert!(server.stop().success());
}
