//! People who log in: their role, the campaigns of those who are confined to some, and the hash of their password.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use super::types::words;
use super::{Db, Page, Paged, Result, StoreError, grants, in_transaction, on_read, on_write, one};

words!(
    /// What somebody may do.
    Role {
        /// Everything.
        Admin = "admin",
        /// Everything but users, keys, trunks, routes, numbers and settings.
        Staff = "staff",
        /// Their own campaigns, and what belongs to them.
        Partner = "partner",
        /// Reads.
        Viewer = "viewer",
    }
);

/// A person, without the password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromRow)]
pub struct User {
    /// UUID.
    pub id: String,
    /// Unique; what they log in with.
    pub name: String,
    /// May be empty.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// Whether they may log in.
    pub enabled: bool,
    /// The password was made by us: it must be changed before anything else is done.
    pub password_once: bool,
    /// Made.
    pub created_at: i64,
    /// Changed last.
    pub updated_at: i64,
    /// Logged in last.
    pub last_login_at: Option<i64>,
}

/// Who logs in, and what their password must match. It has no `Debug`.
pub struct Credentials {
    /// The person.
    pub user: User,
    /// PHC string.
    pub hash: String,
}

macro_rules! columns {
    () => {
        "id, name, email, role, enabled, password_once, created_at, updated_at, last_login_at"
    };
}

/// Adds somebody with the hash of a password. [`StoreError::Conflict`] when the name is taken.
pub async fn create(db: &Db, u: &User, hash: &str, campaigns: &[String]) -> Result<()> {
    let sql = concat!(
        "insert into users (",
        columns!(),
        ", password) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    );
    in_transaction!(db, |tx| {
        sqlx::query(sql)
            .bind(&u.id)
            .bind(&u.name)
            .bind(&u.email)
            .bind(u.role)
            .bind(u.enabled)
            .bind(u.password_once)
            .bind(u.created_at)
            .bind(u.updated_at)
            .bind(u.last_login_at)
            .bind(hash)
            .execute(&mut *tx)
            .await?;
        for campaign in campaigns {
            sqlx::query(grants::INSERT)
                .bind(&u.id)
                .bind(campaign)
                .execute(&mut *tx)
                .await?;
        }
    });
    Ok(())
}

/// Writes name, email, role and whether they are enabled, and puts a list in place of their campaigns. Whoever is disabled is logged out.
pub async fn update(db: &Db, u: &User, campaigns: &[String]) -> Result<()> {
    let sql =
        "update users set name = $2, email = $3, role = $4, enabled = $5, updated_at = $6 where id = $1";
    in_transaction!(db, |tx| {
        let done = sqlx::query(sql)
            .bind(&u.id)
            .bind(&u.name)
            .bind(&u.email)
            .bind(u.role)
            .bind(u.enabled)
            .bind(u.updated_at)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::NotFound);
        }
        sqlx::query("delete from grants where owner = $1")
            .bind(&u.id)
            .execute(&mut *tx)
            .await?;
        for campaign in campaigns {
            sqlx::query(grants::INSERT)
                .bind(&u.id)
                .bind(campaign)
                .execute(&mut *tx)
                .await?;
        }
        if !u.enabled {
            sqlx::query("delete from user_sessions where user_id = $1")
                .bind(&u.id)
                .execute(&mut *tx)
                .await?;
        }
    });
    Ok(())
}

/// Sets a password and logs out everywhere, but for the session with this hash. `once`: it must be changed at the next login.
pub async fn set_password(db: &Db, id: &str, hash: &str, once: bool, but: &str, now: i64) -> Result<()> {
    let sql = "update users set password = $2, password_once = $3, updated_at = $4 where id = $1";
    in_transaction!(db, |tx| {
        let done = sqlx::query(sql)
            .bind(id)
            .bind(hash)
            .bind(once)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::NotFound);
        }
        sqlx::query("delete from user_sessions where user_id = $1 and hash <> $2")
            .bind(id)
            .bind(but)
            .execute(&mut *tx)
            .await?;
    });
    Ok(())
}

/// One person by their id.
pub async fn get(db: &Db, id: &str) -> Result<User> {
    let sql = concat!("select ", columns!(), " from users where id = $1");
    Ok(on_read!(db, |x| sqlx::query_as(sql).bind(id).fetch_one(x).await)?)
}

/// Who has this name, and the hash of their password; those who are disabled too.
pub async fn credentials(db: &Db, name: &str) -> Result<Credentials> {
    let sql = concat!("select ", columns!(), " from users where name = $1");
    let user: User = on_read!(db, |x| sqlx::query_as(sql).bind(name).fetch_one(x).await)?;
    let sql = "select password from users where id = $1";
    let hash: String = on_read!(db, |x| sqlx::query_scalar(sql).bind(&user.id).fetch_one(x).await)?;
    Ok(Credentials { user, hash })
}

/// People, oldest first.
pub async fn list(db: &Db, page: &Page) -> Result<Paged<User>> {
    let sql = concat!(
        "select ",
        columns!(),
        " from users where id > $1 order by id limit $2"
    );
    let after = page.after.as_deref().unwrap_or_default();
    let rows = on_read!(db, |x| sqlx::query_as(sql)
        .bind(after)
        .bind(page.rows() + 1)
        .fetch_all(x)
        .await)?;
    Ok(Paged::cut(rows, page, |u: &User| u.id.clone()))
}

/// Whether anybody but this one is an admin who may log in.
pub async fn has_other_admin(db: &Db, id: &str) -> Result<bool> {
    let sql = "select count(*) from users where role = 'admin' and enabled and id <> $1";
    let count: i64 = on_read!(db, |x| sqlx::query_scalar(sql).bind(id).fetch_one(x).await)?;
    Ok(count > 0)
}

/// Deletes somebody, with their sessions and campaigns.
pub async fn delete(db: &Db, id: &str) -> Result<()> {
    on_write!(db, |x| sqlx::query("delete from grants where owner = $1")
        .bind(id)
        .execute(x)
        .await
        .map(drop))?;
    let rows = on_write!(db, |x| sqlx::query("delete from users where id = $1")
        .bind(id)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?;
    one(rows)
}
