//! `start`, `end` and `timespan`, as CallPower reads them: dates or times in ISO form, UTC when they name no zone.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use utoipa::IntoParams;

use super::super::compat::answer::Fault;
use super::extract::Query;
use crate::store::stats::{DAY_MS, HOUR_MS, MINUTE_MS, Span};

/// Most minutes or hours of one answer.
const MAX_BUCKETS: i64 = 10_000;

/// The latest time that is understood: the year 9999.
const MAX_MS: i64 = 253_370_764_800_000;

/// Which calls are counted.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the shape in the OpenAPI document; `bounds` reads it")]
pub(super) struct SpanParams {
    /// Calls that began at or after: a date or a time in ISO form.
    #[param(example = "2026-11-01")]
    start: Option<String>,
    /// Calls that began before. Equal to `start` it means that day.
    #[param(example = "2026-11-30")]
    end: Option<String>,
}

/// What calls are put together by.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the shape in the OpenAPI document; `Timespan` reads it")]
pub(super) struct TimespanParams {
    /// `minute`, `hour`, `day`, `month` or `year`; `day` when left out.
    #[param(example = "day")]
    timespan: Option<String>,
}

/// What calls are put together by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timespan {
    Minute,
    Hour,
    Day,
    Month,
    Year,
}

impl Timespan {
    /// Reads `timespan`.
    pub(super) fn read(query: &Query) -> Result<Timespan, Fault> {
        match query.get("timespan") {
            Some("minute") => Ok(Timespan::Minute),
            Some("hour") => Ok(Timespan::Hour),
            Some("day") | None => Ok(Timespan::Day),
            Some("month") => Ok(Timespan::Month),
            Some("year") => Ok(Timespan::Year),
            Some(_) => Err(Fault::new(
                400,
                "timespan should be one of minute,hour,day,month,year",
            )),
        }
    }

    /// The counters that it is made of.
    pub(super) fn step_ms(self) -> i64 {
        match self {
            Timespan::Minute => MINUTE_MS,
            Timespan::Hour => HOUR_MS,
            Timespan::Day | Timespan::Month | Timespan::Year => DAY_MS,
        }
    }

    /// How CallPower writes the time that a count stands for.
    pub(super) fn date(self, at: i64) -> String {
        let format = match self {
            Timespan::Minute => "%Y-%m-%d %H:%M",
            Timespan::Hour => "%Y-%m-%d %H:00",
            Timespan::Day => "%Y-%m-%d",
            Timespan::Month => "%Y-%m",
            Timespan::Year => "%Y",
        };
        Timestamp::from_millisecond(at)
            .unwrap_or_default()
            .strftime(format)
            .to_string()
    }
}

/// Reads `start` and `end`; either may be missing.
pub(super) fn bounds(query: &Query) -> Result<(Option<i64>, Option<i64>), Fault> {
    let read = |name: &str| match query.get(name) {
        None => Ok(None),
        Some(text) => match moment(text) {
            Some(at) => Ok(Some(at.clamp(0, MAX_MS))),
            None => Err(Fault::new(400, format!("{name} should be in isostring format"))),
        },
    };
    match (read("start")?, read("end")?) {
        (Some(start), Some(end)) if end < start => Err(Fault::new(400, "end should be after start")),
        (Some(start), Some(end)) if end == start => Ok((Some(start), Some(start + DAY_MS))),
        given => Ok(given),
    }
}

/// The span that is asked for, within the days that have calls; `None` when there are no calls in it.
pub(super) fn within(
    (start, end): (Option<i64>, Option<i64>),
    days: Option<(i64, i64)>,
    timespan: Timespan,
) -> Result<Option<Span>, Fault> {
    let Some((first, last)) = days else {
        return Ok(None);
    };
    let span = Span {
        since: start.unwrap_or(first).max(first),
        until: end.unwrap_or(MAX_MS).min(last + DAY_MS),
    };
    if span.since >= span.until {
        return Ok(None);
    }
    let is_fine = timespan.step_ms() < DAY_MS;
    if is_fine && (span.until - span.since) / timespan.step_ms() > MAX_BUCKETS {
        return Err(Fault::new(
            400,
            format!(
                "that is too long for this timespan: at most {MAX_BUCKETS} of them between start and end"
            ),
        ));
    }
    Ok(Some(span))
}

/// Reads a date or time in ISO form; UTC when it names no zone.
pub(super) fn moment(text: &str) -> Option<i64> {
    // A plus sign that was not escaped arrives as a space.
    let plus = || text.rsplit_once(' ').map(|(time, zone)| format!("{time}+{zone}"));
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.as_millisecond());
    }
    if let Some(at) = plus().and_then(|text| text.parse::<Timestamp>().ok()) {
        return Some(at.as_millisecond());
    }
    let civil = text
        .parse::<DateTime>()
        .or_else(|_| text.parse::<Date>().map(DateTime::from));
    let at = civil.ok()?.to_zoned(TimeZone::UTC).ok()?;
    Some(at.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_clients_write_them() {
        let midnight = Some(1_795_219_200_000);
        for text in [
            "2026-11-21",
            "2026-11-21T00:00:00Z",
            "2026-11-21T00:00:00.000Z",
            "2026-11-21 00:00",
            "2026-11-21T00:00",
            "2026-11-21T02:00:00+02:00",
            "2026-11-21T02:00:00 02:00",
        ] {
            assert_eq!(moment(text), midnight, "{text}");
        }
        for text in ["", "yesterday", "2026-13-01", "12", "2026-11-21T25:00"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn dates_are_written_as_callpower_does() {
        let at = 1_795_233_900_000;
        let dates = [
            (Timespan::Minute, "2026-11-21 04:05"),
            (Timespan::Hour, "2026-11-21 04:00"),
            (Timespan::Day, "2026-11-21"),
            (Timespan::Month, "2026-11"),
            (Timespan::Year, "2026"),
        ];
        for (timespan, date) in dates {
            assert_eq!(timespan.date(at), date);
        }
    }
}
