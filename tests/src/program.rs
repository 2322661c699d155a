//! Programs that a test starts: found, given a folder for what they print, and ended with the test.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// A running program. Killed when dropped.
#[derive(Debug)]
pub struct Program {
    name: String,
    child: Child,
    output: PathBuf,
}

impl Program {
    /// Starts `command`; what it prints goes to `folder/NAME.out`.
    pub fn start(name: &str, command: &mut Command, folder: &Path) -> Result<Program> {
        let output = folder.join(format!("{name}.out"));
        let file = File::options().create(true).append(true).open(&output)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("{name} cannot be started; `make test` installs what tests need"))?;
        Ok(Program {
            name: name.to_owned(),
            child,
            output,
        })
    }

    /// Everything it has printed so far.
    pub fn printed(&self) -> String {
        fs::read_to_string(&self.output).unwrap_or_default()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// It has not ended.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits for its end; an error with what it printed when that takes too long.
    pub fn wait(&mut self, limit: Duration) -> Result<ExitStatus> {
        let until = Instant::now() + limit;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if Instant::now() > until {
                bail!(
                    "{} still runs after {limit:?}; it printed:\n{}",
                    self.name,
                    self.printed()
                );
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: rustix::process::Signal) -> Result<()> {
        let id = i32::try_from(self.child.id())?;
        let pid = rustix::process::Pid::from_raw(id).context("a process has a number above 0")?;
        Ok(rustix::process::kill_process(pid, signal)?)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// A program of this workspace, as cargo built it next to the running test.
pub fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    // Tests are built in target/PROFILE/deps, programs in target/PROFILE.
    let folder = test.parent().expect("a program lies in a folder");
    let folder = match folder.file_name().is_some_and(|name| name == "deps") {
        true => folder.parent().expect("target/PROFILE"),
        false => folder,
    };
    let path = folder.join(name);
    assert!(
        path.exists(),
        "{} is not built; run `cargo build --workspace`, or `make test`",
        path.display()
    );
    path
}

/// Tries until it holds; an error with `what` after `limit`.
pub async fn eventually(what: &str, limit: Duration, mut holds: impl AsyncFnMut() -> bool) -> Result<()> {
    let until = Instant::now() + limit;
    while !holds().await {
        if Instant::now() > until {
            bail!("not within {limit:?}: {what}");
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    Ok(())
}
