//! What every part of the running program shares: the database, the clock, the gateway, the script, the live events.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use arc_swap::ArcSwap;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tokio::sync::Notify;
use trunkline_gateway::flow::SessionStatus;
use trunkline_gateway::trunk::snapshot::Snapshot;

use super::gateway::Gateway;
use super::hub::Hub;
use super::names::Names;
use crate::audio_store::AudioStore;
use crate::campaign::Script;
use crate::clock::Clock;
use crate::config::Config;
use crate::follow::Streams;
use crate::metrics::Metrics;
use crate::outbound::Outbound;
use crate::privacy::{self, Keys};
use crate::speech::{Watcher, speech};
use crate::store::events::{self, Event};
use crate::store::{self, Db, sessions, word};

/// The running program. Cheap to clone; every clone is the same program.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    parts: Parts,
    hub: Hub,
    metrics: Metrics,
    snapshot: ArcSwap<Snapshot>,
    wake: Wake,
    outbound: Outbound,
    names: Names,
    counting: AtomicBool,
    follows: Streams,
    rng: Mutex<ChaCha8Rng>,
}

/// What an [`App`] is made of.
pub struct Parts {
    /// The database.
    pub db: Db,
    /// Keys for phone numbers.
    pub keys: Keys,
    /// Time and ids.
    pub clock: Clock,
    /// The gateway.
    pub gateway: Arc<dyn Gateway>,
    /// The configuration.
    pub config: Arc<Config>,
    /// Recordings and spoken texts.
    pub script: Script,
    /// Seeds the order of shuffled lists and the choice of numbers.
    pub seed: u64,
}

/// Bells that are rung when something was changed, so that nobody waits for the next look.
#[derive(Debug, Default)]
pub struct Wake {
    /// A session was queued, cancelled or ended, or a campaign changed its status.
    pub queue: Notify,
    /// Trunks, routes or numbers changed.
    pub trunks: Notify,
}

/// `[node] data_dir`, made where it is not there.
pub(crate) fn data_folder(config: &Config) -> anyhow::Result<&Path> {
    let data = &config.node.data_dir;
    std::fs::create_dir_all(data).with_context(|| {
        format!(
            "the data folder {} cannot be made; check [node] data_dir",
            data.display()
        )
    })?;
    Ok(data)
}

impl App {
    /// For a command that runs beside the program, or before it: the database and the keys as they are, and this gateway.
    pub async fn open(config: Config, gateway: Arc<dyn Gateway>) -> anyhow::Result<App> {
        data_folder(&config)?;
        let db = Db::open(&config.database.url).await?;
        let keys = privacy::load_or_create(&config.privacy.key_file)?;
        let seed = privacy::random_seed()?;
        let speech = speech(&config.tts, None);
        Ok(App::new(Parts {
            db,
            keys,
            clock: Clock::system(seed),
            gateway,
            script: Script::new(AudioStore::open(&config)?, Box::new(speech)),
            config: Arc::new(config),
            seed,
        }))
    }

    /// Puts it together, with an empty snapshot.
    pub fn new(parts: Parts) -> App {
        let rng = Mutex::new(ChaCha8Rng::seed_from_u64(parts.seed));
        let outbound = Outbound::new(&parts.config.outbound.allow);
        let names = Names::new(&parts.config.sip.name_servers);
        let metrics = Metrics::default();
        parts.script.watch(Arc::new(Watcher {
            clock: parts.clock.clone(),
            metrics: metrics.clone(),
        }));
        App(Arc::new(Inner {
            parts,
            hub: Hub::default(),
            metrics,
            snapshot: ArcSwap::default(),
            wake: Wake::default(),
            outbound,
            names,
            counting: AtomicBool::new(false),
            follows: Streams::default(),
            rng,
        }))
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.0.parts.db
    }

    /// Keys for phone numbers and passwords.
    pub fn keys(&self) -> &Keys {
        &self.0.parts.keys
    }

    /// Time and ids.
    pub fn clock(&self) -> &Clock {
        &self.0.parts.clock
    }

    /// What is told of the end of a session, to be written with it and then published.
    pub(crate) fn session_ended(&self, session: &str, status: SessionStatus, step: &str, at: i64) -> Event {
        let id = self.clock().new_id().to_string();
        events::session_ended(id, at, session, &word(&status), step)
    }

    /// Takes a session out of the queue and tells of it; `false` when it is not there any more.
    pub(crate) async fn cancel_queued(&self, session: &str, step: &str) -> store::Result<bool> {
        let now = self.clock().now_ms();
        let told = self.session_ended(session, SessionStatus::Canceled, step, now);
        let cancelled = sessions::cancel_queued(self.db(), session, now, Some(&told)).await?;
        if cancelled {
            self.hub().publish(told);
        }
        Ok(cancelled)
    }

    /// The gateway.
    pub fn gateway(&self) -> &dyn Gateway {
        &*self.0.parts.gateway
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.0.parts.config
    }

    /// Recordings and spoken texts.
    pub fn script(&self) -> &Script {
        &self.0.parts.script
    }

    /// This node's id.
    pub fn node(&self) -> &str {
        &self.0.parts.config.node.id
    }

    /// Live events.
    pub fn hub(&self) -> &Hub {
        &self.0.hub
    }

    /// What is counted for `/metrics`.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// The trunks, routes and numbers that the gateway has now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.0.snapshot.load_full()
    }

    /// Keeps what the gateway was given.
    pub fn set_snapshot(&self, snapshot: Arc<Snapshot>) {
        self.0.snapshot.store(snapshot);
    }

    /// Whether history is being counted anew: statistics lack calls until that is done.
    pub fn is_counting(&self) -> bool {
        self.0.counting.load(Ordering::SeqCst)
    }

    /// Says whether it is.
    pub(crate) fn set_counting(&self, counting: bool) {
        self.0.counting.store(counting, Ordering::SeqCst);
    }

    /// Pages that follow their sessions.
    pub(crate) fn follows(&self) -> &Streams {
        &self.0.follows
    }

    /// The bells.
    pub fn wake(&self) -> &Wake {
        &self.0.wake
    }

    /// HTTP to addresses that others wrote down.
    pub fn outbound(&self) -> &Outbound {
        &self.0.outbound
    }

    /// What asks name servers.
    pub(super) fn names(&self) -> &Names {
        &self.0.names
    }

    /// A generator of its own for one task, seeded from the program's.
    pub fn rng(&self) -> ChaCha8Rng {
        let mut rng = self.0.rng.lock().unwrap_or_else(PoisonError::into_inner);
        ChaCha8Rng::from_rng(&mut *rng)
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "App({})", self.node())
    }
}
