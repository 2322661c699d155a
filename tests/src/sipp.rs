//! sipp, an independent SIP implementation, as caller, trunk and target.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::ports;
use crate::program::Program;

/// A sipp that runs one scenario.
#[derive(Debug)]
pub struct Sipp {
    program: Program,
    folder: PathBuf,
    name: String,
    /// Its SIP port.
    pub port: u16,
    /// Its first RTP port.
    pub media: u16,
}

/// How a sipp is started. `scenario` is a file of ours, or a built-in one such as `uas`.
#[derive(Debug)]
pub struct Setup<'a> {
    /// For its output files.
    pub name: &'a str,
    /// An XML file, or the name of a built-in scenario.
    pub scenario: &'a str,
    /// Ends after so many calls; `None` never.
    pub calls: Option<u32>,
    /// Further arguments.
    pub args: &'a [&'a str],
    /// Its SIP port, where a test has chosen it.
    pub port: Option<u16>,
    /// The address that it is at.
    pub host: &'a str,
    /// Transport: `u1` for UDP, `t1` for TCP.
    pub transport: &'a str,
    /// Keep every message in a file, for the error that a test may end with.
    pub trace: bool,
    /// Run on this core only.
    pub core: Option<usize>,
}

impl Default for Setup<'_> {
    fn default() -> Self {
        Setup {
            name: "sipp",
            scenario: "uas",
            calls: Some(1),
            args: &[],
            port: None,
            host: "127.0.0.1",
            transport: "u1",
            trace: true,
            core: None,
        }
    }
}

impl Sipp {
    /// Starts a sipp on free ports of its host; what it sees and prints goes below `folder`.
    pub fn start(folder: &Path, setup: &Setup) -> Result<Sipp> {
        let port = setup.port.unwrap_or_else(|| ports::free(2));
        let media = ports::free(20);
        let mut command = match setup.core {
            None => Command::new("sipp"),
            Some(core) => {
                let mut pinned = Command::new("taskset");
                pinned.args(["-c", &core.to_string(), "sipp"]);
                pinned
            }
        };
        command.current_dir(folder);
        if setup.scenario.ends_with(".xml") {
            command.args(["-sf", setup.scenario]);
        } else {
            command.args(["-sn", setup.scenario]);
        }
        command
            .args([
                "-i",
                setup.host,
                "-p",
                &port.to_string(),
                "-mi",
                setup.host,
                "-mp",
                &media.to_string(),
            ])
            .args([
                "-t",
                setup.transport,
                "-nostdin",
                "-trace_err",
                "-error_file",
                &format!("{}.err", setup.name),
            ])
            .args(setup.args);
        if setup.trace {
            command.args(["-trace_msg", "-message_file", &format!("{}.msg", setup.name)]);
        }
        if let Some(calls) = setup.calls {
            command.args(["-m", &calls.to_string()]);
        }
        let program = Program::start(setup.name, &mut command, folder)?;
        Ok(Sipp {
            program,
            folder: folder.to_owned(),
            name: setup.name.to_owned(),
            port,
            media,
        })
    }

    /// Waits until its calls are over; an error with its own words when one failed.
    pub fn finished(&mut self, limit: Duration) -> Result<()> {
        let status = self.program.wait(limit).with_context(|| self.messages())?;
        ensure!(
            status.success(),
            "sipp {} says that a call failed ({status}):\n{}\n{}",
            self.name,
            self.program
                .printed()
                .lines()
                .rev()
                .take(12)
                .collect::<Vec<_>>()
                .join("\n"),
            self.read("err") + &self.messages()
        );
        Ok(())
    }

    /// All messages that it sent and received.
    pub fn messages(&self) -> String {
        self.read("msg")
    }

    /// Ends it before its calls are over.
    pub fn stop(self) {
        drop(self.program);
    }

    fn read(&self, kind: &str) -> String {
        std::fs::read_to_string(self.folder.join(format!("{}.{kind}", self.name))).unwrap_or_default()
    }
}
