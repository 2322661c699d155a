//! The configuration: a TOML file, overridden key by key by `TRUNKLINE_<SECTION>_<KEY>`, with the defaults of CONTRACT.md 2.
//!
//! An unknown key is an error that names its line; every error says where it stands and what to write instead.

mod source;
mod storage;
mod values;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use trunkline_gateway::io::tls::TlsFiles;
use trunkline_gateway::phone::Phone;
use trunkline_gateway::trunk::snapshot::Transport;
use trunkline_prompts::tts::{Engine, Voices};
use url::Url;

pub use source::ConfigError;
use source::Source;
pub use storage::{BucketConfig, Storage};

/// Read when no other file is named and it exists.
pub const DEFAULT_FILE: &str = "trunkline.toml";

/// Names the file when the command line does not.
pub const FILE_VARIABLE: &str = "TRUNKLINE_CONFIG";

/// Longest wait for calls to finish on SIGTERM: a day.
const MAX_DRAIN_SECONDS: u64 = 86_400;

/// Most media threads.
const MAX_MEDIA_THREADS: u64 = 256;

/// Everything that is configured outside the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The file it came from.
    pub file: Option<PathBuf>,
    /// `[database]`
    pub database: Database,
    /// `[http]`
    pub http: Http,
    /// `[sip]`
    pub sip: Sip,
    /// `[rtp]`
    pub rtp: Rtp,
    /// `[node]`
    pub node: Node,
    /// `[privacy]`
    pub privacy: Privacy,
    /// `[storage]`
    pub storage: Storage,
    /// `[geocoder]`
    pub geocoder: Geocoder,
    /// `[tts]`
    pub tts: Tts,
    /// `[outbound]`
    pub outbound: OutboundAccess,
    /// `[calls]`
    pub calls: Calls,
    /// `[log]`
    pub log: Log,
}

/// `[database]`
#[derive(Clone, PartialEq, Eq)]
pub struct Database {
    /// `url`: `sqlite://trunkline.db` or `postgres://…`
    pub url: String,
}

/// The URL may hold a password.
impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Database(…)")
    }
}

/// `[http]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    /// `listen`
    pub listen: SocketAddr,
    /// `public_url`: where browsers find us; none is `http://` and the listen address.
    pub public_url: Option<Url>,
    /// `trusted_proxies`: networks whose X-Forwarded-For is believed.
    pub trusted_proxies: Vec<IpNet>,
}

/// `[sip]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sip {
    /// `listen`: `udp:0.0.0.0:5060`, …
    pub listen: Vec<SipListen>,
    /// `external_ip`: our address as trunks see it, when it is not the one we listen on.
    pub external_ip: Option<IpAddr>,
    /// `name_servers`: asked for the names of trunks; none are the operating system's.
    pub name_servers: Vec<SocketAddr>,
    /// `tls_cert`, `tls_key`, `tls_ca`, `tls_client_ca`: PEM files; needed where `listen` has `tls:`.
    pub tls: Option<TlsFiles>,
}

/// One socket that SIP is heard on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SipListen {
    /// UDP, TCP or TLS.
    pub transport: Transport,
    /// Where.
    pub address: SocketAddr,
}

/// `[rtp]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rtp {
    /// `ports`: `10000-29999`
    pub ports: RangeInclusive<u16>,
    /// `listen_ip`: the address that media sockets are bound to; unspecified is every address.
    pub listen_ip: IpAddr,
    /// `external_ip`: our address in session descriptions, when it is not the one packets leave from.
    pub external_ip: Option<IpAddr>,
    /// `threads`: media threads; 0 is one a core.
    pub threads: usize,
}

/// `[node]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// `id`: names this node among those that share a database; the same after every restart.
    pub id: String,
    /// `drain_seconds`: how long SIGTERM waits for calls to finish.
    pub drain: Duration,
    /// `data_dir`: journal, prompts' audio, recordings.
    pub data_dir: PathBuf,
}

/// `[privacy]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Privacy {
    /// `key_file`: made on the first start when absent.
    pub key_file: PathBuf,
}

/// `[geocoder]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Geocoder {
    /// `url`: of a server with Nominatim's API; none looks up no addresses.
    pub url: Option<Url>,
}

/// `[tts]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tts {
    /// `engine`: `flite`, `espeak-ng` or a command line for all languages; `auto` is none, and picks by language.
    pub engine: Option<Engine>,
    /// `voices`: which voice speaks which language, unless a campaign or a prompt names one.
    pub voices: Voices,
}

/// `[outbound]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboundAccess {
    /// `allow`: networks of our own that webhooks and the like may reach, by plain http too.
    pub allow: Vec<IpNet>,
}

/// `[calls]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calls {
    /// `admin_phones`: the organisation's own telephones, which rate limits do not hold for (CAMPAIGNS.md 5): whoever sets a campaign up
    /// tries it more often than twice an hour.
    pub admin_phones: Vec<Phone>,
}

/// `[log]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// `level`: a tracing filter, `info` or `info,trunkline_gateway=debug`.
    pub level: String,
    /// `format`
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

impl Config {
    /// Reads `file`, or the file that `TRUNKLINE_CONFIG` names, or `trunkline.toml` when it is there; then the environment.
    pub fn load(file: Option<&Path>) -> Result<Config, ConfigError> {
        // A variable that is no UTF-8 is none of ours.
        let env =
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        let env: Vec<(String, String)> = env.collect();
        let named = match file {
            Some(file) => Some(file.to_owned()),
            None => env
                .iter()
                .find(|(name, _)| name == FILE_VARIABLE)
                .map(|(_, value)| PathBuf::from(value)),
        };
        let found = named.or_else(|| {
            let default = PathBuf::from(DEFAULT_FILE);
            default.exists().then_some(default)
        });
        let text = match &found {
            Some(path) => Some(std::fs::read_to_string(path).map_err(|e| ConfigError::unreadable(path, &e))?),
            None => None,
        };
        Config::parse(found.as_deref().zip(text.as_deref()), env)
    }

    /// From a file's name and text, and environment variables. Keys that neither sets have their defaults.
    pub fn parse(
        file: Option<(&Path, &str)>,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Config, ConfigError> {
        let source = Source::read(file, env)?;
        let data_dir = source
            .path("node", "data_dir")?
            .unwrap_or_else(|| PathBuf::from("trunkline-data"));
        Ok(Config {
            file: file.map(|(path, _)| path.to_owned()),
            database: Database {
                url: source
                    .text("database", "url")?
                    .unwrap_or_else(|| "sqlite://trunkline.db".to_owned()),
            },
            http: http(&source)?,
            sip: sip(&source)?,
            rtp: Rtp {
                ports: source.ports("rtp", "ports")?.unwrap_or(10_000..=29_999),
                listen_ip: source
                    .ip("rtp", "listen_ip")?
                    .unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
                external_ip: source.ip("rtp", "external_ip")?,
                threads: usize::try_from(
                    source
                        .number("rtp", "threads", 0..=MAX_MEDIA_THREADS)?
                        .unwrap_or(0),
                )
                .unwrap_or(0),
            },
            node: Node {
                id: source.name("node", "id")?.unwrap_or_else(|| "gw1".to_owned()),
                drain: Duration::from_secs(
                    source
                        .number("node", "drain_seconds", 0..=MAX_DRAIN_SECONDS)?
                        .unwrap_or(3_600),
                ),
                data_dir: data_dir.clone(),
            },
            privacy: Privacy {
                key_file: source
                    .path("privacy", "key_file")?
                    .unwrap_or_else(|| data_dir.join("trunkline.key")),
            },
            storage: Storage::read(&source)?,
            geocoder: Geocoder {
                url: source.url("geocoder", "url")?,
            },
            tts: Tts {
                engine: source.engine("tts", "engine")?.flatten(),
                voices: source.voices("tts", "voices")?.unwrap_or_default(),
            },
            outbound: OutboundAccess {
                allow: source.networks("outbound", "allow")?.unwrap_or_default(),
            },
            calls: Calls {
                admin_phones: source.phones("calls", "admin_phones")?.unwrap_or_default(),
            },
            log: Log {
                level: source
                    .filter("log", "level")?
                    .unwrap_or_else(|| "info".to_owned()),
                format: source.log_format("log", "format")?.unwrap_or(LogFormat::Text),
            },
        })
    }

    /// Where browsers find us, without a slash at the end.
    pub fn public_url(&self) -> String {
        match &self.http.public_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.http.listen),
        }
    }
}

fn http(source: &Source) -> Result<Http, ConfigError> {
    Ok(Http {
        listen: source
            .address("http", "listen")?
            .unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 8080))),
        public_url: source.url("http", "public_url")?,
        trusted_proxies: source.networks("http", "trusted_proxies")?.unwrap_or_default(),
    })
}

fn sip(source: &Source) -> Result<Sip, ConfigError> {
    let everywhere = |transport| SipListen {
        transport,
        address: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 5060)),
    };
    let listen = source
        .sip_listen("sip", "listen")?
        .unwrap_or_else(|| vec![everywhere(Transport::Udp), everywhere(Transport::Tcp)]);
    let tls = tls_files(source, listen.iter().any(|l| l.transport == Transport::Tls))?;
    Ok(Sip {
        listen,
        external_ip: source.ip("sip", "external_ip")?,
        name_servers: source.name_servers("sip", "name_servers")?.unwrap_or_default(),
        tls,
    })
}

/// Certificate and key come together; where TLS is listened for they must be there.
fn tls_files(source: &Source, needed: bool) -> Result<Option<TlsFiles>, ConfigError> {
    let files = (source.path("sip", "tls_cert")?, source.path("sip", "tls_key")?);
    let authorities = source.path("sip", "tls_ca")?;
    let callers = source.path("sip", "tls_client_ca")?;
    match files {
        (Some(certificate), Some(key)) => Ok(Some(TlsFiles {
            certificate,
            key,
            authorities,
            callers,
        })),
        (None, None) if !needed && authorities.is_none() && callers.is_none() => Ok(None),
        (None | Some(_), None | Some(_)) => Err(ConfigError::Tls),
    }
}

#[cfg(test)]
mod tests;
