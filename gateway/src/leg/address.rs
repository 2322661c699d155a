//! The SIP addresses of a leg: what stands in Request-URI, From, To and Contact. Built from checked phones and hosts only.

use std::net::IpAddr;

use crate::phone::Phone;
use crate::trunk::snapshot::{NumberFormat, Transport, Trunk};

/// A number as it came from a trunk, in any of the forms that carriers use.
pub fn phone_of(user: &str, format: NumberFormat) -> Option<Phone> {
    let user = user.split(';').next().unwrap_or_default();
    let number = if user.starts_with('+') {
        user.to_owned()
    } else if let Some(rest) = user.strip_prefix("00").filter(|_| user.len() > 10) {
        format!("+{rest}")
    } else if user.len() == 10 && format == NumberFormat::National {
        format!("+1{user}")
    } else if user.len() > 6 {
        format!("+{user}")
    } else {
        user.to_owned()
    };
    Phone::new(number).ok()
}

/// `sip:USER@HOST` of the far end; the port only when one is set that is not the usual one: what DNS says of ports stands in no URI.
pub fn trunk_uri(trunk: &Trunk, user: &str) -> String {
    let port = trunk.port.filter(|port| *port != trunk.transport.default_port());
    let port = port.map_or_else(String::new, |port| format!(":{port}"));
    let transport = trunk.transport.uri_parameter();
    format!("sip:{user}@{}{port}{transport}", host(&trunk.host))
}

/// `sip:HOST`, the domain that we register with (RFC 3261 section 10.2: no user part).
pub fn registrar_uri(trunk: &Trunk) -> String {
    trunk_uri(trunk, "").replacen("@", "", 1)
}

/// `sip:ACCOUNT@HOST`, our address of record at a trunk: without port and transport.
pub fn account_uri(trunk: &Trunk, account: &str) -> String {
    format!("sip:{}@{}", escaped_user(account), host(&trunk.host))
}

/// A user part with what must not stand in one escaped (RFC 3261 section 25.1, user).
pub fn escaped_user(account: &str) -> String {
    // Some carriers give the account as an address.
    let user = account.split('@').next().unwrap_or_default();
    let mut out = String::with_capacity(user.len());
    for byte in user.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// `sip:USER@OURS`
pub fn our_uri(user: &str, ours: IpAddr) -> String {
    format!("sip:{user}@{}", ip(ours))
}

/// The Contact of our dialogs.
pub fn contact(ours: IpAddr, port: u16, transport: Transport) -> String {
    format!("sip:trunkline@{}:{port}{}", ip(ours), transport.uri_parameter())
}

fn ip(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    }
}

/// A bare IPv6 address needs brackets (RFC 3261 section 25.1, IPv6reference).
fn host(name: &str) -> String {
    match name.parse::<IpAddr>() {
        Ok(address) => ip(address),
        Err(_) => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_in_every_form_that_carriers_use() {
        let check = |user, format, expect: Option<&str>| {
            let got = phone_of(user, format);
            assert_eq!(got.as_ref().map(Phone::as_str), expect, "{user}");
        };
        check("+12025550123", NumberFormat::E164Plus, Some("+12025550123"));
        check("12025550123", NumberFormat::E164, Some("+12025550123"));
        check("2025550123", NumberFormat::National, Some("+12025550123"));
        check("0012025550123", NumberFormat::E164, Some("+12025550123"));
        check(
            "+12025550123;npdi;rn=+12025550000",
            NumberFormat::E164Plus,
            Some("+12025550123"),
        );
        check("33333", NumberFormat::E164Plus, Some("33333"));
        check("anonymous", NumberFormat::E164Plus, None);
        check("", NumberFormat::E164Plus, None);
        check("+1202555\r\n0123", NumberFormat::E164Plus, None);
    }
}
