//! A campaign's own key, encrypted under the installation's: without its row nothing of the campaign's callers can be read.

use sqlx::FromRow;

use super::{Db, Result, in_transaction, on_read, on_write};

/// One campaign's key.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct CampaignKey {
    /// The campaign.
    pub campaign_id: String,
    /// Encrypted under the installation's key; gone when it was destroyed.
    pub wrapped: Option<String>,
    /// Made.
    pub created_at: i64,
    /// Destroyed, for good.
    pub destroyed_at: Option<i64>,
}

/// A campaign's key; `None` when none was made yet.
pub async fn get(db: &Db, campaign_id: &str) -> Result<Option<CampaignKey>> {
    let sql =
        "select campaign_id, wrapped, created_at, destroyed_at from campaign_keys where campaign_id = $1";
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(campaign_id)
        .fetch_optional(x)
        .await)?)
}

/// Every campaign's key that is not destroyed.
pub async fn all(db: &Db) -> Result<Vec<CampaignKey>> {
    let sql = "select campaign_id, wrapped, created_at, destroyed_at from campaign_keys where wrapped is not null \
               order by campaign_id";
    Ok(on_read!(db, |x| sqlx::query_as(sql).fetch_all(x).await)?)
}

/// Keeps a new key, and answers the one that stands now: two nodes that make one at once agree on the first.
/// [`super::StoreError::Reference`] when the campaign does not exist.
pub async fn get_or_set(db: &Db, campaign_id: &str, wrapped: &str, now: i64) -> Result<CampaignKey> {
    let insert = "insert into campaign_keys (campaign_id, wrapped, created_at) values ($1, $2, $3) \
                  on conflict (campaign_id) do nothing";
    on_write!(db, |x| sqlx::query(insert)
        .bind(campaign_id)
        .bind(wrapped)
        .bind(now)
        .execute(x)
        .await
        .map(drop))?;
    let sql =
        "select campaign_id, wrapped, created_at, destroyed_at from campaign_keys where campaign_id = $1";
    Ok(on_write!(db, |x| sqlx::query_as(sql)
        .bind(campaign_id)
        .fetch_one(x)
        .await)?)
}

/// Destroys a campaign's key. A campaign that never had one gets a row that says so, so that none is made later.
/// Answers `false` when it was destroyed before.
pub async fn destroy(db: &Db, campaign_id: &str, now: i64) -> Result<bool> {
    let insert = "insert into campaign_keys (campaign_id, created_at) values ($1, $2) on conflict (campaign_id) do nothing";
    let update = "update campaign_keys set wrapped = null, destroyed_at = $2 where campaign_id = $1 and destroyed_at is null";
    let rows = in_transaction!(db, |tx| {
        sqlx::query(insert)
            .bind(campaign_id)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        sqlx::query(update)
            .bind(campaign_id)
            .bind(now)
            .execute(&mut *tx)
            .await?
            .rows_affected()
    });
    Ok(rows > 0)
}
