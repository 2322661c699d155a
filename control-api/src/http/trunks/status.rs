//! GET /v1/trunks/{id}/status: how a trunk does.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use trunkline_gateway::event::TrunkHealth;
use trunkline_gateway::trunk::registration::Standing;
use trunkline_gateway::trunk::snapshot::{self, Trunk};
use utoipa::ToSchema;

use super::super::extract::{Auth, Id, OPS, READ};
use super::super::problem::{Found as _, Problem};
use crate::runtime::{App, GatewayStatus, TrunkStatus};
use crate::store;

/// Time over which attempts, ASR and delay are counted.
const WINDOW_MS: i64 = 3_600_000;

/// How a trunk does: health, channels and calls per second on this node, figures of the last hour over all nodes.
#[derive(Serialize, ToSchema)]
pub(crate) struct Status {
    id: String,
    name: String,
    /// `up`, `slowed`, `down`, `disabled`, or `unknown` before the gateway has it.
    health: &'static str,
    /// Our registration with the trunk: `none` (not asked for), `asking`, `registered`, `refused`, `silent`, or `other_node`: of many
    /// nodes the first by name registers, and tells.
    registration: &'static str,
    /// The status that refused it.
    registration_status: Option<u16>,
    /// The transport of its requests; with `auto` the one that DNS names.
    transport: Option<String>,
    /// Addresses that its host resolves to.
    addresses: Vec<String>,
    /// Each of them, as calls try them when all are well.
    servers: Vec<Server>,
    /// From OPTIONS to its answer, of the quickest server that is there; null before the first answer.
    round_trip_ms: Option<f64>,
    /// Legs that are up or ringing.
    channels: u32,
    /// Most legs at once; 0 is no limit.
    max_channels: i64,
    /// New legs in the last second.
    cps_now: f64,
    /// New legs a second that are allowed now; null is no limit.
    cps_allowed: Option<f64>,
    /// What a slowed trunk has been found to take: halved when it asks for less (503, 429, a pacing text), then raised step by step; null
    /// when it is not slowed.
    cps_learned: Option<f64>,
    /// It has asked not to be called for so long (Retry-After of a 503), milliseconds; null when it has not.
    paused_ms: Option<f64>,
    /// Legs we dialled in the last hour, at most the last 2,000: what the figures below are of.
    attempts: i64,
    /// Of these, answered.
    answered: i64,
    /// Answer-seizure ratio, 0 to 1; null without attempts.
    asr: Option<f64>,
    /// Mean duration of the answered ones.
    acd_ms: Option<f64>,
    /// Mean post-dial delay.
    pdd_ms: Option<f64>,
    /// RTP packets lost on the way to us, of all, 0 to 1; null when none came.
    loss: Option<f64>,
    /// Mean estimated opinion score, 1 to 4.5.
    mos: Option<f64>,
    /// Of these legs, those on which one side heard nothing.
    one_way_recent: i64,
    /// Legs that were answered and carried no audio to us, since the start of this node; see `retry_one_way` of a campaign.
    one_way: u64,
    /// RTP packets that came from elsewhere than the far ends of its legs, since the start of this node; dropped.
    foreign_packets: u64,
}

/// One of the trunk's servers.
#[derive(Serialize, ToSchema)]
pub(crate) struct Server {
    #[schema(example = "192.0.2.1:5060")]
    address: String,
    /// Of its SRV record: lower is tried first.
    priority: u16,
    /// Of its SRV record: share among equals.
    weight: u16,
    /// `up`; `silent`, when it gave no answer to the last request: it is tried after the others; `down`;
    /// `unknown` before the gateway has it.
    health: &'static str,
    /// From the last OPTIONS to its answer; null before the first answer.
    round_trip_ms: Option<f64>,
}

/// How one trunk does.
#[utoipa::path(
    get,
    path = "/v1/trunks/{id}/status",
    tag = "trunks",
    params(Id),
    responses((status = 200, description = "Its status.", body = Status), Problem),
    security(("key" = ["read"]), ("key" = ["ops"]))
)]
pub(crate) async fn trunk_status(
    _: Auth<{ READ | OPS }>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<Status>, Problem> {
    let row = store::trunks::get(app.db(), &id).await.found("trunk", &id)?;
    status_of(&app, &app.gateway().status(), row).await.map(Json)
}

/// How every trunk does, by name.
pub(crate) async fn statuses(app: &App) -> Result<Vec<Status>, Problem> {
    let gateway = app.gateway().status();
    let mut statuses = Vec::new();
    for row in store::trunks::all(app.db()).await? {
        statuses.push(status_of(app, &gateway, row).await?);
    }
    statuses.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(statuses)
}

async fn status_of(app: &App, gateway: &GatewayStatus, row: store::trunks::Trunk) -> Result<Status, Problem> {
    let id = row.id;
    let since = app.clock().now_ms() - WINDOW_MS;
    let figures = store::cdrs::trunk_figures(app.db(), &id, since).await?;
    let live = gateway.trunks.iter().find(|t| t.id.to_string() == id);
    let snapshot = app.snapshot();
    let known = snapshot.trunks.iter().find(|t| t.id.to_string() == id);
    let servers = known.map(|t| servers(t, live)).unwrap_or_default();
    let registers_here = known.is_none_or(|t| t.register);
    let standing = live.map_or(Standing::Off, |t| t.registration);
    Ok(Status {
        name: row.name,
        health: health(row.enabled, live.map(|t| t.health)),
        registration: match standing {
            Standing::Off if row.enabled && row.register && !registers_here => "other_node",
            Standing::Off | Standing::Asking | Standing::Held | Standing::Failed(_) => registration(standing),
        },
        registration_status: match standing {
            Standing::Failed(status) => status,
            Standing::Off | Standing::Asking | Standing::Held => None,
        },
        transport: known.map(|t| store::word(&t.transport)),
        addresses: servers.iter().map(|s| s.address.clone()).collect(),
        servers,
        round_trip_ms: live.and_then(TrunkStatus::round_trip).map(milliseconds),
        channels: live.map_or(0, |t| t.channels),
        max_channels: row.max_channels,
        cps_now: live.map_or(0.0, |t| thousandth(t.cps_now_milli)),
        cps_allowed: live.and_then(|t| t.cps_allowed_milli).map(thousandth),
        cps_learned: live.and_then(|t| t.cps_learned_milli).map(thousandth),
        paused_ms: live.and_then(|t| t.paused).map(milliseconds),
        attempts: figures.attempts,
        answered: figures.answered,
        asr: ratio(figures.answered, figures.attempts),
        acd_ms: figures.acd_ms,
        pdd_ms: figures.pdd_ms,
        loss: ratio(figures.lost, figures.lost + figures.packets),
        mos: figures.mos,
        one_way_recent: figures.one_way,
        one_way: live.map_or(0, |t| t.counts.one_way),
        foreign_packets: live.map_or(0, |t| t.counts.foreign_packets),
        id,
    })
}

fn servers(trunk: &Trunk, live: Option<&TrunkStatus>) -> Vec<Server> {
    let seen = |address| {
        let mut servers = live?.servers.iter();
        servers.find(|(at, _)| *at == address).map(|(_, seen)| *seen)
    };
    let one = |server: &snapshot::Server, address: SocketAddr| Server {
        address: address.to_string(),
        priority: server.priority,
        weight: server.weight,
        health: match seen(address) {
            None => "unknown",
            Some(seen) if seen.is_down() => "down",
            Some(seen) if seen.is_silent() => "silent",
            Some(_) => "up",
        },
        round_trip_ms: seen(address).and_then(|seen| seen.round_trip).map(milliseconds),
    };
    let all = trunk.servers.iter();
    all.flat_map(|server| server.addresses.iter().map(move |address| one(server, *address)))
        .collect()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn health(enabled: bool, health: Option<TrunkHealth>) -> &'static str {
    match (enabled, health) {
        (false, _) => "disabled",
        (true, None) => "unknown",
        (true, Some(TrunkHealth::Up)) => "up",
        (true, Some(TrunkHealth::Slowed)) => "slowed",
        (true, Some(TrunkHealth::Down)) => "down",
    }
}

fn registration(standing: Standing) -> &'static str {
    match standing {
        Standing::Off => "none",
        Standing::Asking => "asking",
        Standing::Held => "registered",
        Standing::Failed(Some(_)) => "refused",
        Standing::Failed(None) => "silent",
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate far below 2^53")]
fn thousandth(milli: u64) -> f64 {
    milli as f64 / 1_000.0
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
fn ratio(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
