//! Who asked never to be called daily, in any campaign. A keyed reference alone is kept.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use super::{Db, Page, Paged, Result, on_read, on_write, one};

/// One number's wish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromRow)]
pub struct OptOut {
    /// UUID.
    pub id: String,
    /// Keyed reference of the number, by the installation's key.
    pub phone_hash: String,
    /// Through what: `api`, or what the asker said.
    pub how: String,
    /// Asked.
    pub created_at: i64,
}

/// Keeps it, and answers what stands: one number asks once.
pub async fn create(db: &Db, o: &OptOut) -> Result<OptOut> {
    let sql = "insert into optouts (id, phone_hash, how, created_at) values ($1, $2, $3, $4) \
               on conflict (phone_hash) do nothing";
    on_write!(db, |x| sqlx::query(sql)
        .bind(&o.id)
        .bind(&o.phone_hash)
        .bind(&o.how)
        .bind(o.created_at)
        .execute(x)
        .await
        .map(drop))?;
    let sql = "select id, phone_hash, how, created_at from optouts where phone_hash = $1";
    Ok(on_write!(db, |x| sqlx::query_as(sql)
        .bind(&o.phone_hash)
        .fetch_one(x)
        .await)?)
}

/// Whether a number asked.
pub async fn has(db: &Db, phone_hash: &str) -> Result<bool> {
    let sql = "select count(*) from optouts where phone_hash = $1";
    let count: i64 = on_read!(db, |x| sqlx::query_scalar(sql)
        .bind(phone_hash)
        .fetch_one(x)
        .await)?;
    Ok(count > 0)
}

/// All of them, oldest first.
pub async fn list(db: &Db, page: &Page) -> Result<Paged<OptOut>> {
    let sql = "select id, phone_hash, how, created_at from optouts where id > $1 order by id limit $2";
    let after = page.after.as_deref().unwrap_or_default();
    let rows = on_read!(db, |x| sqlx::query_as(sql)
        .bind(after)
        .bind(page.rows() + 1)
        .fetch_all(x)
        .await)?;
    Ok(Paged::cut(rows, page, |o: &OptOut| o.id.clone()))
}

/// Takes one back, when the person asked for it.
pub async fn delete(db: &Db, id: &str) -> Result<()> {
    let rows = on_write!(db, |x| sqlx::query("delete from optouts where id = $1")
        .bind(id)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?;
    one(rows)
}
