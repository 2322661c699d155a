//! A page follows the call that it asked for: by a token that says nothing, and hears where the session is, without any number.
//!
//! ```text
//! timeline (hub, database) ─events─► Course ─► Standing: rings, whom it talks to, who is next, how many calls
//! ```

mod course;
mod reader;
mod streams;

pub(crate) use course::{Standing, Step};
pub(crate) use reader::{Reader, Told};
pub(crate) use streams::{Full, Streams};

use crate::privacy::{Keys, PrivacyError};

/// What tokens are bound to.
const PURPOSE: &str = "follow";
/// How long a session may still be followed after its end.
const AFTER_MS: i64 = 5 * 60_000;

/// The token of a session: its id, sealed. Each one is different, and none can be made without the installation's key.
pub(crate) fn token(keys: &Keys, session: &str) -> Result<String, PrivacyError> {
    keys.encrypt(session, PURPOSE)
}

/// The session of a token of ours.
pub(crate) fn session_of(keys: &Keys, token: &str) -> Option<String> {
    keys.decrypt(token, PURPOSE).ok()
}

/// Whether a session that ended then may still be followed.
pub(crate) fn is_open(ended_at: Option<i64>, now: i64) -> bool {
    ended_at.is_none_or(|ended| now - ended < AFTER_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::privacy::KEY_BYTES;

    #[test]
    fn a_token_leads_to_its_session_and_shows_nothing_of_it() {
        let keys = Keys::new([1; KEY_BYTES], [2; KEY_BYTES]);
        let session = "01a2009b-24f3-7000-adef-0f44884e3997";
        let made = token(&keys, session).unwrap();
        assert_eq!(session_of(&keys, &made).as_deref(), Some(session));
        assert!(!made.contains("01a2") && made != token(&keys, session).unwrap());
        // Sealed for something else, of another installation, changed, cut, nothing.
        let other = keys.encrypt(session, "else").unwrap();
        assert_eq!(session_of(&keys, &other), None);
        let strange = Keys::new([1; KEY_BYTES], [3; KEY_BYTES]);
        assert_eq!(session_of(&strange, &made), None);
        for wrong in [&made[..made.len() - 2], &made[2..], "", "zz", session] {
            assert_eq!(session_of(&keys, wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_session_is_open_for_some_minutes_after_its_end() {
        assert!(is_open(None, 0) && is_open(Some(1_000), 1_000 + AFTER_MS - 1));
        assert!(!is_open(Some(1_000), 1_000 + AFTER_MS));
    }
}
