//! Subscriptions to daily calls, with the consent that each rests on. What is due is claimed in `due`.

mod consents;
mod due;

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

pub use consents::{Consent, How, consents};
pub use due::{claim, end_with_campaigns, queued_before, skip, start};

use super::grants::Reach;
use super::types::words;
use super::{Db, Page, Paged, Result, in_transaction, on_read, on_write, sessions};

words!(
    /// How a subscription stands.
    ScheduleStatus {
        /// Called every weekday.
        Active = "active",
        /// Kept, and not called until it is active again.
        Paused = "paused",
        /// Over, for good.
        Ended = "ended",
    }
);

words!(
    /// Why a subscription is over.
    EndedWhy {
        /// The caller pressed 9.
        Key = "key",
        /// Ended through the API.
        Api = "api",
        /// The number asked never to be called daily.
        OptOut = "opt_out",
        /// Its end date.
        EndDate = "end_date",
        /// The campaign was archived.
        Campaign = "campaign",
        /// The campaign's callers were forgotten.
        Forgotten = "forgotten",
    }
);

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromRow)]
pub struct Schedule {
    /// UUID.
    pub id: String,
    /// Its campaign.
    pub campaign_id: String,
    /// Keyed reference of the number, by the campaign's key.
    pub phone_hash: String,
    /// The number, encrypted with the campaign's key; gone when the subscription is over.
    pub phone_enc: Option<String>,
    /// Its last two digits.
    pub phone_last2: String,
    /// The caller's country, lower case.
    pub country: String,
    /// Postal code or what else was given.
    pub location: String,
    /// Where the caller came from, for the sessions.
    #[sqlx(rename = "ref")]
    #[serde(rename = "ref")]
    pub reference: String,
    /// IANA name.
    pub time_zone: String,
    /// Local time of day.
    pub minute_of_day: i64,
    /// Last local date on which it is called, `2026-11-21`.
    pub end_on: Option<String>,
    /// How it stands.
    pub status: ScheduleStatus,
    /// When it is called next; of no meaning unless it is active.
    pub next_at: i64,
    /// Local date of the last call: never twice on one.
    pub last_called_on: Option<String>,
    /// Session of the last call.
    pub last_session_id: Option<String>,
    /// Until when a node has it in hand.
    pub lease_until: i64,
    /// Subscribed.
    pub created_at: i64,
    /// Changed.
    pub updated_at: i64,
    /// Over.
    pub ended_at: Option<i64>,
    /// Why.
    pub ended_why: Option<EndedWhy>,
}

macro_rules! columns {
    () => {
        "id, campaign_id, phone_hash, phone_enc, phone_last2, country, location, ref, time_zone, minute_of_day, end_on, \
         status, next_at, last_called_on, last_session_id, lease_until, created_at, updated_at, ended_at, ended_why"
    };
}
use columns;

/// Adds a subscription with the consent that it rests on. [`super::StoreError::Conflict`] when the number has one in this campaign that is
/// not over; [`super::StoreError::Reference`] when the campaign does not exist.
pub async fn create(db: &Db, s: &Schedule, consent: &Consent) -> Result<()> {
    let sql = concat!(
        "insert into schedules (",
        columns!(),
        ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)"
    );
    in_transaction!(db, |tx| {
        sqlx::query(sql)
            .bind(&s.id)
            .bind(&s.campaign_id)
            .bind(&s.phone_hash)
            .bind(&s.phone_enc)
            .bind(&s.phone_last2)
            .bind(&s.country)
            .bind(&s.location)
            .bind(&s.reference)
            .bind(&s.time_zone)
            .bind(s.minute_of_day)
            .bind(&s.end_on)
            .bind(s.status)
            .bind(s.next_at)
            .bind(&s.last_called_on)
            .bind(&s.last_session_id)
            .bind(s.lease_until)
            .bind(s.created_at)
            .bind(s.updated_at)
            .bind(s.ended_at)
            .bind(s.ended_why)
            .execute(&mut *tx)
            .await?;
        consents::insert!(consent).execute(&mut *tx).await?;
    });
    Ok(())
}

/// One subscription by its id.
pub async fn get(db: &Db, id: &str) -> Result<Schedule> {
    let sql = concat!("select ", columns!(), " from schedules where id = $1");
    Ok(on_read!(db, |x| sqlx::query_as(sql).bind(id).fetch_one(x).await)?)
}

/// The subscription of a number in a campaign that is not over.
pub async fn standing(db: &Db, campaign_id: &str, phone_hash: &str) -> Result<Option<Schedule>> {
    let sql = concat!(
        "select ",
        columns!(),
        " from schedules where campaign_id = $1 and phone_hash = $2 and status <> 'ended'"
    );
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(campaign_id)
        .bind(phone_hash)
        .fetch_optional(x)
        .await)?)
}

/// What a list of subscriptions is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// One campaign.
    pub campaign_id: Option<String>,
    /// One status.
    pub status: Option<ScheduleStatus>,
    /// One number, by the keyed references that it has in each campaign.
    pub phone_hashes: Option<Vec<String>>,
    /// Only those of campaigns within reach.
    pub reach: Reach,
}

/// Subscriptions, newest first.
pub async fn list(db: &Db, filter: &Filter, page: &Page) -> Result<Paged<Schedule>> {
    let sql = concat!(
        "select ",
        columns!(),
        " from schedules where ($1 is null or id < $1) and ($2 is null or campaign_id = $2) \
         and ($3 is null or status = $3) and ($4 is null or $4 like '%' || phone_hash || '%') \
         and ($5 is null or campaign_id in (select campaign_id from grants where owner = $5)) order by id desc limit $6"
    );
    let hashes = filter.phone_hashes.as_ref().map(|hashes| hashes.join(","));
    let rows = on_read!(db, |x| sqlx::query_as(sql)
        .bind(&page.after)
        .bind(&filter.campaign_id)
        .bind(filter.status)
        .bind(&hashes)
        .bind(filter.reach.owner())
        .bind(page.rows() + 1)
        .fetch_all(x)
        .await)?;
    Ok(Paged::cut(rows, page, |s: &Schedule| s.id.clone()))
}

/// Writes what may be changed of a subscription that is not over: place, time, end, status and what follows from them.
/// [`super::StoreError::NotFound`] when it is over, or was called since `s` was read.
pub async fn update(db: &Db, s: &Schedule) -> Result<()> {
    let sql = "update schedules set location = $2, time_zone = $3, minute_of_day = $4, end_on = $5, status = $6, \
               next_at = $7, updated_at = $8 where id = $1 and status <> 'ended' \
               and coalesce(last_called_on, '') = coalesce($9, '')";
    let rows = on_write!(db, |x| sqlx::query(sql)
        .bind(&s.id)
        .bind(&s.location)
        .bind(&s.time_zone)
        .bind(s.minute_of_day)
        .bind(&s.end_on)
        .bind(s.status)
        .bind(s.next_at)
        .bind(s.updated_at)
        .bind(&s.last_called_on)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?;
    super::one(rows)
}

/// Keeps a consent that was given again, and makes a paused subscription active. Does nothing to one that is over.
pub async fn confirm(db: &Db, consent: &Consent, next_at: i64) -> Result<()> {
    let sql = "update schedules set status = 'active', updated_at = $2, \
               next_at = case when status = 'paused' then $3 else next_at end where id = $1 and status <> 'ended'";
    in_transaction!(db, |tx| {
        sqlx::query(sql)
            .bind(&consent.schedule_id)
            .bind(consent.at)
            .bind(next_at)
            .execute(&mut *tx)
            .await?;
        consents::insert!(consent).execute(&mut *tx).await?;
    });
    Ok(())
}

/// The last date on which any subscription of this number to this campaign was called, those that are over included.
pub async fn last_called(db: &Db, campaign_id: &str, phone_hash: &str) -> Result<Option<String>> {
    let sql = "select max(last_called_on) from schedules where campaign_id = $1 and phone_hash = $2";
    Ok(on_read!(db, |x| sqlx::query_scalar(sql)
        .bind(campaign_id)
        .bind(phone_hash)
        .fetch_one(x)
        .await)?)
}

/// Ends a subscription: its number goes, its consents stay, a call of it that waits in the queue is cancelled. Answers `false` when it
/// was over before. `withdrawal` is the record of who asked for it, where somebody did.
pub async fn end(db: &Db, id: &str, why: EndedWhy, withdrawal: Option<&Consent>, now: i64) -> Result<bool> {
    let sql = "update schedules set status = 'ended', phone_enc = null, phone_last2 = '', location = '', ended_at = $2, ended_why = $3, updated_at = $2, \
               lease_until = 0 where id = $1 and status <> 'ended' returning last_session_id";
    let last_session: Option<Option<String>> = in_transaction!(db, |tx| {
        let ended = sqlx::query_scalar(sql)
            .bind(id)
            .bind(now)
            .bind(why)
            .fetch_optional(&mut *tx)
            .await?;
        if let (Some(_), Some(withdrawal)) = (&ended, withdrawal) {
            consents::insert!(withdrawal).execute(&mut *tx).await?;
        }
        ended
    });
    if let Some(Some(session)) = &last_session {
        sessions::cancel_queued(db, session, now, None).await?;
    }
    Ok(last_session.is_some())
}

/// Campaigns that have subscriptions which are not over.
pub async fn campaigns_with_standing(db: &Db) -> Result<Vec<String>> {
    let sql = "select distinct campaign_id from schedules where status <> 'ended' order by campaign_id";
    Ok(on_read!(db, |x| sqlx::query_scalar(sql).fetch_all(x).await)?)
}
