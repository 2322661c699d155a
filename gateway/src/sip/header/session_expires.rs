//! Session-Expires and Min-SE (RFC 4028): how long a session lives without a refresh, and who refreshes.

use super::{Name, Typed, Value};
use crate::sip::lexer::{self, Params};

/// Who sends the refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresher {
    /// The side that sent the request.
    Uac,
    /// The side that answered it.
    Uas,
}

/// Session-Expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionExpires {
    /// Seconds.
    pub seconds: u32,
    /// `None`: to be chosen by the answer.
    pub refresher: Option<Refresher>,
}

impl Typed for SessionExpires {
    const NAME: Name = Name::SessionExpires;

    fn read(value: &[u8]) -> Option<SessionExpires> {
        let (seconds, params) = seconds(value)?;
        let is = |word: &str| {
            params
                .value("refresher")
                .is_some_and(|w| w.eq_ignore_ascii_case(word.as_bytes()))
        };
        let refresher = is("uac")
            .then_some(Refresher::Uac)
            .or(is("uas").then_some(Refresher::Uas));
        Some(SessionExpires { seconds, refresher })
    }
}

impl From<SessionExpires> for Value {
    fn from(expires: SessionExpires) -> Value {
        let refresher = match expires.refresher {
            Some(Refresher::Uac) => ";refresher=uac",
            Some(Refresher::Uas) => ";refresher=uas",
            None => "",
        };
        Value::received(format!("{}{refresher}", expires.seconds).into())
    }
}

/// Min-SE, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinSe(pub u32);

impl Typed for MinSe {
    const NAME: Name = Name::MinSe;

    fn read(value: &[u8]) -> Option<MinSe> {
        seconds(value).map(|(seconds, _)| MinSe(seconds))
    }
}

fn seconds(value: &[u8]) -> Option<(u32, Params<'_>)> {
    let end = memchr::memchr(b';', value).unwrap_or(value.len());
    Some((
        lexer::number(lexer::trim(&value[..end]))?,
        Params::new(&value[end..]),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_refresher() {
        let read = |value: &str| SessionExpires::read(value.as_bytes()).map(|s| Value::from(s).text());
        assert_eq!(read("1800").as_deref(), Some("1800"));
        assert_eq!(
            read("1800 ; Refresher = UAS;x").as_deref(),
            Some("1800;refresher=uas")
        );
        assert_eq!(read("90;refresher=uac").as_deref(), Some("90;refresher=uac"));
        assert_eq!(read("90;refresher=me").as_deref(), Some("90"));
        for bad in ["", "x", "-1", "4294967296"] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(MinSe::read(b"90;lr"), Some(MinSe(90)));
    }
}
