//! What we say of ourselves in every message: Via, Contact, methods and extensions.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::clients::ClientKey;
use crate::sip::api::Path;
use crate::sip::header::{Name, NameAddr, Value, Via};
use crate::sip::message::Message;
use crate::sip::uri::Uri;
use crate::trunk::snapshot::Transport;

/// Methods that we answer otherwise than by 405 (RFC 3261 20.5).
pub(super) const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK";
/// Extensions that we keep (RFC 3262, RFC 4028).
pub(super) const SUPPORTED: &str = "100rel, timer";
/// Content-Type of a description.
pub(super) const SDP: &str = "application/sdp";
/// A request may pass this many proxies (RFC 3261 8.1.1.6).
pub(super) const MAX_FORWARDS: &str = "70";

/// Our Via over `path` (RFC 3261 18.1.1, RFC 3581 3).
pub(super) fn via(path: &Path, advertised: Option<IpAddr>, key: ClientKey) -> Option<Via> {
    let transport = match path.transport {
        Transport::Udp => "UDP",
        Transport::Tcp => "TCP",
    };
    Via::new(transport, our_address(path, advertised), &key.after_cookie()).ok()
}

/// Our Contact over `path`, where the leg has not been given one.
pub(super) fn contact(path: &Path, advertised: Option<IpAddr>) -> Option<NameAddr> {
    let parameter = match path.transport {
        Transport::Udp => "",
        Transport::Tcp => ";transport=tcp",
    };
    let uri = Uri::parse(format!(
        "sip:trunkline@{}{parameter}",
        our_address(path, advertised)
    ))
    .ok()?;
    Some(NameAddr::new(&uri))
}

/// IPv6 in brackets, as `SocketAddr` prints it.
fn our_address(path: &Path, advertised: Option<IpAddr>) -> SocketAddr {
    SocketAddr::new(advertised.unwrap_or(path.local.ip()), path.local.port())
}

/// Adds a header whose value we have made ourselves; one that would leave its line is left out.
pub(super) fn put(message: &mut Message, name: Name, value: String) {
    if let Ok(value) = Value::new(value) {
        message.push(name, value);
    }
}

/// Retry-After in whole seconds, at least one.
pub(super) fn put_retry_after(message: &mut Message, wait: Duration) {
    message.push(Name::RetryAfter, Value::number(wait.as_secs().max(1)));
}

/// RFC 3326.
pub(super) fn put_reason(message: &mut Message, q850_cause: Option<u16>) {
    if let Some(cause) = q850_cause {
        put(message, Name::Reason, format!("Q.850;cause={cause}"));
    }
}
