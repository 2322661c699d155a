//! baresip, an independent telephone, as a far end that encrypts, transcodes and hears keys: it answers, and says whatever it
//! hears (its `aubridge` joins loudspeaker and microphone), so that a tone has gone through both of its codecs and back.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::ports;
use crate::program::Program;

/// Where Debian keeps its modules.
const MODULES: &str = "/usr/lib/baresip/modules";

/// A baresip with one account, which answers by itself.
#[derive(Debug)]
pub struct Baresip {
    program: Program,
    /// Its SIP port.
    pub port: u16,
    /// Its first RTP port.
    pub media: u16,
}

impl Baresip {
    /// Starts one that answers calls to `number`. `account` are parameters of the account, such as `audio_codecs=pcmu` and
    /// `mediaenc=srtp-mand`.
    pub fn start(folder: &Path, name: &str, number: &str, account: &[&str]) -> Result<Baresip> {
        let (port, media) = (ports::free(2), ports::free(20));
        let home = folder.join(name);
        fs::create_dir(&home)?;
        let mut config = format!(
            "sip_listen 127.0.0.1:{port}\nnet_interface 127.0.0.1\nrtp_ports {media}-{}\n\
             audio_player aubridge,echo\naudio_source aubridge,echo\nmodule_path {}\n",
            media + 19,
            MODULES
        );
        for module in ["g711", "g722", "opus", "aubridge", "srtp", "uuid", "account"] {
            writeln!(config, "module {module}.so")?;
        }
        fs::write(home.join("config"), config)?;
        fs::write(
            home.join("accounts"),
            format!(
                "<sip:{number}@127.0.0.1>;regint=0;answermode=auto;{}\n",
                account.join(";")
            ),
        )?;
        fs::write(home.join("contacts"), "")?;
        let mut command = Command::new("baresip");
        command.args(["-4", "-v", "-f"]).arg(&home);
        let program = Program::start(name, &mut command, folder)?;
        for _ in 0..250 {
            if program.printed().contains("baresip is ready") {
                return Ok(Baresip { program, port, media });
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("baresip does not listen: {}", program.printed())
    }

    /// What it has said of itself and its calls.
    pub fn printed(&self) -> String {
        self.program.printed()
    }
}
