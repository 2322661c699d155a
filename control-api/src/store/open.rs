//! Opening the database: its address, its pragmas and limits, its migrations; and looking at it without changing it.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::{Migrate, MigrateError, Migrator};
use sqlx::pool::PoolOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, PgConnection};

use super::{Db, Sqlite};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// How long a statement waits for somebody else's lock on the SQLite file before it is [`super::StoreError::Busy`].
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a statement waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// How long PostgreSQL may work on one statement.
const STATEMENT_TIMEOUT: &str = "10000";

/// Connections that read an SQLite file.
const SQLITE_READERS: u32 = 4;

/// Connections to PostgreSQL, a node.
const POSTGRES_CONNECTIONS: u32 = 16;

/// Why the database could not be opened: one sentence that says what to do. Never shows a password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither SQLite nor PostgreSQL.
    #[error(
        "database url {url:?} is not understood: use sqlite://FILE or postgres://USER:PASSWORD@HOST/NAME ([database] url)"
    )]
    Url {
        /// Without its password.
        url: String,
    },
    /// The file cannot be opened or written.
    #[error("cannot use database file {}: {reason}; check the path and its permissions ([database] url)", path.display())]
    File {
        /// The SQLite file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The server does not answer or does not let us in.
    #[error(
        "cannot connect to PostgreSQL at {place}: {reason}; check that it runs and the address, user and password ([database] url)"
    )]
    Server {
        /// Host, port and database.
        place: String,
        /// What it said.
        reason: String,
    },
    /// The schema is newer than this program, or was changed by hand.
    #[error(
        "the database schema does not fit this version of trunkline: {reason}; run the newer version, or restore a backup"
    )]
    Schema {
        /// What differs.
        reason: String,
    },
}

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

enum Address {
    Sqlite(PathBuf, Box<SqliteConnectOptions>),
    Postgres(String, Box<PgConnectOptions>),
}

impl Db {
    /// Opens `sqlite://FILE` (made when absent) or `postgres://…`, and brings its schema up to date.
    pub async fn open(url: &str) -> Result<Db, OpenError> {
        match address(url)? {
            Address::Sqlite(path, options) => open_sqlite(&path, *options).await,
            Address::Postgres(place, options) => open_postgres(&place, *options).await,
        }
    }
}

fn address(url: &str) -> Result<Address, OpenError> {
    let unknown = || OpenError::Url { url: redact(url) };
    if let Some(rest) = url.strip_prefix("sqlite:") {
        let path = PathBuf::from(rest.strip_prefix("//").unwrap_or(rest));
        if path.as_os_str().is_empty() || rest.contains(":memory:") {
            return Err(unknown());
        }
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true);
        return Ok(Address::Sqlite(path, Box::new(options)));
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        let options = PgConnectOptions::from_str(url).map_err(|_| unknown())?;
        let place = format!(
            "{}:{}/{}",
            options.get_host(),
            options.get_port(),
            options.get_database().unwrap_or(options.get_username())
        );
        let options = options
            .application_name("trunkline")
            .options([("statement_timeout", STATEMENT_TIMEOUT)]);
        return Ok(Address::Postgres(place, Box::new(options)));
    }
    Err(unknown())
}

async fn open_sqlite(path: &Path, options: SqliteConnectOptions) -> Result<Db, OpenError> {
    let failed = |error: sqlx::Error| OpenError::File {
        path: path.to_owned(),
        reason: reason(&error),
    };
    // FULL: a row that says "dialled" or "recorded" must still say so after the power went.
    let write = options
        .clone()
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let pool = |connections| {
        PoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
    };
    let write = pool(1).connect_with(write).await.map_err(failed)?;
    MIGRATIONS
        .run(&write)
        .await
        .map_err(|e| migration_error(e, failed))?;
    let read = pool(SQLITE_READERS).connect_lazy_with(options.read_only(true));
    Ok(Db::Sqlite(Sqlite { read, write }))
}

async fn open_postgres(place: &str, options: PgConnectOptions) -> Result<Db, OpenError> {
    let failed = |error: sqlx::Error| OpenError::Server {
        place: place.to_owned(),
        reason: reason(&error),
    };
    // A pool tries again until its time is up and then only says so; one connection says what is wrong.
    postgres_connection(&options)
        .await
        .map_err(failed)?
        .close()
        .await
        .map_err(failed)?;
    let pool = PoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_with(options)
        .await
        .map_err(failed)?;
    MIGRATIONS
        .run(&pool)
        .await
        .map_err(|e| migration_error(e, failed))?;
    Ok(Db::Postgres(pool))
}

async fn postgres_connection(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    tokio::time::timeout(ACQUIRE_TIMEOUT, options.connect())
        .await
        .map_err(|_| sqlx::Error::PoolTimedOut)?
}

/// Looks whether the database can be reached and which schema it has. Changes nothing; a file that does not exist yet is not made.
pub async fn inspect(url: &str) -> Result<Inspection, OpenError> {
    let newest = MIGRATIONS.iter().map(|m| m.version).max().unwrap_or(0);
    match address(url)? {
        Address::Sqlite(path, options) => {
            let place = path.display().to_string();
            let failed = |error: sqlx::Error| OpenError::File {
                path: path.clone(),
                reason: reason(&error),
            };
            if !path.exists() {
                return Ok(Inspection {
                    engine: "sqlite",
                    place,
                    schema: None,
                    newest,
                });
            }
            let mut connection = options.connect().await.map_err(failed)?;
            let schema = schema_of(&mut connection).await.map_err(failed)?;
            Ok(Inspection {
                engine: "sqlite",
                place,
                schema,
                newest,
            })
        }
        Address::Postgres(place, options) => {
            let failed = |error: sqlx::Error| OpenError::Server {
                place: place.clone(),
                reason: reason(&error),
            };
            let mut connection = options.connect().await.map_err(failed)?;
            let schema = schema_of(&mut connection).await.map_err(failed)?;
            Ok(Inspection {
                engine: "postgres",
                place,
                schema,
                newest,
            })
        }
    }
}

async fn schema_of<C: Migrate>(connection: &mut C) -> Result<Option<i64>, sqlx::Error> {
    match connection.list_applied_migrations(&MIGRATIONS.table_name).await {
        Ok(applied) => Ok(applied.iter().map(|m| m.version).max()),
        // No such table: nothing was ever set up here.
        Err(MigrateError::Execute(sqlx::Error::Database(_))) => Ok(None),
        Err(MigrateError::Execute(error)) => Err(error),
        Err(other) => Err(sqlx::Error::Decode(other.to_string().into())),
    }
}

fn migration_error(error: MigrateError, failed: impl Fn(sqlx::Error) -> OpenError) -> OpenError {
    if let MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) = error {
        return failed(error);
    }
    OpenError::Schema {
        reason: error.to_string(),
    }
}

fn reason(error: &sqlx::Error) -> String {
    if let sqlx::Error::Database(db) = error {
        return db.message().to_owned();
    }
    if let sqlx::Error::Io(io) = error {
        return io.to_string();
    }
    if matches!(error, sqlx::Error::PoolTimedOut) {
        return "no answer in time".to_owned();
    }
    error.to_string()
}

/// The URL without the password.
fn redact(url: &str) -> String {
    match url::Url::parse(url) {
        Ok(mut parsed) if parsed.password().is_some() => match parsed.set_password(Some("…")) {
            Ok(()) => parsed.to_string(),
            Err(()) => "…".to_owned(),
        },
        Ok(_) => url.to_owned(),
        Err(_) => url.split('@').next_back().unwrap_or_default().to_owned(),
    }
}
