//! Expires and Min-Expires of a registration (RFC 3261 20.19, 20.23).

use std::time::Duration;

use super::{Name, Typed};
use crate::sip::lexer;

/// How long a contact is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expires(pub Duration);

/// The least that a registrar grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinExpires(pub Duration);

impl Typed for Expires {
    const NAME: Name = Name::Expires;

    fn read(value: &[u8]) -> Option<Expires> {
        seconds(value).map(Expires)
    }
}

impl Typed for MinExpires {
    const NAME: Name = Name::MinExpires;

    fn read(value: &[u8]) -> Option<MinExpires> {
        seconds(value).map(MinExpires)
    }
}

/// Delta-seconds, of a header or of the `expires` parameter of a Contact.
pub(crate) fn seconds(value: &[u8]) -> Option<Duration> {
    lexer::number::<u32>(lexer::trim(value)).map(|seconds| Duration::from_secs(seconds.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_seconds_are_read() {
        assert_eq!(Expires::read(b" 3600 "), Some(Expires(Duration::from_secs(3600))));
        assert_eq!(MinExpires::read(b"60"), Some(MinExpires(Duration::from_secs(60))));
        for bad in ["", "-1", "soon", "4294967296", "Wed, 01 Jul 2026 10:00:00 GMT"] {
            assert_eq!(Expires::read(bad.as_bytes()), None, "{bad}");
        }
    }
}
