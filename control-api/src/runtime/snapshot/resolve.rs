//! Where a trunk's requests go: its host looked up, never on a path that a call waits on.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use trunkline_gateway::trunk::snapshot::{Snapshot, Transport, bare_host};

use crate::store::trunks::Trunk;

/// Addresses of a trunk that are kept; a name with more is a mistake or an attack.
const MAX_ADDRESSES: usize = 16;

/// Longest wait for one name.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Addresses by trunk id.
pub(super) type Addresses = HashMap<String, Vec<SocketAddr>>;

pub(super) async fn addresses(trunks: &[Trunk], before: &Snapshot) -> Addresses {
    let lookups = trunks.iter().map(|trunk| async {
        let found = match port(trunk) {
            Some(port) => look_up(&trunk.host, port).await,
            None => Vec::new(),
        };
        let kept = if found.is_empty() {
            had(trunk, before)
        } else {
            found
        };
        if kept.is_empty() {
            tracing::warn!(trunk.name = trunk.name, "the trunk's host has no address");
        }
        (trunk.id.clone(), kept)
    });
    futures_util::future::join_all(lookups)
        .await
        .into_iter()
        .collect()
}

fn port(trunk: &Trunk) -> Option<u16> {
    match trunk.port {
        None => Some(
            if trunk.transport == "tls" {
                Transport::Tls
            } else {
                Transport::Udp
            }
            .default_port(),
        ),
        Some(port) => u16::try_from(port).ok().filter(|port| *port > 0),
    }
}

async fn look_up(host: &str, port: u16) -> Vec<SocketAddr> {
    if let Ok(ip) = bare_host(host).parse::<IpAddr>() {
        return vec![SocketAddr::new(ip, port)];
    }
    match tokio::time::timeout(TIMEOUT, tokio::net::lookup_host((host, port))).await {
        Ok(Ok(found)) => {
            let mut found: Vec<SocketAddr> = found.take(MAX_ADDRESSES).collect();
            // Name servers rotate their answers: a change of order is no change.
            found.sort_unstable();
            found.dedup();
            found
        }
        Ok(Err(_)) | Err(_) => Vec::new(),
    }
}

/// What the same host had in the snapshot before.
fn had(trunk: &Trunk, before: &Snapshot) -> Vec<SocketAddr> {
    let same = before
        .trunks
        .iter()
        .find(|t| t.id.to_string() == trunk.id && t.host == trunk.host);
    same.map(|t| t.addresses.clone()).unwrap_or_default()
}
