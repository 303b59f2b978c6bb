//! The configuration management database: open, check commands, one writer, publish, read.

pub mod error_code;

pub use error_code::ErrorCode;
