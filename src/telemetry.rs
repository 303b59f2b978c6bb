//! Logging: text for people or JSON for machines, always to standard error so that standard output
//! stays the program's answer. Fields are fixed names; secrets and attribute values never are.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{LogConfig, LogFormat};

/// Logging cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TelemetryError {
    /// The filter does not parse.
    #[error("`log.filter` is `{filter}`, which is not `level` or `target=level,...`")]
    InvalidFilter {
        /// The filter as configured.
        filter: String,
        /// Why.
        #[source]
        source: tracing_subscriber::filter::ParseError,
    },
    /// Something else logs already.
    #[error("logging was started before")]
    StartedBefore(#[source] tracing_subscriber::util::TryInitError),
}

/// Starts logging for the whole process.
pub fn start(config: &LogConfig) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(&config.filter).map_err(|source| TelemetryError::InvalidFilter {
        filter: config.filter.clone(),
        source,
    })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match config.format {
        LogFormat::Text => builder.finish().try_init(),
        LogFormat::Json => builder.json().flatten_event(true).finish().try_init(),
    }
    .map_err(TelemetryError::StartedBefore)
}

/// Turns "the file may not grow further" from a signal that kills the process into an error of the
/// write, which the store answers for.
pub fn ignore_file_size_signal() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        /// `SIGXFSZ` on Linux and the BSDs.
        const SIGXFSZ: i32 = 25;
        signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)))?;
    }
    Ok(())
}
