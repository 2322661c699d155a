//! From rows to the gateway's snapshot. A row that does not make sense is left out with a line in the log; the rest goes on.

use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use trunkline_gateway::ids::{CampaignId, RouteId, TrunkId};
use trunkline_gateway::phone::Phone;
use trunkline_gateway::trunk::identity::IdentityPolicy;
use trunkline_gateway::trunk::numbering::NumberRule;
use trunkline_gateway::trunk::snapshot::{
    Challenge, Credentials, DtmfWay, Number, NumberFormat, Refer, Route, RouteTrunk, Snapshot, Srtp,
    Transport, Trunk,
};
use trunkline_gateway::trunk::window::Window;
use trunkline_media::codec::Codec;
use uuid::Uuid;

use super::resolve::Places;
use crate::privacy::Keys;
use crate::store::{dialling, numbers, routes, trunks};

/// What a trunk's encrypted password is bound to (`privacy::Keys::encrypt`).
pub fn password_context(trunk_id: &str) -> String {
    format!("trunk:{trunk_id}")
}

pub(super) fn snapshot(
    trunks: &[trunks::Trunk],
    routes: Vec<routes::Route>,
    numbers: Vec<numbers::Number>,
    places: &Places,
    keys: &Keys,
    registers: bool,
) -> Snapshot {
    let trunk = |row: &trunks::Trunk| {
        let mut trunk = trunk(row, places, keys)?;
        trunk.register &= registers;
        Ok(Arc::new(trunk))
    };
    Snapshot {
        trunks: keep("trunk", trunks.iter().map(|t| (t.name.clone(), trunk(t)))),
        routes: keep("route", routes.into_iter().map(|r| (r.name.clone(), route(r)))),
        numbers: keep("number", numbers.into_iter().map(|n| (n.id.clone(), number(&n)))),
    }
}

/// Keeps what could be read.
fn keep<T>(what: &str, rows: impl Iterator<Item = (String, Result<T, String>)>) -> Vec<T> {
    let read = rows.filter_map(|(name, row)| {
        row.inspect_err(|why| tracing::error!(name, why, "a {what} in the database cannot be used"))
            .ok()
    });
    read.collect()
}

fn trunk(row: &trunks::Trunk, places: &Places, keys: &Keys) -> Result<Trunk, String> {
    let place = places.get(&row.id);
    let transport = match row.transport.as_str() {
        "auto" => Transport::Udp,
        named => word::<Transport>("transport", named)?,
    };
    Ok(Trunk {
        id: TrunkId(uuid(&row.id)?),
        name: row.name.clone(),
        host: row.host.clone(),
        port: row.port.and_then(|port| u16::try_from(port).ok()),
        servers: place.map(|p| p.servers.clone()).unwrap_or_default(),
        transport: place.map_or(transport, |p| p.transport),
        allow: row
            .allow
            .iter()
            .map(|net| network(net))
            .collect::<Result<_, _>>()?,
        credentials: credentials(row, keys)?,
        register: row.register,
        challenge: word::<Challenge>("challenge", &row.challenge)?,
        codecs: codecs(&row.codecs),
        number_format: word::<NumberFormat>("number_format", &row.number_format)?,
        tech_prefix: row.tech_prefix.clone(),
        dtmf: word::<DtmfWay>("dtmf", &row.dtmf)?,
        srtp: word::<Srtp>("srtp", &row.srtp)?,
        srtp_over_plain: row.srtp_over_plain,
        learn_source: row.learn_source,
        max_channels: u32::try_from(row.max_channels).unwrap_or(0),
        max_cps: u32::try_from(row.max_cps).unwrap_or(0),
        caller_id: row.caller_id.as_deref().map(phone).transpose()?,
        number_rules: row.dialling.number_rules.iter().map(number_rule).collect(),
        short_codes: row
            .dialling
            .short_codes
            .iter()
            .map(|code| phone(code))
            .collect::<Result<_, _>>()?,
        identity: identity(&row.dialling.identity)?,
        post_dial_limit: Duration::from_millis(
            u64::try_from(row.dialling.post_dial_limit_ms).unwrap_or_default(),
        ),
        ping_every: Duration::from_millis(
            u64::try_from(row.dialling.options_interval_ms).unwrap_or_default(),
        ),
        session_expires: Duration::from_secs(
            u64::try_from(row.dialling.session_expires_seconds).unwrap_or_default(),
        ),
        refer: word::<Refer>("refer", &row.dialling.refer)?,
        enabled: row.enabled,
    })
}

fn number_rule(row: &dialling::NumberRule) -> NumberRule {
    NumberRule {
        prefix: row.prefix.clone(),
        strip: usize::try_from(row.strip).unwrap_or_default(),
        add: row.add.clone(),
    }
}

fn identity(row: &dialling::Identity) -> Result<IdentityPolicy, String> {
    Ok(IdentityPolicy {
        from: word("identity.from", &row.from)?,
        asserted: word("identity.asserted", &row.asserted)?,
        privacy: row.privacy,
        diversion: row.diversion,
        pass_identity: row.pass_identity,
    })
}

/// A network, or a single address.
fn network(text: &str) -> Result<IpNet, String> {
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from))
        .map_err(|_| format!("{text:?} is no network"))
}

fn credentials(row: &trunks::Trunk, keys: &Keys) -> Result<Option<Credentials>, String> {
    if row.username.is_empty() {
        return Ok(None);
    }
    let password = match &row.password_enc {
        None => String::new(),
        Some(sealed) => keys
            .decrypt(sealed, &password_context(&row.id))
            .map_err(|error| format!("its password {error}"))?,
    };
    Ok(Some(Credentials {
        username: row.username.clone(),
        password,
    }))
}

/// The codecs that this version speaks; G.711 when the trunk names none of these.
fn codecs(names: &[String]) -> Vec<Codec> {
    let known: Vec<Codec> = names
        .iter()
        .filter_map(|name| {
            Codec::ALL
                .into_iter()
                .find(|c| c.name().eq_ignore_ascii_case(name))
        })
        .collect();
    if known.is_empty() {
        Codec::G711.to_vec()
    } else {
        known
    }
}

/// The gateway's form of a route, or what makes no sense about it.
pub(crate) fn route(row: routes::Route) -> Result<Route, String> {
    let trunk = |t: &routes::RouteTrunk| {
        Ok::<RouteTrunk, String>(RouteTrunk {
            trunk: TrunkId(uuid(&t.trunk_id)?),
            priority: clamp(t.priority),
            cost: u32::try_from(t.cost.max(0)).unwrap_or(u32::MAX),
            weight: clamp(t.weight),
        })
    };
    Ok(Route {
        id: RouteId(uuid(&row.id)?),
        trunks: row.trunks.iter().map(trunk).collect::<Result<_, _>>()?,
        name: row.name,
        prefixes: row.prefixes,
        campaign: row.campaign_id.as_deref().map(uuid).transpose()?.map(CampaignId),
        countries: row.conditions.countries,
        windows: row
            .conditions
            .windows
            .iter()
            .map(window)
            .collect::<Result<_, _>>()?,
        stop_codes: row.stop_codes,
    })
}

/// The gateway's form of a route's window.
pub(crate) fn window(row: &routes::Window) -> Result<Window, String> {
    Window::new(&row.time_zone, &row.days, &row.from, &row.to)
        .ok_or_else(|| format!("{} to {} in {:?} is no time", row.from, row.to, row.time_zone))
}

fn number(row: &numbers::Number) -> Result<Number, String> {
    Ok(Number {
        phone: phone(&row.e164)?,
        trunk: TrunkId(uuid(&row.trunk_id)?),
        campaign: row.campaign_id.as_deref().map(uuid).transpose()?.map(CampaignId),
    })
}

fn clamp(number: i64) -> u16 {
    u16::try_from(number.max(0)).unwrap_or(u16::MAX)
}

fn uuid(text: &str) -> Result<Uuid, String> {
    text.parse().map_err(|_| format!("{text:?} is no id"))
}

fn phone(text: &str) -> Result<Phone, String> {
    Phone::new(text).map_err(|error| error.to_string())
}

fn word<T: serde::de::DeserializeOwned>(what: &str, text: &str) -> Result<T, String> {
    serde_json::from_value(text.into()).map_err(|_| format!("{what} {text:?} is not spoken by this version"))
}

#[cfg(test)]
pub(super) mod tests {
    use trunkline_gateway::trunk::snapshot::Server;

    use super::super::resolve::Place;
    use super::*;

    fn keys() -> Keys {
        Keys::new([1; 32], [2; 32])
    }

    pub(in super::super) fn row() -> trunks::Trunk {
        let id = Uuid::from_u128(7).to_string();
        trunks::Trunk {
            password_enc: Some(keys().encrypt("secret", &password_context(&id)).expect("sealed")),
            id,
            name: "carrier".into(),
            host: "sip.example".into(),
            port: Some(5060),
            transport: "udp".into(),
            allow: vec!["192.0.2.0/24".into(), "198.51.100.7".into()],
            username: "u".into(),
            register: false,
            challenge: "off".into(),
            codecs: vec!["G722".into(), "pcma".into()],
            dtmf: "rfc4733".into(),
            srtp: "off".into(),
            srtp_over_plain: false,
            learn_source: true,
            max_channels: 10,
            max_cps: 2,
            number_format: "e164".into(),
            tech_prefix: "99".into(),
            caller_id: Some("+12025550100".into()),
            dialling: Default::default(),
            enabled: true,
            created_at: 0,
            updated_at: 0,
        }
    }

    fn one(row: trunks::Trunk) -> Result<Trunk, String> {
        let place = Place {
            transport: Transport::Udp,
            servers: vec![Server::alone(vec![([192, 0, 2, 1], 5060).into()])],
        };
        trunk(&row, &Places::from([(row.id.clone(), place)]), &keys())
    }

    #[test]
    fn a_row_becomes_a_trunk() {
        let trunk = one(row()).expect("a trunk");
        let addresses: Vec<_> = trunk.addresses().collect();
        assert_eq!(addresses, [([192, 0, 2, 1], 5060).into()]);
        assert_eq!(trunk.codecs, [Codec::G722, Codec::Pcma]);
        assert_eq!(trunk.number_format, NumberFormat::E164);
        assert_eq!(
            trunk.credentials.as_ref().map(|c| c.password.as_str()),
            Some("secret")
        );
        assert!(trunk.allows([198, 51, 100, 7].into()) && !trunk.allows([198, 51, 100, 8].into()));
    }

    #[test]
    fn a_row_that_makes_no_sense_says_why() {
        let broken = |change: fn(&mut trunks::Trunk)| {
            let mut row = row();
            change(&mut row);
            one(row).expect_err("it cannot be used")
        };
        assert_eq!(
            broken(|r| r.transport = "sctp".into()),
            "transport \"sctp\" is not spoken by this version"
        );
        assert_eq!(broken(|r| r.allow = vec!["all".into()]), "\"all\" is no network");
        assert!(
            broken(|r| r.password_enc = Some("00".into())).starts_with("its password cannot be decrypted")
        );
    }

    #[test]
    fn the_rest_goes_on_without_the_broken_one() {
        let mut broken = row();
        broken.id = "x".into();
        let snapshot = snapshot(&[broken, row()], vec![], vec![], &Places::new(), &keys(), true);
        assert_eq!(snapshot.trunks.len(), 1);
        assert!(snapshot.trunks[0].servers.is_empty());
    }
}
