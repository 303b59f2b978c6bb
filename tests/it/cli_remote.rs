//! The command line against a server, and the server it starts.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::process::{Process, linchpin, run_on};

const SHOP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/shop/shop.ndjson");

fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code")
}

fn ask(url: &str, arguments: &[&str]) -> Output {
    linchpin()
        .args(["--url", url])
        .args(arguments)
        .output()
        .expect("it is there")
}

#[test]
fn every_command_answers_from_a_server_as_from_its_store() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("data");
    let server = Process::start(&store);
    let url = server.client().url.clone();
    let imported = ask(&url, &["import", SHOP]);
    assert_eq!(code(&imported), 0, "{imported:?}");
    let questions: [&[&str]; 5] = [
        &["impact", "physical_server:host-01"],
        &["impact", "switch:sw-01", "--fail-on", "tier1-down", "--json"],
        &["ci", "show", "business_service:shop"],
        &["ci", "list", "--type", "hardware"],
        &["path", "business_service:shop", "switch:sw-01"],
    ];
    let remote: Vec<Output> = questions.iter().map(|question| ask(&url, question)).collect();
    let held = run_on(&store, &["ci", "list"]);
    assert_eq!(code(&held), 5, "a server holds the store: {held:?}");
    assert!(server.stop().success());
    for (question, remote) in questions.iter().zip(remote) {
        assert_eq!(run_on(&store, question), remote, "{question:?}");
    }
}

#[test]
#[cfg(unix)]
fn whoever_reads_no_further_gets_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("data");
    assert_eq!(code(&run_on(&store, &["import", SHOP])), 0);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let listed = linchpin()
        .arg("--data")
        .arg(&store)
        .args(["ci", "list"])
        .stdout(writer)
        .output()
        .unwrap();
    assert_eq!(code(&listed), 0, "{listed:?}");
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    if let Ok(full) = full {
        let listed = linchpin()
            .arg("--data")
            .arg(&store)
            .args(["ci", "list"])
            .stdout(full)
            .output()
            .unwrap();
        assert_eq!(code(&listed), 2, "{listed:?}");
    }
}

#[test]
fn a_token_is_needed_shown_and_never_printed() {
    const TOKEN: &str = "0123456789abcdef0123456789abcdef";
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, format!("{TOKEN}\n")).unwrap();
    let token = token.to_str().unwrap();
    let server = Process::start_with(&folder.path().join("data"), &[("LINCHPIN_TOKEN_FILE", token)]);
    let url = server.client().url.clone();
    for arguments in [&["ci", "list"][..], &["import", SHOP], &["export"]] {
        let refused = ask(&url, arguments);
        assert_eq!(code(&refused), 7, "{refused:?}");
        assert!(
            String::from_utf8_lossy(&refused.stderr).contains("UNAUTHENTICATED"),
            "{refused:?}"
        );
    }
    for arguments in [&["import", SHOP][..], &["ci", "list"], &["export"]] {
        let answered = ask(&url, &[&["--token-file", token], arguments].concat());
        assert_eq!(code(&answered), 0, "{answered:?}");
        assert!(!format!("{answered:?}").contains(TOKEN));
    }
    let config = linchpin().args(["--token-file", token, "config"]).output().unwrap();
    assert!(!String::from_utf8_lossy(&config.stdout).contains(TOKEN));
}

#[test]
fn a_server_that_is_not_there_is_told_apart_from_one_that_refuses() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = format!("http://127.0.0.1:{port}");
    for arguments in [&["ci", "list"][..], &["import", SHOP], &["export"]] {
        let answer = ask(&url, arguments);
        assert_eq!(code(&answer), 6, "{answer:?}");
        assert!(
            String::from_utf8_lossy(&answer.stderr).contains("SERVER_UNREACHABLE"),
            "{answer:?}"
        );
    }
}

/// The demo as a new user starts it: no folder is named.
struct Demo {
    child: Child,
    told: Vec<String>,
}

impl Demo {
    fn start(folder: &Path) -> Self {
        let mut child = linchpin()
            .args(["serve", "--demo", "--listen", "127.0.0.1:0"])
            .current_dir(folder)
            .env("LINCHPIN_LOG_FILTER", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .expect("it is there");
        let lines = BufReader::new(child.stdout.take().expect("it is there"))
            .lines()
            .map_while(Result::ok);
        let mut told = Vec::new();
        for line in lines {
            told.push(line);
            if told.last().expect("it is there").contains(" impact ") {
                break;
            }
        }
        Self { child, told }
    }

    fn url(&self) -> String {
        let url = self.told[0].split_whitespace().last().expect("it is there");
        url.trim_end_matches('/').to_owned()
    }

    fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .expect("it is there")
                .success()
        );
        assert!(self.child.wait().expect("it is there").success());
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It may have ended.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn the_demo_says_what_to_ask_and_answers_it() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(folder.path());
    let told = demo.told.join("\n");
    for part in [
        "/graphiql",
        "/graphql",
        "/ingest",
        "loaded the example estate into ./linchpin-data",
    ] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    let command: Vec<&str> = demo.told.last().unwrap().split_whitespace().collect();
    let answer = linchpin().args(&command[1..]).output().unwrap();
    assert_eq!(code(&answer), 0, "{answer:?}");
    assert!(String::from_utf8_lossy(&answer.stdout).contains("3 DOWN"), "{answer:?}");
    let readme = include_str!("../../README.md");
    assert!(
        readme.contains(String::from_utf8_lossy(&answer.stdout).trim_end()),
        "the README's answer"
    );
    every_example_is_answered(&demo.url());
    every_example_of_the_manual_works(&demo.url());
    demo.stop();

    let again = Demo::start(folder.path());
    assert!(again.told.join("\n").contains("is kept as it is"), "{:?}", again.told);
    let figures = ureq::get(format!("{}/metrics", again.url()))
        .call()
        .unwrap()
        .body_mut()
        .read_to_string()
        .unwrap();
    for figure in [
        "revision",
        "checkpoint_revision",
        "configuration_items",
        "relationships",
        "write_queue_depth",
    ] {
        assert!(
            figures.contains(&format!("\nlinchpin_{figure} ")),
            "{figure} is not in {figures}"
        );
    }
    assert!(figures.contains("\nlinchpin_writable 1\n"), "{figures}");
    again.stop();
    let store = folder.path().join("linchpin-data");
    let verified = run_on(&store, &["verify"]);
    assert_eq!(code(&verified), 0, "{verified:?}");
}

/// Questions of the manual are asked as they stand there.
fn every_example_of_the_manual_works(url: &str) {
    let mut asked = 0;
    let commands = [
        &["impact"][..],
        &["dependencies"],
        &["spof"],
        &["cut-sets"],
        &["cfia"],
        &["cause"],
        &["lints"],
        &["ci", "show"],
        &["ci", "list"],
        &["path"],
    ];
    for command in commands {
        let help = linchpin().args(command).arg("--help").output().expect("it is there");
        let help = String::from_utf8(help.stdout).expect("UTF-8");
        for example in help.lines().filter_map(|line| line.strip_prefix("  linchpin ")) {
            let words = example.split_whitespace();
            let arguments: Vec<&str> = words.take_while(|word| *word != ">").collect();
            let answer = ask(url, &arguments);
            // 1: `lints` found something; 10: a condition of `--fail-on` is met.
            assert!(matches!(code(&answer), 0 | 1 | 10), "{example}: {answer:?}");
            asked += 1;
        }
    }
    assert!(asked >= 20, "{asked} examples");
}

/// The examples of the explorer are what a new user sees first: each says something of the demo.
fn every_example_is_answered(url: &str) {
    let examples: Vec<Value> =
        serde_json::from_str(include_str!("../../src/ui/assets/examples.json")).expect("it is there");
    for example in &examples {
        let mut response = ureq::post(format!("{url}/graphql"))
            .send_json(example)
            .expect("it is there");
        let answer: Value = response.body_mut().read_json().expect("it is there");
        assert!(answer.get("errors").is_none(), "{}: {answer:#}", example["title"]);
        let data = answer["data"].as_object().expect("it is there");
        for (field, value) in data {
            let empty = value.is_null() || value["totalCount"] == 0 || value["nodes"] == Value::Array(Vec::new());
            assert!(!empty, "{}: `{field}` is empty", example["title"]);
        }
    }
}
