//! No room for another write: writes are refused with the reason, everything else goes on, and
//! writes return by themselves.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::process::{Answer, Process, isolated, linchpin, note, verify};

/// Size of the disk.
const DISK_MIB: usize = 32;

/// Size of the file that is removed to make room: more than the journal and two checkpoints take, so
/// that a checkpoint that was waiting for room leaves some.
const BALLAST_MIB: usize = 24;

/// What a file may grow to where the limit is one of the process.
const FILE_KIB_MAX: usize = 5 * 1024;

/// CIs in one push, about 200 KiB.
const PUSH: usize = 50;

/// A small disk in memory.
struct Disk {
    place: tempfile::TempDir,
}

impl Disk {
    /// `None` where this is not permitted, which it says.
    fn new() -> Option<Self> {
        let place = tempfile::tempdir().expect("a folder");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={DISK_MIB}m"), "tmpfs"])
            .arg(place.path())
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self { place }),
            Ok(_) | Err(_) => {
                note("skipped: a file system cannot be mounted here");
                None
            }
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// Takes all the room there is.
    fn fill(&self) {
        let mut file = File::create(self.file("filler")).expect("a file");
        for size in [1 << 20, 4 << 10, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let gone = Command::new("umount").arg(self.place.path()).status();
        if !gone.is_ok_and(|status| status.success()) {
            note("the small disk stays mounted");
        }
    }
}

/// Pushes, and what of them was acknowledged.
#[derive(Default)]
struct Load {
    pushes: usize,
    names: BTreeSet<String>,
}

impl Load {
    /// The error, if the push was not acknowledged.
    fn push(&mut self, process: &Process) -> Result<(), Answer> {
        let number = self.pushes;
        self.pushes += 1;
        let name = |item: usize| format!("load-{number}-{item}");
        let mut payload = String::new();
        for item in 0..PUSH {
            let text: String = std::iter::repeat_with(fastrand::alphanumeric).take(4_000).collect();
            let record = json!({"ci": {"key": name(item), "type": "application", "name": name(item),
                "attributes": {"description": text}}});
            writeln!(payload, "{record}").expect("a text grows");
        }
        let answer = process.ingest("?source=load", &payload);
        if answer.status == 200 && answer.summary()["complete"] == true {
            self.names.extend((0..PUSH).map(name));
            return Ok(());
        }
        Err(answer)
    }

    /// Pushes until there is no room.
    fn push_until_refused(&mut self, process: &Process) -> Answer {
        loop {
            if let Err(answer) = self.push(process) {
                return answer;
            }
            assert!(self.pushes < 10_000, "the limit is never met");
        }
    }

    fn check(&self, process: &Process) {
        let query = "query($after: String) { configurationItems(first: 1000, after: $after) {
            nodes { name } pageInfo { hasNextPage endCursor } } }";
        let mut found = BTreeSet::new();
        let mut after = Value::Null;
        loop {
            let data = process.data(query, &json!({ "after": after }));
            let page = &data["configurationItems"];
            let nodes = page["nodes"].as_array().expect("a list").iter();
            found.extend(nodes.map(|node| node["name"].as_str().expect("a name").to_owned()));
            if page["pageInfo"]["hasNextPage"] != true {
                break;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
        let lost: Vec<&String> = self.names.difference(&found).collect();
        assert!(lost.is_empty(), "lost: {lost:?}");
    }
}

/// The code and message of a refused push.
fn refusal(answer: &Answer) -> (String, String) {
    let (code, message) = if answer.status == 200 {
        let error = answer.summary()["error"].clone();
        (error["code"].clone(), error["message"].clone())
    } else {
        let problem = answer.json();
        (problem["code"].clone(), problem["detail"].clone())
    };
    let text = |value: Value| value.as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned();
    (text(code), text(message))
}

const CREATE: &str = "mutation($name: String!) {
    createConfigurationItem(input: { type: \"application\", name: $name }) { changed } }";

/// All that is not a write answers as ever.
fn reads_go_on(process: &Process, load: &Load) {
    assert_eq!(process.get("/healthz").status, 200);
    load.check(process);
    let name = load.names.first().expect("something was acknowledged");
    let query = "query($ref: String!) { impact(failed: [{ ref: $ref }]) { complete } }";
    let data = process.data(query, &json!({ "ref": format!("application:{name}") }));
    assert_eq!(data["impact"]["complete"], true);
}

#[test]
fn a_full_disk_stops_writes_until_there_is_room() {
    let Some(disk) = Disk::new() else { return };
    let folder = disk.file("data");
    fs::write(disk.file("ballast"), vec![0; BALLAST_MIB << 20]).expect("there is room");
    let process = Process::start_with(&folder, &[("LINCHPIN_STORE_CHECKPOINT_INTERVAL_MS", "500")]);
    let mut load = Load::default();
    let (code, message) = refusal(&load.push_until_refused(&process));
    assert!(
        ["READ_ONLY", "OUTCOME_UNKNOWN"].contains(&code.as_str()),
        "{code}: {message}"
    );
    assert!(
        message.contains("No space left") || message.contains("full"),
        "{message}"
    );

    // What is left may do for a small write, so take it.
    disk.fill();
    let (code, message) = refusal(&load.push_until_refused(&process));
    assert!(
        ["READ_ONLY", "OUTCOME_UNKNOWN"].contains(&code.as_str()),
        "{code}: {message}"
    );
    let problem = process.wait_for("/readyz", 503).json();
    let detail = problem["detail"].as_str().expect("a detail");
    assert!(detail.contains("No space left") || detail.contains("full"), "{problem}");
    let revision = process.revision();
    let answer = process.graphql(CREATE, &json!({"name": "no room"}));
    let error = &answer["errors"][0];
    assert_eq!(error["extensions"]["code"], "READ_ONLY", "{answer}");
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|text| text.contains("takes no writes")),
        "{answer}"
    );
    assert!(
        error["extensions"]["remedy"]
            .as_str()
            .is_some_and(|text| text.contains("free")),
        "{answer}"
    );
    reads_go_on(&process, &load);
    assert_eq!(process.revision(), revision);

    fs::remove_file(disk.file("filler")).expect("it is there");
    fs::remove_file(disk.file("ballast")).expect("it is there");
    process.wait_for("/readyz", 200);
    load.push(&process).expect("there is room");
    assert_eq!(
        process.data(CREATE, &json!({"name": "room"}))["createConfigurationItem"]["changed"],
        true
    );
    reads_go_on(&process, &load);
    assert!(!process.log().contains("panicked"), "{}", process.log());
    assert!(process.stop().success());
    verify(&folder).expect("all is well");
    let process = Process::start(&folder);
    load.check(&process);
}

#[test]
fn a_server_killed_on_a_full_disk_opens_there_and_reads() {
    let Some(disk) = Disk::new() else { return };
    let folder = disk.file("data");
    fs::write(disk.file("ballast"), vec![0; BALLAST_MIB << 20]).expect("there is room");
    let mut process = Process::start(&folder);
    let mut load = Load::default();
    load.push_until_refused(&process);
    disk.fill();
    load.push_until_refused(&process);
    process.kill();
    let process = Process::start(&folder);
    load.check(&process);
    fs::remove_file(disk.file("filler")).expect("it is there");
    fs::remove_file(disk.file("ballast")).expect("it is there");
    process.wait_for("/readyz", 200);
    load.push(&process).expect("there is room");
    drop(process);
    verify(&folder).expect("all is well");
}

#[test]
fn a_limit_on_file_sizes_is_as_a_full_disk() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("data");
    let mut command = Command::new("bash");
    let program = linchpin();
    let script = format!("ulimit -S -f {FILE_KIB_MAX} && exec \"$0\" \"$@\"");
    command.arg("-c").arg(script).arg(program.get_program());
    let process = Process::try_start(isolated(command), &folder, &[]).expect("it starts");
    let mut load = Load::default();
    let (code, message) = refusal(&load.push_until_refused(&process));
    assert!(
        ["READ_ONLY", "OUTCOME_UNKNOWN"].contains(&code.as_str()),
        "{code}: {message}"
    );
    assert!(message.contains("File too large"), "{message}");
    reads_go_on(&process, &load);
    let raised = Command::new("prlimit")
        .args(["--pid", &process.pid(), "--fsize=unlimited:unlimited"])
        .status();
    if !raised.is_ok_and(|status| status.success()) {
        note("skipped the rest: there is no `prlimit` that may raise the limit");
        return;
    }
    process.wait_for("/readyz", 200);
    load.push(&process).expect("the limit is gone");
    load.check(&process);
    assert!(process.stop().success());
    verify(&folder).expect("all is well");
}
