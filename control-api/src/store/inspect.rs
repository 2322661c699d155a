//! Looking at a database without changing it, for `trunkline check`.

use std::path::{Path, PathBuf};

use sqlx::migrate::{Migrate, MigrateError};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use super::open::{Address, MIGRATIONS, OpenError, address, postgres_connection, postgres_version, reason};

/// What [`inspect`] saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// `sqlite` or `postgres`.
    pub engine: &'static str,
    /// File, or host and database.
    pub place: String,
    /// Newest migration in the database; `None` when it is empty or not made yet.
    pub schema: Option<i64>,
    /// Newest migration this program knows.
    pub newest: i64,
}

/// Looks whether the database can be reached and written, and which schema it has. Changes nothing; a file that does not exist is not made.
pub async fn inspect(url: &str) -> Result<Inspection, OpenError> {
    let newest = MIGRATIONS.iter().map(|m| m.version).max().unwrap_or(0);
    let (engine, place, schema) = match address(url)? {
        Address::Sqlite(path, options) => (
            "sqlite",
            path.display().to_string(),
            sqlite(&path, *options).await?,
        ),
        Address::Postgres(place, options) => {
            let mut connection = postgres_connection(&options)
                .await
                .map_err(|e| server(&place, reason(&e)))?;
            postgres_version(&mut connection, &place).await?;
            let sql = "select pg_is_in_recovery(), has_schema_privilege(current_schema(), 'CREATE')";
            let asked: Result<(bool, Option<bool>), sqlx::Error> =
                sqlx::query_as(sql).fetch_one(&mut connection).await;
            let (standby, may_create) = asked.map_err(|e| server(&place, reason(&e)))?;
            let schema = schema_of(&mut connection)
                .await
                .map_err(|e| server(&place, reason(&e)))?;
            if standby {
                return Err(server(&place, "it is a standby that only reads".to_owned()));
            }
            if schema.unwrap_or(0) < newest && may_create != Some(true) {
                return Err(server(&place, "this user may not create tables".to_owned()));
            }
            ("postgres", place, schema)
        }
    };
    match schema {
        Some(schema) if schema > newest => Err(OpenError::Schema {
            reason: format!("it has version {schema}, this program knows {newest} at most"),
        }),
        Some(_) | None => Ok(Inspection {
            engine,
            place,
            schema,
            newest,
        }),
    }
}

async fn sqlite(path: &Path, options: SqliteConnectOptions) -> Result<Option<i64>, OpenError> {
    let file = |reason: String| OpenError::File {
        path: path.to_owned(),
        reason,
    };
    if !path.exists() {
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder.to_owned(),
            Some(_) | None => PathBuf::from("."),
        };
        // A file without a name, gone when it is closed.
        return match tempfile::tempfile_in(&folder) {
            Ok(_) => Ok(None),
            Err(error) => Err(file(format!("its folder cannot be written: {}", error.kind()))),
        };
    }
    let failed = |e: sqlx::Error| file(reason(&e));
    let mut connection = options.connect().await.map_err(failed)?;
    let schema = schema_of(&mut connection).await.map_err(failed)?;
    // Takes the write lock and gives it back: read-only files and media are found so, and nothing is written.
    for sql in ["begin immediate", "rollback"] {
        sqlx::query(sql).execute(&mut connection).await.map_err(failed)?;
    }
    connection.close().await.map_err(failed)?;
    Ok(schema)
}

async fn schema_of<C: Migrate>(connection: &mut C) -> Result<Option<i64>, sqlx::Error> {
    match connection.list_applied_migrations(&MIGRATIONS.table_name).await {
        Ok(applied) => Ok(applied.iter().map(|m| m.version).max()),
        // No such table: nothing was ever set up here.
        Err(MigrateError::Execute(sqlx::Error::Database(e))) if !not_a_database(e.as_ref()) => Ok(None),
        Err(MigrateError::Execute(error)) => Err(error),
        Err(other) => Err(sqlx::Error::Decode(other.to_string().into())),
    }
}

/// SQLITE_NOTADB and SQLITE_CORRUPT.
fn not_a_database(error: &dyn sqlx::error::DatabaseError) -> bool {
    matches!(error.code().as_deref(), Some("26" | "11"))
}

fn server(place: &str, reason: String) -> OpenError {
    OpenError::Server {
        place: place.to_owned(),
        reason,
    }
}
