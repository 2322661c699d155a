//! `trunkline key create`: prints a new API key once.

use clap::{Subcommand, ValueEnum};
use serde_json::json;

use super::{Configured, audited, output};
use crate::clock::Clock;
use crate::config::Config;
use crate::privacy;
use crate::store::audit;
use crate::store::keys::{self, ApiKey};
use crate::store::{Db, StoreError};

/// Longest name of a key.
const MAX_NAME: usize = 100;

#[derive(Debug, Subcommand)]
pub(super) enum Key {
    /// Print a new API key once, alone on its line; only its hash is kept
    #[command(after_help = "Example:\n  trunkline key create --name website --scope calls --scope read")]
    Create(Create),
}

#[derive(Debug, clap::Args)]
pub(super) struct Create {
    /// What it is for
    #[arg(long, value_name = "NAME", value_parser = name)]
    name: String,
    /// What it may do; can be given several times
    #[arg(long = "scope", value_name = "SCOPE", required = true)]
    scopes: Vec<Scope>,
    #[command(flatten)]
    configured: Configured,
}

/// Scopes of CONTRACT.md 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Scope {
    /// Read everything but keys
    Read,
    /// Start and end sessions
    Calls,
    /// Campaigns, targets, prompts
    Campaigns,
    /// Trunks, routes, numbers
    Ops,
    /// Everything
    Admin,
}

impl Scope {
    fn as_str(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Calls => "calls",
            Scope::Campaigns => "campaigns",
            Scope::Ops => "ops",
            Scope::Admin => "admin",
        }
    }
}

impl Key {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Key::Create(create) => create.run().await,
        }
    }
}

impl Create {
    async fn run(self) -> anyhow::Result<()> {
        let config = self.configured.load()?;
        let db = Db::open(&config.database.url).await?;
        let secret = create(&db, &self.name, &self.scopes).await?;
        db.close().await;
        output::line(&secret)
    }
}

/// A key that may do everything, for programs that serve and use the API themselves.
pub(crate) async fn create_admin(config: &Config, name: &str) -> anyhow::Result<String> {
    let db = Db::open(&config.database.url).await?;
    let secret = create(&db, name, &[Scope::Admin]).await?;
    db.close().await;
    Ok(secret)
}

async fn create(db: &Db, name: &str, scopes: &[Scope]) -> anyhow::Result<String> {
    let clock = Clock::system(privacy::random_seed()?);
    let secret = privacy::new_secret()?;
    let mut words: Vec<String> = scopes.iter().map(|scope| scope.as_str().to_owned()).collect();
    words.sort();
    words.dedup();
    let row = ApiKey {
        id: clock.new_id().to_string(),
        name: name.to_owned(),
        hash: privacy::secret_hash(&secret),
        scopes: words,
        created_at: clock.now_ms(),
        expires_at: None,
        revoked_at: None,
        confined: false,
        last_used_at: None,
    };
    keys::create(db, &row)
        .await
        .map_err(|e: StoreError| anyhow::anyhow!("no key was made: {e}"))?;
    let after = json!({"name": row.name, "scopes": row.scopes});
    let entry = audited::made(&clock, "trunkline key create", "keys", &row.id, after);
    audit::create(db, &entry).await?;
    Ok(secret)
}

fn name(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > MAX_NAME || text.chars().any(char::is_control) {
        return Err(format!("1 to {MAX_NAME} characters"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Page, testing};

    #[test]
    fn a_key_is_made_and_audited_without_its_secret() {
        testing::check(|db| async move {
            let secret = create(&db, "website", &[Scope::Read, Scope::Calls, Scope::Read])
                .await
                .unwrap();
            let key = keys::find_valid(&db, &privacy::secret_hash(&secret), 0)
                .await
                .unwrap();
            assert_eq!(
                (key.name.as_str(), key.scopes.join(" ")),
                ("website", "calls read".to_owned())
            );
            let rows = audit::list(&db, &audit::Filter::default(), &Page::default())
                .await
                .unwrap()
                .items;
            let row = &rows[0];
            assert_eq!(
                (
                    rows.len(),
                    row.actor.as_str(),
                    row.noun.as_str(),
                    row.noun_id.as_ref()
                ),
                (1, "trunkline key create", "keys", Some(&key.id))
            );
            assert_eq!(row.after, json!({"name": "website", "scopes": ["calls", "read"]}));
            assert!(!format!("{row:?}").contains(&secret));
        });
    }
}
