//! The only place where the program prints.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

/// Writes one line to stdout.
pub(super) fn line(text: &str) -> anyhow::Result<()> {
    write(&format!("{text}\n"))
}

/// Writes to stdout, as it is.
pub(super) fn write(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    Ok(stdout.flush()?)
}

/// Writes what failed to stderr, as one line.
pub(super) fn failure(error: &anyhow::Error) {
    let text = format!("{error:#}")
        .lines()
        .map(str::trim)
        .collect::<Vec<_>>()
        .join("; ");
    // Nothing is left to be done when stderr is gone too.
    drop(writeln!(io::stderr().lock(), "trunkline: {text}"));
}

/// Help and version to stdout, wrong usage to stderr.
pub(super) fn usage(usage: &clap::Error) -> ExitCode {
    drop(usage.print());
    u8::try_from(usage.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// The reader of our output went away (`| head`): not our failure.
pub(super) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|e| e.kind() == ErrorKind::BrokenPipe)
}
