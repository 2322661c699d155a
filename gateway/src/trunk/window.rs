//! When a route is open: days and hours on the clocks of a time zone, over the days on which these are changed.
//!
//! ```text
//! 22:00 ── to ── 06:00   belongs to the day on which it begins; what the clocks skip is not there, what they repeat is there twice
//! ```

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use crate::cdr::WallMs;

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// One window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    zone: TimeZone,
    /// A bit a day, Monday the lowest.
    days: u8,
    from: u16,
    to: u16,
}

impl Window {
    /// A window of a zone by its name (`America/New_York`), on these days (`mon` …; none is all), from and to as `09:00`, up to `24:00`.
    /// `None` where one of them is not so.
    pub fn new(zone: &str, days: &[String], from: &str, to: &str) -> Option<Window> {
        let mut bits = days.iter().map(|word| Some(1 << day(word)?));
        let days = bits.try_fold(0u8, |all, bit: Option<u8>| Some(all | bit?))?;
        let (from, to) = (minute(from)?, minute(to)?);
        (from < DAY && from != to).then_some(())?;
        Some(Window {
            zone: TimeZone::get(zone).ok()?,
            days: if days == 0 { u8::MAX } else { days },
            from,
            to,
        })
    }

    /// Whether it is open at this time.
    pub fn is_open(&self, at: WallMs) -> bool {
        let Ok(at) = Timestamp::from_millisecond(at) else {
            return false;
        };
        let local = at.to_zoned(self.zone.clone()).datetime();
        let minute = u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).unwrap_or(DAY);
        let today = self.has(local.date().weekday());
        if self.from < self.to {
            return today && (self.from..self.to).contains(&minute);
        }
        let yesterday = local
            .date()
            .checked_sub(1.day())
            .is_ok_and(|d| self.has(d.weekday()));
        (today && minute >= self.from) || (yesterday && minute < self.to)
    }

    fn has(&self, day: Weekday) -> bool {
        let bit = day.to_monday_zero_offset();
        self.days >> bit & 1 == 1
    }
}

fn day(word: &str) -> Option<u8> {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let at = days.iter().position(|day| *day == word)?;
    u8::try_from(at).ok()
}

/// `HH:MM` as minutes.
fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str| {
        let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse::<u16>().ok()).flatten()
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let all = hours * 60 + minutes;
    (minutes < 60 && all <= DAY).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(window: (&str, &[&str], &str, &str), times: &[(&str, bool)]) {
        let (zone, days, from, to) = window;
        let days: Vec<String> = days.iter().map(|d| (*d).to_owned()).collect();
        let window = Window::new(zone, &days, from, to).expect("a window");
        for (at, open) in times {
            let ms = at.parse::<Timestamp>().expect("a time").as_millisecond();
            assert_eq!(window.is_open(ms), *open, "{at}");
        }
    }

    #[test]
    fn hours_are_of_the_zones_clocks_in_winter_and_summer() {
        check(
            ("America/New_York", &["mon", "fri"], "09:00", "17:30"),
            &[
                ("2026-01-05T13:59:00Z", false),
                ("2026-01-05T14:00:00Z", true),
                ("2026-01-05T22:29:59Z", true),
                ("2026-01-05T22:30:00Z", false),
                ("2026-07-06T13:00:00Z", true),
                ("2026-07-07T13:00:00Z", false),
            ],
        );
    }

    #[test]
    fn a_night_belongs_to_the_day_on_which_it_begins() {
        check(
            ("Europe/Berlin", &["sat"], "22:00", "06:00"),
            &[
                ("2026-01-10T20:59:00Z", false),
                ("2026-01-10T21:00:00Z", true),
                ("2026-01-11T04:59:00Z", true),
                ("2026-01-11T05:00:00Z", false),
                ("2026-01-11T21:00:00Z", false),
            ],
        );
    }

    #[test]
    fn on_days_when_the_clocks_are_changed_it_goes_by_the_clocks() {
        // 29 March 2026: 02:00 is 03:00. 25 October 2026: 03:00 is 02:00 again.
        let night = ("Europe/Berlin", &[][..], "02:30", "04:00");
        check(
            night,
            &[
                ("2026-03-29T00:59:00Z", false),
                ("2026-03-29T01:00:00Z", true),
                ("2026-03-29T02:00:00Z", false),
                ("2026-10-25T00:30:00Z", true),
                ("2026-10-25T01:00:00Z", false),
                ("2026-10-25T01:30:00Z", true),
                ("2026-10-25T03:00:00Z", false),
            ],
        );
    }

    #[test]
    fn what_is_no_window_is_none() {
        let window = |zone, days: &[&str], from, to| {
            let days: Vec<String> = days.iter().map(|d| (*d).to_owned()).collect();
            Window::new(zone, &days, from, to)
        };
        assert!(window("UTC", &[], "00:00", "24:00").is_some());
        assert!(window("Nowhere/At_All", &[], "09:00", "17:00").is_none());
        assert!(window("UTC", &["monday"], "09:00", "17:00").is_none());
        assert!(window("UTC", &[], "09:00", "09:00").is_none());
        assert!(window("UTC", &[], "9:00", "17:00").is_none());
        assert!(window("UTC", &[], "+9:00", "17:00").is_none());
        assert!(window("UTC", &[], "09:60", "17:00").is_none());
        assert!(window("UTC", &[], "24:00", "17:00").is_none());
    }
}
