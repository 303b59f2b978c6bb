//! The only place that prints: tables for people, JSON for scripts, errors with their way out.

#![expect(clippy::print_stderr, reason = "this is where the program speaks")]

use std::cell::OnceCell;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use comfy_table::{ContentArrangement, Table, presets};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::app::ErrorCode;

use super::Failure;

/// Where a command's results and errors go, and in which form.
#[derive(Debug)]
pub(super) struct Output {
    json: bool,
    terminal: bool,
    /// The first error of standard output.
    broken: OnceCell<io::Error>,
}

impl Output {
    pub(super) fn new(json: bool) -> Self {
        Self {
            json,
            terminal: io::stdout().is_terminal(),
            broken: OnceCell::new(),
        }
    }

    /// Whether results are written for scripts.
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// Writes a line, unless standard output is broken.
    fn print(&self, text: fmt::Arguments<'_>) {
        if self.broken.get().is_none()
            && let Err(error) = writeln!(io::stdout(), "{text}")
        {
            // An earlier error would have kept us from here.
            drop(self.broken.set(error));
        }
    }

    /// Whether all that was said arrived; that nobody wanted to read on is as well.
    pub(super) fn finish(&self) -> Result<(), Failure> {
        match self.broken.get() {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                let message = format!("standard output: {error}");
                Err(Failure::new(ErrorCode::FileUnusable, message))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Says something to the person at the terminal, beside the result.
    pub(super) fn note(&self, text: &str) {
        if !self.json {
            eprintln!("{text}");
        }
    }

    /// Writes a part of the result for people.
    pub(super) fn line(&self, text: &str) {
        if !self.json {
            self.print(format_args!("{text}"));
        }
    }

    /// Writes the result as it is, whoever reads it.
    pub(super) fn raw(&self, text: &str) {
        self.print(format_args!("{text}"));
    }

    /// Writes the result for scripts.
    pub(super) fn json(&self, value: &Value) {
        if self.json {
            self.print(format_args!("{value:#}"));
        }
    }

    /// Writes rows under their headings; a line for each row and no frame where no person looks.
    pub(super) fn table(&self, headings: &[&str], rows: Vec<Vec<String>>) {
        if self.json || rows.is_empty() {
            return;
        }
        let mut table = Table::new();
        if self.terminal {
            table.load_style(presets::UTF8_HORIZONTAL_ONLY);
            table.set_content_arrangement(ContentArrangement::Dynamic);
        } else {
            table.load_style(presets::NOTHING);
        }
        table.set_header(
            headings
                .iter()
                .map(|heading| (*heading).to_owned())
                .collect::<Vec<String>>(),
        );
        for row in rows {
            table.add_row(row);
        }
        for line in table.lines() {
            self.print(format_args!("{}", line.trim_end()));
        }
    }

    /// A bar that shows how much of so many bytes is done; hidden where no person looks.
    pub(super) fn progress(&self, bytes: Option<u64>) -> ProgressBar {
        if self.json || !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let (bar, template) = match bytes {
            Some(bytes) => (
                ProgressBar::new(bytes),
                "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
            ),
            None => (ProgressBar::new_spinner(), "{msg} {spinner} {bytes} {bytes_per_sec}"),
        };
        let style = ProgressStyle::with_template(template);
        bar.with_style(style.expect("the templates above are well-formed"))
    }

    /// Gives standard output to a writer of its own, for streams.
    #[expect(clippy::unused_self, reason = "printing goes through the one thing that may print")]
    pub(super) fn stream(&self) -> impl Write {
        io::BufWriter::new(io::stdout().lock())
    }

    /// Reports an error and gives the exit code it ends with.
    pub(super) fn error(&self, error: &anyhow::Error) -> ExitCode {
        let failure = error.downcast_ref::<Failure>();
        let code = failure.map_or(ErrorCode::Internal, |failure| failure.code);
        let candidates = failure.map_or(&[][..], |failure| &failure.candidates);
        let chain: Vec<String> = error.chain().map(ToString::to_string).collect();
        let message = chain.join(": ");
        if self.json {
            let mut object = json!({
                "code": code.as_str(), "message": message, "remedy": code.remedy()
            });
            if !candidates.is_empty() {
                object["candidates"] = json!(candidates);
            }
            eprintln!("{}", json!({ "error": object }));
        } else {
            eprintln!("error: {message} [{code}]");
            for candidate in candidates {
                eprintln!("  candidate: {candidate}");
            }
            eprintln!("  remedy: {}", code.remedy());
        }
        ExitCode::from(code.exit_code())
    }
}
