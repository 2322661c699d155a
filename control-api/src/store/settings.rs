//! Settings of the whole installation, as JSON text under a name.

use super::{Db, Result, on_read, on_write};

/// The setting's JSON text; `None` when it was never set.
pub async fn get(db: &Db, key: &str) -> Result<Option<String>> {
    let sql = "select value from settings where key = $1";
    Ok(on_read!(db, |x| sqlx::query_scalar(sql)
        .bind(key)
        .fetch_optional(x)
        .await)?)
}

/// Sets it.
pub async fn set(db: &Db, key: &str, value: &str, now: i64) -> Result<()> {
    let sql = "insert into settings (key, value, updated_at) values ($1, $2, $3) \
               on conflict (key) do update set value = excluded.value, updated_at = excluded.updated_at";
    on_write!(db, |x| sqlx::query(sql)
        .bind(key)
        .bind(value)
        .bind(now)
        .execute(x)
        .await
        .map(drop))?;
    Ok(())
}

/// Sets it when it was never set, and answers what stands there now: how nodes agree on a value.
pub async fn get_or_set(db: &Db, key: &str, value: &str, now: i64) -> Result<String> {
    let sql =
        "insert into settings (key, value, updated_at) values ($1, $2, $3) on conflict (key) do nothing";
    on_write!(db, |x| sqlx::query(sql)
        .bind(key)
        .bind(value)
        .bind(now)
        .execute(x)
        .await
        .map(drop))?;
    let sql = "select value from settings where key = $1";
    Ok(on_write!(db, |x| sqlx::query_scalar(sql)
        .bind(key)
        .fetch_one(x)
        .await)?)
}
