//! Calls to each target, of all time or of a span: the number that campaigns are judged by.

use sqlx::FromRow;

use super::super::{Db, Result, on_read};
use super::times::Span;
use super::{DAY_MS, floor};

/// Calls to one target with one status and outcome.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct TargetCount {
    /// `us:bioguide:S000148`
    pub key: String,
    /// Title and the rest of the target as it is now; none when it is gone.
    pub title: Option<String>,
    /// Whole name.
    pub name: Option<String>,
    /// May be empty.
    pub district: Option<String>,
    /// CallPower's word.
    pub status: String,
    /// Our own word; empty when the row has none.
    pub outcome: String,
    /// How many.
    pub calls: i64,
    /// From the target's answers to the ends.
    pub talk_ms: i64,
}

macro_rules! with_targets {
    ($counts:literal) => {
        concat!(
            "select n.key, t.title, t.name, t.district, n.status, n.outcome, n.calls, n.talk_ms from (",
            $counts,
            ") as n left join targets t on t.key = n.key"
        )
    };
}

/// Ended calls to each target, unordered; one target may come in several parts, to be added up. At most `limit` rows a part.
pub async fn by_target(
    db: &Db,
    campaign_id: &str,
    span: Option<Span>,
    limit: i64,
) -> Result<Vec<TargetCount>> {
    let all = with_targets!(
        "select key, status, outcome, calls, talk_ms from stats_calls \
         where campaign_id = $1 and series = 'target' and calls > 0 limit $2"
    );
    match span {
        None => Ok(on_read!(db, |x| sqlx::query_as(all)
            .bind(campaign_id)
            .bind(limit)
            .fetch_all(x)
            .await)?),
        Some(span) => within(db, campaign_id, span, limit).await,
    }
}

/// Whole days from the counters, what lies before and after them from the rows.
async fn within(db: &Db, campaign_id: &str, span: Span, limit: i64) -> Result<Vec<TargetCount>> {
    let days = with_targets!(
        "select key, status, outcome, cast(sum(calls) as bigint) as calls, cast(sum(talk_ms) as bigint) as talk_ms \
         from stats_calls where campaign_id = $1 and series = 'target_day' and at >= $2 and at < $3 and calls > 0 \
         group by key, status, outcome limit $4"
    );
    let rows = with_targets!(
        "select target_key as key, status, coalesce(outcome, '') as outcome, count(*) as calls, \
         cast(coalesce(sum(duration_ms), 0) as bigint) as talk_ms from calls \
         where campaign_id = $1 and started_at >= $2 and started_at < $3 and ended_at is not null \
         group by target_key, status, outcome limit $4"
    );
    let from = floor(span.since + DAY_MS - 1, DAY_MS);
    let to = floor(span.until, DAY_MS);
    let parts = if from < to {
        vec![(rows, span.since, from), (days, from, to), (rows, to, span.until)]
    } else {
        vec![(rows, span.since, span.until)]
    };
    let mut counts = Vec::new();
    for (sql, since, until) in parts.into_iter().filter(|(_, since, until)| since < until) {
        let part: Vec<TargetCount> = on_read!(db, |x| sqlx::query_as(sql)
            .bind(campaign_id)
            .bind(since)
            .bind(until)
            .bind(limit)
            .fetch_all(x)
            .await)?;
        counts.extend(part);
    }
    Ok(counts)
}
