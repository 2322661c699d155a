//! dnsmasq as the name server of a test: what it answers is written down by the test, and nobody else is asked.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;

use anyhow::Result;

use crate::ports;
use crate::program::Program;

/// Answers are good for so long, seconds: the shortest time that Trunkline keeps them.
const TTL: &str = "5";

/// A running dnsmasq on 127.0.0.1.
#[derive(Debug)]
pub struct Dnsmasq {
    folder: tempfile::TempDir,
    program: Option<Program>,
    /// Where it is asked.
    pub address: SocketAddr,
}

impl Dnsmasq {
    /// Starts one that knows nothing yet.
    pub fn start() -> Result<Dnsmasq> {
        let mut dnsmasq = Dnsmasq {
            folder: tempfile::tempdir()?,
            program: None,
            address: (Ipv4Addr::LOCALHOST, ports::free(2)).into(),
        };
        dnsmasq.says(&[])?;
        Ok(dnsmasq)
    }

    /// From now on it says this, in the words of its own configuration: `host-record=NAME,ADDRESS`,
    /// `srv-host=_sip._udp.NAME,HOST,PORT,PRIORITY,WEIGHT`, `naptr-record=NAME,ORDER,PREFERENCE,s,SIP+D2T,,SRV`.
    pub fn says(&mut self, records: &[String]) -> Result<()> {
        // The old one must be gone before its port is taken again.
        drop(self.program.take());
        let mut command = Command::new("dnsmasq");
        command
            .args([
                "--keep-in-foreground",
                "--conf-file=/dev/null",
                "--no-resolv",
                "--no-hosts",
                "--bind-interfaces",
            ])
            .args([
                "--listen-address=127.0.0.1",
                "--local=/test/",
                "--pid-file=",
                "--user=",
                "--group=",
            ])
            .args([
                format!("--port={}", self.address.port()),
                format!("--local-ttl={TTL}"),
            ])
            .args(records.iter().map(|record| format!("--{record}")))
            .current_dir(self.folder.path());
        self.program = Some(Program::start("dnsmasq", &mut command, self.folder.path())?);
        Ok(())
    }

    /// What it has printed.
    pub fn printed(&self) -> String {
        self.program.as_ref().map(Program::printed).unwrap_or_default()
    }
}
