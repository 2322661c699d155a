//! Which campaigns somebody is confined to, and whether a thing belongs to one of them. The owner of a grant is a user or an API key.

use super::{Db, Result, in_transaction, on_read, on_write};

/// How far somebody sees: what a list is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Everything.
    #[default]
    Everything,
    /// The campaigns granted to this owner, and what belongs to them.
    Granted(String),
}

impl Reach {
    /// As statements want it: null narrows nothing.
    pub(super) fn owner(&self) -> Option<&str> {
        match self {
            Reach::Everything => None,
            Reach::Granted(owner) => Some(owner),
        }
    }
}

/// What may belong to a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    /// The campaign itself.
    Campaign,
    /// A session of it.
    Session,
    /// A call of one of its sessions.
    Call,
    /// A subscription to its daily calls.
    Schedule,
    /// A call detail record of one of its sessions.
    Record,
    /// A version of a prompt that is its own.
    Prompt,
    /// The same, or one of the installation's, which everybody may hear.
    AnyPrompt,
    /// A target that the owner made and that no campaign of others lists.
    Target,
    /// The same, or one of the directory, or one that a granted campaign lists.
    AnyTarget,
}

impl Thing {
    /// Counts 1 or more when `$2` belongs to a campaign of the owner `$1`.
    fn sql(self) -> &'static str {
        match self {
            Thing::Campaign => "select count(*) from grants where owner = $1 and campaign_id = $2",
            Thing::Session => {
                "select count(*) from sessions t join grants g on g.campaign_id = t.campaign_id where g.owner = $1 and t.id = $2"
            }
            Thing::Call => {
                "select count(*) from calls t join grants g on g.campaign_id = t.campaign_id where g.owner = $1 and t.id = $2"
            }
            Thing::Schedule => {
                "select count(*) from schedules t join grants g on g.campaign_id = t.campaign_id where g.owner = $1 and t.id = $2"
            }
            Thing::Record => {
                "select count(*) from cdrs t join sessions s on s.id = t.session_id \
                 join grants g on g.campaign_id = s.campaign_id where g.owner = $1 and t.id = $2"
            }
            Thing::Prompt => {
                "select count(*) from prompts t join grants g on g.campaign_id = t.campaign_id where g.owner = $1 and t.id = $2"
            }
            Thing::AnyPrompt => {
                "select count(*) from prompts t where t.id = $2 and (t.campaign_id = '' \
                 or exists (select 1 from grants g where g.owner = $1 and g.campaign_id = t.campaign_id))"
            }
            Thing::Target => {
                "select count(*) from target_makers t where t.owner = $1 and t.target_id = $2 and not exists \
                 (select 1 from campaign_targets c where c.target_id = $2 and not exists \
                 (select 1 from grants g where g.owner = $1 and g.campaign_id = c.campaign_id))"
            }
            Thing::AnyTarget => {
                "select count(*) from targets t where t.id = $2 and \
                 (not exists (select 1 from target_makers m where m.target_id = t.id and m.owner <> $1) \
                 or exists (select 1 from campaign_targets c join grants g on g.campaign_id = c.campaign_id \
                 where c.target_id = t.id and g.owner = $1))"
            }
        }
    }
}

/// Adds one; a grant that is there stays.
pub(super) const INSERT: &str =
    "insert into grants (owner, campaign_id) values ($1, $2) on conflict (owner, campaign_id) do nothing";

/// Whether a thing is within somebody's reach.
pub async fn covers(db: &Db, reach: &Reach, thing: Thing, id: &str) -> Result<bool> {
    let Some(owner) = reach.owner() else {
        return Ok(true);
    };
    let count: i64 = on_read!(db, |x| sqlx::query_scalar(thing.sql())
        .bind(owner)
        .bind(id)
        .fetch_one(x)
        .await)?;
    Ok(count > 0)
}

/// The campaigns of an owner.
pub async fn of(db: &Db, owner: &str) -> Result<Vec<String>> {
    let sql = "select campaign_id from grants where owner = $1 order by campaign_id";
    Ok(on_read!(db, |x| sqlx::query_scalar(sql)
        .bind(owner)
        .fetch_all(x)
        .await)?)
}

/// Puts a list in place of an owner's campaigns. [`super::StoreError::Reference`] when one does not exist.
pub async fn set(db: &Db, owner: &str, campaigns: &[String]) -> Result<()> {
    in_transaction!(db, |tx| {
        sqlx::query("delete from grants where owner = $1")
            .bind(owner)
            .execute(&mut *tx)
            .await?;
        for campaign in campaigns {
            sqlx::query(INSERT)
                .bind(owner)
                .bind(campaign)
                .execute(&mut *tx)
                .await?;
        }
    });
    Ok(())
}

/// Grants a campaign that somebody confined has just made; for everybody else there is nothing to grant.
pub async fn made_campaign(db: &Db, reach: &Reach, campaign: &str) -> Result<()> {
    let Some(owner) = reach.owner() else { return Ok(()) };
    on_write!(db, |x| sqlx::query(INSERT)
        .bind(owner)
        .bind(campaign)
        .execute(x)
        .await
        .map(drop))?;
    Ok(())
}

/// Notes that a target is the own of somebody confined.
pub async fn made_target(db: &Db, reach: &Reach, target: &str) -> Result<()> {
    let Some(owner) = reach.owner() else { return Ok(()) };
    let sql = "insert into target_makers (target_id, owner) values ($1, $2)";
    on_write!(db, |x| sqlx::query(sql)
        .bind(target)
        .bind(owner)
        .execute(x)
        .await
        .map(drop))?;
    Ok(())
}
