//! Figures of one moment: looked up when `/metrics` is asked for, not counted.

use std::sync::atomic::{AtomicI64, AtomicU64};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use trunkline_gateway::event::TrunkHealth;

use super::names::{self, Name};
use super::{TrunkLabels, put};
use crate::runtime::App;
use crate::store::sessions::queue_length;

/// How it stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moment {
    sessions: i64,
    legs: i64,
    ports_free: i64,
    ports_used: i64,
    transactions: i64,
    sip_messages: (u64, u64),
    rejected: Vec<(&'static str, u64)>,
    holding: bool,
    draining: bool,
    database_up: bool,
    queue: Option<(i64, f64)>,
    trunks: Vec<Trunk>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WayLabels {
    way: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabels {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq)]
struct Trunk {
    name: String,
    health: Option<TrunkHealth>,
    round_trip: Option<f64>,
    servers_up: i64,
    channels: i64,
    channels_limit: i64,
    cps: f64,
    cps_allowed: Option<f64>,
    cps_learned: Option<f64>,
    foreign_packets: u64,
}

impl Moment {
    /// Looks. A database that does not answer leaves its figures out.
    pub async fn look(app: &App) -> Moment {
        let status = app.gateway().status();
        let now = app.clock().now_ms();
        let queue = queue_length(app.db()).await.ok();
        let snapshot = app.snapshot();
        let trunks = snapshot.trunks.iter().map(|trunk| {
            let live = status.trunks.iter().find(|t| t.id == trunk.id);
            Trunk {
                name: trunk.name.clone(),
                health: live.map(|t| t.health),
                round_trip: live.and_then(|t| t.round_trip()).map(|t| t.as_secs_f64()),
                servers_up: live.map_or(0, |t| {
                    count(t.servers.iter().filter(|(_, s)| !s.is_down()).count())
                }),
                channels: live.map_or(0, |t| i64::from(t.channels)),
                channels_limit: i64::from(trunk.max_channels),
                cps: live.map_or(0.0, |t| thousandth(t.cps_now_milli)),
                cps_allowed: live.and_then(|t| t.cps_allowed_milli).map(thousandth),
                cps_learned: live.and_then(|t| t.cps_learned_milli).map(thousandth),
                foreign_packets: live.map_or(0, |t| t.counts.foreign_packets),
            }
        });
        Moment {
            sessions: count(status.sessions),
            legs: count(status.legs),
            ports_free: count(status.ports_free),
            ports_used: count(status.ports_in_use),
            transactions: count(status.transactions),
            sip_messages: status.sip_messages,
            rejected: status.rejected.into_iter().collect(),
            holding: status.holding,
            draining: status.draining,
            database_up: queue.is_some(),
            queue: queue
                .map(|(depth, since)| (depth, since.map_or(0.0, |since| super::seconds(now - since)))),
            trunks: trunks.collect(),
        }
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        for (name, value) in [
            (names::SESSIONS_ACTIVE, self.sessions),
            (names::LEGS_ACTIVE, self.legs),
            (names::PORTS_FREE, self.ports_free),
            (names::PORTS_USED, self.ports_used),
            (names::TRANSACTIONS, self.transactions),
            (names::HOLDING, i64::from(self.holding)),
            (names::DRAINING, i64::from(self.draining)),
            (names::DATABASE_UP, i64::from(self.database_up)),
        ] {
            whole(registry, name, value);
        }
        if let Some((depth, age)) = self.queue {
            whole(registry, names::QUEUE_DEPTH, depth);
            let gauge: Gauge<f64, AtomicU64> = Gauge::default();
            gauge.set(age);
            put(registry, names::QUEUE_AGE, &gauge);
        }
        self.counted(registry);
        self.by_trunk(registry, names::TRUNK_UP, |t| {
            t.health.map(|h| flag(h != TrunkHealth::Down))
        });
        self.by_trunk(registry, names::TRUNK_ROUND_TRIP, |t| t.round_trip);
        self.by_trunk(registry, names::TRUNK_SERVERS_UP, |t| Some(float(t.servers_up)));
        self.by_trunk(registry, names::TRUNK_SLOWED, |t| {
            t.health.map(|h| flag(h == TrunkHealth::Slowed))
        });
        self.by_trunk(registry, names::TRUNK_CHANNELS, |t| Some(float(t.channels)));
        self.by_trunk(registry, names::TRUNK_CHANNELS_LIMIT, |t| {
            Some(float(t.channels_limit))
        });
        self.by_trunk(registry, names::TRUNK_CPS, |t| Some(t.cps));
        self.by_trunk(registry, names::TRUNK_CPS_ALLOWED, |t| t.cps_allowed);
        self.by_trunk(registry, names::TRUNK_CPS_LEARNED, |t| t.cps_learned);
    }

    /// Counted by the gateway itself, so that nothing is lost between two looks.
    fn counted(&self, registry: &mut Registry) {
        let messages: Family<WayLabels, Counter> = Family::default();
        for (way, count) in [("received", self.sip_messages.0), ("sent", self.sip_messages.1)] {
            messages.get_or_create(&WayLabels { way }).inc_by(count);
        }
        put(registry, names::SIP_MESSAGES, &messages);
        let rejected: Family<ReasonLabels, Counter> = Family::default();
        for &(reason, count) in &self.rejected {
            rejected.get_or_create(&ReasonLabels { reason }).inc_by(count);
        }
        put(registry, names::SIP_REJECTED, &rejected);
        let foreign: Family<TrunkLabels, Counter> = Family::default();
        for trunk in &self.trunks {
            let labels = TrunkLabels {
                trunk: trunk.name.clone(),
            };
            foreign.get_or_create(&labels).inc_by(trunk.foreign_packets);
        }
        put(registry, names::RTP_FOREIGN, &foreign);
    }

    fn by_trunk(&self, registry: &mut Registry, name: Name, value: impl Fn(&Trunk) -> Option<f64>) {
        let family: Family<TrunkLabels, Gauge<f64, AtomicU64>> = Family::default();
        for trunk in &self.trunks {
            if let Some(value) = value(trunk) {
                let labels = TrunkLabels {
                    trunk: trunk.name.clone(),
                };
                family.get_or_create(&labels).set(value);
            }
        }
        put(registry, name, &family);
    }
}

fn whole(registry: &mut Registry, name: Name, value: i64) {
    let gauge: Gauge<i64, AtomicI64> = Gauge::default();
    gauge.set(value);
    put(registry, name, &gauge);
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn flag(on: bool) -> f64 {
    if on { 1.0 } else { 0.0 }
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
fn float(n: i64) -> f64 {
    n as f64
}

#[expect(clippy::cast_precision_loss, reason = "rates far below 2^53")]
fn thousandth(milli: u64) -> f64 {
    milli as f64 / 1_000.0
}
