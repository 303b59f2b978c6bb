//! The program is killed under load, again and again; nothing that it acknowledged is lost.
//!
//! `LINCHPIN_KILLS` sets how often.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::process::{Client, Process, application, made, note, setting, verify};

/// Kills, unless the environment asks for more.
const KILLS: usize = 6;

/// Longest time from the first acknowledgement to the kill, in milliseconds.
const LOAD_MS_MAX: u64 = 400;

/// Longest time from the start of the program to its first line, on a machine that is busy.
const OPEN_MAX: Duration = Duration::from_secs(10);

/// Clients of each kind.
const CLIENTS: usize = 2;

/// CIs in one push.
const PUSH: usize = 25;

/// Checkpoints are made all the time, so that kills meet them too.
const SETTINGS: &[(&str, &str)] = &[("LINCHPIN_STORE_CHECKPOINT_INTERVAL_MS", "100")];

/// What the program acknowledged in one round.
#[derive(Default)]
struct Acknowledged {
    /// Names of CIs.
    names: Mutex<BTreeSet<String>>,
    /// The last value of each counter.
    counters: Mutex<BTreeMap<String, u64>>,
    writes: AtomicU64,
}

impl Acknowledged {
    fn add(&self, names: impl IntoIterator<Item = String>, told: &Sender<()>) {
        self.names.lock().extend(names);
        self.tell(told);
    }

    fn tell(&self, told: &Sender<()>) {
        self.writes.fetch_add(1, Ordering::Relaxed);
        // The test stops listening when it has killed.
        let _heard = told.send(());
    }
}

#[test]
fn what_was_acknowledged_survives_kills() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("data");
    let rounds = setting("LINCHPIN_KILLS").unwrap_or(KILLS);
    let mut all = BTreeSet::new();
    let mut counters = BTreeMap::new();
    let (mut writes, mut slowest) = (0, Duration::ZERO);
    for round in 0..rounds {
        let mut process = Process::start_with(&folder, SETTINGS);
        slowest = slowest.max(process.opened_after);
        if round == 0 {
            make_counters(&process);
        } else {
            check(&process, &format!("r{}-", round - 1), &all, &counters);
        }
        let acknowledged = Acknowledged::default();
        load_and_kill(&mut process, round, &acknowledged);
        writes += acknowledged.writes.into_inner();
        all.extend(acknowledged.names.into_inner());
        counters.extend(acknowledged.counters.into_inner());
        // Opening right after the kill is to be seen as well.
        if round % 2 == 1 {
            verify(&folder).expect("all is well after a kill");
        }
    }
    let process = Process::start_with(&folder, SETTINGS);
    slowest = slowest.max(process.opened_after);
    check(&process, "r", &all, &counters);
    assert!(process.stop().success());
    verify(&folder).expect("all is well at the end");
    note(&format!(
        "{rounds} kills, {writes} acknowledged writes of {} CIs, none lost; slowest start {slowest:?}",
        all.len()
    ));
    assert!(slowest < OPEN_MAX, "a start took {slowest:?}");
}

fn make_counters(process: &Process) {
    for client in 0..CLIENTS {
        let record = json!({"ci": {"key": format!("counter-{client}"), "type": "application", "name": format!("counter-{client}")}});
        assert_eq!(process.ingest("", &record.to_string()).summary()["complete"], true);
    }
}

/// Has all clients write, and kills the program at some instant after the first acknowledgement.
fn load_and_kill(process: &mut Process, round: usize, acknowledged: &Acknowledged) {
    let (told, hears) = channel();
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            for writer in [pairs, count, push, push_atomic] {
                let (speaks, told) = (process.client(), told.clone());
                scope.spawn(move || writer(&speaks, &format!("r{round}-{client}"), acknowledged, &told));
            }
        }
        hears
            .recv_timeout(Duration::from_mins(1))
            .expect("something is acknowledged");
        wait_a_random_time(&hears);
        process.kill();
    });
}

fn wait_a_random_time(hears: &Receiver<()>) {
    let until = std::time::Instant::now() + Duration::from_millis(fastrand::u64(0..LOAD_MS_MAX));
    // The clients never stop telling before the kill.
    while hears
        .recv_timeout(until.saturating_duration_since(std::time::Instant::now()))
        .is_ok()
    {}
}

/// Two CIs and a relationship, all or none, until the server is gone.
fn pairs(client: &Client, prefix: &str, acknowledged: &Acknowledged, told: &Sender<()>) {
    let query = "mutation($commands: [CommandInput!]!) {
        execute(commands: $commands, mode: ATOMIC) { executedCount refusedCount results { error { message } } } }";
    for number in 0_u64.. {
        let name = |end: &str| format!("{prefix}-pair-{number}-{end}");
        let id = || format!("ci:{}", uuid::Uuid::from_u128(fastrand::u128(..)));
        let (a, b) = (id(), id());
        let create = |id: &str, name: String| json!({"createConfigurationItem": {"id": id, "type": "application", "name": name}});
        let commands = json!({"commands": [
            create(&a, name("a")),
            create(&b, name("b")),
            {"relate": {"type": "depends_on", "from": a, "to": b}},
        ]});
        let Ok(answer) = client.try_graphql(query, &commands) else {
            return;
        };
        assert_eq!(answer.json()["data"]["execute"]["executedCount"], 3, "{answer:?}");
        acknowledged.add([name("a"), name("b")], told);
    }
}

/// One CI updated over and over.
fn count(client: &Client, prefix: &str, acknowledged: &Acknowledged, told: &Sender<()>) {
    let counter = format!("counter-{}", prefix.rsplit('-').next().expect("the client's number"));
    let query = "mutation($input: UpdateConfigurationItemInput!) {
        updateConfigurationItem(input: $input) { changed } }";
    let round: u64 = prefix[1..]
        .split('-')
        .next()
        .and_then(|text| text.parse().ok())
        .expect("a round");
    for number in round * 1_000_000.. {
        let input = json!({"input": {"ref": format!("application:{counter}"), "attributes": {"users": number + 1}}});
        let Ok(answer) = client.try_graphql(query, &input) else {
            return;
        };
        let done = &answer.json()["data"]["updateConfigurationItem"]["changed"];
        assert_eq!(*done, true, "{answer:?}");
        acknowledged.counters.lock().insert(counter.clone(), number + 1);
        acknowledged.tell(told);
    }
}

fn push(client: &Client, prefix: &str, acknowledged: &Acknowledged, told: &Sender<()>) {
    pushes(client, "PARTIAL", prefix, acknowledged, told);
}

fn push_atomic(client: &Client, prefix: &str, acknowledged: &Acknowledged, told: &Sender<()>) {
    pushes(client, "ATOMIC", prefix, acknowledged, told);
}

/// Payloads, until the server is gone.
fn pushes(client: &Client, mode: &str, prefix: &str, acknowledged: &Acknowledged, told: &Sender<()>) {
    for number in 0_u64.. {
        let name = |item: usize| format!("{prefix}-{mode}-{number}-{item}");
        let mut payload = String::new();
        for item in 0..PUSH {
            let record = json!({"ci": {"key": name(item), "type": "physical_server", "name": name(item)}});
            writeln!(payload, "{record}").expect("a text grows");
        }
        let answer = client.try_ingest(&format!("?source=load&mode={mode}"), &mut payload.as_bytes());
        let Ok(answer) = answer else { return };
        // A report that breaks off acknowledges nothing.
        if !answer.body.ends_with('\n') || answer.summary()["complete"] != true {
            assert!(!answer.body.contains("\"complete\":false"), "{answer:?}");
            return;
        }
        assert_eq!(answer.summary()["outcomes"]["CREATED"], PUSH, "{answer:?}");
        acknowledged.add((0..PUSH).map(name), told);
    }
}

/// Everything acknowledged is there, and what was to be one write is there as a whole or not at all.
fn check(process: &Process, prefix: &str, all: &BTreeSet<String>, counters: &BTreeMap<String, u64>) {
    let found = configuration_items(process, prefix);
    let lost: Vec<&String> = all
        .range(prefix.to_owned()..)
        .take_while(|name| name.starts_with(prefix))
        .filter(|name| !found.contains_key(*name))
        .collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    let mut atomic: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, relationships) in &found {
        let (group, item) = name.rsplit_once('-').expect("a name of ours");
        if group.contains("-ATOMIC-") {
            *atomic.entry(group).or_default() += 1;
        } else if group.contains("-pair-") {
            let other = format!("{group}-{}", if item == "a" { "b" } else { "a" });
            assert!(*relationships == 1 && found.contains_key(&other), "half a pair: {name}");
        }
    }
    assert!(atomic.values().all(|count| *count == PUSH), "half a push: {atomic:?}");
    for (counter, least) in counters {
        let query = "query($ref: String!) { configurationItem(ref: $ref) { attributes } }";
        let data = process.data(query, &json!({"ref": format!("application:{counter}")}));
        let value = data["configurationItem"]["attributes"]["users"].as_u64();
        assert!(
            value >= Some(*least),
            "{counter}: {value:?} after {least} was acknowledged"
        );
    }
}

/// The CIs whose names begin so, with how many relationships each has.
fn configuration_items(process: &Process, prefix: &str) -> BTreeMap<String, u64> {
    let query = "query($prefix: String!, $after: String) {
        configurationItems(first: 500, after: $after, filter: { namePrefix: $prefix }) {
            nodes { name relationships(first: 1) { totalCount } } pageInfo { hasNextPage endCursor } } }";
    let mut found = BTreeMap::new();
    let mut after = Value::Null;
    loop {
        let data = process.data(query, &json!({"prefix": prefix, "after": after}));
        let page = &data["configurationItems"];
        for node in page["nodes"].as_array().expect("a list") {
            let name = node["name"].as_str().expect("a name").to_owned();
            let count = node["relationships"]["totalCount"].as_u64().expect("a count");
            assert!(found.insert(name.clone(), count).is_none(), "{name} is there twice");
        }
        if page["pageInfo"]["hasNextPage"] != true {
            return found;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

#[test]
fn a_push_that_a_kill_broke_off_can_be_sent_again() {
    const RECORDS: usize = 6_000;
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("data");
    let mut process = Process::start(&folder);
    let (pusher, watcher) = (process.client(), process.client());
    let before = watcher.revision();
    let pieces = (0..RECORDS).map(|number| {
        if number == RECORDS * 2 / 3 {
            let deadline = std::time::Instant::now() + Duration::from_mins(1);
            while watcher.revision() == before {
                assert!(std::time::Instant::now() < deadline, "nothing is committed");
            }
            process.kill();
        }
        application(number)
    });
    let broken = pusher.try_ingest("?source=load&idempotencyKey=once", &mut made(pieces));
    assert!(!broken.is_ok_and(|answer| answer.body.contains("\"complete\":true")));

    let process = Process::start(&folder);
    let count = || process.data("{ counts { total } }", &Value::Null)["counts"]["total"].as_u64();
    let kept = count().expect("a number");
    assert!(kept > 0 && kept < RECORDS as u64, "{kept} were kept");
    let all = || made((0..RECORDS).map(application));
    for parameters in [
        "?source=load&idempotencyKey=once",
        "?source=load&idempotencyKey=once",
        "?source=load",
    ] {
        let answer = process.try_ingest(parameters, &mut all()).expect("an answer");
        let summary = answer.summary();
        assert_eq!(summary["complete"], true, "{summary}");
        assert!(summary["outcomes"].get("REFUSED").is_none(), "{summary}");
        assert_eq!(count(), Some(RECORDS as u64), "{summary}");
    }
    assert!(process.stop().success());
    verify(&folder).expect("all is well");
}

#[test]
fn the_catalog_may_change_under_load() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("data");
    let process = Process::start(&folder);
    let stop = std::sync::atomic::AtomicBool::new(false);
    let taken = std::thread::scope(|scope| {
        let pushers: Vec<_> = (0..2)
            .map(|client| {
                let (speaks, stop) = (process.client(), &stop);
                scope.spawn(move || push_widgets(&speaks, client, stop))
            })
            .collect();
        for round in 0..12 {
            let required = round % 2 == 1;
            let text = format!(
                "[[ci_type]]\nname = \"widget\"\nlabel = \"Widget\"\nparent = \"device\"\nattributes = [{{ name = \"part\", type = \"string\", required = {required}, description = \"Its part.\" }}]"
            );
            let query = "mutation($text: String!) {
                defineCatalog(input: { text: $text, migrate: true, defaults: { part: \"unknown\" } }) { revision } }";
            process.data(query, &json!({ "text": text }));
        }
        stop.store(true, Ordering::Relaxed);
        let joined = pushers.into_iter().map(|pusher| pusher.join().expect("a pusher"));
        joined.sum::<u64>()
    });
    let total = process.data("{ counts { total } }", &Value::Null)["counts"]["total"].as_u64();
    assert_eq!(total, Some(taken));
    assert!(!process.log().contains("panicked"), "{}", process.log());
    assert!(process.stop().success());
    verify(&folder).expect("all is well");
}

/// Pushes CIs of a type that comes and changes meanwhile; says how many were recorded.
fn push_widgets(client: &Client, number: usize, stop: &std::sync::atomic::AtomicBool) -> u64 {
    let mut taken = 0;
    for round in 0.. {
        if stop.load(Ordering::Relaxed) {
            return taken;
        }
        let mut payload = String::new();
        for item in 0..PUSH {
            let name = format!("w{number}-{round}-{item}");
            let record = json!({"ci": {"key": name, "type": "widget", "name": name}});
            writeln!(payload, "{record}").expect("a text grows");
        }
        let answer = client.ingest("?source=load", &payload);
        for line in answer.lines() {
            let code = line["item"]["problems"][0]["code"].as_str().unwrap_or_default();
            assert!(["", "UNKNOWN_CI_TYPE", "MISSING_ATTRIBUTE"].contains(&code), "{line}");
        }
        taken += answer.summary()["outcomes"]["CREATED"].as_u64().unwrap_or_default();
    }
    taken
}
