//! Who is told of what happens, by HTTP. Deliveries are jobs of the kind [`KIND`]: lane is the webhook, key the event.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use super::types::JsonText;
use super::{Db, Page, Paged, Result, in_transaction, on_read, one};

/// The kind of a delivery's job.
pub const KIND: &str = "webhook";

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromRow)]
pub struct Webhook {
    /// UUID.
    pub id: String,
    /// Where.
    pub url: String,
    /// `session.*`, `call.ended`, `*`
    #[sqlx(try_from = "JsonText<Vec<String>>")]
    pub events: Vec<String>,
    /// Events of this campaign's sessions alone.
    pub campaign_id: Option<String>,
    /// What deliveries are signed with, encrypted.
    pub secret_enc: String,
    /// New events are delivered.
    pub enabled: bool,
    /// Made.
    pub created_at: i64,
    /// Changed last.
    pub updated_at: i64,
}

macro_rules! columns {
    () => {
        "id, url, events, campaign_id, secret_enc, enabled, created_at, updated_at"
    };
}

/// Writes the patterns of `$w` in place of those there are.
macro_rules! write_patterns {
    ($tx:ident, $w:expr) => {
        sqlx::query("delete from webhook_events where webhook_id = $1")
            .bind(&$w.id)
            .execute(&mut *$tx)
            .await?;
        for pattern in &$w.events {
            sqlx::query(
                "insert into webhook_events (webhook_id, pattern) values ($1, $2) on conflict do nothing",
            )
            .bind(&$w.id)
            .bind(pattern)
            .execute(&mut *$tx)
            .await?;
        }
    };
}

/// Adds a webhook. [`super::StoreError::Reference`] when the campaign does not exist.
pub async fn create(db: &Db, w: &Webhook) -> Result<()> {
    let sql = concat!(
        "insert into webhooks (",
        columns!(),
        ") values ($1, $2, $3, $4, $5, $6, $7, $8)"
    );
    in_transaction!(db, |tx| {
        sqlx::query(sql)
            .bind(&w.id)
            .bind(&w.url)
            .bind(JsonText(&w.events))
            .bind(&w.campaign_id)
            .bind(&w.secret_enc)
            .bind(w.enabled)
            .bind(w.created_at)
            .bind(w.updated_at)
            .execute(&mut *tx)
            .await?;
        write_patterns!(tx, w);
    });
    Ok(())
}

/// Replaces a webhook.
pub async fn update(db: &Db, w: &Webhook) -> Result<()> {
    let sql = "update webhooks set url = $2, events = $3, campaign_id = $4, secret_enc = $5, enabled = $6, \
               updated_at = $7 where id = $1";
    in_transaction!(db, |tx| {
        let rows = sqlx::query(sql)
            .bind(&w.id)
            .bind(&w.url)
            .bind(JsonText(&w.events))
            .bind(&w.campaign_id)
            .bind(&w.secret_enc)
            .bind(w.enabled)
            .bind(w.updated_at)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        one(rows)?;
        write_patterns!(tx, w);
    });
    Ok(())
}

/// One webhook by its id.
pub async fn get(db: &Db, id: &str) -> Result<Webhook> {
    let sql = concat!("select ", columns!(), " from webhooks where id = $1");
    Ok(on_read!(db, |x| sqlx::query_as(sql).bind(id).fetch_one(x).await)?)
}

/// Webhooks, oldest first.
pub async fn list(db: &Db, page: &Page) -> Result<Paged<Webhook>> {
    let sql = concat!(
        "select ",
        columns!(),
        " from webhooks where id > $1 order by id limit $2"
    );
    let after = page.after.as_deref().unwrap_or_default();
    let rows = on_read!(db, |x| sqlx::query_as(sql)
        .bind(after)
        .bind(page.rows() + 1)
        .fetch_all(x)
        .await)?;
    Ok(Paged::cut(rows, page, |w: &Webhook| w.id.clone()))
}

/// Deletes a webhook with everything that waits for it.
pub async fn delete(db: &Db, id: &str) -> Result<()> {
    in_transaction!(db, |tx| {
        let rows = sqlx::query("delete from webhooks where id = $1")
            .bind(id)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        one(rows)?;
        sqlx::query("delete from jobs where kind = 'webhook' and lane = $1")
            .bind(id)
            .execute(&mut *tx)
            .await?;
    });
    Ok(())
}

/// Asks, in the transaction that writes an event, for its delivery to everyone who wants it.
macro_rules! write_deliveries {
    ($tx:ident, $event:expr) => {{
        let family = $event.kind.split('.').next().unwrap_or_default();
        sqlx::query(
            "insert into jobs (kind, lane, key, state, due_at, attempts, status, error, created_at, updated_at) \
             select 'webhook', w.id, $1, 'waiting', $2, 0, null, '', $2, $2 from webhooks w \
             where w.enabled and exists (select 1 from webhook_events p where p.webhook_id = w.id \
             and p.pattern in ($3, $4, '*')) \
             and (w.campaign_id is null or w.campaign_id = (select s.campaign_id from sessions s where s.id = $5)) \
             on conflict do nothing",
        )
        .bind(&$event.id)
        .bind($event.at)
        .bind(&$event.kind)
        .bind(format!("{family}.*"))
        .bind(&$event.session_id)
        .execute(&mut *$tx)
        .await?;
    }};
}
pub(super) use write_deliveries;
