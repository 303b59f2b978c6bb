//! The `linchpin` program: parse, run, turn the outcome into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    linchpin::cli::main()
}
