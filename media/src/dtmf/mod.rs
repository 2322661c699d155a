//! Keys of a telephone, as events in RTP (RFC 4733) and as tones.

pub mod event;
pub mod goertzel;
pub mod tones;

use std::fmt;

use serde::{Deserialize, Serialize};

/// One of the sixteen keys, by its RFC 4733 event code (section 3.2, table 3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "char", into = "char")]
pub struct Digit(u8);

impl Digit {
    /// `*`
    pub const STAR: Digit = Digit(10);
    /// `#`
    pub const POUND: Digit = Digit(11);

    /// From an RFC 4733 event code; `None` above 15.
    pub const fn from_event(code: u8) -> Option<Digit> {
        if code < 16 { Some(Digit(code)) } else { None }
    }

    /// The RFC 4733 event code, 0 to 15.
    pub const fn event(self) -> u8 {
        self.0
    }

    /// `0`–`9`, `*`, `#`, `A`–`D` (either case); `None` for anything else.
    pub const fn from_char(c: char) -> Option<Digit> {
        match c {
            '0'..='9' => Some(Digit(c as u8 - b'0')),
            '*' => Some(Digit(10)),
            '#' => Some(Digit(11)),
            'A'..='D' => Some(Digit(c as u8 - b'A' + 12)),
            'a'..='d' => Some(Digit(c as u8 - b'a' + 12)),
            _ => None,
        }
    }

    /// The key as it is printed on a telephone.
    pub const fn as_char(self) -> char {
        match self.0 {
            n @ 0..=9 => (b'0' + n) as char,
            10 => '*',
            11 => '#',
            n => (b'A' + n - 12) as char,
        }
    }
}

impl fmt::Debug for Digit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_char())
    }
}

impl fmt::Display for Digit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_char())
    }
}

impl TryFrom<char> for Digit {
    type Error = String;
    fn try_from(c: char) -> Result<Self, Self::Error> {
        Digit::from_char(c).ok_or_else(|| format!("{c:?} is not a key of a telephone (0-9 * # A-D)"))
    }
}

impl From<Digit> for char {
    fn from(d: Digit) -> char {
        d.as_char()
    }
}
