//! Calls by minute, hour or day, in UTC or shifted by a time zone, over any span: whole days, hours, quarters and minutes are added up, so
//! that a span of years reads few rows and is still exact to the minute.

use sqlx::FromRow;

use super::super::grants::Reach;
use super::super::{Db, Result, on_read};
use super::{MINUTE_MS, TIMES, floor};

/// A span of time, from its beginning until before its end; the ends are taken to the minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first moment.
    pub since: i64,
    /// The first moment that is not in it.
    pub until: i64,
}

/// How calls are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buckets {
    /// Length: [`super::MINUTE_MS`], [`super::HOUR_MS`] or [`super::DAY_MS`].
    pub step_ms: i64,
    /// How far local time is ahead of UTC.
    pub ahead_ms: i64,
}

/// Calls of one bucket with one status and outcome.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Count {
    /// Beginning of the bucket.
    pub at: i64,
    /// CallPower's word.
    pub status: String,
    /// Our own word; empty when the row has none.
    pub outcome: String,
    /// How many.
    pub calls: i64,
    /// From the targets' answers to the ends.
    pub talk_ms: i64,
}

/// Calls of one bucket and campaign.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct CampaignCount {
    /// Beginning of the bucket.
    pub at: i64,
    /// The campaign.
    pub campaign_id: String,
    /// How many, whatever their status.
    pub calls: i64,
    /// Of these, completed.
    pub completed: i64,
}

/// The first and the last day (UTC) with a call; of one campaign, or of all.
pub async fn bounds(db: &Db, campaign_id: Option<&str>) -> Result<Option<(i64, i64)>> {
    let one = "select min(at), max(at) from stats_calls \
               where campaign_id = $1 and series = 'day' and key = '' and calls > 0";
    let all = "select (select at from stats_calls where series = 'day' order by at limit 1), \
               (select at from stats_calls where series = 'day' order by at desc limit 1)";
    let days: (Option<i64>, Option<i64>) = match campaign_id {
        Some(id) => on_read!(db, |x| sqlx::query_as(one).bind(id).fetch_one(x).await)?,
        None => on_read!(db, |x| sqlx::query_as(all).fetch_one(x).await)?,
    };
    Ok(days.0.zip(days.1))
}

/// A campaign's ended calls by the time they began, unordered; one bucket may come in several parts, to be added up.
pub async fn by_time(db: &Db, campaign_id: &str, span: Span, buckets: Buckets) -> Result<Vec<Count>> {
    let sql = "select (at + $5) / $6 * $6 - $5 as at, status, outcome, cast(sum(calls) as bigint) as calls, \
               cast(sum(talk_ms) as bigint) as talk_ms from stats_calls \
               where campaign_id = $1 and series = $2 and key = '' and at >= $3 and at < $4 and calls > 0 \
               group by (at + $5) / $6 * $6 - $5, status, outcome";
    let mut counts = Vec::new();
    for (series, piece) in pieces(span, buckets) {
        let part: Vec<Count> = on_read!(db, |x| sqlx::query_as(sql)
            .bind(campaign_id)
            .bind(series)
            .bind(piece.since)
            .bind(piece.until)
            .bind(buckets.ahead_ms)
            .bind(buckets.step_ms)
            .fetch_all(x)
            .await)?;
        counts.extend(part);
    }
    Ok(counts)
}

/// Ended calls of every campaign within reach by the time they began, as [`by_time`].
pub async fn of_campaigns(
    db: &Db,
    reach: &Reach,
    span: Span,
    buckets: Buckets,
) -> Result<Vec<CampaignCount>> {
    let sql = "select (at + $4) / $5 * $5 - $4 as at, campaign_id, cast(sum(calls) as bigint) as calls, \
               cast(sum(case when status = 'completed' then calls else 0 end) as bigint) as completed from stats_calls \
               where series = $1 and at >= $2 and at < $3 and calls > 0 \
               and ($6 is null or campaign_id in (select campaign_id from grants where owner = $6)) \
               group by (at + $4) / $5 * $5 - $4, campaign_id";
    let mut counts = Vec::new();
    for (series, piece) in pieces(span, buckets) {
        let part: Vec<CampaignCount> = on_read!(db, |x| sqlx::query_as(sql)
            .bind(series)
            .bind(piece.since)
            .bind(piece.until)
            .bind(buckets.ahead_ms)
            .bind(buckets.step_ms)
            .bind(reach.owner())
            .fetch_all(x)
            .await)?;
        counts.extend(part);
    }
    Ok(counts)
}

/// Cuts a span into the longest steps that are counted and that fit both the span and the buckets: minutes up to the full quarter, quarters
/// up to the full hour, hours up to midnight, days, and the same way down.
fn pieces(span: Span, buckets: Buckets) -> Vec<(&'static str, Span)> {
    let fitting: Vec<_> = TIMES
        .iter()
        .filter(|(_, step_ms)| buckets.step_ms % step_ms == 0 && buckets.ahead_ms % step_ms == 0)
        .copied()
        .collect();
    let whole = Span {
        since: floor(span.since, MINUTE_MS),
        until: floor(span.until + MINUTE_MS - 1, MINUTE_MS),
    };
    cut(whole, &fitting)
}

fn cut(span: Span, steps: &[(&'static str, i64)]) -> Vec<(&'static str, Span)> {
    let Some(((series, step_ms), finer)) = steps.split_last() else {
        return Vec::new();
    };
    let from = floor(span.since + step_ms - 1, *step_ms);
    let to = floor(span.until, *step_ms);
    if from >= to {
        return cut(span, finer);
    }
    let mut pieces = Vec::new();
    for edge in [(span.since, from), (to, span.until)] {
        let edge = Span {
            since: edge.0,
            until: edge.1,
        };
        if edge.since < edge.until {
            pieces.extend(cut(edge, finer));
        }
    }
    let middle = Span {
        since: from,
        until: to,
    };
    pieces.push((series, middle));
    pieces
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::super::{DAY_MS, HOUR_MS};
    use super::*;

    /// Pieces in minutes.
    fn check(since: i64, until: i64, step_ms: i64, ahead_ms: i64, expect: &str) {
        let span = Span {
            since: since * MINUTE_MS,
            until: until * MINUTE_MS,
        };
        let mut pieces = pieces(span, Buckets { step_ms, ahead_ms });
        pieces.sort_by_key(|(_, piece)| piece.since);
        let mut said = String::new();
        let mut at = span.since;
        for (series, piece) in pieces {
            assert_eq!(piece.since, at, "no gap, no overlap");
            at = piece.until;
            write!(
                said,
                "{series} {}-{} ",
                piece.since / MINUTE_MS,
                piece.until / MINUTE_MS
            )
            .unwrap();
        }
        assert!(at == span.until || said.is_empty());
        assert_eq!(said.trim_end(), expect);
    }

    #[test]
    fn a_span_is_cut_into_few_pieces() {
        check(0, 2_880, DAY_MS, 0, "day 0-2880");
        check(
            59,
            2_941,
            DAY_MS,
            0,
            "minute 59-60 hour 60-1440 day 1440-2880 hour 2880-2940 minute 2940-2941",
        );
        check(59, 121, HOUR_MS, 0, "minute 59-60 hour 60-120 minute 120-121");
        check(5, 7, DAY_MS, 0, "minute 5-7");
        check(0, 1_440, MINUTE_MS, 0, "minute 0-1440");
        check(0, 1_440, DAY_MS, HOUR_MS, "hour 0-1440");
        check(0, 1_440, DAY_MS, 30 * MINUTE_MS, "quarter 0-1440");
        check(0, 1_440, DAY_MS, 345 * MINUTE_MS, "quarter 0-1440");
        check(0, 1_440, HOUR_MS, 30 * MINUTE_MS, "quarter 0-1440");
        check(
            7,
            40,
            DAY_MS,
            30 * MINUTE_MS,
            "minute 7-15 quarter 15-30 minute 30-40",
        );
        check(0, 1_440, DAY_MS, 7 * MINUTE_MS, "minute 0-1440");
        check(7, 7, DAY_MS, 0, "");
    }
}
