//! Kamailio as a carrier's registrar and proxy: it challenges what we send, keeps our contact, and passes calls on to sipp.

use std::fmt::Write as _;
use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use rustix::process::Signal;

use crate::ports;
use crate::program::Program;

/// The account that our trunk has there.
pub const ACCOUNT: &str = "trunkline";
/// Its password.
pub const PASSWORD: &str = "open sesame";
/// Its children end within this.
const END: Duration = Duration::from_secs(10);
/// It listens within this.
const START: Duration = Duration::from_secs(20);

/// What a Kamailio is told.
#[derive(Clone, Debug)]
pub struct Carrier {
    /// Speaks TLS with the certificate and key of these files, beside UDP and TCP, on its second port.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// A nonce is good for so long, seconds: later credentials are challenged anew with `stale=true`.
    pub nonce_expires: u32,
    /// Longest binding, seconds.
    pub max_expires: u32,
    /// Digest algorithm: `MD5` or `SHA-256`.
    pub algorithm: &'static str,
}

impl Default for Carrier {
    fn default() -> Self {
        Carrier {
            tls: None,
            nonce_expires: 60,
            max_expires: 60,
            algorithm: "SHA-256",
        }
    }
}

/// A Kamailio on 127.0.0.1, with a folder for its files.
#[derive(Debug)]
pub struct Kamailio {
    folder: PathBuf,
    program: Option<Program>,
    /// The port that it listens on last.
    last_port: u16,
    /// Its SIP port, UDP and TCP.
    pub port: u16,
}

impl Kamailio {
    /// Writes its configuration and starts it. Numbers that begin with a prefix of `routes` go to that port of 127.0.0.1.
    pub fn start(folder: &Path, carrier: &Carrier, routes: &[(&str, u16)]) -> Result<Kamailio> {
        let port = ports::free(2);
        fs::write(folder.join("kamailio.cfg"), configuration(port, carrier, routes)?)?;
        let mut kamailio = Kamailio {
            folder: folder.to_owned(),
            program: None,
            last_port: if carrier.tls.is_some() { port + 1 } else { port },
            port,
        };
        kamailio.again()?;
        Ok(kamailio)
    }

    /// Starts it (again): it knows no contact.
    pub fn again(&mut self) -> Result<()> {
        let mut command = Command::new("kamailio");
        command
            .args(["-DD", "-E", "-m", "64", "-M", "16", "-f", "kamailio.cfg"])
            .args(["-P", "kamailio.pid", "-w", ".", "-Y", "."])
            .current_dir(&self.folder);
        let mut program = Program::start("kamailio", &mut command, &self.folder)?;
        let until = Instant::now() + START;
        // UDP repeats what comes too early; a connection is refused once.
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.last_port)).is_err() {
            ensure!(
                program.runs() && Instant::now() < until,
                "kamailio does not listen: {}",
                program.printed()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        self.program = Some(program);
        Ok(())
    }

    /// Ends it with all its children.
    pub fn stop(&mut self) -> Result<()> {
        if let Some(mut program) = self.program.take() {
            program.signal(Signal::TERM)?;
            let _status = program.wait(END)?;
        }
        Ok(())
    }

    /// What it has printed: a line for every request, and every contact that it keeps.
    pub fn printed(&self) -> String {
        fs::read_to_string(self.folder.join("kamailio.out")).unwrap_or_default()
    }

    /// An error with what it printed when `line` is not among it.
    pub fn ensure_printed(&self, line: &str) -> Result<()> {
        ensure!(self.printed().contains(line), "no {line:?} in {}", self.printed());
        Ok(())
    }
}

impl Drop for Kamailio {
    fn drop(&mut self) {
        // The parent alone, killed, would leave its children and their port behind.
        let _ended = self.stop();
    }
}

fn configuration(port: u16, carrier: &Carrier, routes: &[(&str, u16)]) -> Result<String> {
    let mut out = String::from(
        "#!KAMAILIO\ndebug=1\nlog_stderror=yes\nchildren=2\ntcp_children=1\nauto_aliases=no\ndns=no\nrev_dns=no\n",
    );
    writeln!(out, "listen=udp:127.0.0.1:{port}\nlisten=tcp:127.0.0.1:{port}")?;
    if let Some((certificate, key)) = &carrier.tls {
        writeln!(
            out,
            "enable_tls=yes\nlisten=tls:127.0.0.1:{}\nloadmodule \"tls.so\"",
            port + 1
        )?;
        writeln!(
            out,
            "modparam(\"tls\", \"certificate\", \"{}\")",
            certificate.display()
        )?;
        writeln!(out, "modparam(\"tls\", \"tls_method\", \"TLSv1.2+\")")?;
        writeln!(out, "modparam(\"tls\", \"private_key\", \"{}\")", key.display())?;
    }
    for module in [
        "tm",
        "sl",
        "rr",
        "pv",
        "maxfwd",
        "textops",
        "siputils",
        "xlog",
        "usrloc",
        "registrar",
        "auth",
    ] {
        writeln!(out, "loadmodule \"{module}.so\"")?;
    }
    writeln!(
        out,
        "modparam(\"auth\", \"nonce_expire\", {})",
        carrier.nonce_expires
    )?;
    writeln!(
        out,
        "modparam(\"auth\", \"algorithm\", \"{}\")",
        carrier.algorithm
    )?;
    writeln!(out, "modparam(\"auth\", \"qop\", \"auth\")")?;
    writeln!(
        out,
        "modparam(\"registrar\", \"max_expires\", {})",
        carrier.max_expires
    )?;
    out.push_str(&route(routes)?);
    Ok(out)
}

/// What becomes of each request.
fn route(routes: &[(&str, u16)]) -> Result<String> {
    let mut out = String::from(
        "request_route {\n\
         xlog(\"L_ALERT\", \"seen $rm $rU from port $sp\\n\");\n\
         if (!mf_process_maxfwd_header(\"10\")) { sl_send_reply(\"483\", \"Too Many Hops\"); exit; }\n\
         if (is_method(\"CANCEL\")) { if (t_check_trans()) t_relay(); exit; }\n\
         if (has_totag()) {\n\
           if (loose_route()) { t_relay(); exit; }\n\
           if (is_method(\"ACK\")) { if (t_check_trans()) t_relay(); exit; }\n\
           sl_send_reply(\"404\", \"Not here\"); exit;\n\
         }\n\
         t_check_trans();\n\
         if (is_method(\"OPTIONS\")) { sl_send_reply(\"200\", \"OK\"); exit; }\n",
    );
    writeln!(
        out,
        "if (is_method(\"REGISTER\")) {{\n\
         if (!pv_www_authenticate(\"carrier.example\", \"{PASSWORD}\", \"0\")) {{ www_challenge(\"carrier.example\", \"1\"); exit; }}\n\
         xlog(\"L_ALERT\", \"register $au expires $hdr(Expires) contact $ct\\n\");\n\
         save(\"location\"); exit;\n\
         }}\n\
         if (!is_method(\"INVITE\")) {{ sl_send_reply(\"405\", \"Method Not Allowed\"); exit; }}\n\
         record_route();\n\
         if ($rU == \"{ACCOUNT}\") {{\n\
         if (!lookup(\"location\")) {{ sl_send_reply(\"480\", \"Not registered\"); exit; }}\n\
         t_relay(); exit;\n\
         }}\n\
         if (!pv_proxy_authenticate(\"carrier.example\", \"{PASSWORD}\", \"0\")) {{ proxy_challenge(\"carrier.example\", \"1\"); exit; }}\n\
         consume_credentials();"
    )?;
    for (prefix, port) in routes {
        let digits = prefix.trim_start_matches('+');
        writeln!(
            out,
            "if ($rU =~ \"^\\+?{digits}\") {{ $du = \"sip:127.0.0.1:{port}\"; t_relay(); exit; }}"
        )?;
    }
    out.push_str("sl_send_reply(\"404\", \"Not Found\");\n}\n");
    Ok(out)
}
