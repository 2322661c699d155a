//! What can go wrong in the store, told apart by what a caller can do about it.

use sqlx::error::ErrorKind;

/// Result of a store function.
pub type Result<T> = std::result::Result<T, StoreError>;

/// A statement that did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such row, or it is not in the state that the change needs. HTTP: 404.
    #[error("not found")]
    NotFound,
    /// A row with this name, number or key exists already. HTTP: 409.
    #[error("exists already: {what}")]
    Conflict {
        /// The constraint or column, as the database names it.
        what: String,
    },
    /// It names a row that does not exist, or others still need it. HTTP: 409 or 422.
    #[error("refers to something that does not exist, or is still in use")]
    Reference,
    /// The database is locked, overloaded, full or out of reach: try again later. HTTP: 503 with Retry-After.
    #[error("the database cannot be reached or is busy: {0}")]
    Busy(#[source] sqlx::Error),
    /// The statement or a stored row is wrong: our own mistake or a damaged database. HTTP: 500.
    #[error("the database answered what it never should: {0}")]
    Broken(#[source] sqlx::Error),
}

/// SQLite primary result codes that pass by themselves: BUSY, LOCKED, READONLY (disk remounted), IOERR, FULL, CANTOPEN.
const SQLITE_PASSING: [i32; 6] = [5, 6, 8, 10, 13, 14];

/// PostgreSQL error classes (first two characters of SQLSTATE) that pass: connection, transaction rollback (deadlock,
/// serialization), resources (disk full, too many connections), operator intervention (shutdown, timeout), system error.
const POSTGRES_PASSING: [&str; 5] = ["08", "40", "53", "57", "58"];

/// `lock_not_available` and `read_only_sql_transaction` (a standby).
const POSTGRES_PASSING_STATES: [&str; 2] = ["55P03", "25006"];

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> StoreError {
        if matches!(error, sqlx::Error::RowNotFound) {
            return StoreError::NotFound;
        }
        if let sqlx::Error::Database(db) = &error {
            if db.kind() == ErrorKind::UniqueViolation {
                return StoreError::Conflict {
                    what: constraint(db.as_ref()),
                };
            }
            if db.kind() == ErrorKind::ForeignKeyViolation {
                return StoreError::Reference;
            }
        }
        if passes(&error) {
            StoreError::Busy(error)
        } else {
            StoreError::Broken(error)
        }
    }
}

fn constraint(error: &dyn sqlx::error::DatabaseError) -> String {
    match error.constraint() {
        Some(name) => name.to_owned(),
        None => match error.message().rsplit_once(": ") {
            Some((_, columns)) => columns.to_owned(),
            None => error.message().to_owned(),
        },
    }
}

fn passes(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(db) = error else {
        return matches!(
            error,
            sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::BeginFailed
                | sqlx::Error::Protocol(_)
        );
    };
    if let Some(pg) = db.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
        return POSTGRES_PASSING.iter().any(|class| pg.code().starts_with(class))
            || POSTGRES_PASSING_STATES.contains(&pg.code());
    }
    // SQLite's extended codes carry the primary one in the low byte.
    let code = db.code().and_then(|code| code.parse::<i32>().ok());
    code.is_some_and(|code| SQLITE_PASSING.contains(&(code & 0xff)))
}
