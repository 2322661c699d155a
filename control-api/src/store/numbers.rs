//! Our own numbers: shown as caller ID, and dialled by callers when they belong to a campaign.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use super::{Db, Page, Paged, Result, on_read, on_write, one};

/// One of our numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromRow)]
pub struct Number {
    /// UUID.
    pub id: String,
    /// Unique.
    pub e164: String,
    /// The trunk that it comes in on.
    pub trunk_id: String,
    /// Calls to it start a session of this campaign.
    pub campaign_id: Option<String>,
    /// Made.
    pub created_at: i64,
}

macro_rules! columns {
    () => {
        "id, e164, trunk_id, campaign_id, created_at"
    };
}

/// Adds a number. [`super::StoreError::Conflict`] when it is there, [`super::StoreError::Reference`] when trunk or campaign is not.
pub async fn create(db: &Db, n: &Number) -> Result<()> {
    let sql = concat!(
        "insert into numbers (",
        columns!(),
        ") values ($1, $2, $3, $4, $5)"
    );
    on_write!(db, |x| sqlx::query(sql)
        .bind(&n.id)
        .bind(&n.e164)
        .bind(&n.trunk_id)
        .bind(&n.campaign_id)
        .bind(n.created_at)
        .execute(x)
        .await
        .map(drop))?;
    Ok(())
}

/// Writes number, trunk and campaign.
pub async fn update(db: &Db, n: &Number) -> Result<()> {
    let sql = "update numbers set e164 = $2, trunk_id = $3, campaign_id = $4 where id = $1";
    let rows = on_write!(db, |x| sqlx::query(sql)
        .bind(&n.id)
        .bind(&n.e164)
        .bind(&n.trunk_id)
        .bind(&n.campaign_id)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?;
    one(rows)
}

/// One number by its id.
pub async fn get(db: &Db, id: &str) -> Result<Number> {
    let sql = concat!("select ", columns!(), " from numbers where id = $1");
    Ok(on_read!(db, |x| sqlx::query_as(sql).bind(id).fetch_one(x).await)?)
}

/// Numbers, oldest first.
pub async fn list(db: &Db, page: &Page) -> Result<Paged<Number>> {
    let sql = concat!(
        "select ",
        columns!(),
        " from numbers where id > $1 order by id limit $2"
    );
    let after = page.after.as_deref().unwrap_or_default();
    let rows = on_read!(db, |x| sqlx::query_as(sql)
        .bind(after)
        .bind(page.rows() + 1)
        .fetch_all(x)
        .await)?;
    Ok(Paged::cut(rows, page, |n: &Number| n.id.clone()))
}

/// Every number, for the gateway's snapshot.
pub async fn all(db: &Db) -> Result<Vec<Number>> {
    let sql = concat!("select ", columns!(), " from numbers order by id");
    Ok(on_read!(db, |x| sqlx::query_as(sql).fetch_all(x).await)?)
}

/// Numbers that may be shown for a campaign: its own ones, or those of no campaign when it has none.
pub async fn for_campaign(db: &Db, campaign_id: &str) -> Result<Vec<Number>> {
    let sql = concat!(
        "select ",
        columns!(),
        " from numbers where campaign_id = $1 or (campaign_id is null and not exists \
         (select 1 from numbers own where own.campaign_id = $1)) order by id"
    );
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(campaign_id)
        .fetch_all(x)
        .await)?)
}

/// Deletes a number.
pub async fn delete(db: &Db, id: &str) -> Result<()> {
    let rows = on_write!(db, |x| sqlx::query("delete from numbers where id = $1")
        .bind(id)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?;
    one(rows)
}
