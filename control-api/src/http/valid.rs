//! What is right for fields that many things have: names, hosts, phones, words, prefixes.

use std::net::IpAddr;

use trunkline_gateway::phone::Phone;
use trunkline_gateway::trunk::snapshot::bare_host;
use trunkline_prompts::tts::{MAX_VOICE, is_voice};

use super::extract::id::is_id;
use super::problem::{Checks, Problem};
use crate::runtime::App;
use crate::store::grants::{self, Reach, Thing};
use crate::store::{self, StoreError};

/// What a phone field expects.
pub(crate) const E164: &str = "expected a phone number in E.164 form, for example +12025550123";

/// What a language expects.
pub(crate) const LANGUAGE: &str = "expected a language tag, for example en or es-MX";

/// Most characters of a name or title.
pub(crate) const MAX_NAME_CHARS: usize = 200;

/// Most characters of a longer text: a script, a description.
pub(crate) const MAX_TEXT_CHARS: usize = 20_000;

/// Most characters of a host name (RFC 1035 section 2.3.4).
const MAX_HOST_CHARS: usize = 253;

/// A name for people: one line, not empty.
pub(crate) fn name(checks: &mut Checks, pointer: &str, text: &str) {
    checks.require(
        !text.trim().is_empty() && text.chars().count() <= MAX_NAME_CHARS && !text.contains(char::is_control),
        pointer,
        format!("expected 1 to {MAX_NAME_CHARS} characters on one line"),
    );
}

/// One line that may be empty.
pub(crate) fn line(checks: &mut Checks, pointer: &str, text: &str) {
    checks.require(
        text.chars().count() <= MAX_NAME_CHARS && !text.contains(char::is_control),
        pointer,
        format!("expected at most {MAX_NAME_CHARS} characters on one line"),
    );
}

/// A speech engine's voice, or none.
pub(crate) fn voice(checks: &mut Checks, voice: &str) {
    checks.require(
        voice.is_empty() || is_voice(voice),
        "/voice",
        format!("expected the name of a voice, for example en_US-amy-medium: {MAX_VOICE} letters, digits and . _ + - / at most"),
    );
}

/// A longer text.
pub(crate) fn text(checks: &mut Checks, pointer: &str, text: &str) {
    checks.require(
        text.chars().count() <= MAX_TEXT_CHARS,
        pointer,
        format!("expected at most {MAX_TEXT_CHARS} characters"),
    );
}

/// One of a few words.
pub(crate) fn word(checks: &mut Checks, pointer: &str, word: &str, words: &[&str]) {
    checks.require(
        words.contains(&word),
        pointer,
        format!("expected {}", either(words)),
    );
}

/// The id of a trunk that is there.
pub(crate) async fn trunk(checks: &mut Checks, app: &App, pointer: &str, id: &str) -> Result<(), Problem> {
    let there = is_id(id) && there(store::trunks::get(app.db(), id).await)?;
    checks.require(
        there,
        pointer,
        "no trunk has this id: GET /v1/trunks lists those there are",
    );
    Ok(())
}

/// The id of a campaign that is there, or none.
pub(crate) async fn campaign(
    checks: &mut Checks,
    app: &App,
    pointer: &str,
    id: Option<&str>,
) -> Result<(), Problem> {
    let Some(id) = id else { return Ok(()) };
    let there = is_id(id) && there(store::campaigns::get(app.db(), id).await)?;
    checks.require(
        there,
        pointer,
        "no campaign has this id: GET /v1/campaigns lists those there are",
    );
    Ok(())
}

/// The same for somebody who may be confined to some campaigns: for them it must be one of these, and none means the whole
/// installation, which is not theirs.
pub(crate) async fn campaign_in_reach(
    checks: &mut Checks,
    app: &App,
    pointer: &str,
    id: Option<&str>,
    reach: &Reach,
) -> Result<(), Problem> {
    let covered = grants::covers(app.db(), reach, Thing::Campaign, id.unwrap_or_default()).await?;
    if covered {
        return campaign(checks, app, pointer, id).await;
    }
    checks.wrong(
        pointer,
        "expected one of your own campaigns: GET /v1/campaigns lists them",
    );
    Ok(())
}

fn there<T>(row: store::Result<T>) -> Result<bool, Problem> {
    match row {
        Ok(_) => Ok(true),
        Err(StoreError::NotFound) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// An optional phone number.
pub(crate) fn phone(checks: &mut Checks, pointer: &str, number: Option<&str>) {
    checks.require(number.is_none_or(is_e164), pointer, E164);
}

/// `+` and digits, not a short code.
pub(crate) fn is_e164(number: &str) -> bool {
    number.starts_with('+') && Phone::new(number).is_ok()
}

/// A host name or an address, with nothing that could leave its place in a SIP header.
pub(crate) fn is_host(host: &str) -> bool {
    let bare = bare_host(host);
    if bare.parse::<IpAddr>().is_ok() {
        return true;
    }
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && l.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    host.len() <= MAX_HOST_CHARS && host.trim_end_matches('.').split('.').all(label)
}

/// An E.164 prefix: `+` alone, or `+` and digits.
pub(crate) fn is_prefix(prefix: &str) -> bool {
    prefix
        .strip_prefix('+')
        .is_some_and(|digits| digits.len() <= 15 && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// `a`, `a or b`, `a, b or c`
pub(crate) fn either(words: &[&str]) -> String {
    match words.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_cannot_leave_their_place() {
        for good in [
            "sip.example.net",
            "localhost",
            "192.0.2.1",
            "2001:db8::1",
            "[2001:db8::1]",
            "_sip.x",
            "a.",
        ] {
            assert!(is_host(good), "{good}");
        }
        for bad in [
            "",
            " ",
            "a b",
            "a;transport=tcp",
            "a>",
            "user@host",
            "host:5060",
            "a\r\nVia: x",
            "-a",
            "a..b",
            "ä.de",
            "a/b",
        ] {
            assert!(!is_host(bad), "{bad}");
        }
    }

    #[test]
    fn prefixes_begin_with_a_plus() {
        for good in ["+", "+1", "+1202"] {
            assert!(is_prefix(good), "{good}");
        }
        for bad in ["", "1", "00", "+1a", "+1234567890123456"] {
            assert!(!is_prefix(bad), "{bad}");
        }
    }
}
