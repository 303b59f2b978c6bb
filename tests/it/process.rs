//! The real program, serving a folder on a free port, and a client of it.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::{Value, json};
use ureq::{Agent, SendBody};

/// Longest any test waits for the program to do one thing.
const DEADLINE: Duration = Duration::from_mins(1);

/// Longest answer that is read.
const ANSWER_BYTES_MAX: u64 = 256 << 20;

/// The program, without what the environment of the tests would tell it.
pub(crate) fn linchpin() -> Command {
    isolated(Command::new(env!("CARGO_BIN_EXE_linchpin")))
}

/// Keeps the settings of whoever runs the tests from a program.
pub(crate) fn isolated(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LINCHPIN_") {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a command of the program on a store to its end.
pub(crate) fn run_on<S: AsRef<OsStr>>(folder: &Path, arguments: &[S]) -> Output {
    linchpin()
        .current_dir(folder.parent().expect("a folder in a folder"))
        .arg("--data")
        .arg(folder)
        .args(arguments)
        .output()
        .expect("the program runs")
}

/// What `linchpin verify` says, if it is not that all is well.
pub(crate) fn verify(folder: &Path) -> Result<(), String> {
    let output = run_on(folder, &["verify"]);
    if output.status.success() {
        return Ok(());
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Err(format!(
        "{}: {}{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    ))
}

/// A number that the environment may set, for longer runs than the usual one.
pub(crate) fn setting(name: &str) -> Option<usize> {
    std::env::var_os(name)?.to_str()?.parse().ok()
}

/// Says something that a passing test would keep to itself.
#[expect(clippy::print_stderr, reason = "figures, and that a test skips")]
pub(crate) fn note(text: &str) {
    eprintln!("{text}");
}

/// A running server.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    client: Client,
    log: Arc<Mutex<String>>,
    /// From the start of the program to its first line.
    pub(crate) opened_after: Duration,
}

/// How a server that did not start ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) log: String,
}

impl Process {
    /// Serves a folder.
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[])
    }

    /// Serves a folder with settings, each the name of a variable and its value.
    pub(crate) fn start_with(folder: &Path, settings: &[(&str, &str)]) -> Self {
        Self::try_start(linchpin(), folder, settings).unwrap_or_else(|ended| panic!("no start: {ended:?}"))
    }

    /// Serves a folder by a command that becomes the program.
    pub(crate) fn try_start(mut command: Command, folder: &Path, settings: &[(&str, &str)]) -> Result<Self, Ended> {
        let begun = Instant::now();
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder)
            .current_dir(folder.parent().expect("a folder in a folder"))
            .env("LINCHPIN_LOG_FILTER", "warn")
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let log = Arc::new(Mutex::new(String::new()));
        let logged = collect(child.stderr.take().expect("a pipe"), Arc::clone(&log));
        let lines = lines(child.stdout.take().expect("a pipe"));
        if let Ok(line) = lines.recv_timeout(DEADLINE) {
            let url = line.split_whitespace().last().expect("an address");
            return Ok(Self {
                child,
                client: Client::new(url.trim_end_matches('/')),
                log,
                opened_after: begun.elapsed(),
            });
        }
        drop(child.kill());
        let status = child.wait().expect("an end");
        // Its end of the pipe is closed, so all it said is read.
        let _ended = logged.recv();
        let log = log.lock().clone();
        Err(Ended {
            code: status.code(),
            log,
        })
    }

    /// A client; each has connections of its own.
    pub(crate) fn client(&self) -> Client {
        Client::new(&self.client.url)
    }

    /// Its number among the processes.
    pub(crate) fn pid(&self) -> String {
        self.child.id().to_string()
    }

    /// What it logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().clone()
    }

    /// The most memory it ever had, in KiB, where the system tells.
    pub(crate) fn most_resident_kib(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.split_whitespace().next()?.parse().ok()
    }

    /// Ends it with no chance to tidy up.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("an end");
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn stop(mut self) -> ExitStatus {
        let asked = Command::new("kill").args(["-TERM", &self.pid()]).status();
        assert!(asked.expect("`kill` runs").success());
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status;
            }
            assert!(Instant::now() < deadline, "it does not end: {}", self.log());
            std::thread::yield_now();
        }
    }
}

impl std::ops::Deref for Process {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn lines(stdout: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            // Read on although only the first is wanted, so that the program can write.
            drop(sender.send(line));
        }
    });
    receiver
}

/// Gathers what a pipe says; the receiver ends with it.
fn collect(pipe: impl Read + Send + 'static, log: Arc<Mutex<String>>) -> Receiver<()> {
    let (ended, end) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let mut log = log.lock();
            log.push_str(&line);
            log.push('\n');
        }
        drop(ended);
    });
    end
}

/// Speaks to a server.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    agent: Agent,
    pub(crate) url: String,
}

/// The events of a subscription.
#[derive(Debug)]
pub(crate) struct Events(Receiver<Value>);

impl Events {
    /// The next event; `None` at the end.
    pub(crate) fn next(&self) -> Option<Value> {
        match self.0.recv_timeout(DEADLINE) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("no event in {DEADLINE:?}"),
        }
    }
}

/// An answer: its status and its body.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The lines of a report of ingest.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let line = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        self.body.lines().map(line).collect()
    }

    /// The summary of a report of ingest; null where the push was refused as a whole.
    pub(crate) fn summary(&self) -> Value {
        self.lines().last().map_or(Value::Null, |line| line["summary"].clone())
    }
}

impl Client {
    fn new(url: &str) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_mins(10)))
            .build();
        Self {
            agent: config.into(),
            url: url.to_owned(),
        }
    }

    /// Asks with GraphQL. The error is that of a server that is gone.
    pub(crate) fn try_graphql(&self, query: &str, variables: &Value) -> Result<Answer, ureq::Error> {
        let request = self.agent.post(format!("{}/graphql", self.url));
        let mut response = request.send_json(json!({ "query": query, "variables": variables }))?;
        read(&mut response)
    }

    /// Asks with GraphQL and gives the whole answer, errors included.
    pub(crate) fn graphql(&self, query: &str, variables: &Value) -> Value {
        self.try_graphql(query, variables).expect("an answer").json()
    }

    /// The `data` of an answer without errors.
    pub(crate) fn data(&self, query: &str, variables: &Value) -> Value {
        let mut answer = self.graphql(query, variables);
        assert!(answer.get("errors").is_none(), "{answer}");
        answer["data"].take()
    }

    /// Subscribes with GraphQL by server-sent events.
    pub(crate) fn subscribe(&self, query: &str, variables: &Value) -> Events {
        let request = self.agent.post(format!("{}/graphql", self.url));
        let request = request.header("accept", "text/event-stream");
        let response = request.send_json(json!({ "query": query, "variables": variables }));
        let reader = BufReader::new(response.expect("an answer").into_body().into_reader());
        let (sender, events) = channel();
        std::thread::spawn(move || {
            for line in reader.lines().map_while(Result::ok) {
                let event = line.strip_prefix("data: ").map(serde_json::from_str);
                let gone = match event {
                    Some(event) => sender.send(event.expect("JSON")).is_err(),
                    None => line == "event: complete",
                };
                if gone {
                    break;
                }
            }
        });
        Events(events)
    }

    /// Pushes a payload; `parameters` begin with `?`, or are empty.
    pub(crate) fn try_ingest(&self, parameters: &str, payload: &mut dyn Read) -> Result<Answer, ureq::Error> {
        let request = self.agent.post(format!("{}/ingest{parameters}", self.url));
        let request = request.header("content-type", "application/x-ndjson");
        let mut payload = payload;
        let mut response = request.send(SendBody::from_reader(&mut payload))?;
        read(&mut response)
    }

    /// Pushes a payload of records.
    pub(crate) fn ingest(&self, parameters: &str, payload: &str) -> Answer {
        self.try_ingest(parameters, &mut payload.as_bytes()).expect("an answer")
    }

    /// Posts a JSON document.
    pub(crate) fn post(&self, path: &str, body: &str) -> Answer {
        let request = self.agent.post(format!("{}{path}", self.url));
        let request = request.header("content-type", "application/json");
        let mut response = request.send(body).expect("an answer");
        read(&mut response).expect("a body")
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        let mut response = self.agent.get(format!("{}{path}", self.url)).call().expect("an answer");
        read(&mut response).expect("a body")
    }

    /// The number of the last commit.
    pub(crate) fn revision(&self) -> u64 {
        let data = self.data("{ estate { revision } }", &Value::Null);
        data["estate"]["revision"].as_u64().expect("a number")
    }

    /// Asks until the answer is the one wanted.
    pub(crate) fn wait_for(&self, path: &str, status: u16) -> Answer {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let answer = self.get(path);
            if answer.status == status {
                return answer;
            }
            assert!(Instant::now() < deadline, "{path} stays {answer:?}");
            std::thread::yield_now();
        }
    }
}

fn read(response: &mut ureq::http::Response<ureq::Body>) -> Result<Answer, ureq::Error> {
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX);
    Ok(Answer {
        status,
        body: body.read_to_string()?,
    })
}

/// A payload that is made while it is read.
pub(crate) struct Made<I> {
    pieces: I,
    piece: Vec<u8>,
    at: usize,
}

pub(crate) fn made<I: Iterator<Item = Vec<u8>>>(pieces: I) -> Made<I> {
    Made {
        pieces,
        piece: Vec::new(),
        at: 0,
    }
}

impl<I: Iterator<Item = Vec<u8>>> Read for Made<I> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        while self.at == self.piece.len() {
            let Some(piece) = self.pieces.next() else { return Ok(0) };
            (self.piece, self.at) = (piece, 0);
        }
        let length = into.len().min(self.piece.len() - self.at);
        into[..length].copy_from_slice(&self.piece[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

/// A record of an application.
pub(crate) fn application(number: usize) -> Vec<u8> {
    format!("{{\"ci\":{{\"key\":\"k{number}\",\"type\":\"application\",\"name\":\"n{number}\"}}}}\n").into_bytes()
}
