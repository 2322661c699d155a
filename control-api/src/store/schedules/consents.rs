//! Consents: who agreed to daily calls or took it back, when, how, and to which text. Kept when the subscription is over.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use super::super::types::words;
use super::super::{Db, Result, on_read};

words!(
    /// Through what consent was given or taken back.
    How {
        /// A key pressed on the telephone.
        Key = "key",
        /// A request of the API.
        Api = "api",
        /// Brought from another system.
        Import = "import",
    }
);

/// One act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromRow)]
pub struct Consent {
    /// UUID.
    pub id: String,
    /// The subscription.
    pub schedule_id: String,
    /// When.
    pub at: i64,
    /// Given; else taken back.
    pub given: bool,
    /// Through what.
    pub how: How,
    /// The session in which the key was pressed, the API key's id, or the import's name.
    pub source: String,
    /// Which version of the text was shown or heard.
    pub version: String,
    /// That text, as far as it is one: a recording has none.
    pub text: String,
}

/// The statement that writes one.
macro_rules! insert {
    ($c:expr) => {
        sqlx::query(
            "insert into consents (id, schedule_id, at, given, how, source, version, text) \
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&$c.id)
        .bind(&$c.schedule_id)
        .bind($c.at)
        .bind($c.given)
        .bind($c.how)
        .bind(&$c.source)
        .bind(&$c.version)
        .bind(&$c.text)
    };
}
pub(super) use insert;

/// A subscription's consents, oldest first.
pub async fn consents(db: &Db, schedule_id: &str) -> Result<Vec<Consent>> {
    let sql = "select id, schedule_id, at, given, how, source, version, text from consents where schedule_id = $1 order by id";
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(schedule_id)
        .fetch_all(x)
        .await)?)
}
