//! POST /v1/blocklist

use std::net::IpAddr;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use ipnet::IpNet;
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::extract::{Auth, Body, OPS, STAFF};
use super::super::problem::{Checks, Problem};
use super::super::time::Time;
use super::super::valid;
use super::Block;
use crate::runtime::App;
use crate::store::blocklist::{self, Entry};

/// Digits of a prefix; with more it is somebody's number.
const MAX_PREFIX_DIGITS: usize = 8;

/// As many digits of a text are a number, however they are written.
const NUMBER_DIGITS: usize = 7;

/// Characters of a keyed reference.
const HASH_CHARS: usize = 64;

/// A new entry: at least one of phone, network and prefix; those that are set must all match.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BlockInput {
    /// E.164; kept as a keyed reference only.
    #[serde(default)]
    #[schema(example = "+12025550123")]
    phone: Option<String>,
    /// The keyed reference itself, as a session's records have it.
    #[serde(default)]
    phone_hash: Option<String>,
    /// An address or a network.
    #[serde(default)]
    #[schema(example = "192.0.2.0/24")]
    network: Option<String>,
    /// E.164 prefix.
    #[serde(default)]
    #[schema(example = "+1900")]
    prefix: Option<String>,
    /// For people. Write nothing personal into it.
    #[serde(default)]
    reason: String,
    /// No longer in force from then on.
    #[serde(default)]
    expires_at: Option<Time>,
}

/// Adds an entry. It is in force at once.
#[utoipa::path(
    post,
    path = "/v1/blocklist",
    tag = "blocklist",
    request_body = BlockInput,
    responses((status = 201, description = "The entry.", body = Block), Problem),
    security(("key" = ["ops"]))
)]
pub(crate) async fn create_block(
    _: Auth<{ OPS | STAFF }>,
    State(app): State<App>,
    Body(input): Body<BlockInput>,
) -> Result<(StatusCode, Json<Block>), Problem> {
    check(&input)?;
    let row = Entry {
        id: app.clock().new_id().to_string(),
        phone_hash: input
            .phone
            .map(|phone| app.keys().phone_ref(&phone))
            .or(input.phone_hash),
        network: input.network,
        prefix: input.prefix,
        reason: input.reason,
        expires_at: input.expires_at.map(|t| t.0),
        hits: 0,
        created_at: app.clock().now_ms(),
    };
    blocklist::create(app.db(), &row).await?;
    Ok((StatusCode::CREATED, Json(row.into())))
}

fn check(input: &BlockInput) -> Result<(), Problem> {
    let mut checks = Checks::default();
    valid::phone(&mut checks, "/phone", input.phone.as_deref());
    checks.require(
        input.phone.is_none() || input.phone_hash.is_none(),
        "/phone_hash",
        "is given beside phone: give one of them",
    );
    let is_hash = |hash: &String| hash.len() == HASH_CHARS && hash.bytes().all(|b| b.is_ascii_hexdigit());
    checks.require(
        input.phone_hash.as_ref().is_none_or(is_hash),
        "/phone_hash",
        format!("expected {HASH_CHARS} hexadecimal digits"),
    );
    let is_network = |text: &String| text.parse::<IpNet>().is_ok() || text.parse::<IpAddr>().is_ok();
    checks.require(
        input.network.as_ref().is_none_or(is_network),
        "/network",
        "expected a network or an address, for example 192.0.2.0/24",
    );
    checks.require(
        input
            .prefix
            .as_deref()
            .is_none_or(|p| valid::is_prefix(p) && p.len() > 1),
        "/prefix",
        "expected + and digits, for example +1900",
    );
    checks.require(
        input
            .prefix
            .as_ref()
            .is_none_or(|p| p.len() <= MAX_PREFIX_DIGITS + 1),
        "/prefix",
        "is as long as a number: send it as phone, which is not kept in the clear",
    );
    valid::line(&mut checks, "/reason", &input.reason);
    checks.require(
        !is_personal(&input.reason),
        "/reason",
        "names a number or an address of somebody: write nothing personal into an entry",
    );
    checks.require(
        input.phone.is_some()
            || input.phone_hash.is_some()
            || input.network.is_some()
            || input.prefix.is_some(),
        "",
        "expected at least one of phone, phone_hash, network and prefix",
    );
    checks.finish()
}

/// A telephone number or a mail address in a text for people.
fn is_personal(text: &str) -> bool {
    let mut run = 0;
    for c in text.chars() {
        run = match c {
            '0'..='9' => run + 1,
            // What people write between the digits of a number.
            ' ' | '-' | '.' | '/' | '(' | ')' | '+' => run,
            _ => 0,
        };
        if run >= NUMBER_DIGITS {
            return true;
        }
    }
    text.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_mail_addresses_are_personal() {
        for text in ["Ada +1 (202) 555-0123", "call 555.0123 back", "ada@example.org"] {
            assert!(is_personal(text), "{text}");
        }
        for text in [
            "",
            "asked us to",
            "ticket 123456",
            "since 2026, form 3",
            "24/7 calls",
        ] {
            assert!(!is_personal(text), "{text}");
        }
    }
}
