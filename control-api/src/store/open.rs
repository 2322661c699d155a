//! Opening the database: its address, its pragmas and limits, its migrations.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::pool::PoolOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, PgConnection};

use super::{Db, Sqlite};

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// How long a statement waits for somebody else's lock on the SQLite file before it is [`super::StoreError::Busy`].
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a statement waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// How long PostgreSQL may work on one statement.
const STATEMENT_TIMEOUT: &str = "10000";

/// Oldest PostgreSQL, as it numbers its versions.
const POSTGRES_OLDEST: i64 = 130_000;

/// How often, and after what pause, an SQLite file is tried that another program sets up at the same moment.
const SQLITE_TRIES: u32 = 10;
const SQLITE_PAUSE: Duration = Duration::from_millis(50);

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
    /// PostgreSQL before 13.
    #[error("PostgreSQL at {place} is version {version}; use version 13 or newer ([database] url)")]
    TooOld {
        /// Host, port and database.
        place: String,
        /// As it says.
        version: String,
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

pub(super) enum Address {
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

pub(super) fn address(url: &str) -> Result<Address, OpenError> {
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
        // What is deleted is overwritten: numbers and keys must not be left in unused parts of the file.
        .pragma("secure_delete", "on")
        .synchronous(SqliteSynchronous::Full);
    let pool = |connections| {
        PoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
    };
    let mut tries = SQLITE_TRIES;
    let write = loop {
        tries -= 1;
        match migrated(pool(1), write.clone()).await {
            Ok(write) => break write,
            // Another program sets the same file up: it is done soon, and then there is nothing left to do.
            Err(MigrateError::Execute(sqlx::Error::Database(_)) | MigrateError::ExecuteMigration(..))
                if tries > 0 =>
            {
                tokio::time::sleep(SQLITE_PAUSE).await;
            }
            Err(error) => return Err(migration_error(error, failed)),
        }
    };
    let read = pool(SQLITE_READERS).connect_lazy_with(options.read_only(true));
    Ok(Db::Sqlite(Sqlite { read, write }))
}

async fn migrated(
    pool: PoolOptions<sqlx::Sqlite>,
    options: SqliteConnectOptions,
) -> Result<sqlx::SqlitePool, MigrateError> {
    let pool = pool.connect_with(options).await?;
    MIGRATIONS.run(&pool).await?;
    Ok(pool)
}

async fn open_postgres(place: &str, options: PgConnectOptions) -> Result<Db, OpenError> {
    let failed = |error: sqlx::Error| OpenError::Server {
        place: place.to_owned(),
        reason: reason(&error),
    };
    // A pool tries again until its time is up and then only says so; one connection says what is wrong.
    let mut first = postgres_connection(&options).await.map_err(failed)?;
    postgres_version(&mut first, place).await?;
    first.close().await.map_err(failed)?;
    // Migrating takes as long as it takes: an index on a large table is no statement that hangs.
    let patient = options.clone().options([("statement_timeout", "0")]);
    let migrating = sqlx::postgres::PgPoolOptions::new()
        .max_connections(1)
        .connect_with(patient)
        .await
        .map_err(failed)?;
    MIGRATIONS
        .run(&migrating)
        .await
        .map_err(|e| migration_error(e, failed))?;
    migrating.close().await;
    let pool = PoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_with(options)
        .await
        .map_err(failed)?;
    Ok(Db::Postgres(pool))
}

pub(super) async fn postgres_connection(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    tokio::time::timeout(ACQUIRE_TIMEOUT, options.connect())
        .await
        .map_err(|_| sqlx::Error::PoolTimedOut)?
}

/// Refuses a server that is too old.
pub(super) async fn postgres_version(connection: &mut PgConnection, place: &str) -> Result<(), OpenError> {
    let sql = "select current_setting('server_version_num')::bigint, current_setting('server_version')";
    let asked: Result<(i64, String), sqlx::Error> = sqlx::query_as(sql).fetch_one(connection).await;
    match asked {
        Ok((number, _)) if number >= POSTGRES_OLDEST => Ok(()),
        Ok((_, version)) => Err(OpenError::TooOld {
            place: place.to_owned(),
            version,
        }),
        Err(error) => Err(OpenError::Server {
            place: place.to_owned(),
            reason: reason(&error),
        }),
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

pub(super) fn reason(error: &sqlx::Error) -> String {
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
