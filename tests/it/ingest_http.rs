//! Pushes through a real server.

use std::io::Read;

use linchpin::config::Millis;
use linchpin::ingest::report::{Outcome, ReportLine, Summary};

use crate::http_server::{TestServer, status};
use crate::ingest_support::Database;

pub(crate) const NDJSON: &str = "application/x-ndjson";

/// The answer to a push.
pub(crate) struct Pushed {
    pub(crate) status: u16,
    pub(crate) lines: Vec<String>,
}

impl Pushed {
    pub(crate) fn progress(&self) -> usize {
        let progress = |line: &&String| line.starts_with("{\"progress\"");
        self.lines.iter().filter(progress).count()
    }

    pub(crate) fn summary(&self) -> Summary {
        match serde_json::from_str(self.lines.last().expect("a line")).expect("a report") {
            ReportLine::Summary(summary) => *summary,
            ReportLine::Item(_) | ReportLine::Progress(_) => panic!("a report ends with its summary"),
        }
    }
}

/// Sends all of a payload, and then reads the answer.
pub(crate) async fn push(server: &TestServer, path: &str, content_type: &'static str, body: String) -> Pushed {
    let url = format!("http://{}{path}", server.address);
    let sent = tokio::task::spawn_blocking(move || {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let response = agent.post(&url).header("content-type", content_type).send(body);
        let response = response.expect("an answer");
        let status = response.status().as_u16();
        let mut text = String::new();
        let mut answer = response.into_body().into_reader();
        answer.read_to_string(&mut text).expect("all of the answer");
        let lines = text.lines().map(str::to_owned).collect();
        Pushed { status, lines }
    });
    sent.await.expect("the push")
}

fn ci(key: &str) -> String {
    format!("{{\"ci\":{{\"key\":\"{key}\",\"type\":\"server\",\"name\":\"{key}\"}}}}\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_lands_and_says_so() {
    let database = Database::new();
    let server = TestServer::start_on(Some(database.cmdb.clone()), |_| {}).await;
    let pushed = push(
        &server,
        "/ingest?source=scan",
        NDJSON,
        ci("a") + "nonsense\n" + &ci("b"),
    )
    .await;
    assert_eq!(pushed.status, 200);
    let summary = pushed.summary();
    assert_eq!(
        (summary.of(Outcome::Created), summary.of(Outcome::Refused)),
        (2, 1),
        "{:?}",
        pushed.lines
    );
    assert!(pushed.lines[0].contains("MALFORMED_JSON"), "{:?}", pushed.lines);
    assert_eq!(database.cmdb.reader().snapshot().ci_count(), 2);
    let csv = push(&server, "/ingest?type=rack", "text/csv", "key,name\nr1,r1\n".to_owned()).await;
    assert_eq!(csv.summary().of(Outcome::Created), 1, "{:?}", csv.lines);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_that_cannot_begin_is_an_error_of_the_request() {
    let database = Database::new();
    let server = TestServer::start_on(Some(database.cmdb.clone()), |_| {}).await;
    for (path, content_type, status, code) in [
        ("/ingest?dryrun=true", NDJSON, 400, "BAD_USER_INPUT"),
        ("/ingest?source=No+Name", NDJSON, 400, "BAD_USER_INPUT"),
        ("/ingest", "text/plain", 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("/ingest", "text/csv", 400, "BAD_USER_INPUT"),
    ] {
        let pushed = push(&server, path, content_type, ci("a")).await;
        assert_eq!(pushed.status, status, "{path} {content_type}: {:?}", pushed.lines);
        assert!(
            pushed.lines.concat().contains(code),
            "{path} {content_type}: {:?}",
            pushed.lines
        );
    }
    assert_eq!(database.cmdb.reader().snapshot().ci_count(), 0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_of_many_problems_is_bounded_and_counts_the_rest() {
    let database = Database::new();
    let change = |config: &mut linchpin::config::Config| config.ingest.problems_max = 10;
    let server = TestServer::start_on(Some(database.cmdb.clone()), change).await;
    // Enough that neither side could hold all problems on the way.
    let body = "{\"ci\":{\"type\":\"server\",\"nmae\":\"x\"}}\n".repeat(50_000) + &ci("a");
    let pushed = push(&server, "/ingest", NDJSON, body).await;
    let summary = pushed.summary();
    assert_eq!((summary.of(Outcome::Refused), summary.items_left_out), (50_000, 49_990));
    assert_eq!(
        (summary.of(Outcome::Created), pushed.lines.len()),
        (1, 11 + pushed.progress())
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_of_a_hundred_megabytes_costs_one_error() {
    let database = Database::new();
    let server = TestServer::start_on(Some(database.cmdb.clone()), |_| {}).await;
    let body = ci("a") + &"x".repeat(100 << 20) + "\n" + &ci("b");
    let pushed = push(&server, "/ingest", NDJSON, body).await;
    assert!(pushed.lines.concat().contains("LINE_TOO_LONG"), "{:?}", pushed.lines);
    assert_eq!(pushed.summary().of(Outcome::Created), 2);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_committed_before_a_push_breaks_off_stays() {
    let database = Database::new();
    let server = TestServer::start_on(Some(database.cmdb.clone()), |config| {
        config.ingest.batch_items_max = 1;
        config.ingest.progress_timeout_ms = Millis(200);
    })
    .await;
    let head = "POST /ingest HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nContent-Length: 5000\r\n\r\n";
    let answer = server
        .exchange(format!("{head}{}{}{}", ci("a"), ci("b"), ci("c")).as_bytes())
        .await;
    assert_eq!(status(&answer), "200", "{answer}");
    assert!(
        answer.contains("\"complete\":false") && answer.contains("REQUEST_TIMEOUT"),
        "{answer}"
    );
    // The last record had not been followed by another, so its batch was still open.
    assert_eq!(database.cmdb.reader().snapshot().ci_count(), 2);
    server.stop().await;
}
