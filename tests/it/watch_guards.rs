//! What a watch costs, and what it does not miss: time, crowds, readers that do not read, and the end.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::process::Process;
use crate::watch::{Server, event, names};

const SERVICE: &str = "business_service:svc";

/// How far away the moments of these tests are: time enough to begin watching.
const SOON: Duration = Duration::from_secs(2);

/// Longest wait for what must come.
const DEADLINE: Duration = Duration::from_mins(1);

fn at(event: &Value) -> Timestamp {
    let at = event["at"].as_str().expect("a moment");
    at.parse().expect("a moment")
}

/// A figure that `/metrics` tells.
fn figure(process: &Process, name: &str) -> u64 {
    let body = process.get("/metrics").body;
    let mut lines = body.lines().filter_map(|line| line.strip_prefix(name));
    let value = lines.find_map(|rest| rest.strip_prefix(' ')).expect("the figure");
    value.trim().parse().expect("a number")
}

#[test]
fn what_begins_or_ceases_to_hold_is_told_without_a_commit() {
    let server = Server::new();
    let events = server.watch(&json!({ "service": SERVICE }));
    let edge = at(&event(&events)) + SOON;
    let ends = json!({ "ref": "web_server:w1", "validTo": edge.to_string() });
    // One that is there from then on, and hit by what the service stands on only by way of it.
    let begins = json!({ "type": "application", "name": "late", "validFrom": edge.to_string() });
    let relate = |from: &str, to: &str| json!({ "relate": { "from": from, "type": "depends_on", "to": to } });
    let revision = server.execute(&json!([
        { "updateConfigurationItem": ends },
        { "createConfigurationItem": begins },
        relate("application:app", "application:late"),
        relate("application:late", "application:by"),
    ]));
    let later = event(&events);
    assert_eq!(later["revision"], json!(revision), "no commit has come since: {later}");
    assert!(at(&later) >= edge, "{later}");
    let mut new = names(&later["newSinglePointsOfFailure"]);
    new.sort_unstable();
    assert_eq!(new, ["by", "h2", "late", "w2"]);
    let change = &later["redundancyChanges"][0];
    assert_eq!(
        (&change["before"]["up"], &change["after"]["up"]),
        (&json!(2), &json!(1))
    );
    // What it has come to stand on is watched from now on.
    let revision = server.move_to("application:by", "DOWN");
    assert_eq!(event(&events)["revision"], json!(revision));
}

#[test]
fn a_service_that_does_not_hold_at_the_time_cannot_be_watched_and_says_so() {
    let server = Server::new();
    let events = server.watch(&json!({ "service": SERVICE }));
    let edge = at(&event(&events)) + SOON;
    let ends = json!({ "ref": SERVICE, "validTo": edge.to_string() });
    server.execute(&json!([{ "updateConfigurationItem": ends }]));
    let end = events.next().expect("an error");
    let error = &end["errors"][0];
    assert_eq!(error["extensions"]["code"], "CI_NOT_FOUND", "{end}");
    let message = error["message"].as_str().expect("a message");
    assert!(message.contains("is recorded, but not as valid at"), "{message}");
    assert_eq!(events.next(), None);
}

#[test]
fn commits_that_touch_nothing_a_service_stands_on_cost_no_evaluation() {
    let server = Server::new();
    let events = server.watch(&json!({ "service": SERVICE }));
    event(&events);
    let looks = || figure(&server.process, "linchpin_watch_looks");
    let before = looks();
    for _ in 0..20 {
        server.move_to("application:by", "DOWN");
        server.move_to("application:by", "IN_SERVICE");
    }
    let revision = server.move_to("physical_server:h1", "DOWN");
    assert_eq!(event(&events)["revision"], json!(revision));
    assert_eq!(
        looks(),
        before + 1,
        "forty commits that do not touch it, and one that does"
    );
}

#[test]
fn watches_of_one_service_share_each_evaluation() {
    const WATCHES: u64 = 5;
    let server = Server::new();
    let watches: Vec<_> = (0..WATCHES)
        .map(|_| {
            let events = server.watch(&json!({ "service": SERVICE }));
            event(&events);
            events
        })
        .collect();
    let figures = || ["linchpin_watch_looks", "linchpin_watch_looks_shared"].map(|name| figure(&server.process, name));
    assert_eq!(figures(), [1, WATCHES - 1]);
    let revision = server.move_to("physical_server:h1", "DOWN");
    for events in &watches {
        let told = event(events);
        assert_eq!(
            (&told["revision"], &told["state"]),
            (&json!(revision), &json!("AT_RISK"))
        );
        assert_eq!(names(&told["newSinglePointsOfFailure"]), ["w2", "h2"]);
    }
    assert_eq!(figures(), [2, 2 * (WATCHES - 1)]);
    // Another level is another question.
    event(&server.watch(&json!({ "service": SERVICE, "level": "DEGRADED" })));
    assert_eq!(figures(), [3, 2 * (WATCHES - 1)]);
}

/// CIs that the service needs, each with a long name: so an event is long, and a few fill what the
/// machine keeps for a reader.
const NEEDED: usize = 300;

/// Commits that each change the picture.
const COMMITS: u64 = 120;

/// An event without coalescing is about a megabyte, and there would be as many as commits.
const GROWTH_KIB_MAX: u64 = 60 * 1024;

#[test]
fn a_reader_that_does_not_read_costs_little_and_then_learns_the_latest() {
    let server = Server::new();
    for part in 0..NEEDED.div_ceil(100) {
        let numbers = part * 100..NEEDED.min(part * 100 + 100);
        let commands = numbers.flat_map(|number| {
            let name = format!("{number}-{}", "x".repeat(200));
            let reference = format!("application:{name}");
            [
                json!({ "createConfigurationItem": { "type": "application", "name": name } }),
                json!({ "relate": { "from": "application:app", "type": "depends_on", "to": reference } }),
            ]
        });
        server.execute(&commands.collect());
    }
    let lists: Vec<String> = (0..12)
        .map(|n| format!("l{n}: singlePointsOfFailure(first: 1000) {{ name id }}"))
        .collect();
    let watch = format!(
        "subscription {{ watch(service: \"{SERVICE}\") {{ revision state stateBefore {} }} }}",
        lists.join(" ")
    );
    let address = server.process.url.trim_start_matches("http://").to_owned();
    let body = json!({ "query": watch }).to_string();
    let mut stream = TcpStream::connect(&address).expect("a connection");
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).expect("it is sent");
    stream.set_read_timeout(Some(DEADLINE)).expect("a socket");
    let mut lines = BufReader::new(stream).lines();
    let mut next = || {
        lines.find_map(|line| {
            let line = line.expect("a line");
            let data = line.strip_prefix("data: ")?;
            let mut event: Value = serde_json::from_str(data).expect("JSON");
            Some(event["data"]["watch"].take())
        })
    };
    let first = next().expect("the present");
    assert_eq!(first["l0"].as_array().map(Vec::len), Some(NEEDED + 1));
    let before = server.process.most_resident_kib();
    for commit in 0..COMMITS {
        let stage = if commit % 2 == 0 { "DOWN" } else { "IN_SERVICE" };
        server.move_to("physical_server:h1", stage);
    }
    let last = server.move_to("physical_server:h2", "DOWN");
    if let (Some(before), Some(after)) = (before, server.process.most_resident_kib()) {
        assert!(after < before + GROWTH_KIB_MAX, "{before} KiB before, {after} after");
    }
    let (mut told, mut state) = (0, first["state"].clone());
    let begun = Instant::now();
    loop {
        let event = next().expect("an event");
        told += 1;
        assert_eq!(
            event["stateBefore"], state,
            "each event goes on where the last one ended"
        );
        state = event["state"].clone();
        if event["revision"] == json!(last) {
            break;
        }
        assert!(begun.elapsed() < DEADLINE);
    }
    assert_eq!(state, "AT_RISK");
    assert!(told < COMMITS, "{told} events for {COMMITS} commits");
}

#[test]
fn a_server_that_stops_ends_its_watches() {
    let folder = tempfile::tempdir().expect("a folder");
    let process = Process::start(&folder.path().join("data"));
    assert_eq!(process.ingest("", crate::watch::ESTATE).summary()["complete"], true);
    let watch = format!("subscription {{ watch(service: \"{SERVICE}\") {{ revision }} }}");
    let events = process.subscribe(&watch, &Value::Null);
    assert!(events.next().is_some());
    let begun = Instant::now();
    assert!(process.stop().success());
    assert!(begun.elapsed() < DEADLINE, "{:?}", begun.elapsed());
    assert_eq!(events.next(), None);
}
