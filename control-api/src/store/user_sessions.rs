//! Where people are logged in: the hash of each session's cookie, until it expires.

use super::users::User;
use super::{Db, Result, in_transaction, on_read, on_write};

/// Most live sessions of one person: a third login ends the oldest.
pub const LIVE_AT_ONCE: i64 = 2;

/// A session to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSession {
    /// UUID; sorts by time.
    pub id: String,
    /// SHA-256 of the cookie, in hexadecimal.
    pub hash: String,
    /// Whose it is.
    pub user_id: String,
    /// Made.
    pub created_at: i64,
    /// No longer good from then on.
    pub expires_at: i64,
}

/// Adds a session, notes the login, and ends the oldest beyond [`LIVE_AT_ONCE`] as well as those that have expired.
pub async fn create(db: &Db, s: &NewSession) -> Result<()> {
    let insert =
        "insert into user_sessions (id, hash, user_id, created_at, expires_at) values ($1, $2, $3, $4, $5)";
    let cut = "delete from user_sessions where user_id = $1 and (expires_at <= $2 or id not in \
               (select id from user_sessions where user_id = $1 order by id desc limit $3))";
    in_transaction!(db, |tx| {
        // Takes the person's row: of two logins at once the second sees the first's session.
        sqlx::query("update users set last_login_at = $2 where id = $1")
            .bind(&s.user_id)
            .bind(s.created_at)
            .execute(&mut *tx)
            .await?;
        sqlx::query(insert)
            .bind(&s.id)
            .bind(&s.hash)
            .bind(&s.user_id)
            .bind(s.created_at)
            .bind(s.expires_at)
            .execute(&mut *tx)
            .await?;
        sqlx::query(cut)
            .bind(&s.user_id)
            .bind(s.created_at)
            .bind(LIVE_AT_ONCE)
            .execute(&mut *tx)
            .await?;
    });
    Ok(())
}

/// Who is logged in with the cookie of this hash; nobody when it has expired or they are disabled.
pub async fn find_valid(db: &Db, hash: &str, now: i64) -> Result<User> {
    let sql = "select u.id, u.name, u.email, u.role, u.enabled, u.password_once, u.created_at, u.updated_at, u.last_login_at \
               from user_sessions s join users u on u.id = s.user_id where s.hash = $1 and s.expires_at > $2 and u.enabled";
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(hash)
        .bind(now)
        .fetch_one(x)
        .await)?)
}

/// Ends a session. One that is over already stays over.
pub async fn delete(db: &Db, hash: &str) -> Result<()> {
    on_write!(db, |x| sqlx::query("delete from user_sessions where hash = $1")
        .bind(hash)
        .execute(x)
        .await
        .map(drop))?;
    Ok(())
}
