//! Who changed what, and when. A row is written before its change and finished after it: no change is without one.

use serde_json::Value;
use sqlx::FromRow;

use super::types::JsonText;
use super::{Db, Page, Paged, Result, on_read, on_write};

/// Days that rows are kept for.
pub const RETENTION_DAYS: i64 = 400;

/// One change.
#[derive(Clone, Debug, PartialEq, FromRow)]
pub struct Entry {
    /// UUID; sorts by time.
    pub id: String,
    /// When.
    pub at: i64,
    /// `user`, `key`, `command`, `nobody`
    pub actor_kind: String,
    /// Id of the user or key; empty for a command.
    pub actor_id: String,
    /// Their name at that time.
    pub actor: String,
    /// `create`, `change`, `delete`, `launch`, `login`, …
    pub action: String,
    /// `campaigns`, `trunks`, …
    pub noun: String,
    /// Which one.
    pub noun_id: Option<String>,
    /// What it was; only fields that changed.
    #[sqlx(try_from = "JsonText<Value>")]
    pub before: Value,
    /// What it became.
    #[sqlx(try_from = "JsonText<Value>")]
    pub after: Value,
    /// The change is known to have been made; false when the program ended in between.
    pub done: bool,
}

/// What a list is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// One user or key.
    pub actor_id: Option<String>,
    /// One action.
    pub action: Option<String>,
    /// One noun.
    pub noun: Option<String>,
    /// One thing.
    pub noun_id: Option<String>,
    /// At or after.
    pub since: Option<i64>,
    /// Before.
    pub until: Option<i64>,
}

macro_rules! columns {
    () => {
        "id, at, actor_kind, actor_id, actor, action, noun, noun_id, before, after, done"
    };
}

/// Adds a row.
pub async fn create(db: &Db, e: &Entry) -> Result<()> {
    let sql = concat!(
        "insert into audit (",
        columns!(),
        ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    );
    on_write!(db, |x| sqlx::query(sql)
        .bind(&e.id)
        .bind(e.at)
        .bind(&e.actor_kind)
        .bind(&e.actor_id)
        .bind(&e.actor)
        .bind(&e.action)
        .bind(&e.noun)
        .bind(&e.noun_id)
        .bind(JsonText(&e.before))
        .bind(JsonText(&e.after))
        .bind(e.done)
        .execute(x)
        .await
        .map(drop))?;
    Ok(())
}

/// Finishes a row: the change was made.
pub async fn finish(db: &Db, id: &str, noun_id: Option<&str>, before: &Value, after: &Value) -> Result<()> {
    let sql = "update audit set noun_id = $2, before = $3, after = $4, done = $5 where id = $1";
    on_write!(db, |x| sqlx::query(sql)
        .bind(id)
        .bind(noun_id)
        .bind(JsonText(before))
        .bind(JsonText(after))
        .bind(true)
        .execute(x)
        .await
        .map(drop))?;
    Ok(())
}

/// Takes a row back whose change was refused.
pub async fn forget(db: &Db, id: &str) -> Result<()> {
    on_write!(db, |x| sqlx::query("delete from audit where id = $1")
        .bind(id)
        .execute(x)
        .await
        .map(drop))?;
    Ok(())
}

/// Changes, newest first.
pub async fn list(db: &Db, filter: &Filter, page: &Page) -> Result<Paged<Entry>> {
    let sql = concat!(
        "select ",
        columns!(),
        " from audit where ($1 is null or id < $1) and ($2 is null or actor_id = $2) and ($3 is null or action = $3) \
         and ($4 is null or noun = $4) and ($5 is null or noun_id = $5) and ($6 is null or at >= $6) \
         and ($7 is null or at < $7) order by id desc limit $8"
    );
    let rows = on_read!(db, |x| sqlx::query_as(sql)
        .bind(&page.after)
        .bind(&filter.actor_id)
        .bind(&filter.action)
        .bind(&filter.noun)
        .bind(&filter.noun_id)
        .bind(filter.since)
        .bind(filter.until)
        .bind(page.rows() + 1)
        .fetch_all(x)
        .await)?;
    Ok(Paged::cut(rows, page, |e: &Entry| e.id.clone()))
}

/// Forgets what is older than [`RETENTION_DAYS`]; answers how many rows went.
pub async fn sweep(db: &Db, now: i64) -> Result<u64> {
    let before = now - RETENTION_DAYS * 86_400_000;
    Ok(on_write!(db, |x| sqlx::query("delete from audit where at < $1")
        .bind(before)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?)
}
