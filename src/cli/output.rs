//! The only place that prints.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is where the program speaks"
)]

use std::process::ExitCode;

use crate::app::ErrorCode;

use super::Failure;

/// Where a command's results and errors go, and in which form.
#[derive(Debug)]
pub(super) struct Output {
    json: bool,
}

impl Output {
    pub(super) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Says something to the person at the terminal, beside the result.
    pub(super) fn note(&self, text: &str) {
        if !self.json {
            eprintln!("{text}");
        }
    }

    /// Writes a part of the result.
    pub(super) fn line(&self, text: &str) {
        println!("{text}");
    }

    /// Reports an error and gives the exit code it ends with.
    pub(super) fn error(&self, error: &anyhow::Error) -> ExitCode {
        let code = error
            .downcast_ref::<Failure>()
            .map_or(ErrorCode::Internal, |failure| failure.code);
        let chain: Vec<String> = error.chain().map(ToString::to_string).collect();
        let message = chain.join(": ");
        if self.json {
            let object = serde_json::json!({
                "error": { "code": code.as_str(), "message": message, "remedy": code.remedy() }
            });
            eprintln!("{object}");
        } else {
            eprintln!("error: {message} [{code}]\n  remedy: {}", code.remedy());
        }
        ExitCode::from(code.exit_code())
    }
}
