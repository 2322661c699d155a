//! Trunks as configured (CONTRACT.md 4). The gateway gets its own form of them, with resolved addresses.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use super::dialling::Dialling;
use super::types::JsonText;
use super::{Db, Page, Paged, Result, on_read, on_write, one};

/// A carrier, or a PBX.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromRow)]
pub struct Trunk {
    /// UUID.
    pub id: String,
    /// Unique.
    pub name: String,
    /// Name or address.
    pub host: String,
    /// `None` is the transport's own, or what DNS says.
    pub port: Option<i64>,
    /// `udp`, `tcp`, `tls`
    pub transport: String,
    /// Networks that may call us: `192.0.2.0/24`
    #[sqlx(try_from = "JsonText<Vec<String>>", rename = "allow_list")]
    pub allow: Vec<String>,
    /// Digest user name; empty without.
    pub username: String,
    /// Digest password, encrypted by `privacy`.
    pub password_enc: Option<String>,
    /// We register with it.
    pub register: bool,
    /// How its calls prove themselves: `off`, `md5`, `sha256`, `both`
    pub challenge: String,
    /// Best first: `PCMU`, …
    #[sqlx(try_from = "JsonText<Vec<String>>")]
    pub codecs: Vec<String>,
    /// `rfc4733`, `info`, `inband`
    pub dtmf: String,
    /// `off`, `optional`, `required`
    pub srtp: String,
    /// Keys may travel in SDP over UDP and TCP.
    pub srtp_over_plain: bool,
    /// Learn the media source from its first packet (NAT).
    pub learn_source: bool,
    /// Most legs at once; 0 is no limit.
    pub max_channels: i64,
    /// Most new legs a second; 0 is no limit.
    pub max_cps: i64,
    /// `e164_plus`, `e164`, `national`
    pub number_format: String,
    /// Digits before every dialled number.
    pub tech_prefix: String,
    /// E.164; shown when the policy says so.
    pub caller_id: Option<String>,
    /// Rules over numbers, short codes, identity, patience.
    #[sqlx(try_from = "JsonText<Dialling>")]
    pub dialling: Dialling,
    /// New calls may use it.
    pub enabled: bool,
    /// Made.
    pub created_at: i64,
    /// Changed last.
    pub updated_at: i64,
}

macro_rules! columns {
    () => {
        "id, name, host, port, transport, allow_list, username, password_enc, register, challenge, codecs, dtmf, srtp, \
         srtp_over_plain, learn_source, max_channels, max_cps, number_format, tech_prefix, caller_id, \
         dialling, enabled, created_at, updated_at"
    };
}

macro_rules! bind {
    ($query:expr, $t:expr) => {
        $query
            .bind(&$t.id)
            .bind(&$t.name)
            .bind(&$t.host)
            .bind($t.port)
            .bind(&$t.transport)
            .bind(JsonText(&$t.allow))
            .bind(&$t.username)
            .bind(&$t.password_enc)
            .bind($t.register)
            .bind(&$t.challenge)
            .bind(JsonText(&$t.codecs))
            .bind(&$t.dtmf)
            .bind(&$t.srtp)
            .bind($t.srtp_over_plain)
            .bind($t.learn_source)
            .bind($t.max_channels)
            .bind($t.max_cps)
            .bind(&$t.number_format)
            .bind(&$t.tech_prefix)
            .bind(&$t.caller_id)
            .bind(JsonText(&$t.dialling))
            .bind($t.enabled)
    };
}

/// Adds a trunk. [`super::StoreError::Conflict`] when the name is taken.
pub async fn create(db: &Db, t: &Trunk) -> Result<()> {
    let sql = concat!(
        "insert into trunks (",
        columns!(),
        ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)"
    );
    on_write!(db, |x| bind!(sqlx::query(sql), t)
        .bind(t.created_at)
        .bind(t.updated_at)
        .execute(x)
        .await
        .map(drop))?;
    Ok(())
}

/// Writes everything but id and `created_at`.
pub async fn update(db: &Db, t: &Trunk) -> Result<()> {
    let sql = "update trunks set name = $2, host = $3, port = $4, transport = $5, allow_list = $6, username = $7, \
               password_enc = $8, register = $9, challenge = $10, codecs = $11, dtmf = $12, srtp = $13, \
               srtp_over_plain = $14, learn_source = $15, max_channels = $16, max_cps = $17, number_format = $18, \
               tech_prefix = $19, caller_id = $20, dialling = $21, enabled = $22, updated_at = $23 where id = $1";
    let rows = on_write!(db, |x| bind!(sqlx::query(sql), t)
        .bind(t.updated_at)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?;
    one(rows)
}

/// One trunk by its id.
pub async fn get(db: &Db, id: &str) -> Result<Trunk> {
    let sql = concat!("select ", columns!(), " from trunks where id = $1");
    Ok(on_read!(db, |x| sqlx::query_as(sql).bind(id).fetch_one(x).await)?)
}

/// One trunk by its name.
pub async fn get_by_name(db: &Db, name: &str) -> Result<Trunk> {
    let sql = concat!("select ", columns!(), " from trunks where name = $1");
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(name)
        .fetch_one(x)
        .await)?)
}

/// Trunks, oldest first.
pub async fn list(db: &Db, page: &Page) -> Result<Paged<Trunk>> {
    let sql = concat!(
        "select ",
        columns!(),
        " from trunks where id > $1 order by id limit $2"
    );
    let after = page.after.as_deref().unwrap_or_default();
    let rows = on_read!(db, |x| sqlx::query_as(sql)
        .bind(after)
        .bind(page.rows() + 1)
        .fetch_all(x)
        .await)?;
    Ok(Paged::cut(rows, page, |t: &Trunk| t.id.clone()))
}

/// Every trunk, for the gateway's snapshot.
pub async fn all(db: &Db) -> Result<Vec<Trunk>> {
    let sql = concat!("select ", columns!(), " from trunks order by id");
    Ok(on_read!(db, |x| sqlx::query_as(sql).fetch_all(x).await)?)
}

/// Deletes a trunk. [`super::StoreError::Reference`] while a route or a number names it.
pub async fn delete(db: &Db, id: &str) -> Result<()> {
    let rows = on_write!(db, |x| sqlx::query("delete from trunks where id = $1")
        .bind(id)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?;
    one(rows)
}
