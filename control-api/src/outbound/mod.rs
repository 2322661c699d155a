//! HTTP from us to addresses that others wrote down (webhooks, CRMs, geocoders), so that none of them leads into our own network.
//!
//! ```text
//! URL ─► scheme, user, address written in it ─► look-up by us ─► every address checked ─► connected to that address, once
//! ```
//!
//! No redirects, no proxy of the environment, [`TIMEOUT`] for all of it, [`MAX_ANSWER_BYTES`] of the answer read.

mod address;
mod refused;
mod resolver;
mod send;
#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ipnet::IpNet;
use reqwest::{Client, ClientBuilder, redirect};
use url::{Host, Url};

use address::Allowed;
pub use refused::{OutboundError, Refused};
use resolver::{Guarded, Trust};
pub use resolver::{LookUp, LookUpAnswer, SystemLookUp};
pub use send::{Answer, Request};

/// From the look-up to the last byte of the answer.
pub const TIMEOUT: Duration = Duration::from_secs(5);

/// Bytes of an answer that are read; the rest is left where it is.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Longest URL.
pub const MAX_URL_CHARS: usize = 2_048;

/// A connection that nobody used for so long is closed.
const IDLE: Duration = Duration::from_secs(30);

/// Unused connections kept to one host.
const IDLE_PER_HOST: usize = 2;

/// The way out. Cheap to clone; every clone shares its connections.
#[derive(Clone)]
pub struct Outbound(Arc<Inner>);

struct Inner {
    allowed: Allowed,
    look_up: Arc<dyn LookUp>,
    limit: Duration,
    /// For https: public addresses, and the allowed ones.
    public: OnceLock<Result<Client, String>>,
    /// For http: the allowed ones alone.
    near: OnceLock<Result<Client, String>>,
}

impl Outbound {
    /// Looks names up as the system does. `allow` are networks of ours that may be reached all the same, by plain http too
    /// (`[outbound] allow`).
    pub fn new(allow: &[IpNet]) -> Outbound {
        Outbound::with(allow, Arc::new(SystemLookUp))
    }

    /// The same with another way to look names up.
    pub fn with(allow: &[IpNet], look_up: Arc<dyn LookUp>) -> Outbound {
        Outbound::limited(allow, look_up, TIMEOUT)
    }

    /// The same with another limit than [`TIMEOUT`].
    fn limited(allow: &[IpNet], look_up: Arc<dyn LookUp>, limit: Duration) -> Outbound {
        Outbound(Arc::new(Inner {
            allowed: Allowed::new(allow),
            look_up,
            limit,
            public: OnceLock::new(),
            near: OnceLock::new(),
        }))
    }

    /// What can be said of a URL before its name is looked up: when it is saved, and again before each request.
    pub fn check(&self, url: &str) -> Result<Url, Refused> {
        if url.chars().count() > MAX_URL_CHARS {
            return Err(Refused::TooLong);
        }
        if url.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\') {
            return Err(Refused::NoUrl);
        }
        let url = Url::parse(url).map_err(|_| Refused::NoUrl)?;
        let trust = trust_of(&url).ok_or(Refused::Scheme)?;
        if trust == Trust::Allowed && self.0.allowed.is_empty() {
            return Err(Refused::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::User);
        }
        let literal = match url.host() {
            None => return Err(Refused::NoUrl),
            Some(Host::Domain(name)) => {
                if name.trim_end_matches('.').is_empty() {
                    return Err(Refused::NoUrl);
                }
                None
            }
            Some(Host::Ipv4(ip)) => Some(ip.into()),
            Some(Host::Ipv6(ip)) => Some(ip.into()),
        };
        // A written address never reaches the look-up, so it is judged here.
        match literal {
            Some(ip) if !self.0.allowed.admits(ip, trust) => Err(Refused::Address),
            Some(_) | None => Ok(url),
        }
    }

    fn client(&self, trust: Trust) -> Result<&Client, OutboundError> {
        let cell = match trust {
            Trust::Public => &self.0.public,
            Trust::Allowed => &self.0.near,
        };
        let made = cell.get_or_init(|| self.build(trust).map_err(|error| error.to_string()));
        made.as_ref()
            .map_err(|reason| OutboundError::NoTls(reason.clone()))
    }

    fn build(&self, trust: Trust) -> reqwest::Result<Client> {
        let guarded = Guarded {
            allowed: self.0.allowed.clone(),
            trust,
            look_up: Arc::clone(&self.0.look_up),
        };
        let builder = base(trust == Trust::Public)
            .dns_resolver(Arc::new(guarded))
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            .timeout(self.0.limit)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .user_agent(concat!("Trunkline/", env!("CARGO_PKG_VERSION")));
        builder.https_only(trust == Trust::Public).build()
    }
}

impl std::fmt::Debug for Outbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Outbound({:?})", self.0.allowed)
    }
}

/// Https may go wherever the public may; http only where the operator said so.
fn trust_of(url: &Url) -> Option<Trust> {
    match url.scheme() {
        "https" => Some(Trust::Public),
        "http" => Some(Trust::Allowed),
        _ => None,
    }
}

/// A client for our own loopback: no certificates are loaded, so that it works where none are installed.
pub fn loopback_client() -> Client {
    base(false).build().unwrap_or_default()
}

/// A client for addresses of the operator's own configuration: wherever they lead, but without proxies and redirects.
pub(crate) fn operators_client() -> Client {
    let build = |with_roots| {
        base(with_roots)
            .no_proxy()
            .redirect(redirect::Policy::none())
            .build()
    };
    // A machine without certificates can still be asked by plain http.
    build(true).or_else(|_| build(false)).unwrap_or_default()
}

/// Every client of this program begins here: the cryptography that TLS uses is chosen once.
pub(crate) fn base(with_roots: bool) -> ClientBuilder {
    // Chosen before: by another client, and the same one.
    let _chosen = rustls::crypto::ring::default_provider().install_default();
    if with_roots {
        Client::builder()
    } else {
        Client::builder().tls_certs_only([])
    }
}
