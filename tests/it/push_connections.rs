//! `linchpin push` through a network that loses answers, and connections of which the server learns nothing.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use serde_json::Value;

use crate::process::{Process, linchpin};

/// What the network loses next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loss {
    /// The answer to `completeSync`.
    Answer,
    /// The connection of a push, of which the server learns nothing.
    Push,
}

/// A network between a client and a server.
#[derive(Clone)]
struct Network {
    server: String,
    next: Arc<Mutex<Option<Loss>>>,
    /// What the server still believes in.
    held: Arc<Mutex<Vec<TcpStream>>>,
}

impl Network {
    /// Stands before a server; gives the address to speak to.
    fn before(server: &Process, loss: Loss) -> (Self, String) {
        let network = Self {
            server: server.client().url.trim_start_matches("http://").to_owned(),
            next: Arc::new(Mutex::new(Some(loss))),
            held: Arc::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let own = network.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let own = own.clone();
                std::thread::spawn(move || own.carry(client));
            }
        });
        (network, url)
    }

    fn carry(&self, mut client: TcpStream) {
        let Ok(mut server) = TcpStream::connect(&self.server) else {
            return;
        };
        let swallow = Arc::new(AtomicBool::new(false));
        let answers = (clone(&server), clone(&client), Arc::clone(&swallow));
        std::thread::spawn(move || carry_answers(answers));
        let mut sent = String::new();
        let mut buffer = [0; 16_384];
        while let Ok(read @ 1..) = client.read(&mut buffer) {
            sent.push_str(&String::from_utf8_lossy(&buffer[..read]));
            // The name of the operation: the document has all of them, not in quotes.
            if sent.contains("\"CompleteSync\"") && self.loses(Loss::Answer) {
                swallow.store(true, Ordering::SeqCst);
            }
            if sent.contains("POST /ingest") && sent.contains("\"ci\"") && self.loses(Loss::Push) {
                drop(server.write_all(&buffer[..read / 2]));
                self.held.lock().push(server);
                drop(client.shutdown(Shutdown::Both));
                return;
            }
            if server.write_all(&buffer[..read]).is_err() {
                return;
            }
        }
        drop(server.shutdown(Shutdown::Both));
    }

    /// Whether this is to be lost, and nothing was so far.
    fn loses(&self, loss: Loss) -> bool {
        let mut next = self.next.lock();
        let is_next = *next == Some(loss);
        if is_next {
            *next = None;
        }
        is_next
    }
}

fn clone(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("a socket")
}

fn carry_answers((mut server, mut client, swallow): (TcpStream, TcpStream, Arc<AtomicBool>)) {
    let mut buffer = [0; 16_384];
    while let Ok(read @ 1..) = server.read(&mut buffer) {
        if swallow.load(Ordering::SeqCst) || client.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    drop(client.shutdown(Shutdown::Both));
}

fn push(loss: Loss) -> (Output, Vec<String>) {
    let place = tempfile::tempdir().expect("a folder");
    let server = Process::start(&place.path().join("data"));
    let (network, url) = Network::before(&server, loss);
    let file = place.path().join("all.ndjson");
    let record = |number| {
        format!(
            "{{\"ci\":{{\"key\":\"k{number}\",\"type\":\"application\",\"name\":\"n{number}\",\"attributes\":{{\"number\":\"a-{number}\"}}}}}}\n"
        )
    };
    std::fs::write(&file, (0..3).map(record).collect::<String>()).expect("it is written");
    let output = linchpin()
        .args(["--url", &url, "--json", "push", "--source", "vcenter"])
        .arg(&file)
        .output()
        .expect("it runs");
    assert_eq!(*network.next.lock(), None, "it was lost");
    let data = server.data("{ runs(source: \"vcenter\") { state } }", &Value::Null);
    let runs = data["runs"].as_array().expect("a list");
    let states = runs
        .iter()
        .map(|run| run["state"].as_str().expect("a state").to_owned());
    (output, states.collect())
}

#[test]
fn a_push_whose_completion_was_not_heard_has_succeeded() {
    let (output, states) = push(Loss::Answer);
    assert!(output.status.success(), "{output:?}");
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(answer["repeated"], true, "{answer}");
    assert_eq!(answer["run"]["counts"]["created"], 3, "{answer}");
    assert_eq!(states, ["COMPLETED"]);
}

#[test]
fn a_push_that_the_server_still_waits_for_does_not_keep_its_repetition_from_completing() {
    let (output, states) = push(Loss::Push);
    assert!(output.status.success(), "{output:?}");
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(answer["repeated"], false, "{answer}");
    assert_eq!(answer["run"]["counts"]["stale"], 0, "{answer}");
    assert_eq!(states, ["COMPLETED", "ABANDONED"]);
}
