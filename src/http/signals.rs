//! When to stop.

use tokio::signal;

/// Hears what asks the process to stop: SIGTERM from a supervisor, SIGINT from a terminal.
#[derive(Debug)]
pub struct StopSignals {
    #[cfg(unix)]
    terminate: signal::unix::Signal,
    #[cfg(unix)]
    interrupt: signal::unix::Signal,
}

impl StopSignals {
    /// Listens from now on. Until then such a signal kills the process, so this comes before anybody
    /// is told that the server is there. Must be called on a runtime.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            terminate: signal::unix::signal(signal::unix::SignalKind::terminate())?,
            #[cfg(unix)]
            interrupt: signal::unix::signal(signal::unix::SignalKind::interrupt())?,
        })
    }

    /// Completes when the process is asked to stop, or cannot learn of it any more. To be passed to
    /// [`super::BoundServer::run`].
    pub async fn stop_requested(mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(not(unix))]
        if let Err(error) = signal::ctrl_c().await {
            tracing::warn!(%error, "signals cannot be heard; the server stops");
        }
    }
}
