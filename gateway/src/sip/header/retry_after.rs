//! Retry-After (RFC 3261 20.33).

use std::time::Duration;

use super::{Name, Typed, Value};

/// Longest wait that we believe in.
pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// How long to stay away. Comment and `duration` are not for machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryAfter(pub Duration);

impl Typed for RetryAfter {
    const NAME: Name = Name::RetryAfter;

    fn read(value: &[u8]) -> Option<RetryAfter> {
        let digits = value.iter().take_while(|b| b.is_ascii_digit());
        let seconds = digits.fold(None, |seconds: Option<u64>, digit| {
            Some(
                seconds
                    .unwrap_or(0)
                    .saturating_mul(10)
                    .saturating_add(u64::from(digit - b'0')),
            )
        })?;
        Some(RetryAfter(Duration::from_secs(seconds).min(MAX_RETRY_AFTER)))
    }
}

/// In whole seconds, rounded up: never sooner than meant.
impl From<RetryAfter> for Value {
    fn from(after: RetryAfter) -> Value {
        Value::number(after.0.as_secs() + u64::from(after.0.subsec_nanos() > 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_with_all_that_may_follow() {
        let read = |value: &str| RetryAfter::read(value.as_bytes()).map(|after| after.0.as_secs());
        assert_eq!(read("120"), Some(120));
        assert_eq!(read("120 (in a meeting);duration=60"), Some(120));
        assert_eq!(read("0"), Some(0));
        assert_eq!(
            read("949302838503028349304023988"),
            Some(3600),
            "RFC 4475 3.1.2.5: no more than we believe"
        );
        assert_eq!(read(""), None);
        assert_eq!(read("soon"), None);
        assert_eq!(Value::from(RetryAfter(Duration::from_millis(1500))).text(), "2");
    }
}
