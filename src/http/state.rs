//! What every handler may reach.

use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::metrics::Metrics;
use crate::api::service::GraphQlService;
use crate::app::Cmdb;
use crate::clock::{Clock, IdGenerator};
use crate::config::{Config, Token};

/// Whether the service can answer, and if not, why.
pub type Readiness = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// The state of the server, shared by all requests.
#[derive(Clone)]
pub struct HttpState {
    /// The GraphQL schema.
    pub graphql: GraphQlService,
    /// The configuration.
    pub config: Arc<Config>,
    /// The admin token, when one is configured.
    pub token: Option<Arc<Token>>,
    /// The database that pushes go to; none: pushes are refused.
    pub cmdb: Option<Cmdb>,
    /// What `/readyz` asks.
    pub readiness: Readiness,
    /// What `/metrics` prints.
    pub metrics: Metrics,
    /// The clock that request ids are made with.
    pub clock: Clock,
    /// Cancelled when the server stops: streams and sockets end.
    pub(super) stopping: CancellationToken,
    ids: Arc<Mutex<IdGenerator>>,
}

impl HttpState {
    /// A state that is always ready; set the other fields as needed.
    pub fn new(graphql: GraphQlService, config: Arc<Config>, token: Option<Token>) -> Self {
        Self {
            graphql,
            config,
            token: token.map(Arc::new),
            cmdb: None,
            readiness: Arc::new(|| Ok(())),
            metrics: Metrics::new(),
            clock: Clock::System,
            stopping: CancellationToken::new(),
            ids: Arc::new(Mutex::new(IdGenerator::new())),
        }
    }

    /// A fresh id for a request.
    pub(super) fn request_id(&self) -> Arc<str> {
        let id = self.ids.lock().ci(self.clock.now());
        id.as_uuid().simple().to_string().into()
    }
}

impl fmt::Debug for HttpState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpState")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
