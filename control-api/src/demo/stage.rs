//! Where the demo plays: free ports, a configuration, a fresh database, the product in this process, and the carrier beside it.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use trunkline_gateway::carrier::exchange::What;
use trunkline_gateway::carrier::{Carrier, CarrierConfig, Happened, Recording};
use trunkline_prompts::tts;

use super::client::Client;
use super::{Demo, Say, cast, clock, past};
use crate::clock::Clock;
use crate::config::Config;
use crate::serve;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// What the demo leaves in its folder, and what it removes before it begins; anything else there is left alone.
const FILES: [&str; 9] = [
    "trunkline.db",
    "trunkline.db-shm",
    "trunkline.db-wal",
    "trunkline.toml",
    "trunkline.log",
    "caller.wav",
    "target-1.wav",
    "cdrs.csv",
    "calls.json",
];
const DATA: &str = "data";
/// Who logs into the console.
const LOGIN: &str = "demo";
/// RTP ports of the product, then those of the carrier; below the range that the kernel hands out by itself.
const RTP_PORTS: u16 = 4_000;
const CARRIER_PORTS: u16 = 2_000;
const FIRST_PORT: u16 = 12_000;
const LAST_PORT: u16 = 31_000;
/// A start takes a second at most.
const START: Duration = Duration::from_secs(15);

/// All that runs.
pub(super) struct Stage {
    pub(super) client: Client,
    carrier: Carrier,
    recorded: Recorded,
    product: JoinHandle<anyhow::Result<()>>,
    stop: mpsc::Sender<()>,
    config: Config,
    folder: PathBuf,
}

/// What everybody at the carrier has heard, call by call.
#[derive(Clone, Default)]
pub(super) struct Recorded(Arc<Mutex<Vec<(String, Recording)>>>);

impl Stage {
    pub(super) async fn open(demo: &Demo) -> anyhow::Result<Stage> {
        let folder = demo.out.clone();
        clear(&folder)?;
        log_to(&folder.join("trunkline.log"))?;
        let (rtp, carrier_rtp) = rtp_ports()?;
        let config = configure(&folder, rtp)?;
        let (carrier, happenings) = Carrier::start(CarrierConfig {
            ip: LOOPBACK,
            sip_port: 0,
            rtp_ports: carrier_rtp,
            book: cast::book(demo.calls),
            seed: crate::privacy::random_seed()?,
        })
        .context("the simulated carrier cannot be started")?;
        let recorded = Recorded::default();
        tokio::spawn(record(happenings, recorded.clone()));
        let key = crate::cli::create_admin_key(&config, "demo").await?;
        let (stop, words) = mpsc::channel(1);
        let mut product = tokio::spawn(serve::run_until_told(config.clone(), words));
        let client = Client::new(format!("http://{}", config.http.listen), key);
        ready(&client, &mut product).await?;
        Ok(Stage {
            client,
            carrier,
            recorded,
            product,
            stop,
            config,
            folder,
        })
    }

    pub(super) fn carrier_sip(&self) -> SocketAddr {
        self.carrier.address()
    }

    /// What stands where.
    pub(super) fn describe(&self) -> Vec<String> {
        let sip = self
            .config
            .sip
            .listen
            .first()
            .map(|l| l.address.to_string())
            .unwrap_or_default();
        let rtp = &self.config.rtp.ports;
        let mut lines = vec![
            format!(
                "  trunkline   SIP {sip}, RTP {}-{}, HTTP {}",
                rtp.start(),
                rtp.end(),
                self.config.http.listen
            ),
            format!(
                "  carrier     SIP {} (simulated: the caller and three offices)",
                self.carrier.address()
            ),
            format!("  files       {}", self.folder.display()),
        ];
        if tts::engines().iter().all(|engine| engine.path.is_none()) {
            lines.push(
                "  note        neither flite nor espeak-ng is installed: prompts are a tone".to_owned(),
            );
        }
        lines
    }

    /// The recordings of all callers and of the office that answers, once they are there; what there is when `end` comes.
    pub(super) async fn recordings(&self, calls: usize, end: Instant) -> Recorded {
        let complete = || {
            (0..calls).all(|n| self.recorded.last(&cast::caller(n)).is_some())
                && self.recorded.all(cast::OFFICES[0].phone).count() >= calls
        };
        while !complete() && clock() < end {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.recorded.clone()
    }

    /// Ends everything.
    pub(super) async fn close(self) -> anyhow::Result<()> {
        drop(self.stop);
        self.product.await?
    }

    /// Goes on until Ctrl-C, and says how to use what runs.
    pub(super) async fn keep(self, campaign: &str, say: Say<'_>) -> anyhow::Result<()> {
        let base = self.client.base();
        let clock = Clock::system(crate::privacy::random_seed()?);
        past::invent(&self.client, &self.config, campaign, clock.now_ms()).await?;
        let password = past::login(&self.client, LOGIN).await?;
        say("\nStill serving, until Ctrl-C:")?;
        say(&format!("  console           {base}/"))?;
        say(&format!("  login             name {LOGIN}, password {password}"))?;
        say(&format!(
            "  API               {base}/openapi.json tells all that it can"
        ))?;
        say(&format!("  API key (admin)   {}", self.client.key()))?;
        say("  one more call:")?;
        say(&format!(
            "    curl -H 'Authorization: Bearer {}' -d campaignId={campaign} -d userPhone={} {base}/call/create",
            self.client.key(),
            cast::caller(0)
        ))?;
        tokio::signal::ctrl_c().await?;
        say("")?;
        self.close().await
    }
}

impl Recorded {
    /// The latest recording of somebody.
    pub(super) fn last(&self, number: &str) -> Option<Recording> {
        self.all(number).last()
    }

    /// Every recording of somebody, oldest first.
    pub(super) fn all(&self, number: &str) -> impl Iterator<Item = Recording> {
        let recorded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_number: Vec<Recording> = recorded
            .iter()
            .filter(|(n, _)| n.ends_with(number))
            .map(|(_, r)| r.clone())
            .collect();
        of_number.into_iter()
    }
}

async fn record(mut happenings: mpsc::Receiver<Happened>, recorded: Recorded) {
    while let Some(happened) = happenings.recv().await {
        match happened.what {
            What::Ended(recording) => {
                let mut recorded = recorded.0.lock().unwrap_or_else(PoisonError::into_inner);
                recorded.push((happened.number, recording));
            }
            What::Rings(_) | What::Answered | What::Pressed(_) | What::Refused(_) => {}
        }
    }
}

/// Makes the folder, and removes what an earlier demo left there.
fn clear(folder: &Path) -> anyhow::Result<()> {
    let gone = |result: std::io::Result<()>| match result {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    };
    fs::create_dir_all(folder)
        .and_then(|()| {
            FILES
                .iter()
                .try_for_each(|name| gone(fs::remove_file(folder.join(name))))
        })
        .and_then(|()| gone(fs::remove_dir_all(folder.join(DATA))))
        .with_context(|| {
            format!(
                "{} cannot be written: choose another folder with --out",
                folder.display()
            )
        })
}

/// The log goes into a file, so that the story can be read.
fn log_to(path: &Path) -> anyhow::Result<()> {
    let file = fs::File::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
    // A subscriber that is there already (in tests) stays.
    let _ = tracing_subscriber::fmt()
        .with_writer(Mutex::new(file))
        .with_ansi(false)
        .try_init();
    Ok(())
}

/// A configuration as an operator would write it, kept in the folder: `trunkline serve --config` takes it as well.
fn configure(folder: &Path, rtp: RangeInclusive<u16>) -> anyhow::Result<Config> {
    let http = TcpListener::bind((LOOPBACK, 0))
        .and_then(|l| l.local_addr())
        .context("no free port for HTTP")?;
    let sip = UdpSocket::bind((LOOPBACK, 0))
        .and_then(|s| s.local_addr())
        .context("no free port for SIP")?;
    let quoted = |path: PathBuf| toml::Value::String(path.to_string_lossy().into_owned()).to_string();
    let text = format!(
        "[database]\nurl = {}\n\n[http]\nlisten = \"{http}\"\n\n[sip]\nlisten = [\"udp:{sip}\", \"tcp:{sip}\"]\n\n\
         [rtp]\nports = \"{}-{}\"\nlisten_ip = \"{LOOPBACK}\"\n\n[node]\nid = \"demo\"\ndata_dir = {}\n",
        quoted(PathBuf::from(format!(
            "sqlite://{}",
            folder.join("trunkline.db").display()
        ))),
        rtp.start(),
        rtp.end(),
        quoted(folder.join(DATA)),
    );
    let path = folder.join("trunkline.toml");
    fs::write(&path, &text).with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(Config::parse(Some((&path, &text)), [])?)
}

/// Two ranges of ports in a row that nobody seems to use.
fn rtp_ports() -> anyhow::Result<(RangeInclusive<u16>, RangeInclusive<u16>)> {
    let free = |port: u16| UdpSocket::bind((LOOPBACK, port)).is_ok();
    let both = RTP_PORTS + CARRIER_PORTS;
    let first = (FIRST_PORT..=LAST_PORT - both)
        .step_by(usize::from(both))
        .find(|first| (*first..first + both).step_by(97).all(free))
        .with_context(|| format!("no {both} free UDP ports between {FIRST_PORT} and {LAST_PORT}"))?;
    Ok((
        first..=first + RTP_PORTS - 1,
        first + RTP_PORTS..=first + both - 1,
    ))
}

async fn ready(client: &Client, product: &mut JoinHandle<anyhow::Result<()>>) -> anyhow::Result<()> {
    let end = clock() + START;
    loop {
        if product.is_finished() {
            product.await??;
            bail!("trunkline has ended by itself; its log says why");
        }
        match client.text("/readyz").await {
            Ok(_) => return Ok(()),
            Err(error) => ensure!(clock() < end, "trunkline does not get ready: {error:#}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
