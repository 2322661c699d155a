//! What is right for the settings of a trunk that are about numbers, identity, patience and calls under way.

use trunkline_gateway::phone::Phone;

use super::super::problem::Checks;
use super::super::valid;
use crate::store::dialling::{Dialling, Identity, NumberRule};

/// Most rules of one trunk.
const MAX_RULES: usize = 200;
/// Most short codes of one trunk.
const MAX_SHORT_CODES: usize = 200;
/// Characters of the longest number.
const MAX_NUMBER_CHARS: i64 = 16;
/// Most digits that a prefix puts before a number.
pub(super) const MAX_PREFIX_DIGITS: usize = 15;
/// Shortest and longest time that a trunk may take until something rings.
const POST_DIAL_LIMIT_MS: std::ops::RangeInclusive<i64> = 1_000..=60_000;
/// Shortest and longest time between two OPTIONS.
const OPTIONS_INTERVAL_MS: std::ops::RangeInclusive<i64> = 1_000..=3_600_000;
/// Shortest session interval there is (RFC 4028 section 5), and a day.
const SESSION_EXPIRES_SECONDS: std::ops::RangeInclusive<i64> = 90..=86_400;

pub(super) fn check(checks: &mut Checks, dialling: &Dialling, has_caller_id: bool) {
    rules(checks, &dialling.number_rules);
    checks.require(
        dialling.short_codes.len() <= MAX_SHORT_CODES,
        "/short_codes",
        format!("expected at most {MAX_SHORT_CODES} short codes"),
    );
    for (n, code) in dialling.short_codes.iter().enumerate() {
        checks.require(
            Phone::new(code).is_ok_and(|code| code.is_short_code()),
            &format!("/short_codes/{n}"),
            "expected 2 to 6 digits, for example 33333",
        );
    }
    identity(checks, &dialling.identity, has_caller_id);
    checks.require(
        POST_DIAL_LIMIT_MS.contains(&dialling.post_dial_limit_ms),
        "/post_dial_limit_ms",
        format!(
            "expected milliseconds from {} to {}",
            POST_DIAL_LIMIT_MS.start(),
            POST_DIAL_LIMIT_MS.end()
        ),
    );
    let interval = dialling.options_interval_ms;
    checks.require(
        interval == 0 || OPTIONS_INTERVAL_MS.contains(&interval),
        "/options_interval_ms",
        format!(
            "expected 0 (never), or milliseconds from {} to {}",
            OPTIONS_INTERVAL_MS.start(),
            OPTIONS_INTERVAL_MS.end()
        ),
    );
    let expires = dialling.session_expires_seconds;
    checks.require(
        expires == 0 || SESSION_EXPIRES_SECONDS.contains(&expires),
        "/session_expires_seconds",
        format!(
            "expected 0 (no session timer) or seconds from {} to {}",
            SESSION_EXPIRES_SECONDS.start(),
            SESSION_EXPIRES_SECONDS.end()
        ),
    );
    valid::word(checks, "/refer", &dialling.refer, &["decline", "not_allowed"]);
}

fn rules(checks: &mut Checks, rules: &[NumberRule]) {
    checks.require(
        rules.len() <= MAX_RULES,
        "/number_rules",
        format!("expected at most {MAX_RULES} rules"),
    );
    for (n, rule) in rules.iter().enumerate() {
        let at = |field: &str| format!("/number_rules/{n}/{field}");
        checks.require(
            valid::is_prefix(&rule.prefix),
            &at("prefix"),
            "expected + and at most 15 digits, for example +1202",
        );
        checks.require(
            !rules.iter().take(n).any(|other| other.prefix == rule.prefix),
            &at("prefix"),
            "another rule has the same prefix",
        );
        checks.require(
            (0..MAX_NUMBER_CHARS).contains(&rule.strip),
            &at("strip"),
            "expected how many characters are left out, 0 to 15",
        );
        checks.require(
            is_dial_prefix(rule.add.strip_prefix('+').unwrap_or(&rule.add)),
            &at("add"),
            format!("expected at most {MAX_PREFIX_DIGITS} characters of 0-9, * and #, with or without a + before them"),
        );
    }
}

fn identity(checks: &mut Checks, identity: &Identity, has_caller_id: bool) {
    valid::word(
        checks,
        "/identity/from",
        &identity.from,
        &["caller", "campaign", "trunk", "anonymous"],
    );
    checks.require(
        identity.from != "trunk" || has_caller_id,
        "/identity/from",
        "a trunk whose own number is shown needs a caller_id",
    );
    valid::word(
        checks,
        "/identity/asserted",
        &identity.asserted,
        &["pai", "ppi", "none"],
    );
}

/// What may be put before a number.
pub(super) fn is_dial_prefix(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_digit() || b == b'#' || b == b'*';
    text.len() <= MAX_PREFIX_DIGITS && text.bytes().all(fits)
}
