//! Where a trunk's requests go: its host looked up, never on a path that a call waits on.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use trunkline_gateway::trunk::snapshot::{Server, Snapshot, Transport};

use super::locate::{Found, Wish, locate};
use crate::config::SipListen;
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
        let mut found = look_up(app, trunk, &spoken).await;
        if let Some(found) = &mut found {
            reachable(found, &app.config().sip.listen);
        }
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

/// Keeps the addresses of the kind that we listen on, IPv4 or IPv6: who listens on one alone has no way to the other.
fn reachable(found: &mut Found, listen: &[SipListen]) {
    let transport = found.transport;
    let listens = |v4: bool| {
        listen
            .iter()
            .any(|l| l.transport == transport && l.address.is_ipv4() == v4)
    };
    // Without a listener of the transport at all the first call says so.
    let (v4, v6) = (listens(true), listens(false));
    if v4 == v6 {
        return;
    }
    for server in &mut found.servers {
        server.addresses.retain(|address| address.is_ipv4() == v4);
    }
    found.servers.retain(|server| !server.addresses.is_empty());
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
        (_, Some(had)) if !sure => {
            tracing::warn!(
                trunk.name = trunk.name,
                "name servers say nothing of the trunk's host: it keeps its addresses"
            );
            Place {
                transport: had.transport,
                servers: had.servers.clone(),
            }
        }
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

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::Arc;

    use trunkline_gateway::ids::TrunkId;
    use trunkline_gateway::trunk::snapshot;
    use uuid::Uuid;

    use super::*;
    use crate::runtime::snapshot::compile::tests::row;

    fn found(addresses: &[&str], doubtful: bool) -> Found {
        let addresses: Vec<SocketAddr> = addresses.iter().map(|a| a.parse().expect("an address")).collect();
        Found {
            transport: Transport::Udp,
            servers: if addresses.is_empty() {
                Vec::new()
            } else {
                vec![Server::alone(addresses)]
            },
            until: None,
            doubtful,
        }
    }

    fn told(place: &Place) -> String {
        let all = place
            .servers
            .iter()
            .flat_map(|s| &s.addresses)
            .map(SocketAddr::to_string);
        all.collect::<Vec<_>>().join(" ")
    }

    /// What it had is kept where name servers say nothing, and where they say that there is nothing.
    #[test]
    fn what_is_in_doubt_changes_nothing() {
        let row = row();
        let id = TrunkId(Uuid::parse_str(&row.id).expect("an id"));
        let before = |host: &str| Snapshot {
            trunks: vec![Arc::new(snapshot::Trunk {
                port: row.port.and_then(|p| u16::try_from(p).ok()),
                servers: found(&["192.0.2.1:5060"], false).servers,
                ..snapshot::Trunk::new(id, "carrier", host)
            })],
            ..Snapshot::default()
        };
        let check = |found: Option<Found>, before: &Snapshot, expected: &str| {
            assert_eq!(told(&place(&row, found, before)), expected);
        };
        let same = before(&row.host);
        check(Some(found(&["192.0.2.2:5060"], false)), &same, "192.0.2.2:5060");
        check(Some(found(&["192.0.2.2:5060"], true)), &same, "192.0.2.1:5060");
        check(Some(found(&[], false)), &same, "192.0.2.1:5060");
        check(None, &same, "192.0.2.1:5060");
        // Another host is another place; a doubtful address is better than none.
        let other = before("other.example");
        check(Some(found(&["192.0.2.2:5060"], true)), &other, "192.0.2.2:5060");
        check(None, &other, "");
    }

    #[test]
    fn addresses_of_a_kind_that_we_do_not_listen_on_are_none() {
        let listens = |address: &str| SipListen {
            transport: Transport::Udp,
            address: address.parse().expect("an address"),
        };
        let check = |listen: &[SipListen], expected: &str| {
            let mut found = found(&["192.0.2.1:5060", "[2001:db8::1]:5060"], false);
            reachable(&mut found, listen);
            let place = Place {
                transport: found.transport,
                servers: found.servers,
            };
            assert_eq!(told(&place), expected);
        };
        check(&[listens("0.0.0.0:5060")], "192.0.2.1:5060");
        check(&[listens("[::]:5060")], "[2001:db8::1]:5060");
        check(
            &[listens("[::]:5060"), listens("0.0.0.0:5060")],
            "192.0.2.1:5060 [2001:db8::1]:5060",
        );
        check(&[], "192.0.2.1:5060 [2001:db8::1]:5060");
    }
}
