//! Idempotency keys of POSTs: the first one does the work, the others get its answer.

use sqlx::FromRow;

use super::{Db, Result, on_read, on_write};

/// What [`begin`] answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Nobody used the key before: do the work, then [`finish`].
    First,
    /// The first request has not been answered yet. HTTP: 409.
    Running,
    /// The answer that was given.
    Done {
        /// HTTP status.
        status: u16,
        /// Body.
        body: String,
    },
    /// The key was used for another request. HTTP: 422.
    Different,
}

#[derive(FromRow)]
struct Stored {
    request_hash: String,
    status: Option<i64>,
    body: Option<String>,
}

/// Takes the key for a request. `owner` is the API key's id, so that two users never meet.
pub async fn begin(db: &Db, owner: &str, key: &str, request_hash: &str, now: i64) -> Result<Begun> {
    let insert = "insert into idempotency_keys (owner, key, request_hash, created_at) values ($1, $2, $3, $4) \
                  on conflict (owner, key) do nothing";
    let rows = on_write!(db, |x| sqlx::query(insert)
        .bind(owner)
        .bind(key)
        .bind(request_hash)
        .bind(now)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?;
    if rows > 0 {
        return Ok(Begun::First);
    }
    let select = "select request_hash, status, body from idempotency_keys where owner = $1 and key = $2";
    let stored: Stored = on_read!(db, |x| sqlx::query_as(select)
        .bind(owner)
        .bind(key)
        .fetch_one(x)
        .await)?;
    if stored.request_hash != request_hash {
        return Ok(Begun::Different);
    }
    match stored.status.and_then(|status| u16::try_from(status).ok()) {
        Some(status) => Ok(Begun::Done {
            status,
            body: stored.body.unwrap_or_default(),
        }),
        None => Ok(Begun::Running),
    }
}

/// Keeps the answer.
pub async fn finish(db: &Db, owner: &str, key: &str, status: u16, body: &str) -> Result<()> {
    let sql = "update idempotency_keys set status = $3, body = $4 where owner = $1 and key = $2";
    on_write!(db, |x| sqlx::query(sql)
        .bind(owner)
        .bind(key)
        .bind(i64::from(status))
        .bind(body)
        .execute(x)
        .await
        .map(drop))?;
    Ok(())
}

/// Gives the key back: the work failed in a way that another try may mend.
pub async fn forget(db: &Db, owner: &str, key: &str) -> Result<()> {
    let sql = "delete from idempotency_keys where owner = $1 and key = $2";
    on_write!(db, |x| sqlx::query(sql)
        .bind(owner)
        .bind(key)
        .execute(x)
        .await
        .map(drop))?;
    Ok(())
}

/// Forgets keys taken before `before`; answers how many.
pub async fn sweep(db: &Db, before: i64) -> Result<u64> {
    let sql = "delete from idempotency_keys where created_at < $1";
    Ok(on_write!(db, |x| sqlx::query(sql)
        .bind(before)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?)
}
