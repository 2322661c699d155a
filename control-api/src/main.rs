//! The `trunkline` program.

use std::process::ExitCode;

/// Why not the system's: see docs/DEPENDENCIES.md.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    trunkline_control_api::cli::main(std::env::args_os())
}
