//! Runs a speech program: text in, audio out, with a limit on time and on output, and no shell in between.
//!
//! Audio is what it writes to its standard output, or to the file `{out}` when an argument names that.

use std::io::{self, Read, Seek, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use wait_timeout::ChildExt;

use super::TtsError;
use super::engine::Engine;
use crate::decode::MAX_BYTES;

/// Longest that a program may run. A sentence takes some 100 ms, also on a small machine.
const LIMIT: Duration = Duration::from_secs(15);
/// How much of its complaint is read.
const MAX_COMPLAINT: u64 = 4_096;

/// The audio that the program writes for the text.
pub(super) fn run(command: &[String], engine: &Engine, text: &str) -> Result<Vec<u8>, TtsError> {
    run_within(command, engine, text, LIMIT)
}

pub(super) fn run_within(
    command: &[String],
    engine: &Engine,
    text: &str,
    limit: Duration,
) -> Result<Vec<u8>, TtsError> {
    let failed = |reason: String| TtsError::Failed {
        program: engine.name(),
        reason,
    };
    let io_failed = |error: io::Error| failed(error.to_string());
    let mut file = tempfile::NamedTempFile::new().map_err(io_failed)?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.rewind())
        .map_err(io_failed)?;
    let out = tempfile::NamedTempFile::new().map_err(io_failed)?;
    let fill = |argument: &String| {
        argument
            .replace("{file}", &file.path().to_string_lossy())
            .replace("{out}", &out.path().to_string_lossy())
    };
    let (program, arguments) = command
        .split_first()
        .ok_or_else(|| failed("no program is named".to_owned()))?;
    let mut child = Command::new(program)
        .args(arguments.iter().map(fill))
        .stdin(Stdio::from(file.reopen().map_err(io_failed)?))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A group of its own, so that what it starts ends with it.
        .process_group(0)
        .spawn()
        .map_err(|error| {
            if error.kind() == io::ErrorKind::NotFound {
                TtsError::Absent {
                    program: engine.name(),
                    package: engine.package(),
                }
            } else {
                io_failed(error)
            }
        })?;
    let output = read(child.stdout.take(), child.stderr.take());
    let ended = child.wait_timeout(limit);
    // Also when it has ended well: a child of its own may still hold the pipes open.
    end(&mut child);
    let status = match ended {
        Ok(Some(status)) => status,
        Ok(None) => {
            return Err(TtsError::TimedOut {
                program: engine.name(),
                seconds: limit.as_secs(),
            });
        }
        Err(error) => return Err(io_failed(error)),
    };
    let (mut audio, complaint) = output
        .recv_timeout(limit)
        .map_err(|_| failed("its output did not end".to_owned()))?;
    if command.iter().any(|a| a.contains("{out}")) {
        audio.clear();
        out.as_file()
            .take(MAX_BYTES as u64 + 1)
            .read_to_end(&mut audio)
            .map_err(io_failed)?;
    }
    if status.success() && audio.len() <= MAX_BYTES {
        Ok(audio)
    } else {
        Err(failed(if complaint.is_empty() {
            status.to_string()
        } else {
            complaint
        }))
    }
}

/// Reads both pipes beside the wait, so that a full pipe never stops the program. A program that writes too much meets a
/// closed pipe.
fn read(stdout: Option<ChildStdout>, stderr: Option<ChildStderr>) -> mpsc::Receiver<(Vec<u8>, String)> {
    let (done, output) = mpsc::channel();
    let (complained, complaint) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(stderr) = stderr {
            let _ = stderr.take(MAX_COMPLAINT).read_to_end(&mut bytes);
        }
        let first = String::from_utf8_lossy(&bytes)
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned();
        let _ = complained.send(first);
    });
    std::thread::spawn(move || {
        let mut audio = Vec::new();
        if let Some(stdout) = stdout {
            let _ = stdout.take(MAX_BYTES as u64 + 1).read_to_end(&mut audio);
        }
        let _ = done.send((audio, complaint.recv().unwrap_or_default()));
    });
    output
}

/// Ends the program and everything that it started.
fn end(child: &mut Child) {
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let Some(group) = group {
        // Gone already is as good.
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}
