//! A lossy path in a network of the test's own: the kernel drops a share of the datagrams to some loopback ports.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use rustix::thread::UnshareFlags;

/// A network namespace that this thread has entered, with what it starts from now on. It has a loopback interface and nothing
/// else, and ends with its last process: a test that is killed leaves no rule behind on the machine.
#[derive(Debug)]
pub struct LossyNetwork(());

impl LossyNetwork {
    /// Leaves the machine's network for a new one. Needs root. Sockets that are already open stay where they are: call it first.
    pub fn enter() -> Result<LossyNetwork> {
        #[expect(deprecated, reason = "it is unsafe with FILES only, which is not asked for")]
        rustix::thread::unshare(UnshareFlags::NEWNET).context("a network namespace of our own needs root")?;
        let _nothing = run("ip", "link set lo up")?;
        Ok(LossyNetwork(()))
    }

    /// Drops `percent` of what is sent to each of these UDP ports.
    pub fn lose(&self, ports: &[u16], percent: u32) -> Result<()> {
        let probability = f64::from(percent) / 100.0;
        for port in ports {
            let _nothing = run(
                "iptables",
                &format!(
                    "-w -A INPUT -p udp --dport {port} -m statistic --mode random --probability {probability} -j DROP"
                ),
            )?;
        }
        Ok(())
    }

    /// Loses nothing any more. Says how many datagrams were lost.
    pub fn mend(&self) -> Result<u64> {
        let rules = run("iptables", "-w -v -x -n -L INPUT")?;
        let counts = rules.lines().filter(|line| line.contains("DROP"));
        let lost = counts.filter_map(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        let lost = lost.sum();
        let _nothing = run("iptables", "-w -F INPUT")?;
        Ok(lost)
    }
}

fn run(program: &str, arguments: &str) -> Result<String> {
    let out = Command::new(program).args(arguments.split(' ')).output()?;
    ensure!(
        out.status.success(),
        "{program} {arguments}: {}",
        String::from_utf8_lossy(&out.stderr)
    );
    Ok(String::from_utf8_lossy(&out.stdout).into_owned())
}
