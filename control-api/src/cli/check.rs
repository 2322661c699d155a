//! `trunkline check`: looks at everything that `serve` needs, prints a list, and changes nothing.

mod campaigns;

use std::fmt;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::Path;

use trunkline_gateway::io::tls::{Tls, TlsFiles};
use trunkline_gateway::trunk::snapshot::Transport;
use trunkline_prompts::tts::{self, EngineReport};

use super::{Configured, output};
use crate::audio_store::AudioStore;
use crate::config::Config;
use crate::privacy::{self, KeyFileError};
use crate::store;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  trunkline check --config /etc/trunkline/trunkline.toml")]
pub(super) struct Check {
    #[command(flatten)]
    configured: Configured,
}

/// One thing that was looked at.
struct Finding {
    state: State,
    what: &'static str,
    said: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// As it should be.
    Fine,
    /// Works, and the operator should know.
    Note,
    /// `serve` would not start, or no call would work.
    Fails,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Fine => "ok",
            State::Note => "note",
            State::Fails => "FAILS",
        };
        write!(f, "{state:<6} {:<14} {}", self.what, self.said)
    }
}

impl Check {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let config = self.configured.load()?;
        let findings = look(&config).await;
        for finding in &findings {
            output::line(&finding.to_string())?;
        }
        let failed: Vec<&str> = findings
            .iter()
            .filter(|f| f.state == State::Fails)
            .map(|f| f.what)
            .collect();
        if failed.is_empty() {
            return Ok(());
        }
        anyhow::bail!(
            "check found {} to mend: {}",
            count(failed.len()),
            failed.join(", ")
        )
    }
}

fn count(things: usize) -> String {
    if things == 1 {
        "1 thing".to_owned()
    } else {
        format!("{things} things")
    }
}

async fn look(config: &Config) -> Vec<Finding> {
    let mut findings = vec![configuration(config), database(&config.database.url).await];
    findings.push(data_folder(&config.node.data_dir));
    findings.extend(storage(config).await);
    findings.push(key_file(&config.privacy.key_file));
    findings.push(port(
        "http",
        config.http.listen,
        TcpListener::bind(config.http.listen).map(drop),
    ));
    for listen in &config.sip.listen {
        findings.push(match listen.transport {
            Transport::Udp => port(
                "sip udp",
                listen.address,
                UdpSocket::bind(listen.address).map(drop),
            ),
            Transport::Tcp => port(
                "sip tcp",
                listen.address,
                TcpListener::bind(listen.address).map(drop),
            ),
            Transport::Tls => port(
                "sip tls",
                listen.address,
                TcpListener::bind(listen.address).map(drop),
            ),
        });
    }
    findings.extend(config.sip.tls.as_ref().map(certificate));
    findings.push(rtp(config));
    findings.extend(speech(config));
    findings.extend(campaigns::look(config).await);
    findings
}

fn certificate(files: &TlsFiles) -> Finding {
    match Tls::load(files) {
        Ok(_) => fine("sip certificate", files.certificate.display().to_string()),
        Err(error) => fails("sip certificate", error.to_string()),
    }
}

fn configuration(config: &Config) -> Finding {
    match &config.file {
        Some(path) => fine("configuration", path.display().to_string()),
        None => note(
            "configuration",
            "no file: every key has its default or its variable".to_owned(),
        ),
    }
}

async fn database(url: &str) -> Finding {
    const WHAT: &str = "database";
    match store::inspect(url).await {
        Err(error) => fails(WHAT, error.to_string()),
        Ok(seen) => match seen.schema {
            Some(schema) if schema == seen.newest => {
                fine(WHAT, format!("{} {}, schema {schema}", seen.engine, seen.place))
            }
            Some(schema) => note(
                WHAT,
                format!(
                    "{} {}, schema {schema}: brought to {} on start",
                    seen.engine, seen.place, seen.newest
                ),
            ),
            None => note(
                WHAT,
                format!("{} {} is empty: set up on first start", seen.engine, seen.place),
            ),
        },
    }
}

/// Journal, audio and recordings are written here; the nearest folder that exists says whether they can be.
fn data_folder(path: &Path) -> Finding {
    const WHAT: &str = "data folder";
    let existing = path
        .ancestors()
        .map(|p| if p == Path::new("") { Path::new(".") } else { p })
        .find(|p| p.exists());
    // A file without a name, gone when it is closed.
    match tempfile::tempfile_in(existing.unwrap_or(Path::new("."))) {
        Err(e) => fails(
            WHAT,
            format!(
                "{} cannot be written: {}; change [node] data_dir",
                path.display(),
                e.kind()
            ),
        ),
        Ok(_) if path.exists() => fine(WHAT, path.display().to_string()),
        Ok(_) => note(
            WHAT,
            format!("{} does not exist: made on first start", path.display()),
        ),
    }
}

/// Asks the bucket for a list, where there is one.
async fn storage(config: &Config) -> Option<Finding> {
    const WHAT: &str = "storage";
    let bucket = config.storage.bucket.as_ref()?;
    Some(match AudioStore::look(config).await? {
        Ok(()) => fine(WHAT, format!("s3://{}/{}", bucket.name, bucket.prefix)),
        Err(error) => fails(WHAT, error.to_string()),
    })
}

fn key_file(path: &Path) -> Finding {
    const WHAT: &str = "key file";
    match privacy::load(path) {
        Ok(_) => fine(WHAT, path.display().to_string()),
        Err(KeyFileError::Io { .. }) if !path.exists() => note(
            WHAT,
            format!("{} does not exist: made on first start", path.display()),
        ),
        Err(error) => fails(WHAT, error.to_string()),
    }
}

fn port(what: &'static str, address: SocketAddr, bound: std::io::Result<()>) -> Finding {
    match bound {
        Ok(()) => fine(what, address.to_string()),
        Err(e) if e.kind() == ErrorKind::AddrInUse => fails(
            what,
            format!(
                "{address} is in use, by another program or a trunkline that runs: stop it, or change the port"
            ),
        ),
        Err(e) => fails(what, format!("cannot listen on {address}: {e}")),
    }
}

fn rtp(config: &Config) -> Finding {
    const WHAT: &str = "rtp";
    let ports = &config.rtp.ports;
    let said = format!("{} ports {}-{}", config.rtp.listen_ip, ports.start(), ports.end());
    let overlap = config
        .sip
        .listen
        .iter()
        .find(|listen| listen.transport == Transport::Udp && ports.contains(&listen.address.port()));
    if let Some(listen) = overlap {
        return fails(
            WHAT,
            format!(
                "{said} contain the SIP port {}: change [rtp] ports",
                listen.address.port()
            ),
        );
    }
    match UdpSocket::bind((config.rtp.listen_ip, 0)) {
        Ok(_) => {
            // Four ports carry one bridged call (OPERATIONS.md).
            let calls = (usize::from(ports.end() - ports.start()) + 1) / 4;
            fine(WHAT, format!("{said}, for {calls} bridged calls at once"))
        }
        Err(e) => fails(
            WHAT,
            format!(
                "cannot listen on {}: {e}; change [rtp] listen_ip",
                config.rtp.listen_ip
            ),
        ),
    }
}

/// An engine that is missing fails nothing: callers hear a tone, and the campaign goes on.
fn speech(config: &Config) -> Vec<Finding> {
    const WHAT: &str = "speech";
    let reports = match &config.tts.engine {
        Some(engine) => vec![engine.report()],
        None => tts::engines(),
    };
    let finding = |report: EngineReport| match report.path {
        Some(path) => fine(WHAT, format!("{} {}", path.display(), report.note)),
        None => note(WHAT, format!("{} {}", report.program, report.note)),
    };
    reports.into_iter().map(finding).collect()
}

fn fine(what: &'static str, said: String) -> Finding {
    Finding {
        state: State::Fine,
        what,
        said,
    }
}

fn note(what: &'static str, said: String) -> Finding {
    Finding {
        state: State::Note,
        what,
        said,
    }
}

fn fails(what: &'static str, said: String) -> Finding {
    Finding {
        state: State::Fails,
        what,
        said,
    }
}
