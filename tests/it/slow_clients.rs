//! Five hundred clients that send headers and bodies a byte at a time.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::process::Process;

const CLIENTS: usize = 500;

/// Longest time until all are closed, on a machine that is busy.
const CLOSED_AFTER: Duration = Duration::from_secs(30);

const SETTINGS: &[(&str, &str)] = &[
    ("LINCHPIN_SERVER_HEADER_TIMEOUT_MS", "1000"),
    ("LINCHPIN_SERVER_BODY_TIMEOUT_MS", "1000"),
    ("LINCHPIN_INGEST_PROGRESS_TIMEOUT_MS", "1000"),
    ("LINCHPIN_INGEST_RATE_BYTES_PER_SECOND_MIN", "100000"),
];

#[test]
fn slow_headers_and_bodies_are_closed_while_others_are_served() {
    let place = tempfile::tempdir().expect("a folder");
    let process = Process::start_with(&place.path().join("data"), SETTINGS);
    let address = process.url.trim_start_matches("http://").to_owned();
    let starts: [&[u8]; 3] = [
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n{",
        b"POST /ingest HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nContent-Length: 9999\r\n\r\n",
    ];
    let mut open: Vec<TcpStream> = Vec::new();
    for client in 0..CLIENTS {
        let mut stream = TcpStream::connect(&address).expect("a connection");
        stream
            .write_all(starts[client % starts.len()])
            .expect("room for a start");
        stream.set_nonblocking(true).expect("a socket");
        open.push(stream);
    }
    let begun = Instant::now();
    while !open.is_empty() {
        assert!(begun.elapsed() < CLOSED_AFTER, "{} are still open", open.len());
        // The question between two bytes is what makes them slow.
        assert_eq!(process.get("/healthz").status, 200);
        process.data("{ estate { revision } }", &Value::Null);
        open.retain_mut(still_open);
    }
    let record = "{\"ci\":{\"key\":\"k\",\"type\":\"application\",\"name\":\"n\"}}";
    assert_eq!(process.ingest("", record).summary()["complete"], true);
    assert!(!process.log().contains("panicked"), "{}", process.log());
}

/// Sends one more byte, unless the server has closed.
fn still_open(stream: &mut TcpStream) -> bool {
    if stream
        .write(b" ")
        .is_err_and(|error| error.kind() != ErrorKind::WouldBlock)
    {
        return false;
    }
    let mut answer = [0; 4096];
    loop {
        match stream.read(&mut answer) {
            Ok(0) => return false,
            Ok(_) => {}
            Err(error) => return error.kind() == ErrorKind::WouldBlock,
        }
    }
}
