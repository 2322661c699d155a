//! What was found out about uploaded recordings, by the hash of their bytes. Versions with the same bytes share it.

use trunkline_prompts::lab::Report;

use super::{Db, JsonText, Result, on_read, on_write};

/// Keeps a report, in place of one of before.
pub async fn put(db: &Db, audio_hash: &str, report: &Report) -> Result<()> {
    let sql = "insert into recordings (audio_hash, report) values ($1, $2) \
               on conflict (audio_hash) do update set report = excluded.report";
    on_write!(db, |x| sqlx::query(sql)
        .bind(audio_hash)
        .bind(JsonText(report))
        .execute(x)
        .await
        .map(drop))?;
    Ok(())
}

/// The report of a recording; none for what was uploaded before there was a lab.
pub async fn get(db: &Db, audio_hash: &str) -> Result<Option<Report>> {
    let sql = "select report from recordings where audio_hash = $1";
    let json: Option<String> = on_read!(db, |x| sqlx::query_scalar(sql)
        .bind(audio_hash)
        .fetch_optional(x)
        .await)?;
    // A report of another version of us is as good as none.
    Ok(json.and_then(|json| serde_json::from_str(&json).ok()))
}

/// Forgets it, with its last version.
pub async fn delete(db: &Db, audio_hash: &str) -> Result<()> {
    on_write!(db, |x| sqlx::query(
        "delete from recordings where audio_hash = $1"
    )
    .bind(audio_hash)
    .execute(x)
    .await
    .map(drop))?;
    Ok(())
}
