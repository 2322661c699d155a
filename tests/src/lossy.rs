//! A lossy path: the kernel drops a share of the datagrams to some loopback ports, until this is dropped.

use std::process::Command;

use anyhow::{Result, ensure};

/// Rules of iptables that are taken back at the end.
#[derive(Debug)]
pub struct Lossy {
    rules: Vec<Vec<String>>,
}

impl Lossy {
    /// Drops `percent` of what is sent to each of these UDP ports on the loopback interface. Needs root.
    pub fn on(ports: &[u16], percent: u32) -> Result<Lossy> {
        let mut lossy = Lossy { rules: Vec::new() };
        for port in ports {
            let probability = f64::from(percent) / 100.0;
            let rule = format!(
                "INPUT -i lo -p udp --dport {port} -m statistic --mode random --probability {probability} -j DROP"
            );
            let rule: Vec<String> = rule.split(' ').map(str::to_owned).collect();
            let out = Command::new("iptables").args(["-w", "-A"]).args(&rule).output()?;
            ensure!(
                out.status.success(),
                "iptables: {}",
                String::from_utf8_lossy(&out.stderr)
            );
            lossy.rules.push(rule);
        }
        Ok(lossy)
    }
}

impl Drop for Lossy {
    fn drop(&mut self) {
        for rule in &self.rules {
            // A rule that cannot be taken back is on a port that nobody uses again.
            let _left = Command::new("iptables").args(["-w", "-D"]).args(rule).status();
        }
    }
}
