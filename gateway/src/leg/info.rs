//! Keys as bodies of INFO: `application/dtmf-relay`, which is what we send, and `application/dtmf`. No RFC has them; this is what is
//! in use.

use bytes::Bytes;
use trunkline_media::dtmf::Digit;

/// Content-Type of what we send.
const RELAY: &str = "application/dtmf-relay";
const PLAIN: &str = "application/dtmf";
/// As long as our keys in the media are.
const DURATION_MS: u32 = 100;

/// The body for a key.
pub fn body(digit: Digit) -> Bytes {
    format!("Signal={digit}\r\nDuration={DURATION_MS}\r\n").into()
}

/// The key of a body: `Signal=5` in the one, the key alone in the other; some write the code of RFC 4733 for `*` and `#`.
pub fn digit(content_type: &str, body: &[u8]) -> Option<Digit> {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    let text = std::str::from_utf8(body).ok()?;
    let key = if kind.eq_ignore_ascii_case(RELAY) {
        text.lines().find_map(|line| {
            let (name, value) = line.split_once('=')?;
            name.trim().eq_ignore_ascii_case("signal").then(|| value.trim())
        })?
    } else if kind.eq_ignore_ascii_case(PLAIN) {
        text.trim()
    } else {
        return None;
    };
    let mut chars = key.chars();
    match (chars.next(), chars.next()) {
        (Some(one), None) => Digit::from_char(one),
        _more => key.parse().ok().and_then(Digit::from_event),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_comes_back() {
        for key in (0..16).filter_map(Digit::from_event) {
            assert_eq!(digit(RELAY, &body(key)), Some(key));
            assert_eq!(
                digit("Application/DTMF", format!(" {key}\r\n").as_bytes()),
                Some(key)
            );
        }
    }

    #[test]
    fn what_is_in_use_is_read_and_the_rest_is_none() {
        for (content_type, body, expected) in [
            (RELAY, "Signal= 5\r\nDuration= 160\r\n", Some('5')),
            ("application/dtmf-relay;charset=utf-8", "signal=#", Some('#')),
            (RELAY, "Duration=160\nSignal=*\n", Some('*')),
            (RELAY, "Signal=11\r\n", Some('#')),
            (PLAIN, "10", Some('*')),
            (PLAIN, "d", Some('D')),
            (RELAY, "5", None),
            (RELAY, "Signal=16\r\n", None),
            (RELAY, "Signal=\r\n", None),
            (PLAIN, "55", None),
            (PLAIN, "", None),
            ("application/sdp", "5", None),
        ] {
            let got = digit(content_type, body.as_bytes()).map(Digit::as_char);
            assert_eq!(got, expected, "{content_type} {body:?}");
        }
    }
}
