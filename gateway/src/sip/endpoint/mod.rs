//! The root of the SIP core: messages and time in, messages, events and the next timeout out. It owns every transaction,
//! dialog and call, and no socket and no clock. Whoever calls it lets in only what comes from a trunk's addresses.
//!
//! ```text
//! handle_input ─► Message ─► transaction ─► call ─┐
//! dial, answer, close, … ────────────────► call ──┴─► poll_output: Transmit | Event | Timeout
//! ```

mod calls;
mod clients;
mod early;
mod established;
mod inbound;
mod info;
mod outbound;
mod outside;
mod read;
mod receive;
mod registers;
mod reliable;
mod requests;
mod responses;
mod servers;
mod session_timer;
mod timeouts;
mod within;
mod write;

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use self::calls::Calls;
use self::clients::{Clients, Heard};
use self::established::Hand;
use self::inbound::Word;
use self::registers::Binding;
use self::servers::Servers;
use self::timeouts::Timeouts;
use super::api::{Close, Dial, DialogSnapshot, Event, Input, Manners, Output, Path, Register, Registered};
use super::call::{Call, established as usage, inbound as invite};
use super::dialog::Dialog;
use super::header::Value;
use super::message::Message;
use crate::ids::LegId;

pub(crate) use self::clients::ClientKey;
pub(crate) use self::servers::ServerId;
pub(crate) use self::timeouts::Slot;

/// Most calls held at once, ringing and closing ones included. Further INVITEs are answered 503.
pub const MAX_CALLS: usize = 20_000;
/// Most transactions held at once; a request beyond is answered 503 and forgotten.
pub const MAX_TRANSACTIONS: usize = 200_000;

/// The BYE of an orphan skips the numbers that its process may have used after the snapshot.
const ORPHAN_CSEQ_GAP: u32 = 1000;

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

/// Why an order was not dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDialled {
    /// The tables are full: try later.
    #[error("the SIP endpoint holds as many calls as it can")]
    Full,
    /// A URI or header of the order is none, or the leg is there already: our own mistake.
    #[error("the dial order breaks the grammar of SIP")]
    Malformed,
}

/// Who has a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Client(ClientKey),
    Server(ServerId),
    Call(LegId),
}

/// All of our SIP.
pub struct Endpoint {
    config: EndpointConfig,
    product: Value,
    rng: ChaCha8Rng,
    secret: u64,
    outputs: VecDeque<Output>,
    draining: bool,
    timeouts: Timeouts<Key>,
    clients: Clients,
    servers: Servers,
    calls: Calls,
    /// Calls by our tag.
    dialogs: HashMap<String, LegId>,
    /// Our registrations, by the user's token.
    bindings: HashMap<u64, Binding>,
}

impl Endpoint {
    /// An endpoint without calls. Tags, branches, Call-IDs and leg ids come from `seed`.
    pub fn new(config: EndpointConfig, seed: u64) -> Endpoint {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        Endpoint {
            product: Value::new(config.product.clone()).unwrap_or_else(|_| Value::from("Trunkline")),
            config,
            secret: rng.random(),
            rng,
            outputs: VecDeque::new(),
            draining: false,
            timeouts: Timeouts::default(),
            clients: Clients::default(),
            servers: Servers::default(),
            calls: Calls::default(),
            dialogs: HashMap::new(),
            bindings: HashMap::new(),
        }
    }

    /// Takes a message, a failure of the transport, or the time.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        // What was due before this came is done before it: the order of things does not depend on who woke us.
        self.fire(now);
        match input {
            Input::Message { path, bytes } => self.receive(now, path, bytes),
            Input::TransportFailed { path } => self.transport_failed(now, &path),
            Input::Timeout => {}
        }
    }

    /// What is to be done next; `Output::Timeout` when there is nothing more for now.
    pub fn poll_output(&mut self) -> Output {
        self.outputs
            .pop_front()
            .unwrap_or_else(|| Output::Timeout(self.timeouts.next()))
    }

    /// Sends an INVITE. Returns its Call-ID at once, so that the caller can write it down before it drains the INVITE
    /// from `poll_output`.
    pub fn dial(&mut self, now: Instant, dial: Dial) -> Result<String, NotDialled> {
        let full =
            self.calls.len() >= self.config.max_calls || self.clients.len() >= self.config.max_transactions;
        if full {
            return Err(NotDialled::Full);
        }
        if self.calls.contains_key(&dial.leg) {
            return Err(NotDialled::Malformed);
        }
        self.dial_out(now, dial)
    }

    /// Answers an inbound INVITE 1xx, with early media when `sdp` is given. Like every verb it does nothing when the leg
    /// is gone or not in that state: the event that says so is already on its way.
    pub fn progress(&mut self, now: Instant, leg: LegId, status: u16, sdp: Option<Bytes>) {
        let status = status.clamp(101, 199);
        let word = Word {
            status,
            sdp: sdp.as_ref(),
            ..Word::default()
        };
        let described = sdp.is_some();
        self.with_call(leg, |endpoint, call| {
            if !call.is_silent() {
                endpoint.inbound_event(now, call, invite::Event::Progress { described }, (word, None));
            }
        });
    }

    /// Answers an inbound INVITE 200 with our answer, or our offer when the INVITE had none.
    pub fn answer(&mut self, now: Instant, leg: LegId, sdp: Bytes) {
        let word = Word {
            status: 200,
            sdp: Some(&sdp),
            ..Word::default()
        };
        self.invite_verb(now, leg, invite::Event::Answer, word);
    }

    /// Answers an inbound INVITE 300 to 699. No `Ended` follows: the leg is gone.
    pub fn reject(&mut self, now: Instant, leg: LegId, status: u16, retry_after: Option<Duration>) {
        let word = Word {
            status: status.clamp(300, 699),
            retry_after,
            ..Word::default()
        };
        self.invite_verb(now, leg, invite::Event::Reject, word);
    }

    /// Answers an inbound INVITE 401 with these values of WWW-Authenticate (RFC 3261 22.2). The leg is gone; what answers the
    /// challenge is a new one.
    pub fn challenge(&mut self, now: Instant, leg: LegId, challenges: &[String]) {
        let word = Word {
            status: 401,
            challenges,
            ..Word::default()
        };
        self.invite_verb(now, leg, invite::Event::Reject, word);
    }

    fn invite_verb(&mut self, now: Instant, leg: LegId, event: invite::Event, word: Word<'_>) {
        self.with_call(leg, |endpoint, call| {
            endpoint.inbound_event(now, call, event, (word, None))
        });
    }

    /// Offers new media in a confirmed dialog (re-INVITE); `Event::Modified` tells the answer.
    pub fn modify(&mut self, now: Instant, leg: LegId, sdp: Bytes) {
        self.with_call(leg, |endpoint, call| {
            if call.ours.is_none() {
                call.ours = Some(sdp);
                endpoint.established_event(now, call, usage::Event::Modify, Hand::default());
            } else {
                endpoint.event(Event::Modified {
                    leg,
                    result: Err(491),
                });
            }
        });
    }

    /// Answers `Event::Modify` 200. In an early dialog the call need not be answered for that.
    pub fn accept_modify(&mut self, now: Instant, leg: LegId, sdp: Bytes) {
        let hand = Hand {
            sdp: Some(&sdp),
            status: 200,
            ..Hand::default()
        };
        self.with_call(leg, |endpoint, call| {
            if call.established.is_none() {
                endpoint.accept_early(now, call, hand.sdp);
            }
            endpoint.established_event(now, call, usage::Event::Accept, hand)
        });
    }

    /// Answers `Event::Modify` with a failure (488).
    pub fn refuse_modify(&mut self, now: Instant, leg: LegId, status: u16) {
        let hand = Hand {
            status: status.clamp(400, 699),
            ..Hand::default()
        };
        self.with_call(leg, |endpoint, call| {
            if call.established.is_none() {
                endpoint.refuse_theirs(now, call, hand.status);
            }
            endpoint.established_event(now, call, usage::Event::Refuse, hand)
        });
    }

    /// What the far end of an inbound call is asked for and told, to be said before the answer; [`Dial`] says it for an outbound one.
    pub fn set_manners(&mut self, leg: LegId, manners: Manners) {
        self.with_call(leg, |_, call| call.manners = manners);
    }

    /// Ends a leg by CANCEL, BYE or 480, whatever its state asks for. `Failed(Canceled)` or `Ended(Closed)` follows.
    pub fn close(&mut self, now: Instant, leg: LegId, close: Close) {
        self.with_call(leg, |endpoint, call| {
            call.cause = close.q850_cause;
            endpoint.close_call(now, call);
        });
    }

    /// Sends OPTIONS to `uri`; `Event::Pong` with `token` follows.
    pub fn options(&mut self, now: Instant, token: u64, path: Path, uri: &str) {
        if !self.send_options(now, token, path, uri) {
            self.event(Event::Pong { token, answer: None });
        }
    }

    /// Sends REGISTER; `Event::Registered` with its token follows, once an order.
    pub fn register(&mut self, now: Instant, order: Register) {
        let token = order.token;
        if !self.send_register(now, order) {
            let answer = Registered::Silence;
            let others = 0;
            self.event(Event::Registered {
                token,
                answer,
                others,
            });
        }
    }

    /// While draining, OPTIONS and new INVITEs are answered 503.
    pub fn set_draining(&mut self, draining: bool) {
        self.draining = draining;
    }

    /// Sends BYE in a dialog that a dead process has left behind, from `local`; nothing is reported. Requests that were sent
    /// after the snapshot was taken have raised the CSeq number: a gap is legal, a lower number is not.
    pub fn hang_up_orphan(&mut self, now: Instant, local: SocketAddr, dialog: &DialogSnapshot) {
        if let Some(mut dialog) = Dialog::from_snapshot(local, dialog) {
            dialog.local_cseq = dialog.local_cseq.saturating_add(ORPHAN_CSEQ_GAP);
            self.send_orphan_bye(now, dialog);
        }
    }

    /// Calls held now, in whatever state; those whose last transactions are still under way included.
    pub fn calls(&self) -> usize {
        self.calls.len()
    }

    /// Transactions held now.
    pub fn transactions(&self) -> usize {
        self.clients.len() + self.servers.len()
    }

    fn close_call(&mut self, now: Instant, call: &mut Call) {
        if call.established.is_some() {
            return self.established_event(now, call, usage::Event::Close, Hand::default());
        }
        self.inbound_event(now, call, invite::Event::Close, (Word::default(), None));
        self.close_outbound(now, call);
    }

    fn fire(&mut self, now: Instant) {
        while let Some(key) = self.timeouts.due(now) {
            match key {
                Key::Client(key) => {
                    if let Some(outcome) = self.clients.fire(key, now) {
                        self.client_outcome(now, key, outcome, None);
                    }
                }
                Key::Server(id) => {
                    if let Some(outcome) = self.servers.fire(id, now) {
                        self.server_outcome(id, outcome);
                    }
                }
                Key::Call(leg) => self.fire_call(now, leg),
            }
        }
    }

    fn transport_failed(&mut self, now: Instant, path: &Path) {
        for key in self.clients.over(path) {
            let outcome = self.clients.heard(key, Heard::TransportFailed, now);
            self.client_outcome(now, key, outcome, None);
        }
    }

    fn transmit(&mut self, path: Path, bytes: Bytes) {
        self.outputs.push_back(Output::Transmit { path, bytes });
    }

    fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    fn random(&mut self) -> u64 {
        self.rng.random()
    }

    /// 64 random bits (RFC 3261 19.3 wants 32 of a tag).
    fn token(&mut self) -> String {
        format!("{:016x}", self.random())
    }

    fn call_id(&mut self) -> String {
        format!("{:016x}{:016x}", self.random(), self.random())
    }

    fn new_leg(&mut self) -> LegId {
        loop {
            let bytes: [u8; 16] = self.rng.random();
            let leg = LegId(uuid::Builder::from_random_bytes(bytes).into_uuid());
            if !self.calls.contains_key(&leg) {
                return leg;
            }
        }
    }

    /// Below 2^31, with room above (RFC 3261 12.1.1).
    fn first_cseq(&mut self) -> u32 {
        self.rng.random_range(1..=1 << 16)
    }

    /// The tag of a response that is given without state: the same for every copy of the request (RFC 3261 8.2.7).
    fn stateless_tag(&self, request: &Message) -> String {
        let mut hasher = DefaultHasher::new();
        (self.secret, read::merge_key(request)).hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }
}
