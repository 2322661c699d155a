//! `trunkline user create`: makes somebody who can log in, and prints their password once. So the first admin comes to be.

use clap::{Subcommand, ValueEnum};
use serde_json::json;

use super::{Configured, output};
use crate::clock::Clock;
use crate::privacy::{self, password};
use crate::store::audit::{self, Entry};
use crate::store::users::{self, Role};
use crate::store::{Db, StoreError};

/// Longest name.
const MAX_NAME: usize = 100;

#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Make somebody who can log in; prints their password once, to be changed at the first login
    #[command(after_help = "Example:\n  trunkline user create --name ada --role admin")]
    Create(Create),
}

#[derive(Debug, clap::Args)]
pub(super) struct Create {
    /// What they log in with
    #[arg(long, value_name = "NAME", value_parser = name)]
    name: String,
    /// What they may do
    #[arg(long, value_name = "ROLE")]
    role: Word,
    /// Their e-mail address
    #[arg(long, value_name = "ADDRESS", default_value = "")]
    email: String,
    #[command(flatten)]
    configured: Configured,
}

/// Roles; a partner needs campaigns and is made through the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Word {
    /// Everything
    Admin,
    /// Everything but users, keys, trunks, routes and numbers
    Staff,
    /// Reads
    Viewer,
}

impl Word {
    fn role(self) -> Role {
        match self {
            Word::Admin => Role::Admin,
            Word::Staff => Role::Staff,
            Word::Viewer => Role::Viewer,
        }
    }
}

impl User {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            User::Create(create) => create.run().await,
        }
    }
}

impl Create {
    async fn run(self) -> anyhow::Result<()> {
        let config = self.configured.load()?;
        let db = Db::open(&config.database.url).await?;
        let made = self.make(&db).await;
        db.close().await;
        output::line(&made?)
    }

    async fn make(&self, db: &Db) -> anyhow::Result<String> {
        let clock = Clock::system(privacy::random_seed()?);
        let password = password::one_time()?;
        let hash = password::hash(&password).await?;
        let now = clock.now_ms();
        let row = users::User {
            id: clock.new_id().to_string(),
            name: self.name.clone(),
            email: self.email.clone(),
            role: self.role.role(),
            enabled: true,
            password_once: true,
            created_at: now,
            updated_at: now,
            last_login_at: None,
        };
        let entry = Entry {
            id: clock.new_id().to_string(),
            at: now,
            actor_kind: "command".to_owned(),
            actor_id: String::new(),
            actor: "trunkline user create".to_owned(),
            action: "create".to_owned(),
            noun: "users".to_owned(),
            noun_id: Some(row.id.clone()),
            before: serde_json::Value::Null,
            after: json!({"name": row.name, "role": row.role}),
            done: true,
        };
        users::create(db, &row, &hash, &[])
            .await
            .map_err(|error| match error {
                StoreError::Conflict { .. } => anyhow::anyhow!(
                    "somebody is called {:?} already: choose another name, or POST /v1/users/{{id}}/reset_password",
                    row.name
                ),
                error @ (StoreError::NotFound
                | StoreError::Reference
                | StoreError::Busy(_)
                | StoreError::Broken(_)) => anyhow::anyhow!("nobody was made: {error}"),
            })?;
        audit::create(db, &entry).await?;
        Ok(password)
    }
}

fn name(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > MAX_NAME || text.chars().any(char::is_control) {
        return Err(format!("1 to {MAX_NAME} characters"));
    }
    Ok(text.to_owned())
}
