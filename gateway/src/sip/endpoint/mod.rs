//! The root of the SIP core: messages and time in, messages, events and the next timeout out. It owns every transaction,
//! dialog and call, and no socket and no clock. Whoever calls it lets in only what comes from a trunk's addresses.
//!
//! ```text
//! handle_input ─► Message ─► transaction ─► call ─┐
//! dial, answer, close, … ────────────────► call ──┴─► poll_output: Transmit | Event | Timeout
//! ```

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::api::{Close, Dial, DialogSnapshot, Input, Output, Path};
use crate::ids::LegId;

/// Most calls held at once, ringing and closing ones included. Further INVITEs are answered 503.
pub const MAX_CALLS: usize = 20_000;
/// Most transactions held at once; a request beyond is answered 503 and forgotten.
pub const MAX_TRANSACTIONS: usize = 200_000;

/// What an endpoint is told once.
#[derive(Clone, Debug)]
pub struct EndpointConfig {
    /// Our address as the far end shall see it in Via and Contact; the path's local address when `None`.
    pub advertised: Option<IpAddr>,
    /// Put into User-Agent and Server.
    pub product: String,
    /// Most calls at once, at most [`MAX_CALLS`].
    pub max_calls: usize,
    /// Most transactions at once, at most [`MAX_TRANSACTIONS`].
    pub max_transactions: usize,
    /// An INVITE without any response for this long has failed: `Failure::NoTrying` (DESIGN.md 3, rule 9).
    pub no_trying: Duration,
    /// An INVITE without a final response for this long is cancelled: `Failure::Timeout`.
    pub ring_limit: Duration,
    /// What a far end that we refuse for overload or draining is told to wait (Retry-After).
    pub retry_after: Duration,
}

impl Default for EndpointConfig {
    fn default() -> EndpointConfig {
        EndpointConfig {
            advertised: None,
            product: concat!("Trunkline/", env!("CARGO_PKG_VERSION")).into(),
            max_calls: MAX_CALLS,
            max_transactions: MAX_TRANSACTIONS,
            no_trying: Duration::from_secs(2),
            ring_limit: Duration::from_secs(180),
            retry_after: Duration::from_secs(5),
        }
    }
}

/// The tables are full: try later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the SIP endpoint holds as many calls as it can")]
pub struct Full;

/// All of our SIP.
pub struct Endpoint {
    config: EndpointConfig,
    rng: ChaCha8Rng,
    outputs: VecDeque<Output>,
    draining: bool,
}

impl Endpoint {
    /// An endpoint without calls. Tags, branches, Call-IDs and leg ids come from `seed`.
    pub fn new(config: EndpointConfig, seed: u64) -> Endpoint {
        Endpoint {
            config,
            rng: ChaCha8Rng::seed_from_u64(seed),
            outputs: VecDeque::new(),
            draining: false,
        }
    }

    /// Takes a message, a failure of the transport, or the time.
    pub fn handle_input(&mut self, _now: Instant, _input: Input) {}

    /// What is to be done next; `Output::Timeout` when there is nothing more for now.
    pub fn poll_output(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or(Output::Timeout(None))
    }

    /// Sends an INVITE. Returns its Call-ID at once, so that the caller can write it down before it drains the INVITE
    /// from `poll_output`.
    pub fn dial(&mut self, _now: Instant, _dial: Dial) -> Result<String, Full> {
        Err(Full)
    }

    /// Answers an inbound INVITE 1xx, with early media when `sdp` is given. Like every verb it does nothing when the leg
    /// is gone or not in that state: the event that says so is already on its way.
    pub fn progress(&mut self, _now: Instant, _leg: LegId, _status: u16, _sdp: Option<Bytes>) {}

    /// Answers an inbound INVITE 200 with our answer, or our offer when the INVITE had none.
    pub fn answer(&mut self, _now: Instant, _leg: LegId, _sdp: Bytes) {}

    /// Answers an inbound INVITE 300 to 699. No `Ended` follows: the leg is gone.
    pub fn reject(&mut self, _now: Instant, _leg: LegId, _status: u16, _retry_after: Option<Duration>) {}

    /// Offers new media in a confirmed dialog (re-INVITE); `Event::Modified` tells the answer.
    pub fn modify(&mut self, _now: Instant, _leg: LegId, _sdp: Bytes) {}

    /// Answers `Event::Modify` 200.
    pub fn accept_modify(&mut self, _now: Instant, _leg: LegId, _sdp: Bytes) {}

    /// Answers `Event::Modify` with a failure (488).
    pub fn refuse_modify(&mut self, _now: Instant, _leg: LegId, _status: u16) {}

    /// Ends a leg by CANCEL, BYE or 480, whatever its state asks for. `Failed(Canceled)` or `Ended(Closed)` follows.
    pub fn close(&mut self, _now: Instant, _leg: LegId, _close: Close) {}

    /// Sends OPTIONS to `uri`; `Event::Pong` with `token` follows.
    pub fn options(&mut self, _now: Instant, _token: u64, _path: Path, _uri: &str) {}

    /// While draining, OPTIONS and new INVITEs are answered 503.
    pub fn set_draining(&mut self, draining: bool) {
        self.draining = draining;
    }

    /// Sends BYE in a dialog that a dead process has left behind, from `local`; nothing is reported.
    pub fn hang_up_orphan(&mut self, _now: Instant, _local: std::net::SocketAddr, _dialog: &DialogSnapshot) {}

    /// Calls held now, in whatever state.
    pub fn calls(&self) -> usize {
        0
    }

    /// Transactions held now.
    pub fn transactions(&self) -> usize {
        0
    }
}
