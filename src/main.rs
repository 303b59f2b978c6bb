//! The `linchpin` program: parse, run, turn the outcome into an exit code.

use std::process::ExitCode;

/// The system's allocator spends a fifth of a load on small blocks, and fragments as states change in turn.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    linchpin::cli::main()
}
