//! The accept loop. `axum::serve` has no timeouts and no caps; this one closes whoever does not
//! begin, does not finish, does not read or does not ask.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::connection::{Connections, Place, Refusal};
use super::router;
use super::state::HttpState;
use super::timed_io::TimedIo;
use crate::app::ErrorCode;
use crate::config::{ConfigError, ServerConfig, Token};

/// Wait after the machine refused a connection, most often for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Bytes of the headers of a request.
const HEADER_BYTES_MAX: usize = 64 << 10;
/// Headers of a request.
const HEADERS_MAX: usize = 100;
/// Requests at once on a connection of HTTP/2.
const STREAMS_MAX: u32 = 100;

/// The server cannot start or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The configuration is wrong.
    #[error(transparent)]
    Configuration(#[from] ConfigError),
    /// Strangers could write.
    #[error(
        "`server.listen` is {address}, which others can reach, and no token is configured; set `server.token_file` (--token-file), or listen on 127.0.0.1"
    )]
    TokenRequired {
        /// The address as configured.
        address: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}; is another process listening there? choose another address with --listen")]
    Listen {
        /// The address as configured.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl ServerError {
    /// The code clients see.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Configuration(_) | Self::TokenRequired { .. } | Self::Listen { .. } => {
                ErrorCode::InvalidConfiguration
            }
        }
    }
}

/// Where a server starts.
#[derive(Debug)]
pub struct Server;

/// A server that has its address and its token, and does not answer yet.
#[derive(Debug)]
pub struct BoundServer {
    listener: TcpListener,
    address: SocketAddr,
    token: Option<Token>,
}

impl Server {
    /// Reads the token and takes the address.
    pub async fn bind(config: &ServerConfig) -> Result<BoundServer, ServerError> {
        let token = config.token_file.0.as_deref().map(Token::read).transpose()?;
        let address = config.listen;
        if token.is_none() && !address.ip().is_loopback() {
            return Err(ServerError::TokenRequired { address });
        }
        let failed = |source| ServerError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(BoundServer {
            listener,
            address,
            token,
        })
    }
}

impl BoundServer {
    /// The address, with the port that port 0 became.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The token of the token file.
    pub fn token(&self) -> Option<Token> {
        self.token.clone()
    }

    /// Answers until `shutdown` completes; then takes no new connection, lets running requests end
    /// until the configured deadline, and cuts off what is left.
    pub async fn run(self, mut state: HttpState, shutdown: impl Future<Output = ()>) {
        state.token = self.token.map(Arc::new);
        let config = Arc::clone(&state.config);
        let router = router::router(&state);
        let gauge = state.metrics.connections.clone();
        let server = &config.server;
        let connections = Connections::new(server.connections_max, server.connections_per_address_max, gauge);
        let (tasks, cut) = (TaskTracker::new(), CancellationToken::new());
        tokio::pin!(shutdown);
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = &mut shutdown => break,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            match connections.admit(canonical(peer.ip())) {
                Ok(place) => {
                    let serve = serve(stream, place, router.clone(), state.clone());
                    let cut = cut.clone();
                    tasks.spawn(async move {
                        tokio::select! { () = serve => {}, () = cut.cancelled() => {} }
                    });
                }
                Err(refusal) => {
                    state.metrics.connections_refused.inc();
                    refuse(&stream, refusal);
                }
            }
        }
        drop(self.listener);
        state.stopping.cancel();
        tasks.close();
        if timeout(server.shutdown_timeout_ms.duration(), tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                connections = tasks.len(),
                "cutting off requests that did not end in time"
            );
            cut.cancel();
            tasks.wait().await;
        }
    }
}

/// An IPv4 client on an IPv6 socket is the same address as on an IPv4 socket.
fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// One try to say why: waiting for the client to read would be what the cap is there to prevent.
fn refuse(stream: &TcpStream, refusal: Refusal) {
    let (status, detail) = match refusal {
        Refusal::Total => ("503 Service Unavailable", "the server has all the connections it takes"),
        Refusal::PerAddress => (
            "429 Too Many Requests",
            "this address has all the connections it may have",
        ),
    };
    let code = ErrorCode::TooManyRequests;
    let body = format!(
        "{{\"code\":\"{code}\",\"title\":\"{}\",\"detail\":\"{detail}\"}}",
        code.remedy()
    );
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/problem+json\r\ncontent-length: {length}\r\nretry-after: 5\r\nconnection: close\r\n\r\n"
    );
    if let Err(error) = stream.try_write(format!("{head}{body}").as_bytes()) {
        tracing::debug!(%error, "a refused connection could not be told");
    }
}

fn builder(config: &ServerConfig) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(config.header_timeout_ms.duration())
        .max_buf_size(HEADER_BYTES_MAX)
        .max_headers(HEADERS_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(config.idle_timeout_ms.duration())
        .keep_alive_timeout(config.header_timeout_ms.duration())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(u32::try_from(HEADER_BYTES_MAX).expect("64 KiB fit"));
    builder
}

async fn serve(stream: TcpStream, place: Arc<Place>, router: Router, state: HttpState) {
    let config = Arc::clone(&state.config);
    let config = &config.server;
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot switch off delayed sending");
    }
    let io = TimedIo::new(
        stream,
        config.header_timeout_ms.duration(),
        config.write_timeout_ms.duration(),
    );
    let requests = Arc::clone(&place);
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let (router, place) = (router.clone(), Arc::clone(&requests));
        let running = place.begin();
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(place);
            let response = router.oneshot(request).await?;
            // The request runs until the last byte of its answer.
            Ok::<_, std::convert::Infallible>(response.map(move |body| {
                Body::new(body.map_err(move |error| {
                    let _still_running = &running;
                    error
                }))
            }))
        }
    });
    let builder = builder(config);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(io), service);
    tokio::pin!(connection);
    let idle_max = config.idle_timeout_ms.duration();
    let mut stopping = false;
    loop {
        let idle = place.idle_since().map_or(Duration::ZERO, |since| since.elapsed());
        if idle >= idle_max + config.header_timeout_ms.duration() {
            return;
        }
        tokio::select! {
            outcome = connection.as_mut() => {
                if let Err(error) = outcome {
                    tracing::debug!(error, "a connection ended badly");
                }
                return;
            }
            () = state.stopping.cancelled(), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            () = sleep(idle_max.saturating_sub(idle).max(config.header_timeout_ms.duration())) => {
                if place.idle_since().is_some_and(|since| since.elapsed() >= idle_max) {
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }
}
