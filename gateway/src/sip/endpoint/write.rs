//! What we say of ourselves in every message: Via, Contact, methods and extensions.

use std::net::{IpAddr, SocketAddr};

use super::clients::ClientKey;
use crate::sip::api::Path;
use crate::sip::header::{NameAddr, Via};
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
        Transport::Tls => "TLS",
    };
    Via::new(transport, our_address(path, advertised), &key.after_cookie()).ok()
}

/// Our Contact over `path`, where the leg has not been given one.
pub(super) fn contact(path: &Path, advertised: Option<IpAddr>) -> Option<NameAddr> {
    contact_of("trunkline", path, advertised)
}

/// Our Contact with this user part.
pub(super) fn contact_of(user: &str, path: &Path, advertised: Option<IpAddr>) -> Option<NameAddr> {
    let parameter = path.transport.uri_parameter();
    let uri = Uri::parse(format!("sip:{user}@{}{parameter}", our_address(path, advertised))).ok()?;
    Some(NameAddr::new(&uri))
}

/// IPv6 in brackets, as `SocketAddr` prints it.
fn our_address(path: &Path, advertised: Option<IpAddr>) -> SocketAddr {
    // One address can be advertised, of one kind; who is called over the other sees where it comes from.
    let advertised = advertised.filter(|ip| ip.is_ipv4() == path.local.is_ipv4());
    SocketAddr::new(advertised.unwrap_or(path.local.ip()), path.local.port())
}
