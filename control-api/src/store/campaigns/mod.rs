//! Campaigns: who is called, in what order, with which prompts, under which limits (CAMPAIGNS.md 1 to 5).

mod embed;
mod settings;

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

pub use embed::{Embed, ScriptDisplay, TargetScript};
pub use settings::{IncludeSpecial, Limits, Ordering, Settings, Subtype, TargetOffices, Timers};

use super::grants::Reach;
use super::types::{JsonText, words};
use super::{Db, Page, Paged, Result, StoreError, in_transaction, on_read, on_write, one};

words!(
    /// Status of a campaign; a new one is paused.
    CampaignStatus {
        /// Nothing is dialled; inbound callers hear `msg_campaign_paused`.
        Paused = "paused",
        /// Calls.
        Live = "live",
        /// Over for good; inbound callers hear `msg_campaign_complete`.
        Archived = "archived",
    }
);

words!(
    /// Where a session's targets come from.
    SegmentBy {
        /// The campaign's own list.
        Custom = "custom",
        /// The caller's location.
        Location = "location",
    }
);

words!(
    /// What a caller's location is looked up by.
    LocateBy {
        /// Nothing is asked for.
        None = "none",
        /// ZIP or postal code.
        Postal = "postal",
        /// A street address.
        Address = "address",
        /// Latitude and longitude.
        LatLon = "latlon",
        /// A district's name.
        District = "district",
    }
);

/// A campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromRow)]
pub struct Campaign {
    /// UUID.
    pub id: String,
    /// Unique; callers may name the campaign by it.
    pub name: String,
    /// Paused, live, archived.
    pub status: CampaignStatus,
    /// ISO 3166 in lower case: `us`.
    pub country: String,
    /// `custom`, `congress`, `state`, …: which data the look-up uses.
    pub kind: String,
    /// Where targets come from.
    pub segment_by: SegmentBy,
    /// What a location is looked up by.
    pub locate_by: LocateBy,
    /// BCP 47 tag of the prompts: `en`, `es-MX`.
    pub language: String,
    /// Everything else.
    #[sqlx(try_from = "JsonText<Settings>")]
    pub settings: Settings,
    /// Made.
    pub created_at: i64,
    /// Changed last.
    pub updated_at: i64,
    /// Went live for the first time.
    pub launched_at: Option<i64>,
    /// Was archived.
    pub archived_at: Option<i64>,
}

macro_rules! columns {
    () => {
        "id, name, status, country, kind, segment_by, locate_by, language, settings, created_at, updated_at, \
         launched_at, archived_at"
    };
}

/// Adds a campaign. [`StoreError::Conflict`] when the name is taken.
pub async fn create(db: &Db, c: &Campaign) -> Result<()> {
    let sql = concat!(
        "insert into campaigns (",
        columns!(),
        ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
    );
    on_write!(db, |x| sqlx::query(sql)
        .bind(&c.id)
        .bind(&c.name)
        .bind(c.status)
        .bind(&c.country)
        .bind(&c.kind)
        .bind(c.segment_by)
        .bind(c.locate_by)
        .bind(&c.language)
        .bind(JsonText(&c.settings))
        .bind(c.created_at)
        .bind(c.updated_at)
        .bind(c.launched_at)
        .bind(c.archived_at)
        .execute(x)
        .await
        .map(drop))?;
    Ok(())
}

/// One campaign by its id.
pub async fn get(db: &Db, id: &str) -> Result<Campaign> {
    let sql = concat!("select ", columns!(), " from campaigns where id = $1");
    Ok(on_read!(db, |x| sqlx::query_as(sql).bind(id).fetch_one(x).await)?)
}

/// One campaign by its id, by the id that it had in the system it was brought from, or by its name: as forms out there name it.
pub async fn find(db: &Db, id_or_name: &str) -> Result<Campaign> {
    let sql = concat!(
        "select ",
        columns!(),
        " from campaigns where id = $1 or legacy_id = $1 or name = $1 \
         order by case when id = $1 then 0 when legacy_id = $1 then 1 else 2 end limit 1"
    );
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(id_or_name)
        .fetch_one(x)
        .await)?)
}

/// Notes what a campaign was called where it was brought from. [`StoreError::Conflict`] when another one goes by it.
pub async fn set_legacy_id(db: &Db, id: &str, legacy_id: &str) -> Result<()> {
    let sql = "update campaigns set legacy_id = $2 where id = $1";
    let rows = on_write!(db, |x| sqlx::query(sql)
        .bind(id)
        .bind(legacy_id)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?;
    one(rows)
}

/// Campaigns, oldest first; `status` and `reach` narrow.
pub async fn list(
    db: &Db,
    status: Option<CampaignStatus>,
    reach: &Reach,
    page: &Page,
) -> Result<Paged<Campaign>> {
    let sql = concat!(
        "select ",
        columns!(),
        " from campaigns where id > $1 and ($2 is null or status = $2) \
         and ($3 is null or id in (select campaign_id from grants where owner = $3)) order by id limit $4"
    );
    let after = page.after.as_deref().unwrap_or_default();
    let rows = on_read!(db, |x| sqlx::query_as(sql)
        .bind(after)
        .bind(status)
        .bind(reach.owner())
        .bind(page.rows() + 1)
        .fetch_all(x)
        .await)?;
    Ok(Paged::cut(rows, page, |c: &Campaign| c.id.clone()))
}

/// Writes everything but id, status and the times of `create`, `launch` and `archive`.
pub async fn update(db: &Db, c: &Campaign) -> Result<()> {
    let sql = "update campaigns set name = $2, country = $3, kind = $4, segment_by = $5, locate_by = $6, \
               language = $7, settings = $8, updated_at = $9 where id = $1";
    let rows = on_write!(db, |x| sqlx::query(sql)
        .bind(&c.id)
        .bind(&c.name)
        .bind(&c.country)
        .bind(&c.kind)
        .bind(c.segment_by)
        .bind(c.locate_by)
        .bind(&c.language)
        .bind(JsonText(&c.settings))
        .bind(c.updated_at)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?;
    one(rows)
}

/// Launches, pauses or archives. An archived campaign stays archived: [`StoreError::NotFound`].
pub async fn set_status(db: &Db, id: &str, status: CampaignStatus, now: i64) -> Result<Campaign> {
    let sql = concat!(
        "update campaigns set status = $2, updated_at = $3, \
         launched_at = case when $2 = 'live' then coalesce(launched_at, $3) else launched_at end, \
         archived_at = case when $2 = 'archived' then coalesce(archived_at, $3) else archived_at end \
         where id = $1 and (status <> 'archived' or $2 = 'archived') returning ",
        columns!()
    );
    Ok(on_write!(db, |x| sqlx::query_as(sql)
        .bind(id)
        .bind(status)
        .bind(now)
        .fetch_one(x)
        .await)?)
}

/// Target ids of the campaign's own list, in order.
pub async fn target_ids(db: &Db, id: &str) -> Result<Vec<String>> {
    let sql = "select target_id from campaign_targets where campaign_id = $1 order by position";
    Ok(on_read!(db, |x| sqlx::query_scalar(sql)
        .bind(id)
        .fetch_all(x)
        .await)?)
}

/// Puts a list in place of the campaign's own. [`StoreError::Reference`] when a target does not exist,
/// [`StoreError::Conflict`] when one stands in it twice.
pub async fn set_targets(db: &Db, id: &str, target_ids: &[String]) -> Result<()> {
    let insert = "insert into campaign_targets (campaign_id, position, target_id) values ($1, $2, $3)";
    in_transaction!(db, |tx| {
        sqlx::query("delete from campaign_targets where campaign_id = $1")
            .bind(id)
            .execute(&mut *tx)
            .await?;
        for (position, target) in (0_i64..).zip(target_ids) {
            sqlx::query(insert)
                .bind(id)
                .bind(position)
                .bind(target)
                .execute(&mut *tx)
                .await?;
        }
    });
    Ok(())
}

/// Deletes a campaign that was never used. [`StoreError::Reference`] when sessions, calls or numbers name it: archive it instead.
pub async fn delete(db: &Db, id: &str) -> Result<()> {
    in_transaction!(db, |tx| {
        for sql in [
            "delete from prompt_selections where campaign_id = $1",
            "delete from prompts where campaign_id = $1",
        ] {
            sqlx::query(sql).bind(id).execute(&mut *tx).await?;
        }
        let done = sqlx::query("delete from campaigns where id = $1")
            .bind(id)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::NotFound);
        }
    });
    Ok(())
}
