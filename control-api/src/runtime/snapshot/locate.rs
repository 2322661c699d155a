//! Where the requests to a host go: NAPTR, SRV, A and AAAA in the order of RFC 3263, over whatever answers questions about names.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use trunkline_gateway::trunk::servers::MAX_ADDRESSES;
use trunkline_gateway::trunk::snapshot::{Server, Transport, bare_host};

/// Answers questions about names.
pub(in crate::runtime) trait Names {
    /// NAPTR records of a name (RFC 3403).
    async fn naptr(&self, name: &str) -> Result<Answer<Naptr>, Unknown>;
    /// SRV records of a name (RFC 2782).
    async fn srv(&self, name: &str) -> Result<Answer<Srv>, Unknown>;
    /// A and AAAA records of a name.
    async fn addresses(&self, name: &str) -> Result<Answer<IpAddr>, Unknown>;
}

/// What a name has; nothing, when it does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::runtime) struct Answer<T> {
    /// The records.
    pub records: Vec<T>,
    /// They are good until then (TTL).
    pub until: Option<Instant>,
}

/// No name server has given an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::runtime) struct Unknown;

/// A NAPTR record that leads to SRV records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::runtime) struct Naptr {
    /// Lower first.
    pub order: u16,
    /// Lower first among equals.
    pub preference: u16,
    /// `SIP+D2U`, `SIP+D2T`, `SIPS+D2T`
    pub service: String,
    /// The name of the SRV records.
    pub replacement: String,
}

/// A SRV record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::runtime) struct Srv {
    /// Lower first.
    pub priority: u16,
    /// Share among equals.
    pub weight: u16,
    /// Port.
    pub port: u16,
    /// Host; `.` says that there is no such service here.
    pub target: String,
}

/// What is known of a far end.
#[derive(Clone, Debug)]
pub(in crate::runtime) struct Wish<'a> {
    /// Name or address.
    pub host: &'a str,
    /// Its port, when it is set: then there is no SRV (RFC 3263 section 4.2).
    pub port: Option<u16>,
    /// Its transport, when it is set: then there is no NAPTR (section 4.1).
    pub transport: Option<Transport>,
    /// What we speak, best first.
    pub spoken: &'a [Transport],
}

/// Where its requests go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::runtime) struct Found {
    /// Over this transport.
    pub transport: Transport,
    /// To these; none, when there is no such name or service.
    pub servers: Vec<Server>,
    /// To be looked up again then.
    pub until: Option<Instant>,
    /// Not every question was answered: there may be more than this.
    pub doubtful: bool,
}

/// Finds the servers of a far end.
pub(in crate::runtime) async fn locate(names: &impl Names, wish: &Wish<'_>) -> Found {
    let transport = wish.transport.unwrap_or(Transport::Udp);
    let bare = bare_host(wish.host);
    if let Ok(ip) = bare.parse::<IpAddr>() {
        let port = wish.port.unwrap_or(transport.default_port());
        return Found {
            transport,
            servers: vec![Server::alone(vec![SocketAddr::new(ip, port)])],
            until: None,
            doubtful: false,
        };
    }
    let mut search = Search {
        names,
        until: None,
        doubtful: false,
    };
    let (transport, servers) = match (wish.port, wish.transport) {
        (Some(port), _) => (transport, search.host(bare, port).await),
        (None, Some(transport)) => search.one_of(&[service(transport, bare)], bare).await,
        (None, None) => {
            let services = search.services(bare, wish.spoken).await;
            search.one_of(&services, bare).await
        }
    };
    Found {
        transport,
        servers,
        until: search.until,
        doubtful: search.doubtful,
    }
}

/// The name of a transport's SRV records (RFC 3263 section 4.1).
fn service(transport: Transport, host: &str) -> (Transport, String) {
    let prefix = match transport {
        Transport::Udp => "_sip._udp",
        Transport::Tcp => "_sip._tcp",
        Transport::Tls => "_sips._tcp",
    };
    (transport, format!("{prefix}.{host}"))
}

/// One search: the questions asked so far, summed up.
struct Search<'a, N> {
    names: &'a N,
    until: Option<Instant>,
    doubtful: bool,
}

impl<N: Names> Search<'_, N> {
    /// The records of an answer.
    fn take<T>(&mut self, answer: Result<Answer<T>, Unknown>) -> Vec<T> {
        match answer {
            Ok(answer) => {
                self.until = [self.until, answer.until].into_iter().flatten().min();
                answer.records
            }
            Err(Unknown) => {
                self.doubtful = true;
                Vec::new()
            }
        }
    }

    /// The SRV names to ask for: the one that NAPTR prefers among what we speak; without NAPTR that of every transport we speak.
    async fn services(&mut self, host: &str, spoken: &[Transport]) -> Vec<(Transport, String)> {
        let answer = self.names.naptr(host).await;
        let mut records = self.take(answer);
        records.sort_by_key(|r| (r.order, r.preference));
        let by = |r: &Naptr| {
            let transport = match r.service.to_ascii_uppercase().as_str() {
                "SIP+D2U" => Transport::Udp,
                "SIP+D2T" => Transport::Tcp,
                "SIPS+D2T" => Transport::Tls,
                _ => return None,
            };
            spoken
                .contains(&transport)
                .then(|| (transport, r.replacement.clone()))
        };
        match records.iter().find_map(by) {
            Some(chosen) => vec![chosen],
            None => spoken.iter().map(|transport| service(*transport, host)).collect(),
        }
    }

    /// The servers of the first service that has any; the host itself where none has a record (RFC 3263 section 4.2).
    async fn one_of(&mut self, services: &[(Transport, String)], host: &str) -> (Transport, Vec<Server>) {
        for (transport, name) in services {
            let answer = self.names.srv(name).await;
            let records = self.take(answer);
            if !records.is_empty() {
                return (*transport, self.servers(records).await);
            }
        }
        let transport = match services {
            [(only, _)] => *only,
            _ => Transport::Udp,
        };
        (transport, self.host(host, transport.default_port()).await)
    }

    async fn servers(&mut self, mut records: Vec<Srv>) -> Vec<Server> {
        // Name servers rotate their answers: a change of order is no change.
        records.sort_unstable();
        records.dedup();
        let mut servers = Vec::new();
        let mut room = MAX_ADDRESSES;
        for record in records.iter().filter(|r| r.target != ".").take(MAX_ADDRESSES) {
            let addresses = self.addresses(&record.target, record.port, room).await;
            room -= addresses.len();
            if !addresses.is_empty() {
                servers.push(Server {
                    addresses,
                    priority: record.priority,
                    weight: record.weight,
                });
            }
        }
        servers
    }

    async fn host(&mut self, host: &str, port: u16) -> Vec<Server> {
        let addresses = self.addresses(host, port, MAX_ADDRESSES).await;
        if addresses.is_empty() {
            Vec::new()
        } else {
            vec![Server::alone(addresses)]
        }
    }

    async fn addresses(&mut self, name: &str, port: u16, most: usize) -> Vec<SocketAddr> {
        let answer = self.names.addresses(name).await;
        let mut found = self.take(answer);
        found.sort_unstable();
        found.dedup();
        let found = found.into_iter().map(|ip| SocketAddr::new(ip, port));
        found.take(most).collect()
    }
}

#[cfg(test)]
#[path = "locate_tests.rs"]
mod tests;
