//! What is counted while the program runs, and what is looked up when somebody asks (OpenMetrics text, as Prometheus reads it).

mod moment;
mod names;

use std::fmt;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};
use trunkline_gateway::cdr::Cdr;
use trunkline_gateway::event::{Event, EventKind};
use trunkline_gateway::flow::{CallStatus, Outcome, SessionStatus};
use trunkline_gateway::trunk::snapshot::Snapshot;
use trunkline_prompts::tts as speech;

use crate::store::word;
pub use moment::Moment;
use names::{Name, PREFIX};

/// Everything that is counted. Cheap to clone; every clone counts the same.
#[derive(Clone)]
pub struct Metrics {
    legs: Family<LegLabels, Count>,
    answered: Family<SideLabels, Count>,
    pdd: ByTrunk,
    setup: ByTrunk,
    duration: ByTrunk,
    rtp_received: Family<TrunkLabels, Count>,
    rtp_lost: Family<TrunkLabels, Count>,
    jitter: ByTrunk,
    mos: ByTrunk,
    one_way: Family<TrunkLabels, Count>,
    calls: Family<CallLabels, Count>,
    sessions: Family<StatusLabels, Count>,
    requests: Family<RequestLabels, Count>,
    request_time: Family<RouteLabels, Histogram, fn() -> Histogram>,
    speech: Family<SpeechLabels, Count>,
    speech_time: Family<EngineLabels, Histogram, fn() -> Histogram>,
}

type Count = Counter<u64, AtomicU64>;
type ByTrunk = Family<TrunkLabels, Histogram, fn() -> Histogram>;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TrunkLabels {
    trunk: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SideLabels {
    trunk: String,
    side: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LegLabels {
    trunk: String,
    side: String,
    direction: String,
    ended_by: String,
    sip_status: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    status: String,
    outcome: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StatusLabels {
    status: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    route: String,
    status: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SpeechLabels {
    engine: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EngineLabels {
    engine: &'static str,
}

/// Name of a trunk that was deleted while its leg was up.
const GONE: &str = "deleted";

/// Bounds of delays, seconds.
const DELAYS: [f64; 10] = [0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
/// Bounds of durations, seconds.
const DURATIONS: [f64; 9] = [5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0];
/// Bounds of jitter, seconds.
const JITTERS: [f64; 7] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1];
/// Bounds of mean opinion scores.
const SCORES: [f64; 6] = [2.0, 3.0, 3.5, 4.0, 4.2, 4.4];
/// Bounds of answers over HTTP, seconds.
const ANSWERS: [f64; 8] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0];

impl Default for Metrics {
    fn default() -> Metrics {
        let delays = || Histogram::new(DELAYS);
        Metrics {
            legs: Family::default(),
            answered: Family::default(),
            pdd: Family::new_with_constructor(delays),
            setup: Family::new_with_constructor(delays),
            duration: Family::new_with_constructor(|| Histogram::new(DURATIONS)),
            rtp_received: Family::default(),
            rtp_lost: Family::default(),
            jitter: Family::new_with_constructor(|| Histogram::new(JITTERS)),
            mos: Family::new_with_constructor(|| Histogram::new(SCORES)),
            one_way: Family::default(),
            calls: Family::default(),
            sessions: Family::default(),
            requests: Family::default(),
            request_time: Family::new_with_constructor(|| Histogram::new(ANSWERS)),
            speech: Family::default(),
            speech_time: Family::new_with_constructor(delays),
        }
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics(…)")
    }
}

impl Metrics {
    /// Counts what an event says. The snapshot gives a trunk its name.
    pub fn note(&self, event: &Event, snapshot: &Snapshot) {
        match &event.kind {
            EventKind::Cdr(cdr) => {
                let trunk = snapshot.trunks.iter().find(|t| t.id == cdr.trunk);
                self.leg_ended(trunk.map_or(GONE, |t| &t.name), cdr);
            }
            EventKind::CallEnded { status, outcome, .. } => self.call_ended(*status, *outcome),
            EventKind::SessionEnded { status, .. } => self.session_ended(*status),
            EventKind::Incoming { .. }
            | EventKind::SessionStep { .. }
            | EventKind::CallStarted { .. }
            | EventKind::TargetSkipped { .. }
            | EventKind::Leg { .. }
            | EventKind::Digit { .. }
            | EventKind::Playing { .. }
            | EventKind::Locate { .. }
            | EventKind::Subscribe { .. }
            | EventKind::Trace(_)
            | EventKind::Trunk { .. }
            | EventKind::Drained => {}
        }
    }

    /// A leg has ended. `trunk` is the trunk's name.
    pub fn leg_ended(&self, trunk: &str, cdr: &Cdr) {
        let trunk_only = TrunkLabels {
            trunk: trunk.to_owned(),
        };
        let side = word(&cdr.side);
        self.legs
            .get_or_create(&LegLabels {
                trunk: trunk.to_owned(),
                side: side.clone(),
                direction: word(&cdr.direction),
                ended_by: word(&cdr.ended_by),
                sip_status: cdr.sip_status.unwrap_or(0).into(),
            })
            .inc();
        if let Some(pdd) = cdr.pdd_ms {
            self.pdd.get_or_create(&trunk_only).observe(seconds(pdd));
        }
        if let Some(answered_at) = cdr.answered_at {
            let labels = SideLabels {
                trunk: trunk.to_owned(),
                side,
            };
            self.answered.get_or_create(&labels).inc();
            self.setup
                .get_or_create(&trunk_only)
                .observe(seconds(answered_at - cdr.created_at));
            self.duration
                .get_or_create(&trunk_only)
                .observe(seconds(cdr.billable_ms));
        }
        self.rtp_received
            .get_or_create(&trunk_only)
            .inc_by(cdr.rtp_rx_packets);
        self.rtp_lost.get_or_create(&trunk_only).inc_by(cdr.rtp_lost);
        if let Some(mos) = cdr.mos {
            self.mos.get_or_create(&trunk_only).observe(mos);
            self.jitter
                .get_or_create(&trunk_only)
                .observe(cdr.jitter_ms / 1_000.0);
        }
        if cdr.one_way {
            self.one_way.get_or_create(&trunk_only).inc();
        }
    }

    /// A call to a target has ended.
    pub fn call_ended(&self, status: CallStatus, outcome: Outcome) {
        let labels = CallLabels {
            status: word(&status),
            outcome: word(&outcome),
        };
        self.calls.get_or_create(&labels).inc();
    }

    /// A session has ended.
    pub fn session_ended(&self, status: SessionStatus) {
        let labels = StatusLabels {
            status: word(&status),
        };
        self.sessions.get_or_create(&labels).inc();
    }

    /// An HTTP request was answered. `route` is the route's pattern, never the path itself.
    pub fn request(&self, method: &str, route: &str, status: u16, took: std::time::Duration) {
        let labels = RequestLabels {
            method: method.to_owned(),
            route: route.to_owned(),
            status: status.into(),
        };
        self.requests.get_or_create(&labels).inc();
        let labels = RouteLabels {
            route: route.to_owned(),
        };
        self.request_time
            .get_or_create(&labels)
            .observe(took.as_secs_f64());
    }

    /// A speech engine was asked; one that was left alone, or had spoken the same before, took no time.
    pub fn spoke(&self, engine: &'static str, outcome: speech::Outcome, took: std::time::Duration) {
        let labels = SpeechLabels {
            engine,
            outcome: outcome.as_str(),
        };
        self.speech.get_or_create(&labels).inc();
        if !matches!(outcome, speech::Outcome::Kept | speech::Outcome::LeftAlone) {
            let labels = EngineLabels { engine };
            self.speech_time
                .get_or_create(&labels)
                .observe(took.as_secs_f64());
        }
    }

    /// Everything counted so far, and the figures of this moment, as OpenMetrics text.
    pub fn text(&self, moment: &Moment) -> String {
        let mut registry = Registry::with_prefix(PREFIX);
        self.register(&mut registry);
        moment.register(&mut registry);
        let mut out = String::new();
        // Writing into a String cannot fail.
        let _ = text::encode(&mut out, &registry);
        out
    }

    fn register(&self, registry: &mut Registry) {
        put(registry, names::LEGS, &self.legs);
        put(registry, names::LEGS_ANSWERED, &self.answered);
        put(registry, names::PDD, &self.pdd);
        put(registry, names::SETUP, &self.setup);
        put(registry, names::DURATION, &self.duration);
        put(registry, names::RTP_RECEIVED, &self.rtp_received);
        put(registry, names::RTP_LOST, &self.rtp_lost);
        put(registry, names::JITTER, &self.jitter);
        put(registry, names::MOS, &self.mos);
        put(registry, names::ONE_WAY, &self.one_way);
        put(registry, names::CALLS, &self.calls);
        put(registry, names::SESSIONS, &self.sessions);
        put(registry, names::REQUESTS, &self.requests);
        put(registry, names::REQUEST_TIME, &self.request_time);
        put(registry, names::SPEECH, &self.speech);
        put(registry, names::SPEECH_TIME, &self.speech_time);
    }
}

fn put(registry: &mut Registry, (name, help): Name, metric: &(impl Metric + Clone)) {
    registry.register(name, help, metric.clone());
}

#[expect(clippy::cast_precision_loss, reason = "durations far below 2^53 milliseconds")]
fn seconds(ms: i64) -> f64 {
    ms.max(0) as f64 / 1_000.0
}

#[cfg(test)]
mod tests;
