//! A server on a free port over a small schema, and a client that can be rude.
#![expect(clippy::unwrap_used, reason = "a helper of tests")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Object, Schema, Subscription};
use futures_util::Stream;
use linchpin::api::service::GraphQlService;
use linchpin::app::Cmdb;
use linchpin::config::{Config, Token};
use linchpin::http::{HttpState, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Longest any test waits for anything.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

struct Query;

#[Object]
impl Query {
    async fn echo(&self, text: String) -> String {
        text
    }
    async fn panics(&self) -> i32 {
        std::hint::black_box(None::<i32>).expect("on purpose")
    }
}

struct Mutation;

#[Object]
impl Mutation {
    async fn write(&self) -> bool {
        true
    }
}

struct Events;

#[Subscription]
impl Events {
    async fn count(&self, to: i32) -> impl Stream<Item = i32> {
        futures_util::stream::iter(1..=to)
    }
    async fn forever(&self) -> impl Stream<Item = i32> {
        futures_util::stream::pending()
    }
}

pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl TestServer {
    pub(crate) async fn start(change: impl FnOnce(&mut Config)) -> Self {
        Self::start_on(None, change).await
    }

    /// A server that pushes go through to a database.
    pub(crate) async fn start_on(cmdb: Option<Cmdb>, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        config.server.listen = "127.0.0.1:0".parse().unwrap();
        change(&mut config);
        let bound = Server::bind(&config.server).await.unwrap();
        let address = bound.local_addr();
        let schema = Schema::build(Query, Mutation, Events).disable_suggestions().finish();
        let graphql = GraphQlService::new(schema, &config.limits);
        let mut state = HttpState::new(graphql, Arc::new(config), None::<Token>);
        state.cmdb = cmdb;
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            bound.run(state, async { drop(stopped.await) }).await;
        });
        let stop = Some(stop);
        Self { address, stop, task }
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes on a connection of their own and returns everything that comes back.
    pub(crate) async fn exchange(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes).await.unwrap();
        read_all(&mut stream).await
    }

    /// A request that ends its connection; `headers` are whole lines.
    pub(crate) async fn ask(&self, method: &str, path: &str, headers: &[&str], body: &[u8]) -> String {
        let host = if headers.iter().any(|line| line.starts_with("Host:")) {
            ""
        } else {
            "Host: localhost\r\n"
        };
        let lines: String = headers.iter().flat_map(|line| [*line, "\r\n"]).collect();
        let length = body.len();
        let head =
            format!("{method} {path} HTTP/1.1\r\n{host}Connection: close\r\nContent-Length: {length}\r\n{lines}\r\n");
        self.exchange(&[head.as_bytes(), body].concat()).await
    }

    pub(crate) async fn graphql(&self, headers: &[&str], query: &str) -> String {
        let body = serde_json::json!({ "query": query }).to_string();
        let headers = [&["Content-Type: application/json"], headers].concat();
        self.ask("POST", "/graphql", &headers, body.as_bytes()).await
    }

    pub(crate) async fn stop(mut self) {
        let stop = self.stop.take().unwrap();
        stop.send(()).unwrap();
        timeout(DEADLINE, &mut self.task)
            .await
            .expect("the server stops")
            .unwrap();
    }
}

/// Reads until the server closes; fails when it does not.
pub(crate) async fn read_all(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = timeout(DEADLINE, stream.read_to_end(&mut bytes))
        .await
        .expect("the server closes");
    if let Err(error) = read {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The status of an answer.
pub(crate) fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("none")
}
