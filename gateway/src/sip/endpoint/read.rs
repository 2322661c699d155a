//! What the endpoint reads from a message beside its fields. The far end may write what it wants: what cannot be read is not
//! there.

use bytes::Bytes;

use super::servers::ServerKey;
use super::write::SDP;
use crate::sip::api::Path;
use crate::sip::header::{Authorization, ContentType, Name, NameAddr, Privacy, RSeq, Value};
use crate::sip::message::Message;
use crate::sip::method::Method;
use crate::sip::uri::Uri;
use crate::trunk::snapshot::Transport;

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

/// The description in a body, or in one part of it. A body without a type is a description: what else would it be.
pub(super) fn sdp(message: &Message) -> Option<Bytes> {
    let body = message.body();
    match message.get::<ContentType>() {
        _ if body.is_empty() => None,
        Some(content_type) => content_type.find(SDP, body),
        None => message.header(&Name::ContentType).is_none().then(|| body.clone()),
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

/// RSeq of an 18x that wants PRACK (RFC 3262 4).
pub(super) fn reliable_rseq(response: &Message) -> Option<u32> {
    response
        .get::<RSeq>()
        .filter(|_| response.has_token(&Name::Require, "100rel"))
        .map(|RSeq(number)| number)
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

/// Most Identity headers that are passed on: one a statement, and there are few kinds of them.
const MAX_IDENTITIES: usize = 4;
/// Longest of them: a PASSporT with its signature is shorter than half of it.
const MAX_SIGNED: usize = 4_096;

/// Values of Identity (RFC 8224), as they came; what is no text, or longer than any such header, is none.
pub(super) fn signed(request: &Message) -> Vec<String> {
    let texts = request.headers(&Name::Identity).map(|value| value.text());
    texts
        .filter(|text| text.len() <= MAX_SIGNED && !text.contains(char::is_control))
        .take(MAX_IDENTITIES)
        .collect()
}

/// Whether the caller asks that nobody beyond us is told who calls (RFC 3323 4.2, RFC 3325 9.3).
pub(super) fn withheld(request: &Message) -> bool {
    request.each::<Privacy>().any(|privacy| privacy.identity)
}

/// What a request proves by digest (RFC 3261 22.2).
pub(super) fn proofs(request: &Message) -> Vec<Authorization> {
    request
        .headers(&Name::Authorization)
        .flat_map(|value| Authorization::read_all(value.as_bytes()))
        .collect()
}

/// Content-Type and body of an INFO.
pub(super) fn info(request: &Message) -> Option<(String, Bytes)> {
    let content_type = request.header(&Name::ContentType)?.text();
    (!request.body().is_empty()).then(|| (content_type, request.body().clone()))
}
