//! The `linchpin` program: parse, run, turn the outcome into an exit code.

use std::process::ExitCode;

/// The system's allocator took a sixth of a load's time for small blocks.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    linchpin::cli::main()
}
