//! Completing sync sessions: what must be in before, what is answered twice, what the guard minds, and what
//! could not be swept.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use linchpin::app::ErrorCode;
use linchpin::ingest::IngestOptions;
use linchpin::ingest::sync::{Missed, SyncError};
use serde_json::{Value, json};

use crate::process::{Client, Process};
use crate::sources_support::{World, day, source};

/// Longest wait for what the server is to notice.
const DEADLINE: Duration = Duration::from_mins(1);

fn record(number: usize) -> String {
    format!(
        "{{\"ci\":{{\"key\":\"k{number}\",\"type\":\"application\",\"name\":\"n{number}\",\"attributes\":{{\"number\":\"a-{number}\"}}}}}}\n"
    )
}

fn records(numbers: impl IntoIterator<Item = usize>) -> String {
    numbers.into_iter().map(record).collect()
}

fn begin(server: &Client) -> String {
    let query = "mutation { beginSync(source: \"vcenter\", feed: \"vms\") { id } }";
    let data = server.data(query, &Value::Null);
    data["beginSync"]["id"].as_str().expect("an id").to_owned()
}

fn complete(server: &Client, session: &str, dry_run: bool) -> Value {
    let query = "mutation ($session: ID!, $dryRun: Boolean!) { completeSync(session: $session, dryRun: $dryRun) {
        repeated members waiting complete stale retired relationshipsRemoved
        run { session state ended counts { created unchanged stale retired } } } }";
    server.graphql(query, &json!({ "session": session, "dryRun": dry_run }))
}

/// The code of a refusal that names the session and a way out.
#[track_caller]
fn refusal(answer: &Value, session: &str) -> String {
    let extensions = &answer["errors"][0]["extensions"];
    assert_eq!(extensions["field"], "session", "{answer}");
    assert_eq!(extensions["value"], session, "{answer}");
    let remedy = extensions["remedy"].as_str().expect("a text");
    assert!(!remedy.is_empty(), "{answer}");
    extensions["code"].as_str().expect("a code").to_owned()
}

fn push(server: &Client, session: &str, payload: &str) {
    let summary = server.ingest(&format!("?session={session}"), payload).summary();
    assert_eq!(summary["complete"], true, "{summary}");
}

/// What the server tells of its open session.
fn open_session(server: &Client) -> Value {
    let query = "{ syncSessions { id pushes running broken } }";
    let mut data = server.data(query, &Value::Null);
    data["syncSessions"][0].take()
}

#[track_caller]
fn wait_until(server: &Client, field: &str, value: &Value) {
    let begun = Instant::now();
    loop {
        let session = open_session(server);
        if session[field] == *value {
            return;
        }
        assert!(begun.elapsed() < DEADLINE, "it stays {session}");
        std::thread::yield_now();
    }
}

/// Begins a chunked push, and sends some of it.
fn half_send(server: &Client, session: &str, payload: &str) -> TcpStream {
    let address = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("a connection");
    let head = format!(
        "POST /ingest?session={session} HTTP/1.1\r\nHost: localhost\r\n\
         Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("it is read");
    let chunk = format!("{:x}\r\n{payload}\r\n", payload.len());
    stream.write_all(chunk.as_bytes()).expect("it is read");
    stream
}

#[test]
fn what_a_push_under_way_or_broken_off_would_say_is_not_swept() {
    let place = tempfile::tempdir().expect("a folder");
    let server = Process::start(&place.path().join("data"));
    let first = begin(&server);
    push(&server, &first, &records(0..6));
    let answer = complete(&server, &first, false);
    assert_eq!(answer["data"]["completeSync"]["members"], 6, "{answer}");

    let session = begin(&server);
    push(&server, &session, &records(0..3));
    // A dry run brings nothing, so it is no push.
    let tried = server.ingest(&format!("?session={session}&dryRun=true"), "{ not JSON");
    assert_eq!(tried.summary()["dry_run"], true, "{tried:?}");
    let half = half_send(&server, &session, &records(3..4));
    wait_until(&server, "running", &json!(1));
    for dry_run in [true, false] {
        let refused = complete(&server, &session, dry_run);
        assert_eq!(refusal(&refused, &session), "SESSION_INCOMPLETE", "{refused}");
    }
    drop(half);
    wait_until(&server, "running", &json!(0));
    let open = open_session(&server);
    assert_eq!((&open["broken"], &open["pushes"]), (&json!(true), &json!(1)));
    let refused = complete(&server, &session, false);
    assert_eq!(refusal(&refused, &session), "SESSION_INCOMPLETE", "{refused}");

    // What is refused in it makes no push incomplete.
    let bad = "{\"ci\":{\"key\":\"bad\",\"type\":\"no_such_type\",\"name\":\"bad\"}}\n";
    push(&server, &session, &format!("{}{bad}", records(3..5)));
    assert_eq!(open_session(&server)["broken"], false);
    let answer = complete(&server, &session, false);
    let completed = &answer["data"]["completeSync"];
    assert_eq!(completed["stale"].as_array().map(Vec::len), Some(1), "{answer}");
    assert_eq!(completed["run"]["counts"]["stale"], 1, "{answer}");
    let query = "{ configurationItems(first: 10) { nodes { name isStale } } }";
    let data = server.data(query, &Value::Null);
    let nodes = data["configurationItems"]["nodes"].as_array().expect("a list");
    let stale = nodes.iter().filter(|node| node["isStale"] == true);
    let stale: Vec<&Value> = stale.map(|node| &node["name"]).collect();
    assert_eq!(stale, ["n5"], "and only what nobody sent");
}

#[test]
fn whoever_asks_for_the_completion_again_gets_its_run() {
    let place = tempfile::tempdir().expect("a folder");
    let server = Process::start(&place.path().join("data"));
    let session = begin(&server);
    push(&server, &session, &records(0..2));
    let completed = complete(&server, &session, false)["data"]["completeSync"].take();
    assert_eq!(
        (&completed["repeated"], &completed["members"]),
        (&json!(false), &json!(2)),
        "{completed}"
    );
    let again = complete(&server, &session, false)["data"]["completeSync"].take();
    assert_eq!(again["run"], completed["run"], "the same run, of the same moment");
    assert_eq!(again["run"]["counts"]["created"], 2, "{again}");
    assert_eq!(
        (&again["repeated"], &again["complete"], &again["stale"]),
        (&json!(true), &json!(false), &json!([])),
        "{again}"
    );
    let runs = server.data("{ runs(source: \"vcenter\") { state } }", &Value::Null);
    assert_eq!(runs["runs"], json!([{ "state": "COMPLETED" }]), "it ran once");
    let tried = complete(&server, &session, true);
    assert_eq!(refusal(&tried, &session), "SESSION_ENDED", "there is nothing to try");

    let given_up = begin(&server);
    push(&server, &given_up, &records(0..2));
    let abort = "mutation ($session: ID!) { abortSync(session: $session) { state } }";
    server.data(abort, &json!({ "session": given_up }));
    let refused = complete(&server, &given_up, false);
    assert_eq!(refusal(&refused, &given_up), "SESSION_ENDED", "it was not completed");
}

#[test]
fn the_guard_minds_only_what_is_let_go_for_the_first_time() {
    let world = World::new();
    let who = source("vcenter", "vms", "north");
    let sync = |numbers: &[usize], share_max| {
        let session = world.begin(&who);
        world.push(session.clone(), &records(numbers.iter().copied()));
        world.complete(&session, share_max).map(|(run, _)| {
            let counts = run.counts;
            (counts.stale, counts.retired)
        })
    };
    let done = |outcome: Result<(u64, u64), Box<SyncError>>| outcome.expect("the guard lets it");
    world.set(day(1));
    assert_eq!(done(sync(&[0, 1, 2, 3, 4, 5], None)), (0, 0));
    world.set(day(2));
    let refused = sync(&[0, 1, 2], None).expect_err("three of six are too many");
    assert_eq!(refused.code(), ErrorCode::SweepGuard);
    assert_eq!(done(sync(&[0, 1, 2], Some(50))), (3, 0));
    // They were let go: that they are retired follows, and one more of six is within the guard.
    world.set(day(12));
    assert_eq!(done(sync(&[0, 1], None)), (1, 3));
    world.set(day(13));
    let refused = sync(&[0], None).expect_err("one of three that are left, the other is stale already");
    assert!(
        matches!(
            *refused,
            SyncError::Guard {
                affected: 1,
                members: 3,
                ..
            }
        ),
        "{refused:?}"
    );
}

const RIGID: &str = r#"
[[lifecycle]]
stage = "maintenance"
takes_part = true
current_state = "DOWN"
next = ["in_service"]

[[ci_type_extension]]
name = "application"
retire_after = "0s"
"#;

#[test]
fn what_could_not_be_swept_is_told_and_not_counted() {
    let world = World::new();
    world.set(day(1));
    world.push(IngestOptions::default(), &json!({ "catalog": RIGID }).to_string());
    let who = source("vcenter", "vms", "");
    let session = world.begin(&who);
    let fixed = r#"{"ci":{"key":"fixed","type":"application","name":"fixed","stage":"maintenance"}}"#;
    world.push(session.clone(), &format!("{}{fixed}", records(0..3)));
    world.complete(&session, None).expect("nothing is missed");
    let session = world.begin(&who);
    world.push(session.clone(), &records(0..2));
    let (run, sweep) = world.complete(&session, Some(50)).expect("half may go");
    assert_eq!((run.counts.stale, run.counts.retired, run.counts.warnings), (0, 1, 1));
    assert_eq!((sweep.retired.len(), sweep.unswept.len()), (1, 1));
    let unswept = &sweep.unswept[0];
    assert_eq!(unswept.error.code(), ErrorCode::IllegalTransition);
    assert!(matches!(unswept.what, Missed::Retired(ci) if !sweep.retired.contains(&ci)));
    let (code, message) = run.error.expect("the run tells");
    assert_eq!(&*code, "ILLEGAL_TRANSITION");
    assert!(message.contains(&unswept.what.to_string()), "{message}");
    // It is missed until it can be swept.
    let session = world.begin(&who);
    world.push(session.clone(), &records(0..2));
    let (_, sweep) = world.complete(&session, Some(50)).expect("it is one of three");
    assert_eq!((sweep.retired.len(), sweep.unswept.len()), (0, 1));
}

#[test]
fn what_was_decided_in_the_review_queue_goes_stale_with_its_feed() {
    let place = tempfile::tempdir().expect("a folder");
    let server = Process::start(&place.path().join("data"));
    let rule = json!({ "catalog": "[[source]]\nname = \"vcenter\"\non_no_match = \"stage\"" });
    server.ingest("", &rule.to_string());
    let session = begin(&server);
    push(&server, &session, &records(0..2));
    // Another feed that says the same in between is no news.
    let revision = server.revision();
    server.ingest("?source=vcenter&feed=hosts", &records(0..2));
    assert_eq!(server.revision(), revision);
    let query = "{ reviewQueue(first: 5) { nodes { id source feed scope } } }";
    let queue = server.data(query, &Value::Null)["reviewQueue"]["nodes"].take();
    assert_eq!(
        (&queue[0]["source"], &queue[0]["feed"], &queue[0]["scope"]),
        (&json!("vcenter"), &json!("vms"), &Value::Null),
        "{queue}"
    );
    let resolve = "mutation ($id: ID!) { resolveReview(input: { id: $id, createNew: true }) { changed } }";
    for item in queue.as_array().expect("a list") {
        server.data(resolve, &json!({ "id": item["id"] }));
    }
    let query = "{ configurationItems(first: 5) { nodes { origins { source feed nativeKey staleSince } } } }";
    let origins = || {
        let data = server.data(query, &Value::Null)["configurationItems"]["nodes"].take();
        let origin = |node: &Value| {
            let origins = node["origins"].as_array().expect("a list").clone();
            assert_eq!(origins.len(), 1, "{node}");
            let key = origins[0]["nativeKey"].as_str().expect("a text").to_owned();
            (key, origins[0]["feed"].clone(), origins[0]["staleSince"].is_string())
        };
        let mut known: Vec<_> = data.as_array().expect("a list").iter().map(origin).collect();
        known.sort_by(|a, b| a.0.cmp(&b.0));
        known
    };
    let of = |key: &str, is_stale| (key.to_owned(), json!("vms"), is_stale);
    // What was pushed to the session before it was decided is mentioned in it.
    let completed = complete(&server, &session, false)["data"]["completeSync"].take();
    assert_eq!(completed["members"], 2, "{completed}");
    assert_eq!(origins(), [of("k0", false), of("k1", false)]);
    let session = begin(&server);
    push(&server, &session, &records(0..1));
    let variables = json!({ "session": session });
    let complete =
        "mutation ($session: ID!) { completeSync(session: $session, shareMax: 50) { run { counts { stale } } } }";
    let completed = server.data(complete, &variables);
    assert_eq!(completed["completeSync"]["run"]["counts"]["stale"], 1, "{completed}");
    assert_eq!(origins(), [of("k0", false), of("k1", true)]);
}
