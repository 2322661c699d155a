//! Work to be done at least once: claimed by lease, tried again with growing waits, and laid aside when nothing helps (DESIGN.md 6).

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use super::types::words;
use super::{Db, Page, Paged, Result, on_read, on_write, one};

words!(
    /// Where a job stands.
    JobState {
        /// To be done, at its time; or being done.
        Waiting = "waiting",
        /// Done.
        Done = "done",
        /// Tried as often as it may be, or refused for good. It can be replayed.
        Dead = "dead",
    }
);

/// One piece of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromRow)]
pub struct Job {
    /// What is to be done: `webhook`, …
    pub kind: String,
    /// For whom: jobs of one lane share a receiver.
    pub lane: String,
    /// With what. Names the job within its lane, once and for ever.
    pub key: String,
    /// Where it stands.
    pub state: JobState,
    /// Not before; while it is being done, the end of the claim.
    pub due_at: i64,
    /// Times it was claimed.
    pub attempts: i64,
    /// HTTP status of the last try, when there was one.
    pub status: Option<i64>,
    /// What was wrong the last time.
    pub error: String,
    /// Asked for.
    pub created_at: i64,
    /// Changed last.
    pub updated_at: i64,
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The new state.
    pub state: JobState,
    /// The next try of one that waits.
    pub due_at: i64,
    /// HTTP status, when there was an answer.
    pub status: Option<i64>,
    /// What was wrong.
    pub error: String,
}

macro_rules! columns {
    () => {
        "kind, lane, key, state, due_at, attempts, status, error, created_at, updated_at"
    };
}

/// Lanes of a kind that have something due, the longest waiting first.
pub async fn due_lanes(db: &Db, kind: &str, now: i64, limit: i64) -> Result<Vec<String>> {
    let sql = "select lane from jobs where kind = $1 and state = 'waiting' and due_at <= $2 \
               group by lane order by min(due_at) limit $3";
    Ok(on_read!(db, |x| sqlx::query_scalar(sql)
        .bind(kind)
        .bind(now)
        .bind(limit)
        .fetch_all(x)
        .await)?)
}

macro_rules! claim_sql {
    ($lock:literal) => {
        concat!(
            "with next as materialized (select key from jobs where kind = $1 and lane = $2 and state = 'waiting' \
             and due_at <= $3 order by due_at, key limit $4",
            $lock,
            ") update jobs set due_at = $5, attempts = attempts + 1, updated_at = $3 \
             where kind = $1 and lane = $2 and key in (select key from next) returning ",
            columns!()
        )
    };
}

/// Claims up to `limit` due jobs of a lane until `lease_until`; two nodes never get the same one. What is not done by then is due again.
pub async fn claim(
    db: &Db,
    kind: &str,
    lane: &str,
    limit: i64,
    lease_until: i64,
    now: i64,
) -> Result<Vec<Job>> {
    macro_rules! claimed {
        ($sql:expr, $pool:expr) => {
            sqlx::query_as($sql)
                .bind(kind)
                .bind(lane)
                .bind(now)
                .bind(limit)
                .bind(lease_until)
                .fetch_all($pool)
                .await?
        };
    }
    let mut jobs: Vec<Job> = match db {
        // One writer at a time: nobody else can claim in between.
        Db::Sqlite(sqlite) => claimed!(claim_sql!(""), &sqlite.write),
        Db::Postgres(pool) => claimed!(claim_sql!(" for update skip locked"), pool),
    };
    // Neither engine promises an order of returned rows.
    jobs.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(jobs)
}

/// Writes how a try ended. A claim that was lost to another node in between changes nothing; answers whether it did.
pub async fn finish(db: &Db, job: &Job, tried: &Tried, now: i64) -> Result<bool> {
    let sql = "update jobs set state = $5, due_at = $6, status = $7, error = $8, updated_at = $9 \
               where kind = $1 and lane = $2 and key = $3 and attempts = $4 and state = 'waiting'";
    let rows = on_write!(db, |x| sqlx::query(sql)
        .bind(&job.kind)
        .bind(&job.lane)
        .bind(&job.key)
        .bind(job.attempts)
        .bind(tried.state)
        .bind(tried.due_at)
        .bind(tried.status)
        .bind(&tried.error)
        .bind(now)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Jobs of a lane, newest first, of one state or of all.
pub async fn list(
    db: &Db,
    kind: &str,
    lane: &str,
    state: Option<JobState>,
    page: &Page,
) -> Result<Paged<Job>> {
    let sql = concat!(
        "select ",
        columns!(),
        " from jobs where kind = $1 and lane = $2 and ($3 is null or state = $3) and ($4 is null or key < $4) \
         order by key desc limit $5"
    );
    let rows = on_read!(db, |x| sqlx::query_as(sql)
        .bind(kind)
        .bind(lane)
        .bind(state)
        .bind(&page.after)
        .bind(page.rows() + 1)
        .fetch_all(x)
        .await)?;
    Ok(Paged::cut(rows, page, |job: &Job| job.key.clone()))
}

/// Has a job done again that is not waiting, with all its tries. [`super::StoreError::NotFound`] when there is none.
pub async fn replay(db: &Db, kind: &str, lane: &str, key: &str, now: i64) -> Result<()> {
    let sql = "update jobs set state = 'waiting', due_at = $4, attempts = 0, updated_at = $4 \
               where kind = $1 and lane = $2 and key = $3 and state <> 'waiting'";
    let rows = on_write!(db, |x| sqlx::query(sql)
        .bind(kind)
        .bind(lane)
        .bind(key)
        .bind(now)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?;
    one(rows)
}

/// Has every dead job of a lane done again; answers how many.
pub async fn replay_dead(db: &Db, kind: &str, lane: &str, now: i64) -> Result<u64> {
    let sql = "update jobs set state = 'waiting', due_at = $3, attempts = 0, updated_at = $3 \
               where kind = $1 and lane = $2 and state = 'dead'";
    Ok(on_write!(db, |x| sqlx::query(sql)
        .bind(kind)
        .bind(lane)
        .bind(now)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?)
}

/// Forgets jobs that were done, or given up, before these times; answers how many.
pub async fn sweep(db: &Db, done_before: i64, dead_before: i64) -> Result<u64> {
    let sql = "delete from jobs where state <> 'waiting' \
               and ((state = 'done' and updated_at < $1) or (state = 'dead' and updated_at < $2))";
    Ok(on_write!(db, |x| sqlx::query(sql)
        .bind(done_before)
        .bind(dead_before)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?)
}
