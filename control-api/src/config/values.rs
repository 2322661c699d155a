//! What each kind of value may be. A variable's list is separated by commas.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;

use ipnet::IpNet;
use tracing_subscriber::EnvFilter;
use trunkline_gateway::phone::Phone;
use trunkline_gateway::trunk::snapshot::Transport;
use trunkline_prompts::tts::{Engine, Voices};
use url::Url;

use super::source::{ConfigError, Source, Written};
use super::{LogFormat, SipListen};

/// Longest `[node] id`.
const MAX_NAME: usize = 64;

/// How long a bucket's name may be, at Amazon.
const BUCKET_NAME: RangeInclusive<usize> = 3..=63;

/// Longest prefix within a bucket.
const MAX_PREFIX: usize = 200;

/// Fewest RTP ports: one bridged call takes four (OPERATIONS.md).
const MIN_RTP_PORTS: u16 = 4;

/// Where name servers are asked.
const DNS_PORT: u16 = 53;

/// Below are ports that need privileges.
const FIRST_RTP_PORT: u16 = 1024;

impl Source {
    pub(super) fn text(
        &self,
        section: &'static str,
        key: &'static str,
    ) -> Result<Option<String>, ConfigError> {
        self.one(section, key, "text", |text| {
            (!text.is_empty()).then(|| text.to_owned())
        })
    }

    pub(super) fn path(
        &self,
        section: &'static str,
        key: &'static str,
    ) -> Result<Option<PathBuf>, ConfigError> {
        self.one(section, key, "a path", |text| {
            (!text.is_empty()).then(|| PathBuf::from(text))
        })
    }

    pub(super) fn name(
        &self,
        section: &'static str,
        key: &'static str,
    ) -> Result<Option<String>, ConfigError> {
        let expected = "letters, digits, '.', '-' and '_', 64 at most, like gw1";
        self.one(section, key, expected, |text| {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
            let ok = (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(fits);
            ok.then(|| text.to_owned())
        })
    }

    pub(super) fn number(
        &self,
        section: &'static str,
        key: &'static str,
        range: RangeInclusive<u64>,
    ) -> Result<Option<u64>, ConfigError> {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        self.one(section, key, &expected, |text| {
            text.parse().ok().filter(|n| range.contains(n))
        })
    }

    pub(super) fn ip(&self, section: &'static str, key: &'static str) -> Result<Option<IpAddr>, ConfigError> {
        self.one(section, key, "an IP address, like 203.0.113.7", |text| {
            text.parse().ok()
        })
    }

    pub(super) fn address(
        &self,
        section: &'static str,
        key: &'static str,
    ) -> Result<Option<SocketAddr>, ConfigError> {
        self.one(section, key, "ADDRESS:PORT, like 127.0.0.1:8080", |text| {
            text.parse().ok()
        })
    }

    pub(super) fn url(&self, section: &'static str, key: &'static str) -> Result<Option<Url>, ConfigError> {
        self.one(
            section,
            key,
            "an http or https URL, like https://calls.example.org",
            |text| {
                let url = Url::parse(text).ok()?;
                (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
            },
        )
    }

    pub(super) fn ports(
        &self,
        section: &'static str,
        key: &'static str,
    ) -> Result<Option<RangeInclusive<u16>>, ConfigError> {
        let expected = "FIRST-LAST with four ports at least, from 1024 on, like 10000-29999";
        self.one(section, key, expected, |text| {
            let (first, last) = text.split_once('-')?;
            let (first, last): (u16, u16) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
            let ok = first >= FIRST_RTP_PORT && last >= first && last - first >= MIN_RTP_PORTS - 1;
            ok.then_some(first..=last)
        })
    }

    /// `auto` is `Some(None)`.
    pub(super) fn engine(
        &self,
        section: &'static str,
        key: &'static str,
    ) -> Result<Option<Option<Engine>>, ConfigError> {
        let expected = "auto, flite, espeak-ng, a URL like http://127.0.0.1:5000/, or a command with {file} and {out} in its arguments";
        self.one(section, key, expected, |text| match text.trim() {
            "auto" => Some(None),
            other => Engine::parse(other).map(Some),
        })
    }

    pub(super) fn voices(
        &self,
        section: &'static str,
        key: &'static str,
    ) -> Result<Option<Voices>, ConfigError> {
        let expected =
            "LANGUAGE=VOICE, separated by commas, like en=en_US-amy-medium,es-MX=es_MX-claude-high";
        self.one(section, key, expected, Voices::parse)
    }

    pub(super) fn filter(
        &self,
        section: &'static str,
        key: &'static str,
    ) -> Result<Option<String>, ConfigError> {
        let expected = "error, warn, info, debug, trace, or parts like info,trunkline_gateway=debug";
        self.one(section, key, expected, |text| {
            (!text.trim().is_empty() && EnvFilter::try_new(text).is_ok()).then(|| text.to_owned())
        })
    }

    pub(super) fn log_format(
        &self,
        section: &'static str,
        key: &'static str,
    ) -> Result<Option<LogFormat>, ConfigError> {
        self.one(section, key, "text or json", |text| match text {
            "text" => Some(LogFormat::Text),
            "json" => Some(LogFormat::Json),
            _ => None,
        })
    }

    pub(super) fn networks(
        &self,
        section: &'static str,
        key: &'static str,
    ) -> Result<Option<Vec<IpNet>>, ConfigError> {
        let expected = "a list of networks or addresses, like [\"10.0.0.0/8\", \"192.0.2.1\"]";
        self.list(section, key, expected, |text| {
            text.parse()
                .ok()
                .or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
        })
    }

    pub(super) fn name_servers(
        &self,
        section: &'static str,
        key: &'static str,
    ) -> Result<Option<Vec<SocketAddr>>, ConfigError> {
        let expected =
            "a list of addresses, with a port where it is not 53, like [\"192.0.2.53\", \"127.0.0.1:5353\"]";
        self.list(section, key, expected, |text| {
            let alone = || text.parse().ok().map(|ip| SocketAddr::new(ip, DNS_PORT));
            text.parse().ok().or_else(alone)
        })
    }

    pub(super) fn phones(
        &self,
        section: &'static str,
        key: &'static str,
    ) -> Result<Option<Vec<Phone>>, ConfigError> {
        let expected = "a list of numbers in E.164, like [\"+12025550123\"]";
        self.list(section, key, expected, |text| Phone::new(text).ok())
    }

    pub(super) fn sip_listen(
        &self,
        section: &'static str,
        key: &'static str,
    ) -> Result<Option<Vec<SipListen>>, ConfigError> {
        let expected = "a list of udp:, tcp: and tls:ADDRESS:PORT, like [\"udp:0.0.0.0:5060\"]";
        let listen = self.list(section, key, expected, |text| {
            let (transport, address) = text.split_once(':')?;
            let transport = match transport {
                "udp" => Transport::Udp,
                "tcp" => Transport::Tcp,
                "tls" => Transport::Tls,
                _ => return None,
            };
            Some(SipListen {
                transport,
                address: address.parse().ok()?,
            })
        })?;
        match (listen, self.get(section, key)) {
            (Some(list), Some((place, written))) if list.is_empty() => Err(ConfigError::Value {
                place: place.clone(),
                section,
                key,
                value: written.to_string(),
                expected: expected.to_owned(),
            }),
            (listen, _) => Ok(listen),
        }
    }

    pub(super) fn switch(
        &self,
        section: &'static str,
        key: &'static str,
    ) -> Result<Option<bool>, ConfigError> {
        match self.get(section, key) {
            Some((_, Written::Switch(on))) => Ok(Some(*on)),
            Some(_) | None => self.one(section, key, "true or false", |text| text.parse().ok()),
        }
    }

    /// Name and prefix of `s3://NAME/PREFIX`.
    pub(super) fn bucket(
        &self,
        section: &'static str,
        key: &'static str,
    ) -> Result<Option<(String, String)>, ConfigError> {
        let expected = "s3://BUCKET or s3://BUCKET/PREFIX";
        self.one(section, key, expected, |text| {
            let (name, prefix) = match text.strip_prefix("s3://")?.split_once('/') {
                Some((name, prefix)) => (name, prefix.trim_end_matches('/')),
                None => (text.strip_prefix("s3://")?, ""),
            };
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
            let named = BUCKET_NAME.contains(&name.len()) && name.bytes().all(fits);
            let placed = prefix.bytes().all(|byte| fits(byte) || byte == b'/') && !prefix.contains("//");
            (named && placed && prefix.len() <= MAX_PREFIX).then(|| (name.to_owned(), prefix.to_owned()))
        })
    }

    fn one<T>(
        &self,
        section: &'static str,
        key: &'static str,
        expected: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        let Some((place, written)) = self.get(section, key) else {
            return Ok(None);
        };
        let value = match written {
            Written::Text(text) | Written::Number(text) => read(text),
            Written::List(_) | Written::Switch(_) | Written::Other(_) => None,
        };
        value.map(Some).ok_or_else(|| ConfigError::Value {
            place: place.clone(),
            section,
            key,
            value: shown(key, written),
            expected: expected.to_owned(),
        })
    }

    fn list<T>(
        &self,
        section: &'static str,
        key: &'static str,
        expected: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<Vec<T>>, ConfigError> {
        let Some((place, written)) = self.get(section, key) else {
            return Ok(None);
        };
        let items: Option<Vec<T>> = match written {
            Written::Text(text) => text
                .split(',')
                .map(str::trim)
                .filter(|t| !t.is_empty())
                .map(read)
                .collect(),
            Written::List(items) => items.iter().map(|text| read(text)).collect(),
            Written::Number(_) | Written::Switch(_) | Written::Other(_) => None,
        };
        items.map(Some).ok_or_else(|| ConfigError::Value {
            place: place.clone(),
            section,
            key,
            value: written.to_string(),
            expected: expected.to_owned(),
        })
    }
}

/// A database URL may hold a password.
fn shown(key: &str, written: &Written) -> String {
    if matches!(key, "url" | "secret_access_key") {
        "…".to_owned()
    } else {
        written.to_string()
    }
}
