//! Where a trunk's requests go: its host looked up, never on a path that a call waits on.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use trunkline_gateway::trunk::snapshot::{Server, Snapshot, Transport};

use super::locate::{Found, Wish, locate};
use crate::runtime::App;
use crate::store::trunks::Trunk;

/// Longest wait for all that one trunk's name leads to.
const TIMEOUT: Duration = Duration::from_secs(8);

/// Where requests go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub transport: Transport,
    pub servers: Vec<Server>,
}

/// By trunk id.
pub(super) type Places = HashMap<String, Place>;

/// Every trunk's place, and when the first of their names is to be looked up again.
pub(super) async fn places(app: &App, trunks: &[Trunk], before: &Snapshot) -> (Places, Option<Instant>) {
    let spoken = spoken(app);
    let lookups = trunks.iter().map(|trunk| async {
        let found = look_up(app, trunk, &spoken).await;
        let until = found.as_ref().and_then(|found| found.until);
        (trunk.id.clone(), place(trunk, found, before), until)
    });
    let mut places = Places::new();
    let mut first: Option<Instant> = None;
    for (id, place, until) in futures_util::future::join_all(lookups).await {
        places.insert(id, place);
        first = [first, until].into_iter().flatten().min();
    }
    (places, first)
}

/// The transports that we listen on, as RFC 3263 would try them.
fn spoken(app: &App) -> Vec<Transport> {
    let all = [Transport::Udp, Transport::Tcp, Transport::Tls];
    let listens = |transport: &Transport| app.config().sip.listen.iter().any(|l| l.transport == *transport);
    all.into_iter().filter(listens).collect()
}

async fn look_up(app: &App, trunk: &Trunk, spoken: &[Transport]) -> Option<Found> {
    let port = trunk.port.map(u16::try_from).transpose().ok()?;
    let wish = Wish {
        host: &trunk.host,
        port: port.filter(|port| *port > 0),
        transport: wished(trunk),
        spoken,
    };
    tokio::time::timeout(TIMEOUT, locate(app.names(), &wish))
        .await
        .ok()
}

/// The transport that the trunk names; `None` is what DNS says.
fn wished(trunk: &Trunk) -> Option<Transport> {
    match trunk.transport.as_str() {
        "tcp" => Some(Transport::Tcp),
        "tls" => Some(Transport::Tls),
        "auto" => None,
        _ => Some(Transport::Udp),
    }
}

/// What was found; what was known before where that is in doubt.
fn place(trunk: &Trunk, found: Option<Found>, before: &Snapshot) -> Place {
    let sure = found
        .as_ref()
        .is_some_and(|found| !found.doubtful && !found.servers.is_empty());
    let had = before
        .trunks
        .iter()
        .find(|t| t.id.to_string() == trunk.id && t.host == trunk.host && !t.servers.is_empty())
        .filter(|t| {
            wished(trunk).is_none_or(|wish| wish == t.transport) && t.port.map(i64::from) == trunk.port
        });
    match (found, had) {
        (_, Some(had)) if !sure => Place {
            transport: had.transport,
            servers: had.servers.clone(),
        },
        (Some(found), _) if !found.servers.is_empty() => Place {
            transport: found.transport,
            servers: found.servers,
        },
        (Some(_) | None, _) => {
            tracing::warn!(trunk.name = trunk.name, "the trunk's host has no address");
            Place {
                transport: wished(trunk).unwrap_or(Transport::Udp),
                servers: Vec::new(),
            }
        }
    }
}
