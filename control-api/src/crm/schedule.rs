//! When the next batch falls due: at every full hour, or once a day at an hour of some zone, over both days on which clocks are changed.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::store::crm::Schedule;

/// An hour.
const HOUR_MS: i64 = 3_600_000;
/// A day, where nobody changes a clock.
const DAY_MS: i64 = 24 * HOUR_MS;
/// Days that are looked at: past a date that a zone has left out.
const LOOK_DAYS: usize = 4;

/// The first batch after `now`. For an immediate schedule that is now: there are no batches.
pub(crate) fn next(schedule: Schedule, zone: &str, hour: i64, now: i64) -> i64 {
    match schedule {
        Schedule::Immediate => now,
        Schedule::Hourly => (now.div_euclid(HOUR_MS) + 1) * HOUR_MS,
        // What is saved has a zone and an hour; should they be gone from the zone data, a day later is late for nobody.
        Schedule::Nightly => nightly(zone, hour, now).unwrap_or(now + DAY_MS),
    }
}

/// An hour that does not exist (clocks go forward) comes later by what they were set forward; one that comes twice (clocks go back) is
/// the first of the two.
fn nightly(zone: &str, hour: i64, now: i64) -> Option<i64> {
    let zone = TimeZone::get(zone).ok()?;
    let today = Timestamp::from_millisecond(now)
        .ok()?
        .to_zoned(zone.clone())
        .date();
    let hour = i8::try_from(hour).ok().filter(|hour| (0..24).contains(hour))?;
    // Yesterday's last hour may have been moved past midnight.
    let dates = today.yesterday().ok()?.series(jiff::Span::new().days(1));
    dates
        .take(LOOK_DAYS)
        .filter_map(|date| {
            let at = date.at(hour, 0, 0, 0).to_zoned(zone.clone()).ok()?;
            Some(at.timestamp().as_millisecond())
        })
        .find(|at| *at > now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(utc: &str) -> i64 {
        utc.parse::<Timestamp>().unwrap().as_millisecond()
    }

    /// Batches after a time, each asked for when the one before fell due.
    fn check(schedule: Schedule, zone: &str, hour: i64, from: &str, expected: &[&str]) {
        let mut now = ms(from);
        let mut batches = Vec::new();
        for _ in expected {
            now = next(schedule, zone, hour, now);
            batches.push(Timestamp::from_millisecond(now).unwrap().to_string());
        }
        assert_eq!(batches, expected, "{zone} at {hour}");
    }

    #[test]
    fn hourly_is_at_every_full_hour() {
        check(
            Schedule::Hourly,
            "UTC",
            0,
            "2026-11-21T04:05:00Z",
            &["2026-11-21T05:00:00Z", "2026-11-21T06:00:00Z"],
        );
        check(
            Schedule::Hourly,
            "UTC",
            0,
            "2026-11-21T23:00:00Z",
            &["2026-11-22T00:00:00Z"],
        );
    }

    #[test]
    fn nightly_stays_at_its_hour_over_both_changes_of_the_clocks() {
        let night =
            |zone, hour, from, expected: &[&str]| check(Schedule::Nightly, zone, hour, from, expected);
        night(
            "America/New_York",
            3,
            "2026-03-06T12:00:00Z",
            &[
                "2026-03-07T08:00:00Z",
                "2026-03-08T07:00:00Z",
                "2026-03-09T07:00:00Z",
            ],
        );
        night(
            "America/New_York",
            3,
            "2026-10-30T12:00:00Z",
            &[
                "2026-10-31T07:00:00Z",
                "2026-11-01T08:00:00Z",
                "2026-11-02T08:00:00Z",
            ],
        );
        // 02:00 does not exist on 8 March: the batch comes at 03:00, which is the same instant.
        night(
            "America/New_York",
            2,
            "2026-03-07T12:00:00Z",
            &["2026-03-08T07:00:00Z", "2026-03-09T06:00:00Z"],
        );
        // 01:00 comes twice on 1 November: the first is it.
        night(
            "America/New_York",
            1,
            "2026-10-31T12:00:00Z",
            &["2026-11-01T05:00:00Z", "2026-11-02T06:00:00Z"],
        );
        // Cairo goes forward at midnight of 24 April 2026.
        night(
            "Africa/Cairo",
            0,
            "2026-04-23T00:00:00Z",
            &["2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"],
        );
    }

    /// Samoa had no 30 December 2011.
    #[test]
    fn a_date_that_a_zone_left_out_has_no_batch_of_its_own() {
        check(
            Schedule::Nightly,
            "Pacific/Apia",
            9,
            "2011-12-29T12:00:00Z",
            &[
                "2011-12-29T19:00:00Z",
                "2011-12-30T19:00:00Z",
                "2011-12-31T19:00:00Z",
            ],
        );
    }

    /// Ten years of nights at every hour: one on each date, and never the same instant again.
    #[test]
    fn one_batch_a_date() {
        for zone in [
            "America/New_York",
            "Europe/Berlin",
            "Africa/Cairo",
            "Asia/Kolkata",
            "Australia/Lord_Howe",
        ] {
            let of = TimeZone::get(zone).unwrap();
            for hour in 0..24 {
                let mut now = ms("2020-01-01T12:00:00Z");
                let mut last = None;
                for _ in 0..3_650 {
                    now = next(Schedule::Nightly, zone, hour, now);
                    let date = Timestamp::from_millisecond(now)
                        .unwrap()
                        .to_zoned(of.clone())
                        .date();
                    let wanted = last.map(|last: jiff::civil::Date| last.tomorrow().unwrap());
                    assert!(wanted.is_none_or(|wanted| wanted == date), "{zone} {hour} {date}");
                    last = Some(date);
                }
            }
        }
    }
}
