//! Whether a failed INVITE says "less": a status that means too much, or a reason phrase in which a carrier says that its calls a second
//! or its channels are spent. Such words are the trunk's, whatever the status: nobody's telephone has rung.

use std::time::Duration;

use crate::sip::api::Failure;

/// What carriers write beside a status when they are called too fast. Matched without case, anywhere in the reason phrase.
const PACING_TEXTS: [&str; 14] = [
    "cps",
    "calls per second",
    "call rate",
    "rate limit",
    "rate exceeded",
    "too many calls",
    "too many requests",
    "too many concurrent",
    "concurrent call",
    "channel limit",
    "call limit",
    "capacity exceeded",
    "throttl",
    "congestion",
];

/// The trunk asks for less: `Some`, with the Retry-After that came with it. Once the telephone rang the words are the person's.
pub fn asks_for_less(failure: &Failure, rang: bool) -> Option<Option<Duration>> {
    match failure {
        Failure::Status {
            status,
            reason,
            retry_after,
            ..
        } => (is_overload(*status) || (!rang && is_pacing_text(reason))).then_some(*retry_after),
        Failure::NoTrying | Failure::Timeout | Failure::Transport | Failure::Canceled => None,
    }
}

/// Too many requests (RFC 6585 section 4, as carriers use it), service unavailable (RFC 3261 section 21.5.4).
fn is_overload(status: u16) -> bool {
    matches!(status, 429 | 503)
}

/// The reason phrase tells of pace or of channels.
pub fn is_pacing_text(reason: &str) -> bool {
    let reason = reason.to_ascii_lowercase();
    PACING_TEXTS.iter().any(|text| reason.contains(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, reason: &str, expect: bool) {
        let failure = Failure::Status {
            status,
            reason: reason.into(),
            q850_cause: None,
            retry_after: Some(Duration::from_secs(3)),
        };
        let expect = expect.then_some(Some(Duration::from_secs(3)));
        assert_eq!(asks_for_less(&failure, false), expect, "{status} {reason}");
    }

    #[test]
    fn a_trunk_that_is_called_too_fast_is_understood() {
        check(503, "Service Unavailable", true);
        check(429, "", true);
        check(403, "CPS limit exceeded", true);
        check(480, "Too Many Calls", true);
        check(603, "Declined: call rate", true);
        check(486, "Busy Here", false);
        check(603, "Decline", false);
        check(404, "Not Found", false);
        check(500, "Server Internal Error", false);
        assert_eq!(asks_for_less(&Failure::NoTrying, false), None);
        let declined = Failure::Status {
            status: 603,
            reason: "Call limit".into(),
            q850_cause: None,
            retry_after: None,
        };
        assert_eq!(asks_for_less(&declined, true), None, "the telephone rang");
    }
}
