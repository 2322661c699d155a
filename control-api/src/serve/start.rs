//! Everything opened and put together, in the order that makes a failure one clear line and leaves nothing half started.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use trunkline_gateway::core::GatewayConfig;
use trunkline_gateway::event::Event;
use trunkline_gateway::io::{self, IoConfig, MAX_EVENTS};
use trunkline_gateway::sip::endpoint::EndpointConfig;

use crate::audio_store::AudioStore;
use crate::campaign::Script;
use crate::clock::Clock;
use crate::config::Config;
use crate::dispatch::{Dispatch, redial};
use crate::privacy::{self, Keys};
use crate::runtime::{App, Parts, data_folder, snapshot};
use crate::speech::speech;
use crate::store::{Db, sessions, stats};

/// Folders within `[node] data_dir`.
const JOURNAL: &str = "journal";
const SPEECH: &str = "speech";

/// What runs.
pub(super) struct Started {
    pub(super) app: App,
    pub(super) dispatch: Dispatch,
    pub(super) gateway_events: mpsc::Receiver<Event>,
    pub(super) http: TcpListener,
    pub(super) started_at: i64,
}

pub(super) async fn start(config: Config) -> anyhow::Result<Started> {
    let data = data_folder(&config)?;
    let db = Db::open(&config.database.url).await?;
    let keys = privacy::load_or_create(&config.privacy.key_file)?;
    let seed = privacy::random_seed()?;
    let clock = Clock::system(seed);
    let started_at = clock.now_ms();
    let http = TcpListener::bind(config.http.listen).await.with_context(|| {
        format!(
            "HTTP cannot listen on {}; free the port or change [http] listen",
            config.http.listen
        )
    })?;
    let script = Script::new(
        AudioStore::open(&config)?,
        Box::new(speech(&config.tts, Some(data.join(SPEECH)))),
    );
    let (gateway, gateway_events) = io::start(io_config(&config, &keys), Arc::default()).await?;
    // Before anything is claimed or dialled: sessions that a dead self had on the line are over. Not before ports and journal are ours,
    // or a second process started by mistake would close what the first one has on the line.
    let lost = sessions::close_lost(&db, &config.node.id, started_at, &|| clock.new_id().to_string()).await?;
    if !lost.is_empty() {
        tracing::warn!(sessions = lost.len(), "sessions of an earlier life are closed");
    }
    let uncounted = stats::is_behind(&db).await?;
    tracing::info!(sip = ?gateway.sip_addresses(), "SIP listens");
    let app = App::new(Parts {
        db,
        keys,
        clock,
        gateway: Arc::new(gateway),
        config: Arc::new(config),
        script,
        seed,
    });
    app.set_counting(uncounted);
    snapshot::reload(&app).await?;
    tell(&app, &lost);
    redial(&app, &lost).await;
    Ok(Started {
        dispatch: Dispatch::new(app.clone()),
        app,
        gateway_events,
        http,
        started_at,
    })
}

/// Dashboards hear of sessions that recovery closed; the database has it already.
pub(super) fn tell(app: &App, lost: &[sessions::Lost]) {
    for event in lost.iter().flat_map(|lost| &lost.told) {
        app.hub().publish(event.clone());
    }
}

/// Serves until it is told to stop.
pub(super) async fn serve_http(listener: TcpListener, app: App, mut stop: watch::Receiver<bool>) {
    let pages = crate::console::routes(&app);
    let router = crate::http::with_pages(app, pages).into_make_service_with_connect_info::<SocketAddr>();
    let stopped = async move {
        // The sender goes with the program.
        let _ = stop.wait_for(|stop| *stop).await;
    };
    if let Err(error) = axum::serve(listener, router)
        .with_graceful_shutdown(stopped)
        .await
    {
        tracing::error!(%error, "HTTP has ended");
    }
}

/// The gateway as the configuration has it.
pub(crate) fn io_config(config: &Config, keys: &Keys) -> IoConfig {
    IoConfig {
        gateway: GatewayConfig {
            node: config.node.id.clone(),
            endpoint: EndpointConfig {
                advertised: config.sip.external_ip,
                ..EndpointConfig::default()
            },
            rtp_bind: config.rtp.listen_ip,
            rtp_external: config.rtp.external_ip,
            rtp_ports: config.rtp.ports.clone(),
            ..GatewayConfig::default()
        },
        sip_listen: config
            .sip
            .listen
            .iter()
            .map(|l| (l.transport, l.address))
            .collect(),
        tls: config.sip.tls.clone(),
        media_threads: config.rtp.threads,
        max_events: MAX_EVENTS,
        journal: config.node.data_dir.join(JOURNAL),
        seal: Arc::new(keys.clone()),
    }
}
