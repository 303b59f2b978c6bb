//! From bytes to the estate: bytes -> observations -> identification -> reconciliation -> commands
//! -> report.
//!
//! A format only turns bytes into observations; everything behind it is shared. Bytes are parsed
//! off the writer thread, batches of observations are planned on it, so that two pushes at once can
//! never create the same CI twice. Memory stays bounded whatever the size of the input.

pub mod explain;
pub mod export;
pub mod formats;
pub mod identify;
pub mod observation;
pub mod payload;
pub mod plan;
pub mod reconcile;
pub mod report;
pub mod review;
pub mod run;
pub mod secrets;
pub mod servicenow;
pub mod sync;

pub use export::{ExportCounts, export};
pub use observation::{Observation, Observed, Position, Problem};
pub use report::{ItemLine, Outcome, ReportLine, Summary};
pub use run::{IngestError, IngestOptions, InputError, run};
