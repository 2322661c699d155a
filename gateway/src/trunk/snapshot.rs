//! The trunks, routes and own numbers of one moment. Swapped whole; running legs keep the trunk they began with.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use trunkline_media::codec::Codec;

use super::identity::IdentityPolicy;
use super::numbering::NumberRule;
use super::window::Window;
use crate::ids::{CampaignId, RouteId, TrunkId};
use crate::phone::Phone;
use crate::sip::api::Manners;

/// The limit of a trunk that says none.
const POST_DIAL_LIMIT: Duration = Duration::from_secs(12);
/// The session interval that a trunk is asked for which says none (RFC 4028 section 4).
const SESSION_EXPIRES: Duration = Duration::from_secs(1_800);

/// Everything the gateway knows about the outside at one moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// All trunks, disabled ones too (their running legs go on).
    pub trunks: Vec<Arc<Trunk>>,
    /// All routes; the longest prefix wins, a campaign's route before a general one.
    pub routes: Vec<Route>,
    /// Our own numbers.
    pub numbers: Vec<Number>,
}

/// A carrier, or a PBX, that calls go to and come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trunk {
    /// Its id.
    pub id: TrunkId,
    /// Its name, for people.
    pub name: String,
    /// Host as configured, for Request-URI and To: a name or an address.
    pub host: String,
    /// Port as configured; without one it does not stand in URIs, and DNS says where requests go (RFC 3263).
    pub port: Option<u16>,
    /// Where requests go, resolved from `host` and `port`; empty while it cannot be resolved.
    pub servers: Vec<Server>,
    /// Transport of requests we send.
    pub transport: Transport,
    /// Networks that may call us (beside `servers`).
    pub allow: Vec<IpNet>,
    /// Credentials for 401 and 407, and for nothing else.
    pub credentials: Option<Credentials>,
    /// We register with it, by its credentials, so that it knows where we are.
    pub register: bool,
    /// Its calls must prove that they come from it, by its credentials: we challenge them.
    pub challenge: Challenge,
    /// Codecs to offer, best first.
    pub codecs: Vec<Codec>,
    /// Dial string form.
    pub number_format: NumberFormat,
    /// Digits put before every dialled number.
    pub tech_prefix: String,
    /// How keys travel.
    pub dtmf: DtmfWay,
    /// Whether media is encrypted, by keys in the SDP (RFC 4568).
    pub srtp: Srtp,
    /// Keys may travel in SDP over signalling that is not encrypted itself.
    pub srtp_over_plain: bool,
    /// Learn the media source from its first packet (NAT).
    pub learn_source: bool,
    /// Most legs at once; 0 is no limit.
    pub max_channels: u32,
    /// Most new legs a second; 0 is no limit.
    pub max_cps: u32,
    /// Shown to the trunk when its policy says so.
    pub caller_id: Option<Phone>,
    /// Rules over dialled numbers, before the format.
    pub number_rules: Vec<NumberRule>,
    /// Short codes that may be dialled over it.
    pub short_codes: Vec<Phone>,
    /// What it is told of who calls.
    pub identity: IdentityPolicy,
    /// It lets something ring within so long, or the next trunk is tried (OPERATIONS.md, trunk slow).
    pub post_dial_limit: Duration,
    /// Each of its servers is asked by OPTIONS whether it is there once in so long; when zero, only those that gave no answer to a call.
    pub ping_every: Duration,
    /// Its calls are to be refreshed at least so often (RFC 4028); zero asks for nothing, and does what the far end asks for.
    pub session_expires: Duration,
    /// What it is told when it wants a call transferred.
    pub refer: Refer,
    /// New calls may use it.
    pub enabled: bool,
}

impl Trunk {
    /// A trunk with what every setting is when nobody has said otherwise, and no address yet.
    pub fn new(id: TrunkId, name: &str, host: &str) -> Trunk {
        Trunk {
            id,
            name: name.to_owned(),
            host: host.to_owned(),
            port: None,
            servers: Vec::new(),
            transport: Transport::Udp,
            allow: Vec::new(),
            credentials: None,
            register: false,
            challenge: Challenge::default(),
            codecs: vec![Codec::Pcmu, Codec::Pcma],
            number_format: NumberFormat::default(),
            tech_prefix: String::new(),
            dtmf: DtmfWay::default(),
            srtp: Srtp::default(),
            srtp_over_plain: false,
            learn_source: false,
            max_channels: 0,
            max_cps: 0,
            caller_id: None,
            number_rules: Vec::new(),
            short_codes: Vec::new(),
            identity: IdentityPolicy::default(),
            post_dial_limit: POST_DIAL_LIMIT,
            ping_every: Duration::ZERO,
            session_expires: SESSION_EXPIRES,
            refer: Refer::default(),
            enabled: true,
        }
    }

    /// The addresses of all its servers.
    pub fn addresses(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        self.servers.iter().flat_map(|s| s.addresses.iter().copied())
    }

    /// Keys of SRTP may travel in the SDP of messages over `transport`: encrypted ones, unless the trunk says otherwise.
    pub fn lets_keys_travel(&self, transport: Transport) -> bool {
        self.srtp_over_plain || !matches!(transport, Transport::Udp | Transport::Tcp)
    }

    /// What it is asked for and told within a call.
    pub fn manners(&self) -> Manners {
        Manners {
            session_expires: Some(self.session_expires).filter(|expires| !expires.is_zero()),
            refer: self.refer,
        }
    }

    /// Whether packets from `ip` belong to this trunk.
    pub fn allows(&self, ip: IpAddr) -> bool {
        self.addresses().any(|a| a.ip() == ip) || self.allow.iter().any(|n| n.contains(&ip))
    }
}

/// One of a trunk's servers: what an SRV record names (RFC 2782), or the host itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its addresses; the first that answers takes the call.
    pub addresses: Vec<SocketAddr>,
    /// Lower is tried first.
    pub priority: u16,
    /// Share among equals; 0 counts as 1.
    pub weight: u16,
}

impl Server {
    /// The only one, at these addresses.
    pub fn alone(addresses: Vec<SocketAddr>) -> Server {
        Server {
            addresses,
            priority: 0,
            weight: 0,
        }
    }
}

/// Whether a trunk's calls must prove that they come from it, and by which digest (RFC 7616, RFC 8760).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Challenge {
    /// Its address is proof enough.
    #[default]
    Off,
    /// MD5: what old equipment knows.
    Md5,
    /// SHA-256.
    Sha256,
    /// Either, SHA-256 first: for far ends that choose.
    Both,
}

/// Whether a trunk's media is encrypted (RFC 3711), with keys that the SDP carries (RFC 4568).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Srtp {
    /// Never.
    #[default]
    Off,
    /// When the far end wants it too (RFC 8643).
    Optional,
    /// Always, or there is no call.
    Required,
}

/// How REFER within a call is refused (RFC 3515): a transfer would make calls that nobody ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refer {
    /// 603: understood, and not wanted.
    #[default]
    Decline,
    /// 405 with Allow: not spoken here. Some equipment then transfers by itself.
    NotAllowed,
}

/// How keys travel on a trunk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DtmfWay {
    /// As events in the media (RFC 4733); as tones where the far end has not agreed to events.
    #[default]
    Rfc4733,
    /// As SIP INFO (`application/dtmf-relay`).
    Info,
    /// As tones, never as events.
    Inband,
}

/// A host without the brackets of an IPv6 reference (RFC 3986 section 3.2.2).
pub fn bare_host(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// SIP transports (RFC 3261 section 18).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
    /// TLS over TCP.
    Tls,
}

impl Transport {
    /// The port where nothing else is said (RFC 3261 section 19.1.2).
    pub fn default_port(self) -> u16 {
        match self {
            Transport::Udp | Transport::Tcp => 5060,
            Transport::Tls => 5061,
        }
    }

    /// The parameter of a SIP URI that asks for it; UDP is what everybody takes without being asked.
    pub fn uri_parameter(self) -> &'static str {
        match self {
            Transport::Udp => "",
            Transport::Tcp => ";transport=tcp",
            Transport::Tls => ";transport=tls",
        }
    }
}

/// User name and password of a trunk. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Digest user name.
    pub username: String,
    /// Digest password.
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// How a trunk wants numbers written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberFormat {
    /// `+12025550123`
    #[default]
    E164Plus,
    /// `12025550123`
    E164,
    /// Without country code, for +1: `2025550123`
    National,
}

/// Which trunks take which numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its id.
    pub id: RouteId,
    /// Its name, for people.
    pub name: String,
    /// E.164 prefixes: `+1`, `+1202`; `+` takes every number.
    pub prefixes: Vec<String>,
    /// Only for this campaign.
    pub campaign: Option<CampaignId>,
    /// Only for numbers of these countries (ISO 3166, lower case); none is every country.
    pub countries: Vec<String>,
    /// Only at these times; none is always.
    pub windows: Vec<Window>,
    /// Lower priority first, among equals the cheapest, among equals in proportion to weight.
    pub trunks: Vec<RouteTrunk>,
    /// SIP statuses after which no other trunk is tried; empty is the default list of the person's own words.
    pub stop_codes: Vec<u16>,
}

/// A trunk within a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteTrunk {
    /// The trunk.
    pub trunk: TrunkId,
    /// Lower is tried first.
    pub priority: u16,
    /// The cheapest of equal priority is tried first; in any unit of the operator's own.
    pub cost: u32,
    /// Share among those of equal priority and cost; 0 counts as 1.
    pub weight: u16,
}

/// One of our own numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// The number.
    pub phone: Phone,
    /// The trunk it comes in on.
    pub trunk: TrunkId,
    /// Calls to it start a session of this campaign.
    pub campaign: Option<CampaignId>,
}
