//! The only place where the program prints.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

/// Writes one line to stdout.
pub(super) fn line(text: &str) -> anyhow::Result<()> {
    write(&format!("{text}\n"))
}

/// Writes one line to stdout that nothing depends on.
pub(super) fn note(text: &str) {
    drop(line(text));
}

/// Writes to stdout, as it is.
pub(super) fn write(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    Ok(stdout.flush()?)
}

/// Writes what failed to stderr, as one line.
pub(super) fn failure(error: &anyhow::Error) {
    // Nothing is left to be done when stderr is gone too.
    drop(writeln!(io::stderr().lock(), "trunkline: {}", one_line(error)));
}

/// The error and its causes; a cause that the words before it have already told is left out.
fn one_line(error: &anyhow::Error) -> String {
    let mut said = String::new();
    for cause in error.chain() {
        let cause = cause
            .to_string()
            .lines()
            .map(str::trim)
            .collect::<Vec<_>>()
            .join("; ");
        if said.is_empty() {
            said = cause;
        } else if !said.contains(&cause) {
            said = format!("{said}: {cause}");
        }
    }
    said
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

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn an_error_is_one_line_and_says_nothing_twice() {
        let error = Err::<(), _>(io::Error::other("disk\n  full"))
            .context("not written: disk; full")
            .context("it failed")
            .unwrap_err();
        assert_eq!(one_line(&error), "it failed: not written: disk; full");
        assert_eq!(one_line(&anyhow::anyhow!("a\nb").context("c")), "c: a; b");
    }
}
