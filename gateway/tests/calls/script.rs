//! One endpoint against a far end that is played by a transcript, with a clock that jumps. A line is `event => what came of
//! it`; what came is what the endpoint sent (`> ACK`, `> 200 BYE`) and what it told its user.

use std::time::{Duration, Instant};

use bytes::Bytes;
use trunkline_gateway::ids::LegId;
use trunkline_gateway::sip::api::{
    Close, Dial, EndReason, Event, Failure, Input, Manners, Output, Path, Patience, Register,
};
use trunkline_gateway::sip::endpoint::{Endpoint, EndpointConfig};
use trunkline_gateway::sip::header::RSeq;
use trunkline_gateway::sip::message::Message;
use trunkline_gateway::sip::method::Method;
use trunkline_gateway::trunk::snapshot::{Credentials, Transport};

pub(crate) const SDP: &str = "v=0\r\n";
/// Another description.
const MOVED: &str = "v=0\r\ns=moved\r\n";

/// The endpoint and all that the far end remembers.
pub(crate) struct Script {
    pub(crate) endpoint: Endpoint,
    pub(crate) now: Instant,
    pub(crate) path: Path,
    pub(crate) leg: Option<LegId>,
    /// Every message that the endpoint has sent, with where to.
    pub(crate) sent: Vec<(Path, Message)>,
    /// What the far end is asked for and told within calls.
    pub(crate) manners: Manners,
    /// The INVITE of the far end, as text.
    invite: String,
    branch: u32,
    cseq: u32,
    said: Vec<String>,
}

impl Script {
    pub(crate) fn new(config: EndpointConfig, transport: Transport) -> Script {
        let path = Path {
            transport,
            local: "192.0.2.1:5060".parse().expect("address"),
            remote: "192.0.2.2:5060".parse().expect("address"),
            connection: None,
        };
        Script {
            endpoint: Endpoint::new(config, 1),
            now: start(),
            path,
            leg: None,
            sent: vec![],
            manners: Manners::default(),
            invite: String::new(),
            branch: 0,
            cseq: 100,
            said: vec![],
        }
    }

    pub(crate) fn dial(&self) -> Dial {
        Dial {
            leg: LegId(uuid::Uuid::from_u128(7)),
            path: self.path,
            request_uri: "sip:+12025550123@carrier.example;user=phone".into(),
            from_uri: "sip:+12025550100@us.example".into(),
            to_uri: "sip:+12025550123@carrier.example".into(),
            contact: "sip:trunkline@192.0.2.1:5060".into(),
            headers: vec![(
                "P-Asserted-Identity".into(),
                "<sip:+12025550100@us.example>".into(),
            )],
            sdp: SDP.into(),
            credentials: Some(Credentials {
                username: "u".into(),
                password: "p".into(),
            }),
            patience: Patience::NextTrunk,
            manners: self.manners,
        }
    }

    pub(crate) fn registration(&self, seconds: u64) -> Register {
        Register {
            token: 1,
            path: self.path,
            registrar: "sip:carrier.example".into(),
            account: "sip:us@carrier.example".into(),
            contact_user: "us".into(),
            expires: Duration::from_secs(seconds),
            credentials: Some(Credentials {
                username: "us".into(),
                password: "p".into(),
            }),
        }
    }

    /// Gives the endpoint raw bytes.
    pub(crate) fn receive(&mut self, text: impl Into<Bytes>) {
        self.endpoint.handle_input(
            self.now,
            Input::Message {
                path: self.path,
                bytes: text.into(),
            },
        );
        self.drain();
    }

    fn drain(&mut self) -> Option<Instant> {
        loop {
            match self.endpoint.poll_output() {
                Output::Transmit { path, bytes } => {
                    let Ok(message) = Message::parse(bytes.clone()) else {
                        // A refusal copies what was broken in the request.
                        let first = utf8(&bytes).lines().next().unwrap_or_default().to_owned();
                        assert!(
                            first.starts_with("SIP/2.0 4") || first.starts_with("SIP/2.0 5"),
                            "{first}"
                        );
                        self.said.push(format!("> {}", &first[8..11]));
                        continue;
                    };
                    self.said.push(match message.status() {
                        Some(status) => format!("> {status} {}", message.method()),
                        None => format!("> {}", message.method()),
                    });
                    self.sent.push((path, message));
                }
                Output::Event(event) => {
                    let said = self.event(event);
                    self.said.push(said);
                }
                Output::Timeout(at) => return at,
            }
        }
    }

    fn event(&mut self, event: Event) -> String {
        let body = |sdp: &Option<Bytes>| if sdp.is_some() { " sdp" } else { "" };
        match event {
            Event::Incoming(incoming) => {
                self.leg = Some(incoming.leg);
                format!("Incoming {}{}", incoming.to_user, body(&incoming.sdp))
            }
            Event::Progress { status, sdp, .. } => format!("Progress {status}{}", body(&sdp)),
            Event::Trying { .. } => "Trying".into(),
            Event::AnsweredAgain { .. } => "Answered again".into(),
            Event::Answered { sdp, .. } => format!("Answered{}", body(&sdp)),
            Event::Confirmed { sdp, .. } => format!("Confirmed{}", body(&sdp)),
            Event::Failed {
                failure:
                    Failure::Status {
                        status,
                        reason,
                        q850_cause,
                        retry_after,
                    },
                ..
            } => {
                let cause = q850_cause.map_or(String::new(), |cause| format!(" Q.850 {cause}"));
                let wait = retry_after.map_or(String::new(), |wait| format!(" after {wait:?}"));
                format!("Failed {status} {reason}{cause}{wait}")
            }
            Event::Failed { failure, .. } => format!("Failed {failure:?}"),
            Event::Modify { offer, .. } => format!("Modify{}", body(&offer)),
            Event::Modified { result, .. } => match result {
                Ok(sdp) => format!("Modified{}", body(&sdp)),
                Err(status) => format!("Not modified {status}"),
            },
            Event::Info { content_type, .. } => format!("Info {content_type}"),
            Event::Ended {
                reason: EndReason::Bye {
                    q850_cause: Some(cause),
                },
                ..
            } => {
                format!("Ended Bye Q.850 {cause}")
            }
            Event::Ended {
                reason: EndReason::Bye { .. },
                ..
            } => "Ended Bye".into(),
            Event::Ended { reason, .. } => format!("Ended {reason:?}"),
            Event::OptionsAnswered { .. } => "OptionsAnswered".into(),
            Event::Registered { answer, .. } => format!("{answer:?}"),
            Event::Pong { token, answer } => format!("Pong {token} {answer:?}"),
        }
    }

    /// The last request of that method that the endpoint has sent.
    pub(crate) fn last(&self, method: &str) -> &Message {
        let found = self
            .sent
            .iter()
            .rev()
            .find(|(_, m)| m.is_request() && m.method().to_string() == method);
        &found.unwrap_or_else(|| panic!("no {method} was sent")).1
    }

    /// The last response with that status.
    pub(crate) fn answered(&self, status: u16) -> &Message {
        let found = self.sent.iter().rev().find(|(_, m)| m.status() == Some(status));
        &found.unwrap_or_else(|| panic!("no {status} was sent")).1
    }

    /// The far end answers the last request of a method: `200`, `200 BYE`, `183 sdp`, `200 tag=b`, `180 tag=a header`.
    fn respond(&mut self, words: &str) {
        let mut words = words.split(' ');
        let status: u16 = words.next().and_then(|w| w.parse().ok()).expect("a status");
        let (mut method, mut tag, mut more) = ("INVITE", "a", String::new());
        for word in words {
            match word.split_once('=') {
                Some(("tag", value)) => tag = if value == "a" { "a" } else { "b" },
                Some((name, value)) => more += &format!("{name}: {}\r\n", value.replace('_', " ")),
                None if word == "sdp" => more += "Content-Type: application/sdp\r\n",
                None if word == "moved" => more += "X: moved\r\n",
                None if word == "anonymous" => more += "X: anonymous\r\n",
                None => {
                    method = ["BYE", "CANCEL", "PRACK", "UPDATE", "OPTIONS", "REGISTER"]
                        .into_iter()
                        .find(|m| *m == word)
                        .expect("a method");
                }
            }
        }
        let request = self.last(method);
        let mut text = format!("SIP/2.0 {status} Reason\r\n");
        for via in request.vias() {
            text += &format!("Via: {via}\r\n");
        }
        text += &format!("From: {}\r\n", utf8(request.from().as_bytes()));
        text += &format!("To: {}\r\n", utf8(request.to().with_tag(tag).as_bytes()));
        text += &format!(
            "Call-ID: {}\r\nCSeq: {}\r\n",
            utf8(request.call_id().as_bytes()),
            request.cseq()
        );
        if !more.contains("anonymous") {
            text += &format!("Contact: <sip:far-{tag}@192.0.2.2:5060>\r\n");
        }
        let body = match more.contains("application/sdp") {
            true if more.contains("X: moved") => MOVED,
            true => SDP,
            false => "",
        };
        text += &format!("{more}Content-Length: {}\r\n\r\n{body}", body.len());
        self.receive(text);
    }

    /// The far end sends a request: `INVITE`, `INVITE empty`, `ACK`, `CANCEL`, `BYE`, `re-INVITE`, `UPDATE`, `INFO`, …; `again` repeats
    /// the last.
    fn request(&mut self, words: &str) {
        let (method, rest) = words.split_once(' ').unwrap_or((words, ""));
        if rest == "again" {
            let text = self.invite.clone();
            return self.receive(text);
        }
        let text = match method {
            "INVITE" => {
                self.branch += 1;
                self.cseq += 1;
                self.invite = self.initial("INVITE", rest);
                self.invite.clone()
            }
            "CANCEL" => {
                let invite = self.invite.replace("INVITE", "CANCEL");
                let head = invite.split("Content-Type").next().unwrap_or_default().trim_end();
                format!("{head}\r\nContent-Length: 0\r\n\r\n")
            }
            // Of our last reliable 18x, or of one that we never sent.
            "PRACK" if rest != "bare" => {
                self.branch += 1;
                self.cseq += 1;
                let (rseq, cseq) = self.reliable().unwrap_or((1, 1));
                let rseq = if rest == "stray" { rseq + 1 } else { rseq };
                self.within("PRACK", self.cseq, &format!("RAck={rseq}_{cseq}_INVITE"))
            }
            // The far end acknowledges a failure within the transaction, a 2xx with a branch of its own.
            "ACK" => self.ack(rest),
            method => {
                self.branch += 1;
                self.cseq += 1;
                let text = self.within(method.trim_start_matches("re-"), self.cseq, rest);
                if method == "re-INVITE" {
                    self.invite = text.clone();
                }
                text
            }
        };
        self.receive(text);
    }

    fn initial(&self, method: &str, rest: &str) -> String {
        let headers: String = rest
            .split(' ')
            .filter_map(|w| w.split_once('='))
            .map(|(n, v)| format!("{n}: {v}\r\n"))
            .collect();
        let (content_type, body) = if rest.contains("empty") {
            ("", "")
        } else {
            ("Content-Type: application/sdp\r\n", SDP)
        };
        format!(
            "{method} sip:+12025550199@192.0.2.1 SIP/2.0\r\n\
             Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKf{};rport\r\n\
             From: <sip:+12025550123@far.example>;tag=far\r\nTo: <sip:+12025550199@us.example>\r\n\
             Call-ID: far-call\r\nCSeq: {} {method}\r\nMax-Forwards: 70\r\n\
             Contact: <sip:far@192.0.2.2:5060>\r\n{headers}{content_type}Content-Length: {}\r\n\r\n{body}",
            self.branch,
            self.cseq,
            body.len(),
        )
    }

    /// RSeq and CSeq number of the last reliable 18x.
    fn reliable(&self) -> Option<(u32, u32)> {
        self.sent.iter().rev().find_map(|(_, message)| {
            let rseq: RSeq = message.get()?;
            Some((rseq.0, message.cseq().number))
        })
    }

    fn ack(&mut self, rest: &str) -> String {
        let (_, response) = self
            .sent
            .iter()
            .rev()
            .find(|(_, m)| m.status().is_some_and(|s| s >= 200) && m.cseq().method == Method::Invite)
            .expect("a final");
        let cseq = response.cseq().number;
        if response.status().is_some_and(|status| status >= 300) {
            let to = format!("To: {}", utf8(response.to().as_bytes()));
            let ack = self
                .invite
                .replace("INVITE", "ACK")
                .replace("To: <sip:+12025550199@us.example>", &to);
            let head = ack
                .split("Content-Type")
                .next()
                .unwrap_or_default()
                .trim_end()
                .to_owned();
            return format!("{head}\r\nContent-Length: 0\r\n\r\n");
        }
        self.branch += 1;
        self.within("ACK", cseq, rest)
    }

    /// A request within the dialog of the last INVITE, whoever sent it.
    fn within(&self, method: &str, cseq: u32, rest: &str) -> String {
        let ours = self
            .sent
            .iter()
            .rev()
            .find(|(_, m)| m.is_request() && m.method().to_string() == "INVITE");
        let (from, to, call_id) = match ours {
            Some((_, invite)) => (
                format!(
                    "{};tag=a",
                    utf8(invite.to().as_bytes())
                        .split(";tag")
                        .next()
                        .unwrap_or_default()
                ),
                utf8(invite.from().as_bytes()),
                utf8(invite.call_id().as_bytes()),
            ),
            None => {
                let (_, m) = self
                    .sent
                    .iter()
                    .find(|(_, m)| m.to().tag().is_some())
                    .expect("a dialog");
                (
                    utf8(m.from().as_bytes()),
                    utf8(m.to().as_bytes()),
                    "far-call".into(),
                )
            }
        };
        let cseq = if rest.contains("old") { 1 } else { cseq };
        let to = if rest.contains("stray") {
            format!("{to}x")
        } else {
            to
        };
        let headers: String = rest
            .split(' ')
            .filter_map(|w| w.split_once('='))
            .map(|(n, v)| format!("{n}: {}\r\n", v.replace('_', " ")))
            .collect();
        let (content_type, body) =
            match rest.contains("sdp") || (method == "INVITE" && !rest.contains("empty")) {
                true => ("Content-Type: application/sdp\r\n", SDP),
                false if method == "INFO" => ("Content-Type: application/dtmf-relay\r\n", "Signal=5\r\n"),
                false => ("", ""),
            };
        format!(
            "{method} sip:trunkline@192.0.2.1:5060 SIP/2.0\r\n\
             Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKf{}\r\nFrom: {from}\r\nTo: {to}\r\n\
             Call-ID: {call_id}\r\nCSeq: {cseq} {method}\r\nMax-Forwards: 70\r\n\
             Contact: <sip:moved@192.0.2.2:5060>\r\n{headers}{content_type}Content-Length: {}\r\n\r\n{body}",
            self.branch,
            body.len(),
        )
    }

    /// Lets `pause` pass, timeout by timeout.
    fn wait(&mut self, pause: Duration) {
        let until = self.now + pause;
        while let Some(at) = self.drain().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.endpoint.handle_input(self.now, Input::Timeout);
        }
        self.now = until;
    }

    fn verb(&mut self, verb: &str) {
        let now = self.now;
        if matches!(verb, "dial" | "dial the last trunk") {
            let patience = match verb {
                "dial" => Patience::NextTrunk,
                _ => Patience::Transaction,
            };
            let dial = Dial {
                patience,
                ..self.dial()
            };
            self.leg = Some(dial.leg);
            self.endpoint.dial(now, dial).expect("dialled");
            self.drain();
            return;
        }
        let leg = self.leg.unwrap_or(LegId(uuid::Uuid::nil()));
        match verb.split_once(' ').unwrap_or((verb, "")) {
            ("ring", "") => self.endpoint.progress(now, leg, 180, None),
            ("ring", _) => self.endpoint.progress(now, leg, 183, Some(SDP.into())),
            ("manners", _) => self.endpoint.set_manners(leg, self.manners),
            ("answer", _) => self.endpoint.answer(now, leg, SDP.into()),
            ("reject", status) => {
                self.endpoint.reject(
                    now,
                    leg,
                    status.parse().expect("a status"),
                    Some(Duration::from_secs(7)),
                );
            }
            ("modify", _) => self.endpoint.modify(now, leg, SDP.into()),
            ("accept", _) => self.endpoint.accept_modify(now, leg, SDP.into()),
            ("refuse", _) => self.endpoint.refuse_modify(now, leg, 488),
            ("close", _) => self.endpoint.close(now, leg, Close { q850_cause: Some(16) }),
            ("ping", _) => self.endpoint.options(now, 5, self.path, "sip:192.0.2.2"),
            ("register", seconds) => {
                let order = self.registration(seconds.parse().expect("seconds"));
                self.endpoint.register(now, order);
            }
            ("drain", _) => self.endpoint.set_draining(true),
            _ => panic!("no such verb: {verb}"),
        }
        self.drain();
    }

    /// Plays one event.
    pub(crate) fn play(&mut self, event: &str) {
        if let Some(pause) = duration(event) {
            self.wait(pause);
        } else if let Some(words) = event.strip_prefix("< ") {
            match words.as_bytes().first() {
                Some(b'0'..=b'9') => self.respond(words),
                _ => self.request(words),
            }
        } else {
            self.verb(event);
        }
    }

    /// Plays a transcript and compares.
    pub(crate) fn check(&mut self, transcript: &str) {
        let (mut expected, mut found) = (String::new(), String::new());
        for line in transcript.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (event, outcome) = line.split_once("=>").expect("event => outcome");
            let event = event.trim();
            self.play(event);
            expected += &format!("{event} => {}\n", outcome.trim());
            found += &format!("{event} => {}\n", self.said.join("; "));
            self.said.clear();
        }
        assert_eq!(found, expected, "\nfound:\n{found}\nexpected:\n{expected}");
    }

    /// What has come of things since the last call.
    pub(crate) fn said(&mut self) -> Vec<String> {
        std::mem::take(&mut self.said)
    }

    /// After a long quiet nothing is left.
    pub(crate) fn check_quiet(&mut self) {
        self.wait(Duration::from_secs(300));
        assert_eq!(self.said.join("; "), "", "after the end");
        assert_eq!(
            (self.endpoint.calls(), self.endpoint.transactions()),
            (0, 0),
            "all is forgotten"
        );
    }
}

/// Plays a transcript over UDP, and then finds nothing left.
#[track_caller]
pub(crate) fn check(transcript: &str) {
    let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
    script.check(transcript);
    script.check_quiet();
}

#[expect(
    clippy::disallowed_methods,
    reason = "only differences to this instant matter"
)]
pub(crate) fn start() -> Instant {
    Instant::now()
}

pub(crate) fn utf8(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn duration(word: &str) -> Option<Duration> {
    let word = word.strip_prefix('+')?;
    match word.strip_suffix("ms") {
        Some(ms) => ms.parse().ok().map(Duration::from_millis),
        None => word.strip_suffix('s')?.parse().ok().map(Duration::from_secs),
    }
}
