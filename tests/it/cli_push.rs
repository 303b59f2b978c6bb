//! `linchpin push` against a server: sweeps, refusals, the guard, a server that is killed, and a watched folder.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::process::{Client, Process, linchpin, run_on};

/// Longest wait for what another process is to do.
const DEADLINE: Duration = Duration::from_mins(1);

fn records(from: usize, to: usize) -> String {
    let record = |number: usize| {
        format!(
            "{{\"ci\":{{\"key\":\"k{number}\",\"type\":\"application\",\"name\":\"n{number}\",\"attributes\":{{\"number\":\"a-{number}\"}}}}}}\n"
        )
    };
    (from..to).map(record).collect()
}

/// A folder with a server's store in it and the files that are pushed.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn store(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn file(&self, name: &str, content: &str) -> String {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).expect("it is written");
        path.to_str().expect("UTF-8").to_owned()
    }
}

fn command(url: &str, arguments: &[&str]) -> std::process::Command {
    let mut command = linchpin();
    let who = ["--source", "vcenter", "--feed", "vms", "--scope", "north"];
    command.args(["--url", url, "push"]).args(who).args(arguments);
    command
}

fn push(url: &str, arguments: &[&str]) -> Output {
    command(url, arguments).output().expect("it runs")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code")
}

/// Names of the CIs of which the source has stopped speaking, or of the others.
fn names(client: &Client, stale: bool) -> Vec<String> {
    let query = "{ configurationItems(first: 100) { nodes { name origins { staleSince } } } }";
    let data = client.data(query, &Value::Null);
    let nodes = data["configurationItems"]["nodes"].as_array().expect("a list");
    let mut names: Vec<String> = nodes
        .iter()
        .filter(|node| node["origins"][0]["staleSince"].is_string() == stale)
        .map(|node| node["name"].as_str().expect("a name").to_owned())
        .collect();
    names.sort();
    names
}

/// The states of runs, the last one first.
fn states(client: &Client) -> Vec<String> {
    let data = client.data("{ runs(source: \"vcenter\") { state } }", &Value::Null);
    let runs = data["runs"].as_array().expect("a list");
    runs.iter()
        .map(|run| run["state"].as_str().expect("a state").to_owned())
        .collect()
}

#[test]
fn a_push_brings_all_in_and_lets_go_what_is_missing() {
    let place = Place::new();
    let server = Process::start(&place.store());
    let url = &server.client().url;
    let (one, two) = (
        place.file("one.ndjson", &records(0, 3)),
        place.file("two.ndjson", &records(3, 6)),
    );
    let first = push(url, &["--json", &one, &two]);
    assert_eq!(code(&first), 0, "{first:?}");
    let answer: Value = serde_json::from_slice(&first.stdout).expect("JSON");
    assert_eq!(answer["run"]["counts"]["created"], 6, "{answer}");
    // By standard input, and one is missing.
    let mut child = command(url, &["--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(records(1, 6).as_bytes()).expect("it reads");
    drop(input);
    let second = child.wait_with_output().expect("an end");
    assert_eq!(code(&second), 0, "{second:?}");
    let answer: Value = serde_json::from_slice(&second.stdout).expect("JSON");
    let counts = &answer["run"]["counts"];
    assert_eq!(
        (&counts["unchanged"], &counts["stale"]),
        (&json!(5), &json!(1)),
        "{answer}"
    );
    assert_eq!(names(&server, true), ["n0"]);
    let table = push(url, &[&one, &two]);
    assert!(
        String::from_utf8_lossy(&table.stdout).contains("RELATIONSHIPS GONE"),
        "{table:?}"
    );
    assert_eq!(names(&server, true), [""; 0], "it is back");
    assert_eq!(states(&server), ["COMPLETED"; 3]);
}

#[test]
fn refused_records_and_the_guard_have_exit_codes_of_their_own() {
    let place = Place::new();
    let server = Process::start(&place.store());
    let url = &server.client().url;
    let bad = "{\"ci\":{\"key\":\"bad\",\"type\":\"no_such_type\",\"name\":\"bad\"}}\n";
    let mixed = place.file("mixed.ndjson", &format!("{}{bad}", records(0, 4)));
    let refused = push(url, &[&mixed]);
    assert_eq!(code(&refused), 1, "{refused:?}");
    let told = String::from_utf8_lossy(&refused.stdout);
    assert!(told.contains("UNKNOWN_CI_TYPE"), "{told}");
    assert_eq!(names(&server, false).len(), 4, "the others are in");
    assert_eq!(states(&server), ["COMPLETED"]);

    let little = place.file("little.ndjson", &(records(0, 1) + &records(7, 8)));
    let held = push(url, &[&little]);
    assert_eq!(code(&held), 3, "{held:?}");
    assert!(
        String::from_utf8_lossy(&held.stderr).contains("SWEEP_GUARD"),
        "{held:?}"
    );
    assert_eq!(names(&server, true), [""; 0], "nothing is missed");
    assert_eq!(
        names(&server, false),
        ["n0", "n1", "n2", "n3", "n7"],
        "what was pushed stays"
    );
    assert_eq!(states(&server)[0], "ABORTED");
    let allowed = push(url, &["--share-max", "60", &little]);
    assert_eq!(code(&allowed), 0, "{allowed:?}");
    assert_eq!(names(&server, true), ["n1", "n2", "n3"]);
}

#[test]
fn a_server_that_is_absent_is_waited_for_only_so_long() {
    let place = Place::new();
    let file = place.file("one.ndjson", &records(0, 1));
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr();
    let url = format!("http://{}", port.expect("an address"));
    let begun = Instant::now();
    let answer = push(&url, &["--retry-for", "1", &file]);
    assert_eq!(code(&answer), 6, "{answer:?}");
    assert!(begun.elapsed() >= Duration::from_secs(1), "it was tried again");
    let told = String::from_utf8_lossy(&answer.stderr);
    assert!(
        told.contains("trying again") && told.contains("SERVER_UNREACHABLE"),
        "{told}"
    );
    let missing = push(&url, &["/nowhere/at-all.ndjson"]);
    assert_ne!(code(&missing), 0, "{missing:?}");
    assert!(
        String::from_utf8_lossy(&missing.stderr).contains("at-all"),
        "{missing:?}"
    );
}

/// What is recorded, without the identities that are made anew for each store.
fn exported(store: &Path) -> Vec<String> {
    let output = run_on(store, &["export"]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let mut lines: Vec<String> = text
        .lines()
        .map(|line| {
            let mut record: Value = serde_json::from_str(line).expect("JSON");
            if let Some(ci) = record["ci"].as_object_mut() {
                ci.remove("id");
                // Once for each push that said something: how often the server was killed is not the estate.
                ci.remove("observed_at");
            }
            record.to_string()
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn a_push_survives_a_server_that_is_killed_in_its_middle() {
    const COUNT: usize = 12_000;
    let place = Place::new();
    let files = [
        place.file("a.ndjson", &records(0, 10)),
        place.file("b.ndjson", &records(10, COUNT)),
        place.file("c.ndjson", &records(COUNT, COUNT + 10)),
    ];
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let calm_store = place.0.path().join("calm");
    let calm = Process::start(&calm_store);
    assert_eq!(code(&push(&calm.client().url, &files)), 0);
    assert!(calm.stop().success());

    // On a busy machine a push may be done before it is seen to have begun.
    let survived = (0..5).any(|attempt| {
        let store = place.0.path().join(format!("killed-{attempt}"));
        is_killed_in_the_middle(&store, &files, COUNT) && {
            assert!(exported(&store) == exported(&calm_store), "the exports differ");
            crate::process::verify(&store).expect("all is well");
            true
        }
    });
    assert!(survived, "every push was faster than the kill");
}

/// Pushes to a server that is killed and started again; says whether that was in the middle of it.
fn is_killed_in_the_middle(store: &Path, files: &[&str], records: usize) -> bool {
    // An address of its own: on the common one, another test may take the port in between.
    let mut server = Process::start_at("127.77.0.1:0", store);
    let url = server.client().url.clone();
    let child = command(&url, files)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let deadline = Instant::now() + DEADLINE;
    let count = |server: &Process| {
        let answer = server.data("{ estate { ciCount } }", &Value::Null);
        answer["estate"]["ciCount"].as_u64().expect("a number")
    };
    let seen = loop {
        let seen = count(&server);
        if seen >= 1_000 {
            break seen;
        }
        assert!(Instant::now() < deadline, "nothing arrives: {}", server.log());
        std::thread::yield_now();
    };
    server.kill();
    let server = Process::start_at(url.strip_prefix("http://").expect("an address"), store);
    let pushed = child.wait_with_output().expect("an end");
    let told = String::from_utf8_lossy(&pushed.stderr);
    if seen >= records as u64 || !told.contains("beginning anew") {
        return false;
    }
    assert_eq!(code(&pushed), 0, "{pushed:?}");
    assert_eq!(count(&server), records as u64 + 10);
    assert_eq!(names(&server, true), [""; 0], "nothing is missed");
    assert!(server.stop().success());
    true
}

/// A process that is ended with the test.
struct End(Child);

impl Drop for End {
    fn drop(&mut self) {
        // It may have ended.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[track_caller]
fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}: not in {DEADLINE:?}");
        std::thread::yield_now();
    }
}

#[test]
fn a_watched_folder_is_pushed_whenever_it_changes() {
    let place = Place::new();
    let server = Process::start(&place.store());
    let folder = place.0.path().join("spool");
    std::fs::create_dir(&folder).expect("a folder");
    let write = |name: &str, content: &str| std::fs::write(folder.join(name), content).expect("it is written");
    write("a.ndjson", &records(0, 2));
    // A sender that is not finished.
    write(".b.ndjson", "{\"ci\":");
    let watched = folder.to_str().expect("UTF-8");
    let mut pushing = command(
        &server.client().url,
        &["--share-max", "100", "--interval", "1", "--watch", watched],
    );
    pushing.stdout(Stdio::null()).stderr(Stdio::null());
    let _ended = End(pushing.spawn().expect("it runs"));
    wait_until("the files that are there", || names(&server, false) == ["n0", "n1"]);
    std::fs::rename(folder.join(".b.ndjson"), folder.join("b.ndjson")).expect("it is finished");
    write("b.ndjson", &records(2, 4));
    wait_until("a new file", || names(&server, false) == ["n0", "n1", "n2", "n3"]);
    write("b.ndjson", &records(3, 5));
    wait_until("a changed file", || {
        names(&server, false) == ["n0", "n1", "n3", "n4"] && names(&server, true) == ["n2"]
    });
    std::fs::remove_file(folder.join("a.ndjson")).expect("it is there");
    wait_until("a file that is gone", || {
        names(&server, false) == ["n3", "n4"] && names(&server, true) == ["n0", "n1", "n2"]
    });
    assert_eq!(states(&server), ["COMPLETED"; 4], "and pushed only when it changes");
}
