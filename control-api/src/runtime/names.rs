//! Names asked of name servers: the operating system's, or those of `[sip] name_servers`. Answers are kept for their time to live.

use std::net::{IpAddr, SocketAddr};
use std::sync::OnceLock;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolverConfig, ResolverOpts,
};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{RData, RecordType};

use super::snapshot::locate::{Answer, Naptr, Srv, Unknown};

/// Longest wait for one answer, and how often it is asked for.
const PATIENCE: (Duration, usize) = (Duration::from_millis(1_500), 2);
/// A shorter time to live is taken for this one: names are not asked for all the time.
const SHORTEST: Duration = Duration::from_secs(5);
/// A name that does not exist is asked for again after so long at the latest: it may just have been made.
const LONGEST_WITHOUT: Duration = Duration::from_secs(60);

/// What asks name servers. Made when it is first needed, so that who looks nothing up needs none.
pub(super) struct Names {
    servers: Vec<SocketAddr>,
    resolver: OnceLock<Option<TokioResolver>>,
}

impl Names {
    /// Those of the operating system when `servers` is empty.
    pub(super) fn new(servers: &[SocketAddr]) -> Names {
        Names {
            servers: servers.to_vec(),
            resolver: OnceLock::new(),
        }
    }

    fn resolver(&self) -> Option<&TokioResolver> {
        let made = || {
            let made = built(&self.servers);
            made.inspect_err(
                |error| tracing::error!(%error, "no name can be looked up: set [sip] name_servers"),
            )
            .ok()
        };
        self.resolver.get_or_init(made).as_ref()
    }

    async fn ask<T>(
        &self,
        name: &str,
        kind: RecordType,
        read: impl Fn(&RData) -> Option<T>,
    ) -> Result<Answer<T>, Unknown> {
        // A full stop at the end: services are not searched for in our own domain.
        let name = format!("{}.", name.trim_end_matches('.'));
        let resolver = self.resolver().ok_or(Unknown)?;
        answer(resolver.lookup(name, kind).await, read)
    }
}

impl super::snapshot::locate::Names for Names {
    async fn naptr(&self, name: &str) -> Result<Answer<Naptr>, Unknown> {
        let read = |data: &RData| {
            let RData::NAPTR(naptr) = data else { return None };
            naptr.flags.eq_ignore_ascii_case(b"s").then(|| Naptr {
                order: naptr.order,
                preference: naptr.preference,
                service: String::from_utf8_lossy(&naptr.services).into_owned(),
                replacement: naptr.replacement.to_utf8(),
            })
        };
        self.ask(name, RecordType::NAPTR, read).await
    }

    async fn srv(&self, name: &str) -> Result<Answer<Srv>, Unknown> {
        let read = |data: &RData| {
            let RData::SRV(srv) = data else { return None };
            Some(Srv {
                priority: srv.priority,
                weight: srv.weight,
                port: srv.port,
                target: srv.target.to_utf8(),
            })
        };
        self.ask(name, RecordType::SRV, read).await
    }

    async fn addresses(&self, name: &str) -> Result<Answer<IpAddr>, Unknown> {
        let resolver = self.resolver().ok_or(Unknown)?;
        let found = resolver.lookup_ip(name).await.map(Lookup::from);
        answer(found, RData::ip_addr)
    }
}

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Names({:?})", self.servers)
    }
}

/// A name that does not exist is an answer; silence and a name server's own failure are none.
fn answer<T>(
    found: Result<Lookup, NetError>,
    read: impl Fn(&RData) -> Option<T>,
) -> Result<Answer<T>, Unknown> {
    match found {
        Ok(lookup) => Ok(Answer {
            records: lookup.answers().iter().filter_map(|r| read(&r.data)).collect(),
            until: Some(lookup.valid_until()),
        }),
        Err(error) if error.is_no_records_found() || error.is_nx_domain() => Ok(Answer {
            records: Vec::new(),
            until: None,
        }),
        Err(_) => Err(Unknown),
    }
}

fn built(servers: &[SocketAddr]) -> Result<TokioResolver, NetError> {
    let mut builder = if servers.is_empty() {
        TokioResolver::builder_tokio()?
    } else {
        let servers = servers.iter().map(|server| name_server(*server)).collect();
        let config = ResolverConfig::from_parts(None, Vec::new(), servers);
        TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
    };
    let options: &mut ResolverOpts = builder.options_mut();
    (options.timeout, options.attempts) = PATIENCE;
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    options.positive_min_ttl = Some(SHORTEST);
    options.negative_max_ttl = Some(LONGEST_WITHOUT);
    builder.build()
}

fn name_server(address: SocketAddr) -> NameServerConfig {
    let at = |mut connection: ConnectionConfig| {
        connection.port = address.port();
        connection
    };
    let connections = vec![at(ConnectionConfig::udp()), at(ConnectionConfig::tcp())];
    NameServerConfig::new(address.ip(), true, connections)
}
