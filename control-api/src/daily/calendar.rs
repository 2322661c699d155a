//! When a subscriber is called next: Monday to Friday, at a local time of day, over both days on which clocks are changed.

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

/// Days that are looked at: past a weekend, and past a date that a zone has left out.
const LOOK_DAYS: usize = 14;

/// Minutes of a day.
pub(crate) const DAY_MINUTES: i64 = 24 * 60;

/// A call that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    /// When, in milliseconds since 1970.
    pub(crate) at: i64,
    /// On which date, where the subscriber is.
    pub(crate) date: Date,
}

/// The first call at or after `from`, on a date later than `after`. A time of day that does not exist (clocks go forward) comes later by
/// what they were set forward; one that comes twice (clocks go back) is the first of the two.
pub(crate) fn next(zone: &TimeZone, minute_of_day: i64, from: i64, after: Option<Date>) -> Option<Due> {
    let today = local_date(zone, from)?;
    let first = after
        .and_then(|date| date.tomorrow().ok())
        .map_or(today, |next| next.max(today));
    // Yesterday's late call may have been moved past midnight.
    let start = if first == today {
        today.yesterday().ok()?
    } else {
        first
    };
    start
        .series(jiff::Span::new().days(1))
        .take(LOOK_DAYS)
        .filter(|date| after.is_none_or(|last| *date > last))
        .find_map(|date| on(zone, minute_of_day, date).filter(|due| due.at >= from))
}

/// The date of an instant, where the subscriber is.
pub(crate) fn local_date(zone: &TimeZone, at: i64) -> Option<Date> {
    let at = Timestamp::from_millisecond(at).ok()?;
    Some(at.to_zoned(zone.clone()).date())
}

/// The minute of the day of an instant, where the subscriber is.
pub(crate) fn local_minute(zone: &TimeZone, at: i64) -> Option<i64> {
    let time = Timestamp::from_millisecond(at)
        .ok()?
        .to_zoned(zone.clone())
        .time();
    Some(i64::from(time.hour()) * 60 + i64::from(time.minute()))
}

fn on(zone: &TimeZone, minute_of_day: i64, date: Date) -> Option<Due> {
    if matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) {
        return None;
    }
    let (hour, minute) = (minute_of_day / 60, minute_of_day % 60);
    let at = date.at(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0);
    let zoned = at.to_zoned(zone.clone()).ok()?;
    // A zone that crossed the date line has left this date out.
    let due = Due {
        at: zoned.timestamp().as_millisecond(),
        date,
    };
    (zoned.date() == date).then_some(due)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The calls of a subscription as UTC times, each asked for when the one before was made.
    fn check(zone: &str, time: &str, from: &str, expected: &[&str]) {
        let zone_of = TimeZone::get(zone).unwrap();
        let time: jiff::civil::Time = time.parse().unwrap();
        let minute = i64::from(time.hour()) * 60 + i64::from(time.minute());
        let mut from = from.parse::<Timestamp>().unwrap().as_millisecond();
        let mut after = None;
        let mut calls = Vec::new();
        for _ in expected {
            let due = next(&zone_of, minute, from, after).unwrap();
            calls.push(Timestamp::from_millisecond(due.at).unwrap().to_string());
            (from, after) = (due.at, Some(due.date));
        }
        assert_eq!(calls, expected, "{zone} at {time}");
    }

    #[test]
    fn weekdays_at_the_local_time() {
        // A Friday; clocks stay as they are.
        check(
            "Europe/Berlin",
            "09:30",
            "2026-01-16T00:00:00Z",
            &[
                "2026-01-16T08:30:00Z",
                "2026-01-19T08:30:00Z",
                "2026-01-20T08:30:00Z",
            ],
        );
        // The time of today has passed: Monday.
        check(
            "Europe/Berlin",
            "09:30",
            "2026-01-16T08:30:01Z",
            &["2026-01-19T08:30:00Z"],
        );
        // It is Friday evening in New York while it is Saturday in UTC.
        check(
            "America/New_York",
            "20:15",
            "2026-01-17T01:00:00Z",
            &["2026-01-17T01:15:00Z", "2026-01-20T01:15:00Z"],
        );
    }

    #[test]
    fn clocks_go_forward_and_back_and_the_local_time_stays() {
        // United States: forward on Sunday, 8 March 2026, back on Sunday, 1 November.
        check(
            "America/New_York",
            "09:00",
            "2026-03-06T00:00:00Z",
            &["2026-03-06T14:00:00Z", "2026-03-09T13:00:00Z"],
        );
        check(
            "America/Los_Angeles",
            "09:00",
            "2026-10-30T00:00:00Z",
            &["2026-10-30T16:00:00Z", "2026-11-02T17:00:00Z"],
        );
        // No change of clocks in Arizona.
        check(
            "America/Phoenix",
            "09:00",
            "2026-03-06T00:00:00Z",
            &["2026-03-06T16:00:00Z", "2026-03-09T16:00:00Z"],
        );
        // London and Lord Howe Island, which goes by half an hour, back on 5 April 2026.
        check(
            "Europe/London",
            "09:00",
            "2026-03-27T00:00:00Z",
            &["2026-03-27T09:00:00Z", "2026-03-30T08:00:00Z"],
        );
        check(
            "Australia/Lord_Howe",
            "09:00",
            "2026-04-02T22:30:00Z",
            &["2026-04-05T22:30:00Z"],
        );
    }

    /// Zones that change their clocks in the night to a weekday: the time itself is missing, or comes twice.
    #[test]
    fn a_time_that_is_missing_comes_later_and_one_that_comes_twice_comes_once() {
        // Cairo: 00:00 becomes 01:00 on Friday, 24 April 2026; 24:00 becomes 23:00 on Thursday, 29 October.
        check(
            "Africa/Cairo",
            "00:30",
            "2026-04-22T12:00:00Z",
            &[
                "2026-04-22T22:30:00Z",
                "2026-04-23T22:30:00Z",
                "2026-04-26T21:30:00Z",
            ],
        );
        check(
            "Africa/Cairo",
            "23:30",
            "2026-10-29T12:00:00Z",
            &["2026-10-29T20:30:00Z", "2026-10-30T21:30:00Z"],
        );
        // Sunday itself is nobody's day: 02:30 on 8 March does not exist, and is not asked for.
        check(
            "America/New_York",
            "02:30",
            "2026-03-06T00:00:00Z",
            &["2026-03-06T07:30:00Z", "2026-03-09T06:30:00Z"],
        );
    }

    /// Samoa had no Friday, 30 December 2011.
    #[test]
    fn a_date_that_a_zone_left_out_has_no_call() {
        check(
            "Pacific/Apia",
            "09:00",
            "2011-12-29T12:00:00Z",
            &["2011-12-29T19:00:00Z", "2012-01-01T19:00:00Z"],
        );
    }

    /// Every weekday of ten years has one call and no other day has any, at every half hour, in zones of every habit.
    #[test]
    fn one_call_a_weekday_for_ten_years() {
        for zone in [
            "America/New_York",
            "Europe/Berlin",
            "Africa/Cairo",
            "Asia/Kolkata",
            "Australia/Lord_Howe",
        ] {
            let zone_of = TimeZone::get(zone).unwrap();
            for minute in (0..DAY_MINUTES).step_by(210) {
                let mut at = "2020-01-01T00:00:00Z"
                    .parse::<Timestamp>()
                    .unwrap()
                    .as_millisecond();
                let mut dates: Vec<Date> = Vec::new();
                for _ in 0..2_600 {
                    let due = next(&zone_of, minute, at, dates.last().copied()).unwrap();
                    at = due.at + 1;
                    dates.push(due.date);
                }
                for pair in dates.windows(2) {
                    let days = if pair[0].weekday() == Weekday::Friday {
                        3
                    } else {
                        1
                    };
                    assert_eq!((pair[1] - pair[0]).get_days(), days, "{zone} {minute} {pair:?}");
                }
            }
        }
    }
}
