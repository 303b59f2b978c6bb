//! When to stop.

use tokio::signal;

/// Completes when the process is asked to stop: SIGTERM from a supervisor, SIGINT from a terminal.
/// To be passed to [`super::BoundServer::run`].
pub async fn stop_requested() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = signal::unix::signal(signal::unix::SignalKind::terminate())?;
        tokio::select! {
            outcome = signal::ctrl_c() => outcome,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    signal::ctrl_c().await
}
