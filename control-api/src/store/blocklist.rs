//! Who is never called. Nothing personal stands in an entry: phones are keyed references.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use super::{Db, Page, Paged, Result, on_read, on_write, one};

/// An entry; every field of phone, network and prefix that is set must match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromRow)]
pub struct Entry {
    /// UUID.
    pub id: String,
    /// Keyed reference of a number.
    pub phone_hash: Option<String>,
    /// `192.0.2.0/24`
    pub network: Option<String>,
    /// `+1900`
    pub prefix: Option<String>,
    /// For people.
    pub reason: String,
    /// No longer in force from then on.
    pub expires_at: Option<i64>,
    /// Times it matched.
    pub hits: i64,
    /// Made.
    pub created_at: i64,
}

macro_rules! columns {
    () => {
        "id, phone_hash, network, prefix, reason, expires_at, hits, created_at"
    };
}

/// Adds an entry.
pub async fn create(db: &Db, e: &Entry) -> Result<()> {
    let sql = concat!(
        "insert into blocklist (",
        columns!(),
        ") values ($1, $2, $3, $4, $5, $6, $7, $8)"
    );
    on_write!(db, |x| sqlx::query(sql)
        .bind(&e.id)
        .bind(&e.phone_hash)
        .bind(&e.network)
        .bind(&e.prefix)
        .bind(&e.reason)
        .bind(e.expires_at)
        .bind(e.hits)
        .bind(e.created_at)
        .execute(x)
        .await
        .map(drop))?;
    Ok(())
}

/// One entry by its id.
pub async fn get(db: &Db, id: &str) -> Result<Entry> {
    let sql = concat!("select ", columns!(), " from blocklist where id = $1");
    Ok(on_read!(db, |x| sqlx::query_as(sql).bind(id).fetch_one(x).await)?)
}

/// Entries, oldest first.
pub async fn list(db: &Db, page: &Page) -> Result<Paged<Entry>> {
    let sql = concat!(
        "select ",
        columns!(),
        " from blocklist where id > $1 order by id limit $2"
    );
    let after = page.after.as_deref().unwrap_or_default();
    let rows = on_read!(db, |x| sqlx::query_as(sql)
        .bind(after)
        .bind(page.rows() + 1)
        .fetch_all(x)
        .await)?;
    Ok(Paged::cut(rows, page, |e: &Entry| e.id.clone()))
}

/// Deletes an entry.
pub async fn delete(db: &Db, id: &str) -> Result<()> {
    let rows = on_write!(db, |x| sqlx::query("delete from blocklist where id = $1")
        .bind(id)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?;
    one(rows)
}

/// The first entry that a caller meets, and counts the hit. `phone` is E.164, `refs` its keyed references: the installation's, and that
/// of the campaign, as sessions and records have it.
pub async fn hit(
    db: &Db,
    phone: &str,
    refs: [&str; 2],
    ip: Option<IpAddr>,
    now: i64,
) -> Result<Option<Entry>> {
    // Phone and prefix are matched here, networks below: neither engine shares a word for them.
    let sql = concat!(
        "select ",
        columns!(),
        " from blocklist where (expires_at is null or expires_at > $3) \
         and (phone_hash is null or phone_hash = $1 or phone_hash = $4) \
         and (prefix is null or substr($2, 1, length(prefix)) = prefix) \
         and (phone_hash is not null or prefix is not null or network is not null) order by id"
    );
    let candidates: Vec<Entry> = on_read!(db, |x| sqlx::query_as(sql)
        .bind(refs[0])
        .bind(phone)
        .bind(now)
        .bind(refs[1])
        .fetch_all(x)
        .await)?;
    let Some(entry) = candidates
        .into_iter()
        .find(|e| network_matches(e.network.as_deref(), ip))
    else {
        return Ok(None);
    };
    let sql = "update blocklist set hits = hits + 1 where id = $1";
    on_write!(db, |x| sqlx::query(sql)
        .bind(&entry.id)
        .execute(x)
        .await
        .map(drop))?;
    Ok(Some(entry))
}

fn network_matches(network: Option<&str>, ip: Option<IpAddr>) -> bool {
    let Some(network) = network else { return true };
    let Some(ip) = ip else { return false };
    match (network.parse::<IpNet>(), network.parse::<IpAddr>()) {
        (Ok(net), _) => net.contains(&ip),
        (Err(_), Ok(one)) => one == ip,
        (Err(_), Err(_)) => false,
    }
}
