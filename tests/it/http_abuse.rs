//! Clients that do not begin, do not finish, send too much or come too many.

use linchpin::config::{Config, Millis};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use crate::http_server::{DEADLINE, TestServer, read_all, status};

fn impatient(config: &mut Config) {
    config.server.header_timeout_ms = Millis(200);
    config.server.body_timeout_ms = Millis(200);
    config.server.idle_timeout_ms = Millis(200);
    config.ingest.progress_timeout_ms = Millis(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_begin_or_finish_is_closed() {
    let server = TestServer::start(impatient).await;
    let silent: [&[u8]; 4] = [
        b"",
        b"GET / HT",
        b"PRI * HTTP/2.0\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
    ];
    for bytes in silent {
        let mut stream = server.connect().await;
        stream.write_all(bytes).await.unwrap();
        read_all(&mut stream).await;
    }
    let head = "Host: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"query\"";
    let answer = server
        .exchange(format!("POST /graphql HTTP/1.1\r\n{head}").as_bytes())
        .await;
    assert!(
        status(&answer) == "408" && answer.contains("REQUEST_TIMEOUT"),
        "{answer}"
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_slow_clients_leave_room_for_others() {
    let server = TestServer::start(impatient).await;
    let mut slow = Vec::new();
    for index in 0..500 {
        let mut stream = server.connect().await;
        let part: &[u8] = if index % 2 == 0 {
            b"GET / HTTP/1.1\r\nHost: loc"
        } else {
            b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
        };
        stream.write_all(part).await.unwrap();
        slow.push(stream);
    }
    let answer = server.ask("GET", "/healthz", &[], b"").await;
    assert_eq!(status(&answer), "200");
    for stream in &mut slow {
        read_all(stream).await;
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_beyond_the_cap_are_told_so() {
    let server = TestServer::start(|config| config.server.connections_per_address_max = 2).await;
    let first = server.connect().await;
    let second = server.connect().await;
    let answer = server.exchange(b"").await;
    assert!(
        status(&answer) == "429" && answer.contains("TOO_MANY_REQUESTS"),
        "{answer}"
    );
    drop((first, second));
    let asked = timeout(DEADLINE, async {
        while status(
            &server
                .exchange(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                .await,
        ) != "200"
        {
            tokio::task::yield_now().await;
        }
    });
    asked.await.expect("places are free again");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_are_refused_before_and_after_decompression() {
    let server = TestServer::start(|_| {}).await;
    let large = format!("{{\"query\":\"{}\"}}", " ".repeat(2 << 20));
    let answer = server
        .ask(
            "POST",
            "/graphql",
            &["Content-Type: application/json"],
            large.as_bytes(),
        )
        .await;
    assert!(status(&answer) == "413" || answer.is_empty(), "{answer}");
    let headers = &["Content-Type: application/json", "Content-Encoding: gzip"];
    let answer = server.ask("POST", "/graphql", headers, &gzip_of_spaces(64)).await;
    assert!(
        status(&answer) == "413" && answer.contains("BODY_TOO_LARGE"),
        "{answer}"
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_document_is_refused_over_http() {
    let server = TestServer::start(|_| {}).await;
    let fragment = |i| format!("fragment f{i} on Query {{ ...f{0} ...f{0} }} ", i + 1);
    let fragments = (0..24).map(fragment).collect::<Vec<_>>().concat();
    let query = format!("{{ ...f0 }} {fragments} fragment f24 on Query {{ __typename }}");
    let answer = server
        .graphql(&["Accept: application/graphql-response+json"], &query)
        .await;
    assert!(
        status(&answer) == "400" && answer.contains("LIMIT_EXCEEDED"),
        "{answer}"
    );
    let batch = server
        .ask(
            "POST",
            "/graphql",
            &["Content-Type: application/json"],
            b"[{\"query\":\"{__typename}\"}]",
        )
        .await;
    assert_eq!(status(&batch), "400", "{batch}");
    server.stop().await;
}

/// A gzip stream of mebibytes of spaces, from stored blocks of a fixed deflate run: one literal and
/// long matches, written by hand so that no compressor is needed.
pub(crate) fn gzip_of_spaces(mebibytes: usize) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let (mut bits, mut count) = (0_u64, 0);
    let mut push = |out: &mut Vec<u8>, value: u64, length: u32, reversed: bool| {
        let value = if reversed {
            value.reverse_bits() >> (64 - length)
        } else {
            value
        };
        bits |= value << count;
        count += length;
        while count >= 8 {
            out.push(bits.to_le_bytes()[0]);
            bits >>= 8;
            count -= 8;
        }
    };
    push(&mut out, 1, 1, false);
    push(&mut out, 1, 2, false);
    push(&mut out, 0x30 + u64::from(b' '), 8, true);
    // Length 258 is code 285, distance 1 is code 0.
    for _ in 0..mebibytes * (1 << 20) / 258 {
        push(&mut out, 0b1100_0101, 8, true);
        push(&mut out, 0, 5, true);
    }
    push(&mut out, 0, 7, true);
    push(&mut out, 0, 8, false);
    out.extend([0; 8]);
    out
}
