//! Reading a database of CallPower (PostgreSQL): read only, and all of it as it stood at one moment. Nothing of ours is written here.
//!
//! Versions of CallPower differ in their columns. What a database has is asked first; a column that it lacks reads as null.

mod rows;
#[cfg(test)]
pub(crate) mod testing;

use std::collections::{HashMap, HashSet};

use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Connection, FromRow, PgConnection};

use super::open::{Address, address, postgres_connection, reason};
use super::{Result, StoreError};
use rows::{
    BLOCKLIST, CALLS, CAMPAIGNS, LINKS, NUMBERS, OFFICES, RECORDINGS, SCHEDULES, SELECTED, SESSIONS, SHOWN,
    TARGETS, USERS,
};
pub use rows::{
    OldBlock, OldCall, OldCampaign, OldLink, OldNumber, OldOffice, OldRecording, OldSchedule, OldSession,
    OldTarget, OldUser,
};

/// Without these a database is none of CallPower's.
const REQUIRED: [&str; 4] = ["campaign_campaign", "campaign_target", "campaign_phone", "calls"];

/// Why a database of CallPower cannot be read. Never shows a password.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Not an address of PostgreSQL.
    #[error(
        "CallPower keeps its data in PostgreSQL: give an address like postgres://USER:PASSWORD@HOST/NAME"
    )]
    Url,
    /// The server does not answer or does not let us in.
    #[error(
        "cannot read CallPower's database at {place}: {reason}; check the address, the user and the password"
    )]
    Server {
        /// Host, port and database.
        place: String,
        /// What it said.
        reason: String,
    },
    /// Another program's database.
    #[error(
        "the database at {place} is not CallPower's: it has no table {table}; check the name of the database"
    )]
    NotCallPower {
        /// Host, port and database.
        place: String,
        /// The first table that is missing.
        table: &'static str,
    },
}

/// What is made of a column.
#[derive(Clone, Copy, Debug)]
enum Make {
    Text,
    Integer,
    Boolean,
    /// Milliseconds: of a time since 1970, of an interval, of a time of day since midnight.
    Millis,
}

/// A column of an answer.
#[derive(Clone, Copy, Debug)]
struct Field {
    /// Its name in the answer.
    name: &'static str,
    make: Make,
    /// The columns that it may stand in, newest first.
    from: &'static [&'static str],
}

/// A table and what is read of it.
#[derive(Clone, Copy, Debug)]
struct Table {
    name: &'static str,
    fields: &'static [Field],
    order: &'static str,
}

/// A database of CallPower, open.
#[derive(Debug)]
pub struct Source {
    connection: PgConnection,
    columns: HashMap<String, HashSet<String>>,
}

impl Source {
    /// Opens it, in one transaction that sees one moment and can write nothing.
    pub async fn open(url: &str) -> std::result::Result<Source, SourceError> {
        let Ok(Address::Postgres(place, options)) = address(url) else {
            return Err(SourceError::Url);
        };
        let failed = |error: sqlx::Error| SourceError::Server {
            place: place.clone(),
            reason: reason(&error),
        };
        // Counting a million calls takes as long as it takes.
        let options = options.options([("statement_timeout", "0")]);
        let mut connection = postgres_connection(&options).await.map_err(failed)?;
        sqlx::query("begin transaction isolation level repeatable read, read only")
            .execute(&mut connection)
            .await
            .map_err(failed)?;
        let sql = "select table_name::text, column_name::text from information_schema.columns \
                   where table_schema::text = any (current_schemas(false)::text[])";
        let listed: Vec<(String, String)> = sqlx::query_as(sql)
            .fetch_all(&mut connection)
            .await
            .map_err(failed)?;
        let mut columns: HashMap<String, HashSet<String>> = HashMap::new();
        for (table, column) in listed {
            columns.entry(table).or_default().insert(column);
        }
        if let Some(&table) = REQUIRED.iter().find(|table| !columns.contains_key(**table)) {
            return Err(SourceError::NotCallPower { place, table });
        }
        Ok(Source { connection, columns })
    }

    /// Ends the reading.
    pub async fn close(self) {
        // Nothing was written: there is nothing to lose.
        drop(self.connection.close().await);
    }

    /// Rows of a table; none when there is no such table.
    pub async fn count(&mut self, table: &'static str) -> Result<i64> {
        if !self.columns.contains_key(table) {
            return Ok(0);
        }
        let sql = format!("select count(*) from \"{table}\"");
        Ok(sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&mut self.connection)
            .await?)
    }

    /// Campaigns.
    pub async fn campaigns(&mut self) -> Result<Vec<OldCampaign>> {
        self.all(&CAMPAIGNS).await
    }

    /// People and offices that were ever called or listed.
    pub async fn targets(&mut self) -> Result<Vec<OldTarget>> {
        self.all(&TARGETS).await
    }

    /// Their further offices.
    pub async fn offices(&mut self) -> Result<Vec<OldOffice>> {
        self.all(&OFFICES).await
    }

    /// Which campaign lists which target, in order.
    pub async fn listed(&mut self) -> Result<Vec<OldLink>> {
        self.all(&LINKS).await
    }

    /// Telephone numbers of the installation.
    pub async fn numbers(&mut self) -> Result<Vec<OldNumber>> {
        self.all(&NUMBERS).await
    }

    /// Which campaign shows which number.
    pub async fn shown(&mut self) -> Result<Vec<OldLink>> {
        self.all(&SHOWN).await
    }

    /// Versions of prompts.
    pub async fn recordings(&mut self) -> Result<Vec<OldRecording>> {
        self.all(&RECORDINGS).await
    }

    /// Which campaign has which version, and whether it plays.
    pub async fn selected(&mut self) -> Result<Vec<OldLink>> {
        self.all(&SELECTED).await
    }

    /// Daily callers.
    pub async fn schedules(&mut self) -> Result<Vec<OldSchedule>> {
        self.all(&SCHEDULES).await
    }

    /// Who is blocked.
    pub async fn blocklist(&mut self) -> Result<Vec<OldBlock>> {
        self.all(&BLOCKLIST).await
    }

    /// Who logs in.
    pub async fn users(&mut self) -> Result<Vec<OldUser>> {
        let named = USERS.iter().find(|users| self.columns.contains_key(users.name));
        match named {
            Some(users) => self.all(users).await,
            None => Ok(Vec::new()),
        }
    }

    /// Sessions after this id, `limit` of them.
    pub async fn sessions(&mut self, after: i64, limit: i64) -> Result<Vec<OldSession>> {
        let Some(fields) = self.fields(&SESSIONS, "s") else {
            return Ok(Vec::new());
        };
        let sql = format!("select {fields} from calls_session s where s.id > $1 order by s.id limit $2");
        self.page(sql, after, limit).await
    }

    /// Calls after this id, `limit` of them, each with what is needed of its session.
    pub async fn calls(&mut self, after: i64, limit: i64) -> Result<Vec<OldCall>> {
        let has_sessions = self
            .columns
            .get("calls")
            .is_some_and(|columns| columns.contains("session_id"));
        let session = if has_sessions {
            self.fields(&rows::CALL_SESSION, "s")
        } else {
            None
        };
        let (session, join) = match session {
            Some(session) => (session, "left join calls_session s on s.id = c.session_id"),
            None => (nulls(&rows::CALL_SESSION), ""),
        };
        let call = self.fields(&CALLS, "c").unwrap_or_default();
        let sql =
            format!("select {call}, {session} from calls c {join} where c.id > $1 order by c.id limit $2");
        self.page(sql, after, limit).await
    }

    async fn page<T>(&mut self, sql: String, after: i64, limit: i64) -> Result<Vec<T>>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let rows = sqlx::query_as(AssertSqlSafe(sql))
            .bind(after)
            .bind(limit)
            .fetch_all(&mut self.connection)
            .await;
        rows.map_err(StoreError::from)
    }

    async fn all<T>(&mut self, table: &Table) -> Result<Vec<T>>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let Some(fields) = self.fields(table, "t") else {
            return Ok(Vec::new());
        };
        let sql = format!(
            "select {fields} from \"{}\" t order by {}",
            table.name, table.order
        );
        let rows = sqlx::query_as(AssertSqlSafe(sql))
            .fetch_all(&mut self.connection)
            .await;
        rows.map_err(StoreError::from)
    }

    /// The list of a select; `None` when there is no such table. Holds our own words only.
    fn fields(&self, table: &Table, alias: &str) -> Option<String> {
        let columns = self.columns.get(table.name)?;
        let field = |field: &Field| {
            let found = field.from.iter().find(|column| columns.contains(**column));
            let value = match (found, field.make) {
                (None, make) => return null(field.name, make),
                (Some(column), Make::Text) => format!("{alias}.\"{column}\"::text"),
                (Some(column), Make::Integer) => format!("{alias}.\"{column}\"::bigint"),
                (Some(column), Make::Boolean) => format!("{alias}.\"{column}\"::boolean"),
                (Some(column), Make::Millis) => {
                    format!("floor(extract(epoch from {alias}.\"{column}\") * 1000)::bigint")
                }
            };
            format!("{value} as {}", field.name)
        };
        Some(table.fields.iter().map(field).collect::<Vec<_>>().join(", "))
    }
}

fn nulls(table: &Table) -> String {
    let null = |field: &Field| null(field.name, field.make);
    table.fields.iter().map(null).collect::<Vec<_>>().join(", ")
}

fn null(name: &str, make: Make) -> String {
    match make {
        Make::Text => format!("null::text as {name}"),
        Make::Integer | Make::Millis => format!("null::bigint as {name}"),
        Make::Boolean => format!("null::boolean as {name}"),
    }
}
