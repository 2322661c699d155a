//! Names are looked up by us, and the addresses that were checked are those that are connected to: a name server that changes its answer
//! between check and connection is asked only once.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::Allowed;
use super::refused::{OutboundError, Refused};

/// Addresses of one name that are looked at; a name with more is not known.
const MAX_ADDRESSES: usize = 64;

/// What a look-up gives, some time.
pub type LookUpAnswer = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// A way to find a name's addresses.
pub trait LookUp: Send + Sync + 'static {
    /// Every address of the name.
    fn look_up(&self, name: String) -> LookUpAnswer;
}

/// As the system does it.
#[derive(Clone, Copy, Debug)]
pub struct SystemLookUp;

impl LookUp for SystemLookUp {
    fn look_up(&self, name: String) -> LookUpAnswer {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// How far a client may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// To the public internet and to allowed networks.
    Public,
    /// To allowed networks.
    Allowed,
}

/// A look-up that gives nothing when one address of the name is not to be reached.
pub(super) struct Guarded {
    pub(super) allowed: Allowed,
    pub(super) trust: Trust,
    pub(super) look_up: Arc<dyn LookUp>,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let answer = self.look_up.look_up(name.as_str().to_owned());
        let (allowed, trust) = (self.allowed.clone(), self.trust);
        Box::pin(async move {
            let found = answer.await.map_err(|_| OutboundError::Unknown)?;
            if found.is_empty() || found.len() > MAX_ADDRESSES {
                return Err(OutboundError::Unknown.into());
            }
            // One bad address spoils the name: which of them would be connected to is not ours to say.
            if !found.iter().all(|ip| allowed.admits(*ip, trust)) {
                return Err(OutboundError::Refused(Refused::Address).into());
            }
            // The port of the URL is put in later.
            let found = found.into_iter().map(|ip| SocketAddr::new(ip, 0));
            Ok(Box::new(found) as Addrs)
        })
    }
}
