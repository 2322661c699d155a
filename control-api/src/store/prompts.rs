//! Versions of prompts and which of them is selected (CAMPAIGNS.md 3). The audio lies in files named by its hash.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use super::grants::Reach;
use super::{Db, Page, Paged, Result, in_transaction, on_read, on_write, one};

/// `campaign_id` of the installation's own prompts.
pub const INSTALLATION: &str = "";

/// One version: a recording, or a template that is spoken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromRow)]
pub struct Prompt {
    /// UUID.
    pub id: String,
    /// Whose it is; [`INSTALLATION`] for the default of every campaign.
    pub campaign_id: String,
    /// `msg_intro`, …
    pub key: String,
    /// BCP 47 tag.
    pub language: String,
    /// Counts up from 1 per campaign and key.
    pub version: i64,
    /// Template, when it is spoken.
    pub text: Option<String>,
    /// Voice that speaks it; empty for the campaign's.
    pub voice: String,
    /// Hash of its audio, when it is a recording.
    pub audio_hash: Option<String>,
    /// Length of the recording.
    pub duration_ms: Option<i64>,
    /// For people.
    pub description: String,
    /// Not shown in lists of versions.
    pub hidden: bool,
    /// Made.
    pub created_at: i64,
}

/// Which version plays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromRow)]
pub struct Selection {
    /// [`INSTALLATION`] for every campaign that selects none itself.
    pub campaign_id: String,
    /// `msg_intro`, …
    pub key: String,
    /// BCP 47 tag.
    pub language: String,
    /// The version.
    pub prompt_id: String,
}

macro_rules! columns {
    () => {
        "id, campaign_id, key, language, version, text, voice, audio_hash, duration_ms, description, hidden, created_at"
    };
    (p) => {
        "p.id, p.campaign_id, p.key, p.language, p.version, p.text, p.voice, p.audio_hash, p.duration_ms, p.description, \
         p.hidden, p.created_at"
    };
}

const SELECT_VERSION: &str = "insert into prompt_selections (campaign_id, key, language, prompt_id) values ($1, $2, $3, $4) \
     on conflict (campaign_id, key, language) do update set prompt_id = excluded.prompt_id";

/// Adds a version, selects it, and answers it with its number; `version` as given is ignored.
/// Two at once may meet in the same number: [`super::StoreError::Conflict`], try again.
pub async fn create(db: &Db, p: &Prompt) -> Result<Prompt> {
    let sql = concat!(
        "insert into prompts (",
        columns!(),
        ") values ($1, $2, $3, $4, \
         (select coalesce(max(version), 0) + 1 from prompts where campaign_id = $2 and key = $3), \
         $5, $6, $7, $8, $9, $10, $11) returning ",
        columns!()
    );
    let made = in_transaction!(db, |tx| {
        let made: Prompt = sqlx::query_as(sql)
            .bind(&p.id)
            .bind(&p.campaign_id)
            .bind(&p.key)
            .bind(&p.language)
            .bind(&p.text)
            .bind(&p.voice)
            .bind(&p.audio_hash)
            .bind(p.duration_ms)
            .bind(&p.description)
            .bind(p.hidden)
            .bind(p.created_at)
            .fetch_one(&mut *tx)
            .await?;
        sqlx::query(SELECT_VERSION)
            .bind(&p.campaign_id)
            .bind(&p.key)
            .bind(&p.language)
            .bind(&p.id)
            .execute(&mut *tx)
            .await?;
        made
    });
    Ok(made)
}

/// One version by its id.
pub async fn get(db: &Db, id: &str) -> Result<Prompt> {
    let sql = concat!("select ", columns!(), " from prompts where id = $1");
    Ok(on_read!(db, |x| sqlx::query_as(sql).bind(id).fetch_one(x).await)?)
}

/// Which versions a list has.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter<'a> {
    /// Of this campaign; [`INSTALLATION`] for the installation's own.
    pub campaign_id: Option<&'a str>,
    /// Of this key.
    pub key: Option<&'a str>,
    /// Hidden ones, or those that are not; none is both.
    pub hidden: Option<bool>,
}

/// Versions, oldest first; `reach` narrows too.
pub async fn list(db: &Db, filter: Filter<'_>, reach: &Reach, page: &Page) -> Result<Paged<Prompt>> {
    let sql = concat!(
        "select ",
        columns!(),
        " from prompts where id > $1 and ($2 is null or campaign_id = $2) and ($3 is null or key = $3) \
         and ($4 is null or campaign_id = '' or campaign_id in (select campaign_id from grants where owner = $4)) \
         and ($5 is null or hidden = $5) order by id limit $6"
    );
    let after = page.after.as_deref().unwrap_or_default();
    let rows = on_read!(db, |x| sqlx::query_as(sql)
        .bind(after)
        .bind(filter.campaign_id)
        .bind(filter.key)
        .bind(reach.owner())
        .bind(filter.hidden)
        .bind(page.rows() + 1)
        .fetch_all(x)
        .await)?;
    Ok(Paged::cut(rows, page, |p: &Prompt| p.id.clone()))
}

/// What plays in a campaign: its own selections and the installation's, of every language. The caller picks by the rule of
/// CAMPAIGNS.md 3; `selected_for` of each is the campaign that selected it.
pub async fn selected(db: &Db, campaign_id: &str) -> Result<Vec<(Selection, Prompt)>> {
    let selections_sql = "select campaign_id, key, language, prompt_id from prompt_selections \
                          where campaign_id = $1 or campaign_id = '' order by campaign_id desc, key, language";
    let prompts_sql = concat!(
        "select distinct ",
        columns!(p),
        " from prompt_selections s join prompts p on p.id = s.prompt_id where s.campaign_id = $1 or s.campaign_id = ''"
    );
    let selections: Vec<Selection> = on_read!(db, |x| sqlx::query_as(selections_sql)
        .bind(campaign_id)
        .fetch_all(x)
        .await)?;
    let prompts: Vec<Prompt> = on_read!(db, |x| sqlx::query_as(prompts_sql)
        .bind(campaign_id)
        .fetch_all(x)
        .await)?;
    let pairs = selections.into_iter().filter_map(|selection| {
        let prompt = prompts.iter().find(|p| p.id == selection.prompt_id)?.clone();
        Some((selection, prompt))
    });
    Ok(pairs.collect())
}

/// Selects a version, of this or of another campaign. [`super::StoreError::Reference`] when it does not exist.
pub async fn select(db: &Db, s: &Selection) -> Result<()> {
    on_write!(db, |x| sqlx::query(SELECT_VERSION)
        .bind(&s.campaign_id)
        .bind(&s.key)
        .bind(&s.language)
        .bind(&s.prompt_id)
        .execute(x)
        .await
        .map(drop))?;
    Ok(())
}

/// Takes a choice back: the installation's default plays again, or our own text. With `prompt_id` only while that version is the choice.
/// Answers whether there was one.
pub async fn deselect(
    db: &Db,
    campaign_id: &str,
    key: &str,
    language: &str,
    prompt_id: Option<&str>,
) -> Result<bool> {
    let sql = "delete from prompt_selections where campaign_id = $1 and key = $2 and lower(language) = lower($3) \
               and ($4 is null or prompt_id = $4)";
    let rows = on_write!(db, |x| sqlx::query(sql)
        .bind(campaign_id)
        .bind(key)
        .bind(language)
        .bind(prompt_id)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows > 0)
}

/// Changes what people see of a version: whether lists have it, and what it is called. What is selected goes on playing.
pub async fn change(db: &Db, id: &str, hidden: Option<bool>, description: Option<&str>) -> Result<()> {
    let sql = "update prompts set hidden = coalesce($2, hidden), description = coalesce($3, description) where id = $1";
    let rows = on_write!(db, |x| sqlx::query(sql)
        .bind(id)
        .bind(hidden)
        .bind(description)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?;
    one(rows)
}

/// Deletes a version; whoever had it selected falls back to the default.
pub async fn delete(db: &Db, id: &str) -> Result<()> {
    let rows = on_write!(db, |x| sqlx::query("delete from prompts where id = $1")
        .bind(id)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?;
    one(rows)
}

/// Hashes of the recordings that a campaign's own versions are.
pub async fn recordings(db: &Db, campaign_id: &str) -> Result<Vec<String>> {
    let sql = "select distinct audio_hash from prompts where campaign_id = $1 and audio_hash is not null";
    Ok(on_read!(db, |x| sqlx::query_scalar(sql)
        .bind(campaign_id)
        .fetch_all(x)
        .await)?)
}

/// Whether any version still needs an audio file.
pub async fn uses_audio(db: &Db, audio_hash: &str) -> Result<bool> {
    let sql = "select count(*) from prompts where audio_hash = $1";
    let count: i64 = on_read!(db, |x| sqlx::query_scalar(sql)
        .bind(audio_hash)
        .fetch_one(x)
        .await)?;
    Ok(count > 0)
}
