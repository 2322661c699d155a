//! GET /v1/campaigns/{id}/stats/times

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::extract::auth::OfCampaign;
use super::super::extract::{Auth, CAMPAIGNS, Id, Params, READ};
use super::super::problem::{Found as _, Problem};
use super::super::time::Time;
use super::counts::Counts;
use super::table::{Table, TableRow, answer};
use crate::runtime::App;
use crate::store::campaigns;
use crate::store::stats::{self, Buckets, DAY_MS, HOUR_MS, MINUTE_MS, Span};

/// Most minutes, hours or days of one answer.
const MAX_BUCKETS: i64 = 10_000;
/// The latest time that is understood: the year 9999.
const MAX_MS: i64 = 253_370_764_800_000;
/// Most changes of a zone's offset that a span may hold.
const MAX_CHANGES: usize = 1_000;

/// Which calls are counted.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SpanParams {
    /// Calls that began at or after.
    since: Option<Time>,
    /// Calls that began before.
    until: Option<Time>,
}

impl SpanParams {
    /// The span; `None` for all time.
    pub(super) fn some(&self) -> Result<Option<Span>, Problem> {
        if self.since.is_none() && self.until.is_none() {
            return Ok(None);
        }
        span(self.since, self.until).map(Some)
    }
}

/// Which calls are counted, and by what.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TimesParams {
    /// Calls that began at or after; the campaign's first when left out.
    since: Option<Time>,
    /// Calls that began before.
    until: Option<Time>,
    /// How long each row is.
    #[serde(default)]
    #[param(inline)]
    every: Every,
    /// IANA name of the zone whose days and hours are meant.
    #[param(example = "America/New_York", default = "UTC")]
    time_zone: Option<String>,
}

impl TimesParams {
    /// All time by day.
    pub(super) fn by_day() -> TimesParams {
        TimesParams {
            every: Every::Day,
            ..TimesParams::default()
        }
    }
}

/// How long each row is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Every {
    Minute,
    #[default]
    Hour,
    Day,
}

impl Every {
    fn step_ms(self) -> i64 {
        match self {
            Every::Minute => MINUTE_MS,
            Every::Hour => HOUR_MS,
            Every::Day => DAY_MS,
        }
    }
}

/// Calls of one minute, hour or day.
#[derive(Serialize, ToSchema)]
pub(crate) struct TimeRow {
    /// Its beginning.
    at: Time,
    #[serde(flatten)]
    counts: Counts,
}

impl TableRow for TimeRow {
    const COLUMNS: &'static [&'static str] = &[
        "at",
        "calls",
        "completed",
        "talked",
        "skipped",
        "voicemail",
        "mailbox_full",
        "busy",
        "no_answer",
        "unreachable",
        "rejected",
        "caller_hung_up",
        "node_lost",
        "talk_ms",
    ];
}

/// The rows of a campaign.
pub(super) async fn rows(app: &App, id: &str, params: TimesParams) -> Result<Vec<TimeRow>, Problem> {
    campaigns::get(app.db(), id).await.found("campaign", id)?;
    let zone = match params.time_zone.as_deref() {
        None => TimeZone::UTC,
        Some(name) => TimeZone::get(name).map_err(|_| {
            Problem::parameter("time_zone", "expected an IANA name, for example America/New_York")
        })?,
    };
    let asked = span(params.since, params.until)?;
    let Some((first, last)) = stats::bounds(app.db(), Some(id)).await? else {
        return Ok(Vec::new());
    };
    let span = Span {
        since: asked.since.max(first),
        until: asked.until.min(last + DAY_MS),
    };
    if span.since >= span.until {
        return Ok(Vec::new());
    }
    let step_ms = params.every.step_ms();
    if (span.until - span.since) / step_ms > MAX_BUCKETS {
        return Err(Problem::parameter(
            "every",
            format!("the span holds more than {MAX_BUCKETS} of these: give since and until, or a longer one"),
        ));
    }
    let mut rows: BTreeMap<i64, Counts> = BTreeMap::new();
    for (piece, ahead_ms) in pieces(span, &zone) {
        let buckets = Buckets { step_ms, ahead_ms };
        for count in stats::by_time(app.db(), id, piece, buckets).await? {
            let at = match params.every {
                Every::Minute | Every::Hour => count.at,
                // The parts of a day whose offset changes are one day.
                Every::Day => midnight(count.at + ahead_ms, &zone).unwrap_or(count.at),
            };
            let counts = rows.entry(at).or_default();
            counts.add(&count.status, &count.outcome, count.calls, count.talk_ms);
        }
    }
    Ok(rows
        .into_iter()
        .map(|(at, counts)| TimeRow { at: Time(at), counts })
        .collect())
}

fn span(since: Option<Time>, until: Option<Time>) -> Result<Span, Problem> {
    let at = |time: Option<Time>, default| time.map_or(default, |time| time.0.clamp(0, MAX_MS));
    let span = Span {
        since: at(since, 0),
        until: at(until, MAX_MS),
    };
    if span.until < span.since {
        return Err(Problem::parameter("until", "expected a time after since"));
    }
    Ok(span)
}

/// A span cut where the zone's offset changes, each part with how far local time is ahead.
fn pieces(span: Span, zone: &TimeZone) -> Vec<(Span, i64)> {
    let moment = |ms| Timestamp::from_millisecond(ms).unwrap_or_default();
    let mut pieces = Vec::new();
    let mut since = span.since;
    for change in zone.following(moment(span.since)).take(MAX_CHANGES) {
        let at = change.timestamp().as_millisecond();
        if at >= span.until {
            break;
        }
        pieces.push(Span { since, until: at });
        since = at;
    }
    pieces.push(Span {
        since,
        until: span.until,
    });
    pieces
        .into_iter()
        .map(|piece| {
            let ahead = zone.to_offset(moment(piece.since)).seconds();
            (piece, i64::from(ahead) * 1_000)
        })
        .collect()
}

/// When the day of a local time begins.
fn midnight(local_ms: i64, zone: &TimeZone) -> Option<i64> {
    let date = Timestamp::from_millisecond(local_ms)
        .ok()?
        .to_zoned(TimeZone::UTC)
        .date();
    Some(date.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond())
}

/// A campaign's ended calls by the time they began, in minutes, hours or days. Times without calls are left out.
#[utoipa::path(
    get,
    path = "/v1/campaigns/{id}/stats/times",
    tag = "statistics",
    params(Id, TimesParams),
    responses((status = 200, description = "A row for each time with calls; CSV for `Accept: text/csv`.", body = Table<TimeRow>), Problem),
    security(("key" = ["read"]), ("key" = ["campaigns"]))
)]
pub(crate) async fn campaign_times(
    _: Auth<{ READ | CAMPAIGNS }, OfCampaign>,
    State(app): State<App>,
    Id(id): Id,
    Params(params): Params<TimesParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    answer(&headers, "times", rows(&app, &id, params).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// New York's clocks went back on 2026-11-01 at 06:00 UTC: that day has 25 hours and is one day.
    #[test]
    fn a_day_of_25_hours_is_one_day() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_millisecond();
        let span = Span {
            since: at("2026-10-31T00:00:00Z"),
            until: at("2026-11-03T00:00:00Z"),
        };
        let pieces = pieces(span, &zone);
        assert_eq!(
            pieces,
            [
                (
                    Span {
                        since: span.since,
                        until: at("2026-11-01T06:00:00Z")
                    },
                    -4 * HOUR_MS
                ),
                (
                    Span {
                        since: at("2026-11-01T06:00:00Z"),
                        until: span.until
                    },
                    -5 * HOUR_MS
                ),
            ]
        );
        let begins = at("2026-11-01T04:00:00Z");
        for (text, ahead_ms) in [
            ("2026-11-01T04:00:00Z", -4 * HOUR_MS),
            ("2026-11-02T04:59:00Z", -5 * HOUR_MS),
        ] {
            assert_eq!(midnight(at(text) + ahead_ms, &zone), Some(begins));
        }
    }
}
