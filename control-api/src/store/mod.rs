//! Everything that outlives a call: campaigns, targets, trunks, sessions, calls, records, keys. SQL lives here and nowhere else.
//!
//! One SQL text serves SQLite and PostgreSQL. A noun is a module with plain structs and plain async functions that take a [`Db`]. Ids are
//! UUID text made by the caller (see `clock`), times are milliseconds since 1970 UTC and always given by the caller.

mod error;
mod inspect;
mod open;
mod types;

pub mod audit;
pub mod blocklist;
pub mod browse;
pub mod callpower;
pub mod calls;
pub mod campaign_keys;
pub mod campaigns;
pub mod cdrs;
pub mod crm;
pub mod dialling;
pub mod divisions;
pub mod events;
pub mod grants;
pub mod history;
pub mod idempotency;
pub mod imports;
pub mod jobs;
pub mod keys;
pub mod nodes;
pub mod numbers;
pub mod officials;
pub mod optouts;
pub mod overview;
pub mod prompts;
pub mod ratelimits;
pub mod recordings;
pub mod retention;
pub mod routes;
pub mod schedules;
pub mod sessions;
pub mod settings;
pub mod stats;
pub mod targets;
#[cfg(test)]
pub(crate) mod testing;
pub mod traces;
pub mod trunks;
pub mod user_sessions;
pub mod users;
pub mod webhooks;
pub mod zones;

#[cfg(test)]
pub(crate) mod tests;

pub use error::{Result, StoreError};
pub use inspect::{Inspection, inspect};
pub use open::OpenError;
pub use types::{JsonText, PAGE_DEFAULT, PAGE_MAX, Page, Paged, from_word, word};

/// An open database with the newest schema. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Db {
    /// The embedded one: many readers, one writer.
    Sqlite(Sqlite),
    /// The distributed one.
    Postgres(sqlx::PgPool),
}

/// SQLite's two pools. One connection writes, so that our own statements never find the file locked by each other.
#[derive(Clone, Debug)]
pub struct Sqlite {
    pub(super) read: sqlx::SqlitePool,
    pub(super) write: sqlx::SqlitePool,
}

impl Db {
    /// Whether the database answers: for `/readyz` and metrics.
    pub async fn ping(&self) -> Result<()> {
        on_read!(self, |c| sqlx::query("select 1").execute(c).await.map(drop))?;
        Ok(())
    }

    /// `sqlite` or `postgres`.
    pub fn engine(&self) -> &'static str {
        match self {
            Db::Sqlite(_) => "sqlite",
            Db::Postgres(_) => "postgres",
        }
    }

    /// Waits for running statements and closes every connection.
    pub async fn close(&self) {
        match self {
            Db::Sqlite(sqlite) => {
                sqlite.read.close().await;
                sqlite.write.close().await;
            }
            Db::Postgres(pool) => pool.close().await,
        }
    }
}

/// Runs one reading statement on whichever engine it is.
macro_rules! on_read {
    ($db:expr, |$c:ident| $run:expr) => {
        match $db {
            $crate::store::Db::Sqlite(sqlite) => {
                let $c = &sqlite.read;
                $run
            }
            $crate::store::Db::Postgres(pool) => {
                let $c = pool;
                $run
            }
        }
    };
}

/// Runs one writing statement on whichever engine it is.
macro_rules! on_write {
    ($db:expr, |$c:ident| $run:expr) => {
        match $db {
            $crate::store::Db::Sqlite(sqlite) => {
                let $c = &sqlite.write;
                $run
            }
            $crate::store::Db::Postgres(pool) => {
                let $c = pool;
                $run
            }
        }
    };
}

/// Runs several statements as one; leaving early with `?` undoes them.
macro_rules! in_transaction {
    ($db:expr, |$tx:ident| $run:block) => {
        match $db {
            $crate::store::Db::Sqlite(sqlite) => {
                // Immediate: a transaction that reads first and writes later could find the file taken in between.
                let mut $tx = sqlite.write.begin_with("begin immediate").await?;
                let out = $run;
                $tx.commit().await?;
                out
            }
            $crate::store::Db::Postgres(pool) => {
                let mut $tx = pool.begin().await?;
                let out = $run;
                $tx.commit().await?;
                out
            }
        }
    };
}

pub(crate) use {in_transaction, on_read, on_write};

/// An UPDATE or DELETE that must have met exactly one row.
fn one(rows: u64) -> Result<()> {
    if rows == 0 {
        Err(StoreError::NotFound)
    } else {
        Ok(())
    }
}
