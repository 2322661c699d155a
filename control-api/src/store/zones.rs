//! Imported prefixes of numbers and their time zones, which go before the built-in table.

use super::{Db, Result, in_transaction, on_read};

/// The zone of the longest prefix of a number that was imported.
pub async fn of_number(db: &Db, e164: &str) -> Result<Option<String>> {
    let sql = "select time_zone from zone_prefixes where substr($1, 1, length(prefix)) = prefix \
               order by length(prefix) desc limit 1";
    Ok(on_read!(db, |x| sqlx::query_scalar(sql)
        .bind(e164)
        .fetch_optional(x)
        .await)?)
}

/// Puts prefixes with their zones in place of all that were imported before.
pub async fn replace(db: &Db, prefixes: &[(String, String)]) -> Result<()> {
    let insert = "insert into zone_prefixes (prefix, time_zone) values ($1, $2)";
    in_transaction!(db, |tx| {
        sqlx::query("delete from zone_prefixes").execute(&mut *tx).await?;
        for (prefix, zone) in prefixes {
            sqlx::query(insert)
                .bind(prefix)
                .bind(zone)
                .execute(&mut *tx)
                .await?;
        }
    });
    Ok(())
}
