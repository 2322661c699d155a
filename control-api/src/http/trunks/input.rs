//! A trunk as clients write it, and what is right for each field.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use trunkline_gateway::phone::Phone;
use trunkline_media::codec::Codec;
use utoipa::ToSchema;

use super::super::problem::{Checks, Kind, Problem};
use super::super::valid;
use super::dialling;
use crate::runtime::App;
use crate::runtime::snapshot::password_context;
use crate::store;
use crate::store::dialling::{Dialling, Identity, NumberRule};

/// Most networks of one trunk.
const MAX_NETWORKS: usize = 256;
/// Most channels or calls a second that can be set.
const MAX_RATE: i64 = 1_000_000;
/// Most characters of user name and password.
const MAX_SECRET_CHARS: usize = 256;
/// Codecs that may be named.
const CODECS: [&str; 4] = ["PCMU", "PCMA", "G722", "opus"];

/// A trunk as it is created or replaced.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrunkInput {
    /// Unique, for people.
    #[schema(example = "carrier one")]
    name: String,
    /// Where requests go: a host name or an address.
    #[schema(example = "sip.example.net")]
    host: String,
    /// 1 to 65535. Without one the host's SRV records say where its servers are (RFC 3263), and where it has none 5060, with `tls` 5061.
    #[serde(default)]
    port: Option<i64>,
    /// `udp`, `tcp`, `tls`, or `auto`: what the host's NAPTR and SRV records say, UDP where they say nothing. With
    /// `tls` the certificate of the trunk must bear the name in `host`.
    #[serde(default = "udp")]
    #[schema(default = "udp")]
    transport: String,
    /// Networks that may call us, beside the host's own addresses.
    #[serde(default)]
    #[schema(example = json!(["192.0.2.0/24"]))]
    allow: Vec<String>,
    /// Digest user name; empty when the trunk knows us by address.
    #[serde(default)]
    username: String,
    /// Digest password: written, never shown.
    #[serde(default, skip_serializing)]
    #[schema(write_only)]
    password: Option<String>,
    /// Register with it, by `username` and `password`: it sends our calls to where we are.
    #[serde(default)]
    register: bool,
    /// Challenge its calls (401): only who knows `username` and `password` is let in. `off`, `md5`, `sha256`, or `both`, SHA-256 first.
    /// With this, `allow` may be wide, where the trunk has no fixed address.
    #[serde(default = "off")]
    #[schema(default = "off")]
    challenge: String,
    /// Best first. `G722` and `opus` are transcoded where the other leg speaks something else.
    #[serde(default = "g711")]
    #[schema(default = json!(["PCMU", "PCMA"]))]
    codecs: Vec<String>,
    /// How keys travel: `rfc4733` (as events in the media; as tones where the far end has not agreed to events), `info` (SIP INFO,
    /// `application/dtmf-relay`), `inband` (tones).
    #[serde(default = "rfc4733")]
    #[schema(default = "rfc4733")]
    dtmf: String,
    /// Encrypted media, with keys in the SDP (RFC 4568): `off`; `optional`, when the far end wants it too (RFC 8643); `required`,
    /// or there is no call. Over `udp` and `tcp` keys are sent, and `required` can be set, only with `srtp_over_plain`.
    #[serde(default = "off")]
    #[schema(default = "off")]
    srtp: String,
    /// Keys of SRTP may travel over `udp` and `tcp`, where others on the way can read them.
    #[serde(default)]
    srtp_over_plain: bool,
    /// The trunk is behind NAT: take the media source from its first packet.
    #[serde(default)]
    learn_source: bool,
    /// Most legs at once; 0 is no limit.
    #[serde(default)]
    max_channels: i64,
    /// Most new legs a second; 0 is no limit.
    #[serde(default)]
    max_cps: i64,
    /// How it wants numbers: `e164_plus` (+12025550123), `e164` (12025550123), `national` (2025550123).
    #[serde(default = "e164_plus")]
    #[schema(default = "e164_plus")]
    number_format: String,
    /// Digits put before every dialled number.
    #[serde(default)]
    tech_prefix: String,
    /// E.164; shown where `identity.from` is `trunk`.
    #[serde(default)]
    caller_id: Option<String>,
    /// How numbers are dialled where `number_format` does not say it: the rule with the longest prefix decides.
    #[serde(default)]
    number_rules: Vec<NumberRule>,
    /// Short codes of 2 to 6 digits that may be dialled over it, as they are; any other short code goes over another trunk or nowhere.
    #[serde(default)]
    #[schema(example = json!(["33333"]))]
    short_codes: Vec<String>,
    /// What it is told of who calls.
    #[serde(default)]
    identity: Identity,
    /// It lets something ring within so long, or the next trunk of the route is tried; milliseconds.
    #[serde(default = "post_dial_limit_ms")]
    #[schema(default = 12_000)]
    post_dial_limit_ms: i64,
    /// Each of its servers is asked by OPTIONS whether it is there, once in so long and after half of it at the earliest; milliseconds. Any
    /// answer counts. With 0 only a server that gave no answer to a call is asked.
    #[serde(default = "options_interval_ms")]
    #[schema(default = 60_000)]
    options_interval_ms: i64,
    /// Its calls are to be refreshed at least so often, so that one whose far end is gone is noticed (session timer, RFC 4028); 90 to 86400
    /// seconds. 0 asks for nothing, and does what the trunk asks for.
    #[serde(default = "session_expires_seconds")]
    #[schema(default = 1_800)]
    session_expires_seconds: i64,
    /// What it is told when it wants a call transferred (REFER): `decline` (603) or `not_allowed` (405). It never is.
    #[serde(default = "decline")]
    #[schema(default = "decline")]
    refer: String,
    /// New calls may use it.
    #[serde(default = "yes")]
    #[schema(default = true)]
    enabled: bool,
}

fn udp() -> String {
    "udp".to_owned()
}
fn g711() -> Vec<String> {
    Codec::G711.iter().map(|codec| codec.name().to_owned()).collect()
}
fn rfc4733() -> String {
    "rfc4733".to_owned()
}
fn off() -> String {
    "off".to_owned()
}
fn e164_plus() -> String {
    "e164_plus".to_owned()
}
fn post_dial_limit_ms() -> i64 {
    Dialling::default().post_dial_limit_ms
}
fn options_interval_ms() -> i64 {
    Dialling::default().options_interval_ms
}
fn session_expires_seconds() -> i64 {
    Dialling::default().session_expires_seconds
}
fn decline() -> String {
    Dialling::default().refer
}
fn yes() -> bool {
    true
}

impl TrunkInput {
    /// What a merge patch is put over.
    pub(in super::super) fn current(row: &store::trunks::Trunk) -> Value {
        json!({
            "name": row.name, "host": row.host, "port": row.port, "transport": row.transport, "allow": row.allow,
            "username": row.username, "register": row.register, "challenge": row.challenge, "codecs": row.codecs, "dtmf": row.dtmf,
            "srtp": row.srtp, "srtp_over_plain": row.srtp_over_plain, "learn_source": row.learn_source,
            "max_channels": row.max_channels, "max_cps": row.max_cps, "number_format": row.number_format, "tech_prefix": row.tech_prefix,
            "caller_id": row.caller_id, "number_rules": row.dialling.number_rules, "short_codes": row.dialling.short_codes,
            "identity": row.dialling.identity, "post_dial_limit_ms": row.dialling.post_dial_limit_ms,
            "options_interval_ms": row.dialling.options_interval_ms,
            "session_expires_seconds": row.dialling.session_expires_seconds, "refer": row.dialling.refer, "enabled": row.enabled,
        })
    }

    /// The row to write. `kept` is the encrypted password that stays when the input has none.
    pub(super) fn row(
        self,
        app: &App,
        id: String,
        created_at: i64,
        kept: Option<String>,
    ) -> Result<store::trunks::Trunk, Problem> {
        self.check()?;
        let dialling = self.dialling();
        let password_enc = match self.password {
            None => kept,
            Some(password) => Some(
                app.keys()
                    .encrypt(&password, &password_context(&id))
                    .map_err(|error| Problem::new(Kind::Internal, error.to_string()))?,
            ),
        };
        Ok(store::trunks::Trunk {
            id,
            name: self.name,
            host: self.host,
            port: self.port,
            transport: self.transport,
            allow: self.allow,
            username: self.username,
            password_enc,
            register: self.register,
            challenge: self.challenge,
            codecs: self.codecs,
            dtmf: self.dtmf,
            srtp: self.srtp,
            srtp_over_plain: self.srtp_over_plain,
            learn_source: self.learn_source,
            max_channels: self.max_channels,
            max_cps: self.max_cps,
            number_format: self.number_format,
            tech_prefix: self.tech_prefix,
            caller_id: self.caller_id,
            dialling,
            enabled: self.enabled,
            created_at,
            updated_at: app.clock().now_ms(),
        })
    }

    /// What can be told without the database.
    pub(in super::super) fn check(&self) -> Result<(), Problem> {
        let mut checks = Checks::default();
        valid::name(&mut checks, "/name", &self.name);
        checks.require(
            valid::is_host(&self.host),
            "/host",
            "expected a host name or an IP address, without a port",
        );
        checks.require(
            self.port.is_none_or(|port| (1..=65_535).contains(&port)),
            "/port",
            "expected a number from 1 to 65535",
        );
        self.check_network(&mut checks);
        self.check_media(&mut checks);
        for (field, rate) in [("/max_channels", self.max_channels), ("/max_cps", self.max_cps)] {
            checks.require(
                (0..=MAX_RATE).contains(&rate),
                field,
                format!("expected a number from 0 (no limit) to {MAX_RATE}"),
            );
        }
        valid::word(
            &mut checks,
            "/number_format",
            &self.number_format,
            &["e164_plus", "e164", "national"],
        );
        checks.require(
            dialling::is_dial_prefix(&self.tech_prefix),
            "/tech_prefix",
            format!(
                "expected at most {} characters of 0-9, * and #",
                dialling::MAX_PREFIX_DIGITS
            ),
        );
        if let Some(number) = &self.caller_id {
            checks.require(Phone::new(number).is_ok(), "/caller_id", valid::E164);
        }
        dialling::check(&mut checks, &self.dialling(), self.caller_id.is_some());
        checks.finish()
    }

    fn dialling(&self) -> Dialling {
        Dialling {
            number_rules: self.number_rules.clone(),
            short_codes: self.short_codes.clone(),
            identity: self.identity.clone(),
            post_dial_limit_ms: self.post_dial_limit_ms,
            options_interval_ms: self.options_interval_ms,
            session_expires_seconds: self.session_expires_seconds,
            refer: self.refer.clone(),
        }
    }

    fn check_network(&self, checks: &mut Checks) {
        valid::word(
            checks,
            "/transport",
            &self.transport,
            &["udp", "tcp", "tls", "auto"],
        );
        checks.require(
            self.allow.len() <= MAX_NETWORKS,
            "/allow",
            format!("expected at most {MAX_NETWORKS} networks"),
        );
        for (n, network) in self.allow.iter().enumerate() {
            checks.require(
                network.parse::<IpNet>().is_ok() || network.parse::<IpAddr>().is_ok(),
                &format!("/allow/{n}"),
                "expected a network or an address, for example 192.0.2.0/24",
            );
        }
        let secret = |text: &str| text.len() <= MAX_SECRET_CHARS && !text.contains(char::is_control);
        let expected = format!("expected at most {MAX_SECRET_CHARS} characters, without control characters");
        checks.require(secret(&self.username), "/username", expected.as_str());
        checks.require(
            self.password.as_deref().is_none_or(secret),
            "/password",
            expected.as_str(),
        );
        checks.require(
            !self.register || !self.username.is_empty(),
            "/register",
            "registering needs username and password: the trunk's account",
        );
        valid::word(
            checks,
            "/challenge",
            &self.challenge,
            &["off", "md5", "sha256", "both"],
        );
        checks.require(
            self.challenge == "off" || !self.username.is_empty(),
            "/challenge",
            "challenging needs username and password: what the trunk has to prove",
        );
    }

    fn check_media(&self, checks: &mut Checks) {
        let speaks = |name: &String| {
            Codec::ALL
                .iter()
                .any(|codec| codec.name().eq_ignore_ascii_case(name))
        };
        for (n, codec) in self.codecs.iter().enumerate() {
            checks.require(
                CODECS.iter().any(|known| known.eq_ignore_ascii_case(codec)),
                &format!("/codecs/{n}"),
                format!("expected one of {}", CODECS.join(", ")),
            );
        }
        checks.require(
            self.codecs.len() <= CODECS.len() && self.codecs.iter().any(speaks),
            "/codecs",
            "expected each codec once, and one at least",
        );
        valid::word(checks, "/dtmf", &self.dtmf, &["rfc4733", "info", "inband"]);
        valid::word(checks, "/srtp", &self.srtp, &["off", "optional", "required"]);
        let plain = ["udp", "tcp", "auto"].contains(&self.transport.as_str());
        checks.require(
            self.srtp != "required" || !plain || self.srtp_over_plain,
            "/srtp",
            format!(
                "required wants keys to be encrypted on their way, which {} does not do: set srtp_over_plain to send them nevertheless",
                self.transport
            ),
        );
    }
}
