//! The `trunkline` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    trunkline_control_api::cli::main(std::env::args_os())
}
