//! What the endpoint reads from a message beside its fields. The far end may write what it wants: what cannot be read is not
//! there.

use std::time::Duration;

use bytes::Bytes;

use super::servers::ServerKey;
use super::write::SDP;
use crate::sip::api::Path;
use crate::sip::header::{Name, NameAddr, Value};
use crate::sip::lexer;
use crate::sip::message::Message;
use crate::sip::method::Method;
use crate::sip::uri::Uri;
use crate::trunk::snapshot::Transport;

/// Longest Retry-After that we hand on.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// The status; 0 of a request, which is nowhere asked.
pub(super) fn status(response: &Message) -> u16 {
    response.status().unwrap_or_default()
}

/// Whether it is an INVITE or a response to one.
pub(super) fn is_invite(message: &Message) -> bool {
    *message.method() == Method::Invite
}

/// A tag as text; tags are tokens.
pub(super) fn tag(address: &NameAddr) -> Option<String> {
    address.tag().map(|tag| String::from_utf8_lossy(tag).into_owned())
}

/// What names the server transaction that a request belongs to (RFC 3261 17.2.3): branch, sent-by and method, ACK counting as
/// INVITE; of an RFC 2543 request Call-ID, From tag, CSeq, Request-URI and the top Via, without the To tag that ACK adds.
pub(super) fn server_key(request: &Message) -> ServerKey {
    let method = request.method();
    key_of(
        request,
        if *method == Method::Ack {
            &Method::Invite
        } else {
            method
        },
    )
}

/// The key of the INVITE that a CANCEL cancels (RFC 3261 9.2).
pub(super) fn canceled_key(cancel: &Message) -> ServerKey {
    key_of(cancel, &Method::Invite)
}

fn key_of(request: &Message, method: &Method) -> ServerKey {
    let via = request.via();
    let number = request.cseq().number.to_be_bytes();
    let uri = request.request_uri().map_or(&b""[..], |uri| uri.as_bytes());
    let port = via.port().unwrap_or_default().to_be_bytes();
    let parts: &[&[u8]] = match via.unique_branch() {
        Some(branch) => &[b"1", branch, via.host(), &port, method.as_bytes()],
        None => &[
            b"0",
            request.call_id().as_bytes(),
            request.from().tag().unwrap_or_default(),
            &number,
            method.as_bytes(),
            uri,
            via.as_bytes(),
        ],
    };
    parts.join(&0).into()
}

/// What a request that came by two ways has in common: From tag, Call-ID and CSeq (RFC 3261 8.2.2.2).
pub(super) fn merge_key(request: &Message) -> ServerKey {
    let number = request.cseq().number.to_be_bytes();
    let parts: &[&[u8]] = &[
        request.call_id().as_bytes(),
        request.from().tag().unwrap_or_default(),
        &number,
        request.method().as_bytes(),
    ];
    parts.join(&0).into()
}

/// Where the response to a request goes (RFC 3261 18.2.2, RFC 3581 4): over a stream the way it came; over UDP to its
/// source address, and to its source port when it asked for that, else to the port of sent-by.
pub(super) fn response_path(request: &Message, source: &Path) -> Path {
    let mut path = *source;
    let via = request.via();
    if source.transport == Transport::Udp && !via.has_rport() {
        path.remote.set_port(via.port().unwrap_or(5060));
    }
    path
}

/// The description in a body; one part of a multipart body is found, too (RFC 5621).
pub(super) fn sdp(message: &Message) -> Option<Bytes> {
    let body = message.body();
    if body.is_empty() {
        return None;
    }
    match message.header(&Name::ContentType) {
        // RFC 3261 7.4.1 has no default; a body without a type is what everybody sends.
        None => Some(body.clone()),
        Some(value) if is_type(value, SDP) => Some(body.clone()),
        Some(value) if is_multipart(value) => sdp_part(value, body),
        Some(_) => None,
    }
}

/// Whether it carries a body from which no description can be got (415).
pub(super) fn has_foreign_body(request: &Message) -> bool {
    !request.body().is_empty() && sdp(request).is_none()
}

/// Whether its body is compressed or the like (415).
pub(super) fn has_foreign_encoding(request: &Message) -> bool {
    let foreign = |value: &Value| value.elements().any(|e| !e.eq_ignore_ascii_case(b"identity"));
    !request.body().is_empty() && request.headers(&Name::ContentEncoding).any(foreign)
}

/// The media type before its parameters.
fn is_type(value: &Value, wanted: &str) -> bool {
    let bytes = value.as_bytes();
    let end = lexer::find_outside(bytes, b';').unwrap_or(bytes.len());
    lexer::trim(&bytes[..end]).eq_ignore_ascii_case(wanted.as_bytes())
}

fn is_multipart(value: &Value) -> bool {
    value
        .as_bytes()
        .get(..10)
        .is_some_and(|start| start.eq_ignore_ascii_case(b"multipart/"))
}

/// The first part of that type (RFC 2046 5.1).
fn sdp_part(content_type: &Value, body: &Bytes) -> Option<Bytes> {
    let bytes = content_type.as_bytes();
    let params = lexer::Params::new(&bytes[lexer::find_outside(bytes, b';')?..]);
    let boundary = params.value("boundary")?;
    let boundary = boundary
        .strip_prefix(b"\"")
        .and_then(|b| b.strip_suffix(b"\""))
        .unwrap_or(boundary);
    let delimiter = [b"--", boundary].concat();
    let starts: Vec<usize> = memchr::memmem::find_iter(&body[..], &delimiter).collect();
    starts.windows(2).find_map(|pair| {
        let part = &body[pair[0] + delimiter.len()..pair[1]];
        let head_end = memchr::memmem::find(part, b"\r\n\r\n")?;
        let is_sdp = memchr::memmem::find(&part[..head_end].to_ascii_lowercase(), SDP.as_bytes()).is_some();
        let content = &part[head_end + 4..];
        is_sdp.then(|| body.slice_ref(content.strip_suffix(b"\r\n").unwrap_or(content)))
    })
}

/// Option tags of Require that we do not keep.
pub(super) fn unknown_requirements(request: &Message, known: &[&str]) -> Vec<String> {
    let known = |tag: &[u8]| {
        known
            .iter()
            .any(|known| tag.eq_ignore_ascii_case(known.as_bytes()))
    };
    request
        .headers(&Name::Require)
        .flat_map(Value::elements)
        .filter(|tag| !known(tag))
        .map(lexer::text)
        .collect()
}

/// Session-Expires, and whether its refresher is `uac` (RFC 4028 4).
pub(super) fn session_expires(message: &Message) -> Option<(Duration, Option<bool>)> {
    let value = message.header(&Name::SessionExpires)?.as_bytes();
    let end = lexer::find_outside(value, b';').unwrap_or(value.len());
    let seconds: u32 = lexer::number(lexer::trim(&value[..end]))?;
    let uac = match lexer::Params::new(&value[end..]).value("refresher") {
        Some(word) if word.eq_ignore_ascii_case(b"uac") => Some(true),
        Some(word) if word.eq_ignore_ascii_case(b"uas") => Some(false),
        Some(_) | None => None,
    };
    Some((Duration::from_secs(seconds.into()), uac))
}

/// RSeq of an 18x that wants PRACK (RFC 3262 4).
pub(super) fn reliable_rseq(response: &Message) -> Option<u32> {
    if !response.has_token(&Name::Require, "100rel") {
        return None;
    }
    lexer::number(response.header(&Name::RSeq)?.as_bytes())
}

/// Q.850 cause of a Reason header (RFC 3326): `Q.850;cause=16;text="…"`.
pub(super) fn q850_cause(message: &Message) -> Option<u16> {
    message
        .headers(&Name::Reason)
        .flat_map(Value::elements)
        .find_map(|reason| {
            let end = lexer::find_outside(reason, b';')?;
            let is_q850 = lexer::trim(&reason[..end]).eq_ignore_ascii_case(b"Q.850");
            let cause = lexer::Params::new(&reason[end..])
                .value("cause")
                .filter(|_| is_q850)?;
            lexer::number(cause)
        })
}

/// Retry-After, without comment and parameters (RFC 3261 20.33).
pub(super) fn retry_after(response: &Message) -> Option<Duration> {
    let value = response.header(&Name::RetryAfter)?.as_bytes();
    let digits = value.iter().take_while(|b| b.is_ascii_digit()).count();
    let seconds: u32 = lexer::number(&value[..digits])?;
    Some(Duration::from_secs(seconds.into()).min(MAX_RETRY_AFTER))
}

/// The far end's Contact, when there is one that requests can go to.
pub(super) fn contact_uri(message: &Message) -> Option<Uri> {
    message.contact().map(|contact| contact.uri().clone())
}

/// Record-Route, in the order of the message.
pub(super) fn record_route(message: &Message) -> Vec<NameAddr> {
    message.addresses(&Name::RecordRoute).collect()
}

/// The user part of an address, for people and policies.
pub(super) fn user(uri: Option<&Uri>) -> String {
    uri.and_then(Uri::user_text).unwrap_or_default()
}

/// The user part of P-Asserted-Identity (RFC 3325).
pub(super) fn asserted_user(request: &Message) -> Option<String> {
    request
        .addresses(&Name::PAssertedIdentity)
        .find_map(|address| address.uri().user_text())
}

/// Content-Type and body of an INFO.
pub(super) fn info(request: &Message) -> Option<(String, Bytes)> {
    let content_type = request.header(&Name::ContentType)?.text();
    (!request.body().is_empty()).then(|| (content_type, request.body().clone()))
}
