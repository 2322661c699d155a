//! One leg: an INVITE on one trunk, its stream, and the account that becomes its CDR. A leaf: it is told what happened and keeps the books.
//!
//! ```text
//! Dialling ─► Ringing ─► Answered ─► Ended ──┬─► CDR, when both are known
//!    stream: open ─► connected ─► Closed{stats} ─┘
//! ```

pub mod address;
pub mod cause;
pub mod identity;
pub mod info;
pub mod quality;
pub mod seats;
pub mod sentinel;
pub mod trace;

use std::net::SocketAddr;
use std::sync::Arc;

use trunkline_media::codec::Codec;
use trunkline_media::command::StreamId;
use trunkline_media::dtmf::Digit;
use trunkline_media::sdp::{Direction, LocalMedia, Negotiated};
use trunkline_media::stats::StreamStats;

use crate::cdr::{CallDirection, Cdr, Side, WallMs};
use crate::ids::{CallId, LegId};
use crate::journal::Begin;
use crate::trunk::snapshot::Trunk;
use cause::{Ending, OurReason};
use seats::Seat;
use sentinel::Sentinel;

/// Keys of a CDR; what a caller presses beyond is not kept.
const MAX_DIGITS: usize = 64;

/// Where a leg is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// INVITE sent or received, nothing heard or said yet.
    Dialling,
    /// 18x.
    Ringing,
    /// 2xx.
    Answered,
}

/// One leg, from its INVITE to its CDR.
#[derive(Debug)]
pub struct Leg {
    begin: Begin,
    trunk: Arc<Trunk>,
    server: SocketAddr,
    state: State,
    /// What we describe ourselves as; its version counts up with every description.
    pub local: LocalMedia,
    /// Its stream in the media engine.
    pub stream: StreamId,
    media: Option<Negotiated>,
    ringing_at: Option<WallMs>,
    rang: bool,
    answered_at: Option<WallMs>,
    first_response_at: Option<WallMs>,
    closing: Option<OurReason>,
    ended: Option<(WallMs, Ending)>,
    stats: Option<StreamStats>,
    digits: String,
    seat: Option<Seat>,
    /// Whether anything is heard of it.
    pub sentinel: Sentinel,
    /// We have offered to hold it, or to take it back, and it has not answered.
    pub holding: Option<bool>,
}

impl Leg {
    /// A leg whose INVITE is about to leave, or has come: over this trunk, to or from this server of it.
    pub fn new(
        begin: Begin,
        (trunk, server): (Arc<Trunk>, SocketAddr),
        stream: StreamId,
        local: LocalMedia,
    ) -> Leg {
        Leg {
            begin,
            trunk,
            server,
            state: State::Dialling,
            local,
            stream,
            media: None,
            ringing_at: None,
            rang: false,
            answered_at: None,
            first_response_at: None,
            closing: None,
            ended: None,
            stats: None,
            digits: String::new(),
            seat: None,
            sentinel: Sentinel::default(),
            holding: None,
        }
    }

    /// Holds this place at the target's number until the leg is gone.
    pub fn sit(&mut self, seat: Seat) {
        self.seat = Some(seat);
    }

    /// Its id.
    pub fn id(&self) -> LegId {
        self.begin.leg
    }

    /// Its call, for a target leg.
    pub fn call(&self) -> Option<CallId> {
        self.begin.call
    }

    /// Caller or target.
    pub fn side(&self) -> Side {
        self.begin.side
    }

    /// Whether we dialled it.
    pub fn direction(&self) -> CallDirection {
        self.begin.direction
    }

    /// Its trunk.
    pub fn trunk(&self) -> &Arc<Trunk> {
        &self.trunk
    }

    /// Where its INVITE went, or came from.
    pub fn server(&self) -> SocketAddr {
        self.server
    }

    /// Where it is.
    pub fn state(&self) -> State {
        self.state
    }

    /// It rang, or was answered.
    pub fn rang(&self) -> bool {
        self.rang || self.state == State::Answered
    }

    /// What was agreed on, once it was.
    pub fn media(&self) -> Option<&Negotiated> {
        self.media.as_ref()
    }

    /// Not both speak, by agreement: a far end that holds may send nothing, whatever it has said of music.
    pub fn is_held(&self) -> bool {
        self.media
            .as_ref()
            .is_some_and(|m| m.direction != Direction::SendRecv)
    }

    /// It has ended, or we have begun to end it.
    pub fn is_over(&self) -> bool {
        self.ended.is_some() || self.closing.is_some()
    }

    /// The signalling has ended.
    pub fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    /// When it was answered.
    pub fn answered_at(&self) -> Option<WallMs> {
        self.answered_at
    }

    /// Any response but 100: its post-dial delay is known. `rings`: by it the telephone rings, or media is heard.
    pub fn progressed(&mut self, at: WallMs, rings: bool) {
        self.rang |= rings;
        self.first_response_at.get_or_insert(at);
        self.ringing_at.get_or_insert(at);
        if self.state == State::Dialling {
            self.state = State::Ringing;
        }
    }

    /// 2xx.
    pub fn answered(&mut self, at: WallMs) {
        self.first_response_at.get_or_insert(at);
        self.answered_at.get_or_insert(at);
        self.state = State::Answered;
    }

    /// Offer and answer agreed.
    pub fn agreed(&mut self, media: Negotiated) {
        self.media = Some(media);
    }

    /// The far end pressed a key that was meant for us.
    pub fn pressed(&mut self, digit: Digit) {
        if self.digits.len() < MAX_DIGITS {
            self.digits.push(digit.as_char());
        }
    }

    /// We begin to end it. The first reason counts.
    pub fn close(&mut self, reason: OurReason) {
        self.closing.get_or_insert(reason);
    }

    /// Its signalling is over. When we had begun to end it, our reason says why.
    pub fn ended(&mut self, at: WallMs, ending: Ending) -> &Ending {
        if ending.sip_status.is_some_and(|status| status >= 300) {
            self.first_response_at.get_or_insert(at);
        }
        let ending = match self.closing {
            Some(reason) => Ending {
                sip_status: ending.sip_status,
                ..reason.ending(self.state == State::Answered)
            },
            None => ending,
        };
        &self.ended.get_or_insert((at, ending)).1
    }

    /// Its stream is over.
    pub fn media_closed(&mut self, stats: StreamStats) {
        self.stats.get_or_insert(stats);
    }

    /// Its record, once signalling and media are both over.
    pub fn cdr(&self) -> Option<Cdr> {
        let (ended_at, ending) = self.ended.as_ref()?;
        let stats = self.stats.as_ref()?;
        let begin = &self.begin;
        let created_at = begin.at;
        let ended_at = (*ended_at).max(created_at);
        Some(Cdr {
            id: begin.leg,
            session_id: begin.session,
            call_id: begin.call,
            side: begin.side,
            direction: begin.direction,
            trunk: begin.trunk,
            node: begin.node.clone(),
            from_ref: begin.from_ref.clone(),
            to_ref: begin.to_ref.clone(),
            sip_call_id: begin.sip_call_id.clone(),
            created_at,
            ringing_at: self.ringing_at,
            answered_at: self.answered_at,
            ended_at,
            duration_ms: ended_at - created_at,
            billable_ms: self.answered_at.map_or(0, |at| ended_at - at),
            pdd_ms: self.post_dial_delay(),
            sip_status: ending.sip_status.or(self.answered_at.map(|_| 200)),
            q850_cause: ending.q850_cause,
            cause: cause::told(&ending.cause, stats),
            ended_by: ending.ended_by,
            codec: self.media.as_ref().map(|m| Codec::name(m.codec).to_owned()),
            rtp_rx_packets: stats.rx_packets,
            rtp_tx_packets: stats.tx_packets,
            rtp_lost: stats.lost,
            jitter_ms: stats.jitter_ms,
            mos: quality::mos(stats),
            one_way: self.sentinel.is_one_way(),
            digits: self.digits.clone(),
        })
    }

    /// Only of legs that we dialled.
    fn post_dial_delay(&self) -> Option<i64> {
        match self.begin.direction {
            CallDirection::Outbound => self.first_response_at.map(|at| at - self.begin.at),
            CallDirection::Inbound => None,
        }
    }
}
