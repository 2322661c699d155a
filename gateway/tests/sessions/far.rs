//! A carrier: a SIP endpoint of its own, with the telephones behind it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use trunkline_gateway::ids::LegId;
use trunkline_gateway::sip::api::{Close, Dial, Event, Input, Output, Path};
use trunkline_gateway::sip::endpoint::{Endpoint, EndpointConfig};
use trunkline_gateway::trunk::snapshot::Transport;
use trunkline_media::codec::Codec;
use trunkline_media::sdp::{self, Direction, LocalMedia};
use uuid::Uuid;

/// One call as the carrier sees it.
#[derive(Debug)]
pub(crate) struct FarCall {
    pub(crate) leg: LegId,
    /// The number that we asked for; our own number's caller for calls that come in.
    pub(crate) user: String,
    /// The gateway's offer or answer.
    pub(crate) theirs: Option<Bytes>,
    pub(crate) over: bool,
    pub(crate) answered: bool,
}

/// A carrier.
pub(crate) struct Far {
    pub(crate) name: &'static str,
    pub(crate) addr: SocketAddr,
    pub(crate) endpoint: Endpoint,
    /// Says nothing to anything.
    pub(crate) silent: bool,
    /// Answers every INVITE with this status.
    pub(crate) refuses: Option<u16>,
    /// With this Retry-After.
    pub(crate) retry_after: Option<Duration>,
    pub(crate) codec: Codec,
    pub(crate) calls: Vec<FarCall>,
    dialled: u128,
}

impl Far {
    pub(crate) fn new(name: &'static str, addr: SocketAddr, seed: u64) -> Far {
        Far {
            name,
            addr,
            endpoint: Endpoint::new(EndpointConfig::default(), seed),
            silent: false,
            refuses: None,
            retry_after: None,
            codec: Codec::Pcmu,
            calls: Vec::new(),
            dialled: 0,
        }
    }

    pub(crate) fn receive(&mut self, now: Instant, from: SocketAddr, bytes: Bytes) {
        if !self.silent {
            let path = self.path(from);
            self.endpoint.handle_input(now, Input::Message { path, bytes });
        }
    }

    /// What it sends, and when it is next due.
    pub(crate) fn drain(&mut self, now: Instant) -> (Vec<Bytes>, Option<Instant>) {
        let mut sent = Vec::new();
        loop {
            match self.endpoint.poll_output() {
                Output::Transmit { bytes, .. } => sent.push(bytes),
                Output::Event(event) => self.on(now, event),
                Output::Timeout(at) => return (sent, at),
            }
        }
    }

    fn on(&mut self, now: Instant, event: Event) {
        match event {
            Event::Incoming(incoming) => {
                self.calls.push(FarCall {
                    leg: incoming.leg,
                    user: incoming.to_user.clone(),
                    theirs: incoming.sdp.clone(),
                    over: false,
                    answered: false,
                });
                if let Some(status) = self.refuses {
                    self.endpoint.reject(now, incoming.leg, status, self.retry_after);
                    self.end(incoming.leg);
                }
            }
            Event::Failed { leg, .. } | Event::Ended { leg, .. } => self.end(leg),
            Event::Answered { leg, sdp, .. } => {
                if let Some(call) = self.calls.iter_mut().find(|c| c.leg == leg) {
                    call.answered = true;
                    call.theirs = sdp;
                }
            }
            Event::Modify { leg, .. } => {
                let offer = self.offer();
                self.endpoint.accept_modify(now, leg, offer);
            }
            Event::Progress { .. }
            | Event::Trying { .. }
            | Event::AnsweredAgain { .. }
            | Event::Confirmed { .. }
            | Event::Modified { .. }
            | Event::Info { .. }
            | Event::OptionsAnswered { .. }
            | Event::Registered { .. }
            | Event::Pong { .. } => {}
        }
    }

    fn end(&mut self, leg: LegId) {
        if let Some(call) = self.calls.iter_mut().find(|c| c.leg == leg) {
            call.over = true;
        }
    }

    /// The newest call with `user` that is not over.
    pub(crate) fn call(&mut self, user: &str) -> Option<&mut FarCall> {
        self.calls.iter_mut().rev().find(|c| c.user == user && !c.over)
    }

    /// Calls `to` in the name of `from`, for whom it vouches.
    pub(crate) fn dial(
        &mut self,
        now: Instant,
        gateway: SocketAddr,
        (from, to): (&str, &str),
        privacy: Option<&str>,
    ) {
        self.dialled += 1;
        let leg = LegId(Uuid::from_u128(0xfa2_0000 + self.dialled));
        let offer = self.offer();
        let asserted = format!("<sip:{from}@{}>", self.addr.ip());
        let mut headers = vec![("P-Asserted-Identity".into(), asserted)];
        headers.extend(privacy.map(|words| ("Privacy".into(), words.into())));
        let dial = Dial {
            leg,
            path: self.path(gateway),
            request_uri: format!("sip:{to}@{gateway}"),
            from_uri: format!("sip:{from}@{}", self.addr.ip()),
            to_uri: format!("sip:{to}@{gateway}"),
            contact: format!("sip:{from}@{}", self.addr),
            headers,
            sdp: offer,
            credentials: None,
            patience: trunkline_gateway::sip::api::Patience::NextTrunk,
            manners: trunkline_gateway::sip::api::Manners::default(),
        };
        self.endpoint.dial(now, dial).expect("room for a call");
        self.calls.push(FarCall {
            leg,
            user: from.to_owned(),
            theirs: None,
            over: false,
            answered: false,
        });
    }

    /// Its answer to an offer.
    pub(crate) fn answer_to(&self, offer: &Bytes) -> Bytes {
        let (answer, _) = sdp::answer(offer, &self.local(Direction::SendRecv)).expect("our offer is legal");
        Bytes::from(answer)
    }

    pub(crate) fn offer(&self) -> Bytes {
        Bytes::from(sdp::offer(&self.local(Direction::SendRecv)))
    }

    pub(crate) fn hold(&self) -> Bytes {
        Bytes::from(sdp::offer(&self.local(Direction::SendOnly)))
    }

    pub(crate) fn close(&mut self, now: Instant, leg: LegId) {
        self.endpoint.close(now, leg, Close::default());
    }

    fn local(&self, direction: Direction) -> LocalMedia {
        LocalMedia {
            address: SocketAddr::new(self.addr.ip(), 4_000),
            codecs: vec![self.codec],
            telephone_event: true,
            session_id: 1,
            version: 1,
            direction,
            srtp: sdp::Srtp::Off,
        }
    }

    fn path(&self, gateway: SocketAddr) -> Path {
        Path {
            transport: Transport::Udp,
            local: self.addr,
            remote: gateway,
            connection: None,
        }
    }
}
