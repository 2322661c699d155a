//! API keys: 32 random bytes that we keep only the SHA-256 of, with scopes.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use super::types::JsonText;
use super::{Db, Page, Paged, Result, on_read, on_write, one};

/// A key, without the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromRow)]
pub struct ApiKey {
    /// UUID.
    pub id: String,
    /// For people.
    pub name: String,
    /// SHA-256 of the secret, in hexadecimal.
    pub hash: String,
    /// `read`, `calls`, `campaigns`, `ops`, `admin`
    #[sqlx(try_from = "JsonText<Vec<String>>")]
    pub scopes: Vec<String>,
    /// Sees the campaigns granted to it and nothing else (see `grants`).
    pub confined: bool,
    /// Made.
    pub created_at: i64,
    /// No longer good from then on.
    pub expires_at: Option<i64>,
    /// Taken back.
    pub revoked_at: Option<i64>,
    /// Used last, to the minute or so.
    pub last_used_at: Option<i64>,
}

macro_rules! columns {
    () => {
        "id, name, hash, scopes, confined, created_at, expires_at, revoked_at, last_used_at"
    };
}

/// Adds a key.
pub async fn create(db: &Db, k: &ApiKey) -> Result<()> {
    let sql = concat!(
        "insert into api_keys (",
        columns!(),
        ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    );
    on_write!(db, |x| sqlx::query(sql)
        .bind(&k.id)
        .bind(&k.name)
        .bind(&k.hash)
        .bind(JsonText(&k.scopes))
        .bind(k.confined)
        .bind(k.created_at)
        .bind(k.expires_at)
        .bind(k.revoked_at)
        .bind(k.last_used_at)
        .execute(x)
        .await
        .map(drop))?;
    Ok(())
}

/// The key with this hash, when it is good now.
pub async fn find_valid(db: &Db, hash: &str, now: i64) -> Result<ApiKey> {
    let sql = concat!(
        "select ",
        columns!(),
        " from api_keys where hash = $1 and revoked_at is null and (expires_at is null or expires_at > $2)"
    );
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(hash)
        .bind(now)
        .fetch_one(x)
        .await)?)
}

/// Notes that a key was used. Writes at most once a minute, so that reading costs no write.
pub async fn touch(db: &Db, id: &str, now: i64) -> Result<()> {
    let sql = "update api_keys set last_used_at = $2 where id = $1 and (last_used_at is null or last_used_at < $2 - 60000)";
    on_write!(db, |x| sqlx::query(sql)
        .bind(id)
        .bind(now)
        .execute(x)
        .await
        .map(drop))?;
    Ok(())
}

/// Keys, oldest first, revoked ones too.
pub async fn list(db: &Db, page: &Page) -> Result<Paged<ApiKey>> {
    let sql = concat!(
        "select ",
        columns!(),
        " from api_keys where id > $1 order by id limit $2"
    );
    let after = page.after.as_deref().unwrap_or_default();
    let rows = on_read!(db, |x| sqlx::query_as(sql)
        .bind(after)
        .bind(page.rows() + 1)
        .fetch_all(x)
        .await)?;
    Ok(Paged::cut(rows, page, |k: &ApiKey| k.id.clone()))
}

/// Takes a key back, for good.
pub async fn revoke(db: &Db, id: &str, now: i64) -> Result<()> {
    let sql = "update api_keys set revoked_at = coalesce(revoked_at, $2) where id = $1";
    let rows = on_write!(db, |x| sqlx::query(sql)
        .bind(id)
        .bind(now)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?;
    one(rows)
}
