//! The address of whoever sent the request.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRef, FromRequestParts};
use axum::http::request::Parts;

use crate::guards::client_ip;
use crate::runtime::App;

/// The client's address and whether it came through a proxy of ours; none when the server was not told of its peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClientIp {
    /// The client.
    pub(crate) ip: Option<IpAddr>,
    /// The peer is a proxy of ours.
    pub(crate) trusted_peer: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for ClientIp
where
    App: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() else {
            return Ok(ClientIp {
                ip: None,
                trusted_peer: false,
            });
        };
        let app = App::from_ref(state);
        let trusted = &app.config().http.trusted_proxies;
        // Several headers are one list (RFC 9110 section 5.3).
        let forwarded: Vec<&str> = parts
            .headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        let forwarded = (!forwarded.is_empty()).then(|| forwarded.join(","));
        let peer = peer.ip().to_canonical();
        Ok(ClientIp {
            ip: Some(client_ip::client_ip(peer, forwarded.as_deref(), trusted)),
            trusted_peer: trusted.iter().any(|net| net.contains(&peer)),
        })
    }
}
