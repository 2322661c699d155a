//! The SIP trace of one leg: which messages went and came, and when. For people who ask why a call failed; it holds no number, no
//! body, no credentials, and never more than a few kilobytes.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hasher};
use std::net::SocketAddr;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use trunkline_media::codec::Codec;
use trunkline_media::sdp::{self, Direction};

use crate::cdr::{Side, WallMs};
use crate::ids::{LegId, SessionId};
use crate::sip::api::Path;
use crate::trunk::snapshot::Transport;

/// Messages of one leg; what comes beyond is counted.
pub const MAX_MESSAGES: usize = 64;
/// Characters of a reason phrase, and of a method that we do not know.
const MAX_WORDS: usize = 64;
/// Codecs named of a description.
const MAX_CODECS: usize = 8;
/// Far ends told apart, as one INVITE may fork.
const MAX_FORKS: usize = 8;
/// A longer run of digits may be somebody's number, and is left out.
const MAX_DIGITS: usize = 4;

/// What a leg's far end and we said to each other, in the order in which it was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// The leg.
    pub leg: LegId,
    /// Its session.
    pub session: SessionId,
    /// Caller or target.
    pub side: Side,
    /// When its first message went or came.
    pub at: WallMs,
    /// The trunk's server.
    pub server: SocketAddr,
    /// Its messages.
    pub messages: Vec<Line>,
    /// How many there were beyond [`MAX_MESSAGES`].
    pub beyond: u32,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Milliseconds since the first one.
    pub at_ms: u64,
    /// Which way.
    pub way: Way,
    /// The method; of a response, that of its request.
    pub method: Cow<'static, str>,
    /// Of a response.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub status: Option<u16>,
    /// The reason phrase of a response, without what may be a number.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub reason: String,
    /// The number in CSeq.
    pub cseq: u32,
    /// Over what.
    pub transport: Transport,
    /// Which of the far ends that an INVITE has forked to, from 0; `None` before any has answered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fork: Option<u8>,
    /// What its description says, in a line: codecs and direction.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sdp: Option<String>,
    /// How often it went or came again.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub repeats: u32,
}

/// Which way a message went, seen from our side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// From us to the trunk.
    Sent,
    /// From the trunk to us.
    Received,
}

/// A trace while its leg lives.
#[derive(Debug)]
pub struct Recording {
    begun: Instant,
    server: SocketAddr,
    lines: Vec<Line>,
    /// A hash of each line's bytes: what is sent again is the same (RFC 3261 section 17).
    seen: Vec<u64>,
    /// A hash of each far end's tag.
    tags: Vec<u64>,
    beyond: u32,
}

impl Recording {
    /// With its first message, which goes to this server or comes from it.
    pub fn new(begun: Instant, server: SocketAddr) -> Recording {
        Recording {
            begun,
            server,
            lines: Vec::new(),
            seen: Vec::new(),
            tags: Vec::new(),
            beyond: 0,
        }
    }

    /// Notes a message.
    pub fn note(&mut self, now: Instant, (way, path): (Way, &Path), read: &Read<'_>) {
        let hash = hash(read.bytes);
        let again = |(line, seen): &(&mut Line, &u64)| **seen == hash && line.way == way;
        if let Some((line, _)) = self.lines.iter_mut().zip(&self.seen).rev().find(again) {
            line.repeats = line.repeats.saturating_add(1);
            return;
        }
        if self.lines.len() >= MAX_MESSAGES {
            self.beyond = self.beyond.saturating_add(1);
            return;
        }
        let since = now.saturating_duration_since(self.begun).as_millis();
        let line = Line {
            at_ms: u64::try_from(since).unwrap_or(u64::MAX),
            way,
            method: method(read.method),
            status: read.status,
            reason: words(read.reason),
            cseq: read.cseq,
            transport: path.transport,
            fork: self.fork(read.far_tag(way)),
            sdp: read.description().and_then(summary),
            repeats: 0,
        };
        self.lines.push(line);
        self.seen.push(hash);
    }

    /// What was recorded, once the leg is over; `ago` has the wall-clock time of a past moment.
    pub fn trace(
        self,
        (leg, session, side): (LegId, SessionId, Side),
        ago: impl Fn(Instant) -> WallMs,
    ) -> Trace {
        Trace {
            leg,
            session,
            side,
            at: ago(self.begun),
            server: self.server,
            messages: self.lines,
            beyond: self.beyond,
        }
    }

    fn fork(&mut self, tag: Option<&[u8]>) -> Option<u8> {
        let hash = hash(tag?);
        let known = self.tags.iter().position(|known| *known == hash);
        let fork = known.unwrap_or_else(|| {
            if self.tags.len() < MAX_FORKS {
                self.tags.push(hash);
            }
            self.tags.len() - 1
        });
        u8::try_from(fork).ok()
    }
}

/// What a trace needs of a message: borrowed, and read without regard to what else is in it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Read<'a> {
    bytes: &'a [u8],
    status: Option<u16>,
    reason: &'a [u8],
    method: &'a [u8],
    cseq: u32,
    /// Call-ID.
    pub call_id: &'a [u8],
    from_tag: Option<&'a [u8]>,
    to_tag: Option<&'a [u8]>,
    content_type: &'a [u8],
    body: &'a [u8],
}

impl<'a> Read<'a> {
    /// Reads first line and head; `None` when it has no Call-ID or CSeq.
    pub fn of(bytes: &'a [u8]) -> Option<Read<'a>> {
        let mut read = Read {
            bytes,
            ..Read::default()
        };
        let mut rest = bytes;
        let first = line(&mut rest)?;
        if let Some(status) = first.strip_prefix(b"SIP/2.0 ") {
            read.status = Some(number(status.get(..3)?)?);
            read.reason = status.get(4..).unwrap_or_default();
        }
        while let Some(field) = line(&mut rest).filter(|field| !field.is_empty()) {
            read.field(field);
        }
        read.body = rest;
        (!read.call_id.is_empty() && !read.method.is_empty()).then_some(read)
    }

    /// An INVITE that asks for a new call.
    pub fn begins_call(&self) -> bool {
        self.status.is_none() && self.method == b"INVITE" && self.to_tag.is_none()
    }

    fn field(&mut self, field: &'a [u8]) {
        let Some(colon) = field.iter().position(|b| *b == b':') else {
            return;
        };
        let (name, value) = (field[..colon].trim_ascii(), field[colon + 1..].trim_ascii());
        let is = |long: &str, short: &str| {
            name.eq_ignore_ascii_case(long.as_bytes()) || name.eq_ignore_ascii_case(short.as_bytes())
        };
        if is("Call-ID", "i") {
            self.call_id = value;
        } else if is("CSeq", "CSeq") {
            let mut parts = value.splitn(2, |b| b.is_ascii_whitespace());
            self.cseq = parts.next().and_then(number).unwrap_or_default();
            self.method = parts.next().unwrap_or_default().trim_ascii();
        } else if is("From", "f") {
            self.from_tag = tag(value);
        } else if is("To", "t") {
            self.to_tag = tag(value);
        } else if is("Content-Type", "c") {
            self.content_type = value;
        }
    }

    /// The far end's tag stands in To of what answers us or what we ask it, and in From of the rest (RFC 3261 section 12).
    fn far_tag(&self, way: Way) -> Option<&'a [u8]> {
        match (way, self.status.is_none()) {
            (Way::Sent, true) | (Way::Received, false) => self.to_tag,
            (Way::Sent, false) | (Way::Received, true) => self.from_tag,
        }
    }

    /// Its description, alone or among other parts.
    fn description(&self) -> Option<&'a [u8]> {
        let is = |kind: &str| {
            self.content_type
                .get(..kind.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(kind.as_bytes()))
        };
        if is("application/sdp") {
            return Some(self.body).filter(|body| !body.is_empty());
        }
        let at = self.body.windows(4).position(|w| w == b"v=0\r")?;
        is("multipart/").then(|| &self.body[at..])
    }
}

/// The next line without its end; `None` behind the last.
fn line<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = rest.iter().position(|b| *b == b'\n')?;
    let line = &rest[..end];
    *rest = &rest[end + 1..];
    Some(line.strip_suffix(b"\r").unwrap_or(line))
}

fn number<T: std::str::FromStr>(digits: &[u8]) -> Option<T> {
    std::str::from_utf8(digits).ok()?.trim().parse().ok()
}

/// The tag of an address.
fn tag(address: &[u8]) -> Option<&[u8]> {
    const TAG: &[u8] = b";tag=";
    let at = address
        .windows(TAG.len())
        .rposition(|window| window.eq_ignore_ascii_case(TAG))?;
    address[at + TAG.len()..]
        .split(|b| matches!(b, b';' | b' ' | b'>' | b'\t'))
        .next()
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

/// Known methods cost nothing to keep.
fn method(name: &[u8]) -> Cow<'static, str> {
    const KNOWN: [&str; 9] = [
        "INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "PRACK", "UPDATE", "INFO", "REFER",
    ];
    let known = KNOWN.iter().find(|known| known.as_bytes() == name);
    known.map_or_else(|| words(name).into(), |known| Cow::Borrowed(*known))
}

/// Words of the far end: short, one line, and without what may be a telephone number.
fn words(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut out = String::new();
    let mut digits = String::new();
    for c in text
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_WORDS)
        .chain(['\n'])
    {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        out.push_str(if digits.len() > MAX_DIGITS { "…" } else { &digits });
        digits.clear();
        if c != '\n' {
            out.push(c);
        }
    }
    out
}

/// `PCMU PCMA telephone-event sendrecv`. `None` of what is no description.
fn summary(bytes: &[u8]) -> Option<String> {
    let description = sdp::parse(bytes).ok()?;
    let Some(audio) = description
        .media
        .iter()
        .find(|m| m.kind.eq_ignore_ascii_case("audio"))
    else {
        return Some("no audio".into());
    };
    let mut out = String::new();
    for payload_type in audio.payload_types().take(MAX_CODECS) {
        let named = audio.rtpmaps.iter().find(|map| map.payload_type == payload_type);
        let known = || Codec::of_static(payload_type).map(|codec| codec.name().to_owned());
        match named.map(|map| words(map.name.as_bytes())).or_else(known) {
            Some(name) => out.push_str(&name),
            None => out.push_str(&payload_type.to_string()),
        }
        out.push(' ');
    }
    if audio.is_secure() {
        out.push_str("SRTP ");
    }
    let direction = audio
        .direction
        .or(description.direction)
        .unwrap_or(Direction::SendRecv);
    out.push_str(if audio.port == 0 {
        "refused"
    } else {
        direction.attribute()
    });
    Some(out)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "any instant will do as the origin")]
mod tests {
    use std::time::Duration;

    use super::*;

    fn path() -> Path {
        Path {
            transport: Transport::Udp,
            local: ([192, 0, 2, 1], 5060).into(),
            remote: ([192, 0, 2, 9], 5060).into(),
            connection: None,
        }
    }

    /// Messages as `< SIP/2.0 180 Ringing | 1 INVITE | to tag`, 100 ms apart, become lines of text.
    fn check(messages: &[&str], expect: &[&str]) {
        let begun = Instant::now();
        let mut recording = Recording::new(begun, path().remote);
        for (at, message) in (0u64..).zip(messages) {
            let (way, message) = message.split_at(2);
            let parts: Vec<&str> = message.split(" | ").collect();
            let body = parts.get(3).map_or(String::new(), |m| {
                format!(
                    "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n{}\r\n",
                    m.replace('~', "\r\n")
                )
            });
            let tag = parts
                .get(2)
                .filter(|t| !t.is_empty())
                .map_or(String::new(), |t| format!(";tag={t}"));
            let text = format!(
                "{}\r\nf: <sip:12025550123@example.org>;tag=us\r\nTo: <sip:1@example.org>{tag}\r\nCSeq: {}\r\n\
                 Call-ID: x\r\nContent-Type: application/sdp\r\n\r\n{body}",
                parts[0], parts[1]
            );
            let way = if way == "> " { Way::Sent } else { Way::Received };
            let read = Read::of(text.as_bytes()).expect("a message");
            recording.note(begun + Duration::from_millis(100 * at), (way, &path()), &read);
        }
        let told: Vec<String> = recording.lines.iter().map(told).collect();
        assert_eq!(told, expect);
    }

    fn told(line: &Line) -> String {
        let way = if line.way == Way::Sent { ">" } else { "<" };
        let status = line
            .status
            .map_or(String::new(), |s| format!(" {s} {}", line.reason));
        let fork = line.fork.map_or(String::new(), |f| format!(" fork {f}"));
        let sdp = line.sdp.as_ref().map_or(String::new(), |s| format!(" [{s}]"));
        let again = if line.repeats > 0 {
            format!(" ×{}", line.repeats + 1)
        } else {
            String::new()
        };
        format!(
            "{} {way} {}{status} {}{fork}{sdp}{again}",
            line.at_ms, line.method, line.cseq
        )
    }

    #[test]
    fn what_is_sent_again_is_counted() {
        check(
            &[
                "> INVITE sip:1@h SIP/2.0 | 1 INVITE",
                "> INVITE sip:1@h SIP/2.0 | 1 INVITE",
                "< SIP/2.0 100 Trying | 1 INVITE",
                "> INVITE sip:1@h SIP/2.0 | 2 INVITE",
            ],
            &["0 > INVITE 1 ×2", "200 < INVITE 100 Trying 1", "300 > INVITE 2"],
        );
    }

    #[test]
    fn each_far_end_of_a_fork_is_told_apart() {
        check(
            &[
                "> INVITE sip:1@h SIP/2.0 | 1 INVITE",
                "< SIP/2.0 180 Ringing | 1 INVITE | a",
                "< SIP/2.0 180 Ringing | 1 INVITE | b",
                "< SIP/2.0 200 OK | 1 INVITE | b",
                "> ACK sip:1@h SIP/2.0 | 1 ACK | b",
            ],
            &[
                "0 > INVITE 1",
                "100 < INVITE 180 Ringing 1 fork 0",
                "200 < INVITE 180 Ringing 1 fork 1",
                "300 < INVITE 200 OK 1 fork 1",
                "400 > ACK 1 fork 1",
            ],
        );
    }

    #[test]
    fn a_description_is_told_in_a_line_and_no_number_is() {
        check(
            &[
                "> INVITE sip:1@h SIP/2.0 | 1 INVITE |  | m=audio 4000 RTP/AVP 0 18 101~a=rtpmap:101 telephone-event/8000",
                "< SIP/2.0 404 Number +12025550123 is not 1234 | 1 INVITE | a",
                "< SIP/2.0 200 OK | 1 INVITE | a | m=audio 0 RTP/AVP 8",
                "< SIP/2.0 200 OK | 2 INVITE | a | m=audio 4000 RTP/AVP 8~a=inactive",
            ],
            &[
                "0 > INVITE 1 [PCMU 18 telephone-event sendrecv]",
                "100 < INVITE 404 Number +… is not 1234 1 fork 0",
                "200 < INVITE 200 OK 1 fork 0 [PCMA refused]",
                "300 < INVITE 200 OK 2 fork 0 [PCMA inactive]",
            ],
        );
    }

    #[test]
    fn a_trace_has_an_end() {
        let begun = Instant::now();
        let mut recording = Recording::new(begun, path().remote);
        for n in 0..100 {
            let message = format!("INFO sip:1@h SIP/2.0\r\nCall-ID: x\r\nCSeq: {n} INFO\r\n\r\n");
            let read = Read::of(message.as_bytes()).expect("a message");
            recording.note(begun, (Way::Sent, &path()), &read);
        }
        assert_eq!((recording.lines.len(), recording.beyond), (MAX_MESSAGES, 36));
    }

    #[test]
    fn what_is_no_message_is_not_noted() {
        for text in [
            "",
            "\r\n\r\n",
            "INVITE sip:1@h SIP/2.0\r\nCSeq: 1 INVITE\r\n\r\n",
            "SIP/2.0 x\r\nCall-ID: x\r\n\r\n",
        ] {
            assert!(Read::of(text.as_bytes()).is_none(), "{text:?}");
        }
    }
}
