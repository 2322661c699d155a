//! A subscription as clients write it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::problem::{Checks, Problem};
use super::super::sessions::MAX_REF_CHARS;
use super::super::valid;
use crate::daily::{self, NotSubscribed};
use crate::runtime::App;
use crate::store::schedules::{Schedule, ScheduleStatus};

/// What a time of day expects.
pub(crate) const CLOCK: &str = "expected a time of day, for example 09:30";

/// A new subscription.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScheduleInput {
    /// The campaign's id, or its name.
    pub(super) campaign_id: String,
    /// E.164, or as it is written in `country`.
    #[schema(example = "+12025550123")]
    pub(super) phone: String,
    /// ISO 3166; left out, the campaign's.
    #[serde(default)]
    pub(super) country: Option<String>,
    /// Postal code.
    #[serde(default)]
    pub(super) location: String,
    /// Where the caller came from, 64 characters at most.
    #[serde(default)]
    pub(super) r#ref: String,
    /// Local time of day; left out, that of this request, but within the day.
    #[serde(default)]
    #[schema(example = "09:30")]
    pub(super) time: Option<String>,
    /// IANA time zone; left out, it is found by location, number, campaign and country.
    #[serde(default)]
    #[schema(example = "America/Chicago")]
    pub(super) time_zone: Option<String>,
    /// Last local date on which to call; left out, until the campaign ends.
    #[serde(default)]
    #[schema(example = "2026-12-31")]
    pub(super) end_on: Option<String>,
    /// Name of the version of the text to which the person agreed.
    #[serde(default)]
    #[schema(example = "form 2026-11")]
    pub(super) consent_version: String,
    /// That text.
    #[serde(default)]
    pub(super) consent_text: String,
}

impl ScheduleInput {
    pub(super) fn check(&self) -> Result<(), Problem> {
        let mut checks = Checks::default();
        valid::line(&mut checks, "/location", &self.location);
        valid::line(&mut checks, "/consent_version", &self.consent_version);
        valid::text(&mut checks, "/consent_text", &self.consent_text);
        checks.require(
            self.r#ref.chars().count() <= MAX_REF_CHARS && !self.r#ref.contains(char::is_control),
            "/ref",
            format!("expected at most {MAX_REF_CHARS} characters"),
        );
        times(
            &mut checks,
            self.time.as_deref(),
            self.time_zone.as_deref(),
            self.end_on.as_deref(),
        );
        checks.finish()
    }
}

/// What may be changed.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScheduleChange {
    #[serde(default)]
    location: String,
    #[schema(example = "09:30")]
    time: String,
    #[schema(example = "America/Chicago")]
    time_zone: String,
    #[serde(default)]
    end_on: Option<String>,
    /// `active` or `paused`; DELETE ends it.
    status: ScheduleStatus,
}

impl ScheduleChange {
    /// As it stands.
    pub(super) fn current(s: &Schedule) -> serde_json::Value {
        serde_json::json!({
            "location": s.location,
            "time": clock_time(s.minute_of_day),
            "time_zone": s.time_zone,
            "end_on": s.end_on,
            "status": s.status,
        })
    }

    /// The row to write.
    pub(super) fn row(self, app: &App, before: Schedule) -> Result<Schedule, Problem> {
        let mut checks = Checks::default();
        valid::line(&mut checks, "/location", &self.location);
        checks.require(
            self.status != ScheduleStatus::Ended,
            "/status",
            "expected active or paused; DELETE ends it",
        );
        times(
            &mut checks,
            Some(&self.time),
            Some(&self.time_zone),
            self.end_on.as_deref(),
        );
        checks.finish()?;
        let minute_of_day = minute_of(&self.time).unwrap_or(before.minute_of_day);
        let now = app.clock().now_ms();
        let called_on = before
            .last_called_on
            .as_deref()
            .and_then(|date| date.parse().ok());
        let due = daily::next_call(&daily::zone(&self.time_zone), minute_of_day, now, called_on);
        let end = self.end_on.as_deref().and_then(|date| date.parse::<Date>().ok());
        let due = due
            .filter(|due| end.is_none_or(|end| due.date <= end))
            .ok_or_else(|| Problem::from(NotSubscribed::NoDay))?;
        Ok(Schedule {
            location: self.location,
            time_zone: self.time_zone,
            minute_of_day,
            end_on: self.end_on,
            status: self.status,
            next_at: due.at,
            updated_at: now,
            ..before
        })
    }
}

fn times(checks: &mut Checks, time: Option<&str>, zone: Option<&str>, end_on: Option<&str>) {
    checks.require(time.is_none_or(|time| minute_of(time).is_some()), "/time", CLOCK);
    checks.require(
        zone.is_none_or(daily::is_zone),
        "/time_zone",
        "expected a time zone, for example America/Chicago",
    );
    checks.require(
        end_on.is_none_or(|date| date.parse::<Date>().is_ok_and(|read| read.to_string() == date)),
        "/end_on",
        "expected a date, for example 2026-12-31",
    );
}

/// `09:30` as minutes since midnight.
pub(crate) fn minute_of(time: &str) -> Option<i64> {
    let (hour, minute) = time.split_once(':')?;
    let digits = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    let part = |text: &str| digits(text).then(|| text.parse::<i64>().ok())?;
    let at = part(hour)? * 60 + part(minute).filter(|minute| (0..60).contains(minute))?;
    (0..daily::DAY_MINUTES).contains(&at).then_some(at)
}

/// Minutes since midnight as `09:30`.
pub(crate) fn clock_time(minute_of_day: i64) -> String {
    format!("{:02}:{:02}", minute_of_day / 60, minute_of_day % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day() {
        for minute in 0..daily::DAY_MINUTES {
            assert_eq!(minute_of(&clock_time(minute)), Some(minute));
        }
        for bad in [
            "", "9:30", "24:00", "09:60", "0930", "-1:30", "09:3", "09:30:00", "+9:30",
        ] {
            assert_eq!(minute_of(bad), None, "{bad}");
        }
    }
}
